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

#include "lib/base/err.h"

struct rd {
	const uint8_t *base;    /* start of the original blob */
	const uint8_t *cur;     /* next byte */
	const uint8_t *end;     /* one past the last byte */
};

struct rd rd_make(const void *p, size_t n);
size_t rd_left(const struct rd *r);
size_t rd_off(const struct rd *r);              /* offset of cur in the original blob */
bool rd_empty(const struct rd *r);
const uint8_t *rd_ptr(const struct rd *r);      /* cur; valid for rd_left() bytes, never NULL */
bool rd_is_text(const struct rd *r, const char *s);     /* is what is left exactly this text? */

ATT_CHECK bool rd_u8(struct rd *r, uint8_t *out);
ATT_CHECK bool rd_le16(struct rd *r, uint16_t *out);
ATT_CHECK bool rd_le32(struct rd *r, uint32_t *out);
ATT_CHECK bool rd_le64(struct rd *r, uint64_t *out);
ATT_CHECK bool rd_be16(struct rd *r, uint16_t *out);
ATT_CHECK bool rd_be32(struct rd *r, uint32_t *out);
ATT_CHECK bool rd_be64(struct rd *r, uint64_t *out);
ATT_CHECK bool rd_copy(struct rd *r, void *dst, size_t n);
ATT_CHECK bool rd_skip(struct rd *r, size_t n);
ATT_CHECK bool rd_skip_zero(struct rd *r, size_t n);            /* fails if one byte is not zero */
ATT_CHECK bool rd_take(struct rd *r, size_t n, struct rd *out); /* sub-reader, same base */
ATT_CHECK bool rd_at(const struct rd *r, size_t off, size_t n, struct rd *out); /* off from cur */
ATT_CHECK bool rd_be16_block(struct rd *r, struct rd *out);     /* TPM2B: u16 length, bytes */
ATT_CHECK bool rd_le32_block(struct rd *r, struct rd *out);     /* u32 length, bytes */

bool bytes_zero(const void *p, size_t n);               /* all zero? not constant-time */
bool bytes_equal(const void *a, const void *b, size_t n); /* constant-time */
/* Order of two public byte strings: negative, 0 or positive; a prefix comes first.  Not constant-time. */
int bytes_order(const void *a, size_t a_len, const void *b, size_t b_len);
void bytes_copy(void *dst, const void *src, size_t n);  /* n may be 0 with NULL pointers */
void bytes_reverse(void *dst, const void *src, size_t n); /* must not overlap */

#endif
