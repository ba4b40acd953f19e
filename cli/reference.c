/* The options that name an operator's reference values of measured boot, from files to one object. */
#include "cli/inputs.h"

struct list { const char *option; struct att_bytes *v; size_t n; };

static bool read_list(const struct args *args, struct arena *a, struct list *l, struct att_error *e)
{
	if (!arg(args, l->option))
		return true;
	l->v = arena_array(a, FILES_MAX, sizeof *l->v);
	if (!l->v)
		return arena_fail(a, e);
	for (size_t i = 0; arg_nth(args, l->option, i); i++)
		if (!files_read(a, arg_nth(args, l->option, i), l->v, FILES_MAX, &l->n, e))
			return att_within(e, "--%s", l->option);
	return true;
}

bool reference_read(
    const struct args *args, struct arena *a, struct att_reference **out, struct att_error *e)
{
	enum { KEYS, DBX, SIGNERS, DIGESTS, NAMES, LISTS };
	struct list l[LISTS] = { [KEYS] = { .option = "secureboot-keys" }, [DBX] = { .option = "dbx" },
		[SIGNERS] = { .option = "code-signers" }, [DIGESTS] = { .option = "code-digests" },
		[NAMES] = { .option = "ak-names" } };
	struct att_reference_given g = { 0 };
	const char *sbat = arg(args, "sbat");
	bool given = sbat != NULL;

	for (size_t i = 0; i < LISTS; i++) {
		if (!read_list(args, a, &l[i], e))
			return false;
		given |= l[i].n > 0;
	}
	if (!given)
		return true;
	if (sbat && !file_read(a, sbat, &g.sbat, e))
		return att_within(e, "--sbat");
	g.secureboot_keys = l[KEYS].v;
	g.nsecureboot_keys = l[KEYS].n;
	g.dbx = l[DBX].v;
	g.ndbx = l[DBX].n;
	g.code_signers = l[SIGNERS].v;
	g.ncode_signers = l[SIGNERS].n;
	g.code_digests = l[DIGESTS].v;
	g.ncode_digests = l[DIGESTS].n;
	g.ak_names = l[NAMES].v;
	g.nak_names = l[NAMES].n;
	return att_reference_new(&g, out, e);
}
