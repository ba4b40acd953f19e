#include "lib/evidence/sgx/pck.h"

#include <string.h>

#define KEY_USAGE_DIGITAL_SIGNATURE 1u

static const struct { const char *cn, *kind; } cas[] = {
	{ COLLATERAL_CN_PCK_PLATFORM, "platform" },
	{ COLLATERAL_CN_PCK_PROCESSOR, "processor" },
};

void pck_chain_clear(struct pck_chain *c)
{
	x509_cert_free(c->leaf);
	x509_cert_free(c->ca);
	x509_cert_free(c->root);
	*c = (struct pck_chain){ 0 };
}

struct pck_chain pck_chain_ref(const struct pck_chain *c)
{
	struct pck_chain t = *c;

	t.leaf = x509_cert_ref(c->leaf);
	t.ca = x509_cert_ref(c->ca);
	t.root = x509_cert_ref(c->root);
	return t;
}

const char *pck_ca_kind(const char *cn)
{
	for (size_t i = 0; i < sizeof cas / sizeof cas[0]; i++)
		if (strcmp(cas[i].cn, cn) == 0)
			return cas[i].kind;
	return NULL;
}

struct x509_cert *pck_at(const struct pck_sources *s, size_t i)
{
	const struct x509_bundle *sets[] = { s->sent, s->given, s->anchors };

	return x509_bundles_at(sets, sizeof sets / sizeof sets[0], i);
}

static const uint8_t *key_digest(const struct x509_cert *cert)
{
	return pubkey_spki_sha256(x509_pubkey(cert));
}

/* An anchor is a key and a name: a renewed certificate of the same root is as good. */
static bool is_anchor(const struct x509_bundle *anchors, const struct x509_cert *cert)
{
	for (size_t i = 0; anchors && i < anchors->n; i++) {
		struct rd known = x509_subject_der(anchors->certs[i]), name = x509_subject_der(cert);
		if (bytes_equal(key_digest(anchors->certs[i]), key_digest(cert), 32) &&
		    bytes_order(rd_ptr(&known), rd_left(&known), rd_ptr(&name), rd_left(&name)) == 0)
			return true;
	}
	return false;
}

/* Never because of its name or serial number: anybody can make those. */
struct x509_cert *pck_find_root(const struct pck_sources *s, bool *simulated, struct x509_cert **stranger)
{
	struct x509_cert *cert, *anchor = NULL, *pinned = NULL;

	*stranger = NULL;
	for (size_t i = 0; (cert = pck_at(s, i)); i++) {
		if (strcmp(x509_subject_cn(cert), COLLATERAL_CN_ROOT) != 0)
			continue;
		if (collateral_is_intel_root(cert))
			pinned = pinned ? pinned : cert;
		else if (is_anchor(s->anchors, cert))
			anchor = anchor ? anchor : cert;
		else if (!*stranger)
			*stranger = cert;
	}
	*simulated = !pinned && anchor;
	return pinned ? pinned : anchor;
}

bool pck_leaf_form(const struct x509_cert *cert, struct att_error *e)
{
	unsigned usage = x509_key_usage(cert);

	if (x509_version(cert) != 3 || x509_is_ca(cert))
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "%s: not an end-entity certificate of X.509 v3",
		    x509_subject_cn(cert));
	if (pubkey_kind(x509_pubkey(cert)) != KEY_P256)
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "%s: key of %zu bits, want P-256",
		    x509_subject_cn(cert), pubkey_bits(x509_pubkey(cert)));
	if (usage != 0 && !(usage & KEY_USAGE_DIGITAL_SIGNATURE))
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "%s: keyUsage without digitalSignature",
		    x509_subject_cn(cert));
	if (!pck_ca_kind(x509_issuer_cn(cert)))
		return att_fail(e, ATT_E_NOT_AUTHENTIC,
		    "%s: issued by \"%s\", want Intel SGX PCK Platform CA or Processor CA",
		    x509_subject_cn(cert), x509_issuer_cn(cert));
	return true;
}

struct x509_cert *pck_find_ca(struct crypto *c, const struct pck_sources *s, const struct x509_cert *leaf,
    const struct x509_cert *root, struct att_error *e)
{
	const char *cn = x509_issuer_cn(leaf);
	struct att_error first = { 0 };
	struct x509_cert *cert;

	for (size_t i = 0; (cert = pck_at(s, i)); i++) {
		struct att_error why = { 0 };
		if (strcmp(x509_subject_cn(cert), cn) != 0)
			continue;
		if (x509_issued_by(c, cert, root, 1, &why) && x509_issued_by(c, leaf, cert, 0, &why))
			return cert;
		if (first.code == ATT_E_OK || why.code == ATT_E_NOMEM || why.code == ATT_E_INTERNAL)
			first = why;
	}
	if (first.code == ATT_E_OK)
		(void)att_fail(e, ATT_E_NOT_FOUND, "certificate %s", cn);
	else
		(void)att_fail(e, first.code, "%s", first.text);
	return NULL;
}
