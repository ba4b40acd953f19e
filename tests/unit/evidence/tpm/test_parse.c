/* Structures from bytes: made ones, each broken in one way; limits; no vectors needed. */
#include <string.h>

#include "tests/unit/evidence/tpm/kit.h"

static struct kit k;
static struct made m;

static int set_up(void **state)
{
	(void)state;
	kit_init(&k);
	kit_sound(&k, &m);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kit_clear(&k);
	return 0;
}

static struct rd set(struct rd in, size_t at, const char *bytes, size_t n)
{
	uint8_t *copy = arena_memdup(k.a, rd_ptr(&in), rd_left(&in));

	assert_non_null(copy);
	assert_true(at + n <= rd_left(&in));
	memcpy(copy + at, bytes, n);
	return rd_make(copy, rd_left(&in));
}

static struct rd longer(struct rd in)
{
	struct buf b = buf_make(k.a);

	buf_put(&b, rd_ptr(&in), rd_left(&in));
	buf_char(&b, 0);
	return kit_rd(&b);
}

/* Offsets in the made quote: 40 length of extraData, 58 clock, 74 safe, 83 selection. */
static void broken_attest_structures(void **state)
{
	static const struct {
		size_t at;
		const char *bytes;
		size_t n;
		enum att_err code;
		const char *text;
	} rows[] = {
		{ 4, "\x80\x20", 2, ATT_E_UNSUPPORTED, "type 0x8020 at offset 4" },
		{ 6, "\xff\xff", 2, ATT_E_TRUNCATED, "qualifiedSigner does not fit" },
		{ 6, "\0\x43", 2, ATT_E_LIMIT,
		    "qualifiedSigner of 67 bytes at offset 8, at most 66" },
		{ 42, "\0\x41", 2, ATT_E_LIMIT, "extraData of 65 bytes at offset 44, at most 64" },
		{ 76, "\x02", 1, ATT_E_BAD_FORMAT, "clockInfo.safe is 2 at offset 76" },
		{ 85, "\0\0\0\x09", 4, ATT_E_LIMIT, "9 PCR selections at offset 85, at most 8" },
		{ 91, "\x05", 1, ATT_E_LIMIT, "sizeofSelect 5 at offset 91, at most 4" },
		{ 91, "\x04", 1, ATT_E_BAD_FORMAT, "behind the end" },
		{ 101, "\0\x21", 2, ATT_E_TRUNCATED, "pcrDigest does not fit" },
		{ 101, "\0\x1f", 2, ATT_E_BAD_FORMAT, "1 bytes behind the end at offset 134" },
	};
	struct rd whole = kit_attest(&k, &m);
	struct tpm_attest a;

	(void)state;
	CHECK_OK(tpm_attest_parse(whole, &a, &k.e), &k.e);
	assert_int_equal(a.selection.n, 2);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(tpm_attest_parse(set(whole, rows[i].at, rows[i].bytes, rows[i].n), &a, &k.e), &k.e,
		    rows[i].code, rows[i].text);
	for (size_t n = 0; n < rd_left(&whole); n++)
		CHECK_ERR(tpm_attest_parse(rd_make(rd_ptr(&whole), n), &a, &k.e), &k.e,
		    ATT_E_TRUNCATED, "offset");
	CHECK_ERR(tpm_attest_parse(longer(whole), &a, &k.e), &k.e, ATT_E_BAD_FORMAT,
	    "1 bytes behind the end");
}

/* Bit 24 of a four-byte bitmap is no PCR; a fourth byte of zeros is legal. */
static void bitmaps_end_at_23(void **state)
{
	static const uint8_t past[] = { 0, 0, 0, 1, 0, 11, 4, 1, 0, 0, 1 },
			     fine[] = { 0, 0, 0, 1, 0, 11, 4, 1, 0, 0x80, 0 };
	struct tpm_selection s;
	struct rd in = rd_make(past, sizeof past);

	(void)state;
	CHECK_ERR(tpm_selection_parse(&in, &s, &k.e), &k.e, ATT_E_UNSUPPORTED, "PCR past 23");
	assert_int_equal(rd_left(&in), sizeof past);
	in = rd_make(fine, sizeof fine);
	CHECK_OK(tpm_selection_parse(&in, &s, &k.e), &k.e);
	assert_int_equal(s.bank[0].mask, 0x800001);
}

/* All other types that TPMs sign: made by hand, exact, each truncation refused. */
static void other_types(void **state)
{
	static const struct { uint16_t type; const char *body; size_t n; } rows[] = {
		{ TPM_ST_CERTIFY, "\0\x02" "ab" "\0\0", 6 },
		{ TPM_ST_CREATION, "\0\x02" "ab" "\0\x01" "c", 7 },
		{ TPM_ST_TIME, "\0\0\0\0\0\0\0\x09" "12345678" "abcd" "efgh" "\x01" "12345678", 33 },
		{ TPM_ST_NV, "\0\x02" "ab" "\0\0" "\0\x03" "xyz", 11 },
		{ TPM_ST_SESSION_AUDIT, "\0\0\x01" "d", 4 },
		{ TPM_ST_COMMAND_AUDIT, "12345678" "\0\x0b" "\0\x01" "d" "\0\0", 15 },
	};
	struct tpm_attest a;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf b = buf_make(k.a);
		size_t head;

		kit_be(&b, TPM_MAGIC, 4);
		kit_be(&b, rows[i].type, 2);
		kit_be(&b, 0, 4);
		kit_be(&b, 0, 16);
		kit_be(&b, 1, 1);
		kit_be(&b, 0, 8);
		head = b.len;
		buf_put(&b, rows[i].body, rows[i].n);
		CHECK_OK(tpm_attest_parse(kit_rd(&b), &a, &k.e), &k.e);
		assert_int_equal(a.type, rows[i].type);
		for (size_t n = head; n < b.len; n++)
			CHECK_ERR(tpm_attest_parse(rd_make(b.p, n), &a, &k.e), &k.e,
			    ATT_E_TRUNCATED, "offset");
		CHECK_ERR(tpm_attest_parse(longer(kit_rd(&b)), &a, &k.e), &k.e, ATT_E_BAD_FORMAT,
		    "behind the end");
	}
}

