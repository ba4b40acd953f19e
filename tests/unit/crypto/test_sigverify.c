/* Signatures: every algorithm, every kind of forged form (spec: security-history A22, A26). */
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <string.h>

#include "lib/crypto/state.h"
#include "tests/harness/check.h"

static struct crypto *c;
static struct privkey *priv[4];
static struct pubkey *pub[4];
static const char msg[] = "the message that is signed";

#define NALG 9

static void verifies(const struct pubkey *k, enum sig_alg alg, const uint8_t *sig, size_t n)
{
	struct att_error e = { 0 };

	CHECK_OK(sig_verify(c, k, alg, rd_make(msg, sizeof msg), rd_make(sig, n), &e), &e);
}

static void refused(const struct pubkey *k, enum sig_alg alg, const uint8_t *sig, size_t n)
{
	struct att_error e = { 0 };

	CHECK_ERR(sig_verify(c, k, alg, rd_make(msg, sizeof msg), rd_make(sig, n), &e), &e,
	    ATT_E_NOT_AUTHENTIC, "signature: ");
	assert_int_equal(ERR_peek_error(), 0);
}

static void every_algorithm_signs_and_verifies(void **state)
{
	uint8_t sig[SIG_MAX], other[] = "another message";
	struct att_error e = { 0 };
	size_t n;

	(void)state;
	for (enum sig_alg alg = 0; alg < NALG; alg++) {
		enum key_kind kind = sig_row_of(alg)->kind;
		for (unsigned round = 0; round < 2; round++) {  /* again: with the kept context */
			CHECK_OK(sig_sign(c, priv[kind], alg, rd_make(msg, sizeof msg), sig, &n, &e), &e);
			verifies(pub[kind], alg, sig, n);
		}
		CHECK_ERR(sig_verify(
			      c, pub[kind], alg, rd_make(other, sizeof other), rd_make(sig, n), &e),
		    &e, ATT_E_NOT_AUTHENTIC, "does not verify");
		for (size_t i = 0; i < n; i += 7) {
			sig[i] ^= 0x01;
			refused(pub[kind], alg, sig, n);
			sig[i] ^= 0x01;
		}
		refused(pub[kind], alg, sig, n - 1);
		refused(pub[kind], alg, sig, n + 1);
		refused(pub[kind], alg, sig, 0);
		verifies(pub[kind], alg, sig, n);
	}
}

/* A signature under one algorithm is none under another, and a key of another kind is told apart. */
static void algorithms_do_not_mix(void **state)
{
	uint8_t sig[SIG_MAX];
	struct att_error e = { 0 };
	size_t n;

	(void)state;
	for (enum sig_alg made = 0; made < NALG; made++) {
		enum key_kind kind = sig_row_of(made)->kind;
		CHECK_OK(sig_sign(c, priv[kind], made, rd_make(msg, sizeof msg), sig, &n, &e), &e);
		for (enum sig_alg asked = 0; asked < NALG; asked++) {
			if (sig_row_of(asked)->kind != kind) {
				CHECK_ERR(sig_verify(c, pub[kind], asked, rd_make(msg, sizeof msg),
					      rd_make(sig, n), &e),
				    &e, ATT_E_UNSUPPORTED, "does not fit the key");
				CHECK_ERR(sig_sign(c, priv[kind], asked, rd_make(msg, sizeof msg),
					      sig, &n, &e),
				    &e, ATT_E_UNSUPPORTED, "does not fit the private key");
			} else if (asked == made) {
				verifies(pub[kind], asked, sig, n);
			} else {
				refused(pub[kind], asked, sig, n);
			}
		}
	}
}

/* ---- ECDSA forms */

/* Refused by us, before libcrypto is asked. */
static void out_of_range(const struct curve *curve, enum sig_alg alg, const uint8_t *sig)
{
	struct att_error e = { 0 };

	CHECK_ERR(sig_verify(c, pub[curve->kind], alg, rd_make(msg, sizeof msg),
		      rd_make(sig, 2 * curve->field), &e),
	    &e, ATT_E_NOT_AUTHENTIC, "not between 1 and the order");
}

