/*
 * chain_cache.h - parsed bundles and verified chains, so that nothing is decoded or verified twice.
 *
 * A key holds everything the result depends on: digest of the bundle bytes, digest of the anchor
 * set, revocation generation.  Only successes are cached.  A hit still checks validity times: the
 * cached value carries the intersection of all validity periods.  Bounded; oldest entry leaves.
 */
#ifndef EVIDENCE_CHAIN_CACHE_H
#define EVIDENCE_CHAIN_CACHE_H

#include "lib/x509/x509.h"

#define CHAIN_CACHE_ENTRIES 512
#define CHAIN_CACHE_KEY 32

struct chain_cache;

/* A value is owned by the cache and freed by its free function when it leaves. */
typedef void chain_cache_free_fn(void *value);

struct chain_cache *chain_cache_new(size_t entries, struct att_error *e);
void chain_cache_free(struct chain_cache *c);
/* Borrowed value or NULL; valid until the next put. */
const void *chain_cache_get(struct chain_cache *c, const uint8_t key[CHAIN_CACHE_KEY]);
/* Takes value on success; on failure (memory) the caller keeps it.  An existing key is replaced. */
ATT_CHECK bool chain_cache_put(struct chain_cache *c, const uint8_t key[CHAIN_CACHE_KEY], void *value,
    chain_cache_free_fn *free_fn, struct att_error *e);

#endif
