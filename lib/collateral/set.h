/*
 * set.h - Intel's collateral for an appraisal: a set of pieces, recognised, proved and looked up.
 *
 * Three steps, each its own: add (bytes to structures, no trust), prove (chains and signatures to a
 * pinned root, no clock), judge and find (the clock, revocation, which item to take).  After proving, a
 * set is immutable, so a context may keep it; a key of such a cache holds the digests of all pieces and
 * of the anchors.
 * spec: sgx-tdx §1.1, §4, §5 steps 3 to 5
 *
 * Nothing here fetches, and nothing here binds an item to a platform: PCK certificates, FMSPC, PCE-ID and the
 * enclave's id are the formats' checks.
 */
#ifndef COLLATERAL_SET_H
#define COLLATERAL_SET_H

#include "lib/collateral/pcs_envelope.h"
#include "lib/collateral/pcs_numbers.h"
#include "lib/collateral/pcs_qeid.h"
#include "lib/x509/x509.h"

#define COLLATERAL_ITEMS_MAX 1024               /* items of a set */
#define COLLATERAL_CERTS_MAX 1024               /* loose certificates of a set */
#define COLLATERAL_ROOTS_MAX 16                 /* trusted root certificates met in a set */
#define COLLATERAL_SIGNERS_MAX 4                /* signing certificates of one item */
#define COLLATERAL_PIECE_MAX ((size_t)16 << 20) /* bytes of one piece */

#define COLLATERAL_CN_ROOT "Intel SGX Root CA"
#define COLLATERAL_CN_TCB_SIGNING "Intel SGX TCB Signing"
#define COLLATERAL_CN_PCK_PLATFORM "Intel SGX PCK Platform CA"
#define COLLATERAL_CN_PCK_PROCESSOR "Intel SGX PCK Processor CA"

enum collateral_kind {
	/* key: TEE and FMSPC, "SGX-00906ed50000"; see collateral_fmspc_key() */
	COLLATERAL_TCB_INFO,
	COLLATERAL_QE_IDENTITY,         /* key: "QE", "TD_QE", "QVE" */
	COLLATERAL_NUMBERS,             /* key: "SGX", "TDX" */
	COLLATERAL_PCK_CRL,             /* key: "platform", "processor"; else the issuer's CN */
	COLLATERAL_ROOT_CRL,            /* key: "root"; else the issuer's CN */
	COLLATERAL_OTHER_CRL,           /* key: the issuer's CN; not Intel's, kept for who knows it */
	COLLATERAL_NKINDS
};
const char *collateral_kind_name(enum collateral_kind k);       /* "tcb-info", "qe-identity", ... */

/* The first thing that is wrong with an item, in the order in which a verifier asks. */
enum collateral_fault {
	COLLATERAL_GOOD,
	COLLATERAL_FORM,                /* the signed object is not what the specification says */
	COLLATERAL_ROOT,                /* its chain ends neither in Intel's key nor in an anchor */
	/* no certificate "Intel SGX TCB Signing" directly below the root; CRL: issuer */
	COLLATERAL_SIGNER,
	COLLATERAL_SIGNATURE,           /* the signer did not sign these bytes */
	COLLATERAL_SIGNER_DATES,        /* signing certificate or root not valid at the time */
	COLLATERAL_SIGNER_REVOKED,      /* signing certificate is in a root CRL of the set */
	COLLATERAL_EARLY,               /* issueDate or thisUpdate lies after the time */
	COLLATERAL_EXPIRED              /* nextUpdate lies before the time, or is absent */
};

/* What proving found; independent of the time. */
struct collateral_proof {
	enum collateral_fault fault;            /* GOOD, or FORM to SIGNATURE */
	struct att_error why;                   /* unless GOOD */
	bool simulated;                         /* the root is an anchor that was given, not the pin */
	struct x509_cert *root;                 /* borrowed from the set; NULL unless GOOD */
	/* Certificates that signed it, borrowed; root for a root CRL.  Several when a key was certified
	 * anew. */
	struct x509_cert *signers[COLLATERAL_SIGNERS_MAX];
	size_t nsigners;
};

/* One item.  Texts and bytes live in the set's arena. */
struct collateral_item {
	enum collateral_kind kind;
	const char *key;                        /* see the kinds; "" when the form did not even say that */
	int64_t issue_date_s;                   /* issueDate, thisUpdate; INT64_MIN when unknown */
	int64_t next_update_s;                  /* INT64_MIN when unknown or absent */
	uint32_t evaluation;                    /* tcbEvaluationDataNumber; 0 for other kinds */
	size_t source;                          /* number given to collateral_set_add() */
	/* JSON kinds: exact signed bytes and their signature; CRL: its DER */
	struct rd body;
	uint8_t sha256[32];                     /* of body */
	uint8_t signature[PCS_SIG_LEN];
	/* JSON kinds: the whole answer {"tcbInfo":...,"signature":"..."}, as received or put together
	 * again */
	struct rd answer;
	/* issuer chain as received with the item (PEM); may be empty */
	struct rd chain_text;
	struct x509_bundle chain;               /* the same, parsed; owned */
	/* The one of its kind; NULL when the form is wrong (proof.fault is FORM from the beginning then) */
	const struct pcs_tcbinfo *tcb_info;
	const struct pcs_qeid *qe_identity;
	const struct pcs_numbers *numbers;
	struct x509_crl *crl;                   /* owned */
	struct collateral_proof proof;
	/* Of good items: SHA-256 as MAA's tokens have it, of the answer or of the root's list in
	 * PEM, and of the issuer chain (signer, then root) in PEM, each with a NUL behind. spec:
	 * sgx-tdx §9.2 */
	uint8_t text_sha256[32], chain_sha256[32];
};

