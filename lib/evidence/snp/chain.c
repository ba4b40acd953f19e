#include <string.h>

#include "lib/evidence/snp/verify.h"

#define OID_KEY_USAGE "2.5.29.15"
#define CA_BITS 4096                    /* every AMD CA key */
#define KDS "https://kdsintf.amd.com/"

void snp_chain_clear(struct snp_chain *c)
{
	x509_cert_free(c->leaf);
	x509_cert_free(c->ica);
	x509_cert_free(c->ark);
	*c = (struct snp_chain){ 0 };
}

/* Certificates at hand, wherever from: the evidence's, then endorsements, then anchors; NULL past the end. */
static struct x509_cert *at_hand(const struct snp_verifier *v, size_t i)
{
	const struct x509_bundle *sets[] = { &v->sent, v->t->certs, v->t->anchors };

	return x509_bundles_at(sets, sizeof sets / sizeof sets[0], i);
}

static bool is_pinned(const struct snp_verifier *v, const struct x509_cert *cert)
{
	return snp_root_pinned(v->chain.product, pubkey_spki_sha256(x509_pubkey(cert)));
}

static const char *ica_cn(const struct snp_verifier *v)
{
	return x509_issuer_cn(v->chain.leaf);
}

static bool missing_ca(struct snp_verifier *v, const char *cn)
{
	return snp_missing(v, arena_printf(v->a, "certificate %s: " KDS "%s/v1/%s/cert_chain", cn,
	    v->kind == SNP_KEY_VLEK ? "vlek" : "vcek", v->chain.product->name));
}

/* The pinned root wins; others of its name are ignored as long as it is there. spec: sev-snp §8 step 4 */
bool snp_step_root(struct snp_verifier *v)
{
	struct x509_cert *cert, *anchor = NULL, *stranger = NULL, *pinned = NULL;
	const char *cn = check_text(v->c, "ARK-%s", v->chain.product->name);

	for (size_t i = 0; !pinned && (cert = at_hand(v, i)); i++) {
		if (strcmp(x509_subject_cn(cert), cn) != 0)
			continue;
		if (is_pinned(v, cert))
			pinned = cert;
		else if (x509_bundle_has(v->t->anchors, cert))
			anchor = cert;
		else
			stranger = cert;
	}
	if (!pinned && !anchor && !stranger)
		return missing_ca(v, cn);
	if (!pinned && !anchor)
		return check_fail(v->c, SNP_CHECK_ROOT,
		    check_text(v->c, "AMD's key of %s, or an anchor that was given", cn),
		    check_text(v->c, "key with SHA-256 %s",
			check_text_hex(v->c, pubkey_spki_sha256(x509_pubkey(stranger)), 32)));
	v->chain.ark = x509_cert_ref(pinned ? pinned : anchor);
	v->chain.simulated = !pinned;
	return check_pass(v->c, SNP_CHECK_ROOT);
}

bool snp_ca_form(const struct x509_cert *cert, struct att_error *e)
{
	struct rd key_usage;
	enum sig_alg alg;

	if (pubkey_kind(x509_pubkey(cert)) != KEY_RSA || pubkey_bits(x509_pubkey(cert)) != CA_BITS)
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "%s: key of %zu bits, want RSA with %d",
		    x509_subject_cn(cert), pubkey_bits(x509_pubkey(cert)), CA_BITS);
	if (!x509_sig_alg(cert, &alg) || alg != SIG_RSA_PSS_SHA384)
		return att_fail(e, ATT_E_NOT_AUTHENTIC,
		    "%s: not signed with RSASSA-PSS and SHA-384", x509_subject_cn(cert));
	if (!x509_extension(cert, OID_KEY_USAGE, &key_usage))
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "%s: no keyUsage, want keyCertSign",
		    x509_subject_cn(cert));
	return true;
}

bool snp_step_chain_ark(struct snp_verifier *v)
{
	struct x509_cert *ark = v->chain.ark;
	struct att_error why = { 0 };
	bool ok = snp_ca_form(ark, &why) && x509_issued_by(v->t->crypto, ark, ark, 1, &why);

	return snp_result(v, SNP_CHECK_CHAIN_ARK, ok,
	    "a self-signed CA certificate that may sign certificates", &why);
}

