/*
 * der.h - DER (ITU-T X.690): a reader over struct rd and a writer into struct buf.
 *
 * The reader takes what keys, certificates and revocation lists use and nothing else: tags below 31,
 * definite lengths in the shortest form.  A failed read changes neither the reader nor the output;
 * the caller knows what it was looking for and says so.  An element's body is its own reader, and must
 * not be the reader that it is taken from.
 */
#ifndef CRYPTO_DER_H
#define CRYPTO_DER_H

#include "lib/base/buf.h"
#include "lib/base/rd.h"

enum der_tag {
	DER_BOOLEAN = 0x01, DER_INTEGER = 0x02, DER_BITS = 0x03, DER_OCTETS = 0x04, DER_NULL = 0x05,
	DER_OID = 0x06, DER_ENUM = 0x0a, DER_UTF8 = 0x0c, DER_PRINTABLE = 0x13, DER_TELETEX = 0x14,
	DER_IA5 = 0x16, DER_UTCTIME = 0x17, DER_GENTIME = 0x18, DER_BMP = 0x1e,
	DER_SEQUENCE = 0x30, DER_SET = 0x31
};
#define DER_CTX(n) ((uint8_t)(0x80 | (n)))              /* [n] IMPLICIT, primitive */
#define DER_CTX_CONS(n) ((uint8_t)(0xa0 | (n)))         /* [n] EXPLICIT */
#define DER_OID_MAX 32                                  /* content bytes of an OID we look up or write */

bool der_peek(const struct rd *r, uint8_t tag);         /* is the next element of this tag? */
ATT_CHECK bool der_any(struct rd *r, uint8_t *tag, struct rd *body);
ATT_CHECK bool der_take(struct rd *r, uint8_t tag, struct rd *body);
/* As der_take; *whole also holds tag and length, for what is signed or compared byte by byte. */
ATT_CHECK bool der_take_whole(struct rd *r, uint8_t tag, struct rd *whole, struct rd *body);
/* INTEGER >= 0 in its shortest form: magnitude without leading zero, one zero byte for 0. */
ATT_CHECK bool der_uint(struct rd *r, struct rd *magnitude);
ATT_CHECK bool der_u64(struct rd *r, uint64_t *out);    /* INTEGER 0..2^64-1 */
ATT_CHECK bool der_oid(struct rd *r, struct rd *content);       /* well-formed arcs */
ATT_CHECK bool der_true(struct rd *r);                  /* BOOLEAN TRUE (DER leaves out a default FALSE) */
ATT_CHECK bool der_bits(struct rd *r, struct rd *bytes);        /* BIT STRING of whole bytes */
bool der_is(const struct rd *r, const void *p, size_t n);       /* the bytes left are exactly these */
bool der_same(const struct rd *a, const struct rd *b);

/* Dotted text to content bytes; false when malformed or longer than DER_OID_MAX. */
ATT_CHECK bool der_oid_encode(const char *dotted, uint8_t out[DER_OID_MAX], size_t *n);
/* Dotted text of an OID's content for messages; cut with dots when it does not fit. */
#define DER_OID_TEXT_MAX 64
void der_oid_text(const struct rd *content, char out[DER_OID_TEXT_MAX]);

/* Writing: build the inside first, then put it into the outside. */
void der_put(struct buf *b, uint8_t tag, const void *p, size_t n);
void der_put_buf(struct buf *b, uint8_t tag, const struct buf *inside);
void der_put_uint(struct buf *b, const uint8_t *magnitude, size_t n);   /* big-endian, leading zeros cut */
void der_put_u64(struct buf *b, uint64_t v);
void der_put_bits(struct buf *b, const void *p, size_t n);              /* whole bytes */
void der_put_oid(struct buf *b, const char *dotted);                    /* malformed: the buffer fails */

#endif
