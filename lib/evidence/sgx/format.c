#include "lib/evidence/sgx/sgx.h"

/* Recorded. spec: policy-language section 13 */
#define DEFAULT_POLICY "version= 1.0;authorizationrules{=> permit();};issuancerules{" \
	"c:[type==\"x-ms-sgx-is-debuggable\"] => issue(type=\"is-debuggable\", value=c.value);" \
	"c:[type==\"x-ms-sgx-mrsigner\"] => issue(type=\"sgx-mrsigner\", value=c.value);" \
	"c:[type==\"x-ms-sgx-mrenclave\"] => issue(type=\"sgx-mrenclave\", value=c.value);" \
	"c:[type==\"x-ms-sgx-product-id\"] => issue(type=\"product-id\", value=c.value);" \
	"c:[type==\"x-ms-sgx-svn\"] => issue(type=\"svn\", value=c.value);" \
	"c:[type==\"x-ms-attestation-type\"] => issue(type=\"tee\", value=c.value);};"

/* Debug enclaves can be read by anybody on their machine. */
#define STRICT_POLICY "version=1.0;\nauthorizationrules{\n" \
	"\t[type==\"x-ms-sgx-is-debuggable\", value==true] => deny();\n" \
	"\t=> permit();\n};\n"

static bool parse_quote(struct rd in, struct arena *a, struct crypto *c, void **out, struct att_error *e)
{
	struct sgx_evidence *ev;

	(void)c;
	if (!sgx_quote_evidence(in, a, &ev, e))
		return false;
	*out = ev;
	return true;
}

static bool parse_oe(struct rd in, struct arena *a, struct crypto *c, void **out, struct att_error *e)
{
	struct sgx_evidence *ev;

	(void)c;
	if (!sgx_oe_evidence(in, a, &ev, e))
		return false;
	*out = ev;
	return true;
}

static bool recognise_quote(struct rd in)
{
	return quote_recognise(in, QUOTE_TEE_SGX);
}

static bool recognise_oe(struct rd in)
{
	struct oe_evidence oe;

	return oe_header_parse(in, &oe, NULL) && quote_recognise(oe.quote, QUOTE_TEE_SGX);
}

static bool strict_policy(const struct att_settings *s, struct arena *a, char **text, struct att_error *e)
{
	(void)s;
	*text = arena_strdup(a, STRICT_POLICY);
	return *text ? true : arena_fail(a, e);
}

const struct evidence_format sgx_format = {
	.name = "SgxEnclave",
	.attestation_type = "sgx",
	.default_policy = DEFAULT_POLICY,
	.member = "quote",
	.checks = sgx_checks,
	.nchecks = SGX_NCHECKS,
	.form_check = DCAP_CHECK_FORM,
	.recognise = recognise_quote,
	.parse = parse_quote,
	.verify = sgx_verify,
	.claims = sgx_claims,
	.describe = sgx_describe,
	.strict_policy = strict_policy,
};

const struct evidence_format oe_format = {
	.name = "OpenEnclave",
	.attestation_type = "sgx",
	.default_policy = DEFAULT_POLICY,
	.member = "report",
	.checks = sgx_checks,
	.nchecks = SGX_NCHECKS,
	.form_check = DCAP_CHECK_FORM,
	.recognise = recognise_oe,
	.parse = parse_oe,
	.verify = sgx_verify,
	.claims = sgx_claims,
	.describe = sgx_describe,
	.strict_policy = strict_policy,
};
