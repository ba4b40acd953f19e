/*
 * Where endorsements come from changes no verdict: beside the request, in a prepared set, or looked
 * up once the evidence says what it needs.  And what it needs is told, in the words of
 * libattest/endorse.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/time.h"
#include "libattest/endorse.h"
#include "tests/harness/check.h"

#define MADE "sgx/made-here/"
#define PIECES 4

struct fixture {
	struct arena *a;
	struct att_ctx *ctx;
	struct att_settings settings;
	struct blob body, files[PIECES], root;
	struct att_bytes pieces[PIECES], anchor;
	size_t n;
	struct att_request req;
	struct att_prepared *all, *anchors; /* pieces under the anchors, and the anchors alone */
	unsigned calls;
	size_t asked;                           /* needs in the last call */
	struct att_error e;
};

static struct fixture f;

static void forget(void)
{
	att_prepared_free(f.all);
	att_prepared_free(f.anchors);
	blob_free(&f.body);
	blob_free(&f.root);
	for (size_t i = 0; i < f.n; i++)
		blob_free(&f.files[i]);
	f.all = f.anchors = NULL;
	f.body = f.root = (struct blob){ 0 };
	f.n = 0;
	f.anchor = (struct att_bytes){ 0 };
}

static void give(const char *path)
{
	assert_true(f.n < PIECES);
	f.files[f.n] = vector_file(path);
	f.pieces[f.n] = (struct att_bytes){ f.files[f.n].p, f.files[f.n].n };
	f.n++;
}

static void begin(const char *type, const char *body, const char *root, const char *time)
{
	forget();
	f.body = vector_file(body);
	if (root)
		f.root = vector_file(root);
	f.anchor = (struct att_bytes){ f.root.p, f.root.n };
	f.req = (struct att_request){
		.type = type, .body = { f.body.p, f.body.n }, .settings = &f.settings
	};
	CHECK_OK(time_parse_rfc3339(time, strlen(time), &f.req.now_s, &f.e), &f.e);
}

static void prepare(void)
{
	size_t nanchors = f.anchor.len ? 1 : 0;

	CHECK_OK(att_prepared_new(f.pieces, f.n, &f.anchor, nanchors, &f.all, &f.e), &f.e);
	CHECK_OK(att_prepared_new(NULL, 0, &f.anchor, nanchors, &f.anchors, &f.e), &f.e);
}

static const struct att_prepared *answer(void *state, const struct att_need *needs, size_t n)
{
	(void)state;
	f.calls++;
	f.asked = n;
	for (size_t i = 0; i < n; i++)
		if (!needs[i].kind[0] || !needs[i].key[0] || !needs[i].baseline)
			fail_msg("need %zu is not told", i);
	return f.n ? f.all : NULL;
}

static void put_needs(struct buf *b, const struct att_result *r)
{
	for (size_t i = 0; i < r->nneeds; i++)
		buf_fmt(b, "need %s %s \"%s\"%s%s\n", r->needs[i].kind, r->needs[i].key,
		    r->needs[i].baseline, r->needs[i].is_authentic ? " authentic" : "",
		    r->needs[i].is_there ? " there" : "");
}

/* Everything that a result says, as one text. */
static const char *transcript(const struct att_result *r)
{
	struct buf b = buf_make(f.a);
	const char *texts[] = { r->claims_json, r->issued_json, r->token_json, r->policy_hash,
		r->policy_decision, r->tcb_json, r->missing, r->error.text, r->hint };

	buf_fmt(&b, "%s %s %d\n", r->type, att_verdict_name(r->verdict), r->simulated_anchor);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		buf_str(&b, texts[i] ? texts[i] : "(none)"), buf_char(&b, '\n');
	for (size_t i = 0; i < r->nchecks; i++)
		buf_fmt(&b, "%s %d %s / %s\n", r->checks[i].id, (int)r->checks[i].outcome,
		    r->checks[i].expected ? r->checks[i].expected : "",
		    r->checks[i].found ? r->checks[i].found : "");
	put_needs(&b, r);
	assert_false(b.failed);
	return b.p;
}

static const char *run(struct att_request req)
{
	struct att_result *r;
	const char *text;

	if (!att_appraise(f.ctx, &req, &r, &f.e))
		fail_msg("%s", f.e.text);
	text = transcript(r);
	att_result_free(r);
	return text;
}

