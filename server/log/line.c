#include "server/log/line.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/rd.h"
#include "lib/base/time.h"
#include "lib/base/utf8.h"

#define VALUE_MAX 1024
#define TAIL 32                 /* room for the mark of a truncated line, and its end */

struct line { char *out; size_t n, max; bool full; };

/* A value before it is quoted. */
struct value { char text[VALUE_MAX]; size_t n; bool is_number, is_null, is_full; };

static void put_n(struct line *l, const char *s, size_t n)
{
	if (n > l->max - l->n)
		l->full = true;
	if (l->full)
		return;
	bytes_copy(l->out + l->n, s, n);
	l->n += n;
}

static void put(struct line *l, const char *s)
{
	put_n(l, s, strlen(s));
}

/* How many of n bytes fit without cutting a character in two. */
static size_t fitting(const char *s, size_t n, size_t room)
{
	size_t at = 0;

	while (at < n) {
		size_t len = utf8_char_len(s + at, n - at);

		if (at + (len ? len : 1) > room)
			break;
		at += len ? len : 1;
	}
	return at;
}

static void value_add(struct value *v, const char *s, size_t n)
{
	size_t whole = v->is_full ? 0 : fitting(s, n, sizeof v->text - v->n);

	v->is_full |= whole < n;
	bytes_copy(v->text + v->n, s, whole);
	v->n += whole;
}

enum argument { ARG_TEXT, ARG_INT, ARG_UNSIGNED, ARG_SIZE, ARG_LONG, ARG_ULONG, ARGS };
static const char *const directives[ARGS] = { "%s", "%d", "%u", "%zu", "%lld", "%llu" };

static enum argument directive_at(const char *fmt)
{
	unsigned i = 0;

	while (i < ARGS && strncmp(directives[i], fmt, strlen(directives[i])) != 0)
		i++;
	assert(i < ARGS);       /* a format that log_event() does not know */
	return i;
}

static void take_text(struct value *v, const char *s)
{
	if (!s)
		v->is_null = true;
	else
		value_add(v, s, strlen(s));
}

/* The argument's kind tells what to take from the list, as printf's own directives do. */
static void take(struct value *v, enum argument kind, va_list *ap)
{
	char digits[24] = "";

	switch (kind) {
	case ARG_TEXT:
		take_text(v, va_arg(*ap, const char *));
		return;
	case ARG_INT:
		(void)snprintf(digits, sizeof digits, "%d", va_arg(*ap, int));
		break;
	case ARG_UNSIGNED:
		(void)snprintf(digits, sizeof digits, "%u", va_arg(*ap, unsigned));
		break;
	case ARG_SIZE:
		(void)snprintf(digits, sizeof digits, "%zu", va_arg(*ap, size_t));
		break;
	case ARG_LONG:
		(void)snprintf(digits, sizeof digits, "%lld", va_arg(*ap, long long));
		break;
	case ARG_ULONG:
		(void)snprintf(digits, sizeof digits, "%llu", va_arg(*ap, unsigned long long));
		break;
	case ARGS:
		break;
	}
	value_add(v, digits, strlen(digits));
}

static void value_read(struct value *v, const char *fmt, va_list *ap)
{
	v->n = 0;
	v->is_null = v->is_full = false;
	v->is_number = *fmt == '%' && directive_at(fmt) != ARG_TEXT &&
	    !fmt[strlen(directives[directive_at(fmt)])];
	while (*fmt) {
		size_t plain = strcspn(fmt, "%");

		value_add(v, fmt, plain);
		fmt += plain;
		if (*fmt) {
			enum argument kind = directive_at(fmt);
			take(v, kind, ap);
			fmt += strlen(directives[kind]);
		}
	}
}

static const char *short_escape(char c)
{
	switch (c) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\n': return "\\n";
	case '\r': return "\\r";
	case '\t': return "\\t";
	default: return NULL;
	}
}

/* Inside quotes; JSON has no way to write a byte that is not UTF-8, so it becomes U+FFFD. */
static void put_escaped(struct line *l, const char *s, size_t n, bool json)
{
	for (size_t i = 0; i < n; ) {
		size_t len = utf8_char_len(s + i, n - i);
		const char *escape = short_escape(s[i]);
		unsigned byte = (unsigned char)s[i];
		char code[8];

		if (escape)
			put(l, escape);
		else if (len == 0 && json)
			put(l, "\\ufffd");
		else if (len == 0 || byte < ' ' || byte == 0x7f) {
			(void)snprintf(code, sizeof code, json ? "\\u%04x" : "\\x%02x", byte);
			put(l, code);
		} else
			put_n(l, s + i, len);
		i += len ? len : 1;
	}
}

static bool is_bare(const struct value *v)
{
	if (v->n == 0 || (v->n == 1 && *v->text == '-'))
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (v->text[i] <= ' ' || v->text[i] >= 0x7f || strchr("\"\\=", v->text[i]))
			return false;
	return true;
}

static void put_quoted(struct line *l, const struct value *v, bool json)
{
	put(l, "\"");
	put_escaped(l, v->text, v->n, json);
	put(l, v->is_full ? "...\"" : "\"");
}

static void put_value(struct line *l, const struct value *v, bool json)
{
	if (v->is_null)
		put(l, json ? "null" : "-");
	else if (json ? v->is_number : is_bare(v) && !v->is_full)
		put_n(l, v->text, v->n);
	else
		put_quoted(l, v, json);
}

static void put_pair(struct line *l, const char *key, const struct value *v, bool json)
{
	size_t before = l->n;

	put(l, json ? ",\"" : " ");
	put(l, key);
	put(l, json ? "\":" : "=");
	put_value(l, v, json);
	if (l->full)
		l->n = before;
}

static void put_head(struct line *l, const struct line_head *h)
{
	char when[TIME_TEXT_MAX];
	const char *level = log_level_name(h->level);
	const char *text[] = { when, " ", h->role, " ", level, " ", h->event };
	const char *json[] = { "{\"time\":\"", when, "\",\"role\":\"", h->role, "\",\"level\":\"", level,
	    "\",\"event\":\"", h->event, "\"" };

	time_format(h->now_s, when);
	if (h->json)
		for (size_t i = 0; i < sizeof json / sizeof *json; i++)
			put(l, json[i]);
	else
		for (size_t i = 0; i < sizeof text / sizeof *text; i++)
			put(l, text[i]);
}

size_t line_format(char out[LOG_LINE_MAX], const struct line_head *head, va_list pairs)
{
	struct line l = { .out = out, .max = LOG_LINE_MAX - TAIL };
	struct value v;
	bool cut = false;
	va_list ap;

	va_copy(ap, pairs);
	put_head(&l, head);
	for (const char *key = va_arg(ap, const char *); key; key = va_arg(ap, const char *)) {
		value_read(&v, va_arg(ap, const char *), &ap);
		l.full = false;
		put_pair(&l, key, &v, head->json);
		cut |= l.full;
	}
	va_end(ap);
	l.full = false;
	l.max = LOG_LINE_MAX;
	if (cut)
		put(&l, head->json ? ",\"truncated\":true" : " truncated=true");
	put(&l, head->json ? "}\n" : "\n");
	return l.n;
}
