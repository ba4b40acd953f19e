#include <string.h>

#include "lib/base/buf.h"
#include "lib/evidence/snp/verify.h"

#define KDS "https://kdsintf.amd.com/vcek/v1/"

/* The certificates sent, as one set: their order and labels are not signed. */
bool snp_step_certs(struct snp_verifier *v)
{
	const struct snp_certtable *t = &v->ev->certs;
	struct att_error why = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < t->ncerts; i++) {
		struct x509_bundle b = { 0 };

		ok = x509_bundle_parse(v->t->crypto, rd_ptr(&t->certs[i]), rd_left(&t->certs[i]), &b, &why);
		for (size_t j = 0; ok && j < b.n; j++)
			ok = x509_bundle_add(&v->sent, b.certs[j], &why);
		x509_bundle_clear(&b);
	}
	return t->ncerts == 0 ||
	    snp_result(v, SNP_CHECK_CERTS, ok, "PEM certificates, or one DER certificate", &why);
}

/* By the exact name: a tag or a position could be chosen by whoever sends them. */
static bool is_leaf(const struct x509_cert *cert, enum snp_signing_key kind)
{
	return strcmp(x509_subject_cn(cert), kind == SNP_KEY_VLEK ? "SEV-VLEK" : "SEV-VCEK") == 0;
}

static struct x509_cert *find_leaf(const struct x509_bundle *b, enum snp_signing_key kind, size_t *n)
{
	struct x509_cert *found = NULL;

	*n = 0;
	for (size_t i = 0; b && i < b->n; i++)
		if (is_leaf(b->certs[i], kind)) {
			found = found ? found : b->certs[i];
			++*n;
		}
	return found;
}

static bool fits_chip(const struct snp_report *r, const struct ext_snp *x)
{
	return bytes_zero(r->chip_id, sizeof r->chip_id) ||
	    (x->has_hwid && bytes_equal(x->hwid, r->chip_id, sizeof x->hwid));
}

static bool has_tcb(const struct ext_snp *x, const struct att_snp_tcb *t)
{
	return x->bootloader == t->bootloader && x->tee == t->tee && x->snp == t->snp &&
	    x->microcode == t->microcode && (x->has_fmc ? x->fmc : 0) == t->fmc &&
	    bytes_zero(x->reserved, sizeof x->reserved);
}

static bool fits_tcb(const struct snp_report *r, const struct x509_cert *cert,
    const struct ext_snp *x, enum snp_signing_key kind)
{
	const struct snp_product *p = snp_product_of_ica(x509_issuer_cn(cert), kind);
	struct att_snp_tcb t;

	if (!p)
		return false;
	t = snp_tcb_decode(p, r->reported_tcb);
	return has_tcb(x, &t);
}

/*
 * Among endorsements at hand, which may be of many machines: the one for this chip and TCB.  A
 * single one for this chip is taken even with another TCB, so that the check of the TCB says what
 * is wrong; so is the only one that was picked for this evidence, whatever chip it names.
 */
static struct x509_cert *choose_leaf(const struct snp_verifier *v)
{
	const struct x509_bundle *b = v->t->certs;
	struct x509_cert *other = NULL;
	size_t nothers = 0, nall = 0;
	struct x509_cert *only = find_leaf(b, v->kind, &nall);

	if (v->t->certs_picked && nall == 1)
		return only;
	for (size_t i = 0; b && i < b->n; i++) {
		struct ext_snp x;
		if (!is_leaf(b->certs[i], v->kind) || !ext_snp_parse(b->certs[i], &x, NULL) ||
		    (v->kind == SNP_KEY_VCEK && !fits_chip(v->r, &x)))
			continue;
		if (fits_tcb(v->r, b->certs[i], &x, v->kind))
			return b->certs[i];
		other = b->certs[i];
		nothers++;
	}
	return nothers == 1 ? other : NULL;
}

static const struct snp_product *product_of_report(const struct snp_report *r)
{
	return r->version >= 3 ? snp_product_of_cpuid(r->cpuid_family, r->cpuid_model) : NULL;
}

