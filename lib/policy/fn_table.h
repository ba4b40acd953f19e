/*
 * fn_table.h - the functions of version 1.2 (spec policy-language.md section 7): one table.
 *
 * The evaluator checks number and types of arguments by the table before it calls, and sets
 * read_only of the result by the table afterwards; implementations see only what fits.
 */
#ifndef POLICY_FN_TABLE_H
#define POLICY_FN_TABLE_H

#include <stddef.h>

#include "lib/policy/value.h"

#define FN_ARGS_MAX 2

enum fn_type {
	FN_STRING,              /* one string */
	FN_TEXT,                /* one string that is not empty */
	FN_BOOL,                /* one Boolean */
	FN_SCALAR,              /* one value of any kind */
	FN_SET                  /* any number of values of any kind */
};

struct eval;
struct expr;

typedef bool fn_call(struct eval *ev, const struct expr *call, const struct values *args, struct values *out);

struct fn {
	const char *name;
	size_t nargs;
	enum fn_type args[FN_ARGS_MAX];
	enum fn_type result;
	bool keeps_read_only;   /* result is read-only if an argument is */
	fn_call *call;
	const char *usage;      /* for messages: "JmesPath(json, query)" */
};

const struct fn *fn_find(const char *name);
const struct fn *fn_at(size_t i);               /* NULL past the end */

fn_call fn_jmes_path, fn_json_to_claim_value, fn_is_subset_of, fn_append_string, fn_negate_bool,
    fn_contains_only_value;

#endif
