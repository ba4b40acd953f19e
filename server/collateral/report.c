#include <inttypes.h>
#include <string.h>

#include "lib/base/time.h"
#include "lib/json/json.h"
#include "server/collateral/internal.h"

#define METRIC_ITEMS 256u       /* time series of one metric */

static const char *fault_of(const struct store_item *i, int64_t now_s)
{
	return i->expires_s != INT64_MIN && i->expires_s < now_s ? "expired" : "good";
}

static void put_time(struct arena *a, struct json *o, const char *name, int64_t t_s)
{
	char when[TIME_TEXT_MAX];

	if (t_s == INT64_MIN)
		return;
	time_format(t_s, when);
	(void)json_put(a, o, name, json_string(a, when));
}

static bool is_of(const struct store_choice *c, const struct store_item *i)
{
	return strcmp(c->kind, i->kind) == 0 && strcmp(c->key, i->key) == 0 &&
	    c->evaluation == i->evaluation;
}

static struct json *baselines(struct arena *a, const struct store_choice *list, size_t n,
    const struct store_item *i)
{
	struct json *names = json_array(a);

	for (size_t k = 0; k < n; k++)
		if (is_of(&list[k], i))
			(void)json_append(names, json_string(a, list[k].baseline));
	return names;
}

static struct json *item_json(
    struct arena *a, const struct store_item *i, int64_t now_s, struct json *names)
{
	struct json *o = json_object(a);

	(void)json_put(a, o, "kind", json_string(a, i->kind));
	(void)json_put(a, o, "key", json_string(a, i->key));
	if (i->evaluation) {
		(void)json_put(a, o, "evaluation", json_int(a, i->evaluation));
		(void)json_put(a, o, "baselines", names);
	}
	put_time(a, o, "issued", i->issued_s);
	put_time(a, o, "expires", i->expires_s);
	if (i->expires_s != INT64_MIN)
		(void)json_put(a, o, "expiresInSeconds", json_int(a, i->expires_s - now_s));
	put_time(a, o, "fetched", i->fetched_s);
	(void)json_put(a, o, "ageSeconds", json_int(a, now_s - i->fetched_s));
	if (*i->crl_number)
		(void)json_put(a, o, "crlNumber", json_string(a, i->crl_number));
	(void)json_put(a, o, "source", json_string(a, i->source));
	(void)json_put(a, o, "fault", json_string(a, fault_of(i, now_s)));
	(void)json_put(a, o, "size", json_int(a, (int64_t)i->piece.n));
	return o;
}

bool collateral_list_json(
    struct collateral *c, struct arena *a, struct buf *out, struct att_error *e)
{
	int64_t now_s = c->host.now_s(c->host.state);
	struct json *o = json_object(a), *list = json_array(a);
	struct store_item *items;
	struct store_choice *choices;
	size_t nitems, nchoices, n;
	char *text;

	if (!store_items(c->store, true, ITEMS_LISTED, a, &items, &nitems, e) ||
	    !store_choices(c->store, ITEMS_LISTED, a, &choices, &nchoices, e))
		return false;
	for (size_t i = 0; i < nitems; i++)
		(void)json_append(list, item_json(a, &items[i], now_s,
		    baselines(a, choices, nchoices, &items[i])));
	put_time(a, o, "time", now_s);
	(void)json_put(a, o, "sources", json_bool(a, c->can_fetch));
	(void)json_put(a, o, "items", list);
	if (!json_write(a, o, JSON_COMPACT, &text, &n, e))
		return false;
	buf_put(out, text, n);
	return buf_ok(out, e);
}

/* Numbers that no baseline stands for may lapse unnoticed: nobody asks for them unless a policy
 * names them. */
static bool is_in_use(const struct store_choice *list, size_t n, const struct store_item *i)
{
	bool used = i->evaluation == 0;

	for (size_t k = 0; !used && k < n; k++)
		used = is_of(&list[k], i);
	return used;
}

size_t collateral_warnings(struct collateral *c, struct arena *a, const char **out, size_t max)
{
	int64_t now_s = c->host.now_s(c->host.state);
	struct store_item *items;
	struct store_choice *choices;
	size_t nitems, nchoices, n = 0;
	char when[TIME_TEXT_MAX];

	if (!store_items(c->store, false, ITEMS_LISTED, a, &items, &nitems, NULL) ||
	    !store_choices(c->store, ITEMS_LISTED, a, &choices, &nchoices, NULL))
		return 0;
	for (size_t i = 0; i < nitems && n < max; i++) {
		if (items[i].expires_s == INT64_MIN || items[i].expires_s >= now_s ||
		    !is_in_use(choices, nchoices, &items[i]))
			continue;
		time_format(items[i].expires_s, when);
		out[n] = arena_printf(
		    a, "collateral %s %s expired at %s", items[i].kind, items[i].key, when);
		n += out[n] != NULL;
	}
	return n;
}

