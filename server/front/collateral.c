/* What the front lends to server/collateral: the fetch role's channel, the workers, the clock. */
#include <string.h>
#include <time.h>

#include "server/front/front.h"
#include "server/http/listener.h"
#include "server/ipc/fdpass.h"
#include "server/log/log.h"

static bool fetch(void *state, const struct collateral_name *what, bool is_authentic, const char *behind,
    uint64_t id)
{
	struct front *f = state;
	uint8_t authentic = is_authentic;
	struct block blocks[5] = { block_text(what->kind), block_text(what->key),
		block_text(what->baseline), { &authentic, 1 }, block_text(behind) };
	struct att_error e = { 0 };

	return f->fetcher.fd >= 0 &&
	    channel_send(
		&f->fetcher, &(struct frame){ .op = OP_FETCH, .id = id }, blocks, -1, false, &e);
}

static bool judge(void *state, struct pool_job *job)
{
	struct front *f = state;

	return pool_submit(&f->pool, job, f->now_us);
}

static void changed(void *state)
{
	struct front *f = state;

	pool_forget_endorsements(&f->pool);
}

static int64_t judging_time_s(void *state)
{
	const struct front *f = state;

	return f->env->facts.clock_s == CLOCK_REAL ? time(NULL) : f->env->facts.clock_s;
}

static int64_t loop_time_us(void *state)
{
	const struct front *f = state;

	return f->now_us;
}

void front_collateral_configure(struct front *f)
{
	const struct config *c = f->env->config;

	f->collateral.waiting_max = c->limits.queue;
	f->collateral.has_sources = c->collateral.sources_count > 0;
	f->collateral.wait_us = (int64_t)c->limits.answer_seconds * 1000000;
}

bool front_collateral_open(struct front *f, struct att_error *e)
{
	f->collateral.host = (struct collateral_host){ .state = f, .fetch = fetch, .judge = judge,
		.changed = changed, .now_s = judging_time_s, .now_us = loop_time_us };
	f->collateral.store = f->api.store;
	f->api.collateral = &f->collateral;
	if (f->env->facts.clock_s == CLOCK_REAL) {
		if (!time_floor_open(
			&f->floor, f->api.store, time(NULL), f->env->facts.reset_time_floor, e))
			return false;
		f->api.floor = &f->floor;
	}
	return collateral_open(&f->collateral, e);
}

void front_take_fetcher(struct front *f, int fd)
{
	struct att_error e = { 0 };

	if (f->fetcher.fd >= 0)
		collateral_fetcher(&f->collateral, false);
	channel_close(&f->fetcher);
	if (!channel_open(&f->fetcher, fd, LINK_FETCH, SIDE_ASKS, &e) ||
	    !front_watch(f, f->fetcher.fd, &f->fetcher)) {
		channel_close(&f->fetcher);
		(void)role_failed("front.fetcher", &e);
		return;
	}
	collateral_fetcher(&f->collateral, true);
}

void front_fetcher_event(struct front *f)
{
	struct att_error e = { 0 };
	struct frame m;
	enum channel_got got = f->fetcher.fd < 0 ? CHANNEL_EMPTY :
	    channel_recv(&f->fetcher, false, &m, NULL, &e);

	if (got == CHANNEL_EMPTY)
		return;
	if (got == CHANNEL_MESSAGE) {
		collateral_fetched(&f->collateral, &m);
		return;
	}
	if (got != CHANNEL_CLOSED)
		log_event(LOG_ERROR, "fetch.answer", "error", "%s", e.text, NULL);
	/* The parent starts another one and hands over its channel. */
	channel_close(&f->fetcher);
	collateral_fetcher(&f->collateral, false);
}

void front_take_folder(struct front *f, const struct frame *m)
{
	struct att_error e = { 0 };

	f->has_folder = true;
	if (!collateral_import(&f->collateral, m->block[0], &e))
		(void)role_failed("collateral.offline", &e);
}

bool front_folder_is_in(const struct front *f)
{
	return f->has_folder && f->collateral.importing == 0;
}

int front_collateral_check(struct front *f)
{
	int wait = collateral_check(&f->collateral), floor;

	if (!f->api.floor)
		return wait;
	floor = time_floor_check(&f->floor, f->api.store, time(NULL), f->now_us);
	return wait >= 0 && wait < floor ? wait : floor;
}
