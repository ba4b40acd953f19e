#include "lib/evidence/measuredboot/allowlist.h"

#include <string.h>

#include "lib/base/hex.h"
#include "lib/evidence/measuredboot/lines.h"
#include "libattest/reference.h"

#define NALGS 4
static const char *const names[NALGS] = {
	[DIGEST_SHA1] = "sha1", [DIGEST_SHA256] = "sha256", [DIGEST_SHA384] = "sha384",
	[DIGEST_SHA512] = "sha512",
};

/*
 * The digests of one algorithm.  A slot holds those whose first 32 bits, shifted, are its number: v[first[i]]
 * to v[first[i + 1] - 1].
 */
struct table {
	uint8_t *v;                     /* n digests of len bytes, ascending */
	size_t n, len;
	uint32_t *first;                /* one more than there are slots */
	unsigned shift;
};

struct allowlist {
	struct table of[NALGS];
};

/* Digests in a slot, on average at most. */
#define PER_SLOT 4
_Static_assert(ATT_REFERENCE_DIGESTS_MAX < UINT32_MAX, "the index counts in 32 bits");

static uint32_t head(const uint8_t *digest)
{
	return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
}

static bool alg_of_name(struct rd name, enum digest_alg *out)
{
	for (size_t i = 0; i < NALGS; i++)
		if (rd_is_text(&name, names[i])) {
			*out = (enum digest_alg)i;
			return true;
		}
	return false;
}

static bool alg_of_len(size_t digits, enum digest_alg *out)
{
	for (size_t i = 0; i < NALGS; i++)
		if (digits == 2 * digest_len((enum digest_alg)i)) {
			*out = (enum digest_alg)i;
			return true;
		}
	return false;
}

/* The first word of a line to a digest. */
static bool read_digest(struct rd word, enum digest_alg *alg, uint8_t out[DIGEST_MAX], struct att_error *e)
{
	const uint8_t *colon = memchr(rd_ptr(&word), ':', rd_left(&word));
	struct rd name = word, all = word;
	size_t n;

	if (colon && (!rd_take(&word, (size_t)(colon - rd_ptr(&word)), &name) || !rd_skip(&word, 1) ||
	        !alg_of_name(name, alg)))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "\"%.*s\" is no algorithm, want sha1, sha256, sha384 or sha512", lines_shown(&name),
		    (const char *)rd_ptr(&name));
	n = rd_left(&word);
	if (!colon && !alg_of_len(n, alg))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "\"%.*s\" has %zu digits, want 40, 64, 96 or 128", lines_shown(&all),
		    (const char *)rd_ptr(&all), n);
	if (n != 2 * digest_len(*alg))
		return att_fail(e, ATT_E_BAD_FORMAT, "\"%.*s\" has %zu digits, want %zu for %s",
		    lines_shown(&all), (const char *)rd_ptr(&all), n, 2 * digest_len(*alg), names[*alg]);
	if (!hex_decode((const char *)rd_ptr(&word), n, out, n / 2, NULL))
		return att_fail(e, ATT_E_BAD_FORMAT, "\"%.*s\" is not hexadecimal", lines_shown(&all),
		    (const char *)rd_ptr(&all));
	return true;
}

/* All texts are walked twice: to count the digests, and to keep them in the order of the texts. */
struct walk {
	struct table *of;               /* NALGS; v NULL: only counted */
	size_t n, max;
};

static bool take(struct walk *w, struct rd word, struct att_error *e)
{
	uint8_t digest[DIGEST_MAX];
	enum digest_alg alg = DIGEST_SHA256;
	struct table *t;

	if (!read_digest(word, &alg, digest, e))
		return false;
	if (w->n++ == w->max)
		return att_fail(e, ATT_E_LIMIT, "more than %zu digests", w->max);
	t = &w->of[alg];
	if (t->v)
		bytes_copy(t->v + t->n * t->len, digest, t->len);
	t->n++;
	return true;
}

static bool walk(struct walk *w, const struct rd *texts, size_t n, struct att_error *e)
{
	w->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct lines lines = lines_of(texts[i]);
		struct rd word, path;

		while (lines_next(&lines, &word, &path))
			if (!take(w, word, e))
				return att_within(e, "text %zu, line %zu", i, lines.line);
	}
	return true;
}


static size_t slot_of(const struct table *t, const uint8_t *digest)
{
	return (size_t)((uint64_t)head(digest) >> t->shift);
}

static size_t nslots(const struct table *t)
{
	return (size_t)1 << (32 - t->shift);
}

static void swap(struct table *t, size_t i, size_t k)
{
	uint8_t x[DIGEST_MAX];

	bytes_copy(x, t->v + i * t->len, t->len);
	bytes_copy(t->v + i * t->len, t->v + k * t->len, t->len);
	bytes_copy(t->v + k * t->len, x, t->len);
}

static int order(const struct table *t, size_t i, const uint8_t *digest)
{
	return bytes_order(t->v + i * t->len, t->len, digest, t->len);
}

