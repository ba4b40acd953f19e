#include "tests/harness/check.h"

#include <string.h>

#include "lib/base/buf.h"

static void test_appends(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct buf b = buf_make(a);
	static const uint8_t want[] = { 'a', 'b', 'c', '1', '2', 0, 'z' };
	struct att_error e = { 0 };

	(void)state;
	assert_null(b.p);
	buf_put(&b, NULL, 0);
	assert_string_equal(b.p, "");                   /* NUL-terminated once anything was appended */
	buf_str(&b, "ab");
	buf_char(&b, 'c');
	buf_fmt(&b, "%d", 12);
	buf_fmt(&b, "%s", "");
	buf_put(&b, "\0z", 2);
	CHECK_OK(buf_ok(&b, &e), &e);
	assert_int_equal(b.len, sizeof want);
	assert_memory_equal(b.p, want, sizeof want);
	assert_int_equal(b.p[b.len], 0);
	arena_free(a);
}

static void test_integers(void **state)
{
	static const uint8_t want[] = {
		4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1, 2, 0, 0, 0, 'h', 'i', 0, 0, 0, 0,
	};
	struct arena *a = arena_new(1 << 20);
	struct buf b = buf_make(a);

	(void)state;
	buf_le32(&b, 0x01020304);
	buf_le64(&b, UINT64_C(0x0102030405060708));
	buf_le32_block(&b, "hi", 2);
	buf_le32_block(&b, NULL, 0);
	assert_int_equal(b.len, sizeof want);
	assert_memory_equal(b.p, want, sizeof want);
	arena_free(a);
}

static void test_growth_keeps_content(void **state)
{
	struct arena *a = arena_new((size_t)1 << 22);
	struct buf b = buf_make(a);
	char big[3000];

	(void)state;
	for (size_t i = 0; i < 5000; i++)
		buf_char(&b, (char)('a' + i % 26));
	memset(big, '#', sizeof big);
	buf_put(&b, big, sizeof big);
	buf_fmt(&b, "%2000d", 7);
	assert_int_equal(b.len, 10000);
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	assert_memory_equal(b.p + 5000, big, sizeof big);
	assert_int_equal(b.p[9999], '7');
	arena_free(a);
}

/* A failed append sticks: nothing that follows makes the output look whole again. */
static void test_failure_sticks(void **state)
{
	struct arena *a = arena_new(1024);
	struct buf b = buf_make(a);
	struct att_error e = { 0 };
	char big[600] = { 0 };

	(void)state;
	buf_put(&b, big, 200);
	buf_put(&b, big, 600);
	assert_true(b.failed);
	buf_str(&b, "x");
	buf_fmt(&b, "%d", 1);
	buf_le64(&b, 1);
	buf_le32_block(&b, "x", 1);
	assert_int_equal(b.len, 200);
	CHECK_ERR(buf_ok(&b, &e), &e, ATT_E_LIMIT, "1024");
	arena_free(a);
}

static void test_overflow(void **state)
{
	struct arena *a = arena_new(SIZE_MAX);
	struct buf b = buf_make(a);
	struct att_error e = { 0 };

	(void)state;
	buf_char(&b, 'x');
	buf_put(&b, "x", SIZE_MAX - 1);
	assert_true(b.failed);
	b = buf_make(a);
	buf_put(&b, "x", SIZE_MAX / 2 + 2);             /* doubling would overflow */
	assert_true(b.failed);
	b = buf_make(a);
	buf_le32_block(&b, "x", (size_t)UINT32_MAX + 1);
	CHECK_ERR(buf_ok(&b, &e), &e, ATT_E_NOMEM, "");
	arena_free(a);
}

static void test_source_fails(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	for (size_t n = 1; ; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct buf b = buf_make(a);

		for (size_t i = 0; i < 9000; i++)
			buf_char(&b, 'x');
		buf_fmt(&b, "%30000d", 1);
		if (!f.fired) {
			CHECK_OK(buf_ok(&b, &e), &e);
			assert_int_equal(b.len, 39000);
			arena_free(a);
			return;
		}
		CHECK_ERR(buf_ok(&b, &e), &e, ATT_E_NOMEM, "out of memory");
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_growth_keeps_content),
		cmocka_unit_test(test_failure_sticks),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_source_fails),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
