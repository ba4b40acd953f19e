/*
 * breaker.h - leaves a source alone that keeps failing, or that asked for it (Retry-After).
 *
 * Closed: everything goes.  After `failures` failures in a row it opens, for open_ms; then one
 * question goes as a probe: its success closes the breaker, its failure opens it for twice as long,
 * up to open_max_ms. A function of the clock values passed in; times are monotonic milliseconds.
 */
#ifndef SERVER_FETCH_BREAKER_H
#define SERVER_FETCH_BREAKER_H

#include <stdint.h>

#include "lib/base/err.h"

struct breaker_rule { unsigned failures; int64_t open_ms, open_max_ms; };

/* All-zero is closed. */
struct breaker {
	enum { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_PROBING } state;
	unsigned failures;              /* in a row, while closed */
	int64_t open_ms;                /* length of the present opening */
	int64_t until_ms;               /* end of it */
	int64_t asked_until_ms;         /* what the source asked for */
};

/* May a question be sent now?  True: say what came of it.  False: *wait_ms until it makes sense
 * again. */
ATT_CHECK bool breaker_take(struct breaker *b, int64_t now_ms, int64_t *wait_ms);
void breaker_ok(struct breaker *b);
void breaker_failed(struct breaker *b, const struct breaker_rule *r, int64_t now_ms);
/* The question that was taken was not sent. */
void breaker_return(struct breaker *b);
/* The source lives and wants to be left alone for so long; an earlier, longer wish stays. */
void breaker_asked(struct breaker *b, int64_t now_ms, int64_t wait_ms);

#endif
