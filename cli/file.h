/* file.h - whole files in and out; "-" is standard input. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "lib/base/arena.h"
#include "libattest/attest.h"

#define FILE_MAX ((size_t)256 << 20)
#define FILES_MAX 1024

/* Bytes in the arena, NUL-terminated behind their length. */
ATT_CHECK bool file_read(struct arena *a, const char *path, struct att_bytes *out, struct att_error *e);
/* A file, or every regular file of a folder in name order (v has room for max); appends. */
ATT_CHECK bool files_read(struct arena *a, const char *path, struct att_bytes *v, size_t max, size_t *n,
    struct att_error *e);
/* Creates or replaces; mode 0600 when private. */
ATT_CHECK bool file_write(const char *path, const void *p, size_t n, bool is_private, struct att_error *e);
/* Whoever reads the path sees the old file or the new one, never a part. */
ATT_CHECK bool file_replace(struct arena *a, const char *path, const void *p, size_t n, struct att_error *e);

#endif
