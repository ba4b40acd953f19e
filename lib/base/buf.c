#include "lib/base/buf.h"

#include <stdio.h>
#include <string.h>

#define BUF_FIRST ((size_t)256)

struct buf buf_make(struct arena *a)
{
	return (struct buf){ .a = a };
}

static bool buf_room(struct buf *b, size_t n)
{
	size_t need, cap;
	char *p;

	if (b->failed)
		return false;
	if (__builtin_add_overflow(b->len, n, &need) || __builtin_add_overflow(need, (size_t)1, &need))
		b->failed = true;
	else if (need > b->cap) {
		cap = b->cap ? b->cap : BUF_FIRST;
		while (cap < need && !b->failed)
			b->failed = __builtin_mul_overflow(cap, (size_t)2, &cap);
		p = b->failed ? NULL : arena_alloc(b->a, cap);
		if (!p) {
			b->failed = true;
			return false;
		}
		if (b->len)
			memcpy(p, b->p, b->len);
		b->p = p;
		b->cap = cap;
	}
	return !b->failed;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (!buf_room(b, n))
		return;
	if (n)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = 0;
}

void buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !buf_room(b, (size_t)n)) {
		b->failed = true;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void buf_le32(struct buf *b, uint32_t v)
{
	uint8_t t[4];

	for (size_t i = 0; i < sizeof t; i++)
		t[i] = (uint8_t)(v >> 8 * i);
	buf_put(b, t, sizeof t);
}

void buf_le64(struct buf *b, uint64_t v)
{
	buf_le32(b, (uint32_t)v);
	buf_le32(b, (uint32_t)(v >> 32));
}

void buf_le32_block(struct buf *b, const void *p, size_t n)
{
	if (n > UINT32_MAX) {
		b->failed = true;
		return;
	}
	buf_le32(b, (uint32_t)n);
	buf_put(b, p, n);
}

bool buf_ok(const struct buf *b, struct att_error *e)
{
	return b->failed ? arena_fail(b->a, e) : true;
}
