/* add.h - what the files that fill a set share, and who writes pieces for them (lib/attest). */
#ifndef COLLATERAL_ADD_H
#define COLLATERAL_ADD_H

#include "lib/collateral/set.h"

/* The signed objects that a set knows: names in both kinds of JSON. */
struct signed_kind {
	enum collateral_kind kind;
	const char *member;             /* of the raw answer: "tcbInfo" */
	const char *name;               /* of the normalised object, "tcb_info"; NULL: not in it */
	const char *signature, *chain;  /* beside name */
	/* Reads the body into the item: key, dates and the structure. */
	bool (*read)(struct collateral_set *s, struct collateral_item *i, struct att_error *e);
};
extern const struct signed_kind signed_kinds[];
extern const size_t nsigned_kinds;

/* Lists in the normalised object, and the member with their issuers. */
struct list_member { const char *name; enum collateral_kind kind; };
#define LIST_MEMBERS 2
extern const struct list_member list_members[LIST_MEMBERS];
#define LIST_CHAIN "pck_crl_issuer_chain"

/* item.c: body, signature, answer, chain_text and source are set; bytes must be the arena's.  A
 * malformed body is no error.  chain_text is parsed.  An item that is there already is not added again. */
ATT_CHECK bool item_add_signed(struct collateral_set *s, const struct signed_kind *k,
    const struct collateral_item *item, struct att_error *e);
/* DER or PEM or hex of one list; slot: what it came as, OTHER_CRL when nothing says so. */
ATT_CHECK bool item_add_crl(struct collateral_set *s, struct rd text, enum collateral_kind slot,
    size_t source, struct att_error *e);
ATT_CHECK bool item_add_certs(struct collateral_set *s, struct rd text, struct att_error *e);

/* A SEQUENCE with a long length: no text begins so, because the second byte is not ASCII. */
bool looks_like_der(struct rd in);
/* Without white space at both ends and one NUL at the end. */
struct rd text_trim(struct rd in);
bool text_contains(struct rd in, const char *word);

#endif
