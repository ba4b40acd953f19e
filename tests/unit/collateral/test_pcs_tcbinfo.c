#include <string.h>

#include "tests/unit/collateral/kit.h"

static struct arena *arena;
static struct att_error e;

static bool parse(const char *text, struct pcs_tcbinfo **out)
{
	return pcs_tcbinfo_parse(rd_make(text, strlen(text)), arena, out, &e);
}

static void reads_version_3(void **state)
{
	struct pcs_tcbinfo *t = NULL;

	(void)state;
	CHECK_OK(parse(kit_tcbinfo(arena, PCS_SGX), &t), &e);
	assert_int_equal(t->version, 3);
	assert_int_equal(t->tee, PCS_SGX);
	assert_int_equal(t->evaluation, 20);
	assert_int_equal(t->next_update_s - t->issue_date_s, 30 * 86400);
	assert_memory_equal(t->fmspc, "\x00\xaa\x11\0\0\0", 6);
	assert_memory_equal(t->pce_id, "\x01\x00", 2);
	assert_int_equal(t->nlevels, 7);
	assert_int_equal(t->levels[0].sgx[0].svn, 70);
	assert_string_equal(t->levels[0].sgx[1].category, "BIOS");
	assert_string_equal(t->levels[0].sgx[1].type, "Late Microcode");
	assert_null(t->levels[0].sgx[0].type);
	assert_int_equal(t->levels[0].pcesvn, 13);
	assert_int_equal(t->levels[6].grade.status, TCB_REVOKED);
	assert_int_equal(t->levels[6].grade.nadvisories, 2);
	assert_string_equal(t->levels[6].grade.advisories[0], "TEST-SA-00010");
}

static void reads_version_2(void **state)
{
	struct pcs_tcbinfo *t = NULL;

	(void)state;
	CHECK_OK(parse(kit_tcbinfo_v2(arena), &t), &e);
	assert_int_equal(t->version, 2);
	assert_int_equal(t->tee, PCS_SGX);
	assert_int_equal(t->levels[3].sgx[0].svn, 40);
	assert_int_equal(t->levels[3].sgx[3].svn, 2);
	assert_int_equal(t->levels[3].sgx[4].svn, 0);
}

static void reads_tdx(void **state)
{
	static const uint8_t module0[16] = { 5 }, module1[16] = { 7, 1 }, module26[16] = { 3, 0x1a },
		module2[16] = { 3, 2 };
	struct pcs_tcbinfo *t = NULL;

	(void)state;
	CHECK_OK(parse(kit_tcbinfo(arena, PCS_TDX), &t), &e);
	assert_int_equal(t->tee, PCS_TDX);
	assert_int_equal(t->levels[0].tdx[2].svn, 3);
	assert_int_equal(t->nmodules, 2);
	assert_ptr_equal(pcs_tcbinfo_module(t, module0), &t->module);
	assert_string_equal(pcs_tcbinfo_module(t, module1)->id, "TDX_01");
	/* Two hexadecimal digits, whatever their case. */
	assert_string_equal(pcs_tcbinfo_module(t, module26)->id, "TDX_1a");
	assert_null(pcs_tcbinfo_module(t, module2));
	assert_int_equal(t->modules[1].nlevels, 3);
	assert_int_equal(t->modules[1].levels[0].isvsvn, 7);
}

static void a_module_must_match(void **state)
{
	uint8_t signer[PCS_MRSEAM_LEN] = { 0 }, attributes[8] = { 0 };
	struct tdx_module m = { .id = "TDX_01" };

	(void)state;
	CHECK_OK(tdx_module_matches(&m, signer, attributes, &e), &e);
	signer[47] = 1;
	CHECK_ERR(tdx_module_matches(&m, signer, attributes, &e), &e, ATT_E_NOT_AUTHENTIC,
	    "TDX_01: MRSIGNERSEAM");
	signer[47] = 0;
	/* A bit that the mask leaves free is refused too. */
	attributes[7] = 0x80;
	CHECK_ERR(tdx_module_matches(&m, signer, attributes, &e), &e, ATT_E_NOT_AUTHENTIC, "SEAMATTRIBUTES");
	attributes[7] = 0;
	m.attributes[0] = 1;
	CHECK_ERR(tdx_module_matches(&m, signer, attributes, &e), &e, ATT_E_NOT_AUTHENTIC, "SEAMATTRIBUTES");
}

