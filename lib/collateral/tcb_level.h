/*
 * tcb_level.h - from security versions to a status: matching levels, converging, TD relaunch.
 *
 * Follows Intel's Quote Verification Library of 2026.  spec: sgx-tdx §5.1, §5.2
 * A status is data; so are "no level matches" and "a status that we do not know".  The formats make
 * checks of them. Takes collateral as true: authenticity, dates and binding to the platform are the
 * caller's (set.h).
 */
#ifndef COLLATERAL_TCB_LEVEL_H
#define COLLATERAL_TCB_LEVEL_H

#include "lib/collateral/pcs_qeid.h"

/* Security versions of one platform. */
struct tcb_platform {
	uint8_t sgx[TCB_COMPONENTS];            /* component SVNs 1..16, from the PCK certificate */
	uint16_t pcesvn;                        /* from the PCK certificate, not from the quote's header */
	const uint8_t *tee_tcb_svn;             /* TDX: 16 bytes of the TD report; NULL for SGX */
	uint16_t qe_isvsvn;                     /* ISVSVN of the QE report */
};

enum tcb_outcome {
	TCB_MATCHED,                    /* status, date and advisories are set */
	TCB_NO_PLATFORM_LEVEL,          /* below every level: "TCB not supported" */
	TCB_NO_MODULE_LEVEL,            /* TDX: module not listed, or below every level of its identity */
	TCB_NO_QE_LEVEL,                /* QE below every level of its identity */
	TCB_UNKNOWN_STATUS              /* the selected level has a status that we do not know */
};

/* One number that is below what the best level asks for. */
enum tcb_part { TCB_PART_SGX, TCB_PART_PCESVN, TCB_PART_TDX, TCB_PART_MODULE, TCB_PART_QE };
struct tcb_short {
	enum tcb_part part;
	unsigned component;             /* 1..16 for SGX and TDX, as in the specification; else 0 */
	unsigned have, need;
	const char *category, *type;    /* Intel's words for the component, or NULL */
};
#define TCB_SHORTS_MAX (2 * TCB_COMPONENTS + 3)

struct tcb_evaluation {
	enum tcb_outcome outcome;
	const char *unknown;                    /* TCB_UNKNOWN_STATUS: the text found; else NULL */
	enum tcb_status status;                 /* converged; TCB_UNKNOWN unless TCB_MATCHED */
	int64_t date_s;                         /* earliest tcbDate of the levels matched */
	const char *const *advisories;          /* union over the levels matched, sorted, each once */
	size_t nadvisories;
	const struct tcb_level *platform;       /* levels matched; NULL when none was, or does not apply */
	const struct isv_level *module, *qe;
	/* Against the best levels: empty when nothing can be raised.  Filled whatever the outcome. */
	struct tcb_short shorts[TCB_SHORTS_MAX];
	size_t nshorts;
};

/*
 * Evaluates one set of versions.  info->tee must be TDX exactly when tee_tcb_svn is given.  Texts are
 * borrowed from info and qe.  False only when out of memory.
 */
ATT_CHECK bool tcb_evaluate(struct arena *a, const struct pcs_tcbinfo *info, const struct pcs_qeid *qe,
    const struct tcb_platform *p, struct tcb_evaluation *out, struct att_error *e);

/* The table of §5.1: a platform's status with the worse of its module's and its QE's. */
enum tcb_status tcb_converge(enum tcb_status platform, enum tcb_status module, enum tcb_status qe);

/*
 * TD report 1.5: launch was evaluated with TEE_TCB_SVN, current with TEE_TCB_SVN_2; both must have matched.
 * The status of the TD; date and advisories are those of launch.  What a relaunch would do away with are the
 * advisories of launch that current does not have.
 */
enum tcb_status tcb_relaunch(enum tcb_status launch, enum tcb_status current);

/*
 * "component 2 is 3, needs 4 (SGX Late Microcode Update); PCESVN is 10, needs 13; advisory INTEL-SA-00615".
 * "" when nothing is short.  NULL when out of memory.
 */
const char *tcb_shorts_text(struct arena *a, const struct tcb_evaluation *v);

#endif
