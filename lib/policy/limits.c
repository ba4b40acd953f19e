/* Budgets of an evaluation: steps, memory, and the message when one is exceeded. */
#include <stdio.h>

#include "lib/base/rd.h"
#include "lib/base/utf8.h"
#include "lib/policy/eval.h"

bool ev_fail(struct eval *ev, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	const char *kept;

	if (ev->message || ev->nomem)
		return false;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	utf8_mask(text);        /* names and texts of claims are cut and quoted in it */
	/* Straight from the arena: a message must not itself fail the memory limit. */
	kept = ev->rule ? arena_printf(ev->a, "line %zu: %s", ev->rule->at.line, text) :
	    arena_strdup(ev->a, text);
	ev->message = kept ? kept : "the policy failed, and memory for the reason is exhausted";
	return false;
}

bool ev_step(struct eval *ev, uint64_t n)
{
	if (n <= ev->limits.steps - ev->steps) {
		ev->steps += n;
		return true;
	}
	ev->steps = ev->limits.steps;
	return ev_fail(ev, "step limit of %llu exceeded", (unsigned long long)ev->limits.steps);
}

bool ev_memory_limit(struct eval *ev)
{
	return ev_fail(ev, "memory limit of %zu bytes exceeded", ev->limits.memory);
}

size_t ev_memory_left(const struct eval *ev)
{
	size_t used = arena_used(ev->a) - ev->a_start + (ev->scratch ? arena_used(ev->scratch) : 0);

	return used < ev->limits.memory ? ev->limits.memory - used : 0;
}

static bool arena_failed(struct eval *ev, const struct arena *a)
{
	if (arena_hit_limit(a))
		return ev_memory_limit(ev);
	ev->nomem = true;
	return false;
}

void *ev_alloc(struct eval *ev, size_t count, size_t size)
{
	size_t n;
	void *p;

	if (__builtin_mul_overflow(count, size, &n) || n > ev_memory_left(ev)) {
		(void)ev_memory_limit(ev);
		return NULL;
	}
	p = arena_alloc(ev->a, n);
	if (!p)
		(void)arena_failed(ev, ev->a);
	return p;
}

bool ev_text(struct eval *ev, const char *s, size_t n, const char **out)
{
	char *copy = n < SIZE_MAX ? ev_alloc(ev, n + 1, 1) : NULL;

	if (!copy)
		return false;
	bytes_copy(copy, s, n);
	*out = copy;
	return true;
}

struct arena *ev_scratch(struct eval *ev)
{
	if (!ev->scratch)
		ev->scratch = arena_new(ev_memory_left(ev));
	if (!ev->scratch)
		ev->nomem = true;
	return ev->scratch;
}

bool ev_scratch_failed(struct eval *ev)
{
	return arena_failed(ev, ev->scratch);
}
