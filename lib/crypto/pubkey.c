/* pubkey.c - public keys: checked on the way in, immutable afterwards (RFC 5480, RFC 3279 section 2.3.1). */
#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "lib/crypto/der.h"
#include "lib/crypto/state.h"

ATT_AUTO_DEFINE(BIGNUM, BN_free);
ATT_AUTO_DEFINE(OSSL_PARAM, OSSL_PARAM_free);
ATT_AUTO_DEFINE(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free);
ATT_AUTO_DEFINE_STRUCT(arena, arena_free);

#define OID_RSA "1.2.840.113549.1.1.1"
#define OID_EC "1.2.840.10045.2.1"
#define SPKI_ARENA ((size_t)64 << 10)

static bool oid_is(const struct rd *content, const char *dotted)
{
	uint8_t oid[DER_OID_MAX];
	size_t n;

	return der_oid_encode(dotted, oid, &n) && der_is(content, oid, n);
}

/* Takes pkey; the SPKI is copied and digested. */
static struct pubkey *pubkey_make(struct crypto *c, EVP_PKEY *pkey, const void *spki, size_t n,
    struct att_error *e)
{
	ATT_AUTO(EVP_PKEY) owned = pkey;
	struct pubkey *k = OPENSSL_zalloc(sizeof *k + n);

	if (!k) {
		(void)crypto_fail(e, ATT_E_NOMEM, "out of memory");
		return NULL;
	}
	atomic_init(&k->refs, 1);
	k->pkey = ATT_STEAL(owned);
	k->spki_len = n;
	bytes_copy(k->spki, spki, n);
	if (!digest(c, DIGEST_SHA256, k->spki, n, k->spki_sha256, e)) {
		pubkey_free(k);
		return NULL;
	}
	return k;
}

/* The template path: no decoder, but libcrypto still checks that the point is on the curve.  The three curves
 * have prime order, and infinity cannot be written here ((0, 0) is on none), so that is full validation. */
static bool ec_pkey(struct crypto *c, const struct curve *curve, const struct rd *xy, EVP_PKEY **out,
    struct att_error *e)
{
	ATT_AUTO(EVP_PKEY) k = EVP_PKEY_dup(c->curve[curve->kind - KEY_P256]);
	uint8_t point[1 + 2 * CURVE_FIELD_MAX] = { 0x04 };

	bytes_copy(point + 1, rd_ptr(xy), 2 * curve->field);
	if (!k)
		return crypto_fail(e, ATT_E_NOMEM, "key: libcrypto gives no empty %s key", curve->crv);
	if (EVP_PKEY_set1_encoded_public_key(k, point, 1 + 2 * curve->field) <= 0)
		return crypto_fail(e, ATT_E_BAD_FORMAT, "key: the point is not on %s", curve->crv);
	*out = ATT_STEAL(k);
	return true;
}

/* xy: the coordinates, 2 * field bytes. */
static bool ec_key(struct crypto *c, const struct curve *curve, const struct rd *xy, struct pubkey **out,
    struct att_error *e)
{
	uint8_t spki[sizeof curve->spki + (size_t)2 * CURVE_FIELD_MAX];
	size_t n = curve->spki_len + 2 * curve->field;
	EVP_PKEY *pkey = NULL;
	struct pubkey *k;
	struct rd all;
	bool ok;

	bytes_copy(spki, curve->spki, curve->spki_len);
	bytes_copy(spki + curve->spki_len, rd_ptr(xy), 2 * curve->field);
	if (!ec_pkey(c, curve, xy, &pkey, e))
		return false;
	k = pubkey_make(c, pkey, spki, n, e);
	if (!k)
		return false;
	k->kind = curve->kind;
	k->bits = curve->bits;
	all = rd_make(k->spki, n);
	ok = rd_skip(&all, curve->spki_len) && rd_take(&all, curve->field, &k->first) &&
	    rd_take(&all, curve->field, &k->second);
	assert(ok);
	*out = k;
	return true;
}

bool pubkey_from_ec(struct crypto *c, enum key_kind kind, const uint8_t *x, const uint8_t *y,
    struct pubkey **out, struct att_error *e)
{
	const struct curve *curve = curve_of(kind);
	uint8_t xy[2 * CURVE_FIELD_MAX];
	struct rd in;

