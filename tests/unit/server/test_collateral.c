/* server/collateral: who waits for what, what is fetched once, what is accepted. */
#include "tests/unit/server/collateral_kit.h"

/* Issue: 1,000 concurrent first contacts cause one fetch per item. */
static void test_single_flight(void **state)
{
	struct block pieces;
	struct att_error e = { 0 };

	(void)state;
	for (unsigned i = 0; i < WAITS; i++)
		(void)ask(i, both, 2, 0);
	assert_int_equal(t.nfetches, 2);
	assert_int_equal(t.c.nwaiting, WAITS);
	fetched(0, FETCH_FOUND, "", 0);
	fetched(1, FETCH_FOUND, "", 0);
	assert_int_equal(t.njudged, 2);
	judged(0, good_info);
	assert_int_equal(t.done, 0);
	judged(1, good_crl);
	assert_int_equal(t.done, WAITS);
	assert_int_equal(t.c.nwaiting, 0);
	for (unsigned i = 0; i < WAITS; i++) {
		check_piece(&t.wait[i], 0, "info 18");
		check_piece(&t.wait[i], 1, "list 5");
		assert_int_equal(t.wait[i].why.len, 0);
	}
	CHECK_OK(collateral_wait_pieces(&t.wait[0], &pieces, &e), &e);
	assert_int_equal(pieces.n, 8 * 4 + 8 + 16 + 8 + 7 + 8 + 4 + 0 + 6);
	/* Warm: from the store, at once. */
	collateral_wait_clear(&t.wait[0]);
	(void)ask(0, both, 2, 0);
	assert_int_equal(t.done, WAITS + 1);
	assert_int_equal(t.nfetches, 2);
}

static void test_too_many_wait(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	t.c.waiting_max = 1;
	(void)ask(0, both, 2, 0);
	t.wait[1].done = over;
	CHECK_ERR(collateral_ask(&t.c, &t.wait[1], needs_of(both, 2, 0), &e), &e, ATT_E_OVERLOADED,
	    "too many");
	assert_int_equal(t.done, 0);
}

static void test_malformed_needs(void **state)
{
	struct rd good = needs_of(both, 2, 0), part;
	static const uint8_t bad_flag[] = { 1, 0, 0, 0, 'k', 1, 0, 0, 0, 'k', 0, 0, 0, 0, 1, 0, 0,
		0, 2 };
	struct want names[COLLATERAL_NEEDS_MAX + 1];
	struct att_error e = { 0 };
	size_t first = rd_left(&good) / 2;

	(void)state;
	for (size_t n = 1; n < rd_left(&good); n++) {
		struct collateral_wait *w = &t.wait[n];
		w->done = over;
		part = rd_make(rd_ptr(&good), n);
		att_error_clear(&e);
		if (collateral_ask(&t.c, w, part, &e)) {
			assert_int_equal(w->nneeds, 1);
			first = n;
			continue;
		}
		assert_int_equal(e.code, ATT_E_BAD_FORMAT);
	}
	assert_true(first > 0);
	att_error_clear(&e);
	CHECK_ERR(collateral_ask(&t.c, &t.wait[0], rd_make(bad_flag, sizeof bad_flag), &e), &e,
	    ATT_E_BAD_FORMAT, "malformed");
	for (size_t i = 0; i <= COLLATERAL_NEEDS_MAX; i++)
		names[i] = crl;
	att_error_clear(&e);
	CHECK_ERR(collateral_ask(&t.c, &t.wait[0],
	    needs_of(names, COLLATERAL_NEEDS_MAX + 1, 0), &e), &e,
	    ATT_E_BAD_FORMAT, "malformed");
}

static void test_nothing_needed(void **state)
{
	(void)state;
	(void)ask(0, both, 0, 0);
	assert_int_equal(t.done, 1);
}

static void test_no_fetch_role(void **state)
{
	(void)state;
	collateral_fetcher(&t.c, false);
	(void)ask_one(0, info);
	assert_int_equal(t.done, 1);
	check_lacking(
	    &t.wait[0], "tcb-info SGX-00906ed50000 (standard): not in the offline folder or store");
}

