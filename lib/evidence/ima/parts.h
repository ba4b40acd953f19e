/* parts.h - between the files of this folder. */
#ifndef EVIDENCE_IMA_PARTS_H
#define EVIDENCE_IMA_PARTS_H

#include "lib/evidence/ima/ima.h"

/* By name ("ima-sig") or by format ("d-ng|n-ng"). */
ATT_CHECK bool template_find(struct rd name, struct ima_template *out, struct att_error *e);
/* The same, kept in the list: NULL when there is none. */
const struct ima_template *template_of(struct ima_list *l, struct rd name, struct att_error *e);
/* Template data to the entry's fields; the data must be used up. */
ATT_CHECK bool template_read(const struct ima_template *t, struct ima_entry *en,
    struct att_error *e);

/* ascii.c: one line without its end. */
ATT_CHECK bool ascii_entry(struct ima_list *l, struct rd line, struct ima_entry *out,
    struct att_error *e);
/* Takes characters up to a space, which is skipped, or to the end. */
struct rd word_take(struct rd *in);

#endif
