#include <string.h>

#include "tests/unit/collateral/kit.h"

static struct arena *arena;
static struct att_error e;

static bool parse(const char *text, struct pcs_qeid **out)
{
	return pcs_qeid_parse(rd_make(text, strlen(text)), arena, out, &e);
}

static void reads_it(void **state)
{
	struct pcs_qeid *q = NULL;

	(void)state;
	CHECK_OK(parse(kit_qeid(arena, "QE"), &q), &e);
	assert_int_equal(q->id, PCS_QE);
	assert_int_equal(q->version, 2);
	assert_int_equal(q->evaluation, 20);
	assert_int_equal(q->isvprodid, 1);
	assert_memory_equal(q->attributes, "\x11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_memory_equal(q->miscselect_mask, "\xff\xff\xff\xff", 4);
	assert_int_equal(q->mrsigner[0], 0x8c);
	assert_int_equal(q->nlevels, 3);
	assert_int_equal(q->levels[1].grade.nadvisories, 2);
	CHECK_OK(parse(kit_qeid(arena, "TD_QE"), &q), &e);
	assert_int_equal(q->id, PCS_TD_QE);
	CHECK_OK(parse(kit_qeid(arena, "QVE"), &q), &e);
	assert_string_equal(pcs_enclave_name(q->id), "QVE");
}

static const struct {
	const char *from, *to;
	enum att_err code;
	const char *text;
} breaks[] = {
	{ "\"QE\"", "\"qe\"", ATT_E_BAD_FORMAT, "id: qe, want QE, TD_QE or QVE" },
	{ "\"id\"", "\"x\"", ATT_E_BAD_FORMAT, "id: no string" },
	{ "\"version\":2", "\"version\":1", ATT_E_BAD_FORMAT, "version: 1, want 2" },
	{ "\"version\"", "\"x\"", ATT_E_BAD_FORMAT, "version: absent" },
	{ "issueDate", "x", ATT_E_BAD_FORMAT, "issueDate: absent" },
	{ "2026-06-19T00:00:00Z", "2026-13-19T00:00:00Z", ATT_E_BAD_FORMAT, "nextUpdate: " },
	{ "tcbEvaluationDataNumber\":20", "tcbEvaluationDataNumber\":-20", ATT_E_BAD_FORMAT,
	    "tcbEvaluationDataNumber: -20" },
	{ "tcbEvaluationDataNumber\":20", "tcbEvaluationDataNumber\":4294967296", ATT_E_BAD_FORMAT,
	    "4294967296" },
	{ "\"00000000\"", "\"000000\"", ATT_E_BAD_FORMAT, "miscselect: " },
	{ "\"FFFFFFFF\"", "\"FFFFFFFFFF\"", ATT_E_BAD_FORMAT, "miscselectMask: " },
	{ "\"attributes\"", "\"x\"", ATT_E_BAD_FORMAT, "attributes: absent" },
	{ "\"attributesMask\"", "\"x\"", ATT_E_BAD_FORMAT, "attributesMask: absent" },
	{ "8C4F", "8C4", ATT_E_BAD_FORMAT, "mrsigner: " },
	{ "\"isvprodid\":1", "\"isvprodid\":1.5", ATT_E_BAD_FORMAT, "isvprodid: not a whole number" },
	{ "\"isvprodid\":1", "\"isvprodid\":65536", ATT_E_BAD_FORMAT, "isvprodid: 65536" },
	{ "\"tcbLevels\":[", "\"tcbLevels\":[],\"x\":[", ATT_E_BAD_FORMAT, "tcbLevels: 0 elements" },
	{ "\"isvsvn\":6", "\"isvsvn\":8", ATT_E_BAD_FORMAT, "two levels with isvsvn 8" },
	{ "{\"isvsvn\":6}", "6", ATT_E_BAD_FORMAT, "tcbLevels[1]: isvsvn: absent" },
	{ "\"isvprodid\"", "\"id\":\"QE\",\"isvprodid\"", ATT_E_BAD_JSON, "id" },
	{ "{\"id\"", "[{\"id\"", ATT_E_BAD_JSON, "enclaveIdentity: " },
};

static void breaks_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
		struct pcs_qeid *q = NULL;

		att_error_clear(&e);
		if (parse(kit_replace(arena, kit_qeid(arena, "QE"), breaks[i].from, breaks[i].to), &q) || q)
			fail_msg("%s: accepted", breaks[i].to);
		if (e.code != breaks[i].code || !strstr(e.text, breaks[i].text))
			fail_msg("%s: %s \"%s\"", breaks[i].to, att_err_text(e.code), e.text);
	}
}

static void levels_are_sorted(void **state)
{
	const char *text = kit_qeid(arena, "QE");
	struct pcs_qeid *q = NULL;

	(void)state;
	text = kit_replace(arena, text, "\"isvsvn\":8", "\"isvsvn\":2");
	CHECK_OK(parse(text, &q), &e);
	assert_int_equal(q->levels[0].isvsvn, 6);
	assert_int_equal(q->levels[2].isvsvn, 2);
	assert_int_equal(q->levels[2].grade.status, TCB_UP_TO_DATE);
}

