/* The JSON that policies look into: shapes, and what must not get in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void capture(const char *name)
{
	mk_fresh(&m);
	mk_sound(&m, &o);
	o.now.log = kit_lab_items(&m.k, name, &t);
	o.now.ima = rd_make(NULL, 0);
	o.now.values = m.k.pcrs[DIGEST_SHA256];
}

/* Of the log as t is now, quoted as it replays, and whatever the compound would say to it. */
static const char *events_of_items(void)
{
	static struct measuredboot_boot b;      /* too large for a stack frame */
	char *text;
	size_t n;

	b.bank = DIGEST_SHA256;
	b.marked = true;
	items_pcrs(&m.k, &t, DIGEST_SHA256);
	assert_true(kit_run(&m.k, items_log(&m.k, &t), DIGEST_SHA256));
	b.log = m.k.log;
	b.replay = m.k.r;
	b.marks = m.k.m;
	b.secureboot = m.k.sb;
	b.wbcl = m.k.wbcl;
	CHECK_OK(maatpm_events(&b, m.k.c, m.k.a, &text, &n, &m.k.e), &m.k.e);
	assert_int_equal(strlen(text), n);
	return text;
}

static size_t count(const char *s, const char *what)
{
	size_t n = 0;

	for (; (s = strstr(s, what)); s += strlen(what))
		n++;
	return n;
}

#define CONFIG_GLOBAL                                                                                  \
	"\"EventTypeString\":\"EV_EFI_VARIABLE_DRIVER_CONFIG\",\"ProcessedData\":"                     \
	"{\"VariableGuid\":\"8BE4DF61-93CA-11D2-AA0D-00E098032B8C\",\"UnicodeName\":\"SecureBoot\","   \
	"\"VariableData\":"

static void sipa_is(const struct buf *in, const char *want)
{
	struct buf b = buf_make(m.k.a);
	struct sipa_tree tree;

	CHECK_OK(sipa_parse(rd_make(in->p, in->len), m.k.a, &tree, &m.k.e), &m.k.e);
	CHECK_OK(maatpm_sipa(&tree, &b, &m.k.e), &m.k.e);
	assert_string_equal(b.p, want);
}

static void put(struct buf *b, uint32_t tag, const void *p, size_t n)
{
	buf_le32(b, tag);
	buf_le32_block(b, p, n);
}

static void sipa_members_have_the_forms_of_policies(void **state)
{
	struct buf b, in;

	(void)state;
	mk_fresh(&m);
	b = buf_make(m.k.a);
	in = buf_make(m.k.a);
	put(&in, 0x00040001, "", 1);                            /* Boolean */
	put(&in, 0x00050002, "\1", 1);
	put(&in, 0x00020009, "\7\0\0\0", 4);                    /* number */
	put(&in, 0x00020005, "\4\0\0\0", 4);                    /* object with Value */
	put(&in, 0x00050004, "\2\0\0\0\0\0\0\0", 8);            /* with String too */
	put(&in, 0x000A0007, "\1\0\0\0\0\0\0\0", 8);
	put(&in, 0x00040002, "abc", 3);                         /* bytes */
	put(&in, 0x0005000F, "p", 1);                           /* a list even if one */
	put(&in, 0x00070001, "\\\0a\0\"\0", 6);                 /* text */
	put(&in, 0x00099999, "x", 1);                           /* unknown */
	put(&b, 0x40010001, in.p, in.len);
	sipa_is(&b,
	    "{\"EVENT_TRUSTBOUNDARY\":{\"EVENT_BITLOCKER_UNLOCK\":{\"Value\":4},\"EVENT_APPLICATION_"
	    "SVN\":7,"
	    "\"EVENT_BOOTDEBUGGING\":false,\"EVENT_BOOT_REVOCATION_LIST\":{\"RawData\":\"YWJj\"},"
	    "\"EVENT_CODEINTEGRITY\":true,\"EVENT_DATAEXECUTIONPREVENTION\":{\"Value\":2,\"String\":"
	    "\"OptIn\"},"
	    "\"EVENT_SI_POLICY\":[{\"RawData\":\"cA\"}],\"EVENT_FILEPATH\":\"\\\\a\\\"\","
	    "\"EVENT_00099999\":{\"RawData\":\"eA\"},"
	    "\"EVENT_VBS_HVCI_POLICY\":{\"Value\":1,\"String\":"
	    "\"HypervisorEnforcedCodeIntegrityEnable\"}}}");
}

