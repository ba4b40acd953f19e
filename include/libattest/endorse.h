/*
 * endorse.h - endorsements outside of an appraisal: what a piece is, whether it can be believed, and sets
 * that are parsed and proved once and used by many appraisals.
 *
 * An endorsement is what a manufacturer says about a platform: Intel's collateral (TCB Info, QE identity,
 * evaluation numbers, revocation lists), AMD's certificates and lists.  Each has a kind and a key, spelled
 * the same in the library, the daemon's store, its messages and on the command line:
 *
 *   kind                key                                               evaluation number
 *   tcb-info            SGX-<fmspc>, TDX-<fmspc>      12 lower-case hex    yes
 *   qe-identity         QE, TD_QE, QVE                                     yes
 *   evaluation-numbers  SGX, TDX                                           no
 *   pck-crl             platform, processor                                no
 *   root-crl            root                                               no
 *   pck-cert            <qe id>-<pce id>-<cpusvn>-<pcesvn>   hex           no
 *   snp-vcek            <product>-<chip id>-<reported tcb>   hex           no
 *   snp-chain           <product>-vcek, <product>-vlek                     no
 *   snp-crl             <product>-vcek, <product>-vlek                     no
 *
 * Nothing here fetches or stores.  Times are seconds since 1970; INT64_MIN is "not known".
 */
#ifndef LIBATTEST_ENDORSE_H
#define LIBATTEST_ENDORSE_H

#include "libattest/attest.h"

/* Do items of this kind have an evaluation number? */
ATT_API bool att_kind_has_evaluation(const char *kind);

/* ---- one piece ---- */

struct att_endorsement {
	const char *kind, *key;         /* as above; "" when the form is so wrong that it does not say */
	uint32_t evaluation;            /* tcbEvaluationDataNumber; 0: the kind has none */
	int64_t issued_s, expires_s;    /* issueDate and nextUpdate, thisUpdate and nextUpdate, validity */
	const char *crl_number;         /* lists: CRL number in hex without leading zeros; else NULL */
	/* "good", or what is wrong with it at the time: "form", "root", "signer", "signature",
	 * "signer-dates", "signer-revoked", "early", "expired" */
	const char *fault;
	const char *why;                /* unless good: in words */
	bool simulated;                 /* trusted because of an anchor that was given, not a pin */
	uint8_t sha256[32];             /* of bytes */
	/* the piece alone, whole with its issuer chain: can be stored and given back.  Normalised JSON for
	 * Intel's kinds, PEM for the others */
	struct att_bytes bytes;
};
struct att_endorsement_list { struct att_endorsement *item; size_t n; };

/*
 * Says what pieces hold and judges each item at now_s under the pins and the anchors.  The pieces are read
 * together: an issuer chain may be a piece beside its document, as PCS sends it in a header; so may the
 * certificates that certify an item: a root CRL alone has fault "root", a VCEK alone "signer".  A piece may
 * hold several items.  False: a piece is nothing that we know, or memory ran out; an item that is malformed
 * or not authentic is an item with that fault.
 * Of a pck-cert the <qe id> is not in the certificate: it reads "any".  An ARK's list does not say whether
 * it is the one for VCEKs or for VLEKs: its key ends in -vlek when the ASVK and no ASK is among the pieces.
 */
ATT_API bool att_endorsements_read(const struct att_bytes *pieces, size_t n, const struct att_bytes *anchors,
    size_t nanchors, int64_t now_s, struct att_endorsement_list **out, struct att_error *e);
ATT_API void att_endorsements_read_free(struct att_endorsement_list *l);

/*
 * May next take the place of seen, the newest item of the same kind, key and evaluation number that was ever
 * accepted?  Never with an older issue date or a smaller CRL number.  e names both.
 */
ATT_API bool att_endorsement_may_follow(const struct att_endorsement *seen,
    const struct att_endorsement *next, struct att_error *e);

/* ---- a prepared set ---- */

/*
 * Pieces and anchors, recognised, parsed and proved once; immutable, so several contexts of one thread may
 * use it.  Give it to appraisals by att_request.prepared or from att_request.lookup.  A verdict with a
 * prepared set is the same as with the same pieces in att_request.endorsements and .anchors, but that a lone
 * piece there counts as picked for the evidence, which here att_request.endorsements_picked says.
 */
struct att_prepared;
/* Copies the bytes. */
ATT_API bool att_prepared_new(const struct att_bytes *pieces, size_t n, const struct att_bytes *anchors,
    size_t nanchors, struct att_prepared **out, struct att_error *e);
ATT_API void att_prepared_free(struct att_prepared *p);
/* Bytes of memory it holds, for caches that count. */
ATT_API size_t att_prepared_size(const struct att_prepared *p);

/* ---- a bundle: many endorsements in one file ---- */

/*
 * {"attestd-bundle":1,"items":[{"kind","key","evaluation","issued","expires","sha256","piece"},...],"sha256"}
 * piece: the exact bytes of one piece as base64, sha256 beside it their digest; issued, expires: RFC 3339
 * or null.  The last sha256 is over the text of the list, from "[" to "]".  A bundle may be given wherever
 * pieces are; it stands for what it holds.
 */
struct att_bundle_item {
	const char *kind, *key;
	uint32_t evaluation;
	int64_t issued_s, expires_s;
	uint8_t sha256[32];
	struct att_bytes piece;
};
struct att_bundle { const struct att_bundle_item *item; size_t n; };

/* Does the file begin like one? */
ATT_API bool att_bundle_recognise(struct att_bytes file);
/* What the bundle says of itself; a changed byte is found and its item named.  Does NOT judge the pieces. */
ATT_API bool att_bundle_read(struct att_bytes file, struct att_bundle **out, struct att_error *e);
ATT_API void att_bundle_free(struct att_bundle *b);
/* In the order of kind, key, evaluation number, date and digest, each once: the same items make the same
 * bytes.  Looks at kind to expires_s and bytes only.  free() *text. */
ATT_API bool att_bundle_write(const struct att_endorsement *v, size_t n, char **text, size_t *len,
    struct att_error *e);

#endif
