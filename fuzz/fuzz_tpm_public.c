/*
 * Property: public areas and signatures parse exactly or set an error; a public area's parts are
 * bounded, its name is 2 + digest bytes, and a key that it makes is one that lib/crypto accepts.
 */
#include <assert.h>

#include "lib/evidence/tpm/tpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_public(struct crypto *c, const struct tpm_public *p)
{
	struct pubkey *key = NULL;
	struct att_error e = { 0 };
	struct tpm_name name;

	assert(rd_left(&p->auth_policy) <= DIGEST_MAX);
	assert(p->ecc ? p->curve >= KEY_P256 && rd_left(&p->x) <= 66 && rd_left(&p->y) <= 66 :
	    8 * rd_left(&p->modulus) == p->rsa_bits && p->exponent != 0);
	assert(tpm_public_name(c, p, &name, NULL) && name.len == 2 + digest_len(p->name_alg));
	assert(tpm_public_key(c, p, &key, &e) == (e.code == ATT_E_OK));
	if (key)
		assert(pubkey_bits(key) >= 256 && (pubkey_kind(key) != KEY_RSA || pubkey_bits(key) >= 2048));
	pubkey_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *c;
	struct rd in = rd_make(data, size);
	struct att_error e = { 0 };
	struct tpm_public p;
	struct tpm_signature s;

	if (!c)
		c = crypto_new(NULL);
	if (tpm2b_public_parse(in, &p, &e)) {
		assert(rd_left(&p.raw) + 2 == size && size <= TPM_PUBLIC_MAX + 2);
		check_public(c, &p);
	} else {
		assert(e.code != ATT_E_OK);
	}
	att_error_clear(&e);
	if (tpm_signature_parse(in, &s, &e))
		assert(s.scheme == SCHEME_ECDSA ? rd_left(&s.r) + rd_left(&s.s) + 8 == size :
		    rd_left(&s.rsa) + 6 == size);
	else
		assert(e.code != ATT_E_OK);
	return 0;
}
