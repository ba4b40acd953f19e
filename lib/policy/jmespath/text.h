/* text.h - UTF-8 text by code points. */
#ifndef JMESPATH_TEXT_H
#define JMESPATH_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms)?  Else *bad is the offset. */
bool jmes_text_valid(const char *s, size_t n, size_t *bad);
size_t jmes_text_count(const char *s, size_t n);        /* code points of valid text */
/* Writes the code points of s in reverse order; out holds n bytes and must not overlap s. */
void jmes_text_reverse(const char *s, size_t n, char *out);
/* Order by code points, which is the order of UTF-8 bytes: <0, 0, >0. */
int jmes_text_compare(const char *s, size_t n, const char *t, size_t m);
bool jmes_text_equal(const char *s, size_t n, const char *t, size_t m);
bool jmes_text_equal_fold(const char *s, size_t n, const char *t, size_t m);    /* ASCII case ignored */

#endif