/* The three ways, each twice: the second time from the caches. */
static void ways_agree(const char *name)
{
	struct att_request raw = f.req, prepared = f.req, looked = f.req;
	const char *want;

	prepare();
	raw.endorsements = f.pieces;
	raw.nendorsements = f.n;
	raw.anchors = &f.anchor;
	raw.nanchors = f.anchor.len ? 1 : 0;
	/* a lone piece counts as picked; with the other ways somebody says so */
	raw.endorsements_picked = prepared.endorsements_picked = looked.endorsements_picked =
	    f.n == 1;
	prepared.prepared = f.all;
	looked.prepared = f.anchors;
	looked.lookup = answer;
	want = run(raw);
	for (unsigned i = 0; i < 2; i++) {
		const struct { const char *way; struct att_request req; } ways[] = {
			{ "raw", raw }, { "prepared", prepared }, { "looked up", looked },
		};
		for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
			const char *got;
			f.calls = 0;
			got = run(ways[w].req);
			if (strcmp(got, want) != 0)
				fail_msg("%s, %s: %s\n--- want\n%s", name, ways[w].way, got, want);
			assert_true(f.calls <= 2);
		}
	}
	arena_reset(f.a);
}

static void the_made_cases(void **state)
{
	struct blob table;
	char *at = NULL, *line;
	size_t n = 0;

	(void)state;
	need_vectors();
	table = vector_file(MADE "cases.tsv");
	line = strtok_r((char *)table.p, "\n", &at);
	while ((line = strtok_r(NULL, "\n", &at))) {
		char *cell_at = NULL, *cell[5], path[256], quote[256];
		for (size_t i = 0; i < 5; i++)
			cell[i] = strtok_r(i ? NULL : line, "\t", &cell_at);
		(void)snprintf(quote, sizeof quote, MADE "%s", cell[1]);
		(void)snprintf(path, sizeof path, MADE "%s", cell[2]);
		begin(strstr(cell[1], "tdx") ? "TdxVm" : "SgxEnclave", quote,
		    MADE "test-root-ca.der", cell[3]);
		give(path);
		ways_agree(cell[0]);
		n++;
	}
	assert_int_equal(n, 129);
	blob_free(&table);
}

static const struct real { const char *type, *body, *time, *pieces[PIECES];
} reals[] = {
	{ "SgxEnclave", "sgx/sgx-v3-00a067110000.quote.bin", "2025-06-20T00:00:00Z",
	    { "sgx/sgx-v3-00a067110000.collateral.json" } },
	{ "SgxEnclave", "sgx/sgx-v3-00a067110000.quote.bin", "2025-06-20T00:00:00Z", { NULL } },
	{ "SgxEnclave", "sgx/sgx-v3-00a067110000.quote.bin", "2025-06-20T00:00:00Z",
	    { "sgx/sgx-v3-multipackage-00606a000000.tcb19.collateral.json",
		"snp/v5-turin.vcek.pem" } },
	{ "OpenEnclave", "maa-golden/sgx-wus.oe-report.bin", "2022-04-27T00:00:00Z",
	    { "sgx/sgx-v3-00906ed50000.2022-04.collateral.json" } },
	{ "SgxEnclave", "sgx/sgx-v3-certtype3.quote.bin", "2022-04-27T00:00:00Z", { NULL } },
	{ "SgxEnclave", "sgx/sgx-v3-certtype3.quote.bin", "2022-04-27T00:00:00Z",
	    { "sgx/sgx-v3-00906ed50000.2022-04.collateral.json" } },
	{ "SgxEnclave", "sgx/sgx-v3-corrupted.quote.bin", "2022-04-27T00:00:00Z", { NULL } },
	{ "TdxVm", "tdx/tdx-v4-b0c06f000000.quote.bin", "2025-06-20T00:00:00Z",
	    { "tdx/tdx-v4-b0c06f000000.collateral.json" } },
	{ "TdxVm", "tdx/tdx-v5-90c06f000000-relaunch.quote.bin", "2025-02-27T00:00:00Z",
	    { "tdx/tdx-90c06f000000.2025-02.eval18.collateral.json",
		"tdx/tdx-90c06f000000.2025-06.eval17.collateral.json" } },
	{ "SevSnpVm", "snp/v5-turin.report.bin", "2026-03-01T00:00:00Z",
	    { "snp/v5-turin.vcek.pem", "snp/turin_ask_ark_asvk.pem" } },
	{ "SevSnpVm", "snp/v5-turin.report.bin", "2026-03-01T00:00:00Z",
	    { "snp/v5-turin.vcek.pem" } },
	{ "SevSnpVm", "snp/v5-turin.report.bin", "2026-03-01T00:00:00Z", { NULL } },
	{ "SevSnpVm", "snp/v3-milan-vlek.report.bin", "2024-01-01T00:00:00Z", { NULL } },
	{ "SevSnpVm", "snp/v2-milan-aci.report.bin", "2024-01-01T00:00:00Z",
	    { "snp/v2-milan-aci.thim.json" } },
};

