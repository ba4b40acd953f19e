/* POST /challenges, and what becomes of a nonce that comes back in evidence. */
#include "server/api/challenge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "lib/base/time.h"
#include "server/api/manage.h"
#include "server/log/metrics.h"

#define BUCKETS 4096u /* a power of two */

struct challenge {
	uint8_t nonce[CHALLENGE_BYTES];
	int64_t expires_us;
	struct challenge *same_bucket, *older, *newer;
};

/* The table */

/* Nonces are random, so their first bytes are as good as any digest of them. */
static struct challenge **bucket_of(const struct challenge_table *t, const uint8_t *nonce)
{
	return &t->bucket[(nonce[0] | (uint32_t)nonce[1] << 8) & (BUCKETS - 1)];
}

static void forget(struct challenge_table *t, struct challenge *c)
{
	struct challenge **at = bucket_of(t, c->nonce);

	while (*at != c)
		at = &(*at)->same_bucket;
	*at = c->same_bucket;
	*(c->older ? &c->older->newer : &t->oldest) = c->newer;
	*(c->newer ? &c->newer->older : &t->newest) = c->older;
	t->n--;
	free(c);
}

/* The lifetime is one for all, so the oldest expires first; after it was changed, some stay a
 * little longer. */
static void forget_expired(struct challenge_table *t, int64_t now_us)
{
	while (t->oldest && t->oldest->expires_us <= now_us)
		forget(t, t->oldest);
}

static bool random_nonce(uint8_t nonce[CHALLENGE_BYTES])
{
	return getrandom(nonce, CHALLENGE_BYTES, 0) == CHALLENGE_BYTES;
}

static bool has_room(const struct challenge_table *t, const struct challenge_terms *terms)
{
	return t->n < terms->max - (terms->is_known ? 0 : terms->max / CHALLENGE_RESERVED);
}

static void remember(struct challenge_table *t, struct challenge *c)
{
	struct challenge **bucket = bucket_of(t, c->nonce);

	c->same_bucket = *bucket;
	*bucket = c;
	c->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = c;
	t->newest = c;
	t->n++;
}

bool challenge_issue(struct challenge_table *t, const struct challenge_terms *terms,
    char nonce[CHALLENGE_TEXT], struct att_error *e)
{
	struct challenge *c;

	if (!t->bucket)
		t->bucket = calloc(BUCKETS, sizeof(struct challenge *));
	if (!t->bucket)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	forget_expired(t, terms->now_us);
	if (!has_room(t, terms))
		return att_fail(e, ATT_E_OVERLOADED,
		    "%u challenges are unanswered, no more are given out", t->n);
	c = calloc(1, sizeof *c);
	if (!c || !random_nonce(c->nonce)) {
		free(c);
		return att_fail(e, ATT_E_NOMEM, "out of memory or randomness");
	}
	c->expires_us = terms->now_us + (int64_t)terms->lifetime_s * 1000000;
	remember(t, c);
	b64_encode(B64_URL, c->nonce, sizeof c->nonce, nonce);
	return true;
}

bool challenge_take(struct challenge_table *t, const char *nonce, size_t n, int64_t now_us)
{
	uint8_t bytes[CHALLENGE_TEXT];
	struct challenge *c;
	size_t got;
	bool fresh;

	if (n != CHALLENGE_TEXT - 1 || !b64_decode(B64_URL, nonce, n, bytes, &got, NULL) ||
	    got != CHALLENGE_BYTES || !t->bucket)
		return false;
	for (c = *bucket_of(t, bytes); c && !bytes_equal(c->nonce, bytes, CHALLENGE_BYTES);
	     c = c->same_bucket)
		;
	fresh = c && c->expires_us > now_us;
	if (c)
		forget(t, c);
	return fresh;
}

void challenge_clear(struct challenge_table *t)
{
	while (t->oldest)
		forget(t, t->oldest);
	free(t->bucket);
	*t = (struct challenge_table){ 0 };
}

/* Giving out */

static bool issue(struct api_call *c, bool is_known, struct resp *out, struct att_error *e)
{
	const struct config *config = c->api->config;
	struct challenge_terms terms = { .max = config->limits.challenges,
		.lifetime_s = config->challenge.lifetime,
		.is_known = is_known,
		.now_us = c->api->now_us() };
	char nonce[CHALLENGE_TEXT], when[TIME_TEXT_MAX], text[256];

	if (!challenge_issue(&c->api->challenges[c->provider], &terms, nonce, e))
		return false;
	/* Cut to whole seconds, so never later than it is. */
	time_format(c->api->now_s() + terms.lifetime_s, when);
	(void)snprintf(text, sizeof text, "{\"nonce\":\"%s\",\"expires\":\"%s\"}", nonce, when);
	*out = resp_copy(200, text, strlen(text));
	metric_add(M_challenges, METRIC_CHALLENGE_issued, 1);
	return true;
}

static bool respond_known(struct api_call *c, struct resp *out, struct att_error *e)
{
	return issue(c, true, out, e);
}

void api_challenge(struct api_call *c)
{
	static const struct manage_kind known = { .verb = MANAGE_ALLOW, .respond = respond_known };
	struct block bearer = api_bearer(c->r);
	struct att_error e = { 0 };
	struct resp resp;

	if (!bearer.p || bearer.n > 0) {
		manage_call(c, &known);
		return;
	}
	if (issue(c, false, &resp, &e))
		api_answer(c, &resp);
	else
		api_problem(c, e.code, "%s", e.text);
}

/* Taking back */

bool api_challenge_need(struct api_call *c, struct rd needs)
{
	struct rd kind, nonce;
	bool fresh;

	/* Once per request: a worker that asks again has what it asked for. */
	if (c->flags & ATTEST_CHALLENGED || !rd_le32_block(&needs, &kind) ||
	    !rd_is_text(&kind, NEED_CHALLENGE) || !rd_le32_block(&needs, &nonce))
		return false;
	fresh = challenge_take(&c->api->challenges[c->provider], (const char *)rd_ptr(&nonce),
	    rd_left(&nonce), c->api->now_us());
	metric_add(M_challenges, fresh ? METRIC_CHALLENGE_used : METRIC_CHALLENGE_refused, 1);
	c->flags |= (uint8_t)(ATTEST_CHALLENGED | (fresh ? ATTEST_FRESH : 0));
	return true;
}

void challenges_clear(struct api *api)
{
	for (size_t i = 0; i < PROVIDERS_MAX; i++)
		challenge_clear(&api->challenges[i]);
}
