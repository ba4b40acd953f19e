#include "lib/base/secret.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/rd.h"

bool secret_set(struct secret *s, const void *p, size_t n, struct att_error *e)
{
	uint8_t *d = malloc(n ? n : 1);

	if (!d)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	bytes_copy(d, p, n);
	secret_clear(s);
	*s = (struct secret){ d, n };
	return true;
}

void secret_clear(struct secret *s)
{
	if (s->p)
		secret_wipe(s->p, s->len);
	free(s->p);
	*s = (struct secret){ 0 };
}

bool secret_equal(const struct secret *s, const void *p, size_t n)
{
	return s->len == n && bytes_equal(s->p, p, n);
}

void secret_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}
