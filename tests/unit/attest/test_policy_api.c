/* include/libattest/policy.h: every call with good and with failing input, and the hostile policies end to
 * end. */
#include <stdio.h>

#include "tests/unit/attest/api_harness.h"

#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "libattest/token.h"

#define PERMIT_ALL "version= 1.0;authorizationrules{=> permit();};"
#define PERMIT_ALL_HASH "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco"

struct api_fixture api;

/* --- check and hash --- */

static struct att_policy_report *checked(const char *text)
{
	struct att_policy_report *r;

	CHECK_OK(att_policy_check(bytes_of(text), &r, &api.e), &api.e);
	return r;
}

static void check_says_good(void **state)
{
	struct att_policy_report *r = checked(PERMIT_ALL);

	(void)state;
	assert_true(r->ok);
	assert_string_equal(r->hash, PERMIT_ALL_HASH);
	/* Permitting everything is legal, and told. */
	assert_int_equal(r->nproblems, 1);
	assert_true(r->problems[0].warning);
	att_policy_report_free(r);
	att_policy_report_free(NULL);
}

static void check_tells_all_problems(void **state)
{
	struct att_policy_report *r =
	    checked("version=1.0;\nauthorizationrules\n{\n  => permit()\n  => alow();\n"
	    "  [type==\"a\", value=1] => deny();\n};");
	size_t last = 0;

	(void)state;
	assert_false(r->ok);
	assert_int_equal(strlen(r->hash), 43);
	assert_true(r->nproblems >= 3);
	for (size_t i = 0; i < r->nproblems; i++) {
		const struct att_policy_problem *p = &r->problems[i];
		assert_false(p->warning);
		assert_true(p->line >= last && p->line <= 7);
		assert_true(p->message[0] && p->id[0] && p->source_line);
		assert_true(p->caret <= strlen(p->source_line));
		last = p->line;
	}
	assert_int_equal(r->problems[0].line, 5);
	assert_string_equal(r->problems[0].source_line, "  => alow();");
	att_policy_report_free(r);
}

static void check_takes_anything(void **state)
{
	static const struct { const char *p; size_t n; } rows[] = {
		{ NULL, 0 }, { "", 0 }, { "\0", 1 }, { "\xFF\xFE", 2 },
		    { "version=1.0;\0authorizationrules{};", 34 },
	};
	struct att_policy_report *r;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct att_bytes text = { (const uint8_t *)rows[i].p, rows[i].n };
		CHECK_OK(att_policy_check(text, &r, &api.e), &api.e);
		assert_false(r->ok);
		assert_true(r->nproblems > 0);
		att_policy_report_free(r);
	}
}

static void hash_is_over_the_bytes(void **state)
{
	static const char *const rows[][2] = {
		{ PERMIT_ALL, PERMIT_ALL_HASH },
		{ "", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" },
	};
	char hash[44], other[44];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		CHECK_OK(att_policy_hash(bytes_of(rows[i][0]), hash, &api.e), &api.e);
		assert_string_equal(hash, rows[i][1]);
	}
	CHECK_OK(att_policy_hash(bytes_of(PERMIT_ALL), hash, &api.e), &api.e);
	CHECK_OK(att_policy_hash(bytes_of(PERMIT_ALL "\n"), other, &api.e), &api.e);
	assert_string_not_equal(hash, other);
	CHECK_OK(att_policy_hash((struct att_bytes){ 0 }, other, &api.e), &api.e);
	assert_string_equal(other, rows[1][1]);
}

/* --- wrap and unwrap --- */

static void unwraps_to(const char *jws, const char *want, size_t n)
{
	char *text;
	size_t len;

	CHECK_OK(att_policy_unwrap(bytes_of(jws), &text, &len, &api.e), &api.e);
	assert_int_equal(len, n);
	assert_memory_equal(text, want, n);
	assert_int_equal(text[n], 0);
	free(text);
}

