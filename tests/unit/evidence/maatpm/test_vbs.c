/* Enclave reports in messages: exact bytes, the key of the log, and what the log must say for it. */
#include <string.h>

#include "tests/unit/evidence/maatpm/kit.h"

static struct mk m;
static struct mk_order o;

static int set_up(void **state)
{
	(void)state;
	mk_init(&m);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mk_clear(&m);
	return 0;
}

static void windows(const struct mk_windows *w)
{
	mk_fresh(&m);
	mk_sound(&m, &o);
	mk_windows_log(&m, &o, w);
}

static const char *judged(struct rd payload)
{
	return mk_verdict(&m, mk_envelope(&m, mk_sign(&m, o.header, payload, m.request)));
}

static void verdict_is(const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s, want %s: %s", got, want,
		    checklist_failed(&m.checks) ? m.checks.results[m.checks.first_failed].found :
						  m.k.e.text);
}

static void a_report_passes(void **state)
{
	const struct mk_windows good = { 0 };

	(void)state;
	for (int version = 1; version <= 2; version++) {
		windows(&good);
		o.version = version == 1 ? MAATPM_V1 : MAATPM_V2;
		o.header = version == 1 ? "{\"alg\":\"PS256\",\"typ\":\"attReq\"}" : o.header;
		verdict_is(judged(mk_vbs_payload(&m, &o, 0)), "ok");
		assert_true(claims_find(&m.claims, "vbsReportPresent")->b);
		assert_true(claims_find(&m.claims, "vsmReportPresent")->b);
		assert_string_equal(mk_claim(&m, "enclaveImageId"), "AQEAAAAAAAAAAAAAAAAAAA");
		assert_int_equal(claims_find(&m.claims, "enclaveSvn")->i, 3);
	}
	/* "vsm" is the same */
	windows(&good);
	verdict_is(judged(mk_replaced(&m, mk_vbs_payload(&m, &o, 0), "\"vbs\"", "\"vsm\"")), "ok");
	windows(&good);
	verdict_is(mk_order_verdict(&m, &o), "ok");
	assert_false(claims_find(&m.claims, "vbsReportPresent")->b);
	assert_null(claims_find(&m.claims, "enclaveSvn"));
}

/* One blank more, and it is not what the enclave signed. */
static void the_exact_bytes_count(void **state)
{
	const struct mk_windows good = { 0 };

	(void)state;
	windows(&good);
	verdict_is(judged(mk_replaced(&m, mk_vbs_payload(&m, &o, 0), "\"rp_id\":", "\"rp_id\": ")),
	    "vbs.enclave_data");
	windows(&good);
	verdict_is(
	    judged(mk_replaced(&m, mk_vbs_payload(&m, &o, 0), "{\"rp_id\"", " {\"rp_id\"")), "ok");
}

static void the_log_must_protect_the_key(void **state)
{
	const struct { struct mk_windows w; const char *id; } rows[] = {
		{ { .debugging = true }, "vbs.boot.debugging" },
		{ { .test_signing = true }, "vbs.boot.test_signing" },
		{ { .no_integrity = true }, "vbs.boot.code_integrity" },
		{ { .no_vsm = true }, "vbs.boot.vsm" },
		{ { .unclosed = true }, "vbs.idks.present" },
		{ { .other_idks = m.request }, "vbs.idks.conflict" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		windows(&rows[i].w);
		verdict_is(judged(mk_vbs_payload(&m, &o, 0)), rows[i].id);
	}
	/* no log, and one that is not Windows' */
	windows(&rows[0].w);
	o.now.log = rd_make(NULL, 0);
	verdict_is(judged(mk_vbs_payload(&m, &o, 0)), "vbs.idks.present");
	mk_fresh(&m);
	mk_sound(&m, &o);
	verdict_is(judged(mk_vbs_payload(&m, &o, 0)), "vbs.idks.present");
}

static void the_report_is_by_that_key(void **state)
{
	const struct mk_windows good = { 0 };
	struct privkey *idks = m.idks;
	struct rd payload;

	(void)state;
	windows(&good);
	m.idks = m.request;
	payload = mk_vbs_payload(&m, &o, 0);
	m.idks = idks;
	verdict_is(judged(payload), "vbs.signature");
}

static void reports_have_a_form(void **state)
{
	static const struct { const char *find, *put, *substring; } rows[] = {
		{ "\"vsm_report\":{", "\"vbs_report\":{", "vsm_report: want an object" },
		{ "\"enclave\":{", "\"enklave\":{", "enclave: want an object" },
		{ "\"report\":\"", "\"report\":\"AAAA", "" },
		{ "\"report_signed\":{", "\"report_sealed\":{", "report_signed: want an object" },
	};
	const struct mk_windows good = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		windows(&good);
		verdict_is(
		    judged(mk_replaced(&m, mk_vbs_payload(&m, &o, 0), rows[i].find, rows[i].put)),
		    "form");
		assert_non_null(strstr(m.k.e.text, rows[i].substring));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_passes),
		cmocka_unit_test(the_exact_bytes_count),
		cmocka_unit_test(the_log_must_protect_the_key),
		cmocka_unit_test(the_report_is_by_that_key),
		cmocka_unit_test(reports_have_a_form),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
