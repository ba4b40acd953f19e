/* keys.c - templates, primary keys, quotes, activation. */
#include <tss2/tss2_mu.h>

#include "cli/tpm/device.h"

#define EXPONENT 0                      /* 65537 */
#define FIXED (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | \
	TPMA_OBJECT_RESTRICTED)

/* PolicySecret(endorsement): what the default templates of endorsement keys demand. spec: tpm-eventlog
 * §1.4 */
static const uint8_t ek_policy[] = {
	0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
	0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
};

/* TCG EK Credential Profile, annex B: templates L-1 and L-2. */
static TPM2B_PUBLIC ek_template(enum tpmdev_kind kind)
{
	TPM2B_PUBLIC t = { .publicArea = { .nameAlg = TPM2_ALG_SHA256,
	    .objectAttributes = FIXED | TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_DECRYPT,
	    .authPolicy = { .size = sizeof ek_policy } } };
	const TPMT_SYM_DEF_OBJECT aes = { .algorithm = TPM2_ALG_AES, .keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB };

	bytes_copy(t.publicArea.authPolicy.buffer, ek_policy, sizeof ek_policy);
	if (kind == TPMDEV_RSA) {
		t.publicArea.type = TPM2_ALG_RSA;
		t.publicArea.parameters.rsaDetail = (TPMS_RSA_PARMS){ .symmetric = aes,
			.scheme.scheme = TPM2_ALG_NULL, .keyBits = 2048, .exponent = EXPONENT };
		t.publicArea.unique.rsa.size = 256;
	} else {
		t.publicArea.type = TPM2_ALG_ECC;
		t.publicArea.parameters.eccDetail = (TPMS_ECC_PARMS){ .symmetric = aes,
			.scheme.scheme = TPM2_ALG_NULL, .curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL };
		t.publicArea.unique.ecc.x.size = t.publicArea.unique.ecc.y.size = 32;
	}
	return t;
}

