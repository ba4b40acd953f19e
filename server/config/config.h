/*
 * config.h - the daemon's configuration: one YAML file, every key has a default, unknown keys are errors.
 *
 * The schema (libcyaml) is the option table: names, types, defaults and --print-config come from the
 * same rows. Values are checked here: a configuration that loads is one the daemon can run with.
 */
#ifndef SERVER_CONFIG_CONFIG_H
#define SERVER_CONFIG_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* A minimum of reported TCB components (snp.min_tcb.<product>); 0 demands nothing. */
struct config_snp_tcb { uint8_t fmc, bootloader, tee, snp, microcode; };

/* One static bearer (tokens[]): only its SHA-256 is kept in the file. */
struct config_bearer {
	char *name;                     /* shown in logs */
	char *sha256;                   /* 64 hex digits: SHA-256 of the token's text */
	char *role;                     /* "reader" or "contributor" */
	char *provider;                 /* the provider it is for, or NULL: every provider */
};

/* Whom the operator refuses (deny[], providers[].deny[]); checked as libattest/denylist.h says. */
struct config_deny { char *kind, *value, *reason; };    /* reason NULL: none given */

/* One place to ask for endorsements (collateral.sources[]), in the order of preference. */
struct config_source {
	char *name;                     /* ^[a-zA-Z0-9._-]{1,32}$ */
	char *kind;                     /* "pcs", "pccs", "kds", "thim" */
	/* base without trailing slash: https, or http to 127.0.0.1 or [::1] */
	char *url;
	char *ca_file;                  /* PEM; NULL: the system's roots */
	char *key_file;                 /* API key, read by the parent; NULL none */
	/* pcs: where Intel's root CRL is; NULL: Intel's own address */
	char *root_crl_url;
	/* of one question, repetitions included; 0: collateral.fetch.deadline_ms */
	uint32_t deadline_ms;
};

struct config_provider {
	char *name;                     /* ^[a-zA-Z0-9-]{3,24}$ */
	/* token issuer, no trailing slash; NULL: https://<listen> (+ /p/<name> unless first) */
	char *issuer;
	/* authorities (host or host:port) answered by this provider */
	char **hosts; unsigned hosts_count;
	char **allow; unsigned allow_count;     /* relaxations; NULL: the top-level ones */
	struct config_deny *deny; unsigned deny_count;  /* beside the top-level ones */
	char *trust_model;                      /* "AAD" (default) or "Isolated" */
	/* may POST /attest/Tpm be used without a bearer? "Enabled" (default): no; "Disabled": yes */
	char *tpm_attestation_authentication;
	/* Isolated: PEM files of the first policy-signing certificates; used while the store has none */
	char **policy_signers; unsigned policy_signers_count;
};

