/* chain.c - from a leaf to a pin or an anchor. spec: tpm-eventlog §1.5 */
#include "lib/crypto/der.h"
#include "lib/evidence/tpm/issuers.h"
#include "lib/evidence/tpm/parts.h"

struct walk {
	const struct trust *t;
	const struct x509_bundle *sent;
	const struct x509_cert *path[TPM_CHAIN_MAX];    /* leaf first; borrowed */
	size_t n;
	size_t signed_n; /* certificates whose signature counts: a bare issuer cuts the path */
	const struct tpm_issuer *bare;          /* trusted issuer of path[signed_n - 1]; or NULL */
	bool simulated;
};

/* Certificates at hand: sent ones, endorsements, anchors; NULL past the end. */
static const struct x509_cert *at_hand(const struct walk *w, size_t i)
{
	const struct x509_bundle *sets[] = { w->sent, w->t->certs, w->t->anchors };

	return x509_bundles_at(sets, sizeof sets / sizeof sets[0], i);
}

static bool is_pinned(const struct x509_cert *cert)
{
	return x509_is_ca(cert) && tpm_root_pinned(pubkey_spki_sha256(x509_pubkey(cert)));
}

/* The issuer of the last certificate: a pin before an anchor before any other. */
static const struct x509_cert *issuer_of(const struct walk *w, struct att_error *e)
{
	const struct x509_cert *cert, *best = NULL, *last = w->path[w->n - 1];
	struct rd want = x509_issuer_der(last);

	for (size_t i = 0; (cert = at_hand(w, i)); i++) {
		struct rd subject = x509_subject_der(cert);
		struct att_error why = { 0 };

		if (!der_same(&want, &subject))
			continue;
		if (!x509_issued_by(w->t->crypto, last, cert, (unsigned)w->n - 1, &why)) {
			(void)att_fail(e, why.code, "%s", why.text);
			continue;
		}
		if (is_pinned(cert))
			return cert;
		if (!best || (x509_bundle_has(w->t->anchors, cert) && !x509_bundle_has(w->t->anchors, best)))
			best = cert;
	}
	return best;
}

/* Up to a trusted certificate; the path stays as long as it got. */
static bool climb(struct walk *w, struct att_error *e)
{
	const struct x509_cert *next;

	while (w->n < TPM_CHAIN_MAX && !x509_self_issued(w->path[w->n - 1]) && (next = issuer_of(w, e))) {
		w->path[w->n++] = next;
		w->signed_n = w->n;
		if (is_pinned(next) || x509_bundle_has(w->t->anchors, next)) {
			w->simulated = !is_pinned(next);
			return true;
		}
	}
	return false;
}

/* No root at hand: a compiled-in issuer of one of the path. */
static bool bare_issuer(struct walk *w, struct att_error *e)
{
	for (size_t i = 0; i < w->n; i++)
		if ((w->bare = tpm_issuer_of(w->t->crypto, w->path[i], (unsigned)i, e))) {
			w->signed_n = i + 1;
			return true;
		}
	return att_fail(e, ATT_E_NOT_AUTHENTIC, "certificate \"%s\": issuer \"%s\" is not known",
	    x509_subject_text(w->path[w->n - 1]), x509_issuer_cn(w->path[w->n - 1]));
}

static bool valid(const struct walk *w, struct att_error *e)
{
	char now[TIME_TEXT_MAX];

	for (size_t i = 0; i < w->signed_n; i++)
		if (!x509_valid_at(w->path[i], w->t->now_s, e))
			return false;
	if (!w->bare || (w->t->now_s >= w->bare->not_before_s && w->t->now_s <= w->bare->not_after_s))
		return true;
	time_format(w->t->now_s, now);
	return att_fail(e, ATT_E_NOT_AUTHENTIC, "issuer \"%s\": not valid at %s", w->bare->name, now);
}

/* The lists of one issuer about one certificate; *n counts those within their dates. */
static bool lists_of(const struct walk *w, const struct x509_cert *issuer,
    const struct x509_cert *cert, size_t *n, struct att_error *e)
{
	for (size_t i = 0; i < w->t->ncrls; i++) {
		const struct x509_crl *l = w->t->crls[i];

		if (!x509_crl_names_issuer(l, issuer))
			continue;
		if (!x509_crl_signed_by(w->t->crypto, l, issuer, e))
			return false;
		if (x509_crl_revokes(l, cert))
			return att_fail(e, ATT_E_NOT_AUTHENTIC, "certificate \"%s\": revoked by %s",
			    x509_subject_text(cert), x509_subject_text(issuer));
		*n += x509_crl_current(l, w->t->now_s, NULL);
	}
	return true;
}

/* A list counts for each step whose issuer's certificate is at hand. */
static bool revocation(const struct walk *w, bool *relaxed, struct att_error *e)
{
	size_t steps = w->bare ? w->signed_n : w->signed_n - 1, covered = 0;

	for (size_t i = 0; i < steps; i++) {
		size_t n = 0;
		if (i + 1 < w->n && !lists_of(w, w->path[i + 1], w->path[i], &n, e))
			return false;
		covered += n > 0;
	}
	if (covered == steps || !w->t->settings->crl_required)
		return true;
	*relaxed = true;
	return (w->t->settings->allow & ATT_ALLOW_NO_CRL) ||
	    att_fail(e, ATT_E_NOT_AUTHENTIC,
		"no current revocation list for %zu of %zu certificates (relaxation no-crl is off)",
		steps - covered, steps);
}

bool tpm_chain_verify(const struct trust *t, struct arena *a, const struct x509_cert *leaf,
    const struct x509_bundle *sent, struct tpm_chain *out, enum tpm_chain_step *step, struct att_error *e)
{
	struct walk w = { .t = t, .sent = sent, .path = { leaf }, .n = 1, .signed_n = 1 };
	struct tpm_chain made = { 0 };
	struct att_error why = { 0 };

	*step = TPM_STEP_CHAIN;
	if (!climb(&w, &why) && !bare_issuer(&w, &why))
		return att_fail(e, why.code, "%s", why.text);
	*step = TPM_STEP_VALIDITY;
	if (!valid(&w, e))
		return false;
	*step = TPM_STEP_CRL;
	if (!revocation(&w, &made.no_crl, e))
		return false;
	*step = TPM_STEP_NONE;
	made.simulated = w.simulated;
	made.root = arena_strdup(a, w.bare ? w.bare->name : x509_subject_text(w.path[w.signed_n - 1]));
	if (!made.root)
		return arena_fail(a, e);
	*out = made;
	return true;
}

bool tpm_cert_trim(struct rd in, struct rd *der, struct att_error *e)
{
	struct rd whole, body, rest = in;

	if (!der_take_whole(&rest, DER_SEQUENCE, &whole, &body))
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: %zu bytes are no DER SEQUENCE",
		    rd_left(&in));
	if (!bytes_zero(rd_ptr(&rest), rd_left(&rest)))
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: %zu bytes behind it that are not all zero",
		    rd_left(&rest));
	*der = whole;
	return true;
}
