/*
 * Management statements: the JWS out of the body, its signature, who may sign, freshness, and what it holds.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/attest/appraisal.h"
#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/token/jwks.h"
#include "lib/token/jws.h"
#include "libattest/manage.h"

#define MANAGE_MEMORY ((size_t)256 << 20)
#define JTI_MAX 256

/* The statement lives in its own arena; the head keeps the pointer that frees both. */
struct owned_statement {
	struct att_statement public;
	struct arena *a;
};

struct judging {
	const struct att_statement_rules *rules;
	struct att_statement *s;
	struct arena *a;
	struct crypto *c;
	struct jws j;
	struct jws_signer signer;       /* chain.n is 0 when unsigned */
	struct json *payload;           /* NULL: empty */
};

/* Form errors of a statement have one code, whatever layer saw them; the machine's own troubles keep
 * theirs. */
static bool as_operation(const struct att_error *why, const char *where, struct att_error *e)
{
	bool ours = why->code == ATT_E_NOMEM || why->code == ATT_E_LIMIT || why->code == ATT_E_INTERNAL;

	return att_fail(e, ours ? why->code : ATT_E_OPERATION, "%s%s", where, why->text);
}

/* The body */

static void trim(struct att_bytes *b)
{
	while (b->len && strchr(" \t\r\n", b->data[b->len - 1]))
		b->len--;
	while (b->len && strchr(" \t\r\n", b->data[0])) {
		b->data++;
		b->len--;
	}
}

/* spec: rest-api section 7; OpenAPI 2025-06-01 describes an object, clients send a string. */
static const struct json *text_in(const struct json *v, enum att_statement_kind kind)
{
	static const char *const members[] = { "policyCertificateToAdd", "policyCertificateToRemove" };

	for (size_t i = 0; kind == ATT_STATEMENT_CERTIFICATE && i < sizeof members / sizeof members[0]; i++)
		if (json_is(v, JSON_OBJECT) && v->len == 1 && json_get_fold(v, members[i]))
			return json_get_fold(v, members[i]);
	return v;
}

static bool unquote(struct judging *g, struct att_bytes *b, struct att_error *e)
{
	static const struct json_limits limits = { .max_depth = 2, .max_nodes = 8 };
	struct att_error why = { 0 };
	const struct json *text;
	struct json *v;

	trim(b);
	if (!b->len || (b->data[0] != '"' && b->data[0] != '{'))
		return true;
	if (!json_parse(g->a, b->data, b->len, &limits, &v, &why))
		return as_operation(&why, "body: ", e);
	text = text_in(v, g->rules->kind);
	if (!json_is(text, JSON_STRING))
		return att_fail(e, ATT_E_OPERATION, "body: want a JWS, or a JSON string that holds one");
	*b = (struct att_bytes){ (const uint8_t *)text->s, text->len };
	return true;
}

static bool hash_b64(struct judging *g, struct att_bytes b, char out[44], struct att_error *e)
{
	uint8_t sha[32];

	if (!digest(g->c, DIGEST_SHA256, b.data, b.len, sha, e))
		return false;
	b64_encode(B64_URL, sha, sizeof sha, out);
	return true;
}

static bool keep_jws(struct judging *g, struct att_bytes b, struct att_error *e)
{
	g->s->jws = (struct att_bytes){ arena_memdup(g->a, b.data, b.len), b.len };
	return g->s->jws.data ? hash_b64(g, b, g->s->token_hash, e) : arena_fail(g->a, e);
}

/* The signature */

static bool is_registered(const struct judging *g, const struct x509_cert *cert)
{
	size_t n;
	const uint8_t *der = x509_der(cert, &n);

	for (size_t i = 0; i < g->rules->nregistered; i++)
		if (g->rules->registered[i].len == n && bytes_equal(g->rules->registered[i].data, der, n))
			return true;
	return false;
}

static bool parse_registered(struct judging *g, struct x509_bundle *out, struct att_error *e)
{
	for (size_t i = 0; i < g->rules->nregistered; i++) {
		ATT_AUTO_STRUCT(x509_cert) cert = NULL;
		if (!x509_cert_from_der(g->c, g->rules->registered[i].data,
			g->rules->registered[i].len, &cert, e) ||
		    !x509_bundle_add(out, cert, e))
			return att_within(e, "registered certificate %zu", i);
	}
	return true;
}