static void ecdsa_range(void **state)
{
	(void)state;
	for (enum sig_alg alg = SIG_ECDSA_P256_SHA256; alg < NALG; alg++) {
		const struct curve *curve = curve_of(sig_row_of(alg)->kind);
		size_t f = curve->field, n;
		uint8_t good[SIG_MAX], sig[SIG_MAX], bn[2 * CURVE_FIELD_MAX];
		struct att_error e = { 0 };
		BIGNUM *order = BN_bin2bn(curve->order, (int)f, NULL), *s = BN_new();

		CHECK_OK(sig_sign(c, priv[curve->kind], alg, rd_make(msg, sizeof msg), good, &n, &e), &e);
		assert_int_equal(n, 2 * f);
		for (size_t half = 0; half < 2; half++) {               /* r, then s */
			bytes_copy(sig, good, n);
			memset(sig + half * f, 0, f);
			out_of_range(curve, alg, sig);                  /* 0 */
			bytes_copy(sig + half * f, curve->order, f);
			out_of_range(curve, alg, sig);                  /* n */
			memset(sig + half * f, 0xff, f);
			out_of_range(curve, alg, sig);                  /* largest */
			bytes_copy(sig + half * f, curve->order, f);
			sig[half * f + f - 1] -= 1;
			refused(pub[curve->kind], alg, sig, n);         /* n - 1: in range, wrong */
		}
		/* n - s is the other valid signature; s + n, where it fits, is none. */
		bytes_copy(sig, good, n);
		(void)BN_bin2bn(good + f, (int)f, s);
		assert_true(BN_sub(s, order, s) && BN_bn2binpad(s, sig + f, (int)f) > 0);
		verifies(pub[curve->kind], alg, sig, n);
		(void)BN_bin2bn(good + f, (int)f, s);
		assert_true(BN_add(s, s, order));
		if (BN_bn2binpad(s, bn, (int)f) > 0) {
			bytes_copy(sig + f, bn, f);
			out_of_range(curve, alg, sig);
		}
		BN_free(order);
		BN_free(s);
	}
}

/* r = s = 1 and the like must not verify for any of our keys. */
static void ecdsa_small_values(void **state)
{
	uint8_t sig[2 * CURVE_FIELD_MAX];

	(void)state;
	for (enum sig_alg alg = SIG_ECDSA_P256_SHA256; alg < NALG; alg++) {
		const struct curve *curve = curve_of(sig_row_of(alg)->kind);
		for (unsigned r = 0; r < 3; r++)
			for (unsigned s = 0; s < 3; s++) {
				memset(sig, 0, sizeof sig);
				sig[curve->field - 1] = (uint8_t)r;
				sig[2 * curve->field - 1] = (uint8_t)s;
				refused(pub[curve->kind], alg, sig, 2 * curve->field);
			}
	}
}

/* Leading zeros of r and s, as every 128th signature has them: sign until one comes. */
static void ecdsa_leading_zeros(void **state)
{
	uint8_t sig[SIG_MAX];
	struct att_error e = { 0 };
	size_t n;
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 0; i < 4000 && seen < 3; i++) {
		CHECK_OK(sig_sign(c, priv[KEY_P256], SIG_ECDSA_P256_SHA256,
			     rd_make(msg, sizeof msg), sig, &n, &e),
		    &e);
		if (sig[0] == 0 || sig[32] == 0) {
			seen++;
			verifies(pub[KEY_P256], SIG_ECDSA_P256_SHA256, sig, n);
		}
	}
	assert_int_equal(seen, 3);
}

