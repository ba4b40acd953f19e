/*
 * snp_plan.h - everything the simulator is about to write, so that a fault is one change of a plan.
 */
#ifndef SIM_SNP_PLAN_H
#define SIM_SNP_PLAN_H

#include "lib/x509/x509.h"
#include "sim/sim.h"

#define SNP_SIM_REPORT_LEN 1184
#define SNP_SIM_NAME_MAX 48             /* of a common name */

/* A certificate to be made; keys are borrowed. */
struct snp_cert_plan {
	char cn[SNP_SIM_NAME_MAX], issuer_cn[SNP_SIM_NAME_MAX];
	uint64_t serial;
	int64_t not_before_s, not_after_s;
	bool ca;
	int pathlen;
	unsigned key_usage;             /* 0: no extension */
	struct privkey *key, *issuer_key;
	enum sig_alg alg;
};

/* The leaf's AMD extensions. */
struct snp_ext_plan {
	uint8_t struct_version;
	char product[32];
	struct att_snp_tcb tcb;
	bool has_fmc, has_spl4, has_snp;        /* .3.9, .3.4, .3.3 */
	uint8_t hwid[64];
	size_t hwid_len;                /* 0: none */
	const char *csp_id;             /* NULL: none */
};

struct snp_patch { size_t off; uint8_t value; bool set; };

struct snp_plan {
	struct sim_snp_options o;
	const struct sim_snp_keys *keys;
	bool fmc;                       /* Turin's layout */
	uint32_t signature_algo;
	unsigned signing_key;           /* of key_info */
	struct snp_patch before, after; /* one byte of the report, changed before or after signing */
	bool unbound_report_data, unbound_host_data;    /* they are not the digests of the data given */
	struct privkey *report_key;     /* signs the report; borrowed */
	struct snp_cert_plan ark, ica, leaf;
	struct snp_ext_plan ext;
	bool second_leaf;               /* the leaf twice in the chain */
	bool broken_pem;
	bool p256_leaf;                 /* the leaf certifies a P-256 key */
	bool small_ica;                 /* the intermediate has a key of 2048 bits */
	bool other_anchor;              /* ark_pem is another root than the chain's */
	bool no_crl;
	bool crl_of_ica;                /* the list is the intermediate's and names the leaf */
	struct privkey *crl_key;        /* signs the CRL; borrowed */
	int64_t crl_this_update_s, crl_next_update_s;
};

/* Changes the plan; unknown names are an error. */
ATT_CHECK bool snp_fault_apply(const char *name, struct snp_plan *p, struct att_error *e);

struct snp_certs {
	struct x509_cert *ark, *ica, *leaf;     /* owned */
};
void snp_certs_clear(struct snp_certs *c);
ATT_AUTO_DEFINE_STRUCT(snp_certs, snp_certs_clear);
ATT_CHECK bool snp_certs_make(
    struct crypto *c, const struct snp_plan *p, struct snp_certs *out, struct att_error *e);
ATT_CHECK bool snp_crl_make(struct arena *a, const struct snp_plan *p,
    const struct snp_certs *certs, struct sim_bytes *out, struct att_error *e);
/* Writes and signs the report; out has SNP_SIM_REPORT_LEN bytes. */
ATT_CHECK bool snp_report_make(struct crypto *c, const struct snp_plan *p, uint8_t *out, struct att_error *e);

#endif
