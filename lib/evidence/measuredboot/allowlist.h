/*
 * allowlist.h - digests of files that may run: a million of them, looked up in a microsecond, loaded once.
 *
 * Text, a line each: "[ALG:]HEX[ white space PATH]".  ALG is sha1, sha256, sha384 or sha512; without it the
 * length says which.  '#' and empty lines are skipped; the path is for people and not looked at.
 *
 * Of each algorithm one flat array in ascending order, each digest once, with an index by its first bits: a
 * lookup reads one slot of the index and a handful of neighbours.  About 34 bytes for a SHA-256 digest.
 */
#ifndef EVIDENCE_MEASUREDBOOT_ALLOWLIST_H
#define EVIDENCE_MEASUREDBOOT_ALLOWLIST_H

#include "lib/base/arena.h"
#include "lib/base/rd.h"
#include "lib/crypto/crypto.h"

/* Belongs to the arena; never changes, so any number of threads may look things up. */
struct allowlist;

/* All texts together are one list.  BAD_FORMAT with the text's number, the line, found and wanted; LIMIT past
 * ATT_REFERENCE_DIGESTS_MAX lines. */
ATT_CHECK bool allowlist_new(const struct rd *texts, size_t n, struct arena *a, struct allowlist **out,
    struct att_error *e);
/* The same with another limit, so that a test can stand at it. */
ATT_CHECK bool allowlist_new_limited(const struct rd *texts, size_t n, size_t max, struct arena *a,
    struct allowlist **out, struct att_error *e);
/* digest has digest_len(alg) bytes. */
bool allowlist_has(const struct allowlist *l, enum digest_alg alg, const void *digest);
size_t allowlist_size(const struct allowlist *l);       /* different digests */

#endif
