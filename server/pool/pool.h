/*
 * pool.h - the front's side of the verify workers: who works on what, and what waits.
 *
 * A worker is given one request and, while all others are busy too, a second one, so that it need not sleep
 * between two.  Workers answer in order; so when one dies, exactly the first of its requests was being
 * worked on: that one fails, the other is given to someone else.
 */
#ifndef SERVER_POOL_POOL_H
#define SERVER_POOL_POOL_H

#include "server/ipc/messages.h"

#define POOL_DEPTH 2u

struct pool_job {
	uint64_t id;                    /* set by the pool */
	uint32_t provider;
	enum ipc_op op;                 /* OP_ATTEST, OP_MANAGE or OP_JUDGE */
	struct block blocks[BLOCKS_MAX];        /* of that message; borrowed until done */
	int64_t head_since_us;          /* since when the worker is on it */
	struct pool_job *next;
	/* Called once.  answer is NULL when the worker died or was killed over it. */
	void (*done)(struct pool_job *job, const struct frame *answer);
};

struct pool_worker {
	struct channel channel;         /* first member: events lead back here */
	uint64_t id;
	uint32_t provider;
	uint64_t replaces;              /* the worker that retires when this one is live; 0 none */
	struct pool_job *job[POOL_DEPTH];       /* job[0] is being worked on */
	unsigned njobs;
	uint32_t served;
	uint64_t policies;              /* generation of the policies it has */
	uint64_t endorsements;          /* generation of the endorsements it may have kept */
	bool is_live;                   /* has answered the first ping */
	bool is_retiring;               /* gets nothing more; closed when idle */
	bool is_condemned;              /* its death was asked for */
	bool is_gone;                   /* on the list of the dead until pool_bury() */
	struct pool_worker *next;
};

struct pool_queue { struct pool_job *first, **last; unsigned n; };

struct pool {
	struct pool_worker *workers, *dead;
	struct pool_queue queue[PROVIDERS_MAX];
	/* What each provider's workers must know before their next request; generation 0: nothing. */
	struct { struct block list; uint64_t generation; } policies[PROVIDERS_MAX];
	uint64_t endorsements; /* raised when what workers were given is not the newest any more */
	uint64_t next_id;
	unsigned queue_max, queued, in_flight;
	uint32_t requests_max;          /* a worker is replaced after so many; 0 never */
	int64_t answer_us;
	void *state;
	/* Asked of the parent: kill a stuck worker, replace one that has served enough. */
	void (*stuck)(void *state, uint64_t worker_id);
	void (*spent)(void *state, uint64_t worker_id);
	/* A request was answered after so long; a worker is gone, for whatever reason. */
	void (*timed)(void *state, int64_t microseconds);
	void (*lost)(void *state);
	/* A worker's channel comes under, or leaves, the event loop. */
	bool (*watch)(void *state, struct pool_worker *w);
	void (*unwatch)(void *state, struct pool_worker *w);
};

void pool_init(struct pool *p);
void pool_clear(struct pool *p);        /* closes all workers; jobs left are failed */
/*
 * Takes the descriptor; the worker gets work once it has answered a ping.  replaces: id of the worker that
 * retires.
 */
ATT_CHECK bool pool_add(struct pool *p, uint64_t id, uint32_t provider, uint64_t replaces, int fd,
    struct att_error *e);
/* False: the queue is full. */
ATT_CHECK bool pool_submit(struct pool *p, struct pool_job *job, int64_t now_us);
/*
 * The provider's policies from now on, as the block of a POLICIES message; borrowed until the next
 * call.  A worker gets them before its next request, so every request given out after this call is
 * judged by them.
 */
void pool_set_policies(struct pool *p, uint32_t provider, struct block list);
/* Workers forget the endorsements they have kept before their next request. */
void pool_forget_endorsements(struct pool *p);
/* A worker's channel is readable or closed; legal for one that is gone. */
void pool_worker_event(struct pool *p, struct pool_worker *w, int64_t now_us);
/* Frees the workers that are gone: once no event that names them can be left. */
void pool_bury(struct pool *p);
/* Reports workers that are on one request for too long; milliseconds until the next may be, -1 none. */
int pool_check(struct pool *p, int64_t now_us);
unsigned pool_live(const struct pool *p, uint32_t provider);
#define POOL_ALL_PROVIDERS UINT32_MAX     /* for pool_live() */

#endif
