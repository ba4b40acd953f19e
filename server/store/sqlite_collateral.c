/* Endorsements in the SQLite store. */
#include <string.h>

#include "lib/base/rd.h"
#include "server/store/sqlite_impl.h"

#define BY_CHANGE "collateral"

static bool item_row(sqlite3_stmt *st, struct arena *a, bool with_piece, struct store_item *out,
    struct att_error *e)
{
	struct store_bytes sha = { sqlite3_column_blob(st, 6),
		(size_t)sqlite3_column_bytes(st, 6) };
	struct store_item i = { .kind = sqlite_text(a, st, 0),
		.key = sqlite_text(a, st, 1),
		.evaluation = (uint32_t)sqlite3_column_int64(st, 2),
		.issued_s = sqlite3_column_int64(st, 3),
		.expires_s = sqlite3_column_int64(st, 4),
		.crl_number = sqlite_text(a, st, 5),
		.source = sqlite_text(a, st, 8),
		.fetched_s = sqlite3_column_int64(st, 9) };

	if (sha.n == sizeof i.sha256)
		bytes_copy(i.sha256, sha.p, sha.n);
	if (with_piece)
		i.piece = sqlite_bytes(a, st, 7);
	else
		i.piece.n = (size_t)sqlite3_column_int64(st, 7);
	if (!i.kind || !i.key || !i.crl_number || !i.source || (with_piece && !i.piece.p))
		return arena_fail(a, e);
	*out = i;
	return true;
}

static sqlite3_stmt *use_name(
    struct sqlite_store *s, enum statement which, const struct store_item *name)
{
	sqlite3_stmt *st = sqlite_use(s, which, name->kind, name->key);

	(void)sqlite3_bind_int64(st, 3, name->evaluation);
	return st;
}

/* At most one row; out stays all-zero when there is none. */
static bool one_item(struct sqlite_store *s, enum statement which, const struct store_item *name,
    struct arena *a, struct store_item *out, struct att_error *e)
{
	sqlite3_stmt *st;
	int got;
	bool ok;

	*out = (struct store_item){ 0 };
	(void)pthread_mutex_lock(&s->lock);
	st = use_name(s, which, name);
	got = sqlite3_step(st);
	ok = got == SQLITE_DONE ||
	    (got == SQLITE_ROW ? item_row(st, a, true, out, e) : sqlite_failed(s, "read", e));
	(void)sqlite3_reset(st);
	(void)pthread_mutex_unlock(&s->lock);
	return ok;
}

static bool get(struct store *base, const struct store_item *name, struct arena *a,
    struct store_item *out, struct att_error *e)
{
	return one_item(sqlite_of(base), ST_ITEM_GET, name, a, out, e);
}

static bool seen(struct store *base, const struct store_item *name, struct arena *a,
    struct store_item *out, struct att_error *e)
{
	return one_item(sqlite_of(base), ST_ITEM_SEEN, name, a, out, e);
}

static bool run_choice(struct sqlite_store *s, const struct store_choice *c, struct att_error *e)
{
	sqlite3_stmt *st = sqlite_use(s, ST_CHOICE_PUT, c->kind, c->key);

	(void)sqlite3_bind_text(st, 3, c->baseline, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 4, c->evaluation);
	(void)sqlite3_bind_text(st, 5, c->by, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 6, c->checked_s);
	return sqlite_run(s, st, "choose", e);
}

struct item_change {
	const struct store_item *item;
	const struct store_choice *choice;
	int64_t gone;
};

static bool put_change(struct sqlite_store *s, void *state, struct att_error *e)
{
	const struct item_change *c = state;
	const struct store_item *i = c->item;
	sqlite3_stmt *st = use_name(s, ST_ITEM_PUT, i);

	(void)sqlite3_bind_int64(st, 4, i->issued_s);
	(void)sqlite3_bind_int64(st, 5, i->expires_s);
	(void)sqlite3_bind_text(st, 6, i->crl_number, -1, SQLITE_STATIC);
	(void)sqlite3_bind_blob64(st, 7, i->sha256, sizeof i->sha256, SQLITE_STATIC);
	(void)sqlite3_bind_blob64(
	    st, 8, i->piece.n ? (const void *)i->piece.p : "", i->piece.n, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 9, i->source, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 10, i->fetched_s);
	if (!sqlite_run(s, st, "put item", e))
		return false;
	st = use_name(s, ST_SEEN_PUT, i);
	(void)sqlite3_bind_int64(st, 4, i->issued_s);
	(void)sqlite3_bind_text(st, 5, i->crl_number, -1, SQLITE_STATIC);
	return sqlite_run(s, st, "mark item", e) && (!c->choice || run_choice(s, c->choice, e));
}

static bool put(struct store *base, const struct store_item *item,
    const struct store_choice *choice, struct att_error *e)
{
	struct item_change c = { item, choice, 0 };

	return sqlite_change(base, BY_CHANGE, NULL, put_change, &c, e);
}

static bool items(struct store *base, bool every_kind, size_t max, struct arena *a,
    struct store_item **out, size_t *n, struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	struct store_item *list = arena_array(a, max, sizeof *list);
	sqlite3_stmt *st;
	size_t got = 0;
	int step = SQLITE_DONE;
	bool ok = list || arena_fail(a, e);

	(void)pthread_mutex_lock(&s->lock);
	st = sqlite_use(s, ST_ITEM_LIST, NULL, NULL);
	(void)sqlite3_bind_int(st, 1, every_kind);
	while (ok && got < max && (step = sqlite3_step(st)) == SQLITE_ROW)
		ok = item_row(st, a, false, &list[got++], e);
	if (ok && step != SQLITE_DONE && step != SQLITE_ROW)
		ok = sqlite_failed(s, "list", e);
	(void)sqlite3_reset(st);
	(void)pthread_mutex_unlock(&s->lock);
	*out = list;
	*n = got;
	return ok;
}

