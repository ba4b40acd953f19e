#include <string.h>

#include "tests/unit/evidence/tpm/kit.h"

void kit_init(struct kit *k)
{
	memset(k, 0, sizeof *k);
	k->a = arena_new((size_t)64 << 20);
	k->c = crypto_new(&k->e);
	assert_non_null(k->a);
	assert_non_null(k->c);
	CHECK_OK(privkey_generate(KEY_P256, 0, &k->key, &k->e), &k->e);
	CHECK_OK(privkey_generate(KEY_P256, 0, &k->other, &k->e), &k->e);
	kit_fresh(k);
}

void kit_clear(struct kit *k)
{
	privkey_free(k->key);
	privkey_free(k->other);
	crypto_free(k->c);
	arena_free(k->a);
}

void kit_fresh(struct kit *k)
{
	CHECK_OK(checklist_init(&k->checks, k->a, tpm_checks, TPM_NCHECKS, &k->e), &k->e);
	att_error_clear(&k->fault);
	k->m = (struct tpm_marks){ &k->checks, 0, &k->fault };
}

const char *kit_verdict(const struct kit *k, bool returned)
{
	if (k->fault.code)
		return "fault";
	assert_int_equal(returned, !checklist_failed(&k->checks));
	return returned ? "ok" : k->checks.rows[k->checks.first_failed].id;
}

void kit_be(struct buf *b, uint64_t v, size_t n)
{
	while (n--)
		buf_char(b, n < sizeof v ? (char)(v >> 8 * n) : 0);
}

void kit_2b(struct buf *b, const void *p, size_t n)
{
	kit_be(b, n, 2);
	buf_put(b, p, n);
}

struct rd kit_rd(const struct buf *b)
{
	return rd_make(b->p, b->len);
}

void kit_sound(struct kit *k, struct made *m)
{
	memset(m, 0, sizeof *m);
	m->key = k->key;
	m->attributes = KIT_ATTRIBUTES;
	m->name_alg = TPM_ALG_SHA256;
	m->own_scheme = TPM_ALG_ECDSA;
	m->own_hash = m->sig_hash = TPM_ALG_SHA256;
	m->magic = TPM_MAGIC;
	m->type = TPM_ST_QUOTE;
	m->nonce = rd_make(KIT_NONCE, 16);
	m->nsel = 2;
	m->sel[0].hash = TPM_ALG_SHA256;
	m->sel[0].mask = 0xff;
	m->sel[1].hash = TPM_ALG_SHA384;
	m->sel[1].mask = 0x1;
	m->ngiven = 3;
	for (size_t i = 0; i < 3; i++) {
		m->given[i].alg = i == 0 ? DIGEST_SHA256 : i == 1 ? DIGEST_SHA384 : DIGEST_SHA1;
		m->given[i].mask = 0x1ff;
		for (size_t pcr = 0; pcr < PCR_COUNT; pcr++)
			memset(m->given[i].value[pcr], (int)(16 * i + pcr), DIGEST_MAX);
	}
	m->want = (struct tpm_expect){ .nonce_known = true, .nonce = m->nonce, .required_mask = 0x9f,
		.given = m->given, .ngiven = m->ngiven };
}

/* The last 64 bytes of a P-256 SubjectPublicKeyInfo are x and y. */
static const uint8_t *point(struct kit *k, struct privkey *key)
{
	struct pubkey *p = NULL;
	const uint8_t *spki;
	uint8_t *xy;
	size_t n;

	CHECK_OK(privkey_public(k->c, key, &p, &k->e), &k->e);
	spki = pubkey_spki(p, &n);
	xy = arena_memdup(k->a, spki + n - 64, 64);
	pubkey_free(p);
	assert_non_null(xy);
	return xy;
}

