/*
 * config_tbl.h - the configuration keys, section by section: name, default, and what is accepted.
 *
 * From these rows come the libcyaml schema (schema.c), the defaults and the checks (values.c).  A new
 * key is a member of struct config and a row here; docs/attestd.conf.example and its test then ask for
 * the third place.
 */
#ifndef SERVER_CONFIG_CONFIG_TBL_H
#define SERVER_CONFIG_CONFIG_TBL_H

/* UINT(key, default, lowest, highest)    TEXT(key, default or NULL, accepted: a row of CONFIG_KINDS) */
#define CONFIG_TOP(TEXT) \
	TEXT(listen, "127.0.0.1:8443", ADDRESS) \
	TEXT(data_dir, NULL, PATH)      /* its default comes from the environment */ \
	TEXT(sandbox, "strict", SANDBOX)
#define CONFIG_POLICY(TEXT) \
	TEXT(defaults, "maa", DEFAULTS)
#define CONFIG_ISOLATED(TEXT) \
	TEXT(freshness, "compat", FRESHNESS)
#define CONFIG_CHALLENGE(UINT) \
	UINT(lifetime, 300, 1, 86400)
#define CONFIG_TPM(UINT) \
	UINT(ak_certificate_days, 30, 1, 30)
#define CONFIG_MEASURED_BOOT(TEXT) \
	TEXT(sbat, NULL, PATH)
/* FILES(key) of the same section: lists of paths */
#define CONFIG_REFERENCE_FILES(FILES) \
	FILES(secureboot_keys) \
	FILES(dbx) \
	FILES(code_signers) \
	FILES(code_digests) \
	FILES(ak_names)
#define CONFIG_COLLATERAL(TEXT) \
	TEXT(dir, NULL, PATH)
#define CONFIG_FETCH(UINT) \
	UINT(deadline_ms, 5000, 100, 60000) \
	UINT(retries, 2, 0, 10) \
	UINT(breaker_failures, 5, 1, 1000) \
	UINT(breaker_seconds, 30, 1, 3600) \
	UINT(breaker_max_seconds, 600, 1, 86400) \
	UINT(unauthentic_per_minute, 10, 0, 6000) \
	UINT(absent_seconds, 600, 1, 86400) \
	UINT(absent_entries, 4096, 1, 65536)
#define CONFIG_TCB(UINT, TEXT) \
	TEXT(baseline, "standard", BASELINE) \
	UINT(min_evaluation, 0, 0, 999999999)
#define CONFIG_SNP_TCB(UINT) \
	UINT(fmc, 0, 0, 255) \
	UINT(bootloader, 0, 0, 255) \
	UINT(tee, 0, 0, 255) \
	UINT(snp, 0, 0, 255) \
	UINT(microcode, 0, 0, 255)
#define CONFIG_LIMITS(UINT) \
	UINT(connections, 1024, 1, 65536) \
	UINT(connections_per_ip, 256, 1, 65536) \
	UINT(request_seconds, 20, 1, 3600) \
	UINT(queue, 256, 1, 65536) \
	UINT(answer_seconds, 20, 1, 3600) \
	UINT(challenges, 65536, 4, 16777216) \
	UINT(used_contexts, 1048576, 1, 16777216) \
	UINT(memory, 67108864, 1048576, 4294967296)
/* Bodies travel to the worker in one message (ATTEST), which ends a little above 32 MiB. */
#define CONFIG_BODY(UINT) \
	UINT(SgxEnclave, 262144, 1024, 33554432) \
	UINT(OpenEnclave, 262144, 1024, 33554432) \
	UINT(SevSnpVm, 262144, 1024, 33554432) \
	UINT(TdxVm, 262144, 1024, 33554432) \
	UINT(AzureGuest, 2097152, 1024, 33554432) \
	UINT(Tpm, 16777216, 1024, 33554432)
#define CONFIG_TOKEN(UINT, TEXT) \
	UINT(lifetime, 28800, 60, 31536000) \
	TEXT(audience, NULL, LINE) \
	TEXT(algorithm, "RS256", ALGORITHM)
#define CONFIG_WORKERS(UINT) \
	UINT(verify, 0, 0, 1024) \
	UINT(signers, 0, 0, 256) \
	UINT(requests, 10000, 0, 1000000000)
#define CONFIG_LOG(TEXT) \
	TEXT(format, "text", LOG_FORMAT) \
	TEXT(level, "info", LOG_LEVEL)

/* Entries of lists.  NEED(key, accepted)   MAY(key, accepted): NULL when not given
 * UINT(key, lowest, highest): 0 when not given */
#define CONFIG_SOURCE(NEED, MAY, UINT) \
	NEED(name, SOURCE_NAME) \
	NEED(kind, SOURCE_KIND) \
	NEED(url, SOURCE_URL) \
	MAY(ca_file, PATH) \
	MAY(key_file, PATH) \
	MAY(root_crl_url, SOURCE_URL) \
	UINT(deadline_ms, 0, 60000)
#define CONFIG_BEARER(NEED, MAY) \
	NEED(name, LINE) \
	NEED(sha256, SHA256) \
	NEED(role, ROLE) \
	MAY(provider, PROVIDER)
#define CONFIG_DENY(NEED, MAY) \
	NEED(kind, DENY_KIND) \
	NEED(value, LINE) \
	MAY(reason, LINE)
#define CONFIG_PROVIDER(NEED, MAY) \
	NEED(name, PROVIDER) \
	MAY(issuer, ISSUER) \
	MAY(trust_model, TRUST_MODEL) \
	MAY(tpm_attestation_authentication, SWITCH)

#define CONFIG_TEXT_MAX 3072
#define CONFIG_ALLOW_MAX 32
#define CONFIG_ACCEPT_MAX 16
#define CONFIG_HOSTS_MAX 64
#define CONFIG_REFERENCE_FILES_MAX 64
#define CONFIG_DENY_MAX 1024
#define CONFIG_EK_ROOTS_MAX 64
#define CONFIG_SIGNERS_MAX 64
#define CONFIG_SOURCES_MAX 32
#define CONFIG_TOKENS_MAX 4096
#define CONFIG_PROVIDERS_MAX 64

#endif
