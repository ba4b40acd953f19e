/* file.c - the TPM evidence file (design section 6). */
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/evidence/tpm/file.h"
#include "lib/json/json.h"

#define WHAT "tpm evidence file"
#define FILE_DEPTH 4
#define FILE_NODES 1024
#define CERT_MAX 65536                  /* NV indices may be larger than the certificate */

static bool only(
    const struct json *o, const char *what, const char *const *names, size_t n, struct att_error *e)
{
	for (const struct json *v = o->child; v; v = v->next) {
		size_t i = 0;

		while (i < n && strcmp(names[i], v->name) != 0)
			i++;
		if (i == n)
			return att_fail(e, ATT_E_BAD_JSON, WHAT ": %s: unknown member \"%s\"", what, v->name);
	}
	return true;
}

static bool blob(struct arena *a, const struct json *v, const char *name, enum b64_kind kind, size_t max,
    struct rd *out, struct att_error *e)
{
	uint8_t *p;
	size_t n;

	if (!json_is(v, JSON_STRING))
		return att_fail(e, ATT_E_BAD_JSON, WHAT ": %s is not a string", name);
	if (v->len > b64_encoded_len(B64_STD, max))
		return att_fail(e, ATT_E_LIMIT,
		    WHAT ": %s of %zu characters, at most %zu bytes decoded", name, v->len, max);
	if (!b64_decode_arena(kind, a, v->s, v->len, &p, &n, e))
		return att_within(e, WHAT ": %s", name);
	*out = rd_make(p, n);
	return true;
}

static bool quote(struct arena *a, const struct json *v, struct tpm_file_quote *q, struct att_error *e)
{
	static const char *const names[] = { "quote", "signature", "bank" };
	const struct json *bank = json_get(v, "bank");

	if (!json_is(v, JSON_OBJECT))
		return att_fail(e, ATT_E_BAD_JSON, WHAT ": not an object");
	if (!only(v, "quote", names, 3, e))
		return false;
	if (!json_is(bank, JSON_STRING) || !tpm_hash_named(bank->s, &q->bank))
		return att_fail(e, ATT_E_BAD_JSON, WHAT ": bank is not sha1, sha256, sha384 or sha512");
	return blob(a, json_get(v, "quote"), "quote", B64_URL, TPM_ATTEST_MAX, &q->quote_raw, e) &&
	    blob(a, json_get(v, "signature"), "signature", B64_URL, TPM_SIGNATURE_MAX,
		&q->signature_raw, e) &&
	    tpm_attest_parse(q->quote_raw, &q->quote, e) &&
	    tpm_signature_parse(q->signature_raw, &q->signature, e);
}

static bool quotes(struct arena *a, const struct json *v, struct tpm_file *f, struct att_error *e)
{
	if (!json_is(v, JSON_ARRAY) || v->len == 0)
		return att_fail(e, ATT_E_BAD_JSON, WHAT ": quotes is not a list of at least one");
	if (v->len > TPM_FILE_QUOTES)
		return att_fail(e, ATT_E_LIMIT, WHAT ": %zu quotes, at most %d", v->len, TPM_FILE_QUOTES);
	for (const struct json *q = v->child; q; q = q->next, f->nquotes++)
		if (!quote(a, q, &f->quotes[f->nquotes], e))
			return att_within(e, "quotes[%zu]", f->nquotes);
	return true;
}

/* "0" to "23", and nothing else that reads as such a number. */
static bool pcr_index(const struct json *v, uint32_t *out)
{
	uint32_t n = 0;

	if (v->name_len == 0 || v->name_len > 2 || (v->name_len == 2 && v->name[0] == '0'))
		return false;
	for (size_t i = 0; i < v->name_len; i++) {
		if (v->name[i] < '0' || v->name[i] > '9')
			return false;
		n = 10 * n + (uint32_t)(v->name[i] - '0');
	}
	*out = n;
	return n < PCR_COUNT;
}

static bool bank(const struct json *v, struct pcr_bank *b, struct att_error *e)
{
	if (!tpm_hash_named(v->name, &b->alg))
		return att_fail(e, ATT_E_BAD_JSON,
		    WHAT ": pcrs: bank \"%s\" is not sha1, sha256, sha384 or sha512", v->name);
	if (!json_is(v, JSON_OBJECT))
		return att_fail(e, ATT_E_BAD_JSON, WHAT ": pcrs: %s is not an object", v->name);
	for (const struct json *p = v->child; p; p = p->next) {
		uint32_t i = 0;

		if (!pcr_index(p, &i))
			return att_fail(e, ATT_E_BAD_JSON,
			    WHAT ": pcrs: \"%s\" is not a PCR, 0 to 23", p->name);
		if (!json_is(p, JSON_STRING) || p->len != 2 * digest_len(b->alg))
			return att_fail(e, ATT_E_BAD_JSON,
			    WHAT ": pcrs: %s %s is not %zu hex digits", v->name, p->name,
			    2 * digest_len(b->alg));
		if (!hex_decode(p->s, p->len, b->value[i], digest_len(b->alg), e))
			return att_within(e, WHAT ": pcrs: %s %s", v->name, p->name);
		b->mask |= 1U << i;
	}
	return true;
}

