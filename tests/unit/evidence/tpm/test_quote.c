#include <string.h>

#include "tests/unit/evidence/tpm/kit.h"

static struct kit k;
static struct made m;                   /* too large for stack frames */
static struct tpm_quoted q;

static int set_up(void **state)
{
	(void)state;
	kit_init(&k);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kit_clear(&k);
	return 0;
}

static void sound_evidence_passes_and_says_what_was_quoted(void **state)
{
	(void)state;
	kit_sound(&k, &m);
	assert_string_equal(kit_quote(&k, &m, &q), "ok");
	assert_int_equal(q.bank[DIGEST_SHA256].mask, 0xff);
	assert_int_equal(q.bank[DIGEST_SHA384].mask, 0x1);
	assert_int_equal(q.bank[DIGEST_SHA256].value[7][0], 7);
	assert_int_equal(q.bank[DIGEST_SHA1].mask, 0);
	assert_int_equal(q.best, DIGEST_SHA256);
	assert_int_equal(q.acceptable, 1U << DIGEST_SHA256);
	assert_int_equal(q.clock.reset_count, 7);
	assert_int_equal(q.clock.restart_count, 3);
	assert_int_equal(q.clock.clock_ms, 12345);
	assert_true(q.clock.safe);
	assert_true(q.firmware_version == 0x2019102300163636);
}

/* One row per check: what is wrong, and which check it fails first. */
static void change_weak(struct made *x) { x->weak = true; }
static void change_name_alg(struct made *x) { x->name_alg = TPM_ALG_SHA1; }
static void change_unrestricted(struct made *x) { x->attributes &= ~TPMA_RESTRICTED; }
static void change_decrypt(struct made *x) { x->attributes |= TPMA_DECRYPT; }
static void change_not_fixed(struct made *x) { x->attributes &= ~TPMA_FIXED_TPM; }
static void change_imported(struct made *x) { x->attributes &= ~TPMA_SENSITIVE_DATA_ORIGIN; }
static void change_no_sign(struct made *x) { x->attributes &= ~TPMA_SIGN; }
static void change_sha1(struct made *x) { x->sig_hash = x->own_hash = TPM_ALG_SHA1; }
static void change_own_scheme(struct made *x) { x->own_hash = TPM_ALG_SHA384; }
static void change_damaged(struct made *x) { x->damaged = true; }
static void change_signer(struct made *x) { x->key = k.other; }
static void change_magic(struct made *x) { x->magic = 0xFF544346; }
static void change_type(struct made *x) { x->type = TPM_ST_CREATION; }
static void change_certify(struct made *x) { x->type = TPM_ST_CERTIFY; }
static void change_nonce(struct made *x) { x->nonce = rd_make("0123456789abcdeg", 16); }
static void change_nonce_longer(struct made *x) { x->nonce = rd_make("0123456789abcdef0", 17); }
static void change_nonce_shorter(struct made *x) { x->nonce = rd_make(KIT_NONCE, 15); }
static void change_nonce_empty(struct made *x) { x->want.nonce = x->nonce = rd_make(NULL, 0); }
static void change_nothing_quoted(struct made *x) { x->sel[0].mask = x->sel[1].mask = 0; }
static void change_no_bank(struct made *x) { x->nsel = 0; }
static void change_bank_twice(struct made *x) { x->sel[1].hash = TPM_ALG_SHA256; }
static void change_pcr_missing(struct made *x) { x->sel[0].mask &= ~0x80U; }
static void change_split(struct made *x) { x->sel[0].mask = 0x1f; x->sel[1].mask = 0x80; }
static void change_sha1_bank(struct made *x) { x->sel[0].hash = TPM_ALG_SHA1; }
static void change_no_value(struct made *x) { x->given[0].mask &= ~0x2U; }
static void change_other_bank(struct made *x) { x->given[1].alg = DIGEST_SHA512; }
static void change_sm3(struct made *x) { x->sel[1].hash = TPM_ALG_SM3; }
static void change_value(struct made *x)
{
	static struct pcr_bank was;

	was = x->given[0];
	x->digest_of = &was;
	x->given[0].value[7][31] ^= 1;
}

