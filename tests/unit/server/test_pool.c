/*
 * server/pool/pool.c: queue, two requests per worker, death, replacement, time. Workers are socketpairs
 * played here.
 */
#include "tests/harness/check.h"

#include <string.h>

#include "server/ipc/fdpass.h"
#include "server/pool/pool.h"

#define JOBS 8
#define WORKERS 4

struct played { struct channel end; };

static struct {
	struct pool pool;
	struct played worker[WORKERS];
	struct pool_job job[JOBS];
	int answered[JOBS];             /* 1 answered, -1 failed, 0 neither */
	uint64_t stuck, spent;
	unsigned watched, lost;
} t;

static bool watch(void *state, struct pool_worker *w)
{
	(void)state;
	(void)w;
	t.watched++;
	return true;
}

static void unwatch(void *state, struct pool_worker *w)
{
	(void)state;
	(void)w;
	t.watched--;
}

static void stuck(void *state, uint64_t id)
{
	(void)state;
	t.stuck = id;
}

static void spent(void *state, uint64_t id)
{
	(void)state;
	t.spent = id;
}

static void timed(void *state, int64_t us)
{
	(void)state;
	(void)us;
}

static void lost(void *state)
{
	(void)state;
	t.lost++;
}

static void job_done(struct pool_job *job, const struct frame *f)
{
	t.answered[job - t.job] = f ? 1 : -1;
}

static int start(void **state)
{
	(void)state;
	memset(&t, 0, sizeof t);
	for (int i = 0; i < WORKERS; i++)
		t.worker[i].end.fd = -1;
	pool_init(&t.pool);
	t.pool.queue_max = 3;
	t.pool.answer_us = 1000;
	t.pool.watch = watch;
	t.pool.unwatch = unwatch;
	t.pool.stuck = stuck;
	t.pool.spent = spent;
	t.pool.timed = timed;
	t.pool.lost = lost;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	pool_clear(&t.pool);
	for (int i = 0; i < WORKERS; i++)
		channel_close(&t.worker[i].end);
	return 0;
}

static struct pool_worker *worker(uint64_t id)
{
	struct pool_worker *w = t.pool.workers;

	while (w && w->id != id)
		w = w->next;
	return w;
}

static bool hears(int i, struct frame *f)
{
	struct att_error e = { 0 };

	return channel_recv(&t.worker[i].end, false, f, NULL, &e) == CHANNEL_MESSAGE;
}

/* Worker i gets id i + 1; it pongs at once. */
static void add(int i, uint64_t replaces)
{
	struct att_error e = { 0 };
	struct frame f;
	int fds[2];

	CHECK_OK(channel_pair(fds, &e), &e);
	CHECK_OK(channel_open(&t.worker[i].end, fds[1], LINK_WORK, SIDE_ANSWERS, &e), &e);
	CHECK_OK(pool_add(&t.pool, (uint64_t)i + 1, 0, replaces, fds[0], &e), &e);
	assert_true(hears(i, &f));
	assert_int_equal(f.op, OP_PING);
	CHECK_OK(channel_send(&t.worker[i].end, &(struct frame){ .op = OP_PONG, .id = f.id }, NULL, -1,
	    false, &e), &e);
	pool_worker_event(&t.pool, worker((uint64_t)i + 1), 0);
}

static bool submit(int j)
{
	t.job[j] = (struct pool_job){ .done = job_done,
		.op = OP_ATTEST,
		.blocks = { block_text("t"), block_text("i"), block_text(""), block_text("b"),
		    block_text("f") } };
	return pool_submit(&t.pool, &t.job[j], 0);
}

static void answer(int i, uint64_t id)
{
	static const uint8_t sha[32];
	uint8_t numbers[ANSWER_NUMBERS];
	struct answer a = { .status = 200, .evidence_sha256 = sha, .type = rd_text(""),
	    .policy_hash = rd_text(""),
	    .failed_check = rd_text(""), .caller = rd_text(""), .error_code = rd_text(""),
	    .relaxed = rd_text(""),
	    .body = rd_text("{}") };
	struct block blocks[ANSWER_BLOCKS];
	struct att_error e = { 0 };

	answer_blocks(&a, numbers, blocks);
	CHECK_OK(channel_send(&t.worker[i].end, &(struct frame){ .op = OP_ANSWER, .id = id }, blocks, -1,
	    false, &e), &e);
	pool_worker_event(&t.pool, worker((uint64_t)i + 1), 0);
}

static void test_spread_then_double_then_queue(void **state)
{
	struct frame f;

	(void)state;
	add(0, 0);
	add(1, 0);
	for (int j = 0; j < 7; j++)
		assert_true(submit(j));
	assert_false(submit(7));                /* two workers with two each, three in the queue */
	assert_int_equal(t.pool.in_flight, 4);
	assert_int_equal(t.pool.queued, 3);
	assert_true(hears(0, &f));
	assert_int_equal(f.id, t.job[0].id);
	assert_true(hears(1, &f));
	assert_int_equal(f.id, t.job[1].id);
	answer(0, t.job[0].id);
	assert_int_equal(t.answered[0], 1);
	assert_int_equal(t.pool.queued, 2);     /* the next was given out */
	assert_true(submit(7));
}

