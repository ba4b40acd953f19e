#include <string.h>

#include "lib/base/hex.h"
#include "lib/collateral/set.h"

/* Intel's root key: SHA-256 of the SubjectPublicKeyInfo.  Two certificates with it circulate. spec:
 * sgx-tdx §1.1 */
static const uint8_t intel_root_spki_sha256[32] = {
	0xa0,
	0xaf,
	0x03,
	0x12,
	0x89,
	0xf5,
	0xd5,
	0xd4,
	0x13,
	0x2f,
	0x91,
	0x86,
	0x06,
	0x8a,
	0x7f,
	0xc1,
	0x36,
	0x28,
	0x63,
	0x3b,
	0xa2,
	0x35,
	0x77,
	0x74,
	0x72,
	0xe2,
	0x9b,
	0x6b,
	0x6c,
	0x67,
	0xa4,
	0x9e,
};

bool collateral_is_intel_root(const struct x509_cert *cert)
{
	return bytes_equal(pubkey_spki_sha256(x509_pubkey(cert)), intel_root_spki_sha256, 32);
}

/* A failure of the machine is no finding about an item. */
static bool is_machine(const struct att_error *why)
{
	return why->code == ATT_E_NOMEM || why->code == ATT_E_INTERNAL;
}

static bool same_cert(const struct x509_cert *x, const struct x509_cert *y)
{
	return bytes_equal(x509_sha256(x), x509_sha256(y), 32);
}

static bool in_bundle(const struct x509_bundle *b, const struct x509_cert *cert)
{
	for (size_t i = 0; b && i < b->n; i++)
		if (same_cert(b->certs[i], cert))
			return true;
	return false;
}

static bool is_root(const struct collateral_set *s, const struct x509_cert *cert)
{
	for (size_t i = 0; i < s->nroots; i++)
		if (same_cert(s->roots[i].cert, cert))
			return true;
	return false;
}

/* The one that lasts longest comes first, and so is tried first: two of Intel's have the same key. */
static void put_root(struct collateral_set *s, struct x509_cert *cert, bool simulated)
{
	size_t at = s->nroots++;

	for (; at > 0 && x509_not_after(s->roots[at - 1].cert) < x509_not_after(cert); at--)
		s->roots[at] = s->roots[at - 1];
	s->roots[at].cert = x509_cert_ref(cert);
	s->roots[at].simulated = simulated;
}

/* Root certificates of a bundle that are trusted: by the pinned key, or as an anchor; never by name. */
static bool take_roots(struct collateral_set *s, const struct x509_bundle *b,
    const struct x509_bundle *anchors, struct att_error *e)
{
	for (size_t i = 0; b && i < b->n; i++) {
		struct x509_cert *cert = b->certs[i];
		bool pinned = collateral_is_intel_root(cert);
		struct att_error why = { 0 };

		if (!x509_self_issued(cert) || (!pinned && !in_bundle(anchors, cert)) || is_root(s, cert))
			continue;
		/* The pin is of the key: name, dates and constraints are true only if that key signed
		 * them. */
		if (!x509_issued_by(s->c, cert, cert, 0, &why)) {
			if (is_machine(&why))
				return att_fail(e, why.code, "%s", why.text);
			continue;
		}
		if (s->nroots == COLLATERAL_ROOTS_MAX)
			return att_fail(e, ATT_E_LIMIT, "collateral: more than %d root certificates",
			    COLLATERAL_ROOTS_MAX);
		put_root(s, cert, !pinned);
	}
	return true;
}

/* False always. */
static bool fault(struct collateral_proof *p, enum collateral_fault f, const struct att_error *why)
{
	p->fault = f;
	p->why = *why;
	return false;
}

static bool fault_text(struct collateral_proof *p, enum collateral_fault f, const char *text)
{
	struct att_error why = { 0 };

	(void)att_fail(&why, ATT_E_NOT_AUTHENTIC, "%s", text);
	return fault(p, f, &why);
}

/* A chain that ends in a stranger is refused, even if a trusted root elsewhere in the set would do. */
static bool chain_root(const struct collateral_set *s, const struct x509_bundle *chain,
    struct collateral_proof *p)
{
	const struct x509_cert *stranger = NULL;
	struct att_error why = { 0 };
	char hex[65];

	for (size_t i = 0; i < chain->n; i++) {
		if (!x509_self_issued(chain->certs[i]))
			continue;
		if (is_root(s, chain->certs[i]))
			return true;
		stranger = chain->certs[i];
	}
	if (!stranger && s->nroots > 0)
		return true;
	if (!stranger)
		return fault_text(p, COLLATERAL_ROOT,
		    "no root certificate with Intel's key, and no anchor, is at hand");
	hex_encode(pubkey_spki_sha256(x509_pubkey(stranger)), 32, hex);
	(void)att_fail(&why, ATT_E_NOT_AUTHENTIC, "root \"%s\" has the key with SHA-256 %s, not Intel's",
	    x509_subject_text(stranger), hex);
	return fault(p, COLLATERAL_ROOT, &why);
}

