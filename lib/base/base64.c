#include "lib/base/base64.h"

static const char std_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* What a byte is worth: bits 0..5 its value, above them the kinds that know it; 0 = no kind does. */
#define IN_URL 0x40U
#define IN_STD 0x80U
#define IN_LENIENT 0x100U
#define B(value) ((value) | IN_URL | IN_STD | IN_LENIENT)

static const uint16_t values[256] = {
	['A'] = B(0), B(1), B(2), B(3), B(4), B(5), B(6), B(7), B(8), B(9), B(10), B(11), B(12),
	    B(13), B(14), B(15), B(16), B(17), B(18), B(19), B(20), B(21), B(22), B(23), B(24), B(25),
	['a'] = B(26), B(27), B(28), B(29), B(30), B(31), B(32), B(33), B(34), B(35), B(36), B(37), B(38),
	    B(39), B(40), B(41), B(42), B(43), B(44), B(45), B(46), B(47), B(48), B(49), B(50), B(51),
	['0'] = B(52), B(53), B(54), B(55), B(56), B(57), B(58), B(59), B(60), B(61),
	['+'] = 62 | IN_STD | IN_LENIENT, ['/'] = 63 | IN_STD | IN_LENIENT,
	['-'] = 62 | IN_URL | IN_LENIENT, ['_'] = 63 | IN_URL | IN_LENIENT,
};
static const uint16_t wanted[] = { [B64_URL] = IN_URL, [B64_STD] = IN_STD, [B64_LENIENT] = IN_LENIENT };

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

static bool b64_fail_char(enum b64_kind k, const char *s, size_t i, struct att_error *e)
{
	while (values[(uint8_t)s[i]] & wanted[k])
		i++;
	return att_fail(e, ATT_E_BAD_ENCODING, "base64: byte 0x%02x at offset %zu is not in the alphabet",
	    (unsigned)(uint8_t)s[i], i);
}

/* The last none, two or three characters, worth none, one or two bytes; the bits left over must be zero. */
static bool b64_tail(enum b64_kind k, const char *s, size_t i, size_t chars, uint8_t *d, struct att_error *e)
{
	unsigned acc = 0, left = (unsigned)(chars - i), spare = left * 6 % 8;

	for (size_t j = i; j < chars; j++) {
		if (!(values[(uint8_t)s[j]] & wanted[k]))
			return b64_fail_char(k, s, j, e);
		acc = acc << 6 | (values[(uint8_t)s[j]] & 63U);
	}
	if (acc & ((1U << spare) - 1))
		return att_fail(e, ATT_E_BAD_ENCODING,
		    "base64: trailing bits not zero at offset %zu", chars - 1);
	for (unsigned j = 0; j + 1 < left; j++)
		d[j] = (uint8_t)(acc >> (spare + 8 * (left - 2 - j)));
	return true;
}

bool b64_decode(enum b64_kind k, const char *s, size_t len, void *out, size_t *n,
    struct att_error *e)
{
	uint8_t *d = out;
	size_t chars, w = 0, i;

	if (!b64_unpadded(k, s, len, &chars, e))
		return false;
	for (i = 0; chars - i >= 4; i += 4) {
		unsigned v0 = values[(uint8_t)s[i]], v1 = values[(uint8_t)s[i + 1]],
		    v2 = values[(uint8_t)s[i + 2]], v3 = values[(uint8_t)s[i + 3]], acc;
		if (!(v0 & v1 & v2 & v3 & wanted[k]))
			return b64_fail_char(k, s, i, e);
		acc = (v0 & 63U) << 18 | (v1 & 63U) << 12 | (v2 & 63U) << 6 | (v3 & 63U);
		d[w++] = (uint8_t)(acc >> 16);
		d[w++] = (uint8_t)(acc >> 8);
		d[w++] = (uint8_t)acc;
	}
	if (!b64_tail(k, s, i, chars, d + w, e))
		return false;
	*n = chars / 4 * 3 + (chars % 4 ? chars % 4 - 1 : 0);
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
