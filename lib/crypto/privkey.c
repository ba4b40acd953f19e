/* privkey.c - private keys: made, read and written as PKCS#8 PEM (RFC 5958), and signing. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "lib/crypto/der.h"
#include "lib/crypto/pem.h"
#include "lib/crypto/state.h"

ATT_AUTO_DEFINE(BIGNUM, BN_free);
ATT_AUTO_DEFINE(BIO, BIO_free_all);
ATT_AUTO_DEFINE(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free);

#define PKCS8_MAX 16384
#define GROUP_NAME_MAX 64

/* Which of our kinds a libcrypto key is. */
static bool kind_of(EVP_PKEY *pkey, enum key_kind *kind, struct att_error *e)
{
	char group[GROUP_NAME_MAX];
	int bits = EVP_PKEY_get_bits(pkey);

	if (EVP_PKEY_is_a(pkey, "RSA")) {
		*kind = KEY_RSA;
		if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
			return att_fail(e, ATT_E_UNSUPPORTED, "private key: RSA of %d bits, want %d to %d",
			    bits, RSA_BITS_MIN, RSA_BITS_MAX);
		return true;
	}
	if (!EVP_PKEY_is_a(pkey, "EC") ||
	    EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) <= 0)
		return crypto_fail(e, ATT_E_UNSUPPORTED, "private key: neither RSA nor EC on a named curve");
	for (*kind = KEY_P256; *kind <= KEY_P521; (*kind)++)
		if (OPENSSL_strcasecmp(group, curve_of(*kind)->group) == 0)
			return true;
	return att_fail(e, ATT_E_UNSUPPORTED, "private key: curve is not P-256, P-384 or P-521");
}

/* Takes pkey. */
static bool privkey_wrap(EVP_PKEY *pkey, struct privkey **out, struct att_error *e)
{
	ATT_AUTO(EVP_PKEY) owned = pkey;
	enum key_kind kind = KEY_RSA;
	struct privkey *k;

	if (!kind_of(owned, &kind, e))
		return false;
	k = OPENSSL_zalloc(sizeof *k);
	if (!k)
		return crypto_fail(e, ATT_E_NOMEM, "out of memory");
	k->pkey = ATT_STEAL(owned);
	k->kind = kind;
	*out = k;
	return true;
}

bool privkey_generate(enum key_kind kind, unsigned rsa_bits, struct privkey **out, struct att_error *e)
{
	const struct curve *curve = curve_of(kind);
	EVP_PKEY *pkey;

	if (!curve && (rsa_bits < RSA_BITS_MIN || rsa_bits > RSA_BITS_MAX))
		return att_fail(e, ATT_E_UNSUPPORTED, "private key: RSA of %u bits, want %d to %d", rsa_bits,
		    RSA_BITS_MIN, RSA_BITS_MAX);
	pkey = curve ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve->group) :
	    EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)rsa_bits);
	if (!pkey)
		return crypto_fail(e, ATT_E_INTERNAL, "private key: libcrypto made none");
	return privkey_wrap(pkey, out, e);
}

/* EVP_PKCS82PKEY also takes trailing attributes; the outer SEQUENCE must end with the input. */
static bool pkcs8_read(const struct secret *der, struct privkey **out, struct att_error *e)
{
	ATT_AUTO(PKCS8_PRIV_KEY_INFO) info = NULL;
	const unsigned char *p = der->p;
	struct rd in = rd_make(der->p, der->len), body;
	EVP_PKEY *pkey;

	if (!der_take(&in, DER_SEQUENCE, &body) || !rd_empty(&in) ||
	    !(info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der->len)) || !(pkey = EVP_PKCS82PKEY(info)))
		return crypto_fail(e, ATT_E_BAD_FORMAT,
		    "private key: not a PKCS#8 PrivateKeyInfo libcrypto can read");
	return privkey_wrap(pkey, out, e);
}

bool privkey_from_pem(const char *pem, size_t n, struct privkey **out, struct att_error *e)
{
	struct rd in = rd_make(pem, n);
	struct secret der = { 0 }, second = { 0 };
	bool found, more = false, ok;

	ok = pem_next(&in, "PRIVATE KEY", PKCS8_MAX, &der, &found, e) && found &&
	    pem_next(&in, "PRIVATE KEY", PKCS8_MAX, &second, &more, e) && !more && pkcs8_read(&der, out, e);
	secret_clear(&der);
	secret_clear(&second);
	if (!ok && (!found || more))
		(void)att_fail(e, ATT_E_BAD_FORMAT, "private key: %s PRIVATE KEY (PKCS#8) block",
		    more ? "more than one" : "no");
	return ok;
}

