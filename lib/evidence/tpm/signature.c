/* signature.c - TPMT_SIGNATURE (TPM 2.0 Part 2 section 11.3.4). */
#include "lib/evidence/tpm/parts.h"

#define WHAT "tpm signature"
#define RSA_MAX 1024                    /* bytes: RSA of 8192 bits */
#define ECC_MAX 66                      /* bytes of r or s: P-521 */

static const struct scheme_row {
	uint16_t alg;
	const char *name;
	bool supported;
	enum sig_scheme scheme;
} schemes[] = {
	{ TPM_ALG_RSASSA, "RSASSA", true, SCHEME_RSA_PKCS1 },
	{ TPM_ALG_RSAPSS, "RSAPSS", true, SCHEME_RSA_PSS },
	{ TPM_ALG_ECDSA, "ECDSA", true, SCHEME_ECDSA },
	/* Refused by name, so that the message says what it is. */
	{ TPM_ALG_NULL, "null", false, SCHEME_ECDSA },
	{ TPM_ALG_HMAC, "HMAC", false, SCHEME_ECDSA },
	{ TPM_ALG_ECDAA, "ECDAA", false, SCHEME_ECDSA },
	{ TPM_ALG_SM2, "SM2", false, SCHEME_ECDSA },
};

static bool scheme_of(uint16_t alg, enum sig_scheme *out, struct att_error *e)
{
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (schemes[i].alg != alg)
			continue;
		*out = schemes[i].scheme;
		return schemes[i].supported ||
		    att_fail(e, ATT_E_UNSUPPORTED,
			WHAT ": scheme %s (0x%04x) at offset 0, want RSASSA, RSAPSS or ECDSA",
			schemes[i].name, alg);
	}
	return att_fail(e, ATT_E_UNSUPPORTED,
	    WHAT ": scheme 0x%04x at offset 0, want RSASSA, RSAPSS or ECDSA", alg);
}

bool tpm_signature_parse(struct rd in, struct tpm_signature *out, struct att_error *e)
{
	struct tpm_signature t = { 0 };
	uint16_t alg, hash;
	bool ok;

	if (rd_left(&in) > TPM_SIGNATURE_MAX)
		return att_fail(e, ATT_E_LIMIT, WHAT ": %zu bytes, at most %d", rd_left(&in),
		    TPM_SIGNATURE_MAX);
	if (!rd_be16(&in, &alg))
		return tpm_short(e, WHAT, "sigAlg", &in);
	if (!scheme_of(alg, &t.scheme, e))
		return false;
	if (!rd_be16(&in, &hash))
		return tpm_short(e, WHAT, "hash", &in);
	if (!tpm_hash(hash, &t.hash))
		return att_fail(e, ATT_E_UNSUPPORTED,
		    WHAT ": hash 0x%04x at offset 2 is none that we compute", hash);
	if (t.scheme == SCHEME_ECDSA)
		ok = tpm_take_2b(&in, WHAT, "signatureR", ECC_MAX, &t.r, e) &&
		    tpm_take_2b(&in, WHAT, "signatureS", ECC_MAX, &t.s, e);
	else
		ok = tpm_take_2b(&in, WHAT, "sig", RSA_MAX, &t.rsa, e);
	if (!ok || !tpm_end(&in, WHAT, e))
		return false;
	*out = t;
	return true;
}
