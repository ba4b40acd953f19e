/* Fetches under way: one per item, however many wait for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/collateral/internal.h"
#include "server/log/log.h"
#include "server/log/metrics.h"

#define FETCH_US ((int64_t)120000000)   /* beyond it the fetch role is taken to have forgotten */
#define SHOWN 400                       /* characters of what was tried */

static void flight_unlink(struct flight *f)
{
	struct flight **at = &f->c->flights;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	f->c->nflights--;
}

/* Where a source serves what is no good, the requests that want it must not become as many
 * questions. */
static void remember_lack(const struct flight *f, const char *why)
{
	struct collateral *c = f->c;
	unsigned i = c->next_lacking++ % COLLATERAL_FAILURES_MAX;

	c->lacking[i].name = f->name;
	c->lacking[i].until_us = c->host.now_us(c->host.state) + COLLATERAL_PAUSE_US;
	(void)snprintf(c->lacking[i].why, sizeof c->lacking[i].why, "%s", why);
}

const char *flight_lacking(const struct collateral *c, const struct collateral_name *n)
{
	for (unsigned i = 0; i < COLLATERAL_FAILURES_MAX; i++)
		if (c->lacking[i].until_us > c->host.now_us(c->host.state) &&
		    want_same(&c->lacking[i].name, n))
			return c->lacking[i].why;
	return NULL;
}

/* why NULL: the store should have it now. */
static void finish(struct flight *f, const struct att_error *why, uint32_t retry_s)
{
	struct collateral *c = f->c;
	struct collateral_need *n = f->needs, *next;

	flight_unlink(f);
	if (f->purpose == FLIGHT_REFRESH)
		refresh_ended(c, &f->name, !why, retry_s);
	else if (f->purpose == FLIGHT_IMPORT)
		c->importing--;
	if (why && f->purpose != FLIGHT_IMPORT)
		log_event(LOG_WARN, "collateral.failed", "kind", "%s", f->name.kind, "key", "%s",
		    f->name.key, "baseline", "%s", f->name.baseline, "error", "%s", why->text,
		    NULL);
	for (; n; n = next) {
		struct att_error none = { 0 };
		struct collateral_wait *w = n->wait;
		next = n->next;
		if (!wait_fill(c, n, &none) && !why)
			(void)att_fail(&none, ATT_E_COLLATERAL, "not in the store");
		wait_close_need(n, why ? why->text : none.text);
		if (w->open == 0)
			wait_over(c, w);
	}
	free(f->pieces);
	free(f);
}

void flight_fail(struct flight *f, uint32_t retry_s, const char *text)
{
	struct att_error why = { 0 };

	(void)att_fail(&why, ATT_E_COLLATERAL, "%s", text);
	finish(f, &why, retry_s);
}

static void count(struct collateral *c, const char *source, unsigned outcome)
{
	unsigned i = 0;

	metric_add(M_collateral_fetches, outcome, 1);
	while (i < c->nsources && strcmp(c->source[i].name, source) != 0)
		i++;
	if (i == COLLATERAL_SOURCES_MAX || *source == 0)
		return;
	if (i == c->nsources) {
		bytes_copy(c->source[i].name, source, strlen(source) + 1);
		c->nsources++;
	}
	c->source[i].n[outcome]++;
}

/* A PCK certificate does not say for which QE id it was made: then it is the one that was asked
 * about. */
static bool is_wanted(const struct flight *f, const struct att_endorsement *is)
{
	return strcmp(is->kind, f->name.kind) == 0 &&
	    (*is->key == 0 || strcmp(is->key, f->name.key) == 0 ||
		(strcmp(is->kind, "pck-cert") == 0 && strncmp(is->key, "any-", 4) == 0));
}

/* The item that was wanted, as the worker judged it; others that came along are not taken. */
static bool take_wanted(
    struct flight *f, const struct judged_list *list, bool *changed, struct att_error *e)
{
	bool found = false, ok = false;

