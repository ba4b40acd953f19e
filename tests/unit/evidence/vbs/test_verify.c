/* Each row of the table, failed first by made evidence; every byte damaged; salts; claims. */
#include <string.h>

#include "tests/unit/evidence/vbs/kit.h"

static struct vbs_kit k;
static struct vbs_made m;
static struct vbs_report r;

/* Keys are made once. */
static int set_up(void **state)
{
	(void)state;
	vbs_kit_init(&k);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	vbs_kit_sound(&k, &m);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	vbs_kit_clear(&k);
	return 0;
}

static void a_sound_report_passes_every_check(void **state)
{
	(void)state;
	assert_string_equal(vbs_kit_run(&k, &m), "ok");
	for (size_t i = 0; i < VBS_NCHECKS; i++) {
		assert_int_equal(k.checks.results[i].outcome, CHECK_PASS);
		assert_true(k.checks.rows[i].optional);         /* of a message without a report */
	}
	m.blocks = vbs_kit_module(&k, "enclave.dll", 0);
	assert_string_equal(vbs_kit_run(&k, &m), "ok");
}

static void package_version(void)
{
	m.package_version = 2;
}

static void report_version(void)
{
	m.report_version = 0;
}

static void scheme(void)
{
	m.scheme = 2;
}

static void no_key(void)
{
	m.boot = (struct vbs_boot){ .why_not = "there is no log" };
}

static void two_keys(void)
{
	m.boot.nkeys = 2;
	m.boot.conflict = true;
}

static void unreadable_key(void)
{
	m.boot = (struct vbs_boot){ .nkeys = 1, .malformed = true };
}

static void unknown_algorithm(void)
{
	m.boot.key_alg = 2;
}

static void short_key(void)
{
	m.boot.modulus = rd_make(rd_ptr(&m.boot.modulus), 128);
	m.boot.key_bits = 1024;
}

static void even_exponent(void)
{
	m.boot.exponent = rd_make("\x02", 1);
}

static void empty_key(void)
{
	m.boot.modulus = m.boot.exponent = rd_make(NULL, 0);
}

static void key_of_another_length(void)
{
	m.boot.key_bits = 3072;
}

static void no_secure_boot(void)
{
	m.boot.secure_boot = false;
}

static void debugging(void)
{
	m.boot.no_debugging = false;
}

static void test_signing(void)
{
	m.boot.no_test_signing = false;
}

static void no_vsm(void)
{
	m.boot.vsm_launched = false;
}

static void no_code_integrity(void)
{
	m.boot.code_integrity = false;
}

static void signed_by_another(void)
{
	m.key = k.other;
}

static void other_data(void)
{
	m.data[63] ^= 1;
}

