#include "bench/floor.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

#define PSS_SALT 48

static const struct kind_row { const char *digest; int padding; bool sign; } kinds[] = {
	[FLOOR_P384_VERIFY] = { "SHA384", 0, false },
	[FLOOR_RSA4096_PSS_VERIFY] = { "SHA384", RSA_PKCS1_PSS_PADDING, false },
	[FLOOR_RSA2048_SIGN] = { "SHA256", RSA_PKCS1_PADDING, true },
	[FLOOR_P256_VERIFY] = { "SHA256", 0, false },
};

static EVP_PKEY *key_of(enum floor_kind kind)
{
	if (kind == FLOOR_P384_VERIFY || kind == FLOOR_P256_VERIFY)
		return EVP_EC_gen(kind == FLOOR_P384_VERIFY ? "P-384" : "P-256");
	return EVP_RSA_gen(kind == FLOOR_RSA2048_SIGN ? 2048U : 4096U);
}

static bool padding(EVP_PKEY_CTX *c, const struct floor_op *f)
{
	int p = kinds[f->kind].padding;

	return EVP_PKEY_CTX_set_signature_md(c, f->md) == 1 &&
	    (!p || EVP_PKEY_CTX_set_rsa_padding(c, p) == 1) &&
	    (p != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_set_rsa_pss_saltlen(c, PSS_SALT) == 1);
}

static bool hash(struct floor_op *f, unsigned *n)
{
	return EVP_DigestInit_ex(f->md_ctx, f->md, NULL) == 1 &&
	    EVP_DigestUpdate(f->md_ctx, f->msg, sizeof f->msg) == 1 &&
	    EVP_DigestFinal_ex(f->md_ctx, f->hash, n) == 1;
}

bool floor_run(void *state)
{
	struct floor_op *f = state;
	unsigned n;

	if (!hash(f, &n))
		return false;
	if (!kinds[f->kind].sign)
		return EVP_PKEY_verify(f->ctx, f->sig, f->sig_len, f->hash, n) == 1;
	f->sig_len = sizeof f->sig;
	return EVP_PKEY_sign(f->ctx, f->sig, &f->sig_len, f->hash, n) == 1;
}

bool floor_make(struct floor_op *f, enum floor_kind kind)
{
	EVP_PKEY *key = key_of(kind);
	EVP_PKEY_CTX *sign = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	unsigned n;

	f->kind = kind;
	f->md = EVP_MD_fetch(NULL, kinds[kind].digest, NULL);
	f->md_ctx = EVP_MD_CTX_new();
	f->sig_len = sizeof f->sig;
	if (!sign || EVP_PKEY_sign_init(sign) != 1 || !padding(sign, f) || !hash(f, &n) ||
	    EVP_PKEY_sign(sign, f->sig, &f->sig_len, f->hash, n) != 1)
		return false;
	f->ctx = kinds[kind].sign ? sign : EVP_PKEY_CTX_new(key, NULL);
	if (!kinds[kind].sign && (EVP_PKEY_verify_init(f->ctx) != 1 || !padding(f->ctx, f)))
		return false;
	return floor_run(f);
}
