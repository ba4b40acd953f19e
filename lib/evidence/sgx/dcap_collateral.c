#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hex.h"
#include "lib/evidence/sgx/dcap.h"

/* A document, the rows that its faults fail, and what it has to be of. */
struct document {
	const char *what;
	enum dcap_check form, chain, signature, signer_dates, signer_crl, current;
};
static const struct document tcb_info = { "TCB Info", DCAP_CHECK_TCB_FORM, DCAP_CHECK_TCB_CHAIN,
	DCAP_CHECK_TCB_SIGNATURE, DCAP_CHECK_TCB_SIGNER_DATES, DCAP_CHECK_TCB_SIGNER_CRL,
	DCAP_CHECK_TCB_CURRENT };
static const struct document qe_identity = { "QE identity", DCAP_CHECK_QEID_FORM, DCAP_CHECK_QEID_CHAIN,
	DCAP_CHECK_QEID_SIGNATURE, DCAP_CHECK_QEID_SIGNER_DATES, DCAP_CHECK_QEID_SIGNER_CRL,
	DCAP_CHECK_QEID_CURRENT };

static const struct collateral_item *find(
    const struct dcap *v, enum collateral_kind kind, const char *key)
{
	struct collateral_query q = { .kind = kind, .key = key, .now_s = v->t->now_s,
		.evaluation = dcap_evaluation_wanted(v) };
	const struct collateral_item *i = collateral_find(v->set, &q);

	/* Given for this very evidence: what does not fit in it is wrong, not merely absent. */
	if (!i && v->t->collateral_picked && q.evaluation == 0) {
		q.key = NULL;
		i = collateral_find(v->set, &q);
	}
	return i;
}

/* Some revocation list of the set besides the root's; NULL when there is none. */
static const struct collateral_item *other_crl(const struct dcap *v)
{
	const struct collateral_set *s = v->set;

	for (size_t i = 0; i < s->nitems; i++)
		if (s->items[i]->crl && s->items[i] != v->items.root_crl)
			return s->items[i];
	return NULL;
}

static bool wrong_crl(struct dcap *v, const char *issuer)
{
	const struct collateral_item *other = other_crl(v);

	return check_fail(v->c, DCAP_CHECK_CRL_ISSUER, check_text(v->c, "a revocation list by %s", issuer),
	    check_text(v->c, "one by %s", other ? x509_crl_issuer_cn(other->crl) : "nobody"));
}

/* All that is missing is said at once, so that it can be fetched at once: "pck-crl processor,
 * qe-identity QE". */
static bool say_missing(struct dcap *v)
{
	struct buf b = buf_make(v->a);

	for (size_t i = 0; i < v->o->nneeds; i++) {
		const struct att_need *need = &v->o->needs[i];
		if (need->is_there)
			continue;
		buf_fmt(&b, "%s%s %s", b.len ? ", " : "", need->kind, need->key);
		if (need->baseline[0])
			buf_fmt(&b, " (evaluation number %s)", need->baseline);
	}
	if (!buf_ok(&b, &v->fault))
		return false;
	if (b.len == 0)
		return true;
	/* A piece that could not be read may be the one: that is the operator's to mend, not to fetch. */
	if (v->t->collateral && v->t->collateral->unreadable.code != ATT_E_OK)
		return check_fail(v->c, DCAP_CHECK_TCB_FORM,
		    check_text(v->c, "readable collateral: %s", b.p),
		    check_text(v->c, "%s", v->t->collateral->unreadable.text));
	return dcap_missing(v, b.p);
}

static bool step_find(struct dcap *v)
{
	static const struct collateral_set nothing;
	const struct pck_chain *p = &v->chain.pck;
	const char *key = collateral_fmspc_key(v->a, v->tee, p->ext.fmspc);

	if (!key)
		return arena_fail(v->a, &v->fault);
	if (!dcap_look_up(v))
		return false;
	v->set = v->t->collateral ? &v->t->collateral->set : &nothing;
	v->items.root_crl = collateral_root_crl(v->set, p->root, v->t->now_s);
	v->items.pck_crl = collateral_pck_crl(v->set, p->ca, v->t->now_s);
	v->items.tcb_info = find(v, COLLATERAL_TCB_INFO, key);
	v->items.qe_identity = find(v, COLLATERAL_QE_IDENTITY, dcap_enclave_id(v));
	if (!dcap_tell_needs(v))
		return false;
	if (v->t->collateral_picked && other_crl(v) && !v->items.root_crl)
		return wrong_crl(v, x509_subject_cn(p->root));
	if (v->t->collateral_picked && other_crl(v) && !v->items.pck_crl)
		return wrong_crl(v, x509_subject_cn(p->ca));
	return say_missing(v) && check_pass(v->c, DCAP_CHECK_CRL_ISSUER);
}

