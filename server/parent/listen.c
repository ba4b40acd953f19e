#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/ipc/fdpass.h"
#include "server/parent/parent.h"

#define BACKLOG 1024

/* "host:port" or "[v6]:port" */
bool listen_host(const char *listen, struct arena *a, const char **host, const char **port,
    struct att_error *e)
{
	const char *colon = strrchr(listen, ':');
	size_t n = colon ? (size_t)(colon - listen) : 0;
	bool bracketed = n > 2 && listen[0] == '[' && listen[n - 1] == ']';

	if (n == 0 || colon[1] == 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "listen: %s, want HOST:PORT", listen);
	*host = arena_strndup(a, listen + bracketed, n - 2 * bracketed);
	*port = colon + 1;
	return *host || arena_fail(a, e);
}

static bool real_port(int fd, unsigned *port)
{
	struct sockaddr_storage at = { 0 };
	socklen_t n = sizeof at;
	uint16_t be;

	if (getsockname(fd, (struct sockaddr *)(void *)&at, &n) != 0)
		return false;
	be = at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&at)->sin6_port :
	    ((struct sockaddr_in *)(void *)&at)->sin_port;
	*port = ntohs(be);
	return true;
}

static int bind_one(const struct addrinfo *ai)
{
	int one = 1, fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	fd_close(&fd);
	return -1;
}

bool listen_open(const char *text, struct arena *a, int *fd, const char **authority, struct att_error *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *list = NULL;
	const char *host, *port;
	unsigned number = 0;
	int status;

	if (!listen_host(text, a, &host, &port, e))
		return false;
	status = getaddrinfo(host, port, &hints, &list);
	if (status != 0)
		return att_fail(e, ATT_E_OPERATION, "listen: %s: %s", text, gai_strerror(status));
	*fd = bind_one(list);
	freeaddrinfo(list);
	if (*fd < 0 || !real_port(*fd, &number))
		return att_fail(e, ATT_E_OPERATION, "listen: %s: %s", text, strerror(errno));
	*authority = arena_printf(a, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, number);
	return *authority || arena_fail(a, e);
}