/* Directly below a trusted root? *root is the one. */
static bool under_root(struct collateral_set *s, const struct x509_cert *cert, struct x509_cert **root,
    bool *simulated, struct att_error *e)
{
	struct att_error why = { 0 };

	for (size_t i = 0; i < s->nroots; i++) {
		if (why.code && is_machine(&why))
			break;
		att_error_clear(&why);
		if (x509_issued_by(s->c, cert, s->roots[i].cert, 0, &why)) {
			*root = s->roots[i].cert;
			*simulated = s->roots[i].simulated;
			return true;
		}
	}
	return att_fail(e, why.code ? why.code : ATT_E_NOT_AUTHENTIC, "%s",
	    why.code ? why.text : "no trusted root");
}

/* Notes a certificate that signed the item; those of other roots than the first one's key are left out. */
static void note_signer(struct collateral_proof *p, struct x509_cert *cert, struct x509_cert *root,
    bool simulated)
{
	if (p->nsigners == COLLATERAL_SIGNERS_MAX || (p->root && p->root != root))
		return;
	p->root = root;
	p->simulated = simulated;
	p->signers[p->nsigners++] = cert;
}

/* The name matters: a PCK certificate also ends in the root. spec: sgx-tdx §5 step 4 */
static bool is_tcb_signing(const struct x509_cert *cert)
{
	return strcmp(x509_subject_cn(cert), COLLATERAL_CN_TCB_SIGNING) == 0 && !x509_is_ca(cert);
}

/* Tries one certificate as the signer; the worst that is still better than what *p says is kept. */
static void try_signer(struct collateral_set *s, struct collateral_item *i, struct x509_cert *cert)
{
	struct collateral_proof *p = &i->proof;
	struct x509_cert *root = NULL;
	struct att_error why = { 0 };
	bool simulated = false;

	if (!under_root(s, cert, &root, &simulated, &why)) {
		if (p->fault != COLLATERAL_SIGNATURE || is_machine(&why))
			(void)fault(p, COLLATERAL_SIGNER, &why);
		return;
	}
	if (!pcs_signature_verify(s->c, x509_pubkey(cert), i->body, i->signature, &why)) {
		(void)fault(p, COLLATERAL_SIGNATURE, &why);
		return;
	}
	note_signer(p, cert, root, simulated);
}

static void prove_signed(struct collateral_set *s, struct collateral_item *i)
{
	const struct x509_bundle *from = i->chain.n > 0 ? &i->chain : &s->certs;
	static const struct x509_bundle none;
	struct collateral_proof *p = &i->proof;

	if (!chain_root(s, from == &i->chain ? from : &none, p))
		return;
	(void)fault_text(p, COLLATERAL_SIGNER, "no certificate \"" COLLATERAL_CN_TCB_SIGNING "\"");
	for (size_t j = 0; j < from->n; j++)
		if (is_tcb_signing(from->certs[j]) && !is_machine(&p->why))
			try_signer(s, i, from->certs[j]);
}

static void prove_root_crl(struct collateral_set *s, struct collateral_item *i)
{
	struct collateral_proof *p = &i->proof;
	static const struct x509_bundle none;

	if (!chain_root(s, &none, p))
		return;
	for (size_t j = 0; j < s->nroots && !is_machine(&p->why); j++) {
		struct att_error why = { 0 };
		bool named = x509_crl_names_issuer(i->crl, s->roots[j].cert);

		if (x509_crl_signed_by(s->c, i->crl, s->roots[j].cert, &why))
			note_signer(p, s->roots[j].cert, s->roots[j].cert, s->roots[j].simulated);
		else if (named || p->fault != COLLATERAL_SIGNATURE)
			(void)fault(p, named ? COLLATERAL_SIGNATURE : COLLATERAL_SIGNER, &why);
	}
}

static void try_crl_issuer(struct collateral_set *s, struct collateral_item *i, struct x509_cert *ca)
{
	struct collateral_proof *p = &i->proof;
	struct x509_cert *root = NULL;
	struct att_error why = { 0 };
	bool simulated = false;

	if (!x509_is_ca(ca) || !x509_crl_names_issuer(i->crl, ca))
		return;
	if (!under_root(s, ca, &root, &simulated, &why))
		(void)(p->fault != COLLATERAL_SIGNATURE && fault(p, COLLATERAL_SIGNER, &why));
	else if (!x509_crl_signed_by(s->c, i->crl, ca, &why))
		(void)fault(p, COLLATERAL_SIGNATURE, &why);
	else
		note_signer(p, ca, root, simulated);
}

