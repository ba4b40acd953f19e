/* attest collateral export and import: files to one bundle, a bundle to a folder that the service reads. */
#include <stdio.h>
#include <string.h>

#include "cli/collateral.h"
#include "cli/out.h"
#include "lib/base/rd.h"

#define ARENA_MAX ((size_t)512 << 20)

/* One line for each item; a refused one says why on the next. */
static void line(enum mark m, const char *what, const char *name, const char *detail)
{
	(void)fputs("  ", stdout);
	out_mark(m);
	(void)printf(" %-9s %s%s%s\n", what, name, detail ? "  " : "", detail ? detail : "");
}

static void refuse(const char *name, const char *why, const char *hint)
{
	line(MARK_BAD, "refused", name, NULL);
	(void)printf("      why:  %s\n", why);
	if (hint)
		(void)printf("      hint: %s\n", hint);
}

static const char *out_of(const struct args *args, const char *what, struct att_error *e)
{
	if (!arg(args, "o"))
		(void)att_fail(e, ATT_E_OPERATION, "%s wants -o %s", what,
		    strcmp(what, "export") == 0 ? "BUNDLE" : "DIR");
	return arg(args, "o");
}

/* ---- export ---- */

/* Old collateral too, since old evidence is judged by it; but nothing that nobody signed. */
static size_t pick(struct arena *a, const struct collateral *c, struct att_endorsement *picked,
    size_t *refused)
{
	size_t n = 0;

	*refused = 0;
	for (size_t k = 0; k < c->list->n; k++) {
		const struct att_endorsement *i = &c->list->item[k];
		bool good = strcmp(i->fault, "good") == 0;
		const char *name = collateral_name(a, i->kind, i->key, i->evaluation);

		if (collateral_is_authentic(i)) {
			picked[n++] = *i;
			line(good ? MARK_GOOD : MARK_WARN, i->fault, name, good ? NULL : i->why);
		} else {
			++*refused;
			refuse(name, i->why ? i->why : i->fault, collateral_hint(i));
		}
	}
	return n;
}

static enum exit_code export(const struct args *args, struct arena *a, struct collateral *c,
    struct att_error *e)
{
	const char *path = out_of(args, "export", e);
	struct att_endorsement *picked;
	size_t n, refused;

	if (!path || !collateral_read(args, 0, a, c, e))
		return complain(e);
	picked = arena_array(a, c->list->n + 1, sizeof *picked);
	if (!picked) {
		(void)arena_fail(a, e);
		return complain(e);
	}
	n = pick(a, c, picked, &refused);
	if (n == 0 && refused == 0) {
		(void)att_fail(e, ATT_E_BAD_FORMAT, "no item of collateral in what was given");
		return complain(e);
	}
	if (n == 0 || (refused > 0 && !arg(args, "partial"))) {
		(void)printf("\n%zu of %zu refused: nothing written%s\n", refused, refused + n,
		    n > 0 ? "; --partial leaves them out" : "");
		return EXIT_BAD;
	}
	if (!collateral_bundle_put(path, picked, n, a, e))
		return complain(e);
	(void)printf("\n%zu item%s in %s\n", n, n == 1 ? "" : "s", path);
	return refused > 0 ? EXIT_BAD : EXIT_GOOD;
}

/* ---- import ---- */

/* One item of the bundle, what it was found to be, and what is done with it. */
struct incoming {
	const struct att_bundle_item *said;
	const struct att_endorsement *is;       /* of the whole set's list; NULL: refused */
	bool same;                              /* the folder holds it already */
};

static bool is_what_it_says(const struct att_endorsement *x, const struct att_bundle_item *said)
{
	return strcmp(x->kind, said->kind) == 0 && strcmp(x->key, said->key) == 0 &&
	    x->evaluation == said->evaluation && x->issued_s == said->issued_s &&
	    x->expires_s == said->expires_s;
}

static const struct att_endorsement *find(const struct att_endorsement_list *l,
    const struct att_bundle_item *said)
{
	for (size_t i = 0; i < l->n; i++)
		if (is_what_it_says(&l->item[i], said))
			return &l->item[i];
	return NULL;
}

/* The piece alone must hold what is said of it; another piece that does is no excuse. */
static bool holds(const struct collateral *c, const struct att_bundle_item *said, struct att_error *e)
{
	struct att_endorsement_list *l;
	const struct att_endorsement *first;
	bool ok;

	if (!att_endorsements_read(&said->piece, 1, c->anchors, c->nanchors, c->now_s, &l, e))
		return false;
	first = l->n > 0 ? &l->item[0] : NULL;
	ok = find(l, said) || (first ?
	    att_fail(e, ATT_E_BAD_FORMAT, "the piece is %s %s (%u), or has other dates", first->kind,
		first->key, first->evaluation) :
	    att_fail(e, ATT_E_BAD_FORMAT, "the piece holds nothing"));
	att_endorsements_read_free(l);
	return ok;
}

