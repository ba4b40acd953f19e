/*
 * Mistakes that verifiers of SNP evidence have made, by their row in the security history: each is
 * shown not to be made here.
 */
#include <string.h>

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

static int plain(void **state)
{
	(void)state;
	f.settings = (struct att_settings){ .snp_min_tcb = { { .snp = 0x18 }, { .snp = 0x17 } } };
	f.now_s = FIX_NOW;
	fix_bind(&f, &f.runtime, NULL);
	fix_bind(&f, &f.inittime, NULL);
	return 0;
}

static const char *with_fault(const char *product, const char *fault)
{
	struct sim_snp_options o;

	fix_sim_options(&o, product);
	o.crl = true;
	o.fault = fault;
	return fix_run_sim(&f, &o);
}

/* Revocation that is asked for is not skipped when the list is absent, stale or somebody else's. */
static void a06_revocation_is_not_optional_by_accident(void **state)
{
	(void)state;
	f.settings.crl_required = true;
	assert_string_equal(with_fault("Milan", NULL), "ok");
	assert_string_equal(with_fault("Milan", "no-crl"), "snp.crl.present");
	assert_string_equal(with_fault("Milan", "crl-expired"), "snp.crl.current");
	assert_string_equal(with_fault("Milan", "crl-other-key"), "snp.crl.signature");
	assert_string_equal(with_fault("Milan", "ica-revoked"), "snp.crl.revoked");
	f.settings.allow = ATT_ALLOW_NO_CRL;
	assert_string_equal(with_fault("Milan", "no-crl"), "ok");
	assert_int_equal(f.outcome.relaxed, ATT_ALLOW_NO_CRL);
	assert_string_equal(with_fault("Milan", "ica-revoked"), "snp.crl.revoked");
	assert_string_equal(with_fault("Milan", NULL), "ok");
	assert_int_equal(f.outcome.relaxed, 0);
	/* Not demanded, but given: still looked at. */
	f.settings.crl_required = false;
	f.settings.allow = 0;
	assert_string_equal(with_fault("Milan", "crl-expired"), "snp.crl.current");
	assert_string_equal(with_fault("Milan", "no-crl"), "ok");
}

/* A list of another product's root is none of this one's. */
static void a06_a_list_of_another_root_does_not_count(void **state)
{
	struct sim_snp_options o;
	struct arena *a = arena_new((size_t)64 << 20);
	struct sim_snp_output genoa, milan;

	(void)state;
	f.settings.crl_required = true;
	fix_sim_options(&o, "Genoa");
	o.crl = true;
	genoa = fix_sim(&f, a, &o);
	fix_sim_options(&o, "Milan");
	milan = fix_sim(&f, a, &o);
	fix_forget(&f);
	fix_anchor(&f, milan.ark_pem.p, milan.ark_pem.n);
	fix_crl(&f, genoa.crl_der.p, genoa.crl_der.n);
	assert_string_equal(fix_run(&f, milan.extended.p, milan.extended.n), "snp.crl.present");
	arena_free(a);
}

/* An older list beside a current one does no harm; neither hides a revocation in the other. */
static void a06_lists_add_up(void **state)
{
	struct sim_snp_options o;
	struct arena *a = arena_new((size_t)64 << 20);
	struct sim_snp_output good, old, revoked;

	(void)state;
	f.settings.crl_required = true;
	fix_sim_options(&o, "Milan");
	o.crl = true;
	good = fix_sim(&f, a, &o);
	o.fault = "crl-expired";
	old = fix_sim(&f, a, &o);
	o.revoke_ica = true;
	revoked = fix_sim(&f, a, &o);
	fix_forget(&f);
	fix_anchor(&f, good.ark_pem.p, good.ark_pem.n);
	fix_crl(&f, old.crl_der.p, old.crl_der.n);
	assert_string_equal(fix_run(&f, good.extended.p, good.extended.n), "snp.crl.current");
	fix_crl(&f, good.crl_der.p, good.crl_der.n);
	assert_string_equal(fix_run(&f, good.extended.p, good.extended.n), "ok");
	fix_crl(&f, revoked.crl_der.p, revoked.crl_der.n);
	assert_string_equal(fix_run(&f, good.extended.p, good.extended.n), "snp.crl.revoked");
	arena_free(a);
}

