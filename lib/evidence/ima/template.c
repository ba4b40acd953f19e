/* template.c - template names to fields, template data to an entry. spec: tpm-eventlog §5 */
#include <string.h>

#include "lib/evidence/ima/parts.h"

static const struct { const char *name; enum ima_field field; } fields[] = {
	{ "d", IMA_D }, { "n", IMA_N }, { "d-ng", IMA_D_NG }, { "n-ng", IMA_N_NG },
	    { "d-ngv2", IMA_D_NGV2 },
	{ "sig", IMA_SIG }, { "buf", IMA_BUF }, { "d-modsig", IMA_D_MODSIG },
	    { "modsig", IMA_MODSIG },
	{ "evmsig", IMA_EVMSIG }, { "iuid", IMA_OTHER }, { "igid", IMA_OTHER },
	    { "imode", IMA_OTHER },
	{ "xattrnames", IMA_OTHER }, { "xattrlengths", IMA_OTHER }, { "xattrvalues", IMA_OTHER },
};

static const struct { const char *name, *format; } templates[] = {
	{ "ima", "d|n" },
	{ "ima-ng", "d-ng|n-ng" },
	{ "ima-sig", "d-ng|n-ng|sig" },
	{ "ima-ngv2", "d-ngv2|n-ng" },
	{ "ima-sigv2", "d-ngv2|n-ng|sig" },
	{ "ima-buf", "d-ng|n-ng|buf" },
	{ "ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig" },
	{ "evm-sig", "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|imode" },
};

/* Takes up to `end`, which is skipped; false when it does not occur. */
static bool take_to(struct rd *in, uint8_t end, struct rd *out)
{
	const uint8_t *p = rd_ptr(in), *at = memchr(p, end, rd_left(in));
	struct rd t = *in;

	if (!at || !rd_take(&t, (size_t)(at - p), out) || !rd_skip(&t, 1))
		return false;
	*in = t;
	return true;
}

static bool format_read(struct rd format, struct ima_template *out, struct att_error *e)
{
	struct ima_template t = { 0 };
	struct rd name;

	while (!rd_empty(&format)) {
		size_t i = 0;

		if (!take_to(&format, '|', &name))
			name = format, format = rd_make(NULL, 0);
		while (i < sizeof fields / sizeof fields[0] && !rd_is_text(&name, fields[i].name))
			i++;
		if (i == sizeof fields / sizeof fields[0] || t.n == IMA_FIELDS_MAX)
			return att_fail(e, ATT_E_UNSUPPORTED,
			    "template field \"%.*s\" is unknown, or one too many",
			    (int)rd_left(&name), (const char *)rd_ptr(&name));
		t.fields[t.n++] = fields[i].field;
	}
	*out = t;
	return true;
}

bool template_find(struct rd name, struct ima_template *out, struct att_error *e)
{
	if (rd_empty(&name) || rd_left(&name) > IMA_TEMPLATE_NAME_MAX)
		return att_fail(e, ATT_E_BAD_FORMAT, "template name of %zu bytes, want 1 to %d",
		    rd_left(&name),
		    IMA_TEMPLATE_NAME_MAX);
	for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)
		if (rd_is_text(&name, templates[i].name)) {
			if (!format_read(rd_make(templates[i].format, strlen(templates[i].format)),
			    out, e))
				return false;
			out->old = i == 0;
			out->id = (uint8_t)(i + 1);
			return true;
		}
	return format_read(name, out, e);
}

const struct ima_template *template_of(struct ima_list *l, struct rd name, struct att_error *e)
{
	bool same = bytes_order(rd_ptr(&name), rd_left(&name), rd_ptr(&l->template_name),
	    rd_left(&l->template_name)) == 0;

	if (!same && !template_find(name, &l->template, e))
		return NULL;
	l->template_name = name;
	return &l->template;
}

