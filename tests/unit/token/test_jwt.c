/* test_jwt.c - the check table of token verification: every row fails first once; attacks A22 to A26. */
#include "tests/unit/token/kit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/base64.h"

#define N(a) (sizeof (a) / sizeof (a)[0])

static void good_tokens(void **state)
{
	(void)state;
	for (enum kit_key k = KIT_RSA; k <= KIT_P521; k++)
		kit_check_valid(kit_token(k, kit_header(k), kit_payload(NULL, NULL)), NULL, NULL);
}

/* Rows about the token's form and header: raw texts. */
struct header_case {
	const char *name;
	enum kit_key signer;
	const char *header;
	enum jwt_check row;
	const char *substring;
};
static const struct header_case header_cases[] = {
	{ "no object", KIT_RSA, "[\"RS256\"]", JWT_HEADER, "not a JSON object" },
	{ "no json", KIT_RSA, "{\"alg\":\"RS256\"", JWT_HEADER, "header" },
	{ "no alg", KIT_RSA, "{\"kid\":\"$KID\"}", JWT_HEADER, "no alg" },
	{ "alg a number", KIT_RSA, "{\"alg\":1,\"kid\":\"$KID\"}", JWT_HEADER, "alg is not a string" },
	{ "alg with a NUL", KIT_RSA, "{\"alg\":\"RS256\\u0000\",\"kid\":\"$KID\"}", JWT_HEADER,
	    "alg is not a string" },
	{ "kid a number", KIT_RSA, "{\"alg\":\"RS256\",\"kid\":7}", JWT_HEADER, "kid is not a string" },
	{ "typ null", KIT_RSA, "{\"alg\":\"RS256\",\"kid\":\"$KID\",\"typ\":null}", JWT_HEADER,
	    "typ is not a string" },
	{ "typ of another JWS", KIT_RSA, "{\"alg\":\"RS256\",\"kid\":\"$KID\",\"typ\":\"attReq\"}",
	    JWT_HEADER, "attReq" },
	{ "alg twice", KIT_RSA, "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"$KID\"}", JWT_HEADER,
	    "header" },
	{ "kid twice", KIT_RSA, "{\"alg\":\"RS256\",\"kid\":\"x\",\"kid\":\"$KID\"}", JWT_HEADER, "header" },
	{ "A23 crit", KIT_RSA, "{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":true,\"kid\":\"$KID\"}",
	    JWT_CRIT, "crit" },
	{ "A23 crit empty", KIT_RSA, "{\"alg\":\"RS256\",\"crit\":[],\"kid\":\"$KID\"}", JWT_CRIT, "crit" },
	{ "A23 crit null", KIT_RSA, "{\"alg\":\"RS256\",\"crit\":null,\"kid\":\"$KID\"}", JWT_CRIT, "crit" },
	{ "A23 alg None", KIT_RSA, "{\"alg\":\"None\",\"kid\":\"$KID\"}", JWT_ALG, "None" },
	{ "A23 alg NONE", KIT_RSA, "{\"alg\":\"NONE\",\"kid\":\"$KID\"}", JWT_ALG, "NONE" },
	{ "A23 alg none with a signature", KIT_RSA, "{\"alg\":\"none\",\"kid\":\"$KID\"}", JWT_ALG, "draft" },
	{ "A23 alg empty", KIT_RSA, "{\"alg\":\"\",\"kid\":\"$KID\"}", JWT_ALG, "RS256" },
	{ "A23 alg rs256", KIT_RSA, "{\"alg\":\"rs256\",\"kid\":\"$KID\"}", JWT_ALG, "rs256" },
	{ "A23 PS256", KIT_RSA, "{\"alg\":\"PS256\",\"kid\":\"$KID\"}", JWT_ALG, "PS256" },
	{ "A23 RS512", KIT_RSA, "{\"alg\":\"RS512\",\"kid\":\"$KID\"}", JWT_ALG, "RS512" },
	{ "A23 RSA256 is for policies only", KIT_RSA, "{\"alg\":\"RSA256\",\"kid\":\"$KID\"}", JWT_ALG,
	    "RSA256" },
	{ "no kid", KIT_RSA, "{\"alg\":\"RS256\"}", JWT_KEY, "absent" },
	{ "A23 kid of a foreign key", KIT_OTHER, "{\"alg\":\"RS256\",\"kid\":\"$KID\"}", JWT_KEY,
	    "none with this kid" },
	{ "kid with a character more", KIT_RSA, "{\"alg\":\"RS256\",\"kid\":\"$KIDa\"}", JWT_KEY,
	    "none with this kid" },
	{ "kid empty", KIT_RSA, "{\"alg\":\"RS256\",\"kid\":\"\"}", JWT_KEY, "none with this kid" },
	{ "A23 RS256 with an EC key", KIT_P256, "{\"alg\":\"RS256\",\"kid\":\"$KID\"}", JWT_KEY_ALG,
	    "ES256" },
	{ "A23 ES256 with an RSA key", KIT_RSA, "{\"alg\":\"ES256\",\"kid\":\"$KID\"}", JWT_KEY_ALG,
	    "RS256" },
	{ "A23 ES256 with a P-384 key", KIT_P384, "{\"alg\":\"ES256\",\"kid\":\"$KID\"}", JWT_KEY_ALG,
	    "ES384" },
	{ "A23 ES384 with a P-256 key", KIT_P256, "{\"alg\":\"ES384\",\"kid\":\"$KID\"}", JWT_KEY_ALG,
	    "ES256" },
};

