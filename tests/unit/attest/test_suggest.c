/* A suggested policy permits the evidence it was made from, and nothing that differs in a pinned claim. */
#include <stdio.h>

#include "tests/unit/attest/api_harness.h"
#include "tests/unit/evidence/snp/fix.h"

struct api_fixture api;
static struct fix fix;

static int setup(void **state)
{
	fix_init(&fix);
	return api_setup(state);
}

static int teardown(void **state)
{
	fix_clear(&fix);
	return api_teardown(state);
}

/* The claims of simulated evidence that the pipeline verified. */
static struct json *claims_of(const struct sim_snp_options *o)
{
	struct sim_snp_output out = fix_sim(&fix, api.a, o);
	struct att_bytes anchor = { out.ark_pem.p, out.ark_pem.n };
	struct att_request req = { .body = { out.request_json.p, out.request_json.n }, .anchors = &anchor,
		.nanchors = 1, .now_s = FIX_NOW, .settings = &api.settings };
	struct att_ctx *ctx = att_ctx_new(&api.e);
	struct att_result *r;
	struct json *v;

	assert_non_null(ctx);
	CHECK_OK(att_appraise(ctx, &req, &r, &api.e), &api.e);
	assert_int_equal(r->verdict, ATT_PERMITTED);
	CHECK_OK(json_parse(api.a, r->claims_json, strlen(r->claims_json), NULL, &v, &api.e), &api.e);
	att_result_free(r);
	att_ctx_free(ctx);
	return v;
}

static char *suggested(const struct json *claims)
{
	char *text, *kept;

	CHECK_OK(att_policy_suggest("sevsnpvm", bytes_of(compact(claims)), &text, &api.e), &api.e);
	kept = arena_strdup(api.a, text);
	free(text);
	assert_non_null(kept);
	return kept;
}

/* What the policy says when one claim has another value, given as JSON; NULL: when it is not there. */
static const char *with(const char *policy, const struct json *claims, const char *name, const char *value)
{
	struct json *changed = json_object(api.a), *v = NULL;

	if (value)
		CHECK_OK(json_parse(api.a, value, strlen(value), NULL, &v, &api.e), &api.e);
	for (const struct json *c = claims->child; c; c = c->next)
		if (strcmp(c->name, name) != 0)
			assert_non_null(json_put(api.a, changed, c->name, json_copy(api.a, c)));
	if (v)
		assert_non_null(json_put(api.a, changed, name, v));
	return decision(policy, compact(changed));
}

static bool names(const char *policy, const char *claim)
{
	return strstr(policy, arena_printf(api.a, "\n    [type==\"%s\"", claim)) != NULL;
}

static const struct pinned { const char *claim, *other; } pinned[] = {
	{ "x-ms-sevsnpvm-launchmeasurement", "\"00\"" }, { "x-ms-sevsnpvm-hostdata", "\"00\"" },
	{ "x-ms-sevsnpvm-idkeydigest", "\"00\"" }, { "x-ms-sevsnpvm-is-debuggable", "true" },
	{ "x-ms-sevsnpvm-migration-allowed", "true" }, { "x-ms-sevsnpvm-vmpl", "1" },
	{ "x-attestd-snp-product", "\"Rome\"" }, { "x-attestd-snp-signing-key", "\"VLEK\"" },
	{ "x-ms-sevsnpvm-bootloader-svn", "3" }, { "x-ms-sevsnpvm-tee-svn", "-1" },
	{ "x-ms-sevsnpvm-snpfw-svn", "23" }, { "x-ms-sevsnpvm-microcode-svn", "1" },
};

static void check_pins(const struct json *claims, const char *policy)
{
	assert_string_equal(decision(policy, compact(claims)), "permit");
	for (size_t i = 0; i < sizeof pinned / sizeof pinned[0]; i++) {
		const char *name = pinned[i].claim;
		if (!names(policy, name))
			fail_msg("%s is not pinned", name);
		if (strcmp(with(policy, claims, name, pinned[i].other), "deny") != 0)
			fail_msg("%s = %s is not denied", name, pinned[i].other);
		if (strcmp(with(policy, claims, name, NULL), "no-permit") != 0)
			fail_msg("permitted without %s", name);
		if (strcmp(with(policy, claims, name, "\"?\""), "permit") == 0)
			fail_msg("permitted with a text for %s", name);
	}
}

static void check_report(const char *policy)
{
	struct att_policy_report *r;

	CHECK_OK(att_policy_check(bytes_of(policy), &r, &api.e), &api.e);
	if (r->nproblems)
		fail_msg("line %zu: %s", r->problems[0].line, r->problems[0].message);
	att_policy_report_free(r);
}