/* The set proved the list with this very certificate. */
static bool proved_under(const struct collateral_item *i, const struct x509_cert *ca)
{
	for (size_t k = 0; k < i->proof.nsigners; k++)
		if (bytes_equal(x509_sha256(i->proof.signers[k]), x509_sha256(ca), 32))
			return i->proof.fault == COLLATERAL_GOOD;
	return false;
}

/* Of the CA that issued the leaf, whatever chain came with the list. spec: sgx-tdx §5 step 3 */
static bool crl_signed(struct dcap *v)
{
	const struct pck_chain *p = &v->chain.pck;
	const struct collateral_item *pck = v->items.pck_crl;
	struct att_error why = { 0 };

	if (v->items.root_crl->proof.fault != COLLATERAL_GOOD)
		return dcap_result(v, DCAP_CHECK_CRL_SIGNATURE, false,
		    check_text(v->c, "signed by %s", x509_subject_cn(p->root)),
		    &v->items.root_crl->proof.why);
	if (!proved_under(pck, p->ca) &&
	    !bytes_equal(
		v->chain.crl_sha256, x509_crl_sha256(pck->crl), sizeof v->chain.crl_sha256)) {
		if (!x509_crl_signed_by(v->t->crypto, pck->crl, p->ca, &why))
			return dcap_result(v, DCAP_CHECK_CRL_SIGNATURE, false,
			    check_text(v->c, "signed by %s", x509_subject_cn(p->ca)), &why);
		bytes_copy(v->chain.crl_sha256, x509_crl_sha256(pck->crl), sizeof v->chain.crl_sha256);
	}
	return check_pass(v->c, DCAP_CHECK_CRL_SIGNATURE);
}

static bool step_crl(struct dcap *v)
{
	const struct pck_chain *p = &v->chain.pck;
	const struct x509_crl *lists[] = { v->items.root_crl->crl, v->items.pck_crl->crl };

	if (!crl_signed(v))
		return false;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		struct att_error why = { 0 };
		if (!x509_crl_current(lists[i], v->t->now_s, &why))
			return dcap_result(v, DCAP_CHECK_CRL_CURRENT, false,
			    check_text(v->c, "a current revocation list by %s",
				x509_crl_issuer_cn(lists[i])),
			    &why);
	}
	check_pass(v->c, DCAP_CHECK_CRL_CURRENT);
	if (collateral_root_revokes(v->set, p->root, p->ca))
		return check_fail(v->c, DCAP_CHECK_CRL_CA,
		    check_text(v->c, "%s not revoked", x509_subject_cn(p->ca)), "revoked by the root");
	check_pass(v->c, DCAP_CHECK_CRL_CA);
	if (x509_crl_revokes(v->items.pck_crl->crl, p->leaf))
		return check_fail(v->c, DCAP_CHECK_CRL_PCK, "a PCK certificate that is not revoked",
		    check_text(v->c, "revoked by %s", x509_subject_cn(p->ca)));
	return check_pass(v->c, DCAP_CHECK_CRL_PCK);
}

/* Where several roots are trusted, one must not vouch for the platforms of another. */
static bool same_root(struct dcap *v, const struct document *d, const struct collateral_item *i)
{
	const uint8_t *root = pubkey_spki_sha256(x509_pubkey(v->chain.pck.root));

	if (i->proof.root && !bytes_equal(pubkey_spki_sha256(x509_pubkey(i->proof.root)), root, 32))
		return check_fail(v->c, d->chain,
		    check_text(v->c, "%s under the root of the PCK certificate", d->what), "another root");
	return true;
}

/* Rows in the order of the faults: those before the fault found have passed. */
static bool judge(struct dcap *v, const struct document *d, const struct collateral_item *i)
{
	const struct { enum collateral_fault worst; enum dcap_check row; const char *expected; } rows[] = {
		{ COLLATERAL_FORM, d->form, "the documented form" },
		{ COLLATERAL_SIGNER, d->chain, "a signer certified by " COLLATERAL_CN_ROOT },
		{ COLLATERAL_SIGNATURE, d->signature, "a signature over the received bytes" },
		{ COLLATERAL_SIGNER_DATES, d->signer_dates, "a signer valid at the time of appraisal" },
		{ COLLATERAL_SIGNER_REVOKED, d->signer_crl, "a signer that is not revoked" },
		{ COLLATERAL_EXPIRED, d->current, "current at the time of appraisal" },
	};
	struct att_error why = { 0 };
	enum collateral_fault fault = collateral_judge(v->set, i, v->t->now_s, &why);

	if (!same_root(v, d, i))
		return false;
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
		if (fault != COLLATERAL_GOOD && fault <= rows[k].worst)
			return dcap_result(v, rows[k].row, false,
			    check_text(v->c, "%s: %s", d->what, rows[k].expected), &why);
		check_pass(v->c, rows[k].row);
	}
	collateral_span_item(&v->span, i);
	return true;
}

