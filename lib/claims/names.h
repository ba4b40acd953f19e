/*
 * names.h - the one table of claim names: type, who makes it, whether the token shows it.
 * Rows are in names.tbl (source: spec claims.md).
 */
#ifndef CLAIMS_NAMES_H
#define CLAIMS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/claims/claims.h"

enum claim_format {             /* attestation types that make the claim; bits */
	CLAIM_F_ALL = 1 << 0, CLAIM_F_SGX = 1 << 1, CLAIM_F_SNP = 1 << 2, CLAIM_F_TDX = 1 << 3,
	CLAIM_F_AZGUEST = 1 << 4, CLAIM_F_TPM = 1 << 5, CLAIM_F_VBS = 1 << 6
};

struct claim_name {
	const char *name;
	enum claim_kind kind;
	unsigned formats;       /* CLAIM_F_* bits */
	bool in_policy;         /* usable in policies */
	bool in_token;          /* in the token without any policy rule */
	const char *alias_of;   /* the claim whose value this name repeats ($tee, maa-ehd, ...), or NULL */
};

const struct claim_name *claim_name_find(const char *name);     /* NULL when unknown */
size_t claim_name_count(void);
const struct claim_name *claim_name_at(size_t i);               /* rows are sorted by name */
/* Names a policy never puts at the token's top level (design section 2): the fixed ones, and every
 * x-ms-*, tdx_*, attester_*, x-attestd-* name the table knows. */
bool claim_name_reserved(const char *name);
/* Service claims that a policy may read and compare but never issue, nor anything derived from
 * them (policy-language section 4). */
bool claim_name_read_only(const char *name);

#endif
