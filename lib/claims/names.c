#include "lib/claims/names.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define F_ALL CLAIM_F_ALL
#define F_SGX CLAIM_F_SGX
#define F_SNP CLAIM_F_SNP
#define F_TDX CLAIM_F_TDX
#define F_AZGUEST CLAIM_F_AZGUEST
#define F_TPM CLAIM_F_TPM
#define F_VBS CLAIM_F_VBS

static const struct claim_name names[] = {
#define CLAIM(name, kind, formats, in_policy, in_token, alias_of) \
	{ name, CLAIM_##kind, formats, in_policy, in_token, alias_of },
#include "lib/claims/names.tbl"
#undef CLAIM
};

/* spec: design §2, reserved names: these whether or not the service made such a claim. */
static const char *const reserved_names[] = {
	"aud", "cnf", "exp", "iat", "iss", "jti", "nbf", "nonce", "rp_data", "sub", "ver"
};
/* ... and these families as far as the table knows the name. */
static const char *const reserved_prefixes[] = { "x-ms-", "tdx_", "attester_", "x-attestd-" };

/* spec: policy-language §4; bootPcrs by analogy */
static const char *const read_only_names[] = { "bootPcrs", "pcrs" };

const struct claim_name *claim_name_find(const char *name)
{
	size_t lo = 0, hi = COUNT(names);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(name, names[mid].name);

		if (order == 0)
			return &names[mid];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

size_t claim_name_count(void)
{
	return COUNT(names);
}

const struct claim_name *claim_name_at(size_t i)
{
	return i < COUNT(names) ? &names[i] : NULL;
}

bool claim_name_reserved(const char *name)
{
	for (size_t i = 0; i < COUNT(reserved_names); i++)
		if (strcmp(name, reserved_names[i]) == 0)
			return true;
	for (size_t i = 0; i < COUNT(reserved_prefixes); i++)
		if (strncmp(name, reserved_prefixes[i], strlen(reserved_prefixes[i])) == 0)
			return claim_name_find(name) != NULL;
	return false;
}

bool claim_name_read_only(const char *name)
{
	for (size_t i = 0; i < COUNT(read_only_names); i++)
		if (strcmp(name, read_only_names[i]) == 0)
			return true;
	return false;
}
