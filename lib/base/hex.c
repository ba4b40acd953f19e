#include "lib/base/hex.h"

static const char digits[] = "0123456789abcdef";

void hex_encode(const void *p, size_t n, char *out)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[b[i] >> 4];
		out[2 * i + 1] = digits[b[i] & 15];
	}
	out[2 * n] = 0;
}

char *hex_arena(struct arena *a, const void *p, size_t n)
{
	char *s = n < SIZE_MAX ? arena_array(a, n + 1, 2) : NULL;

	if (s)
		hex_encode(p, n, s);
	return s;
}

/* Value of a digit, and one; 0: no digit. */
static const uint8_t values[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8,
	['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

bool hex_decode(const char *s, size_t len, void *out, size_t n, struct att_error *e)
{
	const uint8_t *in = (const uint8_t *)s;
	uint8_t *d = out;

	if (len / 2 != n || len % 2)
		return att_fail(e, ATT_E_BAD_ENCODING, "hex: %zu characters, want %zu", len, 2 * n);
	for (size_t i = 0; i < len; i++)
		if (values[in[i]] == 0)
			return att_fail(e, ATT_E_BAD_ENCODING,
			    "hex: byte 0x%02x at offset %zu is no hex digit", in[i], i);
	for (size_t i = 0; i < n; i++)
		d[i] = (uint8_t)((values[in[2 * i]] - 1) << 4 | (values[in[2 * i + 1]] - 1));
	return true;
}