static void bad_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(header_cases); i++) {
		const struct header_case *h = &header_cases[i];
		print_message("# %s\n", h->name);
		kit_check_fails(kit_token(h->signer, h->header, kit_payload(NULL, NULL)), NULL, NULL, h->row,
		    h->substring);
	}
}

/* What an attacker puts beside alg and kid changes nothing: still refused by him, still fine by us. */
static const char *const embedded[] = {
	"\"jku\":\"https://evil.test/certs\"",
	"\"x5u\":\"https://evil.test/chain.pem\"",
	"\"x5t\":\"AAAA\"",
	"\"x5c\":[\"$X5C\"]",
	"\"jwk\":{\"kty\":\"RSA\",\"x5c\":[\"$X5C\"]}",
};

static void a23_embedded_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(embedded); i++) {
		const char *evil = kit_fill(KIT_OTHER, embedded[i]);
		const char *ours = arena_printf(
		    kit.a, "{\"alg\":\"RS256\",\"kid\":\"%s\",%s}", kit.keys[KIT_RSA]->kid, evil);
		const char *his = arena_printf(
		    kit.a, "{\"alg\":\"RS256\",\"kid\":\"%s\",%s}", kit.keys[KIT_OTHER]->kid, evil);
		const char *none = arena_printf(kit.a, "{\"alg\":\"RS256\",%s}", evil);
		print_message("# %s\n", embedded[i]);
		kit_check_fails(
		    kit_token(KIT_OTHER, ours, kit_payload(NULL, NULL)), NULL, NULL, JWT_SIGNATURE, "RS256");
		kit_check_fails(kit_token(KIT_OTHER, his, kit_payload(NULL, NULL)), NULL, NULL, JWT_KEY,
		    "none with this kid");
		kit_check_fails(
		    kit_token(KIT_OTHER, none, kit_payload(NULL, NULL)), NULL, NULL, JWT_KEY, "absent");
		kit_check_valid(kit_token(KIT_RSA, ours, kit_payload(NULL, NULL)), NULL, NULL);
	}
}

static void a23_draft(void **state)
{
	char *draft =
	    kit_unsigned("{\"alg\":\"none\",\"jku\":\"" ISSUER "/certs\",\"kid\":\"$KID\",\"typ\":\"JWT\"}",
	        kit_payload(NULL, NULL));

	(void)state;
	kit_check_fails(draft, NULL, NULL, JWT_ALG, "draft");
	kit_check_fails(
	    kit_unsigned("{\"alg\":\"none\"}", kit_payload(NULL, NULL)), NULL, NULL, JWT_ALG, "draft");
}

/* HMAC with the public key, in the three forms people use as the secret. */
static void a23_hmac_with_public_key(void **state)
{
	const struct pubkey *pub = kit.keys[KIT_RSA]->pub;
	size_t n;
	const uint8_t *spki = pubkey_spki(pub, &n);
	char *cert = kit_fill(KIT_RSA, "$X5C");
	const struct { const void *p; size_t n; } secrets[] = {
		{ spki, n }, { cert, strlen(cert) }, { kit.jwks, strlen(kit.jwks) }, { "", 0 },
	};
	char *header = kit_fill(KIT_RSA, "{\"alg\":\"HS256\",\"kid\":\"$KID\"}");
	char *input = kit_join(header, kit_payload(NULL, NULL), "", 0);

	(void)state;
	for (size_t i = 0; i < N(secrets); i++) {
		uint8_t mac[32];
		unsigned len = sizeof mac;
		assert_non_null(HMAC(EVP_sha256(), secrets[i].p, (int)secrets[i].n, (const uint8_t *)input,
		    strlen(input) - 1, mac, &len));
		kit_check_fails(
		    kit_join(header, kit_payload(NULL, NULL), mac, len), NULL, NULL, JWT_ALG, "HS256");
	}
}

