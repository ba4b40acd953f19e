#include <string.h>

#include "lib/base/base64.h"
#include "tests/unit/evidence/sgx/simfix.h"

static struct simfix s;

static int set_up(void **state)
{
	(void)state;
	simfix_init(&s);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	simfix_clear(&s);
	return 0;
}

/* Every version, report and header that the formats know is accepted under its root alone. */
static void everything_made_verifies(void **state)
{
	static const struct { enum sim_dcap_type type; unsigned version, form; } rows[] = {
		{ SIM_SGX, 3, 0 }, { SIM_SGX, 4, 0 }, { SIM_SGX, 5, 0 },
		{ SIM_OE, 3, SIM_OE_REPORT }, { SIM_OE, 3, SIM_OE_LEGACY }, { SIM_OE, 3, SIM_OE_EVIDENCE },
		{ SIM_TDX, 4, SIM_TD_10 }, { SIM_TDX, 5, SIM_TD_10 }, { SIM_TDX, 0, SIM_TD_15 },
		{ SIM_TDX, 5, SIM_TD_15X },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (unsigned small = 0; small < 2; small++) {
			simfix_options(&s, rows[i].type);
			s.o.quote_version = rows[i].version;
			if (rows[i].type == SIM_OE)
				s.o.oe_form = (enum sim_oe_form)rows[i].form;
			if (rows[i].type == SIM_TDX)
				s.o.td_report = (enum sim_td_report)rows[i].form;
			s.o.platform.processor_ca = small;
			assert_string_equal(simfix_run(&s), "ok");
			assert_true(s.f.outcome.simulated_anchor);
			assert_string_equal(dfix_status(&s.f), "UpToDate");
			x509_bundle_clear(&s.f.anchors);
			assert_string_equal(simfix_appraise(&s), "dcap.pck.root");
		}
}

/* Types 1 to 3 only name the platform, type 4 has the leaf alone: the rest is given beside the quote. */
static void all_kinds_of_certification_are_made(void **state)
{
	(void)state;
	for (unsigned type = 1; type <= 4; type++) {
		struct x509_bundle b = { 0 };

		simfix_options(&s, SIM_SGX);
		s.o.certification = type;
		simfix_plan(&s);
		simfix_write(&s);
		assert_string_equal(simfix_appraise(&s), "missing");
		CHECK_OK(x509_bundle_parse(s.f.crypto, s.out.pck_chain_pem.p, s.out.pck_chain_pem.n, &b,
		    &s.e), &s.e);
		for (size_t i = 0; i < b.n; i++)
			CHECK_OK(x509_bundle_add(&s.f.certs, b.certs[i], &s.e), &s.e);
		assert_string_equal(simfix_appraise(&s), "ok");
		x509_bundle_clear(&b);
		x509_bundle_clear(&s.f.certs);
	}
}

static void options_reach_the_claims(void **state)
{
	static const char *const wanted[] = {
		"\"x-ms-sgx-is-debuggable\":true", "\"x-ms-sgx-product-id\":77", "\"x-ms-sgx-svn\":9",
		"\"x-ms-sgx-mrenclave\":\"ee", "\"x-ms-sgx-mrsigner\":\"dd", "\"x-ms-sgx-config-svn\":5",
		"\"x-attestd-dcap-fmspc\":\"123456789abc\"", "\"x-attestd-dcap-pce-id\":\"0100\"",
		"\"x-attestd-dcap-ppid\":\"aa", "\"x-attestd-dcap-platform-instance\":\"bb",
		"\"x-attestd-dcap-dynamic-platform\":true", "\"x-attestd-dcap-smt\":false",
		"\"x-attestd-dcap-sgx-type\":2", "\"x-attestd-dcap-tcb-evaluation\":31",
		"\"x-attestd-dcap-tcb-status\":\"OutOfDateConfigurationNeeded\"",
		"\"x-attestd-dcap-advisory\":[\"A-1\",\"A-2\"]",
		"\"x-attestd-dcap-tcb-date\":\"2024-04-07T00:00:00Z\"",
	};
	const char *text;

	(void)state;
	simfix_options(&s, SIM_SGX);
	s.o.enclave.flags |= 0x82;
	s.o.enclave.isvprodid = 77;
	s.o.enclave.isvsvn = 9;
	s.o.enclave.mrenclave[0] = 0xEE;
	s.o.enclave.mrsigner[0] = 0xDD;
	s.o.enclave.configsvn = 5;
	bytes_copy(s.o.platform.fmspc, "\x12\x34\x56\x78\x9a\xbc", 6);
	s.o.platform.pceid[0] = 1;
	s.o.platform.ppid[0] = 0xAA;
	s.o.platform.instance[0] = 0xBB;
	s.o.platform.dynamic = true;
	s.o.platform.smt = false;
	s.o.platform.sgx_type = 2;
	s.o.evaluation = 31;
	s.o.status = "OutOfDateConfigurationNeeded";
	s.o.advisories[0] = "A-1";
	s.o.advisories[1] = "A-2";
	s.o.nadvisories = 2;
	/* five levels above it, of a quarter each */
	CHECK_OK(time_parse_rfc3339("2025-07-01T00:00:00Z", 20, &s.o.tcb_date_s, &s.e), &s.e);
	assert_string_equal(simfix_run(&s), "ok");
	text = dfix_transcript(&s.f);
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if (!strstr(text, wanted[i]))
			fail_msg("%s is not in %s", wanted[i], text);
}

/* A platform whose components leave no room for every level has the status asked for all the same. */
static void levels_fit_any_platform(void **state)
{
	static const char *const statuses[] = { "UpToDate", "ConfigurationNeeded", "Revoked" };
	static const uint8_t firsts[] = { 0, 5, 60, 250, 255 };

	(void)state;
	for (enum sim_dcap_type t = SIM_SGX; t < SIM_NDCAP_TYPES; t++)
		for (size_t i = 0; i < sizeof firsts; i++)
			for (size_t k = 0; k < sizeof statuses / sizeof statuses[0]; k++) {
				simfix_options(&s, t);
				s.o.platform.components[0] = firsts[i];
				s.o.status = statuses[k];
				s.o.qe_isvsvn = firsts[i];
				(void)simfix_run(&s);
				assert_string_equal(dfix_status(&s.f), statuses[k]);
			}
}

static void outputs_agree(void **state)
{
	struct att_bytes data = { (const uint8_t *)"{}", 2 };
	struct json *v;
	uint8_t *p;
	size_t n;

	(void)state;
	simfix_options(&s, SIM_OE);
	s.o.runtime_data = data;
	s.o.binary_data = true;
	s.o.nonce = "0011";
	assert_string_equal(simfix_run(&s), "ok");
	assert_int_equal(s.out.evidence.n, s.out.quote.n + OE_REPORT_HEADER_LEN);
	assert_memory_equal(s.out.evidence.p + OE_REPORT_HEADER_LEN, s.out.quote.p, s.out.quote.n);
	assert_non_null(strstr((const char *)s.out.pck_chain_pem.p, (const char *)s.out.root_pem.p));
	CHECK_OK(json_parse(s.a, s.out.request_json.p, s.out.request_json.n, NULL, &v, &s.e), &s.e);
	CHECK_OK(b64_decode_arena(B64_URL, s.a, json_get(v, "report")->s, json_get(v, "report")->len, &p, &n,
	    &s.e), &s.e);
	assert_int_equal(n, s.out.evidence.n);
	assert_memory_equal(p, s.out.evidence.p, n);
	assert_true(json_str_eq(json_get(json_get(v, "runtimeData"), "dataType"), "Binary"));
	assert_null(json_get(v, "initTimeData"));
	assert_true(json_str_eq(json_get(v, "nonce"), "0011"));
}

/* Keys saved and read again make evidence of the same manufacturer: the older root is still the anchor. */
static void keys_are_kept(void **state)
{
	struct sim_dcap_keys again = { 0 };
	struct sim_bytes pem;
	struct arena *a = arena_new((size_t)1 << 20);
	struct att_bytes text;

	(void)state;
	CHECK_OK(sim_dcap_keys_save(&s.keys, a, &pem, &s.e), &s.e);
	text = (struct att_bytes){ pem.p, pem.n };
	CHECK_OK(sim_dcap_keys_load(s.f.crypto, text, &again, &s.e), &s.e);
	assert_memory_equal(x509_sha256(again.root_cert), x509_sha256(s.keys.root_cert), 32);
	simfix_options(&s, SIM_TDX);
	simfix_plan(&s);
	s.p.keys = &again;
	s.p.cert[DCAP_PCK].key = again.pck;
	simfix_write(&s);
	assert_string_equal(simfix_appraise(&s), "ok");
	sim_dcap_keys_clear(&again);
	for (size_t n = 0; n < pem.n; n += 97) {
		text.len = n;
		att_error_clear(&s.e);
		assert_false(sim_dcap_keys_load(s.f.crypto, text, &again, &s.e));
		assert_true(s.e.code != ATT_E_OK);
		assert_null(again.root);
	}
	att_error_clear(&s.e);
	arena_free(a);
}

static void what_does_not_go_together_is_an_error(void **state)
{
	struct dcap_plan p;
	struct sim_dcap_output out;

	(void)state;
#define REFUSE(type, change, code, text) do { \
	simfix_options(&s, type); \
	change; \
	CHECK_ERR(dcap_plan_begin(s.f.crypto, s.a, &s.keys, &s.o, &p, &s.e) && \
	    dcap_plan_write(&p, &out, &s.e), &s.e, code, text); \
} while (0)
	REFUSE(SIM_SGX, s.o.fault = "none", ATT_E_NOT_FOUND, "\"none\" is unknown for SgxEnclave");
	REFUSE(SIM_SGX, s.o.fault = "module-signer", ATT_E_NOT_FOUND, "module-signer");
	REFUSE(SIM_SGX, s.o.status = "Fine", ATT_E_NOT_FOUND, "\"Fine\"");
	REFUSE(SIM_SGX, s.o.qe_status = "ConfigurationNeeded", ATT_E_NOT_FOUND, "ConfigurationNeeded");
	REFUSE(SIM_TDX, s.o.module_status = "", ATT_E_NOT_FOUND, "\"\"");
	REFUSE(SIM_SGX, s.o.status = "TDRelaunchAdvised", ATT_E_UNSUPPORTED, "relaunch");
	REFUSE(SIM_TDX, s.o.relaunch = true, ATT_E_UNSUPPORTED, "report 1.5");
	REFUSE(SIM_SGX, s.o.quote_version = 2, ATT_E_UNSUPPORTED, "version 2");
	REFUSE(SIM_SGX, s.o.quote_version = 6, ATT_E_UNSUPPORTED, "version 6");
	REFUSE(SIM_TDX, s.o.quote_version = 3, ATT_E_UNSUPPORTED, "version 3 does not carry a TD report");
	REFUSE(SIM_TDX, (s.o.quote_version = 4, s.o.td_report = SIM_TD_15), ATT_E_UNSUPPORTED, "report 1.5");
	REFUSE(SIM_SGX, s.o.certification = 0, ATT_E_UNSUPPORTED, "type 0, want 1 to 5");
	REFUSE(SIM_SGX, s.o.certification = 6, ATT_E_UNSUPPORTED, "type 6");
	REFUSE(SIM_SGX, (s.o.nadvisories = 1, s.o.advisories[0] = "a\"b"), ATT_E_OPERATION, "advisory");
#undef REFUSE
}

static void failing_memory_is_reported(void **state)
{
	bool done = false;

	(void)state;
	for (size_t n = 1; !done; n++) {
		struct failing failing;
		struct arena *a = arena_failing(&failing, n);
		struct sim_dcap_output out;
		struct att_error e = { 0 };

		simfix_options(&s, SIM_TDX);
		s.o.url = "http://127.0.0.1:1";
		s.o.nonce = "n";
		done = sim_dcap_make(s.f.crypto, a, &s.keys, &s.o, &out, &e);
		if (!done)
			assert_int_equal(e.code, ATT_E_NOMEM);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_made_verifies),
		cmocka_unit_test(all_kinds_of_certification_are_made),
		cmocka_unit_test(options_reach_the_claims),
		cmocka_unit_test(levels_fit_any_platform),
		cmocka_unit_test(outputs_agree),
		cmocka_unit_test(keys_are_kept),
		cmocka_unit_test(what_does_not_go_together_is_an_error),
		cmocka_unit_test(failing_memory_is_reported),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
