#include <string.h>

#include "tests/unit/collateral/kit.h"

static struct arena *arena;
static struct att_error e;
static struct pcs_tcbinfo *sgx, *tdx;
static struct pcs_qeid *qe;

static struct pcs_tcbinfo *info(const char *text)
{
	struct pcs_tcbinfo *t = NULL;

	CHECK_OK(pcs_tcbinfo_parse(rd_make(text, strlen(text)), arena, &t, &e), &e);
	return t;
}

static struct tcb_platform platform(uint8_t first, uint16_t qe_isvsvn)
{
	return (struct tcb_platform){ .sgx = { first, 2, 2, 2 }, .pcesvn = 13, .qe_isvsvn = qe_isvsvn };
}

static struct tcb_evaluation evaluate(const struct pcs_tcbinfo *t, const struct tcb_platform *p)
{
	struct tcb_evaluation v = { 0 };

	CHECK_OK(tcb_evaluate(arena, t, qe, p, &v, &e), &e);
	assert_int_equal(v.outcome == TCB_MATCHED, v.status != TCB_UNKNOWN);
	return v;
}

/* The structure is large; most tests want one member. */
__attribute__((noinline)) static enum tcb_outcome outcome(const struct pcs_tcbinfo *t,
    const struct tcb_platform *p)
{
	return evaluate(t, p).outcome;
}

__attribute__((noinline)) static enum tcb_status status(const struct pcs_tcbinfo *t,
    const struct tcb_platform *p)
{
	return evaluate(t, p).status;
}

#define U TCB_UP_TO_DATE
#define S TCB_SW_HARDENING
#define C TCB_CONFIG
#define CS TCB_CONFIG_AND_SW_HARDENING
#define O TCB_OUT_OF_DATE
#define OC TCB_OUT_OF_DATE_CONFIG
#define R TCB_REVOKED

/* The table of the specification, each cell; rows platform 70..10, columns QE 8, 6, 4. */
static const enum tcb_status table[7][3] = {
	{ U, O, R }, { S, O, R }, { C, OC, R }, { CS, OC, R }, { O, O, R }, { OC, OC, R }, { R, R, R },
};

static void statuses_converge(void **state)
{
	static const enum tcb_status platforms[] = { U, S, C, CS, O, OC, R }, parts[] = { U, O, R };

	(void)state;
	for (size_t i = 0; i < 7; i++)
		for (size_t j = 0; j < 3; j++) {
			struct tcb_platform p = platform((uint8_t)(70 - 10 * i), (uint16_t)(8 - 2 * j));

			assert_int_equal(status(sgx, &p), table[i][j]);
			assert_int_equal(tcb_converge(platforms[i], parts[j], U), table[i][j]);
			assert_int_equal(tcb_converge(platforms[i], U, parts[j]), table[i][j]);
			/* The worse of the two counts. */
			assert_int_equal(tcb_converge(platforms[i], parts[j], R), R);
			assert_int_equal(tcb_converge(platforms[i], R, parts[j]), R);
		}
}

static void dates_and_advisories_are_joined(void **state)
{
	struct tcb_platform p = platform(60, 6);
	struct tcb_evaluation v = evaluate(sgx, &p);

	(void)state;
	assert_int_equal(v.nadvisories, 3);
	assert_string_equal(v.advisories[0], "TEST-SA-00060");
	assert_string_equal(v.advisories[1], "TEST-SA-ALL");
	assert_string_equal(v.advisories[2], "TEST-SA-QE006");
	assert_int_equal(v.date_s, v.qe->grade.date_s);
	p = platform(70, 8);
	v = evaluate(sgx, &p);
	assert_int_equal(v.nadvisories, 0);
	assert_int_equal(v.date_s, v.qe->grade.date_s);
}

