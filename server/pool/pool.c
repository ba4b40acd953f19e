#include "server/pool/pool.h"

#include <stdlib.h>

#include "server/ipc/fdpass.h"
#include "server/log/log.h"

void pool_init(struct pool *p)
{
	for (size_t i = 0; i < PROVIDERS_MAX; i++)
		p->queue[i].last = &p->queue[i].first;
}

static void queue_push(struct pool *p, struct pool_job *job)
{
	struct pool_queue *q = &p->queue[job->provider];

	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
	q->n++;
	p->queued++;
}

static void queue_push_front(struct pool *p, struct pool_job *job)
{
	struct pool_queue *q = &p->queue[job->provider];

	job->next = q->first;
	q->first = job;
	if (q->last == &q->first)
		q->last = &job->next;
	q->n++;
	p->queued++;
}

static struct pool_job *queue_pop(struct pool *p, uint32_t provider)
{
	struct pool_queue *q = &p->queue[provider];
	struct pool_job *job = q->first;

	if (!job)
		return NULL;
	q->first = job->next;
	if (!q->first)
		q->last = &q->first;
	job->next = NULL;
	q->n--;
	p->queued--;
	return job;
}

static void finish_job(struct pool *p, struct pool_job *job, const struct frame *answer)
{
	p->in_flight--;
	job->done(job, answer);
}

static bool is_current(const struct pool *p, const struct pool_worker *w)
{
	return w->policies == p->policies[w->provider].generation &&
	    w->endorsements == p->endorsements;
}

/* The first worker with the least to do, so that a quiet service keeps one worker's caches warm. */
static struct pool_worker *choose(const struct pool *p, uint32_t provider)
{
	struct pool_worker *best = NULL;

	for (struct pool_worker *w = p->workers; w; w = w->next) {
		bool usable = w->provider == provider && w->is_live && !w->is_retiring && !w->is_condemned &&
		    w->njobs < (is_current(p, w) ? POOL_DEPTH : 1);
		if (usable && (!best || w->njobs < best->njobs))
			best = w;
		if (best && best->njobs == 0)
			break;
	}
	return best;
}

/* Policies go only to an idle worker, whose channel has room; order is kept, so it knows them first. */
static bool bring_up_to_date(struct pool *p, struct pool_worker *w, struct att_error *e)
{
	struct frame f = { .op = OP_POLICIES, .provider = w->provider };

	if (w->policies != p->policies[w->provider].generation &&
	    !channel_send(&w->channel, &f, &p->policies[w->provider].list, -1, false, e))
		return false;
	w->policies = p->policies[w->provider].generation;
	f.op = OP_FORGET;
	if (w->endorsements != p->endorsements &&
	    !channel_send(&w->channel, &f, NULL, -1, false, e))
		return false;
	w->endorsements = p->endorsements;
	return true;
}

void pool_forget_endorsements(struct pool *p)
{
	p->endorsements++;
}

void pool_set_policies(struct pool *p, uint32_t provider, struct block list)
{
	p->policies[provider].list = list;
	p->policies[provider].generation++;
}

static bool give(struct pool *p, struct pool_worker *w, struct pool_job *job, int64_t now_us)
{
	struct frame f = { .op = job->op, .provider = job->provider, .id = job->id };
	struct att_error e = { 0 };

	if (!bring_up_to_date(p, w, &e) || !channel_send(&w->channel, &f, job->blocks, -1, false, &e)) {
		/* A full or dead channel: the event loop will hear of a death, the job waits meanwhile. */
		if (e.code != ATT_E_OVERLOADED)
			w->is_condemned = true;
		return false;
	}
	job->head_since_us = now_us;
	w->job[w->njobs++] = job;
	p->in_flight++;
	return true;
}

static void dispatch(struct pool *p, uint32_t provider, int64_t now_us)
{
	struct pool_worker *w;
	struct pool_job *job;

	while (p->queue[provider].first && (w = choose(p, provider))) {
		job = queue_pop(p, provider);
		if (!give(p, w, job, now_us)) {
			queue_push_front(p, job);
			return;
		}
	}
}

bool pool_submit(struct pool *p, struct pool_job *job, int64_t now_us)
{
	if (p->queue[job->provider].n >= p->queue_max)
		return false;
	job->id = ++p->next_id;
	queue_push(p, job);
	dispatch(p, job->provider, now_us);
	return true;
}

static void unlink_worker(struct pool *p, struct pool_worker *w)
{
	struct pool_worker **at = &p->workers;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	p->unwatch(p->state, w);
	channel_close(&w->channel);
	p->lost(p->state);
	w->is_gone = true;
	w->next = p->dead;
	p->dead = w;
}

void pool_bury(struct pool *p)
{
	while (p->dead) {
		struct pool_worker *w = p->dead;
		p->dead = w->next;
		free(w);
	}
}

/* Whom a worker would have replaced, had it lived to be live, its own successor replaces. */
static void bequeath(struct pool *p, const struct pool_worker *dead)
{
	for (struct pool_worker *w = p->workers; w && !dead->is_live; w = w->next)
		if (w->replaces == dead->id)
			w->replaces = dead->replaces;
}

