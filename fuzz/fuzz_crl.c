/*
 * fuzz_crl.c - revocation lists from any bytes, DER or PEM.
 * Property: failure and error go together; a list has at most as many entries as fit its bytes.
 */
#include <assert.h>

#include "lib/x509/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *c;
	static struct x509_cert *issuer;
	struct x509_crl *l = NULL;
	struct att_error e = { 0 };
	size_t n;

	if (!c) {
		const struct x509_rdn name = { "CN", "Seed Root" };
		const struct x509_template t = { .subject = &name, .nsubject = 1, .issuer = &name, .nissuer =
		    1,
			.not_after_s = 1, .ca = true, .pathlen = -1, .alg = SIG_ECDSA_P256_SHA256 };
		struct privkey *k = NULL;
		struct pubkey *p = NULL;

		c = crypto_new(NULL);
		assert(c && privkey_generate(KEY_P256, 0, &k, NULL) && privkey_public(c, k, &p, NULL));
		assert(x509_make(c, &t, p, k, &issuer, NULL));
		privkey_free(k);
		pubkey_free(p);
	}
	assert(x509_crl_parse(c, data, size, &l, &e) == (e.code == ATT_E_OK));
	assert(!l == (e.code != ATT_E_OK));
	if (!l)
		return 0;
	assert(x509_crl_nrevoked(l) <= size / 20);
	assert(!x509_crl_number(l, &n) == (n == 0));
	assert(x509_crl_signed_by(c, l, issuer, &e) == (e.code == ATT_E_OK));
	assert(e.code != ATT_E_OK);             /* nobody has that key */
	(void)x509_crl_revokes(l, issuer);
	att_error_clear(&e);
	assert(x509_crl_current(l, x509_crl_this_update(l), &e) == (e.code == ATT_E_OK));
	x509_crl_free(l);
	return 0;
}
