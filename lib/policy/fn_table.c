#include "lib/policy/fn_table.h"

#include <string.h>

/* spec: policy-language §7; name, arguments, result, read-only passes through, implementation, usage. */
static const struct fn functions[] = {
	{ "JmesPath", 2, { FN_TEXT, FN_TEXT }, FN_STRING, true, fn_jmes_path, "JmesPath(json, query)" },
	{ "JsonToClaimValue", 1, { FN_STRING }, FN_SET, true, fn_json_to_claim_value,
	    "JsonToClaimValue(json)" },
	{ "IsSubsetOf", 2, { FN_SET, FN_SET }, FN_BOOL, false, fn_is_subset_of, "IsSubsetOf(set, superset)" },
	{ "AppendString", 2, { FN_STRING, FN_STRING }, FN_STRING, true, fn_append_string,
	    "AppendString(first, second)" },
	{ "NegateBool", 1, { FN_BOOL }, FN_BOOL, true, fn_negate_bool, "NegateBool(boolean)" },
	{ "ContainsOnlyValue", 2, { FN_SET, FN_SCALAR }, FN_BOOL, false, fn_contains_only_value,
	    "ContainsOnlyValue(set, value)" }
};

const struct fn *fn_find(const char *name)
{
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
		if (strcmp(functions[i].name, name) == 0)
			return &functions[i];
	return NULL;
}

const struct fn *fn_at(size_t i)
{
	return i < sizeof functions / sizeof functions[0] ? &functions[i] : NULL;
}
