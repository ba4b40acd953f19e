/* server/collateral: renewal, expiry, the offline folder, reports, the time floor. */
#include "tests/unit/server/collateral_kit.h"

static void tick(int64_t at_s)
{
	t.now_us += (at_s - t.now_s) * 1000000;
	t.now_s = at_s;
	(void)collateral_check(&t.c);
}

/* A day after it was fetched, in the background, one after the other; the old one serves meanwhile.
 */
static void test_refresh(void **state)
{
	struct said s = good_info, l = good_crl;

	(void)state;
	check_piece(bring(0, info, good_info), 0, "info 18");
	check_piece(bring(1, crl, good_crl), 0, "list 5");
	tick(NOW + DAY - DAY / 10 - 1);
	assert_int_equal(t.nfetches, 2);
	tick(NOW + DAY);
	assert_int_equal(t.nfetches, 3);
	tick(NOW + DAY + 60);
	assert_int_equal(t.nfetches, 3);
	check_piece(ask_one(2, info), 0, "info 18");
	assert_int_equal(t.done, 3);
	/* The same again: nobody has to forget anything. */
	t.changed = 0;
	fetched(2, FETCH_FOUND, "", 0);
	judged(2, strcmp(t.fetch[2].what.kind, "tcb-info") == 0 ? s : l);
	assert_int_equal(t.changed, 0);
	/* Then the other one; a newer piece makes workers forget. */
	(void)collateral_check(&t.c);
	assert_int_equal(t.nfetches, 4);
	assert_string_not_equal(t.fetch[3].what.kind, t.fetch[2].what.kind);
	fetched(3, FETCH_FOUND, "", 0);
	s.piece = l.piece = "newer";
	s.issued = l.issued = NOW + DAY;
	judged(3, strcmp(t.fetch[3].what.kind, "tcb-info") == 0 ? s : l);
	assert_int_equal(t.changed, 1);
	(void)collateral_check(&t.c);
	assert_int_equal(t.nfetches, 4);
	tick(NOW + DAY + DAY / 2);
	assert_int_equal(t.nfetches, 4);
	tick(NOW + 2 * DAY + 120);
	assert_int_equal(t.nfetches, 5);
}

/* Failures are repeated more and more rarely; the old one serves until it expires, not a second
 * longer. */
static void test_refresh_fails(void **state)
{
	static const int64_t pauses[] = { 300, 600, 1200, 2400, 4800, 9600, 19200, 21600, 21600 };
	int64_t at = NOW + DAY;

	(void)state;
	check_piece(bring(0, info, good_info), 0, "info 18");
	tick(at);
	for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
		assert_int_equal(t.nfetches, i + 2);
		fetched((unsigned)i + 1, FETCH_FAILED, "down", 0);
		tick(at + pauses[i] - 1);
		assert_int_equal(t.nfetches, i + 2);
		check_piece(ask_one((unsigned)i + 1, info), 0, "info 18");
		at += pauses[i];
		tick(at + 60);
		at += 60;
	}
	t.changed = 0;
	tick(good_info.expires);
	check_piece(ask_one(20, info), 0, "info 18");
	assert_int_equal(t.changed, 0);
	tick(good_info.expires + 61);
	assert_int_equal(t.changed, 1);
	/* It joins the renewal that is under way. */
	(void)ask_one(21, info);
	fetched(t.nfetches - 1, FETCH_FAILED, "down", 0);
	check_lacking(&t.wait[21], "down");
}

static void test_refresh_retry_after(void **state)
{
	(void)state;
	check_piece(bring(0, info, good_info), 0, "info 18");
	tick(NOW + DAY);
	fetched(1, FETCH_FAILED, "busy", 5000);
	tick(NOW + DAY + 4999);
	assert_int_equal(t.nfetches, 2);
	tick(NOW + DAY + 5061);
	assert_int_equal(t.nfetches, 3);
}

/* What expires soon is renewed before, but not in every turn when the source has no newer one. */
static void test_refresh_before_expiry(void **state)
{
	struct said s = good_crl;

	(void)state;
	s.expires = NOW + 2 * 3600;
	check_piece(bring(0, crl, s), 0, "list 5");
	tick(NOW + 3599);
	assert_int_equal(t.nfetches, 1);
	tick(NOW + 3660);
	assert_int_equal(t.nfetches, 2);
	fetched(1, FETCH_FOUND, "", 0);
	judged(1, s);
	tick(NOW + 3660 + 120);
	assert_int_equal(t.nfetches, 2);
}