static void pins_what_it_saw(void **state)
{
	static const char *const products[] = { "Milan", "Genoa", "Turin" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sim_snp_options o;
		struct json *claims;
		const char *policy;
		fix_sim_options(&o, products[i]);
		o.host_data[0] = 7;
		o.reported.bootloader = o.current.bootloader = o.committed.bootloader =
		    o.launch.bootloader = 4;
		o.reported.snp = o.current.snp = o.committed.snp = o.launch.snp = 24;
		claims = claims_of(&o);
		policy = suggested(claims);
		assert_non_null(strstr(policy, "\nversion=1.0;\n"));
		check_pins(claims, policy);
		check_report(policy);
		/* Only Turin has the component. */
		assert_int_equal(names(policy, "x-attestd-snp-reported-tcb-fmc"), i == 2);
	}
}

static void lets_pass_what_is_not_pinned(void **state)
{
	struct sim_snp_options o;
	struct json *claims;
	const char *policy;

	(void)state;
	fix_sim_options(&o, "Milan");
	claims = claims_of(&o);
	policy = suggested(claims);
	assert_string_equal(with(policy, claims, "x-ms-sevsnpvm-snpfw-svn", "255"), "permit");
	assert_string_equal(with(policy, claims, "x-ms-sevsnpvm-reportdata", "\"00\""), "permit");
	assert_string_equal(with(policy, claims, "x-attestd-snp-chip-id", "\"00\""), "permit");
	assert_non_null(strstr(policy, "\n    // [type==\"x-attestd-snp-chip-id\", value!=\""));
}

static void zeros_are_not_pinned(void **state)
{
	struct sim_snp_options o;
	const char *policy;

	(void)state;
	fix_sim_options(&o, "Milan");
	for (size_t i = 0; i < sizeof o.id_key_digest; i++)
		o.id_key_digest[i] = 0;
	for (size_t i = 0; i < sizeof o.host_data; i++)
		o.host_data[i] = 0;
	policy = suggested(claims_of(&o));
	assert_null(strstr(policy, "x-ms-sevsnpvm-hostdata"));
	assert_null(strstr(policy, "x-ms-sevsnpvm-idkeydigest"));
}

/* Debuggable evidence is permitted, because it is what was shown, but the text says so. */
static void unsafe_values_are_told(void **state)
{
	struct sim_snp_options o;
	struct json *claims;
	const char *policy;

	(void)state;
	fix_sim_options(&o, "Milan");
	o.policy |= UINT64_C(1) << 19;
	claims = claims_of(&o);
	policy = suggested(claims);
	assert_non_null(strstr(policy, "// WARNING: this evidence has true"));
	assert_non_null(strstr(policy,
	    "\n    // [type==\"x-ms-sevsnpvm-is-debuggable\", value!=false] => deny();"));
	assert_string_equal(decision(policy, compact(claims)), "permit");
}

/* Texts with quotes, backslashes and line ends are pinned as they are. */
static void texts_are_escaped(void **state)
{
	struct sim_snp_options o;
	struct json *claims;
	const char *policy;

	(void)state;
	fix_sim_options(&o, "Milan");
	claims = claims_of(&o);
	assert_non_null(json_put(api.a, claims, "x-attestd-snp-product",
	    json_string(api.a, "M\"\\\n\x01\xC3\xA4] =>")));
	policy = suggested(claims);
	assert_string_equal(decision(policy, compact(claims)), "permit");
	assert_string_equal(with(policy, claims, "x-attestd-snp-product", "\"M\""), "deny");
}

static bool refused(const char *type, const char *claims)
{
	char *text;

	return att_policy_suggest(type, bytes_of(claims), &text, &api.e);
}

static const char *changed(struct json *claims, const char *name, struct json *v)
{
	struct json *copy = json_copy(api.a, claims);

	assert_non_null(json_put(api.a, copy, name, v));
	return compact(copy);
}