/* Which certificate, in the words of AMD's key distribution service. spec: sev-snp §7.3 */
static bool missing_leaf(struct snp_verifier *v)
{
	const struct snp_product *p = product_of_report(v->r);
	struct buf b = buf_make(v->a);
	struct att_snp_tcb t;

	if (v->kind == SNP_KEY_VLEK) {
		buf_fmt(&b, "VLEK certificate of %s from the machine's provider",
		    p ? p->name : "the product line");
		return snp_missing(v, buf_ok(&b, &v->fault) ? b.p : NULL);
	}
	buf_fmt(&b, "VCEK certificate of %s chip ", p ? p->name : "AMD");
	for (size_t i = 0; i < (p ? p->hwid_len : sizeof v->r->chip_id); i++)
		buf_fmt(&b, "%02x", v->r->chip_id[i]);
	if (p) {
		t = snp_tcb_decode(p, v->r->reported_tcb);
		buf_fmt(&b, " for reported TCB %s: " KDS "%s/", snp_tcb_text(v->a, p, &t), p->name);
		for (size_t i = 0; i < p->hwid_len; i++)
			buf_fmt(&b, "%02x", v->r->chip_id[i]);
		buf_str(&b, "?");
		if (p->fmc)
			buf_fmt(&b, "fmcSPL=%u&", t.fmc);
		buf_fmt(&b, "blSPL=%u&teeSPL=%u&snpSPL=%u&ucodeSPL=%u", t.bootloader, t.tee, t.snp,
		    t.microcode);
	} else {
		buf_str(&b, " for reported TCB ");
		for (size_t i = 0; i < sizeof v->r->reported_tcb; i++)
			buf_fmt(&b, "%02x", v->r->reported_tcb[i]);
	}
	return snp_missing(v, buf_ok(&b, &v->fault) ? b.p : NULL);
}

/* spec: sev-snp §8 step 3 */
bool snp_step_leaf(struct snp_verifier *v)
{
	enum snp_signing_key other = v->kind == SNP_KEY_VLEK ? SNP_KEY_VCEK : SNP_KEY_VLEK;
	const char *want = v->kind == SNP_KEY_VLEK ? "SEV-VLEK" : "SEV-VCEK";
	size_t n, nothers;
	struct x509_cert *leaf = find_leaf(&v->sent, v->kind, &n);

	if (n == 0 && find_leaf(&v->sent, other, &nothers))
		return check_fail(v->c, SNP_CHECK_LEAF_KIND, want,
		    other == SNP_KEY_VLEK ? "SEV-VLEK" : "SEV-VCEK");
	if (n > 1)
		return check_fail(v->c, SNP_CHECK_LEAF_SINGLE, check_text(v->c, "one certificate %s", want),
		    check_text(v->c, "%zu", n));
	if (!leaf)
		leaf = choose_leaf(v);
	if (!leaf)
		return missing_leaf(v);
	v->chain.leaf = x509_cert_ref(leaf);
	return check_pass(v->c, SNP_CHECK_LEAF_KIND) && check_pass(v->c, SNP_CHECK_LEAF_SINGLE);
}

bool snp_step_leaf_key(struct snp_verifier *v)
{
	const struct x509_cert *leaf = v->chain.leaf;
	enum sig_alg alg;

	if (x509_version(leaf) != 3)
		return check_fail(v->c, SNP_CHECK_LEAF_KEY, "X.509 version 3",
		    check_text(v->c, "%d", x509_version(leaf)));
	if (pubkey_kind(x509_pubkey(leaf)) != KEY_P384)
		return check_fail(v->c, SNP_CHECK_LEAF_KEY, "a key on P-384",
		    check_text(v->c, "another kind of key, %zu bits", pubkey_bits(x509_pubkey(leaf))));
	if (!x509_sig_alg(leaf, &alg) || alg != SIG_RSA_PSS_SHA384)
		return check_fail(v->c, SNP_CHECK_LEAF_KEY,
		    "a signature with RSASSA-PSS and SHA-384", "another algorithm");
	return check_pass(v->c, SNP_CHECK_LEAF_KEY);
}

/* A VCEK names its chip, a VLEK its provider; never both. spec: sev-snp §7.2 */
bool snp_step_leaf_extensions(struct snp_verifier *v)
{
	const char *want =
	    v->kind == SNP_KEY_VLEK ? "AMD's extensions with CSP_ID" : "AMD's extensions with HWID";
	struct ext_snp *x = &v->chain.ext;
	struct att_error why = { 0 };

	if (!ext_snp_parse(v->chain.leaf, x, &why))
		return snp_result(v, SNP_CHECK_LEAF_EXTENSIONS, false, want, &why);
	if (v->kind == SNP_KEY_VLEK ? !x->has_csp_id || x->has_hwid : !x->has_hwid || x->has_csp_id)
		return check_fail(v->c, SNP_CHECK_LEAF_EXTENSIONS, want,
		    check_text(v->c, "%s HWID, %s CSP_ID", x->has_hwid ? "a" : "no",
			x->has_csp_id ? "a" : "no"));
	return check_pass(v->c, SNP_CHECK_LEAF_EXTENSIONS);
}

/*
 * From CPUID; version 2 has none, so there the chain says it, and only of the lines that had such firmware:
 * under Turin's layout the components are elsewhere. spec: sev-snp §4
 */
