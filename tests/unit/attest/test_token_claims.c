/* Token payload: what a policy may and may not put at the top level (design section 2, policy-language
 * section 10). */
#include <string.h>

#include "tests/harness/check.h"

#include "lib/attest/appraisal.h"
#include "lib/claims/names.h"

struct sets { struct arena *a; struct claims service, issued; };

static struct sets make(void)
{
	struct sets s = { .a = arena_new((size_t)16 << 20) };

	assert_non_null(s.a);
	s.service = claims_make(s.a);
	s.issued = claims_make(s.a);
	return s;
}

static const char *payload(struct sets *s, const struct json *nonce)
{
	struct token_input in = { .service = &s->service, .issued = &s->issued, .nonce = nonce };
	struct att_error e = { 0 };
	char *text;

	CHECK_OK(token_claims(&in, s->a, &text, &e), &e);
	return text;
}

static void test_service_only(void **state)
{
	struct sets s = make();

	(void)state;
	assert_true(claims_str(&s.service, "x-ms-attestation-type", "sevsnpvm", NULL));
	assert_true(claims_int(&s.service, "x-ms-sevsnpvm-vmpl", 0, NULL));
	assert_true(claims_str(&s.service, "x-attestd-snp-product", "Milan", NULL));
	assert_string_equal(payload(&s, json_string(s.a, "n")),
	    "{\"nonce\":\"n\",\"x-ms-attestation-type\":\"sevsnpvm\",\"x-ms-sevsnpvm-vmpl\":0}");
	arena_free(s.a);
}

/* spec: maa-tpm section 3: fixed claims, what the evidence adds, and issued claims once. */
static void test_tpm_shape(void **state)
{
	struct sets s = make();
	struct json *extra = json_object(s.a);
	struct token_input in = {
		.service = &s.service, .issued = &s.issued, .is_tpm = true, .extra = extra
	};
	struct att_error e = { 0 };
	char *text;

	(void)state;
	assert_true(claims_str(&s.service, "x-ms-attestation-type", "tpm", NULL));
	assert_true(claims_str(&s.service, "x-ms-policy-hash", "h", NULL));
	assert_true(claims_bool(&s.service, "aikValidated", true, NULL));
	assert_true(claims_str(&s.service, "events", "{}", NULL));
	assert_true(claims_bool(&s.issued, "PlatformAttested", true, NULL));
	assert_true(claims_str(&s.issued, "nonce", "forged", NULL));
	assert_non_null(json_put(s.a, extra, "nonce", json_string(s.a, "AQIDBA")));
	assert_non_null(json_put(s.a, extra, "rp_data", json_string(s.a, "AQIDBA")));
	CHECK_OK(token_claims(&in, s.a, &text, &e), &e);
	assert_string_equal(text,
	    "{\"PlatformAttested\":true,\"nonce\":\"AQIDBA\",\"rp_data\":\"AQIDBA\","
	    "\"x-ms-attestation-type\":\"tpm\",\"x-ms-policy-hash\":\"h\"}");
	arena_free(s.a);
}

static void test_issued_twice(void **state)
{
	struct sets s = make();

	(void)state;
	assert_true(claims_int(&s.issued, "level", 1, NULL));
	assert_true(claims_int(&s.issued, "level", 2, NULL));
	assert_true(claims_str(&s.issued, "name", "x", NULL));
	assert_string_equal(payload(&s, NULL),
	    "{\"level\":[1,2],\"name\":\"x\",\"x-ms-policy\":{\"level\":[1,2],\"name\":\"x\"}}");
	arena_free(s.a);
}

/* Every reserved name: a value that the policy invents stays inside x-ms-policy. */
static void test_reserved_names_stay_below(void **state)
{
	static const char *const fixed[] = { "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf",
		"nonce", "ver", "rp_data" };

	(void)state;
	for (size_t i = 0; i < claim_name_count() + sizeof fixed / sizeof fixed[0]; i++) {
		const char *name =
		    i < claim_name_count() ? claim_name_at(i)->name : fixed[i - claim_name_count()];
		struct sets s = make();
		struct json *v;
		const char *text;
		if (claim_name_reserved(name)) {
			assert_true(claims_str(&s.issued, name, "forged", NULL));
			text = payload(&s, NULL);
			assert_true(json_parse(s.a, text, strlen(text), NULL, &v, NULL));
			if (json_get(v, name) && strcmp(name, "x-ms-policy") != 0)
				fail_msg("%s reached the top level: %s", name, text);
			assert_true(json_str_eq(json_get(json_get(v, "x-ms-policy"), name), "forged"));
		}
		arena_free(s.a);
	}
	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
		assert_true(claim_name_reserved(fixed[i]));
}

static void test_incoming_issued_unchanged(void **state)
{
	struct sets s = make();
	const char *text;

	(void)state;
	assert_true(claims_str(&s.service, "x-attestd-snp-product", "Milan", NULL));
	assert_true(claims_add(&s.issued, &s.service.v[0], NULL));
	text = payload(&s, NULL);
	assert_string_equal(text,
	    "{\"x-attestd-snp-product\":\"Milan\",\"x-ms-policy\":{\"x-attestd-snp-product\":\"Milan\"}}");
	/* A second, invented value of the same name takes the whole name from the top level. */
	assert_true(claims_str(&s.issued, "x-attestd-snp-product", "Turin", NULL));
	assert_string_equal(payload(&s, NULL),
	    "{\"x-ms-policy\":{\"x-attestd-snp-product\":[\"Milan\",\"Turin\"]}}");
	arena_free(s.a);
}

static void test_service_claim_wins(void **state)
{
	struct sets s = make();

	(void)state;
	assert_true(claims_bool(&s.service, "x-ms-sevsnpvm-is-debuggable", true, NULL));
	assert_true(claims_bool(&s.issued, "x-ms-sevsnpvm-is-debuggable", false, NULL));
	assert_string_equal(payload(&s, NULL), "{\"x-ms-policy\":{\"x-ms-sevsnpvm-is-debuggable\":false},"
	    "\"x-ms-sevsnpvm-is-debuggable\":true}");
	arena_free(s.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_only),
		cmocka_unit_test(test_tpm_shape),
		cmocka_unit_test(test_issued_twice),
		cmocka_unit_test(test_reserved_names_stay_below),
		cmocka_unit_test(test_incoming_issued_unchanged),
		cmocka_unit_test(test_service_claim_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
