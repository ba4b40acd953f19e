/*
 * Default policies by attestation type.  A type with a format has its text there; those without are
 * listed here, so that their policies can be managed before their evidence can be verified. spec:
 * policy-language section 13
 */
#include <string.h>
#include <strings.h>

#include "lib/attest/appraisal.h"
#include "libattest/manage.h"

static const struct policy_type { const char *name, *text; } waiting[] = {
	{ "AzureGuest",
	    "version=1.0;\nauthorizationrules\n{\n"
	    "    // A virtual machine is refused as soon as one of these measured-boot facts is false.\n"
	    "    [type==\"secureboot\", value==false] => deny();\n"
	    "    [type==\"x-ms-azurevm-default-securebootkeysvalidated\", value==false] => deny();\n"
	    "    [type==\"x-ms-azurevm-dbvalidated\", value==false] => deny();\n"
	    "    [type==\"x-ms-azurevm-dbxvalidated\", value==false] => deny();\n"
	    "    [type==\"x-ms-azurevm-debuggersdisabled\", value==false] => deny();\n"
	    "    [type==\"x-ms-azurevm-signingdisabled\", value==false] => deny();\n"
	    "    => permit();\n};\nissuancerules\n{\n};\n" },
	{ "Tpm", "" },          /* none: a policy must be set first */
};
#define NWAITING (sizeof waiting / sizeof waiting[0])

/* Design section 2: an Isolated provider without a policy, under strict. */
static const char deny_all[] = "version= 1.0;authorizationrules{=> deny();};";

static size_t nformats(void)
{
	size_t n = 0;

	while (format_at(n))
		n++;
	return n;
}

/* A type that has got its format is skipped here, whether or not somebody removed its row. */
const char *att_policy_type_name(unsigned i)
{
	size_t formats = nformats(), k = formats;

	if (i < formats)
		return format_at(i)->name;
	for (size_t row = 0; row < NWAITING; row++)
		if (!format_find(waiting[row].name) && k++ == i)
			return waiting[row].name;
	return NULL;
}

const char *att_policy_type_find(const char *name)
{
	const char *known;

	for (unsigned i = 0; (known = att_policy_type_name(i)); i++)
		if (strcasecmp(known, name) == 0)
			return known;
	return NULL;
}

bool default_policy(const char *type, const struct att_settings *s, struct arena *a, const char **text,
    struct att_error *e)
{
	const struct evidence_format *f = format_find(type);
	char *made;

	*text = NULL;
	if (s->defaults == ATT_DEFAULTS_STRICT && s->isolated)
		*text = deny_all;
	else if (f && s->defaults == ATT_DEFAULTS_STRICT) {
		if (!f->strict_policy(s, a, &made, e))
			return false;
		*text = made;
	} else if (f)
		*text = f->default_policy;
	for (size_t i = 0; !*text && i < NWAITING; i++)
		if (strcasecmp(waiting[i].name, type) == 0)
			*text = waiting[i].text;
	return *text || att_fail(e, ATT_E_NOT_FOUND, "there is no attestation type %s", type);
}
