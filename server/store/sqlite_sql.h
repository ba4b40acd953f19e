/*
 * sqlite_sql.h - every statement of the SQLite store, prepared once at open; and its migrations in order.
 * A migration that was released is never changed: add one.
 */
#ifndef SERVER_STORE_SQLITE_SQL_H
#define SERVER_STORE_SQLITE_SQL_H

#define SQLITE_MIGRATIONS(X)                                                                       \
	X(1,                                                                                       \
	    "CREATE TABLE policy (provider TEXT NOT NULL, type TEXT NOT NULL, n INTEGER NOT "      \
	    "NULL, "                                                                               \
	    "action INTEGER NOT NULL, of_n INTEGER NOT NULL, jws BLOB NOT NULL, text_hash TEXT "   \
	    "NOT NULL, "                                                                           \
	    "token_hash TEXT NOT NULL, signer TEXT NOT NULL, set_by TEXT NOT NULL, set_at_s "      \
	    "INTEGER NOT NULL, "                                                                   \
	    "PRIMARY KEY (provider, type, n)) STRICT, WITHOUT ROWID;"                              \
	    "CREATE TABLE shadow (provider TEXT NOT NULL, type TEXT NOT NULL, jws BLOB NOT NULL, " \
	    "text_hash TEXT NOT NULL, token_hash TEXT NOT NULL, signer TEXT NOT NULL, set_by "     \
	    "TEXT NOT NULL, "                                                                      \
	    "set_at_s INTEGER NOT NULL, PRIMARY KEY (provider, type)) STRICT, WITHOUT ROWID;"      \
	    "CREATE TABLE certificate (provider TEXT NOT NULL, thumbprint TEXT NOT NULL, der "     \
	    "BLOB NOT NULL, "                                                                      \
	    "added_by TEXT NOT NULL, added_at_s INTEGER NOT NULL, PRIMARY KEY (provider, "         \
	    "thumbprint)) STRICT, WITHOUT ROWID;"                                                  \
	    "CREATE TABLE used (provider TEXT NOT NULL, jti TEXT NOT NULL, expires_s INTEGER NOT " \
	    "NULL, "                                                                               \
	    "PRIMARY KEY (provider, jti)) STRICT, WITHOUT ROWID;"                                  \
	    "CREATE INDEX used_by_age ON used (provider, expires_s);")

#define POLICY_COLUMNS "n, action, of_n, jws, text_hash, token_hash, signer, set_by, set_at_s"

#define SQLITE_STATEMENTS(X)                                                                       \
	X(BEGIN, "BEGIN IMMEDIATE")                                                                \
	X(COMMIT, "COMMIT")                                                                        \
	X(ROLLBACK, "ROLLBACK")                                                                    \
	X(POLICY_ACTIVE,                                                                           \
	    "SELECT " POLICY_COLUMNS                                                               \
	    " FROM policy WHERE provider = ?1 AND type = ?2 ORDER BY n DESC LIMIT 1")              \
	X(POLICY_AT,                                                                               \
	    "SELECT " POLICY_COLUMNS " FROM policy WHERE provider = ?1 AND type = ?2 AND n = ?3")  \
	X(POLICY_COUNT,                                                                            \
	    "SELECT coalesce(max(n), 0) FROM policy WHERE provider = ?1 AND type = ?2")            \
	X(POLICY_HISTORY,                                                                          \
	    "SELECT n, action, of_n, length(jws), text_hash, token_hash, signer, set_by, "         \
	    "set_at_s "                                                                            \
	    "FROM policy WHERE provider = ?1 AND type = ?2 ORDER BY n")                            \
	X(POLICY_APPEND,                                                                           \
	    "INSERT INTO policy (provider, type, " POLICY_COLUMNS ") "                             \
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")                               \
	X(SHADOW_GET,                                                                              \
	    "SELECT 0, 0, 0, jws, text_hash, token_hash, signer, set_by, set_at_s FROM shadow "    \
	    "WHERE provider = ?1 AND type = ?2")                                                   \
	X(SHADOW_SET,                                                                              \
	    "INSERT OR REPLACE INTO shadow (provider, type, jws, text_hash, token_hash, signer, "  \
	    "set_by, set_at_s) "                                                                   \
	    "VALUES (?1, ?2, ?6, ?7, ?8, ?9, ?10, ?11)")                                           \
	X(SHADOW_REMOVE, "DELETE FROM shadow WHERE provider = ?1 AND type = ?2")                   \
	X(CERT_COUNT, "SELECT count(*) FROM certificate WHERE provider = ?1")                      \
	X(CERT_LIST,                                                                               \
	    "SELECT thumbprint, der, added_by, added_at_s FROM certificate WHERE provider = ?1 "   \
	    "ORDER BY added_at_s, thumbprint")                                                     \
	X(CERT_HAS, "SELECT count(*) FROM certificate WHERE provider = ?1 AND thumbprint = ?2")    \
	X(CERT_ADD,                                                                                \
	    "INSERT OR IGNORE INTO certificate (provider, thumbprint, der, added_by, added_at_s) " \
	    "VALUES (?1, ?2, ?3, ?4, ?5)")                                                         \
	X(CERT_REMOVE, "DELETE FROM certificate WHERE provider = ?1 AND thumbprint = ?2")          \
	X(USED_FORGET, "DELETE FROM used WHERE provider = ?1 AND expires_s < ?3")                  \
	X(USED_ADD, "INSERT INTO used (provider, jti, expires_s) VALUES (?1, ?2, ?3)")

#endif
