#include "lib/policy/jmespath/fn.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Sorted by name. */
const struct jmes_fn jmes_fns[] = {
	{ "abs", jmes_fn_abs, 1, false, { TYPE_NUMBER } },
	{ "avg", jmes_fn_avg, 1, false, { TYPE_NUMBERS } },
	{ "ceil", jmes_fn_ceil, 1, false, { TYPE_NUMBER } },
	{ "contains", jmes_fn_contains, 2, false, { TYPE_ARRAY | TYPE_STRING, TYPE_ANY } },
	{ "ends_with", jmes_fn_ends_with, 2, false, { TYPE_STRING, TYPE_STRING } },
	{ "equals_ignore_case", jmes_fn_equals_ignore_case, 2, false,
	    { TYPE_STRING | TYPE_NULL, TYPE_STRING | TYPE_NULL } },
	{ "floor", jmes_fn_floor, 1, false, { TYPE_NUMBER } },
	{ "join", jmes_fn_join, 2, false, { TYPE_STRING, TYPE_STRINGS } },
	{ "keys", jmes_fn_keys, 1, false, { TYPE_OBJECT } },
	{ "length", jmes_fn_length, 1, false, { TYPE_STRING | TYPE_ARRAY | TYPE_OBJECT } },
	{ "map", jmes_fn_map, 2, false, { TYPE_EXPREF, TYPE_ARRAY } },
	{ "max", jmes_fn_max, 1, false, { TYPE_NUMBERS | TYPE_STRINGS } },
	{ "max_by", jmes_fn_max_by, 2, false, { TYPE_ARRAY, TYPE_EXPREF } },
	{ "merge", jmes_fn_merge, 1, true, { TYPE_OBJECT } },
	{ "min", jmes_fn_min, 1, false, { TYPE_NUMBERS | TYPE_STRINGS } },
	{ "min_by", jmes_fn_min_by, 2, false, { TYPE_ARRAY, TYPE_EXPREF } },
	{ "not_null", jmes_fn_not_null, 1, true, { TYPE_ANY } },
	{ "reverse", jmes_fn_reverse, 1, false, { TYPE_STRING | TYPE_ARRAY } },
	{ "sort", jmes_fn_sort, 1, false, { TYPE_NUMBERS | TYPE_STRINGS } },
	{ "sort_by", jmes_fn_sort_by, 2, false, { TYPE_ARRAY, TYPE_EXPREF } },
	{ "starts_with", jmes_fn_starts_with, 2, false, { TYPE_STRING, TYPE_STRING } },
	{ "sum", jmes_fn_sum, 1, false, { TYPE_NUMBERS } },
	{ "to_array", jmes_fn_to_array, 1, false, { TYPE_ANY } },
	{ "to_number", jmes_fn_to_number, 1, false, { TYPE_ANY } },
	{ "to_string", jmes_fn_to_string, 1, false, { TYPE_ANY } },
	{ "type", jmes_fn_type, 1, false, { TYPE_ANY } },
	{ "values", jmes_fn_values, 1, false, { TYPE_OBJECT } },
};
const size_t jmes_nfns = COUNT(jmes_fns);

static const struct { unsigned type; const char *name; } type_names[] = {
	{ TYPE_NULL, "null" }, { TYPE_BOOLEAN, "boolean" }, { TYPE_NUMBER, "number" },
	{ TYPE_STRING, "string" },
	{ TYPE_ARRAY, "array" }, { TYPE_OBJECT, "object" }, { TYPE_EXPREF, "expression" },
	{ TYPE_NUMBERS, "array of numbers" }, { TYPE_STRINGS, "array of strings" },
};

const struct jmes_fn *jmes_fn_find(const char *name, size_t len)
{
	size_t low = 0, high = jmes_nfns;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(name, jmes_fns[mid].name);
		if (c == 0)
			return strlen(name) == len ? &jmes_fns[mid] : NULL;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

unsigned jmes_type_of(const struct json *v)
{
	static const unsigned types[] = {
		[JSON_NULL] = TYPE_NULL, [JSON_BOOL] = TYPE_BOOLEAN, [JSON_INT] = TYPE_NUMBER,
		[JSON_UINT] = TYPE_NUMBER, [JSON_REAL] = TYPE_NUMBER, [JSON_STRING] = TYPE_STRING,
		[JSON_ARRAY] = TYPE_ARRAY, [JSON_OBJECT] = TYPE_OBJECT,
	};

	return types[v->kind];
}

static const char *type_name(unsigned type)
{
	for (size_t i = 0; i < COUNT(type_names); i++)
		if (type_names[i].type == type)
			return type_names[i].name;
	return "value";
}

const char *jmes_type_name(const struct json *v)
{
	return type_name(jmes_type_of(v));
}

/* "string or array": the types of a mask, for messages. */
static const char *mask_text(struct jmes_ev *x, unsigned mask)
{
	const char *text = NULL, *name;

	if ((mask & TYPE_ANY) == TYPE_ANY)
		return "any value";
	for (size_t i = 0; i < COUNT(type_names); i++) {
		if (!(mask & type_names[i].type))
			continue;
		name = type_names[i].name;
		text = text ? arena_printf(x->a, "%s or %s", text, name) : name;
		if (!text)
			break;
	}
	return text ? text : "another type";
}

/* Are all elements of the kind that the first one is, and is that one wanted? */
static bool elements_match(const struct json *array, unsigned mask)
{
	unsigned want;

	if (array->len == 0)
		return true;
	want = jmes_type_of(array->child);
	if (!(want == TYPE_NUMBER && mask & TYPE_NUMBERS) && !(want == TYPE_STRING && mask & TYPE_STRINGS))
		return false;
	for (const struct json *c = array->child; c; c = c->next)
		if (jmes_type_of(c) != want)
			return false;
	return true;
}

static bool check_arg(struct jmes_ev *x, const struct jmes_fn *fn, const struct jmes_arg *arg, size_t i)
{
	unsigned mask = fn->types[i < fn->nargs ? i : fn->nargs - 1];
	unsigned type = arg->v ? jmes_type_of(arg->v) : TYPE_EXPREF;

	if (mask & type)
		return true;
	if (type == TYPE_ARRAY && mask & (TYPE_NUMBERS | TYPE_STRINGS)) {
		if (!jmes_spend(x, arg->v->len))
			return false;
		if (elements_match(arg->v, mask))
			return true;
	}
	x->offset = arg->offset;
	(void)jmes_ev_fail(x, JMES_TYPE, "%s: argument %zu is %s, wanted %s", fn->name, i + 1,
	    type == TYPE_ARRAY && mask & (TYPE_NUMBERS | TYPE_STRINGS) ? "an array of other elements" :
	    type_name(type), mask_text(x, mask));
	return false;
}

const struct json *jmes_fn_call(struct jmes_ev *x, const struct jmes_fn *fn,
    const struct jmes_arg *args, size_t n)
{
	size_t offset = x->offset;

	for (size_t i = 0; i < n; i++)
		if (!check_arg(x, fn, &args[i], i))
			return NULL;
	x->offset = offset;
	return jmes_spend(x, n) ? fn->run(x, args, n) : NULL;
}
