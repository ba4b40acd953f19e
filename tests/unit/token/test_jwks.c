/* test_jwks.c - which key of a JWK set a kid names, and the recorded sets of the real service. */
#include "tests/unit/token/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/token/jwks.h"

#define N(a) (sizeof (a) / sizeof (a)[0])

/* Key members of one of our keys as JSON text without braces. */
static char *members(enum kit_key k)
{
	struct att_error e = { 0 };
	char *text;
	size_t n;

	CHECK_OK(
	    json_write(kit.a, jwk_from_pubkey(kit.a, kit.keys[k]->pub), JSON_COMPACT, &text, &n, &e), &e);
	return arena_strndup(kit.a, text + 1, n - 2);
}

static bool find(const char *jwks, struct jwks_match *m, struct att_error *e)
{
	struct json *kid = json_string(kit.a, "k");
	const struct json *set;

	return jwks_parse(kit.a, jwks, strlen(jwks), &set, e) && jwks_find(kit.a, kit.c, set, kid, m, e);
}

/* The set's key k is this one of ours. */
static void finds(const char *jwks, enum kit_key want)
{
	struct jwks_match m = { 0 };
	struct att_error e = { 0 };

	CHECK_OK(find(jwks, &m, &e), &e);
	assert_memory_equal(pubkey_spki_sha256(m.key), pubkey_spki_sha256(kit.keys[want]->pub), 32);
	pubkey_free(m.key);
}

static void refuses(const char *jwks, enum att_err code, const char *substring)
{
	struct jwks_match m = { 0 };
	struct att_error e = { 0 };

	CHECK_ERR(find(jwks, &m, &e), &e, code, substring);
	assert_null(m.key);
}

static char *set(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *set(const char *fmt, ...)
{
	char text[7000];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return arena_printf(kit.a, "{\"keys\":[%s]}", text);
}

static void three_ways_of_giving_a_key(void **state)
{
	(void)state;
	for (enum kit_key k = KIT_RSA; k < KIT_NKEYS; k++) {
		const char *kty = kit.keys[k]->alg->kind == KEY_RSA ? "RSA" : "EC",
		           *x5c = kit_fill(k, "$X5C");

		finds(set("{\"kid\":\"k\",%s}", members(k)), k);
		finds(set("{\"kid\":\"k\",\"kty\":\"%s\",\"x5c\":[\"%s\"]}", kty, x5c), k);
		finds(set("{\"kid\":\"k\",%s,\"x5c\":[\"%s\"]}", members(k), x5c), k);
		finds(set("{\"kid\":\"k\",%s,\"x5c\":[]}", members(k)), k);
		finds(set("{\"kid\":\"k\",\"use\":\"sig\",\"key_ops\":[\"verify\"],%s}", members(k)), k);
	}
}

static void both_ways_must_agree(void **state)
{
	(void)state;
	refuses(set("{\"kid\":\"k\",%s,\"x5c\":[\"%s\"]}", members(KIT_RSA), kit_fill(KIT_OTHER, "$X5C")),
	    ATT_E_UNSUPPORTED, "different keys");
	refuses(set("{\"kid\":\"k\",\"kty\":\"EC\",\"x5c\":[\"%s\"]}", kit_fill(KIT_RSA, "$X5C")),
	    ATT_E_UNSUPPORTED, "another kind of key");
	refuses(set("{\"kid\":\"k\",\"kty\":\"RSA\",\"x5c\":[\"%s\"]}", kit_fill(KIT_P256, "$X5C")),
	    ATT_E_UNSUPPORTED, "another kind of key");
}

static const struct { const char *name, *jwk, *substring;
} unusable[] = {
	{ "no kty", "{\"kid\":\"k\"}", "kty" },
	{ "symmetric", "{\"kid\":\"k\",\"kty\":\"oct\",\"k\":\"AAAA\"}", "kty" },
	{ "OKP", "{\"kid\":\"k\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}", "kty" },
	{ "kty in other letter case", "{\"kid\":\"k\",\"kty\":\"rsa\"}", "kty" },
	{ "no members", "{\"kid\":\"k\",\"kty\":\"RSA\"}", "neither" },
	{ "empty x5c", "{\"kid\":\"k\",\"kty\":\"RSA\",\"x5c\":[]}", "neither" },
	{ "x5c a string", "{\"kid\":\"k\",\"kty\":\"RSA\",\"x5c\":\"AAAA\"}", "x5c" },
	{ "x5c of a number", "{\"kid\":\"k\",\"kty\":\"RSA\",\"x5c\":[1]}", "x5c[0]" },
	{ "x5c no base64", "{\"kid\":\"k\",\"kty\":\"RSA\",\"x5c\":[\"!\"]}", "x5c[0]" },
	{ "x5c no certificate", "{\"kid\":\"k\",\"kty\":\"RSA\",\"x5c\":[\"MAA=\"]}", "x5c[0]" },
	{ "only n", "{\"kid\":\"k\",\"kty\":\"RSA\",\"n\":\"AQAB\"}", "" },
	{ "a small modulus", "{\"kid\":\"k\",\"kty\":\"RSA\",\"n\":\"wwAB\",\"e\":\"AQAB\"}", "" },
	{ "a curve we do not use",
	    "{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"}", "" },
	{ "for encryption", "{\"kid\":\"k\",\"kty\":\"RSA\",\"use\":\"enc\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
	    "use" },
	{ "key_ops without verify", "{\"kid\":\"k\",\"kty\":\"RSA\",\"key_ops\":[\"sign\"]}", "key_ops" },
	{ "key_ops not an array", "{\"kid\":\"k\",\"kty\":\"RSA\",\"key_ops\":\"verify\"}", "key_ops" },
};

/* Alone such an entry is the reason; beside a good one of the same kid it is passed over. */
static void unusable_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(unusable); i++) {
		print_message("# %s\n", unusable[i].name);
		refuses(set("%s", unusable[i].jwk), ATT_E_UNSUPPORTED, unusable[i].substring);
		finds(set("%s,{\"kid\":\"k\",%s}", unusable[i].jwk, members(KIT_P256)), KIT_P256);
		finds(set("{\"kid\":\"k\",%s},%s", members(KIT_P256), unusable[i].jwk), KIT_P256);
	}
}

