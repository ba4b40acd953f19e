/*
 * httpc.h - outgoing HTTPS for attest submit and the fetch role: one request, one answer, over
 * libcurl. httpc_multi.h runs many at once.
 *
 * Only https; plain http is accepted for loopback addresses when asked for.  Redirects are not
 * followed, no proxy, password or cookie is taken from the environment or from files, the answer's
 * size and the whole time are bounded.  URLs come from the command line or the configuration, never
 * from evidence.
 */
#ifndef NET_HTTPC_H
#define NET_HTTPC_H

#include <stdint.h>

#include "lib/base/arena.h"

struct httpc_request {
	const char *url;                /* without user and password */
	const char *method;             /* "GET", "POST", "PUT" */
	const char *const *headers;     /* "Name: value"; NULL-terminated, or NULL */
	const void *body;               /* NULL: none */
	size_t body_len;
	const char *ca_file;            /* PEM; NULL: the system's roots */
	long deadline_ms;               /* of everything, connecting included; 0: 30 s */
	size_t answer_max;              /* bytes; 0: 16 MiB */
	bool http_to_loopback;          /* accept http://127.0.0.1, [::1], localhost */
};

struct httpc_header { const char *name, *value; };

struct httpc_answer {
	int status;
	const uint8_t *body;            /* arena, NUL-terminated behind its length */
	size_t body_len;
	int64_t retry_after_s; /* Retry-After, seconds or date, as seconds from now; -1: absent */
	/* in the order received, 128 KiB at most; arena */
	const struct httpc_header *headers;
	size_t nheaders;
};
/* Value of the first header of that name, in any letter case; NULL: absent. */
const char *httpc_header(const struct httpc_answer *a, const char *name);

/* True: an answer came, whatever its status.  False: e says what failed and where. */
ATT_CHECK bool httpc_send(struct arena *a, const struct httpc_request *r, struct httpc_answer *out,
    struct att_error *e);

#endif