static void real_evidence(void **state)
{
	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
		const struct real *r = &reals[i];
		char name[128];

		begin(r->type, r->body, NULL, r->time);
		for (size_t k = 0; k < PIECES && r->pieces[k]; k++)
			give(r->pieces[k]);
		(void)snprintf(name, sizeof name, "%zu: %s", i, r->body);
		ways_agree(name);
	}
}

/* The needs of each kind of evidence, without anything and with everything. */
static void needs_are_told(void **state)
{
	static const struct {
		const char *type, *body, *time, *needs;
		const char *pieces[2];
	} rows[] = {
		{ "SgxEnclave", "sgx/sgx-v3-00a067110000.quote.bin", "2025-06-20T00:00:00Z",
		    "need root-crl root \"\" authentic\nneed pck-crl processor \"\" authentic\n"
		    "need tcb-info SGX-00a067110000 \"\" authentic\nneed qe-identity QE \"\" "
		    "authentic\n",
		    { NULL } },
		{ "SgxEnclave", "sgx/sgx-v3-00a067110000.quote.bin", "2025-06-20T00:00:00Z",
		    "need root-crl root \"\" authentic there\nneed pck-crl processor \"\" "
		    "authentic there\n"
		    "need tcb-info SGX-00a067110000 \"\" authentic there\n"
		    "need qe-identity QE \"\" authentic there\n",
		    { "sgx/sgx-v3-00a067110000.collateral.json" } },
		{ "TdxVm", "tdx/tdx-v4-b0c06f000000.quote.bin", "2025-06-20T00:00:00Z",
		    "need root-crl root \"\" authentic\nneed pck-crl platform \"\" authentic\n"
		    "need tcb-info TDX-b0c06f000000 \"\" authentic\nneed qe-identity TD_QE \"\" "
		    "authentic\n",
		    { NULL } },
		/* a quote that only names its platform: by its certificate, then the rest */
		{ "SgxEnclave", "sgx/sgx-v3-certtype3.quote.bin", "2022-04-27T00:00:00Z",
		    "need pck-cert "
		    "00fbe6733336eaf7a4e3d8b966a82e64-0000-05050205ff8001000000000000000000-0600 "
		    "\"\"\n"
		    "need root-crl root \"\"\nneed qe-identity QE \"\"\n",
		    { NULL } },
		/* what was not verified is no reason to fetch anything */
		{ "SgxEnclave", "sgx/sgx-v3-corrupted.quote.bin", "2022-04-27T00:00:00Z", "",
		    { NULL } },
		{ "SevSnpVm", "snp/v5-turin.report.bin", "2026-03-01T00:00:00Z",
		    "need snp-vcek Turin-59790fb1c39f35c1-0101010400000051 \"\"\nneed snp-chain "
		    "Turin-vcek \"\"\n",
		    { NULL } },
		{ "SevSnpVm", "snp/v5-turin.report.bin", "2026-03-01T00:00:00Z",
		    "need snp-vcek Turin-59790fb1c39f35c1-0101010400000051 \"\" there\nneed "
		    "snp-chain Turin-vcek \"\"\n",
		    { "snp/v5-turin.vcek.pem" } },
		{ "SevSnpVm", "snp/v5-turin.report.bin", "2026-03-01T00:00:00Z",
		    "need snp-vcek Turin-59790fb1c39f35c1-0101010400000051 \"\" authentic there\n"
		    "need snp-chain Turin-vcek \"\" authentic there\n",
		    { "snp/v5-turin.vcek.pem", "snp/turin_ask_ark_asvk.pem" } },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf b = buf_make(f.a);
		struct att_request req;
		struct att_result *r;

		begin(rows[i].type, rows[i].body, NULL, rows[i].time);
		for (size_t k = 0; k < 2 && rows[i].pieces[k]; k++)
			give(rows[i].pieces[k]);
		prepare();
		req = f.req;
		req.prepared = f.all;
		CHECK_OK(att_appraise(f.ctx, &req, &r, &f.e), &f.e);
		buf_str(&b, "");
		put_needs(&b, r);
		assert_string_equal(b.p, rows[i].needs);
		att_result_free(r);
	}
}

