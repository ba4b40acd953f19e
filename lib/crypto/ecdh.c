/* ecdh.c - one side of an ephemeral key agreement (SP 800-56A section 6.2.2, C(1, 1)). */
#include <openssl/bn.h>
#include <openssl/ec.h>

#include "lib/crypto/state.h"
#include "lib/crypto/wrap.h"

ATT_AUTO_DEFINE(BIGNUM, BN_clear_free);
ATT_AUTO_DEFINE(BN_CTX, BN_CTX_free);
ATT_AUTO_DEFINE(EC_GROUP, EC_GROUP_free);
ATT_AUTO_DEFINE(EC_POINT, EC_POINT_clear_free);

struct rd pubkey_ec_x(const struct pubkey *k)
{
	return k->kind == KEY_RSA ? rd_make(NULL, 0) : rd_make(rd_ptr(&k->first), rd_left(&k->first));
}

/* 1 + (random mod n - 1): 64 bits more than the order leave no bias worth the name (FIPS 186-5 A.2.1). */
static bool scalar(const struct curve *curve, const struct rd *random, BN_CTX *bn, BIGNUM *d)
{
	ATT_AUTO(BIGNUM) order = BN_bin2bn(curve->order, (int)curve->field, NULL);
	ATT_AUTO(BIGNUM) wide = BN_bin2bn(rd_ptr(random), (int)(curve->field + 8), NULL);

	if (!order || !wide || !BN_sub_word(order, 1) || !BN_nnmod(d, wide, order, bn) || !BN_add_word(d, 1))
		return false;
	BN_set_flags(d, BN_FLG_CONSTTIME);
	return true;
}

/* Field bytes of x, and of y unless it is NULL. */
static bool coordinates(
    const EC_GROUP *g, const EC_POINT *p, BN_CTX *bn, size_t field, uint8_t *x, uint8_t *y)
{
	ATT_AUTO(BIGNUM) bx = BN_new();
	ATT_AUTO(BIGNUM) by = BN_new();

	return bx && by && EC_POINT_get_affine_coordinates(g, p, bx, by, bn) > 0 &&
	    BN_bn2binpad(bx, x, (int)field) > 0 && (!y || BN_bn2binpad(by, y, (int)field) > 0);
}

/* Q = dG and Z = dP; P is k's point. */
static bool agree(const EC_GROUP *g, const struct pubkey *k, const BIGNUM *d, BN_CTX *bn,
    struct ecdh_result *out)
{
	ATT_AUTO(BIGNUM) px = BN_bin2bn(rd_ptr(&k->first), (int)out->field, NULL);
	ATT_AUTO(BIGNUM) py = BN_bin2bn(rd_ptr(&k->second), (int)out->field, NULL);
	ATT_AUTO(EC_POINT) p = EC_POINT_new(g);
	ATT_AUTO(EC_POINT) q = EC_POINT_new(g);
	ATT_AUTO(EC_POINT) z = EC_POINT_new(g);

	return px && py && p && q && z && EC_POINT_set_affine_coordinates(g, p, px, py, bn) > 0 &&
	    EC_POINT_mul(g, q, d, NULL, NULL, bn) > 0 && EC_POINT_mul(g, z, NULL, p, d, bn) > 0 &&
	    coordinates(g, q, bn, out->field, out->x, out->y) &&
	    coordinates(g, z, bn, out->field, out->z, NULL);
}

bool ecdh_ephemeral(const struct pubkey *k, struct rd random, struct ecdh_result *out, struct att_error *e)
{
	const struct curve *curve = curve_of(k->kind);
	ATT_AUTO(BN_CTX) bn = BN_CTX_secure_new();
	ATT_AUTO(BIGNUM) d = BN_secure_new();
	ATT_AUTO(EC_GROUP) g = NULL;
	struct ecdh_result made = { 0 };
	bool ok;

	if (!curve)
		return att_fail(e, ATT_E_UNSUPPORTED, "ecdh: the key is not on a curve");
	if (rd_left(&random) < ECDH_RANDOM)
		return att_fail(e, ATT_E_INTERNAL, "ecdh: %zu random bytes, want %d", rd_left(&random),
		    ECDH_RANDOM);
	g = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(curve->crv));
	made.field = curve->field;
	ok = bn && d && g && scalar(curve, &random, bn, d) && agree(g, k, d, bn, &made);
	if (ok)
		*out = made;
	secret_wipe(&made, sizeof made);
	return ok || crypto_fail(e, ATT_E_INTERNAL, "ecdh: libcrypto failed");
}
