/* Keys and URLs: every kind of source with every kind of endorsement, and what must never get into
 * a URL. */
#include "tests/harness/check.h"

#include <string.h>

#include "net/sources/source.h"

#define CHIP "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" \
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define CLIENT "clientid=production_client&api-version=2020-02-12-preview"
#define PCK "00112233445566778899aabbccddeeff-0000-0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f-0d00"
#define PCK_QUERY                                                                                  \
	"qeid=00112233445566778899aabbccddeeff&pceid=0000&cpusvn="                                 \
	"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f&pcesvn=0d00"
#define CRL_QUERY "/sgx/certification/v4/pckcrl?ca="

struct row { const char *source, *kind, *key, *baseline, *url[STEPS_MAX]; };

static const struct row rows[] = {
	{ "pcs", "tcb-info", "SGX-00906ed50000", "",
	    { "/sgx/certification/v4/tcb?fmspc=00906ed50000" } },
	{ "pcs", "tcb-info", "TDX-b0c06f000000", "standard",
	    { "/tdx/certification/v4/tcb?fmspc=b0c06f000000&update=standard" } },
	{ "pcs", "tcb-info", "SGX-00906ed50000", "early",
	    { "/sgx/certification/v4/tcb?fmspc=00906ed50000&update=early" } },
	{ "pcs", "tcb-info", "SGX-00906ed50000", "18",
	    { "/sgx/certification/v4/tcb?fmspc=00906ed50000&tcbEvaluationDataNumber=18" } },
	{ "pcs", "qe-identity", "QE", "", { "/sgx/certification/v4/qe/identity" } },
	{ "pcs", "qe-identity", "TD_QE", "early",
	    { "/tdx/certification/v4/qe/identity?update=early" } },
	{ "pcs", "qe-identity", "QVE", "17",
	    { "/sgx/certification/v4/qve/identity?tcbEvaluationDataNumber=17" } },
	{ "pcs", "evaluation-numbers", "TDX", "",
	    { "/tdx/certification/v4/tcbevaluationdatanumbers" } },
	{ "pcs", "pck-crl", "platform", "early", { CRL_QUERY "platform&encoding=der" } },
	{ "pcs", "root-crl", "root", "",
	    { "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der",
		CRL_QUERY "platform&encoding=der", CRL_QUERY "processor&encoding=der" } },
	{ "pccs", "tcb-info", "SGX-00906ed50000", "18",
	    { "/sgx/certification/v4/tcb?fmspc=00906ed50000&tcbEvaluationDataNumber=18" } },
	{ "pccs", "qe-identity", "TD_QE", "", { "/tdx/certification/v4/qe/identity" } },
	{ "pccs", "evaluation-numbers", "SGX", "",
	    { "/sgx/certification/v4/tcbevaluationdatanumbers" } },
	{ "pccs", "pck-crl", "processor", "", { CRL_QUERY "processor&encoding=der" } },
	{ "pccs", "root-crl", "root", "",
	    { "/sgx/certification/v4/rootcacrl", CRL_QUERY "platform&encoding=der",
		CRL_QUERY "processor&encoding=der" } },
	{ "pccs", "pck-cert", PCK, "", { "/sgx/certification/v4/pckcert?" PCK_QUERY } },
	{ "thim", "tcb-info", "SGX-00906ed50000", "early",
	    { "/sgx/certification/v4/tcb?fmspc=00906ed50000&update=early&" CLIENT } },
	{ "thim", "qe-identity", "QE", "", { "/sgx/certification/v4/qe/identity?" CLIENT } },
	{ "thim", "qe-identity", "QE", "12",
	    { "/sgx/certification/v4/qe/identity?" CLIENT "&tcbEvaluationDataNumber=12" } },
	{ "thim", "pck-crl", "platform", "", { CRL_QUERY "platform&encoding=der&" CLIENT } },
	{ "thim", "root-crl", "root", "",
	    { "/sgx/certification/v4/rootcacrl?" CLIENT, CRL_QUERY "platform&encoding=der&" CLIENT,
		CRL_QUERY "processor&encoding=der&" CLIENT } },
	{ "thim", "pck-cert", PCK, "", { "/sgx/certification/v4/pckcert?" PCK_QUERY "&" CLIENT } },
	{ "thim", "snp-vcek", "Milan-" CHIP "-03000000000008d1", "",
	    { "/SevSnpVM/certificates/" CHIP "/d108000000000003?api-version=2020-10-15-preview" } },
	{ "thim", "snp-vcek", "Milan-" CHIP "-0300000000000000", "",
	    { "/SevSnpVM/certificates/" CHIP "/3?api-version=2020-10-15-preview" } },
	{ "kds", "snp-vcek", "Milan-" CHIP "-04000000000018db", "",
	    { "/vcek/v1/Milan/" CHIP "?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219",
		"/vcek/v1/Milan/cert_chain" } },
	{ "kds", "snp-vcek", "Turin-0001020304050607-0102030400000051", "",
	    { "/vcek/v1/Turin/0001020304050607?fmcSPL=1&blSPL=2&teeSPL=3&snpSPL=4&ucodeSPL=81",
		"/vcek/v1/Turin/cert_chain" } },
	{ "kds", "snp-chain", "Genoa-vlek", "", { "/vlek/v1/Genoa/cert_chain" } },
	{ "kds", "snp-crl", "Milan-vcek", "",
	    { "/vcek/v1/Milan/crl", "/vcek/v1/Milan/cert_chain" } },
	{ "kds", "snp-crl", "Turin-vlek", "",
	    { "/vlek/v1/Turin/crl", "/vlek/v1/Turin/cert_chain" } },
};
static char base[] = "https://source.example";

