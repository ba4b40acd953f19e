/* Replay: masks, start values, and which event explains a value that does not come out. */
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

static void run(void)
{
	assert_true(kit_run(&k, items_log(&k, &t), DIGEST_SHA256));
}

static void no_log_is_a_result(void **state)
{
	(void)state;
	lab("sbon");
	CHECK_OK(eventlog_replay(NULL, &k.pcrs[DIGEST_SHA256], k.c, k.a, &k.r, &k.e), &k.e);
	assert_true(k.r.no_log && k.r.no_bank);
	assert_int_equal(k.r.matched | k.r.differs | k.r.logged, 0);
	assert_int_equal(k.r.untouched, 0xFFB800);              /* 11 to 13, 15 to 23 */
	assert_int_equal(k.r.unlogged, 0x0047FF);
	CHECK_OK(secureboot_read(&k.r, NULL, k.c, k.a, &k.sb, &k.e), &k.e);
	assert_string_equal(kit_reasons(&k), "NO_LOG NO_REPLAY");
	assert_false(k.sb.firmware_on || k.sb.off_proven);
}

static void a_log_of_other_banks_is_a_result(void **state)
{
	(void)state;
	lab("mokbypass");
	k.pcrs[DIGEST_SHA1].mask = 1 << 7;
	CHECK_OK(eventlog_parse(items_log(&k, &t), k.a, &k.log, &k.e), &k.e);
	CHECK_OK(eventlog_replay(k.log, &k.pcrs[DIGEST_SHA1], k.c, k.a, &k.r, &k.e), &k.e);
	assert_true(k.r.no_bank && !k.r.no_log);
	assert_int_equal(k.r.untouched, 1 << 7);
}

/* A log that covers some PCRs only: the others are named, what is covered still counts. */
static void a_partial_log_is_a_result(void **state)
{
	(void)state;
	lab("sbon");
	for (size_t i = t.n; i > 0; i--)
		if (t.v[i - 1].pcr != 7 && t.v[i - 1].pcr != 4)
			items_remove(&t, i - 1);
	run();
	assert_int_equal(k.r.matched, 1 << 7 | 1 << 4);
	assert_int_equal(k.r.differs, 0);
	assert_int_equal(k.r.unlogged, 0x0047FF & ~(1 << 7 | 1 << 4));
	assert_true(k.sb.firmware_on);
	assert_false(k.chain.images_proven);
}

/* PCRs that were not quoted are not matched, whatever their values. */
static void only_given_pcrs_count(void **state)
{
	(void)state;
	lab("sbon");
	k.pcrs[DIGEST_SHA256].mask = 1 << 4 | 1 << 7;
	run();
	assert_int_equal(k.r.given, 1 << 4 | 1 << 7);
	assert_int_equal(k.r.matched, 1 << 4 | 1 << 7);
	assert_true(k.sb.firmware_on);
	k.pcrs[DIGEST_SHA256].mask = 1 << 4;
	run();
	assert_string_equal(kit_reasons(&k), "NOT_GIVEN");
	k.pcrs[DIGEST_SHA256].mask = 0xFF000000;
	run();
	assert_int_equal(k.r.given, 0);
}

static void start_values_follow_locality_and_launch(void **state)
{
	struct rd locality = kit_bytes(&k, "StartupLocality\0\3", 17), x = kit_text(&k, "x");
	struct item first = item_of(&k, 0, EV_NO_ACTION, locality, locality), ev = item_of(&k, 0, 5,
	    x, x);

	(void)state;
	kit_reset(&k);
	locality = kit_bytes(&k, "StartupLocality\0\3", 17), x = kit_text(&k, "x");
	first.data = locality, ev.data = x;
	t = (struct items){ .agile = true, .banks = 1 << DIGEST_SHA256 };
	items_insert(&t, 0, &ev);
	kit_pcr_hex(&k, DIGEST_SHA256, 0,
	    "88ddfa4de2389cba0f7a90d8c6dc40c9b61ddfad1f8d7ea84f8b0a2ae4bb2ca5");
	run();
	assert_int_equal(k.r.differs, 1);
	items_insert(&t, 0, &first);
	run();
	assert_int_equal(k.log->locality, 3);
	assert_int_equal(k.r.matched, 0);
	items_pcrs(&k, &t, DIGEST_SHA256);
	run();
	assert_int_equal(k.r.matched, 1);
	/* behind the measurement it counts for nothing, and a second one neither */
	items_remove(&t, 0);
	items_insert(&t, 1, &first);
	run();
	assert_int_equal(k.r.differs, 1);
	assert_int_equal(k.log->locality, 0);
	assert_true(k.log->quirks >> QUIRK_LOCALITY_LATE & 1);
	/* a dynamic launch resets 17 to 22 to zeros; without one they are ones */
	assert_int_equal(k.r.value[17][0], 0xFF);
	ev.pcr = 18;
	items_insert(&t, 0, &ev);
	run();
	assert_int_equal(k.r.value[17][0], 0);
	assert_true(k.r.unlogged >> 17 & 1);
	assert_int_equal(k.r.value[16][0] | k.r.value[23][0], 0);
}

static void no_action_is_never_extended(void **state)
{
	struct rd data;
	struct item x;

	(void)state;
	lab("sbon");
	data = kit_text(&k, "anything");
	x = item_of(&k, 7, EV_NO_ACTION, data, data);
	memset(x.digest, 0xAA, sizeof x.digest);
	items_insert(&t, 3, &x);
	run();
	assert_int_equal(k.r.differs, 0);
	assert_true(k.sb.firmware_on);
	assert_true(k.m.quirks >> QUIRK_NO_ACTION_DIGEST & 1);
	assert_int_equal(k.m.of[3].doubt, DOUBT_NOT_MEASURED);
}

