/* Event data by shape: what is read, what is malformed, every truncation. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/evidence/eventlog/kit.h"

static struct kit k;

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

static struct eventlog_decoded decode(uint32_t type, const void *p, size_t n)
{
	struct eventlog_event ev = { .type = type, .data = rd_make(p, n) };
	struct eventlog_decoded d;

	CHECK_OK(eventlog_decode(&ev, k.a, &d, &k.e), &k.e);
	assert_non_null(d.text);
	return d;
}

static void shapes_are_read(void **state)
{
	static const struct {
		uint32_t type;
		const char *data;
		size_t n;
		const char *text;
		bool malformed;
	} rows[] = {
		{ 0x4, "\0\0\0\0", 4, "0x00000000", false },
		{ 0x4, "WBCL", 4, "0x4c434257", false },
		{ 0x4, "\0\0\0", 3, "3 bytes", true },
		{ 0x5, "an action", 9, "an action", false },
		{ 0x80000007, "tab\there", 8, "tab?here", false },
		{ 0x80000008, "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16, "0x1, 0x2 bytes", false },
		{ 0x8000000A, "\4name\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 21, "name 0x1, 0x2 bytes",
		    false },
		{ 0x8000000A, "\5name", 5, "5 bytes", true },
		{ 0x1, "ACPI DATA", 9, "ACPI DATA", false },
		{ 0x8, "v\0001\0\0\0", 6, "v1", false },
		{ 0x8, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 16,
		    "04030201-0605-0807-090a-0b0c0d0e0f10", false },
		{ 0x80000009, "\2\0\0\0\0\0\0\0", 8, "2 tables", false },
		{ 0x8000000B, "\1n\2\0\0\0\0\0\0\0", 10, "2 tables", false },
		{ 0x80000009, "\2", 1, "1 bytes", true },
		{ 0xD, "grub_cmd: boot", 15, "grub_cmd: boot", false },
		{ 0xD, ".\0l\0\0\0", 6, ".l", false },
		{ 0x6, "\354\42\73\217\14\0\0\0Linux initrd", 20, "Linux initrd", false },
		{ 0x6, "\1\0\4\0\1\0\0\0\0", 9, "tag 0x00040001, 1 bytes", false },
		{ 0x6, "\1\0\4\0\2\0\0\0\0", 9, "9 bytes", false },
		{ 0x3, "StartupLocality\0\3", 17, "StartupLocality 3", false },
		{ 0x3, "SP800-155 Event3", 16, "SP800-155 Event3", false },
		{ 0x12345678, "x", 1, "1 bytes", false },
		{ 0x80000001, "short", 5, "5 bytes", true },
		{ 0x80000003, "short", 5, "5 bytes", true },
		{ 0x80000006, "short", 5, "5 bytes", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct eventlog_decoded d = decode(rows[i].type, rows[i].data, rows[i].n);

		assert_string_equal(d.text, rows[i].text);
		assert_int_equal(d.malformed, rows[i].malformed);
	}
	assert_string_equal(eventlog_type(0x12345678)->name, "EV_UNKNOWN");
	assert_string_equal(eventlog_type(EV_EFI_VARIABLE_AUTHORITY)->name,
	    "EV_EFI_VARIABLE_AUTHORITY");
}

static void no_actions_have_kinds(void **state)
{
	(void)state;
	assert_int_equal(decode(3, "Spec ID Event00", 16).no_action, NO_ACTION_SPEC_ID);
	assert_int_equal(decode(3, "StartupLocality", 16).no_action, NO_ACTION_LOCALITY);
	assert_int_equal(decode(3, "SP800-155 Event\0", 16).no_action, NO_ACTION_SP800_155);
	assert_int_equal(decode(3, "TCG VENDORINFO..", 16).no_action, NO_ACTION_VENDOR);
	assert_int_equal(decode(3, "?", 1).no_action, NO_ACTION_OTHER);
}

static void texts_of_loaders_have_kinds(void **state)
{
	static const struct {
		const char *data;
		size_t n;
		enum ipl_kind kind;
		bool no_colon;
		const char *text;
	} rows[] = {
		{ "grub_cmd: x y", 14, IPL_GRUB_CMD, false, "x y" },
		{ "grub_cmd x", 11, IPL_GRUB_CMD, true, "x" },
		{ "kernel_cmdline: a", 18, IPL_KERNEL_CMDLINE, false, "a" },
		{ "kernel_cmdline a", 17, IPL_KERNEL_CMDLINE, true, "a" },
		{ "grub_kernel_cmdline a", 22, IPL_KERNEL_CMDLINE, true, "a" },
		{ "module_cmdline: m", 17, IPL_MODULE_CMDLINE, false, "m" },
		{ "grub_cmd: ", 10, IPL_GRUB_CMD, false, "" },
		{ "MokList", 8, IPL_OTHER, false, "MokList" },
		{ "", 0, IPL_OTHER, false, "" },
		{ "a\0\0\0", 4, IPL_WIDE, false, "a" },
		{ "ab\0\0", 4, IPL_OTHER, false, "ab" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ipl_text t = ipl_read(rd_make(rows[i].data, rows[i].n));

		assert_int_equal(t.kind, rows[i].kind);
		assert_int_equal(t.no_colon, rows[i].no_colon);
		assert_int_equal(strncmp((const char *)rd_ptr(&t.text), rows[i].text,
		    strlen(rows[i].text)), 0);
	}
}

static void wide_text_becomes_utf8(void **state)
{
	static const struct { const char *in; size_t n; const char *out; } rows[] = {
		{ "a\0b\0", 4, "ab" }, { "a\0\0\0b\0", 6, "a" }, { "\xe4\0", 2, "\xc3\xa4" },
		    { "\xac\x20", 2, "\xe2\x82\xac" },
		{ "\x3d\xd8\x00\xde", 4, "\xf0\x9f\x98\x80" }, { "\x3d\xd8", 2, "?" },
		    { "\x3d\xd8" "a\0", 4, "?a" },
		{ "\x00\xde", 2, "?" }, { "\x07\0", 2, "?" }, { "a", 1, "?" }, { "a\0b", 3, "a?" },
		    { "", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(efi_utf16_text(k.a, rd_make(rows[i].in, rows[i].n)),
		    rows[i].out);
	assert_true(efi_name_is(rd_make("d\0b\0", 4), "db"));
	assert_false(efi_name_is(rd_make("d\0b\0x\0", 6), "db"));
	assert_false(efi_name_is(rd_make("d\0b\1", 4), "db"));
	assert_false(efi_name_is(rd_make("d\0", 2), "db"));
}

static void variables_have_bounds(void **state)
{
	struct rd v = kit_variable(&k, 'g', "Boot0001", kit_text(&k, "data"));
	uint8_t p[64];
	struct efi_variable out;

	(void)state;
	assert_int_equal(rd_left(&v), 52);
	bytes_copy(p, rd_ptr(&v), 52);
	CHECK_OK(efi_variable_read(rd_make(p, 52), &out, &k.e), &k.e);
	assert_true(rd_empty(&out.behind) && rd_left(&out.data) == 4 && efi_name_is(out.name,
	    "Boot0001"));
	CHECK_OK(efi_variable_read(rd_make(p, 53), &out, &k.e), &k.e);
	assert_int_equal(rd_left(&out.behind), 1);
	for (size_t n = 0; n < 52; n++)
		CHECK_ERR(efi_variable_read(rd_make(p, n), &out, &k.e), &k.e, ATT_E_TRUNCATED,
		    "variable: ");
	p[16 + 1] = 0x04;               /* 1032 characters */
	CHECK_ERR(efi_variable_read(rd_make(p, 52), &out, &k.e), &k.e, ATT_E_LIMIT,
	    "name of 1032 characters, at most 1024");
	p[16 + 7] = 0x80;
	CHECK_ERR(efi_variable_read(rd_make(p, 52), &out, &k.e), &k.e, ATT_E_LIMIT,
	    "name of 9223372036854776840");
	p[16 + 1] = p[16 + 7] = 0;
	memset(p + 24, 0xFF, 8);
	CHECK_ERR(efi_variable_read(rd_make(p, 52), &out, &k.e), &k.e, ATT_E_TRUNCATED,
	    "past the end");
}

