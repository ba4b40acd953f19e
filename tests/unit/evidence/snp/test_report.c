#include "lib/evidence/snp/snp.h"

#include <string.h>

#include "tests/harness/check.h"

static void le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Every byte its own value where a field is; reserved bytes zero. */
static void make(uint8_t r[SNP_REPORT_LEN], uint32_t version)
{
	static const struct { size_t off, len; uint32_t from, until;
	} reserved[] = {
		{ 0x4C, 4, 2, 5 },
		{ 0x188, 24, 2, 2 },
		{ 0x18B, 21, 3, 5 },
		{ 0x1EB, 1, 2, 5 },
		{ 0x1EF, 1, 2, 5 },
		{ 0x1F8, 168, 2, 4 },
		{ 0x208, 152, 5, 5 },
		{ 0x330, 368, 2, 5 },
	};

	for (size_t i = 0; i < SNP_REPORT_LEN; i++)
		r[i] = (uint8_t)(i * 7 + 1);
	le32(r, version);
	le32(r + 0x48, 0x1F);
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		for (size_t j = 0; j < reserved[i].len; j++)
			if (reserved[i].from <= version && version <= reserved[i].until)
				r[reserved[i].off + j] = 0;
}

static void fields_are_where_the_specification_says(void **state)
{
	uint8_t r[SNP_REPORT_LEN];
	struct snp_report t;
	struct att_error e = { 0 };

	(void)state;
	make(r, 5);
	CHECK_OK(snp_report_parse(rd_make(r, sizeof r), &t, &e), &e);
	assert_int_equal(t.version, 5);
	assert_int_equal(
	    t.guest_svn, r[4] | (uint32_t)r[5] << 8 | (uint32_t)r[6] << 16 | (uint32_t)r[7] << 24);
	assert_int_equal(t.policy & 0xFF, r[8]);
	assert_int_equal(t.policy >> 56, r[15]);
	assert_int_equal(t.vmpl & 0xFF, r[0x30]);
	assert_int_equal(t.signature_algo >> 24, r[0x37]);
	assert_int_equal(t.platform_info >> 56, r[0x47]);
	assert_int_equal(t.key_info, 0x1F);
	assert_memory_equal(t.family_id, r + 0x10, 16);
	assert_memory_equal(t.image_id, r + 0x20, 16);
	assert_memory_equal(t.current_tcb, r + 0x38, 8);
	assert_memory_equal(t.report_data, r + 0x50, 64);
	assert_memory_equal(t.measurement, r + 0x90, 48);
	assert_memory_equal(t.host_data, r + 0xC0, 32);
	assert_memory_equal(t.id_key_digest, r + 0xE0, 48);
	assert_memory_equal(t.author_key_digest, r + 0x110, 48);
	assert_memory_equal(t.report_id, r + 0x140, 32);
	assert_memory_equal(t.report_id_ma, r + 0x160, 32);
	assert_memory_equal(t.reported_tcb, r + 0x180, 8);
	assert_int_equal(t.cpuid_family, r[0x188]);
	assert_int_equal(t.cpuid_model, r[0x189]);
	assert_int_equal(t.cpuid_stepping, r[0x18A]);
	assert_memory_equal(t.chip_id, r + 0x1A0, 64);
	assert_memory_equal(t.committed_tcb, r + 0x1E0, 8);
	assert_int_equal(t.current.build, r[0x1E8]);
	assert_int_equal(t.current.minor, r[0x1E9]);
	assert_int_equal(t.current.major, r[0x1EA]);
	assert_int_equal(t.committed.build, r[0x1EC]);
	assert_int_equal(t.committed.major, r[0x1EE]);
	assert_memory_equal(t.launch_tcb, r + 0x1F0, 8);
	assert_int_equal(t.launch_mit_vector & 0xFF, r[0x1F8]);
	assert_int_equal(t.current_mit_vector >> 56, r[0x207]);
	assert_memory_equal(t.r, r + 0x2A0, 72);
	assert_memory_equal(t.s, r + 0x2E8, 72);
	assert_int_equal(snp_signing_key(&t), 7);
	assert_true(snp_author_key_en(&t) && snp_mask_chip_key(&t));
}

