/* key.h - what a signing key is made of, for the files of this folder. */
#ifndef TOKEN_KEY_H
#define TOKEN_KEY_H

#include "libattest/token.h"

#include "lib/crypto/crypto.h"
#include "lib/token/jws.h"
#include "lib/x509/x509.h"

#define KEY_ID_LEN 43                   /* base64url of 32 bytes */
#define TOKEN_MEMORY ((size_t)64 << 20) /* arena limit of one call */

struct att_signing_key {
	struct crypto *c;               /* owned; a key belongs to one thread at a time */
	struct privkey *priv;           /* owned */
	struct pubkey *pub;             /* one reference */
	struct x509_bundle chain;       /* [0] holds pub; empty until certified */
	const struct jws_alg *alg;      /* what it signs with */
	char kid[KEY_ID_LEN + 1];       /* base64url(SHA-256(SubjectPublicKeyInfo)) */
};

ATT_AUTO_DEFINE_STRUCT(arena, arena_free);
ATT_AUTO_DEFINE_STRUCT(att_signing_key, att_signing_key_free);

/* An issuer URL we put into documents: not empty, printable ASCII, no trailing slash (rest-api 1). */
ATT_CHECK bool token_issuer_ok(const char *issuer, struct att_error *e);
/* A malloc()ed copy of n bytes and a NUL, for results that the caller frees. */
ATT_CHECK bool token_give(const char *s, size_t n, char **out, struct att_error *e);

#endif
