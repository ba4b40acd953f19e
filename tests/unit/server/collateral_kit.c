#include "tests/unit/server/collateral_kit.h"

struct collateral_kit t;


static bool fetch(void *state, const struct collateral_name *what, bool is_authentic, const char *behind,
    uint64_t id)
{
	(void)state;
	assert_true(t.nfetches < FETCHES);
	t.fetch[t.nfetches] = (struct asked){ .what = *what, .is_authentic = is_authentic, .id = id };
	(void)snprintf(t.fetch[t.nfetches++].behind, COLLATERAL_SOURCE_MAX, "%s", behind);
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

void over(struct collateral_wait *w)
{
	assert_int_equal(w->open, 0);
	t.done++;
}

int start(void **state)
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

int stop(void **state)
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

void put(struct buf *b, const char *s)
{
	buf_le32_block(b, s, strlen(s));
}

struct rd needs_of(const struct want *names, size_t n, uint8_t authentic)
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

const struct want info = { "tcb-info", "SGX-00906ed50000", "standard" };
const struct want crl = { "root-crl", "root", "" };
const struct want both[2] = { { "tcb-info", "SGX-00906ed50000", "standard" },
	{ "root-crl", "root", "" } };

struct collateral_wait *ask(
    unsigned i, const struct want *names, size_t n, uint8_t authentic)
{
	struct att_error e = { 0 };

	t.wait[i].done = over;
	CHECK_OK(collateral_ask(&t.c, &t.wait[i], needs_of(names, n, authentic), &e), &e);
	return &t.wait[i];
}

struct collateral_wait *ask_one(unsigned i, struct want name)
{
	return ask(i, &name, 1, 0);
}

void fetched(unsigned i, enum fetch_outcome outcome, const char *tried, uint32_t retry_s)
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

const struct said good_info = { "tcb-info", "SGX-00906ed50000", 18, NOW - DAY,
	NOW + 29 * DAY, "", "good", "info 18" };
const struct said good_crl = { "root-crl", "root", 0, NOW - DAY, NOW + 29 * DAY, "5", "good",
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

/* What came is no good, and there is nobody else to ask. */
static void no_next(unsigned before)
{
	if (t.nfetches > before && !t.has_next)
		fetched(before, FETCH_REFUSED, "", 0);
}

void judged_all(unsigned i, const struct said *s, size_t n)
{
	struct buf b = buf_make(t.a);
	struct frame f = { .op = OP_JUDGED };
	struct pool_job *job = t.judge[i];
	unsigned before = t.nfetches;

	for (size_t k = 0; k < n; k++)
		put_said(&b, &s[k]);
	f.block[0] = rd_text("");
	f.block[1] = rd_make(b.p ? b.p : "", b.len);
	t.judge[i] = NULL;
	job->done(job, &f);
	no_next(before);
}

void judged(unsigned i, struct said s)
{
	judged_all(i, &s, 1);
}

void unreadable(unsigned i)
{
	struct frame f = { .op = OP_JUDGED };
	struct pool_job *job = t.judge[i];
	unsigned before = t.nfetches;

	f.block[0] = rd_text("not PEM");
	f.block[1] = rd_text("");
	t.judge[i] = NULL;
	job->done(job, &f);
	no_next(before);
}

struct collateral_wait *bring(unsigned w, struct want name, struct said s)
{
	struct collateral_wait *wait;

	t.now_us += COLLATERAL_PAUSE_US;
	wait = ask_one(w, name);
	fetched(t.nfetches - 1, FETCH_FOUND, "", 0);
	judged(t.njudged - 1, s);
	return wait;
}

void check_piece(const struct collateral_wait *w, size_t i, const char *piece)
{
	assert_int_equal(w->need[i].state, NEED_FOUND);
	assert_int_equal(rd_left(&w->need[i].piece), strlen(piece));
	assert_memory_equal(rd_ptr(&w->need[i].piece), piece, strlen(piece));
}

void check_lacking(const struct collateral_wait *w, const char *part)
{
	if (!w->why.p || !strstr(w->why.p, part))
		fail_msg("\"%s\" does not hold \"%s\"", w->why.p ? w->why.p : "", part);
}
