#include "lib/collateral/add.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/hex.h"
#include "lib/collateral/oe_endorsements.h"
#include "lib/collateral/pcs_envelope.h"
#include "lib/crypto/der.h"

#define CRL_BEGIN "-----BEGIN X509 CRL-----"
#define CRL_END "-----END X509 CRL-----"

const struct list_member list_members[LIST_MEMBERS] = {
	{ "pck_crl", COLLATERAL_PCK_CRL },
	{ "root_ca_crl", COLLATERAL_ROOT_CRL },
};

bool looks_like_der(struct rd in)
{
	uint8_t tag, len;

	return rd_u8(&in, &tag) && rd_u8(&in, &len) && tag == DER_SEQUENCE && len >= 0x80;
}

static bool is_space(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

struct rd text_trim(struct rd in)
{
	const uint8_t *p = rd_ptr(&in);
	size_t first = 0, n = rd_left(&in);

	if (n > 0 && p[n - 1] == 0)
		n--;
	while (n > 0 && is_space(p[n - 1]))
		n--;
	while (first < n && is_space(p[first]))
		first++;
	return rd_make(p + first, n - first);
}

bool text_contains(struct rd in, const char *word)
{
	return memmem(rd_ptr(&in), rd_left(&in), word, strlen(word)) != NULL;
}

/* A string member as bytes; absent and "" give an empty reader. */
static bool member(const struct json *o, const char *name, struct rd *out, struct att_error *e)
{
	const struct json *v = json_get(o, name);

	*out = rd_make(NULL, 0);
	if (!v)
		return true;
	if (v->kind != JSON_STRING)
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: want a string", name);
	*out = rd_make(v->s, v->len);
	return true;
}

/* Puts the raw answer together again, for those who hash it. spec: sgx-tdx §9.2 */
static bool rebuild_answer(struct arena *a, const struct signed_kind *k, struct collateral_item *i,
    struct att_error *e)
{
	char hex[2 * PCS_SIG_LEN + 1];
	struct buf b = buf_make(a);

	hex_encode(i->signature, PCS_SIG_LEN, hex);
	buf_fmt(&b, "{\"%s\":", k->member);
	buf_put(&b, rd_ptr(&i->body), rd_left(&i->body));
	buf_fmt(&b, ",\"signature\":\"%s\"}", hex);
	i->answer = rd_make(b.p, b.len);
	return buf_ok(&b, e);
}

/* The group of a signed object in the normalised form; its string is the exact text that was signed. */
static bool add_group(struct collateral_set *s, const struct signed_kind *k, const struct json *o,
    size_t source, struct att_error *e)
{
	struct collateral_item i = { .source = source };
	struct rd hex;

	if (!member(o, k->name, &i.body, e) || !member(o, k->signature, &hex, e) ||
	    !member(o, k->chain, &i.chain_text, e))
		return false;
	if (rd_empty(&i.body))
		return rd_empty(&hex) || att_fail(e, ATT_E_BAD_FORMAT, "%s without %s", k->signature,
		    k->name);
	if (rd_left(&i.body) > PCS_TEXT_MAX)
		return att_fail(e, ATT_E_LIMIT, "%s: %zu bytes, at most %zu", k->name, rd_left(&i.body),
		    PCS_TEXT_MAX);
	if (!pcs_signature_parse((const char *)rd_ptr(&hex), rd_left(&hex), i.signature, e))
		return att_within(e, "%s", k->name);
	return rebuild_answer(s->a, k, &i, e) && item_add_signed(s, k, &i, e);
}

static bool is_known(const char *name)
{
	bool known = strcmp(name, LIST_CHAIN) == 0;

	for (size_t i = 0; i < LIST_MEMBERS; i++)
		known = known || strcmp(name, list_members[i].name) == 0;
	for (size_t i = 0; i < nsigned_kinds; i++)
		known = known || strcmp(name, signed_kinds[i].name) == 0 ||
		    strcmp(name, signed_kinds[i].signature) == 0 || strcmp(name, signed_kinds[i].chain) == 0;
	return known;
}

static bool add_normalised(struct collateral_set *s, const struct json *o, size_t source,
    struct att_error *e)
{
	struct rd text;

	for (const struct json *v = o->child; v; v = v->next)
		if (!is_known(v->name))
			return att_fail(e, ATT_E_BAD_FORMAT, "member %s is not known", v->name);
	for (size_t i = 0; i < nsigned_kinds; i++)
		if (!add_group(s, &signed_kinds[i], o, source, e))
			return false;
	if (!member(o, LIST_CHAIN, &text, e) ||
	    (!rd_empty(&text) && !item_add_certs(s, text, e)))
		return att_within(e, LIST_CHAIN);
	for (size_t i = 0; i < LIST_MEMBERS; i++)
		if (!member(o, list_members[i].name, &text, e) ||
		    (!rd_empty(&text) && !item_add_crl(s, text, list_members[i].kind, source, e)))
			return att_within(e, "%s", list_members[i].name);
	return true;
}

/* chain: issuer chain in PEM beside the answer, or empty. */
static bool add_answer(struct collateral_set *s, const struct signed_kind *k, struct rd text, struct rd chain,
    size_t source, struct att_error *e)
{
	struct collateral_item i = { .source = source, .chain_text = chain };
	uint8_t *p = arena_memdup(s->a, rd_ptr(&text), rd_left(&text));

	if (!p)
		return arena_fail(s->a, e);
	i.answer = rd_make(p, rd_left(&text));
	return pcs_envelope_split(s->a, i.answer, k->member, &i.body, i.signature, e) &&
	    item_add_signed(s, k, &i, e);
}

static bool add_json(struct collateral_set *s, struct rd text, size_t source, struct att_error *e)
{
	static const struct json_limits limits = { .max_depth = PCS_DEPTH_MAX + 1 };
	struct json *o;

	if (!json_parse(s->a, rd_ptr(&text), rd_left(&text), &limits, &o, e))
		return false;
	for (size_t i = 0; i < nsigned_kinds; i++)
		if (json_get(o, signed_kinds[i].member))
			return add_answer(s, &signed_kinds[i], text, rd_make(NULL, 0), source, e);
	return add_normalised(s, o, source, e);
}

/* DER says at its beginning what it is only to who reads on: a list has no version [0] in its first
 * element. */
static bool add_der(struct collateral_set *s, struct rd in, size_t source, struct att_error *e)
{
	struct att_error as_cert = { 0 }, as_crl = { 0 };

	if (item_add_crl(s, in, COLLATERAL_OTHER_CRL, source, &as_crl))
		return true;
	if (rd_left(&in) > 0 && rd_ptr(&in)[rd_left(&in) - 1] == 0 &&
	    item_add_certs(s, rd_make(rd_ptr(&in), rd_left(&in) - 1), NULL))
		return true;
	if (item_add_certs(s, in, &as_cert))
		return true;
	if (as_cert.code == ATT_E_NOMEM || as_crl.code == ATT_E_NOMEM || as_crl.code == ATT_E_LIMIT)
		return att_fail(e, as_crl.code == ATT_E_LIMIT ? ATT_E_LIMIT : ATT_E_NOMEM, "%s",
		    as_cert.code == ATT_E_NOMEM ? as_cert.text : as_crl.text);
	return att_fail(e, as_cert.code, "neither a CRL (%.150s) nor a certificate (%.150s)", as_crl.text,
	    as_cert.text);
}

/* The next list of the text; *before is what stands in front of it.  False: there is none, or no
 * end of it. */
static bool cut_crl(struct rd *text, struct rd *before, struct rd *list)
{
	const uint8_t *p = rd_ptr(text),
		      *begin = memmem(p, rd_left(text), CRL_BEGIN, sizeof CRL_BEGIN - 1), *end;
	size_t left = begin ? rd_left(text) - (size_t)(begin - p) : 0;

	end = begin ? memmem(begin, left, CRL_END, sizeof CRL_END - 1) : NULL;
	return end && rd_take(text, (size_t)(begin - p), before) &&
	    rd_take(text, (size_t)(end - begin) + sizeof CRL_END - 1, list);
}

/* Lists and certificates in one text, as a list with the chain of its issuer. */
static bool add_mixed(struct collateral_set *s, struct rd text, size_t source, struct att_error *e)
{
	struct buf rest = buf_make(s->a);
	struct rd before, list;

	while (cut_crl(&text, &before, &list)) {
		buf_put(&rest, rd_ptr(&before), rd_left(&before));
		if (!item_add_crl(s, list, COLLATERAL_OTHER_CRL, source, e))
			return false;
	}
	buf_put(&rest, rd_ptr(&text), rd_left(&text));
	return buf_ok(&rest, e) && item_add_certs(s, rd_make(rest.p, rest.len), e);
}

static bool add_text(struct collateral_set *s, struct rd text, size_t source, struct att_error *e)
{
	uint8_t first;
	struct rd look = text;

	if (!rd_u8(&look, &first))
		return att_fail(e, ATT_E_BAD_FORMAT, "empty");
	if (first == '{')
		return add_json(s, text, source, e);
	if (text_contains(text, "-----BEGIN CERTIFICATE-----"))
		return text_contains(text, CRL_BEGIN) ? add_mixed(s, text, source, e) :
		    item_add_certs(s, text, e);
	return item_add_crl(s, text, COLLATERAL_OTHER_CRL, source, e);
}

static const struct signed_kind *signed_kind_find(enum collateral_kind kind)
{
	size_t i = 0;

	while (signed_kinds[i].kind != kind)
		i++;
	return &signed_kinds[i];
}

static bool add_list(struct collateral_set *s, struct rd list, enum collateral_kind slot, size_t source,
    struct att_error *e)
{
	return item_add_crl(s, looks_like_der(list) ? list : text_trim(list), slot, source, e);
}

static bool add_oe(struct collateral_set *s, struct rd piece, size_t source, struct att_error *e)
{
	struct oe_endorsements o;
	const struct { enum collateral_kind kind; const struct rd *answer, *chain; } rows[] = {
		{ COLLATERAL_TCB_INFO, &o.tcb_info, &o.tcb_info_chain },
		{ COLLATERAL_QE_IDENTITY, &o.qe_identity, &o.qe_identity_chain },
	};

	if (!oe_endorsements_parse(piece, &o, e))
		return false;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!add_answer(s, signed_kind_find(rows[i].kind), text_trim(*rows[i].answer),
			text_trim(*rows[i].chain), source, e))
			return att_within(e, "%s", collateral_kind_name(rows[i].kind));
	if (!item_add_certs(s, text_trim(o.crl_chain), e))
		return att_within(e, "issuer chain of the revocation lists");
	return (add_list(s, o.pck_crl, COLLATERAL_PCK_CRL, source, e) ||
	    att_within(e, "%s", collateral_kind_name(COLLATERAL_PCK_CRL))) &&
	    (add_list(s, o.root_crl, COLLATERAL_ROOT_CRL, source, e) ||
	    att_within(e, "%s", collateral_kind_name(COLLATERAL_ROOT_CRL)));
}

