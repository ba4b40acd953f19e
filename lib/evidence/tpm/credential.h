/*
 * credential.h - credentials that only one TPM can open, and only for one attestation key.
 *
 * TPM 2.0 Library Part 1 section 24 (MakeCredential). spec: tpm-eventlog §1.6
 *
 * The endorsement key (EK) decrypts; the name of the attestation key (AK) is mixed in, so that the
 * TPM opens the credential only while it holds an AK with exactly that public area.  Whoever issues
 * must have checked the EK's certificate and take the key FROM it (tpm_ek_from_cert), never from a
 * public area sent beside it; and must have checked the AK's attributes (tpm_ak_check) before.
 */
#ifndef EVIDENCE_TPM_CREDENTIAL_H
#define EVIDENCE_TPM_CREDENTIAL_H

#include "lib/evidence/tpm/tpm.h"

/* An endorsement key as MakeCredential needs it. */
struct tpm_ek {
	struct pubkey *key;             /* owned */
	enum digest_alg name_alg;
	unsigned aes_bits;              /* 128 or 256 */
};
/* With the parameters of the TCG default template for a key of its kind and size (EK Credential
 * Profile 2.5, annex B): RSA 2048 and P-256 SHA-256 and AES-128; RSA 3072, RSA 4096 and P-384
 * SHA-384 and AES-256; P-521 SHA-512 and AES-256.  UNSUPPORTED for other sizes.  Does not look at
 * the certificate otherwise. */
ATT_CHECK bool tpm_ek_from_cert(const struct x509_cert *cert, struct tpm_ek *out, struct att_error *e);
/* From a public area: fixed to its TPM, restricted decryption with AES.  Proves nothing of where
 * the key is. */
ATT_CHECK bool tpm_ek_from_public(struct crypto *c, const struct tpm_public *p, struct tpm_ek *out,
    struct att_error *e);
void tpm_ek_clear(struct tpm_ek *ek);

#define TPM_CREDENTIAL_RANDOM 128       /* random bytes that one credential takes */

/* What TPM2_ActivateCredential takes; arena. */
struct tpm_credential {
	struct rd id_object;            /* TPM2B_ID_OBJECT */
	struct rd encrypted_secret;     /* TPM2B_ENCRYPTED_SECRET */
};
/*
 * secret: 1 to digest_len(ek->name_alg) bytes.  random: TPM_CREDENTIAL_RANDOM fresh bytes, never
 * used again: the result is a function of the arguments alone.  What would reveal the secret is
 * wiped.
 */
struct tpm_credential_input {
	const struct tpm_ek *ek;
	const struct tpm_name *ak_name;
	struct rd secret, random;
};
ATT_CHECK bool tpm_make_credential(struct crypto *c, struct arena *a, const struct tpm_credential_input *in,
    struct tpm_credential *out, struct att_error *e);

#endif
