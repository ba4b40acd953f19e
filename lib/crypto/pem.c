#include "lib/crypto/pem.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"

/* The next line without its end; false at the end of the text. */
static bool next_line(struct rd *r, struct rd *line)
{
	const uint8_t *start = rd_ptr(r), *lf;
	size_t n = rd_left(r);

	if (n == 0)
		return false;
	lf = memchr(start, '\n', n);
	if (lf)
		n = (size_t)(lf - start);
	if (!rd_take(r, n, line) || (lf && !rd_skip(r, 1)))
		return false;
	if (n > 0 && start[n - 1] == '\r')
		line->end--;
	return true;
}

static bool starts(const struct rd *line, const char *s)
{
	size_t n = strlen(s);

	return rd_left(line) >= n && bytes_equal(rd_ptr(line), s, n);
}

static bool mentions(const struct rd *line, const char *s)
{
	return memmem(rd_ptr(line), rd_left(line), s, strlen(s)) != NULL;
}

/* The line is marker, label and dashes, and nothing else. */
static bool is_marker(const struct rd *line, const char *marker, const char *label)
{
	struct rd r = *line;

	if (!starts(&r, marker) || !rd_skip(&r, strlen(marker)) || !starts(&r, label) ||
	    !rd_skip(&r, strlen(label)))
		return false;
	return rd_left(&r) == strlen(DASHES) && starts(&r, DASHES);
}

/* Skips text up to the line that begins a block. */
static bool find_begin(struct rd *r, const char *label, bool *found, struct att_error *e)
{
	struct rd line;

	*found = false;
	while (next_line(r, &line)) {
		if (is_marker(&line, BEGIN, label)) {
			*found = true;
			return true;
		}
		if (mentions(&line, BEGIN) || mentions(&line, END))
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "pem: offset %zu: a BEGIN or END that is not the line \""
			    BEGIN "%s" DASHES "\"", rd_off(&line), label);
	}
	return true;
}

/* The lines between BEGIN and END; r is then behind END. */
static bool take_body(struct rd *r, const char *label, struct rd *body, struct att_error *e)
{
	struct rd start = *r, line;
	size_t n;

	while (next_line(r, &line)) {
		n = rd_off(&line) - rd_off(&start);
		if (is_marker(&line, END, label))
			return rd_take(&start, n, body);
		if (mentions(&line, DASHES))
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "pem: offset %zu: the %s block is not closed before this line",
			    rd_off(&line), label);
	}
	return att_fail(e, ATT_E_BAD_FORMAT, "pem: offset %zu: the %s block has no end", rd_off(&start),
	    label);
}

/* Base64 without its line ends; chars has the body's length, *n of it are used. */
static void join_lines(struct rd body, struct secret *chars, size_t *n)
{
	struct rd line;

	*n = 0;
	while (next_line(&body, &line)) {
		bytes_copy(chars->p + *n, rd_ptr(&line), rd_left(&line));
		*n += rd_left(&line);
	}
}

static bool decode_chars(const char *chars, size_t n, size_t max, struct secret *out, struct att_error *e)
{
	struct secret t = { malloc(b64_decoded_max(n)), b64_decoded_max(n) };
	size_t len;

	if (!t.p)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (!b64_decode(B64_STD, chars, n, t.p, &len, e)) {
		secret_clear(&t);
		return false;
	}
	if (len == 0 || len > max) {
		secret_clear(&t);
		return att_fail(e, len ? ATT_E_LIMIT : ATT_E_BAD_FORMAT, "%zu bytes, want 1 to %zu", len,
		    max);
	}
	secret_clear(out);
	*out = (struct secret){ t.p, len };
	return true;
}

static bool decode_body(const struct rd *body, size_t max, struct secret *out, struct att_error *e)
{
	struct secret chars = { 0 };
	size_t n;
	bool ok;

	if (!secret_set(&chars, rd_ptr(body), rd_left(body), e))
		return false;
	join_lines(*body, &chars, &n);
	if (n / 4 * 3 > max + 2)
		ok = att_fail(e, ATT_E_LIMIT, "%zu characters, at most %zu bytes are accepted", n, max);
	else
		ok = decode_chars((const char *)chars.p, n, max, out, e);
	secret_clear(&chars);
	return ok;
}

bool pem_next(struct rd *r, const char *label, size_t max, struct secret *out, bool *found,
    struct att_error *e)
{
	struct rd body;
	size_t start;

	if (!find_begin(r, label, found, e))
		return false;
	if (!*found)
		return true;
	start = rd_off(r);
	return take_body(r, label, &body, e) &&
	    (decode_body(&body, max, out, e) || att_within(e, "pem: offset %zu: %s", start, label));
}
