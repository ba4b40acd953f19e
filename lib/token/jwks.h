/*
 * jwks.h - keys out of a JWK set (RFC 7517) that the caller trusts.
 *
 * A key may come as n and e, as crv, x and y, as the certificate x5c[0] (as MAA publishes them,
 * rest-api 6.4), or both ways, which must then agree.  Certificates are only containers here: no
 * chain, validity or revocation is looked at, because the trust lies in the set itself.
 */
#ifndef TOKEN_JWKS_H
#define TOKEN_JWKS_H

#include "lib/crypto/crypto.h"
#include "lib/json/json.h"

#define JWKS_TEXT_MAX ((size_t)1 << 20)         /* bytes of a JWK set */

/* The set's JSON: an object with the array "keys". */
ATT_CHECK bool jwks_parse(
    struct arena *a, const void *p, size_t n, const struct json **out, struct att_error *e);

struct jwks_match {
	struct pubkey *key;             /* one reference, owned by the caller */
	const char *alg;                /* the JWK's alg, in the set's arena; NULL: absent */
};
/*
 * The key whose kid is exactly kid.  Entries of that kid that cannot be used for signatures (other
 * kty, curve or use) are passed over; two different usable keys of one kid are an error.
 * ATT_E_NOT_FOUND: no entry has the kid; ATT_E_UNSUPPORTED: none of those that have it is usable.
 */
ATT_CHECK bool jwks_find(struct arena *a, struct crypto *c, const struct json *set, const struct json *kid,
    struct jwks_match *out, struct att_error *e);

/* The public key of one JWK; see the top.  *out is one reference, owned by the caller. */
ATT_CHECK bool jwks_key(struct arena *a, struct crypto *c, const struct json *jwk, struct pubkey **out,
    struct att_error *e);

#endif
