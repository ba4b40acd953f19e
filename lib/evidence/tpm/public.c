/* public.c - TPMT_PUBLIC of RSA and ECC objects, their names and keys (TPM 2.0 Part 2 section 12.2). */
#include "lib/evidence/tpm/parts.h"

#define WHAT "tpm public"
#define MODULUS_MAX 1024                /* bytes: RSA of 8192 bits */
#define EXPONENT 65537U                 /* what an exponent of 0 stands for */
#define FIELD_MAX 66

static const struct curve_row {
	uint16_t id;                    /* TPM_ECC_CURVE */
	enum key_kind kind;
	size_t field;
} curves[] = {
	{ 3, KEY_P256, 32 },
	{ 4, KEY_P384, 48 },
	{ 5, KEY_P521, 66 },
};

/* TPMT_SYM_DEF_OBJECT+: null, or AES in CFB, which is all that storage keys use. */
static bool symmetric(struct rd *in, struct tpm_public *t, struct att_error *e)
{
	uint16_t alg, mode;
	size_t off = rd_off(in);

	if (!rd_be16(in, &alg))
		return tpm_short(e, WHAT, "symmetric", in);
	if (alg == TPM_ALG_NULL)
		return true;
	if (alg != TPM_ALG_AES)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    WHAT ": symmetric 0x%04x at offset %zu, want AES or null", alg, off);
	if (!rd_be16(in, &t->aes_bits) || !rd_be16(in, &mode))
		return tpm_short(e, WHAT, "symmetric keyBits or mode", in);
	if ((t->aes_bits != 128 && t->aes_bits != 192 && t->aes_bits != 256) || mode != TPM_ALG_CFB)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    WHAT ": AES with %u bits and mode 0x%04x at offset %zu, want 128, 192 or 256 in CFB",
		    t->aes_bits, mode, off);
	return true;
}

/* What stands behind an asymmetric scheme's id. */
static const struct scheme_row {
	uint16_t alg;
	bool hash, count;
} schemes[] = {
	{ TPM_ALG_NULL, false, false },
	{ TPM_ALG_RSASSA, true, false },
	{ TPM_ALG_RSAPSS, true, false },
	{ TPM_ALG_OAEP, true, false },
	{ TPM_ALG_RSAES, false, false },
	{ TPM_ALG_ECDSA, true, false },
	{ TPM_ALG_ECDH, true, false },
	{ TPM_ALG_SM2, true, false },
	{ TPM_ALG_ECDAA, true, true },
};

static bool scheme(struct rd *in, struct tpm_public *t, struct att_error *e)
{
	uint16_t count;
	size_t i = 0;

	if (!rd_be16(in, &t->scheme))
		return tpm_short(e, WHAT, "scheme", in);
	while (i < sizeof schemes / sizeof schemes[0] && schemes[i].alg != t->scheme)
		i++;
	if (i == sizeof schemes / sizeof schemes[0])
		return att_fail(e, ATT_E_UNSUPPORTED, WHAT ": scheme 0x%04x at offset %zu", t->scheme,
		    rd_off(in) - 2);
	if ((schemes[i].hash && !rd_be16(in, &t->scheme_hash)) || (schemes[i].count && !rd_be16(in, &count)))
		return tpm_short(e, WHAT, "scheme hash", in);
	return true;
}

static bool rsa(struct rd *in, struct tpm_public *t, struct att_error *e)
{
	if (!symmetric(in, t, e) || !scheme(in, t, e))
		return false;
	if (!rd_be16(in, &t->rsa_bits) || !rd_be32(in, &t->exponent))
		return tpm_short(e, WHAT, "keyBits or exponent", in);
	if (t->exponent == 0)
		t->exponent = EXPONENT;
	if (!tpm_take_2b(in, WHAT, "modulus", MODULUS_MAX, &t->modulus, e))
		return false;
	if (8 * rd_left(&t->modulus) != t->rsa_bits)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    WHAT ": modulus of %zu bytes at offset %zu, keyBits is %u",
		    rd_left(&t->modulus), rd_off(&t->modulus), t->rsa_bits);
	return true;
}

static bool curve(struct rd *in, struct tpm_public *t, size_t *field, struct att_error *e)
{
	uint16_t id;

	if (!rd_be16(in, &id))
		return tpm_short(e, WHAT, "curveID", in);
	for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
		if (curves[i].id == id) {
			t->curve = curves[i].kind;
			*field = curves[i].field;
			return true;
		}
	return att_fail(e, ATT_E_UNSUPPORTED, WHAT ": curve 0x%04x at offset %zu, want P-256, P-384 or P-521",
	    id, rd_off(in) - 2);
}