static const struct claim *claim(const char *name)
{
	struct claims c = fix_claims(&f);
	const struct claim *one = claims_find(&c, name);

	if (!one)
		fail_msg("no claim %s", name);
	return one;
}

/* Debug, migration, VMPL, SMT, sockets: authentic evidence either way, and the policy is told. */
static void a07_what_a_policy_judges_is_a_claim(void **state)
{
	static const struct { unsigned bit; const char *name; } bits[] = {
		{ SNP_POLICY_SMT, "x-ms-sevsnpvm-smt-allowed" },
		{ SNP_POLICY_MIGRATE_MA, "x-ms-sevsnpvm-migration-allowed" },
		{ SNP_POLICY_DEBUG, "x-ms-sevsnpvm-is-debuggable" },
		{ SNP_POLICY_SINGLE_SOCKET, "x-attestd-snp-policy-single-socket" },
	};
	struct sim_snp_options o;

	(void)state;
	for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
		for (unsigned on = 0; on < 2; on++) {
			fix_sim_options(&o, "Milan");
			o.policy = (o.policy & ~((uint64_t)1 << bits[i].bit)) | (uint64_t)on << bits[i].bit;
			assert_string_equal(fix_run_sim(&f, &o), "ok");
			assert_int_equal(claim(bits[i].name)->b, on);
		}
	for (uint32_t vmpl = 0; vmpl <= SNP_VMPL_MAX; vmpl++) {
		fix_sim_options(&o, "Milan");
		o.vmpl = vmpl;
		assert_string_equal(fix_run_sim(&f, &o), "ok");
		assert_int_equal(claim("x-ms-sevsnpvm-vmpl")->i, vmpl);
	}
	o.vmpl = 4;
	assert_string_equal(fix_run_sim(&f, &o), "snp.report.vmpl");
	o.vmpl = SNP_VMPL_HOST;
	assert_string_equal(fix_run_sim(&f, &o), "snp.report.vmpl");
}

static void a07_the_strict_policy_denies_them(void **state)
{
	static const char *const rules[] = {
		"[type==\"x-ms-sevsnpvm-is-debuggable\", value==true] => deny();",
		"[type==\"x-ms-sevsnpvm-migration-allowed\", value==true] => deny();",
		"[type==\"x-ms-sevsnpvm-vmpl\", value!=0] => deny();",
		"[type==\"x-attestd-snp-product\", value==\"Milan\"] && "
		"[type==\"x-attestd-snp-reported-tcb-snp\", value<24]",
		"[type==\"x-attestd-snp-product\", value==\"Genoa\"] && "
		"[type==\"x-attestd-snp-reported-tcb-snp\", value<23]",
		"=> permit();",
	};
	char *text;

	(void)state;
	CHECK_OK(snp_format.strict_policy(&f.settings, f.a, &text, &f.e), &f.e);
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		assert_non_null(strstr(text, rules[i]));
	assert_null(strstr(text, "Turin"));
	f.settings.snp_min_tcb[ATT_SNP_TURIN].fmc = 1;
	CHECK_OK(snp_format.strict_policy(&f.settings, f.a, &text, &f.e), &f.e);
	assert_non_null(strstr(text,
	    "value==\"Turin\"] && [type==\"x-attestd-snp-reported-tcb-fmc\", value<1] => deny();"));
}

/* Right measurement, other report data: rejected, whatever else holds. */
static void a08_a_binding_mismatch_is_fatal(void **state)
{
	struct sim_snp_options o;

	(void)state;
	fix_sim_options(&o, "Milan");
	fix_bind(&f, &f.runtime, "{\"keys\":[1]}");
	o.runtime_data = (struct att_bytes){ (const uint8_t *)"{\"keys\":[2]}", 12 };
	assert_string_equal(fix_run_sim(&f, &o), "snp.report_data");
	o.runtime_data = (struct att_bytes){ (const uint8_t *)"{\"keys\":[1]}", 12 };
	assert_string_equal(fix_run_sim(&f, &o), "ok");
	/* The second half must be zero: nothing else may hide there. */
	o.runtime_data = (struct att_bytes){ 0 };
	bytes_copy(o.report_data, f.runtime.sha256, 32);
	assert_string_equal(fix_run_sim(&f, &o), "ok");
	o.report_data[63] = 1;
	assert_string_equal(fix_run_sim(&f, &o), "snp.report_data");
	/* Binary data are bound alike. */
	o.report_data[63] = 0;
	f.runtime.json = false;
	assert_string_equal(fix_run_sim(&f, &o), "ok");
	fix_bind(&f, &f.inittime, "other");
	assert_string_equal(fix_run_sim(&f, &o), "snp.host_data");
}

