#include "lib/evidence/snp/endorsement.h"

#include <string.h>

#include "lib/base/hex.h"

const char *snp_key_vcek(struct arena *a, const struct snp_product *p, const uint8_t *chip_id,
    const uint8_t tcb[8])
{
	char chip[2 * sizeof((struct ext_snp *)0)->hwid + 1], version[17];

	hex_encode(chip_id, p->hwid_len, chip);
	hex_encode(tcb, 8, version);
	return arena_printf(a, "%s-%s-%s", p->name, chip, version);
}

const char *snp_key_branch(struct arena *a, const struct snp_product *p, enum snp_signing_key kind)
{
	return arena_printf(a, "%s-%s", p->name, kind == SNP_KEY_VLEK ? "vlek" : "vcek");
}

static bool is_machine(const struct att_error *why)
{
	return why->code == ATT_E_NOMEM || why->code == ATT_E_INTERNAL;
}

/* False always. */
static bool fault(struct snp_endorsement *o, enum collateral_fault f, const struct att_error *why)
{
	o->fault = f;
	o->why = *why;
	return false;
}

static bool fault_text(
    struct snp_endorsement *o, enum collateral_fault f, const char *what, const char *name)
{
	struct att_error why = { 0 };

	(void)att_fail(&why, ATT_E_NOT_AUTHENTIC, "%s%s", what, name);
	return fault(o, f, &why);
}

static struct x509_cert *at_hand(const struct snp_sources *s, size_t i)
{
	const struct x509_bundle *sets[] = { s->given, s->anchors };

	return x509_bundles_at(sets, sizeof sets / sizeof sets[0], i);
}

static bool named(const struct x509_cert *cert, const char *prefix, const char *product)
{
	size_t n = strlen(prefix);

	return strncmp(x509_subject_cn(cert), prefix, n) == 0 &&
	    strcmp(x509_subject_cn(cert) + n, product) == 0;
}

/* The pinned one, else an anchor, never one by its name alone. */
static const struct x509_cert *find_root(const struct snp_sources *s, const struct snp_product *p,
    struct snp_endorsement *o)
{
	const struct x509_cert *cert, *anchor = NULL, *stranger = NULL;
	struct att_error why = { 0 };

	for (size_t i = 0; (cert = at_hand(s, i)); i++) {
		if (!named(cert, "ARK-", p->name))
			continue;
		if (snp_root_pinned(p, pubkey_spki_sha256(x509_pubkey(cert)))) {
			anchor = cert;
			o->simulated = false;
			break;
		}
		if (x509_bundle_has(s->anchors, cert)) {
			anchor = cert;
			o->simulated = true;
		} else {
			stranger = cert;
		}
	}
	if (anchor && snp_ca_form(anchor, &why) &&
	    x509_issued_by(s->crypto, anchor, anchor, 1, &why))
		return anchor;
	if (anchor)
		(void)fault(o, COLLATERAL_ROOT, &why);
	else if (stranger)
		(void)fault_text(
		    o, COLLATERAL_ROOT, "the root has another key than AMD's ARK-", p->name);
	else
		(void)fault_text(o, COLLATERAL_ROOT, "no certificate ARK-", p->name);
	return NULL;
}

static bool revoked_by(const struct snp_sources *s, const struct x509_cert *root,
    const struct x509_cert *cert)
{
	for (size_t i = 0; i < s->ncrls; i++)
		if (x509_crl_revokes(s->crls[i], cert) &&
		    x509_crl_signed_by(s->crypto, s->crls[i], root, NULL))
			return true;
	return false;
}

/* Everything about an intermediate but its own dates. */
static bool ica_good(const struct snp_sources *s, const struct x509_cert *ica,
    const struct snp_product *p, struct snp_endorsement *o)
{
	const struct x509_cert *root = find_root(s, p, o);
	struct att_error why = { 0 };

	if (!root)
		return false;
	o->chain[o->nchain++] = root;
	if (!snp_ca_form(ica, &why) || !x509_issued_by(s->crypto, ica, root, 1, &why))
		return fault(o, COLLATERAL_SIGNATURE, &why);
	if (!x509_valid_at(root, s->now_s, &why))
		return fault(o, COLLATERAL_SIGNER_DATES, &why);
	if (revoked_by(s, root, ica))
		return fault_text(
		    o, COLLATERAL_SIGNER_REVOKED, "revoked by its root: ", x509_subject_cn(ica));
	return true;
}

