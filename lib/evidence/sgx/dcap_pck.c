#include <string.h>

#include "lib/evidence/sgx/dcap.h"

bool dcap_run(struct dcap *v, dcap_step *const *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!steps[i](v))
			return false;
	return true;
}

bool dcap_is_fault(struct dcap *v, const struct att_error *why)
{
	if (why->code != ATT_E_NOMEM && why->code != ATT_E_INTERNAL)
		return false;
	v->fault = *why;
	return true;
}

bool dcap_result(struct dcap *v, size_t row, bool ok, const char *expected, const struct att_error *why)
{
	if (ok)
		return check_pass(v->c, row);
	if (dcap_is_fault(v, why))
		return false;
	return check_fail(v->c, row, expected, check_text(v->c, "%s", why->text));
}

bool dcap_missing(struct dcap *v, const char *text)
{
	if (!text)
		return arena_fail(v->a, &v->fault);
	v->o->missing = text;
	return false;
}

#define CHAIN_LEN 3                     /* PCK certificate, its CA, the root */

static bool is_named(const char *cn)
{
	return strcmp(cn, PCK_LEAF_CN) == 0 || strcmp(cn, COLLATERAL_CN_ROOT) == 0 ||
	    pck_ca_kind(cn);
}

/*
 * What a quote leaves out of its chain may be taken from what was given.  What it brings is judged
 * as it is: a damaged certificate is not made good by another of its name, nor because the damage
 * is in the name.
 */
static bool leaves_out(const struct dcap *v, const char *cn)
{
	for (size_t i = 0; i < v->sent.n; i++) {
		const char *sent = x509_subject_cn(v->sent.certs[i]);
		if (strcmp(sent, cn) == 0 || !is_named(sent))
			return false;
	}
	return v->sent.n < CHAIN_LEN;
}

static struct pck_sources sources(const struct dcap *v, const char *cn)
{
	return (
	    struct pck_sources){ &v->sent, leaves_out(v, cn) ? v->t->certs : NULL, v->t->anchors };
}

static bool step_vendor(struct dcap *v)
{
	if (!quote_vendor_is_intel(&v->q->header))
		return check_fail(v->c, DCAP_CHECK_VENDOR, "939a7233f79c4ca9940a0db3957f0607",
		    check_text_hex(v->c, v->q->header.vendor, sizeof v->q->header.vendor));
	return check_pass(v->c, DCAP_CHECK_VENDOR);
}

static bool carries_certs(const struct dcap *v)
{
	return v->q->certification == CERT_PCK_LEAF || v->q->certification == CERT_PCK_CHAIN;
}

/* The order is not guaranteed, and one NUL may follow. spec: sgx-tdx §2.5 */
static bool step_certs(struct dcap *v)
{
	const struct rd *text = &v->q->certification_data;
	struct att_error why = { 0 };
	size_t n = rd_left(text);
	bool ok;

	if (!carries_certs(v))
		return true;
	if (n > 0 && rd_ptr(text)[n - 1] == 0)
		n--;
	ok = x509_bundle_parse(v->t->crypto, rd_ptr(text), n, &v->sent, &why);
	if (ok && v->sent.n > PCK_CERTS_MAX)
		ok = att_fail(&why, ATT_E_LIMIT, "%zu certificates", v->sent.n);
	return dcap_result(v, DCAP_CHECK_PCK_CERTS, ok,
	    check_text(v->c, "1 to %d PEM certificates", PCK_CERTS_MAX), &why);
}

static bool signed_qe(struct dcap *v, const struct x509_cert *leaf, struct att_error *e)
{
	return sig_verify(v->t->crypto, x509_pubkey(leaf), SIG_ECDSA_P256_SHA256, v->q->qe_bytes,
	    v->q->qe_signature, e);
}

/* Quotes that only name their platform: a PCK certificate that was given, and whose key signed this
 * QE report. */
static bool given_leaf(struct dcap *v)
{
	const struct x509_bundle *given = v->t->certs;
	struct x509_cert *other = NULL;

	for (size_t i = 0; given && i < given->n; i++) {
		struct att_error why = { 0 };
		if (strcmp(x509_subject_cn(given->certs[i]), PCK_LEAF_CN) != 0)
			continue;
		if (pck_leaf_form(given->certs[i], &why) && signed_qe(v, given->certs[i], &why)) {
			v->chain.pck.leaf = x509_cert_ref(given->certs[i]);
			return check_pass(v->c, DCAP_CHECK_PCK_LEAF);
		}
		if (dcap_is_fault(v, &why))
			return false;
		other = given->certs[i];
	}
	if (other && v->t->certs_picked)
		return check_fail(v->c, DCAP_CHECK_PCK_LEAF,
		    "the PCK certificate of the key that signed the QE report",
		    "PCK certificates of other keys");
	return dcap_missing(v, arena_printf(v->a,
		"PCK certificate: the quote has certification data of type %d, which only names "
		"the platform",
		(int)v->q->certification));
}