/* A set of revocation lists that is mandatory and can be looked up is missing, not lacking. */
static void mandatory_lists_are_asked_for(void **state)
{
	struct att_request req;
	struct att_result *r;

	(void)state;
	need_vectors();
	begin("SevSnpVm", "snp/v5-turin.report.bin", NULL, "2026-03-01T00:00:00Z");
	give("snp/v5-turin.vcek.pem");
	give("snp/turin_ask_ark_asvk.pem");
	prepare();
	f.settings.crl_required = true;
	req = f.req;
	req.prepared = f.all;
	CHECK_OK(att_appraise(f.ctx, &req, &r, &f.e), &f.e);
	assert_int_equal(r->verdict, ATT_REJECTED);
	assert_non_null(strstr(r->error.text, "snp.crl.present"));
	att_result_free(r);
	req.lookup = answer;
	CHECK_OK(att_appraise(f.ctx, &req, &r, &f.e), &f.e);
	assert_int_equal(r->verdict, ATT_UNDECIDED);
	assert_int_equal(f.asked, 3);
	assert_non_null(strstr(r->missing, "/vcek/v1/Turin/crl"));
	assert_string_equal(r->needs[2].kind, "snp-crl");
	assert_string_equal(r->needs[2].key, "Turin-vcek");
	assert_false(r->needs[2].is_there);
	att_result_free(r);
	f.settings.crl_required = false;
}

static void the_policy_chooses_the_number(void **state)
{
#define CONFIG(n)                                                                                  \
	"version=1.1; configurationrules{ => issueproperty(type=\"x-ms-sgx-tcbidentifier\", "      \
	"value=\"" n "\"); }; "                                                                    \
	"authorizationrules{ => permit(); };"
	static const struct { const char *policy, *missing;
	} rows[] = {
		{ CONFIG("azuredefault"), NULL },
		{ CONFIG("12"), NULL },
		{ CONFIG("11"),
		    "tcb-info SGX-00906ed50000 (evaluation number 11), qe-identity QE (evaluation "
		    "number 11)" },
		/* a rule that waits for claims demands nothing: there are none yet */
		{ "version=1.1; configurationrules{ [type==\"x-ms-sgx-svn\"] => "
		  "issueproperty(type=\"x-ms-sgx-tcbidentifier\", value=\"11\"); }; "
		  "authorizationrules{ => permit(); };",
		    NULL },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct att_request req;
		struct att_result *r;

		begin("SgxEnclave", "maa-golden/sgx-wus.quote.bin", NULL, "2022-04-27T00:00:00Z");
		give("sgx/sgx-v3-00906ed50000.2022-04.collateral.json");
		prepare();
		req = f.req;
		req.prepared = f.all;
		req.policy =
		    (struct att_bytes){ (const uint8_t *)rows[i].policy, strlen(rows[i].policy) };
		CHECK_OK(att_appraise(f.ctx, &req, &r, &f.e), &f.e);
		if (rows[i].missing) {
			assert_int_equal(r->verdict, ATT_UNDECIDED);
			assert_string_equal(r->missing, rows[i].missing);
			assert_string_equal(r->needs[2].baseline, "11");
			assert_string_equal(r->needs[0].baseline, "");
		} else {
			if (r->verdict != ATT_PERMITTED)
				fail_msg("%s", r->error.text);
		}
		att_result_free(r);
	}
}

