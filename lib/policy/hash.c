/* x-ms-policy-hash. */
#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"
#include "lib/policy/policy.h"

/* spec: policy-language §1: over the base64url text of the policy, not over the policy. */
bool policy_hash(struct crypto *c, struct arena *a, const char *text, size_t len, char out[44],
    struct att_error *e)
{
	char *coded = b64_encode_arena(B64_URL, a, text, len);
	uint8_t sum[DIGEST_MAX];

	if (!coded)
		return arena_fail(a, e);
	if (!digest(c, DIGEST_SHA256, coded, b64_encoded_len(B64_URL, len), sum, e))
		return false;
	b64_encode(B64_URL, sum, digest_len(DIGEST_SHA256), out);
	return true;
}
