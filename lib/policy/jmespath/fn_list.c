/* Ordering and mapping of arrays. */
#include "lib/policy/jmespath/fn.h"
#include "lib/policy/jmespath/sort.h"

const struct json *jmes_fn_map(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	struct json *list = jmes_new(x, JSON_ARRAY);

	(void)n;
	for (const struct json *c = args[1].v->child; list && c; c = c->next) {
		const struct json *v = jmes_eval(x, args[0].expr, c);
		if (!v || !jmes_list_add(x, list, v))
			return NULL;
	}
	return list;
}

/* One key per element: the element itself, or what expr gives for it; all numbers or all strings. */
static bool keys_of(struct jmes_ev *x, const struct json *array, const struct jmes_arg *expr,
    struct jmes_key **out)
{
	struct jmes_key *keys = arena_array(x->a, array->len, sizeof *keys);
	unsigned type, want = TYPE_NUMBER | TYPE_STRING;
	size_t i = 0;

	if (!keys)
		return jmes_report_memory(x->r, x->offset);
	for (const struct json *c = array->child; c; c = c->next, i++) {
		keys[i].element = c;
		keys[i].key = expr ? jmes_eval(x, expr->expr, c) : c;
		if (!keys[i].key)
			return false;
		type = jmes_type_of(keys[i].key);
		if (!(type & want)) {
			x->offset = expr ? expr->offset : x->offset;
			(void)jmes_ev_fail(x, JMES_TYPE, "the key of element %zu is %s, wanted %s", i,
			    jmes_type_name(keys[i].key), want == TYPE_NUMBER ? "number" :
			    want == TYPE_STRING ? "string" : "number or string");
			return false;
		}
		want = type;
		if (type == TYPE_NUMBER && !jmes_number(x, keys[i].key, &keys[i].number))
			return false;
	}
	*out = keys;
	return true;
}

static const struct json *sorted(struct jmes_ev *x, const struct json *array, const struct jmes_arg *expr)
{
	struct json *list;
	struct jmes_key *keys;

	if (array->len == 0)
		return array;
	if (!keys_of(x, array, expr, &keys) || !jmes_sort(x, keys, array->len))
		return NULL;
	list = jmes_new(x, JSON_ARRAY);
	for (size_t i = 0; list && i < array->len; i++)
		if (!jmes_list_add(x, list, keys[i].element))
			return NULL;
	return list;
}

/* The first of the greatest (sign 1) or smallest (sign -1) elements; null of none. */
static const struct json *extreme(struct jmes_ev *x, const struct json *array,
    const struct jmes_arg *expr, int sign)
{
	struct jmes_key *keys;
	size_t best = 0;
	int order;

	if (array->len == 0)
		return &jmes_null;
	if (!keys_of(x, array, expr, &keys))
		return NULL;
	for (size_t i = 1; i < array->len; i++) {
		if (!jmes_spend(x, 1) || !jmes_key_compare(x, &keys[i], &keys[best], &order))
			return NULL;
		if (order * sign > 0)
			best = i;
	}
	return keys[best].element;
}

const struct json *jmes_fn_sort(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	(void)n;
	return sorted(x, args[0].v, NULL);
}

const struct json *jmes_fn_sort_by(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	(void)n;
	return sorted(x, args[0].v, &args[1]);
}

const struct json *jmes_fn_max(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	(void)n;
	return extreme(x, args[0].v, NULL, 1);
}

const struct json *jmes_fn_max_by(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	(void)n;
	return extreme(x, args[0].v, &args[1], 1);
}

const struct json *jmes_fn_min(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	(void)n;
	return extreme(x, args[0].v, NULL, -1);
}

const struct json *jmes_fn_min_by(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	(void)n;
	return extreme(x, args[0].v, &args[1], -1);
}

const struct json *jmes_fn_to_array(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	struct json *list;

	(void)n;
	if (args[0].v->kind == JSON_ARRAY)
		return args[0].v;
	list = jmes_new(x, JSON_ARRAY);
	return list && jmes_list_add(x, list, args[0].v) ? list : NULL;
}

const struct json *jmes_fn_not_null(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	(void)x;
	for (size_t i = 0; i < n; i++)
		if (args[i].v->kind != JSON_NULL)
			return args[i].v;
	return &jmes_null;
}
