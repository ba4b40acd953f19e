#include "lib/base/base64.h"

static const char std_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Value of a character under the kind's alphabet, or -1. */
static int b64_value(enum b64_kind k, char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if ((c == '+' && k != B64_URL) || (c == '-' && k != B64_STD))
		return 62;
	if ((c == '/' && k != B64_URL) || (c == '_' && k != B64_STD))
		return 63;
	return -1;
}

size_t b64_decoded_max(size_t len)
{
	return len / 4 * 3 + 3;
}

/* Number of characters before the padding; false when the padding is not as the kind wants it. */
static bool b64_unpadded(enum b64_kind k, const char *s, size_t len, size_t *n, struct att_error *e)
{
	size_t pad = 0;

	while (pad < len && pad < 3 && s[len - 1 - pad] == '=')
		pad++;
	*n = len - pad;
	if (pad && (k == B64_URL || pad > 2 || len % 4))
		return att_fail(e, ATT_E_BAD_ENCODING, "base64: padding not allowed at offset %zu", *n);
	if (!pad && k == B64_STD && len % 4)
		return att_fail(e, ATT_E_BAD_ENCODING, "base64: padding missing at offset %zu", len);
	if (*n % 4 == 1)
		return att_fail(e, ATT_E_BAD_ENCODING, "base64: %zu characters is no possible length", *n);
	return true;
}

bool b64_decode(enum b64_kind k, const char *s, size_t len, void *out, size_t *n,
    struct att_error *e)
{
	uint8_t *d = out;
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t chars, w = 0;

	if (!b64_unpadded(k, s, len, &chars, e))
		return false;
	for (size_t i = 0; i < chars; i++) {
		int v = b64_value(k, s[i]);
		if (v < 0)
			return att_fail(e, ATT_E_BAD_ENCODING,
			    "base64: byte 0x%02x at offset %zu is not in the alphabet",
			    (unsigned char)s[i], i);
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			d[w++] = (uint8_t)(acc >> bits);
			acc &= (1U << bits) - 1;
		}
	}
	if (acc)
		return att_fail(e, ATT_E_BAD_ENCODING,
		    "base64: trailing bits not zero at offset %zu", chars - 1);
	*n = w;
	return true;
}

bool b64_decode_arena(enum b64_kind k, struct arena *a, const char *s, size_t len,
    uint8_t **out, size_t *n, struct att_error *e)
{
	uint8_t *p = arena_alloc(a, b64_decoded_max(len));

	if (!p)
		return arena_fail(a, e);
	if (!b64_decode(k, s, len, p, n, e))
		return false;
	*out = p;
	return true;
}

size_t b64_encoded_len(enum b64_kind k, size_t n)
{
	return k == B64_STD ? (n + 2) / 3 * 4 : n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}

void b64_encode(enum b64_kind k, const void *p, size_t n, char *out)
{
	const char *chars = k == B64_STD ? std_chars : url_chars;
	const uint8_t *b = p;
	size_t w = 0, i = 0;

	for (; n - i >= 3; i += 3) {
		uint32_t v = (uint32_t)b[i] << 16 | (uint32_t)b[i + 1] << 8 | b[i + 2];
		for (unsigned j = 0; j < 4; j++)
			out[w++] = chars[v >> (18 - 6 * j) & 63];
	}
	if (i < n) {
		uint32_t v = (uint32_t)b[i] << 16 | (i + 1 < n ? (uint32_t)b[i + 1] << 8 : 0);
		for (unsigned j = 0; j < n - i + 1; j++)
			out[w++] = chars[v >> (18 - 6 * j) & 63];
		for (size_t j = n - i; k == B64_STD && j < 3; j++)
			out[w++] = '=';
	}
	out[w] = 0;
}

char *b64_encode_arena(enum b64_kind k, struct arena *a, const void *p, size_t n)
{
	char *s = arena_alloc(a, b64_encoded_len(k, n) + 1);

	if (s)
		b64_encode(k, p, n, s);
	return s;
}
