/*
 * The front: a listening socket that is open already, TLS, event loops, threads, and files, which
 * Landlock keeps to tls/, store/ and audit/.  It cannot make a connection of its own.
 */
#include "server/sandbox/filter.h"

#include <fcntl.h>
#include <sched.h>

const struct filter_rule filter_front[] = {
	ALLOW(accept), ALLOW(accept4), ALLOW(recvfrom), ALLOW(sendto), ALLOW(shutdown), ALLOW(getsockopt),
	ALLOW(setsockopt), ALLOW(getsockname), ALLOW(getpeername),
	ALLOW(epoll_create1), ALLOW(epoll_ctl), ALLOW(epoll_wait), ALLOW(epoll_pwait), ALLOW(epoll_pwait2),
	ALLOW(eventfd2), ALLOW(pipe2), ALLOW(select), ALLOW(pselect6),
	ALLOW(signalfd4), ALLOW(rt_sigtimedwait), ALLOW(timerfd_create), ALLOW(timerfd_settime),
	ALLOW(timerfd_gettime),
	THREADS,

	ALLOW(open), ALLOW(openat), ALLOW(pwrite64), ALLOW(ftruncate), ALLOW(fallocate), ALLOW(fsync),
	ALLOW(fdatasync), ALLOW(rename), ALLOW(renameat), ALLOW(renameat2), ALLOW(unlink), ALLOW(unlinkat),
	ALLOW(mkdir), ALLOW(mkdirat), ALLOW(getdents64), ALLOW(fchmod), ALLOW(fchown), ALLOW(umask),
	ALLOW(flock),
	ALLOW(statfs), ALLOW(fstatfs), ALLOW(stat), ALLOW(lstat), ALLOW(newfstatat), ALLOW(statx),
	ALLOW(readlink),
	ALLOW(readlinkat), ALLOW(access), ALLOW(faccessat), ALLOW(faccessat2), ALLOW(getcwd),

	/* As in filter_shared.c, and the store's locks. */
	WHEN(FILTER_ALLOW, fcntl, 1, F_GETFD), WHEN(FILTER_ALLOW, fcntl, 1, F_SETFD),
	WHEN(FILTER_ALLOW, fcntl, 1, F_GETFL), WHEN(FILTER_ALLOW, fcntl, 1, F_SETFL),
	WHEN(FILTER_ALLOW, fcntl, 1, F_ADD_SEALS), WHEN(FILTER_ALLOW, fcntl, 1, F_GET_SEALS),
	WHEN(FILTER_ALLOW, fcntl, 1, F_DUPFD_CLOEXEC),
	WHEN(FILTER_ALLOW, fcntl, 1, F_GETLK), WHEN(FILTER_ALLOW, fcntl, 1, F_SETLK),
	WHEN(FILTER_ALLOW, fcntl, 1, F_SETLKW), WHEN(FILTER_ALLOW, fcntl, 1, F_OFD_GETLK),
	WHEN(FILTER_ALLOW, fcntl, 1, F_OFD_SETLK), WHEN(FILTER_ALLOW, fcntl, 1, F_OFD_SETLKW),
	FILTER_LAST
};
