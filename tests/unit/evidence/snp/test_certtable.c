#include "lib/evidence/snp/snp.h"

#include <string.h>

#include "tests/harness/check.h"

#define ENTRY 24
static const uint8_t vcek[16] = { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
	    0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd };
static const uint8_t ark[16] = { 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52,
	    0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae };
static const uint8_t crl[16] = { 0x92, 0xf8, 0x1b, 0xc3, 0x58, 0x11, 0x4d, 0x3d,
	    0x97, 0xff, 0xd1, 0x9f, 0x88, 0xdc, 0x67, 0xea };

struct table {
	uint8_t p[1024];
	size_t n;               /* entries written */
};

static void le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void entry(struct table *t, const uint8_t guid[16], uint32_t off, uint32_t len)
{
	uint8_t *p = t->p + t->n++ * ENTRY;

	for (size_t i = 0; i < 16; i++)
		p[i] = guid[i];
	le32(p + 16, off);
	le32(p + 20, len);
}

/* Two certificates and an entry of no use to us; data from 96 on. */
static struct table good(void)
{
	struct table t = { 0 };

	entry(&t, vcek, 96, 10);
	entry(&t, crl, 100, 20);
	entry(&t, ark, 106, 30);
	for (size_t i = 96; i < sizeof t.p; i++)
		t.p[i] = (uint8_t)i;
	return t;
}

static void entries_are_found(void **state)
{
	struct table t = good();
	struct snp_certtable out;
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(snp_certtable_parse(rd_make(t.p, 200), &out, &e), &e);
	assert_int_equal(out.ncerts, 2);
	assert_ptr_equal(rd_ptr(&out.certs[0]), t.p + 96);
	assert_int_equal(rd_left(&out.certs[0]), 10);
	assert_ptr_equal(rd_ptr(&out.certs[1]), t.p + 106);
	assert_int_equal(rd_left(&out.certs[1]), 30);
}

static void an_empty_table_is_legal(void **state)
{
	uint8_t zeros[ENTRY] = { 0 };
	struct snp_certtable out;
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(snp_certtable_parse(rd_make(zeros, sizeof zeros), &out, &e), &e);
	assert_int_equal(out.ncerts, 0);
}

static void entries_may_overlap(void **state)
{
	struct table t = { 0 };
	struct snp_certtable out;
	struct att_error e = { 0 };

	(void)state;
	entry(&t, vcek, 72, 100);
	entry(&t, ark, 80, 100);
	CHECK_OK(snp_certtable_parse(rd_make(t.p, 200), &out, &e), &e);
	assert_int_equal(out.ncerts, 2);
}

