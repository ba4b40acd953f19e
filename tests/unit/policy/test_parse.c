/* Syntax: what is accepted, the break list, several problems of one text, hints. */
#include "tests/unit/policy/policy_harness.h"

#define OK10 "version=1.0;authorizationrules{=> permit();};"

static const char *const accepted[] = {
	OK10,
	"\xEF\xBB\xBF" OK10,
	"version = 1 . 0 ; authorizationrules { } ;",
	"VERSION=1.0;AUTHORIZATIONRULES{};ISSUANCERULES{};",
	"version=1.1;configurationrules{=> add(type=\"a\",value=1);};authorizationrules{};issuancerules{};",
	"version=1.0;authorizationrules{[value==true]=>deny();};// end",
	"version=1.0;authorizationrules{type:[type==\"x\", value==-9223372036854775808, "
	    "valueType!=\"Integer\"]"
	    "=>issue(claim=type);};",
	"version=1.0;authorizationrules{};issuancerules{c:[issuer==\"x\"]=>issue(value=c.value, "
	    "type=c.type);};",
	"version=1.0;authorizationrules{};issuancerules{=>issue(type=\"a\", value=1, "
	    "valueType=\"Integer\", issuer=\"q\");};",
	"version=1.2;authorizationrules{![type==\"a\"] && ! x : [type==\"b\"] => permit();};",
	"version=1.2;authorizationrules{c:[type==\"a\"] && [value==NegateBool(c.value)] => permit();};",
	"version=1.0;authorizationrules{[type==\"\\u00e9\\ud83d\\ude00\\n\\/\"]=>permit();};",
	"version=1.0;authorizationrules{[type==\"tab\tinside // no comment /* nor this\"]=>permit();};"
};

static void accepts(void **state)
{
	struct arena *a = arena_new(ARENA);

	(void)state;
	for (size_t i = 0; i < COUNT(accepted); i++)
		assert_non_null(compiled(a, accepted[i]));
	arena_free(a);
}

