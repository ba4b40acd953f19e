#include <string.h>

#include "tests/unit/evidence/snp/fix.h"

static struct fix f;
static struct arena *keep;      /* simulations and transcripts outlive a run */

static int set_up(void **state)
{
	(void)state;
	fix_init(&f);
	keep = arena_new((size_t)256 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(keep);
	fix_clear(&f);
	return 0;
}

static const char *transcript(const struct sim_snp_output *sim)
{
	(void)fix_run(&f, sim->extended.p, sim->extended.n);
	return arena_strdup(keep, fix_transcript(&f));
}

static void trust(const struct sim_snp_output *sim)
{
	fix_forget(&f);
	fix_anchor(&f, sim->ark_pem.p, sim->ark_pem.n);
	if (sim->crl_der.n)
		fix_crl(&f, sim->crl_der.p, sim->crl_der.n);
}

static void no_cache(void)
{
	chain_cache_free(f.cache);
	f.cache = NULL;
}

/* The same evidence without a cache, into an empty one, and out of it: one verdict, to the letter. */
static void same_verdict(const struct sim_snp_output *sim)
{
	const char *plain, *cold, *warm;

	no_cache();
	plain = transcript(sim);
	fix_cache(&f);
	cold = transcript(sim);
	warm = transcript(sim);
	assert_string_equal(plain, cold);
	assert_string_equal(plain, warm);
	no_cache();
}

static void a_cached_verdict_is_identical(void **state)
{
	static const char *const products[] = { "Milan", "Genoa", "Turin" };
	const struct sim_fault *fault;

	(void)state;
	f.settings.crl_required = true;
	for (size_t i = 0; i < 3; i++) {
		struct sim_snp_options o;
		struct sim_snp_output sim;

		fix_sim_options(&o, products[i]);
		o.crl = true;
		sim = fix_sim(&f, keep, &o);
		trust(&sim);
		same_verdict(&sim);
	}
	for (size_t i = 0; (fault = sim_snp_fault_at(i)); i++) {
		struct sim_snp_options o;
		struct sim_snp_output sim;

		fix_sim_options(&o, "Milan");
		o.crl = true;
		o.fault = fault->name;
		sim = fix_sim(&f, keep, &o);
		trust(&sim);
		same_verdict(&sim);
	}
}

/* A warm cache must not lend its chain to what would fail without it. */
static void a_good_chain_does_not_cover_faults(void **state)
{
	const struct sim_fault *fault;
	struct sim_snp_options o;
	struct sim_snp_output good;

	(void)state;
	f.settings.crl_required = true;
	fix_sim_options(&o, "Milan");
	o.crl = true;
	good = fix_sim(&f, keep, &o);
	for (size_t i = 0; (fault = sim_snp_fault_at(i)); i++) {
		struct sim_snp_output sim;
		const char *plain;

		o.fault = fault->name;
		sim = fix_sim(&f, keep, &o);
		no_cache();
		trust(&sim);
		plain = transcript(&sim);
		fix_cache(&f);
		trust(&good);
		assert_string_equal(fix_run(&f, good.extended.p, good.extended.n), "ok");
		trust(&sim);
		assert_string_equal(transcript(&sim), plain);
	}
	no_cache();
}

static struct sim_snp_output one(struct sim_snp_options *o)
{
	struct sim_snp_output sim;

	fix_sim_options(o, "Milan");
	o->crl = true;
	sim = fix_sim(&f, keep, o);
	trust(&sim);
	fix_cache(&f);
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "ok");
	return sim;
}

/* Whatever the key must hold, changed after the chain was kept. */
static void a_hit_depends_on_anchors_lists_and_time(void **state)
{
	struct sim_snp_options o;
	struct sim_snp_output sim, revoked;

	(void)state;
	f.settings.crl_required = true;
	sim = one(&o);
	o.revoke_ica = true;
	revoked = fix_sim(&f, keep, &o);
	/* The anchor is gone. */
	fix_forget(&f);
	fix_crl(&f, sim.crl_der.p, sim.crl_der.n);
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "snp.ark.pinned");
	/* A list that revokes the intermediate came. */
	trust(&sim);
	fix_crl(&f, revoked.crl_der.p, revoked.crl_der.n);
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "snp.crl.revoked");
	/* It came instead of the other. */
	fix_forget(&f);
	fix_anchor(&f, sim.ark_pem.p, sim.ark_pem.n);
	fix_crl(&f, revoked.crl_der.p, revoked.crl_der.n);
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "snp.crl.revoked");
	/* The list is gone, and it is demanded. */
	fix_forget(&f);
	fix_anchor(&f, sim.ark_pem.p, sim.ark_pem.n);
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "snp.crl.present");
	/* Time passed. */
	trust(&sim);
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "ok");
	f.now_s = o.leaf_not_after_s + 1;
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "snp.validity.leaf");
	f.now_s = FIX_NOW + (int64_t)366 * 86400;
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "snp.crl.current");
	f.now_s = FIX_NOW;
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "ok");
	no_cache();
}

