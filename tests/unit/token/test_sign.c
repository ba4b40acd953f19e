/* test_sign.c - the exact shape of issued tokens and of the metadata documents (rest-api section 6). */
#include "tests/unit/token/kit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hex.h"

#define N(a) (sizeof (a) / sizeof (a)[0])

static const struct att_token_std plain = { .issuer = ISSUER, .now_s = NOW, .lifetime_s = 28800 };

static struct jws sign(enum kit_key k, const char *claims, const struct att_token_std *std, char **token)
{
	struct att_error e = { 0 };
	struct jws j;
	char *t = NULL;

	CHECK_OK(att_token_sign(kit.keys[k], kit_bytes(claims), std, &t, &e), &e);
	*token = arena_strdup(kit.a, t);
	free(t);
	CHECK_OK(jws_parse(kit.a, *token, strlen(*token), &j, &e), &e);
	return j;
}

static void the_header(void **state)
{
	char *token;

	(void)state;
	for (enum kit_key k = KIT_RSA; k <= KIT_P521; k++) {
		struct jws j = sign(k, "{}", &plain, &token);
		assert_string_equal(j.header_text, kit_header(k));
	}
}

static void the_payload(void **state)
{
	struct att_token_std std = plain;
	char *token;
	struct jws j = sign(
	    KIT_RSA, " { \"z\" : 1, \"b\":{\"y\":true,\"x\":[2,\"\xc3\xa9\"]}, \"a\":\"q\" } ", &std, &token);

	(void)state;
	assert_string_equal((const char *)j.payload,
	    "{\"a\":\"q\",\"b\":{\"x\":[2,\"\xc3\xa9\"],\"y\":true},\"exp\":1700028800,"
	    "\"iat\":1700000000,\"iss\":\"" ISSUER "\",\"nbf\":1700000000,\"z\":1}");
	std.audience = "https://relying.test";
	j = sign(KIT_RSA, "{\"nonce\":18446744073709551615}", &std, &token);
	assert_string_equal((const char *)j.payload,
	    "{\"aud\":\"https://relying.test\",\"exp\":1700028800,\"iat\":1700000000,"
	    "\"iss\":\"" ISSUER "\",\"nbf\":1700000000,\"nonce\":18446744073709551615}");
}

/* spec: maa-tpm section 3 */
static void tpm_tokens(void **state)
{
	struct att_token_std std = plain;
	struct json *payload;
	struct att_error e = { 0 };
	const struct json *x5t;
	char *token;
	struct jws j;

	(void)state;
	std.tpm = std.with_jti = true;
	j = sign(KIT_RSA, "{}", &std, &token);
	assert_string_equal(j.header->child->name, "typ");
	assert_int_equal(json_get(j.header, "x5c")->kind, JSON_ARRAY);
	assert_null(json_get(j.header, "x5t"));
	assert_null(json_get(j.header, "jku"));
	CHECK_OK(json_parse(kit.a, j.payload, j.payload_len, NULL, &payload, &e), &e);
	assert_int_equal(json_get(payload, "iat")->i - json_get(payload, "nbf")->i, 300);
	assert_int_equal(json_get(payload, "jti")->len, 40);
	assert_true(json_str_eq(json_get(payload, "ver"), "1.0"));
	assert_true(json_str_eq(json_get(payload, "x-ms-ver"), "1.0"));
	std.omit_x5c = true;
	j = sign(KIT_RSA, "{}", &std, &token);
	assert_null(json_get(j.header, "x5c"));
	x5t = json_get(j.header, "x5t");
	assert_true(json_is(x5t, JSON_STRING));
	assert_int_equal(x5t->len, 27);
}

static void jti_and_version(void **state)
{
	struct att_token_std std = plain;
	char *token, first[65] = "";

	(void)state;
	std.with_jti = true;
	for (size_t i = 0; i < 2; i++) {
		struct jws j = sign(KIT_P256, i ? "{\"x-ms-ver\":\"1.0\"}" : "{}", &std, &token);
		struct att_error e = { 0 };
		struct json *p;
		const struct json *jti;
		uint8_t raw[32];

		CHECK_OK(json_parse(kit.a, j.payload, j.payload_len, NULL, &p, &e), &e);
		assert_true(json_str_eq(json_get(p, "x-ms-ver"), "1.0"));
		jti = json_get(p, "jti");
		assert_int_equal(jti->len, 64);
		CHECK_OK(hex_decode(jti->s, jti->len, raw, sizeof raw, &e), &e);
		assert_string_equal(jti->s, hex_arena(kit.a, raw, sizeof raw)); /* lower case */
		assert_string_not_equal(jti->s, first);
		bytes_copy(first, jti->s, 65);
		assert_int_equal(p->len, 6);
	}
}

