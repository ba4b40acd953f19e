#include "server/http/listener.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/rd.h"
#include "lib/base/secret.h"
#include "server/http/deadline.h"
#include "server/log/log.h"

#define CONNECTION_MEMORY ((size_t)32 * 1024)   /* request line, headers and the read buffer */
/*
 * Of a refused request's body: read and dropped, so that the client hears the reason before it has sent
 * everything.
 */
#define DROP_MAX ((size_t)1024 * 1024)
#define BODY_FIRST ((size_t)16 * 1024)
#define JSON_TYPE "application/json; charset=utf-8"
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct http_listener {
	struct http_options o;
	struct http_app app;
	struct MHD_Daemon *daemon;
	struct deadlines deadlines;
	int epoll_fd;
	int quiesced_fd;                /* the listening socket, given back by the library */
	bool is_quiesced;
	unsigned active;
	size_t bodies;                  /* bytes held now */
};

struct connection {
	struct deadline deadline;       /* first member: deadlines lead back here */
	struct http_listener *l;
	int fd;
};

/* One request on a connection. */
struct exchange {
	struct req r;                   /* first member: http_reply() finds the exchange */
	struct http_listener *l;
	struct MHD_Connection *mhd;
	struct connection *c;
	uint8_t *body;
	size_t cap, dropped;
	struct resp resp;
	bool is_answered, is_suspended, is_handed_over;
};

int64_t clock_monotonic_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t now_ms(void)
{
	return clock_monotonic_us() / 1000;
}

static void arm(struct connection *c)
{
	deadline_arm(&c->l->deadlines, &c->deadline, now_ms() + c->l->o.request_ms);
}

