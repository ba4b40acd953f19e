/*
 * pcs_envelope.h - {"<member>":{...},"signature":"<128 hex>"}: the frame of every signed answer of
 * Intel's PCS.
 *
 * The signature is ECDSA P-256 with SHA-256 over the bytes of the inner object exactly as received.
 * spec: sgx-tdx §4.1
 */
#ifndef COLLATERAL_PCS_ENVELOPE_H
#define COLLATERAL_PCS_ENVELOPE_H

#include "lib/crypto/crypto.h"

#define PCS_TEXT_MAX ((size_t)1 << 20)          /* bytes of one answer */
#define PCS_SIG_LEN 64                          /* raw r || s */
#define PCS_DEPTH_MAX 32                        /* nesting of a signed object */

/*
 * Cuts the answer: *body gets the received bytes of the member, which must be an object, sig the signature.
 * The answer must have these two members and no other.  Borrowed from text (the arena holds scratch only);
 * nothing is verified, and the body is parsed as JSON only.
 */
ATT_CHECK bool pcs_envelope_split(struct arena *a, struct rd text, const char *member, struct rd *body,
    uint8_t sig[PCS_SIG_LEN], struct att_error *e);
/* 128 hex digits, either case. */
ATT_CHECK bool pcs_signature_parse(const char *hex, size_t len, uint8_t sig[PCS_SIG_LEN],
    struct att_error *e);
/* NOT_AUTHENTIC when key did not sign body.  Does NOT ask whose key it is. */
ATT_CHECK bool pcs_signature_verify(struct crypto *c, const struct pubkey *key, struct rd body,
    const uint8_t sig[PCS_SIG_LEN], struct att_error *e);

#endif