static bool may_enter(const struct collateral *c, const struct collateral_dir *d, struct incoming *in,
    const char **hint, struct att_error *e)
{
	const struct att_endorsement *i;

	*hint = NULL;
	if (!holds(c, in->said, e))
		return false;
	i = find(c->list, in->said);
	if (!i)
		return att_fail(e, ATT_E_BAD_FORMAT, "not among what the bundle holds");
	if (strcmp(i->fault, "good") != 0) {
		*hint = collateral_hint(i);
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "%s: %s", i->fault, i->why ? i->why : "not good");
	}
	if (!collateral_dir_may_put(d, i, &in->same, e)) {
		*hint = "what the folder holds is newer; fetch a current bundle";
		return false;
	}
	in->is = i;
	return true;
}

static size_t judge_all(const struct collateral *c, const struct collateral_dir *d,
    const struct att_bundle *b, struct incoming *v, struct arena *a)
{
	size_t refused = 0;

	for (size_t i = 0; i < b->n; i++) {
		const struct att_bundle_item *said = &b->item[i];
		struct att_error why = { 0 };
		const char *hint;

		v[i] = (struct incoming){ .said = said };
		if (may_enter(c, d, &v[i], &hint, &why))
			continue;
		refused++;
		refuse(collateral_name(a, said->kind, said->key, said->evaluation), why.text, hint);
	}
	return refused;
}

static bool put_all(const struct collateral_dir *d, const struct incoming *v, size_t n, struct arena *a,
    struct att_error *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct att_bundle_item *said = v[i].said;
		const char *name = collateral_name(a, said->kind, said->key, said->evaluation), *file;

		if (!v[i].is)
			continue;
		if (v[i].same) {
			line(MARK_GOOD, "there", name, NULL);
			continue;
		}
		if (!collateral_dir_put(d, v[i].is, said->piece, a, &file, e))
			return false;
		line(MARK_GOOD, "written", name, file);
	}
	return true;
}

static enum exit_code import_into(const struct args *args, const struct att_bundle *b, struct collateral *c,
    struct collateral_dir *d, struct arena *a, struct att_error *e)
{
	struct incoming *v = arena_array(a, b->n + 1, sizeof *v);
	size_t refused;

	for (size_t i = 0; i < b->n; i++)
		c->piece[c->n++] = b->item[i].piece;
	if (!v)
		(void)arena_fail(a, e);
	if (!v || !att_endorsements_read(c->piece, c->n, c->anchors, c->nanchors, c->now_s, &c->list, e))
		return complain(e);
	refused = judge_all(c, d, b, v, a);
	if (refused > 0 && !arg(args, "partial")) {
		(void)printf("\n%zu of %zu refused: nothing written; --partial takes the others\n", refused,
		    b->n);
		return EXIT_BAD;
	}
	if (!put_all(d, v, b->n, a, e))
		return complain(e);
	(void)printf("\n%zu item%s in %s\n", b->n - refused, b->n - refused == 1 ? "" : "s", d->path);
	return refused > 0 ? EXIT_BAD : EXIT_GOOD;
}

static enum exit_code import(const struct args *args, struct arena *a, struct collateral *c,
    struct att_error *e)
{
	const char *dir = out_of(args, "import", e), *path = arg_pos(args, 0);
	struct collateral_dir d = { 0 };
	struct att_bundle *b = NULL;
	struct att_bytes file;
	enum exit_code code;
	bool ok = false;

	if (!dir || !file_read(a, path, &file, e) || !collateral_begin(args, a, c, e))
		return complain(e);
	if (!att_bundle_recognise(file))
		(void)att_fail(e, ATT_E_BAD_FORMAT, "%s: no bundle; attest collateral export makes one",
		    path);
	else if (!att_bundle_read(file, &b, e))
		(void)att_within(e, "%s", path);
	else if (b->n > COLLATERAL_FILES_MAX)
		(void)att_fail(e, ATT_E_LIMIT, "%s: more than %d items", path, COLLATERAL_FILES_MAX);
	else
		ok = collateral_dir_open(dir, c, a, &d, e);
	code = ok ? import_into(args, b, c, &d, a, e) : complain(e);
	collateral_clear(&d.held);
	att_bundle_free(b);
	return code;
}

static enum exit_code with(const struct args *args,
    enum exit_code (*run)(const struct args *, struct arena *, struct collateral *, struct att_error *))
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(ARENA_MAX);
	struct collateral c = { 0 };
	enum exit_code code = a ? run(args, a, &c, &e) : complain(&e);

	collateral_clear(&c);
	arena_free(a);
	return code;
}

enum exit_code cmd_collateral_export(const struct args *args)
{
	return with(args, export);
}

enum exit_code cmd_collateral_import(const struct args *args)
{
	return with(args, import);
}
