/*
 * enrol.h - enrolment: an attestation key (AK) is bound to the endorsement key (EK) of a genuine
 * TPM, and gets
 * a certificate, which the unchanged Tpm protocol then accepts.
 *
 *   begin    EK certificate and AK public area are judged; the answer is a credential that only
 * the TPM with
 *            that EK can open, and only while it holds that AK, and a state that the caller seals
 *   finish   the secret that was in the credential comes back, with the state: now the AK is proven
 *   issue    a certificate for the AK, by a CA whose key does nothing else
 *
 * The EK's key is taken from its certificate and from nowhere else, the AK's name is computed from
 * its public
 * area: no second representation of either is ever looked at.  Nothing is remembered here: that an EK keeps
 * its AK is the caller's business.  Randomness, sealing and time are arguments.
 * TPM 2.0 Library Part 1 section 24; spec: tpm-eventlog sections 1.5 and 1.6, security-history A16, A17
 */
#ifndef LIBATTEST_ENROL_H
#define LIBATTEST_ENROL_H

#include "libattest/attest.h"

#define ATT_ENROL_SECRET 32             /* bytes of a secret */
#define ATT_ENROL_RANDOM 128            /* random bytes that making one credential takes */
#define ATT_ENROL_EK_ID 32              /* SHA-256 of the EK's SubjectPublicKeyInfo */
#define ATT_ENROL_CHAIN_MAX 8           /* certificates sent beside the EK's */
#define ATT_ENROL_STATE_MAX 4096        /* bytes of a state */

/* PEM (several) or one DER: are these certificates that can be roots?  BAD_FORMAT with the reason. */
ATT_API bool att_enrol_roots_check(struct att_bytes roots, struct att_error *e);

struct att_enrol_request {
	struct att_bytes ek_cert;       /* DER; zeros behind it, as in NV indices, are no part of it */
	const struct att_bytes *ek_chain; size_t nek_chain;     /* DER, in any order */
	struct att_bytes ak_public;     /* TPM2B_PUBLIC */
	const struct att_bytes *ek_roots; size_t nek_roots;     /* trusted, beside the compiled-in ones */
	int64_t now_s, expires_s;       /* expires_s: until when the secret may come back */
	const struct att_settings *settings;    /* allow and crl_required */
	const uint8_t *secret;          /* ATT_ENROL_SECRET random bytes */
	const uint8_t *random;          /* ATT_ENROL_RANDOM others; neither is ever used again */
};

/* What came of begin or finish; texts and bytes live until att_enrolment_free(). */
struct att_enrolment {
	bool accepted;
	const struct att_check *checks; /* of this step, in their order; outcome says which failed */
	size_t nchecks;
	struct att_error error;         /* why not accepted; code OK when it was */
	const char *hint;               /* what to do next, or NULL */
	/* accepted only, from here on */
	uint8_t ek_id[ATT_ENROL_EK_ID];
	struct att_bytes ak_name;       /* nameAlg and digest, computed */
	struct att_bytes ak_public;     /* TPM2B_PUBLIC */
	/* what the EK certificate says of its TPM, "" when it does not; vendor: its four characters */
	const char *manufacturer, *vendor, *model, *version;
	/* begin only */
	bool no_crl;                    /* relaxation no-crl was used */
	struct att_bytes id_object, encrypted_secret;   /* for TPM2_ActivateCredential */
	struct att_bytes state;         /* holds no secret but its digest; only sealed may it leave */
};
/*
 * True: *out tells.  False: no verdict, for want of memory or a request that breaks a limit above.  The
 * secret is not kept anywhere.
 */
ATT_API bool att_enrol_begin(const struct att_enrol_request *r, struct att_enrolment **out,
    struct att_error *e);
/* state: as begin made it; empty: what the client sent was not sealed by this provider,
    which is refused like
 * a state that is no longer good. */
ATT_API bool att_enrol_finish(struct att_bytes state, struct att_bytes secret, int64_t now_s,
    struct att_enrolment **out, struct att_error *e);
ATT_API void att_enrolment_free(struct att_enrolment *o);       /* NULL is legal */

/* The CA that certifies AKs: one key and its self-signed certificate.  One thread at a time. */
struct att_ak_ca;
#define ATT_AK_CERT_MAX_S ((int64_t)30 * 24 * 3600)     /* an AK certificate is good for no longer */
#define ATT_AK_CA_LIFETIME_S ((int64_t)3652 * 24 * 3600)

ATT_API bool att_ak_ca_generate(struct att_ak_ca **out,
    struct att_error *e);     /* ECDSA P-256; no certificate yet */
/* PKCS#8 PEM and the certificate as DER, whose key must be this one; empty: none yet. */
ATT_API bool att_ak_ca_load(struct att_bytes pem_key, struct att_bytes der, struct att_ak_ca **out,
    struct att_error *e);
/* PEM of the key; the caller wipes and frees with att_secret_free() (token.h). */
ATT_API bool att_ak_ca_export(const struct att_ak_ca *ca, char **pem, size_t *len, struct att_error *e);
ATT_API void att_ak_ca_free(struct att_ak_ca *ca);      /* NULL is legal; wipes */
/* Is there a certificate that is good at now_s and a year from then? */
ATT_API bool att_ak_ca_is_current(const struct att_ak_ca *ca, int64_t now_s);
/* A new self-signed certificate for the same key, from a day before now_s on; what was issued before still
 * chains to it.  provider becomes part of the subject: at most 24 characters. */
ATT_API bool att_ak_ca_certify(struct att_ak_ca *ca, const char *provider, int64_t now_s, uint64_t serial,
    struct att_error *e);
ATT_API struct att_bytes att_ak_ca_certificate(const struct att_ak_ca *ca);     /* DER,
    borrowed; empty: none */
/* From five minutes before now_s until lifetime_s after that. */
struct att_ak_terms { int64_t now_s, lifetime_s; uint64_t serial; };
/* der.data is free()d by the caller. */
struct att_ak_certificate { struct att_bytes der; int64_t expires_s; };
/*
 * Certifies an AK, whose attributes are judged once more (tpm-eventlog section 1.3): never for longer than
 * ATT_AK_CERT_MAX_S or than the CA itself.  Subject: CN = the first 64 hex digits of the digest in
 * its name.
 */
ATT_API bool att_ak_ca_issue(struct att_ak_ca *ca, struct att_bytes ak_public,
    const struct att_ak_terms *terms,
    struct att_ak_certificate *out, struct att_error *e);

#endif
