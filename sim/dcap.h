/*
 * dcap.h - simulated SGX and TDX evidence: quotes, and the collateral that Intel would publish for
 * their platform, under a throw-away root.
 *
 * Quotes of versions 3 to 5, bare or in Open Enclave's headers; the PCK chain; TCB Info v3 and QE
 * identity v2 whose levels are laid out around the simulated platform, so that it has the status
 * asked for; both revocation lists.  With the same keys, several calls make evidence and collateral
 * of one manufacturer: an older and a newer evaluation number, lists of rising numbers.
 * Specifications: sgx-tdx.md 2 to 4 and 9.1.
 */
#ifndef SIM_DCAP_H
#define SIM_DCAP_H

#include "lib/x509/x509.h"
#include "sim/sim.h"

enum sim_dcap_type { SIM_SGX, SIM_OE, SIM_TDX, SIM_NDCAP_TYPES };
const char *sim_dcap_type_name(enum sim_dcap_type t);           /* "SgxEnclave" */

/* Keys of one simulated Intel and one simulated platform, all P-256: owned by the structure. */
struct sim_dcap_keys {
	struct privkey *root, *ca, *tcb_signer;         /* Root CA, PCK CA, TCB Signing */
	struct privkey *pck;                            /* of the PCK certificate */
	struct privkey *attestation;
	struct privkey *other;                          /* belongs to nobody; for faults */
	struct x509_cert *root_cert;    /* one for all evidence, since anchors are whole certificates */
};
ATT_CHECK bool sim_dcap_keys_generate(struct crypto *c, int64_t now_s, struct sim_dcap_keys *out,
    struct att_error *e);
/* The PEM text that saving gave, in the same order. */
ATT_CHECK bool sim_dcap_keys_load(struct crypto *c, struct att_bytes pem, struct sim_dcap_keys *out,
    struct att_error *e);
ATT_CHECK bool sim_dcap_keys_save(const struct sim_dcap_keys *k, struct arena *a,
    struct sim_bytes *pem,
    struct att_error *e);
void sim_dcap_keys_clear(struct sim_dcap_keys *k);

/* What the PCK certificate says of the platform. */
struct sim_dcap_platform {
	bool processor_ca;              /* issued by the Processor CA: without the last four fields */
	uint8_t ppid[16], components[16], cpusvn[16], pceid[2], fmspc[6];
	uint16_t pcesvn;
	uint8_t sgx_type;               /* 0 standard, 1 scalable, 2 scalable with integrity */
	uint8_t instance[16];
	bool dynamic, cached_keys, smt;
};

struct sim_sgx_enclave {
	uint64_t flags, xfrm;           /* ATTRIBUTES; bit 1 of flags: debug, bit 7: KSS */
	uint32_t miscselect;
	uint8_t mrenclave[32], mrsigner[32];
	uint16_t isvprodid, isvsvn;
	uint8_t isvextprodid[16], configid[64], isvfamilyid[16];        /* KSS */
	uint16_t configsvn;             /* KSS */
};

enum sim_td_report { SIM_TD_10 = 2, SIM_TD_15 = 3, SIM_TD_15X =
    4 };    /* body types of version 5 */

struct sim_td {
	uint8_t tee_tcb_svn[16], tee_tcb_svn_2[16];     /* the second: TD report 1.5 and later */
	uint8_t mrseam[48], mrsignerseam[48], seam_attributes[8];
	uint8_t attributes[8], xfam[8];
	uint8_t mrtd[48], mrconfigid[48], mrowner[48], mrownerconfig[48], rtmr[4][48];
	uint8_t mrservicetd[48];
};

enum sim_oe_form { SIM_OE_REPORT = 1, SIM_OE_LEGACY = 2, SIM_OE_EVIDENCE =
    3 };         /* header versions */

#define SIM_ADVISORIES_MAX 16

struct sim_dcap_options {
	enum sim_dcap_type type;
	unsigned quote_version;         /* 0: 3 for SGX; 4 for TD report 1.0, 5 for the later ones */
	unsigned certification;         /* type of the certification data, 1 to 5 */
	uint8_t qe_id[16];
	uint16_t qe_isvsvn;
	struct sim_dcap_platform platform;
	struct sim_sgx_enclave enclave;
	struct sim_td td;
	enum sim_td_report td_report;
	enum sim_oe_form oe_form;
	struct att_bytes oe_claims;     /* custom claims of form EVIDENCE; empty: the runtime data */
	uint8_t report_data[64];        /* used when nothing is to be bound */
	/*
	 * Statuses that collateral gives the parts, by its names; a TDX module and a quoting
	 * enclave are UpToDate, OutOfDate or Revoked.  relaunch: the module was updated under the
	 * TD, which has the old one's SVN.
	 */
	const char *status, *qe_status, *module_status;
	bool relaunch;
	const char *advisories[SIM_ADVISORIES_MAX];     /* of the platform's level */
	size_t nadvisories;
	uint32_t evaluation;            /* tcbEvaluationDataNumber */
	int64_t now_s;                  /* certificates are valid around this time */
	int64_t issued_s, expires_s;    /* issueDate and nextUpdate of all collateral */
	int64_t tcb_date_s;             /* tcbDate of the best levels */
	int64_t pck_not_before_s, pck_not_after_s;
	uint64_t crl_number;
	bool revoke_pck, revoke_ca;
	const char *url;                /* where certificates say lists and issuers are; NULL: nowhere */
	/* Their digests become the report data and the configuration id; the request carries them. */
	struct att_bytes runtime_data, inittime_data;
	bool binary_data;               /* dataType Binary, not JSON */
	const char *nonce;              /* of the request; NULL: none */
	const char *fault;              /* name of a fault, see sim_dcap_fault_at(); NULL: none */
};
void sim_dcap_options_default(struct sim_dcap_options *o, enum sim_dcap_type type, int64_t now_s);

/* Deliberate faults of a type, each meant to make one check fail first; NULL past the end. */
const struct sim_fault *sim_dcap_fault_at(enum sim_dcap_type type, size_t i);

struct sim_dcap_output {
	struct sim_bytes quote;
	struct sim_bytes evidence;              /* the quote; for Open Enclave in its headers */
	struct sim_bytes root_pem;              /* the anchor to trust */
	struct sim_bytes pck_chain_pem;         /* PCK certificate, PCK CA, root */
	struct sim_bytes collateral_json;       /* all of it, as attest verify and the service read it */
	struct sim_bytes evaluation_json;       /* tcbEvaluationDataNumbers, in the same form */
	struct sim_bytes request_json;          /* body of POST /attest/<type> */
};
/* What does not go together, an unknown status or fault is an error. */
ATT_CHECK bool sim_dcap_make(struct crypto *c, struct arena *a, const struct sim_dcap_keys *keys,
    const struct sim_dcap_options *o, struct sim_dcap_output *out, struct att_error *e);

#endif