static TPM2B_PUBLIC ak_template(enum tpmdev_kind kind)
{
	TPM2B_PUBLIC t = { .publicArea = { .nameAlg = TPM2_ALG_SHA256,
	    .objectAttributes = FIXED | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SIGN_ENCRYPT } };
	const TPMT_SYM_DEF_OBJECT none = { .algorithm = TPM2_ALG_NULL };

	if (kind == TPMDEV_RSA) {
		t.publicArea.type = TPM2_ALG_RSA;
		t.publicArea.parameters.rsaDetail = (TPMS_RSA_PARMS){ .symmetric = none,
			.scheme = { .scheme = TPM2_ALG_RSASSA, .details.rsassa.hashAlg = TPM2_ALG_SHA256 },
			.keyBits = 2048, .exponent = EXPONENT };
	} else {
		t.publicArea.type = TPM2_ALG_ECC;
		t.publicArea.parameters.eccDetail = (TPMS_ECC_PARMS){ .symmetric = none,
			.scheme = { .scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
			.curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL };
	}
	return t;
}

static bool primary(struct tpmdev *d, const TPM2B_PUBLIC *template, const char *what, struct tpmdev_key *out,
    struct att_error *e)
{
	const TPM2B_SENSITIVE_CREATE no_secret = { 0 };
	const TPML_PCR_SELECTION no_pcrs = { 0 };
	const TPM2B_DATA no_info = { 0 };
	TPM2B_PUBLIC *public = NULL;
	ESYS_TR handle = ESYS_TR_NONE;

	if (!tpmdev_ok(Esys_CreatePrimary(d->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
	    ESYS_TR_NONE, &no_secret, template, &no_info, &no_pcrs, &handle, &public, NULL, NULL, NULL),
	    what, e))
		return false;
	tpmdev_keep(d, handle);
	*out = (struct tpmdev_key){ handle, *public };
	Esys_Free(public);
	return true;
}

bool tpmdev_ek(struct tpmdev *d, enum tpmdev_kind kind, struct tpmdev_key *out, struct att_error *e)
{
	const TPM2B_PUBLIC t = ek_template(kind);

	return primary(d, &t, "making the endorsement key", out, e);
}

bool tpmdev_ak(struct tpmdev *d, enum tpmdev_kind kind, struct tpmdev_key *out, struct att_error *e)
{
	const TPM2B_PUBLIC t = ak_template(kind);

	return primary(d, &t, "making the attestation key", out, e);
}

bool tpmdev_ak_at(struct tpmdev *d, uint32_t handle, struct tpmdev_key *out, struct att_error *e)
{
	TPM2B_PUBLIC *public = NULL;
	ESYS_TR key = ESYS_TR_NONE;

	if (!tpmdev_ok(Esys_TR_FromTPMPublic(d->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &key),
	    "attestation key", e) ||
	    !tpmdev_ok(Esys_ReadPublic(d->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public,
	    NULL, NULL),
	    "attestation key", e))
		return att_within(e, "handle 0x%08X", handle);
	*out = (struct tpmdev_key){ key, *public };
	Esys_Free(public);
	return true;
}

bool tpmdev_public(const struct tpmdev_key *k, struct arena *a, struct att_bytes *out, struct att_error *e)
{
	uint8_t b[sizeof(TPM2B_PUBLIC)], *copy;
	size_t n = 0;

	if (!tpmdev_ok(Tss2_MU_TPM2B_PUBLIC_Marshal(&k->public, b, sizeof b, &n), "public area", e))
		return false;
	copy = arena_memdup(a, b, n);
	*out = (struct att_bytes){ copy, n };
	return copy || arena_fail(a, e);
}

static TPML_PCR_SELECTION selection(const struct tpmdev_selection *s)
{
	static const TPM2_ALG_ID ids[] = { TPM2_ALG_SHA1, TPM2_ALG_SHA256, TPM2_ALG_SHA384, TPM2_ALG_SHA512 };
	TPML_PCR_SELECTION out = { 0 };

	for (size_t i = 0; i < TPMDEV_BANKS; i++)
		if (s->banks >> i & 1)
			out.pcrSelections[out.count++] = (TPMS_PCR_SELECTION){ ids[i], 3,
				{ (BYTE)s->pcrs, (BYTE)(s->pcrs >> 8), (BYTE)(s->pcrs >> 16) } };
	return out;
}

/* The hash of a signature is in the same place for every scheme. */
static bool scheme_hash(const TPMT_SIGNATURE *sig, enum digest_alg *out, struct att_error *e)
{
	static const struct { TPM2_ALG_ID id; enum digest_alg alg; } hashes[] = {
		{ TPM2_ALG_SHA1, DIGEST_SHA1 }, { TPM2_ALG_SHA256, DIGEST_SHA256 },
		{ TPM2_ALG_SHA384, DIGEST_SHA384 }, { TPM2_ALG_SHA512, DIGEST_SHA512 },
	};

	for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
		if (sig->signature.any.hashAlg == hashes[i].id) {
			*out = hashes[i].alg;
			return true;
		}
	return att_fail(e, ATT_E_UNSUPPORTED, "tpm: the attestation key signs with hash 0x%04X",
	    sig->signature.any.hashAlg);
}

static bool quote_bytes(struct arena *a, const TPM2B_ATTEST *quoted, const TPMT_SIGNATURE *sig,
    struct tpmdev_quote *out, struct att_error *e)
{
	uint8_t b[sizeof(TPMT_SIGNATURE)];
	size_t n = 0;

	if (!tpmdev_ok(Tss2_MU_TPMT_SIGNATURE_Marshal(sig, b, sizeof b, &n), "signature", e) ||
	    !scheme_hash(sig, &out->scheme_hash, e))
		return false;
	out->quote = (struct att_bytes){ arena_memdup(a, quoted->attestationData, quoted->size),
	    quoted->size };
	out->signature = (struct att_bytes){ arena_memdup(a, b, n), n };
	return (out->quote.data && out->signature.data) || arena_fail(a, e);
}

bool tpmdev_quote(struct tpmdev *d, struct arena *a, const struct tpmdev_key *ak,
    const struct tpmdev_selection *s,
    struct att_bytes nonce, struct tpmdev_quote *out, struct att_error *e)
{
	const TPMT_SIG_SCHEME of_key = { .scheme = TPM2_ALG_NULL };
	const TPML_PCR_SELECTION pcrs = selection(s);
	TPM2B_DATA data = { .size = (UINT16)nonce.len };
	TPMT_SIGNATURE *sig = NULL;
	TPM2B_ATTEST *quoted = NULL;
	bool ok;

	if (nonce.len > sizeof data.buffer)
		return att_fail(e, ATT_E_LIMIT, "nonce: %zu bytes, at most %zu", nonce.len,
		    sizeof data.buffer);
	bytes_copy(data.buffer, nonce.data, nonce.len);
	if (!tpmdev_ok(Esys_Quote(d->esys, ak->handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data,
	    &of_key,
	    &pcrs, &quoted, &sig), "quote", e))
		return false;
	ok = quote_bytes(a, quoted, sig, out, e);
	Esys_Free(quoted);
	Esys_Free(sig);
	return ok;
}

/* A session that has proven the endorsement authorization, which is empty. */
static bool policy_session(struct tpmdev *d, ESYS_TR *out, struct att_error *e)
{
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };

	if (!tpmdev_ok(Esys_StartAuthSession(d->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	    ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &none, TPM2_ALG_SHA256, out), "policy session", e))
		return false;
	tpmdev_keep(d, *out);
	return tpmdev_ok(Esys_PolicySecret(d->esys, ESYS_TR_RH_ENDORSEMENT, *out, ESYS_TR_PASSWORD,
	    ESYS_TR_NONE,
	    ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL), "endorsement authorization", e);
}

/* Whole structures: what stands behind one is no part of it. */
static bool read_credential(const struct tpmdev_credential *c, TPM2B_ID_OBJECT *object,
    TPM2B_ENCRYPTED_SECRET *secret, struct att_error *e)
{
	size_t used = 0, used2 = 0;

	if (!tpmdev_ok(Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(c->id_object.data, c->id_object.len, &used, object),
	    "credential", e) ||
	    !tpmdev_ok(Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(c->encrypted_secret.data,
	    c->encrypted_secret.len,
	    &used2, secret), "credential", e))
		return false;
	return (used == c->id_object.len && used2 == c->encrypted_secret.len) ||
	    att_fail(e, ATT_E_BAD_FORMAT, "credential: bytes behind it");
}

bool tpmdev_activate(struct tpmdev *d, struct arena *a, const struct tpmdev_key *ek,
    const struct tpmdev_key *ak,
    const struct tpmdev_credential *credential, struct att_bytes *secret, struct att_error *e)
{
	TPM2B_ENCRYPTED_SECRET encrypted = { 0 };
	TPM2B_ID_OBJECT object = { 0 };
	TPM2B_DIGEST *info = NULL;
	ESYS_TR session = ESYS_TR_NONE;

	if (!read_credential(credential, &object, &encrypted, e) || !policy_session(d, &session, e) ||
	    !tpmdev_ok(Esys_ActivateCredential(d->esys, ak->handle, ek->handle, ESYS_TR_PASSWORD, session,
	    ESYS_TR_NONE, &object, &encrypted, &info), "activating the credential", e))
		return false;
	*secret = (struct att_bytes){ arena_memdup(a, info->buffer, info->size), info->size };
	Esys_Free(info);
	return secret->data || arena_fail(a, e);
}
