/*
 * server/collateral: who waits for what, what is fetched once, what is accepted, when it is
 * renewed.  The fetch role and the workers are played here; times are given.
 */
#include "tests/harness/check.h"

#include <stdlib.h>
#include <string.h>

#include "server/collateral/collateral.h"

#define DAY ((int64_t)86400)
#define NOW ((int64_t)1750000000)
#define FETCHES 64
#define WAITS 1000

struct asked { struct collateral_name what; bool is_authentic; uint64_t id; };

static struct {
	struct collateral c;
	struct arena *a;
	struct asked fetch[FETCHES];
	unsigned nfetches, njudged, changed;
	struct pool_job *judge[FETCHES];
	bool is_full;                   /* workers take nothing */
	int64_t now_s, now_us;
	struct collateral_wait wait[WAITS];
	unsigned done;
} t;

static bool fetch(void *state, const struct collateral_name *what, bool is_authentic, uint64_t id)
{
	(void)state;
	assert_true(t.nfetches < FETCHES);
	t.fetch[t.nfetches++] = (struct asked){ *what, is_authentic, id };
	return true;
}

static bool judge(void *state, struct pool_job *job)
{
	(void)state;
	assert_true(t.njudged < FETCHES);
	if (!t.is_full)
		t.judge[t.njudged++] = job;
	return !t.is_full;
}

static void changed(void *state)
{
	(void)state;
	t.changed++;
}

static int64_t now_s(void *state)
{
	(void)state;
	return t.now_s;
}

static int64_t now_us(void *state)
{
	(void)state;
	return t.now_us;
}

static void over(struct collateral_wait *w)
{
	assert_int_equal(w->open, 0);
	t.done++;
}

static int start(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	memset(&t, 0, sizeof t);
	t.a = arena_new(64 * MIB);
	t.now_s = NOW;
	t.c.host = (struct collateral_host){
		.fetch = fetch, .judge = judge, .changed = changed, .now_s = now_s, .now_us = now_us
	};
	t.c.waiting_max = WAITS;
	t.c.wait_us = 20000000;
	if (!store_open_sqlite(":memory:", &t.c.store, &e) || !collateral_open(&t.c, &e))
		return -1;
	/* Not due, so that tests may count. */
	if (!store_item_put(t.c.store,
		&(struct store_item){ .kind = "evaluation-numbers",
		    .key = "SGX",
		    .expires_s = INT64_MIN,
		    .crl_number = "",
		    .source = "test",
		    .fetched_s = NOW + 1000 * DAY },
		NULL, &e))
		return -1;
	collateral_fetcher(&t.c, true);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	for (unsigned i = 0; i < t.njudged; i++)
		if (t.judge[i])
			t.judge[i]->done(t.judge[i], NULL);
	collateral_clear(&t.c);
	for (unsigned i = 0; i < WAITS; i++)
		collateral_wait_clear(&t.wait[i]);
	assert_int_equal(t.c.nflights, 0);
	assert_int_equal(t.c.nwaiting, 0);
	store_close(t.c.store);
	arena_free(t.a);
	return 0;
}

static void put(struct buf *b, const char *s)
{
	buf_le32_block(b, s, strlen(s));
}

struct want { const char *kind, *key, *baseline; };

static struct rd needs_of(const struct want *names, size_t n, uint8_t authentic)
{
	struct buf b = buf_make(t.a);

	for (size_t i = 0; i < n; i++) {
		put(&b, names[i].kind);
		put(&b, names[i].key);
		put(&b, names[i].baseline);
		buf_le32_block(&b, &authentic, 1);
	}
	return rd_make(b.p ? b.p : "", b.len);
}

static const struct want info = { "tcb-info", "SGX-00906ed50000", "standard" };
static const struct want crl = { "root-crl", "root", "" };
static const struct want both[2] = { { "tcb-info", "SGX-00906ed50000", "standard" },
	{ "root-crl", "root", "" } };

static struct collateral_wait *ask(
    unsigned i, const struct want *names, size_t n, uint8_t authentic)
{
	struct att_error e = { 0 };

	t.wait[i].done = over;
	CHECK_OK(collateral_ask(&t.c, &t.wait[i], needs_of(names, n, authentic), &e), &e);
	return &t.wait[i];
}

static struct collateral_wait *ask_one(unsigned i, struct want name)
{
	return ask(i, &name, 1, 0);
}