static void refusals(void **state)
{
	struct sim_snp_options o;
	struct json *claims;
	const char *measured = "x-ms-sevsnpvm-launchmeasurement";

	(void)state;
	fix_sim_options(&o, "Milan");
	claims = claims_of(&o);
	CHECK_ERR(refused("Toaster", "{}"), &api.e, ATT_E_NOT_FOUND, "Toaster");
	CHECK_ERR(refused("AzureGuest", "{}"), &api.e, ATT_E_UNSUPPORTED, "AzureGuest");
	CHECK_ERR(refused("SevSnpVm", "{"), &api.e, ATT_E_BAD_JSON, "claims");
	CHECK_ERR(refused("SevSnpVm", "[]"), &api.e, ATT_E_BAD_FORMAT, "object");
	CHECK_ERR(refused("SevSnpVm", "{}"), &api.e, ATT_E_OPERATION, measured);
	CHECK_ERR(refused("SevSnpVm", changed(claims, measured, json_object(api.a))), &api.e,
	    ATT_E_UNSUPPORTED, measured);
	CHECK_ERR(refused("SevSnpVm", changed(claims, measured, json_array(api.a))), &api.e,
	    ATT_E_UNSUPPORTED, "one text, number or Boolean");
	CHECK_ERR(refused("SevSnpVm", changed(claims, "x-ms-sevsnpvm-tee-svn", json_string(api.a, "4"))),
	    &api.e, ATT_E_UNSUPPORTED, "want a number");
	/* A policy text cannot hold NUL. */
	CHECK_ERR(refused("SevSnpVm", changed(claims, measured, json_stringn(api.a, "a\0b", 3))), &api.e,
	    ATT_E_POLICY_PARSE, "suggested policy");
}

#define SGX_CLAIMS \
	"{\"x-ms-sgx-mrsigner\":\"aa\",\"x-ms-sgx-mrenclave\":\"bb\",\"x-ms-sgx-product-id\":7," \
	"\"x-ms-sgx-svn\":3,\"x-ms-sgx-is-debuggable\":false,\"x-attestd-dcap-ppid\":\"cc\"," \
	"\"x-ms-sgx-config-id\":\"0d\",\"x-ms-sgx-config-svn\":2,\"x-ms-sgx-isv-family-id\":\"00\"," \
	"\"x-ms-sgx-isv-extended-product-id\":\"0e\"}"
#define TDX_CLAIMS \
	"{\"tdx_mrtd\":\"a1\",\"tdx_rtmr0\":\"a2\",\"tdx_rtmr1\":\"a3\",\"tdx_rtmr2\":\"a4\"," \
	"\"tdx_rtmr3\":\"00\",\"tdx_mrconfigid\":\"00\",\"tdx_mrowner\":\"a5\"," \
	"\"tdx_mrownerconfig\":\"a6\"," \
	"\"tdx_td_attributes\":\"a7\",\"tdx_td_attributes_debug\":false,\"x-attestd-tdx-untrusted\":false," \
	"\"x-attestd-tdx-migratable\":false,\"tdx_xfam\":\"a8\",\"x-attestd-tdx-mrservicetd\":\"00\"," \
	"\"tdx_mrseam\":\"a9\",\"tdx_seamsvn\":262,\"x-attestd-dcap-ppid\":\"cc\"}"

