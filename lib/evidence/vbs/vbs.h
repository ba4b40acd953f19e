/*
 * vbs.h - reports of VBS enclaves (Windows): a package signed by the secure kernel's identity signing key.
 *
 * spec: maa-tpm section 4 (ntenclv.h of the Windows SDK).  All integers are little-endian.
 *
 *   vbs_report_parse()   package to struct: exact, no crypto
 *   vbs_report_verify()  signature by the key that the replayed boot log names (IDKS), what the log must show
 *                        for that key to be worth anything, and what the enclave says of itself
 *   vbs_claims()         enclaveAuthorId and its kin
 */
#ifndef EVIDENCE_VBS_VBS_H
#define EVIDENCE_VBS_VBS_H

#include "lib/evidence/format.h"

#define VBS_PACKAGE_MAX ((size_t)256 << 10)
#define VBS_MODULES_MAX 64
#define VBS_SIGNATURE_MAX 1024          /* bytes: RSA of 8192 bits */
enum vbs_flag { VBS_FULL_DEBUG = 1, VBS_DYNAMIC_DEBUG = 2, VBS_DYNAMIC_DEBUG_ACTIVE = 4 };

/* A module of the enclave; fields are borrowed from the package. */
struct vbs_module {
	struct rd unique_id, author_id, family_id, image_id;
	uint32_t svn;
	struct rd name;                 /* UTF-16LE without NUL */
};
struct vbs_report {
	uint32_t package_version, signature_scheme;     /* of the header, which is not signed */
	uint32_t report_version;
	struct rd statement, signature; /* what is signed, and its signature */
	struct rd enclave_data;         /* 64 bytes */
	struct rd owner_id, unique_id, author_id;       /* 32 bytes */
	struct rd family_id, image_id;                  /* 16 bytes */
	uint32_t enclave_svn, secure_kernel_svn, platform_svn, flags, signing_level, enclave_type;
	size_t nmodules;
	struct vbs_module modules[VBS_MODULES_MAX];
};
/*
 * Exactly one package: header, statement and signature fill it to the last byte; blocks behind the report are
 * modules. A block of another kind is an error, because it may say what else runs in the enclave.  Versions,
 * the scheme and flags are not judged here; another version is read by the layout of version 1, or refused.
 */
ATT_CHECK bool vbs_report_parse(struct rd in, struct vbs_report *out, struct att_error *e);

/* Rows of checks.tbl. */
enum vbs_check {
#define X(name, id, optional, title, spec) VBS_CHECK_##name,
#include "lib/evidence/vbs/checks.tbl"
#undef X
	VBS_NCHECKS
};

/* The identity signing key as the replayed log has it, and whether the boot was one that protects it: all
 * from covered, replayed events.  The compound fills it. */
struct vbs_boot {
	size_t nkeys;                   /* IDKS events; 0: none */
	bool conflict, malformed;       /* several different ones; unreadable */
	uint32_t key_alg, key_bits;
	struct rd exponent, modulus;    /* big-endian */
	bool secure_boot, no_debugging, no_test_signing, vsm_launched, code_integrity;
	const char *why_not;            /* what the log lacks, for people; NULL when all hold */
};
/*
 * want: the 64 bytes that enclave_data must be.  Rows first.. of list are those of checks.tbl.  False only
 * when the machine fails; what fails is marked, and rows behind a failed one are not reached.  Debug flags,
 * identities and versions of the enclave are not judged: they are claims, for the policy.
 */
ATT_CHECK bool vbs_report_verify(const struct vbs_report *r, const struct vbs_boot *boot,
    const uint8_t want[64], struct crypto *c, struct checklist *list, size_t first, struct att_error *e);
/* Of a report that was verified. */
ATT_CHECK bool vbs_claims(const struct vbs_report *r, struct claims *c, struct att_error *e);

#endif
