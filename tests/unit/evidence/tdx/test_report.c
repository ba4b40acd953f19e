/* TD reports field by field, claims made from them, and the strict policy's reasons. */
#include <string.h>

#include "lib/policy/policy.h"
#include "tests/unit/evidence/sgx/simfix.h"

static struct simfix s;

static void fields_are_where_the_specification_says(void **state)
{
	static const struct { enum quote_body type; size_t len; } shapes[] = {
		{ QUOTE_BODY_TD_10, TD_REPORT_10_LEN },
		{ QUOTE_BODY_TD_15, TD_REPORT_15_LEN },
		{ QUOTE_BODY_TD_15X, TD_REPORT_15X_LEN },
	};
	uint8_t p[TD_REPORT_15X_LEN + 1];
	struct td_report r;
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof p; i++)
		p[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		CHECK_OK(td_report_parse(rd_make(p, shapes[i].len), shapes[i].type, &r, &e), &e);
		assert_memory_equal(r.tee_tcb_svn, p, 16);
		assert_memory_equal(r.mrseam, p + 16, 48);
		assert_memory_equal(r.mrsignerseam, p + 64, 48);
		assert_memory_equal(r.seam_attributes, p + 112, 8);
		assert_memory_equal(r.td_attributes, p + 120, 8);
		assert_memory_equal(r.xfam, p + 128, 8);
		assert_memory_equal(r.mrtd, p + 136, 48);
		assert_memory_equal(r.mrconfigid, p + 184, 48);
		assert_memory_equal(r.mrowner, p + 232, 48);
		assert_memory_equal(r.mrownerconfig, p + 280, 48);
		assert_memory_equal(r.rtmr, p + 328, 4 * 48);
		assert_memory_equal(r.report_data, p + 520, 64);
		assert_int_equal(r.has_15, i > 0);
		assert_int_equal(r.extended, i == 2);
		if (r.has_15) {
			assert_memory_equal(r.tee_tcb_svn_2, p + 584, 16);
			assert_memory_equal(r.mrservicetd, p + 600, 48);
		}
		for (size_t n = 0; n < shapes[i].len; n++)
			CHECK_ERR(td_report_parse(rd_make(p, n), shapes[i].type, &r, &e), &e,
			    ATT_E_TRUNCATED,
			    "TD report: ends at offset");
		CHECK_ERR(td_report_parse(rd_make(p, shapes[i].len + 1), shapes[i].type, &r, &e),
		    &e,
		    ATT_E_BAD_FORMAT, "1 bytes too many");
	}
}

static const char *claims_of(enum sim_td_report report)
{
	simfix_options(&s, SIM_TDX);
	s.o.td_report = report;
	assert_string_equal(simfix_run(&s), "ok");
	return strstr(dfix_transcript(&s.f), "claims: ");
}

static void reports_of_all_kinds_make_claims(void **state)
{
	const char *text = claims_of(SIM_TD_15);

	(void)state;
	assert_non_null(strstr(text, "\"attester_tcb_status\":\"UpToDate\""));
	assert_non_null(strstr(text, "\"dbgstat\":\"disabled\""));
	assert_non_null(strstr(text, "\"eat_profile\":\"https://aka.ms/maa-eat-profile-tdxvm\""));
	assert_non_null(strstr(text, "\"intuse\":\"generic\""));
	assert_non_null(strstr(text, "\"tdx_seamsvn\":263"));
	assert_non_null(strstr(text, "\"tdx_td_attributes\":\"0000001000000000\""));
	assert_non_null(strstr(text, "\"tdx_td_attributes_septve_disable\":true"));
	assert_non_null(strstr(text, "\"tdx_td_attributes_debug\":false"));
	assert_non_null(strstr(text, "\"x-attestd-tdx-report-version\":\"1.5\""));
	assert_non_null(strstr(text, "\"x-attestd-tdx-mrservicetd\":\"0000"));
	assert_non_null(strstr(text, "\"x-attestd-dcap-fmspc\":\"00aa11000000\""));
	text = claims_of(SIM_TD_10);
	assert_non_null(strstr(text, "\"x-attestd-tdx-report-version\":\"1.0\""));
	assert_null(strstr(text, "mrservicetd"));
	assert_non_null(strstr(claims_of(SIM_TD_15X), "\"1.5-extended\""));
}

