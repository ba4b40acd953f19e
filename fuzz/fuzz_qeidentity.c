/*
 * Property: failure and error go together; levels strictly descend; an enclave made from the identity
 * matches it exactly when the identity asks for no bit that its own mask leaves out.
 */
#include <assert.h>

#include "lib/collateral/pcs_envelope.h"
#include "lib/collateral/pcs_qeid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool covers(const uint8_t *mask, const uint8_t *value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (value[i] & ~mask[i])
			return false;
	return true;
}

static void check(const struct pcs_qeid *q)
{
	struct pcs_enclave_fields f = { .isvprodid = q->isvprodid };
	struct att_error e = { 0 };
	bool ok = covers(q->miscselect_mask, q->miscselect, 4) && covers(q->attributes_mask,
	    q->attributes, 16);

	assert(q->nlevels >= 1 && q->nlevels <= TCB_LEVELS_MAX);
	for (size_t i = 1; i < q->nlevels; i++)
		assert(q->levels[i - 1].isvsvn > q->levels[i].isvsvn);
	bytes_copy(f.miscselect, q->miscselect, 4);
	bytes_copy(f.attributes, q->attributes, 16);
	bytes_copy(f.mrsigner, q->mrsigner, sizeof f.mrsigner);
	assert(pcs_qeid_matches(q, &f, &e) == ok && ok == (e.code == ATT_E_OK));
	f.mrsigner[0] ^= 1;
	assert(!pcs_qeid_matches(q, &f, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct att_error e = { 0 };
	struct pcs_qeid *q = NULL;
	uint8_t sig[PCS_SIG_LEN];
	struct rd body = rd_make(data, size);

	assert(pcs_envelope_split(a, body, "enclaveIdentity", &body, sig, &e) == (e.code == ATT_E_OK));
	att_error_clear(&e);
	assert(pcs_qeid_parse(body, a, &q, &e) == (e.code == ATT_E_OK));
	assert(!q == (e.code != ATT_E_OK));
	if (q)
		check(q);
	arena_free(a);
	return 0;
}
