#include "tests/harness/check.h"

#include <string.h>

#include "lib/base/utf8.h"

/* The definition, written the other way round: decode by arithmetic and ask whether the code point is fit. */
static size_t model(const uint8_t *b, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = b[0] < 0x80 ? 1 : b[0] >> 5 == 6 ? 2 : b[0] >> 4 == 14 ? 3 : b[0] >> 3 == 30 ? 4 : 0;
	uint32_t c;

	if (len == 0 || len > n)
		return 0;
	if (len == 1)
		return 1;
	c = b[0] & (0xffU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if (b[i] >> 6 != 2)
			return 0;
		c = c << 6 | (b[i] & 0x3fU);
	}
	return c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : len;
}

/* Every two-byte start, with third and fourth bytes at the borders of their ranges, in every length. */
static void test_all_starts(void **state)
{
	static const uint8_t tails[] = { 0x00, 0x7f, 0x80, 0x9f, 0xbf, 0xc0, 0xff };
	uint8_t b[4];

	(void)state;
	for (unsigned start = 0; start < 65536; start++)
		for (size_t t = 0; t < sizeof tails * sizeof tails; t++) {
			b[0] = (uint8_t)(start >> 8);
			b[1] = (uint8_t)start;
			b[2] = tails[t / sizeof tails];
			b[3] = tails[t % sizeof tails];
			for (size_t n = 1; n <= 4; n++)
				if (utf8_char_len(b, n) != model(b, n))
					fail_msg("%02x %02x %02x %02x in %zu: %zu", b[0], b[1], b[2], b[3], n,
					    utf8_char_len(b, n));
		}
	assert_int_equal(utf8_char_len(b, 0), 0);
}

static void test_valid(void **state)
{
	(void)state;
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid("a\0\xc3\xa9\xf0\x9f\x98\x80", 8));
	assert_false(utf8_valid("a\xc3", 2));
	assert_false(utf8_valid("\xed\xa0\x80", 3));
	assert_false(utf8_valid("\xc0\x80", 2));
}

static void test_mask(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" }, { "plain", "plain" }, { "a\tb\nc\x7f", "a?b?c?" }, { "\xe2\x82", "??" },
		{ "\xe2\x82\xac", "\xe2\x82\xac" }, { "\xff" "a", "?a" }, { "\xe2\x82z", "??z" },
	};
	char s[16];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		memcpy(s, rows[i][0], strlen(rows[i][0]) + 1);
		utf8_mask(s);
		assert_string_equal(s, rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_starts),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_mask),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
