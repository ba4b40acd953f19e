#include "lib/policy/action.h"

#include <string.h>

#define CONFIG (1u << SEC_CONFIG)
#define AUTHZ (1u << SEC_AUTHZ)
#define ISSUANCE (1u << SEC_ISSUANCE)

/* issue() in authorizationrules: a published sample has it, so it is accepted, but no claim
 * reaches the token from there (spec section 3). */
static const struct action_row actions[] = {
	{ "permit", ARGS_NONE, AUTHZ, POLICY_PERMIT, false, false, "authorizationrules" },
	{ "deny", ARGS_NONE, AUTHZ, POLICY_DENY, false, false, "authorizationrules" },
	{ "add", ARGS_CLAIM, CONFIG | AUTHZ | ISSUANCE, POLICY_NO_PERMIT, false, false, "any section" },
	{ "issue", ARGS_CLAIM, AUTHZ | ISSUANCE, POLICY_NO_PERMIT, true, false, "issuancerules" },
	{ "issueproperty", ARGS_CLAIM, CONFIG | ISSUANCE, POLICY_NO_PERMIT, false, true,
	    "configurationrules and issuancerules" }
};

const struct action_row *action_find(const char *name)
{
	for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

const struct action_row *action_at(size_t i)
{
	return i < sizeof actions / sizeof actions[0] ? &actions[i] : NULL;
}
