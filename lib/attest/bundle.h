/* bundle.h - bundles among the pieces that a caller gives; the format itself is in libattest/endorse.h. */
#ifndef ATTEST_BUNDLE_H
#define ATTEST_BUNDLE_H

#include "lib/base/arena.h"
#include "lib/crypto/crypto.h"
#include "libattest/attest.h"

#define BUNDLE_BYTES_MAX ((size_t)64 << 20)     /* of the file */
#define BUNDLE_ITEMS_MAX 4096

/*
 * The pieces with what it holds in the place of each bundle, in the order given.  Without a bundle *out is v
 * itself.  Fails when a bundle is damaged; its number among the pieces is named.
 */
ATT_CHECK bool bundle_expand(struct arena *a, struct crypto *c, const struct att_bytes *v, size_t n,
    const struct att_bytes **out, size_t *nout, struct att_error *e);

#endif
