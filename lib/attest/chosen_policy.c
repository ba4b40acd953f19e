/*
 * The policy that will judge, chosen and compiled before anything is verified, because its
 * configuration rules may demand which collateral counts.  One that cannot be compiled demands
 * nothing and permits nothing.
 */
#include <string.h>

#include "lib/attest/appraisal.h"

#define TCB_PROPERTY "x-ms-sgx-tcbidentifier"

/* The property's standard value leaves the choice to the operator. spec: sgx-tdx §9.3 */
static bool baseline(
    struct arena *a, const struct policy_result *r, const char **out, struct att_error *e)
{
	const struct claim *standard = &policy_property_find(TCB_PROPERTY)->standard;
	const struct claim *c = policy_property_value(r, TCB_PROPERTY);

	*out = strcmp(c->s, standard->s) == 0 ? "" : arena_strndup(a, c->s, c->len);
	return *out || arena_fail(a, e);
}

bool policy_demand(struct arena *a, const struct policy *p, const struct policy_limits *limits,
    struct policy_demands *out, struct att_error *e)
{
	struct policy_result r;

	*out = (struct policy_demands){ .baseline = "" };
	if (!policy_configure(p, limits, a, &r, e))
		return false;
	if (r.decision != POLICY_PERMIT)
		return true;
	out->ak_required = policy_property_value(&r, "require_valid_aik_cert")->b;
	out->required_pcrs = (uint32_t)policy_property_value(&r, "required_pcr_mask")->i;
	return baseline(a, &r, &out->baseline, e);
}

/* Only what the text itself is to blame for is a reason to deny. */
static bool unreadable(const struct att_error *why, struct chosen_policy *out, struct att_error *e)
{
	if (why->code != ATT_E_POLICY_PARSE)
		return att_fail(e, why->code, "%s", why->text);
	out->why = *why;
	return true;
}

/* A draft belongs to one request: it is compiled in the request's memory and never cached. */
static bool choose_draft(struct att_ctx *ctx, const struct att_request *req, const struct json *d,
    struct arena *a, struct chosen_policy *out, struct att_error *e)
{
	struct policy_limits limits = { .steps = req->settings->draft_steps,
		.memory = req->settings->memory_limit };
	struct att_error why = { 0 };
	struct policy *p;

	if (!req->caller_is_reader && d->len > req->settings->draft_bytes) {
		(void)att_fail(&why, ATT_E_POLICY_PARSE,
		    "draftPolicyForAttestation: %zu bytes, at most %zu without the reader role",
		    d->len, req->settings->draft_bytes);
		return unreadable(&why, out, e);
	}
	if (!policy_hash(ctx->crypto, a, d->s, d->len, out->hash, e))
		return false;
	if (!policy_compile(a, d->s, d->len, &p, NULL, &why))
		return unreadable(&why, out, e);
	out->policy = p;
	return policy_demand(a, p, &limits, &out->demands, e);
}

/* Tpm: Azure has no policy for it until one is set, and neither have we. */
static bool no_policy(const char *type, struct chosen_policy *out)
{
	out->is_none = true;
	(void)att_fail(&out->why, ATT_E_POLICY_EVAL,
	    "no policy is set for attestation type %s, and it has no default", type);
	return true;
}

bool policy_choose(struct att_ctx *ctx, const struct att_request *req, const struct decoded *in,
    struct arena *a, struct chosen_policy *out, struct att_error *e)
{
	struct att_bytes text = req->policy;
	const struct cached_policy *p;
	struct att_error why = { 0 };
	const char *standard;

	*out = (struct chosen_policy){ .demands.baseline = "" };
	if (in->draft)
		return choose_draft(ctx, req, in->draft, a, out, e);
	if (!text.data) {
		if (!default_policy(in->format->name, req->settings, a, &standard, e))
			return false;
		if (!*standard)
			return no_policy(in->format->name, out);
		text = (struct att_bytes){ (const uint8_t *)standard, strlen(standard) };
	}
	if (!ctx_policy(ctx, text, &p, &why))
		return unreadable(&why, out, e);
	out->policy = p->policy;
	out->demands = p->demands;
	bytes_copy(out->hash, p->hash, sizeof out->hash);
	return true;
}