static const char *mhd_header(const struct req *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

static const char *mhd_query(const struct req *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* Leaves %00 as it is: a decoded NUL would cut the path short of what a proxy in front has judged. */
static size_t unescape(void *cls, struct MHD_Connection *c, char *s)
{
	char *out = s;

	(void)cls;
	(void)c;
	for (const char *in = s; *in; in++) {
		char hex[3] = { in[0] == '%' ? in[1] : (char)0, 0, 0 }, *end = hex;
		long v = 0;
		if (hex[0]) {
			hex[1] = in[2];
			v = strtol(hex, &end, 16);
		}
		if (end == hex + 2 && v > 0) {
			*out++ = (char)v;
			in += 2;
		} else
			*out++ = *in;
	}
	*out = 0;
	return (size_t)(out - s);
}

static enum http_method method_of(const char *name)
{
	static const struct { const char *name; enum http_method m; } rows[] = {
		{ "GET", HTTP_GET }, { "HEAD", HTTP_GET }, { "POST", HTTP_POST }, { "PUT", HTTP_PUT },
		{ "DELETE", HTTP_DELETE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].m;
	return HTTP_OTHER;
}

static const char *const single_headers[] = { "Content-Length", "Transfer-Encoding", "Host", "Authorization",
    "Content-Type" };
#define NSINGLE (sizeof single_headers / sizeof *single_headers)

static enum MHD_Result count_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	unsigned *seen = cls;

	(void)kind;
	(void)value;
	for (size_t i = 0; i < NSINGLE; i++)
		seen[i] += strcasecmp(name, single_headers[i]) == 0;
	return MHD_YES;
}

/* Two lengths, or a length and chunks, are read differently by different servers: request smuggling. */
static bool is_ambiguous(struct MHD_Connection *c)
{
	unsigned seen[NSINGLE] = { 0 };

	(void)MHD_get_connection_values(c, MHD_HEADER_KIND, count_header, seen);
	for (size_t i = 0; i < NSINGLE; i++)
		if (seen[i] > 1)
			return true;
	return seen[0] && seen[1];
}

static void read_length(struct req *r)
{
	const char *text = mhd_header(r, "Content-Length");

	if (text) {
		r->has_length = true;
		r->length = strtoull(text, NULL, 10);
	}
}

static void free_resp(struct resp *resp)
{
	if (resp->is_owned)
		free((void *)(uintptr_t)resp->body);
	*resp = (struct resp){ 0 };
}

static enum MHD_Result queue(struct exchange *x)
{
	struct resp *p = &x->resp;
	struct MHD_Response *m = MHD_create_response_from_buffer(p->body_len, (void *)(uintptr_t)p->body,
	    p->is_owned ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;
	char seconds[16];

	if (!m)
		return MHD_NO;
	p->is_owned = false;
	(void)MHD_add_response_header(m, "Content-Type", p->content_type ? p->content_type : JSON_TYPE);
	(void)MHD_add_response_header(m, "x-ms-request-id", x->r.id);
	(void)MHD_add_response_header(m, "x-ms-maa-service-version", x->l->o.service_version);
	/* RFC 9110 section 11.6.1 wants it */
	if (p->status == MHD_HTTP_UNAUTHORIZED)
		(void)MHD_add_response_header(m, "WWW-Authenticate", "Bearer");
	if (p->allow)
		(void)MHD_add_response_header(m, "Allow", p->allow);
	if (p->retry_after_s) {
		(void)snprintf(seconds, sizeof seconds, "%u", p->retry_after_s);
		(void)MHD_add_response_header(m, "Retry-After", seconds);
	}
	if (x->l->is_quiesced)
		(void)MHD_add_response_header(m, "Connection", "close");
	arm(x->c);
	result = MHD_queue_response(x->mhd, p->status, m);
	MHD_destroy_response(m);
	return result;
}

static void drop_body(struct exchange *x)
{
	if (x->body)
		secret_wipe(x->body, x->r.body_len);
	free(x->body);
	x->l->bodies -= x->cap;
	x->body = NULL;
	x->r.body = NULL;
	x->r.body_len = x->cap = 0;
}

void http_reply(struct req *r, struct resp *resp)
{
	struct exchange *x = (struct exchange *)(void *)r;

	x->resp = *resp;
	*resp = (struct resp){ 0 };
	x->is_answered = true;
	drop_body(x);
	if (x->is_suspended) {
		x->is_suspended = false;
		MHD_resume_connection(x->mhd);
	}
}

static void refuse(struct exchange *x, struct resp *refusal)
{
	drop_body(x);
	x->resp = *refusal;
	x->is_answered = true;
}

static struct exchange *exchange_new(struct http_listener *l, struct MHD_Connection *mhd, const char *url,
    const char *method)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct exchange *x = info && info->socket_context ? calloc(1, sizeof *x) : NULL;

	if (!x)
		return NULL;
	x->l = l;
	x->mhd = mhd;
	x->c = info->socket_context;
	x->r.method = method_of(method);
	x->r.path = url;
	x->r.header = mhd_header;
	x->r.query = mhd_query;
	x->r.connection = mhd;
	x->r.started_us = clock_monotonic_us();
	read_length(&x->r);
	l->active++;
	return x;
}

/* A client that waits for 100 Continue has sent no body; one with a huge body is not listened to. */
static bool must_answer_now(const struct req *r)
{
	return r->is_ambiguous || r->header(r, "Expect") || (r->has_length && r->length > DROP_MAX);
}

static enum MHD_Result begin(struct http_listener *l, struct MHD_Connection *mhd, const char *url,
    const char *method, void **slot)
{
	struct exchange *x;
	struct resp refusal = { 0 };

	x = exchange_new(l, mhd, url, method);
	*slot = x;
	if (!x)
		return MHD_NO;
	x->r.is_ambiguous = is_ambiguous(mhd);
	if (l->app.begin(l->app.state, &x->r, &refusal))
		return MHD_YES;
	refuse(x, &refusal);
	/* Answering now makes the library close the connection after the answer, unread body and all. */
	return must_answer_now(&x->r) ? queue(x) : MHD_YES;
}

static bool grow(struct exchange *x, size_t need)
{
	size_t cap = x->cap ? x->cap : BODY_FIRST;
	uint8_t *p;

	/* Memory follows what has arrived, not what a header promises. */
	while (cap < need)
		cap *= 2;
	if (cap == x->cap)
		return true;
	if (x->l->bodies - x->cap + cap > x->l->o.bodies_max)
		return false;
	p = realloc(x->body, cap);
	if (!p)
		return false;
	x->l->bodies += cap - x->cap;
	x->body = p;
	x->cap = cap;
	return true;
}

static void refuse_body(struct exchange *x, enum http_body_problem why)
{
	struct resp refusal = { 0 };

	x->l->app.body_refused(x->l->app.state, &x->r, why, &refusal);
	refuse(x, &refusal);
}

static enum MHD_Result take_body(struct exchange *x, const char *data, size_t *n)
{
	size_t came = *n;

	*n = 0;
	if (!x->is_answered && came > x->r.body_max - x->r.body_len)
		refuse_body(x, HTTP_BODY_TOO_LARGE);
	if (!x->is_answered && !grow(x, x->r.body_len + came))
		refuse_body(x, HTTP_BODY_NO_ROOM);
	if (x->is_answered) {
		x->dropped += came;
		return x->dropped <= DROP_MAX ? MHD_YES : MHD_NO;
	}
	bytes_copy(x->body + x->r.body_len, data, came);
	x->r.body_len += came;
	x->r.body = x->body;
	return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *n, void **slot)
{
	struct http_listener *l = cls;
	struct exchange *x = *slot;

	(void)version;
	if (!x)
		return begin(l, mhd, url, method, slot);
	if (*n > 0)
		return take_body(x, data, n);
	if (x->is_answered)
		return queue(x);
	deadline_disarm(&l->deadlines, &x->c->deadline);
	x->is_handed_over = true;
	l->app.finish(l->app.state, &x->r);
	if (x->is_answered)
		return queue(x);
	x->is_suspended = true;
	MHD_suspend_connection(mhd);
	return MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **slot,
    enum MHD_RequestTerminationCode why)
{
	struct http_listener *l = cls;
	struct exchange *x = *slot;

	(void)mhd;
	*slot = NULL;
	if (!x)
		return;
	l->app.done(l->app.state, &x->r, why == MHD_REQUEST_TERMINATED_COMPLETED_OK ? x->resp.status : 0);
	arm(x->c);
	l->active--;
	drop_body(x);
	free_resp(&x->resp);
	free(x);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **slot,
    enum MHD_ConnectionNotificationCode what)
{
	struct http_listener *l = cls;
	struct connection *c = *slot;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd,
		    MHD_CONNECTION_INFO_CONNECTION_FD);
		c = calloc(1, sizeof *c);
		*slot = c;
		if (!c || !info)
			return;
		c->l = l;
		c->fd = info->connect_fd;
		arm(c);
	} else if (c) {
		deadline_disarm(&l->deadlines, &c->deadline);
		free(c);
		*slot = NULL;
	}
}