/* Names are unique in an object, and each names one bank: TPM_BANKS is enough. */
static bool pcrs(const struct json *v, struct tpm_file *f, struct att_error *e)
{
	if (!json_is(v, JSON_OBJECT))
		return att_fail(e, ATT_E_BAD_JSON, WHAT ": pcrs is not an object");
	for (const struct json *b = v->child; b; b = b->next) {
		if (f->nbanks == TPM_BANKS)
			return att_fail(e, ATT_E_LIMIT, WHAT ": pcrs: more than %d banks", TPM_BANKS);
		if (!bank(b, &f->banks[f->nbanks++], e))
			return false;
	}
	return true;
}

static bool one_log(struct arena *a, const struct json *v, struct tpm_file *f, struct att_error *e)
{
	static const char *const names[] = { "type", "data" };
	const struct json *type = json_get(v, "type");

	if (!json_is(v, JSON_OBJECT) || !(json_str_eq(type, "tcg") || json_str_eq(type, "ima")))
		return att_fail(e, ATT_E_BAD_JSON, WHAT ": type is not \"tcg\" or \"ima\"");
	f->logs[f->nlogs].kind = json_str_eq(type, "ima") ? TPM_LOG_IMA : TPM_LOG_TCG;
	return only(v, "log", names, 2, e) && blob(a, json_get(v, "data"), "data", B64_STD, TPM_FILE_LOG_MAX,
	    &f->logs[f->nlogs].data, e);
}

static bool logs(struct arena *a, const struct json *v, struct tpm_file *f, struct att_error *e)
{
	if (!v)
		return true;
	if (!json_is(v, JSON_ARRAY))
		return att_fail(e, ATT_E_BAD_JSON, WHAT ": logs is not a list");
	if (v->len > TPM_FILE_LOGS)
		return att_fail(e, ATT_E_LIMIT, WHAT ": %zu logs, at most %d", v->len, TPM_FILE_LOGS);
	for (const struct json *l = v->child; l; l = l->next, f->nlogs++)
		if (!one_log(a, l, f, e))
			return att_within(e, "logs[%zu]", f->nlogs);
	return true;
}

static bool optional_blob(struct arena *a, const struct json *o, const char *name, struct rd *out,
    struct att_error *e)
{
	const struct json *v = json_get(o, name);

	return !v || blob(a, v, name, B64_URL, CERT_MAX, out, e);
}

static bool head(struct arena *a, const struct json *o, struct tpm_file *f, struct att_error *e)
{
	static const char *const names[] = { "type", "nonce", "akPub", "akCert", "ekCert", "quotes",
		"pcrs", "logs" };

	if (!json_is(o, JSON_OBJECT) || !json_str_eq(json_get(o, "type"), "Tpm"))
		return att_fail(e, ATT_E_BAD_JSON, WHAT ": not an object with type \"Tpm\"");
	return only(o, "top level", names, sizeof names / sizeof names[0], e) &&
	    blob(a, json_get(o, "nonce"), "nonce", B64_URL, TPM_NONCE_MAX, &f->nonce, e) &&
	    blob(a, json_get(o, "akPub"), "akPub", B64_URL, TPM_PUBLIC_MAX, &f->ak_pub_raw, e) &&
	    optional_blob(a, o, "akCert", &f->ak_cert, e) && optional_blob(a, o, "ekCert", &f->ek_cert, e) &&
	    tpm2b_public_parse(f->ak_pub_raw, &f->ak_pub, e);
}

bool tpm_file_parse(struct rd in, struct arena *a, struct tpm_file **out, struct att_error *e)
{
	const struct json_limits limits = { .max_depth = FILE_DEPTH, .max_nodes = FILE_NODES };
	struct tpm_file *f = arena_alloc(a, sizeof *f);
	struct json *o = NULL;

	if (!f)
		return arena_fail(a, e);
	if (rd_left(&in) > TPM_FILE_MAX)
		return att_fail(e, ATT_E_LIMIT, WHAT ": %zu bytes, at most %zu", rd_left(&in), TPM_FILE_MAX);
	if (!json_parse(a, rd_ptr(&in), rd_left(&in), &limits, &o, e))
		return att_within(e, WHAT);
	if (!head(a, o, f, e) || !quotes(a, json_get(o, "quotes"), f, e) ||
	    !pcrs(json_get(o, "pcrs"), f, e) || !logs(a, json_get(o, "logs"), f, e))
		return false;
	*out = f;
	return true;
}

/* White space aside, collect writes the type first. */
bool tpm_file_recognise(struct rd in)
{
	return json_begins(rd_ptr(&in), rd_left(&in), "{\"type\":\"Tpm\"");
}
