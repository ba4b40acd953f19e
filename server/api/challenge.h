/*
 * challenge.h - nonces that the service gives out, each good for one appraisal.
 *
 * A table in the front's memory: random nonces that were given out and neither used nor expired.  Taking one
 * removes it, and only the front's one thread takes, so of any number of uses at most one succeeds, whichever
 * workers they are at.  After a restart nothing is known: an old nonce is as good as an invented one.  That
 * is also why nothing is stored: evidence of before a restart is not fresh, and a write to the disk for each
 * nonce that a stranger asks for would be a gift to him.
 */
#ifndef SERVER_API_CHALLENGE_H
#define SERVER_API_CHALLENGE_H

#include "lib/base/err.h"

#include <stdint.h>

#define CHALLENGE_BYTES 32
#define CHALLENGE_TEXT 44               /* base64url without padding, and a NUL */
#define CHALLENGE_RESERVED 4u           /* one in so many is kept for callers with a bearer */

struct challenge;

/* Of one provider; all-zero is an empty one. */
struct challenge_table {
	struct challenge **bucket;
	struct challenge *oldest, *newest;
	uint32_t n;
};
struct challenge_terms {
	uint32_t max;                   /* nonces at a time */
	uint32_t lifetime_s;
	bool is_known;                  /* the caller has a bearer */
	int64_t now_us;                 /* monotonic */
};

/* A new nonce as text.  OVERLOADED: there are as many as may be. */
ATT_CHECK bool challenge_issue(struct challenge_table *t, const struct challenge_terms *terms,
    char nonce[CHALLENGE_TEXT], struct att_error *e);
/* Was this text given out, and has it neither expired nor been taken before? */
bool challenge_take(struct challenge_table *t, const char *nonce, size_t n, int64_t now_us);
void challenge_clear(struct challenge_table *t);

#endif
