/*
 * jwt.h - verifying an attestation token: one row per check, in the order they are made
 * (RFC 7519 section 7.2, RFC 8725; rest-api section 6).
 *
 * Up to and including the payload the first failure ends the run, since nothing after it would
 * mean anything; the claims of an authentic token are then all looked at, so that a person sees
 * every reason at once.  An absent claim fails like a wrong one.
 */
#ifndef TOKEN_JWT_H
#define TOKEN_JWT_H

#include "libattest/token.h"

#include "lib/base/checklist.h"
#include "lib/crypto/crypto.h"

#define JWT_LEEWAY_MAX 300

/* X(name, word of the id, stops the run when it fails, may stay unasked, title, specification) */
#define JWT_CHECKS(X) \
	X(FORM,        form,        true,  false, "three base64url parts within size", "RFC 7515 7.1") \
	X(HEADER,      header,      true,  false, "the header is the object of a JWT", "RFC 7515 4") \
	X(CRIT,        crit,        true,  false, "no critical header extension",      "RFC 7515 4.1.11") \
	X(ALG,         alg,         true,  false, "a signature algorithm of the list", "RFC 8725 3.2") \
	X(KEY_SET,     key_set,     true,  false, "the JWK set given can be read",     "RFC 7517 5") \
	X(KEY,         key,         true,  false, "the set has the key named by kid",  "RFC 7515 4.1.4") \
	X(KEY_ALG,     key_alg,     true,  false, "the algorithm fits the key",        "RFC 8725 3.1") \
	X(SIGNATURE,   signature,   true,  false, "the signature verifies",            "RFC 7515 5.2") \
	X(PAYLOAD,     payload,     true,  false, "the payload is a JSON object",      "RFC 7519 7.2") \
	X(ISSUER,      issuer,      false, false, "issued by the expected service",    "RFC 7519 4.1.1") \
	X(EXP,         exp,         false, false, "not expired",                       "RFC 7519 4.1.4") \
	X(NBF,         nbf,         false, false, "already valid",                     "RFC 7519 4.1.5") \
	X(IAT,         iat,         false, false, "not issued in the future",          "RFC 7519 4.1.6") \
	X(AUDIENCE,    audience,    false, true,  "made for the expected audience",    "RFC 7519 4.1.3") \
	X(POLICY_HASH, policy_hash, false, true,  "judged by the expected policy",     "rest-api 6.3") \
	X(NONCE,       nonce,       false, true,  "answers the nonce sent",            "rest-api 5.1") \
	X(TYPE,        type,        false, true,  "about the expected evidence type",  "rest-api 6.3")

enum jwt_check {
#define X(name, word, stops, optional, title, spec) JWT_##name,
	JWT_CHECKS(X)
#undef X
	JWT_NCHECKS
};
extern const struct check_row jwt_rows[JWT_NCHECKS];

/*
 * The verification; everything in *out lives in the arena.  True: *out tells.  False: the wanted
 * values are not possible (no issuer, leeway outside 0..300, time outside 1970..9999), or memory.
 */
ATT_CHECK bool jwt_verify(struct arena *a, struct crypto *c, struct att_bytes token, struct att_bytes jwks,
    const struct att_token_wanted *w, struct att_token_report *out, struct att_error *e);

#endif
