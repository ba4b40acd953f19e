/*
 * The embedded store.  One connection under one mutex, write-ahead log, synchronous=FULL: a commit
 * is one fsync of the log.  Checkpoints are made by store_maintain(), not by the commit that
 * happens to be the thousandth.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/auto.h"
#include "lib/base/rd.h"
#include "server/store/sqlite_impl.h"

#define BUSY_MS 5000
#define WAL_PAGES_MAX 512               /* store_maintain() checkpoints beyond it */

static const char *const statement_sql[ST_COUNT] = {
#define X(name, sql) sql,
	SQLITE_STATEMENTS(X)
#undef X
};
static const struct migration { int version; const char *sql; } migrations[] = {
#define X(version, sql) { version, sql },
	SQLITE_MIGRATIONS(X)
#undef X
};

bool sqlite_failed(struct sqlite_store *s, const char *what, struct att_error *e)
{
	return att_fail(e, ATT_E_STORE, "store: %s: %s", what, sqlite3_errmsg(s->db));
}

sqlite3_stmt *sqlite_use(
    struct sqlite_store *s, enum statement i, const char *first, const char *second)
{
	sqlite3_stmt *st = s->st[i];

	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
	if (first)
		(void)sqlite3_bind_text(st, 1, first, -1, SQLITE_STATIC);
	if (second)
		(void)sqlite3_bind_text(st, 2, second, -1, SQLITE_STATIC);
	return st;
}

bool sqlite_run(struct sqlite_store *s, sqlite3_stmt *st, const char *what, struct att_error *e)
{
	bool ok = sqlite3_step(st) == SQLITE_DONE || sqlite_failed(s, what, e);

	(void)sqlite3_reset(st);
	return ok;
}

static bool count_of(struct sqlite_store *s, sqlite3_stmt *st, int64_t *out, struct att_error *e)
{
	bool ok = sqlite3_step(st) == SQLITE_ROW || sqlite_failed(s, "count", e);

	if (ok)
		*out = sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	return ok;
}

const char *sqlite_text(struct arena *a, sqlite3_stmt *st, int i)
{
	const unsigned char *t = sqlite3_column_text(st, i);

	return arena_strndup(a, t ? (const char *)t : "", (size_t)sqlite3_column_bytes(st, i));
}

struct store_bytes sqlite_bytes(struct arena *a, sqlite3_stmt *st, int i)
{
	const void *p = sqlite3_column_blob(st, i);
	size_t n = (size_t)sqlite3_column_bytes(st, i);

	return (struct store_bytes){ arena_memdup(a, p, n), n };
}

static bool policy_row(
    sqlite3_stmt *st, struct arena *a, bool with_jws, struct store_policy *out, struct att_error *e)
{
	int action = sqlite3_column_int(st, 1);
	struct store_policy p = {
		.n = sqlite3_column_int64(st, 0),
		.action = (enum store_action)action,
		.of_n = sqlite3_column_int64(st, 2),
		.text_hash = sqlite_text(a, st, 4),
		.token_hash = sqlite_text(a, st, 5),
		.signer = sqlite_text(a, st, 6),
		.set_by = sqlite_text(a, st, 7),
		.set_at_s = sqlite3_column_int64(st, 8),
	};

	if (with_jws)
		p.jws = sqlite_bytes(a, st, 3);
	else
		p.jws.n = (size_t)sqlite3_column_int64(st, 3);
	if (!p.text_hash || !p.token_hash || !p.signer || !p.set_by || (with_jws && !p.jws.p))
		return arena_fail(a, e);
	*out = p;
	return true;
}

/* At most one row; out stays all-zero when there is none. */
static bool one_policy(struct sqlite_store *s, sqlite3_stmt *st, struct arena *a, struct store_policy *out,
    struct att_error *e)
{
	int got = sqlite3_step(st);
	bool ok = got == SQLITE_DONE ||
	    (got == SQLITE_ROW ? policy_row(st, a, true, out, e) : sqlite_failed(s, "read", e));

	(void)sqlite3_reset(st);
	return ok;
}

static bool sqlite_policy_active(struct store *base, const struct store_key *k, struct arena *a,
    struct store_policy *out, struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool ok;

	*out = (struct store_policy){ 0 };
	(void)pthread_mutex_lock(&s->lock);
	ok = one_policy(s, sqlite_use(s, ST_POLICY_ACTIVE, k->provider, k->type), a, out, e);
	(void)pthread_mutex_unlock(&s->lock);
	return ok;
}

