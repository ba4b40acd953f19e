/* Whole evidence, one thing wrong each: which check says no, and what is never claimed. */
#include <stdio.h>
#include <string.h>

#include "lib/base/hex.h"
#include "tests/unit/evidence/maatpm/kit.h"

static struct mk m;
static struct mk_order o;
static struct items t;

static int set_up(void **state)
{
	(void)state;
	mk_init(&m);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mk_clear(&m);
	return 0;
}

static void begin(void)
{
	mk_fresh(&m);
	m.t.tpm.required_pcrs = 0;
	mk_sound(&m, &o);
}

static const char *verdict(void)
{
	return mk_verdict(&m, mk_file(&m, &o));
}

static bool is_claimed(const char *name)
{
	const struct claim *c = claims_find(&m.claims, name);

	return c && c->kind == CLAIM_BOOL && c->b;
}

static bool mentions(const char *name, int64_t n)
{
	for (size_t i = 0; i < m.claims.n; i++)
		if (strcmp(m.claims.v[i].name, name) == 0 && m.claims.v[i].i == n)
			return true;
	return false;
}

/* What the failed check found. */
static const char *found(void)
{
	return m.checks.results[m.checks.first_failed].found;
}

/* The log after a change, with the PCR values that it yields (else with those of before). */
static void use(bool measured)
{
	if (measured)
		items_pcrs(&m.k, &t, DIGEST_SHA256);
	o.now.log = items_log(&m.k, &t);
	if (measured) {
		bytes_copy(m.k.pcrs[DIGEST_SHA256].value[IMA_PCR], o.now.values.value[IMA_PCR], 32);
		o.now.values = m.k.pcrs[DIGEST_SHA256];
	}
}

static size_t find(uint32_t pcr, uint32_t type, size_t nth)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.v[i].pcr == pcr && t.v[i].type == type && nth-- == 0)
			return i;
	fail_msg("no event of type %08x in PCR %u", type, pcr);
	return 0;
}

static void take_apart(const char *capture)
{
	begin();
	o.now.log = kit_lab_items(&m.k, capture, &t);
	o.now.values = m.k.pcrs[DIGEST_SHA256];
	o.now.ima = rd_make(NULL, 0);
}

static void test_sound(void **state)
{
	(void)state;
	begin();
	assert_string_equal(verdict(), "ok");
	assert_true(is_claimed("secureBootEnabled"));
	assert_true(is_claimed("x-attestd-verified-boot"));
	assert_true(is_claimed("x-attestd-boot-images-proven"));
	assert_true(is_claimed("x-attestd-ima-proven"));
	assert_true(is_claimed("x-attestd-cmdline-proven"));
	assert_true(is_claimed("x-attestd-cmdline-safe"));
	assert_string_equal(mk_claim(&m, "x-attestd-kernel-lockdown"), "integrity");
	assert_string_equal(mk_claim(&m, "x-attestd-tpm-bank"), "sha256");
	assert_int_equal(claims_find(&m.claims, "x-attestd-sbat-level")->i, 2025021800);
	assert_false(mentions("x-attestd-pcrs-unproven", 10));
}

/* A quote without a log, and a log without the bank: nothing is proven, and nothing is refused. */
static void test_no_log(void **state)
{
	static const char *const never[] = { "secureBootEnabled", "x-attestd-verified-boot",
		"x-attestd-boot-images-proven", "x-attestd-cmdline-proven", "x-attestd-cmdline-safe",
		"notSafeMode", "notWinPE", "bootDebuggingDisabled", "vbsEnabled", "iommuEnabled" };

	(void)state;
	begin();
	o.now.log = o.now.ima = rd_make(NULL, 0);
	assert_string_equal(verdict(), "ok");
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		assert_false(is_claimed(never[i]));
	assert_false(is_claimed("x-attestd-eventlog"));
	assert_true(mentions("x-attestd-pcrs-unproven", 7));
	assert_string_equal(mk_claim(&m, "x-attestd-secureboot-reasons"), "there is no event log");
	take_apart("sbon");
	t.banks = 1 << DIGEST_SHA1;
	use(false);
	assert_string_equal(verdict(), "ok");
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		assert_false(is_claimed(never[i]));
}

