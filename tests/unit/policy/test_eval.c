/* Evaluation: verdicts, sets, duplicates, issuers, read-only claims, functions, properties, trace. */
#include "tests/unit/policy/policy_harness.h"

#define ISSUE(rules) V2(PERMIT, rules)
#define FN(call) ISSUE("c:[type==\"c\"] => issue(type=\"r\", value=" call ");")

/* What a policy makes of claims: decision, outgoing claims as JSON, or part of the message. */
static const struct row { const char *text,
    *claims; enum policy_decision decision; const char *want; } rows[] = {
	/* verdicts: deny overrides in any order; an issuance rule cannot change it */
	{ "version=1.0;authorizationrules{=>deny(); =>permit();};", "{}", POLICY_DENY,
	    "A Deny claim was issued, authorization failed." },
	{ "version=1.0;authorizationrules{=>permit(); =>permit(); [type==\"a\"]=>deny();};", "{\"a\":1}",
	    POLICY_DENY, "Deny" },
	{ "version=1.0;authorizationrules{[type==\"a\"]=>permit();};", "{}", POLICY_NO_PERMIT,
	    "No Permit claim was issued in the authorizationrules section, authorization failed." },
	{ "version=1.2;authorizationrules{=>deny(); =>add(type=\"x\",value=NegateBool(\"x\"));};", "{}",
	    POLICY_ERROR, "line 1: NegateBool" },
	/* comparisons */
	{ ISSUE("[type==\"c\", value!=1] => issue(type=\"r\", value=1);"), "{\"c\":\"1\"}", POLICY_PERMIT,
	    "{\"r\":1}" },
	{ ISSUE("[type==\"c\", value<=\"b\"] => issue(type=\"r\", value=1);"), "{\"c\":\"a\"}",
	    POLICY_PERMIT, "{}" },
	{ ISSUE("[type==\"c\", value>-2, value<0] => issue(type=\"r\", value=1);"), "{\"c\":-1}",
	    POLICY_PERMIT, "{\"r\":1}" },
	{ ISSUE("[type==\"c\", value>5] => issue(type=\"r\", value=1);"), "{\"c\":[1,6]}", POLICY_PERMIT,
	    "{\"r\":1}" },
	{ ISSUE("[type==\"c\", valueType==\"Boolean\"] => issue(type=\"r\", value=1);"), "{\"c\":true}",
	    POLICY_PERMIT, "{\"r\":1}" },
	{ ISSUE("c:[issuer==\"CustomClaim\"] => issue(type=\"r\", value=c.type);"),
	    "[{\"type\":\"p\",\"value\":1,\"issuer\":\"CustomClaim\"},{\"type\":\"p\",\"value\":2,"
	    "\"issuer\":\"CustomClaim\"},"
	    "{\"type\":\"q\",\"value\":2}]", POLICY_PERMIT, "{\"r\":\"p\"}" },
	{ ISSUE("c:[type!=\"a\"] => issue(type=\"r\", value=c.valueType);"), "{\"a\":1,\"b\":true,\"c\":2}",
	    POLICY_PERMIT,
	    "{\"r\":[\"Boolean\",\"Integer\"]}" },
	{ ISSUE("c:[value==7] => issue(claim=c);"), "{\"a\":7,\"b\":7,\"c\":8}", POLICY_PERMIT,
	    "{\"a\":7,\"b\":7}" },
	/* against a set: == any, != none, order any */
	{ ISSUE("s:[type==\"s\"] && c:[type==\"c\", value==s.value] => issue(claim=c);"),
	    "{\"s\":[1,2],\"c\":[2,3]}", POLICY_PERMIT,
	    "{\"c\":2}" },
	{ ISSUE("s:[type==\"s\"] && c:[type==\"c\", value!=s.value] => issue(claim=c);"),
	    "{\"s\":[1,2],\"c\":[2,3]}", POLICY_PERMIT,
	    "{\"c\":3}" },
	{ ISSUE("s:[type==\"s\"] && c:[type==\"c\", value>s.value] => issue(claim=c);"),
	    "{\"s\":[5,2],\"c\":[1,3]}", POLICY_PERMIT,
	    "{\"c\":3}" },
	/* a computed right side is asked for only where the constants hold */
	{ ISSUE("c:[type==\"c\"] && [type==\"none\", value==NegateBool(c.value)] => issue(type=\"r\", "
	    "value=1);"), "{\"c\":1}",
	    POLICY_PERMIT, "{}" },
	{ ISSUE("c:[type==\"c\"] && [value==NegateBool(c.value), type==\"d\"] => issue(type=\"r\", "
	    "value=1);"), "{\"c\":1,\"d\":1}",
	    POLICY_ERROR, "NegateBool: argument 1 is an integer, want a Boolean" },
	/* sets and scalars */
	{ FN("NegateBool(c.value)"), "{\"c\":[true,false]}", POLICY_ERROR,
	    "NegateBool: argument 1 has 2 values" },
	{ FN("c.value"), "{\"c\":[1,\"x\",true]}", POLICY_PERMIT, "{\"r\":[1,\"x\",true]}" },
	{ FN("JsonToClaimValue(c.value)"), "{\"c\":\"[1,1,null,2]\"}", POLICY_PERMIT, "{\"r\":[1,1,2]}" },
	{ FN("NegateBool(JsonToClaimValue(c.value))"), "{\"c\":\"null\"}", POLICY_ERROR, "has 0 values" },
	{ ISSUE("c:[type==\"c\"] => issue(type=c.value, value=1);"), "{\"c\":\"name\"}", POLICY_PERMIT,
	    "{\"name\":1}" },
	{ ISSUE("c:[type==\"c\"] => issue(type=c.value, value=1);"), "{\"c\":[\"x\",\"y\"]}", POLICY_ERROR,
	    "type has 2 values" },
	{ ISSUE("c:[type==\"c\"] => issue(type=c.value, value=1);"), "{\"c\":1}", POLICY_ERROR,
	    "type is an integer, want a string" },
	{ ISSUE("c:[type==\"c\"] => issue(type=c.value, value=1);"), "{\"c\":\"a\\u0000b\"}", POLICY_ERROR,
	    "NUL" },
	{ ISSUE("c:[type==\"c\"] => issue(type=\"r\", value=c.value, valueType=\"Integer\");"), "{\"c\":1}",
	    POLICY_PERMIT, "{\"r\":1}" },
	{ ISSUE("c:[type==\"c\"] => issue(type=\"r\", value=c.value, valueType=\"Integer\");"),
	    "{\"c\":true}", POLICY_ERROR, "valueType" },
	{ ISSUE("c:[type==\"c\"] => issue(type=\"r\", value=c.value, issuer=\"whoever\");"), "{\"c\":1}",
	    POLICY_PERMIT, "{\"r\":1}" },
	/* duplicates: per issuer, so that what a rule issues is seen as issued by a rule */
	{ ISSUE("c:[type==\"c\"] => issue(claim=c); c:[type==\"c\"] => issue(claim=c);"), "{\"c\":1}",
	    POLICY_PERMIT, "{\"c\":1}" },
	{ ISSUE("c:[type==\"c\"] => issue(claim=c); ![type==\"c\", issuer==\"AttestationPolicy\"] => "
	    "issue(type=\"c\", value=0);"),
	    "{\"c\":1}", POLICY_PERMIT, "{\"c\":1}" },
	{ ISSUE("c:[type==\"c\"] => issue(claim=c); c:[type==\"c\"] => issue(type=\"r\", "
	    "value=NegateBool(c.value));"), "{\"c\":true}",
	    POLICY_PERMIT, "{\"c\":true,\"r\":false}" },
	{ ISSUE("=>issue(type=\"r\",value=1); =>issue(type=\"r\",value=\"1\"); =>issue(type=\"r\","
	    "value=1);"), "{}", POLICY_PERMIT,
	    "{\"r\":[1,\"1\"]}" },
	{ ISSUE("=>issue(type=\"r\",value=JsonToClaimValue(\"[3,1,2]\")); =>issue(type=\"r\","
	    "value=JsonToClaimValue(\"[1,2,3,4]\"));"),
	    "{}", POLICY_PERMIT, "{\"r\":[3,1,2,4]}" },
	{ ISSUE("n:[type==\"n\"]=>issue(type=n.value,value=JsonToClaimValue(\"[1,2]\"));"
	    "n:[type==\"n\"]=>issue(type=n.value,value=JsonToClaimValue(\"[2,1,5]\"));"), "{\"n\":\"dyn\"}",
	    POLICY_PERMIT,
	    "{\"dyn\":[1,2,5]}" },
	/* issue() in authorizationrules reaches no token, but later rules see it */
	{ "version=1.2;authorizationrules{=>issue(type=\"x\",value=1);[type==\"x\"]=>permit();};"
	    "issuancerules{"
	    "c:[type==\"x\"]=>issue(type=\"y\",value=c.value);};", "{}", POLICY_PERMIT, "{\"y\":1}" },
	{ "version=1.2;configurationrules{=>add(type=\"x\",value=1);};"
	    "authorizationrules{[type==\"x\"]=>permit();};", "{}",
	    POLICY_PERMIT, "{}" },
	/* functions */
	{ FN("AppendString(c.value, \"\")"), "{\"c\":\"\"}", POLICY_PERMIT, "{\"r\":\"\"}" },
	{ FN("AppendString(AppendString(\"a\", c.value), \"z\")"), "{\"c\":\"b\"}", POLICY_PERMIT,
	    "{\"r\":\"abz\"}" },
	{ FN("JmesPath(c.value, \"a\")"), "{\"c\":\"\"}", POLICY_ERROR, "JmesPath: argument 1 is empty" },
	{ FN("JmesPath(c.value, \"a\")"), "{\"c\":\"{\"}", POLICY_ERROR, "JmesPath: argument 1 is not JSON" },
	{ FN("JmesPath(\"{}\", c.value)"), "{\"c\":\"a[\"}", POLICY_ERROR, "JmesPath: syntax at character" },
	{ FN("JmesPath(\"{}\", c.value)"), "{\"c\":\"abs('x')\"}", POLICY_ERROR, "JmesPath: invalid-type" },
	{ FN("JmesPath(c.value, \"a\")"),
	    "{\"c\":\"{\\\"a\\\":{\\\"z\\\":[1, 2.50],\\\"b\\\":\\\"\\u00e9\\\"}}\"}", POLICY_PERMIT,
	    "{\"r\":\"{\\\"z\\\":[1,2.50],\\\"b\\\":\\\"\xC3\xA9\\\"}\"}" },
	{ FN("JmesPath(c.value, \"keys[0].kid\")"), "{\"c\":{\"keys\":[{\"kid\":\"K\"}]}}", POLICY_PERMIT,
	    "{\"r\":\"K\"}" },
	{ FN("c.value"), "{\"c\":{\"b\":1,\"a\":[true]}}", POLICY_PERMIT,
	    "{\"r\":\"{\\\"a\\\":[true],\\\"b\\\":1}\"}" },
	{ ISSUE("c:[type==\"c\"] => issue(claim=c);"), "{\"c\":{\"b\":1,\"a\":[true]}}", POLICY_PERMIT,
	    "{\"c\":{\"a\":[true],\"b\":1}}" },
	{ ISSUE("c:[type==\"c\", value==\"{\\\"a\\\":1}\"] => issue(type=\"r\", value=1);"),
	    "{\"c\":{\"a\":1}}", POLICY_PERMIT, "{\"r\":1}" },
	{ FN("JsonToClaimValue(c.value)"), "{\"c\":\"9223372036854775808\"}", POLICY_ERROR,
	    "does not fit 64 bits" },
	{ FN("JsonToClaimValue(c.value)"), "{\"c\":\"-9223372036854775808\"}", POLICY_PERMIT,
	    "{\"r\":-9223372036854775808}" },
	{ FN("JsonToClaimValue(c.value)"), "{\"c\":\"2024-01-01\"}", POLICY_PERMIT,
	    "{\"r\":\"2024-01-01\"}" },
	{ FN("JsonToClaimValue(c.value)"), "{\"c\":\"007\"}", POLICY_PERMIT, "{\"r\":\"007\"}" },
	{ FN("JsonToClaimValue(c.value)"), "{\"c\":\"1e3\"}", POLICY_ERROR, "1e3 is not a 64-bit integer" },
	{ FN("JsonToClaimValue(c.value)"), "{\"c\":\"[1,{}]\"}", POLICY_ERROR, "object" },
	{ FN("JsonToClaimValue(c.value)"), "{\"c\":\"\\\"5\\\"\"}", POLICY_PERMIT, "{\"r\":\"5\"}" },
	{ FN("JsonToClaimValue(JmesPath(c.value, \"a\"))"), "{\"c\":\"{\\\"a\\\":\\\"5\\\"}\"}",
	    POLICY_PERMIT, "{\"r\":5}" },
	{ FN("IsSubsetOf(JsonToClaimValue(\"[]\"), c.value)"), "{\"c\":1}", POLICY_PERMIT, "{\"r\":true}" },
	{ FN("IsSubsetOf(c.value, 1)"), "{\"c\":\"1\"}", POLICY_PERMIT, "{\"r\":false}" },
	{ FN("ContainsOnlyValue(JsonToClaimValue(\"[]\"), true)"), "{\"c\":1}", POLICY_PERMIT,
	    "{\"r\":false}" },
	{ FN("ContainsOnlyValue(c.value, JsonToClaimValue(\"[1,2]\"))"), "{\"c\":1}", POLICY_ERROR,
	    "argument 2 has 2 values" },
	/* read-only claims: readable and comparable, not issuable, nor what is derived from them */
	{ ISSUE("[type==\"pcrs\", value==\"{}\"] => issue(type=\"r\", value=1);"), "{\"pcrs\":\"{}\"}",
	    POLICY_PERMIT, "{\"r\":1}" },
	{ ISSUE("c:[type==\"pcrs\"] => issue(claim=c);"), "{\"pcrs\":\"{}\"}", POLICY_ERROR, "read-only" },
	{ ISSUE("c:[type==\"pcrs\"] => issueproperty(type=\"x\", value=c.value);"), "{\"pcrs\":\"{}\"}",
	    POLICY_ERROR, "read-only" },
	{ ISSUE("c:[type==\"pcrs\"] => issue(type=\"r\", value=AppendString(\"x\", c.value));"),
	    "{\"pcrs\":\"{}\"}", POLICY_ERROR, "read-only" },
	{ ISSUE("c:[type==\"pcrs\"] => issue(type=\"r\", "
	    "value=NegateBool(JsonToClaimValue(JmesPath(c.value, \"a\"))));"),
	    "{\"pcrs\":\"{\\\"a\\\":true}\"}", POLICY_ERROR, "read-only" },
	{ ISSUE("c:[type==\"q\"]&&p:[type==\"pcrs\"] => issue(type=\"r\", value=JmesPath(c.value, "
	    "p.value));"),
	    "{\"pcrs\":\"a\",\"q\":\"{}\"}", POLICY_ERROR, "read-only" },
	{ ISSUE("c:[type==\"pcrs\"] => add(type=\"x\", value=JmesPath(c.value, \"a\")); c:[type==\"x\"] => "
	    "issue(claim=c);"),
	    "{\"pcrs\":\"{}\"}", POLICY_ERROR, "read-only" },
	{ ISSUE("c:[type==\"pcrs\"] => add(type=\"x\", value=JsonToClaimValue(JmesPath(c.value, \"a\")));"
	    "c:[type==\"x\"] => issue(type=\"r\", value=ContainsOnlyValue(c.value, true));"),
	    "{\"pcrs\":\"{\\\"a\\\":true}\"}", POLICY_PERMIT,
	    "{\"r\":true}" },
	{ ISSUE("c:[type==\"pcrs\"] => issue(type=\"r\", value=IsSubsetOf(c.value, \"{}\"));"),
	    "{\"pcrs\":\"{}\"}", POLICY_PERMIT, "{\"r\":true}" },
	{ ISSUE("c:[type==\"pcrs\"] => issue(claim=c);"),
	    "[{\"type\":\"pcrs\",\"value\":\"{}\",\"issuer\":\"CustomClaim\"}]", POLICY_PERMIT,
	    "{\"pcrs\":\"{}\"}" }
};