	if (!curve)
		return att_fail(e, ATT_E_UNSUPPORTED, "key: an RSA key has no coordinates");
	bytes_copy(xy, x, curve->field);
	bytes_copy(xy + curve->field, y, curve->field);
	in = rd_make(xy, 2 * curve->field);
	return ec_key(c, curve, &in, out, e);
}

/* n and e without leading zeros. */
static bool rsa_check(const struct rd *n, const struct rd *exp, size_t *bits, struct att_error *e)
{
	const uint8_t *np = rd_ptr(n), *ep = rd_ptr(exp);
	size_t n_len = rd_left(n), e_len = rd_left(exp), found;

	if (n_len == 0 || e_len == 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "key: RSA modulus or exponent is empty");
	if (n_len > RSA_BITS_MAX / 8)
		return att_fail(e, ATT_E_UNSUPPORTED, "key: RSA modulus of %zu bytes, at most %d", n_len,
		    RSA_BITS_MAX / 8);
	found = 8 * n_len;
	for (unsigned top = np[0]; top < 0x80 && found > 0; top <<= 1)
		found--;
	if (found < RSA_BITS_MIN)
		return att_fail(e, ATT_E_UNSUPPORTED, "key: RSA of %zu bits, want %d to %d", found,
		    RSA_BITS_MIN, RSA_BITS_MAX);
	if (np[n_len - 1] % 2 == 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "key: RSA modulus is even");
	if (ep[e_len - 1] % 2 == 0 || (e_len == 1 && ep[0] < 3))
		return att_fail(e, ATT_E_BAD_FORMAT, "key: RSA exponent is even or 1");
	if (e_len > RSA_E_MAX)
		return att_fail(e, ATT_E_UNSUPPORTED, "key: RSA exponent of %zu bytes, at most %d", e_len,
		    RSA_E_MAX);
	*bits = found;
	return true;
}

static bool rsa_pkey(struct crypto *c, const struct rd *n, const struct rd *exp, EVP_PKEY **out,
    struct att_error *e)
{
	ATT_AUTO(BIGNUM) bn_n = BN_bin2bn(rd_ptr(n), (int)rd_left(n), NULL);
	ATT_AUTO(BIGNUM) bn_e = BN_bin2bn(rd_ptr(exp), (int)rd_left(exp), NULL);
	ATT_AUTO(OSSL_PARAM_BLD) bld = OSSL_PARAM_BLD_new();
	ATT_AUTO(OSSL_PARAM) params = NULL;

	*out = NULL;
	if (!bn_n || !bn_e || !bld || !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn_n) ||
	    !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, bn_e) ||
	    !(params = OSSL_PARAM_BLD_to_param(bld)) ||
	    EVP_PKEY_fromdata(c->rsa_import, out, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return crypto_fail(e, ATT_E_INTERNAL, "key: libcrypto does not take the RSA key");
	return true;
}

static void put_rsa_spki(struct buf *b, const struct rd *n, const struct rd *exp)
{
	struct buf alg = buf_make(b->a), pair = buf_make(b->a), key = buf_make(b->a), inside = buf_make(b->a);

	der_put_oid(&alg, OID_RSA);
	der_put(&alg, DER_NULL, NULL, 0);
	der_put_buf(&inside, DER_SEQUENCE, &alg);
	der_put_uint(&pair, rd_ptr(n), rd_left(n));
	der_put_uint(&pair, rd_ptr(exp), rd_left(exp));
	der_put_buf(&key, DER_SEQUENCE, &pair);
	if (key.failed)
		inside.failed = true;
	else
		der_put_bits(&inside, key.p, key.len);
	der_put_buf(b, DER_SEQUENCE, &inside);
}

/* RSAPublicKey ::= SEQUENCE { modulus, publicExponent } (RFC 8017 appendix A.1.1). */
static bool rsa_fields(struct rd key, struct rd *n, struct rd *exp)
{
	struct rd pair;

	return der_take(&key, DER_SEQUENCE, &pair) && rd_empty(&key) &&
	    der_uint(&pair, n) && der_uint(&pair, exp) && rd_empty(&pair);
}

/* spki is the whole DER; key its BIT STRING. */
static bool rsa_finish(struct crypto *c, const struct rd *spki, const struct rd *key, struct pubkey **out,
    struct att_error *e)
{
	struct rd n, exp, all;
	EVP_PKEY *pkey = NULL;
	struct pubkey *k;
	size_t bits = 0;
	bool ok;

