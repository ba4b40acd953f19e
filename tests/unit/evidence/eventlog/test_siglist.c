/* EFI signature lists, certificates in them, dbx updates, SBAT levels. */
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

static const uint8_t sha256_type[16] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40,
	0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28 };

/*
 * A list of n SHA-256 entries, each of one byte value from `first` on, behind a header of
 * header_len bytes.
 */
static struct buf list(size_t n, uint8_t first, uint32_t header_len)
{
	struct buf b = buf_make(k.a);

	buf_put(&b, sha256_type, 16);
	buf_le32(&b, (uint32_t)(28 + header_len + 48 * n));
	buf_le32(&b, header_len);
	buf_le32(&b, 48);
	for (uint32_t i = 0; i < header_len; i++)
		buf_char(&b, 'h');
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < 48; j++)
			buf_char(&b, (char)(first + i));
	return b;
}

static bool parse(const struct buf *b, struct siglist *out)
{
	att_error_clear(&k.e);
	return siglist_parse(rd_make(b->p, b->len), k.a, out, &k.e);
}

static void lists_are_read(void **state)
{
	struct buf b = list(3, 1, 0), c = list(2, 10, 5);
	struct siglist l;

	(void)state;
	buf_put(&b, c.p, c.len);
	assert_true(parse(&b, &l));
	assert_int_equal(l.n, 5);
	assert_int_equal(l.v[4].kind, SIG_KIND_SHA256);
	assert_int_equal(*rd_ptr(&l.v[4].data), 11);
	assert_int_equal(rd_left(&l.v[4].data), 32);
	assert_int_equal(l.v[4].owner[15], 11);
	b = list(0, 0, 0);
	assert_true(parse(&b, &l));
	assert_int_equal(l.n, 0);
	b.len = 0;
	assert_true(parse(&b, &l));
	assert_string_equal(sig_kind_name(SIG_KIND_TBS_SHA256), "X.509 by SHA-256");
	assert_string_equal(sig_kind_name(SIG_KIND_UNKNOWN), "unknown");
}

static void damage_is_named(void **state)
{
	static const struct {
		size_t off;
		uint32_t value;
		enum att_err code;
		const char *text;
	} rows[] = {
		{ 16, 27, ATT_E_TRUNCATED, "signature list at offset 0: 27 bytes, header 0" },
		{ 16, 77, ATT_E_TRUNCATED, "77 bytes" },
		{ 16, 0xFFFFFFFF, ATT_E_TRUNCATED, "4294967295 bytes" },
		{ 16, 75, ATT_E_BAD_FORMAT, "47 bytes of entries of 48 bytes" },
		{ 20, 49, ATT_E_TRUNCATED, "76 bytes, header 49" },
		{ 20, 0xFFFFFFFF, ATT_E_TRUNCATED, "header 4294967295" },
		{ 24, 16, ATT_E_BAD_FORMAT, "entries of 16 bytes" },
		{ 24, 0, ATT_E_BAD_FORMAT, "entries of 0 bytes" },
		{ 24, 24, ATT_E_BAD_FORMAT, "SHA-256 entries of 24 bytes" },
	};
	struct siglist l = { .n = 77 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf b = list(1, 1, 0);

		for (size_t j = 0; j < 4; j++)
			b.p[rows[i].off + j] = (char)(rows[i].value >> 8 * j);
		CHECK_ERR(parse(&b, &l), &k.e, rows[i].code, rows[i].text);
		assert_int_equal(l.n, 77);
	}
	for (size_t n = 1; n < 76; n++) {
		struct buf b = list(1, 1, 0);
		b.len = n;
		CHECK_ERR(parse(&b, &l), &k.e, ATT_E_TRUNCATED, "signature list at offset 0");
	}
}

static void limits_are_where_they_are_said_to_be(void **state)
{
	struct siglist l;
	struct buf b = list(SIGLIST_ENTRIES_MAX, 0, 0), c = list(SIGLIST_ENTRIES_MAX + 1, 0, 0);

	(void)state;
	assert_true(parse(&b, &l));
	assert_int_equal(l.n, SIGLIST_ENTRIES_MAX);
	CHECK_ERR(parse(&c, &l), &k.e, ATT_E_LIMIT, "more than 32768 entries");
	CHECK_ERR(siglist_parse(rd_make(c.p, SIGLIST_LEN_MAX + 1), k.a, &l, &k.e), &k.e,
	    ATT_E_LIMIT, "bytes, at most");
}

