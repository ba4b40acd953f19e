/* checks.h - indices of the TPM checks; the rows are in checks.tbl.  A compound includes the table
 * in its own. */
#ifndef EVIDENCE_TPM_CHECKS_H
#define EVIDENCE_TPM_CHECKS_H

#include "lib/base/checklist.h"

enum tpm_check {
#define X(name, id, optional, title, spec) TPM_CHECK_##name,
#include "lib/evidence/tpm/checks.tbl"
#undef X
	TPM_NCHECKS
};

extern const struct check_row tpm_checks[TPM_NCHECKS];

#endif
