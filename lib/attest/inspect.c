/* What a file is and what it says.  Kinds are tried in the order of the table; nothing is verified. */
#include <stdlib.h>
#include <string.h>

#include "lib/attest/describe.h"
#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/base/time.h"
#include "lib/token/jws.h"
#include "libattest/inspect.h"
#include "libattest/policy.h"

#define INSPECT_MEMORY ((size_t)256 << 20)

bool put(struct arena *a, struct json *o, const char *name, struct json *v)
{
	return json_put(a, o, name, v) != NULL;
}

bool put_time(struct arena *a, struct json *o, const char *name, int64_t t)
{
	char text[TIME_TEXT_MAX];

	if (t == INT64_MIN)
		return put(a, o, name, json_null(a));
	time_format(t, text);
	return put(a, o, name, json_string(a, text));
}

bool put_text(struct arena *a, struct json *o, const char *name, const char *text)
{
	return put(a, o, name, text ? json_string(a, text) : NULL);
}

bool put_hex(struct arena *a, struct json *o, const char *name, const void *p, size_t n)
{
	const char *text = hex_arena(a, p, n);

	return text && put(a, o, name, json_string(a, text));
}

static bool starts(struct att_bytes b, const char *word)
{
	size_t n = strlen(word);

	return b.len >= n && strncmp((const char *)b.data, word, n) == 0;
}

static bool contains(struct att_bytes b, const char *word)
{
	return b.len && memmem(b.data, b.len, word, strlen(word)) != NULL;
}

struct json *key_json(struct arena *a, const struct pubkey *k)
{
	static const char *const kinds[] = {
		[KEY_RSA] = "RSA", [KEY_P256] = "EC P-256", [KEY_P384] = "EC P-384", [KEY_P521] = "EC P-521",
	};
	struct json *o = json_object(a);

	return put(a, o, "kind", json_string(a, kinds[pubkey_kind(k)])) &&
	    put(a, o, "bits", json_int(a, (int64_t)pubkey_bits(k))) &&
	    put_hex(a, o, "spkiSha256", pubkey_spki_sha256(k), 32) ? o : NULL;
}

static struct json *cert_json(struct arena *a, const struct x509_cert *cert)
{
	struct json *o = json_object(a);
	size_t n;
	const uint8_t *serial = x509_serial(cert, &n);

	return put(a, o, "subject", json_string(a, x509_subject_text(cert))) &&
		put(a, o, "issuerCommonName", json_string(a, x509_issuer_cn(cert))) &&
		put_hex(a, o, "serial", serial, n) &&
		put_time(a, o, "notBefore", x509_not_before(cert)) &&
		put_time(a, o, "notAfter", x509_not_after(cert)) &&
		put(a, o, "isCa", json_bool(a, x509_is_ca(cert))) &&
		put_hex(a, o, "sha256", x509_sha256(cert), 32) &&
		put(a, o, "key", key_json(a, x509_pubkey(cert))) && put_pck_extension(a, o, cert) ?
	    o :
	    NULL;
}

static bool describe_certs(const struct subject *s, struct json **out)
{
	struct x509_bundle b = { 0 };
	struct json *o = json_object(s->a), *list = json_array(s->a);
	bool ok = x509_bundle_parse(s->c, s->file.data, s->file.len, &b, NULL) && b.n > 0 &&
	    put(s->a, o, "kind", json_string(s->a, b.n == 1 ? "certificate" : "certificate bundle")) &&
	    put(s->a, o, "certificates", list);

	for (size_t i = 0; ok && i < b.n; i++)
		ok = json_append(list, cert_json(s->a, b.certs[i])) != NULL;
	x509_bundle_clear(&b);
	if (ok)
		*out = o;
	return ok;
}

static bool describe_crl(const struct subject *s, struct json **out)
{
	struct x509_crl *l = NULL;
	struct json *o = json_object(s->a);
	const uint8_t *number;
	size_t n;
	bool ok = x509_crl_parse(s->c, s->file.data, s->file.len, &l, NULL) &&
	    put(s->a, o, "kind", json_string(s->a, "revocation list")) &&
	    put(s->a, o, "issuerCommonName", json_string(s->a, x509_crl_issuer_cn(l))) &&
	    put_time(s->a, o, "thisUpdate", x509_crl_this_update(l)) &&
	    put_time(s->a, o, "nextUpdate", x509_crl_next_update(l)) &&
	    put_hex(s->a, o, "sha256", x509_crl_sha256(l), 32) &&
	    put(s->a, o, "revoked", json_int(s->a, (int64_t)x509_crl_nrevoked(l)));

	number = ok ? x509_crl_number(l, &n) : NULL;
	ok = ok && (!number || put_hex(s->a, o, "crlNumber", number, n));
	x509_crl_free(l);
	if (ok)
		*out = o;
	return ok;
}

static struct json *payload_json(struct arena *a, const struct jws *j)
{
	struct json *v;

	if (json_parse(a, j->payload, j->payload_len, NULL, &v, NULL))
		return v;
	return json_string(a, j->payload_len ? "(not JSON)" : "");
}

/* A policy JWS shows its text, which is what a person wants to read. */
static bool put_policy_text(struct arena *a, struct json *o, const struct json *payload)
{
	const struct json *v = json_get(payload, "AttestationPolicy");
	uint8_t *text;
	size_t n;

	if (!json_is(v, JSON_STRING) || !b64_decode_arena(B64_LENIENT, a, v->s, v->len, &text, &n, NULL))
		return true;
	return put(a, o, "policyText", json_stringn(a, (const char *)text, n));
}

