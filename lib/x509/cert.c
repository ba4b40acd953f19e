/* cert.c - certificates (RFC 5280 section 4), read once into facts. */
#include <openssl/crypto.h>

#include "lib/x509/parts.h"

#define KEY_USAGE_BITS 9

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
static bool basic_constraints(struct x509_cert *c, struct rd in)
{
	struct rd seq;
	uint64_t pathlen;

	if (!der_take(&in, DER_SEQUENCE, &seq) || !rd_empty(&in))
		return false;
	c->is_ca = der_true(&seq);
	if (rd_empty(&seq))
		return true;
	/* Section 4.2.1.9: a path length without CA TRUE has no meaning. */
	if (!c->is_ca || !der_u64(&seq, &pathlen) || !rd_empty(&seq))
		return false;
	c->pathlen = pathlen > INT16_MAX ? INT16_MAX : (int)pathlen;
	return true;
}

/* KeyUsage ::= BIT STRING with named bits.  DER ends it at the last bit that is set (X.690 section 11.2.2),
 * but AMD's CAs have a zero bit too many (vectors/snp/milan_ask_ark_asvk.pem): unused bits must be zero. */
static bool key_usage(struct x509_cert *c, struct rd in)
{
	struct rd body;
	uint8_t unused, octet[2] = { 0 };
	size_t n;

	if (!der_take(&in, DER_BITS, &body) || !rd_empty(&in) || !rd_u8(&body, &unused) || unused > 7)
		return false;
	n = rd_left(&body);
	if (n < 1 || n > 2 || !rd_copy(&body, octet, n) || (octet[n - 1] & ((1U << unused) - 1)))
		return false;
	for (unsigned i = 0; i < KEY_USAGE_BITS; i++)
		if (octet[i / 8] & 0x80U >> i % 8)
			c->key_usage |= 1U << i;
	c->has_key_usage = true;
	return c->key_usage != 0;
}

static bool ext_key_usage(struct rd in)
{
	struct rd list, oid;

	if (!der_take(&in, DER_SEQUENCE, &list) || !rd_empty(&in) || rd_empty(&list))
		return false;
	while (!rd_empty(&list))
		if (!der_oid(&list, &oid))
			return false;
	return true;
}

/* [3] Extensions, version 3 only. */
static bool cert_extensions(struct x509_cert *c, struct rd *tbs, struct att_error *e)
{
	static const uint8_t known[] = { CE_SUBJECT_KEY_ID, CE_KEY_USAGE, CE_SUBJECT_ALT_NAME,
		CE_BASIC_CONSTRAINTS, CE_CRL_POINTS, CE_POLICIES, CE_AUTHORITY_KEY_ID, CE_EXT_KEY_USAGE };
	struct rd wrap, list;
	const struct ext *x;

	if (rd_empty(tbs))
		return true;
	if (!der_take(tbs, DER_CTX_CONS(3), &wrap) || !rd_empty(tbs))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "certificate: offset %zu: neither extensions nor the end", rd_off(tbs));
	if (c->version != 3)
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: extensions in version %d, want 3",
		    c->version);
	if (!der_take(&wrap, DER_SEQUENCE, &list) || !rd_empty(&wrap))
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: offset %zu: not a list of extensions",
		    rd_off(&wrap));
	if (!ext_list_parse(list, &c->ext, e) || !ext_critical_known(&c->ext, known, sizeof known, e))
		return att_within(e, "certificate");
	if ((x = ext_find_ce(&c->ext, CE_BASIC_CONSTRAINTS)) && !basic_constraints(c, x->value))
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: basicConstraints is malformed");
	if ((x = ext_find_ce(&c->ext, CE_KEY_USAGE)) && !key_usage(c, x->value))
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: keyUsage is malformed");
	if ((x = ext_find_ce(&c->ext, CE_EXT_KEY_USAGE)) && !ext_key_usage(x->value))
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: extKeyUsage is malformed");
	return true;
}

