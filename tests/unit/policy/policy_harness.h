/* policy_harness.h - short ways to compile, check and evaluate policies in tests. */
#ifndef TESTS_POLICY_HARNESS_H
#define TESTS_POLICY_HARNESS_H

#include "tests/harness/check.h"

#include <stdio.h>
#include <string.h>

#include "lib/policy/policy.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ARENA ((size_t)1 << 28)

/* A policy with these authorization rules and issuance rules, version 1.2. */
#define V2(authz, issuance) "version=1.2;authorizationrules{" authz "};issuancerules{" issuance "};"
#define PERMIT "=> permit();"

static inline const struct policy *compiled(struct arena *a, const char *text)
{
	struct att_error e = { 0 };
	struct policy *p = NULL;

	if (!policy_compile(a, text, strlen(text), &p, NULL, &e))
		fail_msg("%s\n%s", text, e.text);
	return p;
}

/* Claims from JSON: an object of names, or an array of claims. */
static inline struct claims claims_of(struct arena *a, const char *json)
{
	struct att_error e = { 0 };
	struct claims c = claims_make(a);
	struct json *j;

	CHECK_OK(json_parse(a, json, strlen(json), NULL, &j, &e), &e);
	CHECK_OK(claims_from_json(&c, j, &e), &e);
	return c;
}

static inline struct policy_result evaluated(struct arena *a, const char *text, const char *claims_json,
    const struct policy_limits *limits)
{
	struct att_error e = { 0 };
	struct claims c = claims_of(a, claims_json);
	struct policy_result r;

	CHECK_OK(policy_eval(compiled(a, text), &c, limits, a, &r, &e), &e);
	return r;
}

static inline const char *as_text(struct arena *a, const struct claims *c)
{
	struct att_error e = { 0 };
	char *s;
	size_t n;

	CHECK_OK(json_write(a, claims_to_json(c, a), JSON_SORTED, &s, &n, &e), &e);
	return s;
}

static inline struct policy_report checked(struct arena *a, const char *text, unsigned formats)
{
	struct att_error e = { 0 };
	struct policy_report r;

	CHECK_OK(policy_check(a, text, strlen(text), formats, &r, &e), &e);
	return r;
}

#endif
