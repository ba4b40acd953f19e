/* Form of messages: the break list, truncation, damage, limits, failing memory. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"
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

/* Without logs a message is short, and a quote without a log is legal. */
static void small(void)
{
	mk_fresh(&m);
	mk_sound(&m, &o);
	o.now.log = o.now.ima = rd_make(NULL, 0);
}

static void small_v1(void)
{
	small();
	o.version = MAATPM_V1;
	o.header = "{\"alg\":\"PS256\",\"typ\":\"attReq\"}";
}

static void form_error(const char *got, const char *substring)
{
	if (strcmp(got, "form") != 0)
		fail_msg("%s, want an error of form with \"%s\"", got, substring);
	if (!strstr(m.k.e.text, substring))
		fail_msg("\"%s\" lacks \"%s\"", m.k.e.text, substring);
}

static const struct { const char *text, *substring; } envelopes[] = {
	{ "{\"payload\":", "offset" },
	{ "{\"payload\":[]}", "aikcert" },
	{ "{\"payload\":{}}", "aikcert" },
	{ "{\"payload\":{\"type\":\"aikcert\",\"request\":\"x\"}}", "aikcert" },
	{ "{\"payload\":{\"type\":\"aikcert\"}}", "asks for a challenge" },
	{ "{\"payload\":{\"type\":\"aikpub\"}}", "type: \"aikpub\"" },
	{ "{\"payload\":{\"type\":7}}", "type: want" },
	{ "{\"payload\":{\"request\":7}}", "request: want" },
	{ "{\"payload\":{\"request\":\"x\"}}", "1 segments" },
	{ "{\"payload\":{\"request\":\"x\",\"request\":\"x\"}}", "duplicate" },
	{ "{\"payload\":{\"request\":\"e30.e30.\"}}", "no alg" },
	{ "{\"payload\":{\"request\":\"eyJhbGciOiJQUzI1NiJ9.e30.\"}}", "typ is not" },
	{ "{\"payload\":{\"type\":[[[[[[[[1]]]]]]]]}}", "nesting" },
	{ "{\"type\":\"Tpm\"}", "tpm evidence file" },
	{ "", "tpm evidence file" },
};

static void envelopes_are_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof envelopes / sizeof envelopes[0]; i++) {
		mk_fresh(&m);
		form_error(mk_verdict(&m, kit_text(&m.k, envelopes[i].text)), envelopes[i].substring);
	}
}

