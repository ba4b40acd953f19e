/* test_key.c - signing keys: making, loading, certificates. */
#include "tests/unit/token/kit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"

static struct att_bytes blob_of(const char *s, size_t n)
{
	return (struct att_bytes){ (const uint8_t *)s, n };
}

static void export_and_load(void **state)
{
	(void)state;
	for (enum kit_key k = KIT_RSA; k < KIT_NKEYS; k++) {
		struct att_signing_key *again = NULL;
		struct att_error e = { 0 };
		char *pem = NULL, *certs = NULL, *certs2 = NULL;
		size_t n = 0;

		CHECK_OK(att_signing_key_export(kit.keys[k], &pem, &n, &e), &e);
		CHECK_OK(att_signing_key_certs(kit.keys[k], &certs, &e), &e);
		assert_int_equal(strlen(pem), n);
		assert_non_null(strstr(pem, "-----BEGIN PRIVATE KEY-----"));
		CHECK_OK(att_signing_key_load(blob_of(pem, n), kit_bytes(certs), &again, &e), &e);
		assert_string_equal(again->kid, kit.keys[k]->kid);
		assert_ptr_equal(again->alg, kit.keys[k]->alg);
		CHECK_OK(att_signing_key_certs(again, &certs2, &e), &e);
		assert_string_equal(certs, certs2);
		att_signing_key_free(again);
		att_secret_free(pem, n);
		free(certs);
		free(certs2);
	}
	att_secret_free(NULL, 0);
	att_signing_key_free(NULL);
}

static void kid_is_the_spki_digest(void **state)
{
	(void)state;
	for (enum kit_key k = KIT_RSA; k < KIT_NKEYS; k++) {
		uint8_t md[32];
		size_t n;
		const uint8_t *spki = pubkey_spki(kit.keys[k]->pub, &n);
		struct att_error e = { 0 };

		CHECK_OK(digest(kit.c, DIGEST_SHA256, spki, n, md, &e), &e);
		assert_string_equal(kit.keys[k]->kid, b64_encode_arena(B64_URL, kit.a, md, sizeof md));
	}
}

static void certificate_of_another_key(void **state)
{
	struct att_signing_key *out = NULL;
	struct att_error e = { 0 };
	char *pem = NULL, *certs = NULL;
	size_t n = 0;

	(void)state;
	CHECK_OK(att_signing_key_export(kit.keys[KIT_RSA], &pem, &n, &e), &e);
	CHECK_OK(att_signing_key_certs(kit.keys[KIT_OTHER], &certs, &e), &e);
	CHECK_ERR(att_signing_key_load(blob_of(pem, n), kit_bytes(certs), &out, &e), &e, ATT_E_BAD_FORMAT,
	    "for another key");
	assert_null(out);
	free(certs);
	att_secret_free(pem, n);
}

static void not_keys(void **state)
{
	struct att_signing_key *out = NULL;
	struct att_error e = { 0 };
	char *pem = NULL, *certs = NULL;
	size_t n = 0;

	(void)state;
	CHECK_OK(att_signing_key_export(kit.keys[KIT_P256], &pem, &n, &e), &e);
	CHECK_OK(att_signing_key_certs(kit.keys[KIT_P256], &certs, &e), &e);
	assert_false(att_signing_key_load(kit_bytes("nonsense"), kit_bytes(certs), &out, &e));
	assert_non_null(strstr(e.text, "signing key"));
	att_error_clear(&e);
	assert_false(att_signing_key_load(kit_bytes(certs), kit_bytes(certs), &out, &e));
	att_error_clear(&e);
	assert_false(att_signing_key_load(blob_of(pem, n), kit_bytes("nonsense"), &out, &e));
	assert_non_null(strstr(e.text, "certificates"));
	CHECK_ERR(att_signing_key_generate((enum att_token_alg)9, &out, &e), &e, ATT_E_UNSUPPORTED,
	    "algorithm number 9");
	assert_null(out);
	/* A key may come without a certificate, and gets its own later. */
	CHECK_OK(att_signing_key_load(blob_of(pem, n), kit_bytes(NULL), &out, &e), &e);
	free(certs);
	CHECK_ERR(att_signing_key_certs(out, &certs, &e), &e, ATT_E_OPERATION, "no certificate");
	att_signing_key_free(out);
	att_secret_free(pem, n);
}

