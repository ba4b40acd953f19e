/* api_call.h - what one call of include/libattest/policy.h needs: crypto and memory, freed together. */
#ifndef ATTEST_API_CALL_H
#define ATTEST_API_CALL_H

#include "lib/base/arena.h"
#include "lib/crypto/crypto.h"
#include "libattest/attest.h"

struct api_call {
	struct crypto *c;
	struct arena *a;
};

/* On failure api_call_end() must follow all the same. */
ATT_CHECK bool api_call_begin(struct api_call *k, struct att_error *e);
/* Gives *out a malloc()ed copy of s, NUL-terminated behind n bytes, and frees the rest; s NULL: the call
 * failed. */
ATT_CHECK bool api_call_end(struct api_call *k, const char *s, size_t n, char **out, struct att_error *e);
const char *api_text(struct att_bytes b);       /* never NULL */

#endif
