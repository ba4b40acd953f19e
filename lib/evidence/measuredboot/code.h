/*
 * code.h - files that Linux IMA measured, judged: signed by whom, known by digest, or neither.
 *
 * spec: tpm-eventlog §5.  Only the proven prefix of the list counts (struct ima_result, matched); what
 * stands behind it, and entries of other PCRs, are not looked at.  A signature of a file is over its
 * digest, by a key that the operator gave (struct att_reference) and that the keyid names; the kernel
 * only measures what stands in security.ima, so bad ones are found here and nowhere else.
 *
 * A template's name is not part of what is measured: an attacker may call an entry of ima-sig one of
 * ima-buf, which has the same form.  So an entry is a buffer only when its digest is that of the
 * buffer, it cannot be what security.ima holds, and its name is no path; everything else is judged as a
 * file.
 *
 * Not verified, and said so in the claims: PKCS #7 appended to modules (ima-modsig), EVM signatures.
 * SHA-1 is accepted in the list of known digests and not under signatures, where a collision would be
 * enough.
 */
#ifndef EVIDENCE_MEASUREDBOOT_CODE_H
#define EVIDENCE_MEASUREDBOOT_CODE_H

#include "lib/evidence/format.h"
#include "lib/evidence/ima/ima.h"
#include "lib/evidence/measuredboot/reference.h"

#define CODE_LISTED_MAX 64              /* files, or keys, that a result names one by one */

/* What a file's signature is worth. */
enum code_signature {
	CODE_SIGNED,                    /* valid, by a key of the operator */
	CODE_UNSIGNED,                  /* none was measured */
	CODE_UNKNOWN_SIGNER,            /* no key has the keyid */
	CODE_BAD_SIGNATURE,             /* malformed, or of no key with the keyid */
	CODE_WRONG_DIGEST,              /* it is not over the algorithm of the digest that was measured */
	CODE_UNSUPPORTED,               /* a kind, version or hash that is not verified */
	CODE_MODSIG,                    /* only PKCS #7 appended to the file: not verified */
	CODE_SIGNATURES
};
/* "signed", "unsigned", "unknown signer", ... */
const char *code_signature_text(enum code_signature s);

/* A file that is named because of what it lacks. */
struct code_file {
	size_t entry;                   /* index in the list */
	const char *path;               /* UTF-8, as the kernel named it; '?' for other bytes */
	const char *digest;             /* "sha256:HEX"; "" when the template has none */
	enum code_signature signature;
	bool listed;                    /* digest on the operator's list */
};
struct code_files {
	size_t n;                       /* all of them */
	size_t nv;                      /* of those here: the first CODE_LISTED_MAX */
	struct code_file *v;
};

/* A key that was loaded into a keyring. */
struct code_key {
	const char *keyring;            /* ".ima" */
	const char *subject;            /* commonName, else organization; "" when it is no certificate */
	uint8_t sha256[32];             /* of the key's bytes */
};

struct measuredboot_code {
	bool proven;                    /* the list matched the quoted PCR and is not empty */
	size_t files;                   /* judged */
	size_t by_signature[CODE_SIGNATURES];
	size_t listed;                  /* digest on the operator's list */
	struct code_files unsigned_files;       /* not CODE_SIGNED */
	struct code_files unknown_files;        /* neither CODE_SIGNED nor listed */
	size_t violations;              /* their entries say nothing that is proven */
	/* entries of other PCRs, or whose template hash is not that of the data */
	size_t unproven;
	size_t modsigs;                 /* files with an appended PKCS #7 */
	/* What follows: proven, no violation, nothing unproven, at least one file, and ... */
	bool all_signed;                /* every file CODE_SIGNED */
	bool all_known;                 /* every file CODE_SIGNED or listed */
	const struct code_signer **signers; size_t nsigners;    /* whose signatures held; borrowed */
	size_t nkeys;                   /* all that were loaded */
	size_t nkeys_v;                 /* of those here */
	struct code_key *keys;
	const char *kernel_version;     /* NULL: not measured */
	const char *kexec_cmdline;      /* the last; NULL: none was measured */
	size_t buffers;                 /* entries that are no files */
};

/*
 * ima_replay() of PCR 10, with the files of the proven prefix judged in the same walk.  Keys and digests
 * are t->tpm.reference's (none: no file is signed or listed).  A PCR 10 that is not given, or no match,
 * is a result: *r says so, and nothing is proven.  False when the list cannot be read or the machine
 * failed.  *out and all in it live in the arena; signers are the reference's.
 */
ATT_CHECK bool code_replay(struct rd list, const struct pcr_bank *given, const struct trust *t,
    struct arena *a, struct ima_result *r, const struct measuredboot_code **out, struct att_error *e);

/* x-attestd-code-*. */
ATT_CHECK bool code_claims(const struct measuredboot_code *code, struct claims *c, struct att_error *e);

#endif
