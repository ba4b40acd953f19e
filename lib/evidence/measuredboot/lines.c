#include "lib/evidence/measuredboot/lines.h"

#include <string.h>

#define SHOWN_MAX 48

struct lines lines_of(struct rd text)
{
	return (struct lines){ .in = rd_make(rd_ptr(&text), rd_left(&text)) };
}

static bool is_space(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\r';
}

/* Splits in at n, which is at most what is left. */
static struct rd cut(struct rd *in, size_t n)
{
	struct rd out = rd_make(NULL, 0);

	if (!rd_take(in, n, &out))
		return out;
	return rd_make(rd_ptr(&out), n);
}

static void skip_space(struct rd *in)
{
	while (!rd_empty(in) && is_space(*rd_ptr(in)) && rd_skip(in, 1))
		;
}

static struct rd line_take(struct rd *in)
{
	const uint8_t *end = memchr(rd_ptr(in), '\n', rd_left(in));
	struct rd line = cut(in, end ? (size_t)(end - rd_ptr(in)) : rd_left(in));

	if (end && !rd_skip(in, 1))
		return line;
	return line;
}

static struct rd word_take(struct rd *in)
{
	const uint8_t *p = rd_ptr(in);
	size_t n = 0;

	while (n < rd_left(in) && !is_space(p[n]))
		n++;
	return cut(in, n);
}

static struct rd trimmed(struct rd in)
{
	size_t n = rd_left(&in);

	while (n > 0 && is_space(rd_ptr(&in)[n - 1]))
		n--;
	return cut(&in, n);
}

bool lines_next(struct lines *l, struct rd *word, struct rd *rest)
{
	while (!rd_empty(&l->in)) {
		struct rd line = line_take(&l->in);

		l->line++;
		skip_space(&line);
		if (rd_empty(&line) || *rd_ptr(&line) == '#')
			continue;
		*word = word_take(&line);
		skip_space(&line);
		*rest = trimmed(line);
		return true;
	}
	return false;
}

int lines_shown(const struct rd *word)
{
	return rd_left(word) < SHOWN_MAX ? (int)rd_left(word) : SHOWN_MAX;
}