static void a08_nothing_is_verified_without_a_chain(void **state)
{
	struct sim_snp_options o;
	struct arena *a = arena_new((size_t)64 << 20);
	struct sim_snp_output sim;

	(void)state;
	fix_sim_options(&o, "Genoa");
	sim = fix_sim(&f, a, &o);
	fix_forget(&f);
	assert_string_equal(fix_run(&f, sim.report.p, sim.report.n), "missing");
	assert_null(f.outcome.facts);
	assert_int_equal(f.checks.results[SNP_CHECK_SIGNATURE].outcome, CHECK_NA);
	arena_free(a);
}

static void a09_vlek_and_vcek_are_not_mixed(void **state)
{
	struct sim_snp_options o;

	(void)state;
	fix_sim_options(&o, "Milan");
	o.vlek = true;
	assert_string_equal(fix_run_sim(&f, &o), "snp.report.vlek_allowed");
	f.settings.allow = ATT_ALLOW_VLEK;
	assert_string_equal(fix_run_sim(&f, &o), "ok");
	assert_int_equal(f.outcome.relaxed, ATT_ALLOW_VLEK);
	assert_string_equal(claim("x-attestd-snp-signing-key")->s, "VLEK");
	assert_string_equal(claim("x-attestd-snp-csp-id")->s, "CN=simulated.example");
	/* Report by a VLEK, chain of a VCEK; and the reverse; and a VCEK issued by the VLEKs' CA. */
	assert_string_equal(with_fault("Milan", "vlek"), "snp.leaf.kind");
	assert_string_equal(with_fault("Milan", "vlek-chain"), "snp.leaf.kind");
	assert_string_equal(with_fault("Milan", "asvk-chain"), "snp.product.chain");
	assert_string_equal(with_fault("Milan", "leaf-both-ids"), "snp.leaf.extensions");
	f.settings.allow = 0;
	assert_string_equal(with_fault("Milan", NULL), "ok");
	assert_string_equal(claim("x-attestd-snp-signing-key")->s, "VCEK");
}

static void a09_a_masked_chip_is_not_taken_silently(void **state)
{
	(void)state;
	assert_string_equal(with_fault("Turin", "masked-chip-id"), "snp.chip_id.present");
	f.settings.allow = ATT_ALLOW_MASKED_CHIP_ID;
	assert_string_equal(with_fault("Turin", "masked-chip-id"), "ok");
	assert_int_equal(f.outcome.relaxed, ATT_ALLOW_MASKED_CHIP_ID);
	assert_int_equal(f.checks.results[SNP_CHECK_HWID].outcome, CHECK_NA);
	assert_string_equal(with_fault("Turin", "leaf-other-hwid"), "snp.leaf.hwid");
}

/* A chain under AMD's names with a root of one's own. */
static void a10_a_self_made_root_is_not_trusted(void **state)
{
	struct sim_snp_options o;
	struct arena *a = arena_new((size_t)64 << 20);
	struct sim_snp_output sim, genoa;

	(void)state;
	fix_sim_options(&o, "Milan");
	sim = fix_sim(&f, a, &o);
	fix_sim_options(&o, "Genoa");
	genoa = fix_sim(&f, a, &o);
	fix_forget(&f);
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "snp.ark.pinned");
	/* Nor does it help to give it as an endorsement. */
	fix_cert(&f, sim.chain_pem.p, sim.chain_pem.n);
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "snp.ark.pinned");
	assert_false(f.outcome.simulated_anchor);
	/* An anchor of another product is no anchor of this one, though it has the same key. */
	fix_anchor(&f, genoa.ark_pem.p, genoa.ark_pem.n);
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "snp.ark.pinned");
	fix_anchor(&f, sim.ark_pem.p, sim.ark_pem.n);
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "ok");
	assert_true(f.outcome.simulated_anchor);
	arena_free(a);
}