static void sipa_repeats_are_lists(void **state)
{
	struct buf b, in;

	(void)state;
	mk_fresh(&m);
	b = buf_make(m.k.a);
	in = buf_make(m.k.a);
	put(&in, 0x0007000A, "\1", 1);
	put(&b, 0x40010003, in.p, in.len);
	sipa_is(&b, "{\"EVENT_LOADEDMODULE_AGGREGATION\":[{\"EVENT_IMAGEVALIDATED\":true}]}");
	put(&b, 0x00050002, "\1", 1);
	put(&b, 0x40010003, "", 0);
	put(&b, 0x00050002, "", 1);
	sipa_is(&b, "{\"EVENT_CODEINTEGRITY\":[true,false],"
	    "\"EVENT_LOADEDMODULE_AGGREGATION\":[{\"EVENT_IMAGEVALIDATED\":true},{}]}");
	/* not measured, and of a size that it must not have: no value */
	b.len = 0;
	put(&b, 0xC0010004, in.p, in.len);
	put(&b, 0x00050002, "\1\1", 2);
	put(&b, 0x00050001, "\2", 1);
	put(&b, 0x000C0001, "\1", 1);
	put(&b, 0x000C0002, "\12", 1);
	sipa_is(&b,
	    "{\"EVENT_OSKERNELDEBUG\":{\"RawData\":\"Ag\"},\"EVENT_CODEINTEGRITY\":{\"RawData\":"
	    "\"AQE\"},"
	    "\"EVENT_DRTM_STATE_AUTH\":{\"RawData\":\"AQ\"},\"EVENT_DRTM_SMM\":{\"RawData\":\"Cg\"}}");
	b.len = 0;
	sipa_is(&b, "{}");
}

/* The same tree with containers up to the limit that sipa_parse() has. */
static void sipa_nests_as_deep_as_it_may(void **state)
{
	struct buf b;

	(void)state;
	mk_fresh(&m);
	b = buf_make(m.k.a);
	put(&b, 0x00050002, "\1", 1);
	for (size_t i = 0; i < SIPA_DEPTH_MAX; i++) {
		struct buf outer = buf_make(m.k.a);

		put(&outer, 0x40010002, b.p, b.len);
		b = outer;
	}
	sipa_is(&b,
	    "{\"EVENT_ELAM_AGGREGATION\":{\"EVENT_ELAM_AGGREGATION\":{\"EVENT_ELAM_AGGREGATION\":"
	    "{\"EVENT_ELAM_AGGREGATION\":{\"EVENT_ELAM_AGGREGATION\":{\"EVENT_ELAM_AGGREGATION\":"
	    "{\"EVENT_ELAM_AGGREGATION\":{\"EVENT_ELAM_AGGREGATION\":{\"EVENT_CODEINTEGRITY\":true}}}}}"
	    "}}}}");
}

