/*
 * crypto.h - digests, signatures, keys and random bytes: the only user of libcrypto's EVP.
 *
 * A struct crypto holds fetched algorithms, reusable contexts and curve templates.  It belongs to
 * one thread and to the caller; the library has no global state.  Public keys are immutable and
 * may be shared between threads; their reference count is atomic.  A private key belongs to one thread.
 * libcrypto's error queue is left empty.
 */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/auto.h"
#include "lib/base/rd.h"
#include "lib/base/secret.h"
#include "lib/json/json.h"

struct crypto;          /* per-thread context */
struct pubkey;          /* reference-counted, immutable public key */
struct privkey;         /* private key; wiped when freed */

#define DIGEST_MAX 64
enum digest_alg { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };

struct crypto *crypto_new(struct att_error *e);         /* owned by the caller */
void crypto_free(struct crypto *c);                     /* NULL is legal */
ATT_AUTO_DEFINE_STRUCT(crypto, crypto_free);

size_t digest_len(enum digest_alg alg);
/* Writes digest_len(alg) bytes. */
ATT_CHECK bool digest(struct crypto *c, enum digest_alg alg, const void *p, size_t n, uint8_t *out,
    struct att_error *e);
ATT_CHECK bool crypto_random(void *out, size_t n, struct att_error *e);

/* Keys */
enum key_kind { KEY_RSA, KEY_P256, KEY_P384, KEY_P521 };

/* DER SubjectPublicKeyInfo, exact length.  RSA 2048..8192 bits with odd e >= 3 of at most 8 bytes; EC on
 * named curves P-256, P-384, P-521 only (no explicit parameters), uncompressed point on the curve.
 * BAD_FORMAT: malformed or no key; UNSUPPORTED: a key of a kind or size that is not accepted. */
ATT_CHECK bool pubkey_from_spki(struct crypto *c, const void *der, size_t n, struct pubkey **out,
    struct att_error *e);
/* Raw big-endian coordinates, each of field size (32, 48 or 66 bytes). Fast path: no decoder, a template. */
ATT_CHECK bool pubkey_from_ec(struct crypto *c, enum key_kind kind, const uint8_t *x, const uint8_t *y,
    struct pubkey **out, struct att_error *e);
/* Big-endian modulus and exponent; leading zeros are ignored. */
ATT_CHECK bool pubkey_from_rsa(struct crypto *c, const uint8_t *n, size_t n_len, const uint8_t *exp,
    size_t exp_len, struct pubkey **out, struct att_error *e);
struct pubkey *pubkey_ref(struct pubkey *k);
void pubkey_free(struct pubkey *k);                     /* drops one reference; NULL is legal */
ATT_AUTO_DEFINE_STRUCT(pubkey, pubkey_free);
enum key_kind pubkey_kind(const struct pubkey *k);
size_t pubkey_bits(const struct pubkey *k);             /* RSA modulus bits or curve bits */
const uint8_t *pubkey_spki(const struct pubkey *k, size_t *n);  /* canonical DER SPKI, borrowed */
const uint8_t *pubkey_spki_sha256(const struct pubkey *k);      /* 32 bytes, borrowed */

/* Signature verification.  Exactly the algorithm named, or failure; nothing is guessed. */
enum sig_alg {
	SIG_RSA_PKCS1_SHA256, SIG_RSA_PKCS1_SHA384, SIG_RSA_PKCS1_SHA512,
	SIG_RSA_PSS_SHA256, SIG_RSA_PSS_SHA384, SIG_RSA_PSS_SHA512, /* MGF1 same hash, salt = digest length */
	SIG_ECDSA_P256_SHA256, SIG_ECDSA_P384_SHA384, SIG_ECDSA_P521_SHA512
};
/* ECDSA signatures are raw big-endian r || s, each of field size; r and s must be in 1..n-1.
 * Returns false with ATT_E_NOT_AUTHENTIC when the signature or its form is wrong,
 * with ATT_E_UNSUPPORTED when the key is not of the algorithm's kind. */
ATT_CHECK bool sig_verify(struct crypto *c, const struct pubkey *k, enum sig_alg alg,
    struct rd msg, struct rd sig, struct att_error *e);
/* DER SEQUENCE{r,s} (minimal, exact) to raw r || s with field bytes each. */
ATT_CHECK bool ecdsa_der_to_raw(const uint8_t *der, size_t n, size_t field, uint8_t *raw,
    struct att_error *e);

/* Private keys and signing */
ATT_CHECK bool privkey_generate(enum key_kind kind, unsigned rsa_bits, struct privkey **out,
    struct att_error *e);
/* PKCS#8, no password; exactly one PRIVATE KEY block. */
ATT_CHECK bool privkey_from_pem(const char *pem, size_t n, struct privkey **out, struct att_error *e);
ATT_CHECK bool privkey_to_pem(const struct privkey *k, struct secret *out, struct att_error *e);
void privkey_free(struct privkey *k);
ATT_AUTO_DEFINE_STRUCT(privkey, privkey_free);
ATT_CHECK bool privkey_public(struct crypto *c, const struct privkey *k, struct pubkey **out,
    struct att_error *e);
enum key_kind privkey_kind(const struct privkey *k);
/* Signature into sig, which has SIG_MAX bytes; *sig_len is how many were written; ECDSA raw r||s.
 * The key keeps a context ready for alg, so signing again costs the operation alone; one thread at a time. */
#define SIG_MAX 1024
ATT_CHECK bool sig_sign(struct crypto *c, struct privkey *k, enum sig_alg alg, struct rd msg,
    uint8_t *sig, size_t *sig_len, struct att_error *e);

/* JWK (RFC 7517): {"kty","n","e"} or {"kty","crv","x","y"}; *out gets no other members. */
struct json *jwk_from_pubkey(struct arena *a, const struct pubkey *k);
/* Base64url without padding, exact coordinate sizes, no private members; other members are not looked at. */
ATT_CHECK bool jwk_to_pubkey(struct crypto *c, const struct json *jwk, struct pubkey **out,
    struct att_error *e);

#endif
