#include "server/datadir/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folder_names[DATADIR_FOLDERS] = {
	[DATADIR_KEYS] = "keys",
	[DATADIR_TLS] = "tls",
	[DATADIR_STORE] = "store",
	[DATADIR_AUDIT] = "audit",
};

static bool private_folder(const char *path, struct att_error *e)
{
	struct stat st;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return att_fail(e, ATT_E_OPERATION, "%s: %s", path, strerror(errno));
	if (stat(path, &st) != 0)
		return att_fail(e, ATT_E_OPERATION, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return att_fail(e, ATT_E_OPERATION,
		    "%s: want a directory of user %u with mode 0700, found user %u, mode %04o",
		    path, (unsigned)geteuid(), (unsigned)st.st_uid, (unsigned)(st.st_mode & 07777));
	return true;
}

static bool take_lock(const char *dir, int *lock_fd, struct att_error *e)
{
	char path[DATADIR_PATH_MAX];
	int fd;

	if (!datadir_join(dir, "lock", path, e))
		return false;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*lock_fd = fd;
		return true;
	}
	(void)att_fail(e, ATT_E_OPERATION, "%s: %s", path,
	    errno == EWOULDBLOCK ? "another attestd runs on this data directory" : strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return false;
}

bool datadir_open(const char *dir, int *lock_fd, struct att_error *e)
{
	char path[DATADIR_PATH_MAX];

	if (!private_folder(dir, e) || !take_lock(dir, lock_fd, e))
		return false;
	for (enum datadir_folder f = 0; f < DATADIR_FOLDERS; f++)
		if (!datadir_path(dir, f, NULL, path, e) || !private_folder(path, e))
			return false;
	return true;
}

bool datadir_join(const char *dir, const char *name, char out[DATADIR_PATH_MAX], struct att_error *e)
{
	int n = snprintf(out, DATADIR_PATH_MAX, "%s/%s", dir, name);

	return (n > 0 && n < DATADIR_PATH_MAX) || att_fail(e, ATT_E_OPERATION, "%s: the path is too long",
	    name);
}

bool datadir_path(const char *dir, enum datadir_folder f, const char *name, char out[DATADIR_PATH_MAX],
    struct att_error *e)
{
	int n = snprintf(out, DATADIR_PATH_MAX, "%s/%s%s%s", dir, folder_names[f], name ? "/" : "",
	    name ? name : "");

	return (n > 0 && n < DATADIR_PATH_MAX) ||
	    att_fail(e, ATT_E_OPERATION, "%s: the path is too long", folder_names[f]);
}