/* No request needs it; it comes all the same where there is TCB Info. */
static void test_numbers_are_fetched(void **state)
{
	struct att_error e = { 0 };
	int64_t gone;

	(void)state;
	CHECK_OK(collateral_forget(&t.c, "evaluation-numbers", "SGX", &gone, &e), &e);
	tick(NOW + 60);
	assert_int_equal(t.nfetches, 0);
	check_piece(bring(0, info, good_info), 0, "info 18");
	tick(NOW + 120);
	assert_int_equal(t.nfetches, 2);
	assert_string_equal(t.fetch[1].what.kind, "evaluation-numbers");
	assert_string_equal(t.fetch[1].what.key, "SGX");
	assert_true(t.fetch[1].is_authentic);
	fetched(1, FETCH_ABSENT, "none", 600);
	tick(NOW + 120 + 599);
	assert_int_equal(t.nfetches, 2);
}

/* A number that only a policy asked for goes some time after it has expired; its mark stays. */
static void test_lapsed_numbers_go(void **state)
{
	static const struct want number = { "tcb-info", "SGX-00906ed50000", "17" };
	struct said s = good_info;

	(void)state;
	s.evaluation = 17;
	check_piece(bring(0, number, s), 0, "info 18");
	check_piece(bring(1, info, good_info), 0, "info 18");
	collateral_fetcher(&t.c, false);
	tick(good_info.expires + 30 * DAY);
	check_lacking(ask_one(2, number), "expired at");
	tick(good_info.expires + 30 * DAY + 61);
	check_lacking(ask_one(3, number), "no source is configured");
	check_lacking(ask_one(4, info), "expired at");
	collateral_fetcher(&t.c, true);
	s.issued--;
	check_lacking(bring(5, number, s), "issue");
}

static void import(const struct said *s, size_t n)
{
	struct buf b = buf_make(t.a);
	struct att_error e = { 0 };

	put(&b, "a file");
	CHECK_OK(collateral_import(&t.c, rd_make(b.p, b.len), &e), &e);
	assert_int_equal(t.c.importing, 1);
	judged_all(t.njudged - 1, s, n);
	assert_int_equal(t.c.importing, 0);
}

/* The folder's highest number stands for the baselines until a source says what they are. */
static void test_offline(void **state)
{
	static const struct want early = { "tcb-info", "SGX-00906ed50000", "early" };
	struct said folder[4] = { good_info, good_info, good_crl,
		{ "snp-chain", "Milan-vcek", 0, NOW, NOW + DAY, "", "good", "chain" } };

	(void)state;
	folder[1].evaluation = 17;
	folder[1].piece = "info 17";
	collateral_fetcher(&t.c, false);
	import(folder, 4);
	check_piece(ask_one(0, info), 0, "info 18");
	check_piece(ask_one(1, early), 0, "info 18");
	check_piece(ask_one(2, crl), 0, "list 5");
	assert_int_equal(t.changed, 1);
	/* The same folder again changes nothing; an older one is not taken. */
	import(folder, 4);
	assert_int_equal(t.changed, 1);
	folder[0].issued -= 1;
	folder[0].piece = "older";
	folder[1].fault = "signature";
	folder[1].piece = "forged";
	import(folder, 2);
	check_piece(ask_one(3, info), 0, "info 18");
	assert_int_equal(t.changed, 1);
}

static void test_source_before_folder(void **state)
{
	struct said folder = good_info;

	(void)state;
	check_piece(bring(0, info, good_info), 0, "info 18");
	folder.evaluation = 19;
	folder.piece = "info 19";
	import(&folder, 1);
	check_piece(ask_one(1, info), 0, "info 18");
}

