/*
 * collateral.h - the endorsements that the service holds: who asks, what is there, who brings the
 * rest, and what is accepted.
 *
 *   a worker says NEED -> collateral_ask() -> what the store holds, else one FETCH per item,
 * whoever waits for it -> JUDGE by a worker -> accepted, stored -> every waiting request goes on
 *
 * Pieces are blobs here; what they are, only workers say.  Nothing is ever taken back: not an older
 * issue date or CRL number of the same item, nor a lower evaluation number for a baseline (spec:
 * sgx-tdx 5.3, 8.3). Belongs to the front's one thread; times are passed in.
 */
#ifndef SERVER_COLLATERAL_COLLATERAL_H
#define SERVER_COLLATERAL_COLLATERAL_H

#include "lib/base/buf.h"
#include "server/pool/pool.h"
#include "server/store/collateral.h"

#define COLLATERAL_NEEDS_MAX 16u        /* of one request */
#define COLLATERAL_KIND_MAX 24u
#define COLLATERAL_KEY_MAX 192u
#define COLLATERAL_BASELINE_MAX 16u
#define COLLATERAL_SOURCE_MAX 64u
#define COLLATERAL_PIECES_MAX (6 * MIB) /* of one request, so that an ATTEST message has room */
#define COLLATERAL_OFFLINE "offline"    /* source of what the offline folder holds */

/* What is wanted.  baseline: "standard", "early" or a number; "" for kinds without an evaluation
 * number. */
struct collateral_name {
	char kind[COLLATERAL_KIND_MAX], key[COLLATERAL_KEY_MAX], baseline[COLLATERAL_BASELINE_MAX];
};

struct flight;
struct collateral_wait;

struct collateral_need {
	struct collateral_name name;
	bool is_authentic;              /* nobody can have made the key up */
	enum { NEED_OPEN, NEED_FOUND, NEED_LACKING } state;
	struct rd piece;                /* FOUND: in the wait's memory */
	struct collateral_wait *wait;
	struct collateral_need *next;   /* waits for the same fetch */
};

/* One request's wait for all it needs; all-zero before. */
struct collateral_wait {
	void (*done)(struct collateral_wait *w);        /* set by the caller; called once */
	void *call;                     /* the caller's */
	struct arena *memory;
	struct collateral_need need[COLLATERAL_NEEDS_MAX];
	size_t nneeds, open, npieces_bytes;
	struct buf why; /* why some cannot be had, in words; empty: all were found */
	int64_t until_us;
	struct collateral_wait *next;
};
void collateral_wait_clear(struct collateral_wait *w);  /* only before asking or after done */
/* Block of an ATTEST message: what was found, as [kind][key][baseline][piece] each; in the wait's
 * memory. */
ATT_CHECK bool collateral_wait_pieces(
    struct collateral_wait *w, struct block *out, struct att_error *e);

/* What the front lends. */
struct collateral_host {
	void *state;
	/* Sends FETCH, behind: see there; false: there is no fetch role. */
	bool (*fetch)(void *state, const struct collateral_name *what, bool is_authentic, const char *behind,
	    uint64_t id);
	bool (*judge)(void *state, struct pool_job *job);       /* false: overloaded */
	void (*changed)(
	    void *state); /* what workers were given before is not the newest any more */
	int64_t (*now_s)(void *state);  /* the time at which evidence is judged */
	int64_t (*now_us)(void *state); /* monotonic */
};

#define COLLATERAL_SOURCES_MAX 16u
#define COLLATERAL_FAILURES_MAX 64u
#define COLLATERAL_WHY_MAX 400u
#define COLLATERAL_PAUSE_US ((int64_t)2000000)
#define COLLATERAL_OUTCOMES (FETCH_OUTCOMES + 1)        /* the last: what came was not accepted */

