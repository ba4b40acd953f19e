/* credential.c - MakeCredential for RSA and ECC endorsement keys. spec: tpm-eventlog §1.6 */
#include "lib/evidence/tpm/credential.h"

#define SECRET_2B (2 + DIGEST_MAX)      /* TPM2B of a credential */

static const struct ek_template {
	enum key_kind kind;
	size_t bits;
	enum digest_alg name_alg;
	unsigned aes_bits;
} templates[] = {
	{ KEY_RSA, 2048, DIGEST_SHA256, 128 },
	{ KEY_RSA, 3072, DIGEST_SHA384, 256 },
	{ KEY_RSA, 4096, DIGEST_SHA384, 256 },
	{ KEY_P256, 256, DIGEST_SHA256, 128 },
	{ KEY_P384, 384, DIGEST_SHA384, 256 },
	{ KEY_P521, 521, DIGEST_SHA512, 256 },
};

bool tpm_ek_from_cert(const struct x509_cert *cert, struct tpm_ek *out, struct att_error *e)
{
	struct pubkey *k = x509_pubkey(cert);

	for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
		if (templates[i].kind != pubkey_kind(k) || templates[i].bits != pubkey_bits(k))
			continue;
		*out = (struct tpm_ek){ pubkey_ref(k), templates[i].name_alg, templates[i].aes_bits };
		return true;
	}
	return att_fail(e, ATT_E_UNSUPPORTED, "endorsement key: %zu bits have no default template",
	    pubkey_bits(k));
}

#define EK_MUST                                                                                    \
	(TPMA_FIXED_TPM | TPMA_FIXED_PARENT | TPMA_SENSITIVE_DATA_ORIGIN | TPMA_RESTRICTED |       \
	    TPMA_DECRYPT)

bool tpm_ek_from_public(struct crypto *c, const struct tpm_public *p, struct tpm_ek *out, struct att_error *e)
{
	if ((p->attributes & EK_MUST) != EK_MUST || (p->attributes & TPMA_SIGN))
		return att_fail(e, ATT_E_NOT_AUTHENTIC,
		    "endorsement key: objectAttributes 0x%08x, want fixedTPM, "
		    "fixedParent, sensitiveDataOrigin, restricted and decrypt set, sign clear",
		    p->attributes);
	if (p->aes_bits == 0 || p->name_alg == DIGEST_SHA1)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "endorsement key: AES of %u bits and nameAlg %s", p->aes_bits,
		    tpm_hash_name(p->name_alg));
	*out = (struct tpm_ek){ NULL, p->name_alg, p->aes_bits };
	return tpm_public_key(c, p, &out->key, e) || att_within(e, "endorsement key");
}

void tpm_ek_clear(struct tpm_ek *ek)
{
	pubkey_free(ek->key);
	*ek = (struct tpm_ek){ 0 };
}

static void put_2b(struct buf *b, const void *p, size_t n)
{
	const uint8_t len[2] = { (uint8_t)(n >> 8), (uint8_t)n };

	buf_put(b, len, sizeof len);
	buf_put(b, p, n);
}

/* The seed encrypted to an RSA key; the label's NUL counts. */
static bool seed_rsa(struct crypto *c, const struct tpm_credential_input *in, uint8_t *seed,
    struct buf *secret, struct att_error *e)
{
	size_t h = digest_len(in->ek->name_alg), n = 0;
	uint8_t cipher[RSA_CIPHER_MAX];
	struct rd random = in->random;
	struct oaep_input oaep = { .alg = in->ek->name_alg, .label = rd_make("IDENTITY", sizeof "IDENTITY"),
		.message = rd_make(seed, h) };

	if (!rd_copy(&random, seed, h) || !rd_take(&random, h, &oaep.seed))
		return att_fail(e, ATT_E_INTERNAL, "credential: too few random bytes");
	if (!rsa_oaep_encrypt(c, in->ek->key, &oaep, cipher, &n, e))
		return false;
	put_2b(secret, cipher, n);
	return true;
}

/* The seed agreed on with an ECC key; the ephemeral point is what is sent. */
static bool seed_ecc(struct crypto *c, const struct tpm_credential_input *in, uint8_t *seed,
    struct buf *secret, struct att_error *e)
{
	struct kdf_input kdf = { .alg = in->ek->name_alg, .label = "IDENTITY",
		.bits = 8 * (unsigned)digest_len(in->ek->name_alg) };
	struct ecdh_result dh = { 0 };
	struct buf point = buf_make(secret->a);
	bool ok = ecdh_ephemeral(in->ek->key, in->random, &dh, e);

