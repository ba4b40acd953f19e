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

/* All products, versions and kinds of key give evidence that only an anchor makes acceptable. */
static void everything_made_verifies(void **state)
{
	static const char *const products[] = { "Milan", "Genoa", "Turin" };

	(void)state;
	f.settings.allow = ATT_ALLOW_VLEK;
	for (size_t p = 0; p < 3; p++)
		for (uint32_t version = p == 2 ? 3 : 2; version <= 5; version++)
			for (unsigned vlek = 0; vlek < 2; vlek++) {
				struct sim_snp_options o;
				fix_sim_options(&o, products[p]);
				o.version = version;
				o.vlek = vlek;
				assert_string_equal(fix_run_sim(&f, &o), "ok");
				assert_true(f.outcome.simulated_anchor);
			}
}

static void outputs_agree(void **state)
{
	struct sim_snp_options o;
	struct arena *a = arena_new((size_t)16 << 20);
	struct sim_snp_output out;
	struct json *v;

	(void)state;
	fix_sim_options(&o, "Genoa");
	o.runtime_data = (struct att_bytes){ (const uint8_t *)"{}", 2 };
	o.nonce = "0011";
	out = fix_sim(&f, a, &o);
	assert_int_equal(out.report.n, SNP_REPORT_LEN);
	assert_memory_equal(out.report.p, out.extended.p, SNP_REPORT_LEN);
	assert_int_equal(out.crl_der.n, 0);
	assert_non_null(strstr((const char *)out.chain_pem.p, (const char *)out.ark_pem.p));
	CHECK_OK(json_parse(a, out.request_json.p, out.request_json.n, NULL, &v, &f.e), &f.e);
	assert_true(json_is(json_get(v, "report"), JSON_STRING));
	assert_true(json_str_eq(json_get(json_get(v, "runtimeData"), "dataType"), "JSON"));
	assert_true(json_str_eq(json_get(json_get(v, "runtimeData"), "data"), "e30"));
	assert_null(json_get(v, "initTimeData"));
	assert_true(json_str_eq(json_get(v, "nonce"), "0011"));
	arena_free(a);
}

static void options_reach_the_report(void **state)
{
	struct sim_snp_options o;
	const struct snp_report *r;

	(void)state;
	fix_sim_options(&o, "Turin");
	o.guest_svn = 0x1000B;
	o.vmpl = 2;
	o.policy = 0x70000;
	o.author_key_en = true;
	o.author_key_digest[0] = 0xAA;
	o.current_version = (struct sim_snp_version){ 1, 58, 3 };
	assert_string_equal(fix_run_sim(&f, &o), "ok");
	r = &((const struct snp_evidence *)f.ev)->report;
	assert_int_equal(r->guest_svn, 0x1000B);
	assert_int_equal(r->vmpl, 2);
	assert_int_equal(r->policy, 0x70000);
	assert_true(snp_author_key_en(r));
	assert_int_equal(r->author_key_digest[0], 0xAA);
	assert_int_equal(r->current.minor, 58);
	assert_int_equal(r->cpuid_family, 0x1A);
}

static void unknown_words_are_errors(void **state)
{
	struct sim_snp_options o;
	struct sim_snp_output out;
	struct arena *a = arena_new((size_t)16 << 20);

	(void)state;
	CHECK_ERR(sim_snp_options_default(&o, "Rome", FIX_NOW, &f.e), &f.e, ATT_E_NOT_FOUND,
	    "\"Rome\": want Milan");
	fix_sim_options(&o, "Milan");
	o.fault = "no-such-fault";
	CHECK_ERR(sim_snp_make(f.crypto, a, fix_keys(), &o, &out, &f.e), &f.e, ATT_E_NOT_FOUND,
	    "no-such-fault");
	o.fault = NULL;
	o.product = "Naples";
	CHECK_ERR(sim_snp_make(f.crypto, a, fix_keys(), &o, &out, &f.e), &f.e, ATT_E_NOT_FOUND, "Naples");
	arena_free(a);
}

static void keys_are_checked(void **state)
{
	struct blob rsa = repo_file("tests/keys/snp-ark.pem"), ec = repo_file("tests/keys/snp-leaf.pem");
	struct att_bytes r = { rsa.p, rsa.n }, p = { ec.p, ec.n };
	struct sim_snp_keys k = { 0 };
	struct sim_snp_key_pems good = { r, r, r, p, { 0 } }, wrong = { r, p, r, p, { 0 } },
				none = { { 0 }, r, r, p, { 0 } };

	(void)state;
	CHECK_OK(sim_snp_keys_load(&good, &k, &f.e), &f.e);
	assert_non_null(k.other_leaf);
	sim_snp_keys_clear(&k);
	CHECK_ERR(sim_snp_keys_load(&wrong, &k, &f.e), &f.e, ATT_E_UNSUPPORTED,
	    "simulator key ask: want RSA");
	att_error_clear(&f.e);
	assert_false(sim_snp_keys_load(&none, &k, &f.e));
	assert_non_null(strstr(f.e.text, "simulator key ark"));
	assert_null(k.ark);
	blob_free(&rsa);
	blob_free(&ec);
}

static void failing_memory_is_reported(void **state)
{
	struct sim_snp_options o;
	bool done = false;

	(void)state;
	fix_sim_options(&o, "Milan");
	o.crl = true;
	for (size_t n = 1; !done; n++) {
		struct failing failing;
		struct arena *a = arena_failing(&failing, n);
		struct sim_snp_output out;
		struct att_error e = { 0 };

		done = sim_snp_make(f.crypto, a, fix_keys(), &o, &out, &e);
		if (!done)
			assert_int_equal(e.code, ATT_E_NOMEM);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_made_verifies),
		cmocka_unit_test(outputs_agree),
		cmocka_unit_test(options_reach_the_report),
		cmocka_unit_test(unknown_words_are_errors),
		cmocka_unit_test(keys_are_checked),
		cmocka_unit_test(failing_memory_is_reported),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