static bool forget_change(struct sqlite_store *s, void *state, struct att_error *e)
{
	static const enum statement which[] = { ST_ITEM_FORGET, ST_SEEN_FORGET, ST_CHOICE_FORGET };
	struct item_change *c = state;

	for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
		if (!sqlite_run(
			s, sqlite_use(s, which[i], c->item->kind, c->item->key), "forget", e))
			return false;
		c->gone += sqlite3_changes(s->db);
	}
	return true;
}

static bool forget(
    struct store *base, const char *kind, const char *key, int64_t *gone, struct att_error *e)
{
	struct store_item name = { .kind = kind, .key = key };
	struct item_change c = { .item = &name };
	bool ok = sqlite_change(base, BY_CHANGE, NULL, forget_change, &c, e);

	*gone = c.gone;
	return ok;
}

static bool drop_change(struct sqlite_store *s, void *state, struct att_error *e)
{
	sqlite3_stmt *st = sqlite_use(s, ST_ITEM_DROP_LAPSED, NULL, NULL);

	(void)sqlite3_bind_int64(st, 1, *(const int64_t *)state);
	return sqlite_run(s, st, "drop lapsed items", e);
}

static bool drop_lapsed(struct store *base, int64_t before_s, struct att_error *e)
{
	return sqlite_change(base, BY_CHANGE, NULL, drop_change, &before_s, e);
}

static bool choice_row(
    sqlite3_stmt *st, struct arena *a, struct store_choice *out, struct att_error *e)
{
	struct store_choice c = { .kind = sqlite_text(a, st, 0),
		.key = sqlite_text(a, st, 1),
		.baseline = sqlite_text(a, st, 2),
		.evaluation = (uint32_t)sqlite3_column_int64(st, 3),
		.by = sqlite_text(a, st, 4),
		.checked_s = sqlite3_column_int64(st, 5) };

	if (!c.kind || !c.key || !c.baseline || !c.by)
		return arena_fail(a, e);
	*out = c;
	return true;
}

static bool choice_get(struct store *base, const struct store_choice *name, struct arena *a,
    struct store_choice *out, struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	sqlite3_stmt *st;
	int got;
	bool ok;

	*out = (struct store_choice){ 0 };
	(void)pthread_mutex_lock(&s->lock);
	st = sqlite_use(s, ST_CHOICE_GET, name->kind, name->key);
	(void)sqlite3_bind_text(st, 3, name->baseline, -1, SQLITE_STATIC);
	got = sqlite3_step(st);
	ok = got == SQLITE_DONE ||
	    (got == SQLITE_ROW ? choice_row(st, a, out, e) : sqlite_failed(s, "read", e));
	(void)sqlite3_reset(st);
	(void)pthread_mutex_unlock(&s->lock);
	return ok;
}

static bool choice_change(struct sqlite_store *s, void *state, struct att_error *e)
{
	return run_choice(s, state, e);
}

static bool choice_put(struct store *base, const struct store_choice *c, struct att_error *e)
{
	struct store_choice copy = *c;

	return sqlite_change(base, BY_CHANGE, NULL, choice_change, &copy, e);
}

static bool choices(struct store *base, size_t max, struct arena *a, struct store_choice **out,
    size_t *n, struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	struct store_choice *list = arena_array(a, max, sizeof *list);
	sqlite3_stmt *st;
	size_t got = 0;
	int step = SQLITE_DONE;
	bool ok = list || arena_fail(a, e);

	(void)pthread_mutex_lock(&s->lock);
	st = sqlite_use(s, ST_CHOICE_LIST, NULL, NULL);
	while (ok && got < max && (step = sqlite3_step(st)) == SQLITE_ROW)
		ok = choice_row(st, a, &list[got++], e);
	if (ok && step != SQLITE_DONE && step != SQLITE_ROW)
		ok = sqlite_failed(s, "list", e);
	(void)sqlite3_reset(st);
	(void)pthread_mutex_unlock(&s->lock);
	*out = list;
	*n = got;
	return ok;
}

static bool floor_get(struct store *base, int64_t *out, struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	sqlite3_stmt *st;
	int got;

	(void)pthread_mutex_lock(&s->lock);
	st = sqlite_use(s, ST_FLOOR_GET, NULL, NULL);
	got = sqlite3_step(st);
	*out = got == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	if (got != SQLITE_ROW && got != SQLITE_DONE)
		(void)sqlite_failed(s, "read", e);
	(void)sqlite3_reset(st);
	(void)pthread_mutex_unlock(&s->lock);
	return got == SQLITE_ROW || got == SQLITE_DONE;
}

static bool floor_change(struct sqlite_store *s, void *state, struct att_error *e)
{
	sqlite3_stmt *st = sqlite_use(s, ST_FLOOR_SET, NULL, NULL);

	(void)sqlite3_bind_int64(st, 1, *(const int64_t *)state);
	return sqlite_run(s, st, "time floor", e);
}

static bool floor_set(struct store *base, int64_t floor_s, struct att_error *e)
{
	return sqlite_change(base, BY_CHANGE, NULL, floor_change, &floor_s, e);
}

const struct store_collateral_ops sqlite_collateral_ops = {
	.get = get,
	.seen = seen,
	.put = put,
	.items = items,
	.forget = forget,
	.drop_lapsed = drop_lapsed,
	.choice_get = choice_get,
	.choice_put = choice_put,
	.choices = choices,
	.floor_get = floor_get,
	.floor_set = floor_set,
};