/* A log that ends early covers fewer events of PCRs than were measured; one without some PCRs is legal. */
static void test_part_of_a_log(void **state)
{
	(void)state;
	take_apart("sbon");
	while (t.n > 0 && t.v[t.n - 1].pcr != 7)
		items_remove(&t, t.n - 1);
	items_remove(&t, t.n - 1);
	use(false);
	assert_string_equal(verdict(), "tpm.eventlog.replay");
	take_apart("sbon");
	for (size_t i = t.n; i-- > 0;)
		if (t.v[i].pcr == 8 || t.v[i].pcr == 14)
			items_remove(&t, i);
	use(false);
	assert_string_equal(verdict(), "ok");
	assert_true(is_claimed("x-attestd-verified-boot"));
	assert_true(mentions("x-attestd-pcrs-unproven", 8));
	assert_false(is_claimed("x-attestd-cmdline-proven"));
	assert_string_equal(mk_claim(&m, "x-attestd-kernel-lockdown"), "unproven");
}

static void test_log_rows(void **state)
{
	size_t i;

	(void)state;
	begin();
	o.now.log = kit_text(&m.k, "not a log");
	assert_string_equal(verdict(), "tpm.eventlog.form");
	/* An event that was not measured; the first divergent event is named. */
	take_apart("sbon");
	i = find(4, 0x80000003, 0);
	t.v[i].digest[DIGEST_SHA256][5] ^= 1;
	use(false);
	assert_string_equal(verdict(), "tpm.eventlog.replay");
	assert_non_null(strstr(found(), "PCR 4"));
	/* Data edited, digest kept. */
	take_apart("sbon");
	i = find(7, EV_EFI_VARIABLE_DRIVER_CONFIG, 0);
	t.v[i].data = kit_variable(&m.k, 'g', "SecureBoot", kit_text(&m.k, ""));
	use(false);
	assert_string_equal(verdict(), "tpm.eventlog.covered");
	assert_non_null(strstr(found(), "EV_EFI_VARIABLE_DRIVER_CONFIG"));
}

/* What goes on after the log ended is no contradiction, and proves nothing. */
static void test_open_pcrs(void **state)
{
	static const uint32_t open[] = { 9, 11, 12, 13, 15, 16, 23 };

	(void)state;
	for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
		begin();
		o.now.values.value[open[i]][0] ^= 1;
		assert_string_equal(verdict(), "ok");
		assert_true(mentions("x-attestd-pcrs-unproven", open[i]));
	}
	for (uint32_t pcr = 0; pcr <= 8; pcr++) {
		begin();
		o.now.values.value[pcr][0] ^= 1;
		assert_string_equal(verdict(), "tpm.eventlog.replay");
	}
}

/* A log that was taken before the firmware handed over: only the end of PCR 5 is missing. */
static void test_log_before_exit(void **state)
{
	(void)state;
	take_apart("sbon");
	while (t.n > 0 && t.v[t.n - 1].pcr == 5)
		items_remove(&t, t.n - 1);
	use(false);
	assert_string_equal(verdict(), "ok");
	assert_true(is_claimed("x-attestd-verified-boot"));
	assert_true(mentions("x-attestd-pcrs-unproven", 5));
}

static void test_ima_rows(void **state)
{
	uint8_t *list;

	(void)state;
	begin();
	o.now.ima = kit_text(&m.k, "0 nonsense");
	assert_string_equal(verdict(), "tpm.ima.form");
	begin();
	list = arena_memdup(m.k.a, rd_ptr(&o.now.ima), rd_left(&o.now.ima));
	list[60] ^= 1; /* in the data of the first entry */
	o.now.ima = rd_make(list, rd_left(&o.now.ima));
	assert_string_equal(verdict(), "tpm.ima.replay");
	/* The list of another boot: PCR 10 is right, what it says of PCRs 0 to 9 is not. */
	take_apart("sboff");
	o.now.ima = kit_take(&m.k, repo_file("tests/vectors/lab/sbon/ima_binary"));
	(void)kit_lab(&m.k, "sbon");
	bytes_copy(o.now.values.value[IMA_PCR], m.k.pcrs[DIGEST_SHA256].value[IMA_PCR], 32);
	assert_string_equal(verdict(), "tpm.ima.boot_aggregate");
	/* PCR 10 is not quoted: the list is not looked at. */
	begin();
	o.now.values.mask &= ~(1U << IMA_PCR);
	assert_string_equal(verdict(), "ok");
	assert_false(is_claimed("x-attestd-ima-proven"));
}