static bool sqlite_policy_at(struct store *base, const struct store_key *k, int64_t n, struct arena *a,
    struct store_policy *out, struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	sqlite3_stmt *st;
	bool ok;

	*out = (struct store_policy){ 0 };
	(void)pthread_mutex_lock(&s->lock);
	st = sqlite_use(s, ST_POLICY_AT, k->provider, k->type);
	(void)sqlite3_bind_int64(st, 3, n);
	ok = one_policy(s, st, a, out, e);
	(void)pthread_mutex_unlock(&s->lock);
	return ok &&
	    (out->n ||
		att_fail(e, ATT_E_NOT_FOUND, "policy history of %s has no entry %lld", k->type,
		    (long long)n));
}

/* Numbers have no gaps, so to skip n entries is to begin behind number n. */
static bool history(struct sqlite_store *s, const struct store_key *k, struct arena *a,
    struct store_history *h, struct att_error *e)
{
	sqlite3_stmt *st = sqlite_use(s, ST_POLICY_COUNT, k->provider, k->type);
	size_t want;
	bool ok = count_of(s, st, &h->total, e);

	h->n = 0;
	want = !ok || h->skip >= h->total ? 0 : (size_t)(h->total - h->skip);
	if (want > h->top)
		want = h->top;
	h->entry = ok ? arena_array(a, want + 1, sizeof *h->entry) : NULL;
	if (!ok || !h->entry)
		return ok ? arena_fail(a, e) : false;
	st = sqlite_use(s, ST_POLICY_HISTORY, k->provider, k->type);
	(void)sqlite3_bind_int64(st, 3, h->skip);
	(void)sqlite3_bind_int64(st, 4, (int64_t)want);
	while (ok && h->n < want && sqlite3_step(st) == SQLITE_ROW)
		ok = policy_row(st, a, false, &h->entry[h->n++], e);
	(void)sqlite3_reset(st);
	return ok && (h->n == want || sqlite_failed(s, "history has gaps", e));
}

static bool sqlite_policy_history(struct store *base, const struct store_key *k, struct arena *a,
    struct store_history *h, struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool ok;

	(void)pthread_mutex_lock(&s->lock);
	ok = history(s, k, a, h, e);
	(void)pthread_mutex_unlock(&s->lock);
	return ok;
}

/* Marks the statement as used; one used before is refused.  Inside the caller's transaction. */
static bool consume(
    struct sqlite_store *s, const char *provider, const struct store_use *use, struct att_error *e)
{
	sqlite3_stmt *st;
	int got;

	if (!use || !use->jti)
		return true;
	st = sqlite_use(s, ST_USED_FORGET, provider, NULL);
	(void)sqlite3_bind_int64(st, 3, use->now_s);
	if (!sqlite_run(s, st, "forget", e))
		return false;
	st = sqlite_use(s, ST_USED_ADD, provider, use->jti);
	(void)sqlite3_bind_int64(st, 3, use->expires_s);
	got = sqlite3_step(st);
	(void)sqlite3_reset(st);
	if (got == SQLITE_CONSTRAINT)
		return att_fail(e, ATT_E_OPERATION,
		    "the signed statement with jti \"%.80s\" was used before", use->jti);
	return got == SQLITE_DONE || sqlite_failed(s, "use", e);
}

