#include "lib/base/rd.h"

#include <string.h>

const uint8_t rd_nothing[1];

struct rd rd_make(const void *p, size_t n)
{
	const uint8_t *b = p && n ? p : rd_nothing;
	return (struct rd){ b, b, b + (p ? n : 0) };
}

bool rd_is_text(const struct rd *r, const char *s)
{
	return rd_left(r) == strlen(s) && bytes_equal(rd_ptr(r), s, strlen(s));
}

/* Little-endian unsigned integer of n <= 8 bytes. */
static bool rd_le(struct rd *r, size_t n, uint64_t *out)
{
	uint64_t v = 0;

	if (n > rd_left(r))
		return false;
	for (size_t i = n; i > 0; i--)
		v = v << 8 | r->cur[i - 1];
	r->cur += n;
	*out = v;
	return true;
}

static bool rd_be(struct rd *r, size_t n, uint64_t *out)
{
	uint64_t v = 0;

	if (n > rd_left(r))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | r->cur[i];
	r->cur += n;
	*out = v;
	return true;
}

bool rd_le16(struct rd *r, uint16_t *out)
{
	uint64_t v;

	if (!rd_le(r, 2, &v))
		return false;
	*out = (uint16_t)v;
	return true;
}

bool rd_le64(struct rd *r, uint64_t *out)
{
	return rd_le(r, 8, out);
}

bool rd_be16(struct rd *r, uint16_t *out)
{
	uint64_t v;

	if (!rd_be(r, 2, &v))
		return false;
	*out = (uint16_t)v;
	return true;
}

bool rd_be32(struct rd *r, uint32_t *out)
{
	uint64_t v;

	if (!rd_be(r, 4, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

bool rd_be64(struct rd *r, uint64_t *out)
{
	return rd_be(r, 8, out);
}

bool rd_copy(struct rd *r, void *dst, size_t n)
{
	if (n > rd_left(r))
		return false;
	bytes_copy(dst, r->cur, n);
	r->cur += n;
	return true;
}

bool rd_skip_zero(struct rd *r, size_t n)
{
	if (n > rd_left(r) || !bytes_zero(r->cur, n))
		return false;
	r->cur += n;
	return true;
}

bool rd_at(const struct rd *r, size_t off, size_t n, struct rd *out)
{
	struct rd t = *r;

	return rd_skip(&t, off) && rd_take(&t, n, out);
}

bool rd_be16_block(struct rd *r, struct rd *out)
{
	struct rd t = *r;
	uint16_t n;

	if (!rd_be16(&t, &n) || !rd_take(&t, n, out))
		return false;
	*r = t;
	return true;
}

bool bytes_zero(const void *p, size_t n)
{
	static const uint8_t zeros[64];
	const uint8_t *b = p;

	for (; n > sizeof zeros; n -= sizeof zeros, b += sizeof zeros)
		if (memcmp(b, zeros, sizeof zeros) != 0)
			return false;
	return n == 0 || memcmp(b, zeros, n) == 0;
}

bool bytes_equal(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= (uint8_t)(x[i] ^ y[i]);
	return diff == 0;
}

void bytes_reverse(void *dst, const void *src, size_t n)
{
	const uint8_t *s = src;
	uint8_t *d = dst;

	for (size_t i = 0; i < n; i++)
		d[i] = s[n - 1 - i];
}