static void unsigned_round_trip(void **state)
{
	static const struct { const char *p; size_t n; } rows[] = {
		{ PERMIT_ALL, sizeof PERMIT_ALL - 1 }, { "", 0 }, { "a\r\n\xC3\xA4\0b", 7 }, { "\xFF", 1 },
	};
	char *jws;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct att_bytes text = { (const uint8_t *)rows[i].p, rows[i].n };
		CHECK_OK(att_policy_wrap(text, &jws, &api.e), &api.e);
		assert_int_equal(strncmp(jws, "eyJhbGciOiJub25lIn0.", 20), 0);
		assert_int_equal(jws[strlen(jws) - 1], '.');
		unwraps_to(jws, rows[i].p, rows[i].n);
		free(jws);
	}
	/* {"AttestationPolicy":"aQ"} from a file with a line end. */
	unwraps_to("eyJhbGciOiJub25lIn0.eyJBdHRlc3RhdGlvblBvbGljeSI6ImFRIn0.\r\n", "i", 1);
}

static struct att_signing_key *key_made(enum att_token_alg alg)
{
	struct att_signing_key *k;

	CHECK_OK(att_signing_key_generate(alg, &k, &api.e), &api.e);
	CHECK_OK(att_signing_key_self_certify(k, "https://signer.test", 1700000000, 1800000000, &api.e),
	    &api.e);
	return k;
}

static void exported(const struct att_signing_key *k, char **key, char **certs)
{
	size_t n;

	CHECK_OK(att_signing_key_export(k, key, &n, &api.e), &api.e);
	CHECK_OK(att_signing_key_certs(k, certs, &api.e), &api.e);
	assert_int_equal(strlen(*key), n);
}

static const struct { enum att_token_alg alg; const char *name; } algs[] = {
	{ ATT_RS256, "RS256" }, { ATT_ES256, "ES256" }, { ATT_ES384, "ES384" },
};

static void signed_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
		struct att_signing_key *k = key_made(algs[i].alg);
		char *key, *certs, *jws, *header;
		uint8_t *text;
		size_t n;
		exported(k, &key, &certs);
		CHECK_OK(att_policy_wrap_signed(bytes_of(PERMIT_ALL), bytes_of(key), bytes_of(certs), &jws,
		    &api.e), &api.e);
		unwraps_to(jws, PERMIT_ALL, strlen(PERMIT_ALL));
		CHECK_OK(b64_decode_arena(B64_URL, api.a, jws, strcspn(jws, "."), &text, &n, &api.e), &api.e);
		header = arena_strndup(api.a, (const char *)text, n);
		assert_non_null(strstr(header, arena_printf(api.a, "\"alg\":\"%s\"", algs[i].name)));
		assert_non_null(strstr(header, "\"x5c\":[\""));
		assert_true(strlen(strrchr(jws, '.')) > 80);
		free(jws);
		free(key);
		free(certs);
		att_signing_key_free(k);
	}
}

static void signing_refusals(void **state)
{
	struct att_signing_key *k = key_made(ATT_ES256), *other = key_made(ATT_ES256);
	char *key, *certs, *other_key, *other_certs, *jws;
	struct att_bytes text = bytes_of(PERMIT_ALL);

	(void)state;
	exported(k, &key, &certs);
	exported(other, &other_key, &other_certs);
	CHECK_ERR(att_policy_wrap_signed(text, bytes_of(key), bytes_of(other_certs), &jws, &api.e), &api.e,
	    ATT_E_BAD_FORMAT, "not of the signing key");
	CHECK_ERR(att_policy_wrap_signed(text, bytes_of(key), bytes_of(""), &jws, &api.e), &api.e,
	    ATT_E_BAD_FORMAT, "");
	CHECK_ERR(att_policy_wrap_signed(text, bytes_of("x"), bytes_of(certs), &jws, &api.e), &api.e,
	    ATT_E_BAD_FORMAT, "");
	CHECK_ERR(att_policy_wrap_signed(text, bytes_of(certs), bytes_of(certs), &jws, &api.e), &api.e,
	    ATT_E_BAD_FORMAT, "");
	free(key);
	free(certs);
	free(other_key);
	free(other_certs);
	att_signing_key_free(k);
	att_signing_key_free(other);
}

