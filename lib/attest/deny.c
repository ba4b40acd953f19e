/*
 * The deny-list as checks: one row per kind, made once the evidence is genuine and before the
 * policy. A kind is an enumerator in libattest/denylist.h and a row here; formats report whom they
 * saw with evidence_identify().
 */
#include <string.h>
#include <strings.h>

#include "lib/attest/appraisal.h"
#include "lib/base/hex.h"
#include "lib/base/utf8.h"
#include "libattest/denylist.h"

#define NAME_MAX_LEN 64 /* characters of a value that is a name */
#define LENGTHS 3 /* of a value in bytes; 0 ends the list */

enum form { FORM_HEX, FORM_NAME };
static const struct deny_kind {
	enum form form;
	size_t len[LENGTHS]; /* FORM_HEX: bytes */
	/* a shorter value means the same with zero bytes behind it, as in the report itself */
	bool padded;
	const char *want; /* for people */
} kinds[ATT_NDENY_KINDS] = {
	[ATT_DENY_CHIP_ID] = { FORM_HEX, { 64, 8 }, true,
	    "128 hexadecimal digits, or 16 for Turin" },
	[ATT_DENY_PRODUCT] = { FORM_NAME, { 0 }, false, "a product line, such as Milan" },
	[ATT_DENY_FMSPC] = { FORM_HEX, { 6 }, false, "12 hexadecimal digits" },
	[ATT_DENY_PPID] = { FORM_HEX, { 16 }, false, "32 hexadecimal digits" },
	[ATT_DENY_PLATFORM_INSTANCE] = { FORM_HEX, { 16 }, false, "32 hexadecimal digits" },
	[ATT_DENY_SIGNER] = { FORM_HEX, { 32, 48 }, false,
	    "64 hexadecimal digits (SGX) or 96 (SEV-SNP)" },
	[ATT_DENY_MEASUREMENT] = { FORM_HEX, { 32, 48 }, false,
	    "64 hexadecimal digits (SGX) or 96 (SEV-SNP, TDX)" },
	[ATT_DENY_AK] = { FORM_HEX, { 32 }, false, "64 hexadecimal digits" },
	[ATT_DENY_ADVISORY] = { FORM_NAME, { 0 }, false, "an advisory, such as INTEL-SA-00615" },
};

/* All optional: a kind of which nothing is denied, or of which the evidence says nothing, is n/a.
 */
#define ROW(kind, id, title)                                                                       \
	[ATT_DENY_##kind] = { "deny." id, title, "security-history section C", true }
const struct check_row deny_checks[ATT_NDENY_KINDS] = {
	ROW(CHIP_ID, "chip-id", "The chip is not denied"),
	ROW(PRODUCT, "product", "The product line is not denied"),
	ROW(FMSPC, "fmspc", "The kind of platform (FMSPC) is not denied"),
	ROW(PPID, "ppid", "The processor package (PPID) is not denied"),
	ROW(PLATFORM_INSTANCE, "platform-instance", "The platform instance is not denied"),
	ROW(SIGNER, "signer", "The signer of the software is not denied"),
	ROW(MEASUREMENT, "measurement", "The measurement is not denied"),
	ROW(AK, "ak", "The attestation key is not denied"),
	ROW(ADVISORY, "advisory", "No advisory that applies is denied"),
};

const char *att_deny_kind_name(unsigned i)
{
	static const char *const names[] = {
#define X(name, text) text,
		ATT_DENY_KINDS(X)
#undef X
	};

	return i < ATT_NDENY_KINDS ? names[i] : NULL;
}

bool deny_is_hex(enum att_deny_kind kind)
{
	return kinds[kind].form == FORM_HEX;
}

/* Reading an entry */

static bool is_hex_of(const char *v, const size_t len[LENGTHS])
{
	uint8_t bytes[64];
	size_t n = strlen(v);

	for (size_t i = 0; i < LENGTHS && len[i]; i++)
		if (n == 2 * len[i])
			return hex_decode(v, n, bytes, len[i], NULL);
	return false;
}

static bool is_name(const char *v)
{
	static const char also[] = "-._";
	size_t n = 0;

	for (; v[n]; n++)
		if (!((v[n] >= 'a' && v[n] <= 'z') || (v[n] >= 'A' && v[n] <= 'Z') ||
			(v[n] >= '0' && v[n] <= '9') || strchr(also, v[n])))
			return false;
	return n > 0 && n <= NAME_MAX_LEN;
}

static bool is_one_line(const char *v)
{
	for (const char *c = v; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return utf8_valid(v, strlen(v));
}

bool att_deny_read(const char *kind, const char *value, const char *reason, struct att_deny *out,
    struct att_error *e)
{
	unsigned i = 0;

	while (i < ATT_NDENY_KINDS && strcmp(att_deny_kind_name(i), kind) != 0)
		i++;
	if (i == ATT_NDENY_KINDS)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "kind: found \"%.40s\", want chip-id, product, fmspc, ppid, "
		    "platform-instance, signer, measurement, advisory or ak",
		    kind);
	if (deny_is_hex((enum att_deny_kind)i) ? !is_hex_of(value, kinds[i].len) : !is_name(value))
		return att_fail(e, ATT_E_BAD_FORMAT, "value of %s: found \"%.140s\", want %s", kind,
		    value, kinds[i].want);
	if (reason && (strlen(reason) > ATT_DENY_REASON_MAX || !is_one_line(reason)))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "reason: found %zu bytes, want one line of at most %d bytes", strlen(reason),
		    ATT_DENY_REASON_MAX);
	*out = (struct att_deny){ (enum att_deny_kind)i, value, reason ? reason : "" };
	return true;
}

/* Judging */

static const char *identity_text(const struct evidence_identity *id, struct arena *a)
{
	if (deny_is_hex(id->kind))
		return hex_arena(a, rd_ptr(&id->value), rd_left(&id->value));
	return arena_strndup(a, (const char *)rd_ptr(&id->value), rd_left(&id->value));
}

static bool names(const struct att_deny *d, const char *text)
{
	size_t n = strlen(d->value);

	if (!kinds[d->kind].padded)
		return strcasecmp(d->value, text) == 0;
	return strncasecmp(d->value, text, n) == 0 && strspn(text + n, "0") == strlen(text + n);
}

static bool judge(const struct evidence_identity *id, const struct att_settings *s,
    struct checklist *c, struct att_error *e)
{
	const char *text = identity_text(id, c->a);
	bool asked = false;

	if (!text)
		return arena_fail(c->a, e);
	for (size_t i = 0; i < s->ndeny; i++) {
		const struct att_deny *d = &s->deny[i];
		if (d->kind != id->kind)
			continue;
		asked = true;
		if (names(d, text)) {
			(void)check_fail_private(c, id->kind,
			    check_text(
				c, "one that is not denied%s%s", *d->reason ? ": " : "", d->reason),
			    text);
			return true;
		}
	}
	return !asked || check_pass(c, id->kind);
}

bool deny_judge(const struct att_settings *s, const struct evidence_identity *who,
    struct checklist *c, struct att_error *e)
{
	for (; s->ndeny && who; who = who->next)
		if (!judge(who, s, c, e))
			return false;
	return true;
}
