/* Used contexts.  Their number is a row of its own, because counting a million of them takes too long. */
#include "server/store/sqlite_impl.h"

struct use {
	const struct store_context *c;
	int64_t max;
	bool is_fresh;
};

static bool number_of(struct sqlite_store *s, const char *provider, int64_t *out, struct att_error *e)
{
	sqlite3_stmt *st = sqlite_use(s, ST_CONTEXT_COUNT, provider, NULL);
	int got = sqlite3_step(st);

	*out = got == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	(void)sqlite3_reset(st);
	return got == SQLITE_ROW || got == SQLITE_DONE || sqlite_failed(s, "count contexts", e);
}

static bool insert(struct sqlite_store *s, void *state, struct att_error *e)
{
	struct use *u = state;
	sqlite3_stmt *st = sqlite_use(s, ST_CONTEXT_USE, u->c->provider, NULL);
	int64_t n;

	(void)sqlite3_bind_blob64(st, 2, u->c->id.n ? (const void *)u->c->id.p : "", u->c->id.n,
	    SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 3, u->c->expires_s);
	if (!sqlite_run(s, st, "use context", e))
		return false;
	u->is_fresh = sqlite3_changes(s->db) == 1;
	if (!u->is_fresh)
		return true;
	if (!number_of(s, u->c->provider, &n, e))
		return false;
	return n <= u->max || att_fail(e, ATT_E_OVERLOADED,
	    "%lld used contexts are remembered, no more are accepted until some expire", (long long)u->max);
}

static bool context_use(struct store *base, const struct store_context *c, uint32_t max, bool *fresh,
    struct att_error *e)
{
	struct use u = { .c = c, .max = max };

	if (!sqlite_change(base, c->provider, NULL, insert, &u, e))
		return false;
	*fresh = u.is_fresh;
	return true;
}

struct forgetting {
	int64_t before_s;
	bool more;
};

static bool forget(struct sqlite_store *s, void *state, struct att_error *e)
{
	struct forgetting *f = state;
	sqlite3_stmt *st = sqlite_use(s, ST_CONTEXTS_FORGET, NULL, NULL);

	(void)sqlite3_bind_int64(st, 1, f->before_s);
	(void)sqlite3_bind_int64(st, 2, SQLITE_CONTEXTS_AT_A_TIME);
	if (!sqlite_run(s, st, "forget contexts", e))
		return false;
	f->more = sqlite3_changes(s->db) == SQLITE_CONTEXTS_AT_A_TIME;
	return true;
}

static bool contexts_forget(struct store *base, int64_t before_s, bool *more, struct att_error *e)
{
	struct forgetting f = { .before_s = before_s };

	if (!sqlite_change(base, NULL, NULL, forget, &f, e))
		return false;
	*more = f.more;
	return true;
}

const struct store_context_ops sqlite_context_ops = { .use = context_use, .forget = contexts_forget };
