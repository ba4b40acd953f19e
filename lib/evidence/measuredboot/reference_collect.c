/* reference_collect.c - byte strings in order, and blocks of PEM text. */
#include <string.h>

#include "lib/crypto/pem.h"
#include "lib/evidence/measuredboot/reference_parts.h"

bool collect(struct collected *c, struct rd bytes, struct arena *a, struct att_error *e)
{
	struct collected_item *item;

	if (c->n == c->max)
		return att_fail(e, ATT_E_LIMIT, "more than %zu entries", c->max);
	item = arena_alloc(a, sizeof *item);
	if (!item)
		return arena_fail(a, e);
	*item = (struct collected_item){ bytes, c->first };
	c->first = item;
	c->n++;
	return true;
}

static int order(const struct rd *x, const struct rd *y)
{
	return bytes_order(rd_ptr(x), rd_left(x), rd_ptr(y), rd_left(y));
}

/* Merges the ordered runs [from, mid) and [mid, to) of src into dst. */
static void merge(const struct rd *src, struct rd *dst, size_t from, size_t mid, size_t to)
{
	size_t i = from, j = mid;

	for (size_t k = from; k < to; k++)
		dst[k] = j == to || (i < mid && order(&src[i], &src[j]) <= 0) ? src[i++] : src[j++];
}

/* Not qsort(): see lib/x509/crl.c. */
static struct rd *sorted(struct rd *v, struct rd *spare, size_t n)
{
	struct rd *t;

	for (size_t run = 1; run < n; run *= 2) {
		for (size_t from = 0; from < n; from += 2 * run) {
			size_t mid = from + run < n ? from + run : n, to = from + 2 * run;

			merge(v, spare, from, mid, to < n ? to : n);
		}
		t = v, v = spare, spare = t;
	}
	return v;
}

bool collected_sort(const struct collected *c, struct arena *a, struct rd **out, size_t *n,
    struct att_error *e)
{
	struct rd *v = arena_array(a, c->n, sizeof *v), *spare = arena_array(a, c->n, sizeof *spare);
	size_t i = 0, kept = 0;

	if (!v || !spare)
		return arena_fail(a, e);
	for (const struct collected_item *item = c->first; item; item = item->next)
		v[i++] = item->bytes;
	v = sorted(v, spare, c->n);
	for (i = 0; i < c->n; i++)
		if (kept == 0 || order(&v[kept - 1], &v[i]) != 0)
			v[kept++] = v[i];
	*out = v;
	*n = kept;
	return true;
}

bool reference_is_pem(struct rd in)
{
	static const char begin[] = "-----BEGIN ";

	return memmem(rd_ptr(&in), rd_left(&in), begin, sizeof begin - 1) != NULL;
}

static bool each_block(struct rd in, const char *label, struct secret *block, reference_der_fn *fn,
    void *state, struct att_error *e)
{
	bool found = true;

	for (size_t i = 0; found; i++) {
		if (!pem_next(&in, label, X509_DER_MAX, block, &found, e))
			return false;
		if (!found && i == 0)
			return att_fail(e, ATT_E_BAD_FORMAT, "no %s block", label);
		if (found && !fn(state, rd_make(block->p, block->len), e))
			return att_within(e, "block %zu", i);
	}
	return true;
}

bool reference_each_pem(struct rd in, const char *label, reference_der_fn *fn, void *state,
    struct att_error *e)
{
	struct secret block = { 0 };
	bool ok = each_block(in, label, &block, fn, state, e);

	secret_clear(&block);
	return ok;
}
