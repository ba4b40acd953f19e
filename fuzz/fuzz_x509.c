/*
 * fuzz_x509.c - certificates, PEM bundles and AMD's extensions from any bytes.
 * Property: failure and error go together; what parses is the input, and survives the way through PEM.
 */
#include <assert.h>
#include <string.h>

#include "lib/x509/ext_snp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_cert(struct crypto *c, struct x509_cert *cert)
{
	struct arena *a = arena_new((size_t)1 << 20);
	struct x509_bundle again = { 0 };
	struct att_error e = { 0 };
	struct ext_snp ext;
	const uint8_t *der;
	char *pem;
	size_t n;

	assert(ext_snp_parse(cert, &ext, &e) == (e.code == ATT_E_OK));
	att_error_clear(&e);
	assert(x509_issued_by(c, cert, cert, 0, &e) == (e.code == ATT_E_OK));
	der = x509_der(cert, &n);
	pem = x509_to_pem(a, der, n);
	att_error_clear(&e);
	assert(pem && x509_bundle_parse(c, pem, strlen(pem), &again, &e) && again.n == 1);
	assert(bytes_equal(x509_sha256(again.certs[0]), x509_sha256(cert), 32));
	x509_bundle_clear(&again);
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *c;
	struct x509_cert *cert = NULL;
	struct x509_bundle b = { 0 };
	struct att_error e = { 0 };
	size_t n;

	if (!c)
		c = crypto_new(NULL);
	assert(x509_cert_from_der(c, data, size, &cert, &e) == (e.code == ATT_E_OK));
	assert(!cert == (e.code != ATT_E_OK));
	if (cert) {
		const uint8_t *der = x509_der(cert, &n);
		assert(n == size && bytes_equal(der, data, n));
		one_cert(c, cert);
	}
	x509_cert_free(cert);
	att_error_clear(&e);
	assert(x509_bundle_parse(c, data, size, &b, &e) == (e.code == ATT_E_OK));
	assert((b.n > 0) == (e.code == ATT_E_OK) && b.n <= X509_BUNDLE_MAX);
	for (size_t i = 0; i < b.n; i++)
		one_cert(c, b.certs[i]);
	x509_bundle_clear(&b);
	return 0;
}