static void an_unknown_status_is_kept_as_text(void **state)
{
	struct pcs_tcbinfo *t = NULL;

	(void)state;
	CHECK_OK(parse(kit_replace(arena, kit_tcbinfo(arena, PCS_SGX), "\"UpToDate\"",
	    "\"TDRelaunchAdvised\""),
		&t), &e);
	assert_int_equal(t->levels[0].grade.status, TCB_UNKNOWN);
	assert_string_equal(t->levels[0].grade.status_text, "TDRelaunchAdvised");
}

#define LEVEL1 "{\"tcb\":{\"sgxtcbcomponents\":[{\"svn\":60}"

static const struct {
	const char *what;
	char kind;                      /* '3' SGX version 3, '2' version 2, 't' TDX */
	const char *from, *to;
	enum att_err code;
	const char *text;
} breaks[] = {
	/* A2: component lists of other lengths */
	{ "15 components", '3', ",{\"svn\":0}],\"pcesvn\":13}", "],\"pcesvn\":13}", ATT_E_BAD_FORMAT,
	    "tcbLevels[0]: sgxtcbcomponents: 15 elements, want 16" },
	{ "17 components", '3', "],\"pcesvn\":13}", ",{\"svn\":0}],\"pcesvn\":13}", ATT_E_BAD_FORMAT,
	    "sgxtcbcomponents: 17 elements, want 16" },
	{ "15 TDX components", 't', ",{\"svn\":0}],\"pcesvn\":13}", "],\"pcesvn\":13}", ATT_E_BAD_FORMAT,
	    "tdxtcbcomponents: 15 elements, want 16" },
	{ "17 TDX components", 't', "],\"pcesvn\":13}", ",{\"svn\":0}],\"pcesvn\":13}", ATT_E_BAD_FORMAT,
	    "tdxtcbcomponents: 17 elements, want 16" },
	{ "15 in version 2", '2', "\"sgxtcbcomp16svn\":0,", "", ATT_E_BAD_FORMAT, "sgxtcbcomp16svn: absent" },
	{ "17 in version 2", '2', "\"pcesvn\"", "\"sgxtcbcomp17svn\":0,\"pcesvn\"", ATT_E_BAD_FORMAT,
	    "17 members, want 16" },
	{ "component absent", '3', "{\"svn\":70}", "{}", ATT_E_BAD_FORMAT,
	    "tcbLevels[0]: sgxtcbcomponents[0]: svn: absent" },
	{ "component of text", '3', "{\"svn\":70}", "{\"svn\":\"70\"}", ATT_E_BAD_FORMAT,
	    "not a whole number" },
	{ "component too large", '3', "{\"svn\":70}", "{\"svn\":256}", ATT_E_BAD_FORMAT,
	    "svn: 256, want 0..255" },
	{ "component negative", '3', "{\"svn\":70}", "{\"svn\":-1}", ATT_E_BAD_FORMAT, "svn: -1" },
	{ "component no object", '3', "{\"svn\":70}", "70", ATT_E_BAD_FORMAT, "svn: absent" },
	{ "type of another kind", '3', "\"Late Microcode\"", "1", ATT_E_BAD_FORMAT, "type: no such text" },
	{ "category empty", '3', "\"BIOS\"", "\"\"", ATT_E_BAD_FORMAT, "category: no such text" },
	{ "no TDX components", 't', "tdxtcbcomponents", "x", ATT_E_BAD_FORMAT, "tdxtcbcomponents: absent" },
	{ "TDX components for SGX", '3', "\"pcesvn\"", "\"tdxtcbcomponents\":[],\"pcesvn\"", ATT_E_BAD_FORMAT,
	    "not in a TCB Info of SGX" },
	{ "tcb no object", '3', "{\"tcb\":{", "{\"tcb\":3,\"x\":{", ATT_E_BAD_FORMAT, "tcb: want an object" },
	{ "no PCESVN", '3', "\"pcesvn\"", "\"x\"", ATT_E_BAD_FORMAT, "pcesvn: absent" },
	{ "PCESVN too large", '3', "\"pcesvn\":13", "\"pcesvn\":65536", ATT_E_BAD_FORMAT, "want 0..65535" },
	{ "no date", '3', "\"tcbDate\"", "\"x\"", ATT_E_BAD_FORMAT, "tcbDate: absent" },
	{ "date of another form", '3', "\"2026-01-01T00:00:00Z\"", "\"yesterday\"", ATT_E_BAD_FORMAT,
	    "tcbDate: " },
	{ "no status", '3', "\"tcbStatus\"", "\"x\"", ATT_E_BAD_FORMAT, "tcbStatus: absent" },
	{ "status with NUL", '3', "\"UpToDate\"", "\"UpToDate\\u0000\"", ATT_E_BAD_FORMAT,
	    "tcbStatus: no such" },
	{ "advisories no array", '3', "[\"TEST-SA-00060\",\"TEST-SA-ALL\"]", "\"x\"", ATT_E_BAD_FORMAT,
	    "tcbLevels[1]: advisoryIDs: not an array" },
	{ "advisory no text", '3', "\"TEST-SA-ALL\"]", "3]", ATT_E_BAD_FORMAT, "advisoryIDs[1]" },
	{ "two equal levels", '3', "{\"svn\":60}", "{\"svn\":70}", ATT_E_BAD_FORMAT, "two levels are equal" },
	{ "no levels", '3', "\"tcbLevels\"", "\"x\"", ATT_E_BAD_FORMAT, "tcbLevels: absent" },
	{ "empty levels", '3', "\"tcbLevels\":[", "\"tcbLevels\":[],\"x\":[", ATT_E_BAD_FORMAT,
	    "tcbLevels: 0 elements, want 1" },
	{ "version 1", '3', "\"version\":3", "\"version\":1", ATT_E_BAD_FORMAT, "version: 1, want 2 or 3" },
	{ "version 4", '3', "\"version\":3", "\"version\":4", ATT_E_BAD_FORMAT, "version: 4, want 2 or 3" },
	{ "version 3 without id", '3', "\"id\"", "\"x\"", ATT_E_BAD_FORMAT,
	    "id: no string, want SGX or TDX" },
	{ "another id", '3', "\"SGX\"", "\"sgx\"", ATT_E_BAD_FORMAT, "id: sgx, want SGX or TDX" },
	{ "id in version 2", '2', "{\"version\"", "{\"id\":\"SGX\",\"version\"", ATT_E_BAD_FORMAT,
	    "id: not in version 2" },
	{ "tcbType", '3', "\"tcbType\":0", "\"tcbType\":1", ATT_E_BAD_FORMAT, "tcbType: 1, want 0" },
	{ "short FMSPC", '3', "00AA11000000", "00AA110000", ATT_E_BAD_FORMAT, "fmspc: " },
	{ "FMSPC no hex", '3', "00AA11000000", "00GA11000000", ATT_E_BAD_FORMAT, "fmspc: " },
	{ "FMSPC number", '3', "\"00AA11000000\"", "1", ATT_E_BAD_FORMAT, "fmspc: not a string" },
	{ "PCE-ID", '3', "\"0100\"", "\"01\"", ATT_E_BAD_FORMAT, "pceId: " },
	{ "no evaluation number", '3', "\"tcbEvaluationDataNumber\"", "\"x\"", ATT_E_BAD_FORMAT,
	    "tcbEvaluationDataNumber: absent" },
	{ "dates the wrong way", '3', "2026-06-19", "2026-05-19", ATT_E_BAD_FORMAT,
	    "nextUpdate: before issueDate" },
	{ "no issueDate", '3', "issueDate", "x", ATT_E_BAD_FORMAT, "issueDate: absent" },
	{ "two FMSPCs", '3', "\"pceId\"", "\"fmspc\":\"00AA11000000\",\"pceId\"", ATT_E_BAD_JSON, "fmspc" },
	/* A3: the TDX module */
	{ "no module", 't', "\"tdxModule\"", "\"x\"", ATT_E_BAD_FORMAT, "tdxModule: mrsigner: absent" },
	{ "module for SGX", '3', "\"tcbLevels\"", "\"tdxModule\":{},\"tcbLevels\"", ATT_E_BAD_FORMAT,
	    "a TDX module in a TCB Info of SGX" },
	{ "identities for SGX", '3', "\"tcbLevels\"", "\"tdxModuleIdentities\":[],\"tcbLevels\"",
	    ATT_E_BAD_FORMAT, "a TDX module in a TCB Info of SGX" },
	{ "module without mask", 't', "attributesMask", "x", ATT_E_BAD_FORMAT,
	    "tdxModule: attributesMask: absent" },
	{ "identity without id", 't', "\"id\":\"TDX_1a\"", "\"x\":1", ATT_E_BAD_FORMAT,
	    "tdxModuleIdentities[0]: id: absent" },
	{ "identity twice", 't', "TDX_1a", "tdx_01", ATT_E_BAD_FORMAT, "TDX_01 twice" },
	{ "identity without levels", 't', "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":3}",
	    "\"x\":[{\"tcb\":{\"isvsvn\":3}",
	    ATT_E_BAD_FORMAT, "tdxModuleIdentities[0]: tcbLevels: absent" },
	{ "identity's level without isvsvn", 't', "{\"isvsvn\":4}", "{}", ATT_E_BAD_FORMAT,
	    "tdxModuleIdentities[1]: tcbLevels[1]: isvsvn: absent" },
	{ "identity's levels equal", 't', "{\"isvsvn\":4}", "{\"isvsvn\":7}", ATT_E_BAD_FORMAT,
	    "two levels with isvsvn 7" },
	{ "identities no array", 't', "\"tdxModuleIdentities\":[", "\"tdxModuleIdentities\":3,\"x\":[",
	    ATT_E_BAD_FORMAT, "tdxModuleIdentities: not an array" },
};

