/* The constant claim names of a policy, numbered, so that evaluation compares numbers. */
#include <string.h>

#include "lib/policy/check.h"

struct name { const char *s; size_t len; };

static int by_length(const char *a, size_t na, const char *b, size_t nb)
{
	return na != nb ? (na > nb) - (na < nb) : strcmp(a, b);
}

static int compare(const struct name *x, const struct name *y)
{
	return by_length(x->s, x->len, y->s, y->len);
}

/* Merges the sorted runs [lo, mid) and [mid, hi) of from into to. */
static void merge(const struct name *from, struct name *to, size_t lo, size_t mid, size_t hi)
{
	size_t i = lo, k = mid;

	for (size_t n = lo; n < hi; n++)
		to[n] = k >= hi || (i < mid && compare(&from[i], &from[k]) <= 0) ? from[i++] : from[k++];
}

/* Bottom-up merge sort between v and spare; the sorted one of them.  Not qsort(): it may ask for the
 * machine's memory, which the sandbox of the worker does not allow. */
static struct name *sorted(struct name *v, struct name *spare, size_t n)
{
	for (size_t run = 1; run < n; run *= 2) {
		struct name *t = v;

		for (size_t lo = 0; lo < n; lo += 2 * run)
			merge(v, spare, lo, lo + run < n ? lo + run : n, lo + 2 * run < n ? lo + 2 * run : n);
		v = spare;
		spare = t;
	}
	return v;
}

int names_find(const struct names *n, const char *name)
{
	size_t lo = 0, hi = n->n, len = strlen(name);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = by_length(name, len, n->v[mid], n->len[mid]);

		if (order == 0)
			return (int)mid;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return -1;
}

static bool is_text(const struct expr *e)
{
	return e && e->kind == EX_LITERAL && e->lit.kind == CLAIM_STRING;
}

/* The test type == constant that narrows a condition to the claims of one name. */
static const struct test *type_test(const struct condition *c)
{
	for (const struct test *t = c->tests; t; t = t->next)
		if (t->prop == PROP_TYPE && t->cmp == CMP_EQ && is_text(t->rhs))
			return t;
	return NULL;
}

typedef void (*each_name)(const struct value *text, int *id, void *state);

static void walk(struct policy *p, each_name fn, void *state)
{
	for (unsigned s = 0; s < SEC_COUNT; s++)
		for (struct rule *r = p->sections[s].rules; r; r = r->next) {
			for (struct condition *c = r->conditions; c; c = c->next) {
				c->type_test = type_test(c);
				if (c->type_test)
					fn(&c->type_test->rhs->lit, &c->type_id, state);
			}
			if (is_text(r->set[PROP_TYPE]))
				fn(&r->set[PROP_TYPE]->lit, &r->type_id, state);
		}
}

struct list { struct name *v; size_t n; };

static void count(const struct value *text, int *id, void *state)
{
	struct list *l = state;

	(void)text;
	(void)id;
	l->n++;
}

static void collect(const struct value *text, int *id, void *state)
{
	struct list *l = state;

	(void)id;
	l->v[l->n++] = (struct name){ text->s, text->len };
}

static void number(const struct value *text, int *id, void *state)
{
	const struct names *names = state;

	*id = names_find(names, text->s);
}

bool names_intern(struct arena *a, struct policy *p, struct att_error *e)
{
	struct list l = { 0 };
	struct names *names = &p->names;
	struct name *spare;

	walk(p, count, &l);
	l.v = arena_array(a, l.n, sizeof *l.v);
	spare = arena_array(a, l.n, sizeof *spare);
	names->v = arena_array(a, l.n, sizeof *names->v);
	names->len = arena_array(a, l.n, sizeof *names->len);
	if (!l.v || !spare || !names->v || !names->len)
		return arena_fail(a, e);
	l.n = 0;
	walk(p, collect, &l);
	l.v = sorted(l.v, spare, l.n);
	for (size_t i = 0; i < l.n; i++) {
		if (i > 0 && compare(&l.v[i], &l.v[i - 1]) == 0)
			continue;
		names->v[names->n] = l.v[i].s;
		names->len[names->n++] = l.v[i].len;
	}
	walk(p, number, names);
	return true;
}