static void test_fetch_failed(void **state)
{
	(void)state;
	(void)ask(0, both, 2, 0);
	fetched(0, FETCH_FAILED, "intel: status 500 (3 times)", 30);
	assert_int_equal(t.done, 0);
	fetched(1, FETCH_ABSENT, "", 0);
	assert_int_equal(t.done, 1);
	check_lacking(
	    &t.wait[0], "tcb-info SGX-00906ed50000 (standard): intel: status 500 (3 times)");
	check_lacking(&t.wait[0], "; root-crl root: no source has it");
	/* Not again at once, but soon. */
	check_lacking(ask_one(1, info), "status 500 (3 times)");
	assert_int_equal(t.nfetches, 2);
	t.now_us += COLLATERAL_PAUSE_US;
	(void)ask_one(2, info);
	assert_int_equal(t.nfetches, 3);
}

/* Refused because anybody could have made the key up; then somebody comes who could not. */
static void test_authentic_joins(void **state)
{
	(void)state;
	(void)ask_one(0, info);
	(void)ask(1, both, 1, 1);
	assert_int_equal(t.nfetches, 1);
	assert_false(t.fetch[0].is_authentic);
	fetched(0, FETCH_REFUSED, "too many questions", 60);
	assert_int_equal(t.nfetches, 2);
	assert_true(t.fetch[1].is_authentic);
	assert_int_equal(t.done, 0);
	fetched(1, FETCH_REFUSED, "left alone", 60);
	assert_int_equal(t.nfetches, 2);
	assert_int_equal(t.done, 2);
}

/* What a source serves is judged, so the next one may still have what is wanted. */
static void test_next_source(void **state)
{
	struct said bad = good_info;

	(void)state;
	bad.fault = "signature";
	t.has_next = true;
	(void)ask_one(0, info);
	assert_string_equal(t.fetch[0].behind, "");
	fetched(0, FETCH_FOUND, "", 0);
	judged(0, bad);
	assert_int_equal(t.nfetches, 2);
	assert_string_equal(t.fetch[1].behind, "intel");
	assert_int_equal(t.done, 0);
	fetched(1, FETCH_FOUND, "", 0);
	judged(1, good_info);
	assert_int_equal(t.done, 1);
	check_piece(&t.wait[0], 0, good_info.piece);
}

/* Nobody has a good one: the reason is what was wrong with it. */
static void test_no_next_source(void **state)
{
	struct said bad = good_info;

	(void)state;
	bad.fault = "signature";
	t.has_next = true;
	(void)ask_one(0, info);
	fetched(0, FETCH_FOUND, "", 0);
	judged(0, bad);
	fetched(1, FETCH_FAILED, "second: status 500", 0);
	assert_int_equal(t.done, 1);
	check_lacking(&t.wait[0], "from intel: signature: because of that; second: status 500");
	check_lacking(ask_one(1, info), "signature: because of that");
	assert_int_equal(t.nfetches, 2);
}

/* A worker's death during JUDGE fails only that fetch. */
static void test_judge_dies(void **state)
{
	struct pool_job *job;

	(void)state;
	(void)ask(0, both, 2, 0);
	fetched(0, FETCH_FOUND, "", 0);
	fetched(1, FETCH_FOUND, "", 0);
	job = t.judge[0];
	t.judge[0] = NULL;
	job->done(job, NULL);
	judged(1, good_crl);
	assert_int_equal(t.done, 1);
	check_lacking(&t.wait[0],
	    "tcb-info SGX-00906ed50000 (standard): from intel: the process that judged");
	check_piece(&t.wait[0], 1, "list 5");
}

static void test_no_worker_free(void **state)
{
	(void)state;
	t.is_full = true;
	(void)ask_one(0, info);
	fetched(0, FETCH_FOUND, "", 0);
	assert_int_equal(t.done, 1);
	check_lacking(&t.wait[0], "no verifier is free");
}

static void test_not_readable(void **state)
{
	(void)state;
	(void)ask_one(0, info);
	fetched(0, FETCH_FOUND, "", 0);
	unreadable(0);
	check_lacking(&t.wait[0], "from intel: not PEM");
}

