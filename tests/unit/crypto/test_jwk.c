/* JSON Web Keys there and back, and what is no key. */
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/rd.h"
#include "lib/crypto/crypto.h"
#include "tests/harness/check.h"

static struct crypto *c;

static struct json *parse(struct arena *a, const char *text)
{
	struct json *v = NULL;
	struct att_error e = { 0 };

	CHECK_OK(json_parse(a, text, strlen(text), NULL, &v, &e), &e);
	return v;
}

static void there_and_back(void **state)
{
	(void)state;
	for (enum key_kind kind = KEY_RSA; kind <= KEY_P521; kind++) {
		struct arena *a = arena_new((size_t)1 << 20);
		ATT_AUTO_STRUCT(privkey) priv = NULL;
		ATT_AUTO_STRUCT(pubkey) pub = NULL;
		ATT_AUTO_STRUCT(pubkey) again = NULL;
		struct att_error e = { 0 };
		struct json *jwk;
		char *text;
		size_t n;

		CHECK_OK(privkey_generate(kind, 2048, &priv, &e), &e);
		CHECK_OK(privkey_public(c, priv, &pub, &e), &e);
		jwk = jwk_from_pubkey(a, pub);
		CHECK_OK(json_write(a, jwk, JSON_COMPACT, &text, &n, &e), &e);
		assert_int_equal(jwk->len, kind == KEY_RSA ? 3 : 4);
		CHECK_OK(jwk_to_pubkey(c, parse(a, text), &again, &e), &e);
		assert_memory_equal(pubkey_spki_sha256(pub), pubkey_spki_sha256(again), 32);
		arena_free(a);
	}
}

/* RFC 7517 appendix A.1, and RFC 7515 appendix A.4 for P-521 (x begins with a zero byte there). */
#define P256 "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"," \
	"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""
#define P521_X "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk"
#define P521_Y "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"

static void published_keys(void **state)
{
	static const char p521[] = "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"" P521_X "\",\"y\":\"" P521_Y
	    "\"}";
	struct arena *a = arena_new((size_t)1 << 20);
	struct att_error e = { 0 };
	struct pubkey *k = NULL;

	(void)state;
	CHECK_OK(jwk_to_pubkey(c, parse(a, "{" P256 ",\"kid\":\"1\",\"use\":\"enc\"}"), &k, &e), &e);
	assert_int_equal(pubkey_kind(k), KEY_P256);
	pubkey_free(k);
	CHECK_OK(jwk_to_pubkey(c, parse(a, p521), &k, &e), &e);
	assert_int_equal(pubkey_bits(k), 521);
	pubkey_free(k);
	arena_free(a);
}

static void no_keys(void **state)
{
	static const struct { const char *json; enum att_err code; const char *text; } rows[] = {
		{ "{}", ATT_E_UNSUPPORTED, "\"kty\"" },
		{ "[]", ATT_E_UNSUPPORTED, "\"kty\"" },
		{ "{\"kty\":\"oct\",\"k\":\"AA\"}", ATT_E_BAD_FORMAT, "private member \"k\"" },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}", ATT_E_UNSUPPORTED, "\"kty\"" },
		{ "{\"kty\":\"ec\"}", ATT_E_UNSUPPORTED, "\"kty\"" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-224\"}", ATT_E_UNSUPPORTED, "\"crv\"" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\"}", ATT_E_BAD_FORMAT, "\"x\" is missing" },
		{ "{" P256 ",\"d\":\"AA\"}", ATT_E_BAD_FORMAT, "private member \"d\"" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", ATT_E_BAD_FORMAT,
		  "\"x\" has 1 bytes, want 32" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":7}", ATT_E_BAD_FORMAT, "no string" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
		  "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyI\"}", ATT_E_BAD_FORMAT,
		  "not on P-256" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4=\"}",
		  ATT_E_BAD_ENCODING, "\"x\"" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"" P521_X "\",\"y\":\"AA\"}", ATT_E_BAD_FORMAT,
		  "want 66" },
		{ "{\"kty\":\"RSA\",\"n\":\"AQAB\"}", ATT_E_BAD_FORMAT, "\"e\" is missing" },
		{ "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", ATT_E_UNSUPPORTED, "RSA of 17 bits" },
		{ "{\"kty\":\"RSA\",\"n\":\"AAAB\",\"e\":\"AQAB\"}", ATT_E_BAD_FORMAT, "zero byte" },
		{ "{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}", ATT_E_BAD_FORMAT, "is empty" },
	};
	struct arena *a = arena_new((size_t)1 << 20);
	struct att_error e = { 0 };
	struct pubkey *k = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(jwk_to_pubkey(c, parse(a, rows[i].json), &k, &e), &e, rows[i].code, rows[i].text);
	CHECK_ERR(jwk_to_pubkey(c, NULL, &k, &e), &e, ATT_E_UNSUPPORTED, "\"kty\"");
	assert_null(k);
	arena_free(a);
}

static void longest_modulus(void **state)
{
	struct arena *a = arena_new((size_t)1 << 20);
	uint8_t n[1025] = { 0x80 };
	struct att_error e = { 0 };
	struct pubkey *k = NULL;

	(void)state;
	n[1023] = n[1024] = 1;
	for (size_t len = 1024; len <= 1025; len++) {
		struct json *o = json_object(a);
		(void)json_put(a, o, "kty", json_string(a, "RSA"));
		(void)json_put(a, o, "n", json_string(a, b64_encode_arena(B64_URL, a, n, len)));
		(void)json_put(a, o, "e", json_string(a, "Aw"));
		if (len == 1024)
			CHECK_OK(jwk_to_pubkey(c, o, &k, &e), &e);
		else
			CHECK_ERR(jwk_to_pubkey(c, o, &k, &e), &e, ATT_E_LIMIT, "at most 1366");
	}
	pubkey_free(k);
	arena_free(a);
}

static void memory_runs_out(void **state)
{
	ATT_AUTO_STRUCT(privkey) priv = NULL;
	ATT_AUTO_STRUCT(pubkey) pub = NULL;
	struct failing f;
	bool done = false;

	(void)state;
	assert_true(privkey_generate(KEY_P256, 0, &priv, NULL) && privkey_public(c, priv, &pub, NULL));
	for (size_t n = 1; !done; n++) {
		struct arena *a = arena_failing(&f, n);
		struct json *jwk = jwk_from_pubkey(a, pub);
		done = !f.fired;
		assert_true(f.fired ? !jwk : !!jwk);
		arena_free(a);
	}
}

static int setup(void **state)
{
	(void)state;
	c = crypto_new(NULL);
	return c ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	crypto_free(c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(published_keys),
		cmocka_unit_test(no_keys),
		cmocka_unit_test(longest_modulus),
		cmocka_unit_test(memory_runs_out),
	};
	return cmocka_run_group_tests_name("crypto/jwk", tests, setup, teardown);
}
