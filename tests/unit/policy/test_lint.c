/* Lints: each row of the table has a policy that makes it and a neighbour that does not. */
#include "tests/unit/policy/policy_harness.h"

#include "lib/claims/names.h"
#include "lib/policy/hint.h"

#define AUTHZ(rules) "version=1.2;authorizationrules{" rules "};"
#define COND(tests) AUTHZ("[" tests "] => permit();")
#define SIGNER "[type==\"x-ms-sgx-mrsigner\", value==\"aa\"]"
#define NODEBUG "[type==\"x-ms-sgx-is-debuggable\", value==false]"

static const struct row {
	const char *id, *text, *message, *hint;         /* message NULL: the lint must stay silent */
	unsigned formats;
} rows[] = {
	{ "unknown-claim", COND("type==\"x-ms-sgx-mrsinger\""),
	    "no attestation type and no earlier rule makes the claim",
	    "did you mean x-ms-sgx-mrsigner?", 0 },
	{ "unknown-claim", COND("type==\"secureBoot\""), "'secureBoot'", "did you mean secureboot?", 0 },
	{ "unknown-claim", COND("type==\"wholly-different\""), "wholly-different", NULL, 0 },
	{ "unknown-claim", COND("type==\"x-ms-policy\""), "x-ms-policy", NULL, 0 },
	{ "unknown-claim", COND("type==\"secureboot\""), NULL, NULL, 0 },
	{ "unknown-claim", COND("type==\"OSName\", issuer==\"CustomClaim\""), NULL, NULL, 0 },
	{ "unknown-claim", COND("type==\"https://h/custom/OSName\""), NULL, NULL, 0 },
	{ "unknown-claim", AUTHZ("=>add(type=\"own\",value=1); [type==\"own\"]=>permit();"), NULL, NULL, 0 },
	{ "unknown-claim", AUTHZ("[type==\"own\"]=>permit(); =>add(type=\"own\",value=1);"), "'own'", NULL,
	    0 },
	{ "unknown-claim", AUTHZ("=>add(type=AppendString(\"o\",\"wn\"),value=1); "
	    "[type==\"own\"]=>permit();"), NULL, NULL, 0 },
	{ "never-fires", COND("type==\"x-ms-sgx-svn\", value==\"1\""),
	    "is an integer and is compared with a string", NULL, 0 },
	{ "never-fires", COND("type==\"x-ms-runtime\", value==\"{}\""), NULL, NULL, 0 },
	{ "never-fires", COND("type==\"secureboot\", value>=1"),
	    "is a Boolean and is compared with an integer", NULL, 0 },
	{ "never-fires", COND("type==\"dbgstat\", value<\"x\""), "hold for integers only", NULL, 0 },
	{ "never-fires", COND("type==\"x-ms-sgx-svn\", value>3, value<4"), "no integer passes", NULL, 0 },
	{ "never-fires", COND("type==\"x-ms-sgx-svn\", value>=3, value<4"), NULL, NULL, 0 },
	{ "never-fires", COND("type==\"x-ms-sgx-svn\", value>9223372036854775807"), "no integer passes",
	    NULL, 0 },
	{ "never-fires", COND("type==\"x-ms-sgx-svn\", value<-9223372036854775808"), "no integer passes",
	    NULL, 0 },
	{ "never-fires", COND("type==\"x-ms-sgx-svn\", value<=2, value==3"), "no integer passes", NULL, 0 },
	{ "never-fires", COND("type==\"a\", type==\"b\""), "type cannot equal two constants", NULL, 0 },
	{ "never-fires", COND("type==\"dbgstat\", value==\"a\", value==\"b\""),
	    "value cannot equal two constants", NULL, 0 },
	{ "never-fires", COND("type==\"dbgstat\", value!=\"a\", value!=\"b\""), NULL, NULL, 0 },
	{ "never-fires", COND("type==5"), "type is a string and is compared with an integer", NULL, 0 },
	{ "never-fires", COND("valueType==\"integer\""), "the value types are", NULL, 0 },
	{ "never-fires", COND("issuer==\"attestationService\""), "the issuers are", NULL, 0 },
	{ "never-fires", COND("type==\"secureboot\", issuer==\"AttestationPolicy\""),
	    "no earlier rule makes", NULL, 0 },
	{ "never-fires", AUTHZ("=>add(type=\"own\",value=1);[type==\"own\", "
	    "issuer==\"AttestationService\"]=>permit();"),
	    "the service makes no claim 'own'", NULL, 0 },
	{ "never-fires", AUTHZ("=>add(type=\"own\",value=1);[type==\"own\", "
	    "issuer==\"AttestationPolicy\"]=>permit();"),
	    NULL, NULL, 0 },
	{ "never-fires", AUTHZ("![type==5] => permit();"), NULL, NULL, 0 },
	{ "permit-all", AUTHZ(PERMIT), "without any condition", "deny what must not pass", 0 },
	{ "permit-all", COND("type==\"secureboot\""), NULL, NULL, 0 },
	{ "no-permit", AUTHZ("=> deny();"), "every request is refused", NULL, 0 },
	{ "no-permit", AUTHZ(PERMIT), NULL, NULL, 0 },
	{ "debug-not-denied", COND("type==\"x-ms-sevsnpvm-vmpl\", value==0"), "x-ms-sevsnpvm-is-debuggable",
	    "[type==\"x-ms-sevsnpvm-is-debuggable\", value==true] => deny();", 0 },
	{ "debug-not-denied", AUTHZ(PERMIT), "tdx_td_attributes_debug", NULL, CLAIM_F_TDX },
	{ "debug-not-denied", AUTHZ(PERMIT), "x-ms-azurevm-debuggersdisabled", "value==false] => deny()",
	    CLAIM_F_AZGUEST },
	{ "debug-not-denied", AUTHZ(PERMIT), NULL, NULL, 0 },
	{ "debug-not-denied", AUTHZ(PERMIT), NULL, NULL, CLAIM_F_TPM },
	{ "debug-not-denied", AUTHZ("[type==\"dbgstat\", value!=\"disabled\"]=>deny();" PERMIT), NULL, NULL,
	    CLAIM_F_TDX },
	{ "debug-not-denied", AUTHZ("[type==\"dbgstat\", value==\"disabled\"]=>deny();" PERMIT),
	    "debug mode", NULL, CLAIM_F_TDX },
	{ "debug-not-denied", AUTHZ("[type==\"$is-debuggable\", value==true]=>deny();" PERMIT), NULL, NULL,
	    CLAIM_F_SGX },
	{ "debug-not-denied",
	    AUTHZ("[type==\"$is-debuggable\", value==true]&&[type==\"x-ms-sgx-svn\"]=>deny();" PERMIT),
	    "debug mode", NULL, CLAIM_F_SGX },
	{ "debug-not-denied", AUTHZ(NODEBUG "=>permit();"), NULL, NULL, 0 },
	{ "debug-not-denied", AUTHZ(NODEBUG "=>permit();[type==\"x-ms-sgx-svn\", value==1]=>permit();"),
	    "debug mode", NULL, 0 },
	{ "signer-alone", AUTHZ(NODEBUG "&&" SIGNER "=>permit();"), "without product id and minimum SVN",
	    "x-ms-sgx-product-id", 0 },
	{ "signer-alone", AUTHZ(SIGNER "&&[type==\"x-ms-sgx-product-id\", value==1]=>permit();"),
	    "without minimum SVN", NULL, 0 },
	{ "signer-alone", AUTHZ(SIGNER "&&[type==\"$svn\", value>=2]=>permit();"), "without product id:",
	    NULL, 0 },
	{ "signer-alone", AUTHZ(SIGNER "&&[type==\"$product-id\", value==1]&&[type==\"$svn\", "
	    "value>=0]=>permit();"),
	    "without minimum SVN", NULL, 0 },
	{ "signer-alone", AUTHZ(SIGNER "&&[type==\"$product-id\", value==1]&&[type==\"$svn\", "
	    "value>=1]=>permit();"), NULL, NULL, 0 },
	{ "signer-alone", AUTHZ("[type==\"$svn\",value<3]=>deny();[type==\"$product-id\",value!=1]=>deny();"
	    SIGNER "=>permit();"),
	    NULL, NULL, 0 },
	{ "signer-alone", AUTHZ(SIGNER "&&[type==\"x-ms-sgx-mrenclave\", value==\"bb\"]=>permit();"), NULL,
	    NULL, 0 },
	{ "signer-alone", AUTHZ(SIGNER "=>deny();" PERMIT), NULL, NULL, 0 },
	{ "filter-null", AUTHZ("=>add(type=\"a\",value=JmesPath(\"[]\", \"[? a == 'x'] | @ != `null`\"));"),
	    "[] != `null`",
	    "length(@)", 0 },
	{ "filter-null", AUTHZ("=>add(type=\"a\",value=JmesPath(\"[]\", \"a != `null`\"));"), NULL, NULL, 0 },
	{ "filter-null", AUTHZ("=>add(type=\"a\",value=JmesPath(\"[]\", \"[? a == '[?] != `null`']\"));"),
	    NULL, NULL, 0 },
	{ "reserved-name", V2(PERMIT, "=>issue(type=\"iss\",value=\"me\");"), "'iss' is a reserved name",
	    NULL, 0 },
	{ "reserved-name", V2(PERMIT, "=>issue(type=\"x-ms-sgx-mrsigner\",value=\"me\");"), "reserved",
	    NULL, 0 },
	{ "reserved-name", V2(PERMIT,
	    "=>add(type=\"iss\",value=\"me\");=>issue(type=\"tee\",value=\"x\");"), NULL, NULL, 0 },
	{ "issue-early", AUTHZ("=>issue(type=\"a\",value=1);" PERMIT), "acts like add()", "write add()", 0 },
	{ "issue-early", V2(PERMIT, "=>issue(type=\"a\",value=1);"), NULL, NULL, 0 },
	{ "property", V2(PERMIT, "=>issueproperty(type=\"omit_x5\",value=true);"), "unknown property",
	    "omit_x5c?", 0 },
	{ "property", V2(PERMIT, "=>issueproperty(type=\"required_pcr_mask\",value=1);"), "ignored here",
	    "belongs into configurationrules", 0 },
	{ "property", V2(PERMIT, "=>issueproperty(type=\"omit_x5c\",value=1);"),
	    "is an integer, want a Boolean", NULL, 0 },
	{ "property", V2(PERMIT, "=>issueproperty(type=\"report_validity_in_minutes\",value=525601);"),
	    "want 1 to 525600", NULL, 0 },
	{ "property", V2(PERMIT, "=>issueproperty(type=\"report_validity_in_minutes\",value=525600);"),
	    NULL, NULL, 0 },
	{ "argument", V2(PERMIT, "=>issue(type=\"a\",value=NegateBool(\"true\"));"),
	    "argument 1 of NegateBool is a string",
	    "NegateBool(boolean)", 0 },
	{ "argument", V2(PERMIT, "=>issue(type=\"a\",value=ContainsOnlyValue(1, \"x\"));"), NULL, NULL, 0 }
};

