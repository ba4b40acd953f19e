/* The request body: every leniency real clients need, and every refusal with its field. */
#include <stdio.h>
#include <string.h>

#include "tests/harness/check.h"

#include "lib/attest/appraisal.h"

struct fixture {
	struct arena *a;
	struct crypto *c;
	struct att_settings settings;
	struct att_error e;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .a = arena_new((size_t)64 << 20) };
	f.c = crypto_new(&f.e);
	att_settings_default(&f.settings);
	*state = &f;
	return f.a && f.c ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(f->a);
	crypto_free(f->c);
	return 0;
}

static bool decode(struct fixture *f, const char *body, struct decoded *d)
{
	struct att_request req = { .type = "SevSnpVm", .body = { (const uint8_t *)body, strlen(body) },
		.body_is_json_only = true, .settings = &f->settings };

	att_error_clear(&f->e);
	return request_decode(&req, f->c, f->a, d, &f->e);
}

static void test_accepted(void **state)
{
	static const struct { const char *name, *body; bool runtime, json; const char *bytes;
	} rows[] = {
		{ "plain", "{\"report\":\"AAAA\"}", false, false, NULL },
		{ "member names in any case",
		    "{\"Report\":\"AAAA\",\"RuntimeData\":{\"Data\":\"YQ\",\"DataType\":\"binary\"}"
		    "}",
		    true, false, "a" },
		{ "padded base64url", "{\"report\":\"AAA=\"}", false, false, NULL },
		{ "standard alphabet", "{\"report\":\"+/+/\"}", false, false, NULL },
		{ "null members",
		    "{\"report\":\"AAAA\",\"runtimeData\":null,\"nonce\":null,"
		    "\"draftPolicyForAttestation\":null}",
		    false, false, NULL },
		{ "empty init-time data",
		    "{\"report\":\"AAAA\",\"initTimeData\":{\"data\":\"\",\"dataType\":\"\"}}",
		    false, false, NULL },
		{ "JSON data",
		    "{\"report\":\"AAAA\",\"runtimeData\":{\"data\":\"e30\",\"dataType\":\"JSON\"}"
		    "}",
		    true, true, "{}" },
		{ "JSON data, one trailing NUL",
		    "{\"report\":\"AAAA\",\"runtimeData\":{\"data\":\"e30A\","
		    "\"dataType\":\"JSON\"}}",
		    true, true, "{}" },
		{ "unknown members", "{\"report\":\"AAAA\",\"x\":[1,{\"y\":2}]}", false, false,
		    NULL },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct decoded d;
		if (!decode(f, rows[i].body, &d))
			fail_msg("%s: %s", rows[i].name, f->e.text);
		assert_int_equal(d.runtime.present, rows[i].runtime);
		assert_int_equal(d.runtime_json != NULL, rows[i].json);
		if (rows[i].bytes)
			assert_memory_equal(rd_ptr(&d.runtime.bytes), rows[i].bytes, strlen(rows[i].bytes));
	}
}

