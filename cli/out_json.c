#include <stdio.h>
#include <string.h>

#include "cli/out.h"

static struct json *check_json(struct arena *a, const struct att_check *c)
{
	static const char *const outcomes[] = {
		[ATT_CHECK_NA] = "n/a", [ATT_CHECK_PASS] = "pass", [ATT_CHECK_FAIL] = "fail",
	};
	struct json *row = json_object(a);
	bool ok = json_put(a, row, "id", json_string(a, c->id)) &&
	    json_put(a, row, "outcome", json_string(a, outcomes[c->outcome])) &&
	    json_put(a, row, "title", json_string(a, c->title)) &&
	    (!c->expected || json_put(a, row, "expected", json_string(a, c->expected))) &&
	    (!c->found || json_put(a, row, "found", json_string(a, c->found)));

	return ok ? row : NULL;
}

struct json *checks_json(struct arena *a, const struct att_check *v, size_t n)
{
	struct json *list = json_array(a);
	bool ok = list != NULL;

	for (size_t i = 0; ok && i < n; i++)
		ok = json_append(list, check_json(a, &v[i])) != NULL;
	return ok ? list : NULL;
}

bool out_json(struct arena *a, const struct json *v, struct att_error *e)
{
	char *text;
	size_t n;

	if (!json_write(a, v, JSON_PRETTY, &text, &n, e))
		return false;
	if (fwrite(text, 1, n, stdout) != n || fflush(stdout) != 0)
		return att_fail(e, ATT_E_INTERNAL, "cannot write to standard output");
	return true;
}

/* JSON text that the library made; NULL with the reason in e. */
static struct json *parsed(struct arena *a, const char *text, struct att_error *e)
{
	struct json *v;

	return json_parse(a, text, strlen(text), NULL, &v, e) ? v : NULL;
}

static struct json *policy_json(struct arena *a, const struct att_result *r)
{
	struct json *p = json_object(a);

	return json_put(a, p, "hash", r->policy_hash ? json_string(a, r->policy_hash) : json_null(a)) &&
	    json_put(a, p, "decision", json_string(a, r->policy_decision)) ? p : NULL;
}

static struct json *relaxed_json(struct arena *a, const struct att_result *r)
{
	struct json *list = json_array(a);
	bool ok = list != NULL;

	for (size_t i = 0; ok && i < r->nrelaxed; i++)
		ok = json_append(list, json_string(a, r->relaxed[i])) != NULL;
	return ok ? list : NULL;
}

struct json *error_json(struct arena *a, const struct att_error *why)
{
	struct json *o = json_object(a);

	return json_put(a, o, "code", json_string(a, att_err_name(why->code))) &&
	    json_put(a, o, "message", json_string(a, why->text)) ? o : NULL;
}

bool out_verdict_json(struct arena *a, const struct att_result *r, const struct json *comparison,
    struct att_error *e)
{
	struct json *o = json_object(a);
	bool ok = json_put(a, o, "verdict", json_string(a, att_verdict_name(r->verdict))) &&
	    json_put(a, o, "type", json_string(a, r->type)) &&
	    json_put(a, o, "claims", parsed(a, r->claims_json, e)) &&
	    json_put(a, o, "issued", parsed(a, r->issued_json, e)) &&
	    json_put(a, o, "policy", policy_json(a, r)) &&
	    json_put(a, o, "checks", checks_json(a, r->checks, r->nchecks)) &&
	    json_put(a, o, "relaxed", relaxed_json(a, r)) &&
	    (!r->tcb_json || json_put(a, o, "tcb", parsed(a, r->tcb_json, e))) &&
	    (!r->simulated_anchor || json_put(a, o, "simulatedAnchor", json_bool(a, true))) &&
	    (!r->hint || json_put(a, o, "hint", json_string(a, r->hint))) &&
	    (!comparison || json_put(a, o, "comparison", json_copy(a, comparison))) &&
	    (r->error.code == ATT_E_OK || json_put(a, o, "error", error_json(a, &r->error)));

	return ok ? out_json(a, o, e) : arena_fail(a, e);
}
