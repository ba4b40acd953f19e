#include "tests/harness/check.h"

#include <string.h>

#include "lib/base/checklist.h"

static const struct check_row rows[] = {
	{ "x.signature", "the signature verifies", "spec 1", false },
	{ "x.nonce", "the nonce is the caller's", "spec 2", true },
	{ "x.chain", "the chain ends in a pinned root", "spec 3", false },
};
enum { SIGNATURE, NONCE, CHAIN, N };

static struct checklist fresh(struct arena *a)
{
	struct checklist c;
	struct att_error e = { 0 };

	CHECK_OK(checklist_init(&c, a, rows, N, &e), &e);
	return c;
}

static void test_starts_unreached(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct checklist c = fresh(a);
	size_t missing = 99;

	(void)state;
	for (size_t i = 0; i < N; i++)
		assert_int_equal(c.results[i].outcome, CHECK_NA);
	assert_false(checklist_failed(&c));
	assert_false(checklist_complete(&c, &missing));
	assert_int_equal(missing, SIGNATURE);
	arena_free(a);
}

/* A verifier that skips a step cannot say yes, unless the step is optional. */
static void test_complete(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct checklist c = fresh(a);
	size_t missing = 99;

	(void)state;
	assert_true(check_pass(&c, SIGNATURE));
	assert_false(checklist_complete(&c, &missing));
	assert_int_equal(missing, CHAIN);
	assert_true(check_pass(&c, CHAIN));
	assert_true(checklist_complete(&c, &missing));
	assert_false(check_fail(&c, NONCE, "a", "b"));  /* optional, but failed */
	assert_false(checklist_complete(&c, &missing));
	assert_int_equal(missing, NONCE);
	arena_free(a);
}

static void test_no_rows(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct checklist c;
	struct att_error e = { 0 };
	size_t missing = 99;

	(void)state;
	CHECK_OK(checklist_init(&c, a, NULL, 0, &e), &e);
	assert_false(checklist_failed(&c));
	assert_false(checklist_complete(&c, &missing));
	assert_int_equal(missing, 0);
	arena_free(a);
}

static void test_failed_stays_failed(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct checklist c = fresh(a);

	(void)state;
	assert_true(check_pass(&c, CHAIN));
	assert_false(check_fail(&c, CHAIN, "root A", "root B"));
	assert_true(check_pass(&c, CHAIN));             /* true, so it can end a condition; changes nothing */
	assert_int_equal(c.results[CHAIN].outcome, CHECK_FAIL);
	assert_false(check_fail(&c, CHAIN, "other", "later"));
	assert_string_equal(c.results[CHAIN].expected, "root A");
	assert_string_equal(c.results[CHAIN].found, "root B");
	assert_false(check_fail(&c, SIGNATURE, "x", "y"));
	assert_int_equal(c.first_failed, CHAIN);
	assert_true(checklist_failed(&c));
	arena_free(a);
}

static void test_private(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct checklist c = fresh(a);

	(void)state;
	assert_false(check_fail_private(&c, NONCE, "secret policy", "b"));
	assert_true(c.results[NONCE].expected_private);
	assert_false(check_fail(&c, NONCE, "public", "b"));
	assert_true(c.results[NONCE].expected_private);         /* cannot be made public afterwards */
	assert_false(check_fail(&c, CHAIN, "a", "b"));
	assert_false(c.results[CHAIN].expected_private);
	arena_free(a);
}

static void test_texts(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct checklist c = fresh(a);
	char big[600];

	(void)state;
	assert_string_equal(check_text(&c, "%d and %s", 4, "x\ny"), "4 and x?y");
	assert_string_equal(check_text_hex(&c, "\x01\xff", 2), "01ff");
	memset(big, 'z', sizeof big - 1);
	big[sizeof big - 1] = 0;
	assert_int_equal(strlen(check_text(&c, "%s", big)), 511);
	arena_free(a);
}

static void test_source_fails(void **state)
{
	struct failing f;
	struct arena *a = arena_failing(&f, 1), *tiny = arena_new(sizeof(struct check_result) * N + 15);
	struct checklist c;
	struct att_error e = { 0 };

	(void)state;
	CHECK_ERR(checklist_init(&c, a, rows, N, &e), &e, ATT_E_NOMEM, "out of memory");
	c = fresh(tiny);
	assert_string_equal(check_text(&c, "%s", "a text that does not fit any more"), "(out of memory)");
	assert_string_equal(check_text_hex(&c, "0123456789abcdef", 16), "(out of memory)");
	arena_free(tiny);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts_unreached),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_no_rows),
		cmocka_unit_test(test_failed_stays_failed),
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_source_fails),
	};

	return cmocka_run_group_tests_name("checklist", tests, NULL, NULL);
}
