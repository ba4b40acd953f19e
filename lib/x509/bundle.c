/* bundle.c - several certificates in one text, and the text of one. */
#include <openssl/crypto.h>

#include "lib/base/base64.h"
#include "lib/crypto/pem.h"
#include "lib/x509/parts.h"

#define PEM_COLUMNS 64

bool x509_bundle_add(struct x509_bundle *b, struct x509_cert *cert, struct att_error *e)
{
	struct x509_cert **more;
	size_t bytes;

	if (__builtin_mul_overflow(b->n + 1, sizeof *b->certs, &bytes))
		return att_fail(e, ATT_E_LIMIT, "bundle: %zu certificates", b->n);
	more = OPENSSL_realloc(b->certs, bytes);
	if (!more)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	b->certs = more;
	b->certs[b->n++] = x509_cert_ref(cert);
	return true;
}

void x509_bundle_clear(struct x509_bundle *b)
{
	for (size_t i = 0; i < b->n; i++)
		x509_cert_free(b->certs[i]);
	OPENSSL_free(b->certs);
	*b = (struct x509_bundle){ 0 };
}

static bool bundle_add_der(struct crypto *c, const uint8_t *der, size_t n, struct x509_bundle *b,
    struct att_error *e)
{
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;

	if (b->n == X509_BUNDLE_MAX)
		return att_fail(e, ATT_E_LIMIT, "bundle: more than %d certificates", X509_BUNDLE_MAX);
	return x509_cert_from_der(c, der, n, &cert, e) && x509_bundle_add(b, cert, e);
}

static bool bundle_from_pem(struct crypto *c, struct rd *in, struct x509_bundle *b, struct att_error *e)
{
	struct secret der = { 0 };
	bool found = true, ok = true;

	while (ok && found) {
		ok = pem_next(in, "CERTIFICATE", X509_DER_MAX, &der, &found, e);
		if (ok && found)
			ok = bundle_add_der(c, der.p, der.len, b, e) ||
			    att_within(e, "bundle: certificate %zu", b->n);
	}
	secret_clear(&der);
	if (ok && b->n == 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "bundle: neither DER nor PEM CERTIFICATE blocks");
	return ok;
}

/* A SEQUENCE with a long length: no text begins so, because the second byte is not ASCII. */
static bool is_der(struct rd in)
{
	uint8_t tag, len;

	return rd_u8(&in, &tag) && rd_u8(&in, &len) && tag == DER_SEQUENCE && len >= 0x80;
}

bool x509_bundle_parse(struct crypto *c, const void *p, size_t n, struct x509_bundle *out,
    struct att_error *e)
{
	struct rd in = rd_make(p, n);
	struct x509_bundle b = { 0 };
	bool ok;

	ok = is_der(in) ? bundle_add_der(c, rd_ptr(&in), n, &b, e) : bundle_from_pem(c, &in, &b, e);
	if (ok)
		*out = b;
	else
		x509_bundle_clear(&b);
	return ok;
}

bool x509_bundle_has(const struct x509_bundle *b, const struct x509_cert *cert)
{
	for (size_t i = 0; b && i < b->n; i++)
		if (bytes_equal(x509_sha256(b->certs[i]), x509_sha256(cert), 32))
			return true;
	return false;
}

struct x509_cert *x509_bundles_at(const struct x509_bundle *const *sets, size_t nsets, size_t i)
{
	for (size_t s = 0; s < nsets; s++) {
		if (!sets[s])
			continue;
		if (i < sets[s]->n)
			return sets[s]->certs[i];
		i -= sets[s]->n;
	}
	return NULL;
}

static char *to_pem(struct arena *a, const char *label, const void *der, size_t n)
{
	const char *text = b64_encode_arena(B64_STD, a, der, n);
	struct buf b = buf_make(a);
	struct rd in;

	if (!text)
		return NULL;
	buf_fmt(&b, "-----BEGIN %s-----\n", label);
	for (in = rd_make(text, b64_encoded_len(B64_STD, n)); !rd_empty(&in);) {
		size_t line = rd_left(&in) < PEM_COLUMNS ? rd_left(&in) : PEM_COLUMNS;
		buf_put(&b, rd_ptr(&in), line);
		buf_char(&b, '\n');
		if (!rd_skip(&in, line))
			break;
	}
	buf_fmt(&b, "-----END %s-----\n", label);
	return b.failed ? NULL : b.p;
}

char *x509_to_pem(struct arena *a, const void *der, size_t n)
{
	return to_pem(a, "CERTIFICATE", der, n);
}

char *x509_crl_to_pem(struct arena *a, const void *der, size_t n)
{
	return to_pem(a, "X509 CRL", der, n);
}
