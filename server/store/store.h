/*
 * store.h - what must survive a restart: policies with their whole history, shadow policies,
 * policy-signing certificates, signed statements already used.  One interface, several
 * implementations (SQLite today).
 *
 * Every row belongs to a provider, named in every call.  A write that returned true is durable (on
 * the disk, not in a cache); one that returned false changed nothing.  Texts and bytes that are
 * read live in the caller's arena. Thread-safe: calls from several threads are taken one after the
 * other.
 *
 * Errors: ATT_E_STORE when the back end cannot write or read (full disk, read-only folder, damage),
 * with its words. What a policy or certificate means is not known here: bytes and labels only.
 */
#ifndef SERVER_STORE_STORE_H
#define SERVER_STORE_STORE_H

#include <stdint.h>

#include "lib/base/arena.h"

struct store;           /* an open store */

/* Opens or creates; path ":memory:" keeps nothing.  Applies the migrations that the file lacks. */
ATT_CHECK bool store_open_sqlite(const char *path, struct store **out, struct att_error *e);
void store_close(struct store *s);      /* NULL is legal */
/* Moves the write-ahead log into the database where it has grown; for a quiet moment, never on a
 * request's path. */
void store_maintain(struct store *s);
/* Raised by each write; readers that hold copies compare it.  Starts anew with each process. */
uint64_t store_generation(const struct store *s);

struct store_bytes { const uint8_t *p; size_t n; };

/* What made a row of the history. */
enum store_action { STORE_SET, STORE_RESET, STORE_ROLLBACK };
const char *store_action_name(enum store_action a);     /* "set", "reset", "rollback" */

/* One entry of the history of a provider's policy of one attestation type; the one with the highest
 * number is active. */
struct store_policy {
	int64_t n;                      /* 1, 2, 3, ... without gaps; 0: no entry */
	enum store_action action;
	int64_t of_n;                   /* rollback: the entry whose policy is active again; else 0 */
	struct store_bytes jws;         /* byte for byte as it was set; empty after a reset */
	const char *text_hash;          /* x-ms-policy-hash; "" after a reset */
	const char *token_hash;         /* x-ms-policy-token-hash of the JWS that made the entry */
	const char *signer;             /* JWK (JSON) of the signer, "" when unsigned */
	const char *set_by;             /* name of the principal */
	int64_t set_at_s;
};

/* A signed statement that may be used once (isolated.freshness required); NULL members: none. */
struct store_use {
	const char *jti;
	int64_t now_s, expires_s;       /* when it may be forgotten: after its iat window */
};

struct store_key { const char *provider, *type; };      /* type: canonical attestation type */

/* The active entry; out->n is 0 when there never was one. */
ATT_CHECK bool store_policy_active(struct store *s, const struct store_key *k, struct arena *a,
    struct store_policy *out, struct att_error *e);
/* Entry n, ATT_E_NOT_FOUND when there is none. */
ATT_CHECK bool store_policy_at(struct store *s, const struct store_key *k, int64_t n, struct arena *a,
    struct store_policy *out, struct att_error *e);
/* A part of a history, oldest entry first; skip and top are the caller's. */
struct store_history {
	int64_t skip;                   /* entries left out at the beginning */
	size_t top;                     /* entries wanted at most */
	int64_t total;                  /* entries there are */
	struct store_policy *entry;     /* n of them, without their jws (only its length is filled) */
	size_t n;
};
ATT_CHECK bool store_policy_history(struct store *s, const struct store_key *k, struct arena *a,
    struct store_history *h, struct att_error *e);
/*
 * Appends an entry in one transaction and gives it the next number (*n).  use, when not NULL, is
 * consumed in the same transaction: a jti used before is ATT_E_OPERATION and nothing changes.
 */
ATT_CHECK bool store_policy_append(struct store *s, const struct store_key *k, const struct store_policy *p,
    const struct store_use *use, int64_t *n, struct att_error *e);

/* The shadow policy; out->jws is empty when there is none.  n, action, of_n are not used. */
ATT_CHECK bool store_shadow_get(struct store *s, const struct store_key *k, struct arena *a,
    struct store_policy *out, struct att_error *e);
/* p NULL: removes it. */
ATT_CHECK bool store_shadow_set(struct store *s, const struct store_key *k, const struct store_policy *p,
    const struct store_use *use, struct att_error *e);

/* A policy-signing certificate. */
struct store_cert {
	const char *thumbprint;         /* upper-case hex SHA-1 of the DER, as MAA names them */
	struct store_bytes der;
	const char *added_by;
	int64_t added_at_s;
};
ATT_CHECK bool store_certs(struct store *s, const char *provider, struct arena *a,
    struct store_cert **out, size_t *n, struct att_error *e);
/* Adding one that is there, or removing one that is not, is true and changes nothing but the use. */
ATT_CHECK bool store_cert_add(struct store *s, const char *provider, const struct store_cert *c,
    const struct store_use *use, struct att_error *e);
/* The last certificate of a provider is never removed: ATT_E_OPERATION. */
ATT_CHECK bool store_cert_remove(struct store *s, const char *provider, const char *thumbprint,
    const struct store_use *use, struct att_error *e);

/* Whom a provider refuses, as a worker wrote it: JSON.  Replaced as a whole. */
struct store_denylist {
	struct store_bytes entries;     /* empty: never set */
	const char *set_by;             /* name of the principal; "" when never set */
	int64_t set_at_s;
};
ATT_CHECK bool store_denylist_get(struct store *s, const char *provider, struct arena *a,
    struct store_denylist *out, struct att_error *e);
ATT_CHECK bool store_denylist_set(
    struct store *s, const char *provider, const struct store_denylist *l, struct att_error *e);

#endif
