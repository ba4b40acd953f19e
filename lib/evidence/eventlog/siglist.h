/*
 * siglist.h - EFI signature lists (db, dbx, KEK, PK): entries, certificates in them, sets to look
 * things up in.
 *
 * UEFI specification section 32.4.1 (EFI_SIGNATURE_LIST), 8.2.2 (EFI_VARIABLE_AUTHENTICATION_2).
 * spec: tpm-eventlog §2.6.  Nothing is verified here: not the signature of a dbx update, not a
 * certificate.
 */
#ifndef EVIDENCE_EVENTLOG_SIGLIST_H
#define EVIDENCE_EVENTLOG_SIGLIST_H

#include "lib/base/arena.h"
#include "lib/crypto/crypto.h"
#include "lib/evidence/eventlog/decode.h"

#define SIGLIST_ENTRIES_MAX 32768               /* of all lists in one variable */
#define SIGLIST_LEN_MAX ((size_t)4 << 20)       /* bytes of one variable or update file */
#define CERT_NAME_MAX 128

enum sig_kind {
	SIG_KIND_UNKNOWN, SIG_KIND_X509, SIG_KIND_SHA256, SIG_KIND_SHA1, SIG_KIND_SHA384,
	    SIG_KIND_SHA512,
	SIG_KIND_RSA2048, SIG_KIND_TBS_SHA256, SIG_KIND_TBS_SHA384, SIG_KIND_TBS_SHA512
};
const char *sig_kind_name(enum sig_kind k);

/* One EFI_SIGNATURE_DATA with the type of its list. */
struct sig_entry {
	enum sig_kind kind;
	uint8_t owner[EFI_GUID_LEN];
	struct rd data;                 /* certificate, hash, or hash and revocation time */
	/* bytes of data that identify it: a TBS hash without its time */
	size_t key_len;
};
struct siglist {
	struct sig_entry *v;
	size_t n;
	size_t nunknown;                /* entries of types we do not know */
};
/* Zero or more lists, nothing behind them.  An empty variable has no entries. */
ATT_CHECK bool siglist_parse(struct rd in, struct arena *a, struct siglist *out,
    struct att_error *e);
/*
 * An operator's file: lists, or an update that begins with EFI_VARIABLE_AUTHENTICATION_2 (its
 * signature is not looked at).
 */
ATT_CHECK bool siglist_file_parse(struct rd in, struct arena *a, struct siglist *out,
    struct att_error *e);

/* A certificate as far as lists need it; read leniently: vendors' certificates break many rules. */
struct efi_cert {
	uint8_t sha256[32];             /* of the DER */
	uint8_t spki_sha256[32];        /* of SubjectPublicKeyInfo */
	uint8_t tbs_sha256[32], tbs_sha384[48], tbs_sha512[64];
	/* subject's commonName, else its organization, masked; "" when it has neither */
	char name[CERT_NAME_MAX];
};
/*
 * The element at the start of `der`; *whole gets its bytes.  False: no certificate, or the
 * machine failed.
 */
ATT_CHECK bool efi_cert_read(struct crypto *c, struct rd der, struct efi_cert *out,
    struct rd *whole,
    struct att_error *e);

/* Entries in order, for lookups in logarithmic time. */
struct sigset {
	const struct sig_entry **v;
	size_t n;
};
ATT_CHECK bool sigset_make(const struct siglist *l, struct arena *a, struct sigset *out,
    struct att_error *e);
/* An entry of this kind and data (key_len bytes), whoever owns it; NULL when there is none. */
const struct sig_entry *sigset_find(const struct sigset *s, enum sig_kind kind, const void *data,
    size_t n);
/*
 * The entry that names this certificate, as itself or by the hash of what is signed in it; NULL
 * when there is none.
 */
const struct sig_entry *sigset_find_cert(const struct sigset *s, struct rd der,
    const struct efi_cert *cert);
/* Entries of `wanted` that `have` lacks; the first of them in *first (NULL when none). */
size_t sigset_missing(const struct sigset *have, const struct siglist *wanted,
    const struct sig_entry **first);

#endif