static void own_dates(
    const struct snp_sources *s, const struct x509_cert *cert, struct snp_endorsement *o)
{
	struct att_error why = { 0 };

	if (!x509_valid_at(cert, s->now_s, &why))
		(void)fault(o,
		    s->now_s < x509_not_before(cert) ? COLLATERAL_EARLY : COLLATERAL_EXPIRED, &why);
}

static void judge_chain(const struct snp_sources *s, const struct x509_cert *ica,
    const struct snp_product *p, struct snp_endorsement *o)
{
	if (ica_good(s, ica, p, o))
		own_dates(s, ica, o);
}

/* Several may bear the name; a good one is enough. */
static const struct x509_cert *signer_of(const struct snp_sources *s, const struct x509_cert *leaf,
    const struct snp_product *p, struct snp_endorsement *o)
{
	struct snp_endorsement first = { 0 };
	const struct x509_cert *cert;

	for (size_t i = 0; (cert = at_hand(s, i)); i++) {
		struct snp_endorsement t = *o;

		if (strcmp(x509_subject_cn(cert), x509_issuer_cn(leaf)) != 0)
			continue;
		t.chain[t.nchain++] = cert;
		if (ica_good(s, cert, p, &t)) {
			*o = t;
			return cert;
		}
		if (t.fault == COLLATERAL_SIGNATURE)
			t.fault = COLLATERAL_SIGNER;
		if (first.nchain == 0 || is_machine(&t.why))
			first = t;
	}
	if (first.nchain > 0)
		*o = first;
	else
		(void)fault_text(o, COLLATERAL_SIGNER, "no certificate beside it of its issuer ",
		    x509_issuer_cn(leaf));
	return NULL;
}

static void judge_vcek(const struct snp_sources *s, const struct x509_cert *leaf,
    const struct snp_product *p, struct snp_endorsement *o)
{
	const struct x509_cert *ica = signer_of(s, leaf, p, o);
	struct att_error why = { 0 };

	if (!ica)
		return;
	if (!x509_valid_at(ica, s->now_s, &why))
		(void)fault(o, COLLATERAL_SIGNER_DATES, &why);
	else if (!x509_issued_by(s->crypto, leaf, ica, 0, &why))
		(void)fault(o, COLLATERAL_SIGNATURE, &why);
	else
		own_dates(s, leaf, o);
}

/* Its key is read from what AMD certified in it. */
static bool vcek_key(const struct snp_sources *s, const struct x509_cert *cert,
    const struct snp_product *p, struct snp_endorsement *o, struct att_error *e)
{
	struct att_error why = { 0 };
	struct ext_snp x = { 0 };
	uint8_t tcb[8];
	bool ok = ext_snp_parse(cert, &x, &why);

	if (!ok && is_machine(&why))
		return att_fail(e, why.code, "%s", why.text);
	if (ok &&
	    (!x.has_hwid || x.hwid_len != p->hwid_len || x.struct_version != p->struct_version ||
		!snp_product_named(p, x.product) || !bytes_zero(x.reserved, sizeof x.reserved)))
		ok = att_fail(&why, ATT_E_BAD_FORMAT, "extensions of %s that are not of %s",
		    x.product, p->name);
	if (ok && pubkey_kind(x509_pubkey(cert)) != KEY_P384)
		ok = att_fail(&why, ATT_E_BAD_FORMAT, "a key that is not on P-384");
	if (!ok) {
		o->key = "";
		(void)fault(o, COLLATERAL_FORM, &why);
		return true;
	}
	snp_tcb_encode(
	    p, &(struct att_snp_tcb){ x.fmc, x.bootloader, x.tee, x.snp, x.microcode }, tcb);
	o->key = snp_key_vcek(s->a, p, x.hwid, tcb);
	return o->key || arena_fail(s->a, e);
}

static bool read_vcek(const struct snp_sources *s, const struct x509_cert *cert,
    struct snp_endorsement *o, struct att_error *e)
{
	const struct snp_product *p = snp_product_of_ica(x509_issuer_cn(cert), SNP_KEY_VCEK);

