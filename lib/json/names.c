#include <string.h>

#include "lib/json/tree.h"

static unsigned char ascii_lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Order of two names when the case of ASCII letters does not count; knows no locale, stops at no NUL. */
static int fold_order(const char *a, size_t a_len, const char *b, size_t b_len)
{
	for (size_t i = 0; i < a_len && i < b_len; i++) {
		int d = ascii_lower(a[i]) - ascii_lower(b[i]);
		if (d)
			return d;
	}
	return (a_len > b_len) - (a_len < b_len);
}

static int name_order(const struct json *x, const struct json *y, bool fold)
{
	return fold ? fold_order(x->name, x->name_len, y->name, y->name_len) :
	    bytes_order(x->name, x->name_len, y->name, y->name_len);
}

bool json_name_eq(const struct json *member, const char *name, size_t n, bool fold)
{
	if (member->name_len != n)
		return false;
	return (fold ? fold_order(member->name, n, name, n) : bytes_order(member->name, n, name, n)) == 0;
}

static const struct json *find(const struct json *v, const char *name, bool fold)
{
	size_t n = strlen(name);

	if (!json_is(v, JSON_OBJECT))
		return NULL;
	for (const struct json *m = v->child; m; m = m->next)
		if (json_name_eq(m, name, n, fold))
			return m;
	return NULL;
}

const struct json *json_get(const struct json *v, const char *name)
{
	return find(v, name, false);
}

const struct json *json_get_fold(const struct json *v, const char *name)
{
	return find(v, name, true);
}

bool json_is(const struct json *v, enum json_kind k)
{
	return v && v->kind == k;
}

bool json_str_eq(const struct json *v, const char *s)
{
	return json_is(v, JSON_STRING) && bytes_order(v->s, v->len, s, strlen(s)) == 0;
}

struct merge {
	const struct json **from, **to;
	size_t n;
	bool fold;
};

/* Merges the runs [lo, mid) and [mid, hi) of from into to; equal names keep their order. */
static void merge_runs(const struct merge *m, size_t lo, size_t mid, size_t hi)
{
	size_t i = lo, j = mid;

	for (size_t k = lo; k < hi; k++) {
		bool left = i < mid && (j >= hi || name_order(m->from[i], m->from[j], m->fold) <= 0);
		m->to[k] = left ? m->from[i++] : m->from[j++];
	}
}

/* Merge sort: names come from attackers, so the worst case must be n log n.  qsort() of some C
 * libraries asks the kernel for the size of memory, which the sandbox forbids. */
static const struct json **merge_sort(const struct json **v, const struct json **spare, size_t n, bool fold)
{
	struct merge m = { v, spare, n, fold };

	for (size_t width = 1; width < n; width *= 2) {
		for (size_t lo = 0; lo < n; lo += 2 * width) {
			size_t mid = width < n - lo ? lo + width : n;
			merge_runs(&m, lo, mid, width < n - mid ? mid + width : n);
		}
		m = (struct merge){ m.to, m.from, n, fold };
	}
	return m.from;
}

bool json_sort(struct json_sorted *s, struct arena *a, const struct json *object, bool fold)
{
	const struct json **v = s->small;
	size_t n = object->len, i = 0;

	*s = (struct json_sorted){ .a = a };
	if (n > JSON_SORTED_SMALL)
		v = n <= SIZE_MAX / 2 / sizeof *v ? arena_borrow(a, 2 * n * sizeof *v) : NULL;
	if (!v)
		return false;
	for (const struct json *m = object->child; m; m = m->next)
		v[i++] = m;
	s->v = merge_sort(v, v + n, n, fold);
	if (s->v != v)                          /* keep the start of the borrowed block findable */
		bytes_copy(v, s->v, n * sizeof *v);
	s->v = v;
	return true;
}

void json_sorted_clear(struct json_sorted *s)
{
	if (s->v != s->small)
		arena_return(s->a, s->v);
	s->v = NULL;
}

/* Few members, the common case: comparing each with each costs less than sorting. */
static const struct json *small_duplicate(const struct json *object, bool fold)
{
	for (const struct json *y = object->child; y; y = y->next)
		for (const struct json *x = object->child; x != y; x = x->next)
			if (json_name_eq(x, y->name, y->name_len, fold))
				return y;
	return NULL;
}

bool json_find_duplicate(struct arena *a, const struct json *object, bool fold, const struct json **dup)
{
	struct json_sorted s;

	*dup = NULL;
	if (object->len <= JSON_SORTED_SMALL) {
		*dup = small_duplicate(object, fold);
		return true;
	}
	if (!json_sort(&s, a, object, fold))
		return false;
	for (size_t i = 1; i < object->len && !*dup; i++)
		if (name_order(s.v[i - 1], s.v[i], fold) == 0)
			*dup = s.v[i];
	json_sorted_clear(&s);
	return true;
}
