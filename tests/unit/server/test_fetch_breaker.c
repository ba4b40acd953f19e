/* Breaker, budget, memory of absent keys and pauses: functions of a clock value, so no test waits.
 */
#include "tests/harness/check.h"

#include <stdio.h>
#include <string.h>

#include "server/fetch/breaker.h"
#include "server/fetch/budget.h"

static const struct breaker_rule rule = { .failures = 5, .open_ms = 30000, .open_max_ms = 600000 };

/* Exactly this wait; 0: may be asked. */
static void expect(struct breaker *b, int64_t now, int64_t want)
{
	int64_t wait = 0;
	bool may = breaker_take(b, now, &wait);

	assert_int_equal(wait, want);
	assert_int_equal(may, want == 0);
}

static void fail_times(struct breaker *b, int64_t now, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		expect(b, now, 0);
		breaker_failed(b, &rule, now);
	}
}

static void test_opens(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	fail_times(&b, 1000, 4);
	expect(&b, 1000, 0);
	breaker_ok(&b);
	/* Only failures in a row count. */
	fail_times(&b, 1000, 5);
	expect(&b, 1000, 30000);
	expect(&b, 30999, 1);
	expect(&b, 31000, 0);           /* the probe */
	expect(&b, 31000, 1000);        /* and only one */
	breaker_ok(&b);
	expect(&b, 31000, 0);
	fail_times(&b, 31000, 4);
	expect(&b, 31000, 0);
}

static void test_doubles(void **state)
{
	static const int64_t lengths[] = { 30000, 60000, 120000, 240000, 480000, 600000, 600000 };
	struct breaker b = { 0 };
	int64_t now = 0;

	(void)state;
	fail_times(&b, now, 5);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		expect(&b, now, lengths[i]);
		/* Answers to questions from before say nothing new. */
		breaker_failed(&b, &rule, now);
		expect(&b, now + lengths[i] - 1, 1);
		now += lengths[i];
		expect(&b, now, 0);
		breaker_failed(&b, &rule, now);
	}
	now += 600000;
	expect(&b, now, 0);
	breaker_ok(&b);
	fail_times(&b, now, 5);
	expect(&b, now, 30000);
}

static void test_probe_returned(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	fail_times(&b, 0, 5);
	expect(&b, 30000, 0);
	breaker_return(&b);
	expect(&b, 30000, 0);
	breaker_return(&b);
	breaker_return(&b);
	expect(&b, 29999, 1);
}

static void test_asked(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	breaker_asked(&b, 1000, 7000);
	expect(&b, 1000, 7000);
	breaker_asked(&b, 2000, 1000);
	expect(&b, 2000, 6000);
	expect(&b, 7999, 1);
	expect(&b, 8000, 0);
	/* Whichever is longer. */
	fail_times(&b, 8000, 5);
	breaker_asked(&b, 8000, 1000);
	expect(&b, 8000, 1000);
	expect(&b, 9000, 0);
}

static void test_budget(void **state)
{
	struct att_error e = { 0 };
	struct budget b = { 0 };
	int64_t wait = 0;

	(void)state;
	CHECK_OK(budget_init(&b, 10, &e), &e);
	for (int64_t i = 0; i < 10; i++)
		assert_true(budget_take(&b, 100 * i, &wait));
	assert_false(budget_take(&b, 1000, &wait));
	assert_int_equal(wait, 59000);
	assert_false(budget_take(&b, 59999, &wait));
	assert_int_equal(wait, 1);
	/* In no minute more than ten, wherever it begins. */
	assert_true(budget_take(&b, 60000, &wait));
	assert_false(budget_take(&b, 60099, &wait));
	assert_true(budget_take(&b, 60100, &wait));
	for (unsigned i = 0; i < 10; i++)
		assert_true(budget_take(&b, 1000000, &wait));
	assert_false(budget_take(&b, 1000000, &wait));
	budget_clear(&b);
	CHECK_OK(budget_init(&b, 0, &e), &e);
	assert_false(budget_take(&b, 0, &wait));
	assert_int_equal(wait, BUDGET_WINDOW_MS);
	budget_clear(&b);
}

static void test_absent(void **state)
{
	struct att_error e = { 0 };
	struct absent a = { 0 };
	char id[400];

	(void)state;
	CHECK_OK(absent_init(&a, 4, 600000, &e), &e);
	assert_int_equal(absent_left(&a, "x", 0), 0);
	absent_put(&a, "x", 1000);
	assert_int_equal(absent_left(&a, "x", 1000), 600000);
	assert_int_equal(absent_left(&a, "x", 600999), 1);
	assert_int_equal(absent_left(&a, "x", 601000), 0);
	assert_int_equal(absent_left(&a, "y", 1000), 0);
	absent_put(&a, "x", 2000);
	assert_int_equal(a.n, 1);
	assert_int_equal(absent_left(&a, "x", 2000), 600000);
	/* Full: the oldest goes. */
	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(id, sizeof id, "k%u", i);
		absent_put(&a, id, 2000);
	}
	assert_int_equal(a.n, 4);
	assert_int_equal(absent_left(&a, "x", 2000), 0);
	assert_int_equal(absent_left(&a, "k0", 2000), 600000);
	memset(id, 'a', sizeof id - 1);
	id[sizeof id - 1] = '\0';
	absent_put(&a, id, 2000);
	assert_int_equal(absent_left(&a, id, 2000), 0);
	assert_int_equal(absent_left(&a, "k0", 2000), 600000);
	absent_clear(&a);
}

static void test_pause(void **state)
{
	(void)state;
	assert_int_equal(retry_pause_ms(0, 0), 0);
	assert_int_equal(retry_pause_ms(0, 200), 200);
	assert_int_equal(retry_pause_ms(0, 201), 0);
	assert_int_equal(retry_pause_ms(1, 400), 400);
	assert_int_equal(retry_pause_ms(3, 1600), 1600);
	for (unsigned i = 4; i < 100; i++)
		assert_int_equal(retry_pause_ms(i, 2000), 2000);
	for (uint32_t r = 0; r < 5000; r++)
		assert_in_range(retry_pause_ms(2, r * 7919u), 0, 800);
	assert_in_range(retry_pause_ms(UINT32_MAX, UINT32_MAX), 0, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_probe_returned),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
