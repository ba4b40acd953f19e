/*
 * Every check of the tables of SGX, Open Enclave and TDX is made to fail first by a fault of the
 * simulator. A check that no fault reaches fails the test.
 */
#include <string.h>

#include "tests/unit/evidence/sgx/simfix.h"

#define DAY INT64_C(86400)
#define NFAULTS_LEAST 60

static struct simfix s;

static const enum sim_dcap_type types[] = { SIM_SGX, SIM_OE, SIM_TDX };
#define NTYPES (sizeof types / sizeof types[0])

static struct att_bytes text(const char *t)
{
	return (struct att_bytes){ (const uint8_t *)t, strlen(t) };
}

/* Every check applies: a minimum is set, data is bound, and what the default accepts is accepted.
 * */
static void strict(enum sim_dcap_type type)
{
	simfix_options(&s, type);
	if (type == SIM_OE) {
		s.o.oe_form = SIM_OE_EVIDENCE;
		s.o.oe_claims = text("{\"keys\":[]}");
	}
	s.o.runtime_data = text("{\"keys\":[]}");
	s.o.inittime_data = text("{\"policy\":1}");
	s.f.settings.tcb_min_evaluation = s.o.evaluation;
	s.f.settings.tcb_accept = ATT_TCB_UP_TO_DATE;
}

static void without_fault_everything_passes(void **state)
{
	(void)state;
	for (size_t t = 0; t < NTYPES; t++) {
		const struct evidence_format *f;

		strict(types[t]);
		f = simfix_format(&s);
		assert_string_equal(simfix_run(&s), "ok");
		assert_true(s.f.outcome.simulated_anchor);
		assert_string_equal(dfix_status(&s.f), "UpToDate");
		for (size_t c = 0; c < f->nchecks; c++)
			if (strcmp(f->checks[c].id, "sgx.oe.claims") != 0 || types[t] == SIM_OE)
				assert_int_equal(s.f.checks.results[c].outcome, CHECK_PASS);
	}
}

static void a_fault_fails_its_check_first(const struct sim_fault *fault, enum sim_dcap_type type)
{
	const struct evidence_format *f;
	const char *found;
	size_t first;

	strict(type);
	s.o.fault = fault->name;
	found = simfix_run(&s);
	if (strcmp(found, fault->check) != 0)
		fail_msg("%s, %s: %s failed, want %s\n%s", sim_dcap_type_name(type), fault->name,
		    found,
		    fault->check, dfix_transcript(&s.f));
	f = simfix_format(&s);
	first = s.f.checks.first_failed;
	assert_non_null(s.f.checks.results[first].expected);
	assert_non_null(s.f.checks.results[first].found);
	/* Nothing after a failed check of authenticity is reached, and nothing of the body was
	 * believed. */
	if (first > DCAP_CHECK_EVALUATION && first != (size_t)SGX_CHECK_TEE &&
	    first != (size_t)TDX_CHECK_TEE)
		return;
	for (size_t c = first + 1; c < f->nchecks; c++)
		if (first < DCAP_CHECK_EVALUATION && c != (size_t)SGX_CHECK_TEE &&
		    c != (size_t)TDX_CHECK_TEE)
			assert_int_equal(s.f.checks.results[c].outcome, CHECK_NA);
	assert_null(s.f.outcome.facts);
	assert_null(s.f.outcome.tcb);
}

static void every_fault_fails_its_check_first(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t t = 0; t < NTYPES; t++) {
		const struct sim_fault *fault;

		for (size_t i = 0; (fault = sim_dcap_fault_at(types[t], i)); i++, n++)
			a_fault_fails_its_check_first(fault, types[t]);
	}
	assert_in_range(n, NTYPES * NFAULTS_LEAST, NTYPES * 100);
}

/* Open Enclave's table is SGX's; its faults count for both. */
static bool has_fault(const char *check, const enum sim_dcap_type *of, size_t n)
{
	for (size_t t = 0; t < n; t++) {
		const struct sim_fault *fault;

		for (size_t i = 0; (fault = sim_dcap_fault_at(of[t], i)); i++)
			if (strcmp(fault->check, check) == 0)
				return true;
	}
	return false;
}

static void every_check_has_a_fault(void **state)
{
	(void)state;
	for (size_t c = 0; c < SGX_NCHECKS; c++)
		if (!has_fault(sgx_checks[c].id, types, 2))
			fail_msg("no fault makes %s fail", sgx_checks[c].id);
	for (size_t c = 0; c < TDX_NCHECKS; c++)
		if (!has_fault(tdx_checks[c].id, types + 2, 1))
			fail_msg("no fault makes %s fail", tdx_checks[c].id);
}

