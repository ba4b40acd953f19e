/* internal.h - between the files of server/collateral. */
#ifndef SERVER_COLLATERAL_INTERNAL_H
#define SERVER_COLLATERAL_INTERNAL_H

#include "libattest/endorse.h"
#include "server/collateral/collateral.h"

#define CALL_MEMORY (80 * MIB)          /* one answer of a worker, or the store's list */
#define FLIGHTS_MAX 4096u
#define DAY_S ((int64_t)86400)
#define ITEMS_LISTED 4096u
#define COLLATERAL_BAD_MAX 512

enum flight_purpose { FLIGHT_REQUEST, FLIGHT_REFRESH, FLIGHT_IMPORT };

/* One item on its way: fetched, then judged.  Whoever needs it meanwhile waits for this one. */
struct flight {
	struct pool_job job;            /* JUDGE */
	struct collateral *c;
	struct collateral_name name;
	enum flight_purpose purpose;
	bool asked_as_authentic, has_authentic;
	bool is_judging;
	unsigned sent;                  /* how often the fetch role, or another one, was asked */
	bool is_unsent;                 /* to be sent once there is a fetch role */
	uint64_t id;
	char source[COLLATERAL_SOURCE_MAX];
	char bad[COLLATERAL_BAD_MAX];   /* what sources served that was no good, and why; "": nothing */
	void *pieces;                   /* block of the JUDGE message; owned */
	struct collateral_need *needs;
	int64_t until_us;               /* the fetch role must have answered */
	struct flight *next;
};

/* One item as a worker judged it; texts are in the message. */
struct judged {
	struct att_endorsement is;      /* without bytes */
	struct rd piece;
};
struct judged_list { struct judged *item; size_t n; };
ATT_CHECK bool judged_decode(
    struct arena *a, const struct frame *f, struct judged_list *out, struct att_error *e);

/* name.c */
bool want_same(const struct collateral_name *a, const struct collateral_name *b);
/* Is the baseline a number?  Then *n is it. */
bool baseline_number(const char *baseline, uint32_t *n);
/* "tcb-info SGX-00906ed50000 (standard)" in the arena */
const char *want_text(struct arena *a, const struct collateral_name *n);

/* accept.c */
/* What the store holds for this name and is current; false: *why says what it has instead, perhaps
 * nothing. */
bool held_find(struct collateral *c, const struct collateral_name *n, struct arena *a,
    struct store_item *out, struct att_error *why);
/*
 * Stores what was judged good and may follow.  name: what was wanted; NULL from the offline folder,
 * where each item stands for itself.  *changed is set when something is there now that was not
 * before.
 */
ATT_CHECK bool accept_item(struct collateral *c, const struct collateral_name *name,
    const struct judged *item, const char *source, bool *changed, struct att_error *e);

/* wait.c */
/* The block of a NEED message into w->need. */
ATT_CHECK bool needs_read(struct collateral_wait *w, struct rd in, struct att_error *e);
/* Takes the item into the wait's memory if the store has it. */
bool wait_fill(struct collateral *c, struct collateral_need *n, struct att_error *why);
/* The need is not open any more; why is noted unless it was found. */
void wait_close_need(struct collateral_need *n, const char *why);
/* Nothing is open any more. */
void wait_over(struct collateral *c, struct collateral_wait *w);

/* flight.c */
/* Why this could not be had a moment ago; NULL: it may be asked for. */
const char *flight_lacking(const struct collateral *c, const struct collateral_name *n);
/* Fails what the fetch role should have answered by then. */
void flight_fail_fetching(struct collateral *c, int64_t until_us, const char *why);
/* Joins the flight under way for this name, or starts one; NULL: no more can be started. */
struct flight *flight_for(struct collateral *c, const struct collateral_name *n,
    enum flight_purpose purpose, bool is_authentic);
bool flight_judge(struct flight *f, struct rd pieces, const char *source);
/* Ends it; whoever waits hears why. */
void flight_fail(struct flight *f, uint32_t retry_s, const char *text);
/* refresh.c: how a refresh ended. */
void refresh_ended(
    struct collateral *c, const struct collateral_name *n, bool ok, uint32_t retry_s);
int refresh_check(struct collateral *c);
/* import.c */
void import_judged(struct collateral *c, const struct frame *f);

#endif