/* Each of these would be a good key but for one thing. */
static void one_thing_wrong(void **state)
{
	const char *x5c = kit_fill(KIT_P256, "$X5C");
	char *unpadded = arena_strdup(kit.a, x5c), *other = arena_strdup(kit.a, x5c);

	(void)state;
	refuses(set("{\"kid\":\"k\",\"use\":\"enc\",%s}", members(KIT_P256)), ATT_E_UNSUPPORTED, "use");
	refuses(set("{\"kid\":\"k\",\"use\":1,%s}", members(KIT_P256)), ATT_E_UNSUPPORTED, "use");
	refuses(set("{\"kid\":\"k\",\"key_ops\":[],%s}", members(KIT_P256)), ATT_E_UNSUPPORTED, "key_ops");
	refuses(set("{\"kid\":\"k\",\"d\":\"AA\",%s}", members(KIT_P256)), ATT_E_UNSUPPORTED, "private");
	unpadded[strcspn(unpadded, "=")] = 0;
	if (strcmp(unpadded, x5c) != 0)
		refuses(set("{\"kid\":\"k\",\"kty\":\"EC\",\"x5c\":[\"%s\"]}", unpadded), ATT_E_UNSUPPORTED,
		    "padding");
	for (char *p = other; *p; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	if (strcmp(other, x5c) != 0)
		refuses(set("{\"kid\":\"k\",\"kty\":\"EC\",\"x5c\":[\"%s\"]}", other), ATT_E_UNSUPPORTED,
		    "alphabet");
	refuses(set("{\"kid\":\"k\",\"kty\":\"EC\",\"x5c\":[\"%s%s\"]}", x5c, "AAAA"), ATT_E_UNSUPPORTED,
	    "x5c[0]");
}

static void a22_points(void **state)
{
	static const char zero[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";     /* 32 bytes */

	(void)state;
	refuses(set("{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}", zero, zero),
	    ATT_E_UNSUPPORTED, "cannot be used");
	refuses(set("{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}"),
	    ATT_E_UNSUPPORTED, "cannot be used");
	refuses(
	    set("{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%sAA\",\"y\":\"%s\"}", zero, zero),
	    ATT_E_UNSUPPORTED, "cannot be used");
}

/* A P-521 key whose x begins with a zero byte: 66 bytes are right, 65 are not (CVE class of A22). */
static void a22_p521_leading_zero(void **state)
{
	struct att_error e = { 0 };
	ATT_AUTO_STRUCT(pubkey) pub = NULL;
	struct json *jwk = NULL;
	uint8_t *x = NULL;
	size_t n = 0;
	const char *y;

	(void)state;
	do {
		ATT_AUTO_STRUCT(privkey) priv = NULL;
		const struct json *v;

		pubkey_free(pub);
		CHECK_OK(privkey_generate(KEY_P521, 0, &priv, &e), &e);
		CHECK_OK(privkey_public(kit.c, priv, &pub, &e), &e);
		jwk = jwk_from_pubkey(kit.a, pub);
		v = json_get(jwk, "x");
		assert_int_equal(v->len, 88);   /* 66 bytes */
		CHECK_OK(b64_decode_arena(B64_URL, kit.a, v->s, v->len, &x, &n, &e), &e);
	} while (x[0] != 0);
	y = json_get(jwk, "y")->s;
	refuses(set("{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"%s\",\"y\":\"%s\"}",
	    b64_encode_arena(B64_URL, kit.a, x + 1, n - 1), y), ATT_E_UNSUPPORTED, "cannot be used");
	{
		struct jwks_match m = { 0 };
		CHECK_OK(
		    find(set("{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"%s\",\"y\":\"%s\"}",
		             b64_encode_arena(B64_URL, kit.a, x, n), y),
		        &m, &e),
		    &e);
		assert_memory_equal(pubkey_spki_sha256(m.key), pubkey_spki_sha256(pub), 32);
		pubkey_free(m.key);
	}
}

static void one_kid_two_keys(void **state)
{
	struct jwks_match m = { 0 };
	struct att_error e = { 0 };

	(void)state;
	refuses(set("{\"kid\":\"k\",%s},{\"kid\":\"k\",%s}", members(KIT_P256), members(KIT_P384)),
	    ATT_E_UNSUPPORTED, "two different keys");
	finds(set("{\"kid\":\"k\",%s},{\"kid\":\"k\",%s}", members(KIT_P256), members(KIT_P256)), KIT_P256);
	finds(set("{\"kid\":\"K\",%s},{\"kid\":\"k\",%s}", members(KIT_P384), members(KIT_P256)), KIT_P256);
	refuses(set("{\"kid\":\"kk\",%s},{\"kid\":\"\",%s},{%s},{\"kid\":1,%s}", members(KIT_P256),
	            members(KIT_P256), members(KIT_P256), members(KIT_P256)),
	    ATT_E_NOT_FOUND, "4 keys, none");
	CHECK_OK(find(set("{\"kid\":\"k\",\"alg\":\"ES256\",%s}", members(KIT_P256)), &m, &e), &e);
	assert_string_equal(m.alg, "ES256");
	pubkey_free(m.key);
}

static void set_size(void **state)
{
	char *big = arena_alloc(kit.a, JWKS_TEXT_MAX + 2);
	const struct json *out;
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i <= JWKS_TEXT_MAX; i++)
		big[i] = ' ';
	bytes_copy(big, "{\"keys\":[]}", 11);
	CHECK_ERR(jwks_parse(kit.a, big, JWKS_TEXT_MAX + 1, &out, &e), &e, ATT_E_LIMIT, "at most");
	CHECK_OK(jwks_parse(kit.a, big, JWKS_TEXT_MAX, &out, &e), &e);
}

/* Our own document, in the order that is documented (rest-api section 6.4). */
static void our_set(void **state)
{
	static const char *const rsa[] = { "x5c", "kid", "kty", "use", "alg", "n", "e" };
	static const char *const ec[] = { "x5c", "kid", "kty", "use", "alg", "crv", "x", "y" };
	const struct json *out, *jwk;
	struct att_error e = { 0 };
	size_t i = 0;

	(void)state;
	CHECK_OK(jwks_parse(kit.a, kit.jwks, strlen(kit.jwks), &out, &e), &e);
	for (jwk = json_get(out, "keys")->child; jwk; jwk = jwk->next, i++) {
		const char *const *want = kit.keys[i]->alg->kind == KEY_RSA ? rsa : ec;
		const size_t n = kit.keys[i]->alg->kind == KEY_RSA ? N(rsa) : N(ec);
		const struct json *m = jwk->child;
		struct jwks_match match;

		assert_int_equal(jwk->len, n);
		for (size_t k = 0; k < n; k++, m = m->next)
			assert_string_equal(m->name, want[k]);
		assert_true(json_str_eq(json_get(jwk, "use"), "sig"));
		assert_true(json_str_eq(json_get(jwk, "kid"), kit.keys[i]->kid));
		CHECK_OK(jwks_find(kit.a, kit.c, out, json_get(jwk, "kid"), &match, &e), &e);
		assert_string_equal(match.alg, kit.keys[i]->alg->name);
		pubkey_free(match.key);
	}
	assert_int_equal(i, KIT_OTHER);
}

static void our_set_refuses(void **state)
{
	struct att_signing_key *twice[] = { kit.keys[KIT_RSA], kit.keys[KIT_RSA] }, *bare = NULL;
	struct att_error e = { 0 };
	char *out = NULL;

	(void)state;
	CHECK_ERR(att_token_jwks(twice, 2, &out, &e), &e, ATT_E_OPERATION, "given twice");
	att_error_clear(&e);
	CHECK_OK(att_signing_key_generate(ATT_ES256, &bare, &e), &e);
	CHECK_ERR(att_token_jwks(&bare, 1, &out, &e), &e, ATT_E_OPERATION, "no certificate");
	att_signing_key_free(bare);
	CHECK_OK(att_token_jwks(NULL, 0, &out, &e), &e);
	assert_string_equal(out, "{\"keys\":[]}");
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_ways_of_giving_a_key),
		cmocka_unit_test(both_ways_must_agree),
		cmocka_unit_test(unusable_keys),
		cmocka_unit_test(one_thing_wrong),
		cmocka_unit_test(a22_points),
		cmocka_unit_test(a22_p521_leading_zero),
		cmocka_unit_test(one_kid_two_keys),
		cmocka_unit_test(set_size),
		cmocka_unit_test(our_set),
		cmocka_unit_test(our_set_refuses),
	};

	return cmocka_run_group_tests_name("token/jwks", tests, kit_setup, kit_teardown);
}
