#include "lib/token/jwks.h"

#include "lib/base/base64.h"
#include "lib/base/rd.h"
#include "lib/x509/x509.h"

bool jwks_parse(struct arena *a, const void *p, size_t n, const struct json **out, struct att_error *e)
{
	struct json *set;

	if (n > JWKS_TEXT_MAX)
		return att_fail(e, ATT_E_LIMIT, "jwk set: %zu bytes, at most %zu", n, JWKS_TEXT_MAX);
	if (!json_parse(a, p, n, NULL, &set, e))
		return att_within(e, "jwk set");
	if (!json_is(json_get(set, "keys"), JSON_ARRAY))
		return att_fail(e, ATT_E_BAD_FORMAT, "jwk set: no array \"keys\"");
	*out = set;
	return true;
}

/* One way of giving a key: kty, the kinds it holds, and the members that give it directly. */
struct key_type {
	const char *kty;
	bool rsa;
	const char *members[3];
};
static const struct key_type key_types[] = {
	{ "RSA", true,  { "n", "e", NULL } },
	{ "EC",  false, { "crv", "x", "y" } },
};

static const struct key_type *key_type(const struct json *jwk)
{
	const struct json *kty = json_get(jwk, "kty");

	for (size_t i = 0; i < sizeof key_types / sizeof key_types[0]; i++)
		if (json_str_eq(kty, key_types[i].kty))
			return &key_types[i];
	return NULL;
}

static bool has_members(const struct json *jwk, const struct key_type *t)
{
	for (size_t i = 0; i < 3; i++)
		if (t->members[i] && json_get(jwk, t->members[i]))
			return true;
	return false;
}

static bool lists(const struct json *array, const char *s)
{
	if (!json_is(array, JSON_ARRAY))
		return false;
	for (const struct json *v = array->child; v; v = v->next)
		if (json_str_eq(v, s))
			return true;
	return false;
}

/* spec: RFC 7517 §4.2, §4.3 */
static bool meant_for_signatures(const struct json *jwk, struct att_error *e)
{
	const struct json *use = json_get(jwk, "use"), *ops = json_get(jwk, "key_ops");

	if (use && !json_str_eq(use, "sig"))
		return att_fail(e, ATT_E_UNSUPPORTED, "jwk: use is not \"sig\"");
	if (ops && !lists(ops, "verify"))
		return att_fail(e, ATT_E_UNSUPPORTED, "jwk: key_ops does not list \"verify\"");
	return true;
}

/* The first certificate of x5c; an absent or empty x5c gives success and NULL. */
static bool first_certificate(struct arena *a, struct crypto *c, const struct json *jwk,
    struct x509_cert **out, struct att_error *e)
{
	const struct json *x5c = json_get(jwk, "x5c"), *v;
	uint8_t *der;
	size_t n;

	*out = NULL;
	if (!x5c)
		return true;
	if (!json_is(x5c, JSON_ARRAY))
		return att_fail(e, ATT_E_BAD_FORMAT, "jwk: x5c is not an array");
	v = x5c->child;
	if (!v)
		return true;
	if (!json_is(v, JSON_STRING))
		return att_fail(e, ATT_E_BAD_FORMAT, "jwk: x5c[0] is not a string");
	if (!b64_decode_arena(B64_STD, a, v->s, v->len, &der, &n, e) ||
	    !x509_cert_from_der(c, der, n, out, e))
		return att_within(e, "jwk: x5c[0]");
	return true;
}

static bool same_key(const struct pubkey *a, const struct pubkey *b)
{
	return bytes_equal(pubkey_spki_sha256(a), pubkey_spki_sha256(b), 32);
}

bool jwks_key(struct arena *a, struct crypto *c, const struct json *jwk, struct pubkey **out,
    struct att_error *e)
{
	const struct key_type *t = key_type(jwk);
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	ATT_AUTO_STRUCT(pubkey) direct = NULL;
	ATT_AUTO_STRUCT(pubkey) key = NULL;

	if (!t)
		return att_fail(e, ATT_E_UNSUPPORTED, "jwk: kty is neither \"RSA\" nor \"EC\"");
	if (!meant_for_signatures(jwk, e) ||
	    !first_certificate(a, c, jwk, &cert, e) ||
	    (has_members(jwk, t) && !jwk_to_pubkey(c, jwk, &direct, e)))
		return false;
	if (!cert && !direct)
		return att_fail(e, ATT_E_UNSUPPORTED, "jwk: neither key members nor x5c");
	key = pubkey_ref(cert ? x509_pubkey(cert) : direct);
	if ((pubkey_kind(key) == KEY_RSA) != t->rsa)
		return att_fail(
		    e, ATT_E_BAD_FORMAT, "jwk: kty is \"%s\", but x5c[0] holds another kind of key", t->kty);
	if (direct && !same_key(direct, key))
		return att_fail(e, ATT_E_BAD_FORMAT, "jwk: the key members and x5c[0] are different keys");
	*out = ATT_STEAL(key);
	return true;
}

/* Takes the candidate in; false when a different key stands there already. */
static bool admit(struct jwks_match *m, const struct json *jwk, struct pubkey **key, struct att_error *e)
{
	const struct json *alg = json_get(jwk, "alg");

	if (m->key && !same_key(m->key, *key))
		return att_fail(e, ATT_E_UNSUPPORTED, "jwk set: two different keys have this kid");
	if (!m->key) {
		m->key = ATT_STEAL(*key);
		m->alg = json_is(alg, JSON_STRING) ? alg->s : NULL;
	}
	return true;
}

static bool has_kid(const struct json *jwk, const struct json *kid)
{
	const struct json *v = json_get(jwk, "kid");

	return json_is(v, JSON_STRING) && v->len == kid->len && bytes_equal(v->s, kid->s, v->len);
}

/* Is this failure about the one key, so that another entry may still serve?  Else it is about our memory. */
static bool is_skippable(const struct arena *a, const struct att_error *e)
{
	return e->code != ATT_E_NOMEM && e->code != ATT_E_INTERNAL && !arena_hit_limit(a);
}

bool jwks_find(struct arena *a, struct crypto *c, const struct json *set, const struct json *kid,
    struct jwks_match *out, struct att_error *e)
{
	const struct json *keys = json_get(set, "keys");
	struct jwks_match m = { 0 };
	struct att_error why = { 0 };

	for (const struct json *jwk = keys->child; jwk; jwk = jwk->next) {
		ATT_AUTO_STRUCT(pubkey) key = NULL;
		struct att_error skipped = { 0 };

		if (!has_kid(jwk, kid))
			continue;
		if (jwks_key(a, c, jwk, &key, &skipped)) {
			if (!admit(&m, jwk, &key, e)) {
				pubkey_free(m.key);
				return false;
			}
			continue;
		}
		(void)att_fail(&why, skipped.code, "%s", skipped.text);
		if (!is_skippable(a, &skipped)) {
			pubkey_free(m.key);
			return att_fail(e, skipped.code, "%s", skipped.text);
		}
	}
	if (!m.key && why.code == ATT_E_OK)
		return att_fail(e, ATT_E_NOT_FOUND, "jwk set: %zu keys, none with this kid", keys->len);
	if (!m.key)
		return att_fail(e, ATT_E_UNSUPPORTED, "the key of this kid cannot be used: %s", why.text);
	*out = m;
	return true;
}