/* An image that the measured dbx names, and one that the operator's names. */
static void test_revoked(void **state)
{
	static struct att_reference ref;
	static struct sig_entry entry;
	size_t image;

	(void)state;
	begin();
	(void)kit_lab_items(&m.k, "sbon", &t);
	begin();
	image = find(4, 0x80000003, 0);
	entry = (struct sig_entry){ .kind = SIG_KIND_SHA256,
		.data = rd_make(t.v[image].digest[DIGEST_SHA256], 32),
		.key_len = 32 };
	ref = (struct att_reference){ .has_dbx = true, .dbx = { &entry, 1, 0 } };
	m.t.tpm.reference = &ref;       /* until begin() */
	assert_string_equal(verdict(), "tpm.secureboot.revoked");
	assert_non_null(strstr(found(), "the operator's dbx"));
	entry.data = kit_bytes(&m.k, "0123456789abcdef0123456789abcdef", 32);
	begin();
	m.t.tpm.reference = &ref;
	assert_string_equal(verdict(), "ok");
	assert_false(is_claimed("x-attestd-secureboot-dbx-current"));
	assert_int_equal(claims_find(&m.claims, "x-attestd-secureboot-dbx-missing")->i, 1);
	m.t.tpm.reference = NULL;
}

/* Keys: the snakeoil ones are unknown until the operator names them. */
static void test_keys(void **state)
{
	static const char *const vars[] = { "pk", "kek", "db" };
	static struct att_reference ref;
	uint8_t sha[1][32];
	char name[64];

	(void)state;
	take_apart("uki-sbon");
	assert_string_equal(verdict(), "ok");
	assert_true(is_claimed("secureBootEnabled"));
	assert_false(is_claimed("x-attestd-verified-boot"));
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof name, "x-attestd-secureboot-%s-allowed", vars[i]);
		assert_false(is_claimed(name));
	}
	assert_non_null(strstr(mk_claim(&m, "x-attestd-secureboot-unknown-keys"), "SnakeOil"));
	CHECK_OK(hex_decode("282e8130b7070f107aaecc25d3992ca4440270860b09088792a5075fab0d13f8", 64,
		     sha[0], 32, &m.k.e),
	    &m.k.e);
	ref = (struct att_reference){ .secureboot_keys = sha, .nsecureboot_keys = 1 };
	take_apart("uki-sbon");
	m.t.tpm.reference = &ref;
	assert_string_equal(verdict(), "ok");
	assert_true(is_claimed("x-attestd-verified-boot"));
	m.t.tpm.reference = NULL;
}

/* Without a certificate, the operator's list vouches: by the key's TPM name, or by its digest. */
static void test_listed_key(void **state)
{
	static struct att_reference ref;
	uint8_t name[34] = { 0x00, 0x0B }, spki[32], other[34] = { 0x00, 0x0B, 1 };
	const struct { struct rd listed; bool known; } rows[] = {
		{ rd_make(name, sizeof name), true }, { rd_make(spki, sizeof spki), true },
		{ rd_make(other, sizeof other), false },
	};
	struct pubkey *key;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd listed = rows[i].listed, area;
		struct tpm_file *f;

		begin();
		o.now.cert = rd_make(NULL, 0);
		CHECK_OK(tpm_file_parse(mk_file(&m, &o), m.k.a, &f, &m.k.e), &m.k.e);
		area = f->ak_pub_raw;
		assert_true(rd_skip(&area, 2));
		CHECK_OK(digest(m.k.c, DIGEST_SHA256, rd_ptr(&area), rd_left(&area), name + 2, &m.k.e),
		    &m.k.e);
		CHECK_OK(privkey_public(m.k.c, o.now.shown, &key, &m.k.e), &m.k.e);
		bytes_copy(spki, pubkey_spki_sha256(key), sizeof spki);
		pubkey_free(key);
		ref = (struct att_reference){ .ak_names = &listed, .nak_names = 1 };
		m.t.tpm.reference = &ref;
		assert_string_equal(verdict(), rows[i].known ? "ok" : "tpm.ak.vouched");
		assert_true(!rows[i].known || is_claimed("aikValidated"));
		m.t.tpm.reference = NULL;
		assert_string_equal(verdict(), "tpm.ak.vouched");
	}
}