/* "sha256:" NUL digest; d-ngv2: "verity:sha256:" NUL digest. */
static bool read_digest(struct rd in, bool v2, struct ima_entry *en, struct att_error *e)
{
	struct rd text, type, alg;

	if (!take_to(&in, 0, &text))
		return att_fail(e, ATT_E_BAD_FORMAT, "digest without an algorithm");
	if (v2 && !take_to(&text, ':', &type))
		return att_fail(e, ATT_E_BAD_FORMAT, "digest without a type");
	if (!take_to(&text, ':', &alg) || !rd_empty(&text) || rd_empty(&alg) ||
	    rd_left(&alg) > IMA_ALG_NAME_MAX)
		return att_fail(e, ATT_E_BAD_FORMAT, "digest with a malformed algorithm");
	if (rd_empty(&in) || rd_left(&in) > DIGEST_MAX)
		return att_fail(e, ATT_E_BAD_FORMAT, "digest of %zu bytes, want 1 to %d",
		    rd_left(&in), DIGEST_MAX);
	en->verity = v2 && rd_is_text(&type, "verity");
	en->alg = alg;
	en->digest = in;
	return true;
}

/* A name has one NUL, at its end. */
static bool read_name(struct rd in, struct ima_entry *en, struct att_error *e)
{
	if (!take_to(&in, 0, &en->path) || !rd_empty(&in))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "name is not a string with one NUL at its end");
	if (rd_left(&en->path) > IMA_PATH_MAX)
		return att_fail(e, ATT_E_LIMIT, "name of %zu bytes, at most %d", rd_left(&en->path),
		    IMA_PATH_MAX);
	return true;
}

/* The digest that the signature of a module is over: well-formed, or none. */
static bool read_modsig_digest(struct rd in, struct att_error *e)
{
	struct ima_entry aside = { 0 };

	return rd_empty(&in) || read_digest(in, false, &aside, e);
}

static bool read_field(enum ima_field f, struct rd in, struct ima_entry *en, struct att_error *e)
{
	switch (f) {
	case IMA_D_NG: return read_digest(in, false, en, e);
	case IMA_D_NGV2: return read_digest(in, true, en, e);
	case IMA_N_NG: return read_name(in, en, e);
	case IMA_D_MODSIG: return read_modsig_digest(in, e);
	case IMA_SIG: en->sig = in; break;
	case IMA_BUF: en->buf = in; break;
	case IMA_MODSIG: en->modsig = in; break;
	case IMA_D:
	case IMA_N:
	case IMA_EVMSIG:
	case IMA_OTHER: break;
	}
	return true;
}

/* Template "ima": no lengths but the name's. */
static bool read_old(struct rd in, struct ima_entry *en, struct att_error *e)
{
	if (!rd_take(&in, 20, &en->digest) || !rd_le32_block(&in, &en->path) || !rd_empty(&in) ||
	    rd_left(&en->path) > IMA_OLD_LEN - 20)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "no digest of 20 bytes and name of at most 256");
	en->alg = rd_make("sha1", 4);
	return true;
}

bool template_read(const struct ima_template *t, struct ima_entry *en, struct att_error *e)
{
	struct rd in = en->data, field;

	en->old = t->old;
	if (t->old)
		return read_old(in, en, e);
	for (size_t i = 0; i < t->n; i++)
		if (!rd_le32_block(&in, &field))
			return att_fail(e, ATT_E_TRUNCATED, "template data ends inside field %zu",
			    i);
		else if (!read_field(t->fields[i], field, en, e))
			return att_within(e, "field %zu", i);
	if (!rd_empty(&in))
		return att_fail(e, ATT_E_BAD_FORMAT, "%zu bytes behind the last field",
		    rd_left(&in));
	return true;
}

bool ima_measured(const struct ima_entry *en, uint8_t room[IMA_OLD_LEN], struct rd *out,
    struct att_error *e)
{
	size_t n = rd_left(&en->path);

	if (!en->old) {
		*out = en->data;
		return true;
	}
	if (rd_left(&en->digest) != 20 || n > IMA_OLD_LEN - 20)
		return att_fail(e, ATT_E_BAD_FORMAT, "template \"ima\": no digest and name");
	bytes_copy(room, rd_ptr(&en->digest), 20);
	bytes_copy(room + 20, rd_ptr(&en->path), n);
	for (size_t i = 20 + n; i < IMA_OLD_LEN; i++)
		room[i] = 0;
	*out = rd_make(room, IMA_OLD_LEN);
	return true;
}
