#include <string.h>

#include "lib/evidence/snp/endorsement.h"
#include "lib/evidence/snp/verify.h"

/* CPUID says it; the firmware of version 2 reports was Milan's before it was Genoa's. */
static const struct snp_product *product_of(const struct snp_report *r)
{
	return r->version >= 3 ? snp_product_of_cpuid(r->cpuid_family, r->cpuid_model) :
				 snp_product_at(0);
}

static bool is_ica(
    const struct x509_cert *cert, const struct snp_product *p, enum snp_signing_key kind)
{
	return snp_product_of_ica(x509_subject_cn(cert), kind) == p;
}

static bool is_ark(const char *cn, const struct snp_product *p)
{
	return strncmp(cn, "ARK-", 4) == 0 && strcmp(cn + 4, p->name) == 0;
}

static bool has_chain(
    const struct x509_bundle *b, const struct snp_product *p, enum snp_signing_key kind)
{
	bool ica = false, ark = false;

	for (size_t i = 0; b && i < b->n; i++) {
		ica = ica || is_ica(b->certs[i], p, kind);
		ark = ark || is_ark(x509_subject_cn(b->certs[i]), p);
	}
	return ica && ark;
}

static bool has_leaf(const struct x509_bundle *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(x509_subject_cn(b->certs[i]), "SEV-VCEK") == 0)
			return true;
	return false;
}

static bool has_list(const struct snp_verifier *v, const struct snp_product *p)
{
	for (size_t i = 0; i < v->t->ncrls; i++)
		if (is_ark(x509_crl_issuer_cn(v->t->crls[i]), p))
			return true;
	return false;
}

static void need(struct snp_verifier *v, const char *kind, const char *key, bool is_there)
{
	outcome_need(v->o,
	    &(struct att_need){ .kind = kind, .key = key, .baseline = "", .is_there = is_there });
}

/*
 * Certificates that came with the report are taken for what they should be until they have been
 * looked at; then what they lack is told.
 */
bool snp_tell_needs(struct snp_verifier *v)
{
	const struct snp_product *p = product_of(v->r);
	bool some = v->ev->certs.ncerts > 0, looked = v->sent.n > 0;
	const char *branch;

	if (!p)
		return true;
	branch = snp_key_branch(v->a, p, v->kind);
	if (!branch)
		return arena_fail(v->a, &v->fault);
	if (v->kind == SNP_KEY_VCEK && (!some || (looked && !has_leaf(&v->sent))) &&
	    !bytes_zero(v->r->chip_id, sizeof v->r->chip_id))
		need(v, "snp-vcek", snp_key_vcek(v->a, p, v->r->chip_id, v->r->reported_tcb),
		    v->chain.leaf != NULL);
	if (!some || (looked && !has_chain(&v->sent, p, v->kind)))
		need(v, "snp-chain", branch, v->chain.ica || has_chain(v->t->certs, p, v->kind));
	if (v->t->settings->crl_required)
		need(v, "snp-crl", branch, has_list(v, p));
	return true;
}

bool snp_look_up(struct snp_verifier *v)
{
	if (!snp_tell_needs(v))
		return false;
	if (!v->t->look_up || v->o->nneeds == 0)
		return true;
	v->found = *v->t;
	v->t = &v->found;
	return v->t->look_up(v->t->look_up_state, v->o->needs, v->o->nneeds, &v->found, &v->fault);
}
