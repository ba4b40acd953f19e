#include "lib/evidence/measuredboot/code_cache.h"

#include <stdlib.h>

#include "lib/base/rd.h"

#define LINE 64                         /* of the processor's cache: rows do not cross one */

/* Rows begin with their key; a key of zeros is a free place. */
struct table {
	void *room;             /* what was allocated; NULL until a row is kept */
	uint8_t *rows;          /* CODE_CACHE_PLACES of them, aligned to LINE */
	size_t row;             /* bytes of one */
	size_t n;
};

/* An entry as it is kept, its signer by number. */
struct entry_row {
	uint8_t sha256[CODE_CACHE_KEY];
	uint8_t template_hash[CODE_CACHE_HASH];
	uint8_t keyid[4];
	uint8_t template;
	uint8_t signer;
	uint8_t pad[LINE - CODE_CACHE_KEY - CODE_CACHE_HASH - 6];
};
_Static_assert(sizeof(struct entry_row) == LINE, "one line");

struct code_cache {
	struct table signatures, entries;
	uint8_t signers[CODE_CACHE_SIGNERS][32];
	size_t nsigners;
};

struct code_cache *code_cache_new(void)
{
	struct code_cache *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->signatures.row = CODE_CACHE_KEY;
	c->entries.row = sizeof(struct entry_row);
	return c;
}

static void empty(struct table *t)
{
	free(t->room);
	t->room = NULL;
	t->rows = NULL;
	t->n = 0;
}

void code_cache_free(struct code_cache *c)
{
	if (!c)
		return;
	empty(&c->signatures);
	empty(&c->entries);
	free(c);
}

/* Out of memory: there is no room. */
static void make_room(struct table *t)
{
	t->room = calloc(1, CODE_CACHE_PLACES * t->row + LINE);
	if (t->room)
		t->rows = (uint8_t *)t->room + (LINE - (uintptr_t)t->room % LINE);
}

/* Keys are digests: their first bits are as good as any.  An attacker may choose them: ways are few. */
static uint8_t *place(const struct table *t, const uint8_t *key, size_t way)
{
	size_t first = (size_t)key[0] << 16 | (size_t)key[1] << 8 | key[2];

	return t->rows + (first + way) % CODE_CACHE_PLACES * t->row;
}

/* The row with the key; else NULL, and *vacant is the one that it would take. */
static uint8_t *find(const struct table *t, const uint8_t *key, uint8_t **vacant)
{
	*vacant = NULL;
	if (!t->rows || bytes_zero(key, CODE_CACHE_KEY))
		return NULL;
	for (size_t way = 0; way < CODE_CACHE_WAYS; way++) {
		uint8_t *row = place(t, key, way);

		if (bytes_order(row, CODE_CACHE_KEY, key, CODE_CACHE_KEY) == 0)
			return row;
		if (bytes_zero(row, CODE_CACHE_KEY)) {
			*vacant = row;
			return NULL;
		}
	}
	*vacant = place(t, key, 0);
	return NULL;
}

static void keep(struct table *t, const void *row)
{
	uint8_t *vacant, *at;

	if (!t->rows)
		make_room(t);
	at = find(t, row, &vacant);
	if (!at && !vacant)
		return;
	if (!at && bytes_zero(vacant, CODE_CACHE_KEY))
		t->n++;
	bytes_copy(at ? at : vacant, row, t->row);
}

bool code_cache_has(const struct code_cache *c, const uint8_t key[CODE_CACHE_KEY])
{
	uint8_t *vacant;

	return find(&c->signatures, key, &vacant) != NULL;
}

void code_cache_keep(struct code_cache *c, const uint8_t key[CODE_CACHE_KEY])
{
	keep(&c->signatures, key);
}

size_t code_cache_count(const struct code_cache *c)
{
	return c->signatures.n;
}

bool code_cache_entry(
    const struct code_cache *c, const uint8_t sha256[CODE_CACHE_KEY], struct code_entry *out)
{
	uint8_t *vacant;
	const struct entry_row *row = (const struct entry_row *)find(&c->entries, sha256, &vacant);

	if (!row)
		return false;
	*out = (struct code_entry){ .sha256 = row->sha256, .template_hash = row->template_hash,
		.template = row->template, .keyid = row->keyid, .spki_sha256 = c->signers[row->signer] };
	return true;
}

/* The number of a key; when all are given away, entries are forgotten with them. */
static uint8_t number_of(struct code_cache *c, const uint8_t spki_sha256[32])
{
	size_t i = 0;

	while (i < c->nsigners && bytes_order(c->signers[i], 32, spki_sha256, 32) != 0)
		i++;
	if (i < c->nsigners)
		return (uint8_t)i;
	if (c->nsigners == CODE_CACHE_SIGNERS) {
		empty(&c->entries);
		c->nsigners = 0;
	}
	bytes_copy(c->signers[c->nsigners], spki_sha256, 32);
	return (uint8_t)c->nsigners++;
}

void code_cache_keep_entry(struct code_cache *c, const struct code_entry *e)
{
	struct entry_row row = { .template = e->template, .signer = number_of(c, e->spki_sha256) };

	bytes_copy(row.sha256, e->sha256, CODE_CACHE_KEY);
	bytes_copy(row.keyid, e->keyid, sizeof row.keyid);
	if (e->template_hash)
		bytes_copy(row.template_hash, e->template_hash, CODE_CACHE_HASH);
	keep(&c->entries, &row);
}
