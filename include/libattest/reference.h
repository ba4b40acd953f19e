/*
 * reference.h - an operator's reference values for measured boot: whose keys Secure Boot may hold, what is
 * revoked, who may sign code, which code may run, which attestation keys are known.
 *
 * Reference values in the sense of RFC 9334 section 2.3.  They are parsed once, never change, and may be used
 * by many contexts at the same time.  What they say is compared with the evidence; the outcome are claims
 * (x-attestd-*) and, for revoked images, a failed check.
 */
#ifndef LIBATTEST_REFERENCE_H
#define LIBATTEST_REFERENCE_H

#include "libattest/attest.h"

/* Digests of one million entries are about 80 MB of text. */
#define ATT_REFERENCE_DIGESTS_MAX 4194304u

/* Everything may be empty.  Borrowed only for the call. */
struct att_reference_given {
	/*
	 * Keys that PK, KEK and db may hold beside the compiled-in ones of Microsoft: PEM or DER
	 * certificates, EFI signature lists (as in efivars, with or without the 4 bytes of attributes), or
	 * text with a "sha256:HEX" of a certificate or of an image on each line.
	 */
	const struct att_bytes *secureboot_keys; size_t nsecureboot_keys;
	/* The revocation list that counts as current: update files or EFI signature lists */
	const struct att_bytes *dbx; size_t ndbx;
	/* The least SBAT generations: "sbat,1,2024010900\nshim,4\n..." */
	struct att_bytes sbat;
	/* Certificates (PEM, DER) whose keys may sign files for IMA; found by subjectKeyIdentifier */
	const struct att_bytes *code_signers; size_t ncode_signers;
	/* Digests of files that may run: text, a line each, "[ALG:]HEX[ PATH]", '#' begins a comment */
	const struct att_bytes *code_digests; size_t ncode_digests;
	/* Attestation keys that are known: text, a line each, hex of the name (nameAlg and digest), or of
	 * the SHA-256 of SubjectPublicKeyInfo, which is all that Azure's messages show of a key: then you
	 * answer for its being a restricted key of a TPM.  '#' as above */
	const struct att_bytes *ak_names; size_t nak_names;
};

struct att_reference;
/* Errors name which of the above, which entry, the line or offset, what was found and wanted. */
ATT_API bool att_reference_new(const struct att_reference_given *g, struct att_reference **out,
    struct att_error *e);
ATT_API void att_reference_free(struct att_reference *r);       /* NULL is legal */

#endif
