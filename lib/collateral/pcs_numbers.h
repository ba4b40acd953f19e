/*
 * pcs_numbers.h - which TCB evaluation data numbers Intel serves (PCS API v4, tcbevaluationdatanumbers).
 *
 * Parsing only.  spec: sgx-tdx §5.3, §8.1
 */
#ifndef COLLATERAL_PCS_NUMBERS_H
#define COLLATERAL_PCS_NUMBERS_H

#include "lib/collateral/pcs_tcbinfo.h"

#define PCS_NUMBERS_MAX 256

struct pcs_number {
	uint32_t evaluation;                    /* tcbEvaluationDataNumber */
	int64_t recovery_s;                     /* tcbRecoveryEventDate */
	int64_t date_s;                         /* tcbDate */
};

struct pcs_numbers {
	enum pcs_tee tee;                       /* `id` */
	int64_t issue_date_s, next_update_s;
	const struct pcs_number *numbers;       /* as received; at least 1 */
	size_t nnumbers;
};

ATT_CHECK bool pcs_numbers_parse(
    struct rd body, struct arena *a, struct pcs_numbers **out, struct att_error *e);

#endif
