/* Reports of enclaves and TDs, laid out from sgx-tdx.md 2.3 and 2.4 independently of the parsers. */
#include <string.h>

#include "lib/base/buf.h"
#include "sim/dcap_plan.h"

#define FLAG_KSS (UINT64_C(1) << 7)
#define QE_FLAGS 0x15                   /* INIT, MODE64BIT, PROVISIONKEY */
#define DIGEST 32

static const uint8_t qe_mrsigner[2][32] = {
	{ 0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e, 0x96, 0x13, 0x7f, 0x77, 0xc6, 0x8a, 0x82,
	    0x9a,
	    0x00, 0x56, 0xac, 0x8d, 0xed, 0x70, 0x14, 0x0b, 0x08, 0x1b, 0x09, 0x44, 0x90, 0xc5,
	    0x7b,
	    0xff },
	{ 0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34, 0xa7, 0xfc, 0x43, 0xed,
	    0x03,
	    0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba, 0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54,
	    0xa8,
	    0xc5 },
};

const uint8_t *dcap_qe_mrsigner(bool tdx)
{
	return qe_mrsigner[tdx];
}

static void put(uint8_t *r, size_t off, const void *p, size_t n)
{
	bytes_copy(r + off, p, n);
}

static void put_le(uint8_t *r, size_t off, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		r[off + i] = (uint8_t)(v >> 8 * i);
}

static void fill(uint8_t *p, size_t n, uint8_t first)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(first + i);
}

size_t dcap_body_len(const struct dcap_plan *p)
{
	static const size_t td[] = { [SIM_TD_10] = 584, [SIM_TD_15] = 648,
		[SIM_TD_15X] = DCAP_SIM_TD_REPORT_MAX };

	return p->tdx ? td[p->o.td_report] : DCAP_SIM_SGX_REPORT;
}

static void enclave_report(struct dcap_plan *p, const uint8_t report_data[64])
{
	const struct sim_sgx_enclave *x = &p->o.enclave;
	uint8_t *r = p->body;

	put(r, 0, p->o.platform.cpusvn, 16);
	put_le(r, 16, x->miscselect, 4);
	put_le(r, 48, x->flags, 8);
	put_le(r, 56, x->xfrm, 8);
	put(r, 64, x->mrenclave, 32);
	put(r, 128, x->mrsigner, 32);
	put_le(r, 256, x->isvprodid, 2);
	put_le(r, 258, x->isvsvn, 2);
	put(r, 320, report_data, 64);
	if (!(x->flags & FLAG_KSS))
		return;
	put(r, 32, x->isvextprodid, 16);
	put(r, 192, x->configid, 64);
	put_le(r, 260, x->configsvn, 2);
	put(r, 304, x->isvfamilyid, 16);
}

static void td_report(struct dcap_plan *p, const uint8_t report_data[64])
{
	const struct sim_td *x = &p->o.td;
	uint8_t *r = p->body;

	put(r, 0, x->tee_tcb_svn, 16);
	put(r, 16, x->mrseam, 48);
	put(r, 64, x->mrsignerseam, 48);
	put(r, 112, x->seam_attributes, 8);
	put(r, 120, x->attributes, 8);
	put(r, 128, x->xfam, 8);
	put(r, 136, x->mrtd, 48);
	put(r, 184, x->mrconfigid, 48);
	put(r, 232, x->mrowner, 48);
	put(r, 280, x->mrownerconfig, 48);
	put(r, 328, x->rtmr, sizeof x->rtmr);
	put(r, 520, report_data, 64);
	if (p->o.td_report == SIM_TD_10)
		return;
	put(r, 584, x->tee_tcb_svn_2, 16);
	put(r, 600, x->mrservicetd, 48);
}

/* The quoting enclave as its identity names it. spec: sgx-tdx §1, §4.3 */
static void qe_report(struct dcap_plan *p)
{
	uint8_t *r = p->qe;

	put(r, 0, p->o.platform.cpusvn, 16);
	put_le(r, 48, QE_FLAGS, 8);
	put_le(r, 56, 0xE7, 8);
	fill(r + 64, 32, 0x20);
	put(r, 128, qe_mrsigner[p->tdx], 32);
	put_le(r, 256, p->tdx ? 2 : 1, 2);
	put_le(r, 258, p->o.qe_isvsvn, 2);
}

static bool sum(const struct dcap_plan *p, struct att_bytes data, uint8_t *out, struct att_error *e)
{
	bytes_copy(out + DIGEST, (const uint8_t[DIGEST]){ 0 }, DIGEST);
	return digest(p->c, DIGEST_SHA256, data.data ? data.data : (const uint8_t *)"", data.len,
	    out, e);
}

/* What goes into the report data: a digest, or what was asked for. */
static bool report_data(struct dcap_plan *p, uint8_t out[64], struct att_error *e)
{
	const struct sim_dcap_options *o = &p->o;
	struct att_bytes data = o->runtime_data;

	bytes_copy(out, o->report_data, 64);
	if (o->type == SIM_OE && o->oe_form == SIM_OE_EVIDENCE && (o->oe_claims.len || !data.len))
		data = o->oe_claims;
	else if (!data.len)
		return true;
	return sum(p, data, out, e);
}

/* 64 bytes of CONFIGID, which an enclave without KSS has not, or 48 of MRCONFIGID. */
static bool config_id(struct dcap_plan *p, struct att_error *e)
{
	uint8_t out[64];

	if (!p->o.inittime_data.len)
		return true;
	if (!sum(p, p->o.inittime_data, out, e))
		return false;
	p->o.enclave.flags |= FLAG_KSS;
	bytes_copy(p->o.enclave.configid, out, sizeof p->o.enclave.configid);
	bytes_copy(p->o.td.mrconfigid, out, sizeof p->o.td.mrconfigid);
	return true;
}

bool dcap_bodies_make(struct dcap_plan *p, struct att_error *e)
{
	uint8_t data[64];

	if (!report_data(p, data, e) || !config_id(p, e))
		return false;
	if (p->tdx)
		td_report(p, data);
	else
		enclave_report(p, data);
	qe_report(p);
	return true;
}
