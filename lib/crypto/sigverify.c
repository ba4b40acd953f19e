/* sigverify.c - RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 section 8), ECDSA (FIPS 186-5 section 6.4). */
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "lib/crypto/der.h"
#include "lib/crypto/state.h"

static const struct sig_row sig_rows[] = {
	[SIG_RSA_PKCS1_SHA256] = { KEY_RSA, DIGEST_SHA256, RSA_PKCS1_PADDING, "RSA PKCS#1 SHA-256" },
	[SIG_RSA_PKCS1_SHA384] = { KEY_RSA, DIGEST_SHA384, RSA_PKCS1_PADDING, "RSA PKCS#1 SHA-384" },
	[SIG_RSA_PKCS1_SHA512] = { KEY_RSA, DIGEST_SHA512, RSA_PKCS1_PADDING, "RSA PKCS#1 SHA-512" },
	[SIG_RSA_PSS_SHA256] = { KEY_RSA, DIGEST_SHA256, RSA_PKCS1_PSS_PADDING, "RSA-PSS SHA-256" },
	[SIG_RSA_PSS_SHA384] = { KEY_RSA, DIGEST_SHA384, RSA_PKCS1_PSS_PADDING, "RSA-PSS SHA-384" },
	[SIG_RSA_PSS_SHA512] = { KEY_RSA, DIGEST_SHA512, RSA_PKCS1_PSS_PADDING, "RSA-PSS SHA-512" },
	[SIG_ECDSA_P256_SHA256] = { KEY_P256, DIGEST_SHA256, 0, "ECDSA P-256 SHA-256" },
	[SIG_ECDSA_P384_SHA384] = { KEY_P384, DIGEST_SHA384, 0, "ECDSA P-384 SHA-384" },
	[SIG_ECDSA_P521_SHA512] = { KEY_P521, DIGEST_SHA512, 0, "ECDSA P-521 SHA-512" },
};

const struct sig_row *sig_row_of(enum sig_alg alg)
{
	return &sig_rows[alg];
}

bool sig_configure(EVP_PKEY_CTX *ctx, const struct crypto *c, const struct sig_row *row)
{
	const EVP_MD *md = c->md[row->md];

	if (row->padding && EVP_PKEY_CTX_set_rsa_padding(ctx, row->padding) <= 0)
		return false;
	if (EVP_PKEY_CTX_set_signature_md(ctx, md) <= 0)
		return false;
	return row->padding != RSA_PKCS1_PSS_PADDING ||
	    (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) > 0 &&
	        EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)digest_len(row->md)) > 0);
}

bool ecdsa_der_to_raw(const uint8_t *der, size_t n, size_t field, uint8_t *raw, struct att_error *e)
{
	struct rd in = rd_make(der, n), pair, part[2];
	uint8_t out[2 * CURVE_FIELD_MAX] = { 0 };

	if (field > CURVE_FIELD_MAX)
		return att_fail(e, ATT_E_INTERNAL, "signature: field of %zu bytes", field);
	if (!der_take(&in, DER_SEQUENCE, &pair) || !rd_empty(&in) || !der_uint(&pair, &part[0]) ||
	    !der_uint(&pair, &part[1]) || !rd_empty(&pair))
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "signature: not an exact DER ECDSA-Sig-Value");
	for (size_t i = 0; i < 2; i++) {
		size_t len = rd_left(&part[i]);
		if (len > field)
			return att_fail(e, ATT_E_NOT_AUTHENTIC, "signature: %s of %zu bytes, at most %zu",
			    i ? "s" : "r", len, field);
		bytes_copy(out + (i + 1) * field - len, rd_ptr(&part[i]), len);
	}
	bytes_copy(raw, out, 2 * field);
	return true;
}

/* 0 < v < order?  Not constant-time: signatures are public. */
static bool in_order(const uint8_t *v, const struct curve *curve)
{
	if (bytes_zero(v, curve->field))
		return false;
	for (size_t i = 0; i < curve->field; i++)
		if (v[i] != curve->order[i])
			return v[i] < curve->order[i];
	return false;
}

/* INTEGER in its shortest form; returns the bytes written. */
static size_t put_integer(uint8_t *out, const uint8_t *v, size_t n)
{
	size_t pad;

	while (n > 1 && *v == 0) {
		v++;
		n--;
	}
	pad = *v >= 0x80;
	out[0] = DER_INTEGER;
	out[1] = (uint8_t)(n + pad);
	out[2] = 0;
	bytes_copy(out + 2 + pad, v, n);
	return 2 + pad + n;
}

