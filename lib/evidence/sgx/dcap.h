/*
 * dcap.h - verifying a DCAP quote: the steps that SGX and TDX share, and the state they work on.
 *
 * Intel SGX Data Center Attestation Primitives; the algorithm is spec sgx-tdx.md section 5.  Each
 * check is a step: it marks its rows in the checklist and says whether to go on; it stops after a
 * failed check, a missing endorsement (o->missing) or a failure of the machine (fault).
 *
 * dcap_pck.c         the PCK chain, the quoting enclave's report, the quote's signature
 * dcap_collateral.c  which pieces of collateral are used, and that each can be trusted now
 * dcap_needs.c       which pieces those are, told to whoever can bring them
 * dcap_tcb.c         TCB levels, status, and what of it is shown
 * dcap_cache.c       what is kept between appraisals
 */
#ifndef EVIDENCE_SGX_DCAP_H
#define EVIDENCE_SGX_DCAP_H

#include "lib/collateral/set.h"
#include "lib/collateral/tcb_level.h"
#include "lib/evidence/chain_cache.h"
#include "lib/evidence/format.h"
#include "lib/evidence/sgx/pck.h"
#include "lib/evidence/sgx/qe_report.h"

/* These rows come first in the check tables of both formats. */
enum dcap_check {
#define X(name, id, optional, title, spec) DCAP_CHECK_##name,
#include "lib/evidence/sgx/dcap.tbl"
#undef X
	DCAP_NCHECKS
};

/* Digests of collateral as MAA prints them, lower-case hexadecimal. spec: sgx-tdx §9.2 */
#define DCAP_HASH_TEXT 65
struct dcap_hashes {
	char qeid[DCAP_HASH_TEXT], qeid_certs[DCAP_HASH_TEXT];
	char tcb_info[DCAP_HASH_TEXT], tcb_info_certs[DCAP_HASH_TEXT];
	char crl[DCAP_HASH_TEXT];               /* root CRL: of both documents, which share their root */
};

/* Items used, by their place in the set. */
struct dcap_items {
	const struct collateral_item *root_crl, *pck_crl, *tcb_info, *qe_identity;
};

/* What was verified but for time: the PCK chain, and that the PCK CRL is its CA's. */
struct dcap_chain {
	struct pck_chain pck;
	uint8_t crl_sha256[32];                 /* PCK CRL whose signature was verified */
};

struct dcap {
	const struct quote *q;
	enum pcs_tee tee;
	const struct trust *t;
	struct trust found;                     /* what t points to after a look-up */
	struct arena *a;
	struct evidence_outcome *o;
	struct checklist *c;                    /* of o */
	struct x509_bundle sent;                /* certificates of the quote; owned, empty when cached */
	struct dcap_chain chain;                /* owned */
	bool cached;                            /* chain came from the cache */
	struct pubkey *attestation; /* key of the quote, once the QE report vouched for it; owned */
	uint8_t qe_key[CHAIN_CACHE_KEY];        /* of attestation in the cache */
	bool keyed;                             /* key was made: the chain may be kept */
	uint8_t key[CHAIN_CACHE_KEY];           /* of the chain */
	const struct collateral_set *set;       /* of t; proved */
	struct dcap_items items;
	struct tcb_evaluation tcb;              /* TDX: of the launch */
	enum tcb_status status;                 /* after relaunch rules; TCB_UNKNOWN before it is known */
	struct collateral_span span;
	struct att_error fault;                 /* failure of the machine; code OK: none */
};

typedef bool dcap_step(struct dcap *v);
/* Runs the steps until one says stop; were all of them made? */
bool dcap_run(struct dcap *v, dcap_step *const *steps, size_t n);
/* Marks the row by a call's success: passed, or failed with the error's text as what was found. */
bool dcap_result(struct dcap *v, size_t row, bool ok, const char *expected, const struct att_error *why);
/* Records what is needed; always false.  text NULL: out of memory. */
bool dcap_missing(struct dcap *v, const char *text);
/* A failure of the machine is no verdict: records it and says so. */
bool dcap_is_fault(struct dcap *v, const struct att_error *why);

/*
 * Everything up to "these bytes come from a genuine quoting enclave, and the collateral is Intel's,
 * current and for this platform".  The body of the quote is authentic afterwards; what its platform
 * is worth is dcap_tcb().
 */
bool dcap_authentic(struct dcap *v);
/* The last step after an authentic quote: facts for claims, and the chain into the cache. */
bool dcap_finish(struct dcap *v);
void dcap_clear(struct dcap *v);

/* The platform's status; svn2 is the TD's TEE_TCB_SVN_2, both NULL for SGX, svn2 NULL for a TD report 1.0. */
bool dcap_tcb(struct dcap *v, const uint8_t *svn, const uint8_t *svn2);
/* Who the platform is, and what it runs: signer and measurement of len bytes; signer NULL: not
 * said.  After dcap_tcb(), which learns the advisories. */
bool dcap_identify(struct dcap *v, const uint8_t *signer, const uint8_t *measurement, size_t len);
/* Are the first 32 bytes the digest of the data, and the rest zero?  Nothing to check without data. */
bool dcap_bound(struct dcap *v, size_t row, const struct bound_data *data, const uint8_t report_data[64]);

/* dcap_collateral.c */
bool dcap_step_collateral(struct dcap *v);
/* The digests that claims show. */
void dcap_hash_items(const struct dcap *v, struct dcap_hashes *out);
/* dcap_needs.c: lists in the outcome what is needed, as far as it is known by now. */
ATT_CHECK bool dcap_tell_needs(struct dcap *v);
/* Lists and asks for it; v->t is then what was found.  False: only the machine failed. */
ATT_CHECK bool dcap_look_up(struct dcap *v);
/* Evaluation number that the policy demands; 0: any. */
uint32_t dcap_evaluation_wanted(const struct dcap *v);
const char *dcap_enclave_id(
    const struct dcap *v); /* of the identity of its quoting enclave: "QE", "TD_QE" */
/* dcap_cache.c: chains verified before. */
ATT_CHECK bool dcap_chain_key(struct dcap *v);
bool dcap_chain_cached(struct dcap *v);         /* true: chain and its rows are set */
void dcap_chain_keep(struct dcap *v);           /* does nothing when it cannot */
/* The attestation key that this QE report was seen to certify under this PCK certificate: the
 * report's signature and binding cover these very bytes, so they need not be looked at twice. True:
 * v->attestation is set. */
bool dcap_qe_cached(struct dcap *v);
void dcap_qe_keep(struct dcap *v);
/* dcap_tcb.c: {"status","advisories","date","evaluationDataNumber","earliestExpiry"} into o->tcb. */
ATT_CHECK bool dcap_tell_tcb(struct dcap *v);

/* What verify learned, for claims().  Lives in the appraisal's arena. */
struct dcap_facts {
	struct ext_sgx ext;
	enum tcb_status status;
	int64_t date_s;
	const char *const *advisories;
	size_t nadvisories;
	uint32_t evaluation;
	struct dcap_hashes hashes;
};
/* Claims about the platform that both formats make, under names of ours. */
ATT_CHECK bool dcap_claims(const struct dcap_facts *f, struct claims *c, struct att_error *e);

#endif
