/*
 * Property: failure and error go together; what is read keeps its limits; a platform with exactly a
 * level's numbers gets this level, which it can only if levels are sorted and compared component-wise.
 */
#include <assert.h>

#include "lib/collateral/tcb_level.h"
#include "lib/collateral/pcs_envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_level(struct arena *a, const struct pcs_tcbinfo *t, const struct tcb_level *l)
{
	static const struct isv_level current = { .isvsvn = 0, .grade = { .status = TCB_UP_TO_DATE } };
	static const struct pcs_qeid qe = { .levels = &current, .nlevels = 1 };
	struct tcb_evaluation v = { 0 };
	uint8_t svn[TCB_COMPONENTS];
	struct tcb_platform p = { .pcesvn = l->pcesvn, .tee_tcb_svn = t->tee == PCS_TDX ? svn : NULL };

	for (size_t i = 0; i < TCB_COMPONENTS; i++) {
		p.sgx[i] = l->sgx[i].svn;
		svn[i] = l->tdx[i].svn;
	}
	if (!tcb_evaluate(a, t, &qe, &p, &v, NULL))
		return;
	/* Only a module's own bytes, which a platform level does not judge then, may bring a better one. */
	assert(v.platform == l || (v.platform && v.platform < l && svn[1] > 0));
	assert(v.nshorts <= TCB_SHORTS_MAX && (v.outcome == TCB_MATCHED) == (v.status != TCB_UNKNOWN));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct pcs_tcbinfo *t = NULL;
	struct att_error e = { 0 };
	uint8_t sig[PCS_SIG_LEN];
	struct rd body = rd_make(data, size);
	bool framed = pcs_envelope_split(a, body, "tcbInfo", &body, sig, &e);

	assert(framed == (e.code == ATT_E_OK));
	att_error_clear(&e);
	assert(pcs_tcbinfo_parse(body, a, &t, &e) == (e.code == ATT_E_OK));
	assert(!t == (e.code != ATT_E_OK));
	if (t) {
		assert(t->nlevels >= 1 && t->nlevels <= TCB_LEVELS_MAX && t->nmodules <= TCB_MODULES_MAX);
		assert(t->tee == PCS_TDX || t->nmodules == 0);
		for (size_t i = 0; i < t->nlevels; i++)
			check_level(a, t, &t->levels[i]);
	}
	arena_free(a);
	return 0;
}