bool privkey_to_pem(const struct privkey *k, struct secret *out, struct att_error *e)
{
	ATT_AUTO(BIO) mem = BIO_new(BIO_s_secmem());
	char *text;
	long n;

	if (!mem || PEM_write_bio_PKCS8PrivateKey(mem, k->pkey, NULL, NULL, 0, NULL, NULL) <= 0 ||
	    (n = BIO_get_mem_data(mem, &text)) <= 0)
		return crypto_fail(e, ATT_E_INTERNAL, "private key: libcrypto does not write it");
	return secret_set(out, text, (size_t)n, e);
}

void privkey_free(struct privkey *k)
{
	if (!k)
		return;
	EVP_PKEY_CTX_free(k->sign);
	EVP_PKEY_free(k->pkey);                 /* libcrypto wipes the numbers */
	OPENSSL_free(k);
}

enum key_kind privkey_kind(const struct privkey *k)
{
	return k->kind;
}

static bool bn_param(EVP_PKEY *pkey, const char *name, uint8_t *out, size_t max, size_t *n)
{
	BIGNUM *raw = NULL;
	ATT_AUTO(BIGNUM) v = NULL;

	if (EVP_PKEY_get_bn_param(pkey, name, &raw) <= 0)
		return false;
	v = raw;
	*n = (size_t)BN_num_bytes(v);
	return *n <= max && BN_bn2bin(v, out) >= 0;
}

bool privkey_public(struct crypto *c, const struct privkey *k, struct pubkey **out, struct att_error *e)
{
	uint8_t a[RSA_BITS_MAX / 8], b[RSA_BITS_MAX / 8];
	const struct curve *curve = curve_of(k->kind);
	size_t a_len, b_len;

	if (!curve) {
		if (!bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_N, a, sizeof a, &a_len) ||
		    !bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_E, b, sizeof b, &b_len))
			return crypto_fail(e, ATT_E_INTERNAL, "private key: RSA without n or e");
		return pubkey_from_rsa(c, a, a_len, b, b_len, out, e);
	}
	if (EVP_PKEY_get_octet_string_param(k->pkey, OSSL_PKEY_PARAM_PUB_KEY, a, sizeof a, &a_len) <= 0 ||
	    a_len != 1 + 2 * curve->field || a[0] != 0x04)
		return crypto_fail(e, ATT_E_INTERNAL, "private key: EC without an uncompressed public point");
	return pubkey_from_ec(c, k->kind, a + 1, a + 1 + curve->field, out, e);
}

/* The kept context, made ready for alg.  It is what makes a signature cost the RSA operation and no more. */
static bool sign_ready(struct crypto *c, struct privkey *k, enum sig_alg alg)
{
	ATT_AUTO(EVP_PKEY_CTX) ctx = NULL;

	if (k->sign && k->sign_alg == alg)
		return true;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	if (!ctx || EVP_PKEY_sign_init(ctx) <= 0 || !sig_configure(ctx, c, sig_row_of(alg)))
		return false;
	EVP_PKEY_CTX_free(k->sign);
	k->sign = ATT_STEAL(ctx);
	k->sign_alg = alg;
	return true;
}

bool sig_sign(struct crypto *c, struct privkey *k, enum sig_alg alg, struct rd msg,
    uint8_t *sig, size_t *sig_len, struct att_error *e)
{
	const struct sig_row *row = sig_row_of(alg);
	const struct curve *curve = curve_of(k->kind);
	uint8_t hash[DIGEST_MAX], made[SIG_MAX];
	size_t n = sizeof made;

	if (row->kind != k->kind)
		return att_fail(e, ATT_E_UNSUPPORTED, "signature: %s does not fit the private key",
		    row->name);
	if (!digest(c, row->md, rd_ptr(&msg), rd_left(&msg), hash, e))
		return false;
	if (!sign_ready(c, k, alg) || EVP_PKEY_sign(k->sign, made, &n, hash, digest_len(row->md)) <= 0)
		return crypto_fail(e, ATT_E_INTERNAL, "signature: libcrypto does not sign %s", row->name);
	ERR_clear_error();
	if (curve) {
		*sig_len = 2 * curve->field;
		return ecdsa_der_to_raw(made, n, curve->field, sig, e);
	}
	bytes_copy(sig, made, n);
	*sig_len = n;
	return true;
}
