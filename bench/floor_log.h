/* floor_log.h - the digests that no replay of a log avoids; libcrypto, kept context, fetched algorithm. */
#ifndef BENCH_FLOOR_LOG_H
#define BENCH_FLOOR_LOG_H

#include <openssl/evp.h>

#include "lib/evidence/eventlog/eventlog.h"

struct floor_log {
	EVP_MD_CTX *ctx;
	EVP_MD *md;                             /* SHA-256 */
};

bool floor_log_make(struct floor_log *f);
bool floor_log_hash(const struct floor_log *f, const void *p, size_t n, uint8_t *out);
/* One digest of PCR and event digest for each event that changes a PCR, in the bank of SHA-256. */
bool floor_log_extends(const struct floor_log *f, const struct eventlog *l);

#endif
