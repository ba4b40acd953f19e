/*
 * tdx.h - evidence of TDX trust domains: DCAP quotes of versions 4 and 5 with TD reports 1.0
 * and 1.5.
 *
 * Layout: Intel "TDX DCAP Quoting Library API" appendix A, TDX Module ABI; spec sgx-tdx.md 2.4.
 * What TDX shares with SGX (quote, quoting enclave, PCK chain, collateral) is in the sgx folder.
 * All integers are stored in host order, byte strings in the order of the report.
 */
#ifndef EVIDENCE_TDX_TDX_H
#define EVIDENCE_TDX_TDX_H

#include "lib/evidence/sgx/dcap.h"

enum tdx_attribute {                    /* TD_ATTRIBUTES; bits 0 to 7 ("TUD") make a TD untrusted */
	TDX_ATTR_DEBUG = 0, TDX_ATTR_SEPT_VE_DISABLE = 28, TDX_ATTR_MIGRATABLE = 29, TDX_ATTR_PKS = 30,
	TDX_ATTR_KL = 31, TDX_ATTR_PERFMON = 63
};

struct td_report {
	uint8_t tee_tcb_svn[16]; /* byte 0: SVN of the TDX module, byte 1 its version, byte 2
				    microcode */
	uint8_t mrseam[48];
	uint8_t mrsignerseam[48];       /* zero for Intel's modules */
	uint8_t seam_attributes[8];
	uint8_t td_attributes[8];       /* little-endian, enum tdx_attribute */
	uint8_t xfam[8];
	uint8_t mrtd[48];
	uint8_t mrconfigid[48], mrowner[48], mrownerconfig[48];
	uint8_t rtmr[4][48];
	uint8_t report_data[64];
	bool has_15;                    /* TD report 1.5 and later: the next two */
	uint8_t tee_tcb_svn_2[16];      /* of the module loaded now */
	uint8_t mrservicetd[48];        /* not zero: a service TD, for migration, is bound */
	bool extended; /* body type 4; its further fields are read over, nothing judges them */
};

static inline bool tdx_attribute(const struct td_report *r, enum tdx_attribute bit)
{
	return r->td_attributes[bit / 8] >> bit % 8 & 1;
}

/* The body of a quote, whose length its type has fixed.  Values are not judged. */
ATT_CHECK bool td_report_parse(
    struct rd in, enum quote_body type, struct td_report *out, struct att_error *e);

struct tdx_evidence {
	struct quote quote;
	struct td_report report;        /* valid when the quote's body is a TD report */
};
ATT_CHECK bool tdx_evidence_parse(
    struct rd in, struct arena *a, struct tdx_evidence **out, struct att_error *e);

enum tdx_check {
	TDX_CHECK_BEFORE = DCAP_NCHECKS - 1,
#define X(name, id, optional, title, spec) TDX_CHECK_##name,
#include "lib/evidence/tdx/checks.tbl"
#undef X
	TDX_NCHECKS
};
extern const struct check_row tdx_checks[TDX_NCHECKS];

ATT_CHECK bool tdx_verify(const void *ev, const struct trust *t, struct arena *a, struct evidence_outcome *o,
    struct att_error *e);
ATT_CHECK bool tdx_claims(const void *ev, const struct trust *t, const struct evidence_outcome *o,
    struct claims *c, struct att_error *e);
ATT_CHECK bool tdx_describe(const void *ev, struct arena *a, struct json **out, struct att_error *e);

#endif
