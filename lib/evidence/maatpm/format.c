/* format.c - type Tpm among the formats. */
#include "lib/evidence/maatpm/parts.h"

const struct check_row maatpm_checks[MAATPM_NCHECKS] = {
#define X(name, id, optional, title, spec) [MAATPM_CHECK_##name] = { id, title, spec, optional },
#include "lib/evidence/maatpm/checks.tbl"
#undef X
};

static bool parse(struct rd in, struct arena *a, struct crypto *c, void **out, struct att_error *e)
{
	struct maatpm_evidence *ev;

	(void)c;
	if (!maatpm_evidence_parse(in, a, &ev, e))
		return false;
	*out = ev;
	return true;
}

/* Azure has no default for this type, so there is none to make stricter. */
static bool strict_policy(const struct att_settings *s, struct arena *a, char **text, struct att_error *e)
{
	(void)s;
	*text = arena_strdup(a, "");
	return *text ? true : arena_fail(a, e);
}

const struct evidence_format tpm_format = {
	.name = "Tpm",
	.attestation_type = "tpm",
	.default_policy = "",
	.member = "data",
	.checks = maatpm_checks,
	.nchecks = MAATPM_NCHECKS,
	.form_check = MAATPM_CHECK_MESSAGE_FORM,
	.recognise = maatpm_recognise,
	.parse = parse,
	.verify = maatpm_verify,
	.claims = maatpm_claims,
	.describe = maatpm_describe,
	.strict_policy = strict_policy,
	.tpm_token = true,
};
