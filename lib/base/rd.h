/*
 * rd.h - the bounded reader: the only way to touch untrusted bytes.
 *
 * A failed read changes neither the reader nor the output.  The reader borrows; it never
 * allocates.  `base` stays at the start of the whole blob so that messages can state offsets.
 */
#ifndef BASE_RD_H
#define BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/err.h"

struct rd {
	const uint8_t *base;    /* start of the original blob */
	const uint8_t *cur;     /* next byte */
	const uint8_t *end;     /* one past the last byte */
};

struct rd rd_make(const void *p, size_t n);
static inline size_t rd_left(const struct rd *r);
static inline size_t rd_off(const struct rd *r);        /* offset of cur in the original blob */
static inline bool rd_empty(const struct rd *r);
static inline const uint8_t *rd_ptr(const struct rd *r); /* cur; valid for rd_left() bytes, never NULL */
bool rd_is_text(const struct rd *r, const char *s);     /* is what is left exactly this text? */

ATT_CHECK static inline bool rd_u8(struct rd *r, uint8_t *out);
ATT_CHECK bool rd_le16(struct rd *r, uint16_t *out);
ATT_CHECK static inline bool rd_le32(struct rd *r, uint32_t *out);
ATT_CHECK bool rd_le64(struct rd *r, uint64_t *out);
ATT_CHECK bool rd_be16(struct rd *r, uint16_t *out);
ATT_CHECK bool rd_be32(struct rd *r, uint32_t *out);
ATT_CHECK bool rd_be64(struct rd *r, uint64_t *out);
ATT_CHECK bool rd_copy(struct rd *r, void *dst, size_t n);
ATT_CHECK static inline bool rd_skip(struct rd *r, size_t n);
ATT_CHECK bool rd_skip_zero(struct rd *r, size_t n);            /* fails if one byte is not zero */
ATT_CHECK static inline bool rd_take(struct rd *r, size_t n, struct rd *out); /* sub-reader, same base */
ATT_CHECK bool rd_at(const struct rd *r, size_t off, size_t n, struct rd *out); /* off from cur */
ATT_CHECK bool rd_be16_block(struct rd *r, struct rd *out);     /* TPM2B: u16 length, bytes */
ATT_CHECK static inline bool rd_le32_block(struct rd *r, struct rd *out); /* u32 length, bytes */

bool bytes_zero(const void *p, size_t n);               /* all zero? not constant-time */
bool bytes_equal(const void *a, const void *b, size_t n); /* constant-time */
/* Order of two public byte strings: negative, 0 or positive; a prefix comes first.  Not constant-time. */
static inline int bytes_order(const void *a, size_t a_len, const void *b, size_t b_len);
static inline void bytes_copy(void *dst, const void *src, size_t n);  /* n may be 0 with NULL pointers */
void bytes_reverse(void *dst, const void *src, size_t n); /* must not overlap */

/* What every parser calls for every field: too small to be worth a call. */

extern const uint8_t rd_nothing[1];

static inline size_t rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->cur);
}

static inline size_t rd_off(const struct rd *r)
{
	return (size_t)(r->cur - r->base);
}

static inline bool rd_empty(const struct rd *r)
{
	return r->cur == r->end;
}

static inline const uint8_t *rd_ptr(const struct rd *r)
{
	return r->cur ? r->cur : rd_nothing;
}

static inline bool rd_u8(struct rd *r, uint8_t *out)
{
	if (rd_empty(r))
		return false;
	*out = *r->cur++;
	return true;
}

static inline bool rd_le32(struct rd *r, uint32_t *out)
{
	if (rd_left(r) < 4)
		return false;
	*out = (uint32_t)r->cur[3] << 24 | (uint32_t)r->cur[2] << 16 | (uint32_t)r->cur[1] << 8 | r->cur[0];
	r->cur += 4;
	return true;
}

static inline bool rd_skip(struct rd *r, size_t n)
{
	if (n > rd_left(r))
		return false;
	r->cur += n;
	return true;
}

static inline bool rd_take(struct rd *r, size_t n, struct rd *out)
{
	if (n > rd_left(r))
		return false;
	*out = (struct rd){ r->base, r->cur, r->cur + n };
	r->cur += n;
	return true;
}

static inline bool rd_le32_block(struct rd *r, struct rd *out)
{
	struct rd t = *r;
	uint32_t n;

	if (!rd_le32(&t, &n) || !rd_take(&t, n, out))
		return false;
	*r = t;
	return true;
}

static inline int bytes_order(const void *a, size_t a_len, const void *b, size_t b_len)
{
	size_t n = a_len < b_len ? a_len : b_len;
	int d = n ? memcmp(a, b, n) : 0;

	return d ? d : (a_len > b_len) - (a_len < b_len);
}

static inline void bytes_copy(void *dst, const void *src, size_t n)
{
	if (n)
		memcpy(dst, src, n);
}

#endif