/* Upwards from the signer, in the order sent, until a registered certificate stands there or has issued. */
static bool chain_ends(struct judging *g, const struct x509_bundle *anchors, struct att_error *e)
{
	const struct x509_bundle *chain = &g->signer.chain;
	struct att_error why = { 0 };

	for (size_t i = 0; i < chain->n; i++) {
		const struct x509_cert *cert = chain->certs[i];
		unsigned below = i ? (unsigned)(i - 1) : 0;
		if (i && !x509_issued_by(g->c, chain->certs[i - 1], cert, below, e))
			return false;
		if (is_registered(g, cert))
			return true;
		if (!x509_valid_at(cert, g->rules->now_s, e))
			return false;
		att_error_clear(&why);
		if (x509_find_issuer(g->c, anchors, cert, (unsigned)i, &why))
			return true;
	}
	return att_fail(e, ATT_E_NOT_AUTHENTIC,
	    "the signer's certificate is not registered here and does not chain to a registered "
	    "one: %s",
	    why.text);
}

static bool check_signer(struct judging *g, struct att_error *e)
{
	struct x509_bundle anchors = { 0 };
	bool ok = parse_registered(g, &anchors, e) && chain_ends(g, &anchors, e);

	x509_bundle_clear(&anchors);
	return ok;
}

static struct json *certificate_jwk(struct arena *a, const struct x509_bundle *chain)
{
	struct json *o = json_object(a);
	enum key_kind kind = pubkey_kind(x509_pubkey(chain->certs[0]));

	return json_put(a, o, "alg", json_string(a, jws_alg_of_kind(kind)->name)) &&
		json_put(a, o, "kty", json_string(a, kind == KEY_RSA ? "RSA" : "EC")) &&
		json_put(a, o, "use", json_string(a, "sig")) &&
		json_put(a, o, "x5c", jws_x5c(a, chain)) ?
	    o :
	    NULL;
}

static bool check_signature(struct judging *g, struct att_error *e)
{
	char *text;
	size_t n;

	if (!jws_no_crit(&g->j, e))
		return false;
	if (jws_is_unsigned(&g->j))
		return !g->rules->signature_required ||
		    att_fail(e, ATT_E_OPERATION,
			"this provider takes only what a registered certificate has signed, found "
			"alg none");
	if (!jws_verify_x5c(g->a, g->c, &g->j, &g->signer, e) ||
	    (g->rules->signature_required && !check_signer(g, e)) ||
	    !json_write(g->a, certificate_jwk(g->a, &g->signer.chain), JSON_COMPACT, &text, &n, e))
		return false;
	g->s->signer_json = text;
	return true;
}

/* The payload */

static bool read_payload(struct judging *g, struct att_error *e)
{
	struct att_error why = { 0 };

	if (g->j.payload_len == 0)
		return true;
	if (!json_parse(g->a, g->j.payload, g->j.payload_len, NULL, &g->payload, &why))
		return as_operation(&why, "jws: payload: ", e);
	return json_is(g->payload, JSON_OBJECT) ||
	    att_fail(e, ATT_E_OPERATION, "jws: the payload is not a JSON object");
}

/* A member that says what the statement is for binds it, whether or not freshness is demanded. */
static bool check_binding(const struct judging *g, struct att_error *e)
{
	const struct { const char *name, *want; } rows[] = {
		{ "aud", g->rules->issuer }, { "target", g->rules->target },
	};
	const struct json *to = json_get(g->payload, "rollbackTo");

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct json *v = json_get(g->payload, rows[i].name);
		if (v && (!rows[i].want || !json_str_eq(v, rows[i].want)))
			return att_fail(e, ATT_E_OPERATION,
			    "jws: payload: %s is not %s: the statement was made for something else",
			    rows[i].name, rows[i].want ? rows[i].want : "known here");
	}
	if (to && (!json_is(to, JSON_INT) || to->i != g->rules->rollback_to))
		return att_fail(e, ATT_E_OPERATION, "jws: payload: rollbackTo is not %lld",
		    (long long)g->rules->rollback_to);
	return to || !g->rules->fresh || g->rules->rollback_to == 0 ||
	    att_fail(e, ATT_E_OPERATION, "jws: payload: rollbackTo is missing, want %lld",
		(long long)g->rules->rollback_to);
}