/* A worker that is behind gets the policies first, and only when it is idle. */
static void test_policies_come_before_the_next_request(void **state)
{
	struct frame f;

	(void)state;
	pool_set_policies(&t.pool, 0, block_text("one"));
	add(0, 0);
	assert_false(hears(0, &f));
	assert_true(submit(0));
	assert_true(hears(0, &f));
	assert_int_equal(f.op, OP_POLICIES);
	assert_memory_equal(rd_ptr(&f.block[0]), "one", 3);
	assert_true(hears(0, &f));
	assert_int_equal(f.op, OP_ATTEST);
	assert_true(submit(1));                 /* up to date: a second request is given */
	assert_true(hears(0, &f));
	assert_int_equal(f.id, t.job[1].id);
	pool_set_policies(&t.pool, 0, block_text("two"));
	answer(0, t.job[0].id);
	assert_true(submit(2));                 /* behind and not idle: it waits */
	assert_false(hears(0, &f));
	assert_int_equal(t.pool.queued, 1);
	answer(0, t.job[1].id);
	assert_true(hears(0, &f));
	assert_int_equal(f.op, OP_POLICIES);
	assert_memory_equal(rd_ptr(&f.block[0]), "two", 3);
	assert_true(hears(0, &f));
	assert_int_equal(f.id, t.job[2].id);
	add(1, 0);
	answer(0, t.job[2].id);
	assert_true(submit(3));                 /* the first worker is idle and knows them */
	assert_true(hears(0, &f));
	assert_int_equal(f.op, OP_ATTEST);
	assert_true(submit(4));                 /* the new one is told before its first */
	assert_true(hears(1, &f));
	assert_int_equal(f.op, OP_POLICIES);
	assert_true(hears(1, &f));
	assert_int_equal(f.id, t.job[4].id);
}

/* Likewise that what they kept is not the newest any more; a new worker has kept nothing. */
static void test_forget_comes_before_the_next_request(void **state)
{
	struct frame f;

	(void)state;
	add(0, 0);
	pool_forget_endorsements(&t.pool);
	add(1, 0);
	assert_true(submit(0));
	assert_true(hears(0, &f));
	assert_int_equal(f.op, OP_FORGET);
	assert_true(hears(0, &f));
	assert_int_equal(f.id, t.job[0].id);
	assert_true(submit(1));
	assert_true(hears(1, &f));
	assert_int_equal(f.op, OP_ATTEST);
	/* Told once for both changes, and with the policies. */
	pool_forget_endorsements(&t.pool);
	pool_set_policies(&t.pool, 0, block_text("one"));
	pool_forget_endorsements(&t.pool);
	answer(0, t.job[0].id);
	assert_true(submit(2));
	assert_true(hears(0, &f));
	assert_int_equal(f.op, OP_POLICIES);
	assert_true(hears(0, &f));
	assert_int_equal(f.op, OP_FORGET);
	assert_true(hears(0, &f));
	assert_int_equal(f.id, t.job[2].id);
	answer(0, t.job[2].id);
	assert_true(submit(3));
	assert_true(hears(0, &f));
	assert_int_equal(f.op, OP_ATTEST);      /* not again */
}

static void test_nothing_before_the_pong(void **state)
{
	struct att_error e = { 0 };
	struct frame f;
	int fds[2];

	(void)state;
	CHECK_OK(channel_pair(fds, &e), &e);
	CHECK_OK(channel_open(&t.worker[0].end, fds[1], LINK_WORK, SIDE_ANSWERS, &e), &e);
	CHECK_OK(pool_add(&t.pool, 1, 0, 0, fds[0], &e), &e);
	assert_true(submit(0));
	assert_int_equal(pool_live(&t.pool, 0), 0);
	assert_true(hears(0, &f));
	assert_int_equal(f.op, OP_PING);
	assert_false(hears(0, &f));
	CHECK_OK(channel_send(&t.worker[0].end, &(struct frame){ .op = OP_PONG }, NULL, -1, false, &e), &e);
	pool_worker_event(&t.pool, worker(1), 0);
	assert_int_equal(pool_live(&t.pool, 0), 1);
	assert_int_equal(pool_live(&t.pool, 1), 0);
	assert_int_equal(pool_live(&t.pool, POOL_ALL_PROVIDERS), 1);
	assert_true(hears(0, &f));
	assert_int_equal(f.op, OP_ATTEST);
}