static void table(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_new(ARENA);
		struct policy_result r = evaluated(a, rows[i].text, rows[i].claims, NULL);
		const char *out = as_text(a, &r.outgoing), *got = r.decision == POLICY_PERMIT ? out :
		    r.message;

		if (r.decision != rows[i].decision || (r.decision == POLICY_PERMIT ? strcmp(got,
		    rows[i].want) != 0 :
		    !strstr(got, rows[i].want))) {
			wrong++;
			print_message("# %s over %s\n#   %s: %s, want %s\n", rows[i].text, rows[i].claims,
			    policy_decision_name(r.decision), got, rows[i].want);
		}
		if (r.decision != POLICY_PERMIT)
			assert_int_equal(r.outgoing.n + r.properties.n, 0);
		arena_free(a);
	}
	assert_int_equal(wrong, 0);
}

/* Several names in one action: duplicates are found per name, doubles inside the action stay. */
static void duplicates_of_names(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct policy_result r = evaluated(a, ISSUE("c:[type==\"x\"]=>issue(claim=c);"
	    "[type==\"y\"]=>add(type=\"z\",value=0);"
	    "c:[value==1,issuer==\"AttestationService\"]=>issue(claim=c);"
	    "c:[value==1,issuer==\"AttestationService\"]=>issue(claim=c);"), "{\"x\":[1,2],\"y\":1}", NULL);

	(void)state;
	assert_string_equal(as_text(a, &r.outgoing), "{\"x\":[1,2],\"y\":1}");
	assert_int_equal(r.incoming.n, 7);
	r = evaluated(a, ISSUE("c:[type!=\"q\"] => issue(claim=c);"
	    "[type==\"x\"]&&[type==\"y\"]=>add(type=\"z\",value=0);"),
	    "{\"x\":1,\"y\":[1,1]}", NULL);
	assert_string_equal(as_text(a, &r.outgoing), "{\"x\":1,\"y\":[1,1]}");
	assert_int_equal(r.incoming.n, 7);
	arena_free(a);
}