static void lab_captures_say_what_they_are(void **state)
{
	static const struct { const char *name, *secure_boot;
	} captures[] = {
		{ "sbon", "\"AQ\"" },
		{ "sboff", "\"AA\"" },
		{ "mokbypass", "\"AQ\"" },
		{ "uki-sbon", "\"AQ\"" },
		{ "uki-sboff", "\"AA\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++) {
		char want[512];
		const char *got;

		capture(captures[i].name);
		got = events_of_items();
		(void)snprintf(want, sizeof want, CONFIG_GLOBAL "%s}", captures[i].secure_boot);
		assert_int_equal(count(got, want), 1);
		assert_int_equal(count(got, "\"UnicodeName\":\"SecureBoot\""), 1);
		assert_int_equal(count(got, "\"EventTypeString\":\"EV_SEPARATOR\""), 8);
		assert_true(count(got, "\"EV_EFI_VARIABLE_BOOT\"") > 0);
		assert_int_equal(strncmp(got, "{\"Events\":[{\"EventSeq\":", 23), 0);
	}
}

/* Sequence numbers are places in the log; what is left out leaves a gap. */
static void sequence_numbers_grow(void **state)
{
	const char *s;
	long last = -1;

	(void)state;
	capture("sbon");
	s = events_of_items();
	while ((s = strstr(s, "\"EventSeq\":"))) {
		long n = strtol(s + 11, NULL, 10);

		assert_true(n > last && n < (long)t.n);
		last = n;
		s++;
	}
	assert_int_equal(last, (long)t.n - 1);
}

static size_t find_variable(const char *name)
{
	struct efi_variable v;

	for (size_t i = 0; i < t.n; i++)
		if (t.v[i].pcr == 7 && efi_variable_read(t.v[i].data, &v, NULL) &&
		    efi_name_is(v.name, name))
			return i;
	fail_msg("no %s in the log", name);
	return 0;
}

static struct item variable(uint32_t pcr, uint32_t type, uint8_t value)
{
	struct rd data = kit_variable(&m.k, 'g', "SecureBoot", kit_bytes(&m.k, &value, 1));

	return item_of(&m.k, pcr, type, data, data);
}

/* What the sample policies would take for Secure Boot on. */
static bool looks_on(const char *events)
{
	return count(events, CONFIG_GLOBAL) == 1 && count(events, CONFIG_GLOBAL "\"AQ\"}") == 1;
}

/* History A15: the type of an event is not measured.  Hidden under another type, or shown in another
 * PCR, or both. */
static void a15_relabelled_events_do_not_turn_secure_boot_on(void **state)
{
	static const uint32_t types[] = { EV_EFI_VARIABLE_BOOT, EV_EFI_VARIABLE_AUTHORITY, EV_IPL,
		EV_EFI_ACTION, EV_SEPARATOR, EV_EVENT_TAG, EV_NO_ACTION, 0x80000003, 0x0000000C,
		0x12345678 };
	static const uint32_t pcrs[] = { 0, 1, 2, 5, 8, 9, 12, 16, 23 };
	bool hides;

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		for (size_t j = 0; j < sizeof pcrs / sizeof pcrs[0]; j++) {
			struct item x;

			capture("sboff");
			t.v[find_variable("SecureBoot")].type = types[i];
			x = variable(pcrs[j], EV_EFI_VARIABLE_DRIVER_CONFIG, 1);
			items_insert(&t, t.n, &x);
			if (types[i] == EV_NO_ACTION) /* then it is not measured: not the same PCR 7 */
				continue;
			assert_false(looks_on(events_of_items()));
		}
	/* The label changes nothing for what is covered by content. */
	capture("sbon");
	t.v[find_variable("SecureBoot")].type = EV_EFI_VARIABLE_BOOT;
	hides = !looks_on(events_of_items());
	assert_false(hides);
}

/* An event whose digest is that of its last byte alone. */
static struct item valued(uint32_t pcr)
{
	uint8_t one = 1;
	struct rd data = kit_bytes(&m.k, &one, 1);

	return item_of(&m.k, pcr, EV_EFI_VARIABLE_DRIVER_CONFIG,
	    kit_variable(&m.k, 'g', "SecureBoot", data), data);
}

/* Where the value alone is covered, any name fits it. */
static void a_value_is_no_variable(void **state)
{
	static const uint32_t pcrs[] = { 1, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof pcrs / sizeof pcrs[0]; i++) {
		struct item x;

		capture("sboff");
		t.v[find_variable("SecureBoot")].type = 0x80000003;
		x = valued(pcrs[i]);
		items_insert(&t, 0, &x);
		assert_false(looks_on(events_of_items()));
	}
}

/* Firmware that measures nothing into PCR 7 leaves it to the operating system: also with a separator of
 * its own. */
static void pcr_7_is_the_firmwares(void **state)
{
	static const char zero[4];

	(void)state;
	for (size_t separators = 0; separators < 3; separators++) {
		struct item x;

		capture("sboff");
		for (size_t i = t.n; i > 0; i--)
			if (t.v[i - 1].pcr == 7)
				items_remove(&t, i - 1);
		x = variable(7, EV_EFI_VARIABLE_DRIVER_CONFIG, 1);
		items_insert(&t, t.n, &x);
		x = item_of(&m.k, 7, EV_SEPARATOR, rd_make(zero, 4), rd_make(zero, 4));
		for (size_t i = 0; i < separators; i++)
			items_insert(&t, t.n, &x);
		/* one separator: nothing tells it from a firmware that did so */
		assert_int_equal(looks_on(events_of_items()), separators == 1);
	}
}

static void doubtful_events_are_left_out(void **state)
{
	const char *got;
	struct item x;

	(void)state;
	capture("sbon");
	got = events_of_items();
	assert_int_equal(
	    count(got, "EV_EFI_BOOT_SERVICES_APPLICATION"), 0); /* an image is not in the log */
	assert_int_equal(count(got, "EV_NO_ACTION"), 0);
	capture("sbon");
	x = item_of(&m.k, 8, EV_IPL, kit_text(&m.k, "grub_cmd: one"), kit_text(&m.k, "one"));
	items_insert(&t, t.n, &x);
	x = item_of(&m.k, 8, EV_IPL, kit_text(&m.k, "grub_cmd: two"), kit_text(&m.k, "three"));
	items_insert(&t, t.n, &x);
	got = events_of_items();
	assert_int_equal(count(got, "\"ProcessedData\":{\"String\":\"one\"}"), 1);
	assert_int_equal(count(got, "\"String\":\"two\""), 0);
}

static void late_variables_are_left_out(void **state)
{
	static const uint32_t types[] = { EV_EFI_VARIABLE_DRIVER_CONFIG, EV_EFI_VARIABLE_BOOT,
		EV_EFI_VARIABLE_AUTHORITY };

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		struct item x;

		capture("sboff");
		x = variable(7, types[i], 1);
		items_insert(&t, t.n, &x);
		assert_int_equal(count(events_of_items(), CONFIG_GLOBAL), 1);
		assert_false(looks_on(events_of_items()));
	}
}

