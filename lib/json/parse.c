#include <string.h>

#include <yyjson.h>

#include "lib/base/auto.h"
#include "lib/base/utf8.h"
#include "lib/json/tree.h"

ATT_AUTO_DEFINE(yyjson_doc, yyjson_doc_free);

#define NODES_DEFAULT ((size_t)100000)
#define QUOTE_MAX 64                    /* bytes of a name or number that a message shows */

struct reader {
	struct arena *a;
	char *text;                     /* the input, copied once; strings are unescaped in place */
	const uint8_t *input;           /* the untouched bytes, for offsets */
	size_t n;
	struct json_limits limits;      /* with the defaults filled in */
	size_t nodes;
	size_t heap_left;               /* what yyjson may still borrow */
	bool heap_spent;
	struct att_error *e;
};

static void *heap_get(void *ctx, size_t n)
{
	struct reader *r = ctx;

	if (n > r->heap_left) {
		r->heap_spent = true;
		return NULL;
	}
	return arena_borrow(r->a, n);
}

static void *heap_resize(void *ctx, void *p, size_t old_n, size_t n)
{
	struct reader *r = ctx;
	void *d = heap_get(ctx, n);

	if (d) {
		bytes_copy(d, p, old_n < n ? old_n : n);
		arena_return(r->a, p);
	}
	return d;
}

static void heap_put(void *ctx, void *p)
{
	struct reader *r = ctx;

	arena_return(r->a, p);
}

/* Largest block yyjson needs for an input within the limits: it guesses from the length, then
 * grows by half; each value and each name takes 16 bytes. */
static size_t heap_budget(size_t n, size_t max_nodes)
{
	size_t grown, guess;

	if (__builtin_mul_overflow(max_nodes, (size_t)48, &grown) ||
	    __builtin_mul_overflow(n, (size_t)3, &guess) ||
	    __builtin_add_overflow(grown, guess, &grown) ||
	    __builtin_add_overflow(grown, (size_t)4096, &grown))
		return SIZE_MAX;
	return grown;
}

static struct rd reader_text(const struct reader *r)
{
	return rd_make(r->input, r->n);
}

static size_t offset_of(const struct reader *r, const char *p)
{
	return (size_t)(p - r->text);
}

static bool fail_quoting(const struct reader *r, const char *what, const char *p, size_t n, size_t off)
{
	char shown[QUOTE_MAX + 1];
	size_t cut = n < QUOTE_MAX ? n : QUOTE_MAX;

	bytes_copy(shown, p, cut);
	for (size_t i = 0; i < cut; i++)
		if (shown[i] == 0)
			shown[i] = '?';
	shown[cut] = 0;
	utf8_mask(shown);
	return att_fail(r->e, ATT_E_BAD_JSON, "json: %s \"%s\"%s at offset %zu", what, shown,
	    cut < n ? "..." : "", off);
}

static bool fail_nodes(const struct reader *r)
{
	return att_fail(r->e, ATT_E_LIMIT, "json: more than %zu values, the next is at offset %zu",
	    r->limits.max_nodes, json_locate_value(reader_text(r), r->limits.max_nodes));
}

/* An integer's digits as magnitude; false when above 2^64-1. */
static bool magnitude(const char *p, size_t n, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(p[i] - '0'), &v))
			return false;
	*out = v;
	return true;
}

static bool is_real(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == '.' || p[i] == 'e' || p[i] == 'E')
			return true;
	return false;
}

/* The text is a number of the grammar already. */
static bool read_number(const struct reader *r, const char *p, size_t n, bool allow_u64, struct json *out)
{
	bool minus = p[0] == '-';
	uint64_t m;

	if (is_real(p, n)) {
		out->kind = JSON_REAL;
		out->s = p;
		out->len = n;
		return true;
	}
	if (!magnitude(p + minus, n - minus, &m) || (minus && m > (uint64_t)INT64_MAX + 1) ||
	    (!minus && m > INT64_MAX && !allow_u64))
		return fail_quoting(r, "integer out of range", p, n, offset_of(r, p));
	out->kind = m > INT64_MAX && !minus ? JSON_UINT : JSON_INT;
	out->u = out->kind == JSON_UINT ? m : 0;
	out->i = out->kind == JSON_UINT ? 0 : minus ? (int64_t)(0 - m) : (int64_t)m;
	return true;
}

static bool read_value(struct reader *r, yyjson_val *v, size_t depth, struct json *out);

static bool read_elements(struct reader *r, yyjson_val *v, size_t depth, struct json *out)
{
	yyjson_arr_iter it = yyjson_arr_iter_with(v);

	for (size_t i = 0; i < out->len; i++) {
		if (!read_value(r, yyjson_arr_iter_next(&it), depth + 1, &out->child[i]))
			return false;
		out->child[i].next = i + 1 < out->len ? &out->child[i + 1] : NULL;
	}
	return true;
}

