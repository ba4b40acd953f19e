/*
 * jws.h - compact JWS (RFC 7515 sections 3.1 and 7.1): splitting, header, verifying, making.
 *
 * Strict: three segments of base64url without padding and with zero trailing bits, header a JSON
 * object without duplicate members, algorithms from one fixed list that must fit the key, `crit`
 * refused, sizes limited.  Nothing in a header ever chooses a key here: the key is an argument,
 * except in jws_verify_x5c(), which is for policies, whose caller then judges the certificates.
 */
#ifndef TOKEN_JWS_H
#define TOKEN_JWS_H

#include "lib/base/rd.h"
#include "lib/crypto/crypto.h"
#include "lib/json/json.h"
#include "lib/x509/x509.h"

/* Characters of a whole JWS: a policy's JWS of ATT_STATEMENT_MAX fits into a token that gives it back. */
#define JWS_TEXT_MAX ((size_t)3 << 20)
#define JWS_HEADER_MAX ((size_t)64 << 10)       /* bytes of the decoded header; room for an x5c chain */

/* One signature algorithm of the fixed list; "none" is not in it. */
struct jws_alg {
	const char *name;       /* as in the header */
	enum key_kind kind;     /* the only kind of key it may be used with */
	enum sig_alg sig;
	bool policy_only;       /* an alias that clients send in policies; never in tokens */
};
const struct jws_alg *jws_alg_find(const char *name);           /* NULL when not in the list */
const struct jws_alg *jws_alg_of_kind(enum key_kind kind);      /* the one used for signing */

/* A split JWS.  Everything lives in the arena but input, which is borrowed from the text. */
struct jws {
	const char *input;              /* signing input: header '.' payload, as received */
	size_t input_len;
	const char *header_text;        /* decoded, NUL-terminated behind header_len */
	size_t header_len;
	const uint8_t *payload;         /* decoded, NUL-terminated behind payload_len; may be empty */
	size_t payload_len;
	const uint8_t *sig;             /* decoded; may be empty */
	size_t sig_len;
	const struct json *header;      /* the object; NULL before jws_read_header() */
	const char *alg;                /* header member alg; never NULL after jws_read_header() */
};

/* Form only: sizes, three segments, base64url.  The header is not looked at. */
ATT_CHECK bool jws_split(struct arena *a, const void *text, size_t n, struct jws *out, struct att_error *e);
/* The same for a text whose length the caller has judged: messages with event logs are longer than tokens. */
ATT_CHECK bool jws_split_long(struct arena *a, const void *text, size_t n, struct jws *out,
    struct att_error *e);
/* Header: a JSON object with a string alg; kid and typ, when present, are strings. */
ATT_CHECK bool jws_read_header(struct arena *a, struct jws *j, struct att_error *e);
/* Both of the above. */
ATT_CHECK bool jws_parse(struct arena *a, const void *text, size_t n, struct jws *out, struct att_error *e);
/* Fails when the header has crit: we understand no critical extension. */
ATT_CHECK bool jws_no_crit(const struct jws *j, struct att_error *e);

/* alg is exactly "none" and the third segment is empty. */
bool jws_is_unsigned(const struct jws *j);
/*
 * Signature by this key, by the algorithm of the header, which must be in the list and fit the key.
 * ATT_E_UNSUPPORTED: crit, algorithm or its fit; ATT_E_NOT_AUTHENTIC: the signature.
 */
ATT_CHECK bool jws_verify_with(
    struct crypto *c, const struct jws *j, const struct pubkey *key, struct att_error *e);

/*
 * Messages of the Tpm protocol: alg must be exactly PS256 (RFC 7518 section 3.5: salt of 32 bytes), which
 * is in no list, so that no token and no policy is ever accepted with it.  Errors as above.
 */
ATT_CHECK bool jws_is_ps256(const struct jws *j, struct att_error *e);
ATT_CHECK bool jws_verify_ps256(
    struct crypto *c, const struct jws *j, const struct pubkey *key, struct att_error *e);

/* Who signed a JWS, by the certificates it carries. */
struct jws_signer {
	struct x509_bundle chain;       /* in the order sent: [0] signed */
	const struct json *x5c;         /* the array, in the arena of the JWS */
	const struct jws_alg *alg;      /* of the signature; never an alias: name is the registered one */
};
void jws_signer_clear(struct jws_signer *s);    /* all-zero is legal */
/*
 * Signature by the key of x5c[0], found in the header's x5c or jwk.x5c (both at once is refused;
 * a jwk with key members must name the same key).  "RSA256" is accepted for RS256 (rest-api 7).
 * The certificates are parsed, NOT judged: no chain, validity, revocation or trust is looked at.
 */
ATT_CHECK bool jws_verify_x5c(struct arena *a, struct crypto *c, const struct jws *j, struct jws_signer *out,
    struct att_error *e);

/* {"alg":"none"} '.' payload '.'; NULL when out of memory. */
char *jws_make_unsigned(struct arena *a, const void *payload, size_t n);
/* Third segment empty, header as given (its alg must be "none"); for draft tokens. */
ATT_CHECK bool jws_make_draft(struct arena *a, const struct json *header, struct rd payload, char **out,
    struct att_error *e);
/* Compact JWS; header is written in stored order, its alg must be the key's. */
ATT_CHECK bool jws_sign(struct arena *a, struct crypto *c, struct privkey *key, const struct json *header,
    struct rd payload, char **out, struct att_error *e);
/* A signed policy: header {"alg","x5c"}, payload {"AttestationPolicy":base64url(text)} (rest-api 7). */
ATT_CHECK bool jws_sign_policy(struct arena *a, struct crypto *c, struct privkey *key,
    const struct x509_bundle *chain, const struct rd *text, char **out, struct att_error *e);
/* The x5c member of a chain: array of standard base64; NULL when out of memory. */
struct json *jws_x5c(struct arena *a, const struct x509_bundle *chain);
/* The x5t member (RFC 7515 section 4.1.7): base64url of SHA-1 of the first certificate. */
ATT_CHECK bool jws_x5t(struct arena *a, struct crypto *c, const struct x509_bundle *chain, struct json **out,
    struct att_error *e);

#endif
