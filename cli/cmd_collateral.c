/* attest collateral status: what is at hand, or what a service holds, whether it is good, for how long. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/collateral.h"
#include "cli/out.h"
#include "cli/remote.h"
#include "lib/base/hex.h"
#include "lib/base/rd.h"
#include "lib/base/time.h"

#define ARENA_MAX ((size_t)512 << 20)
#define DAY_S 86400

enum state { STATE_GOOD, STATE_SOON, STATE_BAD };
static const struct { const char *name; enum mark mark; } states[] = {
	[STATE_GOOD] = { "good", MARK_GOOD }, [STATE_SOON] = { "soon", MARK_WARN },
	[STATE_BAD] = { "bad", MARK_BAD },
};

static enum state state_of(const struct att_endorsement *i, int64_t now_s)
{
	if (strcmp(i->fault, "good") != 0)
		return STATE_BAD;
	return i->expires_s - now_s < SOON_S ? STATE_SOON : STATE_GOOD;
}

/* What cannot say when it ends comes first, because it is never good. */
static int by_expiry(const void *x, const void *y)
{
	const struct att_endorsement *a = x, *b = y;
	int by = (a->expires_s > b->expires_s) - (a->expires_s < b->expires_s);

	if (by == 0)
		by = strcmp(a->kind, b->kind);
	return by ? by : strcmp(a->key, b->key);
}

/* Whole days that are left; a day that has begun does not count. */
static long long days(const struct att_endorsement *i, int64_t now_s)
{
	int64_t left = i->expires_s - now_s;

	return left >= 0 ? left / DAY_S : -((-left + DAY_S - 1) / DAY_S);
}

static struct json *optional(struct arena *a, struct json *o, const char *name, const char *text)
{
	return text ? json_put(a, o, name, json_string(a, text)) : o;
}

static struct json *item_json(struct arena *a, const struct att_endorsement *i, int64_t now_s)
{
	struct json *o = json_object(a);
	const char *hex = hex_arena(a, i->sha256, sizeof i->sha256);

	o = json_put(a, o, "kind", json_string(a, i->kind));
	o = json_put(a, o, "key", json_string(a, i->key));
	if (i->evaluation)
		o = json_put(a, o, "evaluation", json_int(a, i->evaluation));
	o = json_put(a, o, "issued", json_time(a, i->issued_s));
	o = json_put(a, o, "expires", json_time(a, i->expires_s));
	if (i->expires_s != INT64_MIN)
		o = json_put(a, o, "daysLeft", json_int(a, days(i, now_s)));
	o = json_put(a, o, "state", json_string(a, states[state_of(i, now_s)].name));
	o = optional(a, o, "crlNumber", i->crl_number);
	if (i->simulated)
		o = json_put(a, o, "simulated", json_bool(a, true));
	if (state_of(i, now_s) == STATE_BAD) {
		o = json_put(a, o, "fault", json_string(a, i->fault));
		o = optional(a, o, "why", i->why);
		o = optional(a, o, "hint", collateral_hint(i));
	}
	if (bytes_zero(i->sha256, sizeof i->sha256))
		return o;       /* a service does not say it */
	return json_put(a, o, "sha256", hex ? json_string(a, hex) : NULL);
}

static bool status_json(struct arena *a, const struct att_endorsement_list *l, int64_t now_s, bool good,
    struct att_error *e)
{
	struct json *o = json_object(a), *list = json_array(a);

	for (size_t i = 0; i < l->n; i++)
		list = json_append(list, item_json(a, &l->item[i], now_s));
	o = json_put(a, o, "at", json_time(a, now_s));
	o = json_put(a, o, "good", json_bool(a, good));
	o = json_put(a, o, "items", list);
	return o ? out_json(a, o, e) : arena_fail(a, e);
}

static int width_of(struct arena *a, const struct att_endorsement_list *l)
{
	size_t most = 0;

	for (size_t i = 0; i < l->n; i++) {
		size_t n = strlen(collateral_name(a, l->item[i].kind, l->item[i].key, l->item[i].evaluation));

		most = n > most ? n : most;
	}
	return (int)most;
}

static void item_text(struct arena *a, const struct att_endorsement *i, int width, int64_t now_s)
{
	enum state s = state_of(i, now_s);
	char issued[TIME_TEXT_MAX] = "not known", expires[TIME_TEXT_MAX] = "not known";
	long long left = i->expires_s == INT64_MIN ? 0 : days(i, now_s);

	if (i->issued_s != INT64_MIN)
		time_format(i->issued_s, issued);
	if (i->expires_s != INT64_MIN)
		time_format(i->expires_s, expires);
	(void)fputs("  ", stdout);
	out_mark(states[s].mark);
	(void)printf(" %-*s  issued %s  expires %s", width,
	    collateral_name(a, i->kind, i->key, i->evaluation), issued, expires);
	if (strcmp(i->fault, "expired") == 0 && left < 0)
		(void)printf("  %lld day%s ago", -left, left == -1 ? "" : "s");
	else if (i->expires_s != INT64_MIN && left >= 0)
		(void)printf("  %lld day%s left", left, left == 1 ? "" : "s");
	(void)fputs(i->simulated ? "  simulated\n" : "\n", stdout);
	if (s != STATE_BAD)
		return;
	(void)printf("      why:  %s: %s\n", i->fault, i->why ? i->why : "no reason given");
	if (collateral_hint(i))
		(void)printf("      hint: %s\n", collateral_hint(i));
}

