/* Limits at the limit and one past it, hostile texts and policies, exhausted memory. */
#include "tests/unit/policy/policy_harness.h"

#include <stdlib.h>

/* A text built piece by piece. */
struct text { char *p; size_t n, cap; };

static void put(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->n + n + 1 > t->cap) {
		t->cap = 2 * (t->n + n + 1);
		t->p = realloc(t->p, t->cap);
		assert_non_null(t->p);
	}
	(void)strcpy(t->p + t->n, s);
	t->n += n;
}

static void times(struct text *t, size_t n, const char *s)
{
	while (n-- > 0)
		put(t, s);
}

/* Compiles and frees the text; the message of the first problem, or NULL when accepted. */
static const char *verdict(struct arena *a, struct text *t)
{
	struct policy_problem p = { 0 };
	struct att_error e = { 0 };
	struct policy *policy;
	bool ok = policy_compile(a, t->p, t->n, &policy, &p, &e);

	free(t->p);
	*t = (struct text){ 0 };
	assert_true(ok || e.code == ATT_E_POLICY_PARSE);
	return ok ? NULL : p.message;
}

static const char *with_rules(struct arena *a, size_t n)
{
	struct text t = { 0 };

	put(&t, "version=1.0;authorizationrules{");
	times(&t, n, "=>permit();");
	put(&t, "};");
	return verdict(a, &t);
}

static const char *with_conditions(struct arena *a, size_t n)
{
	struct text t = { 0 };

	put(&t, "version=1.0;authorizationrules{[type==\"a\"]");
	times(&t, n - 1, "&&[type==\"a\"]");
	put(&t, "=>permit();};");
	return verdict(a, &t);
}

static const char *with_tests(struct arena *a, size_t n)
{
	struct text t = { 0 };

	put(&t, "version=1.0;authorizationrules{[value!=1");
	times(&t, n - 1, ",value!=1");
	put(&t, "]=>permit();};");
	return verdict(a, &t);
}

static const char *with_calls(struct arena *a, size_t n)
{
	struct text t = { 0 };

	put(&t, "version=1.2;authorizationrules{=>add(type=\"a\",value=");
	times(&t, n, "NegateBool(");
	put(&t, "true");
	times(&t, n, ")");
	put(&t, ");};");
	return verdict(a, &t);
}

static const char *with_length(struct arena *a, size_t n)
{
	struct text t = { 0 };

	put(&t, "version=1.0;authorizationrules{};");
	times(&t, n - t.n, " ");
	return verdict(a, &t);
}