/* Chains were judged under the anchors of the request: an answer cannot bring others. */
static void an_answer_brings_no_anchors(void **state)
{
	struct att_request req;
	struct att_result *r;

	(void)state;
	need_vectors();
	begin("SgxEnclave", MADE "quotes/sgx-plat70-qe8.bin", MADE "test-root-ca.der",
	    "2026-06-01T00:00:00Z");
	give(MADE "collateral/sgx.json");
	prepare();
	req = f.req;
	req.lookup = answer;
	CHECK_OK(att_appraise(f.ctx, &req, &r, &f.e), &f.e);
	assert_int_equal(r->verdict, ATT_REJECTED);
	att_result_free(r);
	req.prepared = f.anchors;
	CHECK_OK(att_appraise(f.ctx, &req, &r, &f.e), &f.e);
	assert_int_equal(r->verdict, ATT_PERMITTED);
	att_result_free(r);
	att_prepared_free(f.all);
	CHECK_OK(att_prepared_new(f.pieces, f.n, NULL, 0, &f.all, &f.e), &f.e);
	CHECK_ERR(att_appraise(f.ctx, &req, &r, &f.e), &f.e, ATT_E_INTERNAL, "other anchors");
	req.prepared = f.all;
	req.endorsements = f.pieces;
	req.nendorsements = f.n;
	CHECK_ERR(att_appraise(f.ctx, &req, &r, &f.e), &f.e, ATT_E_INTERNAL, "pieces beside it");
}

/* The chain of a quote is judged as it was sent, though the set has the same certificates in good
 * order. */
static void a_damaged_chain_is_not_mended(void **state)
{
	static const char mark[] = "-----END CERTIFICATE-----";
	uint8_t *first, *last = NULL;
	struct att_request req;
	struct att_result *r;

	(void)state;
	need_vectors();
	begin("SgxEnclave", "sgx/sgx-v3-00a067110000.quote.bin", NULL, "2025-06-20T00:00:00Z");
	give("sgx/sgx-v3-00a067110000.collateral.json");
	prepare();
	req = f.req;
	req.prepared = f.all;
	first = memmem(f.body.p, f.body.n, "-----BEGIN", 10);
	assert_non_null(first);
	for (uint8_t *p = first;
	     (p = memmem(p, f.body.n - (size_t)(p - f.body.p), mark, sizeof mark - 1)); p++)
		last = p;
	for (uint8_t *p = first; p < last; p += 13) {
		*p ^= 1;
		CHECK_OK(att_appraise(f.ctx, &req, &r, &f.e), &f.e);
		if (r->verdict == ATT_PERMITTED)
			fail_msg("byte %zu does not count", (size_t)(p - f.body.p));
		att_result_free(r);
		*p ^= 1;
	}
	CHECK_OK(att_appraise(f.ctx, &req, &r, &f.e), &f.e);
	assert_int_equal(r->verdict, ATT_PERMITTED);
	att_result_free(r);
}

static void sets_are_made_of_what_is_known(void **state)
{
	static const char *const strange[] = { "3082", "hello", "{\"a\":1}",
		"-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n" };
	struct att_prepared *p;

	(void)state;
	for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
		struct att_bytes piece = { (const uint8_t *)strange[i], strlen(strange[i]) };
		bool ok;

		att_error_clear(&f.e);
		ok = att_prepared_new(&piece, 1, NULL, 0, &p, &f.e);

		/* a list in hex that cannot be read may be the one that an appraisal misses: that
		 * one will say so */
		assert_int_equal(ok, i == 0);
		assert_int_equal(ok, f.e.code == ATT_E_OK);
		if (ok)
			assert_true(att_prepared_size(p) > 0);
		else
			assert_non_null(strstr(f.e.text, "endorsements[0]"));
		att_error_clear(&f.e);
		if (ok)
			att_prepared_free(p);
		CHECK_ERR(att_prepared_new(NULL, 0, &piece, 1, &p, &f.e), &f.e, ATT_E_BAD_FORMAT,
		    "anchors[0]");
	}
	att_error_clear(&f.e);
}

static int setup(void **state)
{
	(void)state;
	f.a = arena_new((size_t)64 << 20);
	f.ctx = att_ctx_new(&f.e);
	att_settings_default(&f.settings);
	f.settings.tcb_accept |= ATT_TCB_OUT_OF_DATE;
	return f.a && f.ctx ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	forget();
	att_ctx_free(f.ctx);
	arena_free(f.a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_made_cases),
		cmocka_unit_test(real_evidence),
		cmocka_unit_test(needs_are_told),
		cmocka_unit_test(mandatory_lists_are_asked_for),
		cmocka_unit_test(the_policy_chooses_the_number),
		cmocka_unit_test(an_answer_brings_no_anchors),
		cmocka_unit_test(a_damaged_chain_is_not_mended),
		cmocka_unit_test(sets_are_made_of_what_is_known),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