bool sqlite_change(struct store *base, const char *provider, const struct store_use *use,
    sqlite_change_fn *change, void *state, struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool ok;

	(void)pthread_mutex_lock(&s->lock);
	ok = sqlite_run(s, s->st[ST_BEGIN], "begin", e);
	if (ok) {
		ok = consume(s, provider, use, e) && change(s, state, e) &&
		    sqlite_run(s, s->st[ST_COMMIT], "commit", e);
		if (!ok && !sqlite3_get_autocommit(s->db))
			(void)sqlite_run(s, s->st[ST_ROLLBACK], "rollback", NULL);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return ok;
}

static void bind_policy(sqlite3_stmt *st, const struct store_policy *p, int64_t n)
{
	(void)sqlite3_bind_int64(st, 3, n);
	(void)sqlite3_bind_int(st, 4, (int)p->action);
	(void)sqlite3_bind_int64(st, 5, p->of_n);
	(void)sqlite3_bind_blob64(st, 6, p->jws.n ? (const void *)p->jws.p : "", p->jws.n, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 7, p->text_hash, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 8, p->token_hash, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 9, p->signer, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 10, p->set_by, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 11, p->set_at_s);
}

struct policy_change { const struct store_key *k; const struct store_policy *p; int64_t n; };

static bool append(struct sqlite_store *s, void *state, struct att_error *e)
{
	struct policy_change *c = state;
	sqlite3_stmt *st = sqlite_use(s, ST_POLICY_COUNT, c->k->provider, c->k->type);

	if (!count_of(s, st, &c->n, e))
		return false;
	c->n++;
	st = sqlite_use(s, ST_POLICY_APPEND, c->k->provider, c->k->type);
	bind_policy(st, c->p, c->n);
	return sqlite_run(s, st, "append policy", e);
}

static bool sqlite_policy_append(struct store *base, const struct store_key *k, const struct store_policy *p,
    const struct store_use *use, int64_t *n, struct att_error *e)
{
	struct policy_change c = { k, p, 0 };

	if (!sqlite_change(base, k->provider, use, append, &c, e))
		return false;
	*n = c.n;
	return true;
}

static bool sqlite_shadow_get(struct store *base, const struct store_key *k, struct arena *a,
    struct store_policy *out, struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool ok;

	*out = (struct store_policy){ 0 };
	(void)pthread_mutex_lock(&s->lock);
	ok = one_policy(s, sqlite_use(s, ST_SHADOW_GET, k->provider, k->type), a, out, e);
	(void)pthread_mutex_unlock(&s->lock);
	return ok;
}

static bool shadow(struct sqlite_store *s, void *state, struct att_error *e)
{
	struct policy_change *c = state;
	sqlite3_stmt *st =
	    sqlite_use(s, c->p ? ST_SHADOW_SET : ST_SHADOW_REMOVE, c->k->provider, c->k->type);

	if (c->p)
		bind_policy(st, c->p, 0);
	return sqlite_run(s, st, "set shadow", e);
}

static bool sqlite_shadow_set(struct store *base, const struct store_key *k, const struct store_policy *p,
    const struct store_use *use, struct att_error *e)
{
	struct policy_change c = { k, p, 0 };

	return sqlite_change(base, k->provider, use, shadow, &c, e);
}

static bool cert_rows(struct sqlite_store *s, const char *provider, struct arena *a, struct store_cert **out,
    size_t *n, struct att_error *e)
{
	int64_t count;
	size_t got = 0;
	sqlite3_stmt *st;

	if (!count_of(s, sqlite_use(s, ST_CERT_COUNT, provider, NULL), &count, e))
		return false;
	*out = arena_array(a, (size_t)count + 1, sizeof **out);
	if (!*out)
		return arena_fail(a, e);
	st = sqlite_use(s, ST_CERT_LIST, provider, NULL);
	for (; got < (size_t)count && sqlite3_step(st) == SQLITE_ROW; got++) {
		(*out)[got] = (struct store_cert){ sqlite_text(a, st, 0), sqlite_bytes(a, st, 1),
			sqlite_text(a, st, 2), sqlite3_column_int64(st, 3) };
		if (!(*out)[got].thumbprint || !(*out)[got].der.p || !(*out)[got].added_by)
			break;
	}
	(void)sqlite3_reset(st);
	*n = got;
	return got == (size_t)count || arena_fail(a, e);
}

static bool sqlite_certs(struct store *base, const char *provider, struct arena *a, struct store_cert **out,
    size_t *n, struct att_error *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool ok;

	(void)pthread_mutex_lock(&s->lock);
	ok = cert_rows(s, provider, a, out, n, e);
	(void)pthread_mutex_unlock(&s->lock);
	return ok;
}

struct cert_change { const char *provider; const struct store_cert *c; const char *thumbprint; };

static bool cert_add(struct sqlite_store *s, void *state, struct att_error *e)
{
	struct cert_change *c = state;
	sqlite3_stmt *st = sqlite_use(s, ST_CERT_ADD, c->provider, c->c->thumbprint);

	(void)sqlite3_bind_blob64(st, 3, c->c->der.p, c->c->der.n, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 4, c->c->added_by, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 5, c->c->added_at_s);
	return sqlite_run(s, st, "add certificate", e);
}

static bool sqlite_cert_add(struct store *base, const char *provider, const struct store_cert *cert,
    const struct store_use *use, struct att_error *e)
{
	struct cert_change c = { provider, cert, NULL };

	return sqlite_change(base, provider, use, cert_add, &c, e);
}

static bool cert_remove(struct sqlite_store *s, void *state, struct att_error *e)
{
	struct cert_change *c = state;
	int64_t has, all;

	if (!count_of(s, sqlite_use(s, ST_CERT_HAS, c->provider, c->thumbprint), &has, e) ||
	    !count_of(s, sqlite_use(s, ST_CERT_COUNT, c->provider, NULL), &all, e))
		return false;
	if (has && all == 1)
		return att_fail(
		    e, ATT_E_OPERATION, "the last policy certificate cannot be removed");
	return sqlite_run(
	    s, sqlite_use(s, ST_CERT_REMOVE, c->provider, c->thumbprint), "remove certificate", e);
}

static bool sqlite_cert_remove(struct store *base, const char *provider, const char *thumbprint,
    const struct store_use *use, struct att_error *e)
{
	struct cert_change c = { provider, NULL, thumbprint };

	return sqlite_change(base, provider, use, cert_remove, &c, e);
}

static void sqlite_close(struct store *base)
{
	struct sqlite_store *s = sqlite_of(base);

	for (size_t i = 0; i < ST_COUNT; i++)
		(void)sqlite3_finalize(s->st[i]);
	(void)sqlite3_close(s->db);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static void sqlite_maintain(struct store *base)
{
	struct sqlite_store *s = sqlite_of(base);
	int pages = 0, moved = 0;

	(void)pthread_mutex_lock(&s->lock);
	(void)sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
	if (pages > WAL_PAGES_MAX)
		(void)sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)pthread_mutex_unlock(&s->lock);
}

static const struct store_ops sqlite_ops = {
	.collateral = &sqlite_collateral_ops,
	.denylist = &sqlite_denylist_ops,
	.context = &sqlite_context_ops,
	.enrolment = &sqlite_enrolment_ops,
	.close = sqlite_close,
	.maintain = sqlite_maintain,
	.policy_active = sqlite_policy_active,
	.policy_at = sqlite_policy_at,
	.policy_history = sqlite_policy_history,
	.policy_append = sqlite_policy_append,
	.shadow_get = sqlite_shadow_get,
	.shadow_set = sqlite_shadow_set,
	.certs = sqlite_certs,
	.cert_add = sqlite_cert_add,
	.cert_remove = sqlite_cert_remove,
};

static bool execute(struct sqlite_store *s, const char *sql, struct att_error *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	    sqlite_failed(s, "open", e);
}

static bool schema_version(struct sqlite_store *s, int64_t *out, struct att_error *e)
{
	sqlite3_stmt *st = NULL;
	bool ok = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) == SQLITE_OK &&
	    count_of(s, st, out, e);

	(void)sqlite3_finalize(st);
	return ok || sqlite_failed(s, "open", e);
}

