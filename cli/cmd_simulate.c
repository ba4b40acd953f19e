/* Evidence under a throw-away root, of a type that is looked up; what the types share. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/out.h"
#include "cli/simulate.h"
#include "lib/base/hex.h"

#define ARENA_MAX ((size_t)64 << 20)

static const struct simulate_type *const types[] = {
	&simulate_snp, &simulate_sgx, &simulate_oe, &simulate_tdx,
};
#define NTYPES (sizeof types / sizeof types[0])

bool simulate_number(const char *text, unsigned long long max, unsigned long long *out,
    struct att_error *e)
{
	char *end;

	*out = strtoull(text, &end, 0);
	if (end == text || *end || *text == '-' || *out > max)
		return att_fail(e, ATT_E_OPERATION, "found \"%s\", want a number up to %llu", text,
		    max);
	return true;
}

bool simulate_hex(const char *text, void *out, size_t n, struct att_error *e)
{
	return hex_decode(text, strlen(text), out, n, e);
}

bool simulate_write(const struct args *args, struct arena *a, const struct simulate_output *rows,
    size_t n,
    const void *made, struct att_error *e)
{
	const char *dir = arg(args, "o");

	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return att_fail(e, ATT_E_OPERATION, "%s: %s", dir, strerror(errno));
	for (size_t i = 0; i < n; i++) {
		const struct sim_bytes *b =
		    (const struct sim_bytes *)(const void *)((const char *)made + rows[i].off);
		const char *path = arena_printf(a, "%s/%s", dir, rows[i].file);
		if (!path)
			return arena_fail(a, e);
		if (b->n && !file_write(path, b->p, b->n, false, e))
			return false;
		if (b->n)
			(void)printf("  %-30s %6zu bytes  %s\n", path, b->n, rows[i].what);
	}
	return true;
}

static const struct simulate_type *find(const char *name, struct att_error *e)
{
	for (size_t i = 0; i < NTYPES; i++)
		if (strcasecmp(types[i]->name, name) == 0)
			return types[i];
	(void)att_fail(e, ATT_E_OPERATION,
	    "simulate: unknown type \"%s\", want SevSnpVm, SgxEnclave, OpenEnclave or TdxVm", name);
	return NULL;
}

static enum exit_code list_faults(const struct simulate_type *t)
{
	const struct sim_fault *f;

	for (size_t i = 0; (f = t->fault_at(t, i)); i++)
		(void)printf("  %-26s %-32s %s\n", f->name, f->check, f->text);
	return EXIT_GOOD;
}

/* An option of another type would be passed over in silence. */
static bool check_options(const struct simulate_type *t, const struct args *args,
    struct att_error *e)
{
	for (size_t i = 0; i < args->n; i++) {
		const struct opt *o = args->v[i].opt;
		if (o && strcmp(o->name, "o") != 0 && strcmp(o->name, "at") != 0 && !t->takes(t,
		    o->name))
			return att_fail(e, ATT_E_OPERATION, "simulate %s takes no --%s", t->name,
			    o->name);
	}
	return arg(args, "o") ? true : att_fail(e, ATT_E_OPERATION, "simulate wants -o DIR");
}

enum exit_code cmd_simulate(const struct args *args)
{
	const char *fault = arg(args, "fault");
	struct att_error e = { 0 };
	const struct simulate_type *t = find(arg_pos(args, 0), &e);
	struct arena *a;
	struct crypto *c;
	bool ok;

	if (t && fault && strcmp(fault, "list") == 0)
		return list_faults(t);
	if (!t || !check_options(t, args, &e))
		return complain(&e);
	a = arena_new(ARENA_MAX);
	c = crypto_new(&e);
	ok = a && c && t->make(t, args, a, c, &e);
	crypto_free(c);
	arena_free(a);
	return ok ? EXIT_GOOD : complain(&e);
}