static void item_lines(
    struct buf *out, const struct store_item *items, size_t n, int64_t now_s, bool age)
{
	const char *name = age ? "collateral_age_seconds" : "collateral_expires_seconds";

	buf_fmt(out, "# HELP attestd_%s %s\n# TYPE attestd_%s gauge\n", name,
	    age ? "Time since an endorsement was fetched." :
		  "Time until an endorsement expires; negative: it has.",
	    name);
	for (size_t i = 0; i < n && i < METRIC_ITEMS; i++) {
		if (!age && items[i].expires_s == INT64_MIN)
			continue;
		buf_fmt(out, "attestd_%s{kind=\"%s\",key=\"%s\",evaluation=\"%u\"} %" PRId64 "\n",
		    name, items[i].kind, items[i].key, items[i].evaluation,
		    age ? now_s - items[i].fetched_s : items[i].expires_s - now_s);
	}
}

static const char *const outcomes[COLLATERAL_OUTCOMES] = {
	[FETCH_FOUND] = "accepted", [FETCH_ABSENT] = "absent", [FETCH_FAILED] = "failed",
	[FETCH_REFUSED] = "refused", [FETCH_OUTCOMES] = "not_accepted",
};

void collateral_metrics(struct collateral *c, struct arena *a, struct buf *out)
{
	int64_t now_s = c->host.now_s(c->host.state);
	struct store_item *items;
	size_t n = 0;

	if (store_items(c->store, false, METRIC_ITEMS, a, &items, &n, NULL)) {
		item_lines(out, items, n, now_s, false);
		item_lines(out, items, n, now_s, true);
	}
	buf_str(out,
	    "# HELP attestd_collateral_source_total Answers of sources of endorsements, by "
	    "outcome.\n"
	    "# TYPE attestd_collateral_source_total counter\n");
	for (unsigned i = 0; i < c->nsources; i++)
		for (unsigned k = 0; k < COLLATERAL_OUTCOMES; k++)
			buf_fmt(out,
			    "attestd_collateral_source_total{source=\"%s\",outcome=\"%s\"} %" PRIu64
			    "\n",
			    c->source[i].name, outcomes[k], c->source[i].n[k]);
}

/* Into an ascending list of at most n + 1 numbers. */
static size_t insert(uint32_t *v, size_t n, uint32_t number)
{
	size_t at = n;

	while (at > 0 && v[at - 1] > number)
		at--;
	if (at > 0 && v[at - 1] == number)
		return n;
	for (size_t i = n; i > at; i--)
		v[i] = v[i - 1];
	v[at] = number;
	return n + 1;
}

bool collateral_numbers(struct collateral *c, const char *prefix, struct arena *a, uint32_t **out,
    size_t *n, struct att_error *e)
{
	struct store_item *items;
	size_t nitems;

	if (!store_items(c->store, false, ITEMS_LISTED, a, &items, &nitems, e))
		return false;
	*out = arena_array(a, nitems + 1, sizeof **out);
	if (!*out)
		return arena_fail(a, e);
	*n = 0;
	for (size_t i = 0; i < nitems; i++)
		if (strcmp(items[i].kind, "tcb-info") == 0 &&
		    strncmp(items[i].key, prefix, strlen(prefix)) == 0)
			*n = insert(*out, *n, items[i].evaluation);
	return true;
}

bool collateral_selected(struct collateral *c, const char *identity, const char *baseline,
    struct arena *a, uint32_t *out, struct att_error *e)
{
	struct store_choice name = { .kind = "qe-identity", .key = identity, .baseline = baseline },
			    chosen;

	if (baseline_number(baseline, out))
		return true;
	if (!store_choice_get(c->store, &name, a, &chosen, e))
		return false;
	*out = chosen.evaluation;
	return true;
}

static bool is_about(const struct collateral_name *n, const char *kind, const char *key)
{
	return strcmp(n->kind, kind) == 0 && strcmp(n->key, key) == 0;
}

bool collateral_forget(struct collateral *c, const char *kind, const char *key, int64_t *gone,
    struct att_error *e)
{
	if (!store_item_forget(c->store, kind, key, gone, e))
		return false;
	/* Nor does it count that it could not be had a moment ago. */
	for (unsigned i = 0; i < COLLATERAL_FAILURES_MAX; i++) {
		if (is_about(&c->lacking[i].name, kind, key))
			c->lacking[i].until_us = 0;
		if (is_about(&c->failed[i].name, kind, key))
			c->failed[i].times = 0;
	}
	c->host.changed(c->host.state);
	return true;
}
