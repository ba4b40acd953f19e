/*
 * Renewal before something expires: a day after it was fetched, sooner where it expires sooner, one
 * item after the other.  What cannot be renewed stays in use until it expires, not longer.
 */
#include <string.h>

#include "lib/base/time.h"
#include "server/collateral/internal.h"
#include "server/log/log.h"

#define JITTER_S                                                                                   \
	(DAY_S / 10) /* so that items fetched together are not asked for together for ever */
#define BEFORE_EXPIRY_S ((int64_t)3600)
#define AT_MOST_EVERY_S ((int64_t)3600)
#define RETRY_FIRST_S ((int64_t)300)
#define RETRY_MAX_S ((int64_t)21600)
#define LAPSED_S (30 * DAY_S)           /* kept so long after they expired */
#define TICK_US ((int64_t)60000000)

struct held {
	struct arena *a;
	struct store_item *item;
	struct store_choice *choice;
	size_t nitems, nchoices;
};

static bool read_held(struct collateral *c, struct held *h, struct att_error *e)
{
	return store_items(c->store, false, ITEMS_LISTED, h->a, &h->item, &h->nitems, e) &&
	    store_choices(c->store, ITEMS_LISTED, h->a, &h->choice, &h->nchoices, e);
}

static int64_t jitter(const struct store_item *i)
{
	return (((int64_t)i->sha256[0] << 8) + i->sha256[1]) * JITTER_S / 65536;
}

static int64_t due_s(const struct store_item *i, int64_t checked_s)
{
	int64_t due = checked_s + DAY_S - jitter(i);

	if (i->expires_s != INT64_MIN && i->expires_s - BEFORE_EXPIRY_S < due)
		due = i->expires_s - BEFORE_EXPIRY_S;
	return due > checked_s + AT_MOST_EVERY_S ? due : checked_s + AT_MOST_EVERY_S;
}

static int64_t held_back_until(const struct collateral *c, const struct collateral_name *n)
{
	for (unsigned i = 0; i < COLLATERAL_FAILURES_MAX; i++)
		if (c->failed[i].times && want_same(&c->failed[i].name, n))
			return c->failed[i].until_s;
	return INT64_MIN;
}

/* The most overdue so far. */
struct most { struct collateral_name name; int64_t due_s; bool any; };

static void consider(const struct collateral *c, const struct collateral_name *n, int64_t due,
    struct most *m, int64_t now_s)
{
	if (due > now_s || held_back_until(c, n) > now_s || (m->any && due >= m->due_s))
		return;
	*m = (struct most){ *n, due, true };
}

static bool name_of(const struct store_item *i, const char *baseline, struct collateral_name *out)
{
	*out = (struct collateral_name){ 0 };
	if (strlen(i->kind) >= sizeof out->kind || strlen(i->key) >= sizeof out->key ||
	    strlen(baseline) >= sizeof out->baseline)
		return false;
	bytes_copy(out->kind, i->kind, strlen(i->kind));
	bytes_copy(out->key, i->key, strlen(i->key));
	bytes_copy(out->baseline, baseline, strlen(baseline));
	return true;
}

static bool is_chosen(const struct store_choice *c, const struct store_item *i)
{
	return strcmp(c->kind, i->kind) == 0 && strcmp(c->key, i->key) == 0 &&
	    c->evaluation == i->evaluation;
}

/* By each baseline that stands for it, else by its number; lapsed numbers are let go. */
static void consider_item(const struct collateral *c, const struct held *h,
    const struct store_item *i, struct most *m, int64_t now_s)
{
	struct collateral_name n;
	bool chosen = false;

	for (size_t k = 0; k < h->nchoices; k++)
		if (is_chosen(&h->choice[k], i) && name_of(i, h->choice[k].baseline, &n)) {
			consider(c, &n, due_s(i, h->choice[k].checked_s), m, now_s);
			chosen = true;
		}
	if (chosen || (i->evaluation && i->expires_s < now_s))
		return;
	if (name_of(i, i->evaluation ? arena_printf(h->a, "%u", i->evaluation) : "", &n))
		consider(c, &n, due_s(i, i->fetched_s), m, now_s);
}

/* Once per item: seven days before, one day before, and when it is over. */
static void warn(const struct store_item *i, int64_t from_s, int64_t to_s)
{
	static const struct {
		int64_t before_s;
		enum log_level level;
		const char *event;
	} marks[] = {
		{ 0, LOG_ERROR, "collateral.expired" },
		{ DAY_S, LOG_WARN, "collateral.expires" },
		{ 7 * DAY_S, LOG_INFO, "collateral.expires" },
	};
	char when[TIME_TEXT_MAX];

	if (i->expires_s == INT64_MIN)
		return;
	for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
		int64_t at = i->expires_s - marks[k].before_s;
		if (at > to_s)
			continue;
		time_format(i->expires_s, when);
		if (at > from_s)
			log_event(marks[k].level, marks[k].event, "kind", "%s", i->kind, "key",
			    "%s", i->key, "evaluation", "%u", i->evaluation, "at", "%s", when,
			    NULL);
		return;
	}
}

