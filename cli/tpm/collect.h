/*
 * collect.h - evidence of this machine: TPM, attestation key, quote and logs, as a TPM evidence file.
 *
 *   collect_open()   the TPM, the key and the certificates, as the options say
 *   collect_quote()  a quote with a nonce, the values that it is about, and the logs
 *   collect_write()  the file (format: lib/evidence/tpm/file.h)
 *
 * What is missing but not indispensable (a log, a certificate) becomes a note.
 */
#ifndef CLI_TPM_COLLECT_H
#define CLI_TPM_COLLECT_H

#include "cli/args.h"
#include "cli/out.h"
#include "cli/tpm/device.h"

#define COLLECT_NOTES_MAX 16
#define COLLECT_LOG_MAX ((size_t)16 << 20)      /* bytes: what an evidence file may hold */
#define COLLECT_NONCE 32                        /* bytes, where none is given */

#define COLLECT_EVENT_LOG "kernel/security/tpm0/binary_bios_measurements"
#define COLLECT_IMA "kernel/security/ima/binary_runtime_measurements"

/* One line of what was found. */
struct collect_note {
	const char *what, *text;
	enum mark mark;
};
struct collect {
	const struct args *args;        /* borrowed */
	struct arena *a;                /* borrowed; everything below lives there */
	struct crypto *crypto;          /* borrowed */
	const char *tcti;
	struct tpmdev dev;
	enum tpmdev_kind kind;          /* of keys that are made */
	struct tpmdev_key ak;
	const char *ak_name;            /* hex of nameAlg and digest */
	struct att_bytes ak_pub;        /* TPM2B_PUBLIC */
	struct att_bytes ak_cert, ek_cert;      /* DER; empty: none */
	enum tpmdev_kind ek_kind;       /* of the key that ek_cert is of,
	    when it is one that tpmdev_ek() makes */
	bool ek_known;
	struct tpmdev_selection selection;
	struct att_bytes nonce;
	struct tpmdev_quote quote;
	struct pcr_bank *banks;         /* the values that the quote is about */
	size_t nbanks;
	struct att_bytes event_log, ima;        /* empty: none */
	struct collect_note notes[COLLECT_NOTES_MAX];
	size_t nnotes;
};
/* args, a and crypto are set by the caller, the rest is zero; collect_close() whatever the outcome. */
ATT_CHECK bool collect_open(struct collect *c, struct att_error *e);
ATT_CHECK bool collect_quote(struct collect *c, struct att_bytes nonce, struct att_error *e);
ATT_CHECK bool collect_write(const struct collect *c, struct att_bytes *file, struct att_error *e);
void collect_close(struct collect *c);
/* text may be NULL: then memory ran out, and the line says nothing. */
void collect_note(struct collect *c, const char *what, enum mark mark, const char *text);
void collect_notes_print(const struct collect *c);

/* A file of the kernel's: --sysfs, else /sys, and this path below it. NULL: out of memory. */
const char *collect_sys_path(const struct args *args, struct arena *a, const char *path);
/* Hex with or without 0x in front: a handle or an NV index. */
ATT_CHECK bool collect_handle(const struct args *args, const char *option, uint32_t *out,
    struct att_error *e);
/* The EK certificate of the TPM, by the table of NV indices; empty: none. */
ATT_CHECK bool collect_ek_cert(struct collect *c, struct att_error *e);

/* state.c: certificates of attestation keys, in the folder that --state names, by name of the key. */
ATT_CHECK bool collect_state_read(struct collect *c, struct att_bytes *cert, struct att_error *e);
ATT_CHECK bool collect_state_write(struct collect *c, struct att_bytes cert, struct att_error *e);

#endif
