#include <stdio.h>
#include <string.h>

#include "lib/base/base64.h"
#include "tests/unit/evidence/snp/fix.h"

#define V "snp/"
#define VLEK_TIME 1750000000            /* 2025-06-15: inside the VLEK's one year */

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

static void give(const char *path)
{
	struct blob b = vector_file(path);

	fix_cert(&f, b.p, b.n);
	blob_free(&b);
}

static const char *run(const char *report)
{
	struct blob b = vector_file(report);
	const char *verdict = fix_run(&f, b.p, b.n);

	blob_free(&b);
	return verdict;
}

static void real_reports_verify(void **state)
{
	static const struct {
		const char *report, *leaf, *cas, *product;
		int64_t now_s;
		unsigned allow;
	} rows[] = {
		{ V "v2-milan-debug.report.bin", V "v2-milan-debug.vcek.der",
		    V "milan_ask_ark_asvk.pem", "Milan", FIX_NOW, 0 },
		{ V "v2-milan-azure.report.bin", V "v2-milan-azure.vcek.der",
		    V "milan_ask_ark_asvk.pem", "Milan", FIX_NOW, 0 },
		{ V "v3-milan-aci.report.bin", V "v3-milan-aci.vcek.pem",
		    V "milan_ask_ark_asvk.pem", "Milan", FIX_NOW, 0 },
		{ V "v3-milan-vlek.report.bin", V "v3-milan-vlek.der", V "milan_ask_ark_asvk.pem",
		    "Milan", VLEK_TIME, ATT_ALLOW_VLEK },
		{ V "v5-turin.report.bin", V "v5-turin.vcek.pem", V "turin_ask_ark_asvk.pem",
		    "Turin", FIX_NOW, 0 },
		{ "maa-golden/snp-aci.report.bin", "maa-golden/snp-aci.vcek-chain.pem",
		    V "milan_ask_ark_asvk.pem", "Milan", FIX_NOW, 0 },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		fix_forget(&f);
		f.now_s = rows[i].now_s;
		f.settings.allow = rows[i].allow;
		give(rows[i].leaf);
		give(rows[i].cas);
		assert_string_equal(run(rows[i].report), "ok");
		assert_string_equal(
		    ((const struct snp_facts *)f.outcome.facts)->product->name, rows[i].product);
		assert_int_equal(f.outcome.relaxed, rows[i].allow);
		assert_false(f.outcome.simulated_anchor);
	}
	f.settings.allow = 0;
}

/* THIM's answer has the PEM texts as JSON strings; VcekCertChain is those two, one after the other. */
static void the_thim_chain_and_init_time_data_verify(void **state)
{
	struct blob report, thim, policy;
	struct arena *a = arena_new((size_t)1 << 20);
	struct json *v;
	const char *chain;
	uint8_t *init;
	size_t n;

	(void)state;
	need_vectors();
	fix_forget(&f);
	f.now_s = FIX_NOW;
	report = vector_file(V "v2-milan-aci.report.bin");
	thim = vector_file(V "v2-milan-aci.thim.json");
	policy = vector_file(V "v2-milan-aci.security-policy.base64");
	CHECK_OK(json_parse(a, thim.p, thim.n, NULL, &v, &f.e), &f.e);
	chain = arena_printf(a, "%s%s", json_get(v, "vcekCert")->s, json_get(v, "certificateChain")->s);
	while (policy.n > 0 && policy.p[policy.n - 1] == '\n')
		policy.n--;
	CHECK_OK(b64_decode_arena(B64_LENIENT, a, (char *)policy.p, policy.n, &init, &n, &f.e), &f.e);
	f.inittime = (struct bound_data){ .present = true, .bytes = rd_make(init, n) };
	CHECK_OK(digest(f.crypto, DIGEST_SHA256, init, n, f.inittime.sha256, &f.e), &f.e);
	assert_string_equal(fix_run_parts(&f, report.p, report.n, chain, strlen(chain)), "ok");
	assert_int_equal(f.checks.results[SNP_CHECK_HOST_DATA].outcome, CHECK_PASS);
	f.inittime.sha256[0] ^= 1;
	assert_string_equal(fix_run_parts(&f, report.p, report.n, chain, strlen(chain)), "snp.host_data");
	f.inittime = (struct bound_data){ 0 };
	blob_free(&thim);
	blob_free(&policy);
	blob_free(&report);
	arena_free(a);
}

static void tampered_reports_fail_the_named_check(void **state)
{
	static const struct { const char *file, *check; } rows[] = {
		{ "report-data-bit.bin", "snp.signature" },
		{ "measurement-bit.bin", "snp.signature" },
		{ "policy-debug-cleared-or-set.bin", "snp.signature" },
		{ "sig-r-bit.bin", "snp.signature" },
		{ "sig-swapped-rs.bin", "snp.signature" },
		{ "sig-zero.bin", "snp.signature" },
		{ "sig-bigendian.bin", "snp.signature" },
		{ "sig-s-plus-n.bin", "snp.signature" },
		{ "truncated.bin", "snp.report.form" },
		{ "algo-2.bin", "snp.report.signature_algo" },
		{ "vmpl-ffffffff.bin", "snp.report.vmpl" },
		{ "signing-key-none.bin", "snp.report.signing_key" },
		{ "reported-tcb-up.bin", "snp.leaf.tcb" },
		{ "sig-s-negated.bin", "ok" },  /* n - s is as valid as s: signatures are no identity */
	};

	(void)state;
	need_vectors();
	fix_forget(&f);
	f.now_s = FIX_NOW;
	give(V "v2-milan-azure.vcek.der");
	give(V "milan_ask_ark_asvk.pem");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char path[128];
		(void)snprintf(path, sizeof path, V "tampered/%s", rows[i].file);
		if (strcmp(run(path), rows[i].check) != 0)
			fail_msg("%s: %s, want %s", rows[i].file, run(path), rows[i].check);
	}
}

