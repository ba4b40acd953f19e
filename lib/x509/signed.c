/* signed.c - AlgorithmIdentifiers and the SIGNED form (RFC 5280 section 4.1.1, RFC 4055, RFC 5758). */
#include "lib/x509/parts.h"

#define OID_MGF1 "1.2.840.113549.1.1.8"
#define OID_PSS "1.2.840.113549.1.1.10"
#define SIG_FIELD_MAX 66                /* P-521 */

/* PKCS#1 v1.5 and ECDSA: the OID says it all. */
static const struct alg_row {
	enum sig_alg alg;
	const char *oid;
	bool null_params;               /* RSA: NULL, or absent (RFC 4055 section 5); ECDSA: absent */
} algs[] = {
	{ SIG_RSA_PKCS1_SHA256, "1.2.840.113549.1.1.11", true },
	{ SIG_RSA_PKCS1_SHA384, "1.2.840.113549.1.1.12", true },
	{ SIG_RSA_PKCS1_SHA512, "1.2.840.113549.1.1.13", true },
	{ SIG_ECDSA_P256_SHA256, "1.2.840.10045.4.3.2", false },
	{ SIG_ECDSA_P384_SHA384, "1.2.840.10045.4.3.3", false },
	{ SIG_ECDSA_P521_SHA512, "1.2.840.10045.4.3.4", false },
};
/* RSASSA-PSS: the parameters do. */
static const struct pss_row {
	enum sig_alg alg;
	const char *hash;
	unsigned salt;
} pss[] = {
	{ SIG_RSA_PSS_SHA256, "2.16.840.1.101.3.4.2.1", 32 },
	{ SIG_RSA_PSS_SHA384, "2.16.840.1.101.3.4.2.2", 48 },
	{ SIG_RSA_PSS_SHA512, "2.16.840.1.101.3.4.2.3", 64 },
};
#define NALGS (sizeof algs / sizeof algs[0])
#define NPSS (sizeof pss / sizeof pss[0])

static bool take_oid(struct rd *r, const char *dotted)
{
	uint8_t want[DER_OID_MAX];
	struct rd t = *r, oid;
	size_t n;

	if (!der_oid(&t, &oid) || !der_oid_encode(dotted, want, &n) || !der_is(&oid, want, n))
		return false;
	*r = t;
	return true;
}

/* The rest of an AlgorithmIdentifier is NULL or nothing. */
static bool no_params(struct rd *r, bool null_allowed)
{
	struct rd body;

	if (null_allowed && der_take(r, DER_NULL, &body) && !rd_empty(&body))
		return false;
	return rd_empty(r);
}

static bool take_hash(struct rd *r, const char *dotted)
{
	struct rd alg;

	return der_take(r, DER_SEQUENCE, &alg) && take_oid(&alg, dotted) && no_params(&alg, true);
}

/*
 * RSASSA-PSS-params (RFC 4055 section 3.1): hash, MGF1 over the same hash, salt as long as the digest.
 * The trailer field may be left out (AMD's VCEK) or be written although it is the default (AMD's CAs).
 */
static bool pss_params(struct rd in, const struct pss_row *row)
{
	struct rd p, hash, mgf, mgf_alg, salt, trailer;
	uint64_t salt_len, trailer_field = 1;

	if (!der_take(&in, DER_SEQUENCE, &p) || !rd_empty(&in) ||
	    !der_take(&p, DER_CTX_CONS(0), &hash) || !take_hash(&hash, row->hash) || !rd_empty(&hash))
		return false;
	if (!der_take(&p, DER_CTX_CONS(1), &mgf) || !der_take(&mgf, DER_SEQUENCE, &mgf_alg) ||
	    !rd_empty(&mgf) ||
	    !take_oid(&mgf_alg, OID_MGF1) || !take_hash(&mgf_alg, row->hash) || !rd_empty(&mgf_alg))
		return false;
	if (!der_take(&p, DER_CTX_CONS(2), &salt) || !der_u64(&salt, &salt_len) || !rd_empty(&salt) ||
	    salt_len != row->salt)
		return false;
	if (der_take(&p, DER_CTX_CONS(3), &trailer) &&
	    (!der_u64(&trailer, &trailer_field) || !rd_empty(&trailer)))
		return false;
	return trailer_field == 1 && rd_empty(&p);
}

bool alg_parse(struct rd in, enum sig_alg *out)
{
	for (size_t i = 0; i < NALGS; i++)
		if (take_oid(&in, algs[i].oid)) {
			*out = algs[i].alg;
			return no_params(&in, algs[i].null_params);
		}
	if (!take_oid(&in, OID_PSS))
		return false;
	for (size_t i = 0; i < NPSS; i++)
		if (pss_params(in, &pss[i])) {
			*out = pss[i].alg;
			return true;
		}
	return false;
}

