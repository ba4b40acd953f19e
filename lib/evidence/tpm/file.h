/*
 * file.h - the TPM evidence file: one JSON object with a quote or several, PCR values and logs.
 *
 *   {"type":"Tpm","nonce":b64u,"akPub":b64u(TPM2B_PUBLIC),"akCert"?:b64u,"ekCert"?:b64u,
 *    "quotes":[{"quote":b64u(TPMS_ATTEST),"signature":b64u(TPMT_SIGNATURE),"bank":"sha256"}],
 *    "pcrs":{"sha256":{"0":hex,...}},"logs":[{"type":"tcg"|"ima","data":b64}]}
 *
 * Written by attest collect, read by attest verify (design section 6).  Unknown members are
 * refused, so that a misspelt one is not silently left out.
 */
#ifndef EVIDENCE_TPM_FILE_H
#define EVIDENCE_TPM_FILE_H

#include "lib/evidence/tpm/tpm.h"

#define TPM_FILE_MAX ((size_t)48 << 20)         /* bytes of JSON */
#define TPM_FILE_QUOTES 8
#define TPM_FILE_LOGS 8
#define TPM_FILE_LOG_MAX ((size_t)16 << 20)     /* bytes of one log */

enum tpm_log_kind { TPM_LOG_TCG, TPM_LOG_IMA };

struct tpm_file_quote {
	struct rd quote_raw, signature_raw;
	struct tpm_attest quote;
	struct tpm_signature signature;
	enum digest_alg bank; /* what the file says the quote is about; not proof of anything */
};
struct tpm_file {
	struct rd nonce;                        /* the file's word: a caller that expects one compares both */
	struct rd ak_pub_raw;
	struct tpm_public ak_pub;
	struct rd ak_cert, ek_cert;             /* DER as sent, perhaps padded; empty: not there */
	size_t nquotes;                         /* at least 1 */
	struct tpm_file_quote quotes[TPM_FILE_QUOTES];
	size_t nbanks;
	struct pcr_bank banks[TPM_BANKS];       /* in the file's order, each bank once */
	size_t nlogs;                           /* may be 0: a quote without a log is legal */
	struct { enum tpm_log_kind kind; struct rd data; } logs[TPM_FILE_LOGS];
};
/* Does it look like one? Reads no further than the type member; cheap. */
bool tpm_file_recognise(struct rd in);
/* The whole of in; *out and all it points to live in the arena.  No signature is looked at. */
ATT_CHECK bool tpm_file_parse(struct rd in, struct arena *a, struct tpm_file **out, struct att_error *e);

#endif
