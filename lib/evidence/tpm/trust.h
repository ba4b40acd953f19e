/*
 * trust.h - who says that a key is in a TPM: certificate chains to known roots, enrolled names, the
 * operator's list.
 *
 * spec: tpm-eventlog §1.5.  Azure's vTPM roots are compiled in as pins (SPKI SHA-256), its
 * intermediates, which clients never send, as subject, public key and validity (issuers.tbl). Other
 * roots are anchors that the caller gives.
 */
#ifndef EVIDENCE_TPM_TRUST_H
#define EVIDENCE_TPM_TRUST_H

#include "lib/evidence/tpm/tpm.h"

#define TPM_CHAIN_MAX 4                 /* certificates from the leaf to the root */
#define TPM_OID_EK_CERT "2.23.133.8.1"
#define TPM_OID_AK_CERT "2.23.133.8.3"

bool tpm_root_pinned(const uint8_t spki_sha256[32]);

/* A chain that was proven, and how. */
struct tpm_chain {
	bool simulated;                         /* ends in an anchor that was given, not in a pin */
	bool no_crl;                            /* relaxation no-crl was used */
	const char *root;                       /* who it ends in, for people; arena */
};
/* What a chain fails by; checks name the same three. */
enum tpm_chain_step { TPM_STEP_CHAIN, TPM_STEP_VALIDITY, TPM_STEP_CRL, TPM_STEP_NONE };
/*
 * leaf to a pin or an anchor of t, by certificates of sent (may be NULL), t->certs and t->anchors;
 * every certificate valid at t->now_s; revocation lists of t->crls by their issuers count, and are
 * needed where t->settings->crl_required and relaxation no-crl is off.  False: *step failed, reason
 * in *e.
 */
ATT_CHECK bool tpm_chain_verify(const struct trust *t, struct arena *a, const struct x509_cert *leaf,
    const struct x509_bundle *sent, struct tpm_chain *out, enum tpm_chain_step *step, struct att_error *e);

/* A certificate as NV indices hold it: cut at its outer length, when what follows is zero.
 * BAD_FORMAT otherwise. */
ATT_CHECK bool tpm_cert_trim(struct rd in, struct rd *der, struct att_error *e);

/* Who vouches for an attestation key, strongest first. */
enum tpm_voucher {
	TPM_VOUCHED_NONE,
	TPM_VOUCHED_PINNED,             /* certificate under a compiled-in root */
	TPM_VOUCHED_ANCHOR,             /* certificate under an anchor that was given */
	TPM_VOUCHED_ENROLLED,           /* its name was enrolled: proven to an EK before */
	TPM_VOUCHED_LISTED              /* its name is on the operator's list */
};
const char *tpm_voucher_name(enum tpm_voucher v);       /* "none", "pinned", "anchor", "enrolled", "listed" */

/* What the compound knows about the key; everything may be empty. */
struct tpm_vouchers {
	const struct x509_cert *cert;           /* the attestation key's certificate; NULL: none was sent */
	const struct x509_bundle *sent;         /* certificates sent beside it; may be NULL */
	const struct rd *enrolled; size_t nenrolled;    /* names (nameAlg || digest) */
	/* names, or SHA-256 of SubjectPublicKeyInfo (32 bytes, which no name has): for keys whose public area
	 * is not at hand, whose attributes the operator then answers for */
	const struct rd *listed; size_t nlisted;
	bool required;                          /* false: that nobody vouches is a fact, not a failed check */
};
struct tpm_ak_facts {
	enum tpm_voucher who;
	bool validated;                         /* aikValidated: who is not NONE */
	const char *pub_hash; /* aikPubHash: base64 of SHA-256 of the SubjectPublicKeyInfo */
	const char *subject, *root;             /* of the certificate that vouches; else NULL */
	bool no_crl;                            /* relaxation no-crl was used */
	const char *why_not; /* a certificate was sent and does not vouch: why; else NULL */
};
/*
 * Rows tpm.ak.certificate.* and .vouched.  A certificate that fails is no obstacle where a name
 * vouches: the rows of the certificate then stay "n/a" and why_not says what is wrong.  With
 * required false nothing here fails. False: a check failed, or m->fault is set.
 */
ATT_CHECK bool tpm_ak_vouch(const struct tpm_marks *m, const struct trust *t, const struct tpm_ak *ak,
    const struct tpm_vouchers *v, struct tpm_ak_facts *out);

/* What an endorsement key certificate says of its TPM (subjectAltName, TCG EK Credential Profile 3.1.2). */
#define TPM_ATTRIBUTE_MAX 64
struct tpm_ek_facts {
	char manufacturer[TPM_ATTRIBUTE_MAX + 1];       /* "id:494E5443"; empty: not said */
	char vendor[5]; /* its four characters, "INTC"; '?' for what is not printable */
	char model[TPM_ATTRIBUTE_MAX + 1];
	char version[TPM_ATTRIBUTE_MAX + 1];
	struct tpm_chain chain;
};
/* Purpose 2.23.133.8.1, key usage, no CA, and the TPM's attributes; out->chain stays empty. */
ATT_CHECK bool tpm_ek_cert_facts(const struct x509_cert *cert, struct tpm_ek_facts *out,
    struct att_error *e);
/* The same, and the chain. NOT_AUTHENTIC with the reason. */
ATT_CHECK bool tpm_ek_cert_check(const struct trust *t, struct arena *a, const struct x509_cert *cert,
    const struct x509_bundle *sent, struct tpm_ek_facts *out, struct att_error *e);

#endif