static void comparison_is_component_wise(void **state)
{
	struct tcb_platform p = platform(255, 8);

	(void)state;
	/* Lexicographically far above every level, but component 2 is below them all. */
	p.sgx[1] = 1;
	assert_int_equal(outcome(sgx, &p), TCB_NO_PLATFORM_LEVEL);
	p = platform(255, 8);
	p.pcesvn = 12;
	assert_int_equal(outcome(sgx, &p), TCB_NO_PLATFORM_LEVEL);
	p = platform(9, 8);
	assert_int_equal(outcome(sgx, &p), TCB_NO_PLATFORM_LEVEL);
	p = platform(10, 8);
	assert_int_equal(status(sgx, &p), TCB_REVOKED);
	p = platform(69, 8);
	assert_int_equal(status(sgx, &p), TCB_SW_HARDENING);
	p = platform(255, UINT16_MAX);
	assert_int_equal(status(sgx, &p), TCB_UP_TO_DATE);
}

static void every_component_counts(void **state)
{
	const char *text = kit_tcbinfo(arena, PCS_TDX);
	uint8_t svn[16] = { 9, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 };
	struct tcb_platform p = { .pcesvn = 13, .qe_isvsvn = 8, .tee_tcb_svn = svn };
	struct pcs_tcbinfo t = *info(text);
	struct tcb_level one = t.levels[0];

	(void)state;
	t.levels = &one;
	t.nlevels = 1;
	for (size_t i = 0; i < TCB_COMPONENTS; i++) {
		one.sgx[i].svn = 9;
		one.tdx[i].svn = i == 1 ? 0 : 9;
		p.sgx[i] = 9;
	}
	assert_int_equal(outcome(&t, &p), TCB_MATCHED);
	for (size_t i = 0; i < TCB_COMPONENTS; i++) {
		p.sgx[i] = 8;
		assert_int_equal(outcome(&t, &p), TCB_NO_PLATFORM_LEVEL);
		p.sgx[i] = 9;
		one.tdx[i].svn++;
		assert_int_equal(outcome(&t, &p), TCB_NO_PLATFORM_LEVEL);
		one.tdx[i].svn--;
	}
	assert_int_equal(outcome(&t, &p), TCB_MATCHED);
}

static void unlisted_qe_is_not_supported(void **state)
{
	struct tcb_platform p = platform(70, 3);
	struct tcb_evaluation v = evaluate(sgx, &p);

	(void)state;
	assert_int_equal(v.outcome, TCB_NO_QE_LEVEL);
	assert_null(v.advisories);
	p = platform(70, 4);
	assert_int_equal(status(sgx, &p), TCB_REVOKED);
}

static void an_unknown_status_decides_nothing(void **state)
{
	struct pcs_tcbinfo *t = info(kit_replace(arena, kit_tcbinfo(arena, PCS_SGX), "\"UpToDate\"",
	    "\"New\""));
	const char *text = kit_replace(arena, kit_qeid(arena, "QE"), "\"UpToDate\"", "\"SWHardeningNeeded\"");
	struct pcs_qeid *old = qe;
	struct tcb_platform p = platform(70, 8);
	struct tcb_evaluation v = evaluate(t, &p);

	(void)state;
	assert_int_equal(v.outcome, TCB_UNKNOWN_STATUS);
	assert_string_equal(v.unknown, "New");
	/* It counts only on the level selected. */
	p = platform(60, 8);
	assert_int_equal(status(t, &p), TCB_SW_HARDENING);
	/* A QE knows three statuses. */
	CHECK_OK(pcs_qeid_parse(rd_make(text, strlen(text)), arena, &qe, &e), &e);
	v = evaluate(sgx, &p);
	assert_int_equal(v.outcome, TCB_UNKNOWN_STATUS);
	assert_string_equal(v.unknown, "SWHardeningNeeded");
	qe = old;
}