static bool check_freshness(struct judging *g, struct att_error *e)
{
	const struct json *iat = json_get(g->payload, "iat"), *jti = json_get(g->payload, "jti");
	int64_t now = g->rules->now_s;

	if (!g->rules->fresh)
		return true;
	if (!json_is(jti, JSON_STRING) || jti->len == 0 || jti->len > JTI_MAX || strlen(jti->s) != jti->len)
		return att_fail(e, ATT_E_OPERATION,
		    "jws: payload: jti is missing, want a string of 1 to %d characters, never used "
		    "before",
		    JTI_MAX);
	if (!json_is(iat, JSON_INT))
		return att_fail(e, ATT_E_OPERATION,
		    "jws: payload: iat is missing, want the time of signing in seconds since 1970");
	if (iat->i < now - ATT_FRESH_PAST_S || iat->i > now + ATT_FRESH_FUTURE_S)
		return att_fail(e, ATT_E_OPERATION,
		    "jws: payload: iat is %lld, want %lld to %lld: the statement is not fresh",
		    (long long)iat->i, (long long)(now - ATT_FRESH_PAST_S),
		    (long long)(now + ATT_FRESH_FUTURE_S));
	g->s->jti = jti->s;
	g->s->iat_s = iat->i;
	return true;
}

static bool take_policy(struct judging *g, struct att_error *e)
{
	const struct json *v = json_get(g->payload, "AttestationPolicy");
	struct att_error why = { 0 };
	struct policy *compiled;
	uint8_t *text;
	size_t n;

	if (!json_is(v, JSON_STRING))
		return att_fail(e, ATT_E_OPERATION, "jws: the payload has no string AttestationPolicy");
	if (!b64_decode_arena(B64_LENIENT, g->a, v->s, v->len, &text, &n, &why))
		return as_operation(&why, "jws: payload: AttestationPolicy: ", e);
	g->s->text = (struct att_bytes){ text, n };
	return policy_compile(g->a, (const char *)text, n, &compiled, NULL, e) &&
	    policy_hash(g->c, g->a, (const char *)text, n, g->s->text_hash, e);
}

/* A signed policy is no command: whoever holds one could otherwise reset with it. */
static bool take_command(struct judging *g, struct att_error *e)
{
	static const char *const allowed[] = { "iat", "jti", "aud", "target", "rollbackTo" };

	for (const struct json *m = g->payload ? g->payload->child : NULL; m; m = m->next) {
		size_t i = 0;
		while (i < sizeof allowed / sizeof allowed[0] && strcmp(allowed[i], m->name) != 0)
			i++;
		if (i == sizeof allowed / sizeof allowed[0])
			return att_fail(e, ATT_E_OPERATION,
			    "jws: the payload is not empty: found %.64s", m->name);
	}
	return true;
}

/* spec: rest-api section 7: the names that SDKs, documentation and OpenAPI use for the one member. */
static bool find_certificate(const struct judging *g, const struct json **out, struct att_error *e)
{
	static const char *const names[] = { "policyCertificate", "maa-policyCertificate",
		"x-ms-policyCertificate", "aas-policyCertificate" };

	*out = NULL;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct json *v = json_get(g->payload, names[i]);
		if (v && *out)
			return att_fail(
			    e, ATT_E_OPERATION, "jws: payload: several members name a certificate");
		*out = v ? v : *out;
	}
	return json_is(*out, JSON_OBJECT) ||
	    att_fail(e, ATT_E_OPERATION, "jws: the payload has no object policyCertificate");
}

static bool thumbprint(struct judging *g, struct att_bytes der, struct att_error *e)
{
	uint8_t sha1[20];
	char *t = g->s->thumbprint;

	if (!digest(g->c, DIGEST_SHA1, der.data, der.len, sha1, e))
		return false;
	hex_encode(sha1, sizeof sha1, t);
	for (; *t; t++)
		if (*t >= 'a')
			*t = (char)(*t - 'a' + 'A');
	return true;
}

static bool names_key(const struct json *jwk)
{
	return json_get(jwk, "n") || json_get(jwk, "e") || json_get(jwk, "crv") || json_get(jwk, "x") ||
	    json_get(jwk, "y");
}

