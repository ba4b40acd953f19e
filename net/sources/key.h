/*
 * key.h - the key of an endorsement, taken apart and checked, as the fields that URLs are made
 * from.
 *
 * Kinds and keys are those of libattest/endorse.h.  A field holds hex digits, a decimal number or a
 * word of a list, so that whatever stood in evidence, a URL gets nothing else from it.
 */
#ifndef NET_SOURCES_KEY_H
#define NET_SOURCES_KEY_H

#include "lib/base/arena.h"

/* X(field, name in templates) */
#define FETCH_FIELDS(X)                                                                            \
	X(TEE, "tee") /* sgx, tdx */                                                               \
	X(ENCLAVE, "enclave") /* path of an enclave identity */                                    \
	X(FMSPC, "fmspc")                                                                          \
	X(CA, "ca") X(ROOT, "root") X(QEID, "qeid") X(PCEID, "pceid") X(CPUSVN, "cpusvn")          \
	    X(PCESVN, "pcesvn") X(PRODUCT, "product") X(BRANCH, "branch") X(CHIP, "chip")          \
		X(TCB, "tcb") /* eight bytes in memory order */                                    \
	    X(TCB_NUMBER,                                                                          \
		"tcb_number") /* the same as a little-endian number, hex without leading zeros */  \
	    X(SPL, "spl") /* the same as query parameters of the product line */                   \
	    X(BASELINE, "baseline") /* update=early, tcbEvaluationDataNumber=18, or nothing */
enum fetch_field {
#define X(field, name) FETCH_##field,
	FETCH_FIELDS(X)
#undef X
	FETCH_NFIELDS
};

struct fetch_key {
	const char *kind;                       /* static */
	const char *value[FETCH_NFIELDS]; /* NULL: the kind has no such field; arena or static */
	const char *id;                         /* kind, key and baseline in one text */
};

/* kind, key and baseline as in a FETCH message.  BAD_FORMAT names what is wrong. */
ATT_CHECK bool fetch_key_parse(struct arena *a, const char *kind, const char *key,
    const char *baseline, struct fetch_key *out, struct att_error *e);
/* {name} is replaced by the field, {?name} and {&name} by the field behind ? or &, or by nothing
 * when it is empty. */
ATT_CHECK bool fetch_key_expand(const struct fetch_key *k, const char *template, struct arena *a,
    const char **out, struct att_error *e);

#endif