static void ecdsa_der_forms(void **state)
{
	static const struct { const char *why; uint8_t der[16]; size_t n; } bad[] = {
		{ "empty", { 0 }, 0 },
		{ "no integers", { 0x30, 0x00 }, 2 },
		{ "one integer", { 0x30, 0x03, 2, 1, 1 }, 5 },
		{ "three integers", { 0x30, 0x09, 2, 1, 1, 2, 1, 1, 2, 1, 1 }, 11 },
		{ "trailing byte", { 0x30, 0x06, 2, 1, 1, 2, 1, 1, 0 }, 9 },
		{ "long length", { 0x30, 0x81, 0x06, 2, 1, 1, 2, 1, 1 }, 9 },
		{ "leading zero", { 0x30, 0x07, 2, 2, 0, 1, 2, 1, 1 }, 9 },
		{ "negative", { 0x30, 0x06, 2, 1, 0x81, 2, 1, 1 }, 8 },
		{ "empty integer", { 0x30, 0x05, 2, 0, 2, 1, 1 }, 7 },
		{ "not an integer", { 0x30, 0x06, 3, 1, 1, 2, 1, 1 }, 8 },
		{ "a set", { 0x31, 0x06, 2, 1, 1, 2, 1, 1 }, 8 },
		{ "indefinite", { 0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0 }, 10 },
	};
	static const uint8_t good[] = { 0x30, 0x07, 2, 1, 1, 2, 2, 0, 0xff };
	static const uint8_t wide[] = { 0x30, 0x09, 2, 4, 1, 0, 0, 0, 2, 1, 1 };
	uint8_t raw[8];
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		memset(raw, 0xaa, sizeof raw);
		att_error_clear(&e);
		if (ecdsa_der_to_raw(bad[i].der, bad[i].n, 4, raw, &e))
			fail_msg("accepted: %s", bad[i].why);
		assert_int_equal(e.code, ATT_E_NOT_AUTHENTIC);
		assert_int_equal(raw[0], 0xaa);
	}
	CHECK_OK(ecdsa_der_to_raw(good, sizeof good, 4, raw, &e), &e);
	assert_memory_equal(raw, "\0\0\0\1\0\0\0\xff", 8);
	CHECK_OK(ecdsa_der_to_raw(wide, sizeof wide, 4, raw, &e), &e);
	CHECK_ERR(ecdsa_der_to_raw(wide, sizeof wide, 3, raw, &e), &e, ATT_E_NOT_AUTHENTIC,
	    "r of 4 bytes, at most 3");
	CHECK_ERR(ecdsa_der_to_raw(good, sizeof good, 67, raw, &e), &e, ATT_E_INTERNAL, "field of 67");
}

/* ---- RSA PKCS#1 v1.5: blocks of our own making under a key with e = 3 */

static struct privkey *low;             /* e = 3 */
static struct pubkey *low_pub;
#define BLOCK 256

static const uint8_t info_sha256[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
    0x04,
	0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };

/* The block raised to d. */
static void raw_sign(const uint8_t block[BLOCK], uint8_t sig[BLOCK])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, low->pkey, NULL);
	size_t n = BLOCK;

	assert_true(EVP_PKEY_sign_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) > 0);
	assert_true(EVP_PKEY_sign(ctx, sig, &n, block, BLOCK) > 0);
	EVP_PKEY_CTX_free(ctx);
}

/* 00 01 FF.. 00, then info (with the hash at its end) so that `after` bytes follow it. */
static void make_block(uint8_t block[BLOCK], const uint8_t *info, size_t n, size_t after)
{
	memset(block, 0xff, BLOCK);
	block[0] = 0;
	block[1] = 1;
	block[BLOCK - after - n - 1] = 0;
	bytes_copy(block + BLOCK - after - n, info, n);
	memset(block + BLOCK - after, 0x5a, after);
}

static void pkcs1_blocks(void **state)
{
	static const struct { const char *why; uint8_t head[32]; size_t n; } heads[] = {
		{ "without NULL", { 0x30, 0x2f, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 4,
		  0x20 }, 17 },
		{ "BER length of the outer SEQUENCE", { 0x30, 0x81, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48,
		  1, 0x65, 3, 4, 2,
		    1, 5, 0, 4, 0x20 }, 20 },
		{ "BER length of the digest", { 0x30, 0x32, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4,
		  2, 1, 5, 0, 4,
		    0x81, 0x20 }, 20 },
		{ "parameters with bytes of the forger's", { 0x30, 0x35, 0x30, 0x11, 6, 9, 0x60, 0x86, 0x48,
		  1, 0x65, 3, 4, 2,
		    1, 4, 4, 0xde, 0xad, 0xbe, 0xef, 4, 0x20 }, 23 },
		{ "SHA-384's OID", { 0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5,
		  0, 4, 0x20 }, 19 },
		{ "bare hash", { 0 }, 0 },
	};
	uint8_t block[BLOCK], sig[BLOCK], info[64];
	struct att_error e = { 0 };

	(void)state;
	bytes_copy(info, info_sha256, sizeof info_sha256);
	CHECK_OK(digest(c, DIGEST_SHA256, msg, sizeof msg, info + sizeof info_sha256, &e), &e);
	make_block(block, info, 51, 0);
	raw_sign(block, sig);
	verifies(low_pub, SIG_RSA_PKCS1_SHA256, sig, BLOCK);            /* the method makes good ones too */
	for (size_t after = 1; after < 190; after += 9) {
		make_block(block, info, 51, after);
		raw_sign(block, sig);
		refused(low_pub, SIG_RSA_PKCS1_SHA256, sig, BLOCK);
	}
	for (size_t at = 0; at < BLOCK; at++) {                         /* each byte of the block counts */
		make_block(block, info, 51, 0);
		block[at] ^= at == 0 ? 0x01 : 0x80;
		if (at == 0)
			continue;                               /* would not be below n */
		raw_sign(block, sig);
		refused(low_pub, SIG_RSA_PKCS1_SHA256, sig, BLOCK);
	}
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		bytes_copy(info, heads[i].head, heads[i].n);
		assert_true(digest(c, DIGEST_SHA256, msg, sizeof msg, info + heads[i].n, &e));
		make_block(block, info, heads[i].n + 32, 0);
		raw_sign(block, sig);
		refused(low_pub, SIG_RSA_PKCS1_SHA256, sig, BLOCK);
	}
}

