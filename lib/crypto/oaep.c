/* oaep.c - RSAES-OAEP with the seed as an argument (RFC 8017 section 7.1.1). */
#include <openssl/rsa.h>

#include "lib/crypto/state.h"
#include "lib/crypto/wrap.h"

/* MGF1 (appendix B.2.1) over seed, put on top of out by exclusive or. */
static bool mask(struct crypto *c, enum digest_alg alg, const struct rd *seed, uint8_t *out, size_t n)
{
	uint8_t block[DIGEST_MAX], counter[4] = { 0 };
	size_t h = digest_len(alg);
	bool ok = true;

	for (size_t at = 0; ok && at < n; at += h) {
		counter[3] = (uint8_t)(at / h);         /* n < 256 blocks: n is at most 1024 */
		ok = EVP_DigestInit_ex(c->md_ctx, c->md[alg], NULL) > 0 &&
		    EVP_DigestUpdate(c->md_ctx, rd_ptr(seed), rd_left(seed)) > 0 &&
		    EVP_DigestUpdate(c->md_ctx, counter, sizeof counter) > 0 &&
		    EVP_DigestFinal_ex(c->md_ctx, block, NULL) > 0;
		for (size_t i = 0; ok && i < h && at + i < n; i++)
			out[at + i] ^= block[i];
	}
	secret_wipe(block, sizeof block);
	return ok;
}

/* EM = 00 || maskedSeed || maskedDB, DB = lHash || 00.. || 01 || M. */
static bool encode(struct crypto *c, const struct oaep_input *in, uint8_t *em, size_t k)
{
	size_t h = digest_len(in->alg), m = rd_left(&in->message), db_len = k - h - 1;
	uint8_t *seed = em + 1, *db = em + 1 + h;
	struct rd seed_rd = rd_make(seed, h), db_rd = rd_make(db, db_len);

	if (!digest(c, in->alg, rd_ptr(&in->label), rd_left(&in->label), db, NULL))
		return false;
	db[db_len - m - 1] = 0x01;
	bytes_copy(db + db_len - m, rd_ptr(&in->message), m);
	bytes_copy(seed, rd_ptr(&in->seed), h);
	return mask(c, in->alg, &seed_rd, db, db_len) && mask(c, in->alg, &db_rd, seed, h);
}

static bool raw_rsa(const struct pubkey *k, const uint8_t *em, size_t n, uint8_t *out)
{
	ATT_AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	size_t len = n;

	return ctx && EVP_PKEY_encrypt_init(ctx) > 0 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) > 0 &&
	    EVP_PKEY_encrypt(ctx, out, &len, em, n) > 0 && len == n;
}

bool rsa_oaep_encrypt(struct crypto *c, const struct pubkey *k, const struct oaep_input *in, uint8_t *out,
    size_t *out_len, struct att_error *e)
{
	uint8_t em[RSA_CIPHER_MAX] = { 0 };
	size_t n = (k->bits + 7) / 8, h = digest_len(in->alg);
	bool ok;

	if (k->kind != KEY_RSA)
		return att_fail(e, ATT_E_UNSUPPORTED, "oaep: the key is not RSA");
	if (rd_left(&in->seed) != h || n < 2 * h + 2 || rd_left(&in->message) > n - 2 * h - 2)
		return att_fail(e, ATT_E_INTERNAL,
		    "oaep: message of %zu and seed of %zu bytes do not fit a key of %zu",
		    rd_left(&in->message), rd_left(&in->seed), n);
	ok = encode(c, in, em, n) && raw_rsa(k, em, n, out);
	secret_wipe(em, sizeof em);
	if (!ok)
		return crypto_fail(e, ATT_E_INTERNAL, "oaep: libcrypto failed");
	*out_len = n;
	return true;
}
