/* Real quotes of SGX and TDX with collateral of their time: status, advisories, dates, claims. */
#include <stdio.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/claims/claims.h"
#include "tests/unit/evidence/sgx/fix.h"

static struct dfix f;

static const struct row {
	const char *quote, *collateral, *time, *verdict, *tcb;
} rows[] = {
	{ "sgx/sgx-v3-00a067110000.quote.bin", "sgx/sgx-v3-00a067110000.collateral.json",
	    "2025-06-20T00:00:00Z", "ok",
	    "{\"status\":\"ConfigurationAndSWHardeningNeeded\",\"advisories\":[\"INTEL-SA-00289\","
	    "\"INTEL-SA-00615\"],"
	    "\"date\":\"2024-03-13T00:00:00Z\",\"evaluationDataNumber\":17,\"earliestExpiry\":"
	    "\"2025-07-19T10:01:18Z\"}" },
	{ "sgx/sgx-v3-00906ed50000-debug.quote.bin",
	    "sgx/sgx-v3-00906ed50000.2022-04.collateral.json", "2022-04-27T00:00:00Z", "ok",
	    "{\"status\":\"SWHardeningNeeded\",\"advisories\":[],\"date\":\"2021-11-10T00:00:00Z\","
	    "\"evaluationDataNumber\":12,\"earliestExpiry\":\"2022-05-26T22:39:25Z\"}" },
	{ "maa-golden/sgx-wus.quote.bin", "sgx/sgx-v3-00906ed50000.2022-04.collateral.json",
	    "2022-04-27T00:00:00Z", "ok",
	    "{\"status\":\"OutOfDate\",\"advisories\":[],\"date\":\"2020-11-11T00:00:00Z\","
	    "\"evaluationDataNumber\":12,\"earliestExpiry\":\"2022-05-26T22:39:25Z\"}" },
	{ "maa-golden/sgx-wus.oe-report.bin", "sgx/sgx-v3-00906ed50000.2022-04.collateral.json",
	    "2022-04-27T00:00:00Z", "ok",
	    "{\"status\":\"OutOfDate\",\"advisories\":[],\"date\":\"2020-11-11T00:00:00Z\","
	    "\"evaluationDataNumber\":12,\"earliestExpiry\":\"2022-05-26T22:39:25Z\"}" },
	{ "tdx/tdx-v4-b0c06f000000.quote.bin", "tdx/tdx-v4-b0c06f000000.collateral.json",
	    "2025-06-20T00:00:00Z", "ok",
	    "{\"status\":\"UpToDate\",\"advisories\":[],\"date\":\"2024-03-13T00:00:00Z\","
	    "\"evaluationDataNumber\":17,\"earliestExpiry\":\"2025-07-19T10:00:35Z\"}" },
	{ "tdx/tdx-v5-90c06f000000-relaunch.quote.bin",
	    "tdx/tdx-90c06f000000.2025-02.eval18.collateral.json", "2025-02-27T00:00:00Z", "ok",
	    "{\"status\":\"TDRelaunchAdvised\",\"advisories\":[\"INTEL-SA-01036\",\"INTEL-SA-"
	    "01099\"],"
	    "\"date\":\"2024-03-13T00:00:00Z\",\"evaluationDataNumber\":18,\"earliestExpiry\":"
	    "\"2025-03-22T11:31:38Z\"}" },
	{ "tdx/tdx-v5-90c06f000000-relaunch.quote.bin",
	    "tdx/tdx-90c06f000000.2025-06.eval17.collateral.json", "2025-06-20T00:00:00Z", "ok",
	    "{\"status\":\"UpToDate\",\"advisories\":[],\"date\":\"2024-03-13T00:00:00Z\","
	    "\"evaluationDataNumber\":17,\"earliestExpiry\":\"2025-07-04T09:40:18Z\"}" },
	{ "tdx/tdx-v5-00806f050000-outofdate.quote.bin",
	    "tdx/tdx-00806f050000.2026-06.eval21.collateral.json", "2026-06-14T00:00:00Z", "ok",
	    "{\"status\":\"OutOfDate\",\"advisories\":[\"INTEL-SA-00960\",\"INTEL-SA-00982\","
	    "\"INTEL-SA-00986\","
	    "\"INTEL-SA-01010\",\"INTEL-SA-01036\",\"INTEL-SA-01076\",\"INTEL-SA-01079\",\"INTEL-"
	    "SA-01099\","
	    "\"INTEL-SA-01103\",\"INTEL-SA-01111\",\"INTEL-SA-01192\",\"INTEL-SA-01245\",\"INTEL-"
	    "SA-01312\","
	    "\"INTEL-SA-01313\",\"INTEL-SA-01314\",\"INTEL-SA-01397\"],"
	    "\"date\":\"2023-08-09T00:00:00Z\",\"evaluationDataNumber\":21,\"earliestExpiry\":"
	    "\"2026-07-12T22:09:43Z\"}" },
	{ "tdx/tdx-v4-50806f000000.quote.bin", "tdx/tdx-50806f000000.2023-06.collateral.json",
	    "2023-06-20T00:00:00Z", "ok",
	    "{\"status\":\"UpToDate\",\"advisories\":[],\"date\":\"2023-02-15T00:00:00Z\","
	    "\"evaluationDataNumber\":15,\"earliestExpiry\":\"2023-07-08T07:24:59Z\"}" },
	{ "tdx/tdx-v4-50806f000000-debug.quote.bin", "tdx/tdx-50806f000000.2023-06.collateral.json",
	    "2023-06-20T00:00:00Z", "ok",
	    "{\"status\":\"UpToDate\",\"advisories\":[],\"date\":\"2023-02-15T00:00:00Z\","
	    "\"evaluationDataNumber\":15,\"earliestExpiry\":\"2023-07-08T07:24:59Z\"}" },
	{ "tdx/tdx-v5-90c06f000000-notsupported.quote.bin",
	    "tdx/tdx-90c06f000000.2026-02.eval18.collateral.json", "2026-02-20T00:00:00Z",
	    "dcap.tcb.supported", "" },
	/* without collateral of their own */
	/* one bit of the PCK CA's certificate differs (2.5.68.10 for 2.5.4.10): its signature does
	   not verify */
	{ "sgx/oe-report-v1-debug-00906ea10000.bin", NULL, "2022-04-27T00:00:00Z", "dcap.pck.chain",
	    "" },
	{ "sgx/sgx-v3-certtype3.quote.bin", NULL, "2022-04-27T00:00:00Z", "missing", "" },
	{ "sgx/sgx-v3-chain-out-of-order.quote.bin", NULL, "2022-04-27T00:00:00Z", "missing", "" },
	{ "sgx/sgx-v3-corrupted.quote.bin", NULL, "2022-04-27T00:00:00Z", "dcap.quote.signature",
	    "" },
	{ "tdx/tdx-v4-00a06d080000-integrity.quote.bin", NULL, "2026-02-20T00:00:00Z", "missing",
	    "" },
};

