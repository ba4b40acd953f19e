#include "lib/evidence/tdx/tdx.h"

/* Bits 0 to 7 of TD_ATTRIBUTES open the TD to its host; migration and service TDs hand it to
 * somebody else. */
#define STRICT_POLICY "version=1.0;\nauthorizationrules{\n" \
	"\t[type==\"x-attestd-tdx-untrusted\", value==true] => deny();\n" \
	"\t[type==\"x-attestd-tdx-migratable\", value==true] => deny();\n" \
	"\t[type==\"x-attestd-tdx-mrservicetd\", value!=\"" \
	"0000000000000000000000000000000000000000000000000000000000000000" \
	"00000000000000000000000000000000\"] => deny();\n" \
	"\t=> permit();\n};\n"

static bool parse(struct rd in, struct arena *a, struct crypto *c, void **out, struct att_error *e)
{
	struct tdx_evidence *ev;

	(void)c;
	if (!tdx_evidence_parse(in, a, &ev, e))
		return false;
	*out = ev;
	return true;
}

static bool recognise(struct rd in)
{
	return quote_recognise(in, QUOTE_TEE_TDX);
}

static bool strict_policy(const struct att_settings *s, struct arena *a, char **text, struct att_error *e)
{
	(void)s;
	*text = arena_strdup(a, STRICT_POLICY);
	return *text ? true : arena_fail(a, e);
}

const struct evidence_format tdx_format = {
	.name = "TdxVm",
	.attestation_type = "tdxvm",
	.default_policy = "version= 1.0;authorizationrules{=> permit();};",
	.member = "quote",
	.checks = tdx_checks,
	.nchecks = TDX_NCHECKS,
	.form_check = DCAP_CHECK_FORM,
	.recognise = recognise,
	.parse = parse,
	.verify = tdx_verify,
	.claims = tdx_claims,
	.describe = tdx_describe,
	.strict_policy = strict_policy,
};