static const char *run_with_chain_of(const struct sim_snp_output *chain, const struct sim_snp_options *o)
{
	struct sim_snp_output sim = fix_sim(&f, keep, o);

	return fix_run_parts(&f, sim.report.p, sim.report.n, chain->chain_pem.p, chain->chain_pem.n);
}

/* The same certificates under reports that choose differently among them. */
static void a_hit_depends_on_the_report(void **state)
{
	struct sim_snp_options o;
	struct sim_snp_output sim;

	(void)state;
	f.settings.crl_required = false;
	sim = one(&o);
	assert_string_equal(run_with_chain_of(&sim, &o), "ok");
	o.cpuid[1] = 0x11;
	assert_string_equal(run_with_chain_of(&sim, &o), "snp.product.chain");
	/* Version 2 has no CPUID; version 3 with the same zeros names no product. */
	o.version = 2;
	assert_string_equal(run_with_chain_of(&sim, &o), "ok");
	o.version = 3;
	o.cpuid[0] = o.cpuid[1] = 0;
	assert_string_equal(run_with_chain_of(&sim, &o), "snp.product");
	no_cache();
}

static void give(const struct sim_snp_output *sim)
{
	fix_anchor(&f, sim->ark_pem.p, sim->ark_pem.n);
	fix_cert(&f, sim->chain_pem.p, sim->chain_pem.n);
}

/* Reports without certificates: the leaf comes from endorsements, by chip, TCB and kind of key. */
static void a_hit_depends_on_endorsements(void **state)
{
	struct sim_snp_options o, other_chip, other_tcb, vlek;
	struct sim_snp_output sims[4];

	(void)state;
	f.settings.allow = ATT_ALLOW_VLEK | ATT_ALLOW_MASKED_CHIP_ID;
	sims[0] = one(&o);
	other_chip = other_tcb = vlek = o;
	other_chip.chip_id[0] ^= 1;
	other_tcb.reported.microcode--;
	vlek.vlek = true;
	sims[1] = fix_sim(&f, keep, &other_chip);
	sims[2] = fix_sim(&f, keep, &other_tcb);
	sims[3] = fix_sim(&f, keep, &vlek);
	fix_forget(&f);
	for (size_t i = 0; i < 4; i++)
		give(&sims[i]);
	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < 4; i++)
			assert_string_equal(fix_run(&f, sims[i].report.p, sims[i].report.n), "ok");
	/* A masked chip's report looks like a VLEK's but for the kind of key. */
	o.masked_chip_id = true;
	sims[0] = fix_sim(&f, keep, &o);
	for (size_t round = 0; round < 2; round++) {
		assert_string_equal(fix_run(&f, sims[0].report.p, sims[0].report.n), "ok");
		assert_int_equal(f.outcome.relaxed, ATT_ALLOW_MASKED_CHIP_ID);
		assert_string_equal(((const struct snp_facts *)f.outcome.facts)->csp_id, "");
		assert_string_equal(fix_run(&f, sims[3].report.p, sims[3].report.n), "ok");
		assert_int_equal(f.outcome.relaxed, ATT_ALLOW_VLEK);
		assert_string_equal(((const struct snp_facts *)f.outcome.facts)->csp_id, o.csp_id);
	}
	/* The endorsements are gone. */
	x509_bundle_clear(&f.certs);
	assert_string_equal(fix_run(&f, sims[3].report.p, sims[3].report.n), "missing");
	f.settings.allow = 0;
	no_cache();
}

/* A single leaf of the chip is used even with another TCB: its check says what is wrong.  Of
 * several none fits. */
static void endorsements_of_other_tcbs(void **state)
{
	struct sim_snp_options o;
	struct sim_snp_output wanted, second, third;

	(void)state;
	wanted = one(&o);
	o.reported.microcode -= 1;
	second = fix_sim(&f, keep, &o);
	o.reported.microcode -= 1;
	third = fix_sim(&f, keep, &o);
	fix_forget(&f);
	give(&second);
	assert_string_equal(fix_run(&f, wanted.report.p, wanted.report.n), "snp.leaf.tcb");
	give(&third);
	assert_string_equal(fix_run(&f, wanted.report.p, wanted.report.n), "missing");
	assert_non_null(strstr(f.outcome.missing, "ucodeSPL=219"));
	give(&wanted);
	assert_string_equal(fix_run(&f, wanted.report.p, wanted.report.n), "ok");
	no_cache();
}

/* One leaf that somebody chose for this evidence is judged, though it names another chip. */
static void a_picked_leaf_is_judged(void **state)
{
	struct sim_snp_options o;
	struct sim_snp_output wanted, other;

	(void)state;
	wanted = one(&o);
	o.chip_id[7] ^= 1;
	other = fix_sim(&f, keep, &o);
	fix_forget(&f);
	give(&other);
	assert_string_equal(fix_run(&f, wanted.report.p, wanted.report.n), "missing");
	f.certs_picked = true;
	assert_string_equal(fix_run(&f, wanted.report.p, wanted.report.n), "snp.leaf.hwid");
	assert_string_equal(fix_run(&f, other.report.p, other.report.n), "ok");
	assert_string_equal(fix_run(&f, wanted.report.p, wanted.report.n), "snp.leaf.hwid");
	f.certs_picked = false;
	assert_string_equal(fix_run(&f, wanted.report.p, wanted.report.n), "missing");
	no_cache();
}

