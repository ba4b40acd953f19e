/* value.h - values of the policy language: a scalar, and the set that every expression yields. */
#ifndef POLICY_VALUE_H
#define POLICY_VALUE_H

#include "lib/claims/claims.h"

/* Strings may hold NUL bytes (from JSON) and are NUL-terminated behind their length. */
struct value {
	enum claim_kind kind;           /* CLAIM_STRING, CLAIM_INT or CLAIM_BOOL */
	bool read_only;                 /* comes from a read-only claim: must not be issued */
	const char *s;
	size_t len;
	int64_t i;
	bool b;
};

struct values {
	const struct value *v;
	size_t n;
};

/* Same kind and same value; read_only does not matter. */
bool value_same(const struct value *a, const struct value *b);
const char *value_kind_name(enum claim_kind k);         /* "a string", ... for messages */

#endif