static bool step_leaf(struct dcap *v)
{
	struct att_error why = { 0 };
	struct x509_cert *leaf = NULL;
	size_t n = 0;

	if (!carries_certs(v))
		return given_leaf(v);
	for (size_t i = 0; i < v->sent.n; i++) {
		if (strcmp(x509_subject_cn(v->sent.certs[i]), PCK_LEAF_CN) != 0)
			continue;
		leaf = v->sent.certs[i];
		n++;
	}
	if (n != 1)
		return check_fail(v->c, DCAP_CHECK_PCK_LEAF, "one certificate \"" PCK_LEAF_CN "\"",
		    check_text(v->c, "%zu of %zu certificates", n, v->sent.n));
	v->chain.pck.leaf = x509_cert_ref(leaf);
	return dcap_result(v, DCAP_CHECK_PCK_LEAF, pck_leaf_form(leaf, &why),
	    "a PCK certificate of a P-256 key", &why);
}

static bool step_extension(struct dcap *v)
{
	struct att_error why = { 0 };

	return dcap_result(v, DCAP_CHECK_PCK_EXTENSION,
	    ext_sgx_parse(v->chain.pck.leaf, &v->chain.pck.ext, &why),
	    "PPID, TCB, PCE-ID, FMSPC and SGX type, each once", &why);
}

static bool sent_with_quote(const struct dcap *v, const struct x509_cert *cert)
{
	for (size_t i = 0; i < v->sent.n; i++)
		if (v->sent.certs[i] == cert)
			return true;
	return false;
}

/* A quote that brings a root of its own is judged by that one, not by one that lies about here. */
static bool step_root(struct dcap *v)
{
	struct pck_sources s = sources(v, COLLATERAL_CN_ROOT);
	struct x509_cert *stranger, *root = pck_find_root(&s, &v->chain.pck.simulated, &stranger);

	if (root && stranger && sent_with_quote(v, stranger) && !sent_with_quote(v, root))
		root = NULL;
	if (!root && !stranger)
		return dcap_missing(v, arena_strdup(v->a, "certificate " COLLATERAL_CN_ROOT));
	if (!root)
		return check_fail(v->c, DCAP_CHECK_PCK_ROOT, "Intel's key, or an anchor that was given",
		    check_text(v->c, "key with SHA-256 %s",
			check_text_hex(v->c, pubkey_spki_sha256(x509_pubkey(stranger)), 32)));
	v->chain.pck.root = x509_cert_ref(root);
	return check_pass(v->c, DCAP_CHECK_PCK_ROOT);
}

static bool step_chain(struct dcap *v)
{
	struct pck_chain *p = &v->chain.pck;
	struct pck_sources s = sources(v, x509_issuer_cn(p->leaf));
	struct att_error why = { 0 };
	struct x509_cert *ca;

	if (!x509_issued_by(v->t->crypto, p->root, p->root, 1, &why))
		return dcap_result(v, DCAP_CHECK_PCK_CHAIN, false, "a self-signed root", &why);
	ca = pck_find_ca(v->t->crypto, &s, p->leaf, p->root, &why);
	if (!ca && why.code == ATT_E_NOT_FOUND)
		return dcap_missing(v, arena_strdup(v->a, why.text));
	p->ca = ca ? x509_cert_ref(ca) : NULL;
	return dcap_result(v, DCAP_CHECK_PCK_CHAIN, ca != NULL,
	    check_text(v->c, "%s issued by %s", x509_issuer_cn(p->leaf), COLLATERAL_CN_ROOT), &why);
}

/* Made for a cached chain too: time is not part of its key. */
static bool step_validity(struct dcap *v)
{
	const struct x509_cert *certs[] = { v->chain.pck.root, v->chain.pck.ca, v->chain.pck.leaf };

	for (size_t i = 0; i < sizeof certs / sizeof certs[0]; i++) {
		struct att_error why = { 0 };
		if (!x509_valid_at(certs[i], v->t->now_s, &why))
			return dcap_result(v, DCAP_CHECK_PCK_VALIDITY, false,
			    check_text(v->c, "%s valid at the time of appraisal", x509_subject_cn(certs[i])),
			    &why);
		collateral_span_cert(&v->span, certs[i]);
	}
	return check_pass(v->c, DCAP_CHECK_PCK_VALIDITY);
}

static bool step_qe_signature(struct dcap *v)
{
	struct att_error why = { 0 };

	return dcap_result(v, DCAP_CHECK_QE_SIGNATURE, signed_qe(v, v->chain.pck.leaf, &why),
	    "a signature by the PCK key over the QE report", &why);
}

