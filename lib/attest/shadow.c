/*
 * The shadow policy: evaluated after the verdict stands, in memory of its own, over the same
 * claims.  Whatever happens here changes nothing but shadow_decision and shadow_hash.
 */
#include <string.h>

#include "lib/attest/appraisal.h"

/* The claims as the shadow would have seen them: x-ms-policy-hash and -signer are the active policy's. */
static bool shadow_claims(const struct claims *seen, const char *hash, struct claims *out)
{
	for (size_t i = 0; i < seen->n; i++) {
		const char *name = seen->v[i].name;
		if (strcmp(name, "x-ms-policy-hash") != 0 && strcmp(name, "x-ms-policy-signer") != 0 &&
		    !claims_add(out, &seen->v[i], NULL))
			return false;
	}
	return claims_str(out, "x-ms-policy-hash", hash, NULL);
}

static enum policy_decision decide(struct att_ctx *ctx, const struct att_request *req,
    const struct claims *seen, struct arena *a, char hash[44])
{
	struct policy_limits limits = { .steps = req->settings->policy_steps,
		.memory = req->settings->memory_limit };
	const struct cached_policy *p;
	struct claims claims = claims_make(a);
	struct policy_result r;

	if (!ctx_policy(ctx, req->shadow_policy, &p, NULL))
		return POLICY_ERROR;
	bytes_copy(hash, p->hash, sizeof p->hash);
	if (!shadow_claims(seen, p->hash, &claims) || !policy_eval(p->policy, &claims, &limits, a, &r, NULL))
		return POLICY_ERROR;
	return r.decision;
}

void shadow_evaluate(struct att_ctx *ctx, const struct att_request *req, const struct claims *seen,
    struct att_result *r)
{
	struct arena *a;

	if (!req->shadow_policy.data)
		return;
	a = arena_new(req->settings->memory_limit);
	r->shadow_decision =
	    policy_decision_name(a ? decide(ctx, req, seen, a, r->shadow_hash) : POLICY_ERROR);
	arena_free(a);
}
