/* test_jws.c - compact JWS: header rules, verifying with a given key, policies with x5c, making. */
#include "tests/unit/token/kit.h"

#include <string.h>

#define N(a) (sizeof (a) / sizeof (a)[0])

static struct jws parse(const char *text)
{
	struct jws j;
	struct att_error e = { 0 };

	CHECK_OK(jws_parse(kit.a, text, strlen(text), &j, &e), &e);
	return j;
}

static void the_algorithms(void **state)
{
	static const struct { const char *name; bool policy_only;
	} names[] = {
		{ "RS256", false },
		{ "ES256", false },
		{ "ES384", false },
		{ "ES512", false },
		{ "RSA256", true },
	};
	static const char *const foreign[] = {
		"none",
		"None",
		"NONE",
		"HS256",
		"HS512",
		"PS256",
		"RS384",
		"RS512",
		"RS1",
		"ES256K",
		"EdDSA",
		"rs256",
		"RS256 ",
		"",
	};

	(void)state;
	for (size_t i = 0; i < N(names); i++) {
		assert_non_null(jws_alg_find(names[i].name));
		assert_int_equal(jws_alg_find(names[i].name)->policy_only, names[i].policy_only);
	}
	for (size_t i = 0; i < N(foreign); i++)
		assert_null(jws_alg_find(foreign[i]));
	assert_string_equal(jws_alg_of_kind(KEY_RSA)->name, "RS256");
	assert_string_equal(jws_alg_of_kind(KEY_P521)->name, "ES512");
}

/* Messages of the Tpm protocol alone: by its own call, and by no other. */
static void ps256_is_apart(void **state)
{
	static const struct { const char *header; enum att_err code; const char *substring; } bad[] = {
		{ "{\"alg\":\"RS256\"}", ATT_E_UNSUPPORTED, "want PS256" },
		{ "{\"alg\":\"none\"}", ATT_E_UNSUPPORTED, "want PS256" },
		{ "{\"alg\":\"ps256\"}", ATT_E_UNSUPPORTED, "want PS256" },
		{ "{\"alg\":\"PS256\",\"crit\":[\"exp\"]}", ATT_E_UNSUPPORTED, "crit" },
		{ "{\"alg\":\"PS256\",\"typ\":\"x\"}", ATT_E_NOT_AUTHENTIC, "PS256" },
	};
	struct att_signing_key *k = kit.keys[KIT_RSA];
	struct att_error e = { 0 };
	struct pubkey *pub = NULL, *ec = NULL;
	uint8_t sig[SIG_MAX];
	size_t n;
	struct jws j = parse("eyJhbGciOiJQUzI1NiJ9.e30.");      /* {"alg":"PS256"} */

	(void)state;
	CHECK_OK(privkey_public(kit.c, k->priv, &pub, &e), &e);
	CHECK_OK(privkey_public(kit.c, kit.keys[KIT_P256]->priv, &ec, &e), &e);
	CHECK_OK(sig_sign(kit.c, k->priv, SIG_RSA_PSS_SHA256, rd_make(j.input, j.input_len), sig, &n, &e),
	    &e);
	j.sig = sig;
	j.sig_len = n;
	CHECK_OK(jws_verify_ps256(kit.c, &j, pub, &e), &e);
	CHECK_ERR(jws_verify_ps256(kit.c, &j, ec, &e), &e, ATT_E_UNSUPPORTED, "PS256");
	CHECK_ERR(jws_verify_with(kit.c, &j, pub, &e), &e, ATT_E_UNSUPPORTED, "not in the list");
	sig[9] ^= 1;
	CHECK_ERR(jws_verify_ps256(kit.c, &j, pub, &e), &e, ATT_E_NOT_AUTHENTIC, "PS256");
	sig[9] ^= 1;
	for (size_t i = 0; i < N(bad); i++) {
		struct jws b = parse(kit_join(bad[i].header, "{}", sig, n));

		CHECK_ERR(jws_verify_ps256(kit.c, &b, pub, &e), &e, bad[i].code, bad[i].substring);
	}
	pubkey_free(pub);
	pubkey_free(ec);
}

