/* values.h - which values a key accepts; the rules come from config_tbl.h. */
#ifndef SERVER_CONFIG_VALUES_H
#define SERVER_CONFIG_VALUES_H

#include <stdint.h>

#include "lib/base/err.h"

/* X(kind, test, what is wanted).  Without a test the wanted text lists the accepted words. */
#define CONFIG_KINDS(X) \
	X(ADDRESS,    is_address,    "ADDRESS:PORT, such as 127.0.0.1:8443 or [::1]:8443") \
	X(PATH,       is_text,       "a path") \
	X(LINE,       is_short_text, "1 to 256 characters") \
	X(SANDBOX,    NULL,          "strict|best-effort") \
	X(DEFAULTS,   NULL,          "maa|strict") \
	X(ALGORITHM,  NULL,          "RS256|ES256|ES384") \
	X(LOG_FORMAT, NULL,          "text|json") \
	X(LOG_LEVEL,  NULL,          "debug|info|warn|error") \
	X(TRUST_MODEL, NULL,         "AAD|Isolated") \
	X(FRESHNESS,  NULL,          "compat|required") \
	X(SWITCH,     NULL,          "Enabled|Disabled") \
	X(ROLE,       NULL,          "reader|contributor") \
	X(RELAXATION, is_relaxation, "the name of a relaxation (see attest verify --help)") \
	X(DENY_KIND,  is_deny_kind,  "what can be denied, such as chip-id, fmspc or advisory") \
	X(BASELINE,   is_baseline,   "standard, early or a tcbEvaluationDataNumber") \
	X(TCB_STATUS, is_tcb_status, "a TCB status such as OutOfDate (see attest verify --help)") \
	X(SHA256,     is_sha256,     "64 hex digits, the SHA-256 of the token") \
	X(PROVIDER,   is_provider,   "3 to 24 letters, digits or hyphens") \
	X(ISSUER,     is_issuer,     "an https URL without trailing slash, query or fragment") \
	X(SOURCE_NAME, is_source_name, "1 to 32 letters, digits, dots, hyphens or underscores") \
	X(SOURCE_KIND, NULL,         "pcs|pccs|kds|thim") \
	X(SOURCE_URL, is_source_url, "an https URL without trailing slash, query or fragment (http only to " \
	    "127.0.0.1 or [::1])") \
	X(HOST,       is_host,       "a host name or address, with or without :PORT") \
	X(UINT,       NULL,          "a whole number")
enum value_kind {
#define X(name, test, want) VALUE_##name,
	CONFIG_KINDS(X)
#undef X
};

struct value_rule {
	const char *key;        /* providers[].name */
	enum value_kind kind;
	uint64_t low, high;     /* UINT only */
};
/* Ends with a row without key. */
extern const struct value_rule value_rules[];

const struct value_rule *value_rule_find(const char *key);
/* The error says found and wanted; the caller adds where. */
ATT_CHECK bool value_check(const struct value_rule *rule, const char *value, struct att_error *e);

#endif
