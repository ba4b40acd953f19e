/*
 * appraisal.h - inside of the pipeline: the decoded request, the context's caches, the steps' functions.
 *
 * request.c   bytes of the request to struct decoded            (no crypto but digests, no policy)
 * context.c   what is kept between requests: verified chains, compiled policies, parsed endorsements
 * pipeline.c  the steps in order; the only place where a verdict becomes "permitted"
 * token_claims.c  claims + issued claims to the token payload
 * freshness.c was a challenge of the service's answered
 * deny.c      whom the operator refuses; denylist.c  the same as JSON
 * manage.c    what an operator sends: signed policies, certificates; policy_types.c  their types and defaults
 */
#ifndef ATTEST_APPRAISAL_H
#define ATTEST_APPRAISAL_H

#include "lib/collateral/pack.h"
#include "lib/evidence/chain_cache.h"
#include "lib/evidence/format.h"
#include "lib/policy/policy.h"
#include "libattest/attest.h"

#define REQUEST_DEPTH_MAX 16            /* nesting of a request body */
#define REQUEST_NODES_MAX 10000
#define NONCE_MAX 1024                  /* characters of a nonce */

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

/* What the configuration rules, which see no claims, demand before anything is verified. */
struct policy_demands {
	const char *baseline;                   /* "" or the evaluation number of collateral, as text */
	bool ak_required;                       /* Tpm: require_valid_aik_cert */
	uint32_t required_pcrs;                 /* Tpm: required_pcr_mask */
};

/* A compiled policy with its hash; owned by the context's cache. */
struct cached_policy {
	struct arena *a;
	struct policy *policy;
	struct policy_demands demands;
	char hash[44];
};

/* The policy that will judge a request, in the cache or the request's arena. */
struct chosen_policy {
	const struct policy *policy;            /* NULL: there is none, or it cannot be compiled */
	struct policy_demands demands;          /* of NULL: nothing */
	char hash[44];
	bool is_none;                           /* none was set for a type that has no default */
	struct att_error why;                   /* of NULL */
};

struct att_ctx {
	struct crypto *crypto;
	struct chain_cache *chains;             /* verified certificate chains, by the formats */
	struct code_cache *code_signatures;     /* signatures of files that IMA measured */
	struct chain_cache *policies;           /* struct cached_policy by SHA-256 of the text */
	struct chain_cache *packs;              /* struct collateral_pack by its keys.all */
	struct collateral_pack *nothing;        /* a pack of no pieces and no anchors */
};
/* What the request gives, parsed and proved: its prepared set, else its pieces and anchors.  *out is borrowed
 * from there or from the cache. */
ATT_CHECK bool ctx_pack(struct att_ctx *ctx, const struct att_request *req,
    const struct collateral_pack **out, struct att_error *e);
/* prepared.c */
const struct collateral_pack *prepared_pack(const struct att_prepared *p);
/* Compiles once; *out is borrowed from the cache. */
ATT_CHECK bool ctx_policy(struct att_ctx *ctx, struct att_bytes text, const struct cached_policy **out,
    struct att_error *e);

/* chosen_policy.c */
ATT_CHECK bool policy_choose(struct att_ctx *ctx, const struct att_request *req, const struct decoded *in,
    struct arena *a, struct chosen_policy *out, struct att_error *e);
ATT_CHECK bool policy_demand(struct arena *a, const struct policy *p, const struct policy_limits *limits,
    struct policy_demands *out, struct att_error *e);

/* The payload of the token without iss, iat, nbf, exp, jti, x-ms-ver; sorted by name. */
struct token_input {
	const struct claims *service;           /* claims made from evidence, before the policy ran */
	const struct claims *issued;            /* outgoing claims of the policy */
	const struct json *nonce;               /* NULL: none */
	/* Tpm: claims of the service stay out, issued ones stand at top level only; extra: what the evidence
	 * adds, or NULL. spec: policy-language section 10 */
	bool is_tpm;
	const struct json *extra;
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

/* compliance.c: from the claims made so far. */
ATT_CHECK bool compliance_claim(const struct att_settings *s, const struct evidence_format *f,
    struct claims *c, struct att_error *e);

/* freshness.c: the nonce in JSON runtime data that may be a challenge of the service's, or NULL; and the
 * claim. */
const char *freshness_nonce(const struct decoded *in);
ATT_CHECK bool freshness_claim(
    const struct att_request *req, const struct decoded *in, struct claims *c, struct att_error *e);

/* deny.c: one check per kind of the deny-list; the values of some kinds are digits, of the others names. */
extern const struct check_row deny_checks[ATT_NDENY_KINDS];
bool deny_is_hex(enum att_deny_kind kind);
/* Marks the rows of what was denied or could have been.  False only for want of memory. */
ATT_CHECK bool deny_judge(const struct att_settings *s, const struct evidence_identity *who,
    struct checklist *c, struct att_error *e);

/* What to do next, by check id or error code; NULL when we know nothing better than the message. */
const char *hint_for(const char *check_id, const struct att_error *why);

#endif
