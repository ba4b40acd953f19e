#include "lib/base/auto.h"
#include "lib/json/tree.h"

ATT_AUTO_DEFINE_STRUCT(arena, arena_free);

/* A token of valid text; kind is its first byte for punctuation and strings, '0' for any other scalar. */
struct token {
	char kind;
	size_t off, len;
};

static bool next_is(const struct rd *r, const char *any)
{
	for (const char *c = any; *c && !rd_empty(r); c++)
		if (*rd_ptr(r) == (uint8_t)*c)
			return true;
	return false;
}

static void skip_space(struct rd *r)
{
	while (next_is(r, " \t\r\n") && rd_skip(r, 1))
		;
}

/* From behind the opening quote to behind the closing one. */
static void skip_string(struct rd *r)
{
	uint8_t c, escaped;

	while (rd_u8(r, &c) && c != '"')
		if (c == '\\' && !rd_u8(r, &escaped))
			return;
}

static bool token_next(struct rd *r, struct token *t)
{
	uint8_t c;

	skip_space(r);
	t->off = rd_off(r);
	if (!rd_u8(r, &c))
		return false;
	t->kind = (char)c;
	if (c == '"')
		skip_string(r);
	else if (c != '{' && c != '}' && c != '[' && c != ']' && c != ',' && c != ':') {
		t->kind = '0';
		while (!rd_empty(r) && !next_is(r, " \t\r\n,:]}[{\"") && rd_skip(r, 1))
			;
	}
	t->len = rd_off(r) - t->off;
	return true;
}

static bool opens(const struct token *t)
{
	return t->kind == '{' || t->kind == '[';
}

static bool closes(const struct token *t)
{
	return t->kind == '}' || t->kind == ']';
}

size_t json_locate_depth(struct rd text, size_t depth)
{
	struct token t;
	size_t open = 0;

	while (token_next(&text, &t)) {
		if (opens(&t) && ++open == depth)
			return t.off;
		if (closes(&t) && open > 0)
			open--;
	}
	return rd_off(&text);
}

size_t json_locate_value(struct rd text, size_t index)
{
	struct token t;
	size_t seen = 0;

	while (token_next(&text, &t)) {
		bool is_value = opens(&t) || t.kind == '"' || t.kind == '0';

		skip_space(&text);
		if (is_value && !next_is(&text, ":") && seen++ == index)
			return t.off;
	}
	return rd_off(&text);
}

/* Moves behind the value that starts at the reader; its range is what was passed. */
static bool value_range(struct rd *r, size_t *off, size_t *len)
{
	struct token t;
	size_t open = 0;
	bool first = true;

	do {
		if (!token_next(r, &t))
			return false;
		if (first)
			*off = t.off;
		first = false;
		open += opens(&t) ? 1 : 0;
		open -= closes(&t) && open > 0 ? 1 : 0;
	} while (open > 0);
	*len = rd_off(r) - *off;
	return true;
}

bool json_parse_source(struct arena *a, const void *p, size_t n, const struct json_limits *limits,
    struct json **out, struct json_source *src, struct att_error *e)
{
	*src = (struct json_source){ .p = p, .n = n };
	return json_parse_text(a, p, n, limits, out, &src->copy, e);
}

bool json_source_range(const struct json_source *src, const struct json *member, size_t *off, size_t *len,
    struct att_error *e)
{
	struct rd r = rd_make(src->p, src->n);
	struct token t;
	size_t o, l;

	if (!rd_skip(&r, (size_t)(member->name - src->copy) - 1) || !token_next(&r, &t) || t.kind != '"' ||
	    !token_next(&r, &t) || t.kind != ':' || !value_range(&r, &o, &l))
		return att_fail(e, ATT_E_INTERNAL, "json: member \"%s\" lost in its own text", member->name);
	*off = o;
	*len = l;
	return true;
}

/* Strings are read in place, and escapes are longer than what they stand for. */
bool json_source_string(const struct json_source *src, const struct json *v, size_t *off)
{
	struct rd r = rd_make(src->p, src->n), there;
	uint8_t quote;

	*off = (size_t)(v->s - src->copy);
	return rd_skip(&r, *off) && rd_take(&r, v->len, &there) && rd_u8(&r, &quote) && quote == '"' &&
	    bytes_order(rd_ptr(&there), v->len, v->s, v->len) == 0;
}

bool json_member_range(const void *p, size_t n, const char *name, size_t *off, size_t *len,
    struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(SIZE_MAX);
	struct json_source src;
	const struct json *m;
	struct json *root;

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	/* The strict reader decides what is valid and finds the name, whatever escapes it is written with. */
	if (!json_parse_source(a, p, n, NULL, &root, &src, e))
		return false;
	m = json_get(root, name);
	if (!m)
		return att_fail(e, ATT_E_BAD_JSON, "json: no member \"%s\"", name);
	return json_source_range(&src, m, off, len, e);
}
