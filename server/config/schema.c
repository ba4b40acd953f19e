#include "server/config/schema.h"

#include "server/config/config.h"
#include "server/config/config_tbl.h"

#define OPTIONAL CYAML_FLAG_OPTIONAL
/* An empty value, null or ~ means: not given. */
#define MAYBE_TEXT (CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL)
#define MAYBE_LIST (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

/* The sections of struct config have no names of their own. */
#define SECTION(member) __typeof__(((struct config *)NULL)->member)

#define UINT_IN(section, key) CYAML_FIELD_UINT(#key, OPTIONAL, section, key),
#define TEXT_IN(section, key) CYAML_FIELD_STRING_PTR(#key, MAYBE_TEXT, section, key, 0, CONFIG_TEXT_MAX),
#define NEED_IN(section, key) \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER, section, key, 0, CONFIG_TEXT_MAX),

static const cyaml_schema_value_t text_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CONFIG_TEXT_MAX)
};

#define TEXT(key, standard, kind) TEXT_IN(SECTION(policy), key)
static const cyaml_schema_field_t policy_fields[] = { CONFIG_POLICY(TEXT) CYAML_FIELD_END };
#undef TEXT

#define TEXT(key, standard, kind) TEXT_IN(SECTION(isolated), key)
static const cyaml_schema_field_t isolated_fields[] = { CONFIG_ISOLATED(TEXT) CYAML_FIELD_END };
#undef TEXT

#define UINT(key, standard, low, high) UINT_IN(SECTION(collateral.fetch), key)
static const cyaml_schema_field_t fetch_fields[] = { CONFIG_FETCH(UINT) CYAML_FIELD_END };
#undef UINT

#define NEED(key, kind) NEED_IN(struct config_source, key)
#define MAY(key, kind) TEXT_IN(struct config_source, key)
#define UINT(key, low, high) UINT_IN(struct config_source, key)
static const cyaml_schema_field_t source_fields[] = { CONFIG_SOURCE(NEED, MAY, UINT) CYAML_FIELD_END };
#undef NEED
#undef MAY
#undef UINT
static const cyaml_schema_value_t source_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_source, source_fields)
};

#define UINT(key, standard, low, high) UINT_IN(SECTION(challenge), key)
static const cyaml_schema_field_t challenge_fields[] = { CONFIG_CHALLENGE(UINT) CYAML_FIELD_END };
#undef UINT

#define UINT(key, standard, low, high) UINT_IN(SECTION(tpm), key)
static const cyaml_schema_field_t tpm_fields[] = {
	CYAML_FIELD_SEQUENCE("ek_roots", MAYBE_LIST, SECTION(tpm), ek_roots, &text_entry, 0,
	    CONFIG_EK_ROOTS_MAX),
	CONFIG_TPM(UINT) CYAML_FIELD_END
};
#undef UINT

#define TEXT(key, standard, kind) TEXT_IN(SECTION(measured_boot), key)
#define FILES(key) CYAML_FIELD_SEQUENCE(#key, MAYBE_LIST, SECTION(measured_boot), key, &text_entry, 0, \
	CONFIG_REFERENCE_FILES_MAX),
static const cyaml_schema_field_t measured_boot_fields[] = {
	CONFIG_REFERENCE_FILES(FILES) CONFIG_MEASURED_BOOT(TEXT) CYAML_FIELD_END
};
#undef TEXT
#undef FILES

#define TEXT(key, standard, kind) TEXT_IN(SECTION(collateral), key)
static const cyaml_schema_field_t collateral_fields[] = {
	CONFIG_COLLATERAL(TEXT)
	CYAML_FIELD_MAPPING("fetch", OPTIONAL, SECTION(collateral), fetch, fetch_fields),
	CYAML_FIELD_SEQUENCE("sources", MAYBE_LIST, SECTION(collateral), sources, &source_entry, 0,
	    CONFIG_SOURCES_MAX),
	CYAML_FIELD_END
};
#undef TEXT

#define UINT(key, standard, low, high) UINT_IN(SECTION(tcb), key)
#define TEXT(key, standard, kind) TEXT_IN(SECTION(tcb), key)
static const cyaml_schema_field_t sgx_tcb_fields[] = {
	CONFIG_TCB(UINT, TEXT)
	CYAML_FIELD_SEQUENCE("accept", MAYBE_LIST, SECTION(tcb), accept, &text_entry, 0, CONFIG_ACCEPT_MAX),
	CYAML_FIELD_END
};
#undef UINT
#undef TEXT

#define UINT(key, standard, low, high) UINT_IN(struct config_snp_tcb, key)
static const cyaml_schema_field_t tcb_fields[] = { CONFIG_SNP_TCB(UINT) CYAML_FIELD_END };
#undef UINT

