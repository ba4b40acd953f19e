#include "lib/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN ((size_t)16384)
#define ALIGN _Alignof(max_align_t)

struct block {
	struct block *next;
	size_t cap, used;
	max_align_t data[];
};

struct arena {
	struct arena_source src;
	struct block *head;
	size_t limit, used;
	bool hit_limit;
};

static void *heap_get(void *state, size_t n)
{
	(void)state;
	return malloc(n);
}

static void heap_put(void *state, void *p)
{
	(void)state;
	free(p);
}

struct arena *arena_new_from(size_t limit_bytes, const struct arena_source *src)
{
	struct arena *a = src->get(src->state, sizeof *a);

	if (!a)
		return NULL;
	*a = (struct arena){ .src = *src, .limit = limit_bytes };
	return a;
}

struct arena *arena_new(size_t limit_bytes)
{
	static const struct arena_source heap = { heap_get, heap_put, NULL };

	return arena_new_from(limit_bytes, &heap);
}

void arena_reset(struct arena *a)
{
	struct block *kept = NULL, *next;

	for (struct block *b = a->head; b; b = next) {
		next = b->next;
		if (!kept && b->cap == BLOCK_MIN)
			kept = b;
		else
			a->src.put(a->src.state, b);
	}
	if (kept)
		*kept = (struct block){ .cap = BLOCK_MIN };
	a->head = kept;
	a->used = 0;
	a->hit_limit = false;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	arena_reset(a);
	if (a->head)
		a->src.put(a->src.state, a->head);
	a->src.put(a->src.state, a);
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

bool arena_hit_limit(const struct arena *a)
{
	return a->hit_limit;
}

static struct block *arena_grow(struct arena *a, size_t n)
{
	size_t cap = n > BLOCK_MIN ? n : BLOCK_MIN, total;
	struct block *b;

	if (__builtin_add_overflow(cap, sizeof *b, &total))
		return NULL;
	b = a->src.get(a->src.state, total);
	if (!b)
		return NULL;
	*b = (struct block){ .cap = cap };
	/* A block made for one large piece goes second, so that the room left in the head stays in use. */
	if (a->head && a->head->cap - a->head->used > cap - n) {
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = a->head;
		a->head = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t need;
	struct block *b = a->head;
	uint8_t *p;

	if (__builtin_add_overflow(n ? n : 1, ALIGN - 1, &need))
		return NULL;
	need -= need % ALIGN;
	if (need > a->limit - a->used) {
		a->hit_limit = true;
		return NULL;
	}
	if (!b || need > b->cap - b->used)
		b = arena_grow(a, need);
	if (!b)
		return NULL;
	p = (uint8_t *)b->data + b->used;
	b->used += need;
	a->used += need;
	memset(p, 0, need);
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;

	return __builtin_mul_overflow(count, size, &n) ? NULL : arena_alloc(a, n);
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *d = arena_alloc(a, n);

	if (d && n)
		memcpy(d, p, n);
	return d;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *d = n < SIZE_MAX ? arena_alloc(a, n + 1) : NULL;

	if (d && n)
		memcpy(d, s, n);
	return d;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (!s)
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void *arena_borrow(struct arena *a, size_t n)
{
	return a->src.get(a->src.state, n ? n : 1);
}

void arena_return(struct arena *a, void *p)
{
	if (p)
		a->src.put(a->src.state, p);
}

bool arena_fail(const struct arena *a, struct att_error *e)
{
	if (a->hit_limit)
		return att_fail(e, ATT_E_LIMIT, "memory of one request: limit is %zu bytes", a->limit);
	return att_fail(e, ATT_E_NOMEM, "out of memory");
}
