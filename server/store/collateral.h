/*
 * collateral.h - the store's part for endorsements: items as they were accepted, what was the
 * newest ever accepted, which evaluation number a baseline stands for, and the time floor.
 *
 * Not per provider: manufacturers say the same to everybody.  Bytes and labels only; what they mean
 * is server/collateral's and the library's.  The promises of store.h hold here too.
 */
#ifndef SERVER_STORE_COLLATERAL_H
#define SERVER_STORE_COLLATERAL_H

#include "server/store/store.h"

/* An item; kind, key and evaluation are its name (libattest/endorse.h). */
struct store_item {
	const char *kind, *key;         /* kind NULL: there is none */
	uint32_t evaluation;
	int64_t issued_s, expires_s;    /* INT64_MIN: not known */
	const char *crl_number;         /* "" when it has none */
	uint8_t sha256[32];
	struct store_bytes piece;       /* lists: only its length */
	const char *source;             /* name of the source, or "offline" */
	int64_t fetched_s;
};

/* Which evaluation number a baseline ("standard", "early") stands for. */
struct store_choice {
	const char *kind, *key, *baseline;      /* kind NULL: none was chosen */
	uint32_t evaluation;
	const char *by;                 /* "source" or "offline" */
	int64_t checked_s;              /* when somebody last said so */
};

/* One item; out->kind is NULL when it is not there. */
ATT_CHECK bool store_item_get(struct store *s, const struct store_item *name, struct arena *a,
    struct store_item *out, struct att_error *e);
/* The newest that was ever put under this name, also when the item itself is gone: dates and CRL
 * number. */
ATT_CHECK bool store_item_seen(struct store *s, const struct store_item *name, struct arena *a,
    struct store_item *out, struct att_error *e);
/* Puts item and mark, and the choice unless NULL, in one transaction. */
ATT_CHECK bool store_item_put(struct store *s, const struct store_item *item,
    const struct store_choice *choice, struct att_error *e);
/* All items of the kinds that expire soon enough to be renewed (not certificates), or of every
 * kind; at most max. */
ATT_CHECK bool store_items(struct store *s, bool every_kind, size_t max, struct arena *a,
    struct store_item **out, size_t *n, struct att_error *e);
/* Forgets everything of a kind and key: items, marks, choices.  What was newer may be taken again
 * after it. */
ATT_CHECK bool store_item_forget(struct store *s, const char *kind, const char *key, int64_t *gone,
    struct att_error *e);
/* Drops items with an evaluation number that no baseline stands for and that expired before this;
 * marks stay. */
ATT_CHECK bool store_items_drop_lapsed(struct store *s, int64_t before_s, struct att_error *e);
ATT_CHECK bool store_choice_get(struct store *s, const struct store_choice *name, struct arena *a,
    struct store_choice *out, struct att_error *e);
ATT_CHECK bool store_choice_put(struct store *s, const struct store_choice *c, struct att_error *e);
ATT_CHECK bool store_choices(struct store *s, size_t max, struct arena *a,
    struct store_choice **out, size_t *n, struct att_error *e);

/* The highest time that was seen, 0 when none was; setting does not compare. */
ATT_CHECK bool store_time_floor(struct store *s, int64_t *out, struct att_error *e);
ATT_CHECK bool store_time_floor_set(struct store *s, int64_t floor_s, struct att_error *e);

#endif