	if (!rsa_fields(*key, &n, &exp))
		return att_fail(e, ATT_E_BAD_FORMAT, "key: not an RSAPublicKey of two positive integers");
	if (!rsa_check(&n, &exp, &bits, e) || !rsa_pkey(c, &n, &exp, &pkey, e))
		return false;
	k = pubkey_make(c, pkey, rd_ptr(spki), rd_left(spki), e);
	if (!k)
		return false;
	k->kind = KEY_RSA;
	k->bits = bits;
	all = rd_make(k->spki, k->spki_len);
	ok = rd_skip(&all, k->spki_len - rd_left(key)) && rsa_fields(all, &k->first, &k->second);
	assert(ok);
	*out = k;
	return true;
}

bool pubkey_from_rsa(struct crypto *c, const uint8_t *n, size_t n_len, const uint8_t *exp, size_t exp_len,
    struct pubkey **out, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(SPKI_ARENA);
	struct buf b = buf_make(a);
	struct rd n_rd, exp_rd;

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (n_len > RSA_BITS_MAX / 8 || exp_len > RSA_BITS_MAX / 8)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "key: RSA modulus of %zu and exponent of %zu bytes, at most %d",
		    n_len, exp_len, RSA_BITS_MAX / 8);
	n_rd = rd_make(n, n_len);
	exp_rd = rd_make(exp, exp_len);
	put_rsa_spki(&b, &n_rd, &exp_rd);
	return buf_ok(&b, e) && pubkey_from_spki(c, b.p, b.len, out, e);
}

/* The SPKI is exact DER here, so what ec_key() writes again is the same bytes. */
static bool spki_ec(struct crypto *c, struct rd params, const struct rd *point, struct pubkey **out,
    struct att_error *e)
{
	struct rd oid, in = *point;
	uint8_t form;

	if (!der_oid(&params, &oid) || !rd_empty(&params))
		return att_fail(e, ATT_E_UNSUPPORTED, "key: EC parameters are not a named curve");
	for (size_t i = 0; i < CURVE_COUNT; i++) {
		const struct curve *curve = curve_of((enum key_kind)(KEY_P256 + i));
		if (!oid_is(&oid, curve->oid))
			continue;
		if (!rd_u8(&in, &form) || form != 0x04 || rd_left(&in) != 2 * curve->field)
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "key: not an uncompressed point of %s: %zu bytes, want %zu",
			    curve->crv, rd_left(point), 1 + 2 * curve->field);
		return ec_key(c, curve, &in, out, e);
	}
	return att_fail(e, ATT_E_UNSUPPORTED, "key: EC curve is not P-256, P-384 or P-521");
}

bool pubkey_from_spki(struct crypto *c, const void *der, size_t n, struct pubkey **out, struct att_error *e)
{
	struct rd in = rd_make(der, n), whole, outer, alg, oid, key, none;

	if (!der_take_whole(&in, DER_SEQUENCE, &whole, &outer) || !rd_empty(&in) ||
	    !der_take(&outer, DER_SEQUENCE, &alg) || !der_oid(&alg, &oid) || !der_bits(&outer, &key) ||
	    !rd_empty(&outer))
		return att_fail(e, ATT_E_BAD_FORMAT, "key: not an exact DER SubjectPublicKeyInfo");
	if (oid_is(&oid, OID_EC))
		return spki_ec(c, alg, &key, out, e);
	if (!oid_is(&oid, OID_RSA))
		return att_fail(e, ATT_E_UNSUPPORTED, "key: algorithm is neither RSA nor EC");
	if (!der_take(&alg, DER_NULL, &none) || !rd_empty(&none) || !rd_empty(&alg))
		return att_fail(e, ATT_E_BAD_FORMAT, "key: RSA parameters are not NULL");
	return rsa_finish(c, &whole, &key, out, e);
}

struct pubkey *pubkey_ref(struct pubkey *k)
{
	if (k)
		atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
	return k;
}

void pubkey_free(struct pubkey *k)
{
	if (!k || atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) != 1)
		return;
	EVP_PKEY_free(k->pkey);
	OPENSSL_free(k);
}

enum key_kind pubkey_kind(const struct pubkey *k)
{
	return k->kind;
}

size_t pubkey_bits(const struct pubkey *k)
{
	return k->bits;
}

const uint8_t *pubkey_spki(const struct pubkey *k, size_t *n)
{
	*n = k->spki_len;
	return k->spki;
}

const uint8_t *pubkey_spki_sha256(const struct pubkey *k)
{
	return k->spki_sha256;
}
