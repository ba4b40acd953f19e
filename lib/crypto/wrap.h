/*
 * wrap.h - what wrapping a secret for somebody's key takes: HMAC, two key derivations, AES-CFB,
 * RSA-OAEP and an ephemeral key agreement; and signatures by scheme and hash.
 *
 * Nothing here draws random numbers: they are arguments, so that the same input gives the same
 * output.  Values on the way that would reveal the secret are wiped.
 *
 * FIPS 198-1 (HMAC), SP 800-108 counter mode as KDFa and SP 800-56A as KDFe (TPM 2.0 Library Part 1,
 * sections 11.4.10.2 and 11.4.10.3), RFC 8017 section 7.1 (OAEP).
 */
#ifndef CRYPTO_WRAP_H
#define CRYPTO_WRAP_H

#include "lib/crypto/crypto.h"

/* HMAC over the n parts, one behind the other; writes digest_len(alg) bytes.  The key is not empty. */
ATT_CHECK bool hmac(enum digest_alg alg, struct rd key, const struct rd *parts, size_t n, uint8_t *out,
    struct att_error *e);
/* KDFa: bits of key from a key, a label (its NUL is added) and two contexts; bits is a multiple of
 * 8 and at most 8 * DIGEST_MAX. */
struct kdf_input {
	enum digest_alg alg;
	const char *label;
	struct rd u, v;                 /* KDFa: contextU and contextV; KDFe: PartyUInfo and PartyVInfo */
	unsigned bits;
};
ATT_CHECK bool kdf_a(struct rd key, const struct kdf_input *in, uint8_t *out, struct att_error *e);
/* KDFe: the same from the shared value z of a key agreement. */
ATT_CHECK bool kdf_e(struct crypto *c, struct rd z, const struct kdf_input *in, uint8_t *out,
    struct att_error *e);
/* AES-CFB (whole blocks fed back) under an IV of zeros; key of 16, 24 or 32 bytes; out has
 * rd_left(in) bytes. */
ATT_CHECK bool aes_cfb_encrypt(struct rd key, struct rd in, uint8_t *out, struct att_error *e);

/* RSAES-OAEP with MGF1 of the same hash; label with every byte that counts; seed of digest_len(alg) bytes.
 * *out_len is the length of the modulus; out has RSA_CIPHER_MAX bytes. */
#define RSA_CIPHER_MAX 1024
struct oaep_input {
	enum digest_alg alg;
	struct rd label, message, seed;
};
ATT_CHECK bool rsa_oaep_encrypt(struct crypto *c, const struct pubkey *k, const struct oaep_input *in,
    uint8_t *out, size_t *out_len, struct att_error *e);

/* An ephemeral key on k's curve from random bytes (ECDH_RANDOM of them), and what both sides then know:
 * x and y of the ephemeral point, and z = x of the common point; field bytes each, EC_FIELD_MAX room.
 * k's own x comes from pubkey_ec_x(). */
#define EC_FIELD_MAX 66
#define ECDH_RANDOM (EC_FIELD_MAX + 8)
struct ecdh_result {
	size_t field;
	uint8_t x[EC_FIELD_MAX], y[EC_FIELD_MAX];
	uint8_t z[EC_FIELD_MAX];        /* secret: the caller wipes it */
};
ATT_CHECK bool ecdh_ephemeral(const struct pubkey *k, struct rd random, struct ecdh_result *out,
    struct att_error *e);
struct rd pubkey_ec_x(const struct pubkey *k);          /* borrowed; empty for RSA */

/* Signatures whose hash is chosen apart from the key, as TPMs do: ECDSA raw r || s as in
 * sig_verify(); PSS with the salt length that the signature has (older TPMs salt with all the room
 * there is). SHA-1 is verified if asked for: refusing it is the caller's business. */
enum sig_scheme { SCHEME_RSA_PKCS1, SCHEME_RSA_PSS, SCHEME_ECDSA };
ATT_CHECK bool sig_verify_scheme(struct crypto *c, const struct pubkey *k, enum sig_scheme scheme,
    enum digest_alg alg, struct rd msg, struct rd sig, struct att_error *e);
/* The same when only the digest is known: hash has digest_len(alg) bytes. */
ATT_CHECK bool sig_verify_digest(struct crypto *c, const struct pubkey *k, enum sig_scheme scheme,
    enum digest_alg alg, const uint8_t *hash, struct rd sig, struct att_error *e);

#endif
