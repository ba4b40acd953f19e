#include "server/ipc/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/secret.h"
#include "server/ipc/fdpass.h"

#define DATAGRAM_MAX (FRAME_HEADER + CHANNEL_INLINE_MAX)
#define SOCKET_BUFFER (4 * (int)DATAGRAM_MAX)

bool channel_pair(int fds[2], struct att_error *e)
{
	int size = SOCKET_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return att_fail(e, ATT_E_INTERNAL, "socketpair: %s", strerror(errno));
	/* Best effort: the default holds two messages, which is all that is ever in flight. */
	for (int i = 0; i < 2; i++)
		(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	return true;
}

bool channel_open(struct channel *c, int fd, enum link_kind link, enum link_side side, struct att_error *e)
{
	*c = (struct channel){ .fd = fd, .link = link, .side = side };
	c->inline_buf = malloc(DATAGRAM_MAX);
	if (c->inline_buf)
		return true;
	channel_close(c);
	return att_fail(e, ATT_E_NOMEM, "channel: out of memory");
}

static void drop_large(struct channel *c)
{
	if (c->large)
		secret_wipe(c->large, c->large_len);
	free(c->large);
	c->large = NULL;
	c->large_len = 0;
}

void channel_close(struct channel *c)
{
	if (c->inline_buf) {
		secret_wipe(c->inline_buf, DATAGRAM_MAX);
		fd_close(&c->fd);
	}
	free(c->inline_buf);
	c->inline_buf = NULL;
	drop_large(c);
	c->fd = -1;
}

static bool payload_from_memfd(struct channel *c, const struct frame *f, int *fd, struct rd *out,
    struct att_error *e)
{
	bool ok;

	c->large_len = f->payload_len;
	c->large = malloc(f->payload_len ? f->payload_len : 1);
	ok = c->large && memfd_read(*fd, c->large, f->payload_len);
	fd_close(fd);
	if (!ok)
		return att_fail(e, c->large ? ATT_E_BAD_FORMAT : ATT_E_NOMEM,
		    "message %s: payload of %u bytes cannot be read", ipc_row(f->op)->name, f->payload_len);
	*out = rd_make(c->large, c->large_len);
	return true;
}

static bool message_of(struct channel *c, size_t n, struct frame *out, int *fd, struct att_error *e)
{
	struct rd in = rd_make(c->inline_buf, n);

	if (!frame_header(&in, out, e))
		return false;
	if (ipc_row(out->op)->has_fd && out->flags)
		return att_fail(e, ATT_E_BAD_FORMAT, "message %s: two descriptors", ipc_row(out->op)->name);
	if ((*fd >= 0) != (ipc_row(out->op)->has_fd || out->flags))
		return att_fail(e, ATT_E_BAD_FORMAT, "message %s: descriptor %s", ipc_row(out->op)->name,
		    *fd >= 0 ? "not expected" : "missing");
	if ((out->flags & FRAME_IN_MEMFD) && !payload_from_memfd(c, out, fd, &in, e))
		return false;
	return frame_blocks(in, out, e);
}

/* May this side of this link receive the message? */
static bool is_for(const struct channel *c, const struct frame *f)
{
	const struct ipc_row *row = ipc_row(f->op);

	return row->link == c->link && row->sender != c->side;
}

enum channel_got channel_recv(struct channel *c, bool wait, struct frame *out, int *fd, struct att_error *e)
{
	int got_fd = -1;
	long n;

	drop_large(c);
	n = fdpass_recv(c->fd, c->inline_buf, DATAGRAM_MAX, &got_fd, wait);
	if (n < 0 && errno == EAGAIN)
		return CHANNEL_EMPTY;
	if (n == 0 || (n < 0 && (errno == ECONNRESET || errno == EPIPE)))
		return CHANNEL_CLOSED;
	if (n < 0) {
		(void)att_fail(e, ATT_E_BAD_FORMAT, "message: %s", strerror(errno));
		return CHANNEL_BAD;
	}
	if (!message_of(c, (size_t)n, out, &got_fd, e) || (got_fd >= 0 && !fd)) {
		fd_close(&got_fd);
		(void)att_fail(e, ATT_E_BAD_FORMAT, "message: descriptor not expected");
		return CHANNEL_BAD;
	}
	if (!is_for(c, out)) {
		fd_close(&got_fd);
		return CHANNEL_REFUSED;
	}
	if (fd)
		*fd = got_fd;
	return CHANNEL_MESSAGE;
}

static bool send_parts(struct channel *c, struct iovec *parts, size_t nparts, int fd, bool wait,
    struct att_error *e)
{
	if (fdpass_send(c->fd, parts, nparts, fd, wait))
		return true;
	if (errno == EAGAIN || errno == ENOBUFS)
		return att_fail(e, ATT_E_OVERLOADED, "channel: full");
	return att_fail(e, ATT_E_INTERNAL, "channel: %s", strerror(errno));
}

static bool send_large(struct channel *c, struct frame *f, struct iovec *parts, size_t nparts, bool wait,
    struct att_error *e)
{
	uint8_t header[FRAME_HEADER];
	struct iovec only = { header, sizeof header };
	int memfd = memfd_sealed(parts + 1, nparts - 1);
	bool ok;

	if (memfd < 0)
		return att_fail(e, ATT_E_INTERNAL, "memfd: %s", strerror(errno));
	f->flags = FRAME_IN_MEMFD;
	frame_write_header(f, header);
	ok = send_parts(c, &only, 1, memfd, wait, e);
	fd_close(&memfd);
	return ok;
}

bool channel_send(struct channel *c, const struct frame *in, const struct block *b, int fd, bool wait,
    struct att_error *e)
{
	const struct ipc_row *row = ipc_row(in->op);
	uint8_t header[FRAME_HEADER], prefix[BLOCKS_MAX][4];
	struct iovec parts[1 + 2 * BLOCKS_MAX];
	struct frame f = { .op = in->op, .provider = in->provider, .id = in->id };
	size_t total = 0, n = 1;

	for (unsigned i = 0; i < row->nblocks; i++) {
		if (b[i].n > row->payload_max || total + 4 + b[i].n > row->payload_max)
			return att_fail(e, ATT_E_LIMIT, "message %s: more than %zu bytes", row->name,
			    row->payload_max);
		for (unsigned k = 0; k < 4; k++)
			prefix[i][k] = (uint8_t)(b[i].n >> (8 * k));
		parts[n++] = (struct iovec){ prefix[i], 4 };
		parts[n++] = (struct iovec){ (void *)(uintptr_t)b[i].p, b[i].n };
		total += 4 + b[i].n;
	}
	f.payload_len = (uint32_t)total;
	frame_write_header(&f, header);
	parts[0] = (struct iovec){ header, sizeof header };
	if (total > CHANNEL_INLINE_MAX)
		return send_large(c, &f, parts, n, wait, e);
	return send_parts(c, parts, n, row->has_fd ? fd : -1, wait, e);
}

struct block block_text(const char *s)
{
	return (struct block){ s ? s : "", s ? strlen(s) : 0 };
}
