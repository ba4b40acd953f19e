/*
 * ima.h - Linux IMA measurement lists: entries one at a time, replay to PCR 10, boot_aggregate.
 *
 * Kernel documentation: security/IMA-templates, ABI/testing/ima_policy; spec: tpm-eventlog §5. A
 * list grows while the machine runs, so a quote matches a prefix of it: ima_replay() finds the
 * prefix, and what stands behind it is not authenticated.  An ima_viewer sees the entries as they
 * are replayed.  Nothing is kept of them: a list of a million costs no memory.  Signatures are
 * taken apart, never verified here.  PCR values come from the caller: only quoted ones prove
 * anything.
 */
#ifndef EVIDENCE_IMA_IMA_H
#define EVIDENCE_IMA_IMA_H

#include "lib/evidence/pcrs.h"

#define IMA_LIST_MAX ((size_t)1 << 30)  /* bytes of one list */
#define IMA_ENTRIES_MAX 4194304         /* entries of one list */
#define IMA_DATA_MAX 262144             /* bytes of one entry's template data */
#define IMA_TEMPLATE_NAME_MAX 64        /* bytes of a template's name or format */
#define IMA_ALG_NAME_MAX 16             /* bytes of a digest algorithm's name */
#define IMA_PATH_MAX 8192               /* bytes of a path */
#define IMA_PCR 10                      /* where the kernel measures by default */

enum ima_field {
	/* the first template: 20 bytes of digest, name of at most 255 */
	IMA_D, IMA_N,
	IMA_D_NG, IMA_N_NG, IMA_D_NGV2, IMA_SIG, IMA_BUF, IMA_D_MODSIG, IMA_MODSIG, IMA_EVMSIG,
	IMA_OTHER                       /* xattrs, owner, mode: measured, not looked at */
};

/* The fields that a template's entries have. */
#define IMA_FIELDS_MAX 12
struct ima_template {
	enum ima_field fields[IMA_FIELDS_MAX];
	size_t n;
	bool old;                       /* "ima" */
	uint8_t id;                     /* of a template that has a name; 0: given by its fields */
};

struct ima_entry {
	size_t index;
	size_t offset;                  /* in the list */
	uint32_t pcr;
	/* as listed; SHA-1 in lists of kernels before 6.10 and in ima's default file */
	struct rd template_hash;
	/* a template hash of zeros: the file changed while it was measured */
	bool violation;
	struct rd template_name;        /* "ima-sig" */
	/* template data: what the template hash is the digest of, but for template "ima" */
	struct rd data;
	bool old;                       /* template "ima": see ima_measured() */
	/* from the data; empty when the template has no such field */
	struct rd alg;                  /* "sha256"; "sha1" for template "ima" */
	struct rd digest;               /* of the file or buffer */
	bool verity;                    /* the digest is fs-verity's */
	/* or what the buffer is: ".ima", "kexec-cmdline"; without NUL */
	struct rd path;
	struct rd sig;                  /* security.ima as measured: ima_signature_parse() */
	struct rd buf;                  /* ima-buf: the measured buffer itself */
	struct rd modsig;               /* PKCS #7 appended to a module */
};

/*
 * A list being read.  It points into the list and, for ascii, into room of its own: an entry is
 * good until the next.
 */
struct ima_list {
	struct rd in;
	bool ascii;
	size_t hash_len;                /* of template hashes */
	size_t index;
	uint8_t *room;                  /* ascii: template data is put together here */
	size_t room_len;
	/* of the last entry, and its fields: the next entry mostly has the same */
	struct rd template_name;
	struct ima_template template;
};
/*
 * Recognises ascii or binary, and the length of template hashes, by the first entry.  An empty
 * list is legal.
 */
ATT_CHECK bool ima_open(struct rd in, struct arena *a, struct ima_list *out, struct att_error *e);
/*
 * The next entry.  At the end *more is false and *out unchanged; after an error it is not to be
 * looked at.  Names the entry and its offset in errors.
 */
ATT_CHECK bool ima_next(struct ima_list *l, struct ima_entry *out, bool *more, struct att_error *e);

/*
 * What is hashed for a template hash or an extension: the template data, or for template "ima"
 * the digest and the name padded with zeros to 256 bytes, put together in `room`.
 */
#define IMA_OLD_LEN 276
ATT_CHECK bool ima_measured(const struct ima_entry *en, uint8_t room[IMA_OLD_LEN], struct rd *out,
    struct att_error *e);

/* How the kernel extended the bank. spec: tpm-eventlog §5 */
enum ima_rule {
	IMA_RULE_BANK,                  /* digest of the template data in the bank's algorithm */
	/*
	 * the SHA-1 template hash, padded with zeros: kernels before 5.8, and banks unknown to
	 * IMA
	 */
	IMA_RULE_PADDED
};

