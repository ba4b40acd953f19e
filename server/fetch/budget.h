/*
 * budget.h - what questions about keys that nobody vouches for may cost: so many in any minute,
 * none about a key that was found absent a moment ago; and how long to pause before a repetition.
 *
 * Functions of the clock and random values passed in; times are monotonic milliseconds.
 */
#ifndef SERVER_FETCH_BUDGET_H
#define SERVER_FETCH_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define BUDGET_WINDOW_MS 60000

/* At most max in any BUDGET_WINDOW_MS: the times of the last max. */
struct budget {
	int64_t *taken_ms;              /* ring; owned */
	unsigned max, n, next;
};
ATT_CHECK bool budget_init(struct budget *b, unsigned max, struct att_error *e);
void budget_clear(struct budget *b);            /* all-zero is legal */
/* Takes one; false: *wait_ms until there is one again. */
ATT_CHECK bool budget_take(struct budget *b, int64_t now_ms, int64_t *wait_ms);

/* Keys that no source has.  Full: the oldest goes. */
struct absent_entry;
struct absent {
	struct absent_entry *item;      /* ring; owned */
	unsigned max, n, next;
	int64_t keep_ms;
};
ATT_CHECK bool absent_init(struct absent *a, unsigned max, int64_t keep_ms, struct att_error *e);
void absent_clear(struct absent *a);            /* all-zero is legal */
/* id: kind, key and baseline.  Longer ones than any legal key are not kept. */
void absent_put(struct absent *a, const char *id, int64_t now_ms);
/* Milliseconds that it is still remembered; 0: it is not. */
int64_t absent_left(const struct absent *a, const char *id, int64_t now_ms);

/* Full jitter: anything from 0 to 200 ms doubled per repetition, 2 s at most.  repetition counts
 * from 0. */
int64_t retry_pause_ms(unsigned repetition, uint32_t random);

#endif
