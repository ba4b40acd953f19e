/*
 * Secure Boot from PCR 7: each reason against it, and logs that lie (security history A15).
 *
 * "measured": the machine really measured the changed log, so the values given are the log's.
 * "claimed": the machine measured the original, the log was changed afterwards.
 */
#include <string.h>

#include "tests/unit/evidence/eventlog/kit.h"

static struct kit k;
static struct items t;

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

static void lab(const char *capture)
{
	(void)kit_lab_items(&k, capture, &t);
}

static const char *claimed(void)
{
	assert_true(kit_run(&k, items_log(&k, &t), DIGEST_SHA256));
	return kit_reasons(&k);
}

static const char *measured(void)
{
	items_pcrs(&k, &t, DIGEST_SHA256);
	return claimed();
}

/* Index of the variable's nth event in PCR 7. */
static size_t var(const char *name, size_t nth)
{
	for (size_t i = 0; i < t.n; i++) {
		struct efi_variable v;

		if (t.v[i].pcr == 7 && efi_variable_read(t.v[i].data, &v, NULL) &&
		    efi_name_is(v.name, name) &&
		    nth-- == 0)
			return i;
	}
	fail_msg("no %s", name);
	return 0;
}

static size_t separator(uint32_t pcr)
{
	size_t i = 0;

	while (t.v[i].pcr != pcr || t.v[i].type != EV_SEPARATOR)
		i++;
	return i;
}

static void put(size_t at, uint32_t pcr, uint32_t type, struct rd data)
{
	struct item x = item_of(&k, pcr, type, data, data);

	items_insert(&t, at, &x);
}

static void replace(size_t at, struct rd data)
{
	t.v[at] = item_of(&k, t.v[at].pcr, t.v[at].type, data, data);
}

static struct rd one(uint8_t v)
{
	return kit_bytes(&k, &v, 1);
}

static void none(void) { }
static void secureboot_0(void) { replace(var("SecureBoot", 0), kit_variable(&k, 'g', "SecureBoot",
    one(0))); }
static void secureboot_2(void) { replace(var("SecureBoot", 0), kit_variable(&k, 'g', "SecureBoot",
    one(2))); }
static void secureboot_empty(void)
{
	replace(var("SecureBoot", 0), kit_variable(&k, 'g', "SecureBoot", kit_text(&k, "")));
}
static void secureboot_long(void)
{
	replace(var("SecureBoot", 0), kit_variable(&k, 'g', "SecureBoot",
	    kit_bytes(&k, "\1\0", 2)));
}
static void secureboot_gone(void) { items_remove(&t, var("SecureBoot", 0)); }
static void secureboot_guid(void) { replace(var("SecureBoot", 0), kit_variable(&k, 'd',
    "SecureBoot", one(1))); }
static void dbx_gone(void) { items_remove(&t, var("dbx", 0)); }
static void secureboot_twice(void) { items_insert(&t, 4, &t.v[var("SecureBoot", 0)]); }
static void secureboot_both(void) { put(4, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, kit_variable(&k, 'g',
    "SecureBoot", one(0))); }
static void secureboot_late(void)
{
	put(t.n, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, kit_variable(&k, 'g', "SecureBoot", one(1)));
}
static void secureboot_late_hidden(void)
{
	put(t.n, 7, EV_EFI_VARIABLE_AUTHORITY, kit_variable(&k, 'g', "SecureBoot", one(1)));
}
static void other_late(void) { put(t.n, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, kit_variable(&k, 0,
    "Other", one(1))); }
static void other_early(void) { put(4, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, kit_variable(&k, 0,
    "Other", one(1))); }
static void no_pk(void) { replace(var("PK", 0), kit_variable(&k, 'g', "PK", kit_text(&k, ""))); }
static void pk_malformed(void) { replace(var("PK", 0), kit_variable(&k, 'g', "PK",
    kit_text(&k, "no list"))); }
