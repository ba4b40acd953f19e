/* reference_signers.c - certificates and keys that may sign files for IMA. spec: tpm-eventlog §5 */
#include <string.h>

#include "lib/crypto/der.h"
#include "lib/evidence/measuredboot/reference_parts.h"

#define OID_SUBJECT_KEY_ID "2.5.29.14"
#define KEYID_LEN 4
#define SHA1_LEN 20

/* Signers as they are found, last one first. */
struct found { struct code_signer s; struct found *next; };
struct signers {
	struct att_reference *r;
	struct found *first;
};

/* The last bytes of the identifier that the kernel computes for a key which brings none: SHA-1 of the bits of
 * SubjectPublicKey (RFC 5280 section 4.2.1.2, method 1). */
static bool computed_keyid(struct crypto *c, const struct pubkey *k, uint8_t out[KEYID_LEN],
    struct att_error *e)
{
	uint8_t sha1[SHA1_LEN];
	size_t n;
	const uint8_t *der = pubkey_spki(k, &n);
	struct rd in = rd_make(der, n), spki, alg, bits;

	if (!der_take(&in, DER_SEQUENCE, &spki) || !der_take(&spki, DER_SEQUENCE, &alg) ||
	    !der_bits(&spki, &bits))
		return att_fail(e, ATT_E_INTERNAL, "key without bits");
	if (!digest(c, DIGEST_SHA1, rd_ptr(&bits), rd_left(&bits), sha1, e))
		return false;
	bytes_copy(out, sha1 + SHA1_LEN - KEYID_LEN, KEYID_LEN);
	return true;
}

static bool keyid_of(struct crypto *c, const struct x509_cert *cert, uint8_t out[KEYID_LEN],
    struct att_error *e)
{
	struct rd value, id;

	if (!x509_extension(cert, OID_SUBJECT_KEY_ID, &value))
		return computed_keyid(c, x509_pubkey(cert), out, e);
	if (!der_take(&value, DER_OCTETS, &id) || !rd_empty(&value) || rd_left(&id) < KEYID_LEN)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "subjectKeyIdentifier of %zu bytes, want at least %d", rd_left(&id), KEYID_LEN);
	bytes_copy(out, rd_ptr(&id) + rd_left(&id) - KEYID_LEN, KEYID_LEN);
	return true;
}

static struct code_signer *add(struct signers *s, struct att_error *e)
{
	struct found *f;

	if (s->r->nsigners == REFERENCE_SIGNERS_MAX) {
		(void)att_fail(e, ATT_E_LIMIT, "more than %u signers", REFERENCE_SIGNERS_MAX);
		return NULL;
	}
	f = arena_alloc(s->r->a, sizeof *f);
	if (!f) {
		(void)arena_fail(s->r->a, e);
		return NULL;
	}
	f->next = s->first;
	s->first = f;
	s->r->nsigners++;
	return &f->s;
}

static bool add_cert(void *state, struct rd der, struct att_error *e)
{
	struct signers *s = state;
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	struct code_signer t = { 0 }, *kept;

	if (!x509_cert_from_der(s->r->crypto, rd_ptr(&der), rd_left(&der), &cert, e) ||
	    !keyid_of(s->r->crypto, cert, t.keyid, e))
		return false;
	t.name = arena_strdup(s->r->a, x509_subject_text(cert));
	if (!t.name)
		return arena_fail(s->r->a, e);
	bytes_copy(t.sha256, x509_sha256(cert), sizeof t.sha256);
	kept = add(s, e);
	if (!kept)
		return false;
	*kept = t;
	kept->key = pubkey_ref(x509_pubkey(cert));
	return true;
}

static bool add_key(void *state, struct rd der, struct att_error *e)
{
	struct signers *s = state;
	ATT_AUTO_STRUCT(pubkey) key = NULL;
	struct code_signer t = { 0 }, *kept;

	if (!pubkey_from_spki(s->r->crypto, rd_ptr(&der), rd_left(&der), &key, e) ||
	    !computed_keyid(s->r->crypto, key, t.keyid, e))
		return false;
	bytes_copy(t.sha256, pubkey_spki_sha256(key), sizeof t.sha256);
	t.name = arena_printf(s->r->a, "key %02x%02x%02x%02x", t.keyid[0], t.keyid[1],
	    t.keyid[2], t.keyid[3]);
	if (!t.name)
		return arena_fail(s->r->a, e);
	kept = add(s, e);
	if (!kept)
		return false;
	*kept = t;
	kept->key = ATT_STEAL(key);
	return true;
}

static bool read_signers(struct signers *s, struct rd in, struct att_error *e)
{
	static const char bare[] = "-----BEGIN PUBLIC KEY-----";

	if (memmem(rd_ptr(&in), rd_left(&in), bare, sizeof bare - 1))
		return reference_each_pem(in, "PUBLIC KEY", add_key, s, e);
	if (reference_is_pem(in))
		return reference_each_pem(in, "CERTIFICATE", add_cert, s, e);
	if (rd_empty(&in) || *rd_ptr(&in) != 0x30)
		return att_fail(e, ATT_E_BAD_FORMAT, "%zu bytes that are neither PEM nor DER", rd_left(&in));
	return add_cert(s, in, e);
}

/* Keys belong to the reference even when reading fails: what was found is handed over in any case. */
static bool hand_over(struct signers *s, struct att_error *e)
{
	size_t i = s->r->nsigners;

	s->r->signers = arena_array(s->r->a, i, sizeof *s->r->signers);
	if (!s->r->signers) {
		for (struct found *f = s->first; f; f = f->next)
			pubkey_free(f->s.key);
		s->r->nsigners = 0;
		return arena_fail(s->r->a, e);
	}
	for (struct found *f = s->first; f; f = f->next)
		s->r->signers[--i] = f->s;
	return true;
}

bool reference_fill_signers(struct att_reference *r, const struct att_bytes *v, size_t n,
    struct att_error *e)
{
	struct signers s = { .r = r };
	bool ok = true;

	for (size_t i = 0; i < n && ok; i++)
		if (!read_signers(&s, rd_make(v[i].data, v[i].len), e))
			ok = att_within(e, "code_signers[%zu]", i);
	return hand_over(&s, e) && ok;
}
