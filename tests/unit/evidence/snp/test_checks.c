#include <string.h>

#include "tests/unit/evidence/snp/fix.h"

#define RUNTIME "{\"keys\":[]}"
#define INITTIME "{\"policy\":1}"

static struct fix f;

static int set_up(void **state)
{
	(void)state;
	fix_init(&f);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fix_clear(&f);
	return 0;
}

/* Every check applies: revocation lists demanded, a floor set, data bound. */
static void strict(struct sim_snp_options *o, const char *product)
{
	fix_sim_options(o, product);
	o->crl = true;
	o->runtime_data = (struct att_bytes){ (const uint8_t *)RUNTIME, strlen(RUNTIME) };
	o->inittime_data = (struct att_bytes){ (const uint8_t *)INITTIME, strlen(INITTIME) };
	fix_bind(&f, &f.runtime, RUNTIME);
	fix_bind(&f, &f.inittime, INITTIME);
	f.settings.crl_required = true;
	f.settings.snp_min_tcb_set = true;
	f.settings.snp_min_tcb[ATT_SNP_TURIN].snp = 4;
	f.settings.allow = 0;
	f.now_s = FIX_NOW;
}

static const char *const products[] = { "Milan", "Genoa", "Turin" };

static void without_fault_everything_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sim_snp_options o;

		strict(&o, products[i]);
		assert_string_equal(fix_run_sim(&f, &o), "ok");
		assert_true(f.outcome.simulated_anchor);
		for (size_t c = 0; c < SNP_NCHECKS; c++)
			assert_int_equal(f.checks.results[c].outcome,
			    c == SNP_CHECK_VLEK ? CHECK_NA : CHECK_PASS);
	}
}

static void a_fault_fails_its_check_first(const struct sim_fault *fault, const char *product)
{
	struct sim_snp_options o;
	const char *found;
	size_t first;

	strict(&o, product);
	o.fault = fault->name;
	found = fix_run_sim(&f, &o);
	if (strcmp(found, fault->check) != 0)
		fail_msg("%s, %s: %s failed, want %s", product, fault->name, found, fault->check);
	first = f.checks.first_failed;
	assert_non_null(f.checks.results[first].expected);
	assert_non_null(f.checks.results[first].found);
	/* Nothing after a failed check of authenticity is reached, and no claims can be made. */
	if (first <= SNP_CHECK_SIGNATURE) {
		for (size_t c = first + 1; c < SNP_NCHECKS; c++)
			assert_int_equal(f.checks.results[c].outcome, CHECK_NA);
		assert_null(f.outcome.facts);
	}
}

static void every_fault_fails_its_check_first(void **state)
{
	const struct sim_fault *fault;

	(void)state;
	for (size_t i = 0; (fault = sim_snp_fault_at(i)); i++)
		for (size_t p = 0; p < 3; p++)
			a_fault_fails_its_check_first(fault, products[p]);
}

static void every_check_has_a_fault(void **state)
{
	(void)state;
	for (size_t c = 0; c < SNP_NCHECKS; c++) {
		const struct sim_fault *fault;
		size_t i = 0;

		while ((fault = sim_snp_fault_at(i)) && strcmp(fault->check, snp_checks[c].id) != 0)
			i++;
		if (!fault)
			fail_msg("no fault makes %s fail", snp_checks[c].id);
	}
}

static void the_table_is_well_formed(void **state)
{
	(void)state;
	for (size_t c = 0; c < SNP_NCHECKS; c++) {
		assert_true(strncmp(snp_checks[c].id, "snp.", 4) == 0);
		assert_true(strlen(snp_checks[c].title) > 0 && strlen(snp_checks[c].spec) > 0);
		for (size_t d = 0; d < c; d++)
			assert_string_not_equal(snp_checks[c].id, snp_checks[d].id);
	}
	assert_ptr_equal(snp_format.checks, snp_checks);
	assert_int_equal(snp_format.nchecks, SNP_NCHECKS);
}

/* What does not apply is not reached, and the appraisal is complete without it. */
static void optional_checks_may_be_absent(void **state)
{
	static const enum snp_check absent[] = {
		SNP_CHECK_VLEK, SNP_CHECK_CRL_PRESENT, SNP_CHECK_CRL_SIGNATURE, SNP_CHECK_CRL_CURRENT,
		SNP_CHECK_CRL_REVOKED, SNP_CHECK_MIN_TCB, SNP_CHECK_REPORT_DATA, SNP_CHECK_HOST_DATA,
	};
	struct sim_snp_options o;

	(void)state;
	strict(&o, "Milan");
	o.crl = false;
	fix_bind(&f, &f.runtime, NULL);
	fix_bind(&f, &f.inittime, NULL);
	f.settings.crl_required = f.settings.snp_min_tcb_set = false;
	assert_string_equal(fix_run_sim(&f, &o), "ok");
	for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
		assert_int_equal(f.checks.results[absent[i]].outcome, CHECK_NA);
}

/* Relations inside an authentic report are all judged: one failure does not hide another. */
static void all_relations_are_judged(void **state)
{
	struct sim_snp_options o;

	(void)state;
	strict(&o, "Milan");
	o.launch.microcode = 0xFF;
	o.committed_version.minor = 0xFF;
	o.fault = "unbound-runtime-data";
	assert_string_equal(fix_run_sim(&f, &o), "snp.tcb.launch");
	assert_int_equal(f.checks.results[SNP_CHECK_TCB_REPORTED].outcome, CHECK_PASS);
	assert_int_equal(f.checks.results[SNP_CHECK_VERSION_ORDER].outcome, CHECK_FAIL);
	assert_int_equal(f.checks.results[SNP_CHECK_REPORT_DATA].outcome, CHECK_FAIL);
	assert_int_equal(f.checks.results[SNP_CHECK_HOST_DATA].outcome, CHECK_PASS);
}

/* The operator's floor is withheld from callers, the value found is not. */
static void the_floor_is_private(void **state)
{
	struct sim_snp_options o;

	(void)state;
	strict(&o, "Milan");
	o.fault = "old-firmware";
	assert_string_equal(fix_run_sim(&f, &o), "snp.tcb.minimum");
	assert_true(f.checks.results[SNP_CHECK_MIN_TCB].expected_private);
	assert_non_null(strstr(f.checks.results[SNP_CHECK_MIN_TCB].found, "snp 0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_fault_everything_passes),
		cmocka_unit_test(every_fault_fails_its_check_first),
		cmocka_unit_test(every_check_has_a_fault),
		cmocka_unit_test(the_table_is_well_formed),
		cmocka_unit_test(optional_checks_may_be_absent),
		cmocka_unit_test(all_relations_are_judged),
		cmocka_unit_test(the_floor_is_private),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
