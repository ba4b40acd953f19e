/* sign.c - attestation and management tokens: the registered claims are made here and nowhere else. */
#include "lib/token/key.h"

#include <string.h>

#include "lib/base/hex.h"

#define JTI_BYTES 32
#define JTI_BYTES_TPM 20
#define TPM_NBF_BEFORE_S 300            /* spec: maa-tpm section 3 */
#define TIME_MAX INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */
#define TOKEN_VERSION "1.0"             /* x-ms-ver */

/* spec: rest-api §6.2; RFC 7519 §4.1.  What only this file writes. */
static const char *const registered[] = { "iss", "sub", "aud", "exp", "nbf", "iat", "jti" };

static bool read_claims(struct arena *a, struct att_bytes text, struct json **out, struct att_error *e)
{
	/* A request's nonce may be a number up to 2^64-1 (rest-api section 5.1). */
	static const struct json_limits limits = { .u64_member = "nonce" };

	if (!json_parse(a, text.data, text.len, &limits, out, e))
		return att_within(e, "token claims");
	if (!json_is(*out, JSON_OBJECT))
		return att_fail(e, ATT_E_BAD_JSON, "token claims: not an object");
	for (size_t i = 0; i < sizeof registered / sizeof registered[0]; i++)
		if (json_get(*out, registered[i]))
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "token claims: \"%s\" is for the signer to write", registered[i]);
	return true;
}

/* jti and x-ms-ver, of type Tpm ver too; a version that stands there must be the same. */
static bool add_identity(struct arena *a, struct json *claims, const struct att_token_std *std,
    struct att_error *e)
{
	size_t bytes = std->tpm ? JTI_BYTES_TPM : JTI_BYTES;
	const struct json *ver = json_get(claims, "x-ms-ver");
	uint8_t random[JTI_BYTES];
	char jti[2 * JTI_BYTES + 1];

	if (ver && !json_str_eq(ver, TOKEN_VERSION))
		return att_fail(e, ATT_E_BAD_FORMAT, "token claims: x-ms-ver is not \"" TOKEN_VERSION "\"");
	if (!crypto_random(random, bytes, e))
		return false;
	hex_encode(random, bytes, jti);
	if (!json_put(a, claims, "jti", json_string(a, jti)) ||
	    (!ver && !json_put(a, claims, "x-ms-ver", json_string(a, TOKEN_VERSION))) ||
	    (std->tpm && !json_put(a, claims, "ver", json_string(a, TOKEN_VERSION))))
		return arena_fail(a, e);
	return true;
}

static bool add_registered(struct arena *a, struct json *claims, const struct att_token_std *std,
    struct att_error *e)
{
	if (!token_issuer_ok(std->issuer, e))
		return false;
	if (std->now_s < (std->tpm ? TPM_NBF_BEFORE_S : 0) || std->now_s > TIME_MAX || std->lifetime_s <= 0 ||
	    std->lifetime_s > TIME_MAX - std->now_s)
		return att_fail(e, ATT_E_BAD_FORMAT, "token: time %lld with lifetime %lld is not possible",
		    (long long)std->now_s, (long long)std->lifetime_s);
	if (!json_put(a, claims, "iss", json_string(a, std->issuer)) ||
	    !json_put(a, claims, "iat", json_int(a, std->now_s)) ||
	    !json_put(a, claims, "nbf", json_int(a, std->now_s - (std->tpm ? TPM_NBF_BEFORE_S : 0))) ||
	    !json_put(a, claims, "exp", json_int(a, std->now_s + std->lifetime_s)) ||
	    (std->audience && !json_put(a, claims, "aud", json_string(a, std->audience))))
		return arena_fail(a, e);
	return !std->with_jti || add_identity(a, claims, std, e);
}

/* spec: rest-api §6.1: alg, jku, kid, typ in this order; a draft keeps jku and kid. */
static bool make_header(struct arena *a, const struct att_signing_key *k, const struct att_token_std *std,
    struct json **out, struct att_error *e)
{
	struct json *h = json_object(a);
	char *jku = arena_printf(a, "%s/certs", std->issuer);

	if (!jku ||
	    !json_put(a, h, "alg", json_string(a, std->unsigned_draft ? "none" : k->alg->name)) ||
	    !json_put(a, h, "jku", json_string(a, jku)) ||
	    !json_put(a, h, "kid", json_string(a, k->kid)) ||
	    !json_put(a, h, "typ", json_string(a, "JWT")))
		return arena_fail(a, e);
	*out = h;
	return true;
}

/* spec: maa-tpm §3: typ, alg, x5c (x5t when the policy wants it small), kid. */
static bool make_tpm_header(struct arena *a, const struct att_signing_key *k, const struct att_token_std *std,
    struct json **out, struct att_error *e)
{
	struct json *h = json_object(a), *certs;

	if (!std->omit_x5c)
		certs = jws_x5c(a, &k->chain);
	else if (!jws_x5t(a, k->c, &k->chain, &certs, e))
		return false;
	if (!json_put(a, h, "typ", json_string(a, "JWT")) ||
	    !json_put(a, h, "alg", json_string(a, std->unsigned_draft ? "none" : k->alg->name)) ||
	    !json_put(a, h, std->omit_x5c ? "x5t" : "x5c", certs) ||
	    !json_put(a, h, "kid", json_string(a, k->kid)))
		return arena_fail(a, e);
	*out = h;
	return true;
}

bool att_token_sign(struct att_signing_key *k, struct att_bytes claims_json, const struct att_token_std *std,
    char **token, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(TOKEN_MEMORY);
	struct json *claims, *header = NULL;
	char *payload, *text;
	size_t n;

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "token: out of memory");
	if (!read_claims(a, claims_json, &claims, e) ||
	    !add_registered(a, claims, std, e) ||
	    !json_write(a, claims, JSON_SORTED, &payload, &n, e))
		return false;
	if (!(std->tpm ? make_tpm_header(a, k, std, &header, e) : make_header(a, k, std, &header, e)))
		return false;
	if (std->unsigned_draft ? !jws_make_draft(a, header, rd_make(payload, n), &text, e) :
	    !jws_sign(a, k->c, k->priv, header, rd_make(payload, n), &text, e))
		return false;
	return token_give(text, strlen(text), token, e);
}
