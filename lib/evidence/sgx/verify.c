#include "lib/evidence/sgx/sgx.h"

const struct check_row sgx_checks[SGX_NCHECKS] = {
#define X(name, id, optional, title, spec) [DCAP_CHECK_##name] = { id, title, spec, optional },
#include "lib/evidence/sgx/dcap.tbl"
#undef X
#define X(name, id, optional, title, spec) [SGX_CHECK_##name] = { id, title, spec, optional },
#include "lib/evidence/sgx/checks.tbl"
#undef X
};

static bool check_tee(struct dcap *v)
{
	if (v->q->header.tee != QUOTE_TEE_SGX)
		return check_fail(v->c, SGX_CHECK_TEE, "TEE type 0 (SGX)",
		    check_text(v->c, "TEE type 0x%02x", v->q->header.tee));
	return check_pass(v->c, SGX_CHECK_TEE);
}

/* Only the first half holds the digest, also of an empty buffer. spec: sgx-tdx §9.1 */
static bool check_oe_claims(struct dcap *v, const struct sgx_evidence *ev)
{
	uint8_t sum[32];

	if (!ev->has_claims)
		return true;
	if (!digest(v->t->crypto, DIGEST_SHA256, rd_ptr(&ev->claims), rd_left(&ev->claims), sum, &v->fault))
		return false;
	if (!bytes_equal(ev->report.report_data, sum, sizeof sum))
		return check_fail(v->c, SGX_CHECK_OE_CLAIMS, check_text_hex(v->c, sum, sizeof sum),
		    check_text_hex(v->c, ev->report.report_data, sizeof ev->report.report_data));
	return check_pass(v->c, SGX_CHECK_OE_CLAIMS);
}

/* CONFIGID exists with KSS only: without it nothing can be bound there. spec: rest-api §5.2 */
static bool check_config_id(struct dcap *v, const struct sgx_report *r)
{
	const struct bound_data *data = v->t->inittime;

	if (data && data->present && !sgx_flag(r, SGX_FLAG_KSS))
		return check_fail(v->c, SGX_CHECK_CONFIG_ID, "an enclave with KSS", "an enclave without");
	return dcap_bound(v, SGX_CHECK_CONFIG_ID, data, r->configid);
}

/* All relations of the authentic report are looked at, so that one answer names every reason. */
static void judge(struct dcap *v, const struct sgx_evidence *ev)
{
	(void)dcap_tcb(v, NULL, NULL);
	(void)check_oe_claims(v, ev);
	(void)dcap_bound(v, SGX_CHECK_REPORT_DATA, v->t->runtime, ev->report.report_data);
	(void)check_config_id(v, &ev->report);
	(void)(dcap_identify(v, ev->report.mrsigner, ev->report.mrenclave, sizeof ev->report.mrsigner) &&
	    dcap_finish(v));
}

bool sgx_verify(const void *ev, const struct trust *t, struct arena *a, struct evidence_outcome *o,
    struct att_error *e)
{
	const struct sgx_evidence *s = ev;
	struct dcap v = { .q = &s->quote, .tee = PCS_SGX, .t = t, .a = a, .o = o, .c = o->checks };

	if (check_tee(&v) && dcap_authentic(&v))
		judge(&v, s);
	dcap_clear(&v);
	if (v.fault.code != ATT_E_OK)
		return att_fail(e, v.fault.code, "%s", v.fault.text);
	return true;
}