static void every_check_fails_first(void **state)
{
	static const struct {
		void (*spoil)(void);
		enum vbs_check row;
		const char *found;
	} cases[] = {
		{ package_version, VBS_CHECK_VERSION, "package version 2, report version 1" },
		{ report_version, VBS_CHECK_VERSION, "package version 1, report version 0" },
		{ scheme, VBS_CHECK_SCHEME, "2" },
		{ no_key, VBS_CHECK_IDKS_PRESENT, "none: there is no log" },
		{ two_keys, VBS_CHECK_IDKS_CONFLICT, "different keys in 2 events" },
		{ unreadable_key, VBS_CHECK_IDKS_FORM, "cannot be read" },
		{ unknown_algorithm, VBS_CHECK_IDKS_ALGORITHM, "2" },
		{ short_key, VBS_CHECK_IDKS_KEY, "1024 bits" },
		{ even_exponent, VBS_CHECK_IDKS_KEY, "exponent" },
		{ empty_key, VBS_CHECK_IDKS_KEY, "key: " },
		{ key_of_another_length, VBS_CHECK_IDKS_KEY, "one of 2048 bits" },
		{ no_secure_boot, VBS_CHECK_BOOT_SECURE_BOOT, "Secure Boot not proven" },
		{ debugging, VBS_CHECK_BOOT_DEBUGGING, "debugging on, or unknown" },
		{ test_signing, VBS_CHECK_BOOT_TEST_SIGNING, "test signing on" },
		{ no_vsm, VBS_CHECK_BOOT_VSM, "no launch" },
		{ no_code_integrity, VBS_CHECK_BOOT_CODE_INTEGRITY, "code integrity off" },
		{ signed_by_another, VBS_CHECK_SIGNATURE, "does not verify" },
		{ other_data, VBS_CHECK_ENCLAVE_DATA, "dadb" },
	};
	bool seen[VBS_NCHECKS] = { false };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		vbs_kit_sound(&k, &m);
		cases[i].spoil();
		assert_string_not_equal(vbs_kit_run(&k, &m), "ok");
		assert_int_equal(k.checks.first_failed, cases[i].row);
		if (!strstr(k.checks.results[cases[i].row].found, cases[i].found))
			fail_msg("case %zu: found \"%s\"", i, k.checks.results[cases[i].row].found);
		for (size_t later = VBS_CHECK_SIGNATURE; later < VBS_NCHECKS; later++)
			assert_true(later == cases[i].row || later < cases[i].row ||
			    k.checks.results[later].outcome == CHECK_NA);
		seen[cases[i].row] = true;
	}
	for (size_t i = 0; i < VBS_NCHECKS; i++)
		assert_true(seen[i]);
}

/* What the boot lacks is told whole, and nothing that such a key signed is looked at. */
static void a_boot_is_judged_whole(void **state)
{
	(void)state;
	no_secure_boot();
	debugging();
	no_vsm();
	assert_string_equal(vbs_kit_run(&k, &m), "vbs.boot.secure_boot");
	assert_int_equal(k.checks.results[VBS_CHECK_BOOT_DEBUGGING].outcome, CHECK_FAIL);
	assert_int_equal(k.checks.results[VBS_CHECK_BOOT_TEST_SIGNING].outcome, CHECK_PASS);
	assert_int_equal(k.checks.results[VBS_CHECK_BOOT_VSM].outcome, CHECK_FAIL);
	assert_int_equal(k.checks.results[VBS_CHECK_SIGNATURE].outcome, CHECK_NA);
}

static void the_same_key_twice_is_one_key(void **state)
{
	(void)state;
	m.boot.nkeys = 2;
	assert_string_equal(vbs_kit_run(&k, &m), "ok");
}

static void salts_of_any_length(void **state)
{
	(void)state;
	for (int salt = 0; salt <= 64; salt += 16) {
		m.salt = salt;
		assert_string_equal(vbs_kit_run(&k, &m), "ok");
	}
}

/* PKCS#1 v1.5 by the right key is not the scheme that the header names. */
static void another_padding_is_refused(void **state)
{
	struct rd package = vbs_kit_package(&k, &m);
	uint8_t *p = arena_memdup(k.a, rd_ptr(&package), rd_left(&package));
	size_t n;

	(void)state;
	CHECK_OK(sig_sign(k.c, k.key, SIG_RSA_PKCS1_SHA256, vbs_kit_statement(&k, &m), p + 24 + 224, &n,
		     &k.e), &k.e);
	assert_int_equal(n, 256);
	CHECK_OK(vbs_report_parse(rd_make(p, rd_left(&package)), &r, &k.e), &k.e);
	assert_string_equal(vbs_kit_judge(&k, &m, &r), "vbs.signature");
}

/* Bytes 4 to 11 of the header and 4 to 7 of the statement are versions and the scheme. */
static void every_byte_damaged(void **state)
{
	struct rd whole;
	uint8_t *p;

	(void)state;
	m.blocks = vbs_kit_module(&k, "a.dll", 0);
	whole = vbs_kit_package(&k, &m);
	p = arena_memdup(k.a, rd_ptr(&whole), rd_left(&whole));
	for (size_t i = 0; i < rd_left(&whole); i++) {
		const char *want = (i >= 4 && i < 8) || (i >= 28 && i < 32) ? "vbs.report.version" :
			i >= 8 && i < 12 ? "vbs.report.scheme" : "vbs.signature";

		for (unsigned bit = 0; bit < 8; bit += 7) {
			p[i] ^= (uint8_t)(1U << bit);
			att_error_clear(&k.e);
			if (vbs_report_parse(rd_make(p, rd_left(&whole)), &r, &k.e))
				assert_string_equal(vbs_kit_judge(&k, &m, &r), want);
			else
				assert_true(k.e.code != ATT_E_OK && k.e.text[0]);
			p[i] ^= (uint8_t)(1U << bit);
		}
	}
}

