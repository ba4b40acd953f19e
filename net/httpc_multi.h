/*
 * httpc_multi.h - many outgoing requests at once, in one thread: none waits for another.
 *
 * What is asked and accepted is as in httpc.h.  At most max transfers run; of those, at most
 * HTTPC_PER_HOST connections go to one host.  One thread at a time.
 */
#ifndef NET_HTTPC_MULTI_H
#define NET_HTTPC_MULTI_H

#include <poll.h>

#include "net/httpc.h"

#define HTTPC_PER_HOST 16

struct httpc_multi;

/* What became of one transfer. */
struct httpc_done {
	void *tag;                      /* as given at the start */
	bool ok;                        /* an answer came, whatever its status */
	struct httpc_answer answer;
	struct att_error error;         /* unless ok; without the URL */
	struct arena *memory;           /* the answer's; arena_free() it */
};

/* Starts libcurl and OpenSSL, so that a sandbox may be entered afterwards.  No thread is started.
 */
struct httpc_multi *httpc_multi_new(unsigned max, struct att_error *e);
void httpc_multi_free(struct httpc_multi *m);   /* cuts off what runs; NULL is legal */
/*
 * r and what it points to must stay until the transfer is done.  OVERLOADED: max transfers run
 * already.  The other failures are of the request itself and leave nothing behind.
 */
ATT_CHECK bool httpc_multi_start(struct httpc_multi *m, const struct httpc_request *r, void *tag,
    struct att_error *e);
unsigned httpc_multi_running(const struct httpc_multi *m);
/* Waits for the network, for one of fds (POLLIN; revents are set), at most timeout_ms; then moves
 * the transfers on. */
ATT_CHECK bool httpc_multi_poll(struct httpc_multi *m, struct pollfd *fds, size_t n, int timeout_ms,
    struct att_error *e);
/* The next transfer that is done; false: none. */
ATT_CHECK bool httpc_multi_finish(struct httpc_multi *m, struct httpc_done *out);
/* Where libcurl looks for certificates when a request has no ca_file; NULL: it has no such default.
 */
const char *httpc_default_ca_file(void);
const char *httpc_default_ca_folder(void);

#endif