static void status_text(struct arena *a, const struct att_endorsement_list *l, int64_t now_s)
{
	size_t count[] = { [STATE_GOOD] = 0, [STATE_SOON] = 0, [STATE_BAD] = 0 };
	int width = width_of(a, l);
	char at[TIME_TEXT_MAX];

	time_format(now_s, at);
	(void)printf("collateral at %s\n", at);
	for (size_t i = 0; i < l->n; i++) {
		item_text(a, &l->item[i], width, now_s);
		count[state_of(&l->item[i], now_s)]++;
	}
	(void)printf("\n%zu good, %zu for less than 7 days, %zu bad\n", count[STATE_GOOD] + count[STATE_SOON],
	    count[STATE_SOON], count[STATE_BAD]);
}

/* ---- what a service holds ---- */

static const char *text_member(const struct json *o, const char *name)
{
	const struct json *v = json_get(o, name);

	return json_is(v, JSON_STRING) ? v->s : NULL;
}

static bool time_member(const struct json *o, const char *name, int64_t *out, struct att_error *e)
{
	const char *text = text_member(o, name);

	*out = INT64_MIN;
	return !text || time_parse_rfc3339(text, strlen(text), out, e) || att_within(e, "%s", name);
}

static bool item_of(const struct json *o, struct att_endorsement *out, struct att_error *e)
{
	const struct json *number = json_get(o, "evaluation");

	*out = (struct att_endorsement){ .kind = text_member(o, "kind"), .key = text_member(o, "key"),
	    .crl_number = text_member(o, "crlNumber"), .fault = text_member(o, "fault"),
	    .evaluation = json_is(number, JSON_INT) ? (uint32_t)number->i : 0 };
	if (!out->kind || !out->key || !out->fault)
		return att_fail(e, ATT_E_BAD_FORMAT, "an item without kind, key or fault");
	return time_member(o, "issued", &out->issued_s, e) && time_member(o, "expires", &out->expires_s, e);
}

static bool take_list(struct arena *a, struct att_bytes body, struct collateral *c,
    struct att_endorsement_list *l, struct att_error *e)
{
	const struct json *items;
	struct json *o;

	if (!json_parse(a, body.data, body.len, NULL, &o, e) || !time_member(o, "time", &c->now_s, e))
		return false;
	items = json_get(o, "items");
	if (!json_is(items, JSON_ARRAY) || c->now_s == INT64_MIN)
		return att_fail(e, ATT_E_BAD_FORMAT, "want the members time and items");
	l->item = arena_array(a, items->len + 1, sizeof *l->item);
	if (!l->item)
		return arena_fail(a, e);
	for (const struct json *i = items->child; i; i = i->next)
		if (!item_of(i, &l->item[l->n++], e))
			return false;
	return true;
}

/* The list is the caller's, so it must not be freed as one of the library's. */
static bool ask_server(const struct args *args, struct arena *a, struct collateral *c,
    struct att_endorsement_list *l, struct att_error *e)
{
	struct att_bytes body;

	return remote_get_as(a, arg(args, "server"), "/collateral", arg(args, "ca"), arg(args, "token"),
	    &body, e) &&
	    (take_list(a, body, c, l, e) || att_within(e, "%s/collateral", arg(args, "server")));
}

static bool read_from(const struct args *args, struct arena *a, struct collateral *c,
    struct att_endorsement_list *l, struct att_error *e)
{
	bool remote = arg(args, "server") != NULL;

	if (remote == (arg_pos(args, 0) != NULL))
		return att_fail(e, ATT_E_OPERATION,
		    "usage: attest collateral status FILE|DIR..., or --server URL");
	if (remote)
		return ask_server(args, a, c, l, e);
	if (!collateral_read(args, 0, a, c, e))
		return false;
	*l = *c->list;
	return l->n > 0 || att_fail(e, ATT_E_BAD_FORMAT, "no item of collateral in what was given");
}

static enum exit_code status(const struct args *args, struct arena *a, struct collateral *c,
    struct att_error *e)
{
	struct att_endorsement_list l = { 0 };
	bool json, good = true;

	if (!wants_json(args, &json, e) || !read_from(args, a, c, &l, e))
		return complain(e);
	if (l.n > 0)
		qsort(l.item, l.n, sizeof *l.item, by_expiry);
	for (size_t i = 0; i < l.n; i++)
		good = good && state_of(&l.item[i], c->now_s) != STATE_BAD;
	if (!json)
		status_text(a, &l, c->now_s);
	else if (!status_json(a, &l, c->now_s, good, e))
		return complain(e);
	return good ? EXIT_GOOD : EXIT_BAD;
}

enum exit_code cmd_collateral_status(const struct args *args)
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(ARENA_MAX);
	struct collateral c = { 0 };
	enum exit_code code = a ? status(args, a, &c, &e) : complain(&e);

	collateral_clear(&c);
	arena_free(a);
	return code;
}
