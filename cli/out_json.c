#include <stdio.h>
#include <string.h>

#include "cli/out.h"

struct json *checks_json(struct arena *a, const struct att_check *v, size_t n)
{
	static const char *const outcomes[] = {
		[ATT_CHECK_NA] = "n/a", [ATT_CHECK_PASS] = "pass", [ATT_CHECK_FAIL] = "fail",
	};
	struct json *list = json_array(a);

	for (size_t i = 0; i < n; i++) {
		struct json *row = json_object(a);
		(void)json_put(a, row, "id", json_string(a, v[i].id));
		(void)json_put(a, row, "outcome", json_string(a, outcomes[v[i].outcome]));
		(void)json_put(a, row, "title", json_string(a, v[i].title));
		if (v[i].expected)
			(void)json_put(a, row, "expected", json_string(a, v[i].expected));
		if (v[i].found)
			(void)json_put(a, row, "found", json_string(a, v[i].found));
		if (!json_append(list, row))
			return NULL;
	}
	return list;
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

static struct json *parsed(struct arena *a, const char *text)
{
	struct json *v = NULL;

	return json_parse(a, text, strlen(text), NULL, &v, NULL) ? v : NULL;
}

static struct json *policy_json(struct arena *a, const struct att_result *r)
{
	struct json *p = json_object(a);

	(void)json_put(a, p, "hash", r->policy_hash ? json_string(a, r->policy_hash) : json_null(a));
	return json_put(a, p, "decision", json_string(a, r->policy_decision)) ? p : NULL;
}

static struct json *relaxed_json(struct arena *a, const struct att_result *r)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < r->nrelaxed; i++)
		(void)json_append(list, json_string(a, r->relaxed[i]));
	return list;
}

bool out_verdict_json(struct arena *a, const struct att_result *r, struct att_error *e)
{
	struct json *o = json_object(a), *error = json_object(a);

	(void)json_put(a, o, "verdict", json_string(a, att_verdict_name(r->verdict)));
	(void)json_put(a, o, "type", json_string(a, r->type));
	(void)json_put(a, o, "claims", parsed(a, r->claims_json));
	(void)json_put(a, o, "issued", parsed(a, r->issued_json));
	(void)json_put(a, o, "policy", policy_json(a, r));
	(void)json_put(a, o, "checks", checks_json(a, r->checks, r->nchecks));
	(void)json_put(a, o, "relaxed", relaxed_json(a, r));
	if (r->simulated_anchor)
		(void)json_put(a, o, "simulatedAnchor", json_bool(a, true));
	if (r->hint)
		(void)json_put(a, o, "hint", json_string(a, r->hint));
	if (r->error.code != ATT_E_OK) {
		(void)json_put(a, error, "code", json_string(a, att_err_name(r->error.code)));
		(void)json_put(a, error, "message", json_string(a, r->error.text));
		(void)json_put(a, o, "error", error);
	}
	return out_json(a, o, e);
}
