#include "lib/base/utf8.h"

#include <stdint.h>
#include <string.h>

/* Table 3-7 of the Unicode standard: lead bytes, range of the second byte, length. */
static const struct utf8_row {
	uint8_t lead_min, lead_max, second_min, second_max, len;
} rows[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },          /* a0..bf would be a surrogate */
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },          /* above is beyond U+10FFFF */
};

static bool row_matches(const struct utf8_row *row, const uint8_t *b, size_t n)
{
	if (b[0] < row->lead_min || b[0] > row->lead_max || n < row->len ||
	    b[1] < row->second_min || b[1] > row->second_max)
		return false;
	for (size_t i = 2; i < row->len; i++)
		if (b[i] < 0x80 || b[i] > 0xbf)
			return false;
	return true;
}

size_t utf8_char_len(const void *p, size_t n)
{
	const uint8_t *b = p;

	if (n == 0)
		return 0;
	if (b[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (row_matches(&rows[i], b, n))
			return rows[i].len;
	return 0;
}

bool utf8_valid(const void *p, size_t n)
{
	const uint8_t *b = p;
	size_t step;

	for (size_t i = 0; i < n; i += step) {
		step = utf8_char_len(b + i, n - i);
		if (step == 0)
			return false;
	}
	return true;
}

void utf8_mask(char *s)
{
	size_t n = strlen(s), step;

	for (size_t i = 0; i < n; i += step ? step : 1) {
		step = utf8_char_len(s + i, n - i);
		if (step == 0 || (unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = '?';
	}
}
