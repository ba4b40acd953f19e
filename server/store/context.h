/*
 * context.h - which sealed contexts were used: a row per context, kept until it has expired.
 *
 * A context is good for one use.  What says so is one insert: of any number of uses, at the same time or
 * after a crash, exactly one finds no row.  The promises are those of store.h.
 */
#ifndef SERVER_STORE_CONTEXT_H
#define SERVER_STORE_CONTEXT_H

#include "server/store/store.h"

struct store_context {
	const char *provider;
	struct store_bytes id;
	int64_t expires_s;              /* when it would be refused anyway */
};

/*
 * Marks c as used and says whether it was not before; when *fresh is true, that is on the disk.  OVERLOADED:
 * the provider has max rows, and c was not used.
 */
ATT_CHECK bool store_context_use(struct store *s, const struct store_context *c, uint32_t max, bool *fresh,
    struct att_error *e);
/* Forgets contexts that expired before, a few thousand at a time; *more: there are others. */
ATT_CHECK bool store_contexts_forget(struct store *s, int64_t before_s, bool *more, struct att_error *e);

#endif