/* What a rule makes is a claim of the policy in the incoming set. */
static void issuers(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct policy_result r = evaluated(a,
	    ISSUE("c:[type==\"c\"] => issue(claim=c); =>add(type=\"d\", value=2);"), "{\"c\":1}", NULL);

	(void)state;
	assert_int_equal(r.incoming.n, 3);
	assert_int_equal(r.incoming.v[0].issuer, CLAIM_BY_SERVICE);
	assert_int_equal(r.incoming.v[1].issuer, CLAIM_BY_POLICY);
	assert_string_equal(r.incoming.v[2].name, "d");
	assert_int_equal(r.incoming.v[2].i, 2);
	arena_free(a);
}

static void trace(void **state)
{
	static const char text[] = "version=1.2;\nauthorizationrules{\n"
	    " c:[type==\"svn\", value>=2] && ![type==\"bad\"] && [type==\"svn\"] => permit();\n"
	    " [type==\"svn\"] && [type==\"svn\", value>5] => deny();\n};\n"
	    "issuancerules{\n => issue(type=\"x\", value=1);\n};";
	struct arena *a = arena_new(ARENA);
	struct policy_result r = evaluated(a, text, "{\"other\":0,\"svn\":[1,3,4]}", NULL);

	(void)state;
	assert_int_equal(r.ntrace, 3);
	assert_int_equal(r.trace[0].line, 3);
	assert_string_equal(r.trace[0].section, "authorizationrules");
	assert_string_equal(r.trace[0].action, "permit");
	assert_true(r.trace[0].fired);
	assert_int_equal(r.trace[0].nbound, 3);
	assert_string_equal(r.trace[0].bound[0].identifier, "c");
	assert_int_equal(r.trace[0].bound[0].nclaims, 2);
	assert_int_equal(r.trace[0].bound[0].claims[0], 2);
	assert_int_equal(r.trace[0].bound[0].claims[1], 3);
	assert_int_equal(r.trace[0].bound[1].nclaims, 0);
	assert_null(r.trace[0].bound[2].identifier);
	assert_int_equal(r.trace[0].bound[2].nclaims, 1);
	assert_false(r.trace[1].fired);
	assert_int_equal(r.trace[1].failed_condition, 1);
	assert_int_equal(r.trace[1].nbound, 1);
	assert_string_equal(r.trace[2].section, "issuancerules");
	assert_int_equal(r.trace[2].line, 7);
	arena_free(a);
}