struct config {
	char *listen;                   /* "127.0.0.1:8443", "[::1]:8443"; port 0 picks a free one */
	char *data_dir;                 /* $STATE_DIRECTORY, else ./attestd-data */
	char *sandbox;                  /* "strict" (default) or "best-effort" */
	struct { char *defaults; } policy;              /* "maa" (default) or "strict" */
	/* offline endorsements, read at start and on SIGHUP; NULL none */
	struct {
		char *dir;
		struct {
			uint32_t deadline_ms;           /* default 5000 */
			uint32_t retries;               /* default 2 */
			uint32_t breaker_failures;      /* in a row; default 5 */
			/* a source that failed so often is left alone: 30, doubling to 600 */
			uint32_t breaker_seconds, breaker_max_seconds;
			/* keys read from evidence that is not verified: default 10 */
			uint32_t unauthentic_per_minute;
			/* such a key that no source has is not asked for again: 600, of 4096 */
			uint32_t absent_seconds, absent_entries;
		} fetch;
		/* none: nothing is fetched */
		struct config_source *sources; unsigned sources_count;
	} collateral;
	/* NULL: not given */
	struct { struct { struct config_snp_tcb *milan, *genoa, *turin; } min_tcb; } snp;
	char **allow; unsigned allow_count;             /* relaxation names */
	struct config_deny *deny; unsigned deny_count;  /* for all providers */
	/* SGX and TDX */
	struct {
		/* the evaluation number where the policy demands none: "standard" (default), "early", N */
		char *baseline;
		uint32_t min_evaluation;        /* collateral of a lower number is refused; default 0: any */
		/* statuses that are accepted; NULL: those of att_settings_default() */
		char **accept; unsigned accept_count;
	} tcb;
	struct {
		uint32_t connections;           /* open connections; default 1024 */
		uint32_t connections_per_ip;    /* default 256 */
		/* from accept or end of the previous answer to the last request byte; default 20 */
		uint32_t request_seconds;
		/* requests waiting for a worker; default 256; beyond it 503 */
		uint32_t queue;
		/* a worker's time for one request before it is replaced; default 20 */
		uint32_t answer_seconds;
		uint32_t challenges;            /* of a provider, given out and neither used nor expired */
		uint32_t used_contexts;         /* of a provider, remembered until they expire */
		/* bytes: 256 KiB, AzureGuest 2 MiB, Tpm 16 MiB */
		struct { uint32_t SgxEnclave, OpenEnclave, SevSnpVm, TdxVm, AzureGuest, Tpm; } body;
		uint64_t memory;                /* bytes of one appraisal; default 64 MiB */
	} limits;
	struct {
		uint32_t lifetime;              /* seconds; default 28800; 60 to 31536000 */
		char *audience;                 /* aud claim; NULL none (as MAA) */
		char *algorithm;                /* "RS256" (default), "ES256", "ES384" */
	} token;
	struct {
		/* verify workers per provider; 0 (default): one per processor */
		uint32_t verify;
		uint32_t signers;               /* signer processes; 0 (default): one */
		/* a worker is replaced after so many; default 10000; 0 never */
		uint32_t requests;
	} workers;
	struct {
		char *format;                   /* "text" (default) or "json" */
		char *level;                    /* "debug", "info" (default), "warn", "error" */
	} log;
	struct { uint32_t lifetime; } challenge;        /* seconds; default 300; of Tpm contexts too */
	/* enrolment of attestation keys */
	struct {
		/* PEM or DER files: what endorsement key certificates must chain to; none: no enrolment */
		char **ek_roots; unsigned ek_roots_count;
		uint32_t ak_certificate_days;   /* life of what is issued; default 30 */
	} tpm;
	/* Tpm: files with reference values, read by the parent at start and on SIGHUP; reference.h says in
	 * which forms */
	struct {
		char **secureboot_keys; unsigned secureboot_keys_count;
		char **dbx; unsigned dbx_count;
		char *sbat;                     /* NULL: none */
		char **code_signers; unsigned code_signers_count;
		char **code_digests; unsigned code_digests_count;
		char **ak_names; unsigned ak_names_count;
	} measured_boot;
	struct { char *freshness; } isolated;   /* "compat" (default) or "required" */
	struct config_bearer *tokens; unsigned tokens_count;
	struct config_provider *providers; unsigned providers_count;    /* none given: one named "default" */
};

/*
 * Reads a file (path NULL: only defaults), fills defaults, checks.  Errors name key, line, found and
 * wanted.
 */
ATT_CHECK bool config_load(const char *path, struct config **out, struct att_error *e);
/* Same from text, for tests and for the re-executed roles, which get the effective text from the parent. */
ATT_CHECK bool config_parse(const char *yaml, size_t n, struct config **out, struct att_error *e);
/* The effective configuration as YAML that config_parse accepts; free() it. */
ATT_CHECK bool config_dump(const struct config *c, char **yaml, size_t *n, struct att_error *e);
/* Command-line overrides, checked like the file's values: key is "listen", "data_dir" or "sandbox". */
ATT_CHECK bool config_override(struct config *c, const char *key, const char *value, struct att_error *e);
void config_free(struct config *c);

#endif
