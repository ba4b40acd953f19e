/*
 * events.c - what the logs say, as the JSON that policies of version 1.2 look into.
 * spec: policy-language §9, tpm-eventlog §2.5
 *
 * Such policies trust what they find: "exactly one SecureBoot variable, and it is 1".  So only what the
 * quote proves gets in, and since the type of an event is not proven, types that policies rest on are
 * given by PCR, place and covered content, never by the log's own word:
 *   - variables of PCR 7 by content, and none of them when something in PCR 7 is not accounted for;
 *     elsewhere no variable counts as configuration: other PCRs cover names less well, or are anybody's
 *   - boot variables from PCRs 0 to 6; the digest mostly covers their value, not their name
 *   - Windows' trees from PCRs that give facts (wbcl.h)
 *   - separators by digest
 * Left out: events whose doubt is not DOUBT_NONE (claims list them elsewhere), and files that IMA measured
 * (too many).
 */
#include <string.h>

#include "lib/evidence/maatpm/text.h"

#define FIRMWARE_PCRS 8
#define PCR_SECUREBOOT 7
#define EV_EFI_VARIABLE_BOOT2 0x8000000CU

/* With one of these against PCR 7, a variable could be hidden in it or be anybody's. */
#define BIT(name) (1U << SB_REASON_##name)
#define HIDING (BIT(NO_LOG) | BIT(NO_BANK) | BIT(NOT_GIVEN) | BIT(NO_REPLAY) | BIT(UNCOVERED) | \
	BIT(NO_SEPARATOR) | BIT(SEPARATOR_REPEATED) | BIT(SEPARATOR_ERROR) | BIT(EVENT_UNKNOWN))

struct listing {
	const struct measuredboot_boot *boot;
	struct crypto *c;
	struct arena *a;
	struct buf b;
	size_t n;                       /* events written */
	struct att_error *e;
};

static void begin(struct listing *l, size_t seq, uint32_t pcr, const char *type)
{
	buf_fmt(&l->b, "%s{\"EventSeq\":%zu,\"PcrIndex\":%u,\"EventTypeString\":\"%s\"",
	    l->n++ ? "," : "", seq, pcr, type);
}

static void end(struct listing *l)
{
	buf_char(&l->b, '}');
}

static bool put_text(struct listing *l, const char *name, const char *text)
{
	if (!text)
		return arena_fail(l->a, l->e);
	buf_fmt(&l->b, "\"%s\":", name);
	return maatpm_put_string(&l->b, text, l->e);
}

/* Variables */

