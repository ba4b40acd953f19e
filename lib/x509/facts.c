/* facts.c - what a parsed certificate says. */
#include "lib/x509/parts.h"

const uint8_t *x509_der(const struct x509_cert *c, size_t *n)
{
	*n = rd_left(&c->der);
	return c->bytes;
}

const uint8_t *x509_sha256(const struct x509_cert *c)
{
	return c->sha256;
}

struct pubkey *x509_pubkey(const struct x509_cert *c)
{
	return c->key;
}

const char *x509_subject_cn(const struct x509_cert *c)
{
	return c->subject_cn;
}

const char *x509_issuer_cn(const struct x509_cert *c)
{
	return c->issuer_cn;
}

const char *x509_subject_text(const struct x509_cert *c)
{
	return c->subject_text;
}

struct rd x509_subject_der(const struct x509_cert *c)
{
	return c->subject;
}

struct rd x509_issuer_der(const struct x509_cert *c)
{
	return c->issuer;
}

int x509_version(const struct x509_cert *c)
{
	return c->version;
}

int64_t x509_not_before(const struct x509_cert *c)
{
	return c->not_before_s;
}

int64_t x509_not_after(const struct x509_cert *c)
{
	return c->not_after_s;
}

const uint8_t *x509_serial(const struct x509_cert *c, size_t *n)
{
	*n = rd_left(&c->serial);
	return rd_ptr(&c->serial);
}

bool x509_is_ca(const struct x509_cert *c)
{
	return c->is_ca;
}

int x509_pathlen(const struct x509_cert *c)
{
	return c->pathlen;
}

bool x509_may_sign_certs(const struct x509_cert *c)
{
	return !c->has_key_usage || (c->key_usage & KU_KEY_CERT_SIGN);
}

bool x509_may_sign_crls(const struct x509_cert *c)
{
	return !c->has_key_usage || (c->key_usage & KU_CRL_SIGN);
}

unsigned x509_key_usage(const struct x509_cert *c)
{
	return c->has_key_usage ? c->key_usage : 0;
}

bool x509_self_issued(const struct x509_cert *c)
{
	return der_same(&c->subject, &c->issuer);
}

bool x509_sig_alg(const struct x509_cert *c, enum sig_alg *out)
{
	if (c->s.has_alg)
		*out = c->s.sig_alg;
	return c->s.has_alg;
}

bool x509_extension(const struct x509_cert *c, const char *oid, struct rd *out)
{
	uint8_t want[DER_OID_MAX];
	size_t n;

	if (!der_oid_encode(oid, want, &n))
		return false;
	for (size_t i = 0; i < c->ext.n; i++)
		if (der_is(&c->ext.e[i].oid, want, n)) {
			*out = rd_make(rd_ptr(&c->ext.e[i].value), rd_left(&c->ext.e[i].value));
			return true;
		}
	return false;
}

bool x509_has_eku(const struct x509_cert *c, const char *oid)
{
	const struct ext *x = ext_find_ce(&c->ext, CE_EXT_KEY_USAGE);
	struct rd in, list, found;
	uint8_t want[DER_OID_MAX];
	size_t n;

	if (!x || !der_oid_encode(oid, want, &n))
		return false;
	in = x->value;
	if (!der_take(&in, DER_SEQUENCE, &list))
		return false;
	while (der_oid(&list, &found))
		if (der_is(&found, want, n))
			return true;
	return false;
}