/* Rows about claims: one member of the good payload changed. */
struct claim_case {
	const char *name, *member, *value;      /* value NULL: absent */
	enum jwt_check row;
	const char *substring;
};
static const struct claim_case claim_cases[] = {
	{ "A25 no iss", "iss", NULL, JWT_ISSUER, "absent" },
	{ "A24 other issuer", "iss", "\"https://other.test\"", JWT_ISSUER, "https://other.test" },
	{ "A24 issuer with a slash", "iss", "\"" ISSUER "/\"", JWT_ISSUER, ISSUER "/" },
	{ "A24 issuer with a NUL", "iss", "\"" ISSUER "\\u0000.evil\"", JWT_ISSUER, "?.evil" },
	{ "iss a number", "iss", "5", JWT_ISSUER, "5" },
	{ "iss an array", "iss", "[\"" ISSUER "\"]", JWT_ISSUER, "[" },
	{ "A25 no exp", "exp", NULL, JWT_EXP, "absent" },
	{ "exp at the leeway", "exp", "1699999940", JWT_EXP, "2023-11-14T22:12:20Z" },
	{ "exp long ago", "exp", "1", JWT_EXP, "1970-01-01T00:00:01Z" },
	{ "exp negative", "exp", "-1", JWT_EXP, "up to year 9999" },
	{ "exp a string", "exp", "\"1700003600\"", JWT_EXP, "1700003600" },
	{ "exp a fraction", "exp", "1700003600.5", JWT_EXP, "1700003600.5" },
	{ "exp an exponent", "exp", "1.7e9", JWT_EXP, "1.7e9" },
	{ "exp null", "exp", "null", JWT_EXP, "null" },
	{ "exp true", "exp", "true", JWT_EXP, "true" },
	{ "exp past year 9999", "exp", "253402300800", JWT_EXP, "253402300800" },
	{ "exp the largest int64", "exp", "9223372036854775807", JWT_EXP, "9223372036854775807" },
	{ "exp past int64", "exp", "9223372036854775808", JWT_PAYLOAD, "out of range" },
	{ "A25 no nbf", "nbf", NULL, JWT_NBF, "absent" },
	{ "nbf past the leeway", "nbf", "1700000061", JWT_NBF, "2023-11-14T22:14:21Z" },
	{ "nbf a string", "nbf", "\"1\"", JWT_NBF, "1" },
	{ "A25 no iat", "iat", NULL, JWT_IAT, "absent" },
	{ "iat past the leeway", "iat", "1700000061", JWT_IAT, "2023-11-14T22:14:21Z" },
	{ "iat a string", "iat", "\"1\"", JWT_IAT, "1" },
	{ "A25 no aud", "aud", NULL, JWT_AUDIENCE, "absent" },
	{ "other audience", "aud", "\"https://else.test\"", JWT_AUDIENCE, "https://else.test" },
	{ "audience not among several", "aud", "[\"a\",\"b\"]", JWT_AUDIENCE, "[\"a\",\"b\"]" },
	{ "audience list empty", "aud", "[]", JWT_AUDIENCE, "[]" },
	{ "audience nested too deep", "aud", "[[\"https://relying.test\"]]", JWT_AUDIENCE, "[[" },
	{ "A24 other policy", "x-ms-policy-hash", "\"wm9mHlvTU82e8UqoOy1Yj1FBRSNkfe99-69IYDq9eWs\"",
	    JWT_POLICY_HASH, "wm9mHlvTU82e8UqoOy1Yj1FBRSNkfe99-69IYDq9eWs" },
	{ "A25 no policy hash", "x-ms-policy-hash", NULL, JWT_POLICY_HASH, "absent" },
	{ "A25 no nonce", "nonce", NULL, JWT_NONCE, "absent" },
	{ "other nonce", "nonce", "\"n-2\"", JWT_NONCE, "n-2" },
	{ "nonce another number", "nonce", "1", JWT_NONCE, "1" },
	{ "nonce null", "nonce", "null", JWT_NONCE, "null" },
	{ "other type", "x-ms-attestation-type", "\"sgx\"", JWT_TYPE, "sgx" },
	{ "A25 no type", "x-ms-attestation-type", NULL, JWT_TYPE, "absent" },
	{ "type in other letter case", "x-ms-attestation-type", "\"SevSnpVm\"", JWT_TYPE, "SevSnpVm" },
};

static void bad_claims(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(claim_cases); i++) {
		const struct claim_case *c = &claim_cases[i];
		print_message("# %s\n", c->name);
		kit_check_fails(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload(c->member, c->value)),
		    NULL, NULL, c->row, c->substring);
	}
}

/* At the leeway it is still, or already, good. */
static const struct claim_case edge_cases[] = {
	{ "exp one second before the leeway ends", "exp", "1699999941", 0, "" },
	{ "nbf at the leeway", "nbf", "1700000060", 0, "" },
	{ "iat at the leeway", "iat", "1700000060", 0, "" },
	{ "exp the last second of year 9999", "exp", "253402300799", 0, "" },
	{ "nbf zero", "nbf", "0", 0, "" },
	{ "audience among several", "aud", "[\"a\",\"https://relying.test\"]", 0, "" },
};

