/*
 * sqlite_sql.h - every statement of the SQLite store, prepared once at open; and its migrations in
 * order. A migration that was released is never changed: add one.
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
	    "CREATE INDEX used_by_age ON used (provider, expires_s);")                             \
	X(2,                                                                                       \
	    "CREATE TABLE collateral (kind TEXT NOT NULL, key TEXT NOT NULL, evaluation INTEGER "  \
	    "NOT NULL, issued_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, crl_number TEXT "    \
	    "NOT NULL, sha256 BLOB NOT NULL, piece BLOB NOT NULL, source TEXT NOT NULL, "          \
	    "fetched_s INTEGER NOT NULL, PRIMARY KEY (kind, key, evaluation)) STRICT;"             \
	    "CREATE TABLE collateral_seen (kind TEXT NOT NULL, key TEXT NOT NULL, evaluation "     \
	    "INTEGER NOT NULL, issued_s INTEGER NOT NULL, crl_number TEXT NOT NULL, "              \
	    "PRIMARY KEY (kind, key, evaluation)) STRICT, WITHOUT ROWID;"                          \
	    "CREATE TABLE collateral_choice (kind TEXT NOT NULL, key TEXT NOT NULL, baseline "     \
	    "TEXT NOT NULL, evaluation INTEGER NOT NULL, by TEXT NOT NULL, checked_s INTEGER "     \
	    "NOT NULL, PRIMARY KEY (kind, key, baseline)) STRICT, WITHOUT ROWID;"                  \
	    "CREATE TABLE time_floor (one INTEGER PRIMARY KEY CHECK (one = 1), floor_s INTEGER "   \
	    "NOT NULL) STRICT;")                                                                   \
	X(3,                                                                                       \
	    "CREATE TABLE denylist (provider TEXT PRIMARY KEY NOT NULL, entries BLOB NOT NULL, "   \
	    "set_by TEXT NOT NULL, set_at_s INTEGER NOT NULL) STRICT;")                    \
	/* Used contexts, and how many a provider has. */                                  \
	X(4,                                                                               \
	    "CREATE TABLE context (provider TEXT NOT NULL, id BLOB NOT NULL, expires_s INTEGER " \
	    "NOT NULL, PRIMARY KEY (provider, id)) STRICT, WITHOUT ROWID;"                 \
	    "CREATE INDEX context_by_age ON context (expires_s);"                          \
	    "CREATE TABLE context_count (provider TEXT PRIMARY KEY NOT NULL, n INTEGER NOT NULL) " \
	    "STRICT;"                                                                      \
	    "CREATE TRIGGER context_in AFTER INSERT ON context BEGIN INSERT INTO context_count " \
	    "(provider, n) VALUES (new.provider, 1) ON CONFLICT (provider) DO UPDATE SET n = n + 1; " \
	    "END;"                                                                         \
	    "CREATE TRIGGER context_out AFTER DELETE ON context BEGIN UPDATE context_count SET n = " \
	    "n - 1 WHERE provider = old.provider; END;")                                   \
	/* The attestation key of each endorsement key, and a provider's next number. */   \
	X(5,                                                                               \
	    "CREATE TABLE enrolment (provider TEXT NOT NULL, ek_id TEXT NOT NULL, n INTEGER NOT NULL, " \
	    "ak_name TEXT NOT NULL, manufacturer TEXT NOT NULL, vendor TEXT NOT NULL, model TEXT NOT " \
	    "NULL, version TEXT NOT NULL, enrolled_by TEXT NOT NULL, enrolled_at_s INTEGER NOT NULL, " \
	    "renewed_by TEXT NOT NULL, renewed_at_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, " \
	    "PRIMARY KEY (provider, ek_id), UNIQUE (provider, n)) STRICT, WITHOUT ROWID;"  \
	    "CREATE TABLE enrolment_count (provider TEXT PRIMARY KEY NOT NULL, n INTEGER NOT NULL) " \
	    "STRICT;"                                                                      \
	    "CREATE TRIGGER enrolment_in AFTER INSERT ON enrolment BEGIN INSERT INTO enrolment_count " \
	    "(provider, n) VALUES (new.provider, new.n) ON CONFLICT (provider) DO UPDATE SET n = " \
	    "new.n; END;")

#define POLICY_COLUMNS "n, action, of_n, jws, text_hash, token_hash, signer, set_by, set_at_s"

#define ENROLMENT_COLUMNS                                                                  \
	"n, ek_id, ak_name, manufacturer, vendor, model, version, enrolled_by, enrolled_at_s, renewed_by, " \
	"renewed_at_s, expires_s"

#define ITEM_COLUMNS                                                                               \
	"kind, key, evaluation, issued_s, expires_s, crl_number, sha256, piece, source, fetched_s"
