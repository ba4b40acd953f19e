/* The package: bytes to struct; made reports, each broken in one way; limits. */
#include <string.h>

#include "tests/unit/evidence/vbs/kit.h"

static struct vbs_kit k;
static struct vbs_made m;
static struct vbs_report r;

/* Keys are made once. */
static int set_up(void **state)
{
	(void)state;
	vbs_kit_init(&k);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	vbs_kit_sound(&k, &m);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	vbs_kit_clear(&k);
	return 0;
}

static uint8_t *copy_of(struct rd in)
{
	uint8_t *p = arena_memdup(k.a, rd_ptr(&in), rd_left(&in));

	assert_non_null(p);
	return p;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static struct rd joined(const struct rd *parts, size_t n)
{
	struct buf b = buf_make(k.a);

	for (size_t i = 0; i < n; i++)
		buf_put(&b, rd_ptr(&parts[i]), rd_left(&parts[i]));
	return rd_make(b.p, b.len);
}

static void is(struct rd field, uint8_t value, size_t n)
{
	assert_int_equal(rd_left(&field), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rd_ptr(&field)[i], value);
}

static void fields_are_where_the_specification_says(void **state)
{
	struct rd package;

	(void)state;
	m.flags = 5;
	m.blocks = vbs_kit_module(&k, "enclave.dll", 0);
	package = vbs_kit_package(&k, &m);
	CHECK_OK(vbs_report_parse(package, &r, &k.e), &k.e);
	assert_int_equal(r.package_version, 1);
	assert_int_equal(r.signature_scheme, 1);
	assert_int_equal(r.report_version, 1);
	assert_ptr_equal(rd_ptr(&r.statement), rd_ptr(&package) + 24);
	assert_int_equal(rd_left(&r.statement), 224 + 108 + 24);
	assert_ptr_equal(rd_ptr(&r.signature), rd_ptr(&package) + 24 + 224 + 108 + 24);
	assert_int_equal(rd_left(&r.signature), 256);
	is(r.enclave_data, 0xDA, 64);
	is(r.owner_id, 'O', 32);
	is(r.unique_id, 'U', 32);
	is(r.author_id, 'A', 32);
	is(r.family_id, 'F', 16);
	is(r.image_id, 'I', 16);
	assert_int_equal(r.enclave_svn, 0x01020304);
	assert_int_equal(r.secure_kernel_svn, 5);
	assert_int_equal(r.platform_svn, 6);
	assert_int_equal(r.flags, VBS_FULL_DEBUG | VBS_DYNAMIC_DEBUG_ACTIVE);
	assert_int_equal(r.signing_level, 7);
	assert_int_equal(r.enclave_type, 0x10);
	assert_int_equal(r.nmodules, 1);
	is(r.modules[0].unique_id, 'u', 32);
	is(r.modules[0].author_id, 'a', 32);
	is(r.modules[0].family_id, 'f', 16);
	is(r.modules[0].image_id, 'i', 16);
	assert_int_equal(r.modules[0].svn, 9);
	assert_int_equal(rd_left(&r.modules[0].name), 22);
	assert_memory_equal(rd_ptr(&r.modules[0].name), "e\0n\0c\0l\0a\0v\0e\0.\0d\0l\0l\0", 22);
}

/* Offsets: 0 PackageSize, 12 SignedStatementSize, 16 SignatureSize, 20 Reserved, 24 ReportSize; the package
 * has 504 bytes: 24, 224 and 256. */
static void broken_headers(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		enum att_err code;
		const char *text;
	} broken[] = {
		{ 0, 505, ATT_E_TRUNCATED, "504 bytes, the header says 505" },
		{ 0, 503, ATT_E_BAD_FORMAT, "504 bytes, the header says 503" },
		{ 0, 0, ATT_E_BAD_FORMAT, "the header says 0" },
		{ 0, UINT32_MAX, ATT_E_TRUNCATED, "the header says 4294967295" },
		{ 12, 225, ATT_E_BAD_FORMAT, "have 505 bytes, the package 504" },
		{ 12, UINT32_MAX - 24 + 225, ATT_E_BAD_FORMAT, "the package 504" },
		{ 12, UINT32_MAX, ATT_E_BAD_FORMAT, "have 4294967575 bytes" },
		{ 16, 255, ATT_E_BAD_FORMAT, "have 503 bytes" },
		{ 16, UINT32_MAX, ATT_E_BAD_FORMAT, "have 4294967543 bytes" },
		{ 20, 1, ATT_E_BAD_FORMAT, "reserved word of the header is 0x00000001" },
		{ 24, 223, ATT_E_BAD_FORMAT, "ReportSize is 223, the statement has 224 bytes" },
		{ 24, 225, ATT_E_BAD_FORMAT, "ReportSize is 225" },
		{ 24, 0, ATT_E_BAD_FORMAT, "ReportSize is 0" },
	};
	struct rd whole = vbs_kit_package(&k, &m);

	(void)state;
	assert_int_equal(rd_left(&whole), 504);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		uint8_t *p = copy_of(whole);

		put32(p + broken[i].at, broken[i].value);
		CHECK_ERR(vbs_report_parse(rd_make(p, 504), &r, &k.e), &k.e, broken[i].code, broken[i].text);
	}
}

