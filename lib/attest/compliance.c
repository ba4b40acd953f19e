/*
 * x-ms-compliance-status: the operator's own word for confidential VMs that he recognises, by a
 * claim of theirs.  The service says it, not the policy, because the name is reserved.  spec:
 * claims §3, §4; rest-api §5.4
 */
#include <string.h>

#include "lib/attest/appraisal.h"

/* Types whose tokens have the claim, by their x-ms-attestation-type. */
static const char *const types[] = { "sevsnpvm", "tdxvm" };

static bool has_status(const struct evidence_format *f)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i], f->attestation_type) == 0)
			return true;
	return false;
}

static bool fits(const struct att_compliance *row, const struct claims *c)
{
	const struct claim *found = claims_find(c, row->claim);

	return found && found->kind == CLAIM_STRING && strcmp(found->s, row->value) == 0;
}

bool compliance_claim(const struct att_settings *s, const struct evidence_format *f,
    struct claims *c, struct att_error *e)
{
	for (size_t i = 0; has_status(f) && i < s->ncompliance; i++)
		if (fits(&s->compliance[i], c))
			return claims_str(c, "x-ms-compliance-status", s->compliance[i].status, e);
	return true;
}
