/* String literals, and the quotation marks people type instead. */
#include <string.h>

#include "lib/policy/token.h"

static const char quote_hint[] = "use straight double quotes: \"";

/* Opening look-alikes: single quotes and typographic marks of word processors. */
static const char *const wrong_quotes[] = {
	"'", "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E", "\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9A",
	"\xC2\xAB", "\xC2\xBB", "\xEF\xBC\x82"
};

static bool starts_with(const struct lexer *lx, size_t pos, const char *s)
{
	for (size_t i = 0; s[i]; i++)
		if (lex_at(lx, pos + i) != (unsigned char)s[i])
			return false;
	return true;
}

size_t lex_wrong_quote(const struct lexer *lx, size_t pos)
{
	for (size_t i = 0; i < sizeof wrong_quotes / sizeof wrong_quotes[0]; i++)
		if (starts_with(lx, pos, wrong_quotes[i]))
			return strlen(wrong_quotes[i]);
	return 0;
}

/* Space for the decoded text; escapes only shorten it. */
static bool string_room(struct lexer *lx, struct pol_token *t, size_t n, char **out)
{
	*out = arena_alloc(lx->ps->a, n + 1);
	t->kind = T_STRING;
	t->s = *out;
	if (*out)
		return true;
	lx->ps->nomem = true;
	return arena_fail(lx->ps->a, lx->ps->e);
}

bool lex_wrong_quotes(struct lexer *lx, size_t n, struct pol_token *t)
{
	size_t start = lx->pos, body = start + n;
	char *d;
	int c;

	lx->pos = body;
	while ((c = lex_at(lx, lx->pos)) >= 0 && c != '\n' && c != '"' && !lex_wrong_quote(lx, lx->pos))
		lx->pos++;
	if (!string_room(lx, t, lx->pos - body, &d))
		return false;
	t->s_len = lx->pos - body;
	for (size_t i = 0; i < t->s_len; i++)
		d[i] = (char)(lex_at(lx, body + i) ? lex_at(lx, body + i) : ' ');
	if (c == '"')
		lx->pos++;
	else if (c >= 0 && c != '\n')
		lx->pos += lex_wrong_quote(lx, lx->pos);
	return problem_add(lx->ps, &(struct complaint){ .id = "quotes",
	    .at = { .off = start, .len = lx->pos - start }, .message = n == 1 ?
	    "single quotes do not make a string" : "typographic quotes do not make a string",
	    .hint = quote_hint });
}

/* The end of the literal that starts at lx->pos: the closing quote, or where the line ends. */
static bool find_end(const struct lexer *lx, size_t *end)
{
	size_t pos = lx->pos + 1;
	int c;

	while ((c = lex_at(lx, pos)) >= 0 && c != '"' && c != '\n' && c != '\r')
		pos += c == '\\' && lex_at(lx, pos + 1) >= ' ' ? 2 : 1;
	*end = pos;
	return c == '"';
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex4(const struct lexer *lx, size_t pos, uint32_t *out)
{
	uint32_t v = 0;

	for (size_t i = 0; i < 4; i++) {
		int d = hex_digit(lex_at(lx, pos + i));

		if (d < 0)
			return false;
		v = v << 4 | (uint32_t)d;
	}
	*out = v;
	return true;
}

static size_t put_utf8(char *d, uint32_t c)
{
	if (c < 0x80) {
		d[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		d[0] = (char)(0xC0 | c >> 6);
		d[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		d[0] = (char)(0xE0 | c >> 12);
		d[1] = (char)(0x80 | (c >> 6 & 0x3F));
		d[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	d[0] = (char)(0xF0 | c >> 18);
	d[1] = (char)(0x80 | (c >> 12 & 0x3F));
	d[2] = (char)(0x80 | (c >> 6 & 0x3F));
	d[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

/* \uXXXX or a surrogate pair at pos (of the backslash).  Bytes of text taken, 0 when wrong. */
static size_t unicode_escape(const struct lexer *lx, size_t pos, uint32_t *out)
{
	uint32_t c, low;

	if (!hex4(lx, pos + 2, &c) || c == 0 || (c >= 0xDC00 && c < 0xE000))
		return 0;
	*out = c;
	if (c < 0xD800 || c >= 0xE000)
		return 6;
	if (lex_at(lx, pos + 6) != '\\' || lex_at(lx, pos + 7) != 'u' || !hex4(lx, pos + 8, &low) ||
	    low < 0xDC00 || low >= 0xE000)
		return 0;
	*out = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	return 12;
}

/* One escape at pos.  Bytes of text taken, 0 when it means nothing.  spec: policy-language §14.3 */
static size_t escape(const struct lexer *lx, size_t pos, char *d, size_t *n)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = lex_at(lx, pos + 1);
	const char *at = c > 0 ? strchr(from, c) : NULL;
	uint32_t u;
	size_t taken;

	if (at) {
		d[(*n)++] = to[at - from];
		return 2;
	}
	taken = c == 'u' ? unicode_escape(lx, pos, &u) : 0;
	if (taken)
		*n += put_utf8(d + *n, u);
	return taken;
}

static bool bad_in_string(struct lexer *lx, size_t pos, size_t len, const char *message, const char *hint)
{
	return problem_add(lx->ps, &(struct complaint){ .id = "string",
	    .at = { .off = pos, .len = len }, .message = message, .hint = hint });
}

static bool decode(struct lexer *lx, size_t end, struct pol_token *t, char *d)
{
	size_t n = 0, pos = lx->pos + 1;

	while (pos < end) {
		int c = lex_at(lx, pos);
		size_t taken = 1;

		if (c == '\\') {
			taken = escape(lx, pos, d, &n);
			if (!taken && !bad_in_string(lx, pos, 2, "unknown escape in a string",
			    "write a backslash as \\\\ and a quote as \\\""))
				return false;
			taken = taken ? taken : 2;
		} else if (c < ' ' && c != '\t') {
			if (!bad_in_string(lx, pos, 1, "control character in a string", NULL))
				return false;
		} else {
			d[n++] = (char)c;
		}
		pos += taken;
	}
	t->s_len = n;
	return true;
}

bool lex_string(struct lexer *lx, struct pol_token *t)
{
	size_t end, start = lx->pos;
	bool closed = find_end(lx, &end), ok;
	char *d;

	if (!string_room(lx, t, end - start, &d))
		return false;
	ok = decode(lx, end, t, d);
	lx->pos = end + closed;
	if (!closed && ok) {
		t->kind = T_BAD;
		ok = bad_in_string(lx, start, end - start, "string is not closed on its line",
		    "close it with \" ; a quote inside a string is written \\\"");
	}
	return ok;
}