static void tdx_modules_are_judged(void **state)
{
	static const struct {
		uint8_t first, svn[3];
		enum tcb_outcome outcome;
		enum tcb_status status;
	} rows[] = {
		{ 70, { 7, 1, 3 }, TCB_MATCHED, U },
		{ 70, { 4, 1, 3 }, TCB_MATCHED, O },
		{ 70, { 2, 1, 3 }, TCB_MATCHED, R },
		{ 70, { 3, 0x1a, 3 }, TCB_MATCHED, U },
		/* Version 0: all 16 bytes are the platform's. */
		{ 70, { 5, 0, 3 }, TCB_MATCHED, U },
		{ 70, { 4, 0, 3 }, TCB_NO_PLATFORM_LEVEL, TCB_UNKNOWN },
		{ 70, { 7, 2, 3 }, TCB_NO_MODULE_LEVEL, TCB_UNKNOWN },
		{ 70, { 1, 1, 3 }, TCB_NO_MODULE_LEVEL, TCB_UNKNOWN },
		{ 70, { 7, 1, 2 }, TCB_NO_PLATFORM_LEVEL, TCB_UNKNOWN },
		{ 50, { 4, 1, 3 }, TCB_MATCHED, OC },
		{ 60, { 4, 1, 3 }, TCB_MATCHED, O },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t svn[16] = { rows[i].svn[0], rows[i].svn[1], rows[i].svn[2] };
		struct tcb_platform p = platform(rows[i].first, 8);
		struct tcb_evaluation v;

		p.tee_tcb_svn = svn;
		v = evaluate(tdx, &p);
		assert_int_equal(v.outcome, rows[i].outcome);
		assert_int_equal(v.status, rows[i].status);
	}
}

static void a_module_brings_its_date_and_advisories(void **state)
{
	uint8_t svn[16] = { 4, 1, 3 };
	struct tcb_platform p = platform(60, 8);
	struct tcb_evaluation v;

	(void)state;
	p.tee_tcb_svn = svn;
	v = evaluate(tdx, &p);
	assert_int_equal(v.date_s, v.module->grade.date_s);
	assert_int_equal(v.nadvisories, 3);
	assert_string_equal(v.advisories[2], "TEST-SA-MOD04");
}

static void the_other_tee_is_refused(void **state)
{
	uint8_t svn[16] = { 0 };
	struct tcb_platform p = platform(70, 8);
	struct tcb_evaluation v;

	(void)state;
	CHECK_ERR(tcb_evaluate(arena, tdx, qe, &p, &v, &e), &e, ATT_E_INTERNAL, "TDX");
	p.tee_tcb_svn = svn;
	CHECK_ERR(tcb_evaluate(arena, sgx, qe, &p, &v, &e), &e, ATT_E_INTERNAL, "SGX");
}

static void what_is_short_is_named(void **state)
{
	uint8_t svn[16] = { 4, 1, 3 };
	struct tcb_platform p = platform(60, 6);
	struct tcb_evaluation v;

	(void)state;
	v = evaluate(sgx, &p);
	assert_int_equal(v.nshorts, 2);
	assert_string_equal(tcb_shorts_text(arena, &v),
	    "component 1 is 60, needs 70; QE ISVSVN is 6, needs 8; "
	    "advisories TEST-SA-00060, TEST-SA-ALL, TEST-SA-QE006");
	p = platform(70, 8);
	p.sgx[1] = 1;
	p.pcesvn = 2;
	v = evaluate(sgx, &p);
	assert_string_equal(tcb_shorts_text(arena, &v),
	    "component 2 is 1, needs 2 (Late Microcode); PCESVN is 2, needs 13");
	p = platform(70, 8);
	p.tee_tcb_svn = svn;
	v = evaluate(tdx, &p);
	assert_string_equal(tcb_shorts_text(arena, &v),
	    "TDX module ISVSVN is 4, needs 7; advisory TEST-SA-MOD04");
	svn[1] = 0;
	svn[2] = 2;
	v = evaluate(tdx, &p);
	assert_string_equal(tcb_shorts_text(arena, &v),
	    "TDX component 1 is 4, needs 5; TDX component 3 is 2, needs 3");
	p = platform(70, 8);
	v = evaluate(sgx, &p);
	assert_string_equal(tcb_shorts_text(arena, &v), "");
}