/* Messages may be longer than tokens, if their reader says so. */
static void long_texts(void **state)
{
	size_t n = JWS_TEXT_MAX + 1;
	struct att_error e = { 0 };
	struct arena *a = arena_new(4 * JWS_TEXT_MAX);
	char *s = arena_alloc(a, n + 8);
	struct jws j;

	(void)state;
	assert_non_null(s);
	n += 4 - (n - 5) % 4;
	memset(s, 'A', n);
	bytes_copy(s, "e30.", 4);
	s[n - 1] = '.';
	CHECK_ERR(jws_split(a, s, n, &j, &e), &e, ATT_E_LIMIT, "at most");
	CHECK_OK(jws_split_long(a, s, n, &j, &e), &e);
	assert_int_equal(j.payload_len, (n - 5) / 4 * 3);
	arena_free(a);
}

static void parts(void **state)
{
	struct jws j = parse("eyJhbGciOiJub25lIn0.eyJhIjoxfQ.");

	(void)state;
	assert_string_equal(j.header_text, "{\"alg\":\"none\"}");
	assert_string_equal((const char *)j.payload, "{\"a\":1}");
	assert_int_equal(j.payload_len, 7);
	assert_int_equal(j.sig_len, 0);
	assert_int_equal(j.input_len, strlen("eyJhbGciOiJub25lIn0.eyJhIjoxfQ"));
	assert_true(jws_is_unsigned(&j));
	/* The real service's answer for an empty default policy (rest-api section 7). */
	j = parse("eyJhbGciOiJub25lIn0..");
	assert_int_equal(j.payload_len, 0);
	assert_true(jws_is_unsigned(&j));
	j = parse("eyJhbGciOiJub25lIn0..AA");
	assert_false(jws_is_unsigned(&j));
}

static void unsigned_is_exact(void **state)
{
	static const char text[] = "version= 1.0;authorizationrules{=> permit();};";

	(void)state;
	assert_string_equal(jws_make_unsigned(kit.a, "", 0), "eyJhbGciOiJub25lIn0..");
	assert_string_equal(jws_make_unsigned(kit.a, text, sizeof text - 1),
	    "eyJhbGciOiJub25lIn0.dmVyc2lvbj0gMS4wO2F1dGhvcml6YXRpb25ydWxlc3s9PiBwZXJtaXQoKTt9Ow.");
}

static void signs_and_verifies(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	for (enum kit_key k = KIT_RSA; k <= KIT_P521; k++) {
		struct att_signing_key *key = kit.keys[k];
		struct json *h = json_object(kit.a);
		char *text;
		struct jws j;

		assert_non_null(json_put(kit.a, h, "alg", json_string(kit.a, key->alg->name)));
		CHECK_OK(jws_sign(kit.a, key->c, key->priv, h, rd_make("\0x", 2), &text, &e), &e);
		j = parse(text);
		assert_int_equal(j.payload_len, 2);
		CHECK_OK(jws_verify_with(kit.c, &j, key->pub, &e), &e);
		for (enum kit_key other = KIT_RSA; other < KIT_NKEYS; other++) {
			const bool fits = kit.keys[other]->alg == key->alg;
			if (other != k)
				CHECK_ERR(jws_verify_with(kit.c, &j, kit.keys[other]->pub, &e), &e,
				    fits ? ATT_E_NOT_AUTHENTIC : ATT_E_UNSUPPORTED,
				    fits ? "RS256" : "does not fit the key, which is for");
		}
		CHECK_ERR(jws_sign(kit.a, key->c, kit.keys[(k + 1) % KIT_OTHER]->priv, h, rd_make("", 0),
		              &text, &e),
		    &e, ATT_E_INTERNAL, "the key's");
	}
}

static void verify_with_refuses(void **state)
{
	static const struct { const char *header, *substring; } cases[] = {
		{ "{\"alg\":\"none\"}", "\"none\" is not in the list" },
		{ "{\"alg\":\"RSA256\"}", "\"RSA256\" is not in the list" },
		{ "{\"alg\":\"HS256\"}", "\"HS256\" is not in the list" },
		{ "{\"alg\":\"RS256\",\"crit\":[\"exp\"]}", "crit" },
	};
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct jws j = parse(kit_token(KIT_RSA, cases[i].header, "{}"));
		CHECK_ERR(jws_verify_with(kit.c, &j, kit.keys[KIT_RSA]->pub, &e), &e, ATT_E_UNSUPPORTED,
		    cases[i].substring);
	}
}