/* Every file of the folder that PROVENANCE calls tampered is in the table above. */
static void count_tampered(char **cells, size_t n, void *state)
{
	if (n > 0 && strncmp(cells[0], "tampered/", 9) == 0)
		++*(size_t *)state;
}

static void the_list_of_tampered_reports_is_complete(void **state)
{
	size_t n = 0;

	(void)state;
	need_vectors();
	each_provenance("snp", count_tampered, &n);
	assert_int_equal(n, 14);
}

static void forged_leafs_do_not_chain(void **state)
{
	static const char *const leafs[] = { V "bad-vcek.hwid-raw.der", V "bad-vcek.hwid-der.der" };

	(void)state;
	need_vectors();
	for (size_t i = 0; i < 2; i++) {
		struct blob leaf = vector_file(leafs[i]), report = vector_file(V "v2-milan-azure.report.bin");

		fix_forget(&f);
		give(V "milan_ask_ark_asvk.pem");
		f.now_s = FIX_NOW;
		assert_string_equal(fix_run_parts(&f, report.p, report.n, leaf.p, leaf.n), "snp.chain.leaf");
		blob_free(&leaf);
		blob_free(&report);
	}
}

static void certificates_of_others_do_not_fit(void **state)
{
	struct blob report, leaf;

	(void)state;
	need_vectors();
	fix_forget(&f);
	f.now_s = FIX_NOW;
	give(V "milan_ask_ark_asvk.pem");
	give(V "genoa_ask_ark_asvk.pem");
	give(V "turin_ask_ark_asvk.pem");
	report = vector_file(V "v2-milan-azure.report.bin");
	leaf = vector_file(V "v2-milan-debug.vcek.der");
	assert_string_equal(fix_run_parts(&f, report.p, report.n, leaf.p, leaf.n), "snp.leaf.tcb");
	blob_free(&leaf);
	leaf = vector_file(V "v5-turin.vcek.pem");
	assert_string_equal(fix_run_parts(&f, report.p, report.n, leaf.p, leaf.n), "snp.product");
	blob_free(&report);
	report = vector_file(V "v3-milan-aci.report.bin");
	assert_string_equal(fix_run_parts(&f, report.p, report.n, leaf.p, leaf.n), "snp.product.chain");
	blob_free(&leaf);
	blob_free(&report);
}

static void validity_is_that_of_the_leaf(void **state)
{
	static const struct { int64_t now_s; const char *check; } rows[] = {
		{ 1674583105, "snp.validity.leaf" },    /* one second before 2023-01-24T17:58:26Z */
		{ 1674583106, "ok" },
		{ 1895507906, "ok" },                   /* 2030-01-24T17:58:26Z, the last second */
		{ 1895507907, "snp.validity.leaf" },
		{ 1600000000, "snp.validity.ark" },     /* before the root was made */
		{ 2400000000, "snp.validity.ark" },     /* 2046 */
	};

	(void)state;
	need_vectors();
	fix_forget(&f);
	give(V "v2-milan-azure.vcek.der");
	give(V "milan_ask_ark_asvk.pem");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		f.now_s = rows[i].now_s;
		assert_string_equal(run(V "v2-milan-azure.report.bin"), rows[i].check);
	}
	f.now_s = FIX_NOW;
}

/* All 9472 flips of a real report are refused: no bit of it is free, not even of the unsigned
 * signature field. */
static void every_single_bit_counts(void **state)
{
	struct blob report, chain;
	size_t refused = 0;

	(void)state;
	need_vectors();
	fix_forget(&f);
	fix_cache(&f);
	f.now_s = FIX_NOW;
	report = vector_file("maa-golden/snp-aci.report.bin");
	chain = vector_file("maa-golden/snp-aci.vcek-chain.pem");
	assert_string_equal(fix_run_parts(&f, report.p, report.n, chain.p, chain.n), "ok");
	for (size_t bit = 0; bit < report.n * 8; bit++) {
		const char *verdict;

		report.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		verdict = fix_run_parts(&f, report.p, report.n, chain.p, chain.n);
		if (strcmp(verdict, "ok") == 0 || strcmp(verdict, "missing") == 0)
			fail_msg("bit %zu of byte 0x%03zx may be flipped: %s", bit % 8, bit / 8, verdict);
		report.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		refused++;
	}
	assert_int_equal(refused, 9472);
	assert_string_equal(fix_run_parts(&f, report.p, report.n, chain.p, chain.n), "ok");
	blob_free(&report);
	blob_free(&chain);
	chain_cache_free(f.cache);
	f.cache = NULL;
}

static void every_truncation_is_refused(void **state)
{
	struct blob report;

	(void)state;
	need_vectors();
	fix_forget(&f);
	report = vector_file(V "v5-turin.report.bin");
	for (size_t n = 0; n < report.n; n++)
		assert_string_equal(fix_run(&f, report.p, n), "snp.report.form");
	blob_free(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_reports_verify),
		cmocka_unit_test(the_thim_chain_and_init_time_data_verify),
		cmocka_unit_test(tampered_reports_fail_the_named_check),
		cmocka_unit_test(the_list_of_tampered_reports_is_complete),
		cmocka_unit_test(forged_leafs_do_not_chain),
		cmocka_unit_test(certificates_of_others_do_not_fit),
		cmocka_unit_test(validity_is_that_of_the_leaf),
		cmocka_unit_test(every_single_bit_counts),
		cmocka_unit_test(every_truncation_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