static const char *base(char kind)
{
	return kind == '2' ? kit_tcbinfo_v2(arena) : kit_tcbinfo(arena, kind == 't' ? PCS_TDX : PCS_SGX);
}

static void breaks_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
		struct pcs_tcbinfo *t = NULL;
		const char *text = kit_replace(arena, base(breaks[i].kind), breaks[i].from, breaks[i].to);

		att_error_clear(&e);
		if (parse(text, &t) || t)
			fail_msg("%s: accepted", breaks[i].what);
		if (e.code != breaks[i].code || !strstr(e.text, breaks[i].text))
			fail_msg("%s: %s \"%s\"", breaks[i].what, att_err_text(e.code), e.text);
	}
}

static void order_does_not_count(void **state)
{
	const char *text = kit_tcbinfo(arena, PCS_SGX);
	struct pcs_tcbinfo *t = NULL;

	(void)state;
	/* Components 70 and 60 change places, their statuses stay where they are. */
	text = kit_replace(arena, text, "{\"svn\":70}", "{\"svn\":1070}");
	text = kit_replace(arena, text, "{\"svn\":60}", "{\"svn\":70}");
	text = kit_replace(arena, text, "{\"svn\":1070}", "{\"svn\":60}");
	CHECK_OK(parse(text, &t), &e);
	assert_int_equal(t->levels[0].sgx[0].svn, 70);
	assert_int_equal(t->levels[0].grade.status, TCB_SW_HARDENING);
	assert_int_equal(t->levels[1].sgx[0].svn, 60);
	assert_int_equal(t->levels[1].grade.status, TCB_UP_TO_DATE);
}

