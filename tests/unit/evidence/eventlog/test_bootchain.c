/* What was loaded: images, authorities, texts, files; what is revoked. */
#include <string.h>

#include "lib/base/hex.h"
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
	assert_true(kit_run(&k, kit_lab_items(&k, capture, &t), DIGEST_SHA256));
}

static void run(void)
{
	assert_true(kit_run(&k, items_log(&k, &t), DIGEST_SHA256));
}

static void images_have_digest_path_and_authority(void **state)
{
	static const struct { const char *path, *authority; } rows[] = {
		{ NULL, "db" },
		{ "\\EFI\\BOOT\\grubx64.efi", "MokListRT" },
		{ "", "MokListRT" },
		{ "", "MokListRT" },
	};

	(void)state;
	lab("sbon");
	assert_int_equal(k.chain.nimages, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct boot_image *im = &k.chain.images[i];

		assert_int_equal(im->pcr, 4);
		assert_int_equal(rd_left(&im->digest), 32);
		if (i > 0)
			assert_string_equal(im->path, rows[i].path);
		assert_string_equal(k.sb.authorities[im->authority].variable, rows[i].authority);
	}
	assert_non_null(strstr(k.chain.images[0].path, "/HD(1,GPT,"));
	assert_non_null(strstr(k.chain.images[0].path, "PciRoot(0x0)/Pci(0x"));
	/* the kernel is measured twice: when it is verified and when it is loaded */
	assert_memory_equal(rd_ptr(&k.chain.images[2].digest), rd_ptr(&k.chain.images[3].digest),
	    32);
	lab("sboff");
	assert_int_equal(k.chain.images[0].authority, EVENTLOG_NONE);
}

/* What was hashed of an image, given as the data of something else, does not hide the image. */
static void an_image_is_not_hidden_by_its_own_bytes(void **state)
{
	struct rd stream, text;
	struct item x;

	(void)state;
	lab("sbon");
	stream = kit_bytes(&k, "MZ\220\0\3\0\0\0 and so on", 18);
	text = kit_text(&k, "Calling EFI Application from Boot Option");
	x = item_of(&k, 4, EV_EFI_ACTION, stream, stream);
	items_insert(&t, t.n, &x);
	x = item_of(&k, 4, EV_EFI_ACTION, text, text);
	items_insert(&t, t.n, &x);
	items_pcrs(&k, &t, DIGEST_SHA256);
	run();
	assert_int_equal(k.chain.nimages, 5);
	assert_int_equal(k.m.of[t.n - 2].cover, COVER_ALL);
	assert_int_equal(k.chain.images[4].event, t.n - 2);
}

static const char *texts(enum boot_text_kind kind)
{
	struct buf b = buf_make(k.a);

	buf_str(&b, "");
	for (size_t i = 0; i < k.chain.ntexts; i++)
		if (k.chain.texts[i].kind == kind)
			buf_fmt(&b, "%s%s|", k.chain.texts[i].covered ? "" : "?",
			    k.chain.texts[i].text);
	return b.p;
}

static const char *files(enum boot_file_kind kind)
{
	struct buf b = buf_make(k.a);

	buf_str(&b, "");
	for (size_t i = 0; i < k.chain.nfiles; i++)
		if (k.chain.files[i].kind == kind)
			buf_fmt(&b, "%s%s|", k.chain.files[i].name_covered ? "+" : "",
			    k.chain.files[i].name);
	return b.p;
}

static void loaders_are_read(void **state)
{
	(void)state;
	lab("sbon");
	assert_non_null(strstr(texts(BOOT_KERNEL_CMDLINE),
	    "/boot/vmlinuz console=ttyS0 ima_hash=sha256 lab.nonce=0011"));
	assert_non_null(strstr(texts(BOOT_GRUB_CMD),
	    "set timeout=0|search --file --set=root /boot/vmlinuz|linux "));
	assert_string_equal(files(BOOT_GRUB_FILE),
	    "(hd0,gpt1)/EFI/debian/grub.cfg|(hd0,gpt1)/boot/vmlinuz|/boot/vmlinuz|/boot/initrd.img|");
	lab("uki-sbon");
	assert_string_equal(files(BOOT_UKI_SECTION), "+.linux|+.osrel|+.cmdline|+.initrd|");
	assert_string_equal(files(BOOT_STUB_EXTRA), "Global credentials initrd|");
	assert_string_equal(files(BOOT_STUB_OPTIONS), "LOADED_IMAGE::LoadOptions|");
	assert_string_equal(files(BOOT_STUB_INITRD), "Linux initrd|");
	assert_string_equal(k.sb.authorities[k.chain.images[0].authority].cert.name, "SnakeOil");
}

