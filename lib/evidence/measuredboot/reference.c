#include "lib/evidence/measuredboot/reference.h"

#include "lib/base/hex.h"
#include "lib/evidence/measuredboot/lines.h"
#include "lib/evidence/measuredboot/reference_parts.h"

/* Beside what grows with the input: certificates, tables. */
#define MEMORY_LEAST ((size_t)16 << 20)
/* Memory per byte of input, at most: short lines of ak_names with their list entries. */
#define MEMORY_FACTOR 8

/* Lengths of digests by nameAlg (TPM_ALG_ID). spec: tpm-eventlog §1.3 */
static const struct { uint8_t id[2]; size_t len; } name_algs[] = {
	{ { 0x00, 0x04 }, 20 }, { { 0x00, 0x0B }, 32 }, { { 0x00, 0x0C }, 48 }, { { 0x00, 0x0D }, 64 },
};
#define NNAME_ALGS (sizeof name_algs / sizeof name_algs[0])
#define AK_NAME_MAX 66
#define AK_KEY_DIGEST 32u                /* of SubjectPublicKeyInfo: no name has this length */

/* The length of a name that begins so; 0: an algorithm we do not know. */
static size_t name_len(const uint8_t id[2])
{
	for (size_t i = 0; i < NNAME_ALGS; i++)
		if (bytes_order(id, 2, name_algs[i].id, 2) == 0)
			return 2 + name_algs[i].len;
	return 0;
}

static bool read_name(struct rd word, struct arena *a, struct rd *out, struct att_error *e)
{
	uint8_t name[AK_NAME_MAX];
	size_t n = rd_left(&word) / 2;
	const void *copy;

	if (n < 2 || n > sizeof name ||
	    !hex_decode((const char *)rd_ptr(&word), rd_left(&word), name, n, NULL) ||
	    (n != AK_KEY_DIGEST && name_len(name) != n))
		return att_fail(e, ATT_E_BAD_FORMAT, "found \"%.*s\" of %zu characters, want nameAlg (0004, "
		    "000b, 000c or 000d) and a digest of its length in hexadecimal, or the SHA-256 of the "
		    "key", lines_shown(&word),
		    (const char *)rd_ptr(&word), rd_left(&word));
	copy = arena_memdup(a, name, n);
	if (!copy)
		return arena_fail(a, e);
	*out = rd_make(copy, n);
	return true;
}

static bool read_names(struct collected *c, struct rd text, struct arena *a, struct att_error *e)
{
	struct lines l = lines_of(text);
	struct rd word, rest, name;

	while (lines_next(&l, &word, &rest))
		if (!read_name(word, a, &name, e) || !collect(c, name, a, e))
			return att_within(e, "line %zu", l.line);
	return true;
}

static bool fill_names(struct att_reference *r, const struct att_bytes *v, size_t n, struct att_error *e)
{
	struct collected c = { .max = REFERENCE_AK_NAMES_MAX };

	for (size_t i = 0; i < n; i++)
		if (!read_names(&c, rd_make(v[i].data, v[i].len), r->a, e))
			return att_within(e, "ak_names[%zu]", i);
	return collected_sort(&c, r->a, &r->ak_names, &r->nak_names, e);
}

/* The first line with which the text is malformed. */
static size_t bad_sbat_line(struct rd text)
{
	const uint8_t *p = rd_ptr(&text);
	struct sbat s;
	size_t line = 0;

	for (size_t n = 0; n < rd_left(&text); n++) {
		if (p[n] != '\n')
			continue;
		line++;
		sbat_parse(rd_make(p, n), &s);
		if (s.malformed)
			return line;
	}
	return line + 1;
}

static bool fill_sbat(struct att_reference *r, struct att_bytes in, struct att_error *e)
{
	struct rd text = rd_make(in.data, in.len);

	if (in.len == 0)
		return true;
	if (in.len > REFERENCE_SBAT_BYTES)
		return att_fail(e, ATT_E_LIMIT, "sbat: %zu bytes, at most %u", in.len, REFERENCE_SBAT_BYTES);
	sbat_parse(text, &r->sbat);
	if (r->sbat.malformed)
		return att_fail(e, ATT_E_BAD_FORMAT, "sbat: line %zu: want \"sbat,1,DATE\", then lines of "
		    "\"component,generation\", at most %d", bad_sbat_line(text), SBAT_ROWS_MAX);
	r->has_sbat = true;
	return true;
}

static bool fill_digests(struct att_reference *r, const struct att_bytes *v, size_t n, struct att_error *e)
{
	struct rd *texts = arena_array(r->a, n, sizeof *texts);

	if (n == 0)
		return true;
	if (!texts)
		return arena_fail(r->a, e);
	for (size_t i = 0; i < n; i++)
		texts[i] = rd_make(v[i].data, v[i].len);
	return allowlist_new(texts, n, r->a, &r->digests, e) || att_within(e, "code_digests");
}

static bool fill(struct att_reference *r, const struct att_reference_given *g, struct att_error *e)
{
	return reference_fill_signers(r, g->code_signers, g->ncode_signers, e) &&
	    reference_fill_keys(r, g->secureboot_keys, g->nsecureboot_keys, e) &&
	    reference_fill_dbx(r, g->dbx, g->ndbx, e) && fill_sbat(r, g->sbat, e) &&
	    fill_digests(r, g->code_digests, g->ncode_digests, e) &&
	    fill_names(r, g->ak_names, g->nak_names, e);
}

void reference_clear(struct att_reference *r)
{
	for (size_t i = 0; i < r->nsigners; i++)
		pubkey_free(r->signers[i].key);
	r->nsigners = 0;
	crypto_free(r->crypto);
	r->crypto = NULL;
}

bool reference_make_in(struct arena *a, const struct att_reference_given *g, struct att_reference **out,
    struct att_error *e)
{
	struct att_reference *r = arena_alloc(a, sizeof *r);

	if (!r)
		return arena_fail(a, e);
	r->a = a;
	r->crypto = crypto_new(e);
	if (!r->crypto || !fill(r, g, e)) {
		reference_clear(r);
		return false;
	}
	*out = r;
	return true;
}

/* An upper bound; more than the machine has never comes to be, as inputs are in memory already. */
static size_t memory_for(const struct att_reference_given *g)
{
	const struct { const struct att_bytes *v; size_t n; } lists[] = {
		{ g->secureboot_keys, g->nsecureboot_keys }, { g->dbx, g->ndbx },
		{ g->code_signers, g->ncode_signers }, { g->code_digests, g->ncode_digests },
		{ g->ak_names, g->nak_names },
	};
	size_t n = MEMORY_LEAST, more;

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		for (size_t k = 0; k < lists[i].n; k++)
			if (__builtin_mul_overflow(lists[i].v[k].len, (size_t)MEMORY_FACTOR, &more) ||
			    __builtin_add_overflow(n, more, &n))
				return SIZE_MAX;
	return n;
}

bool att_reference_new(const struct att_reference_given *g, struct att_reference **out, struct att_error *e)
{
	struct arena *a = arena_new(memory_for(g));

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (reference_make_in(a, g, out, e))
		return true;
	arena_free(a);
	return false;
}

void att_reference_free(struct att_reference *r)
{
	if (!r)
		return;
	reference_clear(r);
	arena_free(r->a);
}

bool reference_ak_name(const struct att_reference *r, struct rd name)
{
	size_t lo = 0, hi = r->nak_names;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct rd *x = &r->ak_names[mid];
		int d = bytes_order(rd_ptr(x), rd_left(x), rd_ptr(&name), rd_left(&name));

		if (d == 0)
			return true;
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}
