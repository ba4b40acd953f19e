/* Deny-lists: one row per provider, replaced as a whole. */
#include "server/store/sqlite_impl.h"

static bool denylist_row(
    sqlite3_stmt *st, struct arena *a, struct store_denylist *out, struct att_error *e)
{
	struct store_denylist l = { .entries = sqlite_bytes(a, st, 0),
		.set_by = sqlite_text(a, st, 1),
		.set_at_s = sqlite3_column_int64(st, 2) };

	if (!l.entries.p || !l.set_by)
		return arena_fail(a, e);
	*out = l;
	return true;
}

static bool denylist_get(struct store *base, const char *provider, struct arena *a,
    struct store_denylist *out, struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	sqlite3_stmt *st;
	int got;
	bool ok;

	*out = (struct store_denylist){ .set_by = "" };
	(void)pthread_mutex_lock(&s->lock);
	st = sqlite_use(s, ST_DENYLIST_GET, provider, NULL);
	got = sqlite3_step(st);
	ok = got == SQLITE_DONE ||
	    (got == SQLITE_ROW ? denylist_row(st, a, out, e) :
				 sqlite_failed(s, "read deny-list", e));
	(void)sqlite3_reset(st);
	(void)pthread_mutex_unlock(&s->lock);
	return ok;
}

struct denylist_change {
	const char *provider;
	const struct store_denylist *l;
};

static bool replace(struct sqlite_store *s, void *state, struct att_error *e)
{
	const struct denylist_change *c = state;
	sqlite3_stmt *st = sqlite_use(s, ST_DENYLIST_SET, c->provider, NULL);

	(void)sqlite3_bind_blob64(st, 2, c->l->entries.p, c->l->entries.n, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 3, c->l->set_by, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 4, c->l->set_at_s);
	return sqlite_run(s, st, "set deny-list", e);
}

static bool denylist_set(
    struct store *base, const char *provider, const struct store_denylist *l, struct att_error *e)
{
	struct denylist_change c = { provider, l };

	return sqlite_change(base, provider, NULL, replace, &c, e);
}

const struct store_denylist_ops sqlite_denylist_ops = { .get = denylist_get, .set = denylist_set };