/* The real intermediates under AMD's pinned root beside a self-made leaf and root of the same names. */
static void a10_a_pinned_root_wins_over_strangers(void **state)
{
	struct sim_snp_options o;
	struct arena *a = arena_new((size_t)64 << 20);
	struct sim_snp_output sim;
	struct blob cas;

	(void)state;
	need_vectors();
	fix_sim_options(&o, "Milan");
	sim = fix_sim(&f, a, &o);
	cas = vector_file("snp/milan_ask_ark_asvk.pem");
	fix_forget(&f);
	fix_cert(&f, cas.p, cas.n);
	fix_anchor(&f, sim.ark_pem.p, sim.ark_pem.n);
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "snp.chain.leaf");
	blob_free(&cas);
	arena_free(a);
}

/* All four TCBs, each component, up and down: 4 x components x 2 of three products. */
struct tcb_case { size_t which, component; int by; };
static struct att_snp_tcb *tcb_of(struct sim_snp_options *o, size_t which)
{
	struct att_snp_tcb *all[] = { &o->reported, &o->committed, &o->current, &o->launch };

	return all[which];
}

/* What the matrix must say: reported <= committed <= current, launch <= current. */
static const char *matrix_verdict(const struct tcb_case *c)
{
	static const char *const up[] = { "snp.tcb.reported", "snp.tcb.committed", "ok", "snp.tcb.launch" };
	static const char *const down[] = { "ok", "snp.tcb.reported", "snp.tcb.committed", "ok" };

	return c->by > 0 ? up[c->which] : down[c->which];
}

static void rollback_case(const char *product, const struct tcb_case *c)
{
	struct sim_snp_options o;
	struct att_snp_tcb *t;

	fix_sim_options(&o, product);
	for (size_t w = 0; w < 4; w++)
		*tcb_of(&o, w) = (struct att_snp_tcb){ strcmp(product, "Turin") == 0 ? 5 : 0, 5, 5, 5, 5 };
	t = tcb_of(&o, c->which);
	((uint8_t *)t)[snp_tcb_components[c->component].off] = (uint8_t)(5 + c->by);
	if (strcmp(fix_run_sim(&f, &o), matrix_verdict(c)) != 0)
		fail_msg("%s: TCB %zu, %s by %d: want %s", product, c->which,
		    snp_tcb_components[c->component].name, c->by, matrix_verdict(c));
}

static void a11_rollback_matrix(void **state)
{
	static const char *const products[] = { "Milan", "Genoa", "Turin" };

	(void)state;
	for (size_t p = 0; p < 3; p++)
		for (size_t w = 0; w < 4; w++)
			for (size_t i = p == 2 ? 0 : 1; i < SNP_TCB_COMPONENTS; i++) {
				rollback_case(products[p], &(struct tcb_case){ w, i, 1 });
				rollback_case(products[p], &(struct tcb_case){ w, i, -1 });
			}
}

static void a11_the_leaf_is_for_the_reported_tcb(void **state)
{
	static const char *const products[] = { "Milan", "Genoa", "Turin" };

	(void)state;
	for (size_t p = 0; p < 3; p++) {
		assert_string_equal(with_fault(products[p], "leaf-other-tcb"), "snp.leaf.tcb");
		assert_string_equal(with_fault(products[p], "leaf-other-layout"), "snp.leaf.tcb");
		assert_string_equal(with_fault(products[p], "leaf-fmc"), "snp.leaf.extensions");
	}
}

static void a11_the_floor_is_per_product_and_component(void **state)
{
	static const char *const products[] = { "Milan", "Genoa", "Turin" };

	(void)state;
	for (size_t p = 0; p < 3; p++)
		for (size_t i = 0; i < SNP_TCB_COMPONENTS; i++) {
			struct sim_snp_options o;
			uint8_t *floor;

			(void)plain(NULL);
			f.settings.snp_min_tcb_set = true;
			fix_sim_options(&o, products[p]);
			f.settings.snp_min_tcb[p] = o.reported;
			assert_string_equal(fix_run_sim(&f, &o), "ok");
			floor = (uint8_t *)&f.settings.snp_min_tcb[p] + snp_tcb_components[i].off;
			(*floor)++;
			assert_string_equal(fix_run_sim(&f, &o), "snp.tcb.minimum");
			f.settings.snp_min_tcb_set = false;
			assert_string_equal(fix_run_sim(&f, &o), "ok");
		}
}