/* spec: sgx-tdx §5 step 6 */
static bool step_tcb_info(struct dcap *v)
{
	const struct collateral_item *i = v->items.tcb_info;
	const struct ext_sgx *x = &v->chain.pck.ext;
	const struct pcs_tcbinfo *t;

	if (!judge(v, &tcb_info, i))
		return false;
	t = i->tcb_info;
	if (t->tee != v->tee || !bytes_equal(t->fmspc, x->fmspc, sizeof t->fmspc) ||
	    !bytes_equal(t->pce_id, x->pceid, sizeof t->pce_id))
		return check_fail(v->c, DCAP_CHECK_TCB_INFO,
		    check_text(v->c, "%s, FMSPC %s, PCE-ID %s", pcs_tee_name(v->tee),
			check_text_hex(v->c, x->fmspc, sizeof x->fmspc),
			check_text_hex(v->c, x->pceid, sizeof x->pceid)),
		    check_text(v->c, "%s, FMSPC %s, PCE-ID %s", pcs_tee_name(t->tee),
			check_text_hex(v->c, t->fmspc, sizeof t->fmspc),
			check_text_hex(v->c, t->pce_id, sizeof t->pce_id)));
	return check_pass(v->c, DCAP_CHECK_TCB_INFO);
}

/* spec: sgx-tdx §5 step 9 */
static bool step_qe_identity(struct dcap *v)
{
	const struct collateral_item *i = v->items.qe_identity;
	const struct sgx_report *qe = &v->q->qe;
	struct pcs_enclave_fields f = { .isvprodid = qe->isvprodid };
	struct att_error why = { 0 };
	const char *id;

	if (!judge(v, &qe_identity, i))
		return false;
	id = pcs_enclave_name(i->qe_identity->id);
	if (strcmp(id, dcap_enclave_id(v)) != 0)
		return check_fail(v->c, DCAP_CHECK_QE_IDENTITY,
		    check_text(v->c, "identity %s", dcap_enclave_id(v)),
		    check_text(v->c, "identity %s", id));
	for (size_t k = 0; k < sizeof f.miscselect; k++)
		f.miscselect[k] = (uint8_t)(qe->miscselect >> 8 * k);
	bytes_copy(f.attributes, qe->attributes, sizeof f.attributes);
	bytes_copy(f.mrsigner, qe->mrsigner, sizeof f.mrsigner);
	return dcap_result(v, DCAP_CHECK_QE_IDENTITY, pcs_qeid_matches(i->qe_identity, &f, &why),
	    check_text(v->c, "the enclave of identity %s", id), &why);
}

/* A set of a lower number knows less about attacks. spec: sgx-tdx §5.3 */
static bool step_evaluation(struct dcap *v)
{
	uint32_t min = v->t->settings->tcb_min_evaluation, tcb = v->items.tcb_info->evaluation,
		qe = v->items.qe_identity->evaluation;

	if (min == 0)
		return true;
	if (tcb < min || qe < min)
		return check_fail_private(v->c, DCAP_CHECK_EVALUATION, check_text(v->c, "at least %u", min),
		    check_text(v->c, "TCB Info %u, QE identity %u", tcb, qe));
	return check_pass(v->c, DCAP_CHECK_EVALUATION);
}

bool dcap_step_collateral(struct dcap *v)
{
	static dcap_step *const steps[] = {
		step_find, step_crl, step_tcb_info, step_qe_identity, step_evaluation,
	};

	if (!dcap_run(v, steps, sizeof steps / sizeof steps[0]))
		return false;
	collateral_span_item(&v->span, v->items.root_crl);
	collateral_span_item(&v->span, v->items.pck_crl);
	return true;
}

/* spec: sgx-tdx §9.2 */
void dcap_hash_items(const struct dcap *v, struct dcap_hashes *out)
{
	const struct dcap_items *i = &v->items;

	hex_encode(i->tcb_info->chain_sha256, 32, out->tcb_info_certs);
	hex_encode(i->qe_identity->chain_sha256, 32, out->qeid_certs);
	hex_encode(i->tcb_info->text_sha256, 32, out->tcb_info);
	hex_encode(i->qe_identity->text_sha256, 32, out->qeid);
	hex_encode(i->root_crl->text_sha256, 32, out->crl);
}