struct collateral {
	struct collateral_host host;
	struct store *store;
	unsigned waiting_max;           /* requests that may wait */
	int64_t wait_us;                /* how long each */
	struct flight *flights;
	struct collateral_wait *waits;
	unsigned nflights, nwaiting;
	uint64_t last_id;
	bool has_sources; /* some are configured: a fetch role that is not there will come */
	bool can_fetch;                 /* it is there */
	bool has_snp_crl;               /* some revocation list of AMD's was ever accepted */
	/* import of the offline folder */
	unsigned importing;
	/* refresh.c */
	int64_t checked_s;              /* expiry was looked at up to this time; INT64_MIN never */
	int64_t next_tick_us;
	bool is_refreshing;
	struct {
		struct collateral_name name;
		unsigned times;
		int64_t until_s;
	} failed[COLLATERAL_FAILURES_MAX];
	/* what could not be had a moment ago is not asked for again at once */
	struct { struct collateral_name name; int64_t until_us; char why[COLLATERAL_WHY_MAX]; }
	    lacking[COLLATERAL_FAILURES_MAX];
	unsigned next_lacking;
	/* for metrics */
	struct { char name[COLLATERAL_SOURCE_MAX]; uint64_t n[COLLATERAL_OUTCOMES]; }
	    source[COLLATERAL_SOURCES_MAX];
	unsigned nsources;
};

/* store must be open. */
ATT_CHECK bool collateral_open(struct collateral *c, struct att_error *e);
/* Fails whoever waits; legal when all-zero. */
void collateral_clear(struct collateral *c);

/*
 * needs is the block of a NEED message.  True: w->done is called once all is found or cannot be
 * had, perhaps before this returns.  False: the message is malformed, or too many wait already; w
 * is cleared.
 */
ATT_CHECK bool collateral_ask(struct collateral *c, struct collateral_wait *w, struct rd needs,
    struct att_error *e);
/* A FETCHED message; one that nobody waits for is ignored. */
void collateral_fetched(struct collateral *c, const struct frame *f);
/* The fetch role is there, or gone: what it had not answered is asked again of the next one, once.
 */
void collateral_fetcher(struct collateral *c, bool is_there);
/* Judges and stores the files of the offline folder; list is blocks, copied.  c->importing counts
 * those under way. */
ATT_CHECK bool collateral_import(struct collateral *c, struct rd list, struct att_error *e);

/*
 * Ends waits whose time is over, refreshes what is due, warns of what expires.  Returns
 * milliseconds until there is something to do, -1 never.
 */
int collateral_check(struct collateral *c);

/* floor.c: the highest time ever seen, kept in the store. */
struct time_floor {
	int64_t floor_s, stored_s;
	int64_t next_us;                /* monotonic: when it is looked at again */
	bool is_behind;                 /* the clock is before the floor: nothing may be decided */
};
#define TIME_FLOOR_SLACK_S 300
#define TIME_FLOOR_EVERY_US ((int64_t)60000000)
/* At start; reset: the clock is right whatever was seen.  False: the clock is behind; e names the
 * way out. */
ATT_CHECK bool time_floor_open(struct time_floor *f, struct store *s, int64_t now_s, bool reset,
    struct att_error *e);
/* Looks at the clock and raises the stored floor, once a minute at most.  Milliseconds until the
 * next time. */
int time_floor_check(struct time_floor *f, struct store *s, int64_t now_s, int64_t now_us);

/* report.c */
/* The body of GET /collateral. */
ATT_CHECK bool collateral_list_json(
    struct collateral *c, struct arena *a, struct buf *out, struct att_error *e);
/* Expired items that are in use, in words; at most max. */
size_t collateral_warnings(struct collateral *c, struct arena *a, const char **out, size_t max);
/* Lines of the metrics whose labels are not known beforehand. */
void collateral_metrics(struct collateral *c, struct arena *a, struct buf *out);
/* Evaluation numbers of the TCB Info in the store whose key begins like that, ascending, each once;
 * in the arena. */
ATT_CHECK bool collateral_numbers(struct collateral *c, const char *prefix, struct arena *a,
    uint32_t **out, size_t *n, struct att_error *e);
/* The number that a baseline stands for, by the QE identity of that key; 0: nobody has said. */
ATT_CHECK bool collateral_selected(struct collateral *c, const char *identity, const char *baseline,
    struct arena *a, uint32_t *out, struct att_error *e);
/* Forgets a kind and key, for an administrator: what was refused as older may be taken again. */
ATT_CHECK bool collateral_forget(
    struct collateral *c, const char *kind, const char *key, int64_t *gone, struct att_error *e);

#endif