/* version [0] DEFAULT v1, serialNumber, signature. */
static bool cert_head(struct x509_cert *c, struct rd *tbs, struct att_error *e)
{
	struct rd wrap, alg, alg_inside;
	uint64_t version = 0;

	if (der_take(tbs, DER_CTX_CONS(0), &wrap) &&
	    (!der_u64(&wrap, &version) || !rd_empty(&wrap) || version < 1 || version > 2))
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: version is not 1, 2 or 3 in DER");
	c->version = (int)version + 1;
	if (!der_uint(tbs, &c->serial) || rd_left(&c->serial) > X509_SERIAL_MAX)
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: serial number is not 0 to 2^%d - 1 in DER",
		    8 * X509_SERIAL_MAX);
	if (!der_take_whole(tbs, DER_SEQUENCE, &alg, &alg_inside) || !der_same(&alg, &c->s.alg))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "certificate: signature algorithm inside differs from the one outside");
	return true;
}

static bool cert_name(struct rd *tbs, const char *what, struct rd *whole, struct rd *inside,
    struct att_error *e)
{
	if (!der_take_whole(tbs, DER_SEQUENCE, whole, inside))
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: offset %zu: no %s name", rd_off(tbs),
		    what);
	return name_parse(*inside, e) || att_within(e, "certificate: %s", what);
}

/* issuer, validity, subject, subjectPublicKeyInfo. */
static bool cert_body(struct crypto *crypto, struct x509_cert *c, struct rd *tbs, struct att_error *e)
{
	struct rd issuer, subject, validity, spki, spki_inside;

	if (!cert_name(tbs, "issuer", &c->issuer, &issuer, e))
		return false;
	if (!der_take(tbs, DER_SEQUENCE, &validity) || !when_parse(&validity, &c->not_before_s) ||
	    !when_parse(&validity, &c->not_after_s) || !rd_empty(&validity))
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: validity is not two UTC times");
	if (!cert_name(tbs, "subject", &c->subject, &subject, e))
		return false;
	if (!der_take_whole(tbs, DER_SEQUENCE, &spki, &spki_inside))
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: offset %zu: no public key", rd_off(tbs));
	name_cn(issuer, c->issuer_cn);
	name_cn(subject, c->subject_cn);
	name_text(subject, c->subject_text);
	return pubkey_from_spki(crypto, rd_ptr(&spki), rd_left(&spki), &c->key, e) ||
	    att_within(e, "certificate \"%s\"", c->subject_text);
}

static bool cert_parse(struct crypto *crypto, struct x509_cert *c, struct att_error *e)
{
	struct rd tbs;

	if (!signed_parse("certificate", c->der, &c->s, e))
		return false;
	tbs = c->s.inside;
	c->pathlen = -1;
	/* Unique identifiers ([1] and [2], obsolete) are not accepted: cert_extensions() meets them. */
	return cert_head(c, &tbs, e) && cert_body(crypto, c, &tbs, e) && cert_extensions(c, &tbs, e) &&
	    digest(crypto, DIGEST_SHA256, rd_ptr(&c->der), rd_left(&c->der), c->sha256, e);
}

bool x509_cert_from_der(struct crypto *crypto, const void *der, size_t n, struct x509_cert **out,
    struct att_error *e)
{
	ATT_AUTO_STRUCT(x509_cert) c = NULL;

	if (n > X509_DER_MAX)
		return att_fail(e, ATT_E_LIMIT, "certificate: %zu bytes, at most %d", n, X509_DER_MAX);
	c = OPENSSL_zalloc(sizeof *c + n);
	if (!c)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	atomic_init(&c->refs, 1);
	bytes_copy(c->bytes, der, n);
	c->der = rd_make(c->bytes, n);
	if (!cert_parse(crypto, c, e))
		return false;
	*out = ATT_STEAL(c);
	return true;
}

struct x509_cert *x509_cert_ref(struct x509_cert *c)
{
	if (c)
		atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void x509_cert_free(struct x509_cert *c)
{
	if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	pubkey_free(c->key);
	OPENSSL_free(c);
}
