/* What the rules of a policy did, for people: the members explain of an answer and rules of attest policy
 * eval. */
#include "lib/attest/appraisal.h"

#define CLAIMS_SHOWN 64         /* of one condition; the rest is counted only */

static struct json *claim_object(struct arena *a, const struct claim *c)
{
	struct json *o = json_object(a);

	return json_put(a, o, "type", json_string(a, c->name)) &&
		json_put(a, o, "value", claim_value_json(c, a)) &&
		json_put(a, o, "issuer", json_string(a, claim_issuer_name(c->issuer))) ?
	    o :
	    NULL;
}

/* One condition that held: its identifier and the claims it bound. */
static struct json *bound_object(struct arena *a, const struct policy_result *r, const struct policy_bound *b)
{
	struct json *o = json_object(a), *list = json_array(a);
	bool ok = !b->identifier || json_put(a, o, "identifier", json_string(a, b->identifier));

	for (size_t i = 0; ok && i < b->nclaims && i < CLAIMS_SHOWN; i++)
		ok = json_append(list, claim_object(a, &r->incoming.v[b->claims[i]])) != NULL;
	ok = ok && json_put(a, o, "claims", list);
	if (ok && b->nclaims > CLAIMS_SHOWN)
		ok = json_put(a, o, "more", json_int(a, (int64_t)(b->nclaims - CLAIMS_SHOWN))) != NULL;
	return ok ? o : NULL;
}

static struct json *rule_object(struct arena *a, const struct policy_result *r, const struct policy_trace *t)
{
	struct json *o = json_object(a), *bound = json_array(a);
	const char *why = t->fired ?
	    NULL :
	    arena_printf(a, "condition %zu did not hold", t->failed_condition + 1);
	bool ok = json_put(a, o, "line", json_int(a, (int64_t)t->line)) &&
	    json_put(a, o, "section", json_string(a, t->section)) &&
	    json_put(a, o, "action", json_string(a, t->action)) &&
	    json_put(a, o, "fired", json_bool(a, t->fired));

	if (ok && !t->fired)
		ok = why && json_put(a, o, "why", json_string(a, why));
	for (size_t i = 0; ok && i < t->nbound; i++)
		ok = json_append(bound, bound_object(a, r, &t->bound[i])) != NULL;
	if (ok && t->nbound)
		ok = json_put(a, o, "bound", bound) != NULL;
	return ok ? o : NULL;
}

struct json *explain_rules(struct arena *a, const struct policy_result *r)
{
	struct json *rules = json_array(a);
	bool ok = rules != NULL;

	for (size_t i = 0; ok && i < r->ntrace; i++)
		ok = json_append(rules, rule_object(a, r, &r->trace[i])) != NULL;
	return ok ? rules : NULL;
}

bool explain_result(struct arena *a, const struct policy_result *r, const char **json, struct att_error *e)
{
	struct json *o = json_object(a);
	char *text;
	size_t n;

	if (!json_put(a, o, "decision", json_string(a, policy_decision_name(r->decision))) ||
	    (r->message && !json_put(a, o, "message", json_string(a, r->message))) ||
	    !json_put(a, o, "rules", explain_rules(a, r)) ||
	    !json_put(a, o, "steps", json_int(a, (int64_t)r->steps)))
		return arena_fail(a, e);
	if (!json_write(a, o, JSON_COMPACT, &text, &n, e))
		return false;
	*json = text;
	return true;
}