/* One row per mutation.  Column in characters. */
static const struct broken {
	const char *text;
	size_t line, column;
	const char *token, *expected, *message, *rule, *hint;
} broken[] = {
	{ "version=1.0;\n  [", 2, 2, "[", "'authorizationrules'", "mismatched input '['", "policy", NULL },
	{ "version 1.0;" "authorizationrules{};", 1, 8, "1", "'='", "expecting '='", "policy > versionInfo",
	    NULL },
	{ "version=1;" "authorizationrules{};", 1, 9, ";", "'.'", "expecting '.'", "policy > versionInfo",
	    NULL },
	{ "version=\"1.0\";" "authorizationrules{};", 1, 8, "\"1.0\"", "1.0, 1.1 or 1.2", "",
	    "policy > versionInfo", NULL },
	{ "version=01.0;" "authorizationrules{};", 1, 8, "01.0", "1.0, 1.1 or 1.2", "unknown version",
	    "policy > versionInfo", "version=1.2;" },
	{ "version=1.00;" "authorizationrules{};", 1, 8, "1.00", "", "unknown version", "", NULL },
	{ "version=1.0;authorizationrules;", 1, 30, ";", "'{'", "expecting '{'",
	    "policy > authorizationRules", NULL },
	{ "version=1.0;authorizationrules{", 1, 31, "<EOF>", "'}'", "expecting '}'",
	    "policy > authorizationRules",
	    "not closed" },
	{ "version=1.0;authorizationrules{=> permit();}", 1, 44, "<EOF>", "';'", "", "", "'};'" },
	{ "version=1.0;authorizationrules{};issuancerules{};x", 1, 49, "x", "end of text", "", "policy",
	    "nothing but" },
	{ "version=1.0;authorizationrules{;};", 1, 31, ";", "{identifier, '=>', '!', '[', '}'}", "", "",
	    "too many" },
	{ "version=1.0;authorizationrules{[type==\"a\"];};", 1, 42, ";", "{'=>', '&&'}", "", "",
	    "needs an action" },
	{ "version=1.0;authorizationrules{[type==\"a\"] [type==\"b\"] => permit();};", 1, 43, "[",
	    "{'=>', '&&'}", "",
	    "policy > authorizationRules > rule", "&&" },
	{ "version=1.0;authorizationrules{[type=\"a\"]=>permit();};", 1, 36, "=", "", "expecting {'=='",
	    "policy > authorizationRules > rule > condition", "==" },
	{ "version=1.0;authorizationrules{[typ==\"a\"]=>permit();};", 1, 32, "typ",
	    "type, value, valueType or issuer", "",
	    "", "letter case" },
	{ "version=1.0;authorizationrules{[Value==1]=>permit();};", 1, 32, "Value", "", "", "",
	    "letter case" },
	{ "version=1.0;authorizationrules{[]=>permit();};", 1, 32, "]", "type, value, valueType or issuer",
	    "", "", NULL },
	{ "version=1.0;authorizationrules{[type==\"a\",]=>permit();};", 1, 42, "]",
	    "type, value, valueType or issuer", "",
	    "", NULL },
	{ "version=1.0;authorizationrules{c[type==\"a\"]=>permit();};", 1, 32, "[", "':'", "", "", NULL },
	{ "version=1.0;authorizationrules{[type==abc]=>permit();};", 1, 41, "]", "{'(', '.'}", "", "",
	    "double quotes" },
	{ "version=1.0;authorizationrules{[value==TRUE]=>permit();};", 1, 43, "]", "", "", "", NULL },
	{ "version=1.0;authorizationrules{[value==<x>]=>permit();};", 1, 39, "<", "a value", "", "",
	    "placeholder" },
	{ "version=1.0;authorizationrules{[value==[1]]=>permit();};", 1, 39, "[", "a value", "", "",
	    "no lists" },
	{ "version=1.0;authorizationrules{[value==1.5]=>permit();};", 1, 40, ".", "{']', ','}", "", "",
	    "no fraction" },
	{ "version=1.0;authorizationrules{[value==9223372036854775808]=>permit();};", 1, 39,
	    "9223372036854775808", "",
	    "does not fit 64 bits", "", NULL },
	{ "version=1.0;authorizationrules{[value==0x10]=>permit();};", 1, 40, "x10", "{']', ','}", "", "",
	    NULL },
	{ "version=1.0;authorizationrules{=> permit;};", 1, 40, ";", "'('", "",
	    "policy > authorizationRules > rule > action",
	    NULL },
	{ "version=1.0;authorizationrules{=> ;};", 1, 34, ";", "an action", "", "", "permit()" },
	{ "version=1.0;authorizationrules{=> Permit();};", 1, 34, "Permit", "", "unknown action 'Permit'", "",
	    "did you mean permit?" },
	{ "version=1.0;authorizationrules{};issuancerules{=> issue(type==\"a\", value=1);};", 1, 60, "==",
	    "'='", "", "",
	    "single =" },
	{ "version=1.0;authorizationrules{};issuancerules{=> issue(type=\"a\", type=\"b\", value=1);};", 1,
	    66, "type", "",
	    "type is given twice", "", NULL },
	{ "version=1.0;authorizationrules{};issuancerules{=> issue(type=\"a\");};", 1, 50, "issue", "",
	    "needs value=", "",
	    "both needed" },
	{ "version=1.0;authorizationrules{};issuancerules{=> add(value=1);};", 1, 50, "add", "",
	    "needs type=", "", NULL },
	{ "version=1.0;authorizationrules{};issuancerules{=> issue();};", 1, 50, "issue", "", "needs type=",
	    "", NULL },
	{ "version=1.0;authorizationrules{};issuancerules{=> issue(type=1, value=1);};", 1, 61, "1", "",
	    "needs a string", "",
	    NULL },
	{ "version=1.0;authorizationrules{};issuancerules{=> issue(type=\"a\", value=1, "
	    "valueType=\"Boolean\");};", 1, 85,
	    "\"Boolean\"", "", "not that of the value", "", NULL },
	{ "version=1.0;authorizationrules{};issuancerules{=> issue(claim=1);};", 1, 62, "1", "identifier",
	    "", "", "claim=" },
	{ "version=1.0;authorizationrules{};issuancerules{c:[type==\"a\"] => issue(claim=c, type=\"b\");};",
	    1, 77, ",",
	    "')'", "", "", NULL },
	{ "version=1.0;authorizationrules{};issuancerules{c:[type==\"a\"] => issue(claim==c);};", 1, 75,
	    "==", "'='", "", "",
	    "single =" },
	{ "version=1.0;authorizationrules{[type==\"a\", value==c.value] && c:[type==\"b\"] => permit();};",
	    1, 50, "c", "",
	    "identifier 'c' is not bound", "", "c:[type" },
	{ "version=1.0;authorizationrules{c:[type==\"a\", value==c.value] => permit();};", 1, 52, "c", "",
	    "not bound", "",
	    NULL },
	{ "version=1.0;authorizationrules{c:[type==\"a\"] && c:[type==\"b\"] => permit();};", 1, 48, "c",
	    "", "bound twice",
	    "", "its own identifier" },
	{ "version=1.2;authorizationrules{};issuancerules{!c:[type==\"a\"] => issue(type=\"b\", "
	    "value=c.value);};", 1, 87,
	    "c", "", "not bound", "", "! binds nothing" },
	{ "version=1.0;authorizationrules{c:[type==\"a\"] => add(type=\"b\", value=c.val);};", 1, 70, "val",
	    "type, value, valueType or issuer", "", "", NULL },
	{ "version=1.1;authorizationrules{};configurationrules{};", 1, 33, "configurationrules",
	    "{end of text, 'issuancerules'}", "", "policy > configurationRules", "order" },
	{ "version=1.1;configurationrules{=> permit();};authorizationrules{};", 1, 34, "permit", "",
	    "not allowed in configurationrules", "", "belongs into authorizationrules" },
	{ "version=1.1;configurationrules{=> issue(type=\"a\",value=1);};authorizationrules{};", 1, 34,
	    "issue", "",
	    "not allowed in configurationrules", "", NULL },
	{ "version=1.2;authorizationrules{=>add(type=\"a\", value=JmesPath(\"{}\", \"a.\"));};", 1, 68,
	    "\"a.\"", "",
	    "JMESPath query", "", NULL },
	{ "version=1.2;authorizationrules{=>add(type=\"a\", value=NegateBool());};", 1, 53, "NegateBool", "",
	    "takes 1 argument, 0 given", "", "NegateBool(boolean)" },
	{ "version=1.2;authorizationrules{=>add(type=\"a\", value=AppendString(\"x\", \"y\", \"z\"));};", 1,
	    53, "AppendString",
	    "", "takes 2 arguments, 3 given", "", NULL },
	{ "version=1.2;authorizationrules{=>add(type=\"a\", value=negatebool(true));};", 1, 53,
	    "negatebool", "",
	    "unknown function", "", "did you mean NegateBool?" },
	{ "version=1.2;authorizationrules{=>add(type=\"a\", value=Count(true));};", 1, 53, "Count", "",
	    "unknown function",
	    "", "the functions are" },
	{ "version=1.2;authorizationrules{=>add(type=\"a\", value=NegateBool(true,));};", 1, 69, ")",
	    "a value", "", "", NULL },
	{ "version=1.0;authorizationrules{[type==\"a\" \xE2\x87\x92 permit();};", 1, 42, "\xE2\x87\x92", "",
	    "typographic arrow", "",
	    "write =>" },
	{ "version=1.0;authorizationrules{[type==\xC2\xAB" "a\xC2\xBB]=>permit();};", 1, 38, "\xC2\xAB"
	    "a\xC2\xBB", "",
	    "typographic quotes", "", "straight double quotes" },
	{ "version=1.0;authorizationrules{[type==\"\xC3\xA9\"]=>pemit();};", 1, 44, "pemit", "",
	    "unknown action", "",
	    "did you mean permit?" },
	{ "version=1.0;authorizationrules{[type==\"a\\x\"]=>permit();};", 1, 40, "\\x", "",
	    "unknown escape", "", "\\\\" },
	{ "version=1.0;authorizationrules{[type==\"\\u0000\"]=>permit();};", 1, 39, "\\u", "",
	    "unknown escape", "", NULL },
	{ "version=1.0;authorizationrules{[type==\"\\ud800\"]=>permit();};", 1, 39, "\\u", "",
	    "unknown escape", "", NULL },
	{ "version=1.0;authorizationrules{[type==\"a\x01\"]=>permit();};", 1, 40, " ", "",
	    "control character", "", NULL },
	{ "version=1.0;authorizationrules{[type==\"a\nb\"]=>permit();};", 1, 38, "\"a", "", "not closed",
	    "", "close it" },
	{ "version=1.0;authorizationrules{[type!~\"a\"]=>permit();};", 1, 36, "!~", "",
	    "no regular-expression", "", "!=" },
	{ "version=1.0;authorizationrules{#\n=>permit();};", 1, 31, "#", "", "means nothing here", "", NULL },
	{ "version=1.0;authorizationrules{[type==\"a\xFF\"]=>permit();};", 1, 40, "", "", "not UTF-8",
	    "policy", "UTF-8" },
	{ "eyJhbGciOiJub25lIn0.e30.", 1, 0, "eyJhbGciOiJub25lIn0", "'version'", "", "", "JWS form" },
	{ "versio=1.0;authorizationrules{};", 1, 0, "versio", "'version'", "", "policy > versionInfo",
	    "starts with" }
};

