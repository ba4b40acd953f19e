/*
 * endorsement.h - AMD's certificates and revocation lists outside of an appraisal: which machine or
 * product line each is for, and whether it can be believed under AMD's roots or the anchors given.
 *
 * Kinds and keys are those of libattest/endorse.h: snp-vcek, snp-chain, snp-crl.  A VLEK is no
 * item: providers hand those out.  spec: sev-snp §7, §8 step 4
 */
#ifndef EVIDENCE_SNP_ENDORSEMENT_H
#define EVIDENCE_SNP_ENDORSEMENT_H

#include "lib/collateral/set.h"
#include "lib/evidence/snp/snp.h"

/* What is at hand beside the item; nothing else is trusted. */
struct snp_sources {
	struct crypto *crypto;
	struct arena *a;                        /* keys */
	const struct x509_bundle *given, *anchors;
	struct x509_crl *const *crls; size_t ncrls;
	int64_t now_s;
};

#define SNP_ENDORSEMENT_CHAIN 3

struct snp_endorsement {
	const char *kind;                       /* NULL: no item of AMD's */
	const char *key;                        /* "" when the certificate does not even say it */
	enum collateral_fault fault;
	struct att_error why;                   /* unless good */
	bool simulated; /* the root is an anchor that was given, not a pin */
	/* The item if it is a certificate, and who certified it as far as they are at hand;
	 * borrowed. */
	const struct x509_cert *chain[SNP_ENDORSEMENT_CHAIN];
	size_t nchain;
};

/* False only for a failure of the machine. */
ATT_CHECK bool snp_endorsement_cert(const struct snp_sources *s, const struct x509_cert *cert,
    struct snp_endorsement *out, struct att_error *e);
/* The product line's root signs one list for VCEKs and one for VLEKs, and neither says which it is:
 * the key is that of VLEKs when their intermediate alone is at hand. */
ATT_CHECK bool snp_endorsement_crl(const struct snp_sources *s, struct x509_crl *l,
    struct snp_endorsement *out, struct att_error *e);

/* Keys, also for what an appraisal needs; NULL when out of memory. */
const char *snp_key_vcek(struct arena *a, const struct snp_product *p, const uint8_t *chip_id,
    const uint8_t tcb[8]);
const char *snp_key_branch(struct arena *a, const struct snp_product *p, enum snp_signing_key kind);

#endif
