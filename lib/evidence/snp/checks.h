/* checks.h - indices of the SNP checks; the rows are in checks.tbl, in the order they are made. */
#ifndef EVIDENCE_SNP_CHECKS_H
#define EVIDENCE_SNP_CHECKS_H

#include "lib/base/checklist.h"

enum snp_check {
#define X(name, id, optional, title, spec) SNP_CHECK_##name,
#include "lib/evidence/snp/checks.tbl"
#undef X
	SNP_NCHECKS
};

extern const struct check_row snp_checks[SNP_NCHECKS];

#endif