/* "permit" or "deny" of the strict default over the claims of the evidence made. */
static enum policy_decision strict(void)
{
	const struct evidence_format *format = simfix_format(&s);
	struct trust t = { .crypto = s.f.crypto, .now_s = s.f.now_s, .settings = &s.f.settings };
	struct policy_limits limits = { .steps = 100000, .memory = (size_t)1 << 20 };
	struct claims c = claims_make(s.a);
	struct policy_result r = { 0 };
	struct policy *p;
	char *text;

	simfix_write(&s);
	assert_string_equal(simfix_appraise(&s), "ok");
	CHECK_OK(format->claims(s.f.ev, &t, &s.f.outcome, &c, &s.f.e), &s.f.e);
	CHECK_OK(format->strict_policy(&s.f.settings, s.a, &text, &s.f.e), &s.f.e);
	CHECK_OK(policy_compile(s.a, text, strlen(text), &p, NULL, &s.f.e), &s.f.e);
	CHECK_OK(policy_eval(p, &c, &limits, s.a, &r, &s.f.e), &s.f.e);
	return r.decision;
}

static void the_strict_policies_deny_what_others_can_open(void **state)
{
	static const struct { size_t off; uint8_t value; enum policy_decision want; } rows[] = {
		{ 120, 0x00, POLICY_PERMIT },
		{ 120, 0x01, POLICY_DENY },     /* debug */
		{ 120, 0x20, POLICY_DENY },     /* performance counters of the host */
		{ 123, 0x10, POLICY_PERMIT },   /* SEPT_VE_DISABLE */
		{ 123, 0x20, POLICY_DENY },     /* migratable */
		{ 600, 0x01, POLICY_DENY },     /* a service TD */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		simfix_options(&s, SIM_TDX);
		s.o.td_report = SIM_TD_15;
		simfix_plan(&s);
		s.p.body[rows[i].off] = rows[i].value;
		assert_int_equal(strict(), rows[i].want);
	}
	for (enum sim_dcap_type t = SIM_SGX; t <= SIM_TDX; t++)
		for (unsigned debug = 0; debug < 2; debug++) {
			simfix_options(&s, t);
			s.o.enclave.flags |= debug << 1;
			s.o.td.attributes[0] |= (uint8_t)debug;
			simfix_plan(&s);
			assert_int_equal(strict(), debug ? POLICY_DENY : POLICY_PERMIT);
		}
}

/* MRCONFIGID holds SHA-256 of the init-time data and 16 zero bytes; report data that of the runtime
 * data. */
static void bound_data_is_compared(void **state)
{
	static const struct { size_t off; const char *verdict; } rows[] = {
		{ 520, "tdx.report_data" }, { 520 + 63, "tdx.report_data" }, { 184,
		    "tdx.mrconfigid" },
		{ 184 + 47, "tdx.mrconfigid" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		simfix_options(&s, SIM_TDX);
		s.o.runtime_data = (struct att_bytes){ (const uint8_t *)"run", 3 };
		s.o.inittime_data = (struct att_bytes){ (const uint8_t *)"init", 4 };
		assert_string_equal(simfix_run(&s), "ok");
		assert_int_equal(s.f.checks.results[TDX_CHECK_REPORT_DATA].outcome, CHECK_PASS);
		assert_int_equal(s.f.checks.results[TDX_CHECK_CONFIG_ID].outcome, CHECK_PASS);
		s.p.body[rows[i].off] ^= 1;
		simfix_write(&s);
		assert_string_equal(simfix_appraise(&s), rows[i].verdict);
	}
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_where_the_specification_says),
		cmocka_unit_test(reports_of_all_kinds_make_claims),
		cmocka_unit_test(the_strict_policies_deny_what_others_can_open),
		cmocka_unit_test(bound_data_is_compared),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
