/* metadata.c - what a service publishes about its keys: /certs and /.well-known/openid-configuration. */
#include "lib/token/key.h"

#include <string.h>

/* spec: rest-api §6.4: x5c, kid, kty as MAA; use, alg and the key's own members besides. */
static bool add_jwk(struct arena *a, struct json *keys, const struct att_signing_key *k, struct att_error *e)
{
	struct json *jwk = json_object(a), *members = jwk_from_pubkey(a, k->pub);
	const struct json *kty = json_get(members, "kty");

	if (k->chain.n == 0)
		return att_fail(e, ATT_E_OPERATION, "jwk set: key %s has no certificate yet", k->kid);
	if (!kty ||
	    !json_put(a, jwk, "x5c", jws_x5c(a, &k->chain)) ||
	    !json_put(a, jwk, "kid", json_string(a, k->kid)) ||
	    !json_put(a, jwk, "kty", json_string(a, kty->s)) ||
	    !json_put(a, jwk, "use", json_string(a, "sig")) ||
	    !json_put(a, jwk, "alg", json_string(a, k->alg->name)))
		return arena_fail(a, e);
	for (const struct json *m = members->child; m; m = m->next)
		if (m != kty && !json_put(a, jwk, m->name, json_copy(a, m)))
			return arena_fail(a, e);
	return json_append(keys, jwk) || arena_fail(a, e);
}

static bool write_out(struct arena *a, const struct json *doc, char **out, struct att_error *e)
{
	char *text;
	size_t n;

	return json_write(a, doc, JSON_COMPACT, &text, &n, e) && token_give(text, n, out, e);
}

bool att_token_jwks(struct att_signing_key *const *keys, size_t nkeys, char **json, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(TOKEN_MEMORY);
	struct json *set = NULL, *array = NULL;

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "jwk set: out of memory");
	set = json_object(a);
	array = json_array(a);
	for (size_t i = 0; i < nkeys; i++) {
		/* Clients take the first key of a kid (sdk-compat): one key is listed once. */
		for (size_t j = 0; j < i; j++)
			if (strcmp(keys[i]->kid, keys[j]->kid) == 0)
				return att_fail(
				    e, ATT_E_OPERATION, "jwk set: key %s is given twice", keys[i]->kid);
		if (!add_jwk(a, array, keys[i], e))
			return false;
	}
	if (!json_put(a, set, "keys", array))
		return arena_fail(a, e);
	return write_out(a, set, json, e);
}

/* spec: rest-api §6.5, in the recorded order. */
static const char *const claims_supported[] = {
	"cnf", "nonce", "x-ms-ver", "x-ms-attestation-type", "x-ms-policy-hash", "x-ms-policy-signer",
	"x-ms-sgx-is-debuggable", "x-ms-sgx-mrenclave", "x-ms-sgx-mrsigner", "x-ms-sgx-svn", "x-ms-sgx-ehd",
	"x-ms-sgx-collateral", "is-debuggable", "sgx-mrsigner", "sgx-mrenclave", "product-id", "svn", "tee",
};
static const char *const response_types[] = { "token", "none" };

static struct json *strings(struct arena *a, const char *const *v, size_t n)
{
	struct json *array = json_array(a);

	for (size_t i = 0; i < n; i++)
		if (!json_append(array, json_string(a, v[i])))
			return NULL;
	return array;
}
#define STRINGS(a, v) strings(a, v, sizeof (v) / sizeof (v)[0])

static struct json *url(struct arena *a, const char *issuer, const char *path)
{
	char *s = arena_printf(a, "%s%s", issuer, path);

	return s ? json_string(a, s) : NULL;
}

bool att_token_openid(const char *issuer, const struct att_signing_key *k, char **json, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(TOKEN_MEMORY);
	struct json *d;

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "openid configuration: out of memory");
	if (!token_issuer_ok(issuer, e))
		return false;
	d = json_object(a);
	if (!json_put(a, d, "response_types_supported", STRINGS(a, response_types)) ||
	    !json_put(a, d, "id_token_signing_alg_values_supported", strings(a, &k->alg->name, 1)) ||
	    !json_put(a, d, "revocation_endpoint", url(a, issuer, "/revoke")) ||
	    !json_put(a, d, "issuer", json_string(a, issuer)) ||
	    !json_put(a, d, "jwks_uri", url(a, issuer, "/certs")) ||
	    !json_put(a, d, "claims_supported", STRINGS(a, claims_supported)))
		return arena_fail(a, e);
	return write_out(a, d, json, e);
}
