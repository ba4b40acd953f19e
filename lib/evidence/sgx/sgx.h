/*
 * sgx.h - evidence of SGX enclaves: a DCAP quote, bare or inside Open Enclave's headers.
 *
 * Layout of quotes: qe_report.h; of the headers: spec sgx-tdx.md 9.1.  Verification: dcap.h.
 * Two formats share all but their name and the member that carries them: SgxEnclave and OpenEnclave.
 */
#ifndef EVIDENCE_SGX_SGX_H
#define EVIDENCE_SGX_SGX_H

#include "lib/evidence/sgx/dcap.h"

#define OE_REPORT_HEADER_LEN 16
#define OE_EVIDENCE_HEADER_LEN 32
#define OE_CLAIMS_MAX ((size_t)64 << 10)        /* bytes of a custom claims buffer */

enum sgx_check {
	SGX_CHECK_BEFORE = DCAP_NCHECKS - 1,
#define X(name, id, optional, title, spec) SGX_CHECK_##name,
#include "lib/evidence/sgx/checks.tbl"
#undef X
	SGX_NCHECKS
};
extern const struct check_row sgx_checks[SGX_NCHECKS];

struct sgx_evidence {
	struct rd whole;                /* as received, headers included: quotehash is over these */
	struct quote quote;
	struct sgx_report report;       /* of the enclave; valid when the quote's body is an SGX report */
	bool has_claims;                /* Open Enclave evidence with a (maybe empty) custom claims buffer */
	struct rd claims;
};

/* What Open Enclave wrapped. */
struct oe_evidence {
	struct rd quote;                /* the quote, and what follows it */
	bool has_claims;                /* a custom claims buffer follows the quote */
};
/*
 * Version 1 (report), 2 (legacy evidence: a report inside) and 3 (evidence).  Remote SGX ECDSA evidence and
 * quotes only; sizes must be exact.
 */
ATT_CHECK bool oe_header_parse(struct rd in, struct oe_evidence *out, struct att_error *e);

/* A bare quote, zero bytes may follow; the member `quote` of SgxEnclave. */
ATT_CHECK bool sgx_quote_evidence(
    struct rd in, struct arena *a, struct sgx_evidence **out, struct att_error *e);
/* Headers and quote; the member `report` of OpenEnclave. */
ATT_CHECK bool sgx_oe_evidence(struct rd in, struct arena *a, struct sgx_evidence **out, struct att_error *e);

ATT_CHECK bool sgx_verify(const void *ev, const struct trust *t, struct arena *a, struct evidence_outcome *o,
    struct att_error *e);
ATT_CHECK bool sgx_claims(const void *ev, const struct trust *t, const struct evidence_outcome *o,
    struct claims *c, struct att_error *e);
ATT_CHECK bool sgx_describe(const void *ev, struct arena *a, struct json **out, struct att_error *e);

#endif