static void sets_find_and_compare(void **state)
{
	struct siglist have, want, odd;
	struct sigset s;
	const struct sig_entry *first;
	uint8_t v[32];

	(void)state;
	kit_reset(&k);
	for (size_t n = 0; n < 40; n++) {
		struct buf b = list(n, 100, 0), c = list(n + 2, 99, 0);

		assert_true(parse(&b, &have) && parse(&c, &want));
		CHECK_OK(sigset_make(&have, k.a, &s, &k.e), &k.e);
		for (size_t i = 0; i < n; i++) {
			memset(v, (int)(100 + i), 32);
			assert_non_null(sigset_find(&s, SIG_KIND_SHA256, v, 32));
			assert_null(sigset_find(&s, SIG_KIND_SHA1, v, 20));
			assert_null(sigset_find(&s, SIG_KIND_X509, v, 32));
		}
		memset(v, 99, 32);
		assert_null(sigset_find(&s, SIG_KIND_SHA256, v, 32));
		assert_int_equal(sigset_missing(&s, &want, &first), 2);
		assert_int_equal(*rd_ptr(&first->data), 99);
		assert_int_equal(sigset_missing(&s, &have, &first), 0);
		assert_null(first);
	}
	{
		struct buf b = list(2, 1, 0);
		b.p[0] ^= 1;
		assert_true(parse(&b, &odd));
		assert_int_equal(odd.nunknown, 2);
		CHECK_OK(sigset_make(&odd, k.a, &s, &k.e), &k.e);
		memset(v, 1, 32);
		assert_null(sigset_find(&s, SIG_KIND_SHA256, v, 32));
	}
}

static void load_dbx(const char *path, struct siglist *l)
{
	CHECK_OK(siglist_file_parse(kit_take(&k, vector_file(path)), k.a, l, &k.e), &k.e);
}

/* Microsoft's updates, behind their authentication header. */
static void dbx_updates_are_read(void **state)
{
	struct siglist old, new;
	struct sigset so, sn;
	const struct sig_entry *first;

	(void)state;
	need_vectors();
	kit_reset(&k);
	load_dbx("tpm/dbxupdate-2014-08-11.bin", &old);
	load_dbx("tpm/dbxupdate_x64-2021-04-29.bin", &new);
	assert_int_equal(old.n, 13);
	assert_int_equal(new.n, 211);
	CHECK_OK(sigset_make(&old, k.a, &so, &k.e), &k.e);
	CHECK_OK(sigset_make(&new, k.a, &sn, &k.e), &k.e);
	/*
	 * the older is stale beside the newer, not the other way round but for what was taken
	 * back
	 */
	assert_int_equal(sigset_missing(&so, &new, &first), 200);
	assert_int_equal(sigset_missing(&sn, &old, &first), 2);
}

/*
 * The signers of the boot loaders of 2020, in the dbx of machines of 2021 and not in that of 2022
 * OVMF.
 */
static void revoked_certificates_are_found(void **state)
{
	static const char *const boothole[] = { "tpm/canonical-boothole.crt",
	    "tpm/debian-boothole.crt" };
	static const char *const logs[] = { "eventlog/gce-rhel8-uefi.bin",
	    "eventlog/gce-debian-10-sb-on-legacy-sha1.bin" };

	(void)state;
	need_vectors();
	for (size_t i = 0; i < 4; i++) {
		struct rd der, whole;
		struct efi_cert c;

		kit_reset(&k);
		der = kit_take(&k, vector_file(boothole[i % 2]));
		CHECK_OK(efi_cert_read(k.c, der, &c, &whole, &k.e), &k.e);
		assert_true(kit_run_self(&k, kit_take(&k, vector_file(logs[i / 2])), DIGEST_SHA1));
		assert_non_null(sigset_find_cert(&k.sb.dbx, whole, &c));
		assert_true(kit_run(&k, kit_lab(&k, "sbon"), DIGEST_SHA256));
		assert_null(sigset_find_cert(&k.sb.dbx, whole, &c));
	}
}

static void the_dbx_of_a_log_is_compared(void **state)
{
	struct siglist op;
	struct sigset s;
	const struct sig_entry *first;

	(void)state;
	need_vectors();
	kit_reset(&k);
	load_dbx("tpm/dbxupdate_x64-2021-04-29.bin", &op);
	assert_true(kit_run_self(&k, kit_take(&k,
	    vector_file("eventlog/fedora-vm-sb-on-vendor-db.bin")),
	    DIGEST_SHA256));
	print_message("# %zu of %zu entries missing\n", sigset_missing(&k.sb.dbx, &op, &first),
	    op.n);
	assert_true(sigset_missing(&k.sb.dbx, &op, &first) < op.n / 2);
	CHECK_OK(sigset_make(&op, k.a, &s, &k.e), &k.e);
	assert_true(sigset_missing(&s, &k.sb.var[SB_DBX].list, &first) > 100);
}