static const struct { const char *find, *put, *substring;
} v2_rows[] = {
	{ "\"basic\"", "\"sgx\"", "att_type" },
	{ "\"att_type\":\"basic\",", "", "att_type" },
	{ "\"att_data\":{", "\"att_date\":{", "att_data: want an object" },
	{ "\"att_data\":{", "\"att_data\":{\"challenge\":\"AA\",", "duplicate" },
	{ "\"rp_id\":\"https://rp.example\"", "\"rp_id\":7", "rp_id" },
	{ "\"rp_data\":\"cnBkYXRh\"", "\"rp_data\":\"!\"", "rp_data" },
	{ "\"challenge\":", "\"challenged\":", "challenge: want" },
	{ "\"challenge\":\"", "\"challenge\":\"=", "challenge" },
	{ "\"service_context\":", "\"context\":", "service_context" },
	{ "\"tpm_att_data\":{", "\"tpm_att_date\":{", "tpm_att_data: want an object" },
	{ "\"current_attestation\"", "\"attestation\"", "current_attestation: want an object" },
	{ "\"logs\":[]", "\"logs\":{}", "current_attestation: logs: want a list" },
	{ "\"logs\":[]", "\"logs\":[{\"type\":\"SPDM\"}]", "logs[0]: type" },
	{ "\"logs\":[]", "\"logs\":[{\"type\":\"TCG\",\"log\":7}]", "logs[0]: log: want" },
	{ "\"logs\":[]", "\"logs\":[1,2,3,4,5,6,7,8,9]", "logs: 9 entries, at most 8" },
	{ "\"aik_pub\":{", "\"aik_pud\":{", "aik_pub: want an object" },
	{ "\"aik_cert\":\"", "\"aik_cert\":\"?", "aik_cert" },
	{ "\"pcrs\":[{\"algorithm\":11", "\"pcrs\":[{\"algorithm\":18", "pcrs[0]: algorithm" },
	{ "\"pcrs\":[{\"algorithm\":11", "\"pcrs\":[{\"algorithm\":11,\"values\":[]},{\"algorithm\":11",
	    "pcrs[1]: algorithm: 11 twice" },
	{ "\"pcrs\":[{\"algorithm\":11", "\"pcrs\":[{\"algorithm\":4",
	    "values[0]: digest: 32 bytes, want 20" },
	{ "\"index\":1,", "\"index\":24,", "values[1]: index: want a PCR" },
	{ "\"index\":1,", "\"index\":0,", "values[1]: index: PCR 0 twice" },
	{ "\"quote\":\"", "\"quote\":\"AAAA", "current_attestation" },
	{ "\"quote\":", "\"quoted\":", "quote: want" },
	{ "\"signature\":\"", "\"signature\":\"AAAA", "current_attestation" },
	{ "\"request_key\"", "\"request_kez\"", "request_key: want" },
	{ "\"request_key\":{", "\"request_key\":{\"kid\":\"1\",", "unknown member \"kid\"" },
	{ "\"jwk\":{\"kty\":\"RSA\"", "\"jwk\":7,\"x\":{\"kty\":\"RSA\"", "unknown member \"x\"" },
	{ "\"tpm_quote\"", "\"vbs_ncrypt\"", "info: 1 members, the first \"vbs_ncrypt\"" },
	{ "\"info\":{", "\"info\":{\"tpm_certify\":{},", "info: 2 members" },
	{ "\"hash_alg\":\"sha-256\"", "\"hash_alg\":\"sha-1\"", "tpm_quote: want" },
	{ "\"hash_alg\":\"sha-256\"", "\"hash_alg\":\"sha-256\",\"x\":1", "unknown member \"x\"" },
	{ "\"info\":{\"tpm_quote\":{\"hash_alg\":\"sha-256\"}}", "\"info\":7", "info: want" },
	{ "\"info\":{\"tpm_quote\":{\"hash_alg\":\"sha-256\"}}",
	    "\"info\":{\"tpm_certify\":{\"public\":\"AA\"}}", "certification: want" },
	{ "\"custom_claims\":[", "\"other_keys\":[{},{},{}],\"custom_claims\":[",
	    "other_keys: 3 entries, at most 2" },
	{ "\"custom_claims\":[",
	    "\"other_keys\":[{\"jwk\":{},\"info\":{\"tpm_quote\":{\"hash_alg\":\"sha-256\"}}}],"
	    "\"custom_claims\":[",
	    "other_keys[0]: tpm_quote binds the request key only" },
	{ "\"custom_claims\":[", "\"custom_claims\":7,\"x\":[", "custom_claims: want a list" },
	{ "\"name\":\"site\"", "\"name\":\"\"", "custom_claims[0]: name" },
	{ "\"value\":\"oslo\"", "\"value\":1", "custom_claims[0]: value" },
	{ "\"value_type\":\"string\"", "\"value_type\":\"date\"", "value_type: want" },
	{ "\"value_type\":\"string\"", "\"value_type\":\"integer\"", "value: want an integer" },
	{ "\"value_type\":\"string\"", "\"value_type\":\"Boolean\"", "value: want true or false" },
	{ "\"rp_id\":\"https://rp.example\"", "\"rp_id\":[[[[[[[[[[[[1]]]]]]]]]]]]", "nesting" },
};

/* JSON may be written with escapes, also where nobody does. */
static void escapes_are_read(void **state)
{
	struct rd t;

	(void)state;
	small();
	t = mk_message(&m, &o);
	t = mk_replaced(&m, t, "\"request\":\"e", "\"re\\u0071uest\" : \"\\u0065");
	assert_string_equal(mk_verdict(&m, t), "ok");
}