	o->kind = "snp-vcek";
	o->chain[o->nchain++] = cert;
	if (!p) {
		o->key = "";
		(void)fault_text(o, COLLATERAL_FORM, "an issuer of no product line that is known: ",
		    x509_issuer_cn(cert));
		return true;
	}
	if (!vcek_key(s, cert, p, o, e))
		return false;
	if (o->fault == COLLATERAL_GOOD)
		judge_vcek(s, cert, p, o);
	return true;
}

static bool read_ica(const struct snp_sources *s, const struct x509_cert *cert,
    struct snp_endorsement *o, struct att_error *e)
{
	static const enum snp_signing_key branches[] = { SNP_KEY_VCEK, SNP_KEY_VLEK };

	for (size_t i = 0; i < sizeof branches / sizeof branches[0]; i++) {
		const struct snp_product *p =
		    snp_product_of_ica(x509_subject_cn(cert), branches[i]);
		if (!p)
			continue;
		o->kind = "snp-chain";
		o->key = snp_key_branch(s->a, p, branches[i]);
		if (!o->key)
			return arena_fail(s->a, e);
		o->chain[o->nchain++] = cert;
		judge_chain(s, cert, p, o);
	}
	return true;
}

static bool machine_failed(const struct snp_endorsement *o, struct att_error *e)
{
	return is_machine(&o->why) && !att_fail(e, o->why.code, "%s", o->why.text);
}

bool snp_endorsement_cert(const struct snp_sources *s, const struct x509_cert *cert,
    struct snp_endorsement *out, struct att_error *e)
{
	struct snp_endorsement o = { .fault = COLLATERAL_GOOD };

	if (!(strcmp(x509_subject_cn(cert), "SEV-VCEK") == 0 ? read_vcek(s, cert, &o, e) :
		read_ica(s, cert, &o, e)) || machine_failed(&o, e))
		return false;
	*out = o;
	return true;
}

static const struct snp_product *product_of_root(const char *cn)
{
	const struct snp_product *p;

	for (size_t i = 0; (p = snp_product_at(i)); i++)
		if (strncmp(cn, "ARK-", 4) == 0 && strcmp(cn + 4, p->name) == 0)
			return p;
	return NULL;
}

static enum snp_signing_key branch_of(const struct snp_sources *s, const struct snp_product *p)
{
	const struct x509_cert *cert;
	bool vcek = false, vlek = false;

	for (size_t i = 0; (cert = at_hand(s, i)); i++) {
		vcek = vcek || snp_product_of_ica(x509_subject_cn(cert), SNP_KEY_VCEK) == p;
		vlek = vlek || snp_product_of_ica(x509_subject_cn(cert), SNP_KEY_VLEK) == p;
	}
	return vlek && !vcek ? SNP_KEY_VLEK : SNP_KEY_VCEK;
}

static void judge_crl(const struct snp_sources *s, struct x509_crl *l, const struct snp_product *p,
    struct snp_endorsement *o)
{
	const struct x509_cert *root;
	struct att_error why = { 0 };
	size_t n;

	if (!x509_crl_number(l, &n)) {
		(void)fault_text(
		    o, COLLATERAL_FORM, "no CRL number in the list of ", x509_crl_issuer_cn(l));
		return;
	}
	root = find_root(s, p, o);
	if (!root)
		return;
	o->chain[o->nchain++] = root;
	if (!x509_crl_signed_by(s->crypto, l, root, &why))
		(void)fault(o, COLLATERAL_SIGNATURE, &why);
	else if (!x509_valid_at(root, s->now_s, &why))
		(void)fault(o, COLLATERAL_SIGNER_DATES, &why);
	else if (!x509_crl_current(l, s->now_s, &why))
		(void)fault(o,
		    s->now_s < x509_crl_this_update(l) ? COLLATERAL_EARLY : COLLATERAL_EXPIRED,
		    &why);
}

bool snp_endorsement_crl(const struct snp_sources *s, struct x509_crl *l,
    struct snp_endorsement *out, struct att_error *e)
{
	const struct snp_product *p = product_of_root(x509_crl_issuer_cn(l));
	struct snp_endorsement o = { .fault = COLLATERAL_GOOD };

	if (p) {
		o.kind = "snp-crl";
		o.key = snp_key_branch(s->a, p, branch_of(s, p));
		if (!o.key)
			return arena_fail(s->a, e);
		judge_crl(s, l, p, &o);
		if (machine_failed(&o, e))
			return false;
	}
	*out = o;
	return true;
}
