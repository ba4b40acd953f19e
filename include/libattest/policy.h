/*
 * policy.h - checking, evaluating and hashing attestation policies (versions 1.0, 1.1, 1.2).
 * Texts in results belong to the result and are freed with it.
 */
#ifndef LIBATTEST_POLICY_H
#define LIBATTEST_POLICY_H

#include "libattest/attest.h"

/* One problem of a policy text: an error, or (warning) a construct that parses but is likely a mistake. */
struct att_policy_problem {
	bool warning;
	size_t line, column;            /* 1-based line, 0-based column in characters, as in MAA's messages */
	const char *token;              /* offending text, shortened */
	/* what was expected there; "" when nothing fits better than the message */
	const char *expected;
	const char *message;            /* one sentence */
	const char *rule;               /* grammar rule */
	const char *id;                 /* "syntax", "unknown-function", ...; of a warning: the lint's id */
	/* the line of the text, or the part of a long one around the problem */
	const char *source_line;
	size_t caret;                   /* characters before the problem in source_line */
	const char *hint;               /* what to do, or NULL */
};

struct att_policy_report {
	bool ok;                        /* no error: the policy can be set and evaluated */
	const struct att_policy_problem *problems;      /* in order of line and column */
	size_t nproblems;
	char hash[44];                  /* x-ms-policy-hash, always filled */
};
/* True: *out tells.  False: memory only. */
ATT_API bool att_policy_check(struct att_bytes text, struct att_policy_report **out, struct att_error *e);
ATT_API void att_policy_report_free(struct att_policy_report *r);

/* x-ms-policy-hash of a text: 43 characters and a NUL. */
ATT_API bool att_policy_hash(struct att_bytes text, char out[44], struct att_error *e);
/* The unsigned policy JWS {"alg":"none"}.{"AttestationPolicy":b64url(text)}. ; free() it. */
ATT_API bool att_policy_wrap(struct att_bytes text, char **jws, struct att_error *e);
/* The same, signed by a PEM private key whose certificate chain (PEM, leaf first) goes into x5c. free()
 * it. */
ATT_API bool att_policy_wrap_signed(struct att_bytes text, struct att_bytes pem_key,
    struct att_bytes pem_certs, char **jws, struct att_error *e);
/* The text inside a policy JWS; the signature, if any, is NOT verified here. free() it. */
ATT_API bool att_policy_unwrap(struct att_bytes jws, char **text, size_t *len, struct att_error *e);

/*
 * Evaluates a policy over claims given as JSON (an object of names, or an array of
 * {"type","value","issuer"?}); *json is one object
 * {"decision","message"?,"outgoing","properties","added","rules":[{"line",
 * "section","action","fired","why"?,"bound"?}],"steps"}; free() it.
 * bound: [{"identifier"?,"claims":[{"type","value","issuer"}],"more"?}], one for each condition that held.
 */
ATT_API bool att_policy_eval(struct att_bytes text, struct att_bytes claims_json,
    const struct att_settings *s, char **json, struct att_error *e);

/*
 * A starting policy (version 1.0, with comments) that pins what the claims of one piece of evidence
 * show: it permits evidence with these claims and denies what differs.  claims_json is
 * att_result.claims_json of evidence that was verified; nothing here sees to that.
 * UNSUPPORTED: no table for the type yet; OPERATION: a claim it must have is missing.  free() *text.
 */
ATT_API bool att_policy_suggest(const char *type, struct att_bytes claims_json, char **text,
    struct att_error *e);

/*
 * What changed between two policy texts.  Rules are compared by meaning: white space, comments, names
 * of identifiers and the order inside brackets do not count, nor does the order of rules where no rule
 * makes claims.  *json, free() it:
 *   {"equal", "from":{"version","hash","rules"}, "to":{...},
 *    "sections":[{"section", "removed":[{"line","rule"}], "added":[{"line","rule"}],
 *                 "unchanged":[{"line","toLine","rule"}], "reordered"}],
 *    "decisions":[{"from","to","fromMessage"?,"toMessage"?}]}
 * equal is about the sections only.  decisions has one element for each of the nclaims texts, which are
 * as in att_policy_eval().  POLICY_PARSE names the text, "from" or "to", that does not compile.
 */
struct att_policy_pair { struct att_bytes from, to; };
ATT_API bool att_policy_diff(const struct att_policy_pair *texts, const struct att_bytes *claims,
    size_t nclaims, const struct att_settings *s, char **json, struct att_error *e);

/*
 * Evaluates a JMESPath expression over a JSON document, with the budget of a policy; *json is
 * compact JSON; free() it. A bad document is BAD_JSON; a bad expression or a failed evaluation is
 * POLICY_EVAL with the specification's error class in front: "syntax: ...", "invalid-type: ...",
 * "invalid-value: ...", "invalid-arity: ...", "unknown-function: ...".
 */
ATT_API bool att_jmespath(
    struct att_bytes expression, struct att_bytes document, char **json, struct att_error *e);

#endif