/* Equal SGX components: PCESVN decides, then the TDX components. */
static void order_has_three_keys(void **state)
{
	const char *text = kit_tcbinfo(arena, PCS_TDX);
	struct pcs_tcbinfo *t = NULL;

	(void)state;
	for (unsigned svn = 60; svn >= 10; svn -= 10)
		text = kit_replace(arena, text, arena_printf(arena, "[{\"svn\":%u}", svn), "[{\"svn\":70}");
	for (unsigned i = 0; i < 3; i++)
		text = kit_replace(arena, text, "\"pcesvn\":13}", "\"pcesvn\" :9}");
	for (unsigned i = 0; i < 7; i++)
		text = kit_replace(arena, text, "\"tdxtcbcomponents\":[{\"svn\":5}",
		    arena_printf(arena, "\"tdxtcbcomponents\" :[{\"svn\":%u}", 10 + i));
	CHECK_OK(parse(text, &t), &e);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(t->levels[i].pcesvn, i < 4 ? 13 : 9);
		assert_int_equal(t->levels[i].tdx[0].svn, 16 - i);
	}
}

/* Puts n elements in place of the mark; each '#' becomes the element's number. */
static char *repeated(const char *text, const char *mark, const char *element, size_t n)
{
	struct buf b = buf_make(arena);

	for (size_t i = 0; i < n; i++)
		for (const char *p = element; *p; p++)
			if (*p == '#')
				buf_fmt(&b, "%zu", i);
			else
				buf_char(&b, *p);
	assert_false(b.failed);
	return kit_replace(arena, text, mark, b.p);
}

