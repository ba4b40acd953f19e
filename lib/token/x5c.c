/* x5c.c - the certificates a JWS carries: reading the signer's, writing ours. */
#include "lib/token/jws.h"

#include "lib/base/base64.h"
#include "lib/token/jwks.h"

void jws_signer_clear(struct jws_signer *s)
{
	x509_bundle_clear(&s->chain);
	*s = (struct jws_signer){ 0 };
}

/* One entry of x5c into the bundle, which is cleared by the caller on failure. */
static bool add_certificate(struct arena *a, struct crypto *c, const struct json *v, struct x509_bundle *b,
    struct att_error *e)
{
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	uint8_t *der;
	size_t n;

	if (!json_is(v, JSON_STRING))
		return att_fail(e, ATT_E_BAD_FORMAT, "not a string");
	return b64_decode_arena(B64_STD, a, v->s, v->len, &der, &n, e) &&
	    x509_cert_from_der(c, der, n, &cert, e) &&
	    x509_bundle_add(b, cert, e);
}

static bool read_chain(struct arena *a, struct crypto *c, const struct json *x5c, struct x509_bundle *b,
    struct att_error *e)
{
	size_t i = 0;

	if (!json_is(x5c, JSON_ARRAY) || x5c->len == 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "jws: x5c is not an array of certificates");
	if (x5c->len > X509_BUNDLE_MAX)
		return att_fail(
		    e, ATT_E_LIMIT, "jws: %zu certificates in x5c, at most %d", x5c->len, X509_BUNDLE_MAX);
	for (const struct json *v = x5c->child; v; v = v->next, i++)
		if (!add_certificate(a, c, v, b, e))
			return att_within(e, "jws: x5c[%zu]", i);
	return true;
}

/* spec: rest-api §7: certificates at the top level, or inside jwk as the Python SDK sends them. */
static bool find_x5c(const struct jws *j, const struct json **out, struct att_error *e)
{
	const struct json *top = json_get(j->header, "x5c");
	const struct json *inner = json_get(json_get(j->header, "jwk"), "x5c");

	if (top && inner)
		return att_fail(e, ATT_E_BAD_FORMAT, "jws: both x5c and jwk.x5c; which signed?");
	if (!top && !inner)
		return att_fail(e, ATT_E_BAD_FORMAT, "jws: the header has neither x5c nor jwk.x5c");
	*out = top ? top : inner;
	return true;
}

/* A jwk that gives the key directly must give the key of x5c[0]. */
static bool jwk_agrees(struct arena *a, struct crypto *c, const struct jws *j, const struct x509_cert *leaf,
    struct att_error *e)
{
	const struct json *jwk = json_get(j->header, "jwk");
	ATT_AUTO_STRUCT(pubkey) key = NULL;

	if (!jwk || !json_get(jwk, "kty"))
		return true;
	if (!jwks_key(a, c, jwk, &key, e))
		return att_within(e, "jws: header");
	if (!bytes_equal(pubkey_spki_sha256(key), pubkey_spki_sha256(x509_pubkey(leaf)), 32))
		return att_fail(e, ATT_E_BAD_FORMAT, "jws: jwk and x5c[0] are different keys");
	return true;
}

static bool verify_chain_key(struct arena *a, struct crypto *c, const struct jws *j, struct jws_signer *s,
    struct att_error *e)
{
	const struct jws_alg *alg = jws_alg_find(j->alg);
	struct jws plain = *j;

	if (!alg)
		return att_fail(e, ATT_E_UNSUPPORTED, "jws: algorithm \"%.32s\" is not in the list", j->alg);
	s->alg = jws_alg_of_kind(alg->kind);
	plain.alg = s->alg->name;
	return find_x5c(j, &s->x5c, e) &&
	    read_chain(a, c, s->x5c, &s->chain, e) &&
	    jwk_agrees(a, c, j, s->chain.certs[0], e) &&
	    jws_verify_with(c, &plain, x509_pubkey(s->chain.certs[0]), e);
}

bool jws_verify_x5c(struct arena *a, struct crypto *c, const struct jws *j, struct jws_signer *out,
    struct att_error *e)
{
	struct jws_signer s = { 0 };

	if (!verify_chain_key(a, c, j, &s, e)) {
		jws_signer_clear(&s);
		return false;
	}
	*out = s;
	return true;
}

struct json *jws_x5c(struct arena *a, const struct x509_bundle *chain)
{
	struct json *x5c = json_array(a);

	for (size_t i = 0; i < chain->n; i++) {
		size_t n;
		const uint8_t *der = x509_der(chain->certs[i], &n);
		char *text = b64_encode_arena(B64_STD, a, der, n);

		if (!text || !json_append(x5c, json_string(a, text)))
			return NULL;
	}
	return x5c;
}

bool jws_x5t(struct arena *a, struct crypto *c, const struct x509_bundle *chain, struct json **out,
    struct att_error *e)
{
	uint8_t sha1[DIGEST_MAX];
	const uint8_t *der;
	char *text;
	size_t n;

	if (chain->n == 0)
		return att_fail(e, ATT_E_INTERNAL, "jws: x5t of a key without a certificate");
	der = x509_der(chain->certs[0], &n);
	if (!digest(c, DIGEST_SHA1, der, n, sha1, e))
		return false;
	text = b64_encode_arena(B64_URL, a, sha1, digest_len(DIGEST_SHA1));
	*out = text ? json_string(a, text) : NULL;
	return *out ? true : arena_fail(a, e);
}

bool jws_sign_policy(struct arena *a, struct crypto *c, struct privkey *key,
    const struct x509_bundle *chain, const struct rd *text, char **out, struct att_error *e)
{
	struct json *header = json_object(a), *payload = json_object(a);
	const char *alg = jws_alg_of_kind(privkey_kind(key))->name;
	char *b64 = b64_encode_arena(B64_URL, a, rd_ptr(text), rd_left(text)), *body;
	size_t n;

	if (!b64 ||
	    !json_put(a, header, "alg", json_string(a, alg)) ||
	    !json_put(a, header, "x5c", jws_x5c(a, chain)) ||
	    !json_put(a, payload, "AttestationPolicy", json_string(a, b64)))
		return arena_fail(a, e);
	return json_write(a, payload, JSON_COMPACT, &body, &n, e) &&
	    jws_sign(a, c, key, header, rd_make(body, n), out, e);
}