/* A chain of two, signed by a test CA. */
static char *chain_pem(struct att_signing_key *leaf, bool leaf_first)
{
	const struct x509_rdn ca_name = { "CN", "test CA" }, leaf_name = { "CN", "leaf" };
	struct x509_template ca = {
		.subject = &ca_name,
		.nsubject = 1,
		.issuer = &ca_name,
		.nissuer = 1,
		.serial = 1,
		.not_before_s = NOW,
		.not_after_s = NOW + 3600,
		.ca = true,
		.pathlen = 0,
		.key_usage = 1U << 5,
		.key_ids = true,
		.alg = SIG_ECDSA_P256_SHA256,
	};
	struct x509_template t = {
		.subject = &leaf_name,
		.nsubject = 1,
		.serial = 2,
		.not_before_s = NOW,
		.not_after_s = NOW + 3600,
		.pathlen = -1,
		.key_usage = 1,
		.key_ids = true,
		.alg = SIG_ECDSA_P256_SHA256,
	};
	ATT_AUTO_STRUCT(privkey) ca_key = NULL;
	ATT_AUTO_STRUCT(pubkey) ca_pub = NULL;
	ATT_AUTO_STRUCT(x509_cert) ca_cert = NULL;
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	struct att_error e = { 0 };
	size_t n, m;
	const uint8_t *a, *b;

	CHECK_OK(privkey_generate(KEY_P256, 0, &ca_key, &e), &e);
	CHECK_OK(privkey_public(kit.c, ca_key, &ca_pub, &e), &e);
	CHECK_OK(x509_make(kit.c, &ca, ca_pub, ca_key, &ca_cert, &e), &e);
	t.issuer_cert = ca_cert;
	CHECK_OK(x509_make(kit.c, &t, leaf->pub, ca_key, &cert, &e), &e);
	a = x509_der(leaf_first ? cert : ca_cert, &n);
	b = x509_der(leaf_first ? ca_cert : cert, &m);
	return arena_printf(kit.a, "%s%s", x509_to_pem(kit.a, a, n), x509_to_pem(kit.a, b, m));
}

static void chains(void **state)
{
	struct att_signing_key *out = NULL;
	struct att_error e = { 0 };
	char *pem = NULL, *own = NULL, *jwks = NULL, *token = NULL;
	size_t n = 0;
	const struct att_token_std std = { .issuer = ISSUER, .now_s = NOW, .lifetime_s = 60 };
	const struct att_token_wanted w = { .issuer = ISSUER, .now_s = NOW };

	(void)state;
	CHECK_OK(att_signing_key_export(kit.keys[KIT_P256], &pem, &n, &e), &e);
	CHECK_OK(
	    att_signing_key_load(blob_of(pem, n), kit_bytes(chain_pem(kit.keys[KIT_P256], true)), &out, &e),
	    &e);
	assert_int_equal(out->chain.n, 2);
	CHECK_OK(att_token_jwks(&out, 1, &jwks, &e), &e);
	CHECK_OK(att_token_sign(out, kit_bytes("{}"), &std, &token, &e), &e);
	kit_check_valid(token, jwks, &w);
	att_signing_key_free(out);
	free(jwks);
	free(token);
	out = NULL;
	CHECK_ERR(
	    att_signing_key_load(blob_of(pem, n), kit_bytes(chain_pem(kit.keys[KIT_P256], false)), &out, &e),
	    &e, ATT_E_BAD_FORMAT, "for another key");
	CHECK_OK(att_signing_key_certs(kit.keys[KIT_P256], &own, &e), &e);
	/* The second certificate did not issue the first. */
	assert_false(att_signing_key_load(blob_of(pem, n),
	    kit_bytes(arena_printf(kit.a, "%s%s", own, chain_pem(kit.keys[KIT_P256], true))), &out, &e));
	assert_non_null(strstr(e.text, "certificate 1"));
	free(own);
	att_secret_free(pem, n);
}

