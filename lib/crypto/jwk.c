/* jwk.c - JSON Web Keys (RFC 7517; RFC 7518 sections 6.2 and 6.3). */
#include <string.h>

#include "lib/base/base64.h"
#include "lib/crypto/state.h"

/* Longest member we read: a modulus of RSA_BITS_MAX. */
#define MEMBER_MAX (RSA_BITS_MAX / 8)

struct member {
	uint8_t p[MEMBER_MAX + 3];
	size_t n;
};

static struct json *b64u(struct arena *a, const struct rd *r)
{
	char *s = b64_encode_arena(B64_URL, a, rd_ptr(r), rd_left(r));

	return s ? json_string(a, s) : NULL;
}

struct json *jwk_from_pubkey(struct arena *a, const struct pubkey *k)
{
	const struct curve *curve = curve_of(k->kind);
	struct json *o = json_object(a);

	if (!json_put(a, o, "kty", json_string(a, curve ? "EC" : "RSA")) ||
	    (curve && !json_put(a, o, "crv", json_string(a, curve->crv))) ||
	    !json_put(a, o, curve ? "x" : "n", b64u(a, &k->first)) ||
	    !json_put(a, o, curve ? "y" : "e", b64u(a, &k->second)))
		return NULL;
	return o;
}

/* A required base64url member; size 0: any length that fits. */
static bool member_get(const struct json *jwk, const char *name, size_t size, struct member *out,
    struct att_error *e)
{
	const struct json *v = json_get(jwk, name);

	if (!json_is(v, JSON_STRING))
		return att_fail(e, ATT_E_BAD_FORMAT, "jwk: \"%s\" is missing or no string", name);
	if (v->len > b64_encoded_len(B64_URL, MEMBER_MAX))
		return att_fail(e, ATT_E_LIMIT, "jwk: \"%s\" has %zu characters, at most %zu", name, v->len,
		    b64_encoded_len(B64_URL, MEMBER_MAX));
	if (!b64_decode(B64_URL, v->s, v->len, out->p, &out->n, e))
		return att_within(e, "jwk: \"%s\"", name);
	if (size && out->n != size)
		return att_fail(e, ATT_E_BAD_FORMAT, "jwk: \"%s\" has %zu bytes, want %zu", name, out->n,
		    size);
	return true;
}

static bool jwk_ec(struct crypto *c, const struct json *jwk, struct pubkey **out, struct att_error *e)
{
	struct member x, y;

	for (enum key_kind kind = KEY_P256; kind <= KEY_P521; kind++) {
		const struct curve *curve = curve_of(kind);
		if (!json_str_eq(json_get(jwk, "crv"), curve->crv))
			continue;
		return member_get(jwk, "x", curve->field, &x, e) &&
		    member_get(jwk, "y", curve->field, &y, e) &&
		    (pubkey_from_ec(c, kind, x.p, y.p, out, e) || att_within(e, "jwk"));
	}
	return att_fail(e, ATT_E_UNSUPPORTED, "jwk: \"crv\" is not P-256, P-384 or P-521");
}

/* RFC 7518 section 6.3.1: the shortest octet sequence, so a leading zero is not the same key. */
static bool jwk_rsa(struct crypto *c, const struct json *jwk, struct pubkey **out, struct att_error *e)
{
	struct member n, exp;

	if (!member_get(jwk, "n", 0, &n, e) || !member_get(jwk, "e", 0, &exp, e))
		return false;
	if (n.n == 0 || exp.n == 0 || n.p[0] == 0 || exp.p[0] == 0)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "jwk: \"n\" or \"e\" is empty or begins with a zero byte");
	return pubkey_from_rsa(c, n.p, n.n, exp.p, exp.n, out, e) || att_within(e, "jwk");
}

bool jwk_to_pubkey(struct crypto *c, const struct json *jwk, struct pubkey **out, struct att_error *e)
{
	static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
	const struct json *kty = json_get(jwk, "kty");

	for (size_t i = 0; i < sizeof private_members / sizeof private_members[0]; i++)
		if (json_get(jwk, private_members[i]))
			return att_fail(e, ATT_E_BAD_FORMAT, "jwk: private member \"%s\"",
			    private_members[i]);
	if (json_str_eq(kty, "EC"))
		return jwk_ec(c, jwk, out, e);
	if (json_str_eq(kty, "RSA"))
		return jwk_rsa(c, jwk, out, e);
	return att_fail(e, ATT_E_UNSUPPORTED, "jwk: \"kty\" is neither RSA nor EC");
}