static bool fits(const struct broken *b, const struct policy_problem *p)
{
	return p->line == b->line && p->column == b->column && (!*b->token || strcmp(p->token,
	    b->token) == 0) &&
	    (!*b->expected || strcmp(p->expected, b->expected) == 0) && strstr(p->message, b->message) &&
	    (!*b->rule || strcmp(p->rule, b->rule) == 0) && (!b->hint || (p->hint && strstr(p->hint,
	    b->hint)));
}

static void break_list(void **state)
{
	struct arena *a = arena_new(ARENA);
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		const struct broken *b = &broken[i];
		struct policy *out = NULL;
		struct policy_problem p;
		struct att_error e = { 0 };

		if (!policy_compile(a, b->text, strlen(b->text), &out, &p, &e) && !out && fits(b, &p) &&
		    e.code == ATT_E_POLICY_PARSE)
			continue;
		wrong++;
		print_message("# %s\n#   %zu:%zu '%s' expected <%s> <%s> in <%s> hint <%s>\n", b->text,
		    p.line, p.column,
		    p.token ? p.token : "-", p.expected ? p.expected : "-", p.message ? p.message : "-",
		    p.rule ? p.rule : "-", p.hint ? p.hint : "-");
	}
	assert_int_equal(wrong, 0);
	arena_free(a);
}

