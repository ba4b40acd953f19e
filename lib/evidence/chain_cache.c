#include "lib/evidence/chain_cache.h"

#include <stdlib.h>

struct entry {
	uint8_t key[CHAIN_CACHE_KEY];
	void *value;                    /* NULL: the slot is free */
	chain_cache_free_fn *free_fn;
};

struct chain_cache {
	size_t cap;
	size_t next;                    /* slot of the oldest entry once all slots are taken */
	uint64_t *tags;                 /* first bytes of each key: the search reads these only */
	struct entry *entries;
};

struct chain_cache *chain_cache_new(size_t entries, struct att_error *e)
{
	size_t cap = entries ? entries : 1;
	struct chain_cache *c = calloc(1, sizeof *c);

	if (c) {
		c->cap = cap;
		c->tags = calloc(cap, sizeof *c->tags);
		c->entries = calloc(cap, sizeof *c->entries);
	}
	if (c && c->tags && c->entries)
		return c;
	if (c) {
		free(c->tags);
		free(c->entries);
	}
	free(c);
	(void)att_fail(e, ATT_E_NOMEM, "out of memory");
	return NULL;
}

static void entry_clear(struct entry *e)
{
	if (e->value && e->free_fn)
		e->free_fn(e->value);
	*e = (struct entry){ 0 };
}

void chain_cache_free(struct chain_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->cap; i++)
		entry_clear(&c->entries[i]);
	free(c->entries);
	free(c->tags);
	free(c);
}

/* Keys are digests, so their first bytes differ as well as any others. */
static uint64_t tag_of(const uint8_t key[CHAIN_CACHE_KEY])
{
	uint64_t tag = 0;

	bytes_copy(&tag, key, sizeof tag);
	return tag;
}

static size_t find(const struct chain_cache *c, const uint8_t key[CHAIN_CACHE_KEY])
{
	uint64_t tag = tag_of(key);

	for (size_t i = 0; i < c->cap; i++)
		if (c->tags[i] == tag && c->entries[i].value &&
		    bytes_equal(c->entries[i].key, key, CHAIN_CACHE_KEY))
			return i;
	return c->cap;
}

const void *chain_cache_get(struct chain_cache *c, const uint8_t key[CHAIN_CACHE_KEY])
{
	size_t i = find(c, key);

	return i < c->cap ? c->entries[i].value : NULL;
}

bool chain_cache_put(struct chain_cache *c, const uint8_t key[CHAIN_CACHE_KEY], void *value,
    chain_cache_free_fn *free_fn, struct att_error *e)
{
	size_t i = find(c, key);

	if (!value)
		return att_fail(e, ATT_E_INTERNAL, "cache: a value of NULL cannot be kept");
	if (i == c->cap) {
		i = c->next;
		c->next = (c->next + 1) % c->cap;
	}
	entry_clear(&c->entries[i]);
	bytes_copy(c->entries[i].key, key, CHAIN_CACHE_KEY);
	c->entries[i].value = value;
	c->entries[i].free_fn = free_fn;
	c->tags[i] = tag_of(key);
	return true;
}
