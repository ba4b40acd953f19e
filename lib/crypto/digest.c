/* digest.c - the per-thread context and what it digests. */
#include <openssl/err.h>
#include <stdio.h>

#include "lib/crypto/state.h"

static const struct digest_row {
	const char *name;
	size_t len;
} digests[] = {
	[DIGEST_SHA1] = { "SHA1", 20 },
	[DIGEST_SHA256] = { "SHA256", 32 },
	[DIGEST_SHA384] = { "SHA384", 48 },
	[DIGEST_SHA512] = { "SHA512", 64 },
};

bool crypto_fail(struct att_error *e, enum att_err code, const char *fmt, ...)
{
	char text[sizeof e->text];
	va_list ap;

	ERR_clear_error();
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return att_fail(e, code, "%s", text);
}

/* An EVP_PKEY that holds the curve and no point. */
static EVP_PKEY *curve_template(const struct curve *curve)
{
	ATT_AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *out = NULL;

	if (!ctx || EVP_PKEY_paramgen_init(ctx) <= 0 || EVP_PKEY_CTX_set_group_name(ctx, curve->group) <= 0 ||
	    EVP_PKEY_paramgen(ctx, &out) <= 0)
		return NULL;
	return out;
}

static bool crypto_fill(struct crypto *c)
{
	for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++)
		if (!(c->md[i] = EVP_MD_fetch(NULL, digests[i].name, NULL)))
			return false;
	for (size_t i = 0; i < CURVE_COUNT; i++)
		if (!(c->curve[i] = curve_template(curve_of((enum key_kind)(KEY_P256 + i)))))
			return false;
	c->md_ctx = EVP_MD_CTX_new();
	c->rsa_import = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	return c->md_ctx && c->rsa_import && EVP_PKEY_fromdata_init(c->rsa_import) > 0;
}

struct crypto *crypto_new(struct att_error *e)
{
	struct crypto *c = OPENSSL_zalloc(sizeof *c);

	if (!c || !crypto_fill(c)) {
		crypto_free(c);
		(void)crypto_fail(e, ATT_E_INTERNAL, "crypto: libcrypto lacks memory or an algorithm");
		return NULL;
	}
	return c;
}

void crypto_free(struct crypto *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++)
		EVP_MD_free(c->md[i]);
	for (size_t i = 0; i < CURVE_COUNT; i++)
		EVP_PKEY_free(c->curve[i]);
	for (size_t i = 0; i < CRYPTO_READY; i++) {
		EVP_PKEY_CTX_free(c->ready[i].ctx);
		pubkey_free(c->ready[i].key);
	}
	EVP_MD_CTX_free(c->md_ctx);
	EVP_PKEY_CTX_free(c->rsa_import);
	OPENSSL_free(c);
}

size_t digest_len(enum digest_alg alg)
{
	return digests[alg].len;
}

bool digest(struct crypto *c, enum digest_alg alg, const void *p, size_t n, uint8_t *out, struct att_error *e)
{
	if (EVP_DigestInit_ex(c->md_ctx, c->md[alg], NULL) <= 0 || EVP_DigestUpdate(c->md_ctx, p, n) <= 0 ||
	    EVP_DigestFinal_ex(c->md_ctx, out, NULL) <= 0)
		return crypto_fail(e, ATT_E_INTERNAL, "%s: libcrypto failed", digests[alg].name);
	return true;
}