/* Firmware that runs but is not committed may be rolled back: both are shown, the decision is on reported. */
static void a12_provisional_firmware_is_shown(void **state)
{
	struct sim_snp_options o;

	(void)state;
	fix_sim_options(&o, "Milan");
	o.current.snp++;
	o.current_version.build++;
	f.settings.snp_min_tcb_set = true;
	f.settings.snp_min_tcb[ATT_SNP_MILAN].snp = o.current.snp;
	assert_string_equal(fix_run_sim(&f, &o), "snp.tcb.minimum");
	f.settings.snp_min_tcb[ATT_SNP_MILAN].snp = o.reported.snp;
	assert_string_equal(fix_run_sim(&f, &o), "ok");
	assert_int_equal(claim("x-attestd-snp-current-tcb-snp")->i, o.current.snp);
	assert_int_equal(claim("x-attestd-snp-committed-tcb-snp")->i, o.committed.snp);
	assert_int_equal(claim("x-attestd-snp-launch-tcb-snp")->i, o.launch.snp);
	assert_int_equal(claim("x-attestd-snp-reported-tcb-snp")->i, o.reported.snp);
	assert_int_equal(claim("x-ms-sevsnpvm-snpfw-svn")->i, o.reported.snp);
	assert_string_equal(claim("x-attestd-snp-current-version")->s, "1.55.30");
	assert_string_equal(claim("x-attestd-snp-committed-version")->s, "1.55.29");
}

/* D1, D2: report version 2 says no CPUID: only lines that had such firmware, by the chain that verifies. */
static void d02_version_2_takes_its_product_from_the_chain(void **state)
{
	struct sim_snp_options o;

	(void)state;
	fix_sim_options(&o, "Genoa");
	o.version = 2;
	assert_string_equal(fix_run_sim(&f, &o), "ok");
	assert_string_equal(claim("x-attestd-snp-product")->s, "Genoa");
	fix_sim_options(&o, "Turin");
	o.version = 2;
	assert_string_equal(fix_run_sim(&f, &o), "snp.product");
	for (uint32_t version = 3; version <= 5; version++) {
		o.version = version;
		assert_string_equal(fix_run_sim(&f, &o), "ok");
	}
}

/* Unknown bits of PLATFORM_INFO broke other verifiers on new machines; they are carried. */
static void unknown_platform_bits_are_carried(void **state)
{
	struct sim_snp_options o;

	(void)state;
	fix_sim_options(&o, "Turin");
	o.platform_info = 0x8000000000000065;
	assert_string_equal(fix_run_sim(&f, &o), "ok");
	assert_string_equal(claim("x-attestd-snp-platform-info")->s, "8000000000000065");
	assert_true(claim("x-attestd-snp-platform-alias-check")->b);
	assert_false(claim("x-attestd-snp-platform-tio")->b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a06_revocation_is_not_optional_by_accident, plain),
		cmocka_unit_test_setup(a06_a_list_of_another_root_does_not_count, plain),
		cmocka_unit_test_setup(a06_lists_add_up, plain),
		cmocka_unit_test_setup(a07_what_a_policy_judges_is_a_claim, plain),
		cmocka_unit_test_setup(a07_the_strict_policy_denies_them, plain),
		cmocka_unit_test_setup(a08_a_binding_mismatch_is_fatal, plain),
		cmocka_unit_test_setup(a08_nothing_is_verified_without_a_chain, plain),
		cmocka_unit_test_setup(a09_vlek_and_vcek_are_not_mixed, plain),
		cmocka_unit_test_setup(a09_a_masked_chip_is_not_taken_silently, plain),
		cmocka_unit_test_setup(a10_a_self_made_root_is_not_trusted, plain),
		cmocka_unit_test_setup(a10_a_pinned_root_wins_over_strangers, plain),
		cmocka_unit_test_setup(a11_rollback_matrix, plain),
		cmocka_unit_test_setup(a11_the_leaf_is_for_the_reported_tcb, plain),
		cmocka_unit_test_setup(a11_the_floor_is_per_product_and_component, plain),
		cmocka_unit_test_setup(a12_provisional_firmware_is_shown, plain),
		cmocka_unit_test_setup(d02_version_2_takes_its_product_from_the_chain, plain),
		cmocka_unit_test_setup(unknown_platform_bits_are_carried, plain),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
