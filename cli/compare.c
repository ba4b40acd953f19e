#include "cli/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/out.h"

#define LEVEL "dcap.tcb.level"

/* What one set of collateral led to. */
struct side {
	const struct att_result *r;
	const struct json *tcb;         /* NULL: not computed */
	const char *shorts;             /* what is below the best level, accepted or not; or NULL */
};

typedef const char *side_text(const struct side *s, struct arena *a);

static const char *verdict(const struct side *s, struct arena *a)
{
	(void)a;
	return att_verdict_name(s->r->verdict);
}

static const char *reason(const struct side *s, struct arena *a)
{
	(void)a;
	return s->r->error.code == ATT_E_OK ? NULL : s->r->error.text;
}

static const char *short_of(const struct side *s, struct arena *a)
{
	(void)a;
	return s->shorts;
}

static const char *member(const struct side *s, const char *name)
{
	const struct json *v = json_get(s->tcb, name);

	return json_is(v, JSON_STRING) ? v->s : NULL;
}

static const char *status(const struct side *s, struct arena *a)
{
	(void)a;
	return member(s, "status");
}

static const char *date(const struct side *s, struct arena *a)
{
	(void)a;
	return member(s, "date");
}

static const char *evaluation(const struct side *s, struct arena *a)
{
	const struct json *v = json_get(s->tcb, "evaluationDataNumber");

	return json_is(v, JSON_INT) ? arena_printf(a, "%lld", (long long)v->i) : NULL;
}

static const char *expiry(const struct side *s, struct arena *a)
{
	(void)a;
	return member(s, "earliestExpiry");
}

/* Order of the lines and of the members. */
static const struct row {
	const char *name, *label;
	side_text *text;
	bool is_number;
} rows[] = {
	{ "verdict", "verdict", verdict, false },
	{ "reason", "why", reason, false },
	{ "status", "status", status, false },
	{ "short", "short", short_of, false },
	{ "date", "TCB date", date, false },
	{ "evaluationDataNumber", "evaluation number", evaluation, true },
	{ "earliestExpiry", "earliest expiry", expiry, false },
};

static bool same(const char *x, const char *y)
{
	return x == y || (x && y && strcmp(x, y) == 0);
}

static bool listed(const struct json *list, const struct json *text)
{
	for (const struct json *v = list ? list->child : NULL; v; v = v->next)
		if (json_str_eq(v, text->s))
			return true;
	return false;
}

/* Those of x that y does not have. */
static struct json *beyond(struct arena *a, const struct json *x, const struct json *y)
{
	struct json *out = json_array(a);

	for (const struct json *v = x ? x->child : NULL; v; v = v->next)
		if (!listed(y, v))
			out = json_append(out, json_copy(a, v));
	return out;
}

static struct json *text_json(struct arena *a, const struct row *row, const char *text)
{
	if (!text)
		return json_null(a);
	return row->is_number ? json_int(a, strtoll(text, NULL, 10)) : json_string(a, text);
}

static struct json *advisories_json(struct arena *a, const struct side *s, bool *changes)
{
	const struct json *v[2] = { json_get(s[0].tcb, "advisories"), json_get(s[1].tcb, "advisories") };
	struct json *o = json_object(a), *added = beyond(a, v[1], v[0]), *removed = beyond(a, v[0], v[1]);

	*changes = *changes || (added && added->len > 0) || (removed && removed->len > 0);
	o = json_put(a, o, "first", v[0] ? json_copy(a, v[0]) : json_array(a));
	o = json_put(a, o, "second", v[1] ? json_copy(a, v[1]) : json_array(a));
	o = json_put(a, o, "added", added);
	return json_put(a, o, "removed", removed);
}

static struct json *comparison_json(struct arena *a, const struct side *s)
{
	struct json *o = json_object(a), *body = json_object(a);
	bool changes = false;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *first = rows[i].text(&s[0], a), *second = rows[i].text(&s[1], a);
		struct json *pair = json_object(a);

		changes = changes || !same(first, second);
		if (!first && !second)
			continue;
		pair = json_put(a, pair, "first", text_json(a, &rows[i], first));
		pair = json_put(a, pair, "second", text_json(a, &rows[i], second));
		body = json_put(a, body, rows[i].name, pair);
	}
	body = json_put(a, body, "advisories", advisories_json(a, s, &changes));
	o = json_put(a, o, "changes", json_bool(a, changes));
	for (const struct json *v = body ? body->child : NULL; v; v = v->next)
		o = json_put(a, o, v->name, json_copy(a, v));
	return body ? o : NULL;
}

