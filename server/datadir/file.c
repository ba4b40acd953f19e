#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/rd.h"
#include "server/datadir/datadir.h"

bool file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static bool read_all(int fd, uint8_t *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = read(fd, p + done, n - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static bool read_open(int fd, const char *path, size_t max, struct secret *out, struct att_error *e)
{
	struct stat st;
	size_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return att_fail(e, ATT_E_OPERATION, "%s: not a regular file", path);
	n = (size_t)st.st_size;
	if (n > max)
		return att_fail(e, ATT_E_LIMIT, "%s: %zu bytes, at most %zu", path, n, max);
	out->p = malloc(n + 1);
	if (!out->p)
		return att_fail(e, ATT_E_NOMEM, "%s: out of memory", path);
	out->len = n;
	out->p[n] = 0;
	if (read_all(fd, out->p, n))
		return true;
	(void)att_fail(e, ATT_E_OPERATION, "%s: %s", path, errno ? strerror(errno) : "shorter than it was");
	secret_clear(out);
	return false;
}

bool file_read(const char *path, size_t max, struct secret *out, struct att_error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok;

	*out = (struct secret){ 0 };
	if (fd < 0)
		return att_fail(e, ATT_E_OPERATION, "%s: %s", path, strerror(errno));
	ok = read_open(fd, path, max, out, e);
	(void)close(fd);
	return ok;
}

static bool write_synced(const char *path, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	const uint8_t *cur = p;
	bool ok = fd >= 0;

	while (ok && n > 0) {
		ssize_t put = write(fd, cur, n);
		if (put < 0 && errno == EINTR)
			continue;
		ok = put > 0;
		if (ok) {
			cur += put;
			n -= (size_t)put;
		}
	}
	ok = ok && fsync(fd) == 0;
	if (fd >= 0)
		ok = close(fd) == 0 && ok;
	return ok;
}

static bool sync_folder(const char *path)
{
	char copy[DATADIR_PATH_MAX];
	int fd;
	bool ok;

	(void)snprintf(copy, sizeof copy, "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

bool file_write(const char *path, const void *p, size_t n, struct att_error *e)
{
	char temporary[DATADIR_PATH_MAX + 8];

	(void)snprintf(temporary, sizeof temporary, "%s.new", path);
	if (write_synced(temporary, p, n) && rename(temporary, path) == 0 && sync_folder(path))
		return true;
	(void)att_fail(e, ATT_E_OPERATION, "%s: %s", path, strerror(errno));
	(void)unlink(temporary);
	return false;
}
