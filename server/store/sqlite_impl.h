/* sqlite_impl.h - what the files of the SQLite store share: the open database and its prepared
 * statements. */
#ifndef SERVER_STORE_SQLITE_IMPL_H
#define SERVER_STORE_SQLITE_IMPL_H

#include <pthread.h>
#include <sqlite3.h>

#include "server/store/sqlite_sql.h"
#include "server/store/store_impl.h"

enum statement {
#define X(name, sql) ST_##name,
	SQLITE_STATEMENTS(X)
#undef X
	ST_COUNT
};

struct sqlite_store {
	struct store base;
	pthread_mutex_t lock;
	sqlite3 *db;
	sqlite3_stmt *st[ST_COUNT];
};

static inline struct sqlite_store *sqlite_of(struct store *s)
{
	return (struct sqlite_store *)s;
}

bool sqlite_failed(
    struct sqlite_store *s, const char *what, struct att_error *e); /* always false */
/* A statement ready for binding, its text parameters ?1 and ?2 bound unless NULL. */
sqlite3_stmt *sqlite_use(
    struct sqlite_store *s, enum statement i, const char *first, const char *second);
/* Runs a statement that returns no row. */
bool sqlite_run(struct sqlite_store *s, sqlite3_stmt *st, const char *what, struct att_error *e);
/* Copies of a row's columns in the arena; NULL when it is full. */
const char *sqlite_text(struct arena *a, sqlite3_stmt *st, int i);
struct store_bytes sqlite_bytes(struct arena *a, sqlite3_stmt *st, int i);
/* A change inside one transaction, and under the lock; state is the change's own. */
typedef bool sqlite_change_fn(struct sqlite_store *s, void *state, struct att_error *e);
ATT_CHECK bool sqlite_change(struct store *base, const char *provider, const struct store_use *use,
    sqlite_change_fn *change, void *state, struct att_error *e);

/* sqlite_collateral.c */
extern const struct store_collateral_ops sqlite_collateral_ops;
/* sqlite_denylist.c */
extern const struct store_denylist_ops sqlite_denylist_ops;
/* sqlite_context.c */
extern const struct store_context_ops sqlite_context_ops;
#define SQLITE_CONTEXTS_AT_A_TIME 4096
/* sqlite_enrolment.c */
extern const struct store_enrolment_ops sqlite_enrolment_ops;

#endif
