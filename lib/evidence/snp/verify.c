#include <string.h>

#include "lib/evidence/snp/verify.h"

#define P384_LEN 48                     /* bytes of r and of s */

const struct check_row snp_checks[SNP_NCHECKS] = {
#define X(name, id, optional, title, spec) [SNP_CHECK_##name] = { id, title, spec, optional },
#include "lib/evidence/snp/checks.tbl"
#undef X
};

bool snp_run(struct snp_verifier *v, snp_step *const *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!steps[i](v))
			return false;
	return true;
}

bool snp_is_fault(struct snp_verifier *v, const struct att_error *why)
{
	if (why->code != ATT_E_NOMEM && why->code != ATT_E_INTERNAL)
		return false;
	v->fault = *why;
	return true;
}

bool snp_result(struct snp_verifier *v, enum snp_check row, bool ok, const char *expected,
    const struct att_error *why)
{
	if (ok)
		return check_pass(v->c, row);
	if (snp_is_fault(v, why))
		return false;
	return check_fail(v->c, row, expected, check_text(v->c, "%s", why->text));
}

bool snp_missing(struct snp_verifier *v, const char *text)
{
	if (!text)
		return arena_fail(v->a, &v->fault);
	v->o->missing = text;
	return false;
}

/* Fields that decide how the rest is read. spec: sev-snp §8 steps 1 and 2 */
static bool step_version(struct snp_verifier *v)
{
	if (v->r->version < 2 || v->r->version > 5)
		return check_fail(
		    v->c, SNP_CHECK_VERSION, "2, 3, 4 or 5", check_text(v->c, "%u", v->r->version));
	return check_pass(v->c, SNP_CHECK_VERSION);
}

static bool step_signature_algo(struct snp_verifier *v)
{
	if (v->r->signature_algo != 1)
		return check_fail(v->c, SNP_CHECK_SIGNATURE_ALGO, "1",
		    check_text(v->c, "%u", v->r->signature_algo));
	return check_pass(v->c, SNP_CHECK_SIGNATURE_ALGO);
}

static bool step_policy(struct snp_verifier *v)
{
	if (!snp_policy_bit(v->r, SNP_POLICY_ONE) || v->r->policy >> SNP_POLICY_BITS)
		return check_fail(v->c, SNP_CHECK_POLICY, "bit 17 set, bits 63:26 zero",
		    check_text(v->c, "0x%016llx", (unsigned long long)v->r->policy));
	return check_pass(v->c, SNP_CHECK_POLICY);
}

static bool step_signing_key(struct snp_verifier *v)
{
	unsigned key = snp_signing_key(v->r);

	if (key != SNP_KEY_VCEK && key != SNP_KEY_VLEK)
		return check_fail(v->c, SNP_CHECK_SIGNING_KEY, "0 (VCEK) or 1 (VLEK)",
		    check_text(v->c, "%u%s", key, key == SNP_KEY_NONE ? " (none)" : " (reserved)"));
	v->kind = key == SNP_KEY_VLEK ? SNP_KEY_VLEK : SNP_KEY_VCEK;
	return check_pass(v->c, SNP_CHECK_SIGNING_KEY);
}

/* A VLEK is the cloud provider's, not the chip's: it does not say which chip it was. */
static bool step_vlek(struct snp_verifier *v)
{
	if (v->kind != SNP_KEY_VLEK)
		return true;
	if (!(v->t->settings->allow & ATT_ALLOW_VLEK))
		return check_fail(v->c, SNP_CHECK_VLEK, "a VCEK (relaxation vlek is off)", "a VLEK");
	v->o->relaxed |= ATT_ALLOW_VLEK;
	return check_pass(v->c, SNP_CHECK_VLEK);
}

static bool step_mask_chip_key(struct snp_verifier *v)
{
	if (snp_mask_chip_key(v->r))
		return check_fail(v->c, SNP_CHECK_MASK_CHIP_KEY, "MASK_CHIP_KEY 0",
		    "MASK_CHIP_KEY 1: no signature is made");
	return check_pass(v->c, SNP_CHECK_MASK_CHIP_KEY);
}

/* 0xFFFFFFFF is a report that the host asked for: the guest chose nothing in it. */
static bool step_vmpl(struct snp_verifier *v)
{
	if (v->r->vmpl > SNP_VMPL_MAX)
		return check_fail(v->c, SNP_CHECK_VMPL, "VMPL 0 to 3",
		    check_text(v->c, "0x%08x%s", v->r->vmpl,
			v->r->vmpl == SNP_VMPL_HOST ? " (requested by the host)" : ""));
	return check_pass(v->c, SNP_CHECK_VMPL);
}

