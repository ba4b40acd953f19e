/*
 * listener.h - HTTPS over libmicrohttpd, driven by the caller's event loop; knows no API.
 *
 * One thread: the caller polls http_listener_fd() and calls http_listener_run().  A request is announced by
 * begin() when its headers are there, and handed over by finish() when its body is complete; http_reply()
 * answers it, at once or any time later.  A connection has request_ms from its acceptance (TLS handshake
 * and headers included), or from the end of the previous answer, until the last byte of a request, and as
 * long again to take the answer; then it is cut.
 */
#ifndef SERVER_HTTP_LISTENER_H
#define SERVER_HTTP_LISTENER_H

#include "lib/base/err.h"
#include "server/http/http.h"

struct http_app {
	void *state;
	/* False: *refusal is the answer; the body, if it is small, is read and dropped first. */
	bool (*begin)(void *state, struct req *r, struct resp *refusal);
	/* More body than body_max came, or more bodies are under way than bodies_max. */
	void (*body_refused)(void *state, struct req *r, enum http_body_problem why, struct resp *refusal);
	void (*finish)(void *state, struct req *r);
	void (*done)(void *state, struct req *r, unsigned status);      /* r is freed afterwards */
	void (*cut)(void *state);                                       /* a connection ran out of time */
};

struct http_options {
	int listen_fd;
	const char *key_pem, *cert_pem; /* must outlive the listener */
	unsigned connections, connections_per_ip;
	uint32_t request_ms;
	/* bytes of request bodies held at one time, all connections together */
	size_t bodies_max;
	const char *service_version;    /* x-ms-maa-service-version */
};

struct http_listener;
ATT_CHECK bool http_listener_new(const struct http_options *o, const struct http_app *app,
    struct http_listener **out, struct att_error *e);
/* every request must have been answered; NULL is legal */
void http_listener_free(struct http_listener *l);
int http_listener_fd(const struct http_listener *l);    /* becomes readable when there is something to run */
/* Milliseconds until http_listener_run() is due even without an event; -1: no limit. */
int http_listener_timeout_ms(struct http_listener *l);
void http_listener_run(struct http_listener *l);
/* accept nothing more; answers say Connection: close */
void http_listener_quiesce(struct http_listener *l);
void http_listener_set_request_ms(struct http_listener *l, uint32_t ms);
unsigned http_listener_active(const struct http_listener *l);   /* requests begun and not answered */
unsigned http_listener_connections(const struct http_listener *l);

/* Answers a request; the response's body is taken.  A request is answered once. */
void http_reply(struct req *r, struct resp *resp);
int64_t clock_monotonic_us(void);

#endif