static void check_row(struct arena *a, const struct row *r)
{
	const struct source_kind *kind = source_kind_find(r->source);
	const struct source_place config = { .url = base };
	struct att_error e = { 0 };
	struct fetch_key k;
	struct plan p;

	assert_non_null(kind);
	assert_true(source_has(kind, r->kind));
	CHECK_OK(fetch_key_parse(a, r->kind, r->key, r->baseline, &k, &e), &e);
	CHECK_OK(plan_make(a, &config, kind, &k, &p, &e), &e);
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		const char *want = r->url[i], *url = p.step[i].url;

		assert_int_equal(i < p.nsteps, want != NULL);
		if (!want)
			continue;
		if (*want == '/') {
			assert_int_equal(strncmp(url, base, sizeof base - 1), 0);
			url += sizeof base - 1;
		}
		assert_string_equal(url, want);
		assert_int_equal(!!(p.step[i].row->flags & STEP_ISSUER), i > 0);
	}
}

static void test_urls(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(a, &rows[i]);
	arena_free(a);
}

/* Every row of every table was walked above: a new one asks for its URL here. */
static void test_every_recipe(void **state)
{
	static const struct source_kind *const kinds[] = { &source_pcs, &source_pccs, &source_kds,
		&source_thim };

	(void)state;
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		assert_ptr_equal(source_kind_find(kinds[k]->name), kinds[k]);
		for (const struct recipe *r = kinds[k]->recipes; r->kind; r++) {
			bool seen = false;

			for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
				seen = seen || (strcmp(rows[i].source, kinds[k]->name) == 0 &&
				    strcmp(rows[i].kind, r->kind) == 0);
			if (!seen)
				fail_msg("no URL is tested for %s at %s", r->kind, kinds[k]->name);
			assert_true(r->step[0].path &&
			    !(r->step[0].flags & (STEP_ISSUER | STEP_HEADER_ONLY)));
		}
	}
	assert_null(source_kind_find("nowhere"));
	assert_false(source_has(&source_pcs, "snp-vcek"));
	assert_false(source_has(&source_kds, "tcb-info"));
}

static void test_root_url(void **state)
{
	static char root[] = "https://mirror.example/root.der";
	const struct source_place config = { .url = base, .root_crl_url = root };
	struct arena *a = arena_new(1 << 16);
	struct att_error e = { 0 };
	struct fetch_key k;
	struct plan p;

	(void)state;
	CHECK_OK(fetch_key_parse(a, "root-crl", "root", "", &k, &e), &e);
	CHECK_OK(plan_make(a, &config, &source_pcs, &k, &p, &e), &e);
	assert_string_equal(p.step[0].url, root);
	CHECK_OK(plan_make(a, &config, &source_kds, &k, &p, &e), &e);
	assert_int_equal(p.nsteps, 0);
	arena_free(a);
}