/* SHA-256(key || auth data), then zeros: all 64 bytes are looked at. spec: sgx-tdx §5 step 8 */
static bool step_qe_binding(struct dcap *v)
{
	const struct quote *q = v->q;
	size_t n = rd_left(&q->key) + rd_left(&q->qe_auth);
	uint8_t *p = arena_alloc(v->a, n), sum[32];

	if (!p)
		return arena_fail(v->a, &v->fault);
	bytes_copy(p, rd_ptr(&q->key), rd_left(&q->key));
	bytes_copy(p + rd_left(&q->key), rd_ptr(&q->qe_auth), rd_left(&q->qe_auth));
	if (!digest(v->t->crypto, DIGEST_SHA256, p, n, sum, &v->fault))
		return false;
	if (!bytes_equal(q->qe.report_data, sum, sizeof sum) || !bytes_zero(q->qe.report_data + 32, 32))
		return check_fail(v->c, DCAP_CHECK_QE_BINDING,
		    check_text(v->c, "%s and 32 zero bytes", check_text_hex(v->c, sum, sizeof sum)),
		    check_text_hex(v->c, q->qe.report_data, sizeof q->qe.report_data));
	return check_pass(v->c, DCAP_CHECK_QE_BINDING);
}

/* Is it the report of a quoting enclave, and does it vouch for the attestation key? */
static bool step_qe(struct dcap *v)
{
	if (dcap_qe_cached(v))
		return check_pass(v->c, DCAP_CHECK_QE_SIGNATURE) &&
		    check_pass(v->c, DCAP_CHECK_QE_BINDING);
	return v->fault.code == ATT_E_OK && step_qe_signature(v) && step_qe_binding(v);
}

static bool step_quote_signature(struct dcap *v)
{
	const uint8_t *xy = rd_ptr(&v->q->key);
	struct att_error why = { 0 };
	bool known = v->attestation != NULL;
	bool ok = (known ||
		      pubkey_from_ec(v->t->crypto, KEY_P256, xy, xy + QUOTE_KEY_LEN / 2,
			  &v->attestation, &why)) &&
	    sig_verify(v->t->crypto, v->attestation, SIG_ECDSA_P256_SHA256, v->q->signed_bytes,
		v->q->signature, &why);

	if (ok && !known)
		dcap_qe_keep(v);

	return dcap_result(v, DCAP_CHECK_QUOTE_SIGNATURE, ok,
	    "a signature by the attestation key over header and body", &why);
}

static dcap_step *const chain_steps[] = {       /* skipped when the chain is known */
	step_certs, step_leaf, step_extension, step_root, step_chain,
};
static dcap_step *const evidence_steps[] = {
	step_validity, step_qe, step_quote_signature, dcap_step_collateral,
};
#define RUN(v, steps) dcap_run(v, steps, sizeof(steps) / sizeof((steps)[0]))

static void forget_chain(struct dcap *v)
{
	x509_bundle_clear(&v->sent);
	pck_chain_clear(&v->chain.pck);
}

static bool find_chain(struct dcap *v)
{
	if (!dcap_chain_key(v))
		return false;
	v->cached = dcap_chain_cached(v);
	return v->cached || RUN(v, chain_steps);
}

/* A quote without its certificates needs those before it is known what else it needs. */
static bool find_chain_or_ask(struct dcap *v)
{
	if (find_chain(v))
		return true;
	if (!v->o->missing || !dcap_tell_needs(v) || !v->t->look_up || !dcap_look_up(v))
		return false;
	v->o->missing = NULL;
	forget_chain(v);
	return find_chain(v);
}

bool dcap_authentic(struct dcap *v)
{
	check_pass(v->c, DCAP_CHECK_FORM);
	v->span = (struct collateral_span)COLLATERAL_SPAN_EMPTY;
	if (!step_vendor(v) || !find_chain_or_ask(v))
		return false;
	v->o->simulated_anchor = v->chain.pck.simulated;
	return RUN(v, evidence_steps);
}

void dcap_clear(struct dcap *v)
{
	forget_chain(v);
	pubkey_free(v->attestation);
}

bool dcap_bound(struct dcap *v, size_t row, const struct bound_data *data, const uint8_t report_data[64])
{
	if (!data || !data->present)
		return true;
	if (!bytes_equal(report_data, data->sha256, 32) || !bytes_zero(report_data + 32, 32))
		return check_fail(v->c, row,
		    check_text(v->c, "%s and 32 zero bytes", check_text_hex(v->c, data->sha256, 32)),
		    check_text_hex(v->c, report_data, 64));
	return check_pass(v->c, row);
}