/* Header {"alg":"none"} and this payload. */
static const char *unsigned_jws(const char *payload)
{
	return arena_printf(api.a, "eyJhbGciOiJub25lIn0.%s.",
	    b64_encode_arena(B64_URL, api.a, payload, strlen(payload)));
}

static bool unwrapped(const char *jws)
{
	char *text;
	size_t n;

	return att_policy_unwrap(bytes_of(jws), &text, &n, &api.e);
}

static void unwrap_refusals(void **state)
{
	(void)state;
	assert_false(unwrapped(""));
	assert_false(unwrapped("a.b"));
	assert_false(unwrapped("a.b.c.d"));
	CHECK_ERR(unwrapped(unsigned_jws("")), &api.e, ATT_E_BAD_JSON, "payload");
	CHECK_ERR(unwrapped(unsigned_jws("{}")), &api.e, ATT_E_OPERATION, "AttestationPolicy");
	CHECK_ERR(unwrapped(unsigned_jws("{\"AttestationPolicy\":1}")), &api.e, ATT_E_OPERATION,
	    "AttestationPolicy");
	CHECK_ERR(unwrapped(unsigned_jws("{\"AttestationPolicy\":\"*\"}")), &api.e, ATT_E_BAD_ENCODING,
	    "AttestationPolicy");
	CHECK_ERR(unwrapped(unsigned_jws("{\"AttestationPolicy\":\"\",\"AttestationPolicy\":\"\"}")), &api.e,
	    ATT_E_BAD_JSON, "payload");
}

static void every_truncation_is_refused(void **state)
{
	char *jws, *copy, *text;
	size_t n, len;

	(void)state;
	CHECK_OK(att_policy_wrap(bytes_of(PERMIT_ALL), &jws, &api.e), &api.e);
	n = strlen(jws);
	for (size_t i = 0; i < n; i++) {
		copy = malloc(i + 1);
		assert_non_null(copy);
		for (size_t k = 0; k < i; k++)
			copy[k] = jws[k];
		att_error_clear(&api.e);
		assert_false(att_policy_unwrap((struct att_bytes){ (const uint8_t *)copy, i }, &text, &len,
		    &api.e));
		assert_int_not_equal(api.e.code, ATT_E_OK);
		free(copy);
	}
	free(jws);
}

/* --- eval --- */

static void eval_shows_everything(void **state)
{
	struct json *v =
	    evaluated("version=1.2;\nconfigurationrules{=>issueproperty(type=\"omit_x5c\",value=true);};\n"
	    "authorizationrules{\nc:[type==\"a\"] => add(type=\"b\",value=c.value);\n"
	    "[type==\"zz\"] => deny();\n"
	    "[type==\"b\",value==5]&&[type==\"a\"] => permit();\n};\n"
	    "issuancerules{\n=>issue(type=\"out\",value=\"x\");\n};",
	    "{\"a\":[5,6]}");
	const struct json *rules = json_get(v, "rules"), *r = rules->child->next;

	(void)state;
	assert_string_equal(json_get(v, "decision")->s, "permit");
	assert_null(json_get(v, "message"));
	assert_string_equal(compact(json_get(v, "outgoing")), "{\"out\":\"x\"}");
	assert_non_null(strstr(compact(json_get(v, "added")), "\"b\":[5,6]"));
	assert_int_equal(rules->len, 5);
	assert_true(json_get(v, "steps")->i > 5);
	assert_string_equal(compact(r),
	    "{\"line\":4,\"section\":\"authorizationrules\",\"action\":\"add\",\"fired\":true,"
	    "\"bound\":[{\"identifier\":\"c\",\"claims\":["
	    "{\"type\":\"a\",\"value\":5,\"issuer\":\"AttestationService\"},"
	    "{\"type\":\"a\",\"value\":6,\"issuer\":\"AttestationService\"}]}]}");
	assert_string_equal(compact(r->next),
	    "{\"line\":5,\"section\":\"authorizationrules\",\"action\":\"deny\","
	    "\"fired\":false,\"why\":\"condition 1 did not hold\"}");
	r = json_get(r->next->next, "bound");
	assert_int_equal(r->len, 2);
	assert_string_equal(compact(r->child),
	    "{\"claims\":[{\"type\":\"b\",\"value\":5,\"issuer\":\"AttestationPolicy\"}]}");
}

