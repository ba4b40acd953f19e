#include "server/ipc/fdpass.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/rd.h"

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int))];
};

void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

bool fdpass_send(int sock, struct iovec *parts, size_t nparts, int fd, bool wait)
{
	union control control = { .space = { 0 } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = nparts };
	int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
	ssize_t n;

	if (fd >= 0) {
		m.msg_control = control.space;
		m.msg_controllen = sizeof control.space;
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		bytes_copy(CMSG_DATA(c), &fd, sizeof fd);
	}
	do
		n = sendmsg(sock, &m, flags);
	while (n < 0 && errno == EINTR);
	return n >= 0;
}

static bool take_descriptor(struct msghdr *m, int *fd)
{
	bool ok = (m->msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			bytes_copy(fd, CMSG_DATA(c), sizeof *fd);
	if (!ok)
		fd_close(fd);
	return ok;
}

long fdpass_recv(int sock, void *buf, size_t max, int *fd, bool wait)
{
	union control control;
	struct iovec part = { buf, max };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1,
	    .msg_control = control.space, .msg_controllen = sizeof control.space };
	int flags = MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT);
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(sock, &m, flags);
	while (n < 0 && errno == EINTR);
	if (n > 0 && !take_descriptor(&m, fd)) {
		errno = EBADMSG;
		return -1;
	}
	return n;
}

static bool write_all(int fd, const void *p, size_t n)
{
	const uint8_t *cur = p;

	while (n > 0) {
		ssize_t put = write(fd, cur, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		cur += put;
		n -= (size_t)put;
	}
	return true;
}

int memfd_sealed(const struct iovec *parts, size_t nparts)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	bool ok = fd >= 0;

	for (size_t i = 0; ok && i < nparts; i++)
		ok = write_all(fd, parts[i].iov_base, parts[i].iov_len);
	ok = ok && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
	if (!ok)
		fd_close(&fd);
	return fd;
}

bool memfd_read(int fd, void *out, size_t n)
{
	uint8_t *cur = out, beyond;
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(fd, cur + done, n - done, (off_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return pread(fd, &beyond, 1, (off_t)n) == 0;
}
