/* The strict default policy, evaluated over the claims of simulated and real evidence (security
 * history A7, A11). */
#include <string.h>

#include "lib/policy/policy.h"
#include "tests/unit/evidence/snp/fix.h"

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

static const char *judged_by(const char *text)
{
	const struct policy_limits limits = { POLICY_STEPS_DEFAULT, POLICY_MEMORY_DEFAULT };
	struct claims claims = fix_claims(&f);
	struct policy_result result;
	struct policy *p;

	CHECK_OK(policy_compile(f.a, text, strlen(text), &p, NULL, &f.e), &f.e);
	CHECK_OK(policy_eval(p, &claims, &limits, f.a, &result, &f.e), &f.e);
	return policy_decision_name(result.decision);
}

static const char *strict(void)
{
	char *text;

	CHECK_OK(snp_format.strict_policy(&f.settings, f.a, &text, &f.e), &f.e);
	return judged_by(text);
}

static void set_debug(struct sim_snp_options *o) { o->policy |= (uint64_t)1 << SNP_POLICY_DEBUG; }
static void set_migrate(struct sim_snp_options *o) { o->policy |= (uint64_t)1 << SNP_POLICY_MIGRATE_MA; }
static void set_vmpl_1(struct sim_snp_options *o) { o->vmpl = 1; }
static void set_vmpl_3(struct sim_snp_options *o) { o->vmpl = 3; }
static void set_old(struct sim_snp_options *o) { o->reported.snp--; }
static void set_low_microcode(struct sim_snp_options *o) { o->reported.microcode = 0; }
static void set_no_smt(struct sim_snp_options *o) { o->policy &= ~((uint64_t)1 << SNP_POLICY_SMT); }
static void set_single_socket(struct sim_snp_options *o)
{
	o->policy |= (uint64_t)1 << SNP_POLICY_SINGLE_SOCKET;
}
static void set_nothing(struct sim_snp_options *o) { (void)o; }

static void strict_denies_what_it_says(void **state)
{
	static const struct {
		void (*set)(struct sim_snp_options *);
		const char *milan, *genoa, *turin;
	} rows[] = {
		{ set_nothing, "permit", "permit", "permit" },
		{ set_debug, "deny", "deny", "deny" },
		{ set_migrate, "deny", "deny", "deny" },
		{ set_vmpl_1, "deny", "deny", "deny" },
		{ set_vmpl_3, "deny", "deny", "deny" },
		{ set_no_smt, "permit", "permit", "permit" },
		{ set_single_socket, "permit", "permit", "permit" },
		{ set_low_microcode, "permit", "permit", "permit" },
		/* 0x18 and 0x17 are the shipped floors; there is none for Turin. */
		{ set_old, "deny", "deny", "permit" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		static const char *const products[] = { "Milan", "Genoa", "Turin" };
		const char *const want[] = { rows[i].milan, rows[i].genoa, rows[i].turin };

		for (size_t p = 0; p < 3; p++) {
			struct sim_snp_options o;
			fix_sim_options(&o, products[p]);
			rows[i].set(&o);
			assert_string_equal(fix_run_sim(&f, &o), "ok");
			if (strcmp(strict(), want[p]) != 0)
				fail_msg("%s, row %zu: %s, want %s", products[p], i, strict(), want[p]);
			assert_string_equal(judged_by(snp_format.default_policy), "permit");
		}
	}
}

static const char *real(const char *report, const char *leaf, int64_t now_s)
{
	struct blob r, l, cas;
	const char *verdict;

	need_vectors();
	r = vector_file(report);
	l = vector_file(leaf);
	cas = vector_file("snp/milan_ask_ark_asvk.pem");
	fix_forget(&f);
	fix_cert(&f, cas.p, cas.n);
	f.now_s = now_s;
	f.settings.allow = ATT_ALLOW_VLEK;
	verdict = fix_run_parts(&f, r.p, r.n, l.p, l.n);
	f.settings.allow = 0;
	f.now_s = FIX_NOW;
	blob_free(&cas);
	if (strcmp(verdict, "ok") == 0)
		verdict = strict();
	blob_free(&r);
	blob_free(&l);
	return verdict;
}

static void real_reports_are_judged(void **state)
{
	(void)state;
	assert_string_equal(
	    real("snp/v3-milan-aci.report.bin", "snp/v3-milan-aci.vcek.pem", FIX_NOW), "permit");
	/* Debug; VMPL 1; firmware 8 of 2022. */
	assert_string_equal(
	    real("snp/v2-milan-debug.report.bin", "snp/v2-milan-debug.vcek.der", FIX_NOW), "deny");
	assert_string_equal(
	    real("snp/v3-milan-vlek.report.bin", "snp/v3-milan-vlek.der", 1750000000), "deny");
	assert_string_equal(
	    real("snp/v2-milan-azure.report.bin", "snp/v2-milan-azure.vcek.der", FIX_NOW), "deny");
}

/* Each component of each floor becomes a rule. */
static void the_floor_of_every_component_is_judged(void **state)
{
	static const char *const products[] = { "Milan", "Genoa", "Turin" };

	(void)state;
	for (size_t p = 0; p < 3; p++)
		for (size_t i = 0; i < SNP_TCB_COMPONENTS; i++) {
			struct sim_snp_options o;
			uint8_t *floor = (uint8_t *)&f.settings.snp_min_tcb[p] + snp_tcb_components[i].off;
			struct att_snp_tcb before = f.settings.snp_min_tcb[p];

			fix_sim_options(&o, products[p]);
			assert_string_equal(fix_run_sim(&f, &o), "ok");
			*floor = snp_tcb_get(&o.reported, i);
			assert_string_equal(strict(), "permit");
			++*floor;
			assert_string_equal(strict(), "deny");
			f.settings.snp_min_tcb[p] = before;
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_denies_what_it_says),
		cmocka_unit_test(real_reports_are_judged),
		cmocka_unit_test(the_floor_of_every_component_is_judged),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
