/* Enrolments: one row per endorsement key of a provider. */
#include <string.h>

#include "server/store/sqlite_impl.h"

struct enrolling {
	const char *provider;
	const struct store_enrolment *r;
	bool renewed;
};

/* Is there a row, and with which attestation key?  0: none, 1: this one, 2: another. */
static bool known(struct sqlite_store *s, const struct enrolling *g, int *out, struct att_error *e)
{
	sqlite3_stmt *st = sqlite_use(s, ST_ENROLMENT_AK, g->provider, g->r->ek_id);
	int got = sqlite3_step(st);
	const char *name = got == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;

	*out = got != SQLITE_ROW ? 0 : name && strcmp(name, g->r->ak_name) == 0 ? 1 : 2;
	(void)sqlite3_reset(st);
	return got == SQLITE_ROW || got == SQLITE_DONE || sqlite_failed(s, "read enrolment", e);
}

static void bind(sqlite3_stmt *st, const struct store_enrolment *r)
{
	const char *const texts[] = { r->manufacturer, r->vendor, r->model, r->version, r->renewed_by };

	for (int i = 0; i < 5; i++)
		(void)sqlite3_bind_text(st, 3 + i, texts[i], -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 8, r->renewed_at_s);
	(void)sqlite3_bind_int64(st, 9, r->expires_s);
}

static bool enrol(struct sqlite_store *s, void *state, struct att_error *e)
{
	struct enrolling *g = state;
	sqlite3_stmt *st;
	int which;

	if (!known(s, g, &which, e))
		return false;
	if (which == 2)
		return att_fail(e, ATT_E_OPERATION,
		    "this endorsement key is enrolled with another attestation key");
	g->renewed = which == 1;
	st = sqlite_use(s, g->renewed ? ST_ENROLMENT_RENEW : ST_ENROLMENT_ADD, g->provider, g->r->ek_id);
	bind(st, g->r);
	if (!g->renewed) {
		(void)sqlite3_bind_text(st, 10, g->r->ak_name, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(st, 11, g->r->enrolled_by, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(st, 12, g->r->enrolled_at_s);
	}
	return sqlite_run(s, st, "enrol", e);
}

static bool enrolment_put(struct store *base, const char *provider, const struct store_enrolment *r,
    bool *renewed,
    struct att_error *e)
{
	struct enrolling g = { .provider = provider, .r = r };

	if (!sqlite_change(base, provider, NULL, enrol, &g, e))
		return false;
	*renewed = g.renewed;
	return true;
}

static bool row(sqlite3_stmt *st, struct arena *a, struct store_enrolment *out, struct att_error *e)
{
	struct store_enrolment r = { .n = sqlite3_column_int64(st, 0), .ek_id = sqlite_text(a, st, 1),
		.ak_name = sqlite_text(a, st, 2), .manufacturer = sqlite_text(a, st, 3),
		.vendor = sqlite_text(a, st, 4), .model = sqlite_text(a, st, 5),
		    .version = sqlite_text(a, st, 6),
		.enrolled_by = sqlite_text(a, st, 7), .enrolled_at_s = sqlite3_column_int64(st, 8),
		.renewed_by = sqlite_text(a, st, 9), .renewed_at_s = sqlite3_column_int64(st, 10),
		.expires_s = sqlite3_column_int64(st, 11) };

	if (!r.ek_id || !r.ak_name || !r.manufacturer || !r.vendor || !r.model || !r.version ||
	    !r.enrolled_by ||
	    !r.renewed_by)
		return arena_fail(a, e);
	*out = r;
	return true;
}

/* One row more than wanted is asked for: it says that there are others. */
static bool list(struct sqlite_store *s, const char *provider, struct arena *a, struct store_enrolments *l,
    struct att_error *e)
{
	sqlite3_stmt *st = sqlite_use(s, ST_ENROLMENT_LIST, provider, NULL);
	int got = SQLITE_ROW;
	bool ok = true;

	l->n = 0;
	l->entry = arena_array(a, l->top + 1, sizeof *l->entry);
	if (!l->entry)
		return arena_fail(a, e);
	(void)sqlite3_bind_int64(st, 2, l->skip);
	(void)sqlite3_bind_int64(st, 3, (int64_t)l->top + 1);
	while (ok && l->n <= l->top && (got = sqlite3_step(st)) == SQLITE_ROW)
		ok = row(st, a, &l->entry[l->n++], e);
	(void)sqlite3_reset(st);
	if (!ok || (got != SQLITE_ROW && got != SQLITE_DONE))
		return ok ? sqlite_failed(s, "list enrolments", e) : false;
	l->more = l->n > l->top;
	l->n -= l->more;
	return true;
}

static bool enrolment_list(struct store *base, const char *provider, struct arena *a,
    struct store_enrolments *l,
    struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool ok;

	(void)pthread_mutex_lock(&s->lock);
	ok = list(s, provider, a, l, e);
	(void)pthread_mutex_unlock(&s->lock);
	return ok;
}

struct removing {
	const char *provider, *ek_id;
	struct arena *a;
	const char *ak_name;
};

static bool removed(struct sqlite_store *s, void *state, struct att_error *e)
{
	struct removing *g = state;
	sqlite3_stmt *st = sqlite_use(s, ST_ENROLMENT_AK, g->provider, g->ek_id);
	int got = sqlite3_step(st);

	g->ak_name = got == SQLITE_ROW ? sqlite_text(g->a, st, 0) : NULL;
	(void)sqlite3_reset(st);
	if (got == SQLITE_DONE)
		return att_fail(e, ATT_E_NOT_FOUND, "no endorsement key with this id is enrolled");
	if (got != SQLITE_ROW)
		return sqlite_failed(s, "read enrolment", e);
	if (!g->ak_name)
		return arena_fail(g->a, e);
	return sqlite_run(s, sqlite_use(s, ST_ENROLMENT_REMOVE, g->provider, g->ek_id),
	    "remove enrolment", e);
}

static bool enrolment_remove(struct store *base, const char *provider, const char *ek_id, struct arena *a,
    const char **ak_name, struct att_error *e)
{
	struct removing g = { .provider = provider, .ek_id = ek_id, .a = a };

	if (!sqlite_change(base, provider, NULL, removed, &g, e))
		return false;
	*ak_name = g.ak_name;
	return true;
}

const struct store_enrolment_ops sqlite_enrolment_ops = {
	.put = enrolment_put, .list = enrolment_list, .remove = enrolment_remove
};
