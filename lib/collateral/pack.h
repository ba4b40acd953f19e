/*
 * pack.h - everything that was given for appraisals, recognised, parsed and proved once: Intel's
 * collateral as a set, certificates and revocation lists of any manufacturer, and the anchors they
 * were proved under.
 *
 * Immutable once made.  Its keys name it in caches: whatever an appraisal takes from a pack depends
 * on nothing but the bytes that the keys are digests of.
 */
#ifndef COLLATERAL_PACK_H
#define COLLATERAL_PACK_H

#include "lib/collateral/set.h"

#define COLLATERAL_PIECES_MAX 4096
#define COLLATERAL_KEY 32

/* What was given; borrowed only while a pack is made. */
struct collateral_given {
	const struct rd *pieces; size_t npieces;
	const struct rd *anchors; size_t nanchors;      /* certificates in PEM or DER */
};

/* SHA-256 of the digests of what was given, in the order given. */
struct collateral_keys {
	uint8_t anchors[COLLATERAL_KEY];
	uint8_t all[COLLATERAL_KEY];                    /* of pieces and anchors */
};

struct collateral_pack {
	struct arena *a;                                /* owned, and everything below with it */
	struct collateral_keys keys;
	struct collateral_set set; /* proved; set.certs are all certificates of the pieces */
	struct x509_bundle anchors;
	struct x509_crl **crls;
	size_t ncrls; /* of all items that have one; borrowed from the set */
	/* The first piece of Intel's JSON or hex that could not be read; code OK: all could.  It
	 * may be the one that an appraisal misses. */
	struct att_error unreadable;
};

ATT_CHECK bool collateral_keys_make(struct crypto *c, const struct collateral_given *g,
    struct collateral_keys *out, struct att_error *e);
/*
 * c outlives the pack.  Besides what collateral_set_add() takes, a piece may be an answer of
 * Azure's THIM with an AMD certificate and its chain.  False, with the piece named: it is nothing
 * that we know; or the machine failed.
 */
ATT_CHECK bool collateral_pack_new(struct crypto *c, const struct collateral_given *g,
    struct collateral_pack **out, struct att_error *e);
void collateral_pack_free(struct collateral_pack *p);
/* Bytes of memory, roughly: libcrypto does not say what its objects take. */
size_t collateral_pack_size(const struct collateral_pack *p);

/* Adds one piece to a set: as collateral_set_add(), and THIM's answers.  Does not forgive. */
ATT_CHECK bool collateral_piece_add(
    struct collateral_set *s, struct rd piece, size_t source, struct att_error *e);

#endif