static void broken_signatures(void **state)
{
	static const struct { const char *bytes; size_t n; enum att_err code; const char *text; } rows[] = {
		{ "\0\x10", 2, ATT_E_UNSUPPORTED, "scheme null" },
		{ "\0\x05\0\x0b", 4, ATT_E_UNSUPPORTED, "scheme HMAC" },
		{ "\0\x1a\0\x0b", 4, ATT_E_UNSUPPORTED, "scheme ECDAA" },
		{ "\0\x1b\0\x12", 4, ATT_E_UNSUPPORTED, "scheme SM2" },
		{ "\x12\x34\0\x0b", 4, ATT_E_UNSUPPORTED, "scheme 0x1234" },
		{ "\0\x14\0\x12\0\0", 6, ATT_E_UNSUPPORTED, "hash 0x0012 at offset 2" },
		{ "\0\x14\0\x0b\0\x02" "a", 7, ATT_E_TRUNCATED, "sig does not fit" },
		{ "\0\x14\0\x0b\0\x01" "ab", 8, ATT_E_BAD_FORMAT, "behind the end" },
		{ "\0\x18\0\x0b\0\x01" "a", 7, ATT_E_TRUNCATED, "signatureS" },
	};
	struct tpm_signature s;
	struct buf b = buf_make(k.a);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(tpm_signature_parse(rd_make(rows[i].bytes, rows[i].n), &s, &k.e), &k.e,
		    rows[i].code, rows[i].text);
	kit_be(&b, 0x0018000b0043, 6);
	for (size_t i = 0; i < 67; i++)
		buf_char(&b, 1);
	CHECK_ERR(tpm_signature_parse(kit_rd(&b), &s, &k.e), &k.e, ATT_E_LIMIT, "signatureR of 67 bytes");
}

static void broken_public_areas(void **state)
{
	static const struct {
		size_t at;
		const char *bytes;
		size_t n;
		enum att_err code;
		const char *text;
	} rows[] = {
		{ 0, "\0\x08", 2, ATT_E_UNSUPPORTED, "type 0x0008 at offset 0" },
		{ 2, "\0\x12", 2, ATT_E_UNSUPPORTED, "nameAlg 0x0012 at offset 2" },
		{ 10, "\0\x26", 2, ATT_E_UNSUPPORTED, "symmetric 0x0026 at offset 10" },
		{ 12, "\0\x99", 2, ATT_E_UNSUPPORTED, "scheme 0x0099 at offset 12" },
		{ 16, "\0\x20", 2, ATT_E_UNSUPPORTED, "curve 0x0020 at offset 16" },
		{ 18, "\0\x20", 2, ATT_E_UNSUPPORTED, "kdf 0x0020 at offset 18" },
		{ 20, "\0\x21", 2, ATT_E_LIMIT, "x of 33 bytes" },
		{ 20, "\0\x1f", 2, ATT_E_TRUNCATED, "y does not fit" },
	};
	struct rd whole =
	    kit_public(&k, k.key, KIT_ATTRIBUTES, TPM_ALG_SHA256, TPM_ALG_ECDSA, TPM_ALG_SHA256);
	struct tpm_public p;
	struct pubkey *key = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(tpm_public_parse(set(whole, rows[i].at, rows[i].bytes, rows[i].n), &p, &k.e), &k.e,
		    rows[i].code, rows[i].text);
	for (size_t n = 0; n < rd_left(&whole); n++)
		CHECK_ERR(tpm_public_parse(rd_make(rd_ptr(&whole), n), &p, &k.e), &k.e,
		    ATT_E_TRUNCATED, "offset");
	CHECK_ERR(tpm_public_parse(longer(whole), &p, &k.e), &k.e, ATT_E_BAD_FORMAT, "behind the end");
	CHECK_OK(tpm_public_parse(set(whole, 22, "\x01\x02\x03", 3), &p, &k.e), &k.e);
	CHECK_ERR(tpm_public_key(k.c, &p, &key, &k.e), &k.e, ATT_E_BAD_FORMAT, "not on P-256");
	whole = kit_weak_public(&k);
	CHECK_ERR(tpm_public_parse(set(whole, 14, "\x08\0", 2), &p, &k.e), &k.e, ATT_E_BAD_FORMAT,
	    "modulus of 128 bytes at offset 22, keyBits is 2048");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_attest_structures),
		cmocka_unit_test(bitmaps_end_at_23),
		cmocka_unit_test(other_types),
		cmocka_unit_test(broken_signatures),
		cmocka_unit_test(broken_public_areas),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