static void test_captures(void **state)
{
	static const struct { const char *name; bool on, verified; const char *shim;
	} rows[] = {
		{ "sbon", true, true, "on" },
		{ "sboff", false, false, "off" },
		{ "sbdis", false, false, "off" },
		{ "mokbypass", true, false, "off" },
		{ "uki-sbon", true, false, "none" },
		{ "uki-sboff", false, false, "none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		take_apart(rows[i].name);
		assert_string_equal(verdict(), "ok");
		assert_int_equal(is_claimed("secureBootEnabled"), rows[i].on);
		assert_int_equal(is_claimed("x-attestd-verified-boot"), rows[i].verified);
		assert_string_equal(mk_claim(&m, "x-attestd-shim-validation"), rows[i].shim);
	}
}

/* A command line that was measured, with a word that takes a protection away. */
static void test_weakening(void **state)
{
	static const char *const bad[] = { "ro quiet lockdown=none", "module.sig_enforce=0 ro",
		"ima_appraise=off", "init=/bin/sh", "ro\tmitigations=off", "\"ima_appraise=off\"",
		"ima-appraise=\"off\"", "intel-iommu=off" };
	enum { NBAD = sizeof bad / sizeof bad[0] };
	static const char *const good[] = { "ro quiet", "xinit=/bin/sh", "lockdown=nonesuch",
		"lockdown=confidentiality" };

	(void)state;
	for (size_t i = 0; i < NBAD + sizeof good / sizeof good[0]; i++) {
		const char *line = i < NBAD ? bad[i] : good[i - NBAD];
		struct rd text;
		struct item x;
		take_apart("sbon");
		text = kit_text(&m.k, arena_printf(m.k.a, "kernel_cmdline: %s", line));
		x = item_of(&m.k, 8, EV_IPL, text, kit_text(&m.k, line));
		items_insert(&t, t.n, &x);
		use(true);
		assert_string_equal(verdict(), "ok");
		print_message("# %s\n", line);
		assert_int_equal(is_claimed("x-attestd-cmdline-safe"), i >= NBAD);
		assert_true(is_claimed("x-attestd-cmdline-proven"));
	}
	assert_string_equal(mk_claim(&m, "x-attestd-kernel-lockdown"), "confidentiality");
}

/* spec: security-history A13: values that were not quoted, or that two selections give. */
static void a13_unquoted_values_count_for_nothing(void **state)
{
	(void)state;
	begin();
	o.now.values.mask &= ~(1U << 7);
	assert_string_equal(verdict(), "ok");
	assert_false(is_claimed("secureBootEnabled"));
	assert_false(is_claimed("x-attestd-verified-boot"));
	assert_false(mentions("x-attestd-pcrs-proven", 7));
}

/* spec: security-history A15: a genuine event under another label, or moved, or once more. */
static void a15_relabelled_events_give_nothing(void **state)
{
	size_t i;

	(void)state;
	/* SecureBoot=0 hidden behind a label that is not looked at. */
	take_apart("sboff");
	i = find(7, EV_EFI_VARIABLE_DRIVER_CONFIG, 0);
	t.v[i].type = EV_EFI_VARIABLE_AUTHORITY;
	use(false);
	(void)verdict();
	assert_false(is_claimed("secureBootEnabled"));
	/* MokSBState hidden the same way. */
	take_apart("mokbypass");
	for (i = 0; i < t.n; i++)
		if (t.v[i].pcr == 7 && t.v[i].type == EV_EFI_VARIABLE_AUTHORITY)
			t.v[i].type = EV_IPL;
	use(false);
	(void)verdict();
	assert_false(is_claimed("x-attestd-verified-boot"));
	/* The running system measures SecureBoot=1 behind the separator. */
	take_apart("sboff");
	for (i = 0; i < 1; i++) {
		struct rd v = kit_variable(&m.k, 'g', "SecureBoot", kit_bytes(&m.k, "\1", 1));
		struct item x = item_of(&m.k, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, v, v);
		items_insert(&t, t.n, &x);
	}
	use(true);
	assert_string_equal(verdict(), "ok");
	assert_false(is_claimed("secureBootEnabled"));
	assert_non_null(claims_find(&m.claims, "x-attestd-events-doubtful"));
}

/* spec: security-history B10: a TPM that was reset, exchanged, or whose clock went back, shows. */
static void b10_counters_are_shown(void **state)
{
	(void)state;
	begin();
	o.now.reset = 41;
	o.now.restart = 5;
	assert_string_equal(verdict(), "ok");
	assert_int_equal(claims_find(&m.claims, "x-attestd-tpm-reset-count")->i, 41);
	assert_int_equal(claims_find(&m.claims, "x-attestd-tpm-restart-count")->i, 5);
	assert_non_null(claims_find(&m.claims, "x-attestd-tpm-clock-safe"));
	assert_int_equal(strlen(mk_claim(&m, "x-attestd-tpm-firmware-version")), 16);
}

/* The vectors' adversarial logs beside the PCRs that the TPM had: refused, or without a false claim. */
static void adversarial_logs(void **state)
{
	static const struct { const char *file, *values, *verdict; bool on; } rows[] = {
		{ "empty.bin", "sbon", "form", false },
		{ "truncated-mid-event.bin", "sbon", "tpm.eventlog.form", false },
		{ "digest-count-max.bin", "sbon", "tpm.eventlog.form", false },
		{ "event-size-max.bin", "sbon", "tpm.eventlog.form", false },
		{ "unknown-digest-alg.bin", "sbon", "tpm.eventlog.form", false },
		{ "pcr-index-24plus.bin", "sbon", "tpm.eventlog.form", false },
		{ "sb-data-flipped-digest-kept.bin", "sbon", "tpm.eventlog.covered", false },
		{ "sboff-forged-data-on.bin", "sboff", "tpm.eventlog.covered", false },
		{ "sboff-fake-sbvar-after-separator.bin", "sboff", "tpm.eventlog.replay", false },
		{ "no-separator-pcr7.bin", "sboff", "tpm.eventlog.replay", false },
		{ "separator-error-value.bin", "sbon", "tpm.eventlog.replay", false },
		{ "late-startup-locality.bin", "sbon", "ok", true },
		{ "noaction-nonzero-digest.bin", "sbon", "ok", true },
		{ "padded-ff.bin", "sbon", "ok", true },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char path[128];
		take_apart(rows[i].values);
		(void)snprintf(path, sizeof path, "eventlog/adversarial/%s", rows[i].file);
		o.now.log = kit_take(&m.k, vector_file(path));
		print_message("# %s\n", rows[i].file);
		if (rd_empty(&o.now.log))
			continue;
		assert_string_equal(verdict(), rows[i].verdict);
		if (strcmp(rows[i].verdict, "ok") == 0)
			assert_int_equal(is_claimed("secureBootEnabled"), rows[i].on);
	}
}

/* Too many digest algorithms is a limit of the parser: the request fails, not the check. */
static void n_th_allocation_fails(void **state)
{
	struct rd file;
	bool ok = false;

	(void)state;
	begin();
	file = mk_file(&m, &o);
	for (size_t n = 0; !ok && n < 4000; n += 7) {
		struct failing failing;
		struct arena *a = arena_failing(&failing, n);
		struct evidence_outcome out = { 0 };
		struct checklist list;
		struct claims c;
		struct att_error e = { 0 };
		void *ev;
		if (!a)
			continue;
		c = claims_make(a);
		out.checks = &list;
		ok = checklist_init(&list, a, tpm_format.checks, tpm_format.nchecks, &e) &&
		    tpm_format.parse(file, a, m.k.c, &ev, &e) && tpm_format.verify(ev, &m.t, a, &out, &e) &&
		    !checklist_failed(&list) && tpm_format.claims(ev, &m.t, &out, &c, &e);
		if (!ok)
			assert_int_equal(e.code, ATT_E_NOMEM);
		arena_free(a);
	}
	assert_true(ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_no_log),
		cmocka_unit_test(test_part_of_a_log),
		cmocka_unit_test(test_log_rows),
		cmocka_unit_test(test_open_pcrs), cmocka_unit_test(test_log_before_exit),
		cmocka_unit_test(test_ima_rows),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_listed_key),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_weakening),
		cmocka_unit_test(a13_unquoted_values_count_for_nothing),
		cmocka_unit_test(a15_relabelled_events_give_nothing),
		cmocka_unit_test(b10_counters_are_shown),
		cmocka_unit_test(adversarial_logs),
		cmocka_unit_test(n_th_allocation_fails),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
