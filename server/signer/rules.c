#include "server/signer/rules.h"

#include <string.h>

#include "lib/json/json.h"

/* spec: rest-api section 7 */
static const struct { const char *name; bool in_attestation; } result_claims[] = {
	{ "x-ms-policy", true },
	{ "x-ms-policy-signer", true },
	{ "x-ms-policy-result", false },
	{ "x-ms-policy-token-hash", false },
	{ "x-ms-policy-certificates", false },
	{ "x-ms-certificate-thumbprint", false },
	{ "x-ms-policycertificates-result", false },
};
#define NRESULT_CLAIMS (sizeof result_claims / sizeof *result_claims)

static size_t result_claim(const struct json *member)
{
	size_t i = 0;

	while (i < NRESULT_CLAIMS && (strlen(result_claims[i].name) != member->name_len ||
	    strcmp(result_claims[i].name, member->name) != 0))
		i++;
	return i;
}

static bool object_of(struct arena *a, struct rd claims, struct json **out, struct att_error *e)
{
	static const struct json_limits limits = { .u64_member = "nonce" };

	if (!json_parse(a, rd_ptr(&claims), rd_left(&claims), &limits, out, e))
		return att_within(e, "claims");
	return json_is(*out, JSON_OBJECT) || att_fail(e, ATT_E_BAD_FORMAT, "claims: not an object");
}

bool rules_management(struct arena *a, struct rd claims, struct att_error *e)
{
	struct json *o;

	if (!object_of(a, claims, &o, e))
		return false;
	if (!o->child)
		return att_fail(e, ATT_E_OPERATION, "claims: a management result has at least one");
	for (const struct json *m = o->child; m; m = m->next)
		if (result_claim(m) == NRESULT_CLAIMS)
			return att_fail(e, ATT_E_OPERATION, "claims: a management result has no %s", m->name);
	return true;
}

bool rules_attestation(struct arena *a, struct rd claims, struct att_error *e)
{
	struct json *o;

	if (!object_of(a, claims, &o, e))
		return false;
	for (const struct json *m = o->child; m; m = m->next) {
		size_t i = result_claim(m);
		if (i < NRESULT_CLAIMS && !result_claims[i].in_attestation)
			return att_fail(e, ATT_E_OPERATION, "claims: an attestation token has no %s",
			    m->name);
	}
	return json_is(json_get(o, "x-ms-attestation-type"), JSON_STRING) ||
	    att_fail(e, ATT_E_OPERATION, "claims: an attestation token has x-ms-attestation-type");
}