static const char *upper(char *s)
{
	for (char *p = s; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return s;
}

static bool put_variable(struct listing *l, const struct efi_variable *v)
{
	char guid[EFI_GUID_TEXT_MAX];

	efi_guid_text(v->guid, guid);
	buf_fmt(&l->b, ",\"ProcessedData\":{\"VariableGuid\":\"%s\",", upper(guid));
	if (!put_text(l, "UnicodeName", efi_utf16_text(l->a, v->name)))
		return false;
	buf_str(&l->b, ",\"VariableData\":\"");
	maatpm_put_b64url(&l->b, v->data);
	buf_str(&l->b, "\"}");
	return true;
}

static bool is_db(const struct efi_variable *v)
{
	return efi_name_is(v->name, "db");
}

/* Before the separator firmware measures its configuration, and the entries of db that verified option
 * ROMs. */
static const char *type_in_7(const struct eventlog_event *ev, const struct eventlog_mark *m,
    const struct efi_variable *v)
{
	bool early = m->phase == PHASE_EARLY, authority = ev->type == EV_EFI_VARIABLE_AUTHORITY;

	if (early && m->cover == COVER_ALL && !(authority && is_db(v)))
		return "EV_EFI_VARIABLE_DRIVER_CONFIG";
	return authority ? "EV_EFI_VARIABLE_AUTHORITY" : NULL;
}

static const char *type_of_variable(const struct listing *l, const struct eventlog_event *ev,
    const struct eventlog_mark *m, const struct efi_variable *v)
{
	if (ev->pcr == PCR_SECUREBOOT)
		return l->boot->secureboot.reasons & HIDING ? NULL : type_in_7(ev, m, v);
	if (ev->pcr < FIRMWARE_PCRS &&
	    (ev->type == EV_EFI_VARIABLE_BOOT || ev->type == EV_EFI_VARIABLE_BOOT2))
		return eventlog_type(ev->type)->name;
	return NULL;
}

static bool list_variable(struct listing *l, size_t i, bool *done)
{
	const struct eventlog_event *ev = &l->boot->log->events[i];
	const struct eventlog_mark *m = &l->boot->marks.of[i];
	struct efi_variable v;
	const char *type;

	*done = eventlog_type(ev->type)->shape == SHAPE_VARIABLE || ev->pcr == PCR_SECUREBOOT;
	if (!*done || !efi_variable_read(ev->data, &v, NULL)) {
		*done = *done && eventlog_type(ev->type)->shape == SHAPE_VARIABLE;
		return true;
	}
	type = type_of_variable(l, ev, m, &v);
	if (!type)
		return true;
	begin(l, i, ev->pcr, type);
	if (!put_variable(l, &v))
		return false;
	end(l);
	return true;
}

/* The rest of a TCG log */

static bool list_tree(struct listing *l, size_t i)
{
	begin(l, i, l->boot->log->events[i].pcr, "EV_EVENT_TAG");
	buf_str(&l->b, ",\"ProcessedData\":");
	if (!maatpm_sipa(&l->boot->wbcl.trees[i], &l->b, l->e))
		return false;
	end(l);
	return true;
}

/* Texts that are covered are shown; how data of other types would look, nothing says. */
static bool list_other(struct listing *l, size_t i)
{
	const struct eventlog_event *ev = &l->boot->log->events[i];
	const struct eventlog_type_row *type = eventlog_type(ev->type);
	struct rd text = l->boot->marks.of[i].covered;
	bool wide = type->shape == SHAPE_IPL && ipl_read(ev->data).kind == IPL_WIDE;

	if (type->shape == SHAPE_SEPARATOR || type->shape == SHAPE_TAG)
		return true;
	begin(l, i, ev->pcr, type->name);
	if (type->shape == SHAPE_TEXT || type->shape == SHAPE_IPL) {
		buf_str(&l->b, ",\"ProcessedData\":{");
		if (!put_text(
			l, "String", wide ? efi_utf16_text(l->a, text) : efi_ascii_text(l->a, text)))
			return false;
		end(l);
	}
	end(l);
	return true;
}

static bool list_event(struct listing *l, size_t i)
{
	const struct eventlog_event *ev = &l->boot->log->events[i];
	const struct eventlog_mark *m = &l->boot->marks.of[i];
	bool done = false;

	if (!eventlog_extends(ev) || m->doubt != DOUBT_NONE)
		return true;
	if (m->separator) {
		begin(l, i, ev->pcr, "EV_SEPARATOR");
		end(l);
		return true;
	}
	if (l->boot->wbcl.trees[i].n > 0)
		return list_tree(l, i);
	if (!list_variable(l, i, &done))
		return false;
	return done || list_other(l, i);
}

/* IMA */

static bool is_printable(struct rd s)
{
	uint8_t c;

	if (rd_empty(&s))
		return false;
	while (rd_u8(&s, &c))
		if (c < 0x20 || c > 0x7E)
			return false;
	return true;
}

/* Template names are not measured: a file's signature must not pass for a buffer.  A buffer's digest is
 * that of the buffer, and its name no path. */
static bool is_buffer(struct listing *l, const struct ima_entry *en, bool *out)
{
	uint8_t made[DIGEST_MAX];
	enum digest_alg alg;

	*out = false;
	if (en->violation || rd_empty(&en->buf) || rd_empty(&en->path) || *rd_ptr(&en->path) == '/' ||
	    !ima_digest_alg(en->alg, &alg) || rd_left(&en->digest) != digest_len(alg))
		return true;
	if (!digest(l->c, alg, rd_ptr(&en->buf), rd_left(&en->buf), made, l->e))
		return false;
	*out = bytes_equal(made, rd_ptr(&en->digest), digest_len(alg));
	return true;
}

static void begin_ima(struct listing *l, size_t seq, const struct ima_entry *en)
{
	begin(l, seq, en->pcr, "IMA_MEASUREMENT_EVENT");
	buf_str(&l->b, ",\"ProcessedData\":{");
}

static bool list_kernel(struct listing *l, size_t seq, const struct ima_entry *en)
{
	if (!is_printable(en->buf))
		return true;
	begin_ima(l, seq, en);
	if (!put_text(l, "KernelVersion", efi_ascii_text(l->a, en->buf)))
		return false;
	end(l);
	end(l);
	return true;
}

/* Keys are measured as certificates, under the name of the keyring. */
static bool list_key(struct listing *l, size_t seq, const struct ima_entry *en)
{
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	struct att_error why = { 0 };

	if (!x509_cert_from_der(l->c, rd_ptr(&en->buf), rd_left(&en->buf), &cert, &why))
		return why.code != ATT_E_NOMEM || att_fail(l->e, ATT_E_NOMEM, "out of memory");
	begin_ima(l, seq, en);
	if (!put_text(l, "Keyring", efi_ascii_text(l->a, en->path)))
		return false;
	buf_char(&l->b, ',');
	if (!put_text(l, "CertificateSubject", x509_subject_text(cert)))
		return false;
	end(l);
	end(l);
	return true;
}

static bool list_ima(struct listing *l, size_t first)
{
	struct ima_list list;
	struct ima_entry en;
	struct rd in = l->boot->ima_list, proven;
	bool more = true, buffer;

	if (!l->boot->has_ima || !l->boot->ima.matched)
		return true;
	if (!rd_take(&in, l->boot->ima.prefix_bytes, &proven))
		return att_fail(l->e, ATT_E_INTERNAL, "ima: the prefix is longer than its list");
	if (!ima_open(proven, l->a, &list, l->e))
		return false;
	for (size_t i = 0; i < l->boot->ima.prefix; i++) {
		if (!ima_next(&list, &en, &more, l->e) || !more)
			return more ? false :
				      att_fail(l->e, ATT_E_INTERNAL, "ima: the prefix ends early");
		if (!is_buffer(l, &en, &buffer))
			return false;
		if (buffer &&
		    !(rd_is_text(&en.path, "kernel_version") ? list_kernel(l, first + i, &en) :
							       list_key(l, first + i, &en)))
			return false;
	}
	return true;
}

bool maatpm_events(const struct measuredboot_boot *boot, struct crypto *c, struct arena *a, char **text,
    size_t *n, struct att_error *e)
{
	struct listing l = { .boot = boot, .c = c, .a = a, .b = buf_make(a), .e = e };
	size_t logged = boot->log ? boot->log->n : 0;

	buf_str(&l.b, "{\"Events\":[");
	for (size_t i = 0; i < logged && boot->marked; i++)
		if (!list_event(&l, i))
			return false;
	if (!list_ima(&l, logged))
		return false;
	buf_str(&l.b, "]}");
	*text = l.b.p;
	*n = l.b.len;
	return buf_ok(&l.b, e);
}