static void edges(void **state)
{
	struct att_token_wanted exact = kit_wanted;

	(void)state;
	for (size_t i = 0; i < N(edge_cases); i++) {
		print_message("# %s\n", edge_cases[i].name);
		kit_check_valid(kit_token(KIT_P256, kit_header(KIT_P256),
		    kit_payload(edge_cases[i].member, edge_cases[i].value)), NULL, NULL);
	}
	exact.leeway_s = 0;
	kit_check_valid(
	    kit_token(KIT_P256, kit_header(KIT_P256), kit_payload("exp", "1700000001")), NULL, &exact);
	kit_check_fails(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload("exp", "1700000000")), NULL,
	    &exact, JWT_EXP, "leeway 0 s");
	kit_check_valid(
	    kit_token(KIT_P256, kit_header(KIT_P256), kit_payload("nbf", "1700000000")), NULL, &exact);
	kit_check_fails(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload("nbf", "1700000001")), NULL,
	    &exact, JWT_NBF, "leeway 0 s");
	kit_check_fails(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload("iat", "1700000001")), NULL,
	    &exact, JWT_IAT, "leeway 0 s");
}

/* What is not asked for stays "not reached" and does not stand in the way. */
static void only_the_issuer_wanted(void **state)
{
	const struct att_token_wanted w = { .issuer = ISSUER, .now_s = NOW };
	struct att_token_report *r =
	    kit_verify(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload(NULL, NULL)), NULL, &w);

	(void)state;
	assert_true(r->valid);
	assert_int_equal(r->checks[JWT_AUDIENCE].outcome, ATT_CHECK_NA);
	assert_int_equal(r->checks[JWT_POLICY_HASH].outcome, ATT_CHECK_NA);
	assert_int_equal(r->checks[JWT_NONCE].outcome, ATT_CHECK_NA);
	assert_int_equal(r->checks[JWT_TYPE].outcome, ATT_CHECK_NA);
	assert_int_equal(r->checks[JWT_ISSUER].outcome, ATT_CHECK_PASS);
	assert_null(r->checks[JWT_ISSUER].expected);
	assert_string_equal(r->payload_json, kit_payload(NULL, NULL));
	assert_string_equal(r->header_json, kit_header(KIT_P256));
	att_token_report_free(r);
}

/* All reasons of an authentic token are told at once; none of one that is not authentic. */
static void all_reasons(void **state)
{
	const char *payload = "{\"iss\":\"https://other.test\",\"exp\":1}";
	struct att_token_report *r =
	    kit_verify(kit_token(KIT_P256, kit_header(KIT_P256), payload), NULL, NULL);

	(void)state;
	for (size_t i = JWT_ISSUER; i < JWT_NCHECKS; i++)
		assert_int_equal(r->checks[i].outcome, ATT_CHECK_FAIL);
	assert_non_null(strstr(r->error.text, "token.issuer"));
	assert_int_equal(r->error.code, ATT_E_NOT_AUTHENTIC);
	att_token_report_free(r);
	r = kit_verify(kit_token(KIT_OTHER, kit_header(KIT_P256), payload), NULL, NULL);
	for (size_t i = JWT_PAYLOAD; i < JWT_NCHECKS; i++)
		assert_int_equal(r->checks[i].outcome, ATT_CHECK_NA);
	att_token_report_free(r);
}

static void numeric_nonces(void **state)
{
	struct att_token_wanted w = kit_wanted;

	(void)state;
	w.nonce = "18446744073709551615";
	kit_check_valid(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload("nonce", w.nonce)), NULL, &w);
	w.nonce = "7";
	kit_check_valid(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload("nonce", "7")), NULL, &w);
	kit_check_fails(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload("nonce", "7.0")), NULL, &w,
	    JWT_NONCE, "7.0");
	kit_check_fails(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload("nonce", "[7]")), NULL, &w,
	    JWT_NONCE, "[7]");
	w.nonce = "true";
	kit_check_fails(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload("nonce", "true")), NULL, &w,
	    JWT_NONCE, "true");
}

static const struct { const char *name, *payload, *substring; } payload_cases[] = {
	{ "empty", "", "payload" },
	{ "a string", "\"iss\"", "payload" },
	{ "an array", "[{}]", "another JSON value" },
	{ "D1 a member twice", "{\"iss\":\"" ISSUER "\",\"exp\":1,\"exp\":1700003600}", "payload" },
	{ "D1 an inner member twice", "{\"iss\":\"" ISSUER "\",\"x\":{\"a\":1,\"a\":2}}", "payload" },
	{ "D1 trailing bytes", "{}{}", "payload" },
	{ "D1 bytes that are not UTF-8", "{\"a\":\"\xff\"}", "payload" },
	{ "a token in a token", "eyJhbGciOiJub25lIn0.e30.", "payload" },
};