static void drafts(void **state)
{
	struct att_token_std std = plain;
	char *token;
	struct jws j;

	(void)state;
	std.unsigned_draft = true;
	j = sign(KIT_P384, "{\"a\":1}", &std, &token);
	assert_string_equal(j.header_text,
	    arena_printf(kit.a,
	        "{\"alg\":\"none\",\"jku\":\"" ISSUER "/certs\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
	        kit.keys[KIT_P384]->kid));
	assert_int_equal(j.sig_len, 0);
	assert_int_equal(token[strlen(token) - 1], '.');
	assert_true(jws_is_unsigned(&j));
	kit_check_fails(token, NULL, NULL, JWT_ALG, "draft");
}

static void verifies_again(void **state)
{
	struct att_token_std std = plain;
	struct att_token_wanted w = kit_wanted;
	char *token;

	(void)state;
	std.with_jti = true;
	std.audience = w.audience;
	for (enum kit_key k = KIT_RSA; k <= KIT_P521; k++) {
		(void)sign(k, "{\"x-ms-attestation-type\":\"sevsnpvm\",\"nonce\":\"n-1\","
		    "\"x-ms-policy-hash\":\"9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco\"}", &std, &token);
		w.now_s = NOW;
		kit_check_valid(token, NULL, &w);
		w.now_s = NOW + 28800 + 59;
		kit_check_valid(token, NULL, &w);
		w.now_s = NOW + 28800 + 60;
		kit_check_fails(token, NULL, &w, JWT_EXP, "2023-11-15T06:13:20Z");
		w.now_s = NOW - 60;
		kit_check_valid(token, NULL, &w);
		w.now_s = NOW - 61;
		kit_check_fails(token, NULL, &w, JWT_NBF, "2023-11-14T22:13:20Z");
	}
}

static const struct { const char *name, *claims; enum att_err code; const char *substring; } refused[] = {
	{ "no object", "[]", ATT_E_BAD_JSON, "not an object" },
	{ "no json", "{", ATT_E_BAD_JSON, "token claims" },
	{ "empty", "", ATT_E_BAD_JSON, "token claims" },
	{ "twice", "{\"a\":1,\"a\":2}", ATT_E_BAD_JSON, "token claims" },
	{ "iss", "{\"iss\":\"x\"}", ATT_E_BAD_FORMAT, "\"iss\"" },
	{ "sub", "{\"sub\":\"x\"}", ATT_E_BAD_FORMAT, "\"sub\"" },
	{ "aud", "{\"aud\":\"x\"}", ATT_E_BAD_FORMAT, "\"aud\"" },
	{ "exp", "{\"exp\":1}", ATT_E_BAD_FORMAT, "\"exp\"" },
	{ "nbf", "{\"a\":1,\"nbf\":null}", ATT_E_BAD_FORMAT, "\"nbf\"" },
	{ "iat", "{\"iat\":1}", ATT_E_BAD_FORMAT, "\"iat\"" },
	{ "jti", "{\"jti\":\"\"}", ATT_E_BAD_FORMAT, "\"jti\"" },
	{ "escaped iss", "{\"\\u0069ss\":\"x\"}", ATT_E_BAD_FORMAT, "\"iss\"" },
	{ "version", "{\"x-ms-ver\":\"2.0\"}", ATT_E_BAD_FORMAT, "x-ms-ver" },
};

static void refuses_claims(void **state)
{
	struct att_token_std std = plain;
	struct att_error e = { 0 };
	char *token = NULL;

	(void)state;
	std.with_jti = true;
	for (size_t i = 0; i < N(refused); i++) {
		print_message("# %s\n", refused[i].name);
		CHECK_ERR(att_token_sign(kit.keys[KIT_P256], kit_bytes(refused[i].claims), &std, &token, &e),
		    &e, refused[i].code, refused[i].substring);
		assert_null(token);
	}
}