/* Every cut of a policy with everything in it fails cleanly, or is a policy without issuancerules. */
static void truncations(void **state)
{
	static const char text[] = "version=1.2;configurationrules{=>issueproperty(type=\"a\",value=-1);};"
	    "authorizationrules{"
	    "c:[type==\"a\", value>=1]&&![value!=c.value]=>permit();};"
	    "issuancerules{c:[type==\"j\"]=>issue(type=\"b\\\"\","
	    "value=JsonToClaimValue(JmesPath(c.value,\"a[0]\")));};";
	struct arena *a = arena_new(ARENA);
	size_t accepted_cuts = 0;

	(void)state;
	for (size_t n = 0; n < sizeof text - 1; n++) {
		struct policy *p = NULL;
		struct policy_problem problem;
		struct att_error e = { 0 };

		if (policy_compile(a, text, n, &p, &problem, &e))
			accepted_cuts++;
		else if (e.code != ATT_E_POLICY_PARSE || !problem.message || p)
			fail_msg("cut at %zu: %s", n, e.text);
		arena_reset(a);
	}
	assert_int_equal(accepted_cuts, 1);
	assert_non_null(compiled(a, text));
	arena_free(a);
}

/* Every byte inverted: refused with a reason, or a policy that still evaluates. */
static void damage(void **state)
{
	static const char good[] = V2("c:[type==\"a\"] && ![type==\"b\", value<3] => permit();",
	    "=>issue(type=\"x\",value=true);");
	struct arena *a = arena_new(ARENA);
	char text[sizeof good];

	(void)state;
	for (size_t i = 0; i < 8 * (sizeof good - 1); i++) {
		struct policy *p;
		struct policy_problem problem;
		struct att_error e = { 0 };
		struct policy_result r;
		struct claims none = claims_make(a);

		(void)strcpy(text, good);
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
		if (!policy_compile(a, text, sizeof good - 1, &p, &problem, &e))
			assert_true(e.code == ATT_E_POLICY_PARSE && problem.message);
		else
			CHECK_OK(policy_eval(p, &none, NULL, a, &r, &e), &e);
		arena_reset(a);
	}
	arena_free(a);
}

