/*
 * synth.h - quotes under the collateral kit's test root: made whole, then broken where a test wants.
 */
#ifndef TESTS_SGX_SYNTH_H
#define TESTS_SGX_SYNTH_H

#include "tests/unit/collateral/kit.h"
#include "tests/unit/evidence/sgx/fix.h"

#define SYNTH_QUOTE_MAX 16384

struct synth;
typedef void synth_change(struct synth *s);

struct synth {
	struct kit k;
	struct dfix f;
	/* what the next quote is made of; synth_begin() sets the good values */
	enum pcs_tee tee;
	unsigned version;
	enum quote_body body_type;
	uint8_t body[TD_REPORT_15X_LEN], qe[SGX_REPORT_LEN];
	uint8_t vendor0;                        /* first byte of the vendor id */
	unsigned certification;
	const char *certs;                      /* PEM text of the certification data */
	struct json *doc;                       /* collateral */
	synth_change *signed_over;              /* changes the quote after it was signed; NULL: none */
	/* the quote made */
	uint8_t quote[SYNTH_QUOTE_MAX];
	size_t len;
	size_t signature, key, qe_report, qe_signature, auth;   /* offsets */
};

void synth_init(struct synth *s);
void synth_clear(struct synth *s);
void synth_begin(struct synth *s, enum pcs_tee tee);
/* The PCK certificate; without: its extension is left out.  PEM. */
const char *synth_leaf(struct synth *s, const char *cn, bool with_extension, int64_t not_after_s);
/* The documents anew, after `from` was replaced by `to` in their text and they were signed again. */
void synth_tcb_info(struct synth *s, const char *from, const char *to);
void synth_qe_identity(struct synth *s, const char *from, const char *to);
/* Makes quote and collateral and appraises; the verdict as dfix_run() gives it. */
const char *synth_run(struct synth *s, const struct evidence_format *format);
void synth_make(struct synth *s);
const char *synth_appraise(struct synth *s, const struct evidence_format *format, const void *p, size_t n);

#endif