/* Takes back what a piece brought before it turned out to be unreadable. */
static void undo(struct collateral_set *s, size_t nitems, size_t ncerts)
{
	while (s->nitems > nitems) {
		struct collateral_item *i = s->items[--s->nitems];

		x509_bundle_clear(&i->chain);
		x509_crl_free(i->crl);
	}
	while (s->certs.n > ncerts)
		x509_cert_free(s->certs.certs[--s->certs.n]);
}

bool collateral_set_add(struct collateral_set *s, struct rd piece, size_t source, struct att_error *e)
{
	size_t nitems = s->nitems, ncerts = s->certs.n;
	bool ok;

	if (s->proved)
		return att_fail(e, ATT_E_INTERNAL, "collateral: the set is proved already");
	if (rd_left(&piece) > COLLATERAL_PIECE_MAX)
		return att_fail(e, ATT_E_LIMIT, "collateral: %zu bytes, at most %zu", rd_left(&piece),
		    COLLATERAL_PIECE_MAX);
	if (oe_endorsements_recognise(piece))
		ok = add_oe(s, piece, source, e);
	else if (looks_like_der(piece))
		ok = add_der(s, piece, source, e);
	else
		ok = add_text(s, text_trim(piece), source, e);
	if (!ok)
		undo(s, nitems, ncerts);
	return ok || att_within(e, "collateral");
}

bool collateral_recognise(struct rd piece)
{
	struct rd text = text_trim(piece);
	char quoted[64];

	if (rd_empty(&text) || *rd_ptr(&text) != '{')
		return true;
	for (size_t i = 0; i < nsigned_kinds; i++) {
		const char *names[] = { signed_kinds[i].member, signed_kinds[i].name };

		for (size_t j = 0; j < 2; j++)
			if (snprintf(quoted, sizeof quoted, "\"%s\"", names[j]) > 0 &&
			    text_contains(text, quoted))
				return true;
	}
	return text_contains(text, "\"root_ca_crl\"") || text_contains(text, "\"pck_crl\"");
}