/* All that can be short at once fits. */
static void everything_may_be_short(void **state)
{
	uint8_t svn[16] = { 0 };
	struct tcb_platform p = { .tee_tcb_svn = svn };
	struct pcs_tcbinfo t = *tdx;
	struct tcb_level one = t.levels[0];
	struct tcb_evaluation v;

	(void)state;
	t.levels = &one;
	t.nlevels = 1;
	for (size_t i = 0; i < TCB_COMPONENTS; i++)
		one.sgx[i].svn = one.tdx[i].svn = 255;
	v = evaluate(&t, &p);
	assert_int_equal(v.nshorts, TCB_SHORTS_MAX - 1);
	svn[1] = 1;
	v = evaluate(&t, &p);
	assert_int_equal(v.nshorts, TCB_SHORTS_MAX - 2);
}

static void relaunch_is_advised(void **state)
{
	static const struct { enum tcb_status launch, current, want; } rows[] = {
		{ U, U, U }, { U, O, U }, { S, U, S }, { R, U, R }, { O, R, O }, { O, O, O }, { O, OC, O },
		{ OC, OC, OC },
		{ O, U, TCB_RELAUNCH }, { O, S, TCB_RELAUNCH }, { O, C, TCB_RELAUNCH_CONFIG },
		{ O, CS, TCB_RELAUNCH_CONFIG }, { OC, U, TCB_RELAUNCH_CONFIG }, { OC, S,
		    TCB_RELAUNCH_CONFIG },
		{ OC, C, TCB_RELAUNCH_CONFIG }, { OC, CS, TCB_RELAUNCH_CONFIG }, { C, U, C },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(tcb_relaunch(rows[i].launch, rows[i].current), rows[i].want);
}

static void names_of_statuses(void **state)
{
	(void)state;
	for (enum tcb_status s = TCB_UP_TO_DATE; s < TCB_NSTATUSES; s++) {
		const char *name = tcb_status_name(s);

		assert_int_equal(tcb_status_find(name), s);
		/* The relaunch values never come from collateral. */
		assert_int_equal(tcb_status_of_collateral(name, strlen(name)),
		    s <= TCB_REVOKED ? s : TCB_UNKNOWN);
	}
	assert_int_equal(tcb_status_find(""), TCB_UNKNOWN);
	assert_int_equal(tcb_status_find("uptodate"), TCB_UNKNOWN);
	assert_int_equal(tcb_status_of_collateral("UpToDate\0", 9), TCB_UNKNOWN);
	assert_int_equal(tcb_status_of_collateral("UpToDat", 7), TCB_UNKNOWN);
}

static void memory_may_fail(void **state)
{
	struct tcb_platform p = platform(60, 6);
	struct tcb_evaluation v = evaluate(sgx, &p), untouched = { .nshorts = 77 };
	struct arena *a = arena_new(8);

	(void)state;
	CHECK_ERR(tcb_evaluate(a, sgx, qe, &p, &untouched, &e), &e, ATT_E_LIMIT, "");
	assert_int_equal(untouched.nshorts, 77);
	assert_null(tcb_shorts_text(a, &v));
	arena_free(a);
}

static int setup(void **state)
{
	const char *text;

	(void)state;
	arena = arena_new((size_t)64 << 20);
	sgx = info(kit_tcbinfo(arena, PCS_SGX));
	tdx = info(kit_tcbinfo(arena, PCS_TDX));
	text = kit_qeid(arena, "QE");
	return pcs_qeid_parse(rd_make(text, strlen(text)), arena, &qe, &e) ? 0 : -1;
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
		cmocka_unit_test(statuses_converge),
		cmocka_unit_test(dates_and_advisories_are_joined),
		cmocka_unit_test(comparison_is_component_wise),
		cmocka_unit_test(every_component_counts),
		cmocka_unit_test(unlisted_qe_is_not_supported),
		cmocka_unit_test(an_unknown_status_decides_nothing),
		cmocka_unit_test(tdx_modules_are_judged),
		cmocka_unit_test(a_module_brings_its_date_and_advisories),
		cmocka_unit_test(the_other_tee_is_refused),
		cmocka_unit_test(what_is_short_is_named),
		cmocka_unit_test(everything_may_be_short),
		cmocka_unit_test(relaunch_is_advised),
		cmocka_unit_test(names_of_statuses),
		cmocka_unit_test(memory_may_fail),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
