#include <limits.h>
#include <openssl/rand.h>

#include "lib/crypto/state.h"

bool crypto_random(void *out, size_t n, struct att_error *e)
{
	if (n > INT_MAX || RAND_bytes(out, (int)n) != 1)
		return crypto_fail(e, ATT_E_INTERNAL, "no %zu random bytes to be had", n);
	return true;
}
