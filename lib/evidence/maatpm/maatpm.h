/*
 * maatpm.h - the attestation type Tpm: TPM evidence files, and Azure Attestation's messages over
 * POST /attest/Tpm.
 *
 * spec: maa-tpm sections 1 and 2.  A message is UTF-8 JSON {"payload":{...}}; it travels as base64url
 * in the member "data" of request and answer.
 *
 *   message 1  {"type":"aikcert"}              -> {"challenge","service_context"}    not evidence: the
 * caller answers it (maatpm_message_read, libattest/tpm.h) message 2  {"request":JWS} -> {"report":JWT}
 * evidence: tpm_format
 *
 * The JWS is typ attReq (v1: Windows quote blobs) or attReqV2; its key is inside its payload, so that
 * its signature proves possession of that key and nothing else, until the quote or a certification
 * names the key. Members that this protocol does not name are not looked at, but in `info`, which says
 * how a key is bound: there they are refused.
 */
#ifndef EVIDENCE_MAATPM_MAATPM_H
#define EVIDENCE_MAATPM_MAATPM_H

#include "lib/evidence/maatpm/message.h"
#include "lib/evidence/measuredboot/measuredboot.h"
#include "lib/evidence/vbs/vbs.h"

#define MAATPM_OTHER_KEYS_MAX 2
#define MAATPM_LOGS_MAX 8               /* logs of one attestation */
#define MAATPM_CUSTOM_CLAIMS_MAX 64
/* What goes in front of the name of a claim that the client adds; Azure's own prefix is not published.
 */
#define MAATPM_CUSTOM_PREFIX "urn:attestd:custom-claim:"

/* Rows of the format's table: measuredboot's (with tpm's), then vbs's, then those of the messages. */
enum maatpm_check {
#define X(name, id, optional, title, spec) MAATPM_CHECK_##name,
#include "lib/evidence/maatpm/checks.tbl"
#undef X
	MAATPM_NCHECKS
};

enum maatpm_binding { MAATPM_UNBOUND, MAATPM_TPM_QUOTE, MAATPM_TPM_CERTIFY };

/* request_key, other_keys, attest_key. */
struct maatpm_key {
	struct rd jwk_text; /* exact bytes of the jwk value in the payload: what a quote names */
	const struct json *jwk;
	enum maatpm_binding binding;
	struct tpm_public public;       /* MAATPM_TPM_CERTIFY */
	struct tpm_attest certification;
	struct tpm_signature signature;
};

/* A quote with all that belongs to it. */
struct maatpm_attestation {
	const struct json *aik_pub;     /* JWK */
	struct rd aik_cert;             /* DER; empty: none */
	struct tpm_attest quote;
	struct tpm_signature signature;
	size_t nbanks;
	struct pcr_bank banks[TPM_BANKS];
	size_t nlogs;
	struct { enum tpm_log_kind kind; struct rd data; } logs[MAATPM_LOGS_MAX];
};

/* Evidence of this type, a file or message 2.  All in the arena. */
struct maatpm_evidence {
	const struct tpm_file *file;    /* a TPM evidence file: everything below is empty; else NULL */
	struct maatpm_payload payload;
	struct rd challenge;            /* 16 bytes, or what was sent as such */
	struct rd rp_data;              /* text as sent, base64url; empty: none */
	struct maatpm_key request_key, other_keys[MAATPM_OTHER_KEYS_MAX]; /* v1: attest_key, none */
	size_t nother_keys;
	struct claims custom;           /* custom_claims, with the prefix in front of their names */
	struct rd report_signed;        /* vbs: exact bytes whose SHA-512 is the enclave's data */
	const struct vbs_report *vbs_report;    /* vbs; else NULL */
	struct maatpm_attestation now;
	const struct maatpm_attestation *boot;  /* NULL: none */
};
/* A file, a message 2, or its JWS alone; form only. */
ATT_CHECK bool maatpm_evidence_parse(struct rd in, struct arena *a, struct maatpm_evidence **out,
    struct att_error *e);
bool maatpm_recognise(struct rd in);            /* a few bytes only */

/* NCRYPT_TPM_PLATFORM_ATTESTATION_STATEMENT, the claims of v1: everything little-endian. */
#define MAATPM_STATEMENT_MAGIC 0x54504C41U      /* "ALPT" in memory */
ATT_CHECK bool maatpm_statement_parse(
    struct rd in, struct maatpm_attestation *out, struct att_error *e);

/* What was learned, for claims. */
struct maatpm_facts {
	const struct measuredboot_facts *boot;
	const struct json *request_key_jwk;     /* {"kty","n","e"} as we write it; NULL: a file */
};

/* What the logs say, as JSON text for policies; arena.  spec: policy-language section 9 */
ATT_CHECK bool maatpm_events(const struct measuredboot_boot *b, struct crypto *c, struct arena *a,
    char **text, size_t *n, struct att_error *e);
ATT_CHECK bool maatpm_pcrs(const struct tpm_quoted *q, struct arena *a, char **text, size_t *n,
    struct att_error *e);
/* The object of a SIPA tree, appended to b: members of the nodes that may be believed. */
ATT_CHECK bool maatpm_sipa(const struct sipa_tree *t, struct buf *b, struct att_error *e);

#endif