	for (size_t i = 0; i < list->n && !ok; i++) {
		struct judged item = list->item[i];
		if (!is_wanted(f, &item.is))
			continue;
		if (found)
			att_error_clear(e);
		found = true;
		if (*item.is.key)
			item.is.key = f->name.key;
		ok = accept_item(f->c, &f->name, &item, f->source, changed, e);
	}
	return ok || (found ? false : att_fail(e, ATT_E_COLLATERAL, "something else came"));
}

static bool send_fetch(struct flight *f)
{
	struct collateral *c = f->c;

	f->id = ++c->last_id;
	f->asked_as_authentic = f->has_authentic;
	f->until_us = c->host.now_us(c->host.state) + FETCH_US;
	f->is_unsent = !c->can_fetch && c->has_sources;
	if (f->is_unsent)
		return true;
	f->sent++;
	return c->can_fetch &&
	    c->host.fetch(c->host.state, &f->name, f->has_authentic, f->source, f->id);
}

static void note_bad(struct flight *f, const char *why)
{
	size_t n = strlen(f->bad);

	(void)snprintf(f->bad + n, sizeof f->bad - n, "%s%s", n ? "; " : "", why);
}

/* What one source serves is no good: the next one is asked.  False: nobody can be. */
static bool ask_next(struct flight *f, const char *why)
{
	note_bad(f, why);
	log_event(LOG_WARN, "collateral.bad", "kind", "%s", f->name.kind, "key", "%s", f->name.key,
	    "error", "%s", why, NULL);
	free(f->pieces);
	f->pieces = NULL;
	f->is_judging = false;
	return *f->source && send_fetch(f);
}

static void judged(struct pool_job *job, const struct frame *answer)
{
	struct flight *f = (struct flight *)(void *)job;
	struct collateral *c = f->c;
	struct arena *a = arena_new(CALL_MEMORY);
	struct judged_list list;
	struct att_error e = { 0 };
	bool changed = false, ok;

	if (f->purpose == FLIGHT_IMPORT) {
		import_judged(c, answer);
		arena_free(a);
		finish(f, NULL, 0);
		return;
	}
	ok = a &&
	    (answer ||
		att_fail(&e, ATT_E_COLLATERAL, "the process that judged what came failed")) &&
	    judged_decode(a, answer, &list, &e) && take_wanted(f, &list, &changed, &e);
	arena_free(a);
	if (changed)
		c->host.changed(c->host.state);
	count(c, f->source, ok ? FETCH_FOUND : FETCH_OUTCOMES);
	if (ok)
		log_event(LOG_INFO, "collateral.taken", "kind", "%s", f->name.kind, "key", "%s",
		    f->name.key, "baseline", "%s", f->name.baseline, "source", "%s", f->source,
		    "new", "%s", changed ? "yes" : "no", NULL);
	if (!ok) {
		(void)att_within(&e, "from %s", *f->source ? f->source : "a source");
		if (answer && ask_next(f, e.text))
			return;
		remember_lack(f, e.text);
	}
	finish(f, ok ? NULL : &e, 0);
}

bool flight_judge(struct flight *f, struct rd pieces, const char *source)
{
	size_t n = rd_left(&pieces);

	f->pieces = malloc(n ? n : 1);
	if (!f->pieces)
		return false;
	bytes_copy(f->pieces, rd_ptr(&pieces), n);
	f->is_judging = true;
	(void)snprintf(f->source, sizeof f->source, "%s", source);
	f->job.op = OP_JUDGE;
	f->job.done = judged;
	f->job.blocks[0] = (struct block){ f->pieces, n };
	f->job.blocks[1] = block_text(f->name.kind);
	f->job.blocks[2] = block_text(f->name.key);
	return f->c->host.judge(f->c->host.state, &f->job);
}

struct flight *flight_for(struct collateral *c, const struct collateral_name *n,
    enum flight_purpose purpose, bool is_authentic)
{
	struct flight *f = c->flights;

