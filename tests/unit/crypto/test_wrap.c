/* Against published vectors, and against libcrypto's own ways of the same thing. */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/rsa.h>
#include <string.h>

#include "lib/base/hex.h"
#include "lib/crypto/state.h"
#include "lib/crypto/wrap.h"
#include "tests/harness/check.h"

static struct crypto *c;
static struct att_error e;

static int set_up(void **state)
{
	(void)state;
	c = crypto_new(&e);
	return c ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	crypto_free(c);
	return 0;
}

static struct rd text(const char *s)
{
	return rd_make(s, strlen(s));
}

static void check_hex(const uint8_t *p, size_t n, const char *want)
{
	char hex[2 * 128 + 1];

	hex_encode(p, n, hex);
	assert_string_equal(hex, want);
}

/* RFC 4231 test case 2, in two parts; SHA-256 and SHA-512. */
static void hmac_is_the_published_one(void **state)
{
	const struct rd parts[] = { text("what do ya want "), text("for nothing?") };
	uint8_t out[DIGEST_MAX];

	(void)state;
	CHECK_OK(hmac(DIGEST_SHA256, text("Jefe"), parts, 2, out, &e), &e);
	check_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	CHECK_OK(hmac(DIGEST_SHA512, text("Jefe"), parts, 2, out, &e), &e);
	check_hex(out, 64,
	    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f"
	    "65f8f0e"
	    "6fdcaeab1a34d4a6b4b636e070a38bce737");
	CHECK_ERR(hmac(DIGEST_SHA256, text(""), parts, 2, out, &e), &e, ATT_E_INTERNAL, "empty key");
}

/* With an IV of zeros the first block is the plain text under E(0). */
static void cfb_feeds_whole_blocks_back(void **state)
{
	const uint8_t zero[16] = { 0 };
	uint8_t key[16], out[40], plain[40] = { 0 };

	(void)state;
	/* FIPS 197 C.1 key: E(0) by AES-128 of key 000102..0f is c6a13b37878f5b826f4f8162a1c8d879. */
	for (size_t i = 0; i < 16; i++)
		key[i] = (uint8_t)i;
	CHECK_OK(aes_cfb_encrypt(rd_make(key, 16), rd_make(zero, 16), out, &e), &e);
	check_hex(out, 16, "c6a13b37878f5b826f4f8162a1c8d879");
	/* The second block depends on the first: whole blocks are fed back. */
	CHECK_OK(aes_cfb_encrypt(rd_make(key, 16), rd_make(plain, 33), out, &e), &e);
	check_hex(out, 16, "c6a13b37878f5b826f4f8162a1c8d879");
	assert_false(bytes_equal(out, out + 16, 16));
	CHECK_ERR(aes_cfb_encrypt(rd_make(key, 15), rd_make(zero, 16), out, &e), &e, ATT_E_INTERNAL,
	    "15 bytes");
}

/* KDFa is SP 800-108 in counter mode with a 32-bit counter and length: libcrypto's KBKDF. */
static void kdf_a_is_kbkdf(void **state)
{
	static const unsigned sizes[] = { 128, 256, 384, 512 };
	char label[] = "STORAGE", digest_name[] = "SHA256", mac[] = "HMAC", mode[] = "counter";
	uint8_t key[32], context[20], ours[DIGEST_MAX], theirs[DIGEST_MAX];
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);

	(void)state;
	memset(key, 7, sizeof key);
	memset(context, 9, sizeof context);
	for (size_t i = 0; i < 4; i++) {
		const struct kdf_input in = { DIGEST_SHA256, label, rd_make(context, 12),
			rd_make(context + 12, 8), sizes[i] };
		EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
		const OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name, 0),
			OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, mac, 0),
			OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode, 0),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, sizeof key),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, label, strlen(label)),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, context, sizeof context),
			OSSL_PARAM_construct_end()
		};

		assert_true(EVP_KDF_derive(ctx, theirs, sizes[i] / 8, params) > 0);
		CHECK_OK(kdf_a(rd_make(key, sizeof key), &in, ours, &e), &e);
		assert_memory_equal(ours, theirs, sizes[i] / 8);
		EVP_KDF_CTX_free(ctx);
	}
	EVP_KDF_free(kdf);
	CHECK_ERR(
	    kdf_a(rd_make(key, 32),
		&(struct kdf_input){ DIGEST_SHA256, label, text(""), text(""), 12 }, ours, &e),
	    &e, ATT_E_INTERNAL, "12 bits");
	CHECK_ERR(
	    kdf_a(rd_make(key, 32),
		&(struct kdf_input){ DIGEST_SHA256, label, text(""), text(""), 520 }, ours, &e),
	    &e, ATT_E_INTERNAL, "520 bits");
}