#define ZERO4 "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0}"

static void limits_hold(void **state)
{
	static const char level[] = "{\"tcb\":{\"sgxtcbcomponents\":[" ZERO4 "," ZERO4 "," ZERO4 "," ZERO4
		"],\"pcesvn\":#},\"tcbDate\":\"2020-01-01T00:00:00Z\",\"tcbStatus\":\"OutOfDate\"},";
	static const char identity[] = "{\"id\":\"M#\",\"mrsigner\":\""
		"000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000\",\"attributes\":\"0000000000000000\","
		"\"attributesMask\":\"0000000000000000\",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":3},"
		"\"tcbDate\":\"2020-01-01T00:00:00Z\",\"tcbStatus\":\"OutOfDate\"}]},";
	const struct { char kind; const char *mark, *element; size_t has, max; const char *text; } rows[] = {
		{ '3', LEVEL1, level, 7, TCB_LEVELS_MAX, "tcbLevels: 257 elements, at most 256" },
		{ '3', "\"TEST-SA-00060\",", "\"SA-#\",", 2, TCB_ADVISORIES_MAX,
		    "advisoryIDs: 257 elements, at most 256" },
		{ 't', "{\"id\":\"TDX_1a\"", identity, 2, TCB_MODULES_MAX,
		    "tdxModuleIdentities: 33 elements, at most 32" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct pcs_tcbinfo *t = NULL;
		const char *mark = rows[i].mark, *keep = arena_printf(arena, "@%s", mark);
		const char *text = kit_replace(arena, base(rows[i].kind), mark, keep);

		CHECK_OK(parse(repeated(text, "@", rows[i].element, rows[i].max - rows[i].has), &t), &e);
		CHECK_ERR(parse(repeated(text, "@", rows[i].element, rows[i].max - rows[i].has + 1),
		    &t), &e, ATT_E_LIMIT,
		    rows[i].text);
	}
}