static void v2_payloads_are_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof v2_rows / sizeof v2_rows[0]; i++) {
		small();
		o.find = v2_rows[i].find;
		o.put = v2_rows[i].put;
		form_error(mk_order_verdict(&m, &o), v2_rows[i].substring);
	}
}

static const struct { const char *find, *put, *substring;
} v1_rows[] = {
	{ "\"attest_key\":{", "\"attest_kez\":{", "attest_key: jwk: want" },
	{ "\"current_claim\":\"", "\"current_claim\":\"AAAA", "current_claim: platform claim: magic" },
	{ "\"current_claim\":", "\"currant_claim\":", "current_claim: want" },
	{ "\"aik_pub\":{", "\"aik_pud\":{", "aik_pub: want" },
	{ "\"srtm_boot_log\":\"\"", "\"srtm_boot_log\":7", "srtm_boot_log: want" },
	{ "\"srtm_boot_log\":\"\"", "\"srtm_boot_log\":\"\",\"boot_claim\":\"QUxQVA\"",
	    "boot_claim: platform claim: 4 bytes" },
};

static void v1_payloads_are_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof v1_rows / sizeof v1_rows[0]; i++) {
		small_v1();
		o.find = v1_rows[i].find;
		o.put = v1_rows[i].put;
		form_error(mk_order_verdict(&m, &o), v1_rows[i].substring);
	}
}

static const struct { const char *value, *type; enum claim_kind kind; int64_t i; } customs[] = {
	{ "\"oslo\"", "", CLAIM_STRING, 0 },
	{ "\"oslo\"", ",\"value_type\":\"String\"", CLAIM_STRING, 0 },
	{ "7", ",\"value_type\":\"Integer\"", CLAIM_INT, 7 },
	{ "\"-7\"", ",\"value_type\":\"int\"", CLAIM_INT, -7 },
	{ "\"-9223372036854775808\"", ",\"value_type\":\"int\"", CLAIM_INT, INT64_MIN },
	{ "true", ",\"value_type\":\"Boolean\"", CLAIM_BOOL, 1 },
	{ "\"false\"", ",\"value_type\":\"bool\"", CLAIM_BOOL, 0 },
};

static void custom_claims_have_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof customs / sizeof customs[0]; i++) {
		const struct claim *c;

		small();
		o.find = "\"value\":\"oslo\",\"value_type\":\"string\"";
		o.put = arena_printf(m.k.a, "\"value\":%s%s", customs[i].value, customs[i].type);
		assert_string_equal(mk_order_verdict(&m, &o), "ok");
		c = claims_find(&m.claims, MAATPM_CUSTOM_PREFIX "site");
		assert_int_equal(c->kind, customs[i].kind);
		assert_int_equal(c->kind == CLAIM_BOOL ? c->b : c->i, customs[i].i);
	}
	small();
	o.find = "\"value\":\"oslo\",\"value_type\":\"string\"";
	o.put = "\"value\":\"9223372036854775808\",\"value_type\":\"int\"";
	form_error(mk_order_verdict(&m, &o), "value: want an integer");
}

/* Bytes to a fresh verdict, the text kept outside of the arena. */
static const char *judged(const uint8_t *p, size_t n)
{
	mk_fresh(&m);
	return mk_verdict(&m, rd_make(p, n));
}

static void every_truncation_is_refused(void **state)
{
	struct rd t;
	uint8_t *p;
	size_t n;

	(void)state;
	for (int version = 1; version <= 2; version++) {
		version == 1 ? small_v1() : small();
		t = mk_message(&m, &o);
		n = rd_left(&t);
		p = malloc(n);
		assert_non_null(p);
		bytes_copy(p, rd_ptr(&t), n);
		assert_string_equal(judged(p, n), "ok");
		for (size_t i = 0; i < n; i++)
			assert_string_equal(judged(p, i), "form");
		free(p);
	}
}

/* Each character of the message another one: of its form, of its header, or its signature does not fit.
 */
