/* Public and private keys: what is accepted, what it becomes, what is refused. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "lib/base/hex.h"
#include "lib/crypto/der.h"
#include "lib/crypto/state.h"
#include "tests/harness/check.h"

static struct crypto *c;
static const enum key_kind kinds[] = { KEY_RSA, KEY_P256, KEY_P384, KEY_P521 };

static void generate(enum key_kind kind, struct privkey **priv, struct pubkey **pub)
{
	struct att_error e = { 0 };

	CHECK_OK(privkey_generate(kind, 2048, priv, &e), &e);
	CHECK_OK(privkey_public(c, *priv, pub, &e), &e);
}

static void digests_are_the_published_ones(void **state)
{
	static const struct { enum digest_alg alg; const char *hex; } rows[] = {
		{ DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ DIGEST_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
		    "8086072ba1e7cc2358baeca134c825a7" },
		{ DIGEST_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	};
	struct att_error e = { 0 };
	uint8_t out[DIGEST_MAX], want[DIGEST_MAX];

	(void)state;
	for (size_t round = 0; round < 2; round++)              /* the context is used again */
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			size_t n = digest_len(rows[i].alg);
			assert_true(hex_decode(rows[i].hex, 2 * n, want, n, NULL));
			CHECK_OK(digest(c, rows[i].alg, "abc", 3, out, &e), &e);
			assert_memory_equal(out, want, n);
		}
	CHECK_OK(digest(c, DIGEST_SHA1, NULL, 0, out, &e), &e);
	assert_int_equal(out[0], 0xda);
}

static void random_bytes_differ(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	assert_true(crypto_random(a, sizeof a, NULL) && crypto_random(b, sizeof b, NULL));
	assert_memory_not_equal(a, b, sizeof a);
}

/* The SPKI we write is the one libcrypto writes, and reading it gives the same key. */
static void spki_is_canonical(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		ATT_AUTO_STRUCT(privkey) priv = NULL;
		ATT_AUTO_STRUCT(pubkey) pub = NULL;
		ATT_AUTO_STRUCT(pubkey) again = NULL;
		struct att_error e = { 0 };
		unsigned char *der = NULL;
		const uint8_t *spki;
		uint8_t hash[32];
		size_t n;
		int len;

		generate(kinds[i], &priv, &pub);
		len = i2d_PUBKEY(pub->pkey, &der);
		spki = pubkey_spki(pub, &n);
		assert_int_equal(len, n);
		assert_memory_equal(spki, der, n);
		CHECK_OK(pubkey_from_spki(c, der, n, &again, &e), &e);
		assert_int_equal(pubkey_kind(again), kinds[i]);
		assert_int_equal(pubkey_bits(again), pubkey_bits(pub));
		assert_memory_equal(pubkey_spki(again, &n), der, n);
		assert_true(digest(c, DIGEST_SHA256, der, n, hash, &e));
		assert_memory_equal(pubkey_spki_sha256(again), hash, 32);
		assert_int_equal(EVP_PKEY_eq(pub->pkey, again->pkey), 1);
		OPENSSL_free(der);
	}
}

static void damaged_spki_never_gives_the_same_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		ATT_AUTO_STRUCT(privkey) priv = NULL;
		ATT_AUTO_STRUCT(pubkey) pub = NULL;
		struct att_error e = { 0 };
		uint8_t der[600];
		const uint8_t *spki;
		size_t n;

		generate(kinds[i], &priv, &pub);
		spki = pubkey_spki(pub, &n);
		for (size_t cut = 0; cut < n; cut++) {
			struct pubkey *out = NULL;
			CHECK_ERR(pubkey_from_spki(c, spki, cut, &out, &e), &e, ATT_E_BAD_FORMAT, "key: ");
			assert_null(out);
		}
		bytes_copy(der, spki, n);
		der[n] = 0;
		struct pubkey *out = NULL;
		CHECK_ERR(pubkey_from_spki(c, der, n + 1, &out, &e), &e, ATT_E_BAD_FORMAT, "exact DER");
		for (size_t at = 0; at < n; at++) {
			bytes_copy(der, spki, n);
			der[at] ^= 0xff;
			att_error_clear(&e);
			out = NULL;
			if (pubkey_from_spki(c, der, n, &out, &e)) {
				/* Another modulus or exponent is another key; the point is on no curve. */
				assert_int_equal(kinds[i], KEY_RSA);
				assert_memory_not_equal(pubkey_spki_sha256(out), pubkey_spki_sha256(pub), 32);
				pubkey_free(out);
			} else {
				assert_int_not_equal(e.code, ATT_E_OK);
			}
			assert_int_equal(ERR_peek_error(), 0);
		}
	}
}