/* Random relabelling of the whole log never makes Secure Boot look on. */
static void relabelled_at_random(void **state)
{
	static const uint32_t types[] = { EV_EFI_VARIABLE_BOOT, EV_EFI_VARIABLE_AUTHORITY, EV_IPL,
		EV_EFI_ACTION, EV_SEPARATOR, EV_EVENT_TAG, EV_EFI_VARIABLE_DRIVER_CONFIG, 0x80000003,
		0x0000000C, 0x8000000C };
	unsigned seed = 7;

	(void)state;
	for (size_t round = 0; round < 100; round++) {
		capture(round % 2 ? "sboff" : "uki-sboff");
		for (size_t i = 0; i < t.n; i++)
			if (t.v[i].type != EV_NO_ACTION && rand_r(&seed) % 4 == 0)
				t.v[i].type =
				    types[(size_t)rand_r(&seed) % (sizeof types / sizeof types[0])];
		assert_false(looks_on(events_of_items()));
	}
}

static void windows_trees_are_shown(void **state)
{
	const struct mk_windows good = { 0 }, unclosed = { .unclosed = true };
	const char *got;

	(void)state;
	mk_fresh(&m);
	mk_sound(&m, &o);
	mk_windows_log(&m, &o, &good);
	assert_string_equal(mk_order_verdict(&m, &o), "ok");
	got = mk_claim(&m, "events");
	assert_int_equal(
	    count(got,
		"\"EventTypeString\":\"EV_EVENT_TAG\",\"ProcessedData\":{\"EVENT_TRUSTBOUNDARY\":{"),
	    2);
	assert_int_equal(count(got, "\"EVENT_BOOTDEBUGGING\":false"), 1);
	assert_int_equal(count(got,
			     "\"EVENT_LOADEDMODULE_AGGREGATION\":[{\"EVENT_FILEPATH\":"
			     "\"\\\\Windows\\\\System32\\\\drivers\\\\WdBoot.sys\",\"EVENT_"
			     "IMAGEVALIDATED\":true,\"EVENT_MODULE_SVN\":5}"),
	    1);
	assert_int_equal(count(got, "\"EV_SEPARATOR\""), 11);
	mk_fresh(&m);
	mk_sound(&m, &o);
	mk_windows_log(&m, &o, &unclosed);
	assert_string_equal(mk_order_verdict(&m, &o), "ok");
	assert_int_equal(count(mk_claim(&m, "events"), "EVENT_TRUSTBOUNDARY"), 0);
}