static bool migrate_one(struct sqlite_store *s, const struct migration *m, struct att_error *e)
{
	char version[64];

	(void)sqlite3_snprintf(sizeof version, version, "PRAGMA user_version = %d; COMMIT", m->version);
	if (execute(s, "BEGIN IMMEDIATE", e) && execute(s, m->sql, e) && execute(s, version, e))
		return true;
	(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static bool migrate(struct sqlite_store *s, struct att_error *e)
{
	const int newest = migrations[sizeof migrations / sizeof migrations[0] - 1].version;
	int64_t version;

	if (!schema_version(s, &version, e))
		return false;
	if (version > newest)
		return att_fail(e, ATT_E_STORE,
		    "store: schema %lld was written by a newer attestd, this one knows %d",
		    (long long)version, newest);
	for (size_t i = 0; i < sizeof migrations / sizeof migrations[0]; i++)
		if (migrations[i].version > version && !migrate_one(s, &migrations[i], e))
			return false;
	return true;
}

/* For the owner only, whatever the umask; SQLite gives its log the mode of the database. */
static bool make_file(const char *path, struct att_error *e)
{
	int fd = strcmp(path, ":memory:") == 0 ? -1 :
	    open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 && strcmp(path, ":memory:") != 0)
		return att_fail(e, ATT_E_STORE, "store: %s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return true;
}

static bool open_database(struct sqlite_store *s, const char *path, struct att_error *e)
{
	const int flags =
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;

	if (!make_file(path, e))
		return false;
	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK)
		return sqlite_failed(s, path, e);
	(void)sqlite3_busy_timeout(s->db, BUSY_MS);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (!execute(s,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
		"PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY",
		e) ||
	    !migrate(s, e))
		return false;
	for (size_t i = 0; i < ST_COUNT; i++)
		if (sqlite3_prepare_v3(s->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
			&s->st[i], NULL) != SQLITE_OK)
			return sqlite_failed(s, statement_sql[i], e);
	return true;
}

bool store_open_sqlite(const char *path, struct store **out, struct att_error *e)
{
	struct sqlite_store *s = calloc(1, sizeof *s);

	if (!s)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	s->base.ops = &sqlite_ops;
	(void)pthread_mutex_init(&s->lock, NULL);
	if (!open_database(s, path, e)) {
		sqlite_close(&s->base);
		return false;
	}
	*out = &s->base;
	return true;
}