static bool take_certificate(struct judging *g, struct att_error *e)
{
	const struct json *jwk, *x5c;
	ATT_AUTO_STRUCT(pubkey) key = NULL;
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	uint8_t *der;
	size_t n;

	if (!find_certificate(g, &jwk, e))
		return false;
	x5c = json_get(jwk, "x5c");
	if (!json_is(x5c, JSON_ARRAY) || x5c->len != 1 || !json_is(x5c->child, JSON_STRING))
		return att_fail(e, ATT_E_OPERATION,
		    "jws: payload: policyCertificate: want x5c with one certificate");
	/*
	 * Beside x5c clients write any "kty" (Java "X.509", Python always "RSA"): only members that
	 * are a key must agree with it.
	 */
	if ((names_key(jwk) && !jwks_key(g->a, g->c, jwk, &key, e)) ||
	    !b64_decode_arena(B64_STD, g->a, x5c->child->s, x5c->child->len, &der, &n, e) ||
	    !x509_cert_from_der(g->c, der, n, &cert, e))
		return att_within(e, "policyCertificate");
	if (g->rules->must_be_ca && !x509_is_ca(cert))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "policyCertificate \"%s\": want basicConstraints CA:TRUE",
		    x509_subject_text(cert));
	g->s->certificate = (struct att_bytes){ der, n };
	return thumbprint(g, g->s->certificate, e);
}

static bool judge(struct judging *g, struct att_bytes body, struct att_error *e)
{
	static bool (*const takers[])(struct judging *g, struct att_error *e) = {
		[ATT_STATEMENT_POLICY] = take_policy, [ATT_STATEMENT_COMMAND] = take_command,
		[ATT_STATEMENT_CERTIFICATE] = take_certificate,
	};
	struct att_error why = { 0 };

	if (body.len > ATT_STATEMENT_MAX)
		return att_fail(e, ATT_E_LIMIT, "body: %zu bytes, at most %zu", body.len, ATT_STATEMENT_MAX);
	if (!unquote(g, &body, e))
		return false;
	if (body.len == 0 && g->rules->may_be_absent && !g->rules->signature_required)
		return true;
	if (!jws_parse(g->a, body.data, body.len, &g->j, &why))
		return as_operation(&why, body.len ? "" : "the body is empty: ", e);
	return keep_jws(g, body, e) && check_signature(g, e) && read_payload(g, e) && check_binding(g, e) &&
	    check_freshness(g, e) && takers[g->rules->kind](g, e);
}

bool att_statement_judge(struct att_bytes body, const struct att_statement_rules *rules,
    struct att_statement **out, struct att_error *e)
{
	struct arena *a = arena_new(MANAGE_MEMORY);
	struct owned_statement *o = a ? arena_alloc(a, sizeof *o) : NULL;
	struct judging g = { .rules = rules, .a = a, .c = o ? crypto_new(e) : NULL };
	bool ok = false;

	if (g.c) {
		o->a = a;
		g.s = &o->public;
		ok = judge(&g, body, e);
	} else {
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
	}
	jws_signer_clear(&g.signer);
	crypto_free(g.c);
	if (ok)
		*out = &o->public;
	else
		arena_free(a);
	return ok;
}

void att_statement_free(struct att_statement *s)
{
	if (s)
		arena_free(((struct owned_statement *)s)->a);
}

static bool list_certificates(struct arena *a, struct crypto *c, const struct att_bytes *der, size_t n,
    struct json *keys, struct att_error *e)
{
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++) {
		struct x509_bundle one = { 0 };
		ATT_AUTO_STRUCT(x509_cert) cert = NULL;

		ok = x509_cert_from_der(c, der[i].data, der[i].len, &cert, e) &&
		    x509_bundle_add(&one, cert, e) &&
		    (json_append(keys, certificate_jwk(a, &one)) || arena_fail(a, e));
		x509_bundle_clear(&one);
	}
	return ok;
}

bool att_certificates_jwks(const struct att_bytes *der, size_t n, char **json, struct att_error *e)
{
	struct arena *a = arena_new(MANAGE_MEMORY);
	struct crypto *c = a ? crypto_new(e) : NULL;
	struct json *set = json_object(a), *keys = json_array(a);
	char *text = NULL, *copy = NULL;
	size_t len;

	if (!c)
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
	else if (list_certificates(a, c, der, n, keys, e) &&
	    json_write(a, json_put(a, set, "keys", keys), JSON_COMPACT, &text, &len, e)) {
		copy = strdup(text);
		if (!copy)
			(void)att_fail(e, ATT_E_NOMEM, "out of memory");
	}
	crypto_free(c);
	arena_free(a);
	if (copy)
		*json = copy;
	return copy != NULL;
}