static void no_separator(void) { items_remove(&t, separator(7)); }
static void separator_again(void) { put(t.n, 7, EV_SEPARATOR, kit_bytes(&k, "\0\0\0\0", 4)); }
static void separator_ff(void) { replace(separator(7), kit_bytes(&k, "\377\377\377\377", 4)); }
static void separator_1(void) { replace(separator(7), kit_bytes(&k, "\1\0\0\0", 4)); }
static void separator_wbcl(void)
{
	replace(separator(7), kit_text(&k, "WBCL"));
}
static void db_unknown_type(void)
{
	size_t i = var("db", 0);
	struct rd v = kit_bytes(&k, rd_ptr(&t.v[i].data), rd_left(&t.v[i].data));
	struct buf b = buf_make(k.a);

	/* the first list's certificate is Microsoft's, which verified shim */
	buf_put(&b, rd_ptr(&v), rd_left(&v));
	buf_put(&b, "some vendor's ID", 16);
	buf_le32(&b, 28 + 20);
	buf_le32(&b, 0);
	buf_le32(&b, 20);
	buf_put(&b, "ownerownerowner!kkkk", 20);
	b.p[24] = (char)(b.p[24] + 48);
	replace(i, rd_make(b.p, b.len));
}
static void separator_1_info(void)
{
	size_t i = separator(7);

	replace(i, kit_bytes(&k, "\1\0\0\0", 4));
	t.v[i].data = kit_text(&k, "what went wrong");
}
static void debug(void) { put(4, 7, EV_EFI_ACTION, kit_text(&k, "UEFI Debug Mode")); }
static void debug_late(void) { put(t.n, 7, EV_EFI_ACTION, kit_text(&k, "UEFI Debug Mode")); }
static void dma(void) { put(4, 7, EV_EFI_ACTION, kit_text(&k, "DMA Protection Disabled")); }
static void action(void) { put(4, 7, EV_EFI_ACTION, kit_text(&k, "Something else")); }
static void binary(void) { put(4, 7, EV_EFI_ACTION, kit_bytes(&k, "\1\2\3", 3)); }
static void no_authority(void) { items_remove(&t, var("db", 1)); }
static void early_authority_only(void)
{
	struct item x = t.v[var("db", 1)];

	items_remove(&t, var("db", 1));
	items_insert(&t, separator(7), &x);
}
static void foreign_authority(void)
{
	replace(var("db", 1), kit_variable(&k, 'd', "db", kit_text(&k,
	    "ownerownerowner!certificate of somebody else")));
}
static void uncovered(void) { t.v[var("dbx", 0)].digest[DIGEST_SHA256][0] ^= 1; }
static void config_data_only(void)
{
	size_t i = var("dbx", 0);
	struct efi_variable v;

	CHECK_OK(efi_variable_read(t.v[i].data, &v, &k.e), &k.e);
	t.v[i] = item_of(&k, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, t.v[i].data, v.data);
}
static void authority_data_only(void)
{
	size_t i = var("db", 1);
	struct efi_variable v;

	CHECK_OK(efi_variable_read(t.v[i].data, &v, &k.e), &k.e);
	t.v[i] = item_of(&k, 7, EV_EFI_VARIABLE_AUTHORITY, t.v[i].data, v.data);
}
static void behind_the_variable(void)
{
	size_t i = var("dbx", 0);
	struct buf b = buf_make(k.a);

	buf_put(&b, rd_ptr(&t.v[i].data), rd_left(&t.v[i].data));
	buf_char(&b, 'x');
	replace(i, rd_make(b.p, b.len));
}
/*
 * The firmware's certificate as shim before 15.x measures it: without an owner, five zeros and a stray byte
 * behind it, the last `left_out` bytes not hashed.
 */
static void old_shim(size_t left_out)
{
	size_t i = var("db", 1);
	struct efi_variable v;
	struct buf b = buf_make(k.a);
	struct rd data;

	CHECK_OK(efi_variable_read(t.v[i].data, &v, &k.e), &k.e);
	data = kit_variable(&k, 'd', "db", kit_bytes(&k, rd_ptr(&v.data) + EFI_GUID_LEN,
	    rd_left(&v.data) - EFI_GUID_LEN));
	buf_put(&b, rd_ptr(&data), rd_left(&data));
	buf_put(&b, "\0\0\0\0\0\xAF", 6);
	t.v[i] = item_of(&k, 7, EV_EFI_VARIABLE_AUTHORITY, rd_make(b.p, b.len),
	    rd_make(b.p, b.len - left_out));
}
static void old_shim_db(void) { old_shim(1); }
static void old_shim_more(void) { old_shim(2); }

