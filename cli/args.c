#include "cli/args.h"

#include <string.h>

static const struct opt *find(const struct opt *opts, const char *name, size_t len)
{
	for (; opts->name; opts++)
		if (strlen(opts->name) == len && strncmp(opts->name, name, len) == 0)
			return opts;
	return NULL;
}

static bool add(struct args *out, const struct opt *o, const char *value, struct att_error *e)
{
	if (out->n == ARGS_VALUES_MAX)
		return att_fail(e, ATT_E_LIMIT, "more than %d arguments", ARGS_VALUES_MAX);
	out->v[out->n++] = (struct arg_value){ o, value };
	return true;
}

/* argv[*i] is "--name" or "--name=value"; takes the next word as value where the option wants one. */
static bool option(const struct opt *opts, char **argv, int argc, int *i, struct args *out,
    struct att_error *e)
{
	const char *name = argv[*i] + 2, *eq = strchr(name, '=');
	size_t len = eq ? (size_t)(eq - name) : strlen(name);
	const struct opt *o = find(opts, name, len);

	if (!o)
		return att_fail(e, ATT_E_OPERATION, "unknown option --%.*s", (int)len, name);
	if (!o->metavar)
		return eq ? att_fail(e, ATT_E_OPERATION, "option --%s takes no value", o->name) :
		    add(out, o, "", e);
	if (eq)
		return add(out, o, eq + 1, e);
	if (*i + 1 >= argc)
		return att_fail(e, ATT_E_OPERATION, "option --%s wants %s", o->name, o->metavar);
	return add(out, o, argv[++*i], e);
}

bool args_parse(const struct opt *opts, int argc, char **argv, struct args *out, struct att_error *e)
{
	bool only_words = false;

	*out = (struct args){ 0 };
	for (int i = 0; i < argc; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
			if (!option(opts, argv, argc, &i, out, e))
				return false;
		} else if (!only_words && argv[i][0] == '-' && argv[i][1]) {
			if (strcmp(argv[i], "-o") != 0 || !find(opts, "o", 1))
				return att_fail(e, ATT_E_OPERATION, "unknown option %s", argv[i]);
			if (i + 1 >= argc)
				return att_fail(e, ATT_E_OPERATION, "option -o wants %s",
				    find(opts, "o", 1)->metavar);
			if (!add(out, find(opts, "o", 1), argv[++i], e))
				return false;
		} else if (!add(out, NULL, argv[i], e)) {
			return false;
		}
	}
	return true;
}

const char *arg_nth(const struct args *a, const char *name, size_t i)
{
	for (size_t k = 0; k < a->n; k++)
		if (a->v[k].opt && strcmp(a->v[k].opt->name, name) == 0 && i-- == 0)
			return a->v[k].value;
	return NULL;
}

const char *arg(const struct args *a, const char *name)
{
	const char *last = NULL;

	for (size_t i = 0; arg_nth(a, name, i); i++)
		last = arg_nth(a, name, i);
	return last;
}

const char *arg_pos(const struct args *a, size_t i)
{
	for (size_t k = 0; k < a->n; k++)
		if (!a->v[k].opt && i-- == 0)
			return a->v[k].value;
	return NULL;
}

size_t args_positional(const struct args *a)
{
	size_t n = 0;

	for (size_t k = 0; k < a->n; k++)
		n += !a->v[k].opt;
	return n;
}