/* What is pinned for quotes, and what is not. */
static const struct quote_pin {
	const char *type, *claims, *claim, *other, *decision;
} quote_pins[] = {
	{ "SgxEnclave", SGX_CLAIMS, "x-ms-sgx-mrsigner", "\"ab\"", "deny" },
	{ "SgxEnclave", SGX_CLAIMS, "x-ms-sgx-product-id", "8", "deny" },
	{ "SgxEnclave", SGX_CLAIMS, "x-ms-sgx-svn", "2", "deny" },
	{ "SgxEnclave", SGX_CLAIMS, "x-ms-sgx-svn", "4", "permit" },
	{ "SgxEnclave", SGX_CLAIMS, "x-ms-sgx-svn", "\"4\"", "no-permit" },
	{ "SgxEnclave", SGX_CLAIMS, "x-ms-sgx-is-debuggable", "true", "deny" },
	{ "SgxEnclave", SGX_CLAIMS, "x-ms-sgx-config-id", "\"ff\"", "deny" },
	{ "SgxEnclave", SGX_CLAIMS, "x-ms-sgx-config-svn", "1", "deny" },
	{ "SgxEnclave", SGX_CLAIMS, "x-ms-sgx-isv-extended-product-id", "\"ff\"", "deny" },
	{ "SgxEnclave", SGX_CLAIMS, "x-ms-sgx-isv-family-id", "\"ff\"", "permit" },
	{ "SgxEnclave", SGX_CLAIMS, "x-ms-sgx-mrenclave", "\"ff\"", "permit" },
	{ "SgxEnclave", SGX_CLAIMS, "x-attestd-dcap-ppid", "\"ff\"", "permit" },
	{ "OpenEnclave", SGX_CLAIMS, "x-ms-sgx-mrsigner", "\"ab\"", "deny" },
	{ "openenclave", SGX_CLAIMS, "x-ms-sgx-mrsigner", NULL, "no-permit" },
	{ "TdxVm", TDX_CLAIMS, "tdx_mrtd", "\"ff\"", "deny" },
	{ "TdxVm", TDX_CLAIMS, "tdx_rtmr0", "\"ff\"", "deny" },
	{ "TdxVm", TDX_CLAIMS, "tdx_rtmr1", "\"ff\"", "deny" },
	{ "TdxVm", TDX_CLAIMS, "tdx_rtmr2", "\"ff\"", "deny" },
	{ "TdxVm", TDX_CLAIMS, "tdx_rtmr3", "\"ff\"", "permit" },
	{ "TdxVm", TDX_CLAIMS, "tdx_mrconfigid", "\"ff\"", "permit" },
	{ "TdxVm", TDX_CLAIMS, "tdx_mrowner", "\"ff\"", "deny" },
	{ "TdxVm", TDX_CLAIMS, "tdx_mrownerconfig", "\"ff\"", "deny" },
	{ "TdxVm", TDX_CLAIMS, "tdx_td_attributes", "\"ff\"", "deny" },
	{ "TdxVm", TDX_CLAIMS, "tdx_td_attributes_debug", "true", "deny" },
	{ "TdxVm", TDX_CLAIMS, "x-attestd-tdx-untrusted", "true", "deny" },
	{ "TdxVm", TDX_CLAIMS, "x-attestd-tdx-migratable", "true", "deny" },
	{ "TdxVm", TDX_CLAIMS, "tdx_xfam", "\"ff\"", "deny" },
	{ "TdxVm", TDX_CLAIMS, "x-attestd-tdx-mrservicetd", "\"ff\"", "deny" },
	{ "TdxVm", TDX_CLAIMS, "tdx_mrseam", "\"ff\"", "deny" },
	{ "TdxVm", TDX_CLAIMS, "tdx_seamsvn", "261", "deny" },
	{ "TdxVm", TDX_CLAIMS, "tdx_seamsvn", "300", "permit" },
	{ "TdxVm", TDX_CLAIMS, "tdx_mrseam", NULL, "no-permit" },
	{ "TdxVm", TDX_CLAIMS, "x-attestd-dcap-ppid", "\"ff\"", "permit" },
};

static char *suggested_for(const char *type, const char *claims)
{
	char *text, *kept;

	CHECK_OK(att_policy_suggest(type, bytes_of(claims), &text, &api.e), &api.e);
	kept = arena_strdup(api.a, text);
	free(text);
	assert_non_null(kept);
	return kept;
}

static void quotes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof quote_pins / sizeof quote_pins[0]; i++) {
		const struct quote_pin *p = &quote_pins[i];
		const char *policy = suggested_for(p->type, p->claims), *found;
		struct json *claims;

		CHECK_OK(json_parse(api.a, p->claims, strlen(p->claims), NULL, &claims, &api.e), &api.e);
		assert_string_equal(decision(policy, p->claims), "permit");
		check_report(policy);
		found = with(policy, claims, p->claim, p->other);
		if (strcmp(found, p->decision) != 0)
			fail_msg("%s, %s = %s: %s, want %s", p->type, p->claim, p->other ? p->other : "none",
			    found, p->decision);
	}
}

/* The attributes of a domain that can be debugged are not worth pinning: the rule would demand them. */
static void spoilt_values_are_told(void **state)
{
	struct json *claims;
	const char *policy;

	(void)state;
	CHECK_OK(json_parse(api.a, TDX_CLAIMS, strlen(TDX_CLAIMS), NULL, &claims, &api.e), &api.e);
	policy = suggested_for("TdxVm", changed(claims, "x-attestd-tdx-untrusted", json_bool(api.a, true)));
	assert_non_null(strstr(policy, "// WARNING: this evidence has \"a7\", which is not safe"));
	assert_non_null(strstr(policy, "\n    // [type==\"tdx_td_attributes\", value!=\"a7\"] => deny();"));
	assert_false(names(policy, "tdx_td_attributes"));
	assert_true(names(policy, "tdx_td_attributes_debug"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pins_what_it_saw), cmocka_unit_test(lets_pass_what_is_not_pinned),
		cmocka_unit_test(zeros_are_not_pinned), cmocka_unit_test(unsafe_values_are_told),
		cmocka_unit_test(texts_are_escaped), cmocka_unit_test(refusals),
		cmocka_unit_test(quotes), cmocka_unit_test(spoilt_values_are_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