static void damage_is_named(void **state)
{
	static const struct { uint32_t off, len; enum att_err code; const char *text;
	} rows[] = {
		{ 95, 10, ATT_E_BAD_FORMAT,
		    "entry 0 (VCEK): offset 95 is inside the list of entries, want at least 96" },
		{ 0, 10, ATT_E_BAD_FORMAT, "offset 0 is inside" },
		{ 96, 0, ATT_E_BAD_FORMAT, "length 0, want 1 to" },
		{ 96, X509_DER_MAX + 1, ATT_E_BAD_FORMAT, "length 16385, want 1 to 16384" },
		{ 191, 10, ATT_E_TRUNCATED, "offset 191, length 10: the table has 200 bytes" },
		{ 200, 1, ATT_E_TRUNCATED, "the table has 200 bytes" },
		{ 0xFFFFFFFF, 1, ATT_E_TRUNCATED, "the table has 200 bytes" },
		{ 0xFFFFFFFF, 0x3FFF, ATT_E_TRUNCATED, "the table has 200 bytes" },
		{ 96, 0xFFFFFFFF, ATT_E_BAD_FORMAT, "length 4294967295" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct table t = good();
		struct snp_certtable out;
		struct att_error e = { 0 };

		le32(t.p + 16, rows[i].off);
		le32(t.p + 20, rows[i].len);
		CHECK_ERR(snp_certtable_parse(rd_make(t.p, 200), &out, &e), &e, rows[i].code, rows[i].text);
	}
}

static void the_last_byte_may_be_used(void **state)
{
	struct table t = good();
	struct snp_certtable out;
	struct att_error e = { 0 };

	(void)state;
	le32(t.p + 16, 190);
	CHECK_OK(snp_certtable_parse(rd_make(t.p, 200), &out, &e), &e);
	assert_int_equal(rd_left(&out.certs[0]), 10);
}

static void a_second_certificate_of_a_kind_is_refused(void **state)
{
	struct table t = { 0 };
	struct snp_certtable out;
	struct att_error e = { 0 };

	(void)state;
	entry(&t, vcek, 96, 10);
	entry(&t, vcek, 96, 10);
	CHECK_ERR(snp_certtable_parse(rd_make(t.p, 200), &out, &e), &e, ATT_E_BAD_FORMAT,
	    "entry 1: a second VCEK");
}

static void the_number_of_entries_is_limited(void **state)
{
	struct table t = { 0 };
	struct snp_certtable out;
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < SNP_CERTTABLE_MAX; i++)
		entry(&t, crl, 600, 1);
	CHECK_OK(snp_certtable_parse(rd_make(t.p, sizeof t.p), &out, &e), &e);
	entry(&t, crl, 600, 1);
	CHECK_ERR(snp_certtable_parse(rd_make(t.p, sizeof t.p), &out, &e), &e, ATT_E_LIMIT,
	    "more than 16 entries");
}

static void every_truncation_fails(void **state)
{
	struct table t = good();
	struct snp_certtable out;
	struct att_error e = { 0 };

	(void)state;
	for (size_t n = 0; n < 136; n++)
		CHECK_ERR(snp_certtable_parse(rd_make(t.p, n), &out, &e), &e, ATT_E_TRUNCATED,
		    "certificate table");
	CHECK_OK(snp_certtable_parse(rd_make(t.p, 136), &out, &e), &e);
}

/* security-history A27: every size field at 0, 1, the largest that fits, one past it, and the
 * largest there is. */
static void a27_sizes_stay_inside(void **state)
{
	static const size_t n = 200;
	static const struct { uint32_t off, len; bool fits;
	} rows[] = {
		{ 96, 0, true },
		{ 96, 1, true },
		{ 96, 104, true },
		{ 96, 105, false },
		{ 96, UINT32_MAX, false },
		{ 199, 1, true },
		{ 200, 0, true },
		{ 200, 1, false },
		{ 201, 0, false },
		{ UINT32_MAX, 1, false },
		{ UINT32_MAX, UINT32_MAX, false },
		{ 0, 1, false },
		{ 1, 1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct table t = { 0 };
		struct snp_certtable out = { 0 };
		struct att_error e = { 0 };
		bool ok;

		entry(&t, vcek, rows[i].off, rows[i].len);
		ok = snp_certtable_parse(rd_make(t.p, n), &out, &e);
		if (ok != rows[i].fits && !(rows[i].len == 0 && !ok))
			fail_msg("offset %u, length %u: %s", rows[i].off, rows[i].len,
			    ok ? "accepted" : e.text);
		assert_true(ok == (e.code == ATT_E_OK));
		for (size_t k = 0; k < out.ncerts; k++)
			assert_true(rd_ptr(&out.certs[k]) >= t.p &&
			    rd_ptr(&out.certs[k]) + rd_left(&out.certs[k]) <= t.p + n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a27_sizes_stay_inside), cmocka_unit_test(entries_are_found),
		cmocka_unit_test(an_empty_table_is_legal),
		cmocka_unit_test(entries_may_overlap),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(the_last_byte_may_be_used),
		cmocka_unit_test(a_second_certificate_of_a_kind_is_refused),
		cmocka_unit_test(the_number_of_entries_is_limited),
		cmocka_unit_test(every_truncation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
