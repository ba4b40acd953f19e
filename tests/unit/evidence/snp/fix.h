/*
 * fix.h - one SNP appraisal without the pipeline: what a test sets, and what came out.
 */
#ifndef TESTS_SNP_FIX_H
#define TESTS_SNP_FIX_H

#include "lib/evidence/chain_cache.h"
#include "lib/evidence/snp/checks.h"
#include "lib/evidence/snp/snp.h"
#include "sim/sim.h"
#include "tests/harness/check.h"

#define FIX_NOW 1775000000 /* 2026-03-31: inside the validity of every real vector but the VLEK's  \
			    */
#define FIX_CRLS 4

struct fix {
	struct crypto *crypto;
	struct att_settings settings;
	struct x509_bundle certs, anchors;
	bool certs_picked;
	uint8_t given_sha256[32];
	trust_look_up_fn *look_up;      /* NULL: none */
	struct x509_crl *crls[FIX_CRLS];
	size_t ncrls;
	struct chain_cache *cache;      /* NULL: none */
	struct bound_data runtime, inittime;
	int64_t now_s;
	/* of the last run */
	struct arena *a;
	struct checklist checks;
	struct evidence_outcome outcome;
	const void *ev;
	struct att_error e;
};

void fix_init(struct fix *f);
void fix_clear(struct fix *f);
void fix_cache(struct fix *f);          /* turns the chain cache on */
void fix_anchor(struct fix *f, const void *p, size_t n);        /* PEM or DER */
void fix_cert(struct fix *f, const void *p, size_t n);
void fix_crl(struct fix *f, const void *p, size_t n);
void fix_forget(struct fix *f);         /* endorsements, anchors, CRLs */
void fix_bind(struct fix *f, struct bound_data *b, const char *text);   /* NULL: absent */

/*
 * Parses and verifies.  Returns "ok" (every check that must pass did), "missing", or the id of the first
 * failed check.  A failure of the machine fails the test.
 */
const char *fix_run(struct fix *f, const void *evidence, size_t n);
/* The same over a report and the text of a chain, as the request body carries them. */
const char *fix_run_parts(struct fix *f, const void *report, size_t n, const void *chain, size_t nchain);
/* Outcomes, texts, relaxations and claims of the last run as one text in its arena. */
const char *fix_transcript(struct fix *f);
struct claims fix_claims(struct fix *f);

/* Throw-away keys of the tests, loaded once. */
const struct sim_snp_keys *fix_keys(void);
/* Simulated evidence in the fixture's own second arena, trusted by its root; freed with the fixture. */
void fix_sim_options(struct sim_snp_options *o, const char *product);
struct sim_snp_output fix_sim(struct fix *f, struct arena *a, const struct sim_snp_options *o);
/* Makes it, trusts its root and CRL, and runs the request's evidence. */
const char *fix_run_sim(struct fix *f, const struct sim_snp_options *o);

#endif
