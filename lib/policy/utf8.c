#include "lib/policy/utf8.h"

#include <stdbool.h>
#include <stdint.h>

/* First bytes, and the range their second byte must be in: Unicode standard, table 3-7. */
static const struct row { uint8_t first, last, lo, hi, length; } rows[] = {
	{ 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 }, { 0xE1, 0xEC, 0x80, 0xBF, 3 },
	{ 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 }, { 0xF0, 0xF0, 0x90, 0xBF, 4 },
	{ 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 }
};

static bool in_range(uint8_t c, uint8_t lo, uint8_t hi)
{
	return c >= lo && c <= hi;
}

static const struct row *row_of(uint8_t first)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (in_range(first, rows[i].first, rows[i].last))
			return &rows[i];
	return NULL;
}

/* Bytes of the character at i, 0 when it is none. */
static size_t character(const char *s, size_t n, size_t i)
{
	const struct row *r;

	if ((uint8_t)s[i] < 0x80)
		return 1;
	r = row_of((uint8_t)s[i]);
	if (!r || r->length > n - i || !in_range((uint8_t)s[i + 1], r->lo, r->hi))
		return 0;
	for (size_t k = 2; k < r->length; k++)
		if (!in_range((uint8_t)s[i + k], 0x80, 0xBF))
			return 0;
	return r->length;
}

size_t utf8_first_bad(const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t k = character(s, n, i);

		if (!k)
			return i;
		i += k;
	}
	return n;
}
