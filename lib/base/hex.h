/* hex.h - the one hex routine: lower-case out, either case in. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdint.h>

#include "lib/base/arena.h"

void hex_encode(const void *p, size_t n, char *out);    /* writes 2n characters and a NUL */
char *hex_arena(struct arena *a, const void *p, size_t n);      /* NULL when out of memory */
/* Decodes exactly n bytes from the 2n characters at s; no separators, no prefix. */
ATT_CHECK bool hex_decode(const char *s, size_t len, void *out, size_t n, struct att_error *e);

#endif
