/* endorse_piece.h - pieces as the collateral layer takes them, and items written as pieces of their
 * own. */
#ifndef ATTEST_ENDORSE_PIECE_H
#define ATTEST_ENDORSE_PIECE_H

#include "lib/collateral/pack.h"
#include "libattest/attest.h"

struct piece_list {
	const struct att_bytes *v;
	size_t n;
};
/* Pieces and anchors of a caller, bundles expanded; borrowed from the arena and the caller. */
ATT_CHECK bool given_make(struct arena *a, struct crypto *c, struct piece_list pieces,
    struct piece_list anchors, struct collateral_given *out, struct att_error *e);

/* In the arena. */
struct piece_text {
	const char *p;
	size_t n;
};
/* Normalised JSON of one item with its issuer chain: the one it came with, else the certificates
 * that signed it. */
ATT_CHECK bool piece_intel(struct arena *a, const struct collateral_item *i,
    struct piece_text *out, struct att_error *e);
/* PEM: the list if there is one (DER), then the certificates. */
ATT_CHECK bool piece_amd(struct arena *a, const struct x509_cert *const *chain, size_t n,
    struct rd crl, struct piece_text *out, struct att_error *e);

#endif
