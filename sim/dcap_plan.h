/*
 * dcap_plan.h - everything of simulated SGX and TDX evidence that is about to be written, so that a
 * fault is one change of a plan.  Tests change plans too.
 */
#ifndef SIM_DCAP_PLAN_H
#define SIM_DCAP_PLAN_H

#include "lib/base/buf.h"
#include "lib/x509/x509.h"
#include "sim/dcap.h"

#define DCAP_SIM_SGX_REPORT 384
#define DCAP_SIM_TD_REPORT_MAX 885
#define DCAP_SIM_QUOTE_MAX 24576
#define DCAP_SIM_COMPONENTS 16
#define DCAP_SIM_CN_PCK "Intel SGX PCK Certificate"
#define DCAP_SIM_CN_ROOT "Intel SGX Root CA"
#define DCAP_SIM_ROOT_SERIAL 0x22650CD6
#define DCAP_SIM_YEAR (INT64_C(365) * 86400)
#define DCAP_SIM_ROOT_BEFORE (8 * DCAP_SIM_YEAR)
#define DCAP_SIM_ROOT_AFTER (23 * DCAP_SIM_YEAR)

enum dcap_party { DCAP_ROOT, DCAP_CA, DCAP_PCK, DCAP_TCB_SIGNER, DCAP_QE_SIGNER, DCAP_OTHER_CA,
    DCAP_OTHER_ROOT,
	DCAP_NPARTIES };

/* A certificate to be made; keys are borrowed. */
struct dcap_cert_plan {
	const char *cn;
	enum dcap_party issuer;
	uint64_t serial;
	int64_t not_before_s, not_after_s;
	bool ca;
	int pathlen;
	struct privkey *key, *issuer_key;
};

struct dcap_crl_plan {
	enum dcap_party issuer;
	struct privkey *key;
	int64_t this_update_s, next_update_s;
	uint64_t number, revoked;       /* serial number; 0: none */
};

/* A text replaced in a document before it is signed; all: wherever it occurs. */
struct dcap_edit { const char *from, *to; bool all; };

/* A signed document. */
struct dcap_doc_plan {
	struct privkey *key;            /* that signs it */
	int64_t issued_s, expires_s;
	uint32_t evaluation;
	struct dcap_edit edit;
};

/* How the PCK certificate's extension is written. */
struct dcap_ext_plan {
	bool absent;
	size_t ncomponents;             /* 16 */
	bool twice;                     /* FMSPC is there twice */
};

struct dcap_plan {
	struct sim_dcap_options o;
	const struct sim_dcap_keys *keys;
	struct crypto *c;               /* borrowed */
	struct arena *a;                /* borrowed */
	/* quote */
	unsigned version;
	bool tdx;                       /* the quote is of a TD; may differ from o.type */
	uint8_t body[DCAP_SIM_TD_REPORT_MAX];   /* report of the enclave or TD */
	uint8_t qe[DCAP_SIM_SGX_REPORT];        /* the quoting enclave's, but for the binding */
	uint8_t vendor[16];
	uint16_t key_type;
	bool other_version;             /* another version number once the quote is signed */
	bool other_auth;                /* the quoting enclave binds other authentication data */
	struct privkey *quote_key, *qe_key;     /* that sign quote and quoting enclave's report */
	const char *certs;              /* certification data of types 4 and 5; NULL: the chain */
	size_t padding;                 /* zero bytes behind the quote */
	uint8_t *oe_claims; size_t noe_claims;
	/* certificates and collateral */
	struct dcap_cert_plan cert[DCAP_NPARTIES];
	bool new_root;                  /* root certificate by the plan, not that of the keys */
	bool own_qe_signer;             /* the QE identity has another signing certificate */
	bool other_anchor;              /* root_pem is another root than the chain's */
	bool two_leaves, five_certs;
	struct dcap_ext_plan ext;
	struct dcap_crl_plan root_crl, pck_crl;
	struct dcap_doc_plan tcb_info, qe_identity;
	bool tcb_info_tdx;              /* the TCB Info is for TDX; may differ from tdx */
	uint8_t tcb_fmspc[6], tcb_pceid[2];
	unsigned tcb_pcesvn;            /* of all levels */
	bool worst_first;               /* levels in ascending order, not as Intel sends them */
	size_t nsgx_components, ntdx_components;        /* of a level */
};

/* Options to plan, fault included. */
ATT_CHECK bool dcap_plan_begin(struct crypto *c, struct arena *a, const struct sim_dcap_keys *keys,
    const struct sim_dcap_options *o, struct dcap_plan *p, struct att_error *e);
/* Plan to outputs. */
ATT_CHECK bool dcap_plan_write(const struct dcap_plan *p, struct sim_dcap_output *out,
    struct att_error *e);
/* Data that the fault needs, where none was given; then the change itself, once bodies are made. */
ATT_CHECK bool dcap_fault_prepare(const char *name, struct dcap_plan *p, struct att_error *e);
void dcap_fault_apply(const char *name, struct dcap_plan *p);

/* dcap_body.c: the reports. */
ATT_CHECK bool dcap_bodies_make(struct dcap_plan *p, struct att_error *e);
size_t dcap_body_len(const struct dcap_plan *p);
const uint8_t *dcap_qe_mrsigner(bool tdx);              /* 32 bytes: of Intel's quoting enclaves */

struct dcap_certs {
	struct x509_cert *v[DCAP_NPARTIES];             /* owned */
};
void dcap_certs_clear(struct dcap_certs *c);
ATT_CHECK bool dcap_certs_make(const struct dcap_plan *p, struct dcap_certs *out,
    struct att_error *e);
/* Of the keys' root, valid around the time. */
ATT_CHECK bool dcap_root_make(struct crypto *c, struct privkey *key, int64_t now_s, struct x509_cert **out,
    struct att_error *e);
/* PEM of a certificate and those above it, up to n; NULL when out of memory. */
const char *dcap_chain_pem(const struct dcap_plan *p, const struct dcap_certs *certs,
    enum dcap_party leaf, size_t n);
/* Value of the PCK certificate's extension. */
ATT_CHECK bool dcap_extension(const struct dcap_plan *p, struct buf *out, struct att_error *e);

/* dcap_tcb.c: bodies of the documents, before edits; NULL when out of memory, or e says why. */
const char *dcap_tcb_info(const struct dcap_plan *p, struct att_error *e);
const char *dcap_qe_identity(const struct dcap_plan *p, struct att_error *e);
const char *dcap_evaluation_numbers(const struct dcap_plan *p, struct att_error *e);

/* dcap_collateral.c: the normalised JSON objects. */
ATT_CHECK bool dcap_collateral(const struct dcap_plan *p, const struct dcap_certs *certs,
    struct sim_dcap_output *out,
    struct att_error *e);
/* dcap_quote.c */
ATT_CHECK bool dcap_quote(const struct dcap_plan *p, const struct dcap_certs *certs,
    struct sim_dcap_output *out,
    struct att_error *e);

#endif
