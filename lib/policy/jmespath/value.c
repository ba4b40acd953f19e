#include "lib/policy/jmespath/eval.h"

#include <stdio.h>

#include "lib/policy/jmespath/text.h"

#define SCAN_PER_STEP 16        /* siblings passed over by one step */
#define TEXT_PER_STEP 64        /* bytes */

const struct json jmes_null = { .kind = JSON_NULL };

const struct json *jmes_bool(bool b)
{
	static const struct json no = { .kind = JSON_BOOL, .b = false },
	    yes = { .kind = JSON_BOOL, .b = true };

	return b ? &yes : &no;
}

bool jmes_spend(struct jmes_ev *x, uint64_t n)
{
	if (n <= x->b->steps) {
		x->b->steps -= n;
		return true;
	}
	x->b->steps = 0;
	return jmes_report(x->r, JMES_LIMIT, x->offset, "the step limit is reached");
}

bool jmes_spend_scan(struct jmes_ev *x, size_t n)
{
	return jmes_spend(x, n / SCAN_PER_STEP);
}

bool jmes_spend_text(struct jmes_ev *x, size_t n)
{
	return jmes_spend(x, n / TEXT_PER_STEP);
}

const struct json *jmes_ev_fail(struct jmes_ev *x, enum jmes_class c, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	(void)jmes_report(x->r, c, x->offset, "%s", text);
	return NULL;
}

struct json *jmes_new(struct jmes_ev *x, enum json_kind k)
{
	struct json *v = arena_alloc(x->a, sizeof *v);

	if (v)
		*v = (struct json){ .kind = k };
	else
		(void)jmes_report_memory(x->r, x->offset);
	return v;
}

const struct json *jmes_new_int(struct jmes_ev *x, int64_t i)
{
	struct json *v = jmes_new(x, JSON_INT);

	if (v)
		v->i = i;
	return v;
}

const struct json *jmes_new_text(struct jmes_ev *x, const char *s, size_t n)
{
	struct json *v = jmes_new(x, JSON_STRING);

	if (v) {
		v->s = s;
		v->len = n;
	}
	return v;
}

static struct json *copy(struct jmes_ev *x, const struct json *v)
{
	struct json *c = jmes_spend(x, 1) ? jmes_new(x, v->kind) : NULL;

	if (c) {
		*c = *v;
		c->next = NULL;
		c->name = NULL;
		c->name_len = 0;
	}
	return c;
}

static void append(struct json *parent, struct json *c)
{
	if (parent->last)
		parent->last->next = c;
	else
		parent->child = c;
	parent->last = c;
	parent->len++;
}

bool jmes_list_add(struct jmes_ev *x, struct json *list, const struct json *v)
{
	struct json *c = copy(x, v);

	if (c)
		append(list, c);
	return c != NULL;
}

bool jmes_list_add_first(struct jmes_ev *x, struct json *list, const struct json *v)
{
	struct json *c = copy(x, v);

	if (!c)
		return false;
	c->next = list->child;
	list->child = c;
	if (!list->last)
		list->last = c;
	list->len++;
	return true;
}

bool jmes_member_add(struct jmes_ev *x, struct json *object, const char *name, size_t n,
    const struct json *v)
{
	struct json *c = copy(x, v);

	if (!c)
		return false;
	c->name = name;
	c->name_len = n;
	append(object, c);
	return true;
}

bool jmes_truth(const struct json *v)
{
	switch (v->kind) {
	case JSON_NULL:
		return false;
	case JSON_BOOL:
		return v->b;
	case JSON_STRING:
	case JSON_ARRAY:
	case JSON_OBJECT:
		return v->len > 0;
	case JSON_INT:
	case JSON_UINT:
	case JSON_REAL:
		break;
	}
	return true;
}

/* Looks from `from` to the end and then from the start: members often stand in the same order. */
static bool member_from(struct jmes_ev *x, const struct json *object, const struct json *from,
    const struct json *like, const struct json **out)
{
	const struct json *m = from ? from : object->child;
	size_t n;

	*out = NULL;
	for (n = 0; n < object->len; n++) {
		if (jmes_text_equal(m->name, m->name_len, like->name, like->name_len)) {
			*out = m;
			break;
		}
		m = m->next ? m->next : object->child;
	}
	return jmes_spend_scan(x, n) && jmes_spend_text(x, like->name_len);
}

bool jmes_member(struct jmes_ev *x, const struct json *object, const char *name, size_t n,
    const struct json **out)
{
	struct json like = { .name = name, .name_len = n };

	return member_from(x, object, NULL, &like, out);
}

static bool equal(struct jmes_ev *x, const struct json *v, const struct json *w, unsigned depth,
    bool *out);

static bool equal_arrays(struct jmes_ev *x, const struct json *v, const struct json *w, unsigned depth,
    bool *out)
{
	const struct json *a = v->child, *b = w->child;

	*out = v->len == w->len;
	for (; *out && a && b; a = a->next, b = b->next)
		if (!equal(x, a, b, depth + 1, out))
			return false;
	return true;
}

static bool equal_objects(struct jmes_ev *x, const struct json *v, const struct json *w, unsigned depth,
    bool *out)
{
	const struct json *b = w->child;

	*out = v->len == w->len;
	for (const struct json *a = v->child; *out && a; a = a->next, b = b->next) {
		if (!member_from(x, w, b, a, &b))
			return false;
		if (!b) {
			*out = false;
			return true;
		}
		if (!equal(x, a, b, depth + 1, out))
			return false;
	}
	return true;
}

static bool equal_numbers(struct jmes_ev *x, const struct json *v, const struct json *w, bool *out)
{
	long double a, b;

	if (!jmes_number(x, v, &a) || !jmes_number(x, w, &b))
		return false;
	*out = !(a < b) && !(a > b);
	return true;
}

static bool equal(struct jmes_ev *x, const struct json *v, const struct json *w, unsigned depth,
    bool *out)
{
	*out = false;
	if (!jmes_spend(x, 1))
		return false;
	if (depth > JSON_DEPTH_MAX)
		return jmes_report(x->r, JMES_LIMIT, x->offset, "a value is nested deeper than %d",
		    JSON_DEPTH_MAX);
	if (jmes_is_number(v) && jmes_is_number(w))
		return equal_numbers(x, v, w, out);
	if (v->kind != w->kind)
		return true;
	if (v->kind == JSON_ARRAY)
		return equal_arrays(x, v, w, depth, out);
	if (v->kind == JSON_OBJECT)
		return equal_objects(x, v, w, depth, out);
	*out = v->kind == JSON_STRING ? jmes_text_equal(v->s, v->len, w->s, w->len) : v->b == w->b;
	return v->kind != JSON_STRING || jmes_spend_text(x, v->len);
}

bool jmes_equal(struct jmes_ev *x, const struct json *v, const struct json *w, bool *out)
{
	return equal(x, v, w, 1, out);
}

static bool settle(struct jmes_ev *x, const struct json *v, unsigned depth)
{
	bool container = v->kind == JSON_ARRAY || v->kind == JSON_OBJECT;

	if (!jmes_spend(x, 1) || (v->kind == JSON_STRING && !jmes_spend_text(x, v->len)))
		return false;
	if (depth + container > JSON_DEPTH_MAX)
		return jmes_report(x->r, JMES_LIMIT, x->offset, "a value is nested deeper than %d",
		    JSON_DEPTH_MAX);
	for (const struct json *c = v->child; c; c = c->next)
		if (!settle(x, c, depth + 1))
			return false;
	return true;
}

bool jmes_settle(struct jmes_ev *x, const struct json *v)
{
	return settle(x, v, 1);
}
