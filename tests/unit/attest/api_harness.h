/* api_harness.h - calling include/libattest/policy.h with texts; results parsed into one arena. */
#ifndef TESTS_ATTEST_API_HARNESS_H
#define TESTS_ATTEST_API_HARNESS_H

#include <stdlib.h>
#include <string.h>

#include "tests/harness/check.h"

#include "lib/json/json.h"
#include "libattest/policy.h"

struct api_fixture {
	struct arena *a;
	struct att_settings settings;
	struct att_error e;
};
extern struct api_fixture api;

static inline int api_setup(void **state)
{
	(void)state;
	api = (struct api_fixture){ .a = arena_new((size_t)512 << 20) };
	att_settings_default(&api.settings);
	return api.a ? 0 : -1;
}

static inline int api_teardown(void **state)
{
	(void)state;
	arena_free(api.a);
	return 0;
}

static inline struct att_bytes bytes_of(const char *s)
{
	return (struct att_bytes){ (const uint8_t *)s, strlen(s) };
}

/* Takes the text. */
static inline struct json *json_taken(char *text)
{
	struct json *v;

	CHECK_OK(json_parse(api.a, text, strlen(text), NULL, &v, &api.e), &api.e);
	free(text);
	return v;
}

static inline struct json *evaluated(const char *policy, const char *claims)
{
	char *text;

	CHECK_OK(att_policy_eval(bytes_of(policy), bytes_of(claims), &api.settings, &text, &api.e), &api.e);
	return json_taken(text);
}

static inline const char *decision(const char *policy, const char *claims)
{
	return json_get(evaluated(policy, claims), "decision")->s;
}

/* Compact JSON of a value, in the arena. */
static inline const char *compact(const struct json *v)
{
	char *text;
	size_t n;

	CHECK_OK(json_write(api.a, v, JSON_COMPACT, &text, &n, &api.e), &api.e);
	return text;
}

#endif
