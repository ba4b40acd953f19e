/*
 * MakeCredential: opened by an independent reading of Part 1 section 24 over libcrypto, for RSA and
 * ECC keys; and by a software TPM where one is installed (test_activation.sh).
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rsa.h>
#include <string.h>

#include "lib/crypto/state.h"
#include "tests/unit/evidence/tpm/kit.h"

static struct kit k;

static int set_up(void **state)
{
	(void)state;
	kit_init(&k);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kit_clear(&k);
	return 0;
}

/* The TPM's side: seed from the encrypted secret. */
static size_t open_seed(struct privkey *ek, const char *md, struct rd secret, uint8_t *seed)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ek->pkey, NULL);
	struct rd body, x, y;
	size_t n = RSA_CIPHER_MAX, own_n = 0, h = (size_t)EVP_MD_get_size(EVP_get_digestbyname(md));
	uint8_t z[EC_FIELD_MAX], info[9 + 2 * EC_FIELD_MAX] = "IDENTITY", own[1 + 2 * EC_FIELD_MAX],
					      plain[RSA_CIPHER_MAX];
	struct pubkey *peer = NULL;
	char name[16];
	EVP_KDF *kdf;
	EVP_KDF_CTX *kctx;
	OSSL_PARAM params[4];

	assert_true(rd_be16_block(&secret, &body) && rd_empty(&secret));
	if (ek->kind == KEY_RSA) {
		assert_true(EVP_PKEY_decrypt_init(ctx) > 0 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
		    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_get_digestbyname(md)) > 0 &&
		    EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_memdup("IDENTITY", 9), 9) > 0 &&
		    EVP_PKEY_decrypt(ctx, plain, &n, rd_ptr(&body), rd_left(&body)) > 0);
		EVP_PKEY_CTX_free(ctx);
		memcpy(seed, plain, n);
		return n;
	}
	assert_true(rd_be16_block(&body, &x) && rd_be16_block(&body, &y) && rd_empty(&body));
	CHECK_OK(pubkey_from_ec(k.c, ek->kind, rd_ptr(&x), rd_ptr(&y), &peer, &k.e), &k.e);
	n = sizeof z;
	assert_true(EVP_PKEY_derive_init(ctx) > 0 && EVP_PKEY_derive_set_peer(ctx, peer->pkey) > 0 &&
	    EVP_PKEY_derive(ctx, z, &n) > 0);
	EVP_PKEY_CTX_free(ctx);
	pubkey_free(peer);
	assert_true(EVP_PKEY_get_octet_string_param(
			ek->pkey, OSSL_PKEY_PARAM_PUB_KEY, own, sizeof own, &own_n) > 0);
	memcpy(info + 9, rd_ptr(&x), n);
	memcpy(info + 9 + n, own + 1, n);
	strcpy(name, md);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, z, n);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, 9 + 2 * n);
	params[3] = OSSL_PARAM_construct_end();
	kdf = EVP_KDF_fetch(NULL, "SSKDF", NULL);
	kctx = EVP_KDF_CTX_new(kdf);
	assert_true(EVP_KDF_derive(kctx, seed, h, params) > 0);
	EVP_KDF_CTX_free(kctx);
	EVP_KDF_free(kdf);
	return h;
}

static void kbkdf(const char *md, const uint8_t *seed, size_t n, const char *label, struct rd u,
    uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	const uint8_t *context = rd_ptr(&u);
	OSSL_PARAM params[6];

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)md, 0);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, (char *)(uintptr_t)"HMAC", 0);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)seed, n);
	params[3] = OSSL_PARAM_construct_octet_string(
	    OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)label, strlen(label));
	params[4] = OSSL_PARAM_construct_octet_string(
	    OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)context, rd_left(&u));
	params[5] = OSSL_PARAM_construct_end();
	assert_true(EVP_KDF_derive(ctx, out, len, params) > 0);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