static bool read_members(struct reader *r, yyjson_val *v, size_t depth, struct json *out)
{
	yyjson_obj_iter it = yyjson_obj_iter_with(v);
	const struct json *dup;

	for (size_t i = 0; i < out->len; i++) {
		yyjson_val *name = yyjson_obj_iter_next(&it);
		struct json *m = &out->child[i];

		m->name = yyjson_get_str(name);
		m->name_len = yyjson_get_len(name);
		m->next = i + 1 < out->len ? m + 1 : NULL;
		if (!read_value(r, yyjson_obj_iter_get_val(name), depth + 1, m))
			return false;
	}
	if (!json_find_duplicate(r->a, out, depth == 1 && r->limits.fold_names, &dup))
		return att_fail(r->e, ATT_E_NOMEM, "out of memory");
	return !dup || fail_quoting(r, "duplicate member", dup->name, dup->name_len,
	    offset_of(r, dup->name) - 1);
}

static bool read_container(struct reader *r, yyjson_val *v, size_t depth, struct json *out)
{
	out->kind = yyjson_is_arr(v) ? JSON_ARRAY : JSON_OBJECT;
	out->len = yyjson_is_arr(v) ? yyjson_arr_size(v) : yyjson_obj_size(v);
	if (depth >= r->limits.max_depth)
		return att_fail(r->e, ATT_E_BAD_JSON, "json: nesting deeper than %zu at offset %zu",
		    r->limits.max_depth, json_locate_depth(reader_text(r), r->limits.max_depth));
	if (out->len == 0)
		return true;
	if (out->len > r->limits.max_nodes - r->nodes)
		return fail_nodes(r);
	r->nodes += out->len;
	out->child = arena_array(r->a, out->len, sizeof *out->child);
	if (!out->child)
		return arena_fail(r->a, r->e);
	out->last = &out->child[out->len - 1];
	return out->kind == JSON_ARRAY ? read_elements(r, v, depth, out) : read_members(r, v, depth, out);
}

static bool read_value(struct reader *r, yyjson_val *v, size_t depth, struct json *out)
{
	const char *u64 = depth == 2 && out->name ? r->limits.u64_member : NULL;

	switch (yyjson_get_type(v)) {
	case YYJSON_TYPE_STR:
		out->kind = JSON_STRING;
		out->s = yyjson_get_str(v);
		out->len = yyjson_get_len(v);
		return true;
	case YYJSON_TYPE_RAW:
		return read_number(r, yyjson_get_raw(v), yyjson_get_len(v),
		    u64 && json_name_eq(out, u64, strlen(u64), true), out);
	case YYJSON_TYPE_BOOL:
		out->kind = JSON_BOOL;
		out->b = yyjson_get_bool(v);
		return true;
	case YYJSON_TYPE_NULL:
		return true;
	default:
		return read_container(r, v, depth, out);
	}
}

static bool fail_reading(const struct reader *r, const yyjson_read_err *err)
{
	if (r->heap_spent)
		return fail_nodes(r);
	if (err->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
		return att_fail(r->e, ATT_E_NOMEM, "out of memory");
	return att_fail(r->e, ATT_E_BAD_JSON, "json: %s at offset %zu", err->msg, err->pos);
}

static struct json_limits limits_or_defaults(const struct json_limits *given)
{
	struct json_limits l = given ? *given : (struct json_limits){ 0 };

	if (l.max_depth == 0 || l.max_depth > JSON_DEPTH_MAX)
		l.max_depth = JSON_DEPTH_MAX;
	if (l.max_nodes == 0)
		l.max_nodes = NODES_DEFAULT;
	return l;
}

bool json_parse_text(struct arena *a, const void *p, size_t n, const struct json_limits *limits,
    struct json **out, const char **text, struct att_error *e)
{
	struct reader r = { .a = a, .input = p, .n = n, .limits = limits_or_defaults(limits),
	    .nodes = 1, .e = e };
	yyjson_alc heap = { heap_get, heap_resize, heap_put, &r };
	yyjson_read_err err;
	struct json *root;

	if (n == 0)
		return att_fail(e, ATT_E_BAD_JSON, "json: empty input at offset 0");
	r.heap_left = heap_budget(n, r.limits.max_nodes);
	r.text = n < SIZE_MAX - YYJSON_PADDING_SIZE ? arena_alloc(a, n + YYJSON_PADDING_SIZE) : NULL;
	root = arena_alloc(a, sizeof *root);
	if (!r.text || !root)
		return arena_fail(a, e);
	bytes_copy(r.text, p, n);
	ATT_AUTO(yyjson_doc) doc = yyjson_read_opts(r.text, n, YYJSON_READ_INSITU | YYJSON_READ_NUMBER_AS_RAW,
	    &heap, &err);
	if (!doc)
		return fail_reading(&r, &err);
	if (!read_value(&r, yyjson_doc_get_root(doc), 1, root))
		return false;
	*out = root;
	*text = r.text;
	return true;
}

bool json_parse(struct arena *a, const void *p, size_t n, const struct json_limits *limits,
    struct json **out, struct att_error *e)
{
	const char *text;

	return json_parse_text(a, p, n, limits, out, &text, e);
}

bool json_begins(const void *p, size_t n, const char *want)
{
	const char *text = p;
	size_t at = 0;

	for (size_t i = 0; i < JSON_BEGINS_MAX && i < n && want[at]; i++) {
		if (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n')
			continue;
		if (text[i] != want[at++])
			return false;
	}
	return !want[at];
}
