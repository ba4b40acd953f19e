/*
 * denylist.h - whom an operator refuses, whatever its evidence proves.
 *
 * After some attacks on hardware evidence is genuine, current and worthless: a chip whose keys were
 * taken out signs whatever its owner likes.  No field of the evidence tells; what helps is to refuse
 * the chip, the platform, the signer or the whole product line by name.
 * spec: security-history section C
 *
 * A deny-list is part of struct att_settings.  Each kind is one check, deny.<kind>, made once the
 * evidence is known to be genuine and before the policy.  It does not apply (n/a) when nothing of
 * its kind is denied, or when the evidence does not say: a masked chip id is no chip id.
 */
#ifndef LIBATTEST_DENYLIST_H
#define LIBATTEST_DENYLIST_H

#include "libattest/attest.h"

/*
 * What can be denied. X(enumerator, name)
 *   chip-id            SNP: CHIP_ID, 64 bytes, or the 8 that Turin has
 *   product            SNP: product line, "Milan"
 *   fmspc              SGX, TDX: family, model, stepping and SKU of the platform, 6 bytes
 *   ppid               SGX, TDX: the processor package, 16 bytes
 *   platform-instance  SGX, TDX: the platform of a PCK certificate of the Platform CA, 16 bytes
 *   signer             SGX: MRSIGNER, 32 bytes; SNP: digest of the author key or of the id key, 48
 *   measurement        SGX: MRENCLAVE, 32 bytes; TDX: MRTD, 48; SNP: launch measurement, 48
 *   ak                 Tpm: SHA-256 of the SubjectPublicKeyInfo of the attestation key, 32 bytes
 *   advisory           SGX, TDX: an advisory that the platform's TCB level is short of, "INTEL-SA-00615"
 */
#define ATT_DENY_KINDS(X) \
	X(CHIP_ID,           "chip-id") \
	X(PRODUCT,           "product") \
	X(FMSPC,             "fmspc") \
	X(PPID,              "ppid") \
	X(PLATFORM_INSTANCE, "platform-instance") \
	X(SIGNER,            "signer") \
	X(MEASUREMENT,       "measurement") \
	X(ADVISORY,          "advisory") \
	X(AK,                "ak")
enum att_deny_kind {
#define X(name, text) ATT_DENY_##name,
	ATT_DENY_KINDS(X)
#undef X
	ATT_NDENY_KINDS
};
/* Name of kind i, or NULL past the end. */
ATT_API const char *att_deny_kind_name(unsigned i);

#define ATT_DENY_REASON_MAX 256                 /* bytes of a reason */
#define ATT_DENYLIST_MAX 4096                   /* entries of one list */
#define ATT_DENYLIST_BYTES ((size_t)1 << 20)    /* bytes of its JSON */

struct att_deny {
	enum att_deny_kind kind;
	const char *value;              /* hexadecimal digits of either case, or a name of either case */
	/* why, as the operator put it: shown to readers only; "" none */
	const char *reason;
};
/*
 * One entry from its parts, which it borrows; reason may be NULL.  An unknown kind, a value that is
 * none of its kind, and a reason that is too long or not one line are BAD_FORMAT.
 */
ATT_API bool att_deny_read(const char *kind, const char *value, const char *reason, struct att_deny *out,
    struct att_error *e);

struct att_denylist {
	const struct att_deny *entries;
	size_t n;
	/* the same list in one way of writing: reading it again gives it back */
	const char *json;
	size_t json_len;
};
/*
 * {"entries":[{"kind":...,"value":...,"reason"?:...}]}, as PUT /denylist takes it; any other member is
 * an error, and an error of an entry names it ("entries[3]: ...").  Limits above, LIMIT.
 */
ATT_API bool att_denylist_read(struct att_bytes json, struct att_denylist **out, struct att_error *e);
ATT_API void att_denylist_free(struct att_denylist *list);      /* NULL is legal */

#endif