static const char *run(const struct row *row)
{
	dfix_forget(&f);
	if (row->collateral)
		dfix_piece(&f, row->collateral);
	dfix_time(&f, row->time);
	return dfix_run_file(&f, row->quote);
}

static size_t run_all(void)
{
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *verdict = run(&rows[i]);
		if (strcmp(verdict, rows[i].verdict) == 0 && strcmp(dfix_tcb_text(&f), rows[i].tcb) == 0 &&
		    !f.outcome.simulated_anchor)
			continue;
		wrong++;
		print_message("# %s: want %s, got %s\n%s\n", rows[i].quote, rows[i].verdict, verdict,
		    dfix_transcript(&f));
	}
	return wrong;
}

static void real_quotes_have_their_status(void **state)
{
	(void)state;
	need_vectors();
	assert_int_equal(run_all(), 0);
}

static void cached_verdicts_are_the_same(void **state)
{
	static char first[16384];

	(void)state;
	need_vectors();
	dfix_cache(&f);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		(void)run(&rows[i]);
		(void)snprintf(first, sizeof first, "%s", dfix_transcript(&f));
		(void)run(&rows[i]);
		assert_string_equal(dfix_transcript(&f), first);
	}
	assert_int_equal(run_all(), 0);
	chain_cache_free(f.cache);
	f.cache = NULL;
}

/* What is wanted is said at once, by kind and key. */
static void missing_collateral_is_named(void **state)
{
	static const struct row quote = { "tdx/tdx-v4-00a06d080000-integrity.quote.bin", NULL,
		"2026-02-20T00:00:00Z", "missing", "" };

	(void)state;
	need_vectors();
	assert_string_equal(run(&quote), "missing");
	assert_string_equal(f.outcome.missing,
	    "root-crl root, pck-crl platform, tcb-info TDX-00a06d080000, qe-identity TD_QE");
}

