/*
 * Property: a TPMS_ATTEST parses exactly or sets an error; what it says lies in the input, in order
 * and bounded; its bytes but the last do not parse.
 */
#include <assert.h>

#include "lib/evidence/tpm/tpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const struct rd *whole, const struct rd *part, size_t max)
{
	assert(rd_left(part) <= max);
	if (!rd_empty(part))
		assert(rd_ptr(part) >= rd_ptr(whole) && rd_left(part) <= rd_left(whole));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd in = rd_make(data, size);
	struct tpm_attest a = { 0 };
	struct att_error e = { 0 };

	if (!tpm_attest_parse(in, &a, &e)) {
		assert(e.code != ATT_E_OK && !a.raw.base);
		return 0;
	}
	assert(e.code == ATT_E_OK && rd_left(&a.raw) == size && size <= TPM_ATTEST_MAX);
	inside(&in, &a.qualified_signer, TPM_NAME_MAX);
	inside(&in, &a.extra_data, TPM_NONCE_MAX);
	inside(&in, &a.digest, DIGEST_MAX);
	inside(&in, &a.name, TPM_NAME_MAX);
	inside(&in, &a.qualified_name, TPM_NAME_MAX);
	inside(&in, &a.nv_contents, TPM_ATTEST_MAX);
	assert(a.selection.n <= TPM_BANKS_MAX);
	for (size_t i = 0; i < a.selection.n; i++)
		assert(a.selection.bank[i].mask >> PCR_COUNT == 0);
	assert(!tpm_attest_parse(rd_make(data, size - 1), &a, NULL));
	return 0;
}
