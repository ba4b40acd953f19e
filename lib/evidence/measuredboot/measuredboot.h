/*
 * measuredboot.h - a TPM quote, its PCR values and its logs put together: is it genuine, and what did the
 * machine start?
 *
 * A compound of the atoms tpm, eventlog and ima.  Two front ends hand evidence in: the TPM evidence file
 * and Azure Attestation's Tpm messages (lib/evidence/maatpm).  spec: tpm-eventlog.
 *
 *   measuredboot_verify()  the key, who vouches for it, the quote, the logs against the quoted PCRs;
 *                          rows of checks.tbl, which begins with those of tpm
 *   measuredboot_claims()  what follows from them, by tables
 *
 * Only quoted PCRs count.  A quote without a log, or a log that covers only some PCRs, is a result: claims
 * say what is not proven.  A log that contradicts the quote is a failed check (tpm.eventlog.replay), with the
 * first divergent event named; PCRs that the operating system may extend after the log ended
 * (spec tpm-eventlog section 2.4) are reported and not a failure.
 */
#ifndef EVIDENCE_MEASUREDBOOT_MEASUREDBOOT_H
#define EVIDENCE_MEASUREDBOOT_MEASUREDBOOT_H

#include "lib/evidence/eventlog/bootchain.h"
#include "lib/evidence/eventlog/wbcl.h"
#include "lib/evidence/ima/ima.h"
#include "lib/evidence/measuredboot/reference.h"
#include "lib/evidence/tpm/file.h"
#include "lib/evidence/tpm/trust.h"

#define MEASUREDBOOT_LOGS 16

/* Rows of a check table that begins with tpm/checks.tbl and goes on with measuredboot/checks.tbl. */
enum measuredboot_check {
#define X(name, id, optional, title, spec) MEASUREDBOOT_CHECK_##name,
#include "lib/evidence/measuredboot/checks.tbl"
#undef X
	MEASUREDBOOT_NCHECKS            /* of both tables */
};

/* One quote with what it is about. */
struct measuredboot_quote {
	const struct tpm_attest *quote;
	const struct tpm_signature *signature;
	const struct pcr_bank *banks; size_t nbanks;    /* values as the attester gives them */
	/* in the order of measurement; all of one kind are one log each, replayed one behind the other */
	struct { enum tpm_log_kind kind; struct rd data; } logs[MEASUREDBOOT_LOGS];
	size_t nlogs;
};

struct measuredboot_evidence {
	const struct tpm_public *ak_pub;        /* NULL: only ak_key is known (MAA sends a JWK) */
	struct pubkey *ak_key;                  /* borrowed; only without ak_pub */
	struct rd ak_cert;                      /* DER, perhaps padded with zeros; empty: none */
	struct rd ek_cert; /* shown as claims only, never proof of anything; empty: none */
	struct measuredboot_quote now;
	/* after hibernation: the quote and logs of the cold boot; same key, same boot (rows tpm.boot.*) */
	const struct measuredboot_quote *boot;  /* NULL: none */
};

struct measuredboot_expect {
	bool nonce_known;
	struct rd nonce;                        /* extraData of the current quote */
	uint32_t required_pcrs;                 /* mask */
	bool ak_required;                       /* false: that nobody vouches is a fact, not a failed check */
};

/* What one quote and its logs prove. */
struct measuredboot_boot {
	struct tpm_quoted quoted;
	enum digest_alg bank;                   /* the bank that logs were replayed in */
	const struct eventlog *log;             /* NULL: no TCG log */
	struct eventlog_replay replay;
	struct eventlog_marks marks;            /* valid if log has the bank */
	bool marked;
	struct secureboot secureboot;
	struct bootchain chain;
	struct revocation revocation;
	struct wbcl wbcl;
	bool has_ima;
	struct ima_result ima;          /* all zero: PCR 10 was not quoted */
	enum ima_aggregate_result aggregate;
	struct rd ima_list; /* the list; its first ima.prefix_bytes are proven if matched */
};

struct measuredboot_facts {
	struct tpm_ak_facts ak;
	const char *ak_cert_unreadable; /* a certificate was sent and is none: why; else NULL */
	struct tpm_ek_facts ek; bool has_ek;    /* a certificate that chains to a known root */
	struct measuredboot_boot now;
	const struct measuredboot_boot *boot;   /* NULL: none was sent */
	/* code.c: files that IMA measured, judged by signatures and digests */
	const struct measuredboot_code *code;   /* NULL: no list */
};

/* False: the machine failed.  Rows `first`.. of o->checks are those of this table; *facts (arena) is set
 * when no row failed. */
ATT_CHECK bool measuredboot_verify(const struct measuredboot_evidence *ev, const struct trust *t,
    const struct measuredboot_expect *want, struct arena *a, struct evidence_outcome *o,
    const struct measuredboot_facts **facts, struct att_error *e);
/* All claims but events, bootEvents, pcrs and what messages carry. */
ATT_CHECK bool measuredboot_claims(const struct measuredboot_facts *f, const struct trust *t,
    struct claims *c, struct att_error *e);

#endif
