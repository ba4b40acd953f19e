/*
 * args.h - command-line options from a table: long options only, unknown ones are errors.
 * "--name value" and "--name=value" are the same; "--" ends the options.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"

#define ARGS_VALUES_MAX 64              /* option values and positional arguments of one call */

struct opt {
	const char *name;               /* without "--" */
	const char *metavar;            /* NULL: a flag without value */
	const char *help;
};

struct arg_value { const struct opt *opt; const char *value; };         /* opt NULL: positional */

struct args {
	struct arg_value v[ARGS_VALUES_MAX];
	size_t n;
};

/* opts ends with a row whose name is NULL. */
ATT_CHECK bool args_parse(const struct opt *opts, int argc, char **argv, struct args *out,
    struct att_error *e);
/* last value, "" for a flag, NULL when absent */
const char *arg(const struct args *a, const char *name);
/* i-th value of a repeated option, or NULL */
const char *arg_nth(const struct args *a, const char *name, size_t i);
/* i-th positional argument, or NULL */
const char *arg_pos(const struct args *a, size_t i);
size_t args_positional(const struct args *a);

#endif