static bool holds(const struct held *h, const char *kind, const char *key, size_t len)
{
	for (size_t i = 0; i < h->nitems; i++)
		if (strcmp(h->item[i].kind, kind) == 0 && strncmp(h->item[i].key, key, len) == 0)
			return true;
	return false;
}

/* No appraisal needs the list of evaluation numbers, operators do: it comes where there is
 * something to list. */
static void consider_numbers(
    const struct collateral *c, const struct held *h, struct most *m, int64_t now_s)
{
	static const char *const tees[] = { "SGX-", "TDX-" };
	struct collateral_name n = { .kind = "evaluation-numbers" };

	for (size_t i = 0; i < sizeof tees / sizeof *tees; i++) {
		bytes_copy(n.key, tees[i], 3);
		if (holds(h, "tcb-info", tees[i], 4) && !holds(h, n.kind, n.key, 3))
			consider(c, &n, now_s, m, now_s);
	}
}

/* Evaluation numbers that nobody asks for any more, long expired. */
static void drop_lapsed(struct collateral *c, const struct held *h, int64_t now_s)
{
	int64_t before_s = now_s - LAPSED_S;
	struct att_error e = { 0 };
	bool any = false;

	for (size_t i = 0; i < h->nitems && !any; i++) {
		any = h->item[i].evaluation && h->item[i].expires_s < before_s;
		for (size_t k = 0; any && k < h->nchoices; k++)
			any = !is_chosen(&h->choice[k], &h->item[i]);
	}
	if (any && !store_items_drop_lapsed(c->store, before_s, &e))
		log_event(LOG_ERROR, "collateral.refresh", "error", "%s", e.text, NULL);
}

static void look(struct collateral *c, struct held *h, int64_t now_s)
{
	struct most m = { 0 };
	bool lapsed = false;

	for (size_t i = 0; i < h->nitems; i++) {
		const struct store_item *item = &h->item[i];
		/* What was over long before this process looked is no news. */
		if (c->checked_s != INT64_MIN || item->expires_s > now_s)
			warn(item, c->checked_s, now_s);
		lapsed |= item->expires_s < now_s && item->expires_s >= c->checked_s;
		if (c->can_fetch)
			consider_item(c, h, item, &m, now_s);
	}
	if (c->can_fetch)
		consider_numbers(c, h, &m, now_s);
	c->checked_s = now_s;
	drop_lapsed(c, h, now_s);
	if (lapsed)
		c->host.changed(c->host.state);
	if (m.any && flight_for(c, &m.name, FLIGHT_REFRESH, true))
		c->is_refreshing = true;
}

int refresh_check(struct collateral *c)
{
	int64_t now_us = c->host.now_us(c->host.state);
	struct held h = { 0 };
	struct att_error e = { 0 };

	/* A fetch role that forgot it is noticed then. */
	if (c->is_refreshing)
		return (int)(TICK_US / 1000);
	if (now_us >= c->next_tick_us) {
		c->next_tick_us = now_us + TICK_US;
		h.a = arena_new(CALL_MEMORY);
		if (h.a && read_held(c, &h, &e))
			look(c, &h, c->host.now_s(c->host.state));
		else if (e.code != ATT_E_OK)
			log_event(LOG_ERROR, "collateral.refresh", "error", "%s", e.text, NULL);
		arena_free(h.a);
	}
	return (int)((c->next_tick_us - now_us) / 1000 + 1);
}

static void hold_back(struct collateral *c, const struct collateral_name *n, uint32_t retry_s)
{
	int64_t now = c->host.now_s(c->host.state), wait;
	unsigned i = 0, oldest = 0;

	while (i < COLLATERAL_FAILURES_MAX &&
	    !(c->failed[i].times && want_same(&c->failed[i].name, n))) {
		if (c->failed[i].until_s < c->failed[oldest].until_s)
			oldest = i;
		i++;
	}
	if (i == COLLATERAL_FAILURES_MAX) {
		i = oldest;
		c->failed[i].name = *n;
		c->failed[i].times = 0;
	}
	wait = c->failed[i].times < 7 ? RETRY_FIRST_S << c->failed[i].times : RETRY_MAX_S;
	if (wait > RETRY_MAX_S)
		wait = RETRY_MAX_S;
	if (wait < retry_s)
		wait = retry_s;
	c->failed[i].times++;
	c->failed[i].until_s = now + wait;
}

void refresh_ended(struct collateral *c, const struct collateral_name *n, bool ok, uint32_t retry_s)
{
	c->is_refreshing = false;
	if (!ok)
		hold_back(c, n, retry_s);
	for (unsigned i = 0; ok && i < COLLATERAL_FAILURES_MAX; i++)
		if (want_same(&c->failed[i].name, n))
			c->failed[i].times = 0;
	/* The next one that is due, at once. */
	c->next_tick_us = 0;
}