static void all_problems(void **state)
{
	static const char text[] = "version=1.0;\n"
	    "authorizationrules\n{\n"
	    "    c:[type=\"secureBootEnabled\"]=> permit()\n"
	    "    [type==\"a\", value==NegateBool(true)] => alow();\n"
	    "    [type==\xE2\x80\x9Cx\xE2\x80\x9D] || [type=='y'] => permit();\n"
	    "    => issueproperty(type=\"p\", value=1)\n"
	    "};\n"
	    "issuancerules\n{\n"
	    "    [broken [ => issue(claim=c);\n"
	    "    [type==\"z\"] => issue(claim=d);\n"
	    "}\n";
	static const struct { size_t line, column; const char *id; } want[] = {
		{ 4, 11, "syntax" }, { 5, 4, "syntax" }, { 5, 23, "version" }, { 5, 44, "action" }, { 6, 11,
		    "quotes" },
		{ 6, 16, "operator" }, { 6, 26, "quotes" }, { 7, 7, "action" }, { 8, 0, "syntax" },
		{ 11, 5, "syntax" }, { 12, 31, "identifier" }, { 14, 0, "syntax" }
	};
	struct arena *a = arena_new(ARENA);
	struct policy_report r = checked(a, text, 0);

	(void)state;
	assert_null(r.policy);
	for (size_t i = 0; i < r.nproblems; i++)
		if (i >= COUNT(want) || r.problems[i].line != want[i].line ||
		    r.problems[i].column != want[i].column ||
		    strcmp(r.problems[i].id, want[i].id) != 0)
			fail_msg("problem %zu: %zu:%zu %s: %s", i, r.problems[i].line, r.problems[i].column,
			    r.problems[i].id,
			    r.problems[i].message);
	assert_int_equal(r.nproblems, COUNT(want));
	assert_string_equal(r.problems[0].source_line, "    c:[type=\"secureBootEnabled\"]=> permit()");
	assert_int_equal(r.problems[0].caret, 11);
	assert_int_equal(r.nwarnings, 0);
	arena_free(a);
}

/* What is skipped after a problem is not complained about, but what comes behind it is. */
static void no_echo(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct policy_report r = checked(a, "version=1.0;authorizationrules{"
	    "[value==<x-y> # 'q' || \"\\q\"] => permit();"
	    "# => permit(); => alow(); };", 0);

	(void)state;
	assert_int_equal(r.nproblems, 3);
	assert_string_equal(r.problems[0].token, "<");
	assert_string_equal(r.problems[1].token, "#");
	assert_string_equal(r.problems[2].token, "alow");
	arena_free(a);
}

/* A long line is shown in part, with the caret under the problem, cut at characters. */
static void long_line(void **state)
{
	static char text[4000];
	struct arena *a = arena_new(ARENA);
	struct policy_report r;
	size_t n = (size_t)snprintf(text, sizeof text, "version=1.0;authorizationrules{[type==\"");

	(void)state;
	while (n < 3000)
		n += (size_t)snprintf(text + n, sizeof text - n, "\xC3\xA9");
	(void)snprintf(text + n, sizeof text - n, "\"] => allow();\t \x7F};");
	r = checked(a, text, 0);
	assert_int_equal(r.nproblems, 2);
	assert_string_equal(r.problems[0].token, "allow");
	assert_true(strlen(r.problems[0].source_line) <= 160);
	assert_true(r.problems[0].caret >= 40 && r.problems[0].caret <= 80);
	assert_non_null(strstr(r.problems[0].source_line, "\xA9\"] => allow();"));
	assert_int_equal((unsigned char)r.problems[0].source_line[0], 0xC3);
	arena_free(a);
}

/* MAA's own wording, spec section 11. */
static void recorded_message(void **state)
{
	static const char text[] = "version=1.0\n [type==\"a\"]=> permit();";
	struct arena *a = arena_new(ARENA);
	struct att_error e = { 0 };
	struct policy *p;

	(void)state;
	assert_false(policy_compile(a, text, sizeof text - 1, &p, NULL, &e));
	assert_string_equal(e.text,
	    "Policy Parser Exception Thrown: Offending symbol: '['\nLine: '2', Column: '1'\n"
	    "Failure message: 'mismatched input '[' expecting ';''\nFailing rule: 'policy > versionInfo'");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts), cmocka_unit_test(break_list), cmocka_unit_test(truncations),
		cmocka_unit_test(damage), cmocka_unit_test(all_problems), cmocka_unit_test(no_echo),
		cmocka_unit_test(long_line),
		cmocka_unit_test(recorded_message)
	};

	return cmocka_run_group_tests_name("policy/parse", tests, NULL, NULL);
}