static const cyaml_schema_field_t min_tcb_fields[] = {
	CYAML_FIELD_MAPPING_PTR("milan", MAYBE_LIST, SECTION(snp.min_tcb), milan, tcb_fields),
	CYAML_FIELD_MAPPING_PTR("genoa", MAYBE_LIST, SECTION(snp.min_tcb), genoa, tcb_fields),
	CYAML_FIELD_MAPPING_PTR("turin", MAYBE_LIST, SECTION(snp.min_tcb), turin, tcb_fields),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t snp_fields[] = {
	CYAML_FIELD_MAPPING("min_tcb", OPTIONAL, SECTION(snp), min_tcb, min_tcb_fields),
	CYAML_FIELD_END
};

#define UINT(key, standard, low, high) UINT_IN(SECTION(limits.body), key)
static const cyaml_schema_field_t body_fields[] = { CONFIG_BODY(UINT) CYAML_FIELD_END };
#undef UINT

#define UINT(key, standard, low, high) UINT_IN(SECTION(limits), key)
static const cyaml_schema_field_t limits_fields[] = {
	CONFIG_LIMITS(UINT)
	CYAML_FIELD_MAPPING("body", OPTIONAL, SECTION(limits), body, body_fields),
	CYAML_FIELD_END
};
#undef UINT

#define UINT(key, standard, low, high) UINT_IN(SECTION(token), key)
#define TEXT(key, standard, kind) TEXT_IN(SECTION(token), key)
static const cyaml_schema_field_t token_fields[] = { CONFIG_TOKEN(UINT, TEXT) CYAML_FIELD_END };
#undef UINT
#undef TEXT

#define UINT(key, standard, low, high) UINT_IN(SECTION(workers), key)
static const cyaml_schema_field_t workers_fields[] = { CONFIG_WORKERS(UINT) CYAML_FIELD_END };
#undef UINT

#define TEXT(key, standard, kind) TEXT_IN(SECTION(log), key)
static const cyaml_schema_field_t log_fields[] = { CONFIG_LOG(TEXT) CYAML_FIELD_END };
#undef TEXT

#define NEED(key, kind) NEED_IN(struct config_bearer, key)
#define MAY(key, kind) TEXT_IN(struct config_bearer, key)
static const cyaml_schema_field_t bearer_fields[] = { CONFIG_BEARER(NEED, MAY) CYAML_FIELD_END };
#undef NEED
#undef MAY
static const cyaml_schema_value_t bearer_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_bearer, bearer_fields)
};

#define NEED(key, kind) NEED_IN(struct config_deny, key)
#define MAY(key, kind) TEXT_IN(struct config_deny, key)
static const cyaml_schema_field_t deny_fields[] = { CONFIG_DENY(NEED, MAY) CYAML_FIELD_END };
#undef NEED
#undef MAY
static const cyaml_schema_value_t deny_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_deny, deny_fields)
};

#define NEED(key, kind) NEED_IN(struct config_provider, key)
#define MAY(key, kind) TEXT_IN(struct config_provider, key)
static const cyaml_schema_field_t provider_fields[] = {
	CONFIG_PROVIDER(NEED, MAY) CYAML_FIELD_SEQUENCE(
	    "hosts", MAYBE_LIST, struct config_provider, hosts, &text_entry, 0, CONFIG_HOSTS_MAX),
	CYAML_FIELD_SEQUENCE(
	    "allow", MAYBE_LIST, struct config_provider, allow, &text_entry, 0, CONFIG_ALLOW_MAX),
	CYAML_FIELD_SEQUENCE(
	    "deny", MAYBE_LIST, struct config_provider, deny, &deny_entry, 0, CONFIG_DENY_MAX),
	CYAML_FIELD_SEQUENCE("policy_signers", MAYBE_LIST, struct config_provider, policy_signers,
	    &text_entry, 0, CONFIG_SIGNERS_MAX),
	CYAML_FIELD_END
};
#undef NEED
#undef MAY
static const cyaml_schema_value_t provider_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_provider, provider_fields)
};

#define TEXT(key, standard, kind) TEXT_IN(struct config, key)
static const cyaml_schema_field_t top_fields[] = {
	CONFIG_TOP(TEXT)
	CYAML_FIELD_MAPPING("policy", OPTIONAL, struct config, policy, policy_fields),
	CYAML_FIELD_MAPPING("challenge", OPTIONAL, struct config, challenge, challenge_fields),
	CYAML_FIELD_MAPPING("isolated", OPTIONAL, struct config, isolated, isolated_fields),
	CYAML_FIELD_MAPPING("tpm", OPTIONAL, struct config, tpm, tpm_fields),
	CYAML_FIELD_MAPPING("measured_boot", OPTIONAL, struct config, measured_boot, measured_boot_fields),
	CYAML_FIELD_MAPPING("collateral", OPTIONAL, struct config, collateral, collateral_fields),
	CYAML_FIELD_MAPPING("tcb", OPTIONAL, struct config, tcb, sgx_tcb_fields),
	CYAML_FIELD_MAPPING("snp", OPTIONAL, struct config, snp, snp_fields),
	CYAML_FIELD_SEQUENCE("allow", MAYBE_LIST, struct config, allow, &text_entry, 0, CONFIG_ALLOW_MAX),
	CYAML_FIELD_SEQUENCE("deny", MAYBE_LIST, struct config, deny, &deny_entry, 0, CONFIG_DENY_MAX),
	CYAML_FIELD_MAPPING("limits", OPTIONAL, struct config, limits, limits_fields),
	CYAML_FIELD_MAPPING("token", OPTIONAL, struct config, token, token_fields),
	CYAML_FIELD_MAPPING("workers", OPTIONAL, struct config, workers, workers_fields),
	CYAML_FIELD_MAPPING("log", OPTIONAL, struct config, log, log_fields),
	CYAML_FIELD_SEQUENCE("tokens", MAYBE_LIST, struct config, tokens, &bearer_entry, 0,
	    CONFIG_TOKENS_MAX),
	CYAML_FIELD_SEQUENCE("providers", MAYBE_LIST, struct config, providers, &provider_entry, 0,
	    CONFIG_PROVIDERS_MAX),
	CYAML_FIELD_END
};
#undef TEXT

const cyaml_schema_value_t config_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config, top_fields)
};