static void fetched(unsigned i, enum fetch_outcome outcome, const char *tried, uint32_t retry_s)
{
	struct buf b = buf_make(t.a), retry = buf_make(t.a);
	uint8_t code = (uint8_t)outcome;
	struct frame f = { .op = OP_FETCHED, .id = t.fetch[i].id };

	put(&b, "raw piece");
	buf_le32(&retry, retry_s);
	f.block[0] = rd_make(&code, 1);
	f.block[1] = rd_make(retry.p, retry.len);
	f.block[2] = rd_text(outcome == FETCH_FOUND ? "intel" : "");
	f.block[3] = rd_text(tried);
	f.block[4] = rd_make(b.p, b.len);
	collateral_fetched(&t.c, &f);
}

struct said {
	const char *kind, *key;
	uint32_t evaluation;
	int64_t issued, expires;
	const char *crl_number, *fault, *piece;
};

static const struct said good_info = { "tcb-info", "SGX-00906ed50000", 18, NOW - DAY,
	NOW + 29 * DAY, "", "good", "info 18" };
static const struct said good_crl = { "root-crl", "root", 0, NOW - DAY, NOW + 29 * DAY, "5", "good",
	"list 5" };

static void put_said(struct buf *b, const struct said *s)
{
	struct buf numbers = buf_make(t.a);
	uint8_t sha[32] = { 0 };

	put(b, s->kind);
	put(b, s->key);
	buf_le32(&numbers, s->evaluation);
	buf_le64(&numbers, (uint64_t)s->issued);
	buf_le64(&numbers, (uint64_t)s->expires);
	buf_le32_block(b, numbers.p, numbers.len);
	put(b, s->crl_number);
	put(b, s->fault);
	put(b, strcmp(s->fault, "good") == 0 ? "" : "because of that");
	buf_le32_block(b, sha, sizeof sha);
	put(b, s->piece);
}

/* Worker's answer to the i-th JUDGE. */
static void judged_all(unsigned i, const struct said *s, size_t n)
{
	struct buf b = buf_make(t.a);
	struct frame f = { .op = OP_JUDGED };
	struct pool_job *job = t.judge[i];

	for (size_t k = 0; k < n; k++)
		put_said(&b, &s[k]);
	f.block[0] = rd_text("");
	f.block[1] = rd_make(b.p ? b.p : "", b.len);
	t.judge[i] = NULL;
	job->done(job, &f);
}

static void judged(unsigned i, struct said s)
{
	judged_all(i, &s, 1);
}

static void unreadable(unsigned i)
{
	struct frame f = { .op = OP_JUDGED };
	struct pool_job *job = t.judge[i];

	f.block[0] = rd_text("not PEM");
	f.block[1] = rd_text("");
	t.judge[i] = NULL;
	job->done(job, &f);
}

/* A whole fetch of one thing, with what a worker says of it. */
static struct collateral_wait *bring(unsigned w, struct want name, struct said s)
{
	struct collateral_wait *wait;

	t.now_us += COLLATERAL_PAUSE_US;
	wait = ask_one(w, name);
	fetched(t.nfetches - 1, FETCH_FOUND, "", 0);
	judged(t.njudged - 1, s);
	return wait;
}

static void check_piece(const struct collateral_wait *w, size_t i, const char *piece)
{
	assert_int_equal(w->need[i].state, NEED_FOUND);
	assert_int_equal(rd_left(&w->need[i].piece), strlen(piece));
	assert_memory_equal(rd_ptr(&w->need[i].piece), piece, strlen(piece));
}

static void check_lacking(const struct collateral_wait *w, const char *part)
{
	if (!w->why.p || !strstr(w->why.p, part))
		fail_msg("\"%s\" does not hold \"%s\"", w->why.p ? w->why.p : "", part);
}

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

/* security-history B13: older TCB info, lower CRL number, lower evaluation number. */
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
		T(test_single_flight),
		T(test_too_many_wait),
		T(test_malformed_needs),
		T(test_nothing_needed),
		T(test_no_fetch_role),
		T(test_fetch_failed),
		T(test_authentic_joins),
		T(test_judge_dies),
		T(test_no_worker_free),
		T(test_not_readable),
		T(test_not_accepted),
		T(test_pck_certificate),
		T(test_rollback),
		T(test_baselines_are_apart),
		T(test_time_is_over),
		T(test_fetch_role_goes),
		T(test_fetch_role_restarts),
		T(test_fetch_role_forgets),
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