static void points_that_are_none(void **state)
{
	static const uint8_t zero[CURVE_FIELD_MAX];
	uint8_t ones[CURVE_FIELD_MAX];
	struct att_error e = { 0 };

	(void)state;
	memset(ones, 0xff, sizeof ones);
	for (size_t i = 1; i < 4; i++) {
		ATT_AUTO_STRUCT(privkey) priv = NULL;
		ATT_AUTO_STRUCT(pubkey) pub = NULL;
		struct pubkey *out = NULL;
		uint8_t y[CURVE_FIELD_MAX];

		generate(kinds[i], &priv, &pub);
		CHECK_ERR(pubkey_from_ec(c, kinds[i], zero, zero, &out, &e), &e, ATT_E_BAD_FORMAT,
		    "not on P-");
		CHECK_ERR(pubkey_from_ec(c, kinds[i], ones, ones, &out, &e), &e, ATT_E_BAD_FORMAT,
		    "not on P-");
		CHECK_ERR(pubkey_from_ec(c, kinds[i], rd_ptr(&pub->first), zero, &out, &e), &e,
		    ATT_E_BAD_FORMAT, "not on");
		CHECK_ERR(pubkey_from_ec(c, kinds[i], zero, rd_ptr(&pub->second), &out, &e), &e,
		    ATT_E_BAD_FORMAT, "not on");
		bytes_copy(y, rd_ptr(&pub->second), rd_left(&pub->second));
		y[rd_left(&pub->second) - 1] ^= 1;
		CHECK_ERR(pubkey_from_ec(c, kinds[i], rd_ptr(&pub->first), y, &out, &e), &e, ATT_E_BAD_FORMAT,
		    "not on");
		assert_null(out);
		assert_int_equal(ERR_peek_error(), 0);
	}
	struct pubkey *out = NULL;
	CHECK_ERR(pubkey_from_ec(c, KEY_RSA, zero, zero, &out, &e), &e, ATT_E_UNSUPPORTED, "RSA key has no");
}

/* P-256 point with x + p instead of x, which fits 32 bytes only for tiny x: x = 5 is on the curve. */
static void coordinate_not_below_p(void **state)
{
	static const char x_hex[] = "0000000000000000000000000000000000000000000000000000000000000005";
	static const char x_plus_p_hex[] = "ffffffff00000001000000000000000000000001000000000000000000000004";
	static const char y_hex[] = "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc";
	uint8_t x[32], y[32];
	struct att_error e = { 0 };
	struct pubkey *k = NULL;

	(void)state;
	assert_true(hex_decode(y_hex, 64, y, 32, NULL) && hex_decode(x_hex, 64, x, 32, NULL));
	CHECK_OK(pubkey_from_ec(c, KEY_P256, x, y, &k, &e), &e);
	pubkey_free(k);
	k = NULL;
	assert_true(hex_decode(x_plus_p_hex, 64, x, 32, NULL));
	CHECK_ERR(pubkey_from_ec(c, KEY_P256, x, y, &k, &e), &e, ATT_E_BAD_FORMAT, "not on P-256");
	assert_null(k);
}

static EVP_PKEY *ec_with(const char *param, const char *value)
{
	EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "prime256v1");

	assert_non_null(k);
	assert_true(EVP_PKEY_set_utf8_string_param(k, param, value) > 0);
	return k;
}

static void refused_spki(EVP_PKEY *k, enum att_err code, const char *text)
{
	struct att_error e = { 0 };
	unsigned char *der = NULL;
	struct pubkey *out = NULL;
	int n = i2d_PUBKEY(k, &der);

	assert_true(n > 0);
	CHECK_ERR(pubkey_from_spki(c, der, (size_t)n, &out, &e), &e, code, text);
	OPENSSL_free(der);
	EVP_PKEY_free(k);
}

static void keys_of_other_shapes(void **state)
{
	(void)state;
	refused_spki(ec_with("point-format", "compressed"), ATT_E_BAD_FORMAT, "not an uncompressed point");
	refused_spki(ec_with("point-format", "hybrid"), ATT_E_BAD_FORMAT, "not an uncompressed point");
	refused_spki(ec_with("encoding", "explicit"), ATT_E_UNSUPPORTED, "not a named curve");
	refused_spki(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"), ATT_E_UNSUPPORTED, "curve is not");
	refused_spki(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp224r1"), ATT_E_UNSUPPORTED, "curve is not");
	refused_spki(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), ATT_E_UNSUPPORTED, "neither RSA nor EC");
	refused_spki(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024), ATT_E_UNSUPPORTED,
	    "RSA of 1024 bits");
}

