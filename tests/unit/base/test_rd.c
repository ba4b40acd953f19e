#include "tests/harness/check.h"

#include <string.h>

#include "lib/base/rd.h"

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

static void test_empty_readers(void **state)
{
	struct rd cases[] = { rd_make(NULL, 0), rd_make(NULL, 7), rd_make(bytes, 0), { 0 } };
	uint8_t b = 77;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(rd_empty(&cases[i]));
		assert_int_equal(rd_left(&cases[i]), 0);
		assert_int_equal(rd_off(&cases[i]), 0);
		assert_non_null(rd_ptr(&cases[i]));
		assert_false(rd_u8(&cases[i], &b));
		assert_true(rd_skip(&cases[i], 0));
		assert_true(rd_copy(&cases[i], NULL, 0));
	}
	assert_int_equal(b, 77);
}

static void test_integers(void **state)
{
	struct rd r = rd_make(bytes, sizeof bytes), s;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	(void)state;
	s = r;
	assert_true(rd_u8(&s, &u8) && u8 == 1 && rd_off(&s) == 1 && rd_left(&s) == 9);
	s = r;
	assert_true(rd_le16(&s, &u16) && u16 == 0x0201 && rd_off(&s) == 2);
	s = r;
	assert_true(rd_be16(&s, &u16) && u16 == 0x0102 && rd_off(&s) == 2);
	s = r;
	assert_true(rd_le32(&s, &u32) && u32 == 0x04030201 && rd_off(&s) == 4);
	s = r;
	assert_true(rd_be32(&s, &u32) && u32 == 0x01020304 && rd_off(&s) == 4);
	s = r;
	assert_true(rd_le64(&s, &u64) && u64 == UINT64_C(0x0807060504030201) && rd_off(&s) == 8);
	s = r;
	assert_true(rd_be64(&s, &u64) && u64 == UINT64_C(0x0102030405060708) && rd_off(&s) == 8);
}

/* One byte too few: neither the reader nor the output changes. */
static void test_integers_truncated(void **state)
{
	uint8_t u8 = 9;
	uint16_t u16 = 9;
	uint32_t u32 = 9;
	uint64_t u64 = 9;

	(void)state;
	for (size_t n = 0; n < 8; n++) {
		struct rd r = rd_make(bytes, n);
		if (n < 1)
			assert_false(rd_u8(&r, &u8));
		if (n < 2)
			assert_false(rd_le16(&r, &u16) || rd_be16(&r, &u16));
		if (n < 4)
			assert_false(rd_le32(&r, &u32) || rd_be32(&r, &u32));
		assert_false(rd_le64(&r, &u64) || rd_be64(&r, &u64));
		assert_int_equal(rd_left(&r), n);
	}
	assert_true(u8 == 9 && u16 == 9 && u32 == 9 && u64 == 9);
}

static void test_copy_and_skip(void **state)
{
	struct rd r = rd_make(bytes, sizeof bytes);
	uint8_t out[4] = { 0 };

	(void)state;
	assert_true(rd_copy(&r, out, 4));
	assert_memory_equal(out, bytes, 4);
	assert_false(rd_copy(&r, out, 7));
	assert_false(rd_copy(&r, out, SIZE_MAX));
	assert_false(rd_skip(&r, 7));
	assert_false(rd_skip(&r, SIZE_MAX));
	assert_int_equal(rd_left(&r), 6);
	assert_true(rd_skip(&r, 6));
	assert_true(rd_empty(&r));
}

static void test_skip_zero(void **state)
{
	static const uint8_t z[] = { 0, 0, 0, 1 };
	struct rd r = rd_make(z, sizeof z);

	(void)state;
	assert_false(rd_skip_zero(&r, 4));
	assert_false(rd_skip_zero(&r, 5));
	assert_int_equal(rd_left(&r), 4);
	assert_true(rd_skip_zero(&r, 3));
	assert_int_equal(rd_left(&r), 1);
}

