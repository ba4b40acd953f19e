/* utf8.h - the one UTF-8 routine (RFC 3629): well-formed sequences only, no surrogates, no overlong forms. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes (1..4) of the well-formed character at the start of n bytes; 0 when there is none. */
size_t utf8_char_len(const void *p, size_t n);
bool utf8_valid(const void *p, size_t n);
/* Makes a text fit for people and logs: control characters and malformed bytes become '?'. */
void utf8_mask(char *s);

#endif
