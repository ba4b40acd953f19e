/*
 * policy.h - the attestation policy language (spec policy-language.md): text in, decision out.
 *
 * A compiled policy is immutable and may be shared.  Evaluation is bounded by steps and memory,
 * never by time: the same input always gives the same answer.  Knows claims, never evidence.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "lib/claims/claims.h"

#define POLICY_TEXT_MAX ((size_t)1 << 20)
#define POLICY_RULES_MAX 4096
#define POLICY_CONDITIONS_MAX 64        /* per rule */
#define POLICY_TESTS_MAX 64             /* per condition */
#define POLICY_CALL_DEPTH_MAX 16
#define POLICY_STEPS_DEFAULT 10000000u
#define POLICY_MEMORY_DEFAULT ((size_t)64 << 20)
#define POLICY_PROBLEMS_MAX 100         /* a report stops there */

struct policy;

/* One problem of a policy text.  line counts from 1, column from 0 (ANTLR's way, spec section 11). */
struct policy_problem {
	size_t line, column;            /* column in characters, not bytes */
	size_t offset;                  /* byte offset */
	const char *token;              /* offending text, shortened */
	const char *expected;           /* what was expected, for people; "" when that does not apply */
	const char *message;            /* one sentence */
	const char *rule;               /* grammar rule, e.g. "policy > authz > rule" */
	const char *id;                 /* "syntax", "unknown-function", ...; of a warning: the lint's id */
	const char *hint;               /* what to do about it, or NULL */
	const char *source_line;        /* the line, or the part of a long one around the problem */
	size_t caret;                   /* characters before the problem in source_line */
};

/* Compiles; texts of the problem live in the arena.  On failure *problem is filled and e gets
 * POLICY_PARSE with MAA's message shape: Offending symbol, Line, Column, Failure message, Failing rule.
 * problem may be NULL.  The policy borrows nothing from text; it lives in the arena.
 * When memory runs out (LIMIT, NOMEM) *problem is all zero. */
ATT_CHECK bool policy_compile(struct arena *a, const char *text, size_t len, struct policy **out,
    struct policy_problem *problem, struct att_error *e);

/* Everything there is to say about a text, in order of position. */
struct policy_report {
	struct policy *policy;          /* NULL when there are problems */
	const struct policy_problem *problems;
	size_t nproblems;
	const struct policy_problem *warnings;  /* lints; only of a text without problems */
	size_t nwarnings;
};

/* As policy_compile, but goes on after a problem and looks for more, and adds lints.  formats are
 * CLAIM_F_* bits of the attestation type the policy is meant for, 0 when not known.
 * False only when memory runs out. */
ATT_CHECK bool policy_check(struct arena *a, const char *text, size_t len, unsigned formats,
    struct policy_report *out, struct att_error *e);

/* The lints by number, for documentation and tests; NULL past the end. */
const char *policy_lint_id(size_t i);
const char *policy_lint_title(size_t i);

unsigned policy_minor_version(const struct policy *p);          /* 0, 1 or 2 */
size_t policy_rule_count(const struct policy *p);               /* of all sections */

struct policy_limits {
	uint64_t steps;                 /* condition tried on a claim, action, function call: one step each */
	size_t memory;                  /* bytes of claim data the evaluation may add */
};

enum policy_decision { POLICY_NO_PERMIT = 0, POLICY_PERMIT, POLICY_DENY, POLICY_ERROR };
const char *policy_decision_name(enum policy_decision d);      /* "no-permit", "permit", "deny", "error" */

/* What one condition bound.  An unnamed condition is tried only until it holds, so it has one claim. */
struct policy_bound {
	const char *identifier;         /* or NULL */
	const uint32_t *claims;         /* indices into result.incoming */
	size_t nclaims;
};

/* What each rule did, in order of evaluation. */
struct policy_trace {
	size_t line;                    /* of the rule */
	const char *section;            /* "authorizationrules", ... */
	const char *action;             /* "permit", ... */
	bool fired;
	size_t failed_condition;        /* index of the first condition that did not hold; when !fired */
	const struct policy_bound *bound;       /* of the conditions that held, in order */
	size_t nbound;
};

struct policy_result {
	enum policy_decision decision;
	const char *message;            /* MAA's sentence when not permitted; why when POLICY_ERROR */
	struct claims incoming;         /* after all rules: service claims + added */
	struct claims outgoing;         /* issued, in order */
	struct claims properties;       /* issueproperty */
	const struct policy_trace *trace;
	size_t ntrace;
	uint64_t steps;
};

/*
 * False only for exhausted machine memory (NOMEM); a policy's own failure or an exceeded
 * limit is decision POLICY_ERROR with a message that names it.  Unless the decision is POLICY_PERMIT
 * outgoing and properties are empty.  limits NULL means the defaults.  Names and texts of incoming
 * claims and constants of the policy are borrowed: the result lives as long as the shortest of
 * a, incoming and p.
 */
ATT_CHECK bool policy_eval(const struct policy *p, const struct claims *incoming,
    const struct policy_limits *limits, struct arena *a, struct policy_result *out, struct att_error *e);

/* Runs the configuration rules alone, over no claims: what verification must know beforehand
 * (required_pcr_mask, ...).  decision is POLICY_PERMIT, or POLICY_ERROR with a message. */
ATT_CHECK bool policy_configure(const struct policy *p, const struct policy_limits *limits,
    struct arena *a, struct policy_result *out, struct att_error *e);

/* A property claim that controls verification or the token (spec section 6). */
struct policy_property {
	const char *name;
	const char *section;            /* where it works; elsewhere it is ignored */
	unsigned formats;               /* CLAIM_F_* of the attestation types that use it */
	enum claim_kind kind;
	int64_t min, max;               /* of CLAIM_INT; of the number in a CLAIM_STRING */
	struct claim standard;          /* the value without a rule */
};
const struct policy_property *policy_property_find(const char *name);  /* NULL when unknown */
const struct policy_property *policy_property_at(size_t i);            /* NULL past the end */
/* The value a known property has: the issued one, else the standard one.  Never NULL for a known name. */
const struct claim *policy_property_value(const struct policy_result *r, const char *name);

/* b64url(SHA-256(ASCII(b64url(text)))): x-ms-policy-hash; 43 characters and a NUL. */
struct crypto;
ATT_CHECK bool policy_hash(struct crypto *c, struct arena *a, const char *text, size_t len, char out[44],
    struct att_error *e);

#endif
