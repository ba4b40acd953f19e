#include "lib/policy/jmespath/text.h"

#include <stdint.h>

#include "lib/base/rd.h"

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes of the code point at s, or 0 when it is malformed. */
static size_t point_len(const char *s, size_t n)
{
	static const struct { uint8_t mask, lead; uint32_t min; } rows[] = {
		{ 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 },
	};
	uint8_t c = (uint8_t)s[0];
	uint32_t v;
	size_t k = 0;

	while (k < 4 && (c & rows[k].mask) != rows[k].lead)
		k++;
	if (k == 4 || k >= n)
		return 0;
	v = (uint32_t)c & ~(uint32_t)rows[k].mask & 0xff;
	for (size_t i = 1; i <= k; i++) {
		if (!is_continuation(s[i]))
			return 0;
		v = v << 6 | ((uint32_t)(uint8_t)s[i] & 0x3f);
	}
	return v < rows[k].min || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff) ? 0 : k + 1;
}

bool jmes_text_valid(const char *s, size_t n, size_t *bad)
{
	size_t k;

	for (size_t i = 0; i < n; i += k) {
		k = point_len(s + i, n - i);
		if (k == 0) {
			*bad = i;
			return false;
		}
	}
	return true;
}

size_t jmes_text_count(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += !is_continuation(s[i]);
	return count;
}

void jmes_text_reverse(const char *s, size_t n, char *out)
{
	size_t end = n, w = 0;

	for (size_t i = n; i > 0; i--) {
		if (is_continuation(s[i - 1]) && i > 1)
			continue;
		bytes_copy(out + w, s + i - 1, end - (i - 1));
		w += end - (i - 1);
		end = i - 1;
	}
}

int jmes_text_compare(const char *s, size_t n, const char *t, size_t m)
{
	size_t shorter = n < m ? n : m;

	for (size_t i = 0; i < shorter; i++)
		if (s[i] != t[i])
			return (uint8_t)s[i] < (uint8_t)t[i] ? -1 : 1;
	return n == m ? 0 : n < m ? -1 : 1;
}

bool jmes_text_equal(const char *s, size_t n, const char *t, size_t m)
{
	return n == m && jmes_text_compare(s, n, t, m) == 0;
}

static int fold(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool jmes_text_equal_fold(const char *s, size_t n, const char *t, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (fold(s[i]) != fold(t[i]))
			return false;
	return true;
}