static void prove_pck_crl(struct collateral_set *s, struct collateral_item *i)
{
	struct collateral_proof *p = &i->proof;
	static const struct x509_bundle none;
	struct att_error why = { 0 };

	if (!chain_root(s, &none, p))
		return;
	(void)att_fail(&why, ATT_E_NOT_AUTHENTIC, "CRL of \"%s\": no certificate of a PCK CA of this name",
	    x509_crl_issuer_cn(i->crl));
	(void)fault(p, COLLATERAL_SIGNER, &why);
	/* Only the PCK CAs: a list of the root that came in this place does not become one. */
	if (strcmp(i->key, "platform") != 0 && strcmp(i->key, "processor") != 0)
		return;
	for (size_t j = 0; j < s->certs.n && !is_machine(&p->why); j++)
		try_crl_issuer(s, i, s->certs.certs[j]);
}

static void prove_other_crl(struct collateral_set *s, struct collateral_item *i)
{
	(void)s;
	(void)fault_text(&i->proof, COLLATERAL_SIGNER, "not a list of Intel's");
}

/* Every text was hashed by MAA with the NUL behind it. */
static bool hash_text(
    struct collateral_set *s, const char *text, size_t n, uint8_t out[32], struct att_error *e)
{
	return text ? digest(s->c, DIGEST_SHA256, text, n + 1, out, e) : arena_fail(s->a, e);
}

static char *pem(struct arena *a, const struct x509_cert *cert)
{
	size_t n;
	const uint8_t *der = x509_der(cert, &n);

	return x509_to_pem(a, der, n);
}

/* Signer, then root, whatever the spacing they came in. */
static bool hash_chain(struct collateral_set *s, struct collateral_item *i, struct att_error *e)
{
	const char *signer = pem(s->a, i->proof.signers[0]), *root = pem(s->a, i->proof.root);
	const char *both = signer && root ? arena_printf(s->a, "%s%s", signer, root) : NULL;

	return hash_text(s, both, both ? strlen(both) : 0, i->chain_sha256, e);
}

static bool hash_item(struct collateral_set *s, struct collateral_item *i, struct att_error *e)
{
	const char *text;

	if (i->kind == COLLATERAL_ROOT_CRL) {
		text = x509_crl_to_pem(s->a, rd_ptr(&i->body), rd_left(&i->body));
		return hash_text(s, text, text ? strlen(text) : 0, i->text_sha256, e);
	}
	if (!i->tcb_info && !i->qe_identity)
		return true;
	text = arena_strndup(s->a, (const char *)rd_ptr(&i->answer), rd_left(&i->answer));
	return hash_text(s, text, rd_left(&i->answer), i->text_sha256, e) && hash_chain(s, i, e);
}

/* A set's root must have been met before anything is proved under it. */
static bool gather_roots(struct collateral_set *s, const struct x509_bundle *anchors, struct att_error *e)
{
	if (!take_roots(s, anchors, anchors, e) || !take_roots(s, &s->certs, anchors, e))
		return false;
	for (size_t i = 0; i < s->nitems; i++)
		if (!take_roots(s, &s->items[i]->chain, anchors, e))
			return false;
	return true;
}

bool collateral_set_prove(struct collateral_set *s, const struct x509_bundle *anchors, struct att_error *e)
{
	static void (*const provers[COLLATERAL_NKINDS])(struct collateral_set *, struct collateral_item *) = {
		[COLLATERAL_TCB_INFO] = prove_signed,
		[COLLATERAL_QE_IDENTITY] = prove_signed,
		[COLLATERAL_NUMBERS] = prove_signed,
		[COLLATERAL_PCK_CRL] = prove_pck_crl,
		[COLLATERAL_ROOT_CRL] = prove_root_crl,
		[COLLATERAL_OTHER_CRL] = prove_other_crl,
	};

	if (s->proved)
		return att_fail(e, ATT_E_INTERNAL, "collateral: the set is proved already");
	if (!gather_roots(s, anchors, e))
		return false;
	for (size_t i = 0; i < s->nitems; i++) {
		struct collateral_item *item = s->items[i];
		struct collateral_proof *p = &item->proof;

		if (p->fault == COLLATERAL_FORM)
			continue;
		provers[item->kind](s, item);
		if (is_machine(&p->why))
			return att_fail(e, p->why.code, "%s", p->why.text);
		if (p->nsigners == 0)
			continue;
		p->fault = COLLATERAL_GOOD;
		att_error_clear(&p->why);
		if (!hash_item(s, item, e))
			return false;
	}
	s->proved = true;
	return true;
}
