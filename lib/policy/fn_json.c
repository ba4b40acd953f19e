/* JmesPath and JsonToClaimValue. */
#include "lib/policy/eval.h"
#include "lib/policy/jmespath/jmespath.h"

#define BYTES_PER_STEP 64               /* reading or making that much text is one step more */
#define NODES_MAX ((size_t)1000000)

static bool charge_text(struct eval *ev, size_t n)
{
	return ev_step(ev, n / BYTES_PER_STEP);
}

/* Why the tree could not be made: true when the text is not acceptable JSON, else the evaluation stops. */
static bool is_bad_json(struct eval *ev, const struct att_error *e, bool *stop)
{
	*stop = true;
	if (e->code == ATT_E_NOMEM || arena_hit_limit(ev->scratch))
		return ev_scratch_failed(ev);
	if (e->code == ATT_E_LIMIT)
		return ev_memory_limit(ev);
	*stop = false;
	return true;
}

static bool parse_text(struct eval *ev, const struct value *text, const struct json **out,
    struct att_error *e, bool *stop)
{
	struct json_limits limits = { .max_nodes = ev_memory_left(ev) / sizeof(struct json) + 1 };
	struct arena *scratch = ev_scratch(ev);
	struct json *j;

	*stop = true;
	if (limits.max_nodes > NODES_MAX)
		limits.max_nodes = NODES_MAX;
	if (!scratch || !charge_text(ev, text->len))
		return false;
	if (!json_parse(scratch, text->s, text->len, &limits, &j, e)) {
		(void)is_bad_json(ev, e, stop);
		return false;
	}
	*stop = false;
	*out = j;
	return true;
}

/* Policies ask many queries of one text, so trees are kept by the text's address: texts of an evaluation
 * never change and never go away before its end. */
static bool document(struct eval *ev, const struct value *text, const struct json **out)
{
	struct att_error e = { 0 };
	bool stop;

	for (size_t i = 0; i < DOCS_KEPT && i < ev->ndocs; i++)
		if (ev->docs[i].s == text->s && ev->docs[i].len == text->len) {
			*out = ev->docs[i].j;
			return true;
		}
	if (!parse_text(ev, text, out, &e, &stop))
		return stop ? false : ev_fail(ev, "JmesPath: argument 1 is not JSON: %.120s", e.text);
	ev->docs[ev->ndocs++ % DOCS_KEPT] = (struct doc){ text->s, text->len, *out };
	return true;
}

static bool query_failed(struct eval *ev, const struct jmes_problem *p, const struct att_error *e)
{
	if (arena_hit_limit(ev->scratch) || e->code == ATT_E_NOMEM)
		return ev_scratch_failed(ev);
	if (p->class == JMES_LIMIT && ev->steps == ev->limits.steps)
		return ev_step(ev, 1);
	return ev_fail(ev, "JmesPath: %s at character %zu of the query: %.120s", jmes_class_name(p->class),
	    p->offset, p->message);
}

static bool query_of(struct eval *ev, const struct expr *call, const struct value *text,
    const struct jmes **out)
{
	struct jmes_problem p = { 0 };
	struct att_error e = { 0 };
	struct arena *scratch;
	struct jmes *q;

	*out = call->query;
	if (*out)
		return true;
	scratch = ev_scratch(ev);
	if (!scratch || !charge_text(ev, text->len))
		return false;
	if (!jmes_compile(scratch, text->s, text->len, &q, &p, &e))
		return query_failed(ev, &p, &e);
	*out = q;
	return true;
}

/* spec: policy-language §7: a string without its quotes, anything else as compact JSON. */
static bool result_text(struct eval *ev, const struct json *found, struct values *out)
{
	struct value v = { .kind = CLAIM_STRING };
	struct att_error e = { 0 };
	const char *s = found->s;
	size_t n = found->len;
	char *written;

	if (found->kind != JSON_STRING) {
		if (!json_write(ev->scratch, found, JSON_COMPACT, &written, &n, &e))
			return e.code == ATT_E_NOMEM || arena_hit_limit(ev->scratch) ? ev_scratch_failed(ev) :
			    ev_fail(ev, "JmesPath: result: %.120s", e.text);
		s = written;
	}
	v.len = n;
	return charge_text(ev, n) && ev_text(ev, s, n, &v.s) && one_value(ev, &v, out);
}