static const char *many_numbers(unsigned n)
{
	struct buf b = buf_make(api.a);

	for (unsigned i = 0; i < n; i++)
		buf_fmt(&b, "%s%u", i ? "," : "{\"a\":[", i);
	buf_str(&b, "]}");
	assert_true(buf_ok(&b, NULL));
	return b.p;
}

/* Of many bound claims the first are shown and the rest is counted. */
static void eval_cuts_long_sets(void **state)
{
	const char *policy = "version=1.0;authorizationrules{c:[type==\"a\"]=>permit();};";
	const struct json *rules = json_get(evaluated(policy, many_numbers(70)), "rules");
	const struct json *bound = json_get(rules->child, "bound")->child;

	(void)state;
	assert_int_equal(json_get(bound, "claims")->len, 64);
	assert_int_equal(json_get(bound, "more")->i, 6);
}

static void eval_decides(void **state)
{
	static const char *const rows[][3] = {
		{ PERMIT_ALL, "{}", "permit" },
		{ PERMIT_ALL, "[]", "permit" },
		{ "version=1.0;authorizationrules{};", "{}", "no-permit" },
		{ "version=1.0;authorizationrules{=>permit();=>deny();};", "{}", "deny" },
		{ "version=1.0;authorizationrules{[type==\"a\",value==true]=>permit();};", "{\"a\":true}",
		    "permit" },
		{ "version=1.0;authorizationrules{[type==\"a\",value==true]=>permit();};", "{\"a\":1}",
		    "no-permit" },
		{ "version=1.0;authorizationrules{[type==\"a\",issuer==\"CustomClaim\"]=>permit();};",
		    "[{\"type\":\"a\",\"value\":\"x\",\"issuer\":\"CustomClaim\"}]", "permit" },
		{ "version=1.2;authorizationrules{c:[type==\"a\"]=>add(type=\"b\",value=NegateBool(c.value));"
		    "};", "{\"a\":1}", "error" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(decision(rows[i][0], rows[i][1]), rows[i][2]);
}

static bool eval_fails(const char *policy, const char *claims)
{
	char *text;

	return att_policy_eval(bytes_of(policy), bytes_of(claims), &api.settings, &text, &api.e);
}

static void eval_refusals(void **state)
{
	(void)state;
	CHECK_ERR(eval_fails("version=1.0;", "{}"), &api.e, ATT_E_POLICY_PARSE, "Line: '1', Column: '12'");
	CHECK_ERR(eval_fails("", "{}"), &api.e, ATT_E_POLICY_PARSE, "Offending symbol");
	CHECK_ERR(eval_fails(PERMIT_ALL, ""), &api.e, ATT_E_BAD_JSON, "claims: ");
	CHECK_ERR(eval_fails(PERMIT_ALL, "{\"a\":1,\"a\":2}"), &api.e, ATT_E_BAD_JSON, "claims: ");
	CHECK_ERR(eval_fails(PERMIT_ALL, "5"), &api.e, ATT_E_BAD_JSON, "claims: ");
	CHECK_ERR(eval_fails(PERMIT_ALL, "{\"a\":1.5}"), &api.e, ATT_E_BAD_JSON, "claims: ");
	CHECK_ERR(eval_fails(PERMIT_ALL, "[{\"type\":\"a\",\"value\":1,\"issuer\":\"Mallory\"}]"), &api.e,
	    ATT_E_BAD_JSON, "claims: ");
}

/* --- jmespath --- */

static bool queried(const char *expression, const char *doc, char **out)
{
	return att_jmespath(bytes_of(expression), bytes_of(doc), out, &api.e);
}

static void jmespath_answers(void **state)
{
	static const char *const rows[][3] = {
		{ "a.b[1]", "{\"a\":{\"b\":[1,\"x\"]}}", "\"x\"" }, { "a", "{}", "null" },
		    { "@", " 5 ", "5" },
		{ "[?a>`1`].{b:a}", "[{\"a\":1},{\"a\":2}]", "[{\"b\":2}]" },
		{ "equals_ignore_case(a, 'X')", "{\"a\":\"x\"}", "true" },
	};
	char *out;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CHECK_OK(queried(rows[i][0], rows[i][1], &out), &api.e);
		assert_string_equal(out, rows[i][2]);
		free(out);
	}
}

static void jmespath_refusals(void **state)
{
	static const struct { const char *query, *doc; enum att_err code; const char *text; } rows[] = {
		{ "", "{}", ATT_E_POLICY_EVAL, "syntax: " },
		{ "a.", "{}", ATT_E_POLICY_EVAL, "syntax: " },
		{ "abs('a')", "{}", ATT_E_POLICY_EVAL, "invalid-type: " },
		{ "a[::0]", "{}", ATT_E_POLICY_EVAL, "invalid-value: " },
		{ "abs()", "{}", ATT_E_POLICY_EVAL, "invalid-arity: " },
		{ "nothing(@)", "{}", ATT_E_POLICY_EVAL, "unknown-function: " },
		{ "a", "{", ATT_E_BAD_JSON, "document: " },
		{ "a", "", ATT_E_BAD_JSON, "document: " },
	};
	char *out;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(queried(rows[i].query, rows[i].doc, &out), &api.e, rows[i].code, rows[i].text);
}

/* --- hostile policies: whatever they try, they end within the budget --- */

static const char *repeated(const char *before, const char *piece, size_t n, const char *after)
{
	struct buf b = buf_make(api.a);

	buf_str(&b, before);
	while (n-- > 0)
		buf_str(&b, piece);
	buf_str(&b, after);
	assert_true(buf_ok(&b, NULL));
	return b.p;
}

/* The evaluation ends as an error that names the limit, after no more than the budget of steps. */
static void stays_inside(const char *what, const char *policy, const char *claims, uint64_t steps)
{
	const struct json *v, *m;

	api.settings.policy_steps = steps;
	v = evaluated(policy, claims);
	att_settings_default(&api.settings);
	m = json_get(v, "message");
	if (json_get(v, "steps")->i > (int64_t)steps)
		fail_msg("%s: %lld steps", what, (long long)json_get(v, "steps")->i);
	if (strcmp(json_get(v, "decision")->s, "error") != 0 || !m || !strstr(m->s, "limit"))
		fail_msg("%s: %s, %s", what, json_get(v, "decision")->s, m ? m->s : "no message");
	assert_int_equal(json_get(v, "outgoing")->len, 0);
}

static const char *doubling_policy(void)
{
	struct buf b = buf_make(api.a);

	buf_str(&b, "version=1.2;authorizationrules{=>add(type=\"c0\",value=\"0123456789abcdef\");");
	for (unsigned i = 0; i < 60; i++)
		buf_fmt(&b, "c:[type==\"c%u\"]=>add(type=\"c%u\",value=AppendString(c.value,c.value));", i,
		    i + 1);
	buf_str(&b, "=>permit();};");
	assert_true(buf_ok(&b, NULL));
	return b.p;
}

static const char *querying_policy(const char *query)
{
	return arena_printf(api.a, "version=1.2;authorizationrules{c:[type==\"doc\"]=>add(type=\"x\","
	    "value=JmesPath(c.value,\"%s\"));=>permit();};", query);
}

static void hostile_policies(void **state)
{
	const char *list = repeated("{\"doc\":\"[", "1,", 3000, "1]\"}");
	const char *claims = repeated("{\"a\":[", "1,", 20000, "2]}");
	/* Each level makes a list of two copies of the one below: a tree of 2^60 leaves. */
	const char *tree = repeated("", "[@,@] | ", 60, "to_string(@)");
	const char *squares = repeated("[*].[", "length(to_string(@)),", 40, "@]");

	(void)state;
	stays_inside("2^60 leaves", querying_policy(tree), "{\"doc\":\"{}\"}", 100000);
	stays_inside("2^60 leaves, flattened", querying_policy(repeated("", "[@,@][] | ", 60, "length(@)")),
	    "{\"doc\":\"{}\"}", 100000);
	stays_inside("a list times its length", querying_policy(repeated("[*]", ".[@,@][]", 20, "")), list,
	    1000000);
	stays_inside("wide lists", querying_policy(squares), list, 100000);
	stays_inside("sorting", querying_policy(repeated("", "sort(@) | ", 100, "@")), list, 100000);
	stays_inside("text doubled 60 times", doubling_policy(), "{}", 10000000);
	stays_inside("conditions times claims", repeated("version=1.0;authorizationrules{",
	    "[value==3]&&[value==3]=>permit();", 4096, "};"), claims, 1000000);
	stays_inside("claims compared with claims", "version=1.2;authorizationrules{a:[type==\"a\"]&&"
	    "b:[type==\"a\",value==a.value]&&c:[type==\"a\",value!=b.value]=>permit();};",
	    many_numbers(20000), 1000000);
	stays_inside("subset of itself", repeated("version=1.2;authorizationrules{", "a:[type==\"a\"]=>"
	    "add(type=\"s\",value=IsSubsetOf(a.value,a.value));", 4000, "};"), claims, 1000000);
}

/* A bounded policy is not refused because a hostile one is. */
static void large_but_honest(void **state)
{
	const char *policy = repeated("version=1.0;authorizationrules{=>permit();",
	    "[type==\"b\",value==1]=>deny();", 4095, "};");
	const char *claims = repeated("{\"a\":[", "1,", 20000, "2]}");

	(void)state;
	assert_string_equal(decision(policy, claims), "permit");
}

static void hostile_texts_do_not_compile(void **state)
{
	const char *deep = repeated("version=1.2;authorizationrules{=>add(type=\"a\",value=", "NegateBool(",
	    200000, "");
	const char *brackets = repeated("version=1.0;authorizationrules", "{", 100000, "");
	const char *rules = repeated("version=1.0;authorizationrules{", "=>permit();", 4097, "};");
	const char *bangs = repeated("version=1.2;authorizationrules{", "!", 100000,
	    "[type==\"a\"]=>permit();};");
	const char *quotes = repeated("version=1.0;authorizationrules{", "\"", 100001, "};");
	const char *query = querying_policy(repeated("", "(", 10000, ""));
	const char *texts[] = { deep, brackets, rules, bangs, quotes, query };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct att_policy_report *r = checked(texts[i]);
		assert_false(r->ok);
		assert_true(r->nproblems <= 100);
		att_policy_report_free(r);
		CHECK_ERR(eval_fails(texts[i], "{}"), &api.e, ATT_E_POLICY_PARSE, "");
	}
}