static void bad_payloads(void **state)
{
	char deep[201];

	(void)state;
	for (size_t i = 0; i < N(payload_cases); i++) {
		print_message("# %s\n", payload_cases[i].name);
		kit_check_fails(kit_token(KIT_P256, kit_header(KIT_P256), payload_cases[i].payload), NULL,
		    NULL, JWT_PAYLOAD, "a JSON object");
	}
	for (size_t i = 0; i < 200; i++)
		deep[i] = i < 100 ? '[' : ']';
	deep[200] = 0;
	kit_check_fails(kit_token(KIT_P256, kit_header(KIT_P256), arena_printf(kit.a, "{\"a\":%s}", deep)),
	    NULL, NULL, JWT_PAYLOAD, "a JSON object");
}

/* Form */

static void bad_forms(void **state)
{
	char *good = kit_token(KIT_RSA, kit_header(KIT_RSA), kit_payload(NULL, NULL));
	char *dot = strchr(good, '.'), *dot2 = strrchr(good, '.');
	const int head = (int)(dot - good), both = (int)(dot2 - good);
	const struct { const char *name, *token, *substring;
	} cases[] = {
		{ "empty", "", "1 segments" },
		{ "one segment", arena_printf(kit.a, "%.*s", head, good), "1 segments" },
		{ "two segments", arena_printf(kit.a, "%.*s", both, good), "2 segments" },
		{ "four segments", arena_printf(kit.a, "%s.", good), "4 segments" },
		{ "a JWE", "e30.AAAA.AAAA.AAAA.AAAA", "5 segments" },
		{ "no header", arena_printf(kit.a, "%s", dot), "header is empty" },
		{ "only dots", "..", "header is empty" },
		{ "D1 padding", arena_printf(kit.a, "%s==", good), "padding" },
		{ "D1 a new line", arena_printf(kit.a, "%s\n", good), "0x0a" },
		{ "D1 a space in front", arena_printf(kit.a, " %s", good), "0x20" },
		{ "D1 the standard alphabet", arena_printf(kit.a, "%.*s.+/+/", both, good), "0x2b" },
		{ "D1 trailing bits not zero", arena_printf(kit.a, "%.*s.AB", both, good), "trailing bits" },
		{ "D1 an impossible length", arena_printf(kit.a, "%.*s.AAAAA", both, good),
		    "no possible length" },
		{ "JSON serialisation", "{\"payload\":\"e30\",\"signature\":\"AA\"}", "1 segments" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		print_message("# %s\n", cases[i].name);
		kit_check_fails(cases[i].token, NULL, NULL, JWT_FORM, cases[i].substring);
	}
}

static void size_limits(void **state)
{
	char *text = arena_alloc(kit.a, JWS_TEXT_MAX + 2);
	char *header = arena_alloc(kit.a, JWS_HEADER_MAX + 2);

	(void)state;
	for (size_t i = 0; i <= JWS_TEXT_MAX; i++)
		text[i] = 'A';
	kit_check_fails(text, NULL, NULL, JWT_FORM, "at most 3145728");
	text[JWS_TEXT_MAX] = 0;
	kit_check_fails(text, NULL, NULL, JWT_FORM, "1 segments");
	for (size_t i = 0; i <= JWS_HEADER_MAX; i++)
		header[i] = ' ';
	kit_check_fails(kit_join(header, "{}", "", 0), NULL, NULL, JWT_FORM, "header of");
	header[JWS_HEADER_MAX] = 0;
	kit_check_fails(kit_join(header, "{}", "", 0), NULL, NULL, JWT_HEADER, "header");
}

static void bad_key_sets(void **state)
{
	char *good = kit_token(KIT_RSA, kit_header(KIT_RSA), kit_payload(NULL, NULL));
	const struct { const char *jwks, *substring;
	} cases[] = {
		{ "", "jwk set" },
		{ "[]", "\"keys\"" },
		{ "{}", "\"keys\"" },
		{ "{\"keys\":{}}", "\"keys\"" },
		{ "{\"keys\":[],\"keys\":[]}", "jwk set" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++)
		kit_check_fails(good, cases[i].jwks, NULL, JWT_KEY_SET, cases[i].substring);
	kit_check_fails(good, "{\"keys\":[]}", NULL, JWT_KEY, "0 keys");
	kit_check_fails(good, "{\"keys\":[null,1,\"x\",[]]}", NULL, JWT_KEY, "none with this kid");
}

/* Fixed lists and kinds decide even where the set does not name algorithms, as MAA's does not. */
static void a23_key_kind_binds(void **state)
{
	static const struct {
		enum kit_key key;
		const char *kty, *alg;
	} cases[] = {
		{ KIT_P256, "EC", "RS256" }, { KIT_RSA, "RSA", "ES256" }, { KIT_P384, "EC", "ES256" },
		{ KIT_P521, "EC", "ES384" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		char *jwks =
		    arena_printf(kit.a, "{\"keys\":[{\"kty\":\"%s\",\"kid\":\"k\",\"x5c\":[\"%s\"]}]}",
		        cases[i].kty, kit_fill(cases[i].key, "$X5C"));
		char *header = arena_printf(kit.a, "{\"alg\":\"%s\",\"kid\":\"k\"}", cases[i].alg);

		kit_check_fails(kit_token(cases[i].key, header, kit_payload(NULL, NULL)), jwks, NULL,
		    JWT_KEY_ALG, "which the key is for");
	}
}

/* A JWK that names an algorithm is used for no other. */
static void jwk_alg_binds(void **state)
{
	char *jwks = kit_fill(
	    KIT_RSA, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"$KID\",\"alg\":\"RS512\",\"x5c\":[\"$X5C\"]}]}");

	(void)state;
	kit_check_fails(kit_token(KIT_RSA, kit_header(KIT_RSA), kit_payload(NULL, NULL)), jwks, NULL,
	    JWT_KEY_ALG, "RS512");
}

/* Signatures */

static void a24_token_of_another_tenant(void **state)
{
	char *jwks = NULL;
	struct att_error e = { 0 };
	char *token = kit_token(KIT_OTHER, kit_header(KIT_OTHER), kit_payload(NULL, NULL));

	(void)state;
	kit_check_fails(token, NULL, NULL, JWT_KEY, "none with this kid");
	/* Even with a key shared between tenants, the issuer tells them apart. */
	CHECK_OK(att_token_jwks(&kit.keys[KIT_OTHER], 1, &jwks, &e), &e);
	kit_check_valid(token, jwks, NULL);
	kit_check_fails(
	    kit_token(KIT_OTHER, kit_header(KIT_OTHER), kit_payload("iss", "\"https://tenant-b.test\"")),
	    jwks, NULL, JWT_ISSUER, "tenant-b");
	free(jwks);
}

/* Every character of signature and payload counts. */
static void every_byte_damaged(void **state)
{
	char *good = kit_token(KIT_P256, kit_header(KIT_P256), kit_payload(NULL, NULL));
	size_t n = strlen(good), refused = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char *bad = arena_strdup(kit.a, good);
		struct att_token_report *r;

		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		r = kit_verify(bad, NULL, NULL);
		assert_false(r->valid);
		refused++;
		att_token_report_free(r);
	}
	assert_int_equal(refused, n);
}

static void every_truncation(void **state)
{
	char *good = kit_token(KIT_P256, kit_header(KIT_P256), kit_payload(NULL, NULL));

	(void)state;
	for (size_t i = 0; i < strlen(good); i++) {
		struct att_token_report *r = kit_verify(arena_strndup(kit.a, good, i), NULL, NULL);
		assert_false(r->valid);
		att_token_report_free(r);
	}
}

static void a22_ecdsa_edges(void **state)
{
	static const enum kit_key keys[] = { KIT_P256, KIT_P384, KIT_P521 };
	static const size_t fields[] = { 32, 48, 66 };
	uint8_t sig[140] = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const size_t n = 2 * fields[i];
		char *h = kit_header(keys[i]);
		bytes_copy(sig, (uint8_t[140]){ 0 }, sizeof sig);
		kit_check_fails(kit_join(h, kit_payload(NULL, NULL), sig, n), NULL, NULL, JWT_SIGNATURE, "");
		sig[n - 1] = 1;
		kit_check_fails(kit_join(h, kit_payload(NULL, NULL), sig, n), NULL, NULL, JWT_SIGNATURE, "");
		sig[n / 2 - 1] = 1;
		kit_check_fails(kit_join(h, kit_payload(NULL, NULL), sig, n), NULL, NULL, JWT_SIGNATURE, "");
		kit_check_fails(
		    kit_join(h, kit_payload(NULL, NULL), sig, n + 1), NULL, NULL, JWT_SIGNATURE, "");
		kit_check_fails(
		    kit_join(h, kit_payload(NULL, NULL), sig, n - 1), NULL, NULL, JWT_SIGNATURE, "");
		kit_check_fails(kit_join(h, kit_payload(NULL, NULL), sig, 0), NULL, NULL, JWT_SIGNATURE, "");
		for (size_t k = 0; k < n; k++)
			sig[k] = 0xff;
		kit_check_fails(kit_join(h, kit_payload(NULL, NULL), sig, n), NULL, NULL, JWT_SIGNATURE, "");
	}
}

/* A DER signature under ES256: what OpenSSL gives and JOSE forbids. */
static void a22_der_signature(void **state)
{
	static const uint8_t der[] = { 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01 };

	(void)state;
	kit_check_fails(kit_join(kit_header(KIT_P256), kit_payload(NULL, NULL), der, sizeof der), NULL, NULL,
	    JWT_SIGNATURE, "");
}

/*
 * PKCS #1 v1.5 with public exponent 3: a cube whose first 62 bytes are a correct block with short
 * padding, the rest garbage.  A verifier that does not compare the whole block accepts it, whatever
 * the modulus is.
 */
#define RSA_LEN 256
static const uint8_t digest_info[] = {
	0x00,
	0x01,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0x00,
	0x30,
	0x31,
	0x30,
	0x0d,
	0x06,
	0x09,
	0x60,
	0x86,
	0x48,
	0x01,
	0x65,
	0x03,
	0x04,
	0x02,
	0x01,
	0x05,
	0x00,
	0x04,
	0x20,
};

static void cube(BIGNUM *out, const BIGNUM *x, BN_CTX *ctx)
{
	BIGNUM *square = BN_new();

	assert_int_equal(BN_sqr(square, x, ctx), 1);
	assert_int_equal(BN_mul(out, square, x, ctx), 1);
	BN_free(square);
}

/* The smallest x with x^3 >= target, bit by bit. */
static void cube_root(BIGNUM *x, const BIGNUM *target, BN_CTX *ctx)
{
	BIGNUM *c = BN_new();

	BN_zero(x);
	for (int bit = 700; bit >= 0; bit--) {
		assert_int_equal(BN_set_bit(x, bit), 1);
		cube(c, x, ctx);
		if (BN_cmp(c, target) > 0)
			assert_int_equal(BN_clear_bit(x, bit), 1);
	}
	assert_int_equal(BN_add_word(x, 1), 1);
	BN_free(c);
}

static void forge(const char *input, size_t n, uint8_t sig[RSA_LEN])
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *target, *root = BN_new(), *check = BN_new();
	uint8_t block[RSA_LEN] = { 0 }, cubed[RSA_LEN];
	struct att_error e = { 0 };

	bytes_copy(block, digest_info, sizeof digest_info);
	CHECK_OK(digest(kit.c, DIGEST_SHA256, input, n, block + sizeof digest_info, &e), &e);
	target = BN_bin2bn(block, RSA_LEN, NULL);
	cube_root(root, target, ctx);
	cube(check, root, ctx);
	assert_int_equal(BN_bn2binpad(check, cubed, RSA_LEN), RSA_LEN);
	assert_memory_equal(cubed, block, sizeof digest_info + 32);
	assert_int_equal(BN_bn2binpad(root, sig, RSA_LEN), RSA_LEN);
	BN_free(target);
	BN_free(root);
	BN_free(check);
	BN_CTX_free(ctx);
}

