/*
 * pcs_qeid.h - enclave identities: which quoting enclave Intel stands for.
 *
 * Intel PCS API v4, QE identity version 2 (QE, TD_QE, QVE).  spec: sgx-tdx §4.3
 * Parsing, and the comparison with a report's fields.  Does NOT look at signature, dates or TCB
 * (tcb_level.h).
 */
#ifndef COLLATERAL_PCS_QEID_H
#define COLLATERAL_PCS_QEID_H

#include "lib/collateral/pcs_tcbinfo.h"

enum pcs_enclave { PCS_QE, PCS_TD_QE, PCS_QVE };
const char *pcs_enclave_name(enum pcs_enclave id);      /* "QE", "TD_QE", "QVE" */

struct pcs_qeid {
	enum pcs_enclave id;
	unsigned version;                       /* 2 */
	int64_t issue_date_s, next_update_s;
	uint32_t evaluation;                    /* tcbEvaluationDataNumber */
	uint8_t miscselect[4], miscselect_mask[4];      /* bytes in memory order, as in the report */
	uint8_t attributes[16], attributes_mask[16];
	uint8_t mrsigner[PCS_MRSIGNER_LEN];
	uint16_t isvprodid;
	const struct isv_level *levels;         /* descending isvsvn, no two equal; at least 1 */
	size_t nlevels;
};

ATT_CHECK bool pcs_qeid_parse(struct rd body, struct arena *a, struct pcs_qeid **out, struct att_error *e);

/* Fields of the QE's report, in the byte order of the report. */
struct pcs_enclave_fields {
	uint8_t miscselect[4];
	uint8_t attributes[16];
	uint8_t mrsigner[PCS_MRSIGNER_LEN];
	uint16_t isvprodid;
};
/* The first field that does not fit is named, with found and wanted.  spec: sgx-tdx §5 step 9 */
ATT_CHECK bool pcs_qeid_matches(const struct pcs_qeid *q, const struct pcs_enclave_fields *f,
    struct att_error *e);

#endif
