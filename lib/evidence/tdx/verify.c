#include "lib/evidence/tdx/tdx.h"

const struct check_row tdx_checks[TDX_NCHECKS] = {
#define X(name, id, optional, title, spec) [DCAP_CHECK_##name] = { id, title, spec, optional },
#include "lib/evidence/sgx/dcap.tbl"
#undef X
#define X(name, id, optional, title, spec) [TDX_CHECK_##name] = { id, title, spec, optional },
#include "lib/evidence/tdx/checks.tbl"
#undef X
};

static bool check_tee(struct dcap *v)
{
	if (v->q->header.tee != QUOTE_TEE_TDX)
		return check_fail(v->c, TDX_CHECK_TEE, "TEE type 0x81 (TDX)",
		    check_text(v->c, "TEE type 0x%02x", v->q->header.tee));
	return check_pass(v->c, TDX_CHECK_TEE);
}

/* The module of the launch. spec: sgx-tdx §5 step 11, §5.2 */
static bool check_module(struct dcap *v, const struct td_report *r)
{
	const struct tdx_module *m = pcs_tcbinfo_module(v->items.tcb_info->tcb_info, r->tee_tcb_svn);
	struct att_error why = { 0 };

	if (!m)
		return check_fail(v->c, TDX_CHECK_MODULE_LISTED, "a module that the TCB Info lists",
		    check_text(v->c, "TDX_%02X", r->tee_tcb_svn[1]));
	check_pass(v->c, TDX_CHECK_MODULE_LISTED);
	return dcap_result(v, TDX_CHECK_MODULE,
	    tdx_module_matches(m, r->mrsignerseam, r->seam_attributes, &why),
	    check_text(v->c, "signer and attributes of %s", m->id ? m->id : "the module of version 0"), &why);
}

/* 48 bytes: SHA-256 and zeros. */
static bool check_config_id(struct dcap *v, const struct td_report *r)
{
	uint8_t padded[64] = { 0 };

	bytes_copy(padded, r->mrconfigid, sizeof r->mrconfigid);
	return dcap_bound(v, TDX_CHECK_CONFIG_ID, v->t->inittime, padded);
}

/* All relations of the authentic report are looked at, so that one answer names every reason. */
static void judge(struct dcap *v, const struct td_report *r)
{
	if (check_module(v, r))
		(void)dcap_tcb(v, r->tee_tcb_svn, r->has_15 ? r->tee_tcb_svn_2 : NULL);
	(void)dcap_bound(v, TDX_CHECK_REPORT_DATA, v->t->runtime, r->report_data);
	(void)check_config_id(v, r);
	(void)(dcap_identify(v, NULL, r->mrtd, sizeof r->mrtd) && dcap_finish(v));
}

bool tdx_verify(const void *ev, const struct trust *t, struct arena *a, struct evidence_outcome *o,
    struct att_error *e)
{
	const struct tdx_evidence *s = ev;
	struct dcap v = { .q = &s->quote, .tee = PCS_TDX, .t = t, .a = a, .o = o, .c = o->checks };

	if (check_tee(&v) && dcap_authentic(&v))
		judge(&v, &s->report);
	dcap_clear(&v);
	if (v.fault.code != ATT_E_OK)
		return att_fail(e, v.fault.code, "%s", v.fault.text);
	return true;
}
