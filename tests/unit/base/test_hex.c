#include "tests/harness/check.h"

#include <string.h>

#include "lib/base/hex.h"

static void test_encode(void **state)
{
	static const uint8_t b[] = { 0x00, 0x0f, 0xa5, 0xff };
	struct arena *a = arena_new(1 << 16);
	char out[9];

	(void)state;
	hex_encode(b, sizeof b, out);
	assert_string_equal(out, "000fa5ff");
	hex_encode(NULL, 0, out);
	assert_string_equal(out, "");
	assert_string_equal(hex_arena(a, b, 3), "000fa5");
	assert_string_equal(hex_arena(a, NULL, 0), "");
	assert_null(hex_arena(a, b, SIZE_MAX));
	assert_null(hex_arena(a, b, SIZE_MAX / 2));
	arena_free(a);
}

static void test_every_byte_round_trips(void **state)
{
	struct att_error e = { 0 };
	char text[3];
	uint8_t b, back;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		b = (uint8_t)i;
		hex_encode(&b, 1, text);
		CHECK_OK(hex_decode(text, 2, &back, 1, &e), &e);
		assert_int_equal(back, b);
	}
	CHECK_OK(hex_decode("aBcD", 4, (uint8_t[2]){ 0 }, 2, &e), &e);
	CHECK_OK(hex_decode("", 0, NULL, 0, &e), &e);
}

/* Every byte that is no digit is refused in both places, and the output stays as it was. */
static void test_bad_characters(void **state)
{
	struct att_error e = { 0 };
	uint8_t out = 0x5a;

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		char first[2] = { (char)c, '0' }, second[2] = { '0', (char)c };
		if (c && strchr("0123456789abcdefABCDEF", (int)c))
			continue;
		CHECK_ERR(hex_decode(first, 2, &out, 1, &e), &e, ATT_E_BAD_ENCODING,
		    "offset 0 is no hex digit");
		CHECK_ERR(hex_decode(second, 2, &out, 1, &e), &e, ATT_E_BAD_ENCODING,
		    "offset 1 is no hex digit");
	}
	assert_int_equal(out, 0x5a);
}

static void test_bad_lengths(void **state)
{
	struct att_error e = { 0 };
	uint8_t out[4];

	(void)state;
	CHECK_ERR(hex_decode("00", 2, out, 2, &e), &e, ATT_E_BAD_ENCODING, "2 characters, want 4");
	CHECK_ERR(hex_decode("000000", 6, out, 2, &e), &e, ATT_E_BAD_ENCODING, "6 characters, want 4");
	CHECK_ERR(hex_decode("00000", 5, out, 2, &e), &e, ATT_E_BAD_ENCODING, "5 characters, want 4");
	CHECK_ERR(hex_decode("0", 1, out, 0, &e), &e, ATT_E_BAD_ENCODING, "1 characters, want 0");
	CHECK_ERR(hex_decode("0x00", 4, out, 2, &e), &e, ATT_E_BAD_ENCODING, "0x78 at offset 1");
}

static void test_source_fails(void **state)
{
	struct failing f;
	struct arena *a = arena_failing(&f, 1);

	(void)state;
	assert_null(hex_arena(a, "x", 1));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_every_byte_round_trips),
		cmocka_unit_test(test_bad_characters),
		cmocka_unit_test(test_bad_lengths),
		cmocka_unit_test(test_source_fails),
	};

	return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
