/* Names of types, relaxations and verdicts; standard settings; default policies; recognising evidence. */
#include "tests/unit/attest/api_harness.h"
#include "tests/unit/evidence/snp/fix.h"

#include "libattest/manage.h"
#include "libattest/version.h"

struct api_fixture api;
static struct fix fix;
static struct sim_snp_output evidence;

static int setup(void **state)
{
	struct sim_snp_options o;
	int failed = api_setup(state);

	fix_init(&fix);
	fix_sim_options(&o, "Milan");
	if (!failed)
		evidence = fix_sim(&fix, api.a, &o);
	return failed;
}

static int teardown(void **state)
{
	fix_clear(&fix);
	return api_teardown(state);
}

static void types_by_name(void **state)
{
	unsigned n = 0;

	(void)state;
	for (; att_type_name(n); n++) {
		const char *name = att_type_name(n);
		assert_ptr_equal(att_type_find(name), name);
		assert_true(strlen(att_type_member(name)) > 0);
		assert_true(strlen(att_type_claim(name)) > 0);
		assert_string_equal(att_policy_type_find(name), name);
	}
	assert_true(n >= 1);
	assert_null(att_type_name(n + 100));
	assert_string_equal(att_type_find("sEVsNPvM"), "SevSnpVm");
	assert_string_equal(att_type_member("sevsnpvm"), "report");
	assert_string_equal(att_type_claim("sevsnpvm"), "sevsnpvm");
	assert_null(att_type_find("Toaster"));
	assert_null(att_type_find(""));
	assert_null(att_type_find("SevSnpVm "));
	assert_null(att_type_member("Toaster"));
	assert_null(att_type_claim("Toaster"));
}

static void policy_types(void **state)
{
	static const char *const known[] = { "SgxEnclave", "OpenEnclave", "SevSnpVm", "TdxVm", "AzureGuest",
	    "Tpm" };
	unsigned n = 0;

	(void)state;
	while (att_policy_type_name(n))
		n++;
	assert_true(n >= sizeof known / sizeof known[0]);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		assert_string_equal(att_policy_type_find(known[i]), known[i]);
	assert_string_equal(att_policy_type_find("TPM"), "Tpm");
	assert_null(att_policy_type_find("Toaster"));
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(att_policy_type_name(i), att_policy_type_name(k));
}

static void names_of_the_rest(void **state)
{
	(void)state;
	assert_string_equal(att_relaxation_name(ATT_RELAX_VLEK), "vlek");
	assert_string_equal(att_relaxation_name(ATT_RELAX_MASKED_CHIP_ID), "masked-chip-id");
	assert_string_equal(att_relaxation_name(ATT_RELAX_NO_CRL), "no-crl");
	assert_null(att_relaxation_name(ATT_NRELAXATIONS));
	assert_string_equal(att_verdict_name(ATT_REJECTED), "rejected");
	assert_string_equal(att_verdict_name(ATT_DENIED), "denied");
	assert_string_equal(att_verdict_name(ATT_UNDECIDED), "undecided");
	assert_string_equal(att_verdict_name(ATT_PERMITTED), "permitted");
	assert_string_equal(att_version(), ATT_VERSION);
}

static void standard_settings(void **state)
{
	struct att_settings s;

	(void)state;
	for (size_t i = 0; i < sizeof s; i++)
		((unsigned char *)&s)[i] = 0xA5;
	att_settings_default(&s);
	assert_int_equal(s.allow, 0);
	assert_int_equal(s.defaults, ATT_DEFAULTS_MAA);
	assert_false(s.isolated);
	assert_false(s.snp_min_tcb_set);
	assert_false(s.crl_required);
	assert_int_equal(s.snp_min_tcb[ATT_SNP_MILAN].snp, 0x18);
	assert_int_equal(s.snp_min_tcb[ATT_SNP_GENOA].snp, 0x17);
	assert_int_equal(s.snp_min_tcb[ATT_SNP_TURIN].snp, 0);
	assert_int_equal(s.memory_limit, 64 << 20);
	assert_int_equal(s.policy_steps, 10000000);
	assert_int_equal(s.draft_steps, 100000);
	assert_int_equal(s.draft_bytes, 65536);
}

