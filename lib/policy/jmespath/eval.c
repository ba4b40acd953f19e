#include "lib/policy/jmespath/eval.h"

#include "lib/policy/jmespath/fn.h"

#define ARGS_ON_STACK 4

typedef const struct json *eval_fn(struct jmes_ev *x, const struct jmes_node *n, const struct json *v);

static const struct json *eval_current(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	(void)x;
	(void)n;
	return v;
}

static const struct json *eval_literal(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	(void)x;
	(void)v;
	return n->literal;
}

static const struct json *eval_field(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	const struct json *m = NULL;

	if (v->kind == JSON_OBJECT && !jmes_member(x, v, n->name, n->name_len, &m))
		return NULL;
	return m ? m : &jmes_null;
}

static const struct json *eval_chain(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	const struct json *left = jmes_eval(x, n->left, v);

	return left ? jmes_eval(x, n->right, left) : NULL;
}

static const struct json *eval_index(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	const struct json *left = jmes_eval(x, n->left, v), *c;
	size_t i, from_end = n->number < 0 ? (size_t)-n->number : 0;

	if (!left)
		return NULL;
	if (left->kind != JSON_ARRAY || from_end > left->len)
		return &jmes_null;
	i = n->number < 0 ? left->len - from_end : (size_t)n->number;
	if (i >= left->len)
		return &jmes_null;
	if (!jmes_spend_scan(x, i))
		return NULL;
	for (c = left->child; i > 0; i--)
		c = c->next;
	return c;
}

/* A slice bound: negative ones count from the end; the result is clamped to low..high. */
static int64_t bound(int64_t v, int64_t len, int64_t low, int64_t high)
{
	if (v < 0)
		v += len;
	return v < low ? low : v > high ? high : v;
}

struct range { int64_t first, count, stride; bool backwards; };

/* The elements a slice selects, as ascending indexes first, first + stride, ... */
static struct range slice_range(const struct jmes_slice *s, size_t n)
{
	int64_t len = (int64_t)n, start, stop, count;

	if (s->step > 0) {
		start = s->has_start ? bound(s->start, len, 0, len) : 0;
		stop = s->has_stop ? bound(s->stop, len, 0, len) : len;
		count = stop > start ? (stop - start - 1) / s->step + 1 : 0;
		return (struct range){ start, count, s->step, false };
	}
	start = s->has_start ? bound(s->start, len, -1, len - 1) : len - 1;
	stop = s->has_stop ? bound(s->stop, len, -1, len - 1) : -1;
	count = start > stop ? (start - stop - 1) / -s->step + 1 : 0;
	return (struct range){ count ? start + (count - 1) * s->step : 0, count, -s->step, true };
}

static const struct json *eval_slice(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	const struct json *left = jmes_eval(x, n->left, v), *c;
	struct range r;
	struct json *list;
	int64_t next = 0;

	if (!left || left->kind != JSON_ARRAY)
		return left ? &jmes_null : NULL;
	r = slice_range(&n->slice, left->len);
	list = jmes_spend_scan(x, left->len) ? jmes_new(x, JSON_ARRAY) : NULL;
	next = r.first;
	c = left->child;
	for (int64_t i = 0; list && c && r.count > 0; c = c->next, i++) {
		if (i != next)
			continue;
		if (r.backwards ? !jmes_list_add_first(x, list, c) : !jmes_list_add(x, list, c))
			return NULL;
		r.count--;
		next = r.count ? next + r.stride : 0;
	}
	return list;
}

static bool add_all(struct jmes_ev *x, struct json *list, const struct json *array)
{
	for (const struct json *c = array->child; c; c = c->next)
		if (!jmes_list_add(x, list, c))
			return false;
	return true;
}

static const struct json *eval_flatten(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	const struct json *left = jmes_eval(x, n->left, v);
	struct json *list;

	if (!left || left->kind != JSON_ARRAY)
		return left ? &jmes_null : NULL;
	list = jmes_new(x, JSON_ARRAY);
	for (const struct json *c = left->child; list && c; c = c->next)
		if (!jmes_spend(x, 1) ||
		    !(c->kind == JSON_ARRAY ? add_all(x, list, c) : jmes_list_add(x, list, c)))
			return NULL;
	return list;
}

/* Applies n->right to every child of base for which n->third, if any, holds; nulls are dropped. */
static const struct json *apply(struct jmes_ev *x, const struct jmes_node *n, const struct json *base)
{
	struct json *list = jmes_new(x, JSON_ARRAY);
	const struct json *v;

	for (const struct json *c = base->child; list && c; c = c->next) {
		if (!jmes_spend(x, 1))
			return NULL;
		if (n->third) {
			v = jmes_eval(x, n->third, c);
			if (!v)
				return NULL;
			if (!jmes_truth(v))
				continue;
		}
		v = jmes_eval(x, n->right, c);
		if (!v || (v->kind != JSON_NULL && !jmes_list_add(x, list, v)))
			return NULL;
	}
	return list;
}

