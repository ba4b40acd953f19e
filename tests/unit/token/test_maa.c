/* test_maa.c - recorded tokens, key sets, policies and metadata of the real service. */
#include "tests/unit/token/kit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/token/jwks.h"

#define N(a) (sizeof (a) / sizeof (a)[0])
#define AAD "https://cplarryoattestationaad.wus.attest.azure.net"
#define SHARED "https://sharedwus.wus.attest.azure.net"
#define SGX_POLICY "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw"

static struct json *load(const char *path)
{
	struct blob b;
	struct json *j;
	struct att_error e = { 0 };

	b = vector_file(path);
	CHECK_OK(json_parse(kit.a, b.p, b.n, NULL, &j, &e), &e);
	blob_free(&b);
	return j;
}

/* The token of recorded step i. */
static const char *step_token(const struct json *recording, size_t i)
{
	const struct json *step = json_get(recording, "steps")->child;

	while (i--)
		step = step->next;
	return json_get(json_get(json_get(step, "response"), "body"), "token")->s;
}

struct recorded {
	const char *file, *jwks;
	size_t step;
	int64_t iat_s, lifetime_s;
	const char *issuer, *type, *policy_hash;
};
static const struct recorded tokens[] = {
	{ "attest-sgx-simple.aad.json", "jwks-aad.json", 0, 1654037276, 28800, AAD, "sgx", SGX_POLICY },
	{ "attest-sgx-runtime-json.aad.json", "jwks-aad.json", 0, 1654037282, 28800, AAD, "sgx", SGX_POLICY },
	{ "attest-oe-simple.shared.json", "jwks-shared.json", 0, 1654037276, 28800, SHARED, "sgx",
	    SGX_POLICY },
	{ "attest-oe-runtime-binary.shared.json", "jwks-shared.json", 0, 1654037277, 28800, SHARED, "sgx",
	    SGX_POLICY },
	{ "certificates-get.aad.json", "jwks-aad.json", 0, 1654037264, 3600, AAD, NULL, NULL },
	{ "policy-set-get-reset-signed-tpm.aad.json", "jwks-aad.json", 0, 1654037434, 3600, AAD, NULL, NULL },
	{ "policy-set-get-reset-unsigned-sgx.aad.json", "jwks-aad.json", 3, 1654037292, 3600, AAD, NULL,
	    NULL },
	/* A24: providers of a region share a key: this set verifies it too, only the issuer tells. */
	{ "attest-sgx-simple.aad.json", "jwks-shared.json", 0, 1654037276, 28800, AAD, "sgx", SGX_POLICY },
};

static void real_tokens(void **state)
{
	(void)state;
	need_vectors();
	for (size_t i = 0; i < N(tokens); i++) {
		const struct recorded *t = &tokens[i];
		const char *token = step_token(load(arena_printf(kit.a, "maa-golden/%s", t->file)), t->step);
		struct blob jwks = vector_file(arena_printf(kit.a, "maa-golden/%s", t->jwks));
		struct att_token_wanted w = { .issuer = t->issuer, .attestation_type = t->type,
			.policy_hash = t->policy_hash, .now_s = t->iat_s };

		print_message("# %s\n", t->file);
		kit_check_valid(token, (const char *)jwks.p, &w);
		w.now_s = t->iat_s + t->lifetime_s - 1;
		kit_check_valid(token, (const char *)jwks.p, &w);
		w.now_s++;
		kit_check_fails(token, (const char *)jwks.p, &w, JWT_EXP, "later than");
		w.now_s = t->iat_s - 1;
		kit_check_fails(token, (const char *)jwks.p, &w, JWT_NBF, "not later than");
		w.now_s = t->iat_s;
		w.issuer = ISSUER;
		kit_check_fails(token, (const char *)jwks.p, &w, JWT_ISSUER, t->issuer);
		blob_free(&jwks);
	}
}

static void real_draft(void **state)
{
	struct blob jwks;
	const struct att_token_wanted w = { .issuer = AAD, .now_s = 1654037280 };

	(void)state;
	need_vectors();
	jwks = vector_file("maa-golden/jwks-aad.json");
	kit_check_fails(step_token(load("maa-golden/attest-sgx-draft-policy.aad.json"), 0),
	    (const char *)jwks.p, &w, JWT_ALG, "draft");
	blob_free(&jwks);
}

/* Keys of Microsoft's chains beside the enclave's: every one can be read. */
static void real_key_sets(void **state)
{
	static const char *const files[] = { "maa-golden/jwks-aad.json", "maa-golden/jwks-shared.json",
		"maa-golden/jwks-isolated.json" };

	(void)state;
	need_vectors();
	for (size_t i = 0; i < N(files); i++) {
		const struct json *set = load(files[i]), *jwk = json_get(set, "keys")->child;
		size_t n = 0;

		for (; jwk; jwk = jwk->next, n++) {
			struct jwks_match m;
			struct att_error e = { 0 };

			CHECK_OK(jwks_find(kit.a, kit.c, set, json_get(jwk, "kid"), &m, &e), &e);
			assert_int_equal(pubkey_kind(m.key), KEY_RSA);
			assert_null(m.alg);
			pubkey_free(m.key);
		}
		assert_int_equal(n, 3);
	}
}

/* A signed policy as an SDK sent it and the service kept it. */
static void real_signed_policy(void **state)
{
	struct jws j;
	struct json *payload;
	struct jws_signer s;
	struct att_error e = { 0 };
	const char *token, *policy;

	(void)state;
	need_vectors();
	token = step_token(load("maa-golden/policy-set-get-reset-signed-tpm.aad.json"), 1);
	CHECK_OK(jws_parse(kit.a, token, strlen(token), &j, &e), &e);
	CHECK_OK(json_parse(kit.a, j.payload, j.payload_len, NULL, &payload, &e), &e);
	policy = json_get(payload, "x-ms-policy")->s;
	CHECK_OK(jws_parse(kit.a, policy, strlen(policy), &j, &e), &e);
	CHECK_OK(jws_verify_x5c(kit.a, kit.c, &j, &s, &e), &e);
	assert_string_equal(s.alg->name, "RS256");
	jws_signer_clear(&s);
	j.input_len--;
	CHECK_ERR(jws_verify_x5c(kit.a, kit.c, &j, &s, &e), &e, ATT_E_NOT_AUTHENTIC, "RS256");
}

static void real_openid(void **state)
{
	struct blob want;
	struct att_error e = { 0 };
	char *doc = NULL;

	(void)state;
	need_vectors();
	want = vector_file("maa-golden/openid-configuration.shared.json");
	CHECK_OK(att_token_openid(SHARED, kit.keys[KIT_RSA], &doc, &e), &e);
	while (want.n && want.p[want.n - 1] == '\n')
		want.p[--want.n] = 0;
	assert_string_equal(doc, (const char *)want.p);
	free(doc);
	blob_free(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_tokens),
		cmocka_unit_test(real_draft),
		cmocka_unit_test(real_key_sets),
		cmocka_unit_test(real_signed_policy),
		cmocka_unit_test(real_openid),
	};

	return cmocka_run_group_tests_name("token/maa", tests, kit_setup, kit_teardown);
}
