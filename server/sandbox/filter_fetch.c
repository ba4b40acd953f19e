/*
 * The fetch role: outgoing HTTPS and the name look-ups for it; of the files only what Landlock leaves:
 * the CA bundle and the resolver's settings.
 */
#include "server/sandbox/filter.h"

#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

const struct filter_rule filter_fetch[] = {
	WHEN(FILTER_ALLOW, socket, 0, AF_INET), WHEN(FILTER_ALLOW, socket, 0, AF_INET6),
	/* The resolver looks for a cache daemon and for the list of addresses, and does without. */
	WHEN(FILTER_EPERM, socket, 0, AF_UNIX), WHEN(FILTER_EPERM, socket, 0, AF_NETLINK),
	ALLOW(connect), ALLOW(recvfrom), ALLOW(recvmmsg), ALLOW(sendto), ALLOW(sendmmsg), ALLOW(shutdown),
	ALLOW(getsockopt), ALLOW(setsockopt), ALLOW(getsockname), ALLOW(getpeername),
	ALLOW(socketpair), ALLOW(pipe2), ALLOW(eventfd2),       /* wake-up of libcurl's own loop */
	ALLOW(epoll_create1), ALLOW(epoll_ctl), ALLOW(epoll_wait), ALLOW(epoll_pwait), ALLOW(select),
	ALLOW(pselect6),
	WHEN(FILTER_ALLOW, ioctl, 1, FIONREAD), WHEN(FILTER_ALLOW, ioctl, 1, FIONBIO),
	WHEN(FILTER_EPERM, ioctl, 1, TCGETS),
	THREADS,                                                /* one per name look-up */

	ALLOW(open), ALLOW(openat), ALLOW(stat), ALLOW(lstat), ALLOW(newfstatat), ALLOW(statx), ALLOW(access),
	ALLOW(faccessat), ALLOW(faccessat2), ALLOW(getdents64), ALLOW(uname),
	FILTER_LAST
};
