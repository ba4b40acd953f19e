/*
 * kit.h - throw-away keys and hand-made tokens for the tests of lib/token.
 *
 * Tokens here are built from raw texts, so that a test can write what att_token_sign() never would.
 */
#ifndef TEST_TOKEN_KIT_H
#define TEST_TOKEN_KIT_H

#include "tests/harness/check.h"

#include "lib/token/jws.h"
#include "lib/token/jwt.h"
#include "lib/token/key.h"

#define NOW INT64_C(1700000000)
#define ISSUER "https://verifier.test"

enum kit_key { KIT_RSA, KIT_P256, KIT_P384, KIT_P521, KIT_OTHER, KIT_NKEYS };

struct kit {
	struct arena *a;
	struct crypto *c;
	struct att_signing_key *keys[KIT_NKEYS];        /* KIT_OTHER: RSA, not in the set */
	char *jwks;                                     /* of all but KIT_OTHER */
};
/* One per test program: cmocka group fixtures. */
extern struct kit kit;
int kit_setup(void **state);
int kit_teardown(void **state);

struct att_bytes kit_bytes(const char *s);              /* without the NUL; NULL gives none */
/* fmt with $KID replaced by the kid of the key and $X5C by its first certificate. */
char *kit_fill(enum kit_key key, const char *text);
/* header and payload as they are (header through kit_fill), signed by the key; none: empty third segment. */
char *kit_token(enum kit_key key, const char *header, const char *payload);
char *kit_unsigned(const char *header, const char *payload);
/* Any three byte strings as segments. */
char *kit_join(const char *header, const char *payload, const void *sig, size_t sig_len);
/* {"alg":<of the key>,"jku":..,"kid":<of the key>,"typ":"JWT"} */
char *kit_header(enum kit_key key);
/* A good payload with one member replaced by raw JSON (value NULL: left out); name NULL: as it is. */
char *kit_payload(const char *name, const char *value);

/* What is wanted of kit_payload(). */
extern const struct att_token_wanted kit_wanted;
/* Verifies with the set given (NULL: kit.jwks) and kit_wanted (w NULL). */
struct att_token_report *kit_verify(const char *token, const char *jwks, const struct att_token_wanted *w);
/* The first failed row is this one, with the substring in found or expected; those before passed. */
void kit_check_fails(const char *token, const char *jwks, const struct att_token_wanted *w,
    enum jwt_check row, const char *substring);
/* Rows that kit_check_fails() has seen fail first in this program. */
extern bool kit_seen[JWT_NCHECKS];
void kit_check_valid(const char *token, const char *jwks, const struct att_token_wanted *w);

#endif
