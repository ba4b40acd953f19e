#include "lib/policy/jmespath/jmespath.h"

#include "lib/policy/jmespath/eval.h"
#include "lib/policy/jmespath/parse.h"

bool jmes_compile(struct arena *a, const char *text, size_t len, struct jmes **out,
    struct jmes_problem *p, struct att_error *e)
{
	struct jmes_problem unwanted;
	struct jmes_report r = { a, p ? p : &unwanted, e, ATT_E_POLICY_PARSE, false };
	struct jmes_parser parser = { .lex = { text, len, 0, &r }, .r = &r };
	const struct jmes_node *root;
	struct jmes *q;

	*r.problem = (struct jmes_problem){ 0 };
	if (len > JMES_TEXT_MAX)
		return jmes_report(&r, JMES_LIMIT, JMES_TEXT_MAX,
		    "the expression has %zu bytes, more than %zu", len, JMES_TEXT_MAX);
	root = jmes_parse(&parser);
	if (!root)
		return false;
	q = arena_alloc(a, sizeof *q);
	if (!q)
		return jmes_report_memory(&r, 0);
	q->root = root;
	*out = q;
	return true;
}

bool jmes_search(const struct jmes *q, const struct json *doc, struct jmes_budget *b,
    struct jmes_problem *p, struct arena *a, const struct json **out, struct att_error *e)
{
	struct jmes_problem unwanted;
	struct jmes_report r = { a, p ? p : &unwanted, e, ATT_E_POLICY_EVAL, false };
	struct jmes_ev x = { .a = a, .b = b, .r = &r };
	const struct json *v;

	*r.problem = (struct jmes_problem){ 0 };
	v = jmes_eval(&x, q->root, doc);
	x.offset = q->root->offset;
	if (!v || !jmes_settle(&x, v))
		return false;
	*out = v;
	return true;
}