static void systemd_boot_is_read(void **state)
{
	struct blob b;

	(void)state;
	need_vectors();
	kit_reset(&k);
	b = vector_file("eventlog/fedora37-sd-boot-sha256.bin");
	assert_true(kit_run_self(&k, kit_take(&k, b), DIGEST_SHA256));
	assert_non_null(strstr(texts(BOOT_LOADER_CMDLINE), " console=ttyS0 console=tty0 ef"));
	assert_int_equal(k.chain.ntexts, 2);
	assert_int_equal(k.chain.texts_unproven, 0);
}

/* A text that was changed, or hidden behind another type, is no proven text, and is counted. */
static void changed_texts_are_counted(void **state)
{
	struct rd data;

	(void)state;
	lab("sbon");
	data = kit_text(&k, "kernel_cmdline: /boot/vmlinuz lockdown=confidentiality");
	t.v[42].data = data;
	run();
	assert_int_equal(k.r.differs, 0);
	assert_string_equal(texts(BOOT_KERNEL_CMDLINE), "?/boot/vmlinuz lockdown=confidentiality|");
	assert_int_equal(k.chain.texts_unproven, 1);
	assert_int_equal(k.m.of[42].doubt, DOUBT_UNCOVERED);
	assert_int_equal(k.m.nuncovered, 1);
	lab("sbon");
	t.v[42].type = 1;
	run();
	assert_int_equal(k.chain.texts_unproven, 1);
	assert_string_equal(texts(BOOT_KERNEL_CMDLINE), "");
	/* the label alone can be exchanged: so the words are looked for in all texts */
	lab("sbon");
	data = kit_bytes(&k, rd_ptr(&t.v[42].data), rd_left(&t.v[42].data));
	t.v[42].data = kit_text(&k, arena_printf(k.a, "grub_cmd: %.*s", (int)rd_left(&data) - 17,
	    (const char *)rd_ptr(&data) + 16));
	run();
	assert_int_equal(k.chain.texts_unproven, 0);
	assert_string_equal(texts(BOOT_KERNEL_CMDLINE), "");
	assert_non_null(strstr(texts(BOOT_GRUB_CMD), "|/boot/vmlinuz console=ttyS0"));
	/* nothing of an unproven PCR is covered */
	lab("sbon");
	k.pcrs[DIGEST_SHA256].mask &= ~(1U << 8);
	run();
	assert_int_equal(k.chain.texts_unproven, k.chain.ntexts);
	assert_false(k.chain.texts[0].covered);
	assert_int_equal(k.m.of[42].doubt, DOUBT_UNPROVEN);
}

/* The older spelling, hashed with its NUL or without; the newer one only without. */
static void grub_hashes_its_nul_or_not(void **state)
{
	static const struct { const char *logged, *text; size_t nul; bool covered; } rows[] = {
		{ "grub_cmd set x=1", "set x=1", 0, true }, { "grub_cmd set x=1", "set x=1", 1, true },
		{ "grub_cmd: set x=1", "set x=1", 0, true }, { "grub_cmd: set x=1", "set x=1", 1, false },
		{ "grub_cmd set x=1", "set x=2", 1, false }, { "grub_cmd set x=1", "et x=1", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd data;

		lab("sbon");
		data = kit_bytes(&k, rows[i].logged, strlen(rows[i].logged) + 1);
		t.v[42] = item_of(&k, 8, EV_IPL, data,
		    kit_bytes(&k, rows[i].text, strlen(rows[i].text) + rows[i].nul));
		items_pcrs(&k, &t, DIGEST_SHA256);
		run();
		assert_int_equal(k.r.differs, 0);
		assert_int_equal(k.m.of[42].doubt == DOUBT_NONE, rows[i].covered);
		if (rows[i].covered)
			assert_int_equal(rd_left(&k.m.of[42].covered), strlen(rows[i].text));
	}
}

static void exit_is_believed_only_when_measured(void **state)
{
	(void)state;
	lab("sbon");
	t.v[47].type = EV_NO_ACTION;
	run();
	assert_true(k.chain.exit_invoked || k.r.differs);
	assert_false(k.chain.exit_returned);
	lab("sbon");
	k.pcrs[DIGEST_SHA256].mask &= ~(1U << 5);
	run();
	assert_false(k.chain.exit_invoked || k.chain.exit_returned);
}

static void images_need_the_separators_of_the_firmware(void **state)
{
	(void)state;
	for (size_t i = 14; i <= 20; i++) {
		lab("sbon");
		assert_true(k.chain.images_proven);
		items_remove(&t, i);
		items_pcrs(&k, &t, DIGEST_SHA256);
		run();
		assert_false(k.chain.images_proven);
		assert_true(k.sb.firmware_on);
	}
}

/* One list of SHA-256 entries or of certificates. */
static void put_list(struct buf *b, bool cert, const void *p, size_t n)
{
	static const uint8_t sha256[16] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40,
		0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28 };
	static const uint8_t x509[16] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
		0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };

	buf_put(b, cert ? x509 : sha256, 16);
	buf_le32(b, (uint32_t)(28 + 16 + n));
	buf_le32(b, 0);
	buf_le32(b, (uint32_t)(16 + n));
	buf_put(b, x509, 16);
	buf_put(b, p, n);
}