static void a26_short_padding_forgery(void **state)
{
	static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"three\"}";
	uint8_t modulus[RSA_LEN], sig[RSA_LEN];
	char *input = kit_join(header, kit_payload(NULL, NULL), "", 0), *jwks;

	(void)state;
	for (size_t i = 0; i < RSA_LEN; i++)
		modulus[i] = (uint8_t)(0xc1 + 2 * i);
	jwks =
	    arena_printf(kit.a, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"three\",\"e\":\"Aw\",\"n\":\"%s\"}]}",
	        b64_encode_arena(B64_URL, kit.a, modulus, RSA_LEN));
	forge(input, strlen(input) - 1, sig);
	kit_check_fails(
	    kit_join(header, kit_payload(NULL, NULL), sig, RSA_LEN), jwks, NULL, JWT_SIGNATURE, "three");
}

static void a26_rsa_signature_lengths(void **state)
{
	char *good = kit_token(KIT_RSA, kit_header(KIT_RSA), kit_payload(NULL, NULL));
	uint8_t *sig, longer[RSA_LEN + 1] = { 0 };
	size_t n;
	char *b64 = strrchr(good, '.') + 1;
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(b64_decode_arena(B64_URL, kit.a, b64, strlen(b64), &sig, &n, &e), &e);
	assert_int_equal(n, RSA_LEN);
	kit_check_valid(kit_join(kit_header(KIT_RSA), kit_payload(NULL, NULL), sig, n), NULL, NULL);
	bytes_copy(longer + 1, sig, n);
	kit_check_fails(kit_join(kit_header(KIT_RSA), kit_payload(NULL, NULL), longer, n + 1), NULL, NULL,
	    JWT_SIGNATURE, "");
	kit_check_fails(kit_join(kit_header(KIT_RSA), kit_payload(NULL, NULL), sig, n - 1), NULL, NULL,
	    JWT_SIGNATURE, "");
	kit_check_fails(
	    kit_join(kit_header(KIT_RSA), kit_payload(NULL, NULL), "", 0), NULL, NULL, JWT_SIGNATURE, "");
}