/* TPMT_KDF_SCHEME+: no key that we take has one. */
static bool kdf(struct rd *in, struct att_error *e)
{
	uint16_t alg;

	if (!rd_be16(in, &alg))
		return tpm_short(e, WHAT, "kdf", in);
	return alg == TPM_ALG_NULL ||
	    att_fail(e, ATT_E_UNSUPPORTED, WHAT ": kdf 0x%04x at offset %zu, want null", alg,
		rd_off(in) - 2);
}

static bool ecc(struct rd *in, struct tpm_public *t, struct att_error *e)
{
	size_t field = 0;

	return symmetric(in, t, e) && scheme(in, t, e) && curve(in, t, &field, e) && kdf(in, e) &&
	    tpm_take_2b(in, WHAT, "x", field, &t->x, e) && tpm_take_2b(in, WHAT, "y", field, &t->y, e);
}

static bool head(struct rd *in, struct tpm_public *t, struct att_error *e)
{
	uint16_t type, name_alg;

	if (!rd_be16(in, &type) || !rd_be16(in, &name_alg) || !rd_be32(in, &t->attributes))
		return tpm_short(e, WHAT, "type, nameAlg or objectAttributes", in);
	if (type != TPM_ALG_RSA && type != TPM_ALG_ECC)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    WHAT ": type 0x%04x at offset %zu, want RSA or ECC", type, rd_off(in) - 8);
	t->ecc = type == TPM_ALG_ECC;
	if (!tpm_hash(name_alg, &t->name_alg))
		return att_fail(e, ATT_E_UNSUPPORTED,
		    WHAT ": nameAlg 0x%04x at offset %zu is none that we compute", name_alg, rd_off(in) - 6);
	if (!tpm_take_2b(in, WHAT, "authPolicy", DIGEST_MAX, &t->auth_policy, e))
		return false;
	if (!rd_empty(&t->auth_policy) && rd_left(&t->auth_policy) != digest_len(t->name_alg))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    WHAT ": authPolicy of %zu bytes at offset %zu, want 0 or %zu",
		    rd_left(&t->auth_policy), rd_off(&t->auth_policy), digest_len(t->name_alg));
	return true;
}

bool tpm_public_parse(struct rd in, struct tpm_public *out, struct att_error *e)
{
	struct tpm_public t = { .raw = in };

	if (rd_left(&in) > TPM_PUBLIC_MAX)
		return att_fail(e, ATT_E_LIMIT, WHAT ": %zu bytes, at most %d", rd_left(&in), TPM_PUBLIC_MAX);
	if (!head(&in, &t, e) || !(t.ecc ? ecc(&in, &t, e) : rsa(&in, &t, e)) || !tpm_end(&in, WHAT, e))
		return false;
	*out = t;
	return true;
}

bool tpm2b_public_parse(struct rd in, struct tpm_public *out, struct att_error *e)
{
	struct rd inside;

	if (!tpm_take_2b(&in, WHAT, "TPMT_PUBLIC", TPM_PUBLIC_MAX, &inside, e) || !tpm_end(&in, WHAT, e))
		return false;
	return tpm_public_parse(inside, out, e);
}

bool tpm_public_name(struct crypto *c, const struct tpm_public *p, struct tpm_name *out, struct att_error *e)
{
	static const uint16_t ids[] = { TPM_ALG_SHA1, TPM_ALG_SHA256, TPM_ALG_SHA384, TPM_ALG_SHA512 };
	uint16_t id = ids[p->name_alg];

	out->bytes[0] = (uint8_t)(id >> 8);
	out->bytes[1] = (uint8_t)id;
	out->len = 2 + digest_len(p->name_alg);
	return digest(c, p->name_alg, rd_ptr(&p->raw), rd_left(&p->raw), out->bytes + 2, e);
}

bool tpm_name_is(const struct tpm_name *n, struct rd other)
{
	return n->len > 0 && rd_left(&other) == n->len && bytes_equal(n->bytes, rd_ptr(&other), n->len);
}

bool tpm_public_key(struct crypto *c, const struct tpm_public *p, struct pubkey **out, struct att_error *e)
{
	uint8_t x[FIELD_MAX] = { 0 }, y[FIELD_MAX] = { 0 }, exponent[4];
	size_t field;

	if (!p->ecc) {
		for (size_t i = 0; i < sizeof exponent; i++)
			exponent[i] = (uint8_t)(p->exponent >> (24 - 8 * i));
		return pubkey_from_rsa(c, rd_ptr(&p->modulus), rd_left(&p->modulus), exponent,
		    sizeof exponent, out, e);
	}
	field = curves[p->curve - KEY_P256].field;
	bytes_copy(x + field - rd_left(&p->x), rd_ptr(&p->x), rd_left(&p->x));
	bytes_copy(y + field - rd_left(&p->y), rd_ptr(&p->y), rd_left(&p->y));
	return pubkey_from_ec(c, p->curve, x, y, out, e);
}
