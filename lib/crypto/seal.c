#include <openssl/evp.h>

#include "lib/crypto/seal.h"
#include "lib/crypto/state.h"
#include "lib/crypto/wrap.h"

#define VERSION 1u
#define SALT 16
#define NONCE 12
#define TAG 16

ATT_AUTO_DEFINE(EVP_CIPHER, EVP_CIPHER_free);
ATT_AUTO_DEFINE(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free);

static bool message_key(const uint8_t key[SEAL_KEY], const uint8_t salt[SALT], uint8_t out[SEAL_KEY],
    struct att_error *e)
{
	static const char label[] = "attestd seal";     /* its NUL counts */
	struct rd parts[2] = { rd_make(label, sizeof label), rd_make(salt, SALT) };

	return hmac(DIGEST_SHA256, rd_make(key, SEAL_KEY), parts, 2, out, e);
}

/* A context with key, nonce and binding set; NULL: libcrypto failed. */
static EVP_CIPHER_CTX *start(const uint8_t *key, const uint8_t *nonce, const struct rd *binding, int enc)
{
	ATT_AUTO(EVP_CIPHER) cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	ATT_AUTO(EVP_CIPHER_CTX) ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	if (!cipher || !ctx || EVP_CipherInit_ex2(ctx, cipher, key, nonce, enc, NULL) <= 0 ||
	    EVP_CIPHER_CTX_get_iv_length(ctx) != NONCE ||
	    EVP_CipherUpdate(ctx, NULL, &n, rd_ptr(binding), (int)rd_left(binding)) <= 0)
		return NULL;
	return ATT_STEAL(ctx);
}

static bool encrypt(const uint8_t *key, const uint8_t *nonce, const struct rd *binding,
    const struct rd *plain, uint8_t *out)
{
	ATT_AUTO(EVP_CIPHER_CTX) ctx = start(key, nonce, binding, 1);
	int n = 0, last = 0;

	return ctx && EVP_CipherUpdate(ctx, out, &n, rd_ptr(plain), (int)rd_left(plain)) > 0 &&
	    EVP_CipherFinal_ex(ctx, out + n, &last) > 0 && (size_t)n + (size_t)last == rd_left(plain) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, out + n + last) > 0;
}

bool seal_close(const uint8_t key[SEAL_KEY], struct rd binding, struct rd plain, uint8_t *out,
    struct att_error *e)
{
	uint8_t own[SEAL_KEY];
	bool ok;

	if (rd_left(&plain) > SEAL_MAX || rd_left(&binding) > SEAL_MAX)
		return att_fail(e, ATT_E_LIMIT, "seal: %zu bytes bound to %zu, at most %zu", rd_left(&plain),
		    rd_left(&binding), SEAL_MAX);
	out[0] = VERSION;
	if (!crypto_random(out + 1, SALT + NONCE, e))
		return false;
	ok = message_key(key, out + 1, own, e) &&
	    (encrypt(own, out + 1 + SALT, &binding, &plain, out + 1 + SALT + NONCE) ||
	    crypto_fail(e, ATT_E_INTERNAL, "seal: libcrypto failed"));
	secret_wipe(own, sizeof own);
	return ok;
}

/* Plaintext reaches out before the tag is checked, so it is wiped when the check fails. */
static bool decrypt(const uint8_t *key, const uint8_t *nonce, const struct rd *binding,
    const struct rd *cipher, const uint8_t *tag, uint8_t *out)
{
	ATT_AUTO(EVP_CIPHER_CTX) ctx = start(key, nonce, binding, 0);
	uint8_t expected[TAG];
	int n = 0, last = 0;

	bytes_copy(expected, tag, TAG);
	if (ctx && EVP_CipherUpdate(ctx, out, &n, rd_ptr(cipher), (int)rd_left(cipher)) > 0 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, expected) > 0 &&
	    EVP_CipherFinal_ex(ctx, out + n, &last) > 0)
		return true;
	secret_wipe(out, rd_left(cipher));
	return false;
}

bool seal_open(const uint8_t key[SEAL_KEY], struct rd binding, struct rd sealed, uint8_t *out,
    size_t *out_len, struct att_error *e)
{
	struct rd in = sealed, salt, nonce, cipher, tag;
	uint8_t own[SEAL_KEY], version = 0;
	size_t n = rd_left(&sealed);
	bool ok;

	if (n < SEAL_OVERHEAD || n - SEAL_OVERHEAD > SEAL_MAX || rd_left(&binding) > SEAL_MAX)
		return att_fail(e, ATT_E_BAD_FORMAT, "sealed state: %zu bytes, want %u to %zu", n,
		    SEAL_OVERHEAD, SEAL_MAX + SEAL_OVERHEAD);
	n -= SEAL_OVERHEAD;
	if (!rd_u8(&in, &version) || version != VERSION)
		return att_fail(e, ATT_E_BAD_FORMAT, "sealed state: version %u, want %u", version, VERSION);
	if (!rd_take(&in, SALT, &salt) || !rd_take(&in, NONCE, &nonce) || !rd_take(&in, n, &cipher) ||
	    !rd_take(&in, TAG, &tag))
		return att_fail(e, ATT_E_INTERNAL, "sealed state: sizes do not add up");
	if (!message_key(key, rd_ptr(&salt), own, e))
		return false;
	ok = decrypt(own, rd_ptr(&nonce), &binding, &cipher, rd_ptr(&tag), out);
	secret_wipe(own, sizeof own);
	if (!ok)
		return crypto_fail(e, ATT_E_NOT_AUTHENTIC,
		    "sealed state: not sealed by this key for this purpose, or damaged");
	*out_len = n;
	return true;
}
