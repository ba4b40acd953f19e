/*
 * manage.h - what an operator sends to change a provider: policies, resets, certificates, all as JWS.
 *
 * Judging only: nothing is stored here, and nothing is looked up.  The caller gives the certificates that are
 * registered, stores what the statement holds, and sees to it that a jti is used once.
 * spec: rest-api section 7, sdk-compat ("Server-side leniencies")
 */
#ifndef LIBATTEST_MANAGE_H
#define LIBATTEST_MANAGE_H

#include "libattest/attest.h"

/* Bytes of a body: a policy of 1 MiB, which base64 makes longer twice, with its header and signature. */
#define ATT_STATEMENT_MAX ((size_t)2 << 20)
#define ATT_REGISTERED_MAX 64                   /* policy-signing certificates of one provider */
#define ATT_FRESH_PAST_S 300                    /* isolated.freshness required: iat may be so old, */
#define ATT_FRESH_FUTURE_S 60                   /* or so far ahead of our clock */

/* Types that can have a policy: all attestation types, also those whose evidence is not supported yet. */
ATT_API const char *att_policy_type_name(unsigned i);           /* NULL past the end */
/* canonical spelling, any case; NULL: unknown */
ATT_API const char *att_policy_type_find(const char *name);

enum att_statement_kind {
	ATT_STATEMENT_POLICY,           /* payload {"AttestationPolicy":base64url(text)} */
	/* reset, rollback, end of a shadow: payload empty, or freshness only */
	ATT_STATEMENT_COMMAND,
	ATT_STATEMENT_CERTIFICATE       /* payload {"policyCertificate":{"kty","x5c":[one]}} */
};

struct att_statement_rules {
	enum att_statement_kind kind;
	bool signature_required;        /* Isolated: by a registered certificate, or one that chains to it */
	bool fresh;                     /* iat and jti are required in the payload */
	bool may_be_absent;             /* without signature_required an empty body is a command too */
	bool must_be_ca;                /* ATT_STATEMENT_CERTIFICATE: basicConstraints CA:TRUE is demanded */
	const struct att_bytes *registered;     /* DER */
	size_t nregistered;
	const char *issuer;             /* payload member aud, when present, must be this */
	/* payload member target, when present, must be this: "policies/Tpm:reset" */
	const char *target;
	/* > 0: payload member rollbackTo must be this (fresh), or may only be this */
	int64_t rollback_to;
	int64_t now_s;
};

/* A statement that was accepted; texts live until att_statement_free(). */
struct att_statement {
	/* byte for byte, without the quotes of a JSON string; empty: none was sent */
	struct att_bytes jws;
	char token_hash[44];            /* x-ms-policy-token-hash of jws; "" when none was sent */
	const char *signer_json;        /* JWK {alg,kty,use,x5c}; NULL when unsigned */
	struct att_bytes text;          /* policy text; it compiles */
	char text_hash[44];             /* x-ms-policy-hash */
	struct att_bytes certificate;   /* DER */
	char thumbprint[41];            /* upper-case hex SHA-1 of it */
	const char *jti;                /* NULL: the payload has none */
	int64_t iat_s;                  /* valid with jti */
};

/*
 * Judges a body: a compact JWS, a JSON string that holds one, or (certificates)
 * {"policyCertificateToAdd":JWS} and
 * {"policyCertificateToRemove":JWS}.  OPERATION: it is no such statement, or not signed where it
 * must be; POLICY_PARSE: its policy does not compile; other codes: its signature, certificates or
 * freshness. The validity time of a registered certificate is not looked at, it is trusted because
 * it is registered; that of certificates between it and the signature is.  Revocation is not looked
 * at.
 */
ATT_API bool att_statement_judge(struct att_bytes body, const struct att_statement_rules *rules,
    struct att_statement **out, struct att_error *e);
ATT_API void att_statement_free(struct att_statement *s);

/* {"keys":[{alg,kty,use,x5c}...]} of DER certificates; free() it. */
ATT_API bool att_certificates_jwks(const struct att_bytes *der, size_t n, char **json, struct att_error *e);

#endif