static void remove_worker(struct pool *p, struct pool_worker *w, int64_t now_us)
{
	struct pool_job *failed = w->njobs > 0 ? w->job[0] : NULL;
	uint32_t provider = w->provider;

	bequeath(p, w);
	unlink_worker(p, w);
	for (unsigned i = w->njobs; i > 1; i--) {
		p->in_flight--;
		queue_push_front(p, w->job[i - 1]);
	}
	if (failed)
		finish_job(p, failed, NULL);
	dispatch(p, provider, now_us);
}

static struct pool_worker *find(const struct pool *p, uint64_t id)
{
	struct pool_worker *w = p->workers;

	while (w && w->id != id)
		w = w->next;
	return w;
}

/* Reloads may cross: a worker that is replaced before it was ever live has a predecessor to take along. */
static void retire(struct pool *p, uint64_t id, int64_t now_us)
{
	struct pool_worker *w;

	while (id && (w = find(p, id))) {
		id = w->is_live ? 0 : w->replaces;
		w->is_retiring = true;
		if (w->njobs == 0)
			remove_worker(p, w, now_us);
	}
}

bool pool_add(struct pool *p, uint64_t id, uint32_t provider, uint64_t replaces, int fd, struct att_error *e)
{
	struct pool_worker *w = calloc(1, sizeof *w), **at = &p->workers;

	if (!w) {
		fd_close(&fd);
		return att_fail(e, ATT_E_NOMEM, "worker: out of memory");
	}
	w->id = id;
	w->provider = provider;
	w->replaces = replaces;
	w->endorsements = p->endorsements;
	if (!channel_open(&w->channel, fd, LINK_WORK, SIDE_ASKS, e) ||
	    !channel_send(&w->channel, &(struct frame){ .op = OP_PING, .provider = provider }, NULL,
	    -1, false, e) || !p->watch(p->state, w)) {
		channel_close(&w->channel);
		free(w);
		return att_fail(e, ATT_E_INTERNAL, "worker channel");
	}
	while (*at)
		at = &(*at)->next;
	*at = w;
	return true;
}

static void count_served(struct pool *p, struct pool_worker *w)
{
	w->served++;
	if (p->requests_max && w->served == p->requests_max && !w->is_retiring)
		p->spent(p->state, w->id);
}

/* An answer belongs to the first of the worker's jobs, or the worker has lost its mind. */
static bool take_answer(struct pool *p, struct pool_worker *w, const struct frame *f, int64_t now_us)
{
	struct pool_job *job = w->njobs > 0 ? w->job[0] : NULL;

	if (!job || job->id != f->id)
		return false;
	for (unsigned i = 1; i < w->njobs; i++)
		w->job[i - 1] = w->job[i];
	w->njobs--;
	if (w->njobs > 0)
		w->job[0]->head_since_us = now_us;
	p->timed(p->state, now_us - job->head_since_us);
	count_served(p, w);
	finish_job(p, job, f);
	if (w->is_retiring && w->njobs == 0)
		remove_worker(p, w, now_us);
	else
		dispatch(p, w->provider, now_us);
	return true;
}

void pool_worker_event(struct pool *p, struct pool_worker *w, int64_t now_us)
{
	struct att_error e = { 0 };
	struct frame f;
	enum channel_got got = w->is_gone ? CHANNEL_EMPTY : channel_recv(&w->channel, false, &f, NULL, &e);

	if (got == CHANNEL_EMPTY)
		return;
	if (got == CHANNEL_MESSAGE && f.op == OP_PONG) {
		w->is_live = true;
		retire(p, w->replaces, now_us);
		dispatch(p, w->provider, now_us);
		return;
	}
	if (got == CHANNEL_MESSAGE && take_answer(p, w, &f, now_us))
		return;
	if (got != CHANNEL_CLOSED) {
		log_event(LOG_ERROR, "worker.answer", "worker", "%llu", (unsigned long long)w->id,
		    "error", "%s",
		    e.text[0] ? e.text : "not the answer to what was asked", NULL);
		p->stuck(p->state, w->id);
	}
	remove_worker(p, w, now_us);
}

int pool_check(struct pool *p, int64_t now_us)
{
	int64_t wait = -1;

	for (struct pool_worker *w = p->workers; w; w = w->next) {
		int64_t left;
		if (w->njobs == 0 || w->is_condemned)
			continue;
		left = w->job[0]->head_since_us + p->answer_us - now_us;
		if (left <= 0) {
			w->is_condemned = true;
			p->stuck(p->state, w->id);
			continue;
		}
		if (wait < 0 || left < wait)
			wait = left;
	}
	/* Rounded up, so that the caller is not woken just too early. */
	return wait < 0 ? -1 : (int)(wait / 1000 + 1);
}

unsigned pool_live(const struct pool *p, uint32_t provider)
{
	unsigned n = 0;

	for (const struct pool_worker *w = p->workers; w; w = w->next)
		n += (w->provider == provider || provider == POOL_ALL_PROVIDERS) && w->is_live &&
		    !w->is_condemned;
	return n;
}

void pool_clear(struct pool *p)
{
	while (p->workers) {
		struct pool_worker *w = p->workers;
		unlink_worker(p, w);
		for (unsigned i = 0; i < w->njobs; i++)
			finish_job(p, w->job[i], NULL);
	}
	pool_bury(p);
	for (uint32_t i = 0; i < PROVIDERS_MAX; i++)
		for (struct pool_job *job; (job = queue_pop(p, i));)
			job->done(job, NULL);
}
