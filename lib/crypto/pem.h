/*
 * pem.h - PEM text (RFC 7468), bounded: one block after another, decoded by the one base64 routine.
 *
 * Lines end in LF or CRLF.  Text outside blocks is ignored, but a BEGIN or END that is not where it
 * belongs is an error with its offset, so that a damaged bundle cannot quietly lose a block.
 */
#ifndef CRYPTO_PEM_H
#define CRYPTO_PEM_H

#include "lib/base/rd.h"
#include "lib/base/secret.h"

/*
 * Takes the next block from r, which must have this label and at most max bytes inside.  *found is
 * false when no block is left.  out is replaced; the caller clears it.
 */
ATT_CHECK bool pem_next(struct rd *r, const char *label, size_t max, struct secret *out, bool *found,
    struct att_error *e);

#endif