bool snp_step_product(struct snp_verifier *v)
{
	const struct snp_report *r = v->r;
	const struct snp_product *p = r->version >= 3 ? product_of_report(r) :
	    snp_product_of_ica(x509_issuer_cn(v->chain.leaf), v->kind);

	if (!p && r->version >= 3)
		return check_fail(v->c, SNP_CHECK_PRODUCT, "CPUID of Milan, Genoa, Turin or Venice",
		    check_text(v->c, "family 0x%02x, model 0x%02x, stepping 0x%02x",
			r->cpuid_family, r->cpuid_model, r->cpuid_stepping));
	if (!p || (r->version < 3 && p->fmc))
		return check_fail(v->c, SNP_CHECK_PRODUCT, "a version 2 report under SEV-Milan or SEV-Genoa",
		    check_text(v->c, "issuer %s", x509_issuer_cn(v->chain.leaf)));
	v->chain.product = p;
	return check_pass(v->c, SNP_CHECK_PRODUCT);
}

bool snp_step_product_chain(struct snp_verifier *v)
{
	if (snp_product_of_ica(x509_issuer_cn(v->chain.leaf), v->kind) != v->chain.product)
		return check_fail(v->c, SNP_CHECK_PRODUCT_CHAIN, check_text(v->c, "issuer SEV-%s%s",
		    v->kind == SNP_KEY_VLEK ? "VLEK-" : "", v->chain.product->name),
		    check_text(v->c, "issuer %s", x509_issuer_cn(v->chain.leaf)));
	return check_pass(v->c, SNP_CHECK_PRODUCT_CHAIN);
}

bool snp_step_product_name(struct snp_verifier *v)
{
	if (!snp_product_named(v->chain.product, v->chain.ext.product))
		return check_fail(v->c, SNP_CHECK_PRODUCT_NAME, v->chain.product->name,
		    check_text(v->c, "%s", v->chain.ext.product));
	return check_pass(v->c, SNP_CHECK_PRODUCT_NAME);
}

/* Against the reported TCB: its keys are what the firmware derived. spec: sev-snp §8 step 6 */
bool snp_step_leaf_tcb(struct snp_verifier *v)
{
	const struct snp_product *p = v->chain.product;
	const struct ext_snp *x = &v->chain.ext;
	struct att_snp_tcb want = snp_tcb_decode(p, v->r->reported_tcb);
	struct att_snp_tcb found = { x->fmc, x->bootloader, x->tee, x->snp, x->microcode };

	/* structVersion says whether there is an FMC component, and how long the HWID is. */
	if (x->struct_version != p->struct_version || !bytes_zero(x->reserved, sizeof x->reserved))
		return check_fail(v->c, SNP_CHECK_LEAF_TCB,
		    check_text(v->c, "structVersion %u, reserved components 0", p->struct_version),
		    check_text(v->c, "structVersion %u, reserved components %u %u %u %u",
			x->struct_version, x->reserved[0], x->reserved[1], x->reserved[2],
			x->reserved[3]));
	if (!has_tcb(x, &want) || !snp_tcb_reserved_zero(p, v->r->reported_tcb))
		return check_fail(v->c, SNP_CHECK_LEAF_TCB,
		    check_text(v->c, "reported TCB: %s", snp_tcb_text(v->a, p, &want)),
		    check_text(v->c, "leaf: %s", snp_tcb_text(v->a, p, &found)));
	return check_pass(v->c, SNP_CHECK_LEAF_TCB);
}

/* spec: sev-snp §8 step 7 */
bool snp_step_hwid(struct snp_verifier *v)
{
	const struct snp_report *r = v->r;
	const struct ext_snp *x = &v->chain.ext;

	if (v->kind == SNP_KEY_VLEK)
		return true;
	if (bytes_zero(r->chip_id, sizeof r->chip_id)) {
		if (!(v->t->settings->allow & ATT_ALLOW_MASKED_CHIP_ID))
			return check_fail(v->c, SNP_CHECK_CHIP_ID,
			    "a chip id (relaxation masked-chip-id is off)", "zeros");
		v->o->relaxed |= ATT_ALLOW_MASKED_CHIP_ID;
		return true;
	}
	check_pass(v->c, SNP_CHECK_CHIP_ID);
	/* ext_snp pads a short HWID with zeros, and so does the report. */
	if (!bytes_equal(x->hwid, r->chip_id, sizeof r->chip_id))
		return check_fail(v->c, SNP_CHECK_HWID, check_text_hex(v->c, r->chip_id, sizeof r->chip_id),
		    check_text_hex(v->c, x->hwid, x->hwid_len));
	return check_pass(v->c, SNP_CHECK_HWID);
}
