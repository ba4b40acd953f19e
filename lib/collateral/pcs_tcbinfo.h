/*
 * pcs_tcbinfo.h - TCB Info: which security versions a platform model may have, and what each is worth.
 *
 * Intel PCS API v4, TCB Info version 2 (SGX) and version 3 (SGX, TDX).  spec: sgx-tdx §4.2
 * Parsing only: no signature, no dates against a clock, no matching (tcb_level.h).  Everything lives in
 * the arena given.  Lists have exact or named lengths: 15 or 17 components are an error, never a
 * shorter comparison.
 */
#ifndef COLLATERAL_PCS_TCBINFO_H
#define COLLATERAL_PCS_TCBINFO_H

#include "lib/base/arena.h"
#include "lib/base/rd.h"
#include "lib/collateral/tcb_status.h"

#define TCB_COMPONENTS 16               /* of each list, exactly */
#define TCB_LEVELS_MAX 256              /* levels of a TCB Info, a module identity, a QE identity */
#define TCB_MODULES_MAX 32              /* tdxModuleIdentities */
#define TCB_ADVISORIES_MAX 256          /* advisoryIDs of one level */
#define TCB_TEXT_MAX 128                /* bytes of an advisory id, a category, a type, a module id */

#define PCS_FMSPC_LEN 6
#define PCS_PCEID_LEN 2
#define PCS_MRSIGNER_LEN 32             /* of an enclave */
#define PCS_MRSEAM_LEN 48               /* SHA-384, of a TDX module's signer */

enum pcs_tee { PCS_SGX, PCS_TDX };
const char *pcs_tee_name(enum pcs_tee tee);     /* "SGX", "TDX" */

/* What every kind of level says beside its numbers. */
struct tcb_grade {
	enum tcb_status status;                 /* UNKNOWN: status_text is none that we know */
	const char *status_text;                /* tcbStatus as received */
	int64_t date_s;                         /* tcbDate, seconds since 1970 */
	const char *const *advisories;          /* "INTEL-SA-00615", in the order received */
	size_t nadvisories;
};

struct tcb_component {
	uint8_t svn;
	const char *category, *type;            /* "BIOS", "Early Microcode Update"; NULL when absent */
};

/* A level of TCB Info. */
struct tcb_level {
	struct tcb_component sgx[TCB_COMPONENTS];
	struct tcb_component tdx[TCB_COMPONENTS];       /* PCS_TDX only, else zero */
	uint16_t pcesvn;
	struct tcb_grade grade;
};

/* A level of one number: of a TDX module, of a quoting enclave. */
struct isv_level {
	uint16_t isvsvn;
	struct tcb_grade grade;
};

/* tdxModule, or one of tdxModuleIdentities. */
struct tdx_module {
	const char *id;                         /* "TDX_03"; NULL for tdxModule */
	uint8_t mrsigner[PCS_MRSEAM_LEN];
	uint8_t attributes[8], attributes_mask[8];      /* as in SEAMATTRIBUTES, byte for byte */
	const struct isv_level *levels;         /* descending isvsvn; none for tdxModule */
	size_t nlevels;
};

struct pcs_tcbinfo {
	unsigned version;                       /* 2 or 3 */
	enum pcs_tee tee;                       /* `id`; version 2 has none and is SGX */
	int64_t issue_date_s, next_update_s;
	uint8_t fmspc[PCS_FMSPC_LEN];
	uint8_t pce_id[PCS_PCEID_LEN];          /* byte order of the text */
	uint32_t evaluation;                    /* tcbEvaluationDataNumber */
	/* Descending by SGX components, PCESVN, TDX components, whatever the order received; no two are
	 * equal. */
	const struct tcb_level *levels;
	size_t nlevels;                         /* at least 1 */
	struct tdx_module module;               /* PCS_TDX: tdxModule */
	const struct tdx_module *modules;       /* PCS_TDX: tdxModuleIdentities; may be none */
	size_t nmodules;
};

/*
 * Parses the signed object (pcs_envelope_split's body).  A malformed one is BAD_FORMAT or BAD_JSON, too
 * many of something LIMIT; *out is set only on success.  tcbType other than 0 is malformed.
 */
ATT_CHECK bool pcs_tcbinfo_parse(struct rd body, struct arena *a, struct pcs_tcbinfo **out,
    struct att_error *e);

/*
 * The module that TEE_TCB_SVN names: byte 1 is 0: tdxModule, else the identity "TDX_<byte 1 in hex>".
 * NULL when there is none: the quote's module is not one that Intel lists.  spec: sgx-tdx §5 step 11
 */
const struct tdx_module *pcs_tcbinfo_module(const struct pcs_tcbinfo *t, const uint8_t tee_tcb_svn[16]);
/* MRSIGNERSEAM and SEAMATTRIBUTES of a TD report against the module; the error names found and wanted. */
ATT_CHECK bool tdx_module_matches(const struct tdx_module *m, const uint8_t mrsignerseam[PCS_MRSEAM_LEN],
    const uint8_t seam_attributes[8], struct att_error *e);

#endif
