/* Each check of measured boot has evidence that fails there first. */
#include "tests/unit/evidence/maatpm/kit.h"

static struct mk m;
static struct mk_order o;

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

/* Now and at the cold boot the same machine. */
static void sound(void)
{
	mk_fresh(&m);
	mk_sound(&m, &o);
	o.has_boot = true;
	o.boot = o.now;
	o.boot.restart--;
	o.boot.clock -= 1000;
}

static void log_form(void)
{
	o.now.log = kit_text(&m.k, "not a log");
}

static void log_replay(void)
{
	o.now.values.value[4][0] ^= 1;
}

/* The first event of PCR 7 has other data under the same digest. */
static void log_covered(void)
{
	static struct items t;
	size_t i = 0;

	/* Forgets all other memory. */
	(void)kit_lab_items(&m.k, "sbon", &t);
	o.has_boot = false;
	o.now.ima = rd_make(NULL, 0);
	while (t.v[i].pcr != 7)
		i++;
	t.v[i].data = kit_variable(&m.k, 'g', "SecureBoot", kit_text(&m.k, "x"));
	o.now.log = items_log(&m.k, &t);
}

/* The operator's dbx names the first image. */
static void revoked(void)
{
	static struct items t;
	static struct sig_entry entry;
	static struct att_reference ref;
	size_t i = 0;

	(void)kit_lab_items(&m.k, "sbon", &t);
	sound();
	while (t.v[i].type != 0x80000003)
		i++;
	entry = (struct sig_entry){ .kind = SIG_KIND_SHA256,
		.data = rd_make(t.v[i].digest[DIGEST_SHA256], 32),
		.key_len = 32 };
	ref = (struct att_reference){ .has_dbx = true, .dbx = { &entry, 1, 0 } };
	m.t.tpm.reference = &ref;
}

static void ima_form(void)
{
	o.now.ima = kit_text(&m.k, "0 nonsense");
}

static void ima_replay_differs(void)
{
	o.now.values.value[IMA_PCR][0] ^= 1;
}

/* List and PCR 10 are of one boot, the other PCRs of another. */
static void ima_aggregate(void)
{
	uint8_t pcr[32];

	bytes_copy(pcr, o.now.values.value[IMA_PCR], sizeof pcr);
	o.now.log = kit_lab(&m.k, "sboff");
	o.now.values = m.k.pcrs[DIGEST_SHA256];
	bytes_copy(o.now.values.value[IMA_PCR], pcr, sizeof pcr);
}

static void boot_quote(void)
{
	o.boot.key = m.stranger;        /* the key shown is the right one */
}

static void boot_same(void)
{
	o.boot.reset--;
}

static void boot_log(void)
{
	o.boot.values.value[4][0] ^= 1;
}

static const struct { enum measuredboot_check row; void (*spoil)(void); } rows[] = {
	{ MEASUREDBOOT_CHECK_LOG_FORM, log_form },
	{ MEASUREDBOOT_CHECK_LOG_REPLAY, log_replay },
	{ MEASUREDBOOT_CHECK_LOG_COVERED, log_covered },
	{ MEASUREDBOOT_CHECK_REVOKED, revoked },
	{ MEASUREDBOOT_CHECK_IMA_FORM, ima_form },
	{ MEASUREDBOOT_CHECK_IMA_REPLAY, ima_replay_differs },
	{ MEASUREDBOOT_CHECK_IMA_AGGREGATE, ima_aggregate },
	{ MEASUREDBOOT_CHECK_BOOT_QUOTE, boot_quote },
	{ MEASUREDBOOT_CHECK_BOOT_SAME, boot_same },
	{ MEASUREDBOOT_CHECK_BOOT_LOG, boot_log },
};
enum { NROWS = sizeof rows / sizeof rows[0] };

static void every_row_fails_first(void **state)
{
	(void)state;
	assert_int_equal(NROWS, MEASUREDBOOT_NCHECKS - TPM_NCHECKS);
	for (size_t i = 0; i < NROWS; i++) {
		sound();
		rows[i].spoil();
		assert_int_equal(rows[i].row, TPM_NCHECKS + i);
		assert_string_equal(mk_order_verdict(&m, &o), tpm_format.checks[rows[i].row].id);
		assert_non_null(m.checks.results[rows[i].row].expected);
		assert_non_null(m.checks.results[rows[i].row].found);
		m.t.tpm.reference = NULL;
	}
}

static void sound_evidence_passes_them(void **state)
{
	(void)state;
	sound();
	assert_string_equal(mk_order_verdict(&m, &o), "ok");
	for (size_t i = TPM_NCHECKS; i < MEASUREDBOOT_NCHECKS; i++)
		assert_int_equal(m.checks.results[i].outcome, CHECK_PASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_fails_first),
		cmocka_unit_test(sound_evidence_passes_them),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
