/*
 * arena.h - memory of one request: bump allocation under a byte limit, freed at once.
 *
 * Pointers from an arena are never freed singly and never stored beyond the request.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/base/err.h"

struct arena;

/* Where an arena's blocks come from; tests pass one that fails on purpose. */
struct arena_source {
	void *(*get)(void *state, size_t n);
	void (*put)(void *state, void *p);
	void *state;
};

struct arena *arena_new(size_t limit_bytes);    /* NULL when out of memory */
struct arena *arena_new_from(size_t limit_bytes, const struct arena_source *src);
void arena_free(struct arena *a);               /* NULL is legal */
void arena_reset(struct arena *a);              /* forget everything, keep one ordinary block */
size_t arena_used(const struct arena *a);       /* bytes handed out so far */
bool arena_hit_limit(const struct arena *a);    /* an allocation failed because of the limit */

/* n zeroed bytes aligned for any type, or NULL.  arena_fail() turns the NULL into an error. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_array(struct arena *a, size_t count, size_t size);  /* overflow-checked */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);  /* adds the NUL */
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Scratch memory from the arena's source, not zeroed and outside its limit: the caller bounds it
 * and gives it back with arena_return() (NULL is legal) before the arena goes.
 */
void *arena_borrow(struct arena *a, size_t n);
void arena_return(struct arena *a, void *p);

/* Reports the failed allocation: LIMIT when the arena's limit was met, else NOMEM.  Always false. */
bool arena_fail(const struct arena *a, struct att_error *e);

#endif
