/* Claims as one JSON object. */
#include <string.h>

#include "lib/claims/claims.h"

struct json *claim_value_json(const struct claim *c, struct arena *a)
{
	switch (c->kind) {
	case CLAIM_STRING: return json_stringn(a, c->s, c->len);
	case CLAIM_INT: return json_int(a, c->i);
	case CLAIM_BOOL: return json_bool(a, c->b);
	case CLAIM_JSON: return json_copy(a, c->j);
	}
	return NULL;
}

/* The same, of the claim's own text and members: written out at once, it need not be copied. */
static struct json *value_borrowed(const struct claim *c, struct arena *a)
{
	struct json *v;

	if (c->kind != CLAIM_STRING && c->kind != CLAIM_JSON)
		return claim_value_json(c, a);
	v = json_null(a);
	if (!v)
		return NULL;
	if (c->kind == CLAIM_JSON)
		*v = *c->j;
	else
		*v = (struct json){ .kind = JSON_STRING, .s = c->s, .len = c->len };
	v->next = NULL;
	return v;
}

/* Names seen so far, open addressing.  A policy may make many thousand claims, so neither a scan
 * per claim nor json_put (which scans for the name) would do. */
struct index {
	struct json **slots;            /* member of that name, or NULL */
	size_t mask;
};

static size_t hash(const char *name, size_t *len)
{
	uint64_t h = 14695981039346656037u;
	size_t n = 0;

	for (; name[n]; n++)
		h = (h ^ (uint8_t)name[n]) * 1099511628211u;
	*len = n;
	return (size_t)(h ^ h >> 32);
}

static bool index_make(struct index *ix, size_t n, struct arena *a)
{
	size_t cap = 16;

	while (cap < 2 * n)
		cap *= 2;
	ix->mask = cap - 1;
	ix->slots = arena_array(a, cap, sizeof *ix->slots);
	return ix->slots != NULL;
}

/* The slot of a name: holds its member, or is free. */
static struct json **index_slot(const struct index *ix, const char *name, size_t *len)
{
	size_t at = hash(name, len) & ix->mask;

	while (ix->slots[at] && strcmp(ix->slots[at]->name, name) != 0)
		at = (at + 1) & ix->mask;
	return &ix->slots[at];
}

/* The index has shown that the name is new, so json_put's search for it is left out. */
static void member_append(struct json *object, struct json *v, const char *name, size_t len)
{
	v->name = name;
	v->name_len = len;
	if (object->last)
		object->last->next = v;
	else
		object->child = v;
	object->last = v;
	object->len++;
}

/* Turns the member into an array of its value, in place: it keeps name and neighbours. */
static struct json *member_to_array(struct json *m, struct arena *a)
{
	struct json *first = json_null(a), head = *m;

	if (!first)
		return NULL;
	*first = *m;
	first->name = NULL;
	first->name_len = 0;
	first->next = NULL;
	*m = (struct json){ .kind = JSON_ARRAY, .len = 1, .child = first, .last = first,
	    .next = head.next, .name = head.name, .name_len = head.name_len };
	return m;
}

/* seen: members that already are arrays of several claims, marked by the second claim. */
static struct json *claim_append(struct json *object, struct json **slot, bool *several,
    struct json *v, struct arena *a)
{
	if (!*several && !member_to_array(*slot, a))
		return NULL;
	*several = true;
	return json_append(*slot, v) ? object : NULL;
}

struct json *claims_to_json(const struct claims *c, struct arena *a)
{
	struct json *object = json_object(a);
	struct index ix;
	bool *several;

	if (!object || !index_make(&ix, c->n, a))
		return NULL;
	several = arena_array(a, ix.mask + 1, sizeof *several);
	for (size_t i = 0; several && i < c->n; i++) {
		size_t len;
		struct json **slot = index_slot(&ix, c->v[i].name, &len);
		struct json *v = value_borrowed(&c->v[i], a);

		if (!v)
			return NULL;
		if (*slot) {
			if (!claim_append(object, slot, &several[slot - ix.slots], v, a))
				return NULL;
			continue;
		}
		member_append(object, v, c->v[i].name, len);
		*slot = v;
	}
	return several ? object : NULL;
}