static void test_import_fails(void **state)
{
	struct buf b = buf_make(t.a);
	struct att_error e = { 0 };
	struct pool_job *job;

	(void)state;
	put(&b, "a file");
	CHECK_OK(collateral_import(&t.c, rd_make("", 0), &e), &e);
	assert_int_equal(t.c.importing, 0);
	CHECK_OK(collateral_import(&t.c, rd_make(b.p, b.len), &e), &e);
	job = t.judge[0];
	t.judge[0] = NULL;
	job->done(job, NULL);
	assert_int_equal(t.c.importing, 0);
	t.is_full = true;
	CHECK_ERR(
	    collateral_import(&t.c, rd_make(b.p, b.len), &e), &e, ATT_E_OVERLOADED, "no verifier");
	assert_int_equal(t.c.importing, 0);
}

static void test_reports(void **state)
{
	struct buf b = buf_make(t.a), m = buf_make(t.a);
	struct att_error e = { 0 };
	const char *warnings[4];

	(void)state;
	check_piece(bring(0, info, good_info), 0, "info 18");
	check_piece(bring(1, crl, good_crl), 0, "list 5");
	CHECK_OK(collateral_list_json(&t.c, t.a, &b, &e), &e);
	assert_non_null(strstr(b.p,
	    "\"kind\":\"tcb-info\",\"key\":\"SGX-00906ed50000\",\"evaluation\":18,"
	    "\"baselines\":[\"standard\"]"));
	assert_non_null(strstr(b.p, "\"crlNumber\":\"5\",\"source\":\"intel\",\"fault\":\"good\""));
	collateral_metrics(&t.c, t.a, &m);
	assert_non_null(strstr(m.p,
	    "attestd_collateral_expires_seconds{kind=\"root-crl\",key=\"root\","
	    "evaluation=\"0\"} 2505600\n"));
	assert_non_null(strstr(
	    m.p, "attestd_collateral_source_total{source=\"intel\",outcome=\"accepted\"} 2\n"));
	assert_int_equal(collateral_warnings(&t.c, t.a, warnings, 4), 0);
	t.now_s = good_crl.expires + 1;
	assert_int_equal(collateral_warnings(&t.c, t.a, warnings, 4), 2);
	assert_string_equal(
	    warnings[0], "collateral root-crl root expired at 2025-07-14T15:06:40Z");
	assert_int_equal(collateral_warnings(&t.c, t.a, warnings, 1), 1);
}

/* security-history: a clock set back does not revive what has expired. */
static void test_time_floor(void **state)
{
	struct time_floor f;
	struct att_error e = { 0 };
	struct store *s = t.c.store;
	int64_t stored;

	(void)state;
	CHECK_OK(time_floor_open(&f, s, NOW, false, &e), &e);
	(void)time_floor_check(&f, s, NOW + 10, 0);
	(void)time_floor_check(&f, s, NOW + 50, 1000000);
	CHECK_OK(store_time_floor(s, &stored, &e), &e);
	assert_int_equal(stored, NOW + 10);
	assert_true(time_floor_check(&f, s, NOW + 70, TIME_FLOOR_EVERY_US) > 59000);
	CHECK_OK(store_time_floor(s, &stored, &e), &e);
	assert_int_equal(stored, NOW + 70);
	(void)time_floor_check(&f, s, NOW + 70 - TIME_FLOOR_SLACK_S, 0);
	assert_false(f.is_behind);
	(void)time_floor_check(&f, s, NOW + 70 - TIME_FLOOR_SLACK_S - 1, 0);
	assert_true(f.is_behind);
	(void)time_floor_check(&f, s, NOW + 71, 0);
	assert_false(f.is_behind);
	/* The next start. */
	CHECK_ERR(time_floor_open(&f, s, NOW - TIME_FLOOR_SLACK_S, false, &e), &e, ATT_E_OPERATION,
	    "--reset-time-floor");
	att_error_clear(&e);
	CHECK_OK(time_floor_open(&f, s, NOW + 70 - TIME_FLOOR_SLACK_S, false, &e), &e);
	CHECK_OK(time_floor_open(&f, s, NOW - DAY, true, &e), &e);
	CHECK_OK(time_floor_open(&f, s, NOW - DAY, false, &e), &e);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_refresh),
		T(test_refresh_fails),
		T(test_refresh_retry_after),
		T(test_refresh_before_expiry),
		T(test_numbers_are_fetched),
		T(test_lapsed_numbers_go),
		T(test_offline),
		T(test_source_before_folder),
		T(test_import_fails),
		T(test_reports),
		T(test_time_floor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