/* Sizes that agree with each other, and are still none that a package can have. */
static void sizes_at_their_limits(void **state)
{
	static const struct {
		uint32_t statement, signature;
		const char *text;       /* NULL: the package is good */
	} sizes[] = {
		{ 223, 257, "statement of 223 bytes, want at least 224" },
		{ 480, 0, "signature of 0 bytes, want 1 to 1024" },
		{ 224, 1, NULL },
		{ 224, 1024, NULL },
		{ 224, 1025, "signature of 1025 bytes, want 1 to 1024" },
	};
	uint8_t p[24 + 224 + 1025 + 256];

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		size_t n = 24 + sizes[i].statement + sizes[i].signature;
		struct rd whole = vbs_kit_package(&k, &m);

		memset(p, 0, sizeof p);
		memcpy(p, rd_ptr(&whole), 24 + 224);
		put32(p, (uint32_t)n);
		put32(p + 12, sizes[i].statement);
		put32(p + 16, sizes[i].signature);
		if (sizes[i].text)
			CHECK_ERR(vbs_report_parse(rd_make(p, n), &r, &k.e), &k.e, ATT_E_BAD_FORMAT,
			    sizes[i].text);
		else
			CHECK_OK(vbs_report_parse(rd_make(p, n), &r, &k.e), &k.e);
	}
}

static void every_truncation_and_more(void **state)
{
	struct rd whole;
	uint8_t *longer;

	(void)state;
	m.blocks = vbs_kit_module(&k, "a.dll", 0);
	whole = vbs_kit_package(&k, &m);
	for (size_t n = 0; n < rd_left(&whole); n++)
		CHECK_ERR(vbs_report_parse(rd_make(rd_ptr(&whole), n), &r, &k.e), &k.e, ATT_E_TRUNCATED,
		    "vbs report: ");
	longer = arena_alloc(k.a, rd_left(&whole) + 1);
	memcpy(longer, rd_ptr(&whole), rd_left(&whole));
	CHECK_ERR(vbs_report_parse(rd_make(longer, rd_left(&whole) + 1), &r, &k.e), &k.e, ATT_E_BAD_FORMAT,
	    "the header says");
}

/* In a package within its own bytes, so that reading past the statement is seen by the sanitizer alone. */
static void statements_cut_short(void **state)
{
	struct rd block = vbs_kit_module(&k, "a.dll", 0), cut;

	(void)state;
	for (size_t n = 1; n < rd_left(&block); n++) {
		m.blocks = rd_make(rd_ptr(&block), n);
		cut = vbs_kit_package(&k, &m);
		CHECK_ERR(vbs_report_parse(cut, &r, &k.e), &k.e, ATT_E_BAD_FORMAT,
		    "block at offset 248 does not fit");
	}
}

