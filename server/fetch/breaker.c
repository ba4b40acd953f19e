#include "server/fetch/breaker.h"

#define PROBE_WAIT_MS 1000      /* the probe's answer is awaited, and nobody knows how long */

bool breaker_take(struct breaker *b, int64_t now_ms, int64_t *wait_ms)
{
	int64_t until = b->asked_until_ms;

	if (b->state == BREAKER_OPEN && b->until_ms > until)
		until = b->until_ms;
	if (now_ms < until) {
		*wait_ms = until - now_ms;
		return false;
	}
	if (b->state == BREAKER_PROBING) {
		*wait_ms = PROBE_WAIT_MS;
		return false;
	}
	if (b->state == BREAKER_OPEN)
		b->state = BREAKER_PROBING;
	return true;
}

void breaker_ok(struct breaker *b)
{
	b->state = BREAKER_CLOSED;
	b->failures = 0;
	b->open_ms = 0;
}

static void open_for(
    struct breaker *b, const struct breaker_rule *r, int64_t now_ms, int64_t open_ms)
{
	b->state = BREAKER_OPEN;
	b->failures = 0;
	b->open_ms = open_ms < r->open_max_ms ? open_ms : r->open_max_ms;
	b->until_ms = now_ms + b->open_ms;
}

void breaker_failed(struct breaker *b, const struct breaker_rule *r, int64_t now_ms)
{
	/* Open already: an answer to a question from before.  It says nothing new. */
	if (b->state == BREAKER_PROBING)
		open_for(b, r, now_ms, 2 * b->open_ms);
	else if (b->state == BREAKER_CLOSED && ++b->failures >= r->failures)
		open_for(b, r, now_ms, r->open_ms);
}

void breaker_return(struct breaker *b)
{
	if (b->state == BREAKER_PROBING)
		b->state = BREAKER_OPEN;
}

void breaker_asked(struct breaker *b, int64_t now_ms, int64_t wait_ms)
{
	breaker_ok(b);
	if (now_ms + wait_ms > b->asked_until_ms)
		b->asked_until_ms = now_ms + wait_ms;
}
