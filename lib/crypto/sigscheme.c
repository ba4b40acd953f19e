/* sigscheme.c - signatures whose scheme and hash are named apart. */
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "lib/crypto/state.h"
#include "lib/crypto/wrap.h"

static const int scheme_padding[] = {
	[SCHEME_RSA_PKCS1] = RSA_PKCS1_PADDING,
	[SCHEME_RSA_PSS] = RSA_PKCS1_PSS_PADDING,
	[SCHEME_ECDSA] = 0,
};

/* The algorithms whose context sig_verify() keeps ready. */
static bool usual(const struct pubkey *k, enum sig_scheme scheme, enum digest_alg alg, enum sig_alg *out)
{
	for (enum sig_alg i = SIG_RSA_PKCS1_SHA256; i <= SIG_ECDSA_P521_SHA512; i++) {
		const struct sig_row *row = sig_row_of(i);

		if (row->kind != k->kind || row->md != alg || row->padding != scheme_padding[scheme])
			continue;
		*out = i;
		return scheme != SCHEME_RSA_PSS;        /* there the salt has a fixed length */
	}
	return false;
}

static EVP_PKEY_CTX *start(struct crypto *c, const struct pubkey *k, int padding, enum digest_alg alg)
{
	ATT_AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);

	if (!ctx || EVP_PKEY_verify_init(ctx) <= 0 ||
	    (padding && EVP_PKEY_CTX_set_rsa_padding(ctx, padding) <= 0) ||
	    EVP_PKEY_CTX_set_signature_md(ctx, c->md[alg]) <= 0)
		return NULL;
	if (padding == RSA_PKCS1_PSS_PADDING && (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, c->md[alg]) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_AUTO) <= 0))
		return NULL;
	return ATT_STEAL(ctx);
}

bool sig_verify_digest(struct crypto *c, const struct pubkey *k, enum sig_scheme scheme, enum digest_alg alg,
    const uint8_t *hash, struct rd sig, struct att_error *e)
{
	uint8_t der[ECDSA_DER_MAX];
	ATT_AUTO(EVP_PKEY_CTX) ctx = NULL;
	enum sig_alg known;
	struct rd form;

	if ((scheme == SCHEME_ECDSA) == (k->kind == KEY_RSA))
		return att_fail(e, ATT_E_UNSUPPORTED, "signature: the scheme does not fit the key");
	if (!sig_form(k, &sig, der, &form, e))
		return false;
	if (usual(k, scheme, alg, &known))
		return sig_verify_hash(c, k, known, hash, &form, e);
	ctx = start(c, k, scheme_padding[scheme], alg);
	if (!ctx)
		return crypto_fail(e, ATT_E_INTERNAL, "signature: libcrypto does not start the scheme");
	if (EVP_PKEY_verify(ctx, rd_ptr(&form), rd_left(&form), hash, digest_len(alg)) != 1)
		return crypto_fail(e, ATT_E_NOT_AUTHENTIC, "signature: does not verify");
	ERR_clear_error();
	return true;
}

bool sig_verify_scheme(struct crypto *c, const struct pubkey *k, enum sig_scheme scheme, enum digest_alg alg,
    struct rd msg, struct rd sig, struct att_error *e)
{
	uint8_t hash[DIGEST_MAX];

	return digest(c, alg, rd_ptr(&msg), rd_left(&msg), hash, e) &&
	    sig_verify_digest(c, k, scheme, alg, hash, sig, e);
}