static const struct row {
	void (*change)(struct made *x);
	const char *id;
} quote_rows[] = {
	{ change_weak, "tpm.ak.key" },
	{ change_name_alg, "tpm.ak.name_alg" },
	{ change_unrestricted, "tpm.ak.attributes" },
	{ change_decrypt, "tpm.ak.attributes" },
	{ change_not_fixed, "tpm.ak.attributes" },
	{ change_imported, "tpm.ak.attributes" },
	{ change_no_sign, "tpm.ak.attributes" },
	{ change_sha1, "tpm.quote.scheme" },
	{ change_own_scheme, "tpm.quote.scheme" },
	{ change_damaged, "tpm.quote.signature" },
	{ change_signer, "tpm.quote.signature" },
	{ change_magic, "tpm.quote.magic" },
	{ change_type, "tpm.quote.type" },
	{ change_certify, "tpm.quote.type" },
	{ change_nonce, "tpm.quote.nonce" },
	{ change_nonce_longer, "tpm.quote.nonce" },
	{ change_nonce_shorter, "tpm.quote.nonce" },
	{ change_nonce_empty, "tpm.quote.nonce" },
	{ change_nothing_quoted, "tpm.quote.selection" },
	{ change_no_bank, "tpm.quote.selection" },
	{ change_bank_twice, "tpm.quote.selection" },
	{ change_pcr_missing, "tpm.quote.required" },
	{ change_split, "tpm.quote.required" },
	{ change_sha1_bank, "tpm.quote.required" },
	{ change_no_value, "tpm.quote.values" },
	{ change_other_bank, "tpm.quote.values" },
	{ change_sm3, "tpm.quote.values" },
	{ change_value, "tpm.quote.pcr_digest" },
};

static void change_name(struct made *x) { x->certified_flip = 1; }
static void change_certified_sha1(struct made *x) { x->name_alg = TPM_ALG_SHA1; }
static void change_certified_weak(struct made *x) { x->certified_weak = true; }
static void change_quote(struct made *x) { x->type = TPM_ST_QUOTE; }

static const struct row certify_rows[] = {
	{ change_sha1, "tpm.certify.scheme" },
	{ change_own_scheme, "tpm.certify.scheme" },
	{ change_signer, "tpm.certify.signature" },
	{ change_damaged, "tpm.certify.signature" },
	{ change_magic, "tpm.certify.magic" },
	{ change_quote, "tpm.certify.type" },
	{ change_nonce, "tpm.certify.nonce" },
	{ change_nonce_empty, "tpm.certify.nonce" },
	{ change_certified_weak, "tpm.certify.key" },
	{ change_name, "tpm.certify.name" },
	{ change_certified_sha1, "tpm.certify.name" },
};

static void each_fault_fails_its_check_first(void **state)
{
	struct tpm_certified certified = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof quote_rows / sizeof quote_rows[0]; i++) {
		kit_sound(&k, &m);
		quote_rows[i].change(&m);
		assert_string_equal(kit_quote(&k, &m, &q), quote_rows[i].id);
		assert_non_null(k.checks.results[k.checks.first_failed].expected);
		assert_non_null(k.checks.results[k.checks.first_failed].found);
	}
	for (size_t i = 0; i < sizeof certify_rows / sizeof certify_rows[0]; i++) {
		kit_sound(&k, &m);
		m.type = TPM_ST_CERTIFY;
		certify_rows[i].change(&m);
		assert_string_equal(kit_certify(&k, &m, &certified), certify_rows[i].id);
	}
}

/* Rows of certificates are walked in test_trust.c. */
static void every_row_of_the_table_has_a_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < TPM_NCHECKS; i++) {
		bool there = strncmp(tpm_checks[i].id, "tpm.ak.certificate.", 19) == 0 ||
		    i == TPM_CHECK_AK_VOUCHED;

		for (size_t j = 0; j < sizeof quote_rows / sizeof quote_rows[0]; j++)
			there = there || strcmp(quote_rows[j].id, tpm_checks[i].id) == 0;
		for (size_t j = 0; j < sizeof certify_rows / sizeof certify_rows[0]; j++)
			there = there || strcmp(certify_rows[j].id, tpm_checks[i].id) == 0;
		if (!there)
			fail_msg("no fault for %s", tpm_checks[i].id);
	}
}

