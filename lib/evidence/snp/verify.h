/*
 * verify.h - the state of one verification, shared by the files that make the checks.
 *
 * Each check is a step.  A step marks its rows in the checklist and says whether to go on; it stops
 * after a failed check, a missing endorsement (o->missing) or a failure of the machine (fault).
 */
#ifndef EVIDENCE_SNP_VERIFY_H
#define EVIDENCE_SNP_VERIFY_H

#include "lib/evidence/chain_cache.h"
#include "lib/evidence/snp/checks.h"
#include "lib/evidence/snp/snp.h"

struct snp_verifier {
	const struct snp_evidence *ev;
	const struct snp_report *r;     /* of ev */
	const struct trust *t;
	struct trust found;             /* what t points to after a look-up */
	struct arena *a;
	struct evidence_outcome *o;
	struct checklist *c;            /* of o */
	enum snp_signing_key kind;      /* what signed the report; set by the step that checks it */
	struct x509_bundle
	    sent; /* certificates of the evidence; owned, empty when the chain was cached */
	struct snp_chain chain;         /* owned */
	bool keyed;                     /* key was made: the chain may be kept */
	uint8_t key[CHAIN_CACHE_KEY];   /* of the chain */
	bool cached; /* chain came from the cache: signatures of it and of its CRLs are known */
	struct att_error fault;         /* failure of the machine; code OK: none */
};

typedef bool snp_step(struct snp_verifier *v);
/* Runs the steps until one says stop; were all of them made? */
bool snp_run(struct snp_verifier *v, snp_step *const *steps, size_t n);

/* Marks the row by a call's success: passed, or failed with the error's text as what was found. */
bool snp_result(struct snp_verifier *v, enum snp_check row, bool ok, const char *expected,
    const struct att_error *why);
/* Records the endorsement that is needed; always false.  text NULL: out of memory. */
bool snp_missing(struct snp_verifier *v, const char *text);
/* A failure of the machine is no verdict: records it and says so. */
bool snp_is_fault(struct snp_verifier *v, const struct att_error *why);

/* needs.c: lists in the outcome what is needed, as far as it is known by now; and asks for it, so
 * that v->t is then what was found.  False: only the machine failed. */
ATT_CHECK bool snp_tell_needs(struct snp_verifier *v);
ATT_CHECK bool snp_look_up(struct snp_verifier *v);

/* leaf.c: which certificate signed the report, and what it says */
snp_step snp_step_certs, snp_step_leaf, snp_step_leaf_key, snp_step_leaf_extensions;
snp_step snp_step_product, snp_step_product_chain, snp_step_product_name;
snp_step snp_step_leaf_tcb, snp_step_hwid;
/* chain.c: from the leaf to the root, time and revocation */
snp_step snp_step_root, snp_step_chain_ark, snp_step_chain_ica, snp_step_chain_leaf;
snp_step snp_step_validity, snp_step_crl;
/* judge.c: relations inside an authentic report; all are made, so what they return does not matter */
snp_step snp_step_tcb_order, snp_step_versions, snp_step_minimum, snp_step_binding;

/*
 * cache.c: the steps from snp_step_certs to snp_step_chain_leaf do not depend on time, so their
 * result is kept. The key holds all they depend on: certificates as received, endorsements, anchors
 * and the fields of the report that choose among them; and the CRLs, so that their signatures are
 * known too.
 */
#define SNP_CACHED_FIRST SNP_CHECK_LEAF_KIND
#define SNP_CACHED_LAST SNP_CHECK_CHAIN_LEAF
bool snp_chain_cached(struct snp_verifier *v);  /* true: chain and rows are set */
void snp_chain_keep(struct snp_verifier *v);    /* does nothing when it cannot */
ATT_CHECK bool snp_chain_key(struct snp_verifier *v);

#endif