static const struct policy_problem *find(const struct policy_report *r, const char *id)
{
	for (size_t i = 0; i < r->nwarnings; i++)
		if (strcmp(r->warnings[i].id, id) == 0)
			return &r->warnings[i];
	return NULL;
}

static void each_lint(void **state)
{
	struct arena *a = arena_new(ARENA);
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct policy_report r = checked(a, rows[i].text, rows[i].formats);
		const struct policy_problem *p = find(&r, rows[i].id);

		assert_int_equal(r.nproblems, 0);
		if (!rows[i].message ? !p : p && strstr(p->message, rows[i].message) &&
		    (!rows[i].hint || (p->hint && strstr(p->hint, rows[i].hint))))
			continue;
		wrong++;
		print_message("# row %zu %s %s\n#   <%s> hint <%s>\n", i, rows[i].id, rows[i].text, p ?
		    p->message : "silent",
		    p && p->hint ? p->hint : "");
	}
	assert_int_equal(wrong, 0);
	arena_free(a);
}

/* A lint without a policy that makes it does not count. */
static void table_is_covered(void **state)
{
	(void)state;
	for (size_t i = 0; policy_lint_id(i); i++) {
		bool made = false, silent = false;

		for (size_t k = 0; k < COUNT(rows); k++) {
			made = made || (strcmp(rows[k].id, policy_lint_id(i)) == 0 && rows[k].message);
			silent = silent || (strcmp(rows[k].id, policy_lint_id(i)) == 0 && !rows[k].message);
		}
		if (!made || !silent)
			fail_msg("lint %s has no pair of tests", policy_lint_id(i));
		assert_true(strlen(policy_lint_title(i)) > 0);
	}
	assert_null(policy_lint_title(1000));
}

