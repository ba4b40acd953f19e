/*
 * reference.h - inside of struct att_reference (libattest/reference.h): an operator's values, ready for
 * use.
 *
 * Certificates of Secure Boot are read leniently (vendors break rules), those of code signers exactly.
 * Nothing about a certificate is verified: it is named by the operator, and neither its issuer nor its
 * dates count, as for the kernel's keyrings.
 */
#ifndef EVIDENCE_MEASUREDBOOT_REFERENCE_H
#define EVIDENCE_MEASUREDBOOT_REFERENCE_H

#include "lib/evidence/eventlog/secureboot.h"
#include "lib/evidence/measuredboot/allowlist.h"
#include "libattest/reference.h"

#define REFERENCE_KEYS_MAX 65536u               /* SHA-256 values of secureboot_keys */
#define REFERENCE_DBX_MAX 65536u                /* entries of all files */
#define REFERENCE_SBAT_BYTES 16384u
#define REFERENCE_SIGNERS_MAX 1024u
#define REFERENCE_AK_NAMES_MAX 1048576u

/* A key that may sign files. */
struct code_signer {
	/* last bytes of the subjectKeyIdentifier; a certificate without one, and a bare key, have the
	 * identifier that the kernel computes: SHA-1 of the bits of the key */
	uint8_t keyid[4];
	const char *name;               /* subject, for people; of a bare key: "key " and its keyid */
	uint8_t sha256[32];             /* of the certificate; of a bare key: of SubjectPublicKeyInfo */
	struct pubkey *key;             /* owned by the reference */
};

struct att_reference {
	struct arena *a;                /* owned, and everything below with it */
	struct crypto *crypto;          /* owned: keys depend on it */
	/* certificates, their keys and images by SHA-256, ascending; beside the compiled-in ones */
	uint8_t (*secureboot_keys)[32]; size_t nsecureboot_keys;
	bool has_dbx;
	struct siglist dbx;             /* of all files */
	bool has_sbat;
	struct sbat sbat;
	struct code_signer *signers; size_t nsigners;   /* as given; several may have one keyid */
	struct allowlist *digests;      /* NULL: none was given */
	struct rd *ak_names; size_t nak_names;          /* ascending */
};

/* Does the operator say that Secure Boot may hold a certificate or image with this SHA-256, or a certificate
 * with this key?  Either may be NULL. */
bool reference_secureboot_key(const struct att_reference *r, const uint8_t cert_sha256[32],
    const uint8_t spki_sha256[32]);
/* Is this an attestation key that the operator knows, by its name (nameAlg and digest) or the SHA-256 of its
 * SubjectPublicKeyInfo? */
bool reference_ak_name(const struct att_reference *r, struct rd name);

#endif