static void put_hash(struct buf *b, const char *oid)
{
	struct buf alg = buf_make(b->a);

	der_put_oid(&alg, oid);
	der_put(&alg, DER_NULL, NULL, 0);
	der_put_buf(b, DER_SEQUENCE, &alg);
}

static void put_pss(struct buf *b, const struct pss_row *row)
{
	struct buf params = buf_make(b->a), hash = buf_make(b->a), salt = buf_make(b->a);
	struct buf mgf = buf_make(b->a), mgf_seq = buf_make(b->a);

	der_put_oid(b, OID_PSS);
	put_hash(&hash, row->hash);
	der_put_buf(&params, DER_CTX_CONS(0), &hash);
	der_put_oid(&mgf, OID_MGF1);
	put_hash(&mgf, row->hash);
	der_put_buf(&mgf_seq, DER_SEQUENCE, &mgf);
	der_put_buf(&params, DER_CTX_CONS(1), &mgf_seq);
	der_put_u64(&salt, row->salt);
	der_put_buf(&params, DER_CTX_CONS(2), &salt);
	der_put_buf(b, DER_SEQUENCE, &params);
}

void alg_put(struct buf *b, enum sig_alg alg)
{
	struct buf inside = buf_make(b->a);

	for (size_t i = 0; i < NALGS; i++)
		if (algs[i].alg == alg) {
			der_put_oid(&inside, algs[i].oid);
			if (algs[i].null_params)
				der_put(&inside, DER_NULL, NULL, 0);
		}
	for (size_t i = 0; i < NPSS; i++)
		if (pss[i].alg == alg)
			put_pss(&inside, &pss[i]);
	der_put_buf(b, DER_SEQUENCE, &inside);
}

bool signed_parse(const char *what, struct rd in, struct x509_signed *out, struct att_error *e)
{
	struct x509_signed s = { 0 };
	struct rd outer, alg;

	if (!der_take(&in, DER_SEQUENCE, &outer))
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: not a whole DER SEQUENCE", what);
	if (!rd_empty(&in))
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: %zu bytes behind it", what, rd_left(&in));
	if (!der_take_whole(&outer, DER_SEQUENCE, &s.tbs, &s.inside) ||
	    !der_take_whole(&outer, DER_SEQUENCE, &s.alg, &alg) || !der_bits(&outer, &s.signature) ||
	    !rd_empty(&outer))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "%s: offset %zu: not what is signed, an algorithm and a signature", what, rd_off(&outer));
	s.has_alg = alg_parse(alg, &s.sig_alg);
	*out = s;
	return true;
}

static bool is_ecdsa(enum sig_alg alg, size_t *field)
{
	static const struct { enum sig_alg alg; size_t field; } rows[] = {
		{ SIG_ECDSA_P256_SHA256, 32 }, { SIG_ECDSA_P384_SHA384, 48 }, { SIG_ECDSA_P521_SHA512, 66 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].alg == alg) {
			*field = rows[i].field;
			return true;
		}
	return false;
}

bool signed_verify(struct crypto *c, const struct x509_signed *s, const struct pubkey *k, struct att_error *e)
{
	uint8_t raw[2 * SIG_FIELD_MAX];
	struct rd sig = s->signature;
	size_t field;

	if (!s->has_alg)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "signature: algorithm or its parameters are not supported");
	if (is_ecdsa(s->sig_alg, &field)) {
		if (!ecdsa_der_to_raw(rd_ptr(&sig), rd_left(&sig), field, raw, e))
			return false;
		sig = rd_make(raw, 2 * field);
	}
	return sig_verify(c, k, s->sig_alg, s->tbs, sig, e);
}

bool signed_put(struct crypto *c, const struct buf *tbs, enum sig_alg alg, struct privkey *k, struct buf *out,
    struct att_error *e)
{
	struct buf inside = buf_make(out->a), pair = buf_make(out->a), der = buf_make(out->a);
	uint8_t sig[SIG_MAX];
	size_t n, field;

	if (!buf_ok(tbs, e) || !sig_sign(c, k, alg, rd_make(tbs->p, tbs->len), sig, &n, e))
		return false;
	buf_put(&inside, tbs->p, tbs->len);
	alg_put(&inside, alg);
	if (is_ecdsa(alg, &field)) {
		der_put_uint(&pair, sig, field);
		der_put_uint(&pair, sig + field, field);
		der_put_buf(&der, DER_SEQUENCE, &pair);
		if (!buf_ok(&der, e))
			return false;
		der_put_bits(&inside, der.p, der.len);
	} else {
		der_put_bits(&inside, sig, n);
	}
	der_put_buf(out, DER_SEQUENCE, &inside);
	return buf_ok(out, e);
}
