/*
 * qe_report.h - DCAP quotes: header, enclave report, and signature data with the quoting enclave's
 * own report.
 *
 * Layout: Intel "SGX DCAP ECDSA Quote Library API" appendix A and "TDX DCAP Quoting Library API"
 * appendix A; section numbers in `spec:` tags are those of our own sgx-tdx.md.  Shared by the
 * formats sgx and tdx. All integers are stored in host order, byte strings in the order of the
 * quote.  Readers borrow the quote's bytes.
 */
#ifndef EVIDENCE_SGX_QE_REPORT_H
#define EVIDENCE_SGX_QE_REPORT_H

#include "lib/base/rd.h"

#define QUOTE_HEADER_LEN 48
#define SGX_REPORT_LEN 384
#define TD_REPORT_10_LEN 584
#define TD_REPORT_15_LEN 648
#define TD_REPORT_15X_LEN 885           /* extended: body type 4 */
#define QUOTE_SIGNATURE_LEN 64          /* r || s, P-256 */
#define QUOTE_KEY_LEN 64                /* X || Y, P-256 */
#define QUOTE_SIGNED_MAX (QUOTE_HEADER_LEN + 6 + TD_REPORT_15X_LEN)
#define PCK_CHAIN_TEXT_MAX 16384        /* bytes of certification data of types 4 and 5 */

enum quote_tee { QUOTE_TEE_SGX = 0x00, QUOTE_TEE_TDX = 0x81 };
enum quote_body { QUOTE_BODY_SGX = 1, QUOTE_BODY_TD_10 = 2, QUOTE_BODY_TD_15 = 3, QUOTE_BODY_TD_15X = 4 };

/* What the certification data of the quoting enclave's report holds. */
enum certification {
	CERT_PPID_PLAIN = 1, CERT_PPID_RSA2048 = 2, CERT_PPID_RSA3072 = 3, CERT_PCK_LEAF = 4,
	CERT_PCK_CHAIN = 5, CERT_QE_REPORT = 6, CERT_MANIFEST = 7
};

struct quote_header {
	uint16_t version;               /* 3, 4 or 5 */
	uint16_t key_type;              /* attestation key type; 2 = ECDSA P-256 with SHA-256 */
	uint32_t tee;                   /* enum quote_tee */
	uint16_t qe_svn, pce_svn;       /* version 3; not for TCB evaluation: see the spec, section 2.1 */
	uint8_t vendor[16];             /* QE vendor id */
	uint8_t user_data[20];          /* first 16 bytes: platform's QE id */
};

enum sgx_flag {                         /* ATTRIBUTES, low eight bytes */
	SGX_FLAG_INIT = 0, SGX_FLAG_DEBUG = 1, SGX_FLAG_MODE64BIT = 2, SGX_FLAG_PROVISIONKEY = 4,
	SGX_FLAG_EINITTOKENKEY = 5, SGX_FLAG_KSS = 7
};

/* Report of an enclave (REPORT body); fields marked KSS are zero without the attribute. */
struct sgx_report {
	uint8_t cpusvn[16];
	uint32_t miscselect;
	uint8_t isvextprodid[16];       /* KSS */
	uint8_t attributes[16];         /* eight bytes flags, enum sgx_flag, then eight bytes XFRM */
	uint8_t mrenclave[32], mrsigner[32];
	uint8_t configid[64];           /* KSS */
	uint16_t isvprodid, isvsvn;
	uint16_t configsvn;             /* KSS */
	uint8_t isvfamilyid[16];        /* KSS */
	uint8_t report_data[64];
};

static inline bool sgx_flag(const struct sgx_report *r, enum sgx_flag bit)
{
	return r->attributes[bit / 8] >> bit % 8 & 1;
}

/* A quote in its parts. */
struct quote {
	struct quote_header header;
	enum quote_body body_type;      /* version 5 says it; else by the TEE type */
	struct rd body;                 /* report of the enclave or TD */
	struct rd signed_bytes;         /* header and body, and version 5's body descriptor between them */
	struct rd
	    signature; /* QUOTE_SIGNATURE_LEN bytes over signed_bytes, by the attestation key */
	struct rd key;                  /* QUOTE_KEY_LEN bytes: attestation key */
	struct rd qe_bytes;             /* SGX_REPORT_LEN bytes that qe_signature covers */
	struct sgx_report qe;           /* the same as a structure */
	struct rd qe_signature;         /* by the PCK key */
	struct rd qe_auth;              /* bound by the QE report's data */
	enum certification certification;       /* 1 to 5 */
	struct rd certification_data;
	size_t quote_len;               /* bytes up to the end of the signature data */
};

/* What may stand behind the signature data. */
enum quote_tail {
	QUOTE_TAIL_ZERO,        /* zero bytes: platforms return the quote in a larger buffer */
	QUOTE_TAIL_OTHER        /* somebody else's: the caller goes on at quote_len */
};

/*
 * Takes a quote apart: version 3 (SGX), 4 and 5, attestation key type 2, lengths that nest exactly.  Neither
 * the vendor id nor any value of the reports is judged here, and no reserved byte.
 */
ATT_CHECK bool quote_parse(struct rd in, enum quote_tail tail, struct quote *out, struct att_error *e);
/* Exactly SGX_REPORT_LEN bytes. */
ATT_CHECK bool sgx_report_parse(struct rd in, struct sgx_report *out, struct att_error *e);
/* Is this the header of a quote for the TEE?  Looks at version, TEE type and vendor. */
bool quote_recognise(struct rd in, enum quote_tee tee);
/* Is it the vendor id of Intel's quoting enclaves? */
bool quote_vendor_is_intel(const struct quote_header *h);

#endif