	while (f &&
	    (f->purpose == FLIGHT_IMPORT || purpose == FLIGHT_IMPORT || !want_same(&f->name, n)))
		f = f->next;
	if (f) {
		f->has_authentic |= is_authentic;
		return f;
	}
	f = c->nflights < FLIGHTS_MAX ? calloc(1, sizeof *f) : NULL;
	if (!f)
		return NULL;
	f->c = c;
	f->name = *n;
	f->purpose = purpose;
	f->has_authentic = is_authentic;
	if (purpose != FLIGHT_IMPORT && !send_fetch(f)) {
		free(f);
		return NULL;
	}
	f->next = c->flights;
	c->flights = f;
	c->nflights++;
	return f;
}

static const char *rd_string(struct arena *a, struct rd r, size_t max)
{
	const char *s =
	    arena_strndup(a, (const char *)rd_ptr(&r), rd_left(&r) < max ? rd_left(&r) : max);

	return s ? s : "";
}

static void fetched(struct flight *f, const struct frame *m, struct arena *a)
{
	struct rd outcome = m->block[0], retry = m->block[1];
	const char *source = rd_string(a, m->block[2], COLLATERAL_SOURCE_MAX - 1);
	const char *tried = rd_string(a, m->block[3], SHOWN);
	uint8_t what;
	uint32_t retry_s;

	if (!rd_u8(&outcome, &what) || !rd_le32(&retry, &retry_s) || what >= FETCH_OUTCOMES) {
		flight_fail(f, 0, "the fetch role's answer is malformed");
		return;
	}
	/* Refused to a key that anybody may have made up; meanwhile somebody came who did not. */
	if (what == FETCH_REFUSED && f->has_authentic && !f->asked_as_authentic && send_fetch(f))
		return;
	if (what != FETCH_FOUND && *f->bad) {
		if (*tried)
			note_bad(f, tried);
		remember_lack(f, f->bad);
		flight_fail(f, retry_s, f->bad);
	} else if (what != FETCH_FOUND) {
		count(f->c, source, what);
		if (what != FETCH_REFUSED)
			remember_lack(f, *tried ? tried : "no source has it");
		flight_fail(f, retry_s, *tried ? tried : "no source has it");
	} else if (!flight_judge(f, m->block[4], source))
		flight_fail(f, 0, "no verifier is free to judge what came");
}

void collateral_fetched(struct collateral *c, const struct frame *m)
{
	struct arena *a = arena_new(MIB);

	for (struct flight *f = c->flights; a && f; f = f->next)
		if (f->id == m->id && !f->is_judging && f->purpose != FLIGHT_IMPORT) {
			fetched(f, m, a);
			break;
		}
	arena_free(a);
}

/* Failing one may start others' requests again, so the list is looked at from its start each time.
 */
void flight_fail_fetching(struct collateral *c, int64_t older_than_us, const char *why)
{
	struct flight *f = c->flights;

	while (f) {
		if (!f->is_judging && f->purpose != FLIGHT_IMPORT && f->until_us <= older_than_us) {
			flight_fail(f, 0, why);
			f = c->flights;
		} else
			f = f->next;
	}
}

static struct flight *first_unsent(struct collateral *c)
{
	struct flight *f = c->flights;

	while (f && !f->is_unsent)
		f = f->next;
	return f;
}

void collateral_fetcher(struct collateral *c, bool is_there)
{
	struct flight *f;

	c->can_fetch = is_there;
	c->next_tick_us = 0;
	if (is_there) {
		while ((f = first_unsent(c)))
			if (!send_fetch(f))
				flight_fail(f, 0, "the fetch role takes no more");
		return;
	}
	/* What was asked twice may be what kills it. */
	for (f = c->flights; f; f = f->next)
		if (!f->is_judging && f->purpose != FLIGHT_IMPORT && c->has_sources && f->sent < 2)
			f->is_unsent = true;
		else if (!f->is_judging && f->purpose != FLIGHT_IMPORT)
			f->until_us = INT64_MIN;
	flight_fail_fetching(c, INT64_MIN, "the fetch role is not running");
}
