/*
 * http.h - a request and its response, as handlers see them.  Nothing here depends on the HTTP library.
 */
#ifndef SERVER_HTTP_HTTP_H
#define SERVER_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_method {
	HTTP_GET = 1,
	HTTP_POST = 2,
	HTTP_PUT = 4,
	HTTP_OTHER = 8,
	HTTP_DELETE = 16 /* HEAD counts as GET */
};

#define REQUEST_ID_TEXT 64

/* More body came than the application allows; or more bodies are under way than the listener may hold. */
enum http_body_problem { HTTP_BODY_TOO_LARGE, HTTP_BODY_NO_ROOM };

struct req {
	enum http_method method;
	const char *path;               /* percent-decoded, begins with '/' */
	/* Value of a header (any case of name) or query argument, NULL when absent. */
	const char *(*header)(const struct req *r, const char *name);
	const char *(*query)(const struct req *r, const char *name);
	void *connection;               /* for those two */
	char id[REQUEST_ID_TEXT];       /* x-ms-request-id; set by the application */
	bool is_ambiguous;              /* headers that must be single are not: refuse with 400 */
	bool has_length;                /* Content-Length was sent */
	uint64_t length;                /* its value */
	size_t body_max;                /* set by the application: more is refused */
	const uint8_t *body;
	size_t body_len;
	int64_t started_us;             /* monotonic */
	void *state;                    /* the application's; NULL at first */
};

struct resp {
	unsigned status;
	/* owned by the response when is_owned (malloc), else outlives the listener */
	const char *body;
	size_t body_len;
	bool is_owned;
	const char *content_type;       /* constant; NULL: application/json; charset=utf-8 */
	const char *allow;              /* constant; Allow header, or NULL */
	uint32_t retry_after_s;         /* 0: none */
};

#endif