static void refuses_times_and_issuers(void **state)
{
	static const struct { struct att_token_std std; const char *substring; } cases[] = {
		{ { .issuer = NULL, .now_s = NOW, .lifetime_s = 1 }, "issuer is empty" },
		{ { .issuer = "", .now_s = NOW, .lifetime_s = 1 }, "issuer is empty" },
		{ { .issuer = ISSUER "/", .now_s = NOW, .lifetime_s = 1 }, "slash" },
		{ { .issuer = "https://x\n", .now_s = NOW, .lifetime_s = 1 }, "0x0a" },
		{ { .issuer = ISSUER, .now_s = -1, .lifetime_s = 1 }, "time -1" },
		{ { .issuer = ISSUER, .now_s = NOW, .lifetime_s = 0 }, "lifetime 0" },
		{ { .issuer = ISSUER, .now_s = NOW, .lifetime_s = -5 }, "lifetime -5" },
		{ { .issuer = ISSUER, .now_s = NOW, .lifetime_s = INT64_MAX }, "lifetime" },
		{ { .issuer = ISSUER, .now_s = INT64_MAX, .lifetime_s = 1 }, "time" },
	};
	struct att_error e = { 0 };
	char *token = NULL;

	(void)state;
	for (size_t i = 0; i < N(cases); i++)
		CHECK_ERR(att_token_sign(kit.keys[KIT_P256], kit_bytes("{}"), &cases[i].std, &token, &e), &e,
		    ATT_E_BAD_FORMAT, cases[i].substring);
}

static void too_large(void **state)
{
	char *claims = arena_alloc(kit.a, JWS_TEXT_MAX + 16), *token = NULL;
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < JWS_TEXT_MAX; i++)
		claims[i] = 'a';
	bytes_copy(claims, "{\"a\":\"", 6);
	bytes_copy(claims + JWS_TEXT_MAX - 2, "\"}", 2);
	CHECK_ERR(att_token_sign(kit.keys[KIT_P256], kit_bytes(claims), &plain, &token, &e), &e, ATT_E_LIMIT,
	    "at most");
}

/* rest-api section 6.5, compared with the recorded document in test_maa.c. */
static void openid(void **state)
{
	struct att_error e = { 0 };
	char *doc = NULL;

	(void)state;
	CHECK_OK(att_token_openid(ISSUER, kit.keys[KIT_P384], &doc, &e), &e);
	assert_string_equal(doc,
	    "{\"response_types_supported\":[\"token\",\"none\"],"
	    "\"id_token_signing_alg_values_supported\":[\"ES384\"],\"revocation_endpoint\":\"" ISSUER
	    "/revoke\","
	    "\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" ISSUER
	    "/certs\",\"claims_supported\":[\"cnf\",\"nonce\",\"x-ms-ver\","
	    "\"x-ms-attestation-type\",\"x-ms-policy-hash\",\"x-ms-policy-signer\","
	    "\"x-ms-sgx-is-debuggable\","
	    "\"x-ms-sgx-mrenclave\",\"x-ms-sgx-mrsigner\",\"x-ms-sgx-svn\","
	    "\"x-ms-sgx-ehd\",\"x-ms-sgx-collateral\","
	    "\"is-debuggable\",\"sgx-mrsigner\",\"sgx-mrenclave\",\"product-id\",\"svn\",\"tee\"]}");
	free(doc);
	CHECK_ERR(att_token_openid("", kit.keys[KIT_RSA], &doc, &e), &e, ATT_E_BAD_FORMAT, "empty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header),
		cmocka_unit_test(the_payload),
		cmocka_unit_test(tpm_tokens),
		cmocka_unit_test(jti_and_version),
		cmocka_unit_test(drafts),
		cmocka_unit_test(verifies_again),
		cmocka_unit_test(refuses_claims),
		cmocka_unit_test(refuses_times_and_issuers),
		cmocka_unit_test(too_large),
		cmocka_unit_test(openid),
	};

	return cmocka_run_group_tests_name("token/sign", tests, kit_setup, kit_teardown);
}
