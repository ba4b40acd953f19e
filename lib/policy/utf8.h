/* utf8.h - is a policy text UTF-8? */
#ifndef POLICY_UTF8_H
#define POLICY_UTF8_H

#include <stddef.h>

/* Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629: shortest form, no
 * surrogates, at most U+10FFFF); n when all is well. */
size_t utf8_first_bad(const char *s, size_t n);

#endif
