/* buf.h - a growing byte buffer in an arena, for output; a failed append sticks. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdint.h>

#include "lib/base/arena.h"

struct buf {
	struct arena *a;
	char *p;                /* always NUL-terminated once anything was appended */
	size_t len, cap;
	bool failed;            /* sticky: an allocation failed */
};

struct buf buf_make(struct arena *a);
void buf_put(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Little-endian integers and u32-length-prefixed blocks, for messages between our own roles. */
void buf_le32(struct buf *b, uint32_t v);
void buf_le64(struct buf *b, uint64_t v);
void buf_le32_block(struct buf *b, const void *p, size_t n);
/* Success so far?  Reports the failed allocation otherwise. */
ATT_CHECK bool buf_ok(const struct buf *b, struct att_error *e);

#endif
