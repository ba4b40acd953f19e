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
#define POLICY_CALL_DEPTH_MAX 16
#define POLICY_STEPS_DEFAULT 10000000u

struct policy;

/* One problem of a policy text.  line counts from 1, column from 0 (ANTLR's way, spec section 11). */
struct policy_problem {
	size_t line, column;
	size_t offset;                  /* byte offset */
	const char *token;              /* offending text, shortened */
	const char *expected;           /* what was expected, for people */
	const char *message;            /* one sentence */
	const char *rule;               /* grammar rule, e.g. "policy > authz > rule" */
};

/* Compiles; texts of the problem live in the arena.  On failure *problem is filled and e gets
 * POLICY_PARSE with MAA's message shape: Offending symbol, Line, Column, Failure message, Failing rule.
 * problem may be NULL.  The policy borrows nothing from text; it lives in the arena. */
ATT_CHECK bool policy_compile(struct arena *a, const char *text, size_t len, struct policy **out,
    struct policy_problem *problem, struct att_error *e);

struct policy_limits {
	uint64_t steps;                 /* condition tried on a claim, action, function call: one step each */
	size_t memory;                  /* bytes of claim data the evaluation may add */
};

enum policy_decision { POLICY_NO_PERMIT = 0, POLICY_PERMIT, POLICY_DENY, POLICY_ERROR };

/* What each rule did, in order of evaluation. */
struct policy_trace {
	size_t line;                    /* of the rule */
	const char *section;            /* "authorizationrules", ... */
	const char *action;             /* "permit", ... */
	bool fired;
	size_t failed_condition;        /* index of the first condition that did not hold; when !fired */
};

struct policy_result {
	enum policy_decision decision;
	const char *message;            /* MAA's sentence when not permitted; why when POLICY_ERROR */
	struct claims incoming;         /* after all rules: service claims + added */
	struct claims outgoing;         /* issued, in order */
	struct claims properties;       /* issueproperty */
	const struct policy_trace *trace; size_t ntrace;
	uint64_t steps;
};

/* False only for exhausted machine memory (NOMEM); a policy's own failure or an exceeded
 * limit is decision POLICY_ERROR with a message that names it. */
ATT_CHECK bool policy_eval(const struct policy *p, const struct claims *incoming, const struct policy_limits *limits,
    struct arena *a, struct policy_result *out, struct att_error *e);

/* b64url(SHA-256(ASCII(b64url(text)))): x-ms-policy-hash; 43 characters and a NUL. */
struct crypto;
ATT_CHECK bool policy_hash(struct crypto *c, struct arena *a, const char *text, size_t len, char out[44], struct att_error *e);

#endif