/* rest-api section 6.4: as MAA's certificate. */
static void self_certified(void **state)
{
	(void)state;
	for (enum kit_key k = KIT_RSA; k < KIT_NKEYS; k++) {
		const struct x509_cert *c = kit.keys[k]->chain.certs[0];
		struct att_error e = { 0 };
		size_t n;
		struct rd ext;

		assert_int_equal(kit.keys[k]->chain.n, 1);
		assert_string_equal(x509_subject_cn(c), ISSUER);
		assert_string_equal(x509_issuer_cn(c), ISSUER);
		assert_true(x509_self_issued(c));
		assert_false(x509_is_ca(c));
		assert_true(x509_extension(c, "2.5.29.19", &ext));
		assert_true(x509_extension(c, "2.5.29.14", &ext));
		assert_int_equal(x509_not_before(c), NOW - 3600);
		assert_int_equal(x509_not_after(c), NOW + 86400);
		assert_true(bytes_equal(
		    pubkey_spki_sha256(x509_pubkey(c)), pubkey_spki_sha256(kit.keys[k]->pub), 32));
		(void)x509_serial(c, &n);
		assert_in_range(n, 1, 8);
		CHECK_OK(x509_valid_at(c, NOW, &e), &e);
	}
}

static void certifying_again(void **state)
{
	struct att_signing_key *k = NULL;
	struct att_error e = { 0 };
	char *a = NULL, *b = NULL;
	const char *longer =
	    "https://attestation.a-long-name-of-a-namespace.svc.cluster.local:8443/p/tenant-one";

	(void)state;
	CHECK_OK(att_signing_key_generate(ATT_ES384, &k, &e), &e);
	CHECK_OK(att_signing_key_self_certify(k, ISSUER, NOW, NOW + 1, &e), &e);
	CHECK_OK(att_signing_key_certs(k, &a, &e), &e);
	CHECK_OK(att_signing_key_self_certify(k, ISSUER, NOW, NOW + 1, &e), &e);
	CHECK_OK(att_signing_key_certs(k, &b, &e), &e);
	assert_string_not_equal(a, b);          /* serial and signature differ */
	assert_int_equal(k->chain.n, 1);
	CHECK_OK(att_signing_key_self_certify(k, longer, NOW, NOW + 1, &e), &e);
	assert_int_equal(strlen(x509_subject_cn(k->chain.certs[0])), 64);
	assert_memory_equal(x509_subject_cn(k->chain.certs[0]), longer, 64);
	CHECK_ERR(
	    att_signing_key_self_certify(k, ISSUER, NOW, NOW, &e), &e, ATT_E_BAD_FORMAT, "before it begins");
	CHECK_ERR(att_signing_key_self_certify(k, "", NOW, NOW + 1, &e), &e, ATT_E_BAD_FORMAT, "empty");
	CHECK_ERR(
	    att_signing_key_self_certify(k, ISSUER "/", NOW, NOW + 1, &e), &e, ATT_E_BAD_FORMAT, "slash");
	CHECK_ERR(att_signing_key_self_certify(k, "https://a b", NOW, NOW + 1, &e), &e, ATT_E_BAD_FORMAT,
	    "0x20 at offset 9");
	assert_memory_equal(x509_subject_cn(k->chain.certs[0]), longer, 64);    /* failures leave the chain */
	att_signing_key_free(k);
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(export_and_load),
		cmocka_unit_test(kid_is_the_spki_digest),
		cmocka_unit_test(certificate_of_another_key),
		cmocka_unit_test(not_keys),
		cmocka_unit_test(chains),
		cmocka_unit_test(self_certified),
		cmocka_unit_test(certifying_again),
	};

	return cmocka_run_group_tests_name("token/key", tests, kit_setup, kit_teardown);
}