/*
 * What is short is told by the check of the level, but only when it fails.  So it is asked of a verifier that
 * accepts no status at all: "UpToDate", "OutOfDate: component 2 is 3, needs 4; advisory ...".
 */
static bool find_shorts(struct att_ctx *ctx, const struct att_request *req, struct arena *a, struct side *s,
    struct att_error *e)
{
	struct att_settings none = *req->settings;
	struct att_request again = *req;
	struct att_result *r;
	const char *text = NULL;

	none.tcb_accept = 0;
	again.settings = &none;
	if (!s->tcb)
		return true;
	if (!att_appraise(ctx, &again, &r, e))
		return false;
	for (size_t i = 0; i < r->nchecks; i++)
		if (strcmp(r->checks[i].id, LEVEL) == 0 && r->checks[i].found)
			text = strstr(r->checks[i].found, ": ");
	if (text) {
		const char *end = strstr(text, "; advisor");    /* they have a line of their own */

		s->shorts = arena_strndup(a, text + 2, end ? (size_t)(end - text - 2) : strlen(text + 2));
	}
	att_result_free(r);
	return !text || s->shorts || arena_fail(a, e);
}

static bool side_make(struct att_ctx *ctx, const struct att_request *req, const struct att_result *r,
    struct arena *a, struct side *s, struct att_error *e)
{
	struct json *tcb = NULL;

	*s = (struct side){ .r = r };
	if (r->tcb_json && !json_parse(a, r->tcb_json, strlen(r->tcb_json), NULL, &tcb, e))
		return false;
	s->tcb = tcb;
	return find_shorts(ctx, req, a, s, e);
}

bool compare(struct att_ctx *ctx, const struct inputs *in, const struct att_result *first, struct arena *a,
    struct json **out, struct att_error *e)
{
	struct att_request req = in->req;
	struct att_result *second;
	struct side sides[2];
	bool ok;

	req.endorsements = in->compared;
	req.nendorsements = in->ncompared;
	req.now_s = in->compared_at_s;
	if (!att_appraise(ctx, &req, &second, e))
		return att_within(e, "--compare-collateral");
	ok = side_make(ctx, &in->req, first, a, &sides[0], e) &&
	    side_make(ctx, &req, second, a, &sides[1], e);
	*out = ok ? comparison_json(a, sides) : NULL;
	att_result_free(second);
	return *out || (ok && arena_fail(a, e));
}

static const char *shown(const struct json *v, char number[24])
{
	if (json_is(v, JSON_INT))
		(void)snprintf(number, 24, "%lld", (long long)v->i);
	return json_is(v, JSON_INT) ? number : json_is(v, JSON_STRING) ? v->s : "none";
}

static void list_line(const char *label, const struct json *list)
{
	if (!list || !list->child)
		return;
	(void)printf("  %-18s ", label);
	for (const struct json *v = list->child; v; v = v->next)
		(void)printf("%s%s", v->s, v->next ? ", " : "\n");
}

void out_comparison_text(const struct json *comparison)
{
	const struct json *advisories = json_get(comparison, "advisories");
	const struct json *verdicts = json_get(comparison, "verdict");
	const struct json *statuses = json_get(comparison, "status");
	char one[24], two[24];

	(void)fputs("\nunder the second collateral\n", stdout);
	if (!json_get(comparison, "changes")->b)
		(void)printf("  nothing changes: %s%s%s\n", shown(json_get(verdicts, "first"), one),
		    statuses ? ", " : "", statuses ? shown(json_get(statuses, "first"), two) : "");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct json *pair = json_get(comparison, rows[i].name);
		const char *first = shown(json_get(pair, "first"), one);
		const char *second = shown(json_get(pair, "second"), two);

		if (pair && strcmp(first, second) != 0)
			(void)printf("  %-18s %s → %s\n", rows[i].label, first, second);
	}
	list_line("new advisories", json_get(advisories, "added"));
	list_line("advisories gone", json_get(advisories, "removed"));
}
