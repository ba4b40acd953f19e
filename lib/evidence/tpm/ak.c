/* ak.c - what an attestation key must be, and what its signatures have in common. */
#include "lib/evidence/tpm/parts.h"

const struct check_row tpm_checks[TPM_NCHECKS] = {
#define X(name, id, optional, title, spec) { id, title, spec, optional },
#include "lib/evidence/tpm/checks.tbl"
#undef X
};

bool tpm_pass(const struct tpm_marks *m, enum tpm_check row)
{
	return check_pass(m->c, m->first + row);
}

bool tpm_refuse(const struct tpm_marks *m, enum tpm_check row, const char *expected, const char *found)
{
	return check_fail(m->c, m->first + row, expected, found);
}

bool tpm_is_fault(const struct att_error *why)
{
	return why->code == ATT_E_NOMEM || why->code == ATT_E_INTERNAL || why->code == ATT_E_LIMIT;
}

bool tpm_result(const struct tpm_marks *m, enum tpm_check row, bool ok, const char *expected,
    const struct att_error *why)
{
	if (ok)
		return tpm_pass(m, row);
	if (tpm_is_fault(why))
		return att_fail(m->fault, why->code, "%s", why->text);
	return tpm_refuse(m, row, expected, check_text(m->c, "%s", why->text));
}

#define AK_MUST (TPMA_HARDWARE_BOUND | TPMA_RESTRICTED | TPMA_SIGN)

/* Without "restricted" the key signs whatever it is given, and that may begin with the magic.
 * spec: tpm-eventlog §1.3 */
static bool attributes(const struct tpm_marks *m, uint32_t found)
{
	if ((found & AK_MUST) == AK_MUST && !(found & TPMA_DECRYPT))
		return tpm_pass(m, TPM_CHECK_AK_ATTRIBUTES);
	return tpm_refuse(m, TPM_CHECK_AK_ATTRIBUTES,
	    "fixedTPM, fixedParent, sensitiveDataOrigin, restricted and sign set, decrypt clear",
	    check_text(m->c, "objectAttributes 0x%08x", found));
}

bool tpm_ak_check(const struct tpm_marks *m, struct crypto *c, const struct tpm_public *p, struct tpm_ak *out)
{
	struct tpm_ak ak = { .pub = p };
	struct att_error why = { 0 };
	ATT_AUTO_STRUCT(pubkey) key = NULL;

	if (!tpm_result(m, TPM_CHECK_AK_KEY, tpm_public_key(c, p, &key, &why),
		"RSA of 2048 bits or more, or a point of P-256, P-384 or P-521", &why))
		return false;
	/* A SHA-1 name can be that of another key with other attributes. */
	if (p->name_alg == DIGEST_SHA1)
		return tpm_refuse(m, TPM_CHECK_AK_NAME_ALG, "nameAlg SHA-256 or better", "SHA-1");
	tpm_pass(m, TPM_CHECK_AK_NAME_ALG);
	if (!attributes(m, p->attributes) || !tpm_public_name(c, p, &ak.name, m->fault))
		return false;
	ak.key = ATT_STEAL(key);
	*out = ak;
	return true;
}

/* A struct pubkey is of an accepted kind and size, or it would not be. */
void tpm_ak_from_key(const struct tpm_marks *m, struct pubkey *key, struct tpm_ak *out)
{
	*out = (struct tpm_ak){ .key = pubkey_ref(key) };
	tpm_pass(m, TPM_CHECK_AK_KEY);
}

void tpm_ak_clear(struct tpm_ak *ak)
{
	pubkey_free(ak->key);
	*ak = (struct tpm_ak){ 0 };
}

static const struct {
	uint16_t alg;
	const char *name;
} scheme_names[] = {
	[SCHEME_RSA_PKCS1] = { TPM_ALG_RSASSA, "RSASSA" },
	[SCHEME_RSA_PSS] = { TPM_ALG_RSAPSS, "RSAPSS" },
	[SCHEME_ECDSA] = { TPM_ALG_ECDSA, "ECDSA" },
};