struct rd kit_public(struct kit *k, struct privkey *key, uint32_t attributes, uint16_t name_alg,
    uint16_t scheme, uint16_t hash)
{
	struct buf b = buf_make(k->a);
	const uint8_t *xy = point(k, key);

	kit_be(&b, TPM_ALG_ECC, 2);
	kit_be(&b, name_alg, 2);
	kit_be(&b, attributes, 4);
	kit_2b(&b, NULL, 0);
	kit_be(&b, TPM_ALG_NULL, 2);
	kit_be(&b, scheme, 2);
	if (scheme != TPM_ALG_NULL)
		kit_be(&b, hash, 2);
	kit_be(&b, 3, 2);
	kit_be(&b, TPM_ALG_NULL, 2);
	kit_2b(&b, xy, 32);
	kit_2b(&b, xy + 32, 32);
	return kit_rd(&b);
}

struct rd kit_weak_public(struct kit *k)
{
	struct buf b = buf_make(k->a);
	uint8_t modulus[128];

	memset(modulus, 0xff, sizeof modulus);
	kit_be(&b, TPM_ALG_RSA, 2);
	kit_be(&b, TPM_ALG_SHA256, 2);
	kit_be(&b, KIT_ATTRIBUTES, 4);
	kit_2b(&b, NULL, 0);
	kit_be(&b, TPM_ALG_NULL, 2);
	kit_be(&b, TPM_ALG_NULL, 2);
	kit_be(&b, 1024, 2);
	kit_be(&b, 0, 4);
	kit_2b(&b, modulus, sizeof modulus);
	return kit_rd(&b);
}

static const struct pcr_bank *values_of(const struct made *m, uint16_t hash)
{
	enum digest_alg alg;

	for (size_t i = 0; tpm_hash(hash, &alg) && i < m->ngiven; i++)
		if (m->given[i].alg == alg)
			return &m->given[i];
	return NULL;
}

static void put_pcr_digest(struct kit *k, const struct made *m, struct buf *b)
{
	struct buf all = buf_make(k->a);
	enum digest_alg alg = DIGEST_SHA256;
	uint8_t out[DIGEST_MAX];

	for (size_t i = 0; i < m->nsel; i++) {
		const struct pcr_bank *v =
		    i == 0 && m->digest_of ? m->digest_of : values_of(m, m->sel[i].hash);

		for (size_t pcr = 0; v && pcr < PCR_COUNT; pcr++)
			if (m->sel[i].mask >> pcr & 1)
				buf_put(&all, v->value[pcr], digest_len(v->alg));
	}
	(void)tpm_hash(m->sig_hash, &alg);
	CHECK_OK(digest(k->c, alg, all.p, all.len, out, &k->e), &k->e);
	kit_2b(b, out, digest_len(alg));
}

static void put_certified(struct kit *k, const struct made *m, struct buf *b)
{
	struct tpm_public p;
	struct tpm_name n = { 0 };
	struct rd pub = m->certified_weak ? kit_weak_public(k) :
	    kit_public(k, k->other, 0x00040072, m->name_alg, TPM_ALG_NULL, 0);

	CHECK_OK(tpm_public_parse(pub, &p, &k->e), &k->e);
	CHECK_OK(tpm_public_name(k->c, &p, &n, &k->e), &k->e);
	n.bytes[5] ^= (uint8_t)m->certified_flip;
	kit_2b(b, n.bytes, n.len);
	kit_2b(b, n.bytes, n.len);
}

struct rd kit_attest(struct kit *k, const struct made *m)
{
	static const uint8_t signer[34] = { 0x00, 0x0b, 1, 2, 3 };
	struct buf b = buf_make(k->a);

	kit_be(&b, m->magic, 4);
	kit_be(&b, m->type, 2);
	kit_2b(&b, signer, sizeof signer);
	kit_2b(&b, rd_ptr(&m->nonce), rd_left(&m->nonce));
	kit_be(&b, 12345, 8);
	kit_be(&b, 7, 4);
	kit_be(&b, 3, 4);
	kit_be(&b, 1, 1);
	kit_be(&b, 0x2019102300163636, 8);
	if (m->type == TPM_ST_CERTIFY) {
		put_certified(k, m, &b);
		return kit_rd(&b);
	}
	if (m->type != TPM_ST_QUOTE) {          /* creation: two empty fields */
		kit_be(&b, 0, 4);
		return kit_rd(&b);
	}
	kit_be(&b, m->nsel, 4);
	for (size_t i = 0; i < m->nsel; i++) {
		kit_be(&b, m->sel[i].hash, 2);
		kit_be(&b, 3, 1);
		for (size_t j = 0; j < 3; j++)
			kit_be(&b, m->sel[i].mask >> 8 * j & 0xff, 1);
	}
	put_pcr_digest(k, m, &b);
	return kit_rd(&b);
}