static struct revocation revoke(const struct buf *dbx)
{
	struct siglist op;
	struct revocation r;

	if (dbx)
		CHECK_OK(siglist_parse(rd_make(dbx->p, dbx->len), k.a, &op, &k.e), &k.e);
	CHECK_OK(revocation_read(&k.m, &k.sb, &k.chain, dbx ? &op : NULL, k.a, &r, &k.e), &k.e);
	return r;
}

static void revoked_images_and_authorities_are_found(void **state)
{
	struct buf b;
	struct revocation r;
	const struct sig_entry *old;

	(void)state;
	lab("sbon");
	r = revoke(NULL);
	assert_true(r.images_checked && r.n == 0 && !r.has_operator && r.missing == 0);
	b = buf_make(k.a);
	old = k.sb.dbx.v[0];
	put_list(&b, false, rd_ptr(&old->data), 32);
	r = revoke(&b);
	assert_true(r.has_operator && r.n == 0 && r.missing == 0);
	put_list(&b, false, rd_ptr(&k.chain.images[1].digest), 32);
	put_list(&b, true, rd_ptr(&k.sb.authorities[1].entry.data),
	    rd_left(&k.sb.authorities[1].entry.data));
	r = revoke(&b);
	assert_int_equal(r.missing, 2);
	assert_ptr_equal(rd_ptr(&r.first_missing->data) - 16 - 28, b.p + 76);
	assert_int_equal(r.n, 2);
	assert_true(r.v[0].is_image && r.v[0].index == 1 && r.v[0].by == REVOKED_BY_OPERATOR_DBX);
	assert_true(!r.v[1].is_image && r.v[1].index == 1);
}

/* The measured dbx itself revokes what was loaded: relabelling the image does not hide it. */
static void the_measured_dbx_counts_too(void **state)
{
	static const uint32_t types[] = { 0x80000003, 1, 0xD, EV_EFI_ACTION, 0x80000004 };

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		struct buf b;
		struct rd v;
		struct revocation r;
		size_t at = 0;

		lab("sbon");
		b = buf_make(k.a);
		put_list(&b, false, rd_ptr(&k.chain.images[1].digest), 32);
		v = kit_variable(&k, 'd', "dbx", rd_make(b.p, b.len));
		t.v[7] = item_of(&k, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, v, v);
		items_pcrs(&k, &t, DIGEST_SHA256);
		at = k.chain.images[1].event;
		t.v[at].type = types[i];
		run();
		assert_int_equal(k.r.differs, 0);
		r = revoke(NULL);
		assert_int_equal(r.n, 1);
		assert_true(r.v[0].is_image && r.v[0].by == REVOKED_BY_MEASURED_DBX);
		assert_int_equal(k.chain.images[r.v[0].index].event, at);
	}
	lab("sbon");
	assert_true(kit_run(&k, items_log(&k, &t), DIGEST_SHA1));
	assert_false(revoke(NULL).images_checked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_have_digest_path_and_authority),
		cmocka_unit_test(an_image_is_not_hidden_by_its_own_bytes),
		cmocka_unit_test(grub_hashes_its_nul_or_not),
		cmocka_unit_test(loaders_are_read),
		cmocka_unit_test(systemd_boot_is_read),
		cmocka_unit_test(changed_texts_are_counted),
		cmocka_unit_test(exit_is_believed_only_when_measured),
		cmocka_unit_test(images_need_the_separators_of_the_firmware),
		cmocka_unit_test(revoked_images_and_authorities_are_found),
		cmocka_unit_test(the_measured_dbx_counts_too),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