static void put_node(struct buf *b, int type, int subtype, const void *p, size_t n)
{
	buf_fmt(b, "%c%c%c%c", type, subtype, (int)((n + 4) & 0xFF), (int)((n + 4) >> 8));
	buf_put(b, p, n);
}

static void device_paths_become_text(void **state)
{
	static const struct { int type,
	    subtype; const char *p; size_t n; const char *text; } rows[] = {
		{ 2, 1, "\xd0\x41\x03\x0a\1\0\0\0", 8, "PciRoot(0x1)" },
		{ 2, 1, "\xd0\x41\x04\x0a\1\0\0\0", 8, "Acpi(0x0a0441d0,0x1)" },
		{ 1, 1, "\2\3", 2, "Pci(0x3,0x2)" },
		{ 1, 1, "\2", 1, "Path(1,1,1 bytes)" },
		{ 3, 2, "\1\0\2\0", 4, "Scsi(0x1,0x2)" },
		{ 3, 5, "\1\2", 2, "USB(0x1,0x2)" },
		{ 3, 0x12, "\1\0\2\0\0\0", 6, "Sata(0x1,0x2)" },
		{ 3, 0x17, "\1\0\0\0", 4, "NVMe(0x1)" },
		{ 3, 0x0b, "\1\2\3\4\5\6", 6, "MAC(010203040506)" },
		{ 3, 0x18, "http://h/", 9, "Uri(http://h/)" },
		{ 4, 2, "\1\0\0\0", 4, "CDROM(0x1)" },
		{ 4, 4, "\\\0a\0\0\0", 6, "\\a" },
		{ 4, 8, "\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 20, "Offset(0x1,0x2)" },
		{ 4, 7, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 16,
		    "Fv(04030201-0605-0807-090a-0b0c0d0e0f10)" },
		{ 4, 6, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 16,
		    "FvFile(04030201-0605-0807-090a-0b0c0d0e0f10)" },
		{ 9, 9, "abc", 3, "Path(9,9,3 bytes)" },
	};
	struct buf all = buf_make(k.a);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf b = buf_make(k.a);

		put_node(&b, rows[i].type, rows[i].subtype, rows[i].p, rows[i].n);
		assert_string_equal(efi_path_text(k.a, rd_make(b.p, b.len)), rows[i].text);
		put_node(&b, 0x7f, 0xff, "", 0);
		put_node(&b, 1, 1, "\2\3", 2);
		assert_string_equal(efi_path_text(k.a, rd_make(b.p, b.len)), rows[i].text);
	}
	put_node(&all, 1, 1, "\2\3", 2);
	put_node(&all, 0x7f, 1, "", 0);
	put_node(&all, 1, 1, "\2\3", 2);
	assert_string_equal(efi_path_text(k.a, rd_make(all.p, all.len)),
	    "Pci(0x3,0x2),Pci(0x3,0x2)");
	/* too short a length, one past the end, too many nodes */
	assert_string_equal(efi_path_text(k.a, rd_make("\1\1\3\0", 4)), "?");
	assert_string_equal(efi_path_text(k.a, rd_make("\1\1\7\0\1\1", 6)), "?");
	assert_string_equal(efi_path_text(k.a, rd_make("", 0)), "");
	all = buf_make(k.a);
	for (int i = 0; i <= EFI_PATH_NODES_MAX; i++)
		put_node(&all, 1, 1, "\2\3", 2);
	assert_int_equal(efi_path_text(k.a, rd_make(all.p, all.len))[EFI_PATH_NODES_MAX * 13 - 1],
	    '?');
}