struct rd kit_signature(struct kit *k, const struct made *m, struct rd attest)
{
	struct buf b = buf_make(k->a);
	uint8_t sig[SIG_MAX];
	size_t n = 0, zeros = 0;

	CHECK_OK(sig_sign(k->c, m->key, SIG_ECDSA_P256_SHA256, attest, sig, &n, &k->e), &k->e);
	kit_be(&b, TPM_ALG_ECDSA, 2);
	kit_be(&b, m->sig_hash, 2);
	while (sig[zeros] == 0)                 /* TPMs leave leading zeros out */
		zeros++;
	kit_2b(&b, sig + zeros, 32 - zeros);
	kit_2b(&b, sig + 32, 32);
	return kit_rd(&b);
}

static void make(struct kit *k, const struct made *m, struct tpm_attest *a, struct tpm_signature *s)
{
	struct rd raw = kit_attest(k, m);

	CHECK_OK(tpm_signature_parse(kit_signature(k, m, raw), s, &k->e), &k->e);
	if (m->damaged) {
		uint8_t *copy = arena_memdup(k->a, rd_ptr(&raw), rd_left(&raw));
		assert_non_null(copy);
		copy[63] ^= 1;                  /* in the clock */
		raw = rd_make(copy, rd_left(&raw));
	}
	CHECK_OK(tpm_attest_parse(raw, a, &k->e), &k->e);
}

const char *kit_ak(struct kit *k, const struct made *m, struct tpm_public *pub, struct tpm_ak *ak)
{
	struct rd raw = m->weak ? kit_weak_public(k) :
	    kit_public(k, k->key, m->attributes, m->name_alg, m->own_scheme, m->own_hash);

	CHECK_OK(tpm_public_parse(raw, pub, &k->e), &k->e);
	return kit_verdict(k, tpm_ak_check(&k->m, k->c, pub, ak));
}

const char *kit_quote(struct kit *k, const struct made *m, struct tpm_quoted *out)
{
	struct tpm_public pub;
	struct tpm_ak ak = { 0 };
	struct tpm_attest a;
	struct tpm_signature s;
	const char *id;

	kit_fresh(k);
	id = kit_ak(k, m, &pub, &ak);
	if (strcmp(id, "ok") == 0) {
		make(k, m, &a, &s);
		id = kit_verdict(k, tpm_quote_verify(&k->m, k->c, &ak, &a, &s, &m->want, out));
	}
	tpm_ak_clear(&ak);
	return id;
}

const char *kit_certify(struct kit *k, const struct made *m, struct tpm_certified *out)
{
	struct tpm_public pub, certified;
	struct tpm_ak ak = { 0 };
	struct tpm_attest a;
	struct tpm_signature s;
	const struct tpm_certification what = { &certified, &a, &s };
	struct made key = *m;
	const char *id;

	kit_fresh(k);
	key.name_alg = TPM_ALG_SHA256;          /* m's is the certified key's */
	assert_string_equal(kit_ak(k, &key, &pub, &ak), "ok");
	make(k, m, &a, &s);
	CHECK_OK(tpm_public_parse(m->certified_weak ? kit_weak_public(k) :
	    kit_public(k, k->other, 0x00040072, m->name_alg, TPM_ALG_NULL, 0), &certified, &k->e), &k->e);
	id = kit_verdict(k, tpm_certify_verify(&k->m, k->c, &ak, &what, &m->want, out));
	tpm_ak_clear(&ak);
	return id;
}