/* Rows behind those of others, as in a compound's table. */
static void rows_of_a_longer_table(void **state)
{
	static const struct check_row rows[VBS_NCHECKS + 2];
	struct checklist list;

	(void)state;
	CHECK_OK(vbs_report_parse(vbs_kit_package(&k, &m), &r, &k.e), &k.e);
	CHECK_OK(checklist_init(&list, k.a, rows, VBS_NCHECKS + 2, &k.e), &k.e);
	CHECK_OK(vbs_report_verify(&r, &m.boot, m.want, k.c, &list, 1, &k.e), &k.e);
	assert_int_equal(list.results[0].outcome, CHECK_NA);
	for (size_t i = 1; i <= VBS_NCHECKS; i++)
		assert_int_equal(list.results[i].outcome, CHECK_PASS);
	assert_int_equal(list.results[VBS_NCHECKS + 1].outcome, CHECK_NA);
}

static void claims_under_their_names(void **state)
{
	static const struct { const char *name, *text; } texts[] = {
		{ "enclaveAuthorId", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE" },
		{ "enclaveImageId", "SUlJSUlJSUlJSUlJSUlJSQ" },
		{ "enclaveOwnerId", "T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT08" },
		{ "enclaveFamilyId", "RkZGRkZGRkZGRkZGRkZGRg" },
	};
	static const struct { const char *name; int64_t value; } numbers[] = {
		{ "enclaveSvn", 0x01020304 }, { "enclavePlatformSvn", UINT32_MAX },
		{ "enclaveFlags", VBS_FULL_DEBUG | VBS_DYNAMIC_DEBUG },
	};
	struct claims c = claims_make(k.a);

	(void)state;
	m.platform_svn = UINT32_MAX;
	m.flags = VBS_FULL_DEBUG | VBS_DYNAMIC_DEBUG;
	assert_string_equal(vbs_kit_run(&k, &m), "ok");         /* debugging is the policy's to judge */
	CHECK_OK(vbs_report_parse(vbs_kit_package(&k, &m), &r, &k.e), &k.e);
	CHECK_OK(vbs_claims(&r, &c, &k.e), &k.e);
	assert_int_equal(c.n, 7);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(claims_find(&c, texts[i].name)->s, texts[i].text);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(claims_find(&c, numbers[i].name)->i, numbers[i].value);
}

static void claims_without_memory(void **state)
{
	struct failing failing;
	bool made = false;
	size_t n;

	(void)state;
	CHECK_OK(vbs_report_parse(vbs_kit_package(&k, &m), &r, &k.e), &k.e);
	for (n = 1; !made; n++) {
		struct arena *a = arena_failing(&failing, n);
		struct claims c = claims_make(a);

		att_error_clear(&k.e);
		made = vbs_claims(&r, &c, &k.e);
		assert_true(made == !failing.fired);
		assert_true(made || k.e.code == ATT_E_NOMEM);
		arena_free(a);
	}
	assert_true(n > 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, fresh)
	const struct CMUnitTest tests[] = {
		TEST(a_sound_report_passes_every_check),
		TEST(every_check_fails_first),
		TEST(a_boot_is_judged_whole),
		TEST(the_same_key_twice_is_one_key),
		TEST(salts_of_any_length),
		TEST(another_padding_is_refused),
		TEST(every_byte_damaged),
		TEST(rows_of_a_longer_table),
		TEST(claims_under_their_names),
		TEST(claims_without_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