/* Warnings come in order of position, with a place and a line to show. */
static void positions(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct policy_report r = checked(a,
	    "version=1.0;\nauthorizationrules{\n  [type==\"nonsense\"] => permit();\n"
	    "  => permit();\n};issuancerules{=>issue(type=\"iss\", value=1);};", 0);

	(void)state;
	assert_int_equal(r.nwarnings, 3);
	assert_string_equal(r.warnings[0].id, "unknown-claim");
	assert_int_equal(r.warnings[0].line, 3);
	assert_int_equal(r.warnings[0].column, 9);
	assert_string_equal(r.warnings[0].token, "\"nonsense\"");
	assert_string_equal(r.warnings[0].source_line, "  [type==\"nonsense\"] => permit();");
	assert_string_equal(r.warnings[1].id, "permit-all");
	assert_string_equal(r.warnings[2].id, "reserved-name");
	arena_free(a);
}

static const char *words(size_t i)
{
	static const char *const v[] = { "permit", "deny", "NegateBool", "x-ms-sgx-mrsigner",
	    "x-ms-sgx-mrenclave" };

	return i < COUNT(v) ? v[i] : NULL;
}

static void nearest(void **state)
{
	static const struct { const char *word, *want; } t[] = {
		{ "permti", "permit" }, { "PERMIT", "permit" }, { "premit", "permit" }, { "permitt",
		    "permit" }, { "den", "deny" },
		{ "negateBool", "NegateBool" }, { "NegateBoolean", "NegateBool" }, { "x-ms-sgx-mrsinger",
		    "x-ms-sgx-mrsigner" },
		{ "allow", NULL }, { "", NULL }, { "q", NULL }
	};
	char huge[200] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		const char *got = hint_nearest(t[i].word, words);

		if (!t[i].want ? got != NULL : !got || strcmp(got, t[i].want) != 0)
			fail_msg("%s: %s", t[i].word, got ? got : "none");
	}
	for (size_t i = 0; i < sizeof huge - 1; i++)
		huge[i] = 'a';
	assert_null(hint_nearest(huge, words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_lint), cmocka_unit_test(table_is_covered), cmocka_unit_test(positions),
		cmocka_unit_test(nearest)
	};

	return cmocka_run_group_tests_name("policy/lint", tests, NULL, NULL);
}