/* Also where Windows' events are labelled as something else. */
static void windows_trees_cannot_be_hidden_one_by_one(void **state)
{
	const struct mk_windows debugging = { .debugging = true };
	const char *got;

	(void)state;
	mk_fresh(&m);
	mk_sound(&m, &o);
	mk_windows_log(&m, &o, &debugging);
	{
		struct eventlog *l;

		CHECK_OK(eventlog_parse(o.now.log, m.k.a, &l, &m.k.e), &m.k.e);
		items_of(&m.k, l, &t);
	}
	for (size_t i = 0; i < t.n; i++)
		if (t.v[i].pcr == 12 && t.v[i].type == EV_EVENT_TAG)
			t.v[i].type = EV_EFI_ACTION;
	got = events_of_items();
	assert_int_equal(count(got, "\"EVENT_BOOTDEBUGGING\":true"), 1);
	assert_int_equal(count(got, "\"EVENT_BOOTDEBUGGING\":false"), 0);
}

/* IMA */

static void ima_buffers_are_shown(void **state)
{
	struct rd version, cert, other;
	struct buf list;
	const char *got;
	size_t n;
	const uint8_t *der;

	(void)state;
	capture("sbon");
	mk_ima_begin(&o);
	list = buf_make(m.k.a);
	version = rd_make("6.1.0-13-amd64", 14);
	der = x509_der(m.ak_cert, &n);
	cert = rd_make(der, n);
	other = rd_make("5.0.0", 5);
	{
		const struct mk_ima entries[] = {
			{ "ima-sig", "/usr/bin/true", version, rd_make(NULL, 0) },
			{ "ima-buf", "kernel_version", version, version },
			{ "ima-buf", ".builtin_trusted_keys", cert, cert },
			/* a file with a signature, as a buffer; a digest of something else; no
			   certificate */
			{ "ima-buf", "/etc/key", cert, cert },
			{ "ima-buf", "kernel_version", version, other },
			{ "ima-buf", ".ima", other, other },
			{ "ima-buf", "kernel_version", rd_make("6\n", 2), rd_make("6\n", 2) },
		};

		for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
			mk_ima_entry(&m, &o, &list, &entries[i]);
	}
	o.now.ima = rd_make(list.p, list.len);
	assert_string_equal(mk_order_verdict(&m, &o), "ok");
	got = mk_claim(&m, "events");
	assert_int_equal(count(got, "IMA_MEASUREMENT_EVENT"), 2);
	assert_int_equal(count(got, "\"PcrIndex\":10,\"EventTypeString\":\"IMA_MEASUREMENT_EVENT\","
	    "\"ProcessedData\":{\"KernelVersion\":\"6.1.0-13-amd64\"}}"), 1);
	assert_int_equal(count(got, "\"ProcessedData\":{\"Keyring\":\".builtin_trusted_keys\","
	    "\"CertificateSubject\":\"CN=ak\"}}"), 1);
	assert_int_equal(
	    count(got, arena_printf(m.k.a, "{\"EventSeq\":%zu,\"PcrIndex\":10", t.n + 1)), 1);
}

/* The head of a log, events from..to, as a log of its own. */
static const char *piece(const struct items *all, size_t from, size_t to)
{
	static struct items part;

	part = *all;
	part.n = to - from;
	for (size_t i = 0; i < part.n; i++)
		part.v[i] = all->v[from + i];
	return mk_b64(&m, items_log(&m.k, &part));
}