/* Every event of the lab's logs is decoded, and so is every part of it that is cut off. */
static void lab_events_decode_and_truncate(void **state)
{
	static const char *const captures[] = { "sbon", "uki-sboff" };

	(void)state;
	for (size_t c = 0; c < 2; c++) {
		kit_reset(&k);
		assert_true(kit_run(&k, kit_lab(&k, captures[c]), DIGEST_SHA256));
		for (size_t i = 0; i < k.log->n; i++) {
			const struct eventlog_event *ev = &k.log->events[i];
			struct arena *a = arena_new((size_t)64 << 20);

			assert_false(decode(ev->type, rd_ptr(&ev->data),
			    rd_left(&ev->data)).malformed);
			for (size_t n = 0; n < rd_left(&ev->data) && n < 300; n++) {
				uint8_t *p = malloc(n ? n : 1);
				struct eventlog_event cut = { .type = ev->type, .data = rd_make(p,
				    n) };
				struct eventlog_decoded d;

				bytes_copy(p, rd_ptr(&ev->data), n);
				CHECK_OK(eventlog_decode(&cut, a, &d, &k.e), &k.e);
				free(p);
				arena_reset(a);
			}
			arena_free(a);
		}
	}
	assert_string_equal(decode(k.log->events[21].type, rd_ptr(&k.log->events[21].data),
	    rd_left(&k.log->events[21].data)).text,
	    "disk 5f3a0c1e-7d5b-4a66-9a3b-0d6f7a111111, 1 partitions");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes_are_read),
		cmocka_unit_test(no_actions_have_kinds),
		cmocka_unit_test(texts_of_loaders_have_kinds),
		cmocka_unit_test(wide_text_becomes_utf8),
		cmocka_unit_test(variables_have_bounds),
		cmocka_unit_test(device_paths_become_text),
		cmocka_unit_test(lab_events_decode_and_truncate),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