static void test_refused(void **state)
{
	static const struct { const char *body; enum att_err code; const char *text;
	} rows[] = {
		{ "", ATT_E_BAD_JSON, "request body" },
		{ "[]", ATT_E_BAD_JSON, "want a JSON object" },
		{ "{\"report\":\"AAAA\"", ATT_E_BAD_JSON, "request body" },
		{ "{\"report\":\"AAAA\"} x", ATT_E_BAD_JSON, "offset 18" },
		{ "{\"report\":\"AAAA\",\"report\":\"AAAA\"}", ATT_E_BAD_JSON, "report" },
		{ "{\"report\":\"AAAA\",\"Report\":\"AAAA\"}", ATT_E_BAD_JSON, "eport" },
		{ "{}", ATT_E_BAD_FORMAT, "report: found nothing" },
		{ "{\"report\":5}", ATT_E_BAD_FORMAT, "report: found another type" },
		{ "{\"report\":\"AA*A\"}", ATT_E_BAD_ENCODING, "report: base64" },
		{ "{\"report\":\"AAAAA\"}", ATT_E_BAD_ENCODING, "report" },
		{ "{\"report\":\"AAAA\",\"runtimeData\":5}", ATT_E_BAD_FORMAT, "runtimeData" },
		{ "{\"report\":\"AAAA\",\"runtimeData\":{\"data\":\"e30\"}}", ATT_E_BAD_FORMAT,
		    "runtimeData.dataType: found nothing" },
		{ "{\"report\":\"AAAA\",\"runtimeData\":{\"data\":\"e30\",\"dataType\":\"XML\"}}",
		    ATT_E_BAD_FORMAT, "\"XML\"" },
		{ "{\"report\":\"AAAA\",\"runtimeData\":{\"data\":\"*\",\"dataType\":\"JSON\"}}",
		    ATT_E_BAD_ENCODING, "runtimeData.data" },
		{ "{\"report\":\"AAAA\",\"runtimeData\":{\"data\":\"YQ\",\"dataType\":\"JSON\"}}",
		    ATT_E_BAD_JSON, "runtimeData.data" },
		{ "{\"report\":\"AAAA\",\"runtimeData\":{\"data\":\"e30AAA\",\"dataType\":\"JSON\"}"
		  "}",
		    ATT_E_BAD_JSON, "runtimeData.data" },
		{ "{\"report\":\"AAAA\",\"initTimeData\":{\"data\":\"YQ\",\"dataType\":\"JSON\"}}",
		    ATT_E_BAD_JSON, "initTimeData.data" },
		{ "{\"report\":\"AAAA\",\"draftPolicyForAttestation\":{}}", ATT_E_BAD_FORMAT,
		    "draftPolicyForAttestation" },
		{ "{\"report\":\"AAAA\",\"nonce\":{}}", ATT_E_BAD_FORMAT, "nonce" },
		{ "{\"report\":\"AAAA\",\"nonce\":-1}", ATT_E_BAD_FORMAT, "nonce" },
		{ "{\"report\":\"AAAA\",\"nonce\":1.5}", ATT_E_BAD_FORMAT, "nonce" },
		{ "{\"report\":\"AAAA\",\"nonce\":18446744073709551616}", ATT_E_BAD_JSON,
		    "out of range" },
		{ "{\"report\":\"AAAA\",\"x\":18446744073709551615}", ATT_E_BAD_JSON,
		    "18446744073709551615" },
		{ "{\"report\":\"\xff\"}", ATT_E_BAD_JSON, "request body" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct decoded d;
		if (decode(f, rows[i].body, &d))
			fail_msg("accepted: %s", rows[i].body);
		if (f->e.code != rows[i].code || !strstr(f->e.text, rows[i].text))
			fail_msg("%s: got %s (%s), want \"%s\"", rows[i].body, f->e.text,
			    att_err_text(f->e.code), rows[i].text);
	}
}

static void test_nonce_limits(void **state)
{
	struct fixture *f = *state;
	char body[NONCE_MAX + 64];
	struct decoded d;

	assert_true(decode(f, "{\"report\":\"AAAA\",\"nonce\":18446744073709551615}", &d));
	assert_int_equal(d.nonce->kind, JSON_UINT);
	assert_true(d.nonce->u == UINT64_MAX);
	for (int past = 0; past <= 1; past++) {
		(void)snprintf(body, sizeof body, "{\"report\":\"AAAA\",\"nonce\":\"%0*d\"}",
		    NONCE_MAX + past, 0);
		assert_int_equal(decode(f, body, &d), !past);
	}
	assert_int_equal(f->e.code, ATT_E_LIMIT);
}

static void test_depth_limit(void **state)
{
	struct fixture *f = *state;
	char body[128];
	struct decoded d;

	for (int past = 0; past <= 1; past++) {
		int depth = REQUEST_DEPTH_MAX - 2 + past;        /* inside the object, around one scalar */
		(void)snprintf(body, sizeof body, "{\"report\":\"AAAA\",\"x\":%.*s1%.*s}", depth,
		    "[[[[[[[[[[[[[[[[[[[[", depth, "]]]]]]]]]]]]]]]]]]]]");
		assert_int_equal(decode(f, body, &d), !past);
	}
}

static void test_unknown_type(void **state)
{
	struct fixture *f = *state;
	struct att_request req = {
		.type = "Toaster", .body = { (const uint8_t *)"{}", 2 }, .settings = &f->settings
	};
	struct decoded d;

	CHECK_ERR(request_decode(&req, f->c, f->a, &d, &f->e), &f->e, ATT_E_NOT_FOUND, "Toaster");
}

static void test_override(void **state)
{
	struct fixture *f = *state;
	const char *body = "{\"report\":\"AAAA\",\"runtimeData\":{\"data\":\"YQ\",\"dataType\":\"Binary\"}}";
	struct att_request req = { .type = "sevsnpvm",
		.body = { (const uint8_t *)body, strlen(body) },
		.runtime_data = { (const uint8_t *)"{\"b\":1}", 7 },
		.runtime_is_json = true,
		.settings = &f->settings };
	struct decoded d;

	CHECK_OK(request_decode(&req, f->c, f->a, &d, &f->e), &f->e);
	assert_non_null(d.runtime_json);
	assert_int_equal(rd_left(&d.runtime.bytes), 7);
}

/* Members are shared by types, so that without a type the bytes must say what they are. */
static void test_no_type(void **state)
{
	static const struct { const char *body; bool json_only; const char *text; } rows[] = {
		{ "{\"report\":\"AAAA\"}", false,
		    "report: 3 bytes of no known kind, looked for evidence of OpenEnclave or SevSnpVm" },
		{ "{\"Quote\":\"AAAA\"}", true,
		    "quote: 3 bytes of no known kind, looked for evidence of SgxEnclave or TdxVm" },
		{ "{\"a\":\"AAAA\"}", true, "no member with evidence, want that of OpenEnclave or " },
		{ "hello", false,
		    "evidence: 5 bytes of no known kind, looked for evidence of OpenEnclave or " },
		{ "", false, "evidence: 0 bytes of no known kind" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct att_request req = { .body = { (const uint8_t *)rows[i].body, strlen(rows[i].body) },
			.body_is_json_only = rows[i].json_only, .settings = &f->settings };
		struct decoded d = { 0 };

		CHECK_ERR(request_decode(&req, f->c, f->a, &d, &f->e), &f->e, ATT_E_BAD_FORMAT, rows[i].text);
		assert_null(d.format);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_type),
		cmocka_unit_test(test_nonce_limits),
		cmocka_unit_test(test_depth_limit),
		cmocka_unit_test(test_unknown_type),
		cmocka_unit_test(test_override),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