/* What came is not what was asked for, or is no good. */
static void test_not_accepted(void **state)
{
	static const struct want number = { "tcb-info", "SGX-00906ed50000", "17" };
	struct said s = good_info;

	(void)state;
	s.fault = "signature";
	check_lacking(bring(0, info, s), "from intel: signature: because of that");
	s.fault = "expired";
	check_lacking(bring(1, info, s), "from intel: expired");
	s = good_info;
	s.key = "SGX-00a067110000";
	check_lacking(bring(2, info, s), "from intel: something else came");
	check_lacking(bring(3, info, good_crl), "from intel: something else came");
	check_lacking(bring(4, number, good_info), "from intel: evaluation number is 18, want 17");
	s.key = "SGX\" 1";
	check_lacking(bring(6, info, s), "something else came");
	s.key = "";
	s.fault = "form";
	check_lacking(bring(7, info, s), "from intel: malformed: because of that");
	assert_int_equal(t.changed, 0);
	check_piece(bring(5, info, good_info), 0, "info 18");
	assert_int_equal(t.changed, 1);
}

/* Which platform a PCK certificate was asked for, only the question says. */
static void test_pck_certificate(void **state)
{
	static const struct want cert = { "pck-cert",
		"00112233445566778899aabbccddeeff-0000-00-0b00", "" };
	struct said s = { "pck-cert", "any-0000-01-0b00", 0, NOW - DAY, NOW + 300 * DAY, "", "good",
		"certificate" };

	(void)state;
	check_piece(bring(0, cert, s), 0, "certificate");
	check_piece(ask_one(1, cert), 0, "certificate");
	assert_int_equal(t.nfetches, 1);
}

/* security-history B5: older TCB info, lower CRL number, lower evaluation number. */
static void test_rollback(void **state)
{
	static const struct want early = { "tcb-info", "SGX-00906ed50000", "early" };
	struct said s = good_info;
	struct att_error e = { 0 };
	int64_t gone;

	(void)state;
	check_piece(bring(0, crl, good_crl), 0, "list 5");
	check_piece(bring(1, info, good_info), 0, "info 18");
	/* Only what is not current is asked for again. */
	t.now_s = NOW + 30 * DAY;
	s.expires = t.now_s + DAY;
	s.issued = good_info.issued - 1;
	check_lacking(bring(2, info, s), "issue");
	s = good_crl;
	s.expires = t.now_s + DAY;
	s.issued = t.now_s;
	s.crl_number = "4";
	check_lacking(bring(3, crl, s), "number");
	s = good_info;
	s.evaluation = 17;
	s.issued = t.now_s;
	s.expires = t.now_s + DAY;
	check_lacking(bring(4, info, s), "evaluation number 17 is lower than 18");
	/* For another baseline it may be the right one. */
	s.piece = "info 17";
	check_piece(bring(5, early, s), 0, "info 17");
	/* A newer one of the same number is taken. */
	s.evaluation = 18;
	s.piece = "info 18b";
	check_piece(bring(6, info, s), 0, "info 18b");
	/* An administrator may go back. */
	CHECK_OK(collateral_forget(&t.c, "tcb-info", "SGX-00906ed50000", &gone, &e), &e);
	assert_true(gone > 0);
	s.evaluation = 17;
	s.piece = "info 17b";
	check_piece(bring(7, info, s), 0, "info 17b");
}

/* Going back counts at once. */
static void test_forget_counts_at_once(void **state)
{
	struct said s = good_info;
	struct att_error e = { 0 };
	int64_t gone;

	(void)state;
	s.fault = "signature";
	check_lacking(bring(0, info, s), "signature");
	check_lacking(ask_one(1, info), "signature");
	CHECK_OK(collateral_forget(&t.c, "tcb-info", "SGX-00906ed50000", &gone, &e), &e);
	assert_int_equal(t.nfetches, 2);        /* the source, and whoever is behind it */
	(void)ask_one(2, info);
	assert_int_equal(t.nfetches, 3);
}