	if (ok) {
		kdf.u = rd_make(dh.x, dh.field);
		kdf.v = pubkey_ec_x(in->ek->key);
		ok = kdf_e(c, rd_make(dh.z, dh.field), &kdf, seed, e);
		put_2b(&point, dh.x, dh.field);
		put_2b(&point, dh.y, dh.field);
	}
	secret_wipe(&dh, sizeof dh);
	if (!ok || !buf_ok(&point, e))
		return false;
	put_2b(secret, point.p, point.len);
	return true;
}

/* encIdentity: the credential with its length, under a key from the seed and the AK's name. */
static bool encrypt(const struct tpm_credential_input *in, const struct rd *seed, uint8_t *out, size_t *n,
    struct att_error *e)
{
	const struct kdf_input kdf = { .alg = in->ek->name_alg, .label = "STORAGE", .bits = in->ek->aes_bits,
		.u = rd_make(in->ak_name->bytes, in->ak_name->len), .v = rd_make(NULL, 0) };
	size_t len = rd_left(&in->secret);
	uint8_t key[DIGEST_MAX], plain[SECRET_2B] = { (uint8_t)(len >> 8), (uint8_t)len };
	bool ok;

	bytes_copy(plain + 2, rd_ptr(&in->secret), len);
	*n = 2 + len;
	ok = kdf_a(*seed, &kdf, key, e) &&
	    aes_cfb_encrypt(rd_make(key, in->ek->aes_bits / 8), rd_make(plain, *n), out, e);
	secret_wipe(key, sizeof key);
	secret_wipe(plain, sizeof plain);
	return ok;
}

/* HMAC over encIdentity and the AK's name. */
static bool integrity(const struct tpm_credential_input *in, const struct rd *seed, struct rd enc,
    uint8_t *out, struct att_error *e)
{
	size_t h = digest_len(in->ek->name_alg);
	const struct kdf_input kdf = { .alg = in->ek->name_alg, .label = "INTEGRITY", .bits = 8 * (unsigned)h,
		.u = rd_make(NULL, 0), .v = rd_make(NULL, 0) };
	const struct rd parts[] = { enc, rd_make(in->ak_name->bytes, in->ak_name->len) };
	uint8_t key[DIGEST_MAX];
	bool ok = kdf_a(*seed, &kdf, key, e) && hmac(in->ek->name_alg, rd_make(key, h), parts, 2, out, e);

	secret_wipe(key, sizeof key);
	return ok;
}

static bool id_object(const struct tpm_credential_input *in, const struct rd *seed, struct buf *out,
    struct att_error *e)
{
	uint8_t enc[SECRET_2B], mac[DIGEST_MAX];
	struct buf inside = buf_make(out->a);
	size_t n = 0;

	if (!encrypt(in, seed, enc, &n, e) || !integrity(in, seed, rd_make(enc, n), mac, e))
		return false;
	put_2b(&inside, mac, digest_len(in->ek->name_alg));
	buf_put(&inside, enc, n);
	if (!buf_ok(&inside, e))
		return false;
	put_2b(out, inside.p, inside.len);
	return true;
}

bool tpm_make_credential(struct crypto *c, struct arena *a, const struct tpm_credential_input *in,
    struct tpm_credential *out, struct att_error *e)
{
	size_t h = digest_len(in->ek->name_alg), n = rd_left(&in->secret);
	struct buf secret = buf_make(a), object = buf_make(a);
	uint8_t seed[DIGEST_MAX] = { 0 };
	struct rd seed_rd = rd_make(seed, h);
	bool rsa = pubkey_kind(in->ek->key) == KEY_RSA, ok;

	if (n == 0 || n > h)
		return att_fail(e, ATT_E_INTERNAL, "credential: secret of %zu bytes, want 1 to %zu", n, h);
	if (rd_left(&in->random) < TPM_CREDENTIAL_RANDOM)
		return att_fail(e, ATT_E_INTERNAL, "credential: %zu random bytes, want %d",
		    rd_left(&in->random), TPM_CREDENTIAL_RANDOM);
	ok = (rsa ? seed_rsa(c, in, seed, &secret, e) : seed_ecc(c, in, seed, &secret, e)) &&
	    id_object(in, &seed_rd, &object, e);
	secret_wipe(seed, sizeof seed);
	if (!ok || !buf_ok(&secret, e) || !buf_ok(&object, e))
		return false;
	out->id_object = rd_make(object.p, object.len);
	out->encrypted_secret = rd_make(secret.p, secret.len);
	return true;
}
