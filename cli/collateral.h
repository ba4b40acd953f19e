/* collateral.h - endorsements from files, and into a folder; what the collateral commands share. */
#ifndef CLI_COLLATERAL_H
#define CLI_COLLATERAL_H

#include "cli/cmd.h"
#include "libattest/endorse.h"

#define COLLATERAL_FILES_MAX 4096
#define SOON_S (7 * 86400)              /* what expires within this time is worth a warning */

/* Files and folders as one set of pieces, with the anchors and the time that it is judged by. */
struct collateral {
	struct att_bytes *piece; size_t n;      /* room for COLLATERAL_FILES_MAX */
	struct att_bytes *anchors; size_t nanchors;
	int64_t now_s;
	struct att_endorsement_list *list;      /* freed by collateral_clear() */
};

/* --anchors and --at only. */
ATT_CHECK bool collateral_begin(const struct args *args, struct arena *a, struct collateral *c,
    struct att_error *e);
/* The same and every positional argument from the i-th on, judged. */
ATT_CHECK bool collateral_read(const struct args *args, size_t i, struct arena *a, struct collateral *c,
    struct att_error *e);
void collateral_clear(struct collateral *c);

/* A fault that time makes, not whoever wrote the item: such an item can have been good. */
bool collateral_is_authentic(const struct att_endorsement *i);
/* What to do about a fault; NULL: nothing is known. */
const char *collateral_hint(const struct att_endorsement *i);
/* "tcb-info SGX-00906ed50000 (17)" */
const char *collateral_name(struct arena *a, const char *kind, const char *key, uint32_t evaluation);

/* The file becomes a bundle of these. */
ATT_CHECK bool collateral_bundle_put(const char *path, const struct att_endorsement *v, size_t n,
    struct arena *a, struct att_error *e);

/*
 * A folder that serves as collateral.dir: one file for each kind, key and evaluation number.  An item is
 * refused when the folder holds a newer one.
 */
struct collateral_dir {
	const char *path;
	struct collateral held;                 /* freed by collateral_clear() */
};
/* The folder need not be there yet. */
ATT_CHECK bool collateral_dir_open(const char *path, const struct collateral *like, struct arena *a,
    struct collateral_dir *d, struct att_error *e);
/* Is there the very same item?  Else: may it be put there?  False: why not in e. */
ATT_CHECK bool collateral_dir_may_put(const struct collateral_dir *d, const struct att_endorsement *i,
    bool *same, struct att_error *e);
/* Makes the folder when it is absent; the file is replaced as a whole.  *file: its name. */
ATT_CHECK bool collateral_dir_put(const struct collateral_dir *d, const struct att_endorsement *i,
    struct att_bytes piece, struct arena *a, const char **file, struct att_error *e);

#endif