static void every_damage_is_refused(void **state)
{
	struct rd t;
	uint8_t *p;
	size_t n;

	(void)state;
	small();
	t = mk_message(&m, &o);
	n = rd_left(&t);
	p = malloc(n);
	assert_non_null(p);
	bytes_copy(p, rd_ptr(&t), n);
	for (size_t i = 0; i < n; i++) {
		const char *got;

		p[i] ^= 1;
		got = judged(p, n);
		if (strcmp(got, "form") != 0 && strncmp(got, "tpm.message.", 12) != 0)
			fail_msg("character %zu: %s", i, got);
		p[i] ^= 1;
	}
	free(p);
}

static void statements_are_exact(void **state)
{
	static const struct { size_t at; uint8_t put; enum att_err code; const char *substring;
	} bad[] = {
		{ 0, 'P', ATT_E_BAD_FORMAT, "magic" },
		{ 4, 1, ATT_E_UNSUPPORTED, "version 1" },
		{ 8, 0x12, ATT_E_UNSUPPORTED, "pcrAlg 0x12" },
		{ 10, 1, ATT_E_UNSUPPORTED, "pcrAlg" },
		{ 8, 4, ATT_E_BAD_FORMAT, "cbPcrs 768, want 480" },
		{ 12, 0xff, ATT_E_TRUNCATED, "past its end" },
		{ 15, 0xff, ATT_E_TRUNCATED, "past its end" },
		{ 19, 0xff, ATT_E_TRUNCATED, "past its end" },
		{ 20, 1, ATT_E_BAD_FORMAT, "cbPcrs 769" },
		{ 24, 0xff, ATT_E_UNSUPPORTED, "signature" },
	};
	struct maatpm_attestation out;
	struct rd t;
	uint8_t *p;
	size_t n;

	(void)state;
	small_v1();
	o.now.extra = rd_make(MK_CHALLENGE, 16);
	t = mk_statement(&m, &o.now);
	n = rd_left(&t);
	for (size_t i = 0; i <= n; i++) {
		out = (struct maatpm_attestation){ 0 };
		att_error_clear(&m.k.e);
		assert_int_equal(maatpm_statement_parse(rd_make(rd_ptr(&t), i), &out, &m.k.e), i == n);
	}
	assert_int_equal(out.nbanks, 1);
	p = arena_alloc(m.k.a, n + 1);
	assert_non_null(p);
	bytes_copy(p, rd_ptr(&t), n);
	CHECK_ERR(maatpm_statement_parse(rd_make(p, n + 1), &out, &m.k.e), &m.k.e, ATT_E_BAD_FORMAT,
	    "1 bytes behind the PCR values");
	assert_int_equal(out.banks[0].mask, MK_ALL_PCRS);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		p = arena_memdup(m.k.a, rd_ptr(&t), n);
		assert_non_null(p);
		p[bad[i].at] = bad[i].put;
		CHECK_ERR(maatpm_statement_parse(rd_make(p, n), &out, &m.k.e), &m.k.e, bad[i].code,
		    bad[i].substring);
	}
}

static void limits(void **state)
{
	struct buf b;

	(void)state;
	/* at the limit and one past it */
	for (size_t n = MAATPM_CUSTOM_CLAIMS_MAX; n <= MAATPM_CUSTOM_CLAIMS_MAX + 1; n++) {
		small();
		b = buf_make(m.k.a);
		buf_str(&b, "\"custom_claims\":[");
		for (size_t i = 1; i < n; i++)
			buf_str(&b, "{\"name\":\"n\",\"value\":\"v\"},");
		o.find = "\"custom_claims\":[";
		o.put = b.p;
		if (n == MAATPM_CUSTOM_CLAIMS_MAX)
			assert_string_equal(mk_order_verdict(&m, &o), "ok");
		else
			form_error(mk_order_verdict(&m, &o), "65 entries, at most 64");
	}
	mk_fresh(&m);
	b = buf_make(m.k.a);
	buf_str(&b, "{\"payload\":{\"request\":\"");
	while (b.len < MAATPM_TEXT_MAX)
		buf_str(&b,
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	form_error(mk_verdict(&m, rd_make(b.p, b.len)), "at most");
	assert_int_equal(m.k.e.code, ATT_E_LIMIT);
}

static void memory_may_fail_anywhere(void **state)
{
	struct maatpm_evidence *ev;
	struct att_error e = { 0 };
	struct rd t;
	bool done = false;

	(void)state;
	small();
	o.has_other = true;
	t = mk_message(&m, &o);
	for (size_t n = 0; !done; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);

		att_error_clear(&e);
		done = a && maatpm_evidence_parse(t, a, &ev, &e);
		assert_true(done || !a || e.code == ATT_E_NOMEM);
		assert_in_range(n, 0, 1000);
		arena_free(a);
	}
}