static void text_limits(void **state)
{
	static const struct { const char *(*make)(struct arena *a,
	    size_t n); size_t limit; const char *message; } rows[] = {
		{ with_rules, POLICY_RULES_MAX, "more than 4096 rules" },
		{ with_conditions, POLICY_CONDITIONS_MAX, "more than 64 conditions" },
		{ with_tests, POLICY_TESTS_MAX, "more than 64 tests" },
		{ with_calls, POLICY_CALL_DEPTH_MAX, "more than 16 nested calls" },
		{ with_length, POLICY_TEXT_MAX, "the limit of a policy is 1048576" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_new(ARENA);
		const char *past;

		assert_null(rows[i].make(a, rows[i].limit));
		past = rows[i].make(a, rows[i].limit + 1);
		if (!past || !strstr(past, rows[i].message))
			fail_msg("row %zu: %s", i, past ? past : "accepted");
		arena_free(a);
	}
}

/* Texts of a megabyte that mean nothing: refused, with few problems and little memory. */
static void hostile_texts(void **state)
{
	static const char *const pieces[] = {
		"[", "]", "(", "{", "}", ";", "};", "!", "\"", "\\", "//", "/*", "=>", "=", "&&", ",", "a",
		    "1", "-1 ", "\n",
		"'", "\xE2\x80\x9C", "[type==", "=>permit(", "=>add(type=JmesPath(", "NegateBool(",
		    "authorizationrules{",
		"version=1.0;", "[[type==\"a\"]", "\"\\u0041\"", "a:", "x.value", "#", "\xF0\x9F\x98\x80",
		    "\t\r"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct arena *a = arena_new((size_t)64 << 20);
		struct text t = { 0 };
		struct policy_report r;
		struct att_error e = { 0 };

		put(&t, "version=1.2;authorizationrules{");
		times(&t, (POLICY_TEXT_MAX - t.n) / strlen(pieces[i]), pieces[i]);
		CHECK_OK(policy_check(a, t.p, t.n, 0, &r, &e), &e);
		assert_null(r.policy);
		assert_true(r.nproblems >= 1 && r.nproblems <= POLICY_PROBLEMS_MAX);
		free(t.p);
		arena_free(a);
	}
}

/* The report fills up at every kind of problem in turn: nothing is written behind its end. */
static void full_report(void **state)
{
	static const char slips[] =
	    "c:[type='a', value=\"\\q\\w\", issuer=\"x\"] & [typ==1] \xE2\x87\x92 alow('b');/* x */"
	    "=> permit(type==1, type=99999999999999999999) [type=\xE2\x80\x9Cq\xE2\x80\x9D, value!~1] || d:[";

	(void)state;
	for (size_t n = POLICY_PROBLEMS_MAX - 20; n <= POLICY_PROBLEMS_MAX; n++) {
		struct arena *a = arena_new(ARENA);
		struct text t = { 0 };
		struct policy_report r;
		struct att_error e = { 0 };

		put(&t, "version=1.0;authorizationrules{");
		times(&t, n, ";");
		times(&t, 3, slips);
		CHECK_OK(policy_check(a, t.p, t.n, 0, &r, &e), &e);
		assert_int_equal(r.nproblems, POLICY_PROBLEMS_MAX);
		free(t.p);
		arena_free(a);
	}
}

/* A large policy: names, rules and lints stay near linear. */
static void large_policy(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct text t = { 0 };
	struct policy_report r;
	struct policy_result result;
	struct claims c;
	struct att_error e = { 0 };
	char rule[200];

	(void)state;
	put(&t, "version=1.0;authorizationrules{");
	for (int i = 0; i < POLICY_RULES_MAX; i++) {
		(void)snprintf(rule, sizeof rule,
		    "[type==\"claim-%d\", value==%d] && [type==\"svn\", value>=%d] => permit();\n",
		    i, i, i % 7);
		put(&t, rule);
	}
	put(&t, "};");
	CHECK_OK(policy_check(a, t.p, t.n, 0, &r, &e), &e);
	assert_non_null(r.policy);
	assert_int_equal(r.nwarnings, POLICY_PROBLEMS_MAX);
	c = claims_of(a, "{\"svn\":5,\"claim-4095\":4095}");
	CHECK_OK(policy_eval(r.policy, &c, NULL, a, &result, &e), &e);
	assert_int_equal(result.decision, POLICY_PERMIT);
	/* the index: a rule about an absent claim costs nothing */
	assert_true(result.steps <= 4);
	free(t.p);
	arena_free(a);
}

/* The step budget decides, exactly: what costs n steps passes with n and fails with n - 1. */
static void step_limit(void **state)
{
	static const char text[] = V2("c:[issuer==\"AttestationService\"] && [value!=c.value] => deny();"
	    PERMIT,
	    "c:[type==\"a\"] => issue(type=\"b\", value=JsonToClaimValue(JmesPath(c.value, \"[].x | "
	    "sort(@)\")));");
	static const char claims[] = "{\"a\":\"[{\\\"x\\\":3},{\\\"x\\\":2},{\\\"x\\\":1}]\",\"p\":1,"
	    "\"q\":true}";
	struct arena *a = arena_new(ARENA);
	struct policy_result r = evaluated(a, text, claims, NULL), s;
	struct policy_limits limits = { r.steps, POLICY_MEMORY_DEFAULT };

	(void)state;
	assert_int_equal(r.decision, POLICY_PERMIT);
	for (uint64_t n = 0; n <= r.steps; n++) {
		limits.steps = n;
		s = evaluated(a, text, claims, &limits);
		assert_int_equal(s.decision, n == r.steps ? POLICY_PERMIT : POLICY_ERROR);
		assert_true(s.steps <= n);
		if (n < r.steps && !strstr(s.message, "step limit of"))
			fail_msg("%llu steps: %s", (unsigned long long)n, s.message);
	}
	arena_free(a);
}

static void memory_limit(void **state)
{
	static const char text[] = V2(PERMIT,
	    "c:[type==\"a\"] => issue(type=\"b\", value=JsonToClaimValue(JmesPath(c.value, \"x\")));");
	bool passed = false;

	(void)state;
	for (size_t n = 0; !passed; n += 64) {
		struct arena *a = arena_new(ARENA);
		struct policy_limits limits = { POLICY_STEPS_DEFAULT, n };
		const struct policy *p = compiled(a, text);
		struct claims c = claims_of(a, "{\"a\":{\"x\":[1,2,3]}}");
		struct att_error e = { 0 };
		struct policy_result r;
		size_t before = arena_used(a);

		CHECK_OK(policy_eval(p, &c, &limits, a, &r, &e), &e);
		passed = r.decision == POLICY_PERMIT;
		if (!passed && !strstr(r.message, "memory limit of"))
			fail_msg("%zu bytes: %s", n, r.message);
		assert_true(arena_used(a) - before <= n + 128);         /* the message itself is free */
		assert_true(n < 65536);
		arena_free(a);
	}
}

/* Policies that would grow or run without end. */
static struct text doubling(const char *claim)
{
	struct text t = { 0 };

	put(&t, "version=1.2;authorizationrules{=>permit();};issuancerules{=>add(type=\"s0\", value=\"");
	put(&t, claim);
	put(&t, "\");");
	for (int i = 0; i < 60; i++) {
		char rule[160];

		(void)snprintf(rule, sizeof rule,
		    "c:[type==\"s%d\"]=>add(type=\"s%d\",value=AppendString(c.value,c.value));", i, i + 1);
		put(&t, rule);
	}
	put(&t, "};");
	return t;
}

static void growth(void **state)
{
	struct text t = doubling("0123456789abcdef");
	struct arena *a = arena_new(ARENA);
	struct policy_limits limits = { POLICY_STEPS_DEFAULT, (size_t)1 << 20 };
	struct policy_result r = evaluated(a, t.p, "{}", &limits);

	(void)state;
	assert_int_equal(r.decision, POLICY_ERROR);
	assert_non_null(strstr(r.message, "memory limit of 1048576 bytes"));
	/* under a smaller arena it is the same failure, not a failure of the machine */
	arena_free(a);
	a = arena_new((size_t)1 << 19);
	r = evaluated(a, t.p, "{}", NULL);
	assert_int_equal(r.decision, POLICY_ERROR);
	assert_non_null(strstr(r.message, "memory limit"));
	free(t.p);
	arena_free(a);
}

/* Joins of everything with everything, long texts compared again and again. */
static void quadratic(void **state)
{
	struct text t = { 0 }, c = { 0 };
	struct arena *a = arena_new(ARENA);
	struct policy_limits limits = { 100000, POLICY_MEMORY_DEFAULT };
	struct policy_result r;

	(void)state;
	put(&t, "version=1.0;authorizationrules{");
	times(&t, 1000, "c:[value!=\"x\"] && d:[value==c.value] => permit();");
	put(&t, "};");
	put(&c, "{\"a\":[1");
	times(&c, 2000, ",2,\"three\"");
	put(&c, "]}");
	r = evaluated(a, t.p, c.p, &limits);
	assert_int_equal(r.decision, POLICY_ERROR);
	assert_non_null(strstr(r.message, "line 1: step limit of 100000 exceeded"));
	free(t.p);
	free(c.p);
	arena_free(a);
}

/* A set added twice costs its length twice, not its square. */
static void repeated_sets(void **state)
{
	struct text c = { 0 };
	struct arena *a = arena_new(ARENA);
	struct policy_result r;

	(void)state;
	put(&c, "{\"j\":\"[0");
	for (int i = 1; i < 5000; i++) {
		char n[16];

		(void)snprintf(n, sizeof n, ",%d", i);
		put(&c, n);
	}
	put(&c, "]\"}");
	r = evaluated(a, V2(PERMIT, "c:[type==\"j\"]=>issue(type=\"s\",value=JsonToClaimValue(c.value));"
	    "c:[type==\"j\"]=>issue(type=\"s\",value=JsonToClaimValue(c.value));"), c.p, NULL);
	assert_int_equal(r.decision, POLICY_PERMIT);
	assert_int_equal(r.outgoing.n, 5000);
	assert_true(r.steps < 100000);
	free(c.p);
	arena_free(a);
}

static const char whole[] = "version=1.2;configurationrules{=>issueproperty(type=\"omit_x5c\",value=true);"
    "};authorizationrules{"
    "c:[type==\"a\", issuer==\"AttestationService\"]&&![type==\"b\"]&&d:[value==c.value]=>permit();};"
    "issuancerules{"
    "c:[type==\"a\"]=>issue(type=\"j\",value=JsonToClaimValue(JmesPath(c.value,\"x[?y>`1`].z\")));"
    "c:[type==\"a\"]=>issue(claim=c);};";

/* The n-th block refused, for every n: a clean NOMEM each time. */
static void failing_compile(void **state)
{
	(void)state;
	for (size_t n = 0;; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct att_error e = { 0 };
		struct policy_report r;
		bool ok = a && policy_check(a, whole, sizeof whole - 1, 0, &r, &e);

		if (a && !ok)
			assert_int_equal(e.code, ATT_E_NOMEM);
		arena_free(a);
		if (ok)
			break;
	}
}

/* Blocks are 16 KiB, so a byte limit reaches allocations that the n-th block does not. */
static void limited_compile(void **state)
{
	static const char bad[] = "version=1.0;authorizationrules{[type=\"a\"]=>alow();};"
	    "issuancerules{=>issue(type=1);};";

	(void)state;
	for (size_t n = 0; n < 60000; n += 16) {
		struct arena *a = arena_new(n);
		struct att_error e = { 0 };
		struct policy_report r = { 0 };

		if (policy_check(a, n % 32 ? whole : bad, n % 32 ? sizeof whole - 1 : sizeof bad - 1, 0, &r,
		    &e))
			assert_true(r.policy || r.nproblems > 0);
		else
			assert_int_equal(e.code, ATT_E_LIMIT);
		arena_free(a);
	}
}

static void failing_eval(void **state)
{
	struct arena *kept = arena_new(ARENA);
	const struct policy *p = compiled(kept, whole);
	struct claims c = claims_of(kept, "{\"a\":{\"x\":[{\"y\":2,\"z\":\"w\"}]}}");

	(void)state;
	for (size_t n = 0;; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct att_error e = { 0 };
		struct policy_result r;
		bool ok = a && policy_eval(p, &c, NULL, a, &r, &e);

		if (a && !ok)
			assert_int_equal(e.code, ATT_E_NOMEM);
		if (ok)
			assert_int_equal(r.decision, POLICY_PERMIT);
		arena_free(a);
		if (ok)
			break;
	}
	/* every limit of the arena is a failure of the policy, never of the machine */
	for (size_t n = 0; n < 20000; n += 16) {
		struct arena *a = arena_new(n);
		struct att_error e = { 0 };
		struct policy_result r;

		CHECK_OK(policy_eval(p, &c, NULL, a, &r, &e), &e);
		assert_true(r.decision == POLICY_PERMIT || (r.decision == POLICY_ERROR && r.message));
		arena_free(a);
	}
	arena_free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_limits), cmocka_unit_test(hostile_texts),
		    cmocka_unit_test(full_report),
		cmocka_unit_test(large_policy),
		cmocka_unit_test(step_limit), cmocka_unit_test(memory_limit), cmocka_unit_test(growth),
		cmocka_unit_test(quadratic), cmocka_unit_test(repeated_sets),
		    cmocka_unit_test(failing_compile),
		cmocka_unit_test(limited_compile), cmocka_unit_test(failing_eval)
	};

	return cmocka_run_group_tests_name("policy/limits", tests, NULL, NULL);
}
