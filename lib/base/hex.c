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

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(const char *s, size_t len, void *out, size_t n, struct att_error *e)
{
	uint8_t *d = out;

	if (len / 2 != n || len % 2)
		return att_fail(e, ATT_E_BAD_ENCODING, "hex: %zu characters, want %zu", len, 2 * n);
	for (size_t i = 0; i < len; i++)
		if (hex_value(s[i]) < 0)
			return att_fail(e, ATT_E_BAD_ENCODING,
			    "hex: byte 0x%02x at offset %zu is no hex digit", (unsigned char)s[i], i);
	for (size_t i = 0; i < n; i++)
		d[i] = (uint8_t)(hex_value(s[2 * i]) << 4 | hex_value(s[2 * i + 1]));
	return true;
}
