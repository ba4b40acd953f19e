/*
 * simfix.h - SGX and TDX evidence under a simulated root: made whole, with a fault, or changed in
 * its plan, then appraised.
 */
#ifndef TESTS_SGX_SIMFIX_H
#define TESTS_SGX_SIMFIX_H

#include "sim/dcap_plan.h"
#include "tests/unit/evidence/sgx/fix.h"

#define SIMFIX_NOW INT64_C(1780272000)          /* 2026-06-01T00:00:00Z */

struct simfix {
	struct dfix f;
	struct sim_dcap_keys keys;
	struct arena *a;                        /* of the evidence; a new one for each */
	struct sim_dcap_options o;
	struct dcap_plan p;
	struct sim_dcap_output out;
	struct att_error e;
};

void simfix_init(struct simfix *s);
void simfix_clear(struct simfix *s);
/* Options of good evidence, fresh settings: all statuses are accepted, no minimum. */
void simfix_options(struct simfix *s, enum sim_dcap_type type);
void simfix_plan(struct simfix *s);             /* options to s->p */
void simfix_write(struct simfix *s);            /* s->p to s->out; its root is the only anchor */
/* Takes the members that begin so out of the collateral written. */
void simfix_drop(struct simfix *s, const char *member);
/* Appraises s->out, or other bytes with its collateral; the verdict as dfix_run() gives it. */
const char *simfix_appraise(struct simfix *s);
const char *simfix_appraise_bytes(struct simfix *s, const void *p, size_t n);
/* All three steps. */
const char *simfix_run(struct simfix *s);
const char *simfix_run_fault(struct simfix *s, enum sim_dcap_type type, const char *fault);
const struct evidence_format *simfix_format(const struct simfix *s);

#endif