/* With several pieces, those for other platforms are merely there. */
static void collateral_of_other_platforms_is_no_reason(void **state)
{
	(void)state;
	need_vectors();
	dfix_forget(&f);
	dfix_piece(&f, "sgx/sgx-v3-00a067110000.collateral.json");
	dfix_piece(&f, "tdx/tdx-v4-b0c06f000000.collateral.json");
	dfix_time(&f, "2025-06-20T00:00:00Z");
	assert_string_equal(dfix_run_file(&f, "tdx/tdx-v4-00a06d080000-integrity.quote.bin"), "missing");
	assert_string_equal(f.outcome.missing, "tcb-info TDX-00a06d080000");
	assert_string_equal(dfix_run_file(&f, "tdx/tdx-v4-b0c06f000000.quote.bin"), "ok");
	assert_string_equal(dfix_run_file(&f, "sgx/sgx-v3-00a067110000.quote.bin"), "ok");
}

/* Certification data of type 1 names the platform only: its PCK certificate is given beside the quote. */
static void a_pck_certificate_may_be_given(void **state)
{
	static const char *const pieces[] = { "tcbInfo.json", "qeIdentity.json", "tcbSignChain.pem",
		"rootCaCrl.der", "intermediateCaCrl.der" };
	char path[64];

	(void)state;
	need_vectors();
	dfix_forget(&f);
	dfix_anchor(&f, "sgx/intel-sample/trustedRootCaCert.pem");
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		(void)snprintf(path, sizeof path, "sgx/intel-sample/%s", pieces[i]);
		dfix_piece(&f, path);
	}
	dfix_time(&f, "2020-01-01T00:00:00Z");
	assert_string_equal(dfix_run_file(&f, "sgx/intel-sample/quote.dat"), "missing");
	assert_non_null(strstr(f.outcome.missing, "PCK certificate"));
	dfix_cert(&f, "sgx/intel-sample/pckCert.pem");
	dfix_cert(&f, "sgx/intel-sample/pckSignChain.pem");
	assert_string_equal(dfix_run_file(&f, "sgx/intel-sample/quote.dat"), "ok");
	assert_string_equal(dfix_status(&f), "UpToDate");
	assert_true(f.outcome.simulated_anchor);
	dfix_forget(&f);
}

/* The TD quote inside Azure's evidence, with the zero bytes it comes with. */
static void the_td_quote_of_an_azure_machine_is_judged(void **state)
{
	struct arena *a = arena_new((size_t)1 << 20);
	struct blob b;
	struct json *v;
	const struct json *text;
	uint8_t *quote;
	size_t n;

	(void)state;
	need_vectors();
	b = vector_file("azure-cvm/evidence-tdx.json");
	CHECK_OK(json_parse(a, b.p, b.n, NULL, &v, &f.e), &f.e);
	text = json_get(v, "td_quote");
	CHECK_OK(b64_decode_arena(B64_LENIENT, a, text->s, text->len, &quote, &n, &f.e), &f.e);
	dfix_forget(&f);
	dfix_piece(&f, "tdx/tdx-00806f050000.2026-06.eval21.collateral.json");
	dfix_time(&f, "2026-06-14T00:00:00Z");
	assert_string_equal(dfix_run(&f, &tdx_format, quote, n), "ok");
	assert_int_equal(n, 5006);
	assert_string_equal(dfix_status(&f), "OutOfDate");
	assert_int_equal(json_get(f.outcome.tcb, "advisories")->len, 16);
	assert_string_equal(json_get(f.outcome.tcb, "date")->s, "2023-08-09T00:00:00Z");
	assert_non_null(strstr(dfix_transcript(&f), "\"tdx_td_attributes\":\"0000000000000000\""));
	blob_free(&b);
	arena_free(a);
}

static void the_default_refuses_what_is_out_of_date(void **state)
{
	(void)state;
	need_vectors();
	f.settings.tcb_accept = ATT_TCB_UP_TO_DATE | ATT_TCB_SW_HARDENING | ATT_TCB_CONFIG |
	    ATT_TCB_CONFIG_AND_SW_HARDENING;
	assert_string_equal(run(&rows[0]), "ok");
	assert_string_equal(run(&rows[2]), "dcap.tcb.level");
	assert_string_equal(dfix_status(&f), "OutOfDate");
	assert_true(f.checks.results[DCAP_CHECK_TCB_LEVEL].expected_private);
	assert_non_null(strstr(f.checks.results[DCAP_CHECK_TCB_LEVEL].found, "needs"));
	f.settings.tcb_accept = ~0u;
}

static int set_up(void **state)
{
	(void)state;
	dfix_init(&f);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dfix_clear(&f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_quotes_have_their_status),
		cmocka_unit_test(cached_verdicts_are_the_same),
		cmocka_unit_test(missing_collateral_is_named),
		cmocka_unit_test(collateral_of_other_platforms_is_no_reason),
		cmocka_unit_test(a_pck_certificate_may_be_given),
		cmocka_unit_test(the_td_quote_of_an_azure_machine_is_judged),
		cmocka_unit_test(the_default_refuses_what_is_out_of_date),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
