/* Equality of claims and of the JSON trees in them. */
#include <string.h>

#include "lib/base/rd.h"
#include "lib/claims/claims.h"

static bool text_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && (a == b || bytes_equal(a, b, a_len));
}

static bool json_same(const struct json *a, const struct json *b);

static bool elements_same(const struct json *a, const struct json *b)
{
	const struct json *y = b->child;

	for (const struct json *x = a->child; x; x = x->next, y = y->next)
		if (!y || !json_same(x, y))
			return false;
	return !y;
}

static const struct json *member(const struct json *object, const struct json *like)
{
	for (const struct json *m = object->child; m; m = m->next)
		if (text_same(m->name, m->name_len, like->name, like->name_len))
			return m;
	return NULL;
}

/* Same names in any order: a tree holds no name twice, so equal counts and one direction suffice. */
static bool members_same(const struct json *a, const struct json *b)
{
	for (const struct json *x = a->child; x; x = x->next) {
		const struct json *y = member(b, x);

		if (!y || !json_same(x, y))
			return false;
	}
	return true;
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static bool json_same(const struct json *a, const struct json *b)
{
	if (a == b)
		return true;
	if (!a || !b || a->kind != b->kind)
		return false;
	switch (a->kind) {
	case JSON_NULL: return true;
	case JSON_BOOL: return a->b == b->b;
	case JSON_INT: return a->i == b->i;
	case JSON_UINT: return a->u == b->u;
	case JSON_REAL:
	case JSON_STRING: return text_same(a->s, a->len, b->s, b->len);
	case JSON_ARRAY: return a->len == b->len && elements_same(a, b);
	case JSON_OBJECT: return a->len == b->len && members_same(a, b);
	}
	return false;
}

bool claim_same_value(const struct claim *a, const struct claim *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case CLAIM_STRING: return text_same(a->s, a->len, b->s, b->len);
	case CLAIM_INT: return a->i == b->i;
	case CLAIM_BOOL: return a->b == b->b;
	case CLAIM_JSON: return json_same(a->j, b->j);
	}
	return false;
}

bool claim_same(const struct claim *a, const struct claim *b)
{
	return strcmp(a->name, b->name) == 0 && claim_same_value(a, b);
}