/* The table */

/* Every size of the arena up to the one that suffices: no verdict at all, or the right one. */
static void memory_limit_is_met(void **state)
{
	struct att_bytes token =
	    kit_bytes(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload(NULL, NULL)));
	size_t refused = 0;
	bool done = false;

	(void)state;
	for (size_t limit = 64; !done; limit += 64) {
		struct arena *a = arena_new(limit);
		struct att_token_report r = { 0 };
		struct att_error e = { 0 };

		assert_non_null(a);
		assert_true(limit < (size_t)1 << 20);
		done = jwt_verify(a, kit.c, token, kit_bytes(kit.jwks), &kit_wanted, &r, &e);
		assert_int_equal(done, r.valid);
		assert_int_equal(done ? ATT_E_OK : ATT_E_LIMIT, e.code);
		refused += !done;
		arena_free(a);
	}
	assert_true(refused > 10);
}

/* Last of all: a check that no token here made fail first does not count as made. */
static void every_row_failed_first_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < JWT_NCHECKS; i++) {
		assert_memory_equal(jwt_rows[i].id, "token.", 6);
		assert_true(strlen(jwt_rows[i].title) > 5 && strlen(jwt_rows[i].spec) > 5);
		if (!kit_seen[i])
			fail_msg("%s: no case made it fail first", jwt_rows[i].id);
	}
}

