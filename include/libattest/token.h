/*
 * token.h - attestation tokens (JWT, RFC 7519; JWS, RFC 7515): making and verifying.
 *
 * Verification takes keys only from the JWK set the caller trusts: jku, jwk, x5c and x5u of a
 * token are never used.  The algorithm must be RS256, ES256, ES384 or ES512 and fit the key.
 * Missing exp, nbf, iat or iss is a failure, never a skipped check.
 */
#ifndef LIBATTEST_TOKEN_H
#define LIBATTEST_TOKEN_H

#include "libattest/attest.h"

struct att_token_wanted {
	const char *issuer;             /* required: exact string */
	/* NULL: not looked at (but an aud claim without a wanted audience is reported in the checks as
	 * n/a) */
	const char *audience;
	const char *policy_hash;        /* NULL: not looked at */
	const char *nonce;              /* NULL: not looked at */
	const char *attestation_type;   /* NULL: not looked at; compared with x-ms-attestation-type */
	int64_t now_s;
	int64_t leeway_s;               /* allowed clock difference, 0..300 */
};

struct att_token_report {
	bool valid;                     /* every reached check passed */
	const char *header_json, *payload_json; /* decoded text; NULL when the token cannot be split */
	const struct att_check *checks;
	size_t nchecks;
	struct att_error error;
};
/* True: *out tells.  False: no memory, or wishes that cannot be met (no issuer, leeway outside 0 to
 * 300, a time outside 1970 to 9999).  Free with att_token_report_free. */
ATT_API bool att_token_verify(struct att_bytes token, struct att_bytes jwks, const struct att_token_wanted *w,
    struct att_token_report **out, struct att_error *e);
ATT_API void att_token_report_free(struct att_token_report *r);

enum att_token_alg { ATT_RS256, ATT_ES256, ATT_ES384 };
/* A signing key with its certificate chain; made by the signer role only. */
struct att_signing_key;
ATT_API bool att_signing_key_generate(
    enum att_token_alg alg, struct att_signing_key **out, struct att_error *e);
ATT_API bool att_signing_key_load(struct att_bytes pem_key, struct att_bytes pem_certs,
    struct att_signing_key **out, struct att_error *e);
/* PKCS#8 PEM; the caller wipes and frees with att_secret_free(). */
ATT_API bool att_signing_key_export(
    const struct att_signing_key *k, char **pem, size_t *len, struct att_error *e);
ATT_API void att_secret_free(char *p, size_t len);
/* Self-signed certificate with CN = issuer, as MAA's; replaces the key's chain.  serial is made from
 * random bytes. */
ATT_API bool att_signing_key_self_certify(struct att_signing_key *k, const char *issuer,
    int64_t not_before_s, int64_t not_after_s, struct att_error *e);
/* PEM of the chain; free() it. */
ATT_API bool att_signing_key_certs(const struct att_signing_key *k, char **pem, struct att_error *e);
ATT_API void att_signing_key_free(struct att_signing_key *k);

struct att_token_std {
	const char *issuer;             /* iss; jku is issuer + "/certs" */
	int64_t now_s;                  /* iat and nbf */
	int64_t lifetime_s;             /* exp - iat */
	const char *audience;           /* aud, NULL: none */
	bool with_jti;                  /* attestation tokens: 64 random hex digits, and x-ms-ver "1.0" */
	bool unsigned_draft;            /* header alg none, empty signature */
	/* tokens of type Tpm: nbf is 300 s before iat, jti has 40 digits, ver stands beside x-ms-ver, the
	 * header has x5c (x5t with omit_x5c) and no jku. spec: maa-tpm section 3 */
	bool tpm, omit_x5c;
};
/*
 * Signs a payload: claims_json is a JSON object without registered claims (their presence is an
 * error: the caller may not choose iss, aud, exp, nbf, iat, jti).  *token is free()d by the caller.
 */
ATT_API bool att_token_sign(struct att_signing_key *k, struct att_bytes claims_json,
    const struct att_token_std *std, char **token, struct att_error *e);
/* JWK set of the keys: kid, kty, x5c, use, alg, and n,e or crv,x,y. free() it. */
ATT_API bool att_token_jwks(
    struct att_signing_key *const *keys, size_t nkeys, char **json, struct att_error *e);
/* The /.well-known/openid-configuration document; free() it. */
ATT_API bool att_token_openid(
    const char *issuer, const struct att_signing_key *k, char **json, struct att_error *e);

#endif
