/* enrol.h - what the two steps of an enrolment and the CA share. */
#ifndef ATTEST_ENROL_H
#define ATTEST_ENROL_H

#include "lib/base/checklist.h"
#include "lib/evidence/tpm/tpm.h"
#include "libattest/enrol.h"

#define ENROL_AK_ROWS 3                 /* the three rows of tpm_ak_check(), in its order */

/* An AK as sent: its public area, checked.  Cleared with tpm_ak_clear(&ak). */
struct enrol_ak {
	struct tpm_public public;
	struct tpm_ak ak;
};
/*
 * Rows first (the form) and the ENROL_AK_ROWS behind it.  False: one of them failed, or *fault is set.
 * out->ak refers to out->public, so *out must not move.
 */
ATT_CHECK bool enrol_ak_read(struct checklist *c, size_t first, struct crypto *crypto, struct rd tpm2b,
    struct enrol_ak *out, struct att_error *fault);

#endif