static void draft_header_only(void **state)
{
	struct json *h = json_object(kit.a);
	struct att_error e = { 0 };
	char *text;

	(void)state;
	assert_non_null(json_put(kit.a, h, "alg", json_string(kit.a, "RS256")));
	CHECK_ERR(jws_make_draft(kit.a, h, rd_make("{}", 2), &text, &e), &e, ATT_E_INTERNAL, "none");
}

static void too_long_to_make(void **state)
{
	struct json *h = json_object(kit.a);
	uint8_t *big = arena_alloc(kit.a, JWS_TEXT_MAX);
	struct att_error e = { 0 };
	char *text;

	(void)state;
	assert_non_null(json_put(kit.a, h, "alg", json_string(kit.a, "ES256")));
	CHECK_ERR(jws_sign(kit.a, kit.c, kit.keys[KIT_P256]->priv, h, rd_make(big, JWS_TEXT_MAX), &text, &e),
	    &e, ATT_E_LIMIT, "at most");
	h = json_object(kit.a);
	assert_non_null(json_put(kit.a, h, "alg", json_string(kit.a, "none")));
	CHECK_ERR(
	    jws_make_draft(kit.a, h, rd_make(big, JWS_TEXT_MAX), &text, &e), &e, ATT_E_LIMIT, "at most");
}

/* Policies: the signer's certificate in the header. */

static bool verify_x5c(const char *text, struct jws_signer *s, struct att_error *e)
{
	struct jws j = parse(text);

	return jws_verify_x5c(kit.a, kit.c, &j, s, e);
}

/* rest-api section 7: what the SDKs send. */
static const struct { const char *name; enum kit_key key; const char *header;
} x5c_good[] = {
	{ "JavaScript, C++", KIT_RSA, "{\"alg\":\"RS256\",\"x5c\":[\"$X5C\"]}" },
	{ ".NET", KIT_RSA, "{\"alg\":\"RSA256\",\"x5c\":[\"$X5C\"]}" },
	{ "Python", KIT_RSA, "{ \"alg\": \"RSA256\", \"jwk\": { \"x5c\": [ \"$X5C\" ] } }" },
	{ "jwk with kty", KIT_RSA,
	    "{\"alg\":\"RS256\",\"jwk\":{\"kty\":\"RSA\",\"use\":\"sig\",\"x5c\":[\"$X5C\"]}}" },
	{ "P-256", KIT_P256, "{\"alg\":\"ES256\",\"x5c\":[\"$X5C\"]}" },
	{ "P-384", KIT_P384, "{\"alg\":\"ES384\",\"x5c\":[\"$X5C\"]}" },
	{ "P-521", KIT_P521, "{\"alg\":\"ES512\",\"x5c\":[\"$X5C\"]}" },
};

static void x5c_as_the_sdks_send_it(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < N(x5c_good); i++) {
		struct jws_signer s;
		size_t n, m;
		const uint8_t *der;

		print_message("# %s\n", x5c_good[i].name);
		CHECK_OK(
		    verify_x5c(kit_token(x5c_good[i].key, x5c_good[i].header, "{\"AttestationPolicy\":\"\"}"),
		        &s, &e),
		    &e);
		assert_int_equal(s.chain.n, 1);
		assert_string_equal(s.alg->name, kit.keys[x5c_good[i].key]->alg->name);
		assert_int_equal(s.x5c->len, 1);
		der = x509_der(s.chain.certs[0], &n);
		assert_memory_equal(der, x509_der(kit.keys[x5c_good[i].key]->chain.certs[0], &m), n);
		assert_int_equal(n, m);
		jws_signer_clear(&s);
	}
}