static void test_keys(void **state)
{
	static const struct { const char *kind, *key, *baseline, *text; } bad[] = {
		{ "nonsense", "x", "", "\"nonsense\" is no kind" },
		{ "", "", "", "is no kind" },
		{ "tcb-info", "", "", "is no key of that kind" },
		{ "tcb-info", "SGX", "", "is no key" },
		{ "tcb-info", "SGX-", "", "is no key" },
		{ "tcb-info", "SGX-00906ed5000", "", "is no key" },
		{ "tcb-info", "SGX-00906ed500000", "", "is no key" },
		{ "tcb-info", "SGX-00906ED50000", "", "is no key" },
		{ "tcb-info", "SGX-00906ed5000g", "", "is no key" },
		{ "tcb-info", "SGX-00906ed5000%", "", "is no key" },
		{ "tcb-info", "SGX-00906ed50000-", "", "is no key" },
		{ "tcb-info", "SGX-00906ed50000-00", "", "is no key" },
		{ "tcb-info", "sgx-00906ed50000", "", "is no key" },
		{ "tcb-info", "SEV-00906ed50000", "", "is no key" },
		{ "tcb-info", "SGX-00906ed50000", "late", "baseline: found \"late\"" },
		{ "tcb-info", "SGX-00906ed50000", "018", "baseline" },
		{ "tcb-info", "SGX-00906ed50000", "0", "baseline" },
		{ "tcb-info", "SGX-00906ed50000", "1234567890", "baseline" },
		{ "tcb-info", "SGX-00906ed50000", "-1", "baseline" },
		{ "tcb-info", "SGX-00906ed50000", "18&x", "baseline" },
		{ "qe-identity", "QE/../..", "", "is no key" },
		{ "pck-crl", "platform&x", "", "is no key" },
		{ "pck-crl", "Platform", "", "is no key" },
		{ "root-crl", "", "", "is no key" },
		{ "snp-vcek", "Milan-0001020304050607-0102030400000051", "", "is no key" },
		{ "snp-vcek", "Turin-" CHIP "-0102030400000051", "", "is no key" },
		{ "snp-vcek", "Milan-" CHIP "-01020304000000", "", "is no key" },
		{ "snp-vcek", "milan-" CHIP "-0102030400000051", "", "is no key" },
		{ "snp-vcek", "Venice-" CHIP "-0102030400000051", "", "is no key" },
		{ "snp-chain", "Milan-xcek", "", "is no key" },
		{ "snp-chain", "Milan", "", "is no key" },
		{ "pck-cert", "00-0000-00-00", "", "is no key" },
	};
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct fetch_key k = { .kind = "untouched" };
		struct att_error e = { 0 };

		CHECK_ERR(fetch_key_parse(a, bad[i].kind, bad[i].key, bad[i].baseline, &k, &e), &e,
		    ATT_E_BAD_FORMAT, bad[i].text);
		assert_string_equal(k.kind, "untouched");
	}
	arena_free(a);
}

/* Kinds without a number do not differ by it; those with one do. */
static void test_ids(void **state)
{
	static const struct { const char *kind, *key, *baseline, *id;
	} rows_[] = {
		{ "tcb-info", "SGX-00906ed50000", "", "tcb-info SGX-00906ed50000 " },
		{ "tcb-info", "SGX-00906ed50000", "early",
		    "tcb-info SGX-00906ed50000 update=early" },
		{ "pck-crl", "platform", "early", "pck-crl platform " },
	};
	struct arena *a = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < sizeof rows_ / sizeof *rows_; i++) {
		struct att_error e = { 0 };
		struct fetch_key k;

		CHECK_OK(
		    fetch_key_parse(a, rows_[i].kind, rows_[i].key, rows_[i].baseline, &k, &e), &e);
		assert_string_equal(k.id, rows_[i].id);
	}
	arena_free(a);
}

static void test_no_memory(void **state)
{
	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		const struct source_place config = { .url = base };
		struct failing f;
		bool done = false;

		for (size_t n = 1; !done; n++) {
			struct arena *a = arena_failing(&f, n);
			struct att_error e = { 0 };
			struct fetch_key k;
			struct plan p;

			assert_non_null(a);
			done = fetch_key_parse(
				   a, rows[r].kind, rows[r].key, rows[r].baseline, &k, &e) &&
			    plan_make(a, &config, source_kind_find(rows[r].source), &k, &p, &e);
			if (!done) {
				assert_true(f.fired);
				assert_int_equal(e.code, ATT_E_NOMEM);
			}
			arena_free(a);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_every_recipe),
		cmocka_unit_test(test_root_url),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