static void hostile_documents(void **state)
{
	char *out;

	(void)state;
	CHECK_ERR(queried("a", repeated("", "[", 100000, ""), &out), &api.e, ATT_E_BAD_JSON, "document");
	CHECK_ERR(queried(repeated("", "[@,@] | ", 60, "to_string(@)"), "{}", &out), &api.e,
	    ATT_E_POLICY_EVAL, "limit: ");
	CHECK_ERR(queried(repeated("", "!", 100000, "a"), "{}", &out), &api.e, ATT_E_POLICY_EVAL, "limit: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_says_good), cmocka_unit_test(check_tells_all_problems),
		cmocka_unit_test(check_takes_anything), cmocka_unit_test(hash_is_over_the_bytes),
		cmocka_unit_test(unsigned_round_trip), cmocka_unit_test(signed_round_trip),
		cmocka_unit_test(signing_refusals), cmocka_unit_test(unwrap_refusals),
		cmocka_unit_test(every_truncation_is_refused), cmocka_unit_test(eval_shows_everything),
		cmocka_unit_test(eval_cuts_long_sets), cmocka_unit_test(eval_decides),
		cmocka_unit_test(eval_refusals),
		cmocka_unit_test(jmespath_answers), cmocka_unit_test(jmespath_refusals),
		cmocka_unit_test(hostile_policies),
		cmocka_unit_test(large_but_honest), cmocka_unit_test(hostile_texts_do_not_compile),
		cmocka_unit_test(hostile_documents),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}