/* System.Text.Json writes + as an escape inside x5c. */
static void x5c_with_escapes(void **state)
{
	const char *plain = kit_fill(KIT_RSA, "$X5C");
	char *escaped = arena_alloc(kit.a, 6 * strlen(plain) + 1);
	struct jws_signer s;
	struct att_error e = { 0 };
	size_t w = 0, pluses = 0;

	(void)state;
	for (size_t i = 0; plain[i]; i++) {
		const char *text = plain[i] == '+' ? "\\u002B" : (char[]){ plain[i], 0 };
		bytes_copy(escaped + w, text, strlen(text));
		w += strlen(text);
		pluses += plain[i] == '+';
	}
	assert_true(pluses > 0);
	CHECK_OK(verify_x5c(kit_token(KIT_RSA,
	                        arena_printf(kit.a, "{\"alg\":\"RSA256\",\"x5c\":[\"%s\"]}", escaped), "{}"),
	             &s, &e),
	    &e);
	jws_signer_clear(&s);
}

static const struct {
	const char *name;
	enum kit_key key;
	const char *header;
	enum att_err code;
	const char *substring;
} x5c_bad[] = {
	{ "unsigned", KIT_RSA, "{\"alg\":\"none\",\"x5c\":[\"$X5C\"]}", ATT_E_UNSUPPORTED, "\"none\"" },
	{ "no certificate", KIT_RSA, "{\"alg\":\"RS256\"}", ATT_E_BAD_FORMAT, "neither x5c nor jwk.x5c" },
	{ "both places", KIT_RSA, "{\"alg\":\"RS256\",\"x5c\":[\"$X5C\"],\"jwk\":{\"x5c\":[\"$X5C\"]}}",
	    ATT_E_BAD_FORMAT, "both" },
	{ "not an array", KIT_RSA, "{\"alg\":\"RS256\",\"x5c\":\"$X5C\"}", ATT_E_BAD_FORMAT, "not an array" },
	{ "empty array", KIT_RSA, "{\"alg\":\"RS256\",\"x5c\":[]}", ATT_E_BAD_FORMAT, "not an array of" },
	{ "not a string", KIT_RSA, "{\"alg\":\"RS256\",\"x5c\":[1]}", ATT_E_BAD_FORMAT,
	    "x5c[0]: not a string" },
	{ "second not a string", KIT_RSA, "{\"alg\":\"RS256\",\"x5c\":[\"$X5C\",{}]}", ATT_E_BAD_FORMAT,
	    "x5c[1]" },
	{ "not base64", KIT_RSA, "{\"alg\":\"RS256\",\"x5c\":[\"$X5C-\"]}", ATT_E_BAD_ENCODING, "x5c[0]" },
	{ "crit", KIT_RSA, "{\"alg\":\"RS256\",\"crit\":[],\"x5c\":[\"$X5C\"]}", ATT_E_UNSUPPORTED, "crit" },
	{ "A23 HS256", KIT_RSA, "{\"alg\":\"HS256\",\"x5c\":[\"$X5C\"]}", ATT_E_UNSUPPORTED, "HS256" },
	{ "algorithm of another key", KIT_RSA, "{\"alg\":\"ES256\",\"x5c\":[\"$X5C\"]}", ATT_E_UNSUPPORTED,
	    "does not fit" },
	{ "RSA256 with an EC key", KIT_P256, "{\"alg\":\"RSA256\",\"x5c\":[\"$X5C\"]}", ATT_E_UNSUPPORTED,
	    "does not fit" },
	{ "jwk of another kind", KIT_RSA, "{\"alg\":\"RS256\",\"jwk\":{\"kty\":\"EC\",\"x5c\":[\"$X5C\"]}}",
	    ATT_E_BAD_FORMAT, "another kind of key" },
};

static void x5c_refused(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < N(x5c_bad); i++) {
		struct jws_signer s;
		print_message("# %s\n", x5c_bad[i].name);
		CHECK_ERR(verify_x5c(kit_token(x5c_bad[i].key, x5c_bad[i].header, "{}"), &s, &e), &e,
		    x5c_bad[i].code, x5c_bad[i].substring);
	}
}