struct ima_result {
	size_t entries;                 /* of the whole list */
	bool matched;                   /* a prefix yields the PCR's value */
	size_t prefix;                  /* entries in it */
	size_t prefix_bytes;            /* bytes of the list that hold them */
	enum ima_rule rule;             /* how, if matched */
	size_t violations;              /* in the prefix; in the whole list when nothing matched */
	size_t first_violation;         /* index, or SIZE_MAX */
	/* entries (same range) whose template hash is not that of their data */
	size_t bad_hashes;
	size_t first_bad_hash;          /* index, or SIZE_MAX */
	/* entries (same range) measured into another PCR: not replayed */
	size_t other_pcr;
};
/*
 * Replays the entries of one PCR in one bank.  Not matching is a result, not an error.  With a
 * rule that extends template hashes (SHA-1 bank, IMA_RULE_PADDED), an entry whose hash is not
 * that of its data ends the prefix: its data is not authenticated.  PCR_GIVEN must hold; the
 * prefix of no entries matches a PCR of zeros.
 */
ATT_CHECK bool ima_replay(struct rd list, const struct pcr_bank *given, uint32_t pcr,
    struct crypto *c, struct arena *a,
    struct ima_result *out, struct att_error *e);

/* An entry of the PCR, as it is replayed.  Good during the call. */
struct ima_step {
	const struct ima_template *template;
	const struct ima_entry *entry;
	/* of what was measured; NULL when the replay needs no such digest */
	const uint8_t *sha256;
	bool hash_ok;                   /* the listed template hash is that of what was measured */
};
/*
 * Who sees the entries while they are replayed, in order, up to the match.  Whether they are proven is
 * known at the end: what was gathered counts only if the result is `matched`.
 */
struct ima_viewer {
	void *state;
	/* A replay begins: a second one, by the other rule, when the first matched nothing. */
	void (*begin)(void *state);
	/*
	 * Called ahead of `entry` when sha256 is there.  Is the listed template hash known to be that of
	 * the data with this digest?  Then it is not computed again.
	 */
	bool (*known)(void *state, const struct ima_step *step);
	/* False: the machine failed. */
	bool (*entry)(void *state, const struct ima_step *step, struct att_error *e);
};
/* ima_replay() before a viewer. */
struct ima_viewed {
	const struct pcr_bank *given;
	uint32_t pcr;
	const struct ima_viewer *viewer;        /* NULL: nobody */
};
ATT_CHECK bool ima_replay_viewed(struct rd list, const struct ima_viewed *v, struct crypto *c,
    struct arena *a, struct ima_result *out, struct att_error *e);

/* boot_aggregate: what ties a list to the boot. */
enum ima_aggregate_result {
	IMA_AGGREGATE_ABSENT,           /* the entry is no boot_aggregate */
	IMA_AGGREGATE_ZERO,             /* all zeros: IMA had no TPM */
	IMA_AGGREGATE_NO_VALUES,        /* PCRs 0 to 7, or the bank, were not given */
	IMA_AGGREGATE_MATCHES_10,       /* of PCRs 0 to 9: kernels since 5.8 */
	IMA_AGGREGATE_MATCHES_8,        /* of PCRs 0 to 7: older kernels */
	IMA_AGGREGATE_DIFFERS
};
/*
 * Recomputes it in the algorithm of the entry, from the bank of that algorithm, else SHA-256,
 * else SHA-1.
 */
ATT_CHECK bool ima_boot_aggregate(const struct ima_entry *en, const struct pcr_bank *banks,
    size_t nbanks,
    struct crypto *c, enum ima_aggregate_result *out, struct att_error *e);
const char *ima_aggregate_text(enum ima_aggregate_result r);

/* security.ima as a signature (evm_ima_xattr). */
enum ima_sig_type {
	IMA_SIG_DIGSIG = 3,
	IMA_SIG_VERITY = 6              /* 5 is EVM's portable signature, which is in security.evm */
};
struct ima_signature {
	/* verity: what is signed is a structure with the fs-verity digest */
	enum ima_sig_type type;
	uint8_t version;                /* 2; verity 3 */
	const char *alg;                /* "sha256": what the signer hashed with */
	uint8_t alg_id;                 /* the same in the order of the kernel */
	uint8_t keyid[4];               /* last bytes of the certificate's subjectKeyIdentifier */
	/* RSA PKCS #1 v1.5, or ECDSA as DER, over the file's digest */
	struct rd signature;
};
ATT_CHECK bool ima_signature_parse(struct rd in, struct ima_signature *out, struct att_error *e);

/* The algorithm that "sha256" names; false when it is none of ours. */
ATT_CHECK bool ima_digest_alg(struct rd name, enum digest_alg *out);

#endif
