/* code_parts.h - between code.c and code_signature.c. */
#ifndef EVIDENCE_MEASUREDBOOT_CODE_PARTS_H
#define EVIDENCE_MEASUREDBOOT_CODE_PARTS_H

#include "lib/evidence/measuredboot/code.h"
#include "lib/evidence/measuredboot/code_cache.h"

/* Whose keys, and where successes are kept (NULL: nowhere). */
struct code_keys {
	const struct code_signer *v; size_t n;
	struct crypto *crypto;
	struct code_cache *cache;
};
/*
 * *by is the index of the signer when *out is CODE_SIGNED.  known is what the cache has of the entry, or
 * NULL; what is found out is kept there.  False only when the machine failed.
 */
ATT_CHECK bool code_signature_check(const struct code_keys *k, const struct ima_step *step,
    const struct code_entry *known, enum code_signature *out, size_t *by, struct att_error *e);

#endif