static bool describe_jws(const struct subject *s, struct json **out)
{
	struct att_bytes f = s->file;
	struct json *o = json_object(s->a), *payload;
	struct jws j;

	while (f.len > 0 && strchr(" \t\r\n", f.data[f.len - 1]))
		f.len--;
	if (!starts(f, "eyJ") || !jws_parse(s->a, f.data, f.len, &j, NULL))
		return false;
	payload = payload_json(s->a, &j);
	if (!put(s->a, o, "kind",
		json_string(
		    s->a, json_get(payload, "AttestationPolicy") ? "policy JWS" : "token")) ||
	    !put(s->a, o, "signed", json_bool(s->a, !jws_is_unsigned(&j))) ||
	    !put(s->a, o, "header", json_copy(s->a, j.header)) ||
	    !put(s->a, o, "payload", payload) || !put_policy_text(s->a, o, payload))
		return false;
	*out = o;
	return true;
}

static bool describe_policy(const struct subject *s, struct json **out)
{
	struct att_policy_report *r = NULL;
	struct json *o = json_object(s->a);
	bool ok = contains(s->file, "authorizationrules") && att_policy_check(s->file, &r, NULL) &&
	    put(s->a, o, "kind", json_string(s->a, "policy text")) &&
	    put(s->a, o, "parses", json_bool(s->a, r->ok)) &&
	    put(s->a, o, "hash", json_string(s->a, r->hash));

	att_policy_report_free(r);
	if (ok)
		*out = o;
	return ok;
}

static bool describe_parsed(const struct subject *s, const struct evidence_format *f, struct rd in,
    const char *kind, struct json **out)
{
	struct att_error why = { 0 };
	struct json *o = json_object(s->a), *fields;
	void *ev;

	if (!put(s->a, o, "kind", json_string(s->a, kind)) ||
	    !put(s->a, o, "type", json_string(s->a, f->name)))
		return false;
	if (!f->parse(in, s->a, s->c, &ev, &why) || !f->describe(ev, s->a, &fields, &why))
		fields = json_string(s->a, why.text);
	*out = o;
	return put(s->a, o, why.code ? "problem" : "evidence", fields);
}

static bool describe_evidence(const struct subject *s, struct json **out)
{
	struct rd in = rd_make(s->file.data, s->file.len);
	const struct evidence_format *f = format_recognise(in);

	return f && describe_parsed(s, f, in, "evidence", out);
}

/* Bytes of no known kind: whatever type they were sent for, the rest of the body reads alike. */
static bool decode_as_some(struct att_request *req, const struct subject *s, struct decoded *d)
{
	for (size_t i = 0; format_at(i); i++) {
		req->type = format_at(i)->name;
		if (request_decode(req, s->c, s->a, d, NULL))
			return true;
	}
	return false;
}

static bool describe_unknown(const struct subject *s, const struct att_error *why, struct json **out)
{
	*out = json_object(s->a);
	return put_text(s->a, *out, "kind", "attestation request") &&
	    put_text(s->a, *out, "problem", why->text);
}

static bool describe_request(const struct subject *s, struct json **out)
{
	struct att_settings settings;
	struct att_request req = { .body = s->file, .body_is_json_only = true, .settings = &settings };
	struct att_error why = { 0 };
	struct json *o = NULL;
	struct decoded d;
	bool ok;

	att_settings_default(&settings);
	if (request_decode(&req, s->c, s->a, &d, &why))
		ok = describe_parsed(s, d.format, d.evidence, "attestation request", &o);
	else
		ok = decode_as_some(&req, s, &d) && describe_unknown(s, &why, &o);
	ok = ok && (!d.runtime_json || put(s->a, o, "runtimeData", json_copy(s->a, d.runtime_json))) &&
	    (!d.inittime_json || put(s->a, o, "initTimeData", json_copy(s->a, d.inittime_json))) &&
	    (!d.nonce || put(s->a, o, "nonce", json_copy(s->a, d.nonce))) &&
	    (!d.draft || put(s->a, o, "draftPolicyForAttestation", json_copy(s->a, d.draft)));
	if (ok)
		*out = o;
	return ok;
}

static describe_fn *const kinds[] = {
	describe_bundle, describe_evidence, describe_eventlog, describe_ima, describe_tpm, describe_jws,
	describe_request, describe_policy, describe_certs, describe_crl, describe_collateral,
};

bool att_inspect(struct att_bytes file, char **json, struct att_error *e)
{
	struct subject s = { .file = file, .a = arena_new(INSPECT_MEMORY), .c = crypto_new(e) };
	struct json *o = NULL;
	char *text = NULL, *copy = NULL;
	size_t n;

	for (size_t i = 0; s.a && s.c && !o && i < sizeof kinds / sizeof kinds[0]; i++)
		(void)kinds[i](&s, &o);
	if (!s.a || !s.c)
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
	else if (!o && arena_hit_limit(s.a))
		(void)arena_fail(s.a, e);
	else if (!o)
		(void)att_fail(e, ATT_E_BAD_FORMAT,
		    "%zu bytes of no known kind: no report, quote, request body, event log, IMA list, "
		    "TPM structure, signature list, certificate, revocation list, collateral, bundle, "
		    "token, policy JWS or policy text",
		    file.len);
	else if (json_write(s.a, o, JSON_PRETTY, &text, &n, e) && !(copy = strdup(text)))
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
	arena_free(s.a);
	crypto_free(s.c);
	if (copy)
		*json = copy;
	return copy != NULL;
}