static void impossible_wishes(void **state)
{
	struct att_token_wanted w = kit_wanted;
	struct att_token_report *r = NULL;
	struct att_error e = { 0 };
	const struct att_bytes t = kit_bytes("a.b.c"), k = kit_bytes("{\"keys\":[]}");

	(void)state;
	w.leeway_s = 301;
	CHECK_ERR(att_token_verify(t, k, &w, &r, &e), &e, ATT_E_UNSUPPORTED, "leeway of 301 s");
	w.leeway_s = -1;
	CHECK_ERR(att_token_verify(t, k, &w, &r, &e), &e, ATT_E_UNSUPPORTED, "leeway of -1 s");
	w.leeway_s = 300;
	w.now_s = INT64_MAX;
	CHECK_ERR(att_token_verify(t, k, &w, &r, &e), &e, ATT_E_UNSUPPORTED, "time");
	w.now_s = NOW;
	w.issuer = NULL;
	CHECK_ERR(att_token_verify(t, k, &w, &r, &e), &e, ATT_E_UNSUPPORTED, "issuer");
	w.issuer = "";
	CHECK_ERR(att_token_verify(t, k, &w, &r, &e), &e, ATT_E_UNSUPPORTED, "issuer");
	assert_null(r);
	att_token_report_free(NULL);
}

/* The n-th allocation fails: no verdict, and never a false one. */
static void memory_runs_out(void **state)
{
	struct att_bytes token =
	    kit_bytes(kit_token(KIT_P256, kit_header(KIT_P256), kit_payload(NULL, NULL)));
	bool done = false;

	(void)state;
	for (size_t n = 0; !done; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct att_token_report r = { 0 };
		struct att_error e = { 0 };

		assert_true(n < 1000);
		if (a && jwt_verify(a, kit.c, token, kit_bytes(kit.jwks), &kit_wanted, &r, &e)) {
			assert_true(r.valid);
			done = !f.fired;
		} else if (a) {
			assert_int_equal(e.code, ATT_E_NOMEM);
		}
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_tokens),
		cmocka_unit_test(bad_forms),
		cmocka_unit_test(size_limits),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(a23_draft),
		cmocka_unit_test(a23_hmac_with_public_key),
		cmocka_unit_test(a23_embedded_keys),
		cmocka_unit_test(bad_key_sets),
		cmocka_unit_test(jwk_alg_binds),
		cmocka_unit_test(a23_key_kind_binds),
		cmocka_unit_test(a22_ecdsa_edges),
		cmocka_unit_test(a22_der_signature),
		cmocka_unit_test(a24_token_of_another_tenant),
		cmocka_unit_test(a26_short_padding_forgery),
		cmocka_unit_test(a26_rsa_signature_lengths),
		cmocka_unit_test(bad_payloads),
		cmocka_unit_test(bad_claims),
		cmocka_unit_test(edges),
		cmocka_unit_test(only_the_issuer_wanted),
		cmocka_unit_test(all_reasons),
		cmocka_unit_test(numeric_nonces),
		cmocka_unit_test(every_byte_damaged),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(impossible_wishes),
		cmocka_unit_test(memory_runs_out),
		cmocka_unit_test(memory_limit_is_met),
		cmocka_unit_test(every_row_failed_first_once),
	};

	return cmocka_run_group_tests_name("token/jwt", tests, kit_setup, kit_teardown);
}
