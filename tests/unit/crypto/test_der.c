/* der.h: shortest lengths, exact integers and OIDs, and the writer. */
#include <string.h>

#include "lib/crypto/der.h"
#include "tests/harness/check.h"

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ }

static void refuses_lengths_that_are_not_shortest(void **state)
{
	static const struct { const char *why; uint8_t p[8]; size_t n; } rows[] = {
		{ "empty", { 0 }, 0 },
		{ "tag only", { 0x30 }, 1 },
		{ "indefinite", { 0x30, 0x80, 0x00, 0x00 }, 4 },
		{ "0x81 for less than 128", { 0x04, 0x81, 0x01, 0x55 }, 4 },
		{ "leading zero", { 0x04, 0x82, 0x00, 0x01, 0x55 }, 5 },
		{ "five length bytes", { 0x04, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00 }, 7 },
		{ "reserved 0xff", { 0x04, 0xff, 0x01 }, 3 },
		{ "longer than the input", { 0x04, 0x02, 0x55 }, 3 },
		{ "huge", { 0x04, 0x84, 0xff, 0xff, 0xff, 0xff }, 6 },
		{ "high tag number", { 0x1f, 0x20, 0x00 }, 3 },
		{ "tag 0", { 0x00, 0x00 }, 2 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd r = rd_make(rows[i].p, rows[i].n), body;
		uint8_t tag = 0;
		if (der_any(&r, &tag, &body))
			fail_msg("accepted: %s", rows[i].why);
		assert_int_equal(rd_left(&r), rows[i].n);
	}
}

/* 128 bytes whose length is written in one byte more than needed. */
static void refuses_a_leading_zero_of_the_length(void **state)
{
	uint8_t der[4 + 128] = { 0x04, 0x82, 0x00, 0x80 }, good[3 + 128] = { 0x04, 0x81, 0x80 };
	struct rd r = rd_make(good, sizeof good), body;

	(void)state;
	assert_true(der_take(&r, DER_OCTETS, &body) && rd_left(&body) == 128);
	r = rd_make(der, sizeof der);
	assert_false(der_take(&r, DER_OCTETS, &body));
}

static void reads_nested_elements(void **state)
{
	static const uint8_t der[] = { 0x30, 0x06, 0x02, 0x01, 0x05, 0x01, 0x01, 0xff, 0x05, 0x00 };
	struct rd r = rd_make(der, sizeof der), whole, in, nothing;
	uint64_t v;

	(void)state;
	assert_false(der_take(&r, DER_SET, &in));
	assert_true(der_take_whole(&r, DER_SEQUENCE, &whole, &in));
	assert_true(der_is(&whole, der, 8));
	assert_true(der_u64(&in, &v));
	assert_int_equal(v, 5);
	assert_false(der_u64(&in, &v));
	assert_true(der_true(&in));
	assert_true(rd_empty(&in));
	assert_true(der_peek(&r, DER_NULL));
	assert_true(der_take(&r, DER_NULL, &nothing));
	assert_true(rd_empty(&nothing) && rd_empty(&r));
}

static void check_uint(const uint8_t *p, size_t n, bool ok, size_t magnitude_len)
{
	struct rd r = rd_make(p, n), m;

	assert_int_equal(der_uint(&r, &m), ok);
	if (ok)
		assert_int_equal(rd_left(&m), magnitude_len);
	else
		assert_int_equal(rd_left(&r), n);
}

static void integers_are_positive_and_minimal(void **state)
{
	(void)state;
	check_uint(BYTES(2, 1, 0), true, 1);
	check_uint(BYTES(2, 1, 0x7f), true, 1);
	check_uint(BYTES(2, 2, 0, 0x80), true, 1);
	check_uint(BYTES(2, 0), false, 0);
	check_uint(BYTES(2, 1, 0x80), false, 0);
	check_uint(BYTES(2, 2, 0, 0x7f), false, 0);
	check_uint(BYTES(2, 2, 0, 0), false, 0);
	check_uint(BYTES(2, 2, 0xff, 0xff), false, 0);
	check_uint(BYTES(3, 1, 1), false, 0);
}

static void u64_has_64_bits(void **state)
{
	static const uint8_t most[] = { 2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255 };
	static const uint8_t over[] = { 2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct rd r = rd_make(most, sizeof most);
	uint64_t v = 0;

	(void)state;
	assert_true(der_u64(&r, &v));
	assert_true(v == UINT64_MAX);
	r = rd_make(over, sizeof over);
	assert_false(der_u64(&r, &v));
	assert_true(v == UINT64_MAX);
}

static bool oid_ok(const uint8_t *p, size_t n)
{
	struct rd r = rd_make(p, n), oid;

	return der_oid(&r, &oid);
}

static void oids_are_well_formed(void **state)
{
	(void)state;
	assert_true(oid_ok(BYTES(6, 3, 0x55, 0x1d, 0x13)));
	assert_true(oid_ok(BYTES(6, 2, 0x81, 0x00)));
	assert_false(oid_ok(BYTES(6, 0)));
	assert_false(oid_ok(BYTES(6, 2, 0x55, 0x80)));
	assert_false(oid_ok(BYTES(6, 3, 0x55, 0x80, 0x01)));
	assert_false(oid_ok(BYTES(6, 2, 0x80, 0x01)));
}

static void booleans_and_bits_are_exact(void **state)
{
	static const uint8_t yes[] = { 1, 1, 0xff }, one[] = { 1, 1, 1 }, no[] = { 1, 1, 0 }, two[] =
	    { 1, 2, 0xff, 0xff };
	static const uint8_t bits[] = { 3, 2, 0, 0xaa }, unused[] = { 3, 2, 1, 0xaa }, none[] = { 3, 0 };
	struct rd r, out;

	(void)state;
	r = rd_make(yes, sizeof yes);
	assert_true(der_true(&r));
	r = rd_make(one, sizeof one);
	assert_false(der_true(&r));
	r = rd_make(no, sizeof no);
	assert_false(der_true(&r));
	r = rd_make(two, sizeof two);
	assert_false(der_true(&r));
	r = rd_make(bits, sizeof bits);
	assert_true(der_bits(&r, &out));
	assert_int_equal(rd_left(&out), 1);
	r = rd_make(unused, sizeof unused);
	assert_false(der_bits(&r, &out));
	r = rd_make(none, sizeof none);
	assert_false(der_bits(&r, &out));
}

static void dotted_oids_both_ways(void **state)
{
	static const char *const good[] = { "2.5.29.19", "1.3.6.1.4.1.3704.1.3.8",
	    "0.9.2342.19200300.100.1.25",
		"1.2.840.113741.1.13.1", "2.999.1", "1.2.4294967295" };
	static const char *const bad[] = { "", "1", "1.", "3.1", "1.40", ".1", "1..2", "1.2.", "1.2x", "a.b",
		"1.2.42949672960",
		    "1.2.4294967295.4294967295.4294967295.4294967295.4294967295.4294967295.4294967295" };
	uint8_t oid[DER_OID_MAX];
	char text[DER_OID_TEXT_MAX];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct rd r;
		assert_true(der_oid_encode(good[i], oid, &n));
		r = rd_make(oid, n);
		der_oid_text(&r, text);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (der_oid_encode(bad[i], oid, &n))
			fail_msg("accepted: \"%s\"", bad[i]);
}

static void long_oid_text_is_cut(void **state)
{
	uint8_t content[64] = { 0 };
	struct rd r = rd_make(content, sizeof content);
	char text[DER_OID_TEXT_MAX];

	(void)state;
	memset(content, 0x55, sizeof content);
	der_oid_text(&r, text);
	assert_non_null(strstr(text, "..."));
	assert_true(strlen(text) < DER_OID_TEXT_MAX);
}

static void writes_what_it_reads(void **state)
{
	struct arena *a = arena_new((size_t)1 << 20);
	struct buf in = buf_make(a), out = buf_make(a);
	uint8_t big[300] = { 0, 0, 0x80 };
	struct rd r, seq, body;
	uint64_t v;

	(void)state;
	der_put_u64(&in, 0);
	der_put_u64(&in, 0x8000);
	der_put_uint(&in, big, sizeof big);
	der_put_bits(&in, "ab", 2);
	der_put_oid(&in, "2.5.4.3");
	der_put_buf(&out, DER_SEQUENCE, &in);
	assert_true(buf_ok(&out, NULL));
	r = rd_make(out.p, out.len);
	assert_true(der_take(&r, DER_SEQUENCE, &seq) && rd_empty(&r));
	assert_true(der_u64(&seq, &v) && v == 0);
	assert_true(der_u64(&seq, &v) && v == 0x8000);
	assert_true(der_uint(&seq, &body));
	assert_int_equal(rd_left(&body), 298);
	assert_true(der_bits(&seq, &body) && der_is(&body, "ab", 2));
	assert_true(der_oid(&seq, &body) && rd_empty(&seq));
	der_put_oid(&out, "not.an.oid");
	assert_true(out.failed);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_lengths_that_are_not_shortest),
		cmocka_unit_test(refuses_a_leading_zero_of_the_length),
		cmocka_unit_test(reads_nested_elements),
		cmocka_unit_test(integers_are_positive_and_minimal),
		cmocka_unit_test(u64_has_64_bits),
		cmocka_unit_test(oids_are_well_formed),
		cmocka_unit_test(booleans_and_bits_are_exact),
		cmocka_unit_test(dotted_oids_both_ways),
		cmocka_unit_test(long_oid_text_is_cut),
		cmocka_unit_test(writes_what_it_reads),
	};
	return cmocka_run_group_tests_name("crypto/der", tests, NULL, NULL);
}