static void a_report_must_match(void **state)
{
	struct pcs_enclave_fields good = { .attributes = { 0x15, 0, 0, 0, 0, 0, 0, 0, 0xe7 },
	    .isvprodid = 1 }, f;
	struct pcs_qeid *q = NULL;

	(void)state;
	CHECK_OK(parse(kit_qeid(arena, "QE"), &q), &e);
	bytes_copy(good.mrsigner, q->mrsigner, sizeof good.mrsigner);
	/* MODE64BIT and XFRM are free under the mask. */
	CHECK_OK(pcs_qeid_matches(q, &good, &e), &e);
	f = good;
	f.miscselect[3] = 1;
	CHECK_ERR(pcs_qeid_matches(q, &f, &e), &e, ATT_E_NOT_AUTHENTIC,
	    "MISCSELECT is 00000001, want 00000000");
	f = good;
	f.attributes[0] |= 2;
	CHECK_ERR(pcs_qeid_matches(q, &f, &e), &e, ATT_E_NOT_AUTHENTIC, "ATTRIBUTES is 17");
	f = good;
	f.attributes[0] &= 0xef;
	CHECK_ERR(pcs_qeid_matches(q, &f, &e), &e, ATT_E_NOT_AUTHENTIC, "ATTRIBUTES is 05");
	f = good;
	f.mrsigner[31] ^= 1;
	CHECK_ERR(pcs_qeid_matches(q, &f, &e), &e, ATT_E_NOT_AUTHENTIC, "MRSIGNER is 8c4f");
	f = good;
	f.isvprodid = 2;
	CHECK_ERR(pcs_qeid_matches(q, &f, &e), &e, ATT_E_NOT_AUTHENTIC, "ISVPRODID is 2, want 1");
}

static bool parse_numbers(const char *text, struct pcs_numbers **out)
{
	return pcs_numbers_parse(rd_make(text, strlen(text)), arena, out, &e);
}

static void numbers_are_read(void **state)
{
	static const struct { const char *from, *to, *text; } rows[] = {
		{ "\"SGX\"", "\"QE\"", "id: QE, want SGX or TDX" },
		{ "\"version\":1", "\"version\":2", "version: 2, want 1" },
		{ "\"tcbEvalNumbers\":[", "\"tcbEvalNumbers\":[],\"x\":[", "tcbEvalNumbers: 0 elements" },
		{ "\"tcbEvaluationDataNumber\"", "\"x\"",
		    "tcbEvalNumbers[0]: tcbEvaluationDataNumber: absent" },
		{ "\"tcbDate\"", "\"x\"", "tcbEvalNumbers[0]: tcbDate: absent" },
		{ "\"tcbRecoveryEventDate\"", "\"x\"", "tcbRecoveryEventDate: absent" },
	};
	struct pcs_numbers *n = NULL;

	(void)state;
	CHECK_OK(parse_numbers(kit_numbers(), &n), &e);
	assert_int_equal(n->tee, PCS_SGX);
	assert_int_equal(n->nnumbers, 1);
	assert_int_equal(n->numbers[0].evaluation, 20);
	assert_int_equal(n->numbers[0].date_s - n->numbers[0].recovery_s, 86400);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(parse_numbers(kit_replace(arena, kit_numbers(), rows[i].from, rows[i].to), &n), &e,
		    ATT_E_BAD_FORMAT, rows[i].text);
}

static void memory_may_fail(void **state)
{
	const char *text = kit_qeid(arena, "QE");
	bool done = false;

	(void)state;
	for (size_t n = 0; !done; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct pcs_numbers *t = NULL;
		struct pcs_qeid *q = NULL;

		if (!a)
			continue;
		att_error_clear(&e);
		done = pcs_qeid_parse(rd_make(text, strlen(text)), a, &q, &e) &&
		    pcs_numbers_parse(rd_make(kit_numbers(), strlen(kit_numbers())), a, &t, &e);
		assert_true(done || e.code == ATT_E_NOMEM);
		arena_free(a);
	}
}

static void every_truncation_fails(void **state)
{
	const char *text = kit_qeid(arena, "QE");

	(void)state;
	for (size_t n = 0; n < strlen(text); n++) {
		struct pcs_qeid *q = NULL;

		att_error_clear(&e);
		assert_false(pcs_qeid_parse(rd_make(text, n), arena, &q, &e));
		assert_true(e.code != ATT_E_OK && !q);
	}
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new((size_t)64 << 20);
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
		cmocka_unit_test(reads_it),
		cmocka_unit_test(breaks_are_named),
		cmocka_unit_test(levels_are_sorted),
		cmocka_unit_test(a_report_must_match),
		cmocka_unit_test(numbers_are_read),
		cmocka_unit_test(memory_may_fail),
		cmocka_unit_test(every_truncation_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
