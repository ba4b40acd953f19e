/*
 * floor.h - the public-key operations that no implementation can avoid: libcrypto alone, keys
 * decoded, contexts kept.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <openssl/evp.h>
#include <stdbool.h>

enum floor_kind { FLOOR_P384_VERIFY, FLOOR_RSA4096_PSS_VERIFY, FLOOR_RSA2048_SIGN, FLOOR_P256_VERIFY };

struct floor_op {
	enum floor_kind kind;
	EVP_PKEY_CTX *ctx;
	EVP_MD *md;
	EVP_MD_CTX *md_ctx;
	unsigned char sig[1024], msg[672], hash[64];
	size_t sig_len;
};

/* Makes a key and, for verification, a signature; never freed, a benchmark ends with its process. */
bool floor_make(struct floor_op *f, enum floor_kind kind);
/* Digest and one operation; state is a struct floor_op. */
bool floor_run(void *state);

#endif
