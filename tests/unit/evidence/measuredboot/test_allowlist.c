/* Known digests: the forms of a line, what is refused and where, lookups, limits, memory. */
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hex.h"
#include "lib/evidence/measuredboot/allowlist.h"
#include "tests/harness/check.h"

#define ONES20 "0101010101010101010101010101010101010101"
#define ONES32 ONES20 "010101010101010101010101"
#define ONES48 ONES32 "01010101010101010101010101010101"
#define ONES64 ONES48 "01010101010101010101010101010101"

static struct arena *a;
static struct att_error e;

static int set_up(void **state)
{
	(void)state;
	a = arena_new((size_t)256 << 20);
	return a ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static bool make(const char *text, struct allowlist **out)
{
	struct rd in = rd_make(text, strlen(text));

	return allowlist_new(&in, 1, a, out, &e);
}

static bool has_ones(const struct allowlist *l, enum digest_alg alg)
{
	uint8_t d[DIGEST_MAX];

	memset(d, 1, sizeof d);
	return allowlist_has(l, alg, d);
}

static void forms_of_a_line(void **state)
{
	static const struct { const char *text; enum digest_alg alg; } rows[] = {
		{ ONES32, DIGEST_SHA256 }, { ONES20 "\n", DIGEST_SHA1 }, { ONES48, DIGEST_SHA384 },
		{ ONES64 "\r\n", DIGEST_SHA512 }, { "sha256:" ONES32, DIGEST_SHA256 },
		{ "sha1:" ONES20 " /bin/sh", DIGEST_SHA1 },
		{ "# a comment\n\n  \t\n" ONES32 "\t*/a path/with spaces # and no comment", DIGEST_SHA256 },
		{ "  sha512:" ONES64, DIGEST_SHA512 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct allowlist *l;

		CHECK_OK(make(rows[i].text, &l), &e);
		assert_int_equal(allowlist_size(l), 1);
		for (enum digest_alg g = DIGEST_SHA1; g <= DIGEST_SHA512; g++)
			assert_int_equal(has_ones(l, g), g == rows[i].alg);
	}
}

static void letters_of_either_case_and_nothing_twice(void **state)
{
	struct allowlist *l;
	uint8_t d[32];

	(void)state;
	memset(d, 0xAB, sizeof d);
	CHECK_OK(make("ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB\n"
	    "sha256:abababababababababababababababababababababababababababababababab\n" ONES32, &l), &e);
	assert_int_equal(allowlist_size(l), 2);
	assert_true(allowlist_has(l, DIGEST_SHA256, d));
	assert_true(has_ones(l, DIGEST_SHA256));
	d[31] ^= 1;
	assert_false(allowlist_has(l, DIGEST_SHA256, d));
}

static void nothing_is_a_list(void **state)
{
	struct allowlist *l;

	(void)state;
	CHECK_OK(make("# nothing\n", &l), &e);
	assert_int_equal(allowlist_size(l), 0);
	assert_false(has_ones(l, DIGEST_SHA256));
	CHECK_OK(allowlist_new(NULL, 0, a, &l, &e), &e);
	assert_int_equal(allowlist_size(l), 0);
}

static void malformed_lines_are_named(void **state)
{
	static const struct { const char *text, *says; } rows[] = {
		{ "sha224:" ONES20, "text 0, line 1: \"sha224\" is no algorithm" },
		{ "\n\nxyz", "line 3: \"xyz\" has 3 digits, want 40, 64, 96 or 128" },
		{ "sha256:" ONES20, "has 40 digits, want 64 for sha256" },
		{ ONES32 "\nsha1:" ONES32, "line 2" },
		{ ":" ONES32, "\"\" is no algorithm" },
		{ "sha256:", "has 0 digits" },
		{ "010101010101010101010101010101010101010g", "is not hexadecimal" },
		{ "sha256:" ONES32 "#no space", "digits, want 64" },
	};
	struct allowlist *l = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(make(rows[i].text, &l), &e, ATT_E_BAD_FORMAT, rows[i].says);
	assert_null(l);
}

static void texts_are_one_list_and_are_numbered(void **state)
{
	struct rd texts[2] = { rd_make(ONES32, 64), rd_make(ONES20, 40) };
	struct allowlist *l;

	(void)state;
	CHECK_OK(allowlist_new(texts, 2, a, &l, &e), &e);
	assert_int_equal(allowlist_size(l), 2);
	texts[1] = rd_make("?", 1);
	CHECK_ERR(allowlist_new(texts, 2, a, &l, &e), &e, ATT_E_BAD_FORMAT, "text 1, line 1");
}

/* At the limit, and one past it; every line counts, also one that is there already. */
static void the_limit(void **state)
{
	struct rd in = rd_make(ONES32 "\n" ONES20 "\n" ONES32, 64 + 1 + 40 + 1 + 64);
	struct allowlist *l;

	(void)state;
	CHECK_OK(allowlist_new_limited(&in, 1, 3, a, &l, &e), &e);
	assert_int_equal(allowlist_size(l), 2);
	CHECK_ERR(allowlist_new_limited(&in, 1, 2, a, &l, &e), &e, ATT_E_LIMIT,
	    "line 3: more than 2 digests");
}

/* A cheap sequence of bytes that look random. */
static uint8_t next(uint64_t *x)
{
	*x = *x * 6364136223846793005u + 1442695040888963407u;
	return (uint8_t)(*x >> 56);
}

static void fill(uint8_t d[32], size_t i, size_t same)
{
	uint64_t x = 77 + i;

	for (size_t k = 0; k < 32; k++)
		d[k] = k < same ? 0x5A : next(&x);
	d[31] = (uint8_t)i;
	d[30] = (uint8_t)(i >> 8);
	d[29] = (uint8_t)(i >> 16);
}

/* `same`: how many first bytes all have in common: a list that is all in one slot is as good. */
static void all_found_and_no_other(size_t n, size_t same)
{
	struct buf b = buf_make(a);
	struct allowlist *l;
	uint8_t d[32];

	for (size_t i = 0; i < n; i++) {
		char hex[65];

		fill(d, i, same);
		hex_encode(d, 32, hex);
		buf_str(&b, hex);
		buf_char(&b, '\n');
	}
	assert_true(buf_ok(&b, NULL));
	CHECK_OK(allowlist_new(&(struct rd){ (uint8_t *)b.p, (uint8_t *)b.p, (uint8_t *)b.p + b.len }, 1, a,
	    &l, &e), &e);
	assert_int_equal(allowlist_size(l), n);
	for (size_t i = 0; i < n; i++) {
		fill(d, i, same);
		assert_true(allowlist_has(l, DIGEST_SHA256, d));
		assert_false(allowlist_has(l, DIGEST_SHA1, d));
		d[28] ^= 1;
		assert_false(allowlist_has(l, DIGEST_SHA256, d));
	}
}

static void many_are_found(void **state)
{
	static const size_t counts[] = { 1, 2, 3, 4, 5, 8, 9, 16, 17, 1000, 20000 };

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		arena_reset(a);
		all_found_and_no_other(counts[i], 0);
		arena_reset(a);
		all_found_and_no_other(counts[i], 4);
	}
}

static void digests_at_the_ends_are_found(void **state)
{
	uint8_t zeros[32] = { 0 }, ones[32];
	char text[130];
	struct allowlist *l;

	(void)state;
	memset(ones, 0xFF, sizeof ones);
	memset(text, '0', 64);
	text[64] = '\n';
	memset(text + 65, 'f', 64);
	text[129] = 0;
	CHECK_OK(make(text, &l), &e);
	assert_true(allowlist_has(l, DIGEST_SHA256, zeros));
	assert_true(allowlist_has(l, DIGEST_SHA256, ones));
	assert_false(has_ones(l, DIGEST_SHA256));
}

static void failing_memory(void **state)
{
	struct rd in = rd_make(ONES32 "\n" ONES20, 105);
	bool done = false;

	(void)state;
	for (size_t n = 0; !done; n++) {
		struct failing f;
		struct arena *failing = arena_failing(&f, n);
		struct allowlist *l = NULL;

		att_error_clear(&e);
		if (failing && allowlist_new(&in, 1, failing, &l, &e)) {
			assert_false(f.fired);
			done = true;
		} else if (failing) {
			assert_int_equal(e.code, ATT_E_NOMEM);
			assert_null(l);
		}
		arena_free(failing);
		assert_in_range(n, 0, 50);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_a_line),
		cmocka_unit_test(letters_of_either_case_and_nothing_twice),
		cmocka_unit_test(nothing_is_a_list),
		cmocka_unit_test(malformed_lines_are_named),
		cmocka_unit_test(texts_are_one_list_and_are_numbered),
		cmocka_unit_test(the_limit),
		cmocka_unit_test(many_are_found),
		cmocka_unit_test(digests_at_the_ends_are_found),
		cmocka_unit_test(failing_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
