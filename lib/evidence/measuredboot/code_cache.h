/*
 * code_cache.h - signatures of files that were verified: the same file costs no second RSA.
 *
 * A key is a digest over all that the result depends on: the signer's public key, algorithm, digest and
 * signature.  Only successes are kept.  Of a fixed size; when it is full it is emptied, so that what is
 * asked for in turns does not push itself out.  Memory is taken with the first success.
 */
#ifndef EVIDENCE_MEASUREDBOOT_CODE_CACHE_H
#define EVIDENCE_MEASUREDBOOT_CODE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODE_CACHE_KEY 32
#define CODE_CACHE_PLACES ((size_t)262144)      /* 8 MiB; a machine has some ten thousand signed files */
#define CODE_CACHE_MAX (CODE_CACHE_PLACES / 4 * 3)

struct code_cache;

struct code_cache *code_cache_new(void);        /* NULL when out of memory */
void code_cache_free(struct code_cache *c);     /* NULL is legal */
bool code_cache_has(const struct code_cache *c, const uint8_t key[CODE_CACHE_KEY]);
/* Out of memory: nothing is kept. */
void code_cache_keep(struct code_cache *c, const uint8_t key[CODE_CACHE_KEY]);
size_t code_cache_count(const struct code_cache *c);

#endif
