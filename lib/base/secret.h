/* secret.h - bytes that must be wiped: the one type secrets live in. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdint.h>

#include "lib/base/err.h"

struct secret {
	uint8_t *p;             /* owned */
	size_t len;
};

ATT_CHECK bool secret_set(struct secret *s, const void *p, size_t n, struct att_error *e);
void secret_clear(struct secret *s);            /* wipes and frees; all-zero is legal */
bool secret_equal(const struct secret *s, const void *p, size_t n);     /* constant-time in content */
void secret_wipe(void *p, size_t n);            /* a store the compiler keeps */

#endif