/* TPM2_ActivateCredential: false when the integrity value is wrong. */
static bool activate(struct privkey *ek, const char *md, int aes, const struct tpm_name *name,
    const struct tpm_credential *cred, struct rd *secret)
{
	static uint8_t out[80];
	uint8_t seed[DIGEST_MAX], key[DIGEST_MAX], mac[DIGEST_MAX], both[256];
	struct rd in = cred->id_object, body, tag;
	size_t n = open_seed(ek, md, cred->encrypted_secret, seed), len;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t iv[16] = { 0 };
	int m = 0;
	bool ok;

	assert_true(rd_be16_block(&in, &body) && rd_empty(&in) && rd_be16_block(&body, &tag));
	len = rd_left(&body);
	memcpy(both, rd_ptr(&body), len);
	memcpy(both + len, name->bytes, name->len);
	kbkdf(md, seed, n, "INTEGRITY", rd_make(NULL, 0), key, n);
	assert_non_null(EVP_Q_mac(
	    NULL, "HMAC", NULL, md, NULL, key, n, both, len + name->len, mac, sizeof mac, &n));
	ok = rd_left(&tag) == n && bytes_equal(mac, rd_ptr(&tag), n);
	kbkdf(md, seed, n, "STORAGE", rd_make(name->bytes, name->len), key, (size_t)aes / 8);
	assert_true(
	    EVP_DecryptInit_ex(
		ctx, aes == 128 ? EVP_aes_128_cfb128() : EVP_aes_256_cfb128(), NULL, key, iv) > 0 &&
	    EVP_DecryptUpdate(ctx, out, &m, rd_ptr(&body), (int)len) > 0);
	EVP_CIPHER_CTX_free(ctx);
	*secret = rd_make(out + 2, len - 2);
	return ok && (size_t)(out[0] << 8 | out[1]) == len - 2;
}

static const struct ek_case {
	enum key_kind kind;
	unsigned bits;
	const char *md;
	int aes;
} cases[] = {
	{ KEY_RSA, 2048, "SHA256", 128 },
	{ KEY_P256, 0, "SHA256", 128 },
	{ KEY_P384, 0, "SHA384", 256 },
	{ KEY_P521, 0, "SHA512", 256 },
};

static struct x509_cert *cert_of(struct privkey *key)
{
	const struct x509_rdn subject = { "CN", "ek" };
	const struct x509_template x = { .subject = &subject, .nsubject = 1, .serial = 1, .not_after_s = 1000,
		.pathlen = -1, .alg = SIG_ECDSA_P256_SHA256 };
	struct x509_cert *cert = NULL;
	struct pubkey *pub = NULL;

	CHECK_OK(privkey_public(k.c, key, &pub, &k.e), &k.e);
	CHECK_OK(x509_make(k.c, &x, pub, k.key, &cert, &k.e), &k.e);
	pubkey_free(pub);
	return cert;
}

