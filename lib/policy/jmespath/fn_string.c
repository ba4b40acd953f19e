/* Functions that take or make strings. */
#include <string.h>

#include "lib/base/buf.h"
#include "lib/policy/jmespath/fn.h"
#include "lib/policy/jmespath/text.h"

const struct json *jmes_fn_starts_with(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	const struct json *s = args[0].v, *t = args[1].v;

	(void)n;
	if (t->len > s->len)
		return jmes_bool(false);
	if (!jmes_spend_text(x, t->len))
		return NULL;
	return jmes_bool(jmes_text_equal(s->s, t->len, t->s, t->len));
}

const struct json *jmes_fn_ends_with(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	const struct json *s = args[0].v, *t = args[1].v;

	(void)n;
	if (t->len > s->len)
		return jmes_bool(false);
	if (!jmes_spend_text(x, t->len))
		return NULL;
	return jmes_bool(jmes_text_equal(s->s + (s->len - t->len), t->len, t->s, t->len));
}

/* Extension of published attestation policies; a missing member makes it false, not an error. */
const struct json *jmes_fn_equals_ignore_case(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	const struct json *s = args[0].v, *t = args[1].v;

	(void)n;
	if (s->kind == JSON_NULL || t->kind == JSON_NULL)
		return jmes_bool(false);
	if (!jmes_spend_text(x, t->len))
		return NULL;
	return jmes_bool(jmes_text_equal_fold(s->s, s->len, t->s, t->len));
}

const struct json *jmes_fn_join(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	const struct json *glue = args[0].v;
	struct buf b = buf_make(x->a);

	(void)n;
	buf_put(&b, "", 0);
	for (const struct json *c = args[1].v->child; c; c = c->next) {
		if (!jmes_spend_text(x, c->len + glue->len))
			return NULL;
		buf_put(&b, c->s, c->len);
		if (c->next)
			buf_put(&b, glue->s, glue->len);
		if (b.failed)
			break;
	}
	if (b.failed) {
		(void)jmes_report_memory(x->r, x->offset);
		return NULL;
	}
	return jmes_new_text(x, b.p, b.len);
}

const struct json *jmes_fn_to_string(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	struct att_error e = { 0 };
	char *text;
	size_t len;

	(void)n;
	if (args[0].v->kind == JSON_STRING)
		return args[0].v;
	if (!jmes_settle(x, args[0].v))
		return NULL;
	if (!json_write(x->a, args[0].v, JSON_COMPACT, &text, &len, &e)) {
		(void)jmes_report_memory(x->r, x->offset);
		return NULL;
	}
	return jmes_spend_text(x, len) ? jmes_new_text(x, text, len) : NULL;
}

static const struct json *reverse_string(struct jmes_ev *x, const struct json *s)
{
	char *p = jmes_spend_text(x, s->len) ? arena_alloc(x->a, s->len + 1) : NULL;

	if (!p) {
		(void)jmes_report_memory(x->r, x->offset);
		return NULL;
	}
	jmes_text_reverse(s->s, s->len, p);
	return jmes_new_text(x, p, s->len);
}

const struct json *jmes_fn_reverse(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	struct json *list;

	(void)n;
	if (args[0].v->kind == JSON_STRING)
		return reverse_string(x, args[0].v);
	list = jmes_new(x, JSON_ARRAY);
	for (const struct json *c = args[0].v->child; list && c; c = c->next)
		if (!jmes_list_add_first(x, list, c))
			return NULL;
	return list;
}

const struct json *jmes_fn_length(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	const struct json *v = args[0].v;

	(void)n;
	if (v->kind != JSON_STRING)
		return jmes_new_int(x, (int64_t)v->len);
	if (!jmes_spend_text(x, v->len))
		return NULL;
	return jmes_new_int(x, (int64_t)jmes_text_count(v->s, v->len));
}

/* A string contains only strings; other values are simply not in it. */
static const struct json *string_contains(struct jmes_ev *x, const struct json *s, const struct json *t)
{
	if (t->kind != JSON_STRING)
		return jmes_bool(false);
	if (!jmes_spend_text(x, s->len) || !jmes_spend_text(x, t->len))
		return NULL;
	return jmes_bool(memmem(s->s, s->len, t->s, t->len) != NULL);
}

const struct json *jmes_fn_contains(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	bool same = false;

	(void)n;
	if (args[0].v->kind == JSON_STRING)
		return string_contains(x, args[0].v, args[1].v);
	for (const struct json *c = args[0].v->child; c && !same; c = c->next)
		if (!jmes_equal(x, c, args[1].v, &same))
			return NULL;
	return jmes_bool(same);
}
