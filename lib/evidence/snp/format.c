#include "lib/base/buf.h"
#include "lib/evidence/snp/checks.h"
#include "lib/evidence/snp/snp.h"

static bool parse(struct rd in, struct arena *a, struct crypto *c, void **out, struct att_error *e)
{
	struct snp_evidence *ev;

	(void)c;
	if (!snp_evidence_parse(in, a, &ev, e))
		return false;
	*out = ev;
	return true;
}

/*
 * One deny rule for each component of the product's floor that demands something.  A component that
 * the product does not have counts as 0, as in the check snp.tcb.minimum: such a floor denies the
 * product.
 */
static void put_floor(struct buf *b, const struct snp_product *p, const struct att_snp_tcb *floor)
{
	for (size_t i = 0; i < SNP_TCB_COMPONENTS; i++) {
		if (snp_tcb_get(floor, i) == 0)
			continue;
		buf_fmt(b, "\t[type==\"x-attestd-snp-product\", value==\"%s\"]", p->name);
		if (snp_tcb_has(p, i))
			buf_fmt(b, " && [type==\"x-attestd-snp-reported-tcb-%s\", value<%u]",
			    snp_tcb_components[i].name, snp_tcb_get(floor, i));
		buf_str(b, " => deny();\n");
	}
}

bool snp_strict_policy(const struct att_settings *s, struct arena *a, char **text, struct att_error *e)
{
	struct buf b = buf_make(a);
	const struct snp_product *p;

	buf_str(&b, "version=1.0;\nauthorizationrules{\n"
	    "\t[type==\"x-ms-sevsnpvm-is-debuggable\", value==true] => deny();\n"
	    "\t[type==\"x-ms-sevsnpvm-migration-allowed\", value==true] => deny();\n"
	    "\t[type==\"x-ms-sevsnpvm-vmpl\", value!=0] => deny();\n");
	for (size_t i = 0; (p = snp_product_at(i)); i++)
		if (p->min_tcb >= 0)
			put_floor(&b, p, &s->snp_min_tcb[p->min_tcb]);
	buf_str(&b, "\t=> permit();\n};\n");
	if (!buf_ok(&b, e))
		return false;
	*text = b.p;
	return true;
}

const struct evidence_format snp_format = {
	.name = "SevSnpVm",
	.attestation_type = "sevsnpvm",
	.default_policy = "version= 1.0;authorizationrules{=> permit();};",
	.member = "report",
	.checks = snp_checks,
	.nchecks = SNP_NCHECKS,
	.form_check = SNP_CHECK_FORM,
	.recognise = snp_recognise,
	.parse = parse,
	.verify = snp_verify,
	.claims = snp_claims,
	.describe = snp_describe,
	.strict_policy = snp_strict_policy,
};