static void x5c_of_somebody_else(void **state)
{
	struct jws_signer s;
	struct att_error e = { 0 };
	char *header = kit_fill(KIT_RSA, "{\"alg\":\"RS256\",\"x5c\":[\"$X5C\"]}");
	struct json *jwk = jwk_from_pubkey(kit.a, kit.keys[KIT_OTHER]->pub);
	char *members;
	size_t n;

	(void)state;
	CHECK_OK(json_write(kit.a, jwk, JSON_COMPACT, &members, &n, &e), &e);
	CHECK_ERR(verify_x5c(kit_token(KIT_OTHER, header, "{}"), &s, &e), &e, ATT_E_NOT_AUTHENTIC, "RS256");
	/* The key of a jwk beside x5c never decides; it may only agree. */
	header = arena_printf(
	    kit.a, "{\"alg\":\"RS256\",\"x5c\":[\"%s\"],\"jwk\":%s}", kit_fill(KIT_RSA, "$X5C"), members);
	CHECK_ERR(
	    verify_x5c(kit_token(KIT_OTHER, header, "{}"), &s, &e), &e, ATT_E_BAD_FORMAT, "different keys");
	CHECK_ERR(
	    verify_x5c(kit_token(KIT_RSA, header, "{}"), &s, &e), &e, ATT_E_BAD_FORMAT, "different keys");
}

static void x5c_too_many(void **state)
{
	struct json *x5c = json_array(kit.a), *h = json_object(kit.a);
	struct jws_signer s;
	struct att_error e = { 0 };
	char *text;
	size_t n;

	(void)state;
	for (int i = 0; i < X509_BUNDLE_MAX + 1; i++)
		assert_non_null(json_append(x5c, json_string(kit.a, kit_fill(KIT_P256, "$X5C"))));
	assert_non_null(json_put(kit.a, h, "alg", json_string(kit.a, "ES256")));
	assert_non_null(json_put(kit.a, h, "x5c", x5c));
	CHECK_OK(json_write(kit.a, h, JSON_COMPACT, &text, &n, &e), &e);
	CHECK_ERR(verify_x5c(kit_token(KIT_P256, text, "{}"), &s, &e), &e, ATT_E_LIMIT, "17 certificates");
}

static void signed_policy(void **state)
{
	static const char text[] = "version= 1.0;authorizationrules{=> permit();};";
	struct att_error e = { 0 };

	(void)state;
	for (enum kit_key k = KIT_RSA; k <= KIT_P521; k++) {
		struct att_signing_key *key = kit.keys[k];
		struct rd in = rd_make(text, sizeof text - 1);
		struct jws_signer s;
		char *out;

		CHECK_OK(jws_sign_policy(kit.a, key->c, key->priv, &key->chain, &in, &out, &e), &e);
		CHECK_OK(verify_x5c(out, &s, &e), &e);
		assert_string_equal((const char *)parse(out).payload, "{\"AttestationPolicy\":"
		    "\"dmVyc2lvbj0gMS4wO2F1dGhvcml6YXRpb25ydWxlc3s9PiBwZXJtaXQoKTt9Ow\"}");
		jws_signer_clear(&s);
	}
}

static void memory_runs_out(void **state)
{
	const char *text = kit_token(KIT_P256, "{\"alg\":\"ES256\",\"x5c\":[\"$X5C\"]}", "{}");
	bool done = false;

	(void)state;
	for (size_t n = 0; !done; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct jws j;
		struct jws_signer s;
		struct att_error e = { 0 };

		assert_true(n < 1000);
		if (a && jws_parse(a, text, strlen(text), &j, &e) && jws_verify_x5c(a, kit.c, &j, &s, &e)) {
			jws_signer_clear(&s);
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
		cmocka_unit_test(the_algorithms),
		cmocka_unit_test(parts),
		cmocka_unit_test(unsigned_is_exact),
		cmocka_unit_test(signs_and_verifies),
		cmocka_unit_test(verify_with_refuses),
		cmocka_unit_test(draft_header_only),
		cmocka_unit_test(too_long_to_make),
		cmocka_unit_test(x5c_as_the_sdks_send_it),
		cmocka_unit_test(x5c_with_escapes),
		cmocka_unit_test(x5c_refused),
		cmocka_unit_test(x5c_of_somebody_else),
		cmocka_unit_test(ps256_is_apart),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(x5c_too_many),
		cmocka_unit_test(signed_policy),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests_name("token/jws", tests, kit_setup, kit_teardown);
}