/* A baseline is what the source says it is, not what arrived last. */
static void test_baselines_are_apart(void **state)
{
	static const struct want early = { "tcb-info", "SGX-00906ed50000", "early" };
	static const struct want number = { "tcb-info", "SGX-00906ed50000", "19" };
	struct said s = good_info;

	(void)state;
	check_piece(bring(0, info, s), 0, "info 18");
	s.evaluation = 19;
	s.piece = "info 19";
	check_piece(bring(1, early, s), 0, "info 19");
	check_piece(ask_one(2, number), 0, "info 19");
	check_piece(ask_one(3, info), 0, "info 18");
	assert_int_equal(t.nfetches, 2);
}

static void test_time_is_over(void **state)
{
	(void)state;
	(void)ask(0, both, 2, 0);
	fetched(0, FETCH_FOUND, "", 0);
	judged(0, good_info);
	t.now_us = t.c.wait_us - 1;
	assert_true(collateral_check(&t.c) <= 1);
	assert_int_equal(t.done, 0);
	t.now_us++;
	(void)collateral_check(&t.c);
	assert_int_equal(t.done, 1);
	check_piece(&t.wait[0], 0, "info 18");
	check_lacking(&t.wait[0], "root-crl root: did not come within the time of a request");
	/* It is still on its way, and there for the next one. */
	fetched(1, FETCH_FOUND, "", 0);
	judged(1, good_crl);
	check_piece(ask_one(1, crl), 0, "list 5");
}

static void test_fetch_role_goes(void **state)
{
	(void)state;
	(void)ask_one(0, info);
	(void)ask_one(1, crl);
	fetched(1, FETCH_FOUND, "", 0);
	collateral_fetcher(&t.c, false);
	assert_int_equal(t.done, 1);
	check_lacking(&t.wait[0], "the fetch role is not running");
	/* What had come is judged all the same. */
	judged(0, good_crl);
	check_piece(&t.wait[1], 0, "list 5");
	/* An answer that nobody waits for. */
	fetched(0, FETCH_FOUND, "", 0);
	assert_int_equal(t.njudged, 1);
}

/* The next one is asked, once: what was asked twice may be what kills it. */
static void test_fetch_role_restarts(void **state)
{
	(void)state;
	t.c.has_sources = true;
	collateral_fetcher(&t.c, false);
	(void)ask_one(0, info);
	assert_int_equal(t.nfetches, 0);
	collateral_fetcher(&t.c, true);
	assert_int_equal(t.nfetches, 1);
	collateral_fetcher(&t.c, false);
	assert_int_equal(t.done, 0);
	collateral_fetcher(&t.c, true);
	assert_int_equal(t.nfetches, 2);
	/* The answer of the first one, late. */
	fetched(0, FETCH_FOUND, "", 0);
	assert_int_equal(t.njudged, 0);
	(void)ask_one(1, crl);
	collateral_fetcher(&t.c, false);
	assert_int_equal(t.done, 1);
	check_lacking(&t.wait[0], "the fetch role is not running");
	collateral_fetcher(&t.c, true);
	assert_int_equal(t.nfetches, 4);
	fetched(3, FETCH_FOUND, "", 0);
	judged(0, good_crl);
	check_piece(&t.wait[1], 0, "list 5");
}

static void test_fetch_role_forgets(void **state)
{
	(void)state;
	t.c.wait_us = INT64_C(1000000000);
	(void)ask_one(0, info);
	t.now_us = 120000001;
	(void)collateral_check(&t.c);
	assert_int_equal(t.done, 1);
	check_lacking(&t.wait[0], "did not answer");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_single_flight),
		T(test_too_many_wait),
		T(test_malformed_needs),
		T(test_nothing_needed),
		T(test_no_fetch_role),
		T(test_fetch_failed),
		T(test_authentic_joins),
		T(test_next_source), T(test_no_next_source), T(test_judge_dies),
		T(test_no_worker_free),
		T(test_not_readable),
		T(test_not_accepted),
		T(test_pck_certificate),
		T(test_rollback),
		T(test_forget_counts_at_once),
		T(test_baselines_are_apart),
		T(test_time_is_over),
		T(test_fetch_role_goes),
		T(test_fetch_role_restarts),
		T(test_fetch_role_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