static void test_death_fails_the_first_and_saves_the_second(void **state)
{
	struct frame f;

	(void)state;
	add(0, 0);
	assert_true(submit(0) && submit(1) && submit(2));
	channel_close(&t.worker[0].end);
	pool_worker_event(&t.pool, worker(1), 0);
	assert_int_equal(t.answered[0], -1);
	assert_int_equal(t.answered[1], 0);
	assert_int_equal(t.answered[2], 0);
	assert_int_equal(t.lost, 1);
	pool_bury(&t.pool);
	add(1, 0);
	assert_true(hears(1, &f));
	assert_int_equal(f.id, t.job[1].id);    /* in the old order */
	assert_true(hears(1, &f));
	assert_int_equal(f.id, t.job[2].id);
}

static void test_an_event_for_a_dead_worker_is_harmless(void **state)
{
	struct pool_worker *w;

	(void)state;
	add(0, 0);
	w = worker(1);
	channel_close(&t.worker[0].end);
	pool_worker_event(&t.pool, w, 0);
	pool_worker_event(&t.pool, w, 0);       /* a second event of the same batch */
	assert_int_equal(t.lost, 1);
	assert_int_equal(t.watched, 0);
}

static void test_a_wrong_answer_ends_the_worker(void **state)
{
	(void)state;
	add(0, 0);
	assert_true(submit(0));
	answer(0, t.job[0].id + 1);
	assert_int_equal(t.answered[0], -1);
	assert_int_equal(t.stuck, 1);
	assert_null(worker(1));
	add(1, 0);
	answer(1, 5);                           /* an answer that nobody asked for */
	assert_int_equal(t.stuck, 2);
	assert_null(worker(2));
}

static void test_time_runs_out_once(void **state)
{
	(void)state;
	add(0, 0);
	assert_int_equal(pool_check(&t.pool, 0), -1);
	assert_true(submit(0));
	assert_true(pool_check(&t.pool, 0) > 0);
	(void)pool_check(&t.pool, 999);
	assert_int_equal(t.stuck, 0);
	(void)pool_check(&t.pool, 1000);
	assert_int_equal(t.stuck, 1);
	t.stuck = 0;
	(void)pool_check(&t.pool, 2000);
	assert_int_equal(t.stuck, 0);
	assert_int_equal(pool_live(&t.pool, 0), 0);
}

static void test_replacement_is_unnoticed(void **state)
{
	struct frame f;

	(void)state;
	t.pool.requests_max = 1;
	add(0, 0);
	assert_true(submit(0) && submit(1));
	answer(0, t.job[0].id);
	assert_int_equal(t.spent, 1);
	add(1, 1);                              /* retires worker 1 with its pong */
	assert_non_null(worker(1));             /* which is still busy */
	assert_true(submit(2));
	assert_true(hears(1, &f));
	assert_int_equal(f.id, t.job[2].id);    /* new work goes to the new one */
	t.spent = 0;
	answer(0, t.job[1].id);
	assert_int_equal(t.answered[1], 1);
	assert_int_equal(t.spent, 0);
	assert_null(worker(1));                 /* closed when idle */
}

static void test_crossing_replacements_leave_nobody_behind(void **state)
{
	struct att_error e = { 0 };
	int fds[2];

	(void)state;
	add(0, 0);
	/* Worker 2 shall replace worker 1, but worker 3, which replaces worker 2, is live first. */
	CHECK_OK(channel_pair(fds, &e), &e);
	CHECK_OK(channel_open(&t.worker[1].end, fds[1], LINK_WORK, SIDE_ANSWERS, &e), &e);
	CHECK_OK(pool_add(&t.pool, 2, 0, 1, fds[0], &e), &e);
	add(2, 2);
	assert_null(worker(1));
	assert_null(worker(2));
	assert_non_null(worker(3));
}

static void test_clear_fails_what_is_left(void **state)
{
	(void)state;
	add(0, 0);
	assert_true(submit(0) && submit(1) && submit(2));
	pool_clear(&t.pool);
	assert_int_equal(t.answered[0], -1);
	assert_int_equal(t.answered[1], -1);
	assert_int_equal(t.answered[2], -1);
	assert_int_equal(t.pool.in_flight, 0);
	assert_int_equal(t.pool.queued, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_spread_then_double_then_queue, start, stop),
		cmocka_unit_test_setup_teardown(
		    test_policies_come_before_the_next_request, start, stop),
		cmocka_unit_test_setup_teardown(
		    test_forget_comes_before_the_next_request, start, stop),
		cmocka_unit_test_setup_teardown(test_nothing_before_the_pong, start, stop),
		cmocka_unit_test_setup_teardown(test_death_fails_the_first_and_saves_the_second, start, stop),
		cmocka_unit_test_setup_teardown(test_an_event_for_a_dead_worker_is_harmless, start, stop),
		cmocka_unit_test_setup_teardown(test_a_wrong_answer_ends_the_worker, start, stop),
		cmocka_unit_test_setup_teardown(test_time_runs_out_once, start, stop),
		cmocka_unit_test_setup_teardown(test_replacement_is_unnoticed, start, stop),
		cmocka_unit_test_setup_teardown(test_crossing_replacements_leave_nobody_behind, start, stop),
		cmocka_unit_test_setup_teardown(test_clear_fails_what_is_left, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
