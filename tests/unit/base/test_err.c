#include "tests/harness/check.h"

#include <string.h>

#include "lib/base/utf8.h"

static void test_first_cause_wins(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	assert_false(att_fail(&e, ATT_E_TRUNCATED, "%d bytes left", 3));
	assert_false(att_fail(&e, ATT_E_NOMEM, "later"));
	assert_int_equal(e.code, ATT_E_TRUNCATED);
	assert_string_equal(e.text, "3 bytes left");
	assert_false(att_fail(NULL, ATT_E_NOMEM, "nobody listens"));
}

static void test_within(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	assert_false(att_within(&e, "cert[%d]", 1));
	assert_int_equal(e.text[0], 0);                 /* no error, nothing to say */
	assert_false(att_fail(&e, ATT_E_BAD_FORMAT, "version 3, want 4"));
	assert_false(att_within(&e, "cert[%d]", 1));
	assert_false(att_within(&e, "quote"));
	assert_string_equal(e.text, "quote: cert[1]: version 3, want 4");
	assert_int_equal(e.code, ATT_E_BAD_FORMAT);
	assert_false(att_within(NULL, "x"));
}

static void test_clear(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	assert_false(att_fail(&e, ATT_E_LIMIT, "x"));
	att_error_clear(&e);
	assert_int_equal(e.code, ATT_E_OK);
	assert_int_equal(e.text[0], 0);
	att_error_clear(NULL);
}

/* Long texts are cut to the object, never in the middle of a character. */
static void test_long_texts(void **state)
{
	struct att_error e = { 0 };
	char long_text[1200];

	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		size_t n = shift;
		memset(long_text, 'x', shift);
		for (; n + 3 < sizeof long_text; n += 3)
			memcpy(long_text + n, "\xe2\x82\xac", 3);
		long_text[n] = 0;
		att_error_clear(&e);
		assert_false(att_fail(&e, ATT_E_LIMIT, "%s", long_text));
		assert_int_equal(strlen(e.text), sizeof e.text - 1);
		assert_true(utf8_valid(e.text, strlen(e.text)));
		assert_false(att_within(&e, "%s", "y"));
		assert_memory_equal(e.text, "y: ", 3);
		assert_true(utf8_valid(e.text, strlen(e.text)));
		assert_false(att_within(&e, "%s", long_text));
		assert_true(utf8_valid(e.text, strlen(e.text)));
	}
}

static void test_hostile_bytes_are_masked(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	assert_false(att_fail(&e, ATT_E_BAD_FORMAT, "name \"%s\"", "a\nb\x1b[31m\xff\xc3\xa9"));
	assert_string_equal(e.text, "name \"a?b?[31m?\xc3\xa9\"");
	assert_false(att_within(&e, "a\rb"));
	assert_string_equal(e.text, "a?b: name \"a?b?[31m?\xc3\xa9\"");
}

static void test_code_table(void **state)
{
	(void)state;
#define X(name, http, code, text) \
	assert_int_equal(att_err_http(ATT_E_##name), http); \
	assert_string_equal(att_err_name(ATT_E_##name), code); \
	assert_string_equal(att_err_text(ATT_E_##name), text);
	ATT_ERRORS(X)
#undef X
	/* an unknown code is an internal error */
	assert_int_equal(att_err_http((enum att_err)9999), 500);
	assert_string_equal(att_err_name((enum att_err)9999), "InternalError");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_cause_wins),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_hostile_bytes_are_masked),
		cmocka_unit_test(test_code_table),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