/* Issuance rules are not evaluated when authorization failed. */
static void no_issuance_after_refusal(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct policy_result r = evaluated(a, V2("=> deny();",
	    "=> issue(type=\"x\", value=NegateBool(1));"), "{}", NULL);

	(void)state;
	assert_int_equal(r.decision, POLICY_DENY);
	assert_int_equal(r.ntrace, 1);
	/* nor when a permit stands beside the deny */
	r = evaluated(a, V2("=> permit(); => deny();",
	    "=> issue(type=\"x\", value=NegateBool(1));"), "{}", NULL);
	assert_int_equal(r.decision, POLICY_DENY);
	assert_int_equal(r.ntrace, 2);
	arena_free(a);
}

#define CONF(rules) "version=1.1;configurationrules{" rules "};authorizationrules{=>permit();};"
#define PROP(name, value) "=>issueproperty(type=\"" name "\",value=" value ");"

static const struct prop_row { const char *text, *want; } prop_rows[] = {
	{ CONF(PROP("required_pcr_mask", "15") PROP("require_valid_aik_cert", "false")),
	    "{\"require_valid_aik_cert\":false,\"required_pcr_mask\":15}" },
	{ CONF(PROP("required_pcr_mask", "0xF")), NULL },
	{ CONF(PROP("x-ms-sgx-tcbidentifier", "\"azuredefault\"")),
	    "{\"x-ms-sgx-tcbidentifier\":\"azuredefault\"}" },
	{ CONF(PROP("x-ms-sgx-tcbidentifier", "\"12\"")), "{\"x-ms-sgx-tcbidentifier\":\"12\"}" },
	{ CONF(PROP("x-ms-sgx-tcbidentifier", "\"latest\"")),
	    "property x-ms-sgx-tcbidentifier is \"latest\"" },
	{ CONF(PROP("x-ms-sgx-tcbidentifier", "\"99999999999999999999999\"")),
	    "want \"azuredefault\" or a number" },
	{ CONF(PROP("x-ms-sgx-tcbidentifier", "\"\"")), "want \"azuredefault\" or a number" },
	{ CONF(PROP("x-ms-sgx-tcbidentifier", "12")), "is an integer, want a string" },
	{ CONF(PROP("required_pcr_mask", "16777215")), "{\"required_pcr_mask\":16777215}" },
	{ CONF(PROP("required_pcr_mask", "16777216")), "want 0 to 16777215" },
	{ CONF(PROP("required_pcr_mask", "-1")), "want 0 to 16777215" },
	{ CONF(PROP("required_pcr_mask", "1") PROP("required_pcr_mask", "1")), "{\"required_pcr_mask\":1}" },
	{ CONF(PROP("required_pcr_mask", "1") PROP("required_pcr_mask", "2")), "more than one value" },
	{ CONF(PROP("omit_x5c", "true") PROP("unheard_of", "\"x\"")), "{\"unheard_of\":\"x\"}" }
};

