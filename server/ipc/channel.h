/*
 * channel.h - one end of a socketpair between two roles: sends and receives whole messages of
 * message_table.h.
 *
 * Small payloads travel in the message, larger ones in a sealed memfd; callers see no difference.
 * A received message is valid until the next receive on the same channel.  One thread at a time.
 */
#ifndef SERVER_IPC_CHANNEL_H
#define SERVER_IPC_CHANNEL_H

#include "server/ipc/frame.h"

#define CHANNEL_INLINE_MAX (64 * KIB)   /* payloads above travel by memfd */
#define CHANNEL_FD_CONTROL 3            /* where a role finds its control channel */

struct channel {
	int fd;                         /* -1 when closed */
	enum link_kind link;
	enum link_side side;            /* which side this process is */
	uint8_t *inline_buf;            /* receive buffer of one datagram */
	uint8_t *large;                 /* content of a memfd, until the next receive */
	size_t large_len;
};

enum channel_got {
	CHANNEL_MESSAGE,                /* *out is filled, *fd is -1 or owned by the caller */
	CHANNEL_EMPTY,                  /* nothing there (only without wait) */
	CHANNEL_CLOSED,                 /* the other side is gone */
	/* well-formed, but not for this side of this link; out->op, provider and id are set */
	CHANNEL_REFUSED,
	CHANNEL_BAD                     /* malformed: *e says how; close the channel */
};

/* Takes the descriptor, also on failure. */
ATT_CHECK bool channel_open(struct channel *c, int fd, enum link_kind link, enum link_side side,
    struct att_error *e);
void channel_close(struct channel *c);          /* all-zero or closed is legal */
/*
 * fd may be NULL where the op carries none; a descriptor that comes although none is due makes the message
 * BAD.
 */
enum channel_got channel_recv(struct channel *c, bool wait, struct frame *out, int *fd, struct att_error *e);
/*
 * Sends blocks b[0..n-1] (n must be the row's) as one message; fd goes along where the row says so.
 * False with code OVERLOADED when the socket is full and wait is false; INTERNAL otherwise (the channel is
 * dead).
 */
struct block { const void *p; size_t n; };
ATT_CHECK bool channel_send(struct channel *c, const struct frame *f, const struct block *b, int fd,
    bool wait,
    struct att_error *e);
/* Both ends of a new SOCK_SEQPACKET pair, close-on-exec. */
ATT_CHECK bool channel_pair(int fds[2], struct att_error *e);
/* A block from a NUL-terminated text (NULL: empty). */
struct block block_text(const char *s);

#endif
