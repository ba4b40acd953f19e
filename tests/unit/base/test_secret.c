/* security-history D3: secrets are compared in constant time, and nothing of them is left when they
 * are cleared. */
#include "tests/harness/check.h"

#include "lib/base/rd.h"
#include "lib/base/secret.h"

static void test_set_and_clear(void **state)
{
	struct secret s = { 0 };
	struct att_error e = { 0 };

	(void)state;
	secret_clear(&s);                               /* all-zero is legal */
	CHECK_OK(secret_set(&s, "first", 5, &e), &e);
	CHECK_OK(secret_set(&s, "second one", 10, &e), &e);
	assert_int_equal(s.len, 10);
	assert_memory_equal(s.p, "second one", 10);
	CHECK_OK(secret_set(&s, s.p + 7, 3, &e), &e);   /* from itself */
	assert_memory_equal(s.p, "one", 3);
	CHECK_OK(secret_set(&s, NULL, 0, &e), &e);
	assert_int_equal(s.len, 0);
	secret_clear(&s);
	assert_null(s.p);
	secret_clear(&s);
}

static void test_equal(void **state)
{
	struct secret s = { 0 };
	struct att_error e = { 0 };
	uint8_t other[] = { 's', 'e', 'c', 'r', 'e', 't' };

	(void)state;
	assert_true(secret_equal(&s, NULL, 0));
	assert_false(secret_equal(&s, other, 1));
	CHECK_OK(secret_set(&s, "secret", 6, &e), &e);
	assert_true(secret_equal(&s, other, 6));
	assert_false(secret_equal(&s, other, 5));
	assert_false(secret_equal(&s, other, 0));
	for (size_t i = 0; i < sizeof other; i++) {
		other[i] ^= 1;
		assert_false(secret_equal(&s, other, 6));
		other[i] ^= 1;
	}
	secret_clear(&s);
}

static void test_wipe(void **state)
{
	uint8_t b[40];

	(void)state;
	for (size_t i = 0; i < sizeof b; i++)
		b[i] = 0xff;
	secret_wipe(b, 39);
	assert_true(bytes_zero(b, 39));
	assert_int_equal(b[39], 0xff);
	secret_wipe(b, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_clear),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