/* CVE-2022-0317: values beside the quoted ones are never handed on. */
static void a13_extra_pcrs_are_not_believed(void **state)
{
	(void)state;
	kit_sound(&k, &m);
	m.given[0].mask = 0xffffff;
	memset(m.given[0].value[11], 0xee, 32);
	assert_string_equal(kit_quote(&k, &m, &q), "ok");
	assert_int_equal(q.bank[DIGEST_SHA256].mask, 0xff);
	assert_false(pcr_given(&q.bank[DIGEST_SHA256], 11));
	assert_true(bytes_zero(q.bank[DIGEST_SHA256].value[11], DIGEST_MAX));
	assert_int_equal(q.unquoted, 16 + 8 + 9);
}

static void sha1_banks_and_signatures_need_permission(void **state)
{
	(void)state;
	kit_sound(&k, &m);
	m.sel[0].hash = TPM_ALG_SHA1;
	m.want.allow = TPM_ALLOW_SHA1_BANK;
	assert_string_equal(kit_quote(&k, &m, &q), "ok");
	assert_int_equal(q.best, DIGEST_SHA1);
	assert_int_equal(q.bank[DIGEST_SHA1].mask, 0xff);
	/* Beside an acceptable bank it is digested, and then left out. */
	kit_sound(&k, &m);
	m.sel[1].hash = TPM_ALG_SHA1;
	assert_string_equal(kit_quote(&k, &m, &q), "ok");
	assert_int_equal(q.bank[DIGEST_SHA1].mask, 0);
	/* Allowed, the scheme passes; this one was not made with SHA-1, and fails by that. */
	kit_sound(&k, &m);
	change_sha1(&m);
	m.want.allow = TPM_ALLOW_SHA1_SIGNATURE;
	assert_string_equal(kit_quote(&k, &m, &q), "tpm.quote.signature");
}

/* A TPM drops banks that it has not allocated by an empty bitmap. */
static void a_bank_without_bits_is_legal(void **state)
{
	(void)state;
	kit_sound(&k, &m);
	m.sel[1].mask = 0;
	assert_string_equal(kit_quote(&k, &m, &q), "ok");
	assert_int_equal(q.bank[DIGEST_SHA384].mask, 0);
}

static void without_an_expected_nonce_the_row_is_not_reached(void **state)
{
	(void)state;
	kit_sound(&k, &m);
	m.want.nonce_known = false;
	assert_string_equal(kit_quote(&k, &m, &q), "ok");
	assert_int_equal(k.checks.results[TPM_CHECK_QUOTE_NONCE].outcome, CHECK_NA);
}

static void a_certified_key_has_its_attributes(void **state)
{
	struct tpm_certified got = { 0 };

	(void)state;
	kit_sound(&k, &m);
	m.type = TPM_ST_CERTIFY;
	assert_string_equal(kit_certify(&k, &m, &got), "ok");
	assert_true(got.hardware_bound);
	assert_int_equal(got.attributes, 0x00040072);
	pubkey_free(got.key);
}

static void b10_counters_do_not_go_back(void **state)
{
	const struct tpm_clock boot = { 1000, 7, 3, true };
	static const struct { struct tpm_clock now; bool same;
	} rows[] = {
		{ { 1000, 7, 3, true }, true },
		{ { 2000, 7, 4, true }, true },
		{ { 2000, 8, 0, true }, false },
		{ { 2000, 6, 3, true }, false },
		{ { 2000, 7, 2, true }, false },
		{ { 999, 7, 3, true }, false },
		{ { 999, 7, 3, false }, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(tpm_same_boot(&boot, &rows[i].now), rows[i].same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_evidence_passes_and_says_what_was_quoted),
		cmocka_unit_test(each_fault_fails_its_check_first),
		cmocka_unit_test(every_row_of_the_table_has_a_fault),
		cmocka_unit_test(a13_extra_pcrs_are_not_believed),
		cmocka_unit_test(sha1_banks_and_signatures_need_permission),
		cmocka_unit_test(a_bank_without_bits_is_legal),
		cmocka_unit_test(without_an_expected_nonce_the_row_is_not_reached),
		cmocka_unit_test(a_certified_key_has_its_attributes),
		cmocka_unit_test(b10_counters_do_not_go_back),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
