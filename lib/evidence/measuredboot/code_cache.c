#include "lib/evidence/measuredboot/code_cache.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/rd.h"

struct place { uint8_t key[CODE_CACHE_KEY]; };

/* Open addressing: a key is in the first free place from the one that its first bits name. */
struct code_cache {
	struct place *places;           /* CODE_CACHE_PLACES; a key of zeros is a free place */
	size_t n;
};

struct code_cache *code_cache_new(void)
{
	return calloc(1, sizeof(struct code_cache));
}

void code_cache_free(struct code_cache *c)
{
	if (!c)
		return;
	free(c->places);
	free(c);
}

size_t code_cache_count(const struct code_cache *c)
{
	return c->n;
}

/* Keys are digests: their first bits are as good as any. */
static size_t first_place(const uint8_t key[CODE_CACHE_KEY])
{
	return ((size_t)key[0] << 16 | (size_t)key[1] << 8 | key[2]) % CODE_CACHE_PLACES;
}

/* Where the key is, or the free place that it would take: there always is one. */
static struct place *find(const struct code_cache *c, const uint8_t key[CODE_CACHE_KEY], bool *has)
{
	size_t i = first_place(key);

	for (;; i = (i + 1) % CODE_CACHE_PLACES) {
		struct place *p = &c->places[i];

		*has = bytes_order(p->key, CODE_CACHE_KEY, key, CODE_CACHE_KEY) == 0;
		if (*has || bytes_zero(p->key, CODE_CACHE_KEY))
			return p;
	}
}

bool code_cache_has(const struct code_cache *c, const uint8_t key[CODE_CACHE_KEY])
{
	bool has;

	if (!c->places || bytes_zero(key, CODE_CACHE_KEY))
		return false;
	(void)find(c, key, &has);
	return has;
}

void code_cache_keep(struct code_cache *c, const uint8_t key[CODE_CACHE_KEY])
{
	struct place *p;
	bool has;

	if (!c->places)
		c->places = calloc(CODE_CACHE_PLACES, sizeof *c->places);
	if (!c->places || bytes_zero(key, CODE_CACHE_KEY))
		return;
	if (c->n == CODE_CACHE_MAX) {
		memset(c->places, 0, CODE_CACHE_PLACES * sizeof *c->places);
		c->n = 0;
	}
	p = find(c, key, &has);
	if (has)
		return;
	bytes_copy(p->key, key, CODE_CACHE_KEY);
	c->n++;
}