static void certificates_are_read_leniently(void **state)
{
	static const struct { const char *path, *name; } rows[] = {
		{ "tpm/MicCorUEFCA2011.crt", "Microsoft Corporation UEFI CA 2011" },
		{ "tpm/MicWinProPCA2011.crt", "Microsoft Windows Production PCA 2011" },
		{ "tpm/MicCorKEKCA2011.crt", "Microsoft Corporation KEK CA 2011" },
		{ "tpm/canonical-boothole.crt", "Canonical Ltd. Secure Boot Signing" },
		{ "tpm/debian-boothole.crt", "Debian Secure Boot Signer" },
	};
	struct efi_cert c = { .name = "x" };
	struct rd whole;

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd der;

		kit_reset(&k);
		der = kit_take(&k, vector_file(rows[i].path));
		CHECK_OK(efi_cert_read(k.c, der, &c, &whole, &k.e), &k.e);
		assert_string_equal(c.name, rows[i].name);
		assert_int_equal(rd_left(&whole), rd_left(&der));
		for (size_t n = 0; n < rd_left(&der); n++)
			CHECK_ERR(efi_cert_read(k.c, rd_make(rd_ptr(&der), n), &c, &whole, &k.e),
			    &k.e,
			    ATT_E_BAD_FORMAT, "no X.509 certificate");
	}
}

static void sbat_levels_are_read(void **state)
{
	static const struct { const char *text; bool malformed; uint64_t date; size_t n; } rows[] =
	    {
		{ "sbat,1,2025021800\nshim,4\ngrub,5\n", false, 2025021800, 2 },
		{ "sbat,1,2025021800\nshim,4\ngrub,5", false, 2025021800, 2 },
		{ "sbat,1,2021030218\n", false, 2021030218, 0 },
		{ "sbat,1\ngrub,3\n", false, 0, 1 },
		{ "sbat,1,2024010900\nshim,4\ngrub,3\ngrub.debian,4\n", false, 2024010900, 3 },
		{ "", true, 0, 0 },
		{ "shim,4\n", true, 0, 0 },
		{ "sbat,x\n", true, 0, 0 },
		{ "sbat,1,2025021800,\n", true, 2025021800, 0 },
		{ "sbat,1,99999999999\n", true, 0, 0 },
		{ "sbat,1,2025021800\nshim\n", true, 2025021800, 0 },
		{ "sbat,1,2025021800\nshim,\n", true, 2025021800, 0 },
		{ "sbat,1,2025021800\nshim,99999999999\n", true, 2025021800, 0 },
		{ "sbat,1,2025021800\n\n", true, 2025021800, 0 },
		{ "sbat,1,2025021800\nshim,4x\n", true, 2025021800, 0 },
		{ "sbat,1,2025021800\nsh im,4\n", true, 2025021800, 0 },
		{ "sbat,1,2025021800\na-name-that-is-longer-than-any-component-will-ever-be,4\n",
		    true, 2025021800, 0 },
	};
	struct sbat have, want;
	struct buf b;

	(void)state;
	kit_reset(&k);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		sbat_parse(rd_make(rows[i].text, strlen(rows[i].text)), &have);
		print_message("# %zu\n", i);
		assert_int_equal(have.malformed, rows[i].malformed);
		assert_int_equal(have.date, rows[i].date);
		assert_int_equal(have.n, rows[i].n);
	}
	b = buf_make(k.a);
	buf_str(&b, "sbat,1\n");
	for (int i = 0; i < SBAT_ROWS_MAX; i++)
		buf_fmt(&b, "c%d,1\n", i);
	sbat_parse(rd_make(b.p, b.len), &have);
	assert_true(!have.malformed && have.n == SBAT_ROWS_MAX);
	buf_str(&b, "one-more,1\n");
	sbat_parse(rd_make(b.p, b.len), &have);
	assert_true(have.malformed);
	sbat_parse(rd_make(rows[0].text, strlen(rows[0].text)), &have);
	sbat_parse(rd_make(rows[4].text, strlen(rows[4].text)), &want);
	assert_string_equal(sbat_lacks(&have, &want)->name, "grub.debian");
	assert_string_equal(sbat_lacks(&want, &have)->name, "grub");
	assert_null(sbat_lacks(&have, &have));
	sbat_parse(rd_make(rows[2].text, strlen(rows[2].text)), &want);
	assert_null(sbat_lacks(&have, &want));
	assert_string_equal(sbat_lacks(&want, &have)->name, "shim");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_read),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(limits_are_where_they_are_said_to_be),
		cmocka_unit_test(sets_find_and_compare),
		cmocka_unit_test(dbx_updates_are_read),
		cmocka_unit_test(revoked_certificates_are_found),
		cmocka_unit_test(the_dbx_of_a_log_is_compared),
		cmocka_unit_test(certificates_are_read_leniently),
		cmocka_unit_test(sbat_levels_are_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