/* Several may bear the name; one that the root issued is enough. */
bool snp_step_chain_ica(struct snp_verifier *v)
{
	const char *cn = ica_cn(v);
	struct att_error first = { 0 };
	struct x509_cert *cert;
	bool any = false;

	for (size_t i = 0; (cert = at_hand(v, i)); i++) {
		struct att_error why = { 0 };

		if (strcmp(x509_subject_cn(cert), cn) != 0)
			continue;
		if (snp_ca_form(cert, &why) &&
		    x509_issued_by(v->t->crypto, cert, v->chain.ark, 1, &why)) {
			v->chain.ica = x509_cert_ref(cert);
			return check_pass(v->c, SNP_CHECK_CHAIN_ICA);
		}
		if (!any || snp_is_fault(v, &why))
			first = why;
		any = true;
	}
	if (!any)
		return missing_ca(v, cn);
	return snp_result(v, SNP_CHECK_CHAIN_ICA, false, check_text(v->c, "%s issued by %s", cn,
	    x509_subject_cn(v->chain.ark)), &first);
}

bool snp_step_chain_leaf(struct snp_verifier *v)
{
	struct att_error why = { 0 };

	return snp_result(v, SNP_CHECK_CHAIN_LEAF,
	    x509_issued_by(v->t->crypto, v->chain.leaf, v->chain.ica, 0, &why),
	    check_text(v->c, "issued by %s", ica_cn(v)), &why);
}

/* Made for a cached chain too: time is not part of its key. */
bool snp_step_validity(struct snp_verifier *v)
{
	const struct { enum snp_check row; const struct x509_cert *cert; } rows[] = {
		{ SNP_CHECK_VALID_ARK, v->chain.ark },
		{ SNP_CHECK_VALID_ICA, v->chain.ica },
		{ SNP_CHECK_VALID_LEAF, v->chain.leaf },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct att_error why = { 0 };
		if (!x509_valid_at(rows[i].cert, v->t->now_s, &why))
			return snp_result(v, rows[i].row, false,
			    check_text(v->c, "%s valid at the time of appraisal",
				x509_subject_cn(rows[i].cert)),
			    &why);
		check_pass(v->c, rows[i].row);
	}
	return true;
}

/*
 * The lists of one issuer: each must be its own and must not name the certificate; one must be current
 * (an older list beside it says nothing against it).  *n gets their number.
 */
static bool crls_of(struct snp_verifier *v, const struct x509_cert *issuer,
    const struct x509_cert *cert, size_t *n)
{
	struct att_error why = { 0 };
	bool current = false;

	*n = 0;
	for (size_t i = 0; i < v->t->ncrls; i++) {
		const struct x509_crl *l = v->t->crls[i];

		if (!x509_crl_names_issuer(l, issuer))
			continue;
		++*n;
		if (!v->cached && !x509_crl_signed_by(v->t->crypto, l, issuer, &why))
			return snp_result(v, SNP_CHECK_CRL_SIGNATURE, false,
			    check_text(v->c, "signed by %s", x509_subject_cn(issuer)), &why);
		check_pass(v->c, SNP_CHECK_CRL_SIGNATURE);
		if (!v->cached && x509_crl_revokes(l, cert))
			return check_fail(v->c, SNP_CHECK_CRL_REVOKED,
			    check_text(v->c, "%s not revoked", x509_subject_cn(cert)),
			    check_text(v->c, "revoked by %s", x509_subject_cn(issuer)));
		current = current || x509_crl_current(l, v->t->now_s, &why);
	}
	if (*n == 0)
		return true;
	return snp_result(v, SNP_CHECK_CRL_CURRENT, current, "a revocation list within its dates", &why) &&
	    check_pass(v->c, SNP_CHECK_CRL_REVOKED);
}

static bool missing_crl(struct snp_verifier *v)
{
	return snp_missing(v,
	    arena_printf(v->a, "revocation list by %s: " KDS "%s/v1/%s/crl",
		x509_subject_cn(v->chain.ark), v->kind == SNP_KEY_VLEK ? "vlek" : "vcek",
		v->chain.product->name));
}

/* AMD's roots revoke intermediates; a list by the intermediate would cover the leaf. */
bool snp_step_crl(struct snp_verifier *v)
{
	size_t of_root, of_ica;

	if (!crls_of(v, v->chain.ark, v->chain.ica, &of_root) ||
	    !crls_of(v, v->chain.ica, v->chain.leaf, &of_ica))
		return false;
	if (of_root > 0)
		return check_pass(v->c, SNP_CHECK_CRL_PRESENT);
	if (!v->t->settings->crl_required)
		return true;
	/* Where somebody can bring it, it is not lacking yet. */
	if (!(v->t->settings->allow & ATT_ALLOW_NO_CRL) && v->t->look_up)
		return missing_crl(v);
	if (!(v->t->settings->allow & ATT_ALLOW_NO_CRL))
		return check_fail(v->c, SNP_CHECK_CRL_PRESENT,
		    check_text(v->c, "a revocation list by %s (relaxation no-crl is off)",
			x509_subject_cn(v->chain.ark)),
		    "none");
	v->o->relaxed |= ATT_ALLOW_NO_CRL;
	return true;
}