/* What libcrypto takes: SEQUENCE { r, s }. */
static size_t ecdsa_raw_to_der(const uint8_t *raw, size_t field, uint8_t out[ECDSA_DER_MAX])
{
	uint8_t inside[ECDSA_DER_MAX];
	size_t n = put_integer(inside, raw, field), head = 0;

	n += put_integer(inside + n, raw + field, field);
	out[head++] = DER_SEQUENCE;
	if (n >= 0x80)
		out[head++] = 0x81;
	out[head++] = (uint8_t)n;
	bytes_copy(out + head, inside, n);
	return head + n;
}

static EVP_PKEY_CTX *start(struct crypto *c, const struct pubkey *k, const struct sig_row *row)
{
	ATT_AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);

	if (!ctx || EVP_PKEY_verify_init(ctx) <= 0 || !sig_configure(ctx, c, row))
		return NULL;
	return ATT_STEAL(ctx);
}

/* Borrowed.  A verification changes nothing in its context, so the next one may use it. */
static EVP_PKEY_CTX *ready(struct crypto *c, const struct pubkey *k, enum sig_alg alg)
{
	struct ready *r;
	EVP_PKEY_CTX *ctx;

	for (size_t i = 0; i < CRYPTO_READY; i++)
		if (c->ready[i].key == k && c->ready[i].alg == alg)
			return c->ready[i].ctx;
	ctx = start(c, k, sig_row_of(alg));
	if (!ctx)
		return NULL;
	r = &c->ready[c->next_ready++ % CRYPTO_READY];
	EVP_PKEY_CTX_free(r->ctx);
	pubkey_free(r->key);
	*r = (struct ready){ pubkey_ref((struct pubkey *)(uintptr_t)k), alg, ctx };
	return ctx;
}

bool sig_verify_hash(struct crypto *c, const struct pubkey *k, enum sig_alg alg, const uint8_t *hash,
    const struct rd *sig, struct att_error *e)
{
	const struct sig_row *row = sig_row_of(alg);
	EVP_PKEY_CTX *ctx = ready(c, k, alg);

	if (!ctx)
		return crypto_fail(e, ATT_E_INTERNAL, "signature: libcrypto does not start %s", row->name);
	if (EVP_PKEY_verify(ctx, rd_ptr(sig), rd_left(sig), hash, digest_len(row->md)) != 1)
		return crypto_fail(e, ATT_E_NOT_AUTHENTIC, "signature: %s does not verify", row->name);
	ERR_clear_error();                      /* libcrypto notes failures that it got over, too */
	return true;
}

bool sig_form(const struct pubkey *k, const struct rd *sig, uint8_t der[ECDSA_DER_MAX], struct rd *out,
    struct att_error *e)
{
	const struct curve *curve = curve_of(k->kind);
	size_t want = curve ? 2 * curve->field : (k->bits + 7) / 8;
	const uint8_t *raw = rd_ptr(sig);

	if (rd_left(sig) != want)
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "signature: %zu bytes, want %zu", rd_left(sig), want);
	*out = *sig;
	if (!curve)
		return true;
	if (!in_order(raw, curve) || !in_order(raw + curve->field, curve))
		return att_fail(e, ATT_E_NOT_AUTHENTIC,
		    "signature: r or s is not between 1 and the order of %s less 1",
		    curve->crv);
	*out = rd_make(der, ecdsa_raw_to_der(raw, curve->field, der));
	return true;
}

bool sig_verify(struct crypto *c, const struct pubkey *k, enum sig_alg alg, struct rd msg,
    struct rd sig, struct att_error *e)
{
	const struct sig_row *row = sig_row_of(alg);
	uint8_t hash[DIGEST_MAX], der[ECDSA_DER_MAX];
	struct rd form;

	if (row->kind != k->kind)
		return att_fail(e, ATT_E_UNSUPPORTED, "signature: %s does not fit the key", row->name);
	return sig_form(k, &sig, der, &form, e) && digest(c, row->md, rd_ptr(&msg), rd_left(&msg), hash, e) &&
	    sig_verify_hash(c, k, alg, hash, &form, e);
}