/* The heap of n digests from `from`: element i sinks to where it belongs. */
static void sink(struct table *t, size_t from, size_t i, size_t n)
{
	for (size_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
		if (child + 1 < n && order(t, from + child, t->v + (from + child + 1) * t->len) < 0)
			child++;
		if (order(t, from + i, t->v + (from + child) * t->len) >= 0)
			return;
		swap(t, from + i, from + child);
		i = child;
	}
}

/* Heap sort: in place, and n log n even for a list whose digests all begin alike. */
static void sort(struct table *t, size_t from, size_t n)
{
	for (size_t i = n / 2; i > 0; i--)
		sink(t, from, i - 1, n);
	for (size_t i = n; i > 1; i--) {
		swap(t, from, from + i - 1);
		sink(t, from, 0, i - 1);
	}
}

/* From the order of the texts to slots. */
static void scatter(struct table *t, const uint8_t *from)
{
	size_t slots = nslots(t);

	for (size_t i = 0; i < t->n; i++)
		t->first[slot_of(t, from + i * t->len)]++;
	for (size_t i = 1; i <= slots; i++)
		t->first[i] += t->first[i - 1];
	/* first[i] is where slot i ends, and goes down to where it begins. */
	for (size_t i = 0; i < t->n; i++)
		bytes_copy(t->v + --t->first[slot_of(t, from + i * t->len)] * t->len,
		    from + i * t->len, t->len);
}

/* Orders each slot and leaves out what was given twice. */
static void settle(struct table *t)
{
	size_t slots = nslots(t), n = 0;

	for (size_t i = 0; i < slots; i++) {
		size_t from = t->first[i], to = t->first[i + 1], begin = n;

		sort(t, from, to - from);
		for (size_t k = from; k < to; k++)
			if (n == begin || order(t, n - 1, t->v + k * t->len) != 0) {
				if (n != k)
					bytes_copy(t->v + n * t->len, t->v + k * t->len, t->len);
				n++;
			}
		t->first[i] = (uint32_t)begin;
	}
	t->first[slots] = (uint32_t)n;
	t->n = n;
}

static bool table_make(struct table *t, const uint8_t *from, struct arena *a, struct att_error *e)
{
	for (t->shift = 32; t->shift > 0 && nslots(t) * PER_SLOT < t->n; t->shift--)
		;
	t->v = arena_array(a, t->n, t->len);
	t->first = arena_array(a, nslots(t) + 1, sizeof *t->first);
	if (!t->v || !t->first)
		return arena_fail(a, e);
	scatter(t, from);
	settle(t);
	return true;
}

static bool make_all(struct allowlist *l, const struct table *from, struct arena *a, struct att_error *e)
{
	for (size_t i = 0; i < NALGS; i++) {
		l->of[i] = (struct table){ .n = from[i].n, .len = from[i].len };
		if (from[i].n && !table_make(&l->of[i], from[i].v, a, e))
			return false;
	}
	return true;
}

/* Room for what was counted, which starts to be kept. */
static bool borrow(struct table *of, struct arena *a, struct att_error *e)
{
	for (size_t i = 0; i < NALGS; i++) {
		if (of[i].n == 0)
			continue;
		of[i].v = arena_borrow(a, of[i].n * of[i].len);
		if (!of[i].v)
			return att_fail(e, ATT_E_NOMEM, "out of memory");
		of[i].n = 0;
	}
	return true;
}

bool allowlist_new_limited(const struct rd *texts, size_t n, size_t max, struct arena *a,
    struct allowlist **out, struct att_error *e)
{
	struct table as_given[NALGS] = { 0 };
	struct walk w = { .of = as_given, .max = max };
	struct allowlist *l = arena_alloc(a, sizeof *l);
	bool ok;

	if (!l)
		return arena_fail(a, e);
	for (size_t i = 0; i < NALGS; i++)
		as_given[i].len = digest_len((enum digest_alg)i);
	ok = walk(&w, texts, n, e) && borrow(as_given, a, e) && walk(&w, texts, n, e) &&
	    make_all(l, as_given, a, e);
	for (size_t i = 0; i < NALGS; i++)
		arena_return(a, as_given[i].v);
	if (ok)
		*out = l;
	return ok;
}

bool allowlist_new(const struct rd *texts, size_t n, struct arena *a, struct allowlist **out,
    struct att_error *e)
{
	return allowlist_new_limited(texts, n, ATT_REFERENCE_DIGESTS_MAX, a, out, e);
}

bool allowlist_has(const struct allowlist *l, enum digest_alg alg, const void *digest)
{
	const struct table *t = &l->of[alg];
	size_t slot, from, to;

	if (t->n == 0)
		return false;
	slot = slot_of(t, digest);
	from = t->first[slot];
	to = t->first[slot + 1];
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int d = order(t, mid, digest);

		if (d == 0)
			return true;
		if (d < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return false;
}

size_t allowlist_size(const struct allowlist *l)
{
	size_t n = 0;

	for (size_t i = 0; i < NALGS; i++)
		n += l->of[i].n;
	return n;
}