static void on_log(void *cls, const char *fmt, va_list ap)
{
	char text[256];
	int n;

	(void)cls;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	n = vsnprintf(text, sizeof text, fmt, ap);
#pragma GCC diagnostic pop
	if (n > 0)
		log_event(LOG_DEBUG, "http.library", "text", "%s", text, NULL);
}

static struct MHD_Daemon *start(struct http_listener *l)
{
	const struct http_options *o = &l->o;

	return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_TLS | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME, 0,
	    NULL, NULL, on_request, l,
	    MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
	    MHD_OPTION_LISTEN_SOCKET, o->listen_fd,
	    MHD_OPTION_HTTPS_MEM_KEY, o->key_pem,
	    MHD_OPTION_HTTPS_MEM_CERT, o->cert_pem,
	    MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES,
	    MHD_OPTION_CONNECTION_LIMIT, o->connections,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->connections_per_ip,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
	    MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, l,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, l,
	    MHD_OPTION_END);
}

bool http_listener_new(const struct http_options *o, const struct http_app *app, struct http_listener **out,
    struct att_error *e)
{
	struct http_listener *l = calloc(1, sizeof *l);
	const union MHD_DaemonInfo *info;

	if (!l)
		return att_fail(e, ATT_E_NOMEM, "listener: out of memory");
	l->o = *o;
	l->app = *app;
	l->quiesced_fd = -1;
	l->daemon = start(l);
	info = l->daemon ? MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info) {
		http_listener_free(l);
		return att_fail(e, ATT_E_INTERNAL,
		    "listener: cannot start (certificate, key or descriptors)");
	}
	l->epoll_fd = info->epoll_fd;
	*out = l;
	return true;
}

void http_listener_free(struct http_listener *l)
{
	if (!l)
		return;
	if (l->daemon)
		MHD_stop_daemon(l->daemon);
	if (l->quiesced_fd >= 0)
		(void)close(l->quiesced_fd);
	free(l);
}

int http_listener_fd(const struct http_listener *l)
{
	return l->epoll_fd;
}

int http_listener_timeout_ms(struct http_listener *l)
{
	int wait = deadline_wait_ms(&l->deadlines, now_ms());
	MHD_UNSIGNED_LONG_LONG mhd = 0;

	if (MHD_get_timeout(l->daemon, &mhd) == MHD_YES && (wait < 0 || mhd < (unsigned)wait))
		wait = (int)mhd;
	return wait;
}

void http_listener_run(struct http_listener *l)
{
	int64_t now = now_ms();
	struct deadline *d;

	while ((d = deadline_expired(&l->deadlines, now))) {
		struct connection *c = (struct connection *)(void *)d;
		(void)shutdown(c->fd, SHUT_RDWR);
		l->app.cut(l->app.state);
	}
	(void)MHD_run(l->daemon);
}

void http_listener_quiesce(struct http_listener *l)
{
	if (l->is_quiesced)
		return;
	l->is_quiesced = true;
	l->quiesced_fd = MHD_quiesce_daemon(l->daemon);
	/* The parent holds the socket too: closing it here would leave clients waiting in its backlog. */
	if (l->quiesced_fd >= 0)
		(void)shutdown(l->quiesced_fd, SHUT_RDWR);
}

void http_listener_set_request_ms(struct http_listener *l, uint32_t ms)
{
	l->o.request_ms = ms;
}

unsigned http_listener_active(const struct http_listener *l)
{
	return l->active;
}

unsigned http_listener_connections(const struct http_listener *l)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(l->daemon,
	    MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info ? info->num_connections : 0;
}