static void the_ek_opens_it_for_the_named_key_only(void **state)
{
	uint8_t random[TPM_CREDENTIAL_RANDOM];
	struct tpm_name name = { .len = 34, .bytes = { 0, 11, 42 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct privkey *key = NULL, *other = NULL;
		struct tpm_ek ek = { 0 };
		struct tpm_credential cred, again;
		struct x509_cert *cert;
		const struct tpm_credential_input in = { &ek, &name,
			rd_make("thirty-two bytes of a secret....", 32),
			rd_make(random, sizeof random) };
		struct rd secret;

		memset(random, (int)i + 1, sizeof random);
		CHECK_OK(privkey_generate(cases[i].kind, cases[i].bits, &key, &k.e), &k.e);
		cert = cert_of(key);
		CHECK_OK(tpm_ek_from_cert(cert, &ek, &k.e), &k.e);
		assert_int_equal(ek.aes_bits, cases[i].aes);
		CHECK_OK(tpm_make_credential(k.c, k.a, &in, &cred, &k.e), &k.e);
		assert_true(activate(key, cases[i].md, cases[i].aes, &name, &cred, &secret));
		assert_int_equal(rd_left(&secret), 32);
		assert_memory_equal(rd_ptr(&secret), "thirty-two bytes of a secret....", 32);
		/* Same arguments, same bytes: nothing else goes in. */
		CHECK_OK(tpm_make_credential(k.c, k.a, &in, &again, &k.e), &k.e);
		assert_int_equal(rd_left(&cred.id_object), rd_left(&again.id_object));
		assert_memory_equal(
		    rd_ptr(&cred.id_object), rd_ptr(&again.id_object), rd_left(&cred.id_object));
		/* Another AK, by one bit of its name. */
		name.bytes[2] ^= 1;
		assert_false(activate(key, cases[i].md, cases[i].aes, &name, &cred, &secret));
		name.bytes[2] ^= 1;
		x509_cert_free(cert);
		tpm_ek_clear(&ek);
		privkey_free(key);
		privkey_free(other);
	}
}

/* A16: a credential for the key of certificate A is no use to the holder of key B. */
static void a16_another_ek_does_not_open_it(void **state)
{
	uint8_t random[TPM_CREDENTIAL_RANDOM] = { 1 };
	const struct tpm_name name = { .len = 34, .bytes = { 0, 11, 42 } };
	struct x509_cert *cert = cert_of(k.key);
	struct tpm_ek ek = { 0 };
	const struct tpm_credential_input in = { &ek, &name, rd_make("secret", 6),
		rd_make(random, sizeof random) };
	struct tpm_credential cred;
	struct rd secret;

	(void)state;
	CHECK_OK(tpm_ek_from_cert(cert, &ek, &k.e), &k.e);
	CHECK_OK(tpm_make_credential(k.c, k.a, &in, &cred, &k.e), &k.e);
	assert_true(activate(k.key, "SHA256", 128, &name, &cred, &secret));
	assert_false(activate(k.other, "SHA256", 128, &name, &cred, &secret));
	x509_cert_free(cert);
	tpm_ek_clear(&ek);
}

static void limits(void **state)
{
	uint8_t random[TPM_CREDENTIAL_RANDOM] = { 1 }, secret[33] = { 0 };
	const struct tpm_name name = { .len = 34 };
	struct x509_cert *cert = cert_of(k.key);
	struct tpm_ek ek = { 0 };
	struct tpm_credential_input in = { &ek, &name, rd_make(secret, 32), rd_make(random, sizeof random) };
	struct tpm_credential cred;

	(void)state;
	CHECK_OK(tpm_ek_from_cert(cert, &ek, &k.e), &k.e);
	CHECK_OK(tpm_make_credential(k.c, k.a, &in, &cred, &k.e), &k.e);
	in.secret = rd_make(secret, 33);
	CHECK_ERR(tpm_make_credential(k.c, k.a, &in, &cred, &k.e), &k.e, ATT_E_INTERNAL,
	    "33 bytes, want 1 to 32");
	in.secret = rd_make(secret, 0);
	CHECK_ERR(tpm_make_credential(k.c, k.a, &in, &cred, &k.e), &k.e, ATT_E_INTERNAL, "0 bytes");
	in.secret = rd_make(secret, 32);
	in.random = rd_make(random, TPM_CREDENTIAL_RANDOM - 1);
	CHECK_ERR(tpm_make_credential(k.c, k.a, &in, &cred, &k.e), &k.e, ATT_E_INTERNAL, "127 random bytes");
	x509_cert_free(cert);
	tpm_ek_clear(&ek);
}

/* An attestation key is no endorsement key. */
static void public_areas_of_endorsement_keys(void **state)
{
	struct tpm_public p;
	struct tpm_ek ek = { 0 };
	struct blob b;

	(void)state;
	CHECK_OK(
	    tpm_public_parse(
		kit_public(&k, k.key, KIT_ATTRIBUTES, TPM_ALG_SHA256, TPM_ALG_NULL, 0), &p, &k.e),
	    &k.e);
	CHECK_ERR(tpm_ek_from_public(k.c, &p, &ek, &k.e), &k.e, ATT_E_NOT_AUTHENTIC, "objectAttributes");
	need_vectors();
	b = vector_file("tpm/made-here/ek.pub");
	CHECK_OK(tpm2b_public_parse(rd_make(b.p, b.n), &p, &k.e), &k.e);
	CHECK_OK(tpm_ek_from_public(k.c, &p, &ek, &k.e), &k.e);
	assert_int_equal(ek.aes_bits, 128);
	assert_int_equal(ek.name_alg, DIGEST_SHA256);
	blob_free(&b);
	tpm_ek_clear(&ek);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ek_opens_it_for_the_named_key_only),
		cmocka_unit_test(a16_another_ek_does_not_open_it),
		cmocka_unit_test(limits),
		cmocka_unit_test(public_areas_of_endorsement_keys),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