static const struct json *eval_project(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	const struct json *left = jmes_eval(x, n->left, v);
	enum json_kind want = n->kind == NODE_PROJECT_VALUES ? JSON_OBJECT : JSON_ARRAY;

	if (!left)
		return NULL;
	return left->kind == want ? apply(x, n, left) : &jmes_null;
}

/* || gives the left side when it is true, && when it is false; else the right side. */
static const struct json *eval_logic(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	const struct json *left = jmes_eval(x, n->left, v);

	if (!left)
		return NULL;
	return jmes_truth(left) == (n->kind == NODE_OR) ? left : jmes_eval(x, n->right, v);
}

static const struct json *eval_not(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	const struct json *left = jmes_eval(x, n->left, v);

	return left ? jmes_bool(!jmes_truth(left)) : NULL;
}

static const struct json *compare_order(struct jmes_ev *x, enum jmes_comparator c, const struct json *l,
    const struct json *r)
{
	long double a, b;

	if (!jmes_is_number(l) || !jmes_is_number(r))
		return &jmes_null;
	if (!jmes_number(x, l, &a) || !jmes_number(x, r, &b))
		return NULL;
	if (c == CMP_LT || c == CMP_LE)
		return jmes_bool(c == CMP_LT ? a < b : a <= b);
	return jmes_bool(c == CMP_GT ? a > b : a >= b);
}

static const struct json *eval_compare(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	const struct json *l = jmes_eval(x, n->left, v), *r = l ? jmes_eval(x, n->right, v) : NULL;
	bool same;

	if (!l || !r)
		return NULL;
	if (n->comparator != CMP_EQ && n->comparator != CMP_NE)
		return compare_order(x, n->comparator, l, r);
	if (!jmes_equal(x, l, r, &same))
		return NULL;
	return jmes_bool(same == (n->comparator == CMP_EQ));
}

static const struct json *eval_list(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	struct json *list;

	if (v->kind == JSON_NULL)
		return v;
	list = jmes_new(x, JSON_ARRAY);
	for (const struct jmes_item *it = n->items; list && it; it = it->next) {
		const struct json *e = jmes_eval(x, it->expr, v);
		if (!e || !jmes_list_add(x, list, e))
			return NULL;
	}
	return list;
}

static const struct json *eval_hash(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	struct json *object;

	if (v->kind == JSON_NULL)
		return v;
	object = jmes_new(x, JSON_OBJECT);
	for (const struct jmes_item *it = n->items; object && it; it = it->next) {
		const struct json *e = jmes_eval(x, it->expr, v);
		if (!e || (!it->shadowed && !jmes_member_add(x, object, it->key, it->key_len, e)))
			return NULL;
	}
	return object;
}

static const struct json *eval_call(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	struct jmes_arg few[ARGS_ON_STACK], *args = few;
	size_t i = 0;

	if (n->nitems > ARGS_ON_STACK)
		args = arena_array(x->a, n->nitems, sizeof *args);
	if (!args) {
		(void)jmes_report_memory(x->r, n->offset);
		return NULL;
	}
	for (const struct jmes_item *it = n->items; it; it = it->next, i++) {
		args[i] = (struct jmes_arg){ .offset = it->expr->offset };
		if (it->expr->kind == NODE_EXPREF)
			args[i].expr = it->expr->left;
		else if (!(args[i].v = jmes_eval(x, it->expr, v)))
			return NULL;
	}
	x->offset = n->offset;
	return jmes_fn_call(x, n->fn, args, n->nitems);
}

static eval_fn *const evals[NODE_KINDS] = {
	[NODE_CURRENT] = eval_current,
	[NODE_LITERAL] = eval_literal,
	[NODE_FIELD] = eval_field,
	[NODE_CHAIN] = eval_chain,
	[NODE_INDEX] = eval_index,
	[NODE_SLICE] = eval_slice,
	[NODE_FLATTEN] = eval_flatten,
	[NODE_PROJECT] = eval_project,
	[NODE_PROJECT_VALUES] = eval_project,
	[NODE_FILTER] = eval_project,
	[NODE_OR] = eval_logic,
	[NODE_AND] = eval_logic,
	[NODE_NOT] = eval_not,
	[NODE_COMPARE] = eval_compare,
	[NODE_LIST] = eval_list,
	[NODE_HASH] = eval_hash,
	[NODE_CALL] = eval_call,
	[NODE_EXPREF] = eval_current,           /* never evaluated: eval_call takes it apart */
};

/* Recursion is bounded by the height of the tree, JMES_HEIGHT_MAX. */
const struct json *jmes_eval(struct jmes_ev *x, const struct jmes_node *n, const struct json *v)
{
	x->offset = n->offset;
	return jmes_spend(x, 1) ? evals[n->kind](x, n, v) : NULL;
}