bool fn_jmes_path(struct eval *ev, const struct expr *call, const struct values *args, struct values *out)
{
	struct jmes_problem p = { 0 };
	struct jmes_budget budget;
	struct att_error e = { 0 };
	const struct json *doc, *found;
	const struct jmes *q;
	bool ok;

	if (!document(ev, &args[0].v[0], &doc) || !query_of(ev, call, &args[1].v[0], &q))
		return false;
	budget.steps = ev->limits.steps - ev->steps;
	ok = jmes_search(q, doc, &budget, &p, ev_scratch(ev), &found, &e);
	ev->steps = ev->limits.steps - budget.steps;
	if (!ok)
		return query_failed(ev, &p, &e);
	return result_text(ev, found, out) && (ev_memory_left(ev) > 0 || ev_memory_limit(ev));
}

static bool scalar(struct eval *ev, const struct json *j, struct value *out)
{
	switch (j->kind) {
	case JSON_BOOL:
		*out = (struct value){ .kind = CLAIM_BOOL, .b = j->b };
		return true;
	case JSON_INT:
		*out = (struct value){ .kind = CLAIM_INT, .i = j->i };
		return true;
	case JSON_STRING:
		*out = (struct value){ .kind = CLAIM_STRING, .len = j->len };
		return ev_text(ev, j->s, j->len, &out->s);
	case JSON_REAL:
	case JSON_UINT:
		return ev_fail(ev, "JsonToClaimValue: %.40s is not a 64-bit integer",
		    j->s ? j->s : "the number");
	case JSON_OBJECT:
	case JSON_ARRAY:
	case JSON_NULL:
		break;
	}
	return ev_fail(ev, "JsonToClaimValue: %s cannot be a claim value", j->kind == JSON_OBJECT ?
	    "a JSON object" : "an array inside an array");
}

static bool array_values(struct eval *ev, const struct json *array, struct values *out)
{
	struct value *v = ev_alloc(ev, array->len, sizeof *v);
	size_t n = 0;

	if (!v || !ev_step(ev, array->len))
		return false;
	for (const struct json *x = array->child; x; x = x->next)
		if (x->kind != JSON_NULL && !scalar(ev, x, &v[n++]))
			return false;
	*out = (struct values){ v, n };
	return true;
}

/* An integer of JSON that json_parse refused for its size: not a text, so no string either. */
static bool is_huge_integer(const struct value *text)
{
	size_t i = text->len > 0 && text->s[0] == '-';
	size_t first = i;

	while (i < text->len && text->s[i] >= '0' && text->s[i] <= '9')
		i++;
	return i == text->len && i > first + 1 && text->s[first] != '0';
}

bool fn_json_to_claim_value(struct eval *ev, const struct expr *call, const struct values *args,
    struct values *out)
{
	const struct value *text = &args[0].v[0];
	struct att_error e = { 0 };
	const struct json *j;
	struct value v;
	bool stop;

	(void)call;
	if (!parse_text(ev, text, &j, &e, &stop)) {
		if (stop)
			return false;
		if (is_huge_integer(text))
			return ev_fail(ev, "JsonToClaimValue: integer does not fit 64 bits");
		/* JmesPath unquotes strings, so a text that is not JSON is that text (spec section 7). */
		return one_value(ev, text, out);
	}
	*out = (struct values){ 0 };
	if (j->kind == JSON_NULL)
		return true;
	if (j->kind == JSON_ARRAY)
		return array_values(ev, j, out);
	return scalar(ev, j, &v) && one_value(ev, &v, out);
}
