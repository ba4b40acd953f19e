/*
 * code_cache.h - signatures of files that were verified: the same file costs no second RSA.
 *
 * Two tables.  Of signatures: a key is a digest over all that the result depends on, signer's public
 * key, algorithm, digest and signature.  Of entries of IMA lists: by the SHA-256 digest of the template
 * data, which a replay computes anyway, what else was found of those very bytes.  Only successes are
 * kept.  Of a fixed size: a key has CODE_CACHE_WAYS places, and when others took them it takes the first.
 * Memory is taken with the first success.
 */
#ifndef EVIDENCE_MEASUREDBOOT_CODE_CACHE_H
#define EVIDENCE_MEASUREDBOOT_CODE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODE_CACHE_KEY 32
#define CODE_CACHE_HASH 20                      /* a SHA-1 template hash */
#define CODE_CACHE_PLACES ((size_t)262144)      /* 8 MiB of signatures, 16 MiB of entries */
#define CODE_CACHE_WAYS 8
#define CODE_CACHE_SIGNERS 255                  /* keys that entries are of, at one time */

struct code_cache;

struct code_cache *code_cache_new(void);        /* NULL when out of memory */
void code_cache_free(struct code_cache *c);     /* NULL is legal */
bool code_cache_has(const struct code_cache *c, const uint8_t key[CODE_CACHE_KEY]);
/* Out of memory: nothing is kept. */
void code_cache_keep(struct code_cache *c, const uint8_t key[CODE_CACHE_KEY]);
size_t code_cache_count(const struct code_cache *c);    /* signatures in it */

/* An entry whose file is signed.  Borrowed: what was found is good until an entry is kept. */
struct code_entry {
	const uint8_t *sha256;                  /* CODE_CACHE_KEY bytes, of its template data */
	const uint8_t *template_hash;           /* CODE_CACHE_HASH bytes, of the same; NULL: not computed */
	uint8_t template;                       /* as which template it was read: struct ima_template, id */
	const uint8_t *keyid;                   /* 4 bytes that the signature names */
	const uint8_t *spki_sha256;             /* 32 bytes: the key that verifies it */
};
bool code_cache_entry(const struct code_cache *c, const uint8_t sha256[CODE_CACHE_KEY],
    struct code_entry *out);
/* In place of what was kept of the same data. */
void code_cache_keep_entry(struct code_cache *c, const struct code_entry *e);

#endif
