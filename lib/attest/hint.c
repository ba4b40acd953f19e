#include <string.h>

#include "lib/attest/appraisal.h"

/* By check id (a prefix ending in '.' stands for the family); the first row that fits. */
static const struct hint_row {
	const char *id, *hint;
} check_hints[] = {
	{ "request.nonce", "ask the attester for fresh evidence with the nonce you gave" },
};

static const struct code_row {
	enum att_err code;
	const char *hint;
} code_hints[] = {
	{ ATT_E_COLLATERAL, "give the certificate with --certs, put it into collateral.dir, or send it in the request" },
	{ ATT_E_POLICY_PARSE, "attest policy check shows the line and what was expected there" },
	{ ATT_E_POLICY_EVAL, "attest policy eval --claims shows which rule fired and which did not" },
};

static bool id_fits(const char *row, const char *id)
{
	size_t n = strlen(row);

	return n && row[n - 1] == '.' ? strncmp(row, id, n) == 0 : strcmp(row, id) == 0;
}

const char *hint_for(const char *check_id, const struct att_error *why)
{
	for (size_t i = 0; check_id && i < sizeof check_hints / sizeof check_hints[0]; i++)
		if (id_fits(check_hints[i].id, check_id))
			return check_hints[i].hint;
	for (size_t i = 0; i < sizeof code_hints / sizeof code_hints[0]; i++)
		if (code_hints[i].code == why->code)
			return code_hints[i].hint;
	return NULL;
}