static void test_sub_readers(void **state)
{
	struct rd r = rd_make(bytes, sizeof bytes), sub, deep;
	uint8_t b;

	(void)state;
	assert_true(rd_skip(&r, 2) && rd_take(&r, 5, &sub));
	assert_int_equal(rd_left(&sub), 5);
	assert_int_equal(rd_off(&sub), 2);              /* offsets stay those of the whole blob */
	assert_int_equal(rd_left(&r), 3);
	assert_true(rd_u8(&sub, &b) && b == 3);
	assert_false(rd_skip(&sub, 5));                 /* cannot run into its neighbour */
	assert_true(rd_at(&sub, 1, 3, &deep));
	assert_true(rd_u8(&deep, &b) && b == 5);
	assert_int_equal(rd_left(&sub), 4);             /* rd_at moves nothing */
	assert_true(rd_at(&sub, 4, 0, &deep));
	assert_false(rd_at(&sub, 5, 0, &deep));
	assert_false(rd_at(&sub, 1, 4, &deep));
	assert_false(rd_at(&sub, SIZE_MAX, 1, &deep));
	assert_false(rd_at(&sub, 1, SIZE_MAX, &deep));
	assert_false(rd_take(&r, 4, &deep));
	assert_int_equal(rd_left(&r), 3);
}

static void test_blocks(void **state)
{
	static const uint8_t be[] = { 0, 2, 7, 8, 0, 3, 1 }, le[] = { 2, 0, 0, 0, 7, 8, 0xff, 0xff,
	    0xff, 0xff };
	struct rd r = rd_make(be, sizeof be), out = { 0 };

	(void)state;
	assert_true(rd_be16_block(&r, &out));
	assert_memory_equal(rd_ptr(&out), be + 2, 2);
	assert_int_equal(rd_left(&out), 2);
	assert_false(rd_be16_block(&r, &out));          /* 3 announced, 1 there: the length is not consumed */
	assert_int_equal(rd_left(&r), 3);
	assert_int_equal(rd_left(&out), 2);
	r = rd_make(le, sizeof le);
	assert_true(rd_le32_block(&r, &out));
	assert_memory_equal(rd_ptr(&out), le + 4, 2);
	assert_false(rd_le32_block(&r, &out));
	assert_int_equal(rd_left(&r), 4);
	r = rd_make(be, 1);
	assert_false(rd_be16_block(&r, &out) || rd_le32_block(&r, &out));
}

static void test_bytes_zero(void **state)
{
	uint8_t z[33] = { 0 };

	(void)state;
	assert_true(bytes_zero(NULL, 0));
	assert_true(bytes_zero(z, sizeof z));
	for (size_t i = 0; i < sizeof z; i++) {
		z[i] = 0x80;
		assert_false(bytes_zero(z, sizeof z));
		assert_true(bytes_zero(z, i));
		z[i] = 0;
	}
}

/* Every single differing bit must be seen, wherever it is. */
static void test_bytes_equal(void **state)
{
	uint8_t a[48], b[48];

	(void)state;
	for (size_t i = 0; i < sizeof a; i++)
		a[i] = b[i] = (uint8_t)(i * 37);
	assert_true(bytes_equal(a, b, sizeof a));
	assert_true(bytes_equal(NULL, NULL, 0));
	for (size_t i = 0; i < sizeof a; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			b[i] ^= (uint8_t)(1U << bit);
			assert_false(bytes_equal(a, b, sizeof a));
			assert_true(bytes_equal(a, b, i));
			b[i] ^= (uint8_t)(1U << bit);
		}
}

static void test_bytes_order(void **state)
{
	(void)state;
	assert_true(bytes_order("abc", 3, "abc", 3) == 0);
	assert_true(bytes_order("abc", 3, "abd", 3) < 0);
	assert_true(bytes_order("ab", 2, "abc", 3) < 0);
	assert_true(bytes_order("abc", 3, "ab", 2) > 0);
	assert_true(bytes_order("\xff", 1, "a", 1) > 0);        /* bytes are unsigned */
	assert_true(bytes_order("a\0b", 3, "a\0c", 3) < 0);
	assert_true(bytes_order(NULL, 0, "a", 1) < 0);
	assert_true(bytes_order(NULL, 0, NULL, 0) == 0);
}

static void test_copy_and_reverse(void **state)
{
	uint8_t out[sizeof bytes] = { 0 };

	(void)state;
	bytes_copy(out, NULL, 0);
	bytes_copy(out, bytes, sizeof bytes);
	assert_memory_equal(out, bytes, sizeof bytes);
	bytes_reverse(out, bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		assert_int_equal(out[i], bytes[sizeof bytes - 1 - i]);
	bytes_reverse(out, bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_readers),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_integers_truncated),
		cmocka_unit_test(test_copy_and_skip),
		cmocka_unit_test(test_skip_zero),
		cmocka_unit_test(test_sub_readers),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_bytes_zero),
		cmocka_unit_test(test_bytes_equal),
		cmocka_unit_test(test_bytes_order),
		cmocka_unit_test(test_copy_and_reverse),
	};

	return cmocka_run_group_tests_name("rd", tests, NULL, NULL);
}
