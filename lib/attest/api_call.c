#include "lib/attest/api_call.h"

#include <stdlib.h>

#include "lib/base/rd.h"

#define CALL_MEMORY ((size_t)512 << 20)

bool api_call_begin(struct api_call *k, struct att_error *e)
{
	k->c = crypto_new(e);
	k->a = k->c ? arena_new(CALL_MEMORY) : NULL;
	return k->a ? true : att_fail(e, ATT_E_NOMEM, "out of memory");
}

bool api_call_end(struct api_call *k, const char *s, size_t n, char **out, struct att_error *e)
{
	char *copy = s ? malloc(n + 1) : NULL;

	if (s && !copy)
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
	if (copy) {
		bytes_copy(copy, s, n);
		copy[n] = 0;
		*out = copy;
	}
	arena_free(k->a);
	crypto_free(k->c);
	return copy != NULL;
}

const char *api_text(struct att_bytes b)
{
	return b.len ? (const char *)b.data : "";
}
