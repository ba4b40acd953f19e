/* att_policy_diff: rules are the same when they mean the same. */
#include "tests/unit/attest/api_harness.h"

struct api_fixture api;

static struct json *diffed(const char *from, const char *to, const char *claims)
{
	struct att_policy_pair texts = { bytes_of(from), bytes_of(to) };
	struct att_bytes c = claims ? bytes_of(claims) : (struct att_bytes){ 0 };
	char *text;

	CHECK_OK(att_policy_diff(&texts, &c, claims ? 1 : 0, &api.settings, &text, &api.e), &api.e);
	return json_taken(text);
}

static const char *authz(const char *rules)
{
	return arena_printf(api.a, "version=1.2;authorizationrules{%s};", rules);
}

static const char *issuance(const char *rules)
{
	return arena_printf(api.a, "version=1.2;authorizationrules{=>permit();};issuancerules{%s};", rules);
}

/* In both directions alike. */
static bool is_equal(const char *from, const char *to)
{
	bool equal = json_get(diffed(from, to, NULL), "equal")->b;

	assert_int_equal(json_get(diffed(to, from, NULL), "equal")->b, equal);
	return equal;
}

static void same_meaning(void **state)
{
	static const char *const rows[][2] = {
		{ "=>permit();", "  => permit ( ) ; // for all\r\n" },
		{ "c:[type==\"a\",value==true]=>permit();", "[value==true, type==\"a\"] => permit();" },
		{ "c:[type==\"a\"]&&d:[type==\"b\",value==c.value]=>permit();",
		    "x:[type==\"a\"]&&y:[value==x.value,type==\"b\"]=>permit();" },
		{ "[type==\"a\"]=>permit();[type==\"b\"]=>deny();",
		    "[type==\"b\"]=>deny();[type==\"a\"]=>permit();" },
		{ "[type==\"\\u0041\"]=>permit();", "[type==\"A\"]=>permit();" },
		{ "![type==\"a\"]=>permit();", "!c:[type==\"a\"]=>permit();" },
		{ "c:[type==\"a\"]=>add(type=\"b\",value=c.value);=>permit();",
		    "d:[type==\"a\"]=>add(value=d.value,type=\"b\");=>permit();" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!is_equal(authz(rows[i][0]), authz(rows[i][1])))
			fail_msg("%s and %s should be equal", rows[i][0], rows[i][1]);
	assert_true(is_equal("version=1.0;authorizationrules{=>permit();};",
	    "VERSION=1.1;configurationrules{};AuthorizationRules{=>permit();};issuancerules{};"));
}

static void other_meaning(void **state)
{
	static const char *const rows[][2] = {
		{ "=>permit();", "=>deny();" },
		{ "=>permit();", "" },
		{ "=>permit();", "=>permit();=>permit();" },
		{ "[type==\"a\"]=>permit();", "[type==\"a\"]&&[type==\"a\"]=>permit();" },
		{ "[type==\"a\"]=>permit();", "![type==\"a\"]=>permit();" },
		{ "[type==\"a\",value==1]=>permit();", "[type==\"a\",value==\"1\"]=>permit();" },
		{ "[type==\"a\",value==1]=>permit();", "[type==\"a\",value>=1]=>permit();" },
		{ "[type==\"a\"]=>permit();", "[type==\"A\"]=>permit();" },
		{ "[issuer==\"a\"]=>permit();", "[type==\"a\"]=>permit();" },
		{ "c:[type==\"a\"]&&d:[type==\"b\"]=>add(claim=c);=>permit();",
		    "c:[type==\"a\"]&&d:[type==\"b\"]=>add(claim=d);=>permit();" },
		{ "c:[type==\"a\"]&&[type==\"b\",value==c.value]=>permit();",
		    "c:[type==\"a\"]&&[type==\"b\",value==c.type]=>permit();" },
		/* The order of rules that make claims decides what later ones see. */
		{ "=>add(type=\"a\",value=1);[type==\"a\"]=>permit();",
		    "[type==\"a\"]=>permit();=>add(type=\"a\",value=1);" },
		{ "[type==\"a\",value==AppendString(\"a\",\"b\")]=>permit();",
		    "[type==\"a\",value==AppendString(\"b\",\"a\")]=>permit();" },
		/* A call may fail the evaluation unless the test before it spares it. */
		{ "[value==NegateBool(true),type==\"a\"]=>permit();",
		    "[type==\"a\",value==NegateBool(true)]=>permit();" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (is_equal(authz(rows[i][0]), authz(rows[i][1])))
			fail_msg("%s and %s should differ", rows[i][0], rows[i][1]);
	assert_false(is_equal(issuance("=>issue(type=\"a\",value=1);=>issue(type=\"b\",value=1);"),
	    issuance("=>issue(type=\"b\",value=1);=>issue(type=\"a\",value=1);")));
	assert_false(is_equal(authz("=>permit();=>add(type=\"a\",value=1);"),
	    issuance("=>add(type=\"a\",value=1);")));
}

static void shows_what_changed(void **state)
{
	struct json *v = diffed("version=1.0;authorizationrules{\n[type==\"a\"]=>deny();\n=>permit();\n};",
	    "version=1.1;authorizationrules{\n\n=>permit();\n"
	    "[ type == \"b\" , value!=\"\\\"x\\\\\" ] => deny();};", NULL);
	const struct json *s = json_get(v, "sections")->child->next;

	(void)state;
	assert_false(json_get(v, "equal")->b);
	assert_string_equal(json_get(json_get(v, "from"), "version")->s, "1.0");
	assert_string_equal(json_get(json_get(v, "to"), "version")->s, "1.1");
	assert_int_equal(json_get(json_get(v, "to"), "rules")->i, 2);
	assert_int_equal(json_get(json_get(v, "to"), "hash")->len, 43);
	assert_string_equal(compact(s),
	    "{\"section\":\"authorizationrules\",\"removed\":["
	    "{\"line\":2,\"rule\":\"[type==\\\"a\\\"] => deny();\"}],"
	    "\"added\":[{\"line\":4,"
	    "\"rule\":\"[type==\\\"b\\\", value!=\\\"\\\\\\\"x\\\\\\\\\\\"] => deny();\"}],"
	    "\"unchanged\":[{\"line\":3,\"toLine\":3,\"rule\":\"=> permit();\"}],\"reordered\":false}");
	assert_string_equal(compact(json_get(v, "decisions")), "[]");
}

static void shows_a_moved_rule(void **state)
{
	struct json *v = diffed(issuance("=>issue(type=\"a\",value=1);=>issue(type=\"b\",value=1);"),
	    issuance("=>issue(type=\"b\",value=1);=>issue(type=\"a\",value=1);"), NULL);
	const struct json *s = json_get(v, "sections")->child->next->next;

	(void)state;
	assert_true(json_get(s, "reordered")->b);
	assert_int_equal(json_get(s, "unchanged")->len, 2);
	assert_int_equal(json_get(s, "added")->len, 0);
}

static void decides_under_both(void **state)
{
	struct json *v = diffed(authz("=>permit();"), authz("[type==\"a\",value==1]=>deny();=>permit();"),
	    "{\"a\":1}");

	(void)state;
	assert_string_equal(compact(json_get(v, "decisions")), "[{\"from\":\"permit\",\"to\":\"deny\","
	    "\"toMessage\":\"A Deny claim was issued, authorization failed.\"}]");
}

static void everything_is_printed(void **state)
{
	const char *rule =
	    "a:[type==\"x\", value>=-5, value<7, value!=false] && ![valueType==\"Integer\"] && "
	    "[issuer!=\"y\", value==JmesPath(AppendString(a.value, \"q\"), \"@\")] => "
	    "issue(type=\"z\", value=a.value);";
	struct json *v = diffed(issuance(rule), issuance(""), NULL);

	(void)state;
	assert_string_equal(json_get(json_get(json_get(v, "sections")->child->next->next, "removed")->child,
	    "rule")->s, rule);
}

static bool fails(const char *from, const char *to, const char *claims)
{
	struct att_policy_pair texts = { bytes_of(from), bytes_of(to) };
	struct att_bytes c[2] = { bytes_of("{}"), bytes_of(claims) };
	char *text;

	return att_policy_diff(&texts, c, 2, &api.settings, &text, &api.e);
}

static void refusals(void **state)
{
	const char *good = authz("=>permit();");

	(void)state;
	CHECK_ERR(fails("x", good, "{}"), &api.e, ATT_E_POLICY_PARSE, "from: ");
	CHECK_ERR(fails(good, "x", "{}"), &api.e, ATT_E_POLICY_PARSE, "to: ");
	CHECK_ERR(fails(good, good, "{"), &api.e, ATT_E_BAD_JSON, "claims[1]: ");
	CHECK_ERR(fails(good, good, "{\"a\":null}"), &api.e, ATT_E_BAD_JSON, "claims[1]: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_meaning), cmocka_unit_test(other_meaning),
		cmocka_unit_test(shows_what_changed),
		cmocka_unit_test(shows_a_moved_rule), cmocka_unit_test(decides_under_both),
		cmocka_unit_test(everything_is_printed), cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}
