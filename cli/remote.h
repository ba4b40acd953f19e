/* remote.h - talking to the service: GET and POST over HTTPS with a private or the system's CA. */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include "lib/base/arena.h"
#include "libattest/attest.h"

/* The URL without trailing slash: how the issuer is spelt. */
char *remote_base(struct arena *a, const char *server);
/* Body of a 200 answer; any other status is an error with the service's message. */
ATT_CHECK bool remote_get(struct arena *a, const char *server, const char *path, const char *ca,
    struct att_bytes *out, struct att_error *e);
/* The same with a bearer token, which is in a file; token_file NULL: without. */
ATT_CHECK bool remote_get_as(struct arena *a, const char *server, const char *path, const char *ca,
    const char *token_file, struct att_bytes *out, struct att_error *e);
struct remote_call {
	const char *url, *ca;           /* ca NULL: the system's */
	const char *bearer_file;        /* NULL: without a bearer token */
};
/* *status gets the HTTP status and *out the body, whatever the status. */
ATT_CHECK bool remote_post(struct arena *a, const struct remote_call *call, struct att_bytes body,
    int *status,
    struct att_bytes *out, struct att_error *e);

#endif
