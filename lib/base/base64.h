/*
 * base64.h - the one base64 routine (RFC 4648).
 *
 * Decoding always refuses white space, characters outside the alphabet, non-zero trailing
 * bits and wrong lengths.  What differs is a parameter:
 *   B64_URL     base64url without padding, as in JOSE: anything else is refused
 *   B64_STD     standard alphabet with padding, as in x5c and PEM
 *   B64_LENIENT either alphabet (not mixed is not enforced), padding optional but, when
 *               present, complete: what real MAA clients send (rest-api section 3)
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdint.h>

#include "lib/base/arena.h"

enum b64_kind { B64_URL, B64_STD, B64_LENIENT };

size_t b64_decoded_max(size_t len);     /* bytes enough for any input of len characters */
/* out holds at least b64_decoded_max(len) bytes, undefined on failure; *n is the number written. */
ATT_CHECK bool b64_decode(enum b64_kind k, const char *s, size_t len, void *out, size_t *n,
    struct att_error *e);
/* As above into the arena; *out is never NULL on success. */
ATT_CHECK bool b64_decode_arena(enum b64_kind k, struct arena *a, const char *s, size_t len,
    uint8_t **out, size_t *n, struct att_error *e);
size_t b64_encoded_len(enum b64_kind k, size_t n);
void b64_encode(enum b64_kind k, const void *p, size_t n, char *out);   /* adds a NUL */
char *b64_encode_arena(enum b64_kind k, struct arena *a, const void *p, size_t n);

#endif
