/*
 * fix.h - one SGX or TDX appraisal without the pipeline: what a test sets, and what came out.
 */
#ifndef TESTS_SGX_FIX_H
#define TESTS_SGX_FIX_H

#include "lib/evidence/chain_cache.h"
#include "lib/evidence/sgx/sgx.h"
#include "lib/evidence/tdx/tdx.h"
#include "tests/harness/check.h"

#define DFIX_PIECES 8

struct dfix {
	struct crypto *crypto;
	struct att_settings settings;   /* all statuses but Revoked accepted, see dfix_init */
	struct x509_bundle certs, anchors;
	struct blob files[DFIX_PIECES];
	struct att_bytes pieces[DFIX_PIECES];
	size_t npieces;
	struct collateral_pack *pack;   /* of the pieces, under the anchors; made by each run */
	uint8_t given_sha256[32];
	const char *baseline;           /* NULL: none */
	trust_look_up_fn *look_up;      /* NULL: none */
	struct chain_cache *cache;      /* NULL: none */
	struct bound_data runtime, inittime;
	int64_t now_s;
	/* of the last run */
	const struct evidence_format *format;
	struct arena *a;
	struct checklist checks;
	struct evidence_outcome outcome;
	const void *ev;
	struct att_error e;
};

void dfix_init(struct dfix *f);
void dfix_clear(struct dfix *f);
void dfix_cache(struct dfix *f);
void dfix_forget(struct dfix *f);                       /* pieces, certificates, anchors */
void dfix_anchor(struct dfix *f, const char *vector);   /* DER or PEM file of the vectors */
void dfix_cert(struct dfix *f, const char *vector);
void dfix_piece(struct dfix *f, const char *vector);    /* a file of collateral */
void dfix_piece_bytes(struct dfix *f, const void *p, size_t n);
void dfix_time(struct dfix *f, const char *rfc3339);
void dfix_bind(struct dfix *f, struct bound_data *b, const void *p, size_t n);

/* What a run gives to the format; the pack must have been made. */
struct trust dfix_trust(struct dfix *f);
void dfix_pack(struct dfix *f);                         /* makes the pack of the pieces there are now */

/* The format whose recognise() takes the quote; SgxEnclave when none does. */
const struct evidence_format *dfix_format(const void *p, size_t n);
/*
 * Parses and verifies.  "ok", "missing", or the id of the first failed check; whatever it is, the
 * checks after the last step of authenticity are complete when nothing failed.
 */
const char *dfix_run(struct dfix *f, const struct evidence_format *format, const void *p, size_t n);
const char *dfix_run_file(struct dfix *f, const char *vector);
/* tcb.status of the last run, "" when it was not computed. */
const char *dfix_status(const struct dfix *f);
const char *dfix_tcb_text(const struct dfix *f);        /* the whole tcb object as text */
/* Outcomes and texts of the last run, status and claims, as one text in its arena. */
const char *dfix_transcript(struct dfix *f);

#endif
