/* reference_parts.h - between the files that read an operator's reference values. */
#ifndef EVIDENCE_MEASUREDBOOT_REFERENCE_PARTS_H
#define EVIDENCE_MEASUREDBOOT_REFERENCE_PARTS_H

#include "lib/evidence/measuredboot/reference.h"
#include "lib/x509/x509.h"

/* att_reference_new() in an arena of the caller; reference_clear() drops the keys, the arena stays. */
ATT_CHECK bool reference_make_in(struct arena *a, const struct att_reference_given *g,
    struct att_reference **out, struct att_error *e);
void reference_clear(struct att_reference *r);

/* reference_keys.c: what PK, KEK and db may hold, and the current dbx. */
ATT_CHECK bool reference_fill_keys(struct att_reference *r, const struct att_bytes *v, size_t n,
    struct att_error *e);
ATT_CHECK bool reference_fill_dbx(struct att_reference *r, const struct att_bytes *v, size_t n,
    struct att_error *e);
/* reference_signers.c: whose keys may sign files. */
ATT_CHECK bool reference_fill_signers(struct att_reference *r, const struct att_bytes *v, size_t n,
    struct att_error *e);

/* Byte strings collected one at a time, then in ascending order and each once. */
struct collected_item { struct rd bytes; struct collected_item *next; };
struct collected { struct collected_item *first; size_t n, max; };
/* Borrows the bytes.  LIMIT past max. */
ATT_CHECK bool collect(struct collected *c, struct rd bytes, struct arena *a, struct att_error *e);
ATT_CHECK bool collected_sort(const struct collected *c, struct arena *a, struct rd **out, size_t *n,
    struct att_error *e);

/* Calls fn for what is inside each PEM block; all have this label, and there is one. */
typedef bool reference_der_fn(void *state, struct rd der, struct att_error *e);
ATT_CHECK bool reference_each_pem(struct rd in, const char *label, reference_der_fn *fn, void *state,
    struct att_error *e);
bool reference_is_pem(struct rd in);

#endif