/* Collateral of one trusted root says nothing about platforms of another. */
static void roots_do_not_vouch_for_each_other(void **state)
{
	static const struct { const char *fault, *check, *chain; enum dcap_check row; } rows[] = {
		{ "tcb-other-root", "dcap.tcb.chain", "tcb_info_issuer_chain",
		    DCAP_CHECK_TCB_CHAIN },
		{ "qe-identity-other-root", "dcap.qe_identity.chain", "qe_identity_issuer_chain",
		    DCAP_CHECK_QEID_CHAIN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct x509_bundle other = { 0 };
		const char *chain;
		struct json *doc;

		assert_string_equal(simfix_run_fault(&s, SIM_SGX, rows[i].fault), rows[i].check);
		/* the other root becomes an anchor too */
		CHECK_OK(json_parse(s.a, s.out.collateral_json.p, s.out.collateral_json.n, NULL,
		    &doc, &s.e),
		    &s.e);
		chain = json_get(doc, rows[i].chain)->s;
		CHECK_OK(x509_bundle_parse(s.f.crypto, chain, strlen(chain), &other, &s.e), &s.e);
		CHECK_OK(x509_bundle_add(&s.f.anchors, other.certs[1], &s.e), &s.e);
		assert_string_equal(simfix_appraise(&s), rows[i].check);
		assert_string_equal(s.f.checks.results[rows[i].row].found, "another root");
		x509_bundle_clear(&other);
	}
}

/* A chain that was verified under an anchor is not known without it. */
static void the_cache_knows_its_anchors(void **state)
{
	(void)state;
	dfix_cache(&s.f);
	simfix_options(&s, SIM_SGX);
	s.o.pck_not_after_s = SIMFIX_NOW + 90 * DAY;
	assert_string_equal(simfix_run(&s), "ok");
	assert_string_equal(simfix_appraise(&s), "ok");
	x509_bundle_clear(&s.f.anchors);
	assert_string_equal(simfix_appraise(&s), "dcap.pck.root");
	simfix_write(&s);
	assert_string_equal(simfix_appraise(&s), "ok");
	/* nor does a known chain outlive its certificates or lists */
	s.f.now_s = SIMFIX_NOW + 91 * DAY;
	assert_string_equal(simfix_appraise(&s), "dcap.pck.validity");
	s.f.now_s = SIMFIX_NOW + 30 * DAY;
	assert_string_equal(simfix_appraise(&s), "dcap.crl.current");
	chain_cache_free(s.f.cache);
	s.f.cache = NULL;
}

/* Without KSS the configuration id is not the enclave's to set. */
static void a_configuration_id_needs_kss(void **state)
{
	(void)state;
	assert_string_equal(simfix_run_fault(&s, SIM_SGX, "inittime-without-kss"), "sgx.config_id");
	simfix_options(&s, SIM_SGX);
	s.o.inittime_data = text("data");
	s.o.enclave.configsvn = 3;
	assert_string_equal(simfix_run(&s), "ok");
	assert_non_null(strstr(dfix_transcript(&s.f), "\"x-ms-sgx-config-svn\":3"));
}

/* The lower of the two numbers is told, and both must reach the minimum. */
static void the_lower_evaluation_number_counts(void **state)
{
	(void)state;
	simfix_options(&s, SIM_SGX);
	simfix_plan(&s);
	s.p.qe_identity.evaluation--;
	simfix_write(&s);
	s.f.settings.tcb_min_evaluation = s.o.evaluation - 1;
	assert_string_equal(simfix_appraise(&s), "ok");
	assert_non_null(strstr(dfix_tcb_text(&s.f), "\"evaluationDataNumber\":19"));
	s.f.settings.tcb_min_evaluation = s.o.evaluation;
	assert_string_equal(simfix_appraise(&s), "dcap.tcb.evaluation");
}

/* Without the anchor nobody has certified the root; without collateral nothing can be said. */
static void nothing_is_trusted_by_itself(void **state)
{
	(void)state;
	simfix_options(&s, SIM_SGX);
	assert_string_equal(simfix_run(&s), "ok");
	s.f.npieces = 0;
	assert_string_equal(dfix_run(&s.f, &sgx_format, s.out.quote.p, s.out.quote.n), "missing");
	assert_string_equal(s.f.outcome.missing,
	    "root-crl root, pck-crl platform, tcb-info SGX-00aa11000000, qe-identity QE");
	x509_bundle_clear(&s.f.anchors);
	assert_string_equal(simfix_appraise(&s), "dcap.pck.root");
}

/* Each collateral item alone out of the set: said, and nothing else. */
static void each_missing_item_is_named(void **state)
{
	static const struct { const char *member, *missing; } items[] = {
		{ "tcb_info", "tcb-info SGX-00aa11000000" },
		{ "qe_identity", "qe-identity QE" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
		simfix_options(&s, SIM_SGX);
		simfix_plan(&s);
		simfix_write(&s);
		simfix_drop(&s, items[i].member);
		assert_string_equal(simfix_appraise(&s), "missing");
		assert_string_equal(s.f.outcome.missing, items[i].missing);
		assert_null(s.f.outcome.facts);
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
		cmocka_unit_test(without_fault_everything_passes),
		cmocka_unit_test(every_fault_fails_its_check_first),
		cmocka_unit_test(every_check_has_a_fault),
		cmocka_unit_test(roots_do_not_vouch_for_each_other),
		cmocka_unit_test(nothing_is_trusted_by_itself),
		cmocka_unit_test(the_cache_knows_its_anchors),
		cmocka_unit_test(a_configuration_id_needs_kss),
		cmocka_unit_test(the_lower_evaluation_number_counts),
		cmocka_unit_test(each_missing_item_is_named),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
