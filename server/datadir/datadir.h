/*
 * datadir.h - the data directory: its folders, and reading and writing whole small files durably.
 *
 *   keys/ (signer)   tls/ (front)   store/ (front)   audit/ (front, append)   admin.token   lock
 * Everything is for the owner only: a folder that others may enter is refused.
 */
#ifndef SERVER_DATADIR_DATADIR_H
#define SERVER_DATADIR_DATADIR_H

#include "lib/base/secret.h"

#define DATADIR_PATH_MAX 2048

enum datadir_folder { DATADIR_KEYS, DATADIR_TLS, DATADIR_STORE, DATADIR_AUDIT, DATADIR_FOLDERS };

/*
 * Makes what is missing, checks owner and mode, and locks the directory against a second daemon; *lock_fd
 * stays open.
 */
ATT_CHECK bool datadir_open(const char *dir, int *lock_fd, struct att_error *e);
/* dir/folder or dir/folder/name (name may be NULL). */
ATT_CHECK bool datadir_path(const char *dir, enum datadir_folder f, const char *name,
    char out[DATADIR_PATH_MAX],
    struct att_error *e);
/* dir/name */
ATT_CHECK bool datadir_join(const char *dir, const char *name, char out[DATADIR_PATH_MAX],
    struct att_error *e);

bool file_exists(const char *path);
/* The whole file, at most max bytes, with a NUL behind its length that is not counted. */
ATT_CHECK bool file_read(const char *path, size_t max, struct secret *out, struct att_error *e);
/* Writes mode 0600 beside the path, syncs, renames, syncs the folder: the file is whole or absent. */
ATT_CHECK bool file_write(const char *path, const void *p, size_t n, struct att_error *e);

#endif
