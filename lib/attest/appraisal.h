/*
 * appraisal.h - inside of the pipeline: the decoded request, the context's caches, the steps' functions.
 *
 * request.c   bytes of the request to struct decoded            (no crypto but digests, no policy)
 * context.c   what is kept between requests: verified chains, compiled policies, parsed endorsements
 * pipeline.c  the steps in order; the only place where a verdict becomes "permitted"
 * token_claims.c  claims + issued claims to the token payload
 * manage.c    what an operator sends: signed policies, certificates; policy_types.c  their types and defaults
 */
#ifndef ATTEST_APPRAISAL_H
#define ATTEST_APPRAISAL_H

#include "lib/evidence/chain_cache.h"
#include "lib/evidence/format.h"
#include "lib/policy/policy.h"
#include "libattest/attest.h"

#define REQUEST_DEPTH_MAX 16            /* nesting of a request body */
#define REQUEST_NODES_MAX 10000
#define NONCE_MAX 1024                  /* characters of a nonce */
#define ENDORSEMENTS_MAX 64             /* pieces given beside one request */

/* A request taken apart; everything borrows from the request or lives in the arena. */
struct decoded {
	const struct evidence_format *format;
	struct rd evidence;                     /* decoded bytes of the format's member, or the raw file */
	struct bound_data runtime, inittime;
	const struct json *runtime_json;        /* parsed runtime data when its type is JSON; else NULL */
	const struct json *inittime_json;
	const struct json *draft;               /* draftPolicyForAttestation, a string; NULL: none */
	const struct json *nonce;               /* string, JSON_INT or JSON_UINT; NULL: none */
};
ATT_CHECK bool request_decode(const struct att_request *req, struct crypto *c, struct arena *a,
    struct decoded *out, struct att_error *e);

/* Parsed endorsements or anchors of a request; owned by the context's cache. */
struct trust_set {
	uint8_t key[CHAIN_CACHE_KEY];           /* SHA-256 over the digests of all pieces */
	struct x509_bundle certs;
	struct x509_crl *crls[ENDORSEMENTS_MAX];
	size_t ncrls;
};

/* One cache each: a borrowed set must outlive the look-up of the other. */
enum trust_kind { TRUST_ENDORSEMENTS, TRUST_ANCHORS, TRUST_KINDS };

/* A compiled policy with its hash; owned by the context's cache. */
struct cached_policy {
	struct arena *a;
	struct policy *policy;
	char hash[44];
};

struct att_ctx {
	struct crypto *crypto;
	struct chain_cache *chains;             /* verified certificate chains, by the formats */
	struct chain_cache *policies;           /* struct cached_policy by SHA-256 of the text */
	struct chain_cache *trust_sets[TRUST_KINDS];    /* struct trust_set by SHA-256 of all pieces */
};
/* PEM or DER certificates and CRLs, THIM JSON; what a piece is, is recognised. *out is borrowed from the
 * cache. */
ATT_CHECK bool ctx_trust_set(struct att_ctx *ctx, enum trust_kind kind, const struct att_bytes *v, size_t n,
    const struct trust_set **out, struct att_error *e);
/* Compiles once; *out is borrowed from the cache. */
ATT_CHECK bool ctx_policy(struct att_ctx *ctx, struct att_bytes text, const struct cached_policy **out,
    struct att_error *e);

/* The payload of the token without iss, iat, nbf, exp, jti, x-ms-ver; sorted by name. */
struct token_input {
	const struct claims *service;           /* claims made from evidence, before the policy ran */
	const struct claims *issued;            /* outgoing claims of the policy */
	const struct json *nonce;               /* NULL: none */
};
ATT_CHECK bool token_claims(const struct token_input *in, struct arena *a, char **json, struct att_error *e);

/* The policy of a type when none was set, in the arena or constant; "" when the type has none. */
ATT_CHECK bool default_policy(const char *type, const struct att_settings *s, struct arena *a,
    const char **text, struct att_error *e);

/* explain.c: what each rule did: [{"line","section","action","fired","why"?,"bound"?}]; NULL: out of
 * memory. */
struct json *explain_rules(struct arena *a, const struct policy_result *r);
ATT_CHECK bool explain_result(struct arena *a, const struct policy_result *r, const char **json,
    struct att_error *e);

/* shadow.c: evaluates req->shadow_policy over the claims that the active policy was given. */
void shadow_evaluate(struct att_ctx *ctx, const struct att_request *req, const struct claims *seen,
    struct att_result *r);

/* What to do next, by check id or error code; NULL when we know nothing better than the message. */
const char *hint_for(const char *check_id, const struct att_error *why);

#endif