static void broken_blocks(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *text;
	} broken[] = {
		{ 0, 0, "block at offset 248 of unknown type 0" },
		{ 0, 2, "block at offset 248 of unknown type 2" },
		{ 4, 0, "block at offset 248 does not fit" },
		{ 4, 7, "block at offset 248 does not fit" },
		{ 4, 8, "fewer than 108 bytes" },
		{ 4, 107, "fewer than 108 bytes" },
		{ 4, 108, "name of the module at offset 356 has no end" },
		{ 4, 109, "name of the module at offset 356 has no end" },
		{ 4, 110, "name of the module at offset 356 has no end" },
		{ 4, 119, "name of the module at offset 356 has no end" },
		{ 4, 121, "block at offset 248 does not fit" },
		{ 4, UINT32_MAX, "block at offset 248 does not fit" },
	};
	struct rd block = vbs_kit_module(&k, "a.dll", 0);

	(void)state;
	assert_int_equal(rd_left(&block), 120);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		uint8_t *p = copy_of(block);

		put32(p + broken[i].at, broken[i].value);
		m.blocks = rd_make(p, rd_left(&block));
		CHECK_ERR(vbs_report_parse(vbs_kit_package(&k, &m), &r, &k.e), &k.e, ATT_E_BAD_FORMAT,
		    broken[i].text);
	}
}

static void names_and_their_filling(void **state)
{
	struct rd blocks[] = { vbs_kit_module(&k, "", 0), vbs_kit_module(&k, "a", 120),
		vbs_kit_module(&k, "b", 113) };
	uint8_t *filled = copy_of(blocks[1]);

	(void)state;
	m.blocks = joined(blocks, 3);
	CHECK_OK(vbs_report_parse(vbs_kit_package(&k, &m), &r, &k.e), &k.e);
	assert_int_equal(r.nmodules, 3);
	assert_int_equal(rd_left(&r.modules[0].name), 0);
	assert_int_equal(rd_left(&r.modules[1].name), 2);
	assert_int_equal(rd_ptr(&r.modules[2].name)[0], 'b');
	filled[119] = 1;
	m.blocks = rd_make(filled, 120);
	CHECK_ERR(vbs_report_parse(vbs_kit_package(&k, &m), &r, &k.e), &k.e, ATT_E_BAD_FORMAT,
	    "bytes behind the name of the module at offset 356");
}

static void as_many_modules_as_there_may_be(void **state)
{
	struct rd one = vbs_kit_module(&k, "m", 0), blocks[VBS_MODULES_MAX + 1];

	(void)state;
	for (size_t i = 0; i <= VBS_MODULES_MAX; i++)
		blocks[i] = one;
	m.blocks = joined(blocks, VBS_MODULES_MAX);
	CHECK_OK(vbs_report_parse(vbs_kit_package(&k, &m), &r, &k.e), &k.e);
	assert_int_equal(r.nmodules, VBS_MODULES_MAX);
	m.blocks = joined(blocks, VBS_MODULES_MAX + 1);
	CHECK_ERR(vbs_report_parse(vbs_kit_package(&k, &m), &r, &k.e), &k.e, ATT_E_LIMIT,
	    "more than 64 modules");
}

static void as_long_as_it_may_be(void **state)
{
	size_t rest = VBS_PACKAGE_MAX - 24 - 224 - 256;

	(void)state;
	m.blocks = vbs_kit_module(&k, "long", rest);
	CHECK_OK(vbs_report_parse(vbs_kit_package(&k, &m), &r, &k.e), &k.e);
	m.blocks = vbs_kit_module(&k, "long", rest + 1);
	CHECK_ERR(vbs_report_parse(vbs_kit_package(&k, &m), &r, &k.e), &k.e, ATT_E_LIMIT, "at most 262144");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, fresh)
	const struct CMUnitTest tests[] = {
		TEST(fields_are_where_the_specification_says),
		TEST(broken_headers),
		TEST(sizes_at_their_limits),
		TEST(every_truncation_and_more),
		TEST(statements_cut_short),
		TEST(broken_blocks),
		TEST(names_and_their_filling),
		TEST(as_many_modules_as_there_may_be),
		TEST(as_long_as_it_may_be),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