/* R and S are little-endian in 72 bytes each; P-384 leaves 24 of them zero. spec: sev-snp §1 */
static bool step_signature(struct snp_verifier *v)
{
	const struct snp_report *r = v->r;
	uint8_t raw[2 * P384_LEN];
	struct att_error why = { 0 };

	if (!bytes_zero(r->r + P384_LEN, SNP_SIG_FIELD - P384_LEN) ||
	    !bytes_zero(r->s + P384_LEN, SNP_SIG_FIELD - P384_LEN))
		return check_fail(v->c, SNP_CHECK_SIGNATURE, "R and S of 48 bytes, zero above",
		    "R or S above 2^384");
	bytes_reverse(raw, r->r, P384_LEN);
	bytes_reverse(raw + P384_LEN, r->s, P384_LEN);
	return snp_result(v, SNP_CHECK_SIGNATURE,
	    sig_verify(v->t->crypto, x509_pubkey(v->chain.leaf), SIG_ECDSA_P384_SHA384,
		rd_make(rd_ptr(&v->ev->bytes), SNP_SIGNED_LEN), rd_make(raw, sizeof raw), &why),
	    "a signature by the leaf's key over bytes 0 to 671", &why);
}

static snp_step *const report_steps[] = {
	step_version,
	step_signature_algo,
	step_policy,
	step_signing_key,
	step_vlek,
	step_mask_chip_key,
	step_vmpl,
};
static snp_step *const chain_steps[] = {        /* skipped when the chain is known */
	snp_step_certs, snp_step_leaf, snp_step_leaf_key, snp_step_leaf_extensions,
	snp_step_product, snp_step_product_chain, snp_step_product_name,
	snp_step_root, snp_step_chain_ark, snp_step_chain_ica, snp_step_chain_leaf,
};
static snp_step *const evidence_steps[] = {
	snp_step_validity, snp_step_crl, snp_step_leaf_tcb, snp_step_hwid, step_signature,
};
static snp_step *const judge_steps[] = { snp_step_tcb_order, snp_step_versions, snp_step_minimum,
	snp_step_binding };
#define RUN(v, steps) snp_run(v, steps, sizeof(steps) / sizeof((steps)[0]))

static bool find_chain(struct snp_verifier *v)
{
	if (!snp_chain_key(v))
		return false;
	v->cached = snp_chain_cached(v);
	return v->cached || RUN(v, chain_steps);
}

/* The certificates that were sent lack one: what it is, is known only now. */
static bool find_chain_or_ask(struct snp_verifier *v)
{
	if (find_chain(v))
		return true;
	if (!v->o->missing || !snp_tell_needs(v) || !v->t->look_up || v->ev->certs.ncerts == 0 ||
	    !snp_look_up(v))
		return false;
	v->o->missing = NULL;
	x509_bundle_clear(&v->sent);
	snp_chain_clear(&v->chain);
	return find_chain(v);
}

static bool authentic(struct snp_verifier *v)
{
	if (!RUN(v, report_steps) || !snp_look_up(v) || !find_chain_or_ask(v) || !snp_tell_needs(v))
		return false;
	v->o->simulated_anchor = v->chain.simulated;
	if (!RUN(v, evidence_steps))
		return false;
	for (size_t i = 0; i < v->o->nneeds; i++)
		v->o->needs[i].is_authentic = true;
	if (!v->cached)
		snp_chain_keep(v);
	return true;
}

/* The certificate of a chip's key names the chip even where the report masks it. */
static bool identify(struct snp_verifier *v)
{
	const struct snp_report *r = v->r;
	const struct ext_snp *x = &v->chain.ext;
	const struct { enum att_deny_kind kind; const void *p; size_t n; } who[] = {
		{ ATT_DENY_CHIP_ID, x->has_hwid ? x->hwid : r->chip_id, sizeof r->chip_id },
		{ ATT_DENY_PRODUCT, v->chain.product->name, strlen(v->chain.product->name) },
		{ ATT_DENY_MEASUREMENT, r->measurement, sizeof r->measurement },
		{ ATT_DENY_SIGNER, r->id_key_digest, sizeof r->id_key_digest },
		{ ATT_DENY_SIGNER, r->author_key_digest, sizeof r->author_key_digest },
	};

	for (size_t i = 0; i < sizeof who / sizeof who[0]; i++)
		if (!evidence_identify(v->o, v->a, who[i].kind, who[i].p, who[i].n, &v->fault))
			return false;
	return true;
}

static bool note_facts(struct snp_verifier *v)
{
	struct snp_facts *f = arena_alloc(v->a, sizeof *f);

	if (!f)
		return arena_fail(v->a, &v->fault);
	f->product = v->chain.product;
	f->leaf_not_after_s = x509_not_after(v->chain.leaf);
	if (v->chain.ext.has_csp_id)
		bytes_copy(f->csp_id, v->chain.ext.csp_id, sizeof f->csp_id);
	v->o->facts = f;
	return true;
}

bool snp_verify(const void *ev, const struct trust *t, struct arena *a, struct evidence_outcome *o,
    struct att_error *e)
{
	struct snp_verifier v = {
		.ev = ev,
		.r = &((const struct snp_evidence *)ev)->report,
		.t = t,
		.a = a,
		.o = o,
		.c = o->checks,
	};

	check_pass(v.c, SNP_CHECK_FORM);
	if (authentic(&v)) {
		for (size_t i = 0; i < sizeof judge_steps / sizeof judge_steps[0]; i++)
			(void)judge_steps[i](&v);
		(void)(note_facts(&v) && identify(&v));
	}
	x509_bundle_clear(&v.sent);
	snp_chain_clear(&v.chain);
	if (v.fault.code != ATT_E_OK)
		return att_fail(e, v.fault.code, "%s", v.fault.text);
	return true;
}