/* Bleichenbacher 2006 without the private key: the integer cube root of a block whose tail is free. */
static void pkcs1_cube_root(void **state)
{
	uint8_t block[BLOCK], sig[BLOCK], info[64], cubed[BLOCK];
	BN_CTX *bn = BN_CTX_new();
	BIGNUM *want = BN_new(), *root = BN_new(), *cube = BN_new();
	struct att_error e = { 0 };

	(void)state;
	bytes_copy(info, info_sha256, sizeof info_sha256);
	CHECK_OK(digest(c, DIGEST_SHA256, msg, sizeof msg, info + sizeof info_sha256, &e), &e);
	make_block(block, info, 51, BLOCK - 51 - 11);           /* eight bytes of padding, the least */
	memset(block + 62, 0xff, BLOCK - 62);
	(void)BN_bin2bn(block, BLOCK, want);
	BN_zero(root);
	for (int bit = BN_num_bits(want) / 3 + 1; bit >= 0; bit--) {    /* largest root with root^3 <= want */
		assert_true(BN_set_bit(root, bit));
		assert_true(BN_sqr(cube, root, bn) && BN_mul(cube, cube, root, bn));
		if (BN_cmp(cube, want) > 0)
			assert_true(BN_clear_bit(root, bit));
	}
	assert_true(BN_sqr(cube, root, bn) && BN_mul(cube, cube, root, bn));
	assert_int_equal(BN_bn2binpad(cube, cubed, BLOCK), BLOCK);
	assert_memory_equal(cubed, block, 62);                  /* all that is looked at is right */
	assert_int_equal(BN_bn2binpad(root, sig, BLOCK), BLOCK);
	refused(low_pub, SIG_RSA_PKCS1_SHA256, sig, BLOCK);
	BN_free(want);
	BN_free(root);
	BN_free(cube);
	BN_CTX_free(bn);
}

/* sig and sig + n are one number modulo n; only the one below n is a signature. */
static void rsa_signature_not_below_n(void **state)
{
	uint8_t sig[SIG_MAX], wrapped[SIG_MAX];
	struct att_error e = { 0 };
	size_t n;
	bool fits = false;
	BIGNUM *v = BN_new(), *mod = BN_bin2bn(rd_ptr(&pub[KEY_RSA]->first),
	    (int)rd_left(&pub[KEY_RSA]->first), NULL);
	char text[64];

	(void)state;
	for (unsigned i = 0; i < 64 && !fits; i++) {
		int len = snprintf(text, sizeof text, "try %u", i);
		CHECK_OK(sig_sign(c, priv[KEY_RSA], SIG_RSA_PKCS1_SHA256,
			     rd_make(text, (size_t)len), sig, &n, &e),
		    &e);
		(void)BN_bin2bn(sig, (int)n, v);
		assert_true(BN_add(v, v, mod));
		fits = BN_bn2binpad(v, wrapped, (int)n) > 0;
		if (fits)
			CHECK_ERR(sig_verify(c, pub[KEY_RSA], SIG_RSA_PKCS1_SHA256,
				      rd_make(text, (size_t)len), rd_make(wrapped, n), &e),
			    &e, ATT_E_NOT_AUTHENTIC, "does not verify");
	}
	BN_free(v);
	BN_free(mod);
}

/* ---- RSA-PSS with other parameters than the named ones */

static void pss_sign(const char *md, const char *mgf, int salt, uint8_t *sig, size_t *n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, priv[KEY_RSA]->pkey, NULL);
	EVP_MD *hash = EVP_MD_fetch(NULL, md, NULL), *mask = EVP_MD_fetch(NULL, mgf, NULL);
	uint8_t value[EVP_MAX_MD_SIZE];
	unsigned len;

	assert_true(EVP_Digest(msg, sizeof msg, value, &len, hash, NULL) > 0);
	assert_true(EVP_PKEY_sign_init(ctx) > 0 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0);
	assert_true(EVP_PKEY_CTX_set_signature_md(ctx, hash) > 0 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, mask) > 0);
	assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) > 0);
	*n = SIG_MAX;
	assert_true(EVP_PKEY_sign(ctx, sig, n, value, len) > 0);
	EVP_MD_free(hash);
	EVP_MD_free(mask);
	EVP_PKEY_CTX_free(ctx);
}

