/* Every policy of vectors/policies gives its PROVENANCE verdict, and its hash where one is recorded. */
#include "tests/unit/policy/policy_harness.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"

struct tally { struct arena *a; struct crypto *c; size_t n, wrong, hashes; };

/* The text of a policy file; a .jws.txt holds the JWS form of it. */
static struct blob policy_text(struct arena *a, const char *file)
{
	char path[256];
	struct blob b;
	struct att_error e = { 0 };
	struct json *j;
	uint8_t *payload;
	const char *dot;
	size_t n;

	(void)snprintf(path, sizeof path, "policies/%s", file);
	b = vector_file(path);
	if (!strstr(file, ".jws."))
		return b;
	dot = strchr((const char *)b.p, '.') + 1;
	CHECK_OK(b64_decode_arena(B64_URL, a, dot, (size_t)(strchr(dot, '.') - dot), &payload, &n, &e), &e);
	CHECK_OK(json_parse(a, payload, n, NULL, &j, &e), &e);
	blob_free(&b);
	CHECK_OK(b64_decode_arena(B64_URL, a, json_get(j, "AttestationPolicy")->s, json_get(j,
	    "AttestationPolicy")->len,
	    &payload, &n, &e), &e);
	b.p = calloc(1, n + 1);
	b.n = n;
	for (size_t i = 0; i < n; i++)
		b.p[i] = payload[i];
	return b;
}

/* The 43 characters of a recorded hash in the notes: after "h=", "is " or "Hash ". */
static const char *recorded_hash(const char *notes)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (const char *s = notes; *s; s += strspn(s, alphabet) ? strspn(s, alphabet) : 1) {
		if (strspn(s, alphabet) == 43)
			return s;
	}
	return NULL;
}

static void one_file(char **cells, size_t n, void *state)
{
	struct tally *t = state;
	struct att_error e = { 0 };
	struct policy_problem problem;
	struct blob b;
	struct policy *p;
	char hash[44];
	bool ok;

	assert_true(n >= 9);
	if (strcmp(cells[7], "n/a") == 0)
		return;
	b = policy_text(t->a, cells[0]);
	ok = policy_compile(t->a, (const char *)b.p, b.n, &p, &problem, &e);
	t->n++;
	if (ok != (strcmp(cells[7], "accept") == 0)) {
		t->wrong++;
		print_message("# %s: want %s: %s\n", cells[0], cells[7], e.text);
	}
	if (!ok) {
		assert_int_equal(e.code, ATT_E_POLICY_PARSE);
		assert_non_null(strstr(e.text, "Policy Parser Exception Thrown: Offending symbol: '"));
	}
	if (ok && !strstr(cells[8], "PUT of JWS") && recorded_hash(cells[8])) {
		att_error_clear(&e);
		CHECK_OK(policy_hash(t->c, t->a, (const char *)b.p, b.n, hash, &e), &e);
		if (strncmp(hash, recorded_hash(cells[8]), 43) != 0 && !strstr(cells[8], "ASSUMED"))
			fail_msg("%s: hash %s", cells[0], hash);
		t->hashes++;
	}
	blob_free(&b);
}

static void provenance(void **state)
{
	struct att_error e = { 0 };
	struct tally t = { .a = arena_new(ARENA), .c = crypto_new(&e) };

	(void)state;
	need_vectors();
	each_provenance("policies", one_file, &t);
	print_message("# %zu policies, %zu with the wrong verdict, %zu hashes compared\n", t.n, t.wrong,
	    t.hashes);
	assert_int_equal(t.wrong, 0);
	assert_true(t.n >= 65 && t.hashes >= 30);
	crypto_free(t.c);
	arena_free(t.a);
}

