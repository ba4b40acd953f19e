/* fn.h - built-in functions: one table row each (specification, section Built-in Functions). */
#ifndef JMESPATH_FN_H
#define JMESPATH_FN_H

#include "lib/policy/jmespath/eval.h"

/* Types a parameter accepts; the last two say more about an ARRAY. */
enum jmes_type {
	TYPE_NULL = 1, TYPE_BOOLEAN = 2, TYPE_NUMBER = 4, TYPE_STRING = 8, TYPE_ARRAY = 16,
	TYPE_OBJECT = 32, TYPE_ANY = 63,
	TYPE_EXPREF = 64,
	TYPE_NUMBERS = 128, TYPE_STRINGS = 256          /* array[number], array[string] */
};

#define JMES_PARAMETERS_MAX 2

struct jmes_arg {
	const struct json *v;           /* NULL for an expression reference */
	const struct jmes_node *expr;   /* expression reference: what stands behind & */
	size_t offset;
};

/* Arguments have been checked against the row's types. */
typedef const struct json *jmes_fn_run(struct jmes_ev *x, const struct jmes_arg *args, size_t n);

struct jmes_fn {
	const char *name;
	jmes_fn_run *run;
	size_t nargs;                   /* exact, or the least when variadic */
	bool variadic;                  /* the last parameter's types hold for all further ones */
	unsigned types[JMES_PARAMETERS_MAX];
};

extern const struct jmes_fn jmes_fns[];         /* sorted by name */
extern const size_t jmes_nfns;

const struct jmes_fn *jmes_fn_find(const char *name, size_t len);       /* NULL when there is none */
/* Checks the arguments' types and runs; NULL = failed. */
const struct json *jmes_fn_call(struct jmes_ev *x, const struct jmes_fn *fn,
    const struct jmes_arg *args, size_t n);
unsigned jmes_type_of(const struct json *v);
const char *jmes_type_name(const struct json *v);

jmes_fn_run jmes_fn_abs, jmes_fn_avg, jmes_fn_ceil, jmes_fn_floor, jmes_fn_sum, jmes_fn_to_number;
jmes_fn_run jmes_fn_ends_with, jmes_fn_equals_ignore_case, jmes_fn_join, jmes_fn_starts_with,
    jmes_fn_to_string;
jmes_fn_run jmes_fn_contains, jmes_fn_length, jmes_fn_not_null, jmes_fn_reverse, jmes_fn_to_array,
    jmes_fn_type;
jmes_fn_run jmes_fn_map, jmes_fn_max, jmes_fn_max_by, jmes_fn_min, jmes_fn_min_by, jmes_fn_sort,
    jmes_fn_sort_by;
jmes_fn_run jmes_fn_keys, jmes_fn_merge, jmes_fn_values;

#endif
