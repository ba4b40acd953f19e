/* certify.c - another key of the same TPM, certified by the attestation key. spec: tpm-eventlog §1.7 */
#include "lib/evidence/tpm/parts.h"

bool tpm_certify_verify(const struct tpm_marks *m, struct crypto *c, const struct tpm_ak *ak,
    const struct tpm_certification *what, const struct tpm_expect *want, struct tpm_certified *out)
{
	const struct tpm_signed s = { what->attest, what->sig, TPM_ST_CERTIFY, TPM_CHECK_CERTIFY_SCHEME,
		TPM_CHECK_CERTIFY_SIGNATURE, TPM_CHECK_CERTIFY_MAGIC, TPM_CHECK_CERTIFY_TYPE,
		TPM_CHECK_CERTIFY_NONCE };
	const struct tpm_public *p = what->pub;
	struct tpm_certified got = { .name_alg = p->name_alg, .attributes = p->attributes,
		.auth_policy = p->auth_policy };
	ATT_AUTO_STRUCT(pubkey) key = NULL;
	struct att_error why = { 0 };

	if (!tpm_signed_check(m, c, ak, &s, want))
		return false;
	if (!tpm_result(m, TPM_CHECK_CERTIFY_KEY, tpm_public_key(c, p, &key, &why),
		"RSA of 2048 bits or more, or a point of P-256, P-384 or P-521", &why))
		return false;
	if (p->name_alg == DIGEST_SHA1)
		return tpm_refuse(m, TPM_CHECK_CERTIFY_NAME, "a name made with SHA-256 or better", "SHA-1");
	if (!tpm_public_name(c, p, &got.name, m->fault))
		return false;
	if (!tpm_name_is(&got.name, what->attest->name))
		return tpm_refuse(m, TPM_CHECK_CERTIFY_NAME,
		    check_text_hex(m->c, rd_ptr(&what->attest->name), rd_left(&what->attest->name)),
		    check_text_hex(m->c, got.name.bytes, got.name.len));
	got.hardware_bound = (p->attributes & TPMA_HARDWARE_BOUND) == TPMA_HARDWARE_BOUND;
	got.key = ATT_STEAL(key);
	*out = got;
	return tpm_pass(m, TPM_CHECK_CERTIFY_NAME);
}
