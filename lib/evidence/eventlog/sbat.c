/* sbat.c - SBAT levels: "component,generation[,date]" lines. spec: tpm-eventlog §3 Revocation */
#include <string.h>

#include "lib/evidence/eventlog/secureboot.h"

#define GENERATION_MAX 1000000000U

static bool is_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

/* A decimal number up to `end`, which is consumed; the end of the text ends every number. */
static bool read_number(struct rd *in, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	size_t n = 0;
	struct rd t = *in;

	while (!rd_empty(&t) && is_digit(*rd_ptr(&t))) {
		uint8_t b;

		if (!rd_u8(&t, &b) || v > max / 10)
			return false;
		v = 10 * v + (uint64_t)(b - '0');
		n++;
	}
	if (n == 0 || v > max)
		return false;
	*out = v;
	*in = t;
	return true;
}

static bool read_name(struct rd *in, char out[SBAT_NAME_MAX])
{
	size_t n = 0;
	uint8_t b;

	while (rd_u8(in, &b) && b != ',') {
		if (n == SBAT_NAME_MAX - 1 || b <= ' ' || b >= 0x7f)
			return false;
		out[n++] = (char)b;
	}
	out[n] = 0;
	return n > 0;
}

/* Behind a number: nothing, or a comma and more. */
static bool read_comma(struct rd *in)
{
	uint8_t b;

	return rd_u8(in, &b) && b == ',';
}

static bool read_line(struct rd line, bool first, struct sbat *s)
{
	struct sbat_row row;
	uint64_t generation;

	if (!read_name(&line, row.name) || !read_number(&line, GENERATION_MAX, &generation))
		return false;
	row.generation = (uint32_t)generation;
	if (first)
		return strcmp(row.name, "sbat") == 0 &&
		    (rd_empty(&line) || (read_comma(&line) &&
		    read_number(&line, 9999999999, &s->date) &&
		    rd_empty(&line)));
	if (s->n == SBAT_ROWS_MAX || (!rd_empty(&line) && !read_comma(&line)))
		return false;
	s->v[s->n++] = row;
	return true;
}

static size_t line_len(struct rd in)
{
	const uint8_t *p = rd_ptr(&in);
	size_t n = 0;

	while (n < rd_left(&in) && p[n] != '\n' && p[n] != 0)
		n++;
	return n;
}

void sbat_parse(struct rd text, struct sbat *out)
{
	struct rd line;
	bool first = true;

	*out = (struct sbat){ 0 };
	while (!rd_empty(&text) && *rd_ptr(&text) != 0 && !out->malformed) {
		size_t n = line_len(text);

		out->malformed = !rd_take(&text, n, &line) || !read_line(line, first, out);
		first = false;
		if (!rd_empty(&text) && *rd_ptr(&text) == '\n' && !rd_skip(&text, 1))
			out->malformed = true;
	}
	if (first)
		out->malformed = true;
}

const struct sbat_row *sbat_lacks(const struct sbat *have, const struct sbat *minimum)
{
	for (size_t i = 0; i < minimum->n; i++) {
		const struct sbat_row *want = &minimum->v[i];
		bool met = false;

		for (size_t k = 0; k < have->n; k++)
			if (strcmp(have->v[k].name, want->name) == 0)
				met = have->v[k].generation >= want->generation;
		if (!met)
			return want;
	}
	return NULL;
}