static const struct { void (*change)(void); const char *reasons; } measured_rows[] = {
	{ none, "" },
	{ secureboot_0, "SECUREBOOT_OFF" },
	{ secureboot_2, "SECUREBOOT_OFF" },
	{ secureboot_empty, "SECUREBOOT_OFF" },
	{ secureboot_long, "SECUREBOOT_OFF" },
	{ secureboot_gone, "VARIABLE_MISSING" },
	{ secureboot_guid, "VARIABLE_MISSING" },
	{ dbx_gone, "VARIABLE_MISSING" },
	{ secureboot_twice, "VARIABLE_REPEATED" },
	{ secureboot_both, "VARIABLE_REPEATED" },
	{ secureboot_late, "VARIABLE_LATE" },
	{ secureboot_late_hidden, "VARIABLE_LATE" },
	{ other_late, "VARIABLE_LATE" },
	{ other_early, "" },
	{ no_pk, "SETUP_MODE" },
	{ pk_malformed, "LIST_MALFORMED" },
	{ no_separator, "NO_SEPARATOR NO_AUTHORITY" },
	{ separator_again, "SEPARATOR_REPEATED" },
	{ separator_ff, "" },
	{ separator_1, "SEPARATOR_ERROR" },
	{ separator_wbcl, "NO_SEPARATOR NO_AUTHORITY" },
	{ db_unknown_type, "" },
	{ separator_1_info, "SEPARATOR_ERROR" },
	{ debug, "DEBUG_MODE" },
	{ debug_late, "DEBUG_MODE" },
	{ dma, "" },
	{ action, "" },
	{ binary, "EVENT_UNKNOWN" },
	{ no_authority, "NO_AUTHORITY" },
	{ early_authority_only, "NO_AUTHORITY" },
	{ foreign_authority, "AUTHORITY_NOT_IN_DB" },
	{ uncovered, "UNCOVERED VARIABLE_MISSING" },
	{ config_data_only, "UNCOVERED VARIABLE_MISSING" },
	{ authority_data_only, "UNCOVERED NO_AUTHORITY" },
	{ behind_the_variable, "VARIABLE_MISSING EVENT_UNKNOWN" },
	{ old_shim_db, "" },
	{ old_shim_more, "UNCOVERED NO_AUTHORITY" },
};

static void each_reason_is_found(void **state)
{
	uint32_t seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof measured_rows / sizeof measured_rows[0]; i++) {
		lab("sbon");
		measured_rows[i].change();
		print_message("# row %zu\n", i);
		assert_string_equal(measured(), measured_rows[i].reasons);
		assert_int_equal(k.r.differs, 0);
		assert_int_equal(k.sb.firmware_on, measured_rows[i].reasons[0] == 0);
		seen |= k.sb.reasons;
	}
	/* those of a missing log, bank or value are in test_replay.c and test_parse.c */
	seen |= 1 << SB_REASON_NO_LOG | 1 << SB_REASON_NO_BANK;
	seen |= 1 << SB_REASON_NOT_GIVEN | 1 << SB_REASON_NO_REPLAY;
	assert_int_equal(seen, (1U << SB_REASON_COUNT) - 1);
}

static void facts_beside_the_state(void **state)
{
	(void)state;
	lab("sbon");
	dma();
	assert_string_equal(measured(), "");
	assert_true(k.sb.dma_protection_off);
	lab("sbon");
	debug();
	(void)measured();
	assert_true(k.sb.debug_mode && k.sb.off_proven);
	lab("sbon");
	assert_string_equal(claimed(), "");
	assert_int_equal(k.sb.var[SB_DB].list.n, 2);
	assert_int_equal(k.sb.var[SB_KEK].list.n, 2);
	assert_int_equal(k.sb.var[SB_PK].list.n, 1);
	assert_int_equal(k.sb.dbx.n, 1);
	assert_true(k.sb.authorities[0].of_db && k.sb.authorities[0].in_db &&
	    !k.sb.authorities[0].in_dbx);
	assert_false(k.sb.authorities[1].of_db || k.sb.authorities[1].in_db);
	assert_true(k.sb.shim.seen && k.sb.shim.nsbat == 1 && k.sb.shim.nmok_sb_state == 0);
	assert_int_equal(k.sb.nmok, 3);
	assert_string_equal(k.sb.mok[0].label, "MokList");
	assert_string_equal(secureboot_var_name(SB_DBX), "dbx");
}

/* The operating system extends PCR 7 after boot: nothing gets better, bad facts stay. */
static void late_shim_variables_do_not_help(void **state)
{
	struct rd level;

	(void)state;
	lab("mokbypass");
	put(t.n, 7, EV_EFI_VARIABLE_AUTHORITY, kit_variable(&k, 's', "MokSBState", one(0)));
	assert_string_equal(measured(), "");
	assert_true(k.sb.shim.validation_off);
	assert_int_equal(k.sb.shim.nmok_sb_state, 2);
	assert_int_equal(k.sb.shim.validation_event, 26);
	lab("sboff");
	level = kit_text(&k, "sbat,1,2099010100\nshim,9\n");
	put(t.n, 7, EV_EFI_VARIABLE_AUTHORITY, kit_variable(&k, 's', "SbatLevel", level));
	(void)measured();
	assert_int_equal(k.sb.shim.sbat.date, 2021030218);
	assert_int_equal(k.sb.shim.nsbat, 2);
}