static char *default_of(const char *type, enum att_defaults defaults, bool isolated)
{
	struct att_settings s;
	char *text, *kept;

	att_settings_default(&s);
	s.defaults = defaults;
	s.isolated = isolated;
	text = att_default_policy(type, &s);
	if (!text)
		return NULL;
	kept = arena_strdup(api.a, text);
	free(text);
	return kept;
}

static void check_default(const char *type, const char *text)
{
	struct att_policy_report *r;

	assert_non_null(text);
	if (!*text)
		return;         /* none: one must be set first */
	CHECK_OK(att_policy_check(bytes_of(text), &r, &api.e), &api.e);
	if (!r->ok)
		fail_msg("default policy of %s: %s", type, r->problems[0].message);
	att_policy_report_free(r);
}

static void default_policies(void **state)
{
	(void)state;
	for (unsigned i = 0; att_policy_type_name(i); i++) {
		const char *type = att_policy_type_name(i), *deny;
		check_default(type, default_of(type, ATT_DEFAULTS_MAA, false));
		check_default(type, default_of(type, ATT_DEFAULTS_STRICT, false));
		assert_string_equal(default_of(type, ATT_DEFAULTS_MAA, true),
		    default_of(type, ATT_DEFAULTS_MAA, false));
		/* Isolated and strict: nothing passes before a policy was set. */
		deny = default_of(type, ATT_DEFAULTS_STRICT, true);
		assert_string_equal(decision(deny, "{}"), "deny");
	}
	assert_string_equal(default_of("sevsnpvm", ATT_DEFAULTS_MAA, false),
	    "version= 1.0;authorizationrules{=> permit();};");
	assert_string_equal(default_of("Tpm", ATT_DEFAULTS_MAA, false), "");
	assert_null(default_of("Toaster", ATT_DEFAULTS_MAA, false));
}

static void recognises_content(void **state)
{
	const struct { const char *what; struct att_bytes file; const char *type; bool raw; } rows[] = {
		{ "report", { evidence.report.p, evidence.report.n }, "SevSnpVm", true },
		{ "extended report", { evidence.extended.p, evidence.extended.n }, "SevSnpVm", true },
		{ "request", { evidence.request_json.p, evidence.request_json.n }, "SevSnpVm", false },
		{ "certificate", { evidence.leaf_der.p, evidence.leaf_der.n }, NULL, false },
		{ "nothing", { NULL, 0 }, NULL, false },
		{ "empty object", bytes_of("{}"), NULL, false },
		{ "text", bytes_of("hello"), NULL, false },
		{ "policy", bytes_of("version=1.0;authorizationrules{};"), NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool raw = !rows[i].raw;
		const char *type = att_recognise(rows[i].file, &raw);
		if (!rows[i].type != !type || (type && strcmp(type, rows[i].type) != 0))
			fail_msg("%s: %s", rows[i].what, type ? type : "not recognised");
		assert_int_equal(raw, rows[i].raw);
	}
}

/* Cut anywhere, a report is still no crash, and a request body no request. */
static void recognises_truncations(void **state)
{
	bool raw;

	(void)state;
	for (size_t n = 0; n < evidence.report.n; n += 7)
		(void)att_recognise((struct att_bytes){ evidence.report.p, n }, &raw);
	for (size_t n = 0; n < evidence.request_json.n; n += 251)
		assert_null(att_recognise((struct att_bytes){ evidence.request_json.p, n }, &raw));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_by_name), cmocka_unit_test(policy_types),
		cmocka_unit_test(names_of_the_rest),
		cmocka_unit_test(standard_settings), cmocka_unit_test(default_policies),
		cmocka_unit_test(recognises_content), cmocka_unit_test(recognises_truncations),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
