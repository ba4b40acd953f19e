/*
 * check.h - what every cmocka test here includes: assertions on errors, vectors, damage, failing
 * memory.
 *
 * Vectors are in $ATTEST_VECTORS, else ../shared/vectors beside the repository.  Where they are
 * absent a test that needs them is skipped; under CI=true it fails.
 */
#ifndef HARNESS_CHECK_H
#define HARNESS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

/* The call returns false with exactly this code and with the substring in the text. */
#define CHECK_ERR(call, e, want_code, substring) do { \
	att_error_clear(e); \
	assert_false(call); \
	check_error(e, want_code, substring, __FILE__, __LINE__); \
} while (0)
/* The call returns true; on failure the error's text is shown. */
#define CHECK_OK(call, e) do { \
	att_error_clear(e); \
	if (!(call)) \
		fail_msg("%s: %s", #call, (e)->text); \
} while (0)
void check_error(const struct att_error *e, enum att_err want, const char *substring,
    const char *file, int line);

/* A whole file; freed by blob_free().  Fails the test when it cannot be read. NUL-terminated behind
 * its length. */
struct blob { uint8_t *p; size_t n; };
struct blob repo_file(const char *path);        /* path from the repository root */
struct blob vector_file(const char *path);      /* path from the vectors folder; call need_vectors() first */
void blob_free(struct blob *b);
/* Skips the running test (or fails it under CI) when the vectors are absent. */
void need_vectors(void);
/* Calls fn for every data row of <vectors>/<folder>/PROVENANCE.tsv with its tab-separated cells. */
void each_provenance(const char *folder, void (*fn)(char **cells, size_t n, void *state), void *state);

/*
 * An arena whose n-th block request fails (n = 0: the arena itself).  Test a parser with n = 0, 1,
 * 2, ... until it succeeds: every failure must be a clean NOMEM.  arena_free() as usual.
 */
struct failing { size_t countdown; bool fired; };
struct arena *arena_failing(struct failing *state, size_t n);

#define REPO_PATH_MAX 1024
#endif
