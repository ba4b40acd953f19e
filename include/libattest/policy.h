/*
 * policy.h - checking, evaluating and hashing attestation policies (versions 1.0; 1.1 and 1.2 follow).
 * Texts in results belong to the result and are freed with it.
 */
#ifndef LIBATTEST_POLICY_H
#define LIBATTEST_POLICY_H

#include "libattest/attest.h"

struct att_policy_report {
	bool ok;
	size_t line, column;            /* 1-based line, 0-based column of the first problem */
	const char *token, *expected, *message, *rule, *source_line;    /* NULL when ok */
	char hash[44];                  /* x-ms-policy-hash, always filled */
};
ATT_API bool att_policy_check(struct att_bytes text, struct att_policy_report **out, struct att_error *e);
ATT_API void att_policy_report_free(struct att_policy_report *r);

/* x-ms-policy-hash of a text: 43 characters and a NUL. */
ATT_API bool att_policy_hash(struct att_bytes text, char out[44], struct att_error *e);
/* The unsigned policy JWS {"alg":"none"}.{"AttestationPolicy":b64url(text)}. ; free() it. */
ATT_API bool att_policy_wrap(struct att_bytes text, char **jws, struct att_error *e);
/* The text inside a policy JWS; the signature, if any, is NOT verified here. free() it. */
ATT_API bool att_policy_unwrap(struct att_bytes jws, char **text, size_t *len, struct att_error *e);

/*
 * Evaluates a policy over claims given as JSON (an object of names, or an array of
 * {"type","value","issuer"?}); *json is one object {"decision","outgoing","added","rules":[...],"message"?}; free() it.
 */
ATT_API bool att_policy_eval(struct att_bytes text, struct att_bytes claims_json, const struct att_settings *s,
    char **json, struct att_error *e);

#endif