/* The same of all steps, with a log. */
static void memory_may_fail_in_any_step(void **state)
{
	struct rd t;
	bool done = false;

	(void)state;
	mk_fresh(&m);
	mk_sound(&m, &o);
	o.binding = MAATPM_TPM_CERTIFY;
	o.has_other = true;
	t = mk_message(&m, &o);
	for (size_t n = 0; !done; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct evidence_outcome out = { 0 };
		struct checklist list = { 0 };
		struct att_error e = { 0 };
		struct claims c = claims_make(a);
		void *ev;

		out.checks = &list;
		done = a && checklist_init(&list, a, tpm_format.checks, tpm_format.nchecks, &e) &&
		    tpm_format.parse(t, a, m.k.c, &ev, &e) && tpm_format.verify(ev, &m.t, a, &out, &e) &&
		    !checklist_failed(&list) && tpm_format.claims(ev, &m.t, &out, &c, &e);
		if (a && !done && e.code != ATT_E_NOMEM)
			fail_msg("block %zu: %d %s %s", n, e.code, e.text,
			    checklist_failed(&list) ? list.rows[list.first_failed].id : "");
		assert_in_range(n, 0, 2000);
		arena_free(a);
	}
}

/* Verifying and making claims with a limited arena: clean errors, whatever the limit. */
static void memory_may_end_anywhere(void **state)
{
	struct rd t;
	bool done = false;

	(void)state;
	mk_fresh(&m);
	mk_sound(&m, &o);
	o.binding = MAATPM_TPM_CERTIFY;
	o.has_other = true;
	t = mk_message(&m, &o);
	for (size_t limit = 4096; !done; limit += limit / 4) {
		struct arena *a = arena_new(limit);
		struct evidence_outcome out = { 0 };
		struct checklist list;
		struct att_error e = { 0 };
		struct claims c = claims_make(a);
		void *ev;

		assert_non_null(a);
		out.checks = &list;
		done = checklist_init(&list, a, tpm_format.checks, tpm_format.nchecks, &e) &&
		    tpm_format.parse(t, a, m.k.c, &ev, &e) &&
		    tpm_format.verify(ev, &m.t, a, &out, &e) && !checklist_failed(&list) &&
		    tpm_format.claims(ev, &m.t, &out, &c, &e);
		if (!done && e.code != ATT_E_LIMIT && e.code != ATT_E_NOMEM)
			fail_msg("%zu bytes: %d %s %s", limit, e.code, e.text,
			    checklist_failed(&list) ? list.rows[list.first_failed].id : "");
		assert_in_range(limit, 0, (size_t)64 << 20);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelopes_are_strict),
		cmocka_unit_test(escapes_are_read),
		cmocka_unit_test(v2_payloads_are_strict),
		cmocka_unit_test(v1_payloads_are_strict),
		cmocka_unit_test(custom_claims_have_types),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_damage_is_refused),
		cmocka_unit_test(statements_are_exact),
		cmocka_unit_test(limits),
		cmocka_unit_test(memory_may_fail_anywhere),
		cmocka_unit_test(memory_may_fail_in_any_step),
		cmocka_unit_test(memory_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
