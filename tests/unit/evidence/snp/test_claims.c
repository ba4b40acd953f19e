#include <string.h>

#include "lib/base/base64.h"
#include "lib/claims/names.h"
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

/* Names the pipeline or the signer adds to every token. */
static bool is_common(const char *name)
{
	static const char *const names[] = {
		"exp", "iat", "iss", "jti", "nbf", "x-ms-attestation-type", "x-ms-policy-hash", "x-ms-ver",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The recorded request, and the token the real service answered: name by name, value by value. */
static void the_recorded_token_follows(void **state)
{
	struct blob b;
	struct arena *a = arena_new((size_t)1 << 22);
	struct json *v;
	const struct json *step, *want, *m;
	struct claims c;
	uint8_t *evidence;
	size_t n, compared = 0, maa = 0;

	(void)state;
	need_vectors();
	b = vector_file("maa-golden/attest-snp-simple.json");
	CHECK_OK(json_parse(a, b.p, b.n, NULL, &v, &f.e), &f.e);
	step = json_get(v, "steps")->child;
	m = json_get(json_get(json_get(step, "request"), "body"), "report");
	CHECK_OK(b64_decode_arena(B64_LENIENT, a, m->s, m->len, &evidence, &n, &f.e), &f.e);
	f.now_s = json_get(json_get(json_get(step, "decoded"), "claims"), "iat")->i;
	assert_string_equal(fix_run(&f, evidence, n), "ok");
	c = fix_claims(&f);
	want = json_get(json_get(step, "decoded"), "claims");
	for (m = want->child; m; m = m->next) {
		const struct claim *got = claims_find(&c, m->name);
		if (is_common(m->name))
			continue;
		if (!got)
			fail_msg("no claim %s", m->name);
		if (m->kind == JSON_STRING)
			assert_string_equal(got->s, m->s);
		else if (m->kind == JSON_BOOL)
			assert_true(got->kind == CLAIM_BOOL && got->b == m->b);
		else
			assert_true(m->kind == JSON_INT && got->kind == CLAIM_INT && got->i == m->i);
		compared++;
	}
	for (size_t i = 0; i < c.n; i++)
		maa += strncmp(c.v[i].name, "x-ms-", 5) == 0;
	assert_int_equal(compared, 17);
	assert_int_equal(maa, compared);
	arena_free(a);
	blob_free(&b);
}

/* Every claim is a row of the table of names, with its kind; and every SNP row is made by some report. */
static void claims_and_table_agree(void **state)
{
	static const struct {
		const char *product;
		bool vlek;
	} rows[] = { { "Milan", false }, { "Turin", false }, { "Genoa", true } };
	bool made[512] = { false };

	(void)state;
	f.settings.allow = ATT_ALLOW_VLEK;
	f.now_s = FIX_NOW;
	for (size_t r = 0; r < 3; r++) {
		struct sim_snp_options o;
		struct claims c;

		fix_sim_options(&o, rows[r].product);
		o.vlek = rows[r].vlek;
		assert_string_equal(fix_run_sim(&f, &o), "ok");
		c = fix_claims(&f);
		for (size_t i = 0; i < c.n; i++) {
			size_t at = 0;
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(c.v[i].name, c.v[j].name);
			while (at < claim_name_count() && strcmp(claim_name_at(at)->name, c.v[i].name) != 0)
				at++;
			if (at == claim_name_count())
				fail_msg("%s is not in the table", c.v[i].name);
			assert_int_equal(claim_name_at(at)->kind, c.v[i].kind);
			assert_true(claim_name_at(at)->formats & CLAIM_F_SNP);
			made[at] = true;
		}
	}
	for (size_t i = 0; i < claim_name_count(); i++)
		if (claim_name_at(i)->formats == CLAIM_F_SNP && !made[i])
			print_message("# not made by any report: %s\n", claim_name_at(i)->name);
	f.settings.allow = 0;
}

struct want { const char *name; enum claim_kind kind; int64_t i; const char *s; };

static void check_claims(const struct want *want, size_t n)
{
	struct claims c = fix_claims(&f);

	for (size_t i = 0; i < n; i++) {
		const struct claim *got = claims_find(&c, want[i].name);
		if (!got)
			fail_msg("no claim %s", want[i].name);
		assert_int_equal(got->kind, want[i].kind);
		if (want[i].kind == CLAIM_STRING && strcmp(got->s, want[i].s) != 0)
			fail_msg("%s: %s, want %s", want[i].name, got->s, want[i].s);
		if (want[i].kind == CLAIM_INT)
			assert_int_equal(got->i, want[i].i);
		if (want[i].kind == CLAIM_BOOL)
			assert_int_equal(got->b, want[i].i);
	}
}

static void real_turin_claims(void **state)
{
	static const struct want want[] = {
		{ "x-attestd-snp-product", CLAIM_STRING, 0, "Turin" },
		{ "x-attestd-snp-report-version", CLAIM_INT, 5, NULL },
		{ "x-attestd-snp-signing-key", CLAIM_STRING, 0, "VCEK" },
		{ "x-attestd-snp-policy", CLAIM_STRING, 0, "000000000003001f" },
		{ "x-attestd-snp-policy-abi", CLAIM_STRING, 0, "0.31" },
		{ "x-attestd-snp-policy-cxl-allowed", CLAIM_BOOL, 0, NULL },
		{ "x-attestd-snp-platform-info", CLAIM_STRING, 0, "0000000000000065" },
		{ "x-attestd-snp-platform-smt", CLAIM_BOOL, 1, NULL },
		{ "x-attestd-snp-platform-tsme", CLAIM_BOOL, 0, NULL },
		{ "x-attestd-snp-platform-ecc", CLAIM_BOOL, 1, NULL },
		{ "x-attestd-snp-platform-alias-check", CLAIM_BOOL, 1, NULL },
		{ "x-attestd-snp-reported-tcb-fmc", CLAIM_INT, 1, NULL },
		{ "x-attestd-snp-reported-tcb-snp", CLAIM_INT, 4, NULL },
		{ "x-attestd-snp-launch-tcb-microcode", CLAIM_INT, 0x51, NULL },
		{ "x-ms-sevsnpvm-bootloader-svn", CLAIM_INT, 1, NULL },
		{ "x-ms-sevsnpvm-tee-svn", CLAIM_INT, 1, NULL },
		{ "x-ms-sevsnpvm-snpfw-svn", CLAIM_INT, 4, NULL },
		{ "x-ms-sevsnpvm-microcode-svn", CLAIM_INT, 0x51, NULL },
		{ "x-attestd-snp-current-version", CLAIM_STRING, 0, "1.55.65" },
		{ "x-attestd-snp-launch-mit-vector", CLAIM_STRING, 0, "000000000000003f" },
		{ "x-attestd-snp-current-mit-vector", CLAIM_STRING, 0, "000000000000003f" },
		{ "x-attestd-snp-author-key-enabled", CLAIM_BOOL, 0, NULL },
		{ "x-attestd-snp-cpuid", CLAIM_STRING, 0, "1a/02/01" },
	};
	struct blob report, leaf, cas;

	(void)state;
	need_vectors();
	report = vector_file("snp/v5-turin.report.bin");
	leaf = vector_file("snp/v5-turin.vcek.pem");
	cas = vector_file("snp/turin_ask_ark_asvk.pem");
	fix_forget(&f);
	f.now_s = FIX_NOW;
	fix_cert(&f, cas.p, cas.n);
	assert_string_equal(fix_run_parts(&f, report.p, report.n, leaf.p, leaf.n), "ok");
	check_claims(want, sizeof want / sizeof want[0]);
	blob_free(&report);
	blob_free(&leaf);
	blob_free(&cas);
}

/* What a version or a kind of key does not have is absent, not zero. */
static void absent_facts_are_absent(void **state)
{
	static const char *const absent[] = {
		"x-attestd-snp-cpuid", "x-attestd-snp-launch-mit-vector", "x-attestd-snp-current-mit-vector",
		"x-attestd-snp-csp-id", "x-attestd-snp-reported-tcb-fmc", "x-attestd-snp-current-tcb-fmc",
		"x-ms-compliance-status", "x-ms-runtime",
	};
	struct sim_snp_options o;
	struct claims c;

	(void)state;
	f.now_s = FIX_NOW;
	fix_sim_options(&o, "Milan");
	o.version = 2;
	assert_string_equal(fix_run_sim(&f, &o), "ok");
	c = fix_claims(&f);
	for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
		assert_null(claims_find(&c, absent[i]));
}

/* inspect says of a report what the report says, under the same names, and nothing of certificates. */
static void a_description_is_the_claims_of_the_report(void **state)
{
	struct sim_snp_options o;
	struct claims c;
	struct json *described;
	size_t n = 0;

	(void)state;
	f.now_s = FIX_NOW;
	fix_sim_options(&o, "Turin");
	assert_string_equal(fix_run_sim(&f, &o), "ok");
	c = fix_claims(&f);
	CHECK_OK(snp_format.describe(f.ev, f.a, &described, &f.e), &f.e);
	for (size_t i = 0; i < c.n; i++)
		n += json_get(described, c.v[i].name) != NULL;
	assert_int_equal(n, c.n - 2);
	assert_null(json_get(described, "x-attestd-snp-product"));
	assert_null(json_get(described, "x-attestd-snp-vcek-not-after"));
	assert_int_equal(json_get(described, "certificates")->i, 1);
}

static void claims_need_a_verification(void **state)
{
	struct claims c = claims_make(f.a);
	struct evidence_outcome o = { 0 };
	struct snp_evidence ev = { 0 };

	(void)state;
	CHECK_ERR(snp_format.claims(&ev, NULL, &o, &c, &f.e), &f.e, ATT_E_INTERNAL, "not verified");
	assert_int_equal(c.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recorded_token_follows),
		cmocka_unit_test(claims_and_table_agree),
		cmocka_unit_test(real_turin_claims),
		cmocka_unit_test(absent_facts_are_absent),
		cmocka_unit_test(a_description_is_the_claims_of_the_report),
		cmocka_unit_test(claims_need_a_verification),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