/* KDFe is SP 800-56A's one-step derivation with a hash: libcrypto's SSKDF. */
static void kdf_e_is_sskdf(void **state)
{
	char digest_name[] = "SHA384";
	uint8_t z[48], ours[DIGEST_MAX], theirs[DIGEST_MAX], info[9 + 96] = "IDENTITY";
	const struct kdf_input in = { DIGEST_SHA384, "IDENTITY", rd_make(info + 9, 48),
		rd_make(info + 57, 48), 512 };
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SSKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, z, sizeof z),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof info),
		OSSL_PARAM_construct_end()
	};

	(void)state;
	memset(z, 3, sizeof z);
	memset(info + 9, 5, sizeof info - 9);
	assert_true(EVP_KDF_derive(ctx, theirs, 64, params) > 0);
	CHECK_OK(kdf_e(c, rd_make(z, sizeof z), &in, ours, &e), &e);
	assert_memory_equal(ours, theirs, 64);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static void oaep_opens_with_libcrypto(void **state)
{
	struct privkey *k = NULL;
	struct pubkey *pub = NULL;
	uint8_t cipher[RSA_CIPHER_MAX], plain[RSA_CIPHER_MAX], seed[32], message[190];
	struct oaep_input in = { DIGEST_SHA256, rd_make("IDENTITY", 9), rd_make(message, 32),
		rd_make(seed, 32) };
	EVP_PKEY_CTX *ctx;
	size_t n = 0, m;

	(void)state;
	memset(seed, 1, sizeof seed);
	memset(message, 2, sizeof message);
	CHECK_OK(privkey_generate(KEY_RSA, 2048, &k, &e), &e);
	CHECK_OK(privkey_public(c, k, &pub, &e), &e);
	for (size_t len = 0; len <= 190; len += 95) {
		in.message = rd_make(message, len);
		CHECK_OK(rsa_oaep_encrypt(c, pub, &in, cipher, &n, &e), &e);
		assert_int_equal(n, 256);
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
		m = sizeof plain;
		assert_true(EVP_PKEY_decrypt_init(ctx) > 0 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
		    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0 &&
		    EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_memdup("IDENTITY", 9), 9) > 0 &&
		    EVP_PKEY_decrypt(ctx, plain, &m, cipher, n) > 0);
		assert_int_equal(m, len);
		assert_memory_equal(plain, message, len);
		EVP_PKEY_CTX_free(ctx);
	}
	in.message = rd_make(message, 191);
	CHECK_ERR(rsa_oaep_encrypt(c, pub, &in, cipher, &n, &e), &e, ATT_E_INTERNAL, "do not fit");
	pubkey_free(pub);
	privkey_free(k);
}

/* What the other side computes with its private key and the ephemeral point is the same z. */
static void ecdh_agrees_with_libcrypto(void **state)
{
	uint8_t random[ECDH_RANDOM];

	(void)state;
	memset(random, 0xa5, sizeof random);
	for (enum key_kind kind = KEY_P256; kind <= KEY_P521; kind++) {
		struct privkey *k = NULL;
		struct pubkey *pub = NULL, *peer = NULL;
		struct ecdh_result r = { 0 }, again = { 0 };
		uint8_t z[EC_FIELD_MAX];
		size_t n = sizeof z;
		EVP_PKEY_CTX *ctx;

		CHECK_OK(privkey_generate(kind, 0, &k, &e), &e);
		CHECK_OK(privkey_public(c, k, &pub, &e), &e);
		CHECK_OK(ecdh_ephemeral(pub, rd_make(random, sizeof random), &r, &e), &e);
		CHECK_OK(ecdh_ephemeral(pub, rd_make(random, sizeof random), &again, &e), &e);
		assert_memory_equal(&r, &again, sizeof r);
		CHECK_OK(pubkey_from_ec(c, kind, r.x, r.y, &peer, &e), &e);
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
		assert_true(EVP_PKEY_derive_init(ctx) > 0 && EVP_PKEY_derive_set_peer(ctx, peer->pkey) > 0 &&
		    EVP_PKEY_derive(ctx, z, &n) > 0);
		assert_int_equal(n, r.field);
		assert_memory_equal(z, r.z, n);
		EVP_PKEY_CTX_free(ctx);
		CHECK_ERR(ecdh_ephemeral(pub, rd_make(random, 73), &r, &e), &e, ATT_E_INTERNAL,
		    "73 random bytes");
		pubkey_free(pub);
		pubkey_free(peer);
		privkey_free(k);
	}
}