struct collateral_set {
	struct arena *a;                        /* borrowed: everything that is not a handle */
	struct crypto *c;                       /* borrowed, for parsing certificates */
	struct collateral_item **items;
	size_t nitems;
	/* loose certificates, and those of pck_crl_issuer_chain; owned */
	struct x509_bundle certs;
	/* Trusted roots met in the set or among the anchors, the longest valid first; owned, set by
	 * proving */
	struct { struct x509_cert *cert; bool simulated; } roots[COLLATERAL_ROOTS_MAX];
	size_t nroots;
	bool proved;
};

/* a and c outlive the set.  All-zero is not a valid set; clear frees the handles, the arena frees the
 * rest. */
ATT_CHECK bool collateral_set_init(struct collateral_set *s, struct arena *a, struct crypto *c,
    struct att_error *e);
void collateral_set_clear(struct collateral_set *s);

/*
 * Adds a piece; what it is, is recognised: the normalised JSON object (tcb_info,
 * tcb_info_signature, tcb_info_issuer_chain, qe_identity..., pck_crl_issuer_chain, pck_crl,
 * root_ca_crl; any of the groups may be absent), a raw PCS answer, certificates or one CRL in PEM
 * or DER, both in one PEM text, a CRL as hex text of DER; one NUL behind the end is let pass. Bytes
 * are copied.  A readable piece whose signed object is malformed is an item with that fault, so
 * that a verdict can name it; an unreadable piece is an error and leaves the set as it was.  source
 * is the caller's number for the piece (a file, a store row).
 */
ATT_CHECK bool collateral_set_add(struct collateral_set *s, struct rd piece, size_t source,
    struct att_error *e);
/* Is this a piece that the function above would look at (rather than AMD's or somebody else's JSON)?  A JSON
 * object is recognised by its members, everything else is left open: true. */
bool collateral_recognise(struct rd piece);

/*
 * Proves every item under Intel's root key or one of the anchors (certificates that somebody gave; may
 * be NULL).  JSON kinds and the root CRL wholly.  PCK CRLs: signed by a certificate of the set that the
 * root issued and whose name is the list's issuer; when the set holds no such certificate the fault is
 * SIGNER, and the format proves the list under the intermediate of the evidence, which it must do
 * anyway.  Call once, after the last add.  False only for a failure of the machine.
 */
ATT_CHECK bool collateral_set_prove(struct collateral_set *s, const struct x509_bundle *anchors,
    struct att_error *e);

/*
 * The first fault of a proved item at this time, with the reason in *why.  SIGNER_REVOKED is asked of the
 * root CRLs in the set; that a current one is there is the caller's check (collateral_root_crl).
 * A row of a format's check table passed when its fault comes before the one returned, or GOOD was.
 */
enum collateral_fault collateral_judge(const struct collateral_set *s, const struct collateral_item *i,
    int64_t now_s, struct att_error *why);

/* Which item is wanted. */
struct collateral_query {
	enum collateral_kind kind;
	const char *key;                        /* NULL: any key */
	uint32_t evaluation;                    /* exactly this tcbEvaluationDataNumber; 0: the highest */
	int64_t now_s;
};
/*
 * The item to use, or NULL.  Proved items come before others, issued ones before those of the future,
 * then the higher evaluation number, then the later issue date: an expired item of a higher number is
 * not passed over for a current one of a lower, since the older knows less about attacks.  Not a
 * judgement: judge what was found.  With the key wanted and nothing of it there, an item too malformed
 * to have a key is returned if there is one.
 */
const struct collateral_item *collateral_find(const struct collateral_set *s,
    const struct collateral_query *q);

/* "SGX-00906ed50000" for a query; NULL when out of memory. */
const char *collateral_fmspc_key(struct arena *a, enum pcs_tee tee, const uint8_t fmspc[PCS_FMSPC_LEN]);
/* The PCK CRL whose issuer name is this CA's subject, the latest issued at that time; NULL when there
 * is none (a list of another CA may be there: collateral_find() with key NULL finds it).  Its signature is
 * NOT looked at: verify it with x509_crl_signed_by() under the CA that issued the leaf. */
const struct collateral_item *collateral_pck_crl(const struct collateral_set *s, const struct x509_cert *ca,
    int64_t now_s);
/* The latest root CRL that this root (by key) signed, else NULL; judge it for its dates. */
const struct collateral_item *collateral_root_crl(const struct collateral_set *s,
    const struct x509_cert *root, int64_t now_s);
/* Does any root CRL that this root (by key) signed name the certificate?  Older lists count too. */
bool collateral_root_revokes(const struct collateral_set *s, const struct x509_cert *root,
    const struct x509_cert *cert);

/* Is this certificate's key Intel's root key? */
bool collateral_is_intel_root(const struct x509_cert *cert);

/* Span of the dates of a set of items used in one appraisal (§5.3); start with COLLATERAL_SPAN_EMPTY. */
struct collateral_span {
	int64_t issued_earliest_s, issued_latest_s, expires_earliest_s;
};
#define COLLATERAL_SPAN_EMPTY { INT64_MAX, INT64_MIN, INT64_MAX }
/* Takes in the item's own dates and those of its chain's certificates. */
void collateral_span_item(struct collateral_span *d, const struct collateral_item *i);
void collateral_span_cert(struct collateral_span *d, const struct x509_cert *cert);

#endif
