/* code_signature.c - security.ima of one file against the operator's keys. spec: tpm-eventlog §5 */
#include "lib/crypto/wrap.h"
#include "lib/evidence/measuredboot/code_cache.h"
#include "lib/evidence/measuredboot/code_parts.h"

const char *code_signature_text(enum code_signature s)
{
	static const char *const texts[CODE_SIGNATURES] = {
		[CODE_SIGNED] = "signed",
		[CODE_UNSIGNED] = "unsigned",
		[CODE_UNKNOWN_SIGNER] = "unknown signer",
		[CODE_BAD_SIGNATURE] = "bad signature",
		[CODE_WRONG_DIGEST] = "signature over another digest",
		[CODE_UNSUPPORTED] = "unsupported signature",
		[CODE_MODSIG] = "appended PKCS #7, not verified",
	};

	return texts[s];
}

/* A signature that has the right form, and what it is over. */
struct claimed {
	struct ima_signature sig;
	enum digest_alg alg;
	uint8_t hash[DIGEST_MAX];
};

/*
 * A file's digest is signed as it is.  fs-verity's is signed as the digest of a structure: type of the
 * signature, algorithm, digest; so it never passes for a file's.
 */
static bool signed_hash(struct crypto *c, const struct ima_entry *en, struct claimed *t, struct att_error *e)
{
	uint8_t id[2 + DIGEST_MAX] = { (uint8_t)t->sig.type, t->sig.alg_id };
	size_t n = digest_len(t->alg);

	if (t->sig.type == IMA_SIG_DIGSIG) {
		bytes_copy(t->hash, rd_ptr(&en->digest), n);
		return true;
	}
	bytes_copy(id + 2, rd_ptr(&en->digest), n);
	return digest(c, t->alg, id, 2 + n, t->hash, e);
}

/* Everything but the key; CODE_SIGNED: it may be good. */
static enum code_signature read_claimed(const struct ima_entry *en, struct claimed *t)
{
	struct att_error why = { 0 };

	if (rd_empty(&en->sig))
		return rd_empty(&en->modsig) ? CODE_UNSIGNED : CODE_MODSIG;
	if (!ima_signature_parse(en->sig, &t->sig, &why))
		return why.code == ATT_E_UNSUPPORTED ? CODE_UNSUPPORTED : CODE_BAD_SIGNATURE;
	if (!ima_digest_alg(en->alg, &t->alg) || t->alg == DIGEST_SHA1)
		return CODE_UNSUPPORTED;
	/* The signature says by itself which algorithm it is for; believing that alone would let a digest of
	 * another one, or of another kind, pass for it. */
	if (!rd_is_text(&en->alg, t->sig.alg) || rd_left(&en->digest) != digest_len(t->alg) ||
	    en->verity != (t->sig.type == IMA_SIG_VERITY))
		return CODE_WRONG_DIGEST;
	return CODE_SIGNED;
}

/* Kernels sign ECDSA as DER. */
static bool verify(struct crypto *c, const struct pubkey *k, const struct claimed *t, struct att_error *e)
{
	uint8_t raw[2 * EC_FIELD_MAX];
	struct rd sig = t->sig.signature;
	size_t field = (pubkey_bits(k) + 7) / 8;

	if (pubkey_kind(k) == KEY_RSA)
		return sig_verify_digest(c, k, SCHEME_RSA_PKCS1, t->alg, t->hash, sig, e);
	return ecdsa_der_to_raw(rd_ptr(&sig), rd_left(&sig), field, raw, e) &&
	    sig_verify_digest(c, k, SCHEME_ECDSA, t->alg, t->hash, rd_make(raw, 2 * field), e);
}

/* Over key, algorithm, what is signed, and signature: the scheme follows from the key. */
static bool cache_key(struct crypto *c, const struct pubkey *k, const struct claimed *t,
    uint8_t out[CODE_CACHE_KEY], bool *has, struct att_error *e)
{
	uint8_t all[32 + 1 + DIGEST_MAX + SIG_MAX];
	size_t n = rd_left(&t->sig.signature), hash_len = digest_len(t->alg);

	*has = n <= SIG_MAX;
	if (!*has)
		return true;
	bytes_copy(all, pubkey_spki_sha256(k), 32);
	all[32] = (uint8_t)t->alg;
	bytes_copy(all + 33, t->hash, hash_len);
	bytes_copy(all + 33 + hash_len, rd_ptr(&t->sig.signature), n);
	return digest(c, DIGEST_SHA256, all, 33 + hash_len + n, out, e);
}

/* One key; *ok says whether the signature is its.  False only when the machine failed. */
static bool try_key(const struct code_keys *keys, const struct pubkey *k, const struct claimed *t, bool *ok,
    struct att_error *e)
{
	uint8_t key[CODE_CACHE_KEY];
	struct att_error why = { 0 };
	bool has = false;

	if (keys->cache && !cache_key(keys->crypto, k, t, key, &has, e))
		return false;
	*ok = has && code_cache_has(keys->cache, key);
	if (*ok)
		return true;
	*ok = verify(keys->crypto, k, t, &why);
	if (!*ok && (why.code == ATT_E_INTERNAL || why.code == ATT_E_NOMEM))
		return att_fail(e, why.code, "%s", why.text);
	if (*ok && has)
		code_cache_keep(keys->cache, key);
	return true;
}

/*
 * An entry of these very bytes was found to be signed, by a key that is known still.  What its template is
 * called is not among those bytes.
 */
static bool is_known(const struct code_keys *k, const struct ima_step *step, const struct code_entry *known,
    size_t *by)
{
	if (!known || known->template != step->template->id)
		return false;
	for (size_t i = 0; i < k->n; i++)
		if (bytes_order(k->v[i].keyid, 4, known->keyid, 4) == 0 &&
		    bytes_order(pubkey_spki_sha256(k->v[i].key), 32, known->spki_sha256, 32) == 0) {
			*by = i;
			return true;
		}
	return false;
}

/* Templates without a name are not told apart. */
static void keep_entry(const struct code_keys *k, const struct ima_step *step, const struct claimed *t,
    const struct pubkey *key)
{
	const struct rd *hash = &step->entry->template_hash;
	const struct code_entry e = { .sha256 = step->sha256, .template = step->template->id,
		.template_hash = rd_left(hash) == CODE_CACHE_HASH ? rd_ptr(hash) : NULL,
		.keyid = t->sig.keyid, .spki_sha256 = pubkey_spki_sha256(key) };

	if (k->cache && step->sha256 && step->hash_ok && e.template)
		code_cache_keep_entry(k->cache, &e);
}

bool code_signature_check(const struct code_keys *k, const struct ima_step *step,
    const struct code_entry *known, enum code_signature *out, size_t *by, struct att_error *e)
{
	struct claimed t;
	bool ok = false;

	*out = CODE_SIGNED;
	if (is_known(k, step, known, by))
		return true;
	*out = read_claimed(step->entry, &t);
	if (*out != CODE_SIGNED)
		return true;
	if (!signed_hash(k->crypto, step->entry, &t, e))
		return false;
	*out = CODE_UNKNOWN_SIGNER;
	/* Four bytes name no key for certain: all that have them are tried. */
	for (size_t i = 0; i < k->n && !ok; i++) {
		if (bytes_order(k->v[i].keyid, 4, t.sig.keyid, 4) != 0)
			continue;
		*by = i;
		if (!try_key(k, k->v[i].key, &t, &ok, e))
			return false;
		*out = ok ? CODE_SIGNED : CODE_BAD_SIGNATURE;
	}
	if (ok)
		keep_entry(k, step, &t, k->v[*by].key);
	return true;
}
