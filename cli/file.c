#include "cli/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"

#define CHUNK 65536

bool file_read(struct arena *a, const char *path, struct att_bytes *out, struct att_error *e)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	struct buf b = buf_make(a);
	char *chunk = arena_alloc(a, CHUNK);
	ssize_t got = 1;

	if (fd < 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: %s", path, strerror(errno));
	while (chunk && got > 0 && b.len <= FILE_MAX) {
		got = read(fd, chunk, CHUNK);
		if (got > 0)
			buf_put(&b, chunk, (size_t)got);
	}
	(void)close(fd);
	if (got < 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: %s", path, strerror(errno));
	if (b.len > FILE_MAX)
		return att_fail(e, ATT_E_LIMIT, "%s: larger than %zu bytes", path, FILE_MAX);
	buf_put(&b, "", 0);
	if (!chunk || !buf_ok(&b, e))
		return arena_fail(a, e);
	*out = (struct att_bytes){ (const uint8_t *)b.p, b.len };
	return true;
}

static int regular(const struct dirent *d)
{
	return d->d_name[0] != '.' && (d->d_type == DT_REG || d->d_type == DT_LNK || d->d_type == DT_UNKNOWN);
}

bool files_read(struct arena *a, const char *path, struct att_bytes *v, size_t max, size_t *n,
    struct att_error *e)
{
	struct dirent **entries = NULL;
	struct stat st;
	int count = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ?
	    scandir(path, &entries, regular, alphasort) : -1;
	bool ok = true;

	if (count < 0 && *n < max)
		return file_read(a, path, &v[*n], e) && ++*n;
	for (int i = 0; i < count; i++) {
		const char *full = arena_printf(a, "%s/%s", path, entries[i]->d_name);
		if (ok && *n == max)
			ok = att_fail(e, ATT_E_LIMIT, "%s: more than %zu files", path, max);
		else if (ok)
			ok = full ? file_read(a, full, &v[*n], e) && ++*n : arena_fail(a, e);
		free(entries[i]);
	}
	free(entries);
	if (ok && count < 0)
		return att_fail(e, ATT_E_LIMIT, "%s: more than %zu files", path, max);
	return ok;
}

bool file_replace(struct arena *a, const char *path, const void *p, size_t n, struct att_error *e)
{
	/* A name that begins with a dot is passed over by whoever reads the folder. */
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *temporary = arena_printf(a, "%.*s.%s.new", (int)(name - path), path, name);

	if (!temporary)
		return arena_fail(a, e);
	if (!file_write(temporary, p, n, false, e))
		return false;
	return rename(temporary, path) == 0 ||
	    att_fail(e, ATT_E_OPERATION, "%s: %s", path, strerror(errno));
}

bool file_write(const char *path, const void *p, size_t n, bool is_private, struct att_error *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, is_private ? 0600 : 0644);
	const char *b = p;
	size_t done = 0;
	ssize_t got = 0;

	if (fd < 0)
		return att_fail(e, ATT_E_OPERATION, "%s: %s", path, strerror(errno));
	while (done < n && (got = write(fd, b + done, n - done)) > 0)
		done += (size_t)got;
	if (close(fd) != 0 || done < n)
		return att_fail(e, ATT_E_OPERATION, "%s: %s", path, strerror(errno));
	return true;
}