static void text_limits_hold(void **state)
{
	char id[TCB_TEXT_MAX + 4] = "\"";
	const char *text = kit_tcbinfo(arena, PCS_SGX);
	struct pcs_tcbinfo *t = NULL;

	(void)state;
	memset(id + 1, 'A', TCB_TEXT_MAX);
	id[TCB_TEXT_MAX + 1] = '"';
	CHECK_OK(parse(kit_replace(arena, text, "\"TEST-SA-00060\"", id), &t), &e);
	id[TCB_TEXT_MAX + 1] = 'A';
	id[TCB_TEXT_MAX + 2] = '"';
	CHECK_ERR(parse(kit_replace(arena, text, "\"TEST-SA-00060\"", id), &t), &e, ATT_E_BAD_FORMAT,
	    "1..128");
}

static void size_and_depth_are_limited(void **state)
{
	char *big = arena_alloc(arena, PCS_TEXT_MAX + 2);
	struct buf deep = buf_make(arena);
	const char *text = kit_tcbinfo(arena, PCS_SGX);
	struct pcs_tcbinfo *t = NULL;

	(void)state;
	memset(big, ' ', PCS_TEXT_MAX + 1);
	bytes_copy(big, text, strlen(text));
	CHECK_OK(pcs_tcbinfo_parse(rd_make(big, PCS_TEXT_MAX), arena, &t, &e), &e);
	CHECK_ERR(pcs_tcbinfo_parse(rd_make(big, PCS_TEXT_MAX + 1), arena, &t, &e), &e, ATT_E_LIMIT,
	    "at most");
	for (size_t i = 0; i < PCS_DEPTH_MAX - 2; i++)
		buf_str(&deep, "[");
	for (size_t i = 0; i < PCS_DEPTH_MAX - 2; i++)
		buf_str(&deep, "]");
	CHECK_OK(parse(kit_replace(arena, text, "\"tcbType\"", arena_printf(arena,
	    "\"x\":%s,\"tcbType\"", deep.p)),
		&t), &e);
	CHECK_ERR(parse(kit_replace(arena, text, "\"tcbType\"", arena_printf(arena,
	    "\"x\":[%s],\"tcbType\"", deep.p)),
		&t), &e, ATT_E_BAD_JSON, "");
}

static void every_truncation_fails(void **state)
{
	const char *text = kit_tcbinfo(arena, PCS_TDX);

	(void)state;
	for (size_t n = 0; n < strlen(text); n++) {
		struct arena *a = arena_new((size_t)8 << 20);
		struct pcs_tcbinfo *t = NULL;

		att_error_clear(&e);
		assert_false(pcs_tcbinfo_parse(rd_make(text, n), a, &t, &e));
		assert_true(e.code != ATT_E_OK && !t);
		arena_free(a);
	}
}

static void memory_may_fail(void **state)
{
	const char *text = kit_tcbinfo(arena, PCS_TDX);
	bool done = false;

	(void)state;
	for (size_t n = 0; !done; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct pcs_tcbinfo *t = NULL;

		if (!a)
			continue;
		att_error_clear(&e);
		done = pcs_tcbinfo_parse(rd_make(text, strlen(text)), a, &t, &e);
		assert_true(done || e.code == ATT_E_NOMEM);
		arena_free(a);
	}
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new((size_t)512 << 20);
	return arena ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_version_3),
		cmocka_unit_test(reads_version_2),
		cmocka_unit_test(reads_tdx),
		cmocka_unit_test(a_module_must_match),
		cmocka_unit_test(an_unknown_status_is_kept_as_text),
		cmocka_unit_test(breaks_are_named),
		cmocka_unit_test(order_does_not_count),
		cmocka_unit_test(order_has_three_keys),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(text_limits_hold),
		cmocka_unit_test(size_and_depth_are_limited),
		cmocka_unit_test(every_truncation_fails),
		cmocka_unit_test(memory_may_fail),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