/* A key with a scheme of its own never signs with another. */
static bool scheme(const struct tpm_marks *m, const struct tpm_ak *ak, const struct tpm_signed *s,
    unsigned allow)
{
	const struct tpm_public *p = ak->pub;
	const struct tpm_signature *sig = s->sig;
	bool ecc = pubkey_kind(ak->key) != KEY_RSA;
	enum digest_alg own;

	if (sig->hash == DIGEST_SHA1 && !(allow & TPM_ALLOW_SHA1_SIGNATURE))
		return tpm_refuse(m, s->scheme, "a hash of SHA-256 or better",
		    check_text(m->c, "%s with SHA-1", scheme_names[sig->scheme].name));
	if ((sig->scheme == SCHEME_ECDSA) != ecc)
		return tpm_refuse(m, s->scheme,
		    ecc ? "ECDSA, as the key is" : "RSASSA or RSAPSS, as the key is",
		    scheme_names[sig->scheme].name);
	if (!p || p->scheme == TPM_ALG_NULL)
		return tpm_pass(m, s->scheme);
	if (p->scheme != scheme_names[sig->scheme].alg || !tpm_hash(p->scheme_hash, &own) || own != sig->hash)
		return tpm_refuse(m, s->scheme,
		    check_text(m->c, "the key's own scheme 0x%04x with hash 0x%04x", p->scheme,
			p->scheme_hash),
		    check_text(m->c, "%s with %s", scheme_names[sig->scheme].name,
			tpm_hash_name(sig->hash)));
	return tpm_pass(m, s->scheme);
}

/* r and s come without leading zeros; what verifies them wants both of field size. */
static bool ecdsa(
    struct crypto *c, const struct tpm_ak *ak, const struct tpm_signed *s, struct att_error *why)
{
	uint8_t raw[2 * EC_FIELD_MAX] = { 0 };
	struct rd x = pubkey_ec_x(ak->key);
	size_t field = rd_left(&x), r = rd_left(&s->sig->r), v = rd_left(&s->sig->s);

	if (r > field || v > field)
		return att_fail(why, ATT_E_NOT_AUTHENTIC,
		    "signature: r of %zu and s of %zu bytes, at most %zu", r, v, field);
	bytes_copy(raw + field - r, rd_ptr(&s->sig->r), r);
	bytes_copy(raw + 2 * field - v, rd_ptr(&s->sig->s), v);
	return sig_verify_scheme(c, ak->key, SCHEME_ECDSA, s->sig->hash, s->attest->raw,
	    rd_make(raw, 2 * field), why);
}

static bool signature(const struct tpm_marks *m, struct crypto *c, const struct tpm_ak *ak,
    const struct tpm_signed *s)
{
	struct att_error why = { 0 };
	bool ok = s->sig->scheme == SCHEME_ECDSA ? ecdsa(c, ak, s, &why) :
	    sig_verify_scheme(c, ak->key, s->sig->scheme, s->sig->hash, s->attest->raw, s->sig->rsa, &why);

	return tpm_result(m, s->signature, ok, "a signature by the attestation key", &why);
}

static bool nonce(const struct tpm_marks *m, const struct tpm_signed *s, const struct tpm_expect *want)
{
	const struct rd *found = &s->attest->extra_data;

	if (!want->nonce_known)
		return true;
	if (rd_empty(&want->nonce) || rd_empty(found))
		return tpm_refuse(m, s->nonce, "a nonce that is not empty",
		    rd_empty(found) ? "extraData is empty" : "no nonce was expected");
	if (rd_left(found) == rd_left(&want->nonce) &&
	    bytes_equal(rd_ptr(found), rd_ptr(&want->nonce), rd_left(found)))
		return tpm_pass(m, s->nonce);
	return tpm_refuse(m, s->nonce, check_text_hex(m->c, rd_ptr(&want->nonce), rd_left(&want->nonce)),
	    check_text_hex(m->c, rd_ptr(found), rd_left(found)));
}

bool tpm_signed_check(const struct tpm_marks *m, struct crypto *c, const struct tpm_ak *ak,
    const struct tpm_signed *s, const struct tpm_expect *want)
{
	const struct tpm_attest *a = s->attest;

	if (!scheme(m, ak, s, want->allow) || !signature(m, c, ak, s))
		return false;
	if (a->magic != TPM_MAGIC)
		return tpm_refuse(
		    m, s->magic, "TPM_GENERATED 0xff544347", check_text(m->c, "0x%08x", a->magic));
	tpm_pass(m, s->magic);
	if (a->type != s->type)
		return tpm_refuse(m, s->type_row, check_text(m->c, "type 0x%04x", s->type),
		    check_text(m->c, "type 0x%04x", a->type));
	return tpm_pass(m, s->type_row) && nonce(m, s, want);
}
