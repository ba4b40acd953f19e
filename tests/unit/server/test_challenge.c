/* Challenges: used once, expired, limits, and what is kept for callers with a bearer. */
#include <stdlib.h>
#include <string.h>

#include "tests/harness/check.h"

#include "lib/base/rd.h"
#include "server/api/challenge.h"

#define SECOND INT64_C(1000000)

static struct challenge_table t;
static struct att_error e;

static int clear(void **state)
{
	(void)state;
	challenge_clear(&t);
	assert_int_equal(t.n, 0);
	return 0;
}

static struct challenge_terms terms(uint32_t max, bool known, int64_t now_us)
{
	return (struct challenge_terms){
		.max = max, .lifetime_s = 300, .is_known = known, .now_us = now_us
	};
}

static void issue(char nonce[CHALLENGE_TEXT], int64_t now_us)
{
	struct challenge_terms at = terms(65536, true, now_us);

	CHECK_OK(challenge_issue(&t, &at, nonce, &e), &e);
	assert_int_equal(strlen(nonce), CHALLENGE_TEXT - 1);
}

static bool take(const char *nonce, int64_t now_us)
{
	return challenge_take(&t, nonce, strlen(nonce), now_us);
}

static void used_once(void **state)
{
	char a[CHALLENGE_TEXT], b[CHALLENGE_TEXT];

	(void)state;
	assert_false(take("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0));
	issue(a, 0);
	issue(b, 0);
	assert_string_not_equal(a, b);
	assert_true(take(a, 1));
	assert_false(take(a, 1));
	assert_true(take(b, 1));
	assert_false(take(b, 1));
	assert_int_equal(t.n, 0);
}

/* At the last microsecond, and one later. */
static void expires(void **state)
{
	char a[CHALLENGE_TEXT], b[CHALLENGE_TEXT];

	(void)state;
	issue(a, 7);
	issue(b, 7);
	assert_true(take(a, 7 + 300 * SECOND - 1));
	assert_false(take(b, 7 + 300 * SECOND));
	assert_false(take(b, 7));
	issue(a, 0);
	issue(b, 300 * SECOND); /* makes room where the first one was */
	assert_int_equal(t.n, 1);
}

static void nothing_else_is_a_nonce(void **state)
{
	char a[CHALLENGE_TEXT], damaged[CHALLENGE_TEXT + 1] = { 0 };

	(void)state;
	issue(a, 0);
	for (size_t i = 0; i < CHALLENGE_TEXT - 1; i++) {
		bytes_copy(damaged, a, CHALLENGE_TEXT);
		damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
		assert_false(take(damaged, 0));
		assert_false(challenge_take(&t, a, i, 0));
	}
	bytes_copy(damaged, a, CHALLENGE_TEXT);
	damaged[CHALLENGE_TEXT - 1] = '=';
	assert_false(take(damaged, 0));
	assert_true(take(a, 0));
}

/* As many as may be, and one more; strangers have three quarters. */
static void limits(void **state)
{
	struct challenge_terms stranger = terms(8, false, 0), known = terms(8, true, 0);
	char nonce[9][CHALLENGE_TEXT];

	(void)state;
	for (size_t i = 0; i < 6; i++)
		CHECK_OK(challenge_issue(&t, &stranger, nonce[i], &e), &e);
	CHECK_ERR(
	    challenge_issue(&t, &stranger, nonce[6], &e), &e, ATT_E_OVERLOADED, "6 challenges");
	for (size_t i = 6; i < 8; i++)
		CHECK_OK(challenge_issue(&t, &known, nonce[i], &e), &e);
	CHECK_ERR(challenge_issue(&t, &known, nonce[8], &e), &e, ATT_E_OVERLOADED, "8 challenges");
	assert_true(take(nonce[3], 0));
	CHECK_OK(challenge_issue(&t, &known, nonce[8], &e), &e);
	assert_true(take(nonce[8], 0) && take(nonce[7], 0) && take(nonce[0], 0));
	known.now_us = 300 * SECOND;
	CHECK_OK(challenge_issue(&t, &known, nonce[8], &e), &e);
	assert_int_equal(t.n, 1);
}

/* More than there are buckets, taken in another order than they were given out. */
static void many(void **state)
{
	enum { N = 10000 };
	char(*nonce)[CHALLENGE_TEXT] = malloc(sizeof *nonce * N);

	(void)state;
	assert_non_null(nonce);
	for (size_t i = 0; i < N; i++)
		issue(nonce[i], (int64_t)i);
	for (size_t i = 0; i < N; i++)
		assert_true(take(nonce[(i * 7919) % N], N));
	assert_null(t.oldest);
	assert_null(t.newest);
	free(nonce);
}

#define T(fn) cmocka_unit_test_teardown(fn, clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(used_once),
		T(expires),
		T(nothing_else_is_a_nonce),
		T(limits),
		T(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
