/*
 * enrolment.h - which attestation key each endorsement key was enrolled with: a row per endorsement key.
 *
 * An endorsement key keeps its attestation key: a row is made once, renewed by the same key, and otherwise
 * only removed.  The promises are those of store.h.  spec: security-history A17
 */
#ifndef SERVER_STORE_ENROLMENT_H
#define SERVER_STORE_ENROLMENT_H

#include "server/store/store.h"

struct store_enrolment {
	int64_t n;                      /* of the provider; grows, with gaps where rows were removed */
	const char *ek_id;              /* hexadecimal digits, as the others of this kind */
	const char *ak_name;
	const char *manufacturer, *vendor, *model, *version;    /* of the TPM, "" unknown */
	const char *enrolled_by;        /* name of the principal, "" anonymous */
	int64_t enrolled_at_s;
	const char *renewed_by;         /* of the last certificate */
	int64_t renewed_at_s, expires_s;
};

/*
 * Makes the row, or renews the one that is there with the same ak_name (then renewed_*, expires_s
 * and what the
 * TPM is called are taken from r, and *renewed is set).  OPERATION: the endorsement key has
 * another ak_name, and
 * nothing was changed.  r->n is not used.
 */
ATT_CHECK bool store_enrol(struct store *s, const char *provider, const struct store_enrolment *r,
    bool *renewed,
    struct att_error *e);
/* A part of the list in the order in which rows were made. */
struct store_enrolments {
	int64_t skip;                   /* rows with a number up to this are left out */
	size_t top;                     /* rows wanted at most */
	struct store_enrolment *entry;
	size_t n;
	bool more;                      /* there are rows behind the last one */
};
ATT_CHECK bool store_enrolments(struct store *s, const char *provider, struct arena *a,
    struct store_enrolments *l, struct att_error *e);
/* NOT_FOUND when there is none.  *ak_name is what it was enrolled with. */
ATT_CHECK bool store_enrolment_remove(struct store *s, const char *provider, const char *ek_id,
    struct arena *a,
    const char **ak_name, struct att_error *e);

#endif
