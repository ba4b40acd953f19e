/* kdf.c - HMAC, KDFa, KDFe and AES-CFB, by libcrypto's primitives. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

#include "lib/crypto/state.h"
#include "lib/crypto/wrap.h"

ATT_AUTO_DEFINE(EVP_MAC, EVP_MAC_free);
ATT_AUTO_DEFINE(EVP_MAC_CTX, EVP_MAC_CTX_free);
ATT_AUTO_DEFINE(EVP_CIPHER, EVP_CIPHER_free);
ATT_AUTO_DEFINE(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free);

static const char *const hmac_hash[] = {
	[DIGEST_SHA1] = "SHA1",
	[DIGEST_SHA256] = "SHA256",
	[DIGEST_SHA384] = "SHA384",
	[DIGEST_SHA512] = "SHA512",
};

static EVP_MAC_CTX *hmac_start(enum digest_alg alg, const struct rd *key)
{
	ATT_AUTO(EVP_MAC) mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	ATT_AUTO(EVP_MAC_CTX) ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	char name[8];
	OSSL_PARAM params[2];

	bytes_copy(name, hmac_hash[alg], strlen(hmac_hash[alg]) + 1);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (!ctx || EVP_MAC_init(ctx, rd_ptr(key), rd_left(key), params) <= 0)
		return NULL;
	return ATT_STEAL(ctx);
}

bool hmac(enum digest_alg alg, struct rd key, const struct rd *parts, size_t n, uint8_t *out,
    struct att_error *e)
{
	ATT_AUTO(EVP_MAC_CTX) ctx = NULL;
	size_t len = 0;
	bool ok;

	if (rd_empty(&key))
		return att_fail(e, ATT_E_INTERNAL, "hmac: empty key");
	ctx = hmac_start(alg, &key);
	ok = ctx != NULL;
	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_MAC_update(ctx, rd_ptr(&parts[i]), rd_left(&parts[i])) > 0;
	if (!ok || EVP_MAC_final(ctx, out, &len, digest_len(alg)) <= 0 || len != digest_len(alg))
		return crypto_fail(e, ATT_E_INTERNAL, "hmac: libcrypto failed");
	return true;
}

static void put_be32(uint8_t out[4], uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Both derivations make blocks of a hash's length until there is enough. */
static bool kdf_length(const struct kdf_input *in, size_t *n, struct att_error *e)
{
	*n = in->bits / 8;
	if (in->bits == 0 || in->bits % 8 || *n > DIGEST_MAX)
		return att_fail(e, ATT_E_INTERNAL, "kdf: %u bits asked for, want whole bytes up to %d",
		    in->bits, DIGEST_MAX);
	return true;
}

bool kdf_a(struct rd key, const struct kdf_input *in, uint8_t *out, struct att_error *e)
{
	uint8_t block[DIGEST_MAX], counter[4], bits[4];
	struct rd parts[5];
	size_t n, step = digest_len(in->alg);
	bool ok;

	ok = kdf_length(in, &n, e);
	put_be32(bits, in->bits);
	for (size_t at = 0; ok && at < n; at += step) {
		put_be32(counter, (uint32_t)(at / step + 1));
		parts[0] = rd_make(counter, sizeof counter);
		parts[1] = rd_make(in->label, strlen(in->label) + 1);
		parts[2] = in->u;
		parts[3] = in->v;
		parts[4] = rd_make(bits, sizeof bits);
		ok = hmac(in->alg, key, parts, 5, block, e);
		if (ok)
			bytes_copy(out + at, block, n - at < step ? n - at : step);
	}
	secret_wipe(block, sizeof block);
	return ok;
}

/* One block: H(counter || z || label with NUL || U || V). */
static bool kdf_e_block(struct crypto *c, uint32_t i, const struct rd *z, const struct kdf_input *in,
    uint8_t *block)
{
	uint8_t counter[4];

	put_be32(counter, i);
	return EVP_DigestInit_ex(c->md_ctx, c->md[in->alg], NULL) > 0 &&
	    EVP_DigestUpdate(c->md_ctx, counter, sizeof counter) > 0 &&
	    EVP_DigestUpdate(c->md_ctx, rd_ptr(z), rd_left(z)) > 0 &&
	    EVP_DigestUpdate(c->md_ctx, in->label, strlen(in->label) + 1) > 0 &&
	    EVP_DigestUpdate(c->md_ctx, rd_ptr(&in->u), rd_left(&in->u)) > 0 &&
	    EVP_DigestUpdate(c->md_ctx, rd_ptr(&in->v), rd_left(&in->v)) > 0 &&
	    EVP_DigestFinal_ex(c->md_ctx, block, NULL) > 0;
}

bool kdf_e(struct crypto *c, struct rd z, const struct kdf_input *in, uint8_t *out, struct att_error *e)
{
	uint8_t block[DIGEST_MAX];
	size_t n, step = digest_len(in->alg);
	bool ok = true;

	if (!kdf_length(in, &n, e))
		return false;
	for (size_t at = 0; ok && at < n; at += step) {
		ok = kdf_e_block(c, (uint32_t)(at / step + 1), &z, in, block);
		if (ok)
			bytes_copy(out + at, block, n - at < step ? n - at : step);
	}
	secret_wipe(block, sizeof block);
	return ok || crypto_fail(e, ATT_E_INTERNAL, "kdf: libcrypto failed");
}

bool aes_cfb_encrypt(struct rd key, struct rd in, uint8_t *out, struct att_error *e)
{
	static const uint8_t iv[16];
	const char *name = rd_left(&key) == 16 ? "AES-128-CFB" :
	    rd_left(&key) == 24 ? "AES-192-CFB" : "AES-256-CFB";
	ATT_AUTO(EVP_CIPHER) cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	ATT_AUTO(EVP_CIPHER_CTX) ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;

	if (rd_left(&key) != 16 && rd_left(&key) != 24 && rd_left(&key) != 32)
		return att_fail(e, ATT_E_INTERNAL, "aes: key of %zu bytes", rd_left(&key));
	if (!cipher || !ctx || rd_left(&in) > INT16_MAX ||
	    EVP_EncryptInit_ex2(ctx, cipher, rd_ptr(&key), iv, NULL) <= 0 ||
	    EVP_EncryptUpdate(ctx, out, &n, rd_ptr(&in), (int)rd_left(&in)) <= 0 ||
	    EVP_EncryptFinal_ex(ctx, out + n, &last) <= 0 || (size_t)n + (size_t)last != rd_left(&in))
		return crypto_fail(e, ATT_E_INTERNAL, "aes: libcrypto failed");
	return true;
}
