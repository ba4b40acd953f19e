/* state.h - what lib/crypto's own files share: structs behind crypto.h, tables of curves and algorithms. */
#ifndef CRYPTO_STATE_H
#define CRYPTO_STATE_H

#include <stdatomic.h>

#include <openssl/evp.h>

#include "lib/base/rd.h"
#include "lib/crypto/crypto.h"

ATT_AUTO_DEFINE(EVP_PKEY, EVP_PKEY_free);
ATT_AUTO_DEFINE(EVP_PKEY_CTX, EVP_PKEY_CTX_free);

#define CURVE_COUNT 3
#define CURVE_FIELD_MAX 66
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192
#define RSA_E_MAX 8                     /* bytes; libcrypto refuses longer exponents of large keys */

struct curve {
	enum key_kind kind;
	unsigned bits;
	size_t field;                   /* bytes of a coordinate */
	const char *group;              /* libcrypto's name */
	const char *crv;                /* JWK's name */
	const char *oid;
	size_t spki_len;
	uint8_t spki[32];               /* SubjectPublicKeyInfo up to the point's coordinates */
	uint8_t order[CURVE_FIELD_MAX]; /* n, big-endian, field bytes */
};
const struct curve *curve_of(enum key_kind kind);       /* NULL for RSA */

#define CRYPTO_READY 16                 /* keys whose verification is kept ready */

struct crypto {
	EVP_MD *md[DIGEST_SHA512 + 1];
	/* The keys used last: starting libcrypto costs several per cent of a verification. */
	struct ready { struct pubkey *key; enum sig_alg alg; EVP_PKEY_CTX *ctx; } ready[CRYPTO_READY];
	size_t next_ready;
	EVP_MD_CTX *md_ctx;
	EVP_PKEY *curve[CURVE_COUNT];   /* domain parameters only: what a new key copies */
	EVP_PKEY_CTX *rsa_import;
};

struct pubkey {
	atomic_uint refs;
	enum key_kind kind;
	size_t bits;
	EVP_PKEY *pkey;
	uint8_t spki_sha256[32];
	struct rd first, second;        /* in spki: RSA n and e, EC x and y */
	size_t spki_len;
	uint8_t spki[];
};

struct privkey {
	EVP_PKEY *pkey;
	enum key_kind kind;
	EVP_PKEY_CTX *sign;             /* ready for sign_alg; NULL until the first signature */
	enum sig_alg sign_alg;
};

/* A signature algorithm as libcrypto wants it. */
struct sig_row {
	enum key_kind kind;
	enum digest_alg md;
	int padding;                    /* RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING, or 0 for ECDSA */
	const char *name;
};
const struct sig_row *sig_row_of(enum sig_alg alg);
/* Sets padding, hash, MGF1 and salt length on a context that is ready to sign or verify. */
bool sig_configure(EVP_PKEY_CTX *ctx, const struct crypto *c, const struct sig_row *row);

#define ECDSA_DER_MAX (3 + 2 * (3 + CURVE_FIELD_MAX))
/* Verifies a signature in libcrypto's form over a digest, with the context kept for key and algorithm. */
bool sig_verify_hash(struct crypto *c, const struct pubkey *k, enum sig_alg alg, const uint8_t *hash,
    const struct rd *sig, struct att_error *e);
/* Length and range of a signature; *out is what libcrypto takes, in der when it has to be written. */
bool sig_form(const struct pubkey *k, const struct rd *sig, uint8_t der[ECDSA_DER_MAX], struct rd *out,
    struct att_error *e);

/* Records an error like att_fail() and leaves libcrypto's error queue empty.  Always false. */
bool crypto_fail(struct att_error *e, enum att_err code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
