/*
 * fdpass.h - one datagram with at most one descriptor over a socketpair, and payloads in sealed memfds.
 */
#ifndef SERVER_IPC_FDPASS_H
#define SERVER_IPC_FDPASS_H

#include <sys/uio.h>

#include "lib/base/err.h"

/* Descriptor of a role's own, closed by fd_close; -1 is none. */
void fd_close(int *fd);

/* Sends the parts as one message with fd (or -1).  False with errno: EAGAIN, EPIPE, ... */
ATT_CHECK bool fdpass_send(int sock, struct iovec *parts, size_t nparts, int fd, bool wait);
/*
 * Receives one message of at most max bytes.  Returns its length, 0 at the end of the connection, -1 with
 * errno. *fd is -1 or a new close-on-exec descriptor.  A longer message or more than one descriptor is
 * EBADMSG.
 */
ATT_CHECK long fdpass_recv(int sock, void *buf, size_t max, int *fd, bool wait);

/* A read-only sealed memfd with the parts as content; -1 with errno. */
int memfd_sealed(const struct iovec *parts, size_t nparts);
/* Exactly n bytes from the start of fd into out; false when it holds fewer or more. */
ATT_CHECK bool memfd_read(int fd, void *out, size_t n);

#endif