static size_t sign(struct privkey *k, int padding, int salt, const EVP_MD *md, uint8_t *sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	uint8_t hash[DIGEST_MAX];
	unsigned n;
	size_t len = SIG_MAX;

	assert_true(EVP_Digest("message", 7, hash, &n, md, NULL) > 0 && EVP_PKEY_sign_init(ctx) > 0);
	if (padding)
		assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, padding) > 0);
	assert_true(EVP_PKEY_CTX_set_signature_md(ctx, md) > 0);
	if (padding == RSA_PKCS1_PSS_PADDING)
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) > 0);
	assert_true(EVP_PKEY_sign(ctx, sig, &len, hash, n) > 0);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

/* PSS with any salt length; ECDSA with a hash that is not the curve's; and nothing else. */
static void signatures_by_scheme(void **state)
{
	static const int salts[] = { 0, 20, 32, RSA_PSS_SALTLEN_MAX };
	uint8_t sig[SIG_MAX], raw[2 * EC_FIELD_MAX];
	struct privkey *rsa = NULL, *ec = NULL;
	struct pubkey *rsa_pub = NULL, *ec_pub = NULL;
	size_t n;

	(void)state;
	CHECK_OK(privkey_generate(KEY_RSA, 2048, &rsa, &e), &e);
	CHECK_OK(privkey_generate(KEY_P384, 0, &ec, &e), &e);
	CHECK_OK(privkey_public(c, rsa, &rsa_pub, &e), &e);
	CHECK_OK(privkey_public(c, ec, &ec_pub, &e), &e);
	for (size_t i = 0; i < 4; i++) {
		n = sign(rsa, RSA_PKCS1_PSS_PADDING, salts[i], EVP_sha256(), sig);
		CHECK_OK(sig_verify_scheme(c, rsa_pub, SCHEME_RSA_PSS, DIGEST_SHA256, text("message"),
		    rd_make(sig, n), &e), &e);
		CHECK_ERR(sig_verify_scheme(c, rsa_pub, SCHEME_RSA_PKCS1, DIGEST_SHA256, text("message"),
		    rd_make(sig, n), &e), &e, ATT_E_NOT_AUTHENTIC, "does not verify");
		sig[9] ^= 1;
		CHECK_ERR(sig_verify_scheme(c, rsa_pub, SCHEME_RSA_PSS, DIGEST_SHA256, text("message"),
		    rd_make(sig, n), &e), &e, ATT_E_NOT_AUTHENTIC, "does not verify");
	}
	n = sign(rsa, RSA_PKCS1_PADDING, 0, EVP_sha384(), sig);
	CHECK_OK(sig_verify_scheme(c, rsa_pub, SCHEME_RSA_PKCS1, DIGEST_SHA384, text("message"),
		     rd_make(sig, n), &e),
	    &e);
	n = sign(ec, 0, 0, EVP_sha256(), sig);
	CHECK_OK(ecdsa_der_to_raw(sig, n, 48, raw, &e), &e);
	CHECK_OK(sig_verify_scheme(
		     c, ec_pub, SCHEME_ECDSA, DIGEST_SHA256, text("message"), rd_make(raw, 96), &e),
	    &e);
	CHECK_ERR(sig_verify_scheme(c, ec_pub, SCHEME_ECDSA, DIGEST_SHA256, text("massage"),
		      rd_make(raw, 96), &e),
	    &e, ATT_E_NOT_AUTHENTIC, "does not verify");
	CHECK_ERR(sig_verify_scheme(c, ec_pub, SCHEME_RSA_PSS, DIGEST_SHA256, text("message"),
		      rd_make(raw, 96), &e),
	    &e, ATT_E_UNSUPPORTED, "does not fit the key");
	pubkey_free(rsa_pub);
	pubkey_free(ec_pub);
	privkey_free(rsa);
	privkey_free(ec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_is_the_published_one),
		cmocka_unit_test(cfb_feeds_whole_blocks_back),
		cmocka_unit_test(kdf_a_is_kbkdf),
		cmocka_unit_test(kdf_e_is_sskdf),
		cmocka_unit_test(oaep_opens_with_libcrypto),
		cmocka_unit_test(ecdh_agrees_with_libcrypto),
		cmocka_unit_test(signatures_by_scheme),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
