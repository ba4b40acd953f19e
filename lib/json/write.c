#include "lib/base/buf.h"
#include "lib/base/rd.h"
#include "lib/base/utf8.h"
#include "lib/json/tree.h"

struct writer {
	struct buf out;
	struct arena *a;
	enum json_style style;
	struct att_error *e;
};

static bool write_value(struct writer *w, const struct json *v, size_t depth);

static void write_escape(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[][2] = {
		{ '"', '"' }, { '\\', '\\' }, { '\b', 'b' }, { '\f', 'f' }, { '\n', 'n' },
		    { '\r', 'r' }, { '\t', 't' },
	};
	char u[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	for (size_t i = 0; i < sizeof shorts / sizeof shorts[0]; i++)
		if ((unsigned char)shorts[i][0] == c) {
			u[1] = shorts[i][1];
			buf_put(out, u, 2);
			return;
		}
	buf_put(out, u, sizeof u);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c < 0x80;
}

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS (EACH_BYTE * 0x80)

/* Are all eight bytes plain?  The usual sums: a byte below k, or equal to k, leaves its high bit
 * behind. */
static bool eight_plain(const char *s)
{
	uint64_t x, quote, slash;

	bytes_copy(&x, s, sizeof x);
	quote = x ^ EACH_BYTE * '"';
	slash = x ^ EACH_BYTE * '\\';
	return !((x | ((x - EACH_BYTE * 0x20) & ~x) | ((quote - EACH_BYTE) & ~quote) |
	    ((slash - EACH_BYTE) & ~slash)) & HIGH_BITS);
}

/* Bytes at the beginning that stand for themselves. */
static size_t plain_run(const char *s, size_t n)
{
	size_t i = 0;

	while (n - i >= 8 && eight_plain(s + i))
		i += 8;
	while (i < n && is_plain((unsigned char)s[i]))
		i++;
	return i;
}

static bool write_string(struct writer *w, const char *s, size_t n)
{
	size_t done = 0, i = plain_run(s, n);

	buf_char(&w->out, '"');
	while (i < n) {
		unsigned char c = (unsigned char)s[i];
		size_t step = is_plain(c) ? 1 : utf8_char_len(s + i, n - i);

		if (step == 0)
			return att_fail(w->e, ATT_E_BAD_ENCODING,
			    "json: string to be written is not UTF-8 at its byte %zu", i);
		if (c < 0x80 && !is_plain(c)) {
			buf_put(&w->out, s + done, i - done);
			write_escape(&w->out, c);
			done = i + 1;
		}
		i += step;
	}
	buf_put(&w->out, s + done, n - done);
	buf_char(&w->out, '"');
	return true;
}

static void write_break(struct writer *w, size_t depth)
{
	if (w->style != JSON_PRETTY)
		return;
	buf_char(&w->out, '\n');
	for (size_t i = 0; i < depth; i++)
		buf_str(&w->out, "  ");
}

#define NAME_SHORT 100

/* What stands before a member's value, in one piece: nearly all names are short and need no escape.
 */
static bool write_name_plain(struct writer *w, const struct json *m, bool first)
{
	char t[NAME_SHORT + 4], *p = t;

	if (m->name_len > NAME_SHORT || plain_run(m->name, m->name_len) != m->name_len)
		return false;
	if (!first)
		*p++ = ',';
	*p++ = '"';
	bytes_copy(p, m->name, m->name_len);
	p += m->name_len;
	*p++ = '"';
	*p++ = ':';
	buf_put(&w->out, t, (size_t)(p - t));
	return true;
}

static bool write_child(
    struct writer *w, const struct json *m, bool named, bool first, size_t depth)
{
	if (named && w->style != JSON_PRETTY && write_name_plain(w, m, first))
		return write_value(w, m, depth + 1);
	if (!first)
		buf_char(&w->out, ',');
	write_break(w, depth);
	if (named) {
		if (!write_string(w, m->name, m->name_len))
			return false;
		buf_str(&w->out, w->style == JSON_PRETTY ? ": " : ":");
	}
	return write_value(w, m, depth + 1);
}

static bool write_children(struct writer *w, const struct json *v, size_t depth)
{
	for (const struct json *m = v->child; m; m = m->next)
		if (!write_child(w, m, v->kind == JSON_OBJECT, m == v->child, depth))
			return false;
	return true;
}

static bool write_sorted(struct writer *w, const struct json *v, size_t depth)
{
	struct json_sorted s;
	bool ok = true;

	if (!json_sort(&s, w->a, v, false))
		return att_fail(w->e, ATT_E_NOMEM, "out of memory");
	for (size_t i = 0; i < v->len && ok; i++)
		ok = write_child(w, s.v[i], true, i == 0, depth);
	json_sorted_clear(&s);
	return ok;
}

static bool write_container(struct writer *w, const struct json *v, size_t depth)
{
	bool object = v->kind == JSON_OBJECT;

	if (v->lost)
		return arena_fail(w->a, w->e);
	if (depth > JSON_BUILD_DEPTH_MAX)
		return att_fail(w->e, ATT_E_LIMIT, "json: tree to be written is deeper than %zu",
		    JSON_BUILD_DEPTH_MAX);
	buf_char(&w->out, object ? '{' : '[');
	if (!(object && w->style == JSON_SORTED ? write_sorted(w, v, depth) : write_children(w, v, depth)))
		return false;
	if (v->child)
		write_break(w, depth - 1);
	buf_char(&w->out, object ? '}' : ']');
	return true;
}

static void write_int(struct writer *w, const struct json *v)
{
	char t[24], *p = t + sizeof t;
	bool negative = v->kind == JSON_INT && v->i < 0;
	uint64_t u = v->kind == JSON_INT ? (uint64_t)v->i : v->u;

	if (negative)
		u = 0 - u;
	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (negative)
		*--p = '-';
	buf_put(&w->out, p, (size_t)(t + sizeof t - p));
}

static bool write_value(struct writer *w, const struct json *v, size_t depth)
{
	switch (v->kind) {
	case JSON_NULL:
		buf_str(&w->out, "null");
		break;
	case JSON_BOOL:
		buf_str(&w->out, v->b ? "true" : "false");
		break;
	case JSON_INT:
	case JSON_UINT:
		write_int(w, v);
		break;
	case JSON_REAL:
		buf_put(&w->out, v->s, v->len);
		break;
	case JSON_STRING:
		return write_string(w, v->s, v->len);
	case JSON_ARRAY:
	case JSON_OBJECT:
		return write_container(w, v, depth);
	}
	return true;
}

bool json_write(struct arena *a, const struct json *v, enum json_style style,
    char **out, size_t *n, struct att_error *e)
{
	struct writer w = { .out = buf_make(a), .a = a, .style = style, .e = e };

	if (!v)
		return arena_fail(a, e);
	if (!write_value(&w, v, 1))
		return false;
	if (style == JSON_PRETTY)
		buf_char(&w.out, '\n');
	if (!buf_ok(&w.out, e))
		return false;
	*out = w.out.p;
	*n = w.out.len;
	return true;
}