/* Which bytes of which version are reserved: counted, not listed, so that neither list can hide a mistake. */
static void reserved_bytes_must_be_zero(void **state)
{
	static const struct { uint32_t version; size_t reserved;
	} rows[] = {
		{ 2, 4 + 24 + 1 + 1 + 168 + 368 },
		{ 3, 4 + 21 + 1 + 1 + 168 + 368 },
		{ 4, 4 + 21 + 1 + 1 + 168 + 368 },
		{ 5, 4 + 21 + 1 + 1 + 152 + 368 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t refused = 0;

		for (size_t off = 4; off < SNP_REPORT_LEN; off++) {
			uint8_t r[SNP_REPORT_LEN];
			struct snp_report t = { .version = 77 };
			struct att_error e = { 0 };

			make(r, rows[i].version);
			if (off >= 0x49 && off < 0x4C)
				continue;       /* upper key_info bits: their own message */
			r[off] |= 0x01;
			if (snp_report_parse(rd_make(r, sizeof r), &t, &e))
				continue;
			assert_int_equal(e.code, ATT_E_BAD_FORMAT);
			assert_non_null(strstr(e.text, "reserved byte at offset 0x"));
			assert_int_equal(t.version, 77);
			refused++;
		}
		assert_int_equal(refused, rows[i].reserved);
	}
}

static void damage_is_named(void **state)
{
	static const struct { uint32_t version; size_t off; uint8_t value; const char *text; } rows[] = {
		{ 2, 0x4C, 1, "reserved byte at offset 0x04c is 0x01, want 0" },
		{ 2, 0x188, 0x19, "offset 0x188 is 0x19" },
		{ 3, 0x19F, 0xFF, "offset 0x19f is 0xff" },
		{ 4, 0x1F8, 7, "offset 0x1f8 is 0x07" },
		{ 5, 0x29F, 1, "offset 0x29f is 0x01" },
		{ 5, 0x1EB, 1, "offset 0x1eb" },
		{ 2, 0x330, 1, "offset 0x330" },
		{ 5, 0x49F, 1, "offset 0x49f" },
		{ 5, 0x49, 1, "key_info at offset 0x048 is 0x0000011f, want bits 31:5 zero" },
		{ 5, 0x48, 0x20, "key_info at offset 0x048 is 0x00000020" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t r[SNP_REPORT_LEN];
		struct snp_report t;
		struct att_error e = { 0 };

		make(r, rows[i].version);
		r[rows[i].off] = rows[i].value;
		CHECK_ERR(snp_report_parse(rd_make(r, sizeof r), &t, &e), &e, ATT_E_BAD_FORMAT, rows[i].text);
	}
}

static void length_is_exact(void **state)
{
	uint8_t r[SNP_REPORT_LEN + 1] = { 0 };
	struct snp_report t;
	struct att_error e = { 0 };

	(void)state;
	make(r, 5);
	for (size_t n = 0; n < SNP_REPORT_LEN; n++)
		CHECK_ERR(snp_report_parse(rd_make(r, n), &t, &e), &e, ATT_E_TRUNCATED, "want 1184");
	CHECK_ERR(snp_report_parse(rd_make(r, SNP_REPORT_LEN + 1), &t, &e), &e, ATT_E_BAD_FORMAT,
	    "1185 bytes, want 1184");
}

/* An unknown version is read, so that its own check can refuse it by name. */
static void unknown_versions_are_read_loosely(void **state)
{
	static const uint32_t versions[] = { 0, 1, 6, 0xFFFFFFFF };

	(void)state;
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		uint8_t r[SNP_REPORT_LEN];
		struct snp_report t;
		struct att_error e = { 0 };

		make(r, 5);
		le32(r, versions[i]);
		r[0x210] = 1;
		CHECK_OK(snp_report_parse(rd_make(r, sizeof r), &t, &e), &e);
		assert_int_equal(t.version, versions[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_where_the_specification_says),
		cmocka_unit_test(reserved_bytes_must_be_zero),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(length_is_exact),
		cmocka_unit_test(unknown_versions_are_read_loosely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