#define CHOICE_COLUMNS "kind, key, baseline, evaluation, by, checked_s"

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
	    "FROM policy WHERE provider = ?1 AND type = ?2 AND n > ?3 ORDER BY n LIMIT ?4")        \
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
	X(USED_ADD, "INSERT INTO used (provider, jti, expires_s) VALUES (?1, ?2, ?3)")             \
	X(CONTEXT_USE,                                                                     \
	    "INSERT OR IGNORE INTO context (provider, id, expires_s) VALUES (?1, ?2, ?3)") \
	X(CONTEXT_COUNT, "SELECT n FROM context_count WHERE provider = ?1")                \
	X(CONTEXTS_FORGET,                                                                 \
	    "DELETE FROM context WHERE (provider, id) IN (SELECT provider, id FROM context " \
	    "WHERE expires_s < ?1 LIMIT ?2)")                                              \
	X(ENROLMENT_AK, "SELECT ak_name FROM enrolment WHERE provider = ?1 AND ek_id = ?2") \
	X(ENROLMENT_ADD,                                                                   \
	    "INSERT INTO enrolment (provider, ek_id, n, manufacturer, vendor, model, version, " \
	    "renewed_by, renewed_at_s, expires_s, ak_name, enrolled_by, enrolled_at_s) VALUES (?1, ?2, " \
	    "1 + coalesce((SELECT n FROM enrolment_count WHERE provider = ?1), 0), ?3, ?4, ?5, ?6, ?7, " \
	    "?8, ?9, ?10, ?11, ?12)")                                                      \
	X(ENROLMENT_RENEW,                                                                 \
	    "UPDATE enrolment SET manufacturer = ?3, vendor = ?4, model = ?5, version = ?6, " \
	    "renewed_by = ?7, renewed_at_s = ?8, expires_s = ?9 WHERE provider = ?1 AND ek_id = ?2") \
	X(ENROLMENT_LIST,                                                                  \
	    "SELECT " ENROLMENT_COLUMNS                                                    \
	    " FROM enrolment WHERE provider = ?1 AND n > ?2 ORDER BY n LIMIT ?3")          \
	X(ENROLMENT_REMOVE, "DELETE FROM enrolment WHERE provider = ?1 AND ek_id = ?2")    \
	X(DENYLIST_GET, "SELECT entries, set_by, set_at_s FROM denylist WHERE provider = ?1")      \
	X(DENYLIST_SET,                                                                            \
	    "INSERT OR REPLACE INTO denylist (provider, entries, set_by, set_at_s) "               \
	    "VALUES (?1, ?2, ?3, ?4)")                                                             \
	X(ITEM_GET,                                                                                \
	    "SELECT " ITEM_COLUMNS                                                                 \
	    " FROM collateral WHERE kind = ?1 AND key = ?2 AND evaluation = ?3")                   \
	X(ITEM_SEEN,                                                                               \
	    "SELECT kind, key, evaluation, issued_s, 0, crl_number, x'', x'', '', 0 "              \
	    "FROM collateral_seen WHERE kind = ?1 AND key = ?2 AND evaluation = ?3")               \
	X(ITEM_PUT,                                                                                \
	    "INSERT OR REPLACE INTO collateral (" ITEM_COLUMNS ") "                                \
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")                                    \
	X(SEEN_PUT,                                                                                \
	    "INSERT OR REPLACE INTO collateral_seen (kind, key, evaluation, issued_s, "            \
	    "crl_number) VALUES (?1, ?2, ?3, ?4, ?5)")                                             \
	X(ITEM_LIST,                                                                               \
	    "SELECT kind, key, evaluation, issued_s, expires_s, crl_number, sha256, "              \
	    "length(piece), source, fetched_s FROM collateral WHERE ?1 OR kind NOT IN "            \
	    "('pck-cert', 'snp-vcek', 'snp-chain') ORDER BY kind, key, evaluation")                \
	X(ITEM_FORGET, "DELETE FROM collateral WHERE kind = ?1 AND key = ?2")                      \
	X(ITEM_DROP_LAPSED,                                                                        \
	    "DELETE FROM collateral WHERE evaluation > 0 AND expires_s < ?1 AND NOT EXISTS "       \
	    "(SELECT 1 FROM collateral_choice c WHERE c.kind = collateral.kind AND c.key = "       \
	    "collateral.key AND c.evaluation = collateral.evaluation)")                            \
	X(SEEN_FORGET, "DELETE FROM collateral_seen WHERE kind = ?1 AND key = ?2")                 \
	X(CHOICE_FORGET, "DELETE FROM collateral_choice WHERE kind = ?1 AND key = ?2")             \
	X(CHOICE_GET,                                                                              \
	    "SELECT " CHOICE_COLUMNS                                                               \
	    " FROM collateral_choice WHERE kind = ?1 AND key = ?2 AND baseline = ?3")              \
	X(CHOICE_PUT,                                                                              \
	    "INSERT OR REPLACE INTO collateral_choice (" CHOICE_COLUMNS ") "                       \
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                                                     \
	X(CHOICE_LIST,                                                                             \
	    "SELECT " CHOICE_COLUMNS " FROM collateral_choice ORDER BY kind, key, baseline")       \
	X(FLOOR_GET, "SELECT floor_s FROM time_floor")                                             \
	X(FLOOR_SET, "INSERT OR REPLACE INTO time_floor (one, floor_s) VALUES (1, ?1)")

#endif