/* A hit is found by the bytes of all certificates: one bit more or less is another chain. */
static void a_hit_needs_the_same_bytes(void **state)
{
	struct sim_snp_options o;
	struct sim_snp_output sim = one(&o);
	uint8_t *changed = arena_memdup(keep, sim.extended.p, sim.extended.n);

	(void)state;
	assert_non_null(changed);
	changed[SNP_REPORT_LEN + 4 * 24 + sim.leaf_der.n - 1] ^=
	    1; /* last byte of the leaf's signature */
	assert_string_equal(fix_run(&f, changed, sim.extended.n), "snp.chain.leaf");
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "ok");
	no_cache();
}

/* More machines than entries: the oldest leave, verdicts stay. */
static void a_full_cache_keeps_working(void **state)
{
	struct sim_snp_output sims[12];

	(void)state;
	fix_cache(&f);
	for (size_t i = 0; i < 12; i++) {
		struct sim_snp_options o;
		fix_sim_options(&o, "Genoa");
		o.crl = true;
		o.chip_id[5] = (uint8_t)i;
		sims[i] = fix_sim(&f, keep, &o);
	}
	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < 12; i++) {
			trust(&sims[i]);
			assert_string_equal(fix_run(&f, sims[i].extended.p, sims[i].extended.n), "ok");
		}
	no_cache();
}

static void failing_memory_is_no_verdict(void **state)
{
	struct sim_snp_options o;
	struct sim_snp_output sim = one(&o);
	bool done = false;

	(void)state;
	no_cache();
	for (size_t n = 1; !done; n++) {
		struct failing failing;
		struct arena *whole = f.a;
		struct att_error e = { 0 };
		void *ev = NULL;
		bool ok;

		f.a = arena_failing(&failing, n);
		f.outcome = (struct evidence_outcome){ .checks = &f.checks };
		ok = checklist_init(&f.checks, f.a, snp_checks, SNP_NCHECKS, &e) &&
		    snp_format.parse(rd_make(sim.extended.p, sim.extended.n), f.a, f.crypto, &ev, &e);
		if (ok) {
			struct trust t = {
				.crypto = f.crypto,
				.now_s = f.now_s,
				.settings = &f.settings,
				.anchors = &f.anchors,
				.crls = f.crls,
				.ncrls = f.ncrls,
			};
			struct claims c = claims_make(f.a);
			ok = snp_format.verify(ev, &t, f.a, &f.outcome, &e) && !checklist_failed(&f.checks) &&
			    snp_format.claims(ev, &t, &f.outcome, &c, &e);
		}
		assert_false(checklist_failed(&f.checks) && failing.fired && e.code == ATT_E_OK && ok);
		if (!ok)
			assert_int_equal(e.code, ATT_E_NOMEM);
		done = ok && !failing.fired;
		arena_free(f.a);
		f.a = whole;
	}
}

/* Memory that fails in verify alone, where little is needed: still no verdict. */
static void failing_memory_in_verify_is_no_verdict(void **state)
{
	struct sim_snp_options o;
	struct sim_snp_output sim = one(&o);
	void *ev;

	(void)state;
	CHECK_OK(snp_format.parse(rd_make(sim.extended.p, sim.extended.n), keep, f.crypto, &ev, &f.e), &f.e);
	for (unsigned cached = 0; cached < 2; cached++) {
		struct failing failing;
		struct arena *a = arena_failing(&failing, 1);
		struct trust t = {
			.crypto = f.crypto, .now_s = f.now_s, .settings = &f.settings, .anchors = &f.anchors,
			.crls = f.crls, .ncrls = f.ncrls, .chains = cached ? f.cache : NULL,
		};

		f.outcome = (struct evidence_outcome){ .checks = &f.checks };
		assert_true(checklist_init(&f.checks, keep, snp_checks, SNP_NCHECKS, &f.e));
		CHECK_ERR(snp_format.verify(ev, &t, a, &f.outcome, &f.e), &f.e, ATT_E_NOMEM, "out of memory");
		assert_true(failing.fired);
		arena_free(a);
	}
	no_cache();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cached_verdict_is_identical),
		cmocka_unit_test(a_good_chain_does_not_cover_faults),
		cmocka_unit_test(a_hit_depends_on_anchors_lists_and_time),
		cmocka_unit_test(a_hit_depends_on_the_report),
		cmocka_unit_test(a_hit_depends_on_endorsements),
		cmocka_unit_test(endorsements_of_other_tcbs),
		cmocka_unit_test(a_picked_leaf_is_judged),
		cmocka_unit_test(a_hit_needs_the_same_bytes),
		cmocka_unit_test(a_full_cache_keeps_working),
		cmocka_unit_test(failing_memory_is_no_verdict),
		cmocka_unit_test(failing_memory_in_verify_is_no_verdict),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