static size_t find(uint32_t pcr, uint32_t type, size_t nth)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.v[i].pcr == pcr && t.v[i].type == type && nth-- == 0)
			return i;
	fail();
	return 0;
}

static void diverges(uint32_t pcr, enum eventlog_divergence_kind kind, size_t event)
{
	run();
	assert_int_equal(k.r.differs, 1U << pcr);
	assert_int_equal(k.r.divergence[pcr].kind, kind);
	assert_int_equal(k.r.divergence[pcr].event, event);
	assert_int_equal(k.r.first, event);
	assert_true(*eventlog_divergence_text(kind));
}

static void the_divergent_event_is_named(void **state)
{
	struct item x;
	struct rd data;
	size_t i, n;

	(void)state;
	lab("sbon");
	data = kit_text(&k, "grub_cmd: evil");
	x = item_of(&k, 8, EV_IPL, data, kit_text(&k, "evil"));
	items_insert(&t, 35, &x);
	diverges(8, DIVERGENCE_INSERTED, 35);
	items_remove(&t, 35);
	items_insert(&t, t.n, &x);
	diverges(8, DIVERGENCE_APPENDED, t.n - 1);
	items_insert(&t, t.n, &x);
	diverges(8, DIVERGENCE_APPENDED, t.n - 2);
	lab("sbon");
	i = find(8, EV_IPL, 1);
	n = find(8, EV_IPL, 2);
	x = t.v[i], t.v[i] = t.v[n], t.v[n] = x;
	diverges(8, DIVERGENCE_SWAPPED, i);
	lab("sbon");
	i = find(7, EV_EFI_VARIABLE_DRIVER_CONFIG, 2);
	t.v[i].digest[DIGEST_SHA256][5] ^= 1;
	diverges(7, DIVERGENCE_DIGEST, i);
	lab("sbon");
	i = find(8, EV_IPL, 3);
	t.v[i].digest[DIGEST_SHA256][5] ^= 1;
	diverges(8, DIVERGENCE_DIGEST, i);
	lab("sbon");
	i = find(1, EV_EFI_VARIABLE_BOOT, 1);
	t.v[i].digest[DIGEST_SHA256][31] ^= 1;
	diverges(1, DIVERGENCE_DIGEST, i);
	/* data and digest changed, and not to fit: the event is at least pointed at */
	lab("sbon");
	i = find(7, EV_EFI_VARIABLE_DRIVER_CONFIG, 0);
	t.v[i].digest[DIGEST_SHA256][5] ^= 1;
	t.v[i].data = kit_text(&k, "?");
	diverges(7, DIVERGENCE_DATA, i);
	/* changed to fit, or left out: nothing tells */
	lab("sbon");
	i = find(7, EV_EFI_VARIABLE_DRIVER_CONFIG, 0);
	items_remove(&t, i);
	diverges(7, DIVERGENCE_UNKNOWN, i);
	/* nothing of it was measured */
	lab("sbon");
	memset(k.pcrs[DIGEST_SHA256].value[8], 0, 32);
	diverges(8, DIVERGENCE_APPENDED, find(8, EV_IPL, 0));
}

static void the_first_of_several_is_named(void **state)
{
	size_t i, n;

	(void)state;
	lab("sbon");
	i = find(8, EV_IPL, 3);
	n = find(7, EV_EFI_VARIABLE_DRIVER_CONFIG, 2);
	t.v[i].digest[DIGEST_SHA256][5] ^= 1;
	t.v[n].digest[DIGEST_SHA256][5] ^= 1;
	run();
	assert_int_equal(k.r.differs, 1 << 7 | 1 << 8);
	assert_int_equal(k.r.first, n);
}

/*
 * The search stops after its budget: a long log of one PCR costs what is said, and still has an
 * answer.
 */
static void the_search_is_bounded(void **state)
{
	struct buf b;
	struct rd x;

	(void)state;
	kit_reset(&k);
	b = buf_make(k.a);
	x = kit_text(&k, "xxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	for (int i = 0; i < 20000; i++) {
		buf_le32(&b, 8);
		buf_le32(&b, 5);
		buf_put(&b, rd_ptr(&x), 20);
		buf_le32_block(&b, rd_ptr(&x), 4);
	}
	k.pcrs[DIGEST_SHA1].mask = 1 << 8;
	CHECK_OK(eventlog_parse(rd_make(b.p, b.len), k.a, &k.log, &k.e), &k.e);
	k.pcrs[DIGEST_SHA1].value[8][0] = 1;
	CHECK_OK(eventlog_replay(k.log, &k.pcrs[DIGEST_SHA1], k.c, k.a, &k.r, &k.e), &k.e);
	assert_int_equal(k.r.divergence[8].kind, DIVERGENCE_DATA);
	assert_int_equal(k.r.first, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_log_is_a_result),
		cmocka_unit_test(a_log_of_other_banks_is_a_result),
		cmocka_unit_test(a_partial_log_is_a_result),
		cmocka_unit_test(only_given_pcrs_count),
		cmocka_unit_test(start_values_follow_locality_and_launch),
		cmocka_unit_test(no_action_is_never_extended),
		cmocka_unit_test(the_divergent_event_is_named),
		cmocka_unit_test(the_first_of_several_is_named),
		cmocka_unit_test(the_search_is_bounded),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