static void rsa_limits(void **state)
{
	uint8_t n[1025], e3[] = { 3 }, e1[] = { 1 }, e4[] = { 4 }, e9[] = { 1, 0, 0, 0, 0, 0, 0, 0, 1 },
	    zero[] = { 0 };
	struct att_error e = { 0 };
	struct pubkey *k = NULL;

	(void)state;
	memset(n, 0xff, sizeof n);
	n[0] = 0x7f;
	CHECK_ERR(pubkey_from_rsa(c, n, 256, e3, 1, &k, &e), &e, ATT_E_UNSUPPORTED, "RSA of 2047 bits");
	n[0] = 0x80;
	CHECK_OK(pubkey_from_rsa(c, n, 256, e3, 1, &k, &e), &e);
	assert_int_equal(pubkey_bits(k), 2048);
	pubkey_free(k);
	k = NULL;
	CHECK_OK(pubkey_from_rsa(c, n, 1024, e3, 1, &k, &e), &e);
	assert_int_equal(pubkey_bits(k), 8192);
	pubkey_free(k);
	k = NULL;
	CHECK_ERR(pubkey_from_rsa(c, n, 1025, e3, 1, &k, &e), &e, ATT_E_UNSUPPORTED, "1025");
	CHECK_ERR(pubkey_from_rsa(c, n, 256, e1, 1, &k, &e), &e, ATT_E_BAD_FORMAT, "even or 1");
	CHECK_ERR(pubkey_from_rsa(c, n, 256, e4, 1, &k, &e), &e, ATT_E_BAD_FORMAT, "even or 1");
	CHECK_ERR(pubkey_from_rsa(c, n, 256, zero, 1, &k, &e), &e, ATT_E_BAD_FORMAT, "even or 1");
	CHECK_ERR(pubkey_from_rsa(c, n, 256, e9, 9, &k, &e), &e, ATT_E_UNSUPPORTED, "exponent of 9 bytes");
	CHECK_ERR(pubkey_from_rsa(c, zero, 1, e3, 1, &k, &e), &e, ATT_E_UNSUPPORTED, "RSA of 0 bits");
	CHECK_ERR(pubkey_from_rsa(c, n, 0, e3, 1, &k, &e), &e, ATT_E_UNSUPPORTED, "RSA of 0 bits");
	n[255] = 0xfe;
	CHECK_ERR(pubkey_from_rsa(c, n, 256, e3, 1, &k, &e), &e, ATT_E_BAD_FORMAT, "modulus is even");
	assert_null(k);
}

static void references_are_counted(void **state)
{
	ATT_AUTO_STRUCT(privkey) priv = NULL;
	struct pubkey *k = NULL;

	(void)state;
	generate(KEY_P256, &priv, &k);
	assert_ptr_equal(pubkey_ref(k), k);
	pubkey_free(k);
	assert_int_equal(pubkey_kind(k), KEY_P256);     /* still there (a sanitizer would tell) */
	pubkey_free(k);
	pubkey_free(NULL);
	assert_null(pubkey_ref(NULL));
}

static void private_keys_as_pem(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		ATT_AUTO_STRUCT(privkey) priv = NULL;
		ATT_AUTO_STRUCT(privkey) again = NULL;
		ATT_AUTO_STRUCT(pubkey) pub = NULL;
		ATT_AUTO_STRUCT(pubkey) pub_again = NULL;
		struct secret pem = { 0 };
		struct att_error e = { 0 };

		generate(kinds[i], &priv, &pub);
		CHECK_OK(privkey_to_pem(priv, &pem, &e), &e);
		CHECK_OK(privkey_from_pem((const char *)pem.p, pem.len, &again, &e), &e);
		assert_int_equal(privkey_kind(again), kinds[i]);
		CHECK_OK(privkey_public(c, again, &pub_again, &e), &e);
		assert_memory_equal(pubkey_spki_sha256(pub), pubkey_spki_sha256(pub_again), 32);
		secret_clear(&pem);
	}
}

static void private_pem_that_is_none(void **state)
{
	static const struct { const char *pem, *text; } rows[] = {
		{ "", "no PRIVATE KEY" },
		{ "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", "want" },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "PKCS#8" },
		{ "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "PKCS#8" },
		{ "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"
		  "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "more than one" },
	};
	struct att_error e = { 0 };
	struct privkey *k = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(privkey_from_pem(rows[i].pem, strlen(rows[i].pem), &k, &e), &e, ATT_E_BAD_FORMAT,
		    i == 1 ? "PRIVATE KEY" : rows[i].text);
	CHECK_ERR(privkey_generate(KEY_RSA, 2047, &k, &e), &e, ATT_E_UNSUPPORTED, "RSA of 2047 bits");
	CHECK_ERR(privkey_generate(KEY_RSA, 8193, &k, &e), &e, ATT_E_UNSUPPORTED, "RSA of 8193 bits");
	assert_null(k);
	privkey_free(NULL);
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
	crypto_free(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_the_published_ones),
		cmocka_unit_test(random_bytes_differ),
		cmocka_unit_test(spki_is_canonical),
		cmocka_unit_test(damaged_spki_never_gives_the_same_key),
		cmocka_unit_test(points_that_are_none),
		cmocka_unit_test(coordinate_not_below_p),
		cmocka_unit_test(keys_of_other_shapes),
		cmocka_unit_test(rsa_limits),
		cmocka_unit_test(references_are_counted),
		cmocka_unit_test(private_keys_as_pem),
		cmocka_unit_test(private_pem_that_is_none),
	};
	return cmocka_run_group_tests_name("crypto/pubkey", tests, setup, teardown);
}