static void property_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prop_rows); i++) {
		struct arena *a = arena_new(ARENA);
		struct policy_report report = checked(a, prop_rows[i].text, 0);
		struct policy_result r = { 0 };

		assert_int_equal(!prop_rows[i].want, !report.policy);
		if (report.policy)
			r = evaluated(a, prop_rows[i].text, "{}", NULL);
		if (r.decision == POLICY_PERMIT)
			assert_string_equal(as_text(a, &r.properties), prop_rows[i].want);
		else if (report.policy && (r.decision != POLICY_ERROR || !strstr(r.message,
		    prop_rows[i].want)))
			fail_msg("%s: %s", prop_rows[i].text, r.message);
		arena_free(a);
	}
}

static void property_values(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct att_error e = { 0 };
	struct policy_result r = evaluated(a, V2(PERMIT, PROP("report_validity_in_minutes", "30")), "{}",
	    NULL);

	(void)state;
	assert_int_equal(policy_property_value(&r, "report_validity_in_minutes")->i, 30);
	assert_int_equal(policy_property_value(&r, "required_pcr_mask")->i, 0xFFFFFF);
	assert_true(policy_property_value(&r, "require_valid_aik_cert")->b);
	assert_false(policy_property_value(&r, "omit_x5c")->b);
	assert_string_equal(policy_property_value(&r, "x-ms-sgx-tcbidentifier")->s, "azuredefault");
	assert_null(policy_property_value(&r, "unheard_of"));
	for (size_t i = 0; policy_property_at(i); i++)
		assert_ptr_equal(policy_property_find(policy_property_at(i)->name), policy_property_at(i));
	/* configuration rules alone, before there are claims */
	CHECK_OK(policy_configure(compiled(a, CONF(PROP("required_pcr_mask", "3"))), NULL, a, &r, &e), &e);
	assert_int_equal(r.decision, POLICY_PERMIT);
	assert_int_equal(policy_property_value(&r, "required_pcr_mask")->i, 3);
	CHECK_OK(policy_configure(compiled(a, CONF(PROP("required_pcr_mask", "-3"))), NULL, a, &r, &e), &e);
	assert_int_equal(r.decision, POLICY_ERROR);
	assert_int_equal(policy_property_value(&r, "required_pcr_mask")->i, 0xFFFFFF);
	arena_free(a);
}

