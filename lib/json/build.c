#include <assert.h>
#include <string.h>

#include "lib/base/time.h"
#include "lib/json/tree.h"

static struct json *node(struct arena *a, enum json_kind kind)
{
	struct json *v = arena_alloc(a, sizeof *v);

	if (v)
		v->kind = kind;
	return v;
}

struct json *json_object(struct arena *a)
{
	return node(a, JSON_OBJECT);
}

struct json *json_array(struct arena *a)
{
	return node(a, JSON_ARRAY);
}

static struct json *text_node(struct arena *a, enum json_kind kind, const char *s, size_t n)
{
	struct json *v = node(a, kind);
	char *copy = v ? arena_strndup(a, s, n) : NULL;

	if (!copy)
		return NULL;
	v->s = copy;
	v->len = n;
	return v;
}

struct json *json_stringn(struct arena *a, const char *s, size_t n)
{
	return s ? text_node(a, JSON_STRING, s, n) : NULL;
}

struct json *json_string(struct arena *a, const char *s)
{
	return s ? text_node(a, JSON_STRING, s, strlen(s)) : NULL;
}

struct json *json_int(struct arena *a, int64_t i)
{
	struct json *v = node(a, JSON_INT);

	if (v)
		v->i = i;
	return v;
}

struct json *json_uint(struct arena *a, uint64_t u)
{
	struct json *v = node(a, u > INT64_MAX ? JSON_UINT : JSON_INT);

	if (v && u > INT64_MAX)
		v->u = u;
	else if (v)
		v->i = (int64_t)u;
	return v;
}

struct json *json_bool(struct arena *a, bool b)
{
	struct json *v = node(a, JSON_BOOL);

	if (v)
		v->b = b;
	return v;
}

struct json *json_null(struct arena *a)
{
	return node(a, JSON_NULL);
}

struct json *json_time(struct arena *a, int64_t t_s)
{
	char text[TIME_TEXT_MAX];

	if (t_s == INT64_MIN)
		return json_null(a);
	time_format(t_s, text);
	return json_string(a, text);
}

/* What is missing must not be overlooked later: the parent cannot be written any more. */
static struct json *lost(struct json *parent)
{
	if (parent)
		parent->lost = true;
	return NULL;
}

static void append(struct json *parent, struct json *v)
{
	v->next = NULL;
	if (parent->last)
		parent->last->next = v;
	else
		parent->child = v;
	parent->last = v;
	parent->len++;
}

struct json *json_append(struct json *array, struct json *v)
{
	if (!array || !v)
		return lost(array);
	assert(array->kind == JSON_ARRAY);
	append(array, v);
	return array;
}

/* Puts v in the place of the member behind `before` (NULL: of the first). */
static void replace(struct json *object, struct json *before, struct json *v)
{
	struct json *old = before ? before->next : object->child;

	v->next = old->next;
	if (before)
		before->next = v;
	else
		object->child = v;
	if (object->last == old)
		object->last = v;
}

struct json *json_putn(struct arena *a, struct json *object, const char *name, size_t n, struct json *v)
{
	struct json *before = NULL, *m;
	char *copy = object && v && name ? arena_strndup(a, name, n) : NULL;

	if (!copy)
		return lost(object);
	assert(object->kind == JSON_OBJECT);
	v->name = copy;
	v->name_len = n;
	for (m = object->child; m && !json_name_eq(m, name, n, false); m = m->next)
		before = m;
	if (m)
		replace(object, before, v);
	else
		append(object, v);
	return object;
}

struct json *json_put(struct arena *a, struct json *object, const char *name, struct json *v)
{
	return json_putn(a, object, name, name ? strlen(name) : 0, v);
}

static struct json *copy_tree(struct arena *a, const struct json *v, size_t depth);

static bool copy_children(struct arena *a, const struct json *v, size_t depth, struct json *out)
{
	for (const struct json *m = v->child; m; m = m->next) {
		struct json *c = copy_tree(a, m, depth + 1);
		char *name = c && m->name ? arena_strndup(a, m->name, m->name_len) : NULL;

		if (!c || (m->name && !name))
			return false;
		c->name = name;
		c->name_len = m->name_len;
		append(out, c);
	}
	return true;
}

static struct json *copy_tree(struct arena *a, const struct json *v, size_t depth)
{
	struct json *c;

	if (v->kind == JSON_STRING || v->kind == JSON_REAL)
		return text_node(a, v->kind, v->s, v->len);
	c = depth <= JSON_BUILD_DEPTH_MAX && !v->lost ? node(a, v->kind) : NULL;
	if (!c)
		return NULL;
	c->b = v->b;
	c->i = v->i;
	c->u = v->u;
	return copy_children(a, v, depth, c) ? c : NULL;
}

struct json *json_copy(struct arena *a, const struct json *v)
{
	return v ? copy_tree(a, v, 1) : NULL;
}