/* A log that comes in two is the same as in one piece. */
static void logs_in_pieces(void **state)
{
	const char *whole, *first, *second, *alone;

	(void)state;
	capture("sbon");
	assert_string_equal(mk_order_verdict(&m, &o), "ok");
	whole = mk_claim(&m, "events");
	first = piece(&t, 0, 20);
	second = piece(&t, 20, t.n);
	o.find = mk_b64(&m, o.now.log);
	o.put = arena_printf(m.k.a, "%s\"},{\"type\":\"TCG\",\"log\":\"%s", first, second);
	assert_string_equal(mk_order_verdict(&m, &o), "ok");
	assert_string_equal(mk_claim(&m, "events"), whole);
	/* of other banks, and not a log at all */
	t.banks = 1U << DIGEST_SHA256;
	alone = piece(&t, 20, t.n);
	o.put = arena_printf(m.k.a, "%s\"},{\"type\":\"TCG\",\"log\":\"%s", first, alone);
	assert_string_equal(mk_order_verdict(&m, &o), "form");
	assert_non_null(strstr(m.k.e.text, "other digests"));
	o.put = arena_printf(m.k.a, "%s\"},{\"type\":\"TCG\",\"log\":\"AAAA", first);
	assert_string_equal(mk_order_verdict(&m, &o), "form");
}

static void without_a_log_there_are_no_events(void **state)
{
	(void)state;
	mk_fresh(&m);
	mk_sound(&m, &o);
	o.now.log = o.now.ima = rd_make(NULL, 0);
	assert_string_equal(mk_order_verdict(&m, &o), "ok");
	assert_string_equal(mk_claim(&m, "events"), "{\"Events\":[]}");
}

static void pcrs_have_both_spellings(void **state)
{
	const struct claim *c;
	struct tpm_quoted *q;
	char *text;
	size_t n;

	(void)state;
	mk_fresh(&m);
	q = arena_alloc(m.k.a, sizeof *q);
	assert_non_null(q);
	q->bank[DIGEST_SHA1] =
	    (struct pcr_bank){ .alg = DIGEST_SHA1, .mask = 1, .value = { { 0x28, 0x29, 0x3a, 0x3b } } };
	q->bank[DIGEST_SHA256] =
	    (struct pcr_bank){ .alg = DIGEST_SHA256, .mask = 1 << 7, .value = { [7] = { 1 } } };
	CHECK_OK(maatpm_pcrs(q, m.k.a, &text, &n, &m.k.e), &m.k.e);
	assert_string_equal(text,
	    "{\"PCRs\":[{\"Index\":0,\"Digests\":{\"SHA1\":"
	    "\"28293a3b00000000000000000000000000000000\"},"
	    "\"DigestsBase64Url\":{\"SHA1\":\"KCk6OwAAAAAAAAAAAAAAAAAAAAA\"}},{\"Index\":7,\"Digests\":"
	    "{\"SHA256\":"
	    "\"0100000000000000000000000000000000000000000000000000000000000000\"},"
	    "\"DigestsBase64Url\":{\"SHA256\":"
	    "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}]}");
	capture("sbon");
	assert_string_equal(mk_order_verdict(&m, &o), "ok");
	c = claims_find(&m.claims, "pcrs");
	assert_true(c->read_only);
	assert_false(claims_find(&m.claims, "events")->read_only);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sipa_members_have_the_forms_of_policies),
		cmocka_unit_test(sipa_repeats_are_lists),
		cmocka_unit_test(sipa_nests_as_deep_as_it_may),
		cmocka_unit_test(lab_captures_say_what_they_are),
		cmocka_unit_test(sequence_numbers_grow),
		cmocka_unit_test(a15_relabelled_events_do_not_turn_secure_boot_on),
		cmocka_unit_test(a_value_is_no_variable),
		cmocka_unit_test(pcr_7_is_the_firmwares),
		cmocka_unit_test(doubtful_events_are_left_out),
		cmocka_unit_test(late_variables_are_left_out),
		cmocka_unit_test(relabelled_at_random),
		cmocka_unit_test(windows_trees_are_shown),
		cmocka_unit_test(windows_trees_cannot_be_hidden_one_by_one),
		cmocka_unit_test(ima_buffers_are_shown),
		cmocka_unit_test(logs_in_pieces),
		cmocka_unit_test(without_a_log_there_are_no_events),
		cmocka_unit_test(pcrs_have_both_spellings),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