/* A compiled policy keeps nothing of the text and is not changed by evaluation. */
static void compiled_is_shareable(void **state)
{
	char text[] = V2("c:[type==\"a\"] => permit();",
	    "c:[type==\"a\"] => issue(type=\"b\", value=JmesPath(c.value, \"x\"));");
	struct arena *a = arena_new(ARENA);
	const struct policy *p = compiled(a, text);
	struct att_error e = { 0 };

	(void)state;
	(void)memset(text, 'x', sizeof text);
	assert_int_equal(policy_minor_version(p), 2);
	assert_int_equal(policy_rule_count(p), 2);
	for (int i = 0; i < 3; i++) {
		struct arena *own = arena_new(ARENA);
		struct claims c = claims_of(own, "{\"a\":{\"x\":\"y\"}}");
		struct policy_result r;

		CHECK_OK(policy_eval(p, &c, NULL, own, &r, &e), &e);
		assert_string_equal(as_text(own, &r.outgoing), "{\"b\":\"y\"}");
		arena_free(own);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table), cmocka_unit_test(duplicates_of_names), cmocka_unit_test(issuers),
		cmocka_unit_test(trace),
		cmocka_unit_test(no_issuance_after_refusal), cmocka_unit_test(property_rows),
		cmocka_unit_test(property_values), cmocka_unit_test(compiled_is_shareable)
	};

	return cmocka_run_group_tests_name("policy/eval", tests, NULL, NULL);
}