/* The position and reason of every refused file. */
static const struct { const char *file; size_t line, column; const char *token, *reason; } refused[] = {
	{ "bad-docs-single-equals.txt", 4, 11, "=", "expecting {'==', '!='" },
	{ "bad-docs-placeholders.txt", 5, 49, "<", "expecting a value" },
	{ "bad-missing-version-semicolon.txt", 2, 0, "authorizationrules", "expecting ';'" },
	{ "bad-bracket-after-version.txt", 2, 0, "[", "mismatched input '[' expecting ';'" },
	{ "bad-version-2.0.txt", 1, 8, "2.0", "unknown version" },
	{ "bad-version-1.3.txt", 1, 8, "1.3", "unknown version" },
	{ "bad-no-version.txt", 1, 0, "authorizationrules", "expecting 'version'" },
	{ "bad-empty.txt", 1, 0, "<EOF>", "expecting 'version'" },
	{ "bad-missing-final-semicolon.txt", 1, 44, "<EOF>", "expecting ';'" },
	{ "bad-rule-no-semicolon.txt", 1, 42, "}", "expecting ';'" },
	{ "bad-no-authorizationrules.txt", 1, 12, "issuancerules", "expecting 'authorizationrules'" },
	{ "bad-config-in-1.0.txt", 1, 12, "configurationrules", "not part of version 1.0" },
	{ "bad-section-order.txt", 1, 12, "issuancerules",
	    "expecting {'configurationrules', 'authorizationrules'}" },
	{ "bad-duplicate-section.txt", 1, 45, "authorizationrules",
	    "expecting {end of text, 'issuancerules'}" },
	{ "bad-permit-in-issuance.txt", 1, 62, "permit", "permit() is not allowed in issuancerules" },
	{ "bad-issueproperty-in-authz.txt", 1, 34, "issueproperty", "not allowed in authorizationrules" },
	{ "bad-unknown-action.txt", 1, 34, "allow", "unknown action 'allow'" },
	{ "bad-permit-argument.txt", 1, 41, "true", "expecting {')'" },
	{ "bad-unbound-claim.txt", 1, 86, "c", "identifier 'c' is not bound" },
	{ "bad-unbound-value.txt", 1, 98, "d", "identifier 'd' is not bound" },
	{ "bad-issue-positional.txt", 1, 68, "\"a\"",
	    "expecting {')', type, value, valueType or issuer, 'claim'}" },
	{ "bad-unterminated-string.txt", 1, 38, "\"a] => permit();};", "not closed" },
	{ "bad-single-quotes.txt", 1, 38, "'a'", "single quotes" },
	{ "bad-or-operator.txt", 1, 43, "||", "no ||" },
	{ "bad-regex-operator.txt", 1, 48, "=~", "no regular-expression operator" },
	{ "bad-single-ampersand.txt", 1, 43, "&", "'&' is not an operator" },
	{ "bad-not-in-1.1.txt", 1, 31, "!", "needs version 1.2" },
	{ "bad-function-in-1.1.txt", 1, 84, "NegateBool", "function NegateBool needs version 1.2" },
	{ "bad-function-name.txt", 1, 96, "NegateBol", "unknown function 'NegateBol'" },
	{ "bad-function-arity.txt", 1, 96, "ContainsOnlyValue", "takes 2 arguments, 1 given" },
	{ "bad-fraction.txt", 1, 85, ".", "expecting {')', ','}" },
	{ "bad-smart-quotes.txt", 1, 38, "\xE2\x80\x9C" "a\xE2\x80\x9D", "typographic quotes" },
	{ "bad-utf16-bom.txt", 1, 0, "", "not UTF-8" },
	{ "bad-block-comment.txt", 1, 12, "/*", "block comments" }
};

static void reasons(void **state)
{
	struct arena *a = arena_new(ARENA);
	size_t wrong = 0;

	(void)state;
	need_vectors();
	for (size_t i = 0; i < COUNT(refused); i++) {
		char path[256];
		struct blob b;
		struct policy_problem p;
		struct att_error e = { 0 };
		struct policy *policy;

		(void)snprintf(path, sizeof path, "policies/%s", refused[i].file);
		b = vector_file(path);
		assert_false(policy_compile(a, (const char *)b.p, b.n, &policy, &p, &e));
		if (p.line != refused[i].line || p.column != refused[i].column ||
		    (*refused[i].token && strcmp(p.token, refused[i].token) != 0) ||
		    !strstr(p.message, refused[i].reason)) {
			print_message("# %s: %zu:%zu '%s' %s\n", refused[i].file, p.line, p.column, p.token,
			    p.message);
			wrong++;
		}
		blob_free(&b);
	}
	assert_int_equal(wrong, 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(provenance), cmocka_unit_test(reasons) };

	return cmocka_run_group_tests_name("policy/vectors", tests, NULL, NULL);
}