/* Whatever type an event is given: the same events are found, or the state is not proven. */
static void relabelled_events_prove_nothing_better(void **state)
{
	static const uint32_t types[] = { 0, 1, 3, 4, 5, 6, 7, 8, 0xC, 0xD, 0x11, 0x80000001,
	    0x80000002, 0x80000003,
		0x80000006, 0x80000007, 0x8000000C, 0x800000E0, 0x12345678 };
	static const char *const captures[] = { "sbon", "sboff", "sbdis", "mokbypass", "uki-sbon",
	    "uki-sboff" };

	(void)state;
	for (size_t c = 0; c < 6; c++)
		for (size_t y = 0; y < sizeof types / sizeof types[0]; y++) {
			bool on, validation_off;
			size_t nimages, n;

			lab(captures[c]);
			(void)claimed();
			on = k.sb.firmware_on, validation_off = k.sb.shim.validation_off,
			    nimages = k.chain.nimages;
			n = t.n;
			for (size_t i = 0; i < n; i++) {
				uint32_t was;

				lab(captures[c]);
				was = t.v[i].type;
				t.v[i].type = types[y];
				(void)claimed();
				assert_true(on || !k.sb.firmware_on);
				if (k.sb.firmware_on)
					assert_int_equal(k.sb.shim.validation_off, validation_off);
				/* an image can be hidden only where the PCR then fails to replay */
				assert_true(k.chain.nimages >= nimages || k.r.differs);
				assert_true(was == types[y] || was != EV_NO_ACTION);
			}
		}
}

static void reordered_duplicated_truncated_appended(void **state)
{
	struct item a;

	(void)state;
	/* inside the PCR */
	lab("sbdis");
	a = t.v[3], t.v[3] = t.v[4], t.v[4] = a;
	assert_string_equal(claimed(), "NO_REPLAY SECUREBOOT_OFF");
	/* across PCRs: no claim rests on that order */
	lab("sbon");
	a = t.v[21];
	items_remove(&t, 21);
	items_insert(&t, 25, &a);
	assert_string_equal(claimed(), "");
	assert_int_equal(k.r.differs, 0);
	/* duplicated */
	lab("sboff");
	items_insert(&t, 4, &t.v[3]);
	assert_string_equal(claimed(), "NO_REPLAY VARIABLE_REPEATED SECUREBOOT_OFF SETUP_MODE");
	/* truncated ahead of what tells */
	lab("mokbypass");
	t.n = 26;
	assert_string_equal(claimed(), "NO_REPLAY");
	assert_false(k.sb.shim.validation_off);
	/* appended */
	lab("sboff");
	put(t.n, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, kit_variable(&k, 'g', "SecureBoot", one(1)));
	assert_string_equal(claimed(), "NO_REPLAY VARIABLE_LATE SECUREBOOT_OFF SETUP_MODE");
	assert_int_equal(k.r.divergence[7].kind, DIVERGENCE_APPENDED);
}

/* A separator that is said to stand elsewhere: it is recognised by its digest. */
static void a_moved_separator_is_seen(void **state)
{
	size_t i;

	(void)state;
	lab("sboff");
	secureboot_late();
	i = separator(7);
	t.v[i].type = EV_EFI_VARIABLE_DRIVER_CONFIG;
	assert_string_equal(measured(), "VARIABLE_LATE SECUREBOOT_OFF SETUP_MODE");
	t.v[i].type = EV_EFI_ACTION;
	t.v[i].data = kit_text(&k, "nothing here");
	assert_string_equal(measured(), "VARIABLE_LATE SECUREBOOT_OFF SETUP_MODE");
	/* and an event that is called a separator is none */
	lab("sbon");
	t.v[4].type = EV_SEPARATOR;
	t.v[4].data = kit_bytes(&k, "\0\0\0\0", 4);
	assert_string_equal(measured(), "UNCOVERED VARIABLE_MISSING");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_is_found),
		cmocka_unit_test(facts_beside_the_state),
		cmocka_unit_test(late_shim_variables_do_not_help),
		cmocka_unit_test(relabelled_events_prove_nothing_better),
		cmocka_unit_test(reordered_duplicated_truncated_appended),
		cmocka_unit_test(a_moved_separator_is_seen),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