static void pss_parameters_are_exact(void **state)
{
	static const struct { const char *md, *mgf; int salt; bool ok; } rows[] = {
		{ "SHA384", "SHA384", 48, true }, { "SHA384", "SHA384", 47, false },
		  { "SHA384", "SHA384", 49, false },
		{ "SHA384", "SHA384", 0, false }, { "SHA384", "SHA384", 32, false },
		  { "SHA384", "SHA384", 206, false },
		{ "SHA384", "SHA256", 48, false }, { "SHA384", "SHA1", 48, false },
		  { "SHA256", "SHA384", 48, false },
		{ "SHA256", "SHA256", 32, false },
	};
	uint8_t sig[SIG_MAX];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		pss_sign(rows[i].md, rows[i].mgf, rows[i].salt, sig, &n);
		if (rows[i].ok)
			verifies(pub[KEY_RSA], SIG_RSA_PSS_SHA384, sig, n);
		else
			refused(pub[KEY_RSA], SIG_RSA_PSS_SHA384, sig, n);
	}
}

/* One public key in two threads, each with its own context, references taken and dropped all the while. */
struct job {
	const uint8_t *sig;
	size_t n;
	unsigned good;
};

static void *verify_often(void *state)
{
	struct job *job = state;
	struct crypto *own = crypto_new(NULL);

	for (unsigned i = 0; i < 200; i++) {
		struct pubkey *k = pubkey_ref(pub[KEY_P256]);
		job->good += sig_verify(own, k, SIG_ECDSA_P256_SHA256, rd_make(msg, sizeof msg),
		    rd_make(job->sig, job->n), NULL);
		pubkey_free(k);
	}
	crypto_free(own);
	return NULL;
}

static void threads_share_a_public_key(void **state)
{
	uint8_t sig[SIG_MAX];
	struct job jobs[2];
	pthread_t threads[2];
	size_t n;

	(void)state;
	assert_true(sig_sign(
	    c, priv[KEY_P256], SIG_ECDSA_P256_SHA256, rd_make(msg, sizeof msg), sig, &n, NULL));
	for (size_t i = 0; i < 2; i++) {
		jobs[i] = (struct job){ sig, n, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, verify_often, &jobs[i]), 0);
	}
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(jobs[i].good, 200);
	}
}

static void make_low_exponent_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *three = BN_new();

	low = OPENSSL_zalloc(sizeof *low);
	assert_true(low && BN_set_word(three, 3));
	assert_true(EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) > 0);
	assert_true(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, three) > 0 &&
	    EVP_PKEY_generate(ctx, &low->pkey) > 0);
	low->kind = KEY_RSA;
	assert_true(privkey_public(c, low, &low_pub, NULL));
	BN_free(three);
	EVP_PKEY_CTX_free(ctx);
}

static int setup(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	c = crypto_new(&e);
	for (enum key_kind k = KEY_RSA; k <= KEY_P521; k++)
		if (!privkey_generate(k, 2048, &priv[k], &e) || !privkey_public(c, priv[k], &pub[k], &e))
			return -1;
	make_low_exponent_key();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (enum key_kind k = KEY_RSA; k <= KEY_P521; k++) {
		privkey_free(priv[k]);
		pubkey_free(pub[k]);
	}
	privkey_free(low);
	pubkey_free(low_pub);
	crypto_free(c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_signs_and_verifies),
		cmocka_unit_test(algorithms_do_not_mix),
		cmocka_unit_test(ecdsa_range),
		cmocka_unit_test(ecdsa_small_values),
		cmocka_unit_test(ecdsa_leading_zeros),
		cmocka_unit_test(ecdsa_der_forms),
		cmocka_unit_test(pkcs1_blocks),
		cmocka_unit_test(pkcs1_cube_root),
		cmocka_unit_test(rsa_signature_not_below_n),
		cmocka_unit_test(pss_parameters_are_exact),
		cmocka_unit_test(threads_share_a_public_key),
	};
	return cmocka_run_group_tests_name("crypto/sigverify", tests, setup, teardown);
}
