#include "server/api/problem.h"

#include <string.h>

#include "lib/json/json.h"

static const char *const outcome_names[] = {
	[ATT_CHECK_NA] = "n/a",
	[ATT_CHECK_PASS] = "pass",
	[ATT_CHECK_FAIL] = "fail",
};

static void put_text(struct arena *a, struct json *o, const char *name, const char *s)
{
	if (s)
		(void)json_put(a, o, name, json_string(a, s));
}

static struct json *check_object(struct arena *a, const struct att_check *c, bool to_reader)
{
	struct json *o = json_object(a);

	put_text(a, o, "id", c->id);
	put_text(a, o, "title", c->title);
	put_text(a, o, "outcome", outcome_names[c->outcome]);
	if (to_reader || !c->expected_private)
		put_text(a, o, "expected", c->expected);
	put_text(a, o, "found", c->found);
	return o;
}

static struct json *code_and_message(struct arena *a, const struct problem *p)
{
	struct json *o = json_object(a);

	put_text(a, o, "code", p->code);
	put_text(a, o, "message", p->message);
	return o;
}

bool problem_json(struct arena *a, const struct problem *p, struct rd *out, struct att_error *e)
{
	struct json *whole = json_object(a), *error = code_and_message(a, p), *list, *explain;
	char *text;
	size_t n;

	(void)json_put(a, error, "innererror", code_and_message(a, p));
	put_text(a, error, "requestId", p->request_id);
	put_text(a, error, "hint", p->hint);
	if (p->nchecks > 0) {
		list = json_array(a);
		for (size_t i = 0; i < p->nchecks; i++)
			(void)json_append(list, check_object(a, &p->checks[i], p->to_reader));
		(void)json_put(a, error, "checks", list);
	}
	if (p->explain_json) {
		if (!json_parse(a, p->explain_json, strlen(p->explain_json), NULL, &explain, e))
			return att_within(e, "explain");
		(void)json_put(a, error, "explain", explain);
	}
	if (!json_put(a, whole, "error", error) || !json_write(a, whole, JSON_COMPACT, &text, &n, e)) {
		(void)arena_fail(a, e);
		return false;
	}
	*out = rd_make(text, n);
	return true;
}
