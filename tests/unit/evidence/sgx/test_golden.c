/*
 * Recorded answers of the real service to SGX and Open Enclave evidence: the same claims, all but
 * times, ids, the issuer, and the two digests whose inputs were not recorded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/json.h"
#include "libattest/attest.h"
#include "tests/harness/check.h"

#define COLLATERAL "sgx/sgx-v3-00906ed50000.2022-04.collateral.json"
#define COLLATERAL_TIME 1651017600      /* 2022-04-27T00:00:00Z */
#define MEMORY ((size_t)64 << 20)

static const char *const files[] = {
	"maa-golden/attest-sgx-simple.aad.json",
	"maa-golden/attest-sgx-runtime-json.aad.json",
	"maa-golden/attest-sgx-draft-policy.aad.json",
	"maa-golden/attest-oe-simple.shared.json",
	"maa-golden/attest-oe-runtime-binary.shared.json",
};
static const char *const not_ours[] = { "exp", "iat", "iss", "jti", "nbf" };
static const char *const unknown_inputs[] = { "qeidhash", "tcbinfohash" };

static struct arena *a;
static struct att_ctx *ctx;
static struct att_error e;
static size_t compared;

static bool in_list(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* A copy without the members that cannot be the same, sorted, as text. */
static struct json *comparable(const struct json *v)
{
	struct json *o;

	if (v->kind != JSON_OBJECT)
		return json_copy(a, v);
	o = json_object(a);
	for (const struct json *m = v->child; m; m = m->next)
		if (!in_list(m->name, not_ours, sizeof not_ours / sizeof not_ours[0]) &&
		    !in_list(m->name, unknown_inputs, sizeof unknown_inputs / sizeof unknown_inputs[0]))
			o = json_putn(a, o, m->name, m->name_len, comparable(m));
	return o;
}

static const char *text_of(const struct json *v, enum json_style style)
{
	char *text;
	size_t n;

	CHECK_OK(json_write(a, v, style, &text, &n, &e), &e);
	return text;
}

static struct att_result *appraise(const struct json *request, unsigned accept)
{
	struct blob collateral = vector_file(COLLATERAL);
	struct att_bytes piece = { collateral.p, collateral.n };
	struct att_settings settings;
	const char *body = text_of(json_get(request, "body"), JSON_COMPACT);
	const char *path = json_get(request, "path")->s;
	struct att_request req = {
		.type = arena_strndup(a, path + strlen("/attest/"), strcspn(path + strlen("/attest/"), "?")),
		.body = { (const uint8_t *)body, strlen(body) },
		.body_is_json_only = true,
		.endorsements = &piece,
		.nendorsements = 1,
		.now_s = COLLATERAL_TIME,
		.settings = &settings,
	};
	struct att_result *r = NULL;

	att_settings_default(&settings);
	settings.tcb_accept |= accept;
	CHECK_OK(att_appraise(ctx, &req, &r, &e), &e);
	blob_free(&collateral);
	return r;
}

static void compare_claims(const char *file, const struct att_result *r, const struct json *want)
{
	struct json *token;

	if (!r->token_json)
		fail_msg("%s: %s: %s", file, att_verdict_name(r->verdict), r->error.text);
	CHECK_OK(json_parse(a, r->token_json, strlen(r->token_json), NULL, &token, &e), &e);
	/* x-ms-ver is put in by the signer, with the other registered claims */
	token = json_put(a, comparable(token), "x-ms-ver", json_string(a, "1.0"));
	assert_string_equal(text_of(token, JSON_SORTED), text_of(comparable(want), JSON_SORTED));
	compared++;
}

static void run_step(const char *file, const struct json *step)
{
	const struct json *want = json_get(json_get(step, "decoded"), "claims"), *status;
	struct att_result *r;

	if (strncmp(json_get(json_get(step, "request"), "path")->s, "/attest/", strlen("/attest/")) != 0)
		return;
	r = appraise(json_get(step, "request"), ATT_TCB_OUT_OF_DATE);
	status = json_get(json_get(step, "response"), "status");
	if (want)
		compare_claims(file, r, want);
	else {
		assert_int_equal(status->i, 400);
		assert_int_equal(r->verdict, ATT_DENIED);
		assert_string_equal(att_err_name(r->error.code), "PolicyEvaluationError");
	}
	att_result_free(r);
}

static void recorded_claims_are_the_same(void **state)
{
	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct blob b = vector_file(files[i]);
		struct json *v;
		CHECK_OK(json_parse(a, b.p, b.n, NULL, &v, &e), &e);
		for (const struct json *step = json_get(v, "steps")->child; step; step = step->next)
			run_step(files[i], step);
		blob_free(&b);
	}
	assert_int_equal(compared, 5);
}

/* The same evidence with the defaults: its TCB is out of date, and the answer says so. */
static void out_of_date_is_rejected_by_default(void **state)
{
	struct blob b;
	struct json *v;
	struct att_result *r;

	(void)state;
	need_vectors();
	b = vector_file(files[0]);
	CHECK_OK(json_parse(a, b.p, b.n, NULL, &v, &e), &e);
	r = appraise(json_get(json_get(v, "steps")->child, "request"), 0);
	assert_int_equal(r->verdict, ATT_REJECTED);
	assert_non_null(strstr(r->error.text, "dcap.tcb.level"));
	assert_non_null(strstr(r->error.text, "OutOfDate"));
	att_result_free(r);
	blob_free(&b);
}

/* A raw Open Enclave report begins like an SNP report of version 1; quotes differ by their TEE type. */
static void raw_evidence_is_recognised(void **state)
{
	static const struct { const char *file, *type; } raw[] = {
		{ "maa-golden/sgx-wus.quote.bin", "SgxEnclave" },
		{ "maa-golden/sgx-wus.oe-report.bin", "OpenEnclave" },
		{ "tdx/tdx-v4-b0c06f000000.quote.bin", "TdxVm" },
		{ "tdx/tdx-v5-90c06f000000-relaunch.quote.bin", "TdxVm" },
		{ "maa-golden/snp-aci.report.bin", "SevSnpVm" },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++) {
		struct blob b = vector_file(raw[i].file);
		bool is_raw = false;

		assert_string_equal(att_recognise((struct att_bytes){ b.p, b.n }, &is_raw), raw[i].type);
		assert_true(is_raw);
		blob_free(&b);
	}
}

/* The default policy of both types is the recorded text, byte for byte. */
static void the_default_policy_is_the_recorded_one(void **state)
{
	struct att_settings settings;
	struct blob want;

	(void)state;
	need_vectors();
	want = vector_file("policies/default-sgxenclave-v1.0.txt");
	att_settings_default(&settings);
	for (size_t i = 0; i < 2; i++) {
		char *text = att_default_policy(i ? "OpenEnclave" : "SgxEnclave", &settings);
		assert_non_null(text);
		assert_int_equal(strlen(text), want.n);
		assert_memory_equal(text, want.p, want.n);
		free(text);
	}
	blob_free(&want);
}

static int set_up(void **state)
{
	(void)state;
	a = arena_new(MEMORY);
	ctx = att_ctx_new(&e);
	return a && ctx ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	att_ctx_free(ctx);
	arena_free(a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_claims_are_the_same),
		cmocka_unit_test(out_of_date_is_rejected_by_default),
		cmocka_unit_test(raw_evidence_is_recognised),
		cmocka_unit_test(the_default_policy_is_the_recorded_one),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
