/* httpc against a loopback server in a thread, which plays back one prepared answer per connection. */
#include "tests/harness/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/httpc.h"

struct server {
	int fd;
	unsigned port;
	SSL_CTX *tls;           /* NULL: plain */
	const char *answer;     /* NULL: none, the connection stays open until the client goes */
	char request[2048];     /* what came */
	size_t request_len;
	pthread_t thread;
};

static char ca_path[] = "/tmp/attestd-httpc-XXXXXX";
static SSL_CTX *tls_ctx;

static long io_read(SSL *s, int fd, char *p, size_t n)
{
	return s ? SSL_read(s, p, (int)n) : read(fd, p, n);
}

static void io_write(SSL *s, int fd, const char *p, size_t n)
{
	if (s)
		(void)SSL_write(s, p, (int)n);
	else
		(void)!write(fd, p, n);
}

/* Until the head is there and as many bytes of the body as it announces. */
static bool is_whole(const struct server *v)
{
	const char *head = strstr(v->request, "\r\n\r\n"), *length = strstr(v->request, "Content-Length: ");

	return head && (!length || strlen(head + 4) >= strtoul(length + 16, NULL, 10));
}

static void serve_one(struct server *v, SSL *s, int fd)
{
	char end[16];
	long n;

	while (!is_whole(v) && v->request_len < sizeof v->request - 1) {
		n = io_read(s, fd, v->request + v->request_len, sizeof v->request - 1 - v->request_len);
		if (n <= 0)
			return;
		v->request_len += (size_t)n;
	}
	if (v->answer)
		io_write(s, fd, v->answer, strlen(v->answer));
	else
		while (io_read(s, fd, end, sizeof end) > 0)
			continue;
}

static void *serve(void *state)
{
	struct server *v = state;
	int fd = accept(v->fd, NULL, NULL);
	SSL *s = v->tls && fd >= 0 ? SSL_new(v->tls) : NULL;

	if (fd < 0)
		return NULL;
	if (s) {
		(void)SSL_set_fd(s, fd);
		if (SSL_accept(s) == 1) {
			serve_one(v, s, fd);
			(void)SSL_shutdown(s);
		}
		SSL_free(s);
	} else
		serve_one(v, NULL, fd);
	(void)close(fd);
	return NULL;
}

static void start(struct server *v, SSL_CTX *tls, const char *answer)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof at;

	*v = (struct server){ .fd = socket(AF_INET, SOCK_STREAM, 0), .tls = tls, .answer = answer };
	assert_int_equal(bind(v->fd, (struct sockaddr *)(void *)&at, n), 0);
	assert_int_equal(listen(v->fd, 1), 0);
	assert_int_equal(getsockname(v->fd, (struct sockaddr *)(void *)&at, &n), 0);
	v->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&v->thread, NULL, serve, v), 0);
}

static void stop(struct server *v)
{
	/* A client that never came must not leave the thread waiting. */
	(void)shutdown(v->fd, SHUT_RDWR);
	assert_int_equal(pthread_join(v->thread, NULL), 0);
	(void)close(v->fd);
}

/* One exchange with a plain server; the request's URL is filled in here. */
static bool exchange(struct server *v, struct arena *a, const char *answer, struct httpc_request r,
    struct httpc_answer *out, struct att_error *e)
{
	char url[64];
	bool ok;

	start(v, NULL, answer);
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/path?x=1", v->port);
	r.url = url;
	r.http_to_loopback = true;
	ok = httpc_send(a, &r, out, e);
	stop(v);
	return ok;
}

static const struct httpc_request get = { .method = "GET" };

static void test_get(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct httpc_answer got;
	struct att_error e = { 0 };
	struct server v;

	(void)state;
	CHECK_OK(exchange(&v, a, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", get, &got, &e), &e);
	assert_int_equal(got.status, 200);
	assert_int_equal(got.body_len, 5);
	assert_string_equal((const char *)got.body, "hello");
	assert_int_equal(got.retry_after_s, -1);
	assert_int_equal(strncmp(v.request, "GET /path?x=1 HTTP/1.1\r\n", 24), 0);
	assert_null(strstr(v.request, "Authorization"));
	CHECK_OK(exchange(&v, a, "HTTP/1.1 204 No Content\r\n\r\n", get, &got, &e), &e);
	assert_int_equal(got.status, 204);
	assert_int_equal(got.body_len, 0);
	assert_non_null(got.body);
	arena_free(a);
}

static void test_post(void **state)
{
	static const char *const headers[] = { "Content-Type: application/json", "Expect:", NULL };
	const struct httpc_request post = { .method = "POST", .headers = headers, .body = "{\"a\":1}",
	    .body_len = 7 };
	struct arena *a = arena_new(1 << 20);
	struct httpc_answer got;
	struct att_error e = { 0 };
	struct server v;

	(void)state;
	CHECK_OK(exchange(&v, a, "HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nno", post, &got, &e), &e);
	assert_int_equal(got.status, 400);
	assert_string_equal((const char *)got.body, "no");
	assert_int_equal(strncmp(v.request, "POST /path?x=1 HTTP/1.1\r\n", 25), 0);
	assert_non_null(strstr(v.request, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(v.request, "\r\nContent-Length: 7\r\n"));
	assert_non_null(strstr(v.request, "\r\n\r\n{\"a\":1}"));
	arena_free(a);
}

static void test_status(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct httpc_answer got;
	struct att_error e = { 0 };
	struct server v;

	(void)state;
	CHECK_OK(exchange(&v, a, "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", get,
	    &got, &e), &e);
	assert_int_equal(got.status, 503);
	assert_int_equal(got.retry_after_s, 7);
	/* The server takes one connection: a client that followed would be refused. */
	CHECK_OK(exchange(&v, a, "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", get,
	    &got, &e), &e);
	assert_int_equal(got.status, 302);
	arena_free(a);
}

static void test_limit(void **state)
{
	static const char sized[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
	static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n";
	static const char unsized[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789";
	static const char *const answers[] = { sized, chunked, unsized };
	struct arena *a = arena_new(1 << 20);
	struct httpc_answer got;
	struct att_error e = { 0 };
	struct server v;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct httpc_request r = { .method = "GET", .answer_max = 10 };

		CHECK_OK(exchange(&v, a, answers[i], r, &got, &e), &e);
		assert_int_equal(got.body_len, 10);
		r.answer_max = 9;
		CHECK_ERR(exchange(&v, a, answers[i], r, &got, &e), &e, ATT_E_LIMIT, "larger than 9 bytes");
	}
	arena_free(a);
}

static void test_failures(void **state)
{
	struct arena *a = arena_new(1 << 20);
	const struct httpc_request hurried = { .method = "GET", .deadline_ms = 150 };
	struct httpc_request nowhere = { .method = "GET", .http_to_loopback = true };
	struct httpc_answer got = { .status = -7 };
	struct att_error e = { 0 };
	struct server v;
	char url[64];

	(void)state;
	CHECK_ERR(exchange(&v, a, NULL, hurried, &got, &e), &e, ATT_E_OPERATION, "timed out");
	CHECK_ERR(exchange(&v, a, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", get, &got, &e), &e,
	    ATT_E_OPERATION, "/path?x=1: ");
	CHECK_ERR(exchange(&v, a, "nonsense\r\n\r\n", get, &got, &e), &e, ATT_E_OPERATION, "/path?x=1: ");
	CHECK_ERR(exchange(&v, a, "", get, &got, &e), &e, ATT_E_OPERATION, "Empty reply");
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", v.port);
	nowhere.url = url;
	CHECK_ERR(httpc_send(a, &nowhere, &got, &e), &e, ATT_E_OPERATION, "Failed to connect");
	assert_int_equal(got.status, -7);
	arena_free(a);
}

static void test_urls(void **state)
{
	static const struct { const char *url, *text; bool loopback; } rows[] = {
		{ "http://127.0.0.1:9/", "want an https:// URL", false },
		{ "http://example.invalid/", "want an https:// URL", true },
		{ "http://127.0.0.1.example.invalid/", "want an https:// URL", true },
		{ "http://localhost.example.invalid/", "want an https:// URL", true },
		{ "http://127.0.0.1@example.invalid/", "found a user name", true },
		{ "http://127.0.0.1:80@example.invalid/", "found a user name", true },
		{ "https://user:password@example.invalid/", "found a user name", false },
		{ "http://[::2]/", "want an https:// URL", true },
		{ "ftp://127.0.0.1/", "want an https:// URL", true },
		{ "file:///etc/passwd", "want", true },
		{ "gopher://127.0.0.1/", "want", true },
		{ "example.invalid", "not a URL", true },
		{ "", "not a URL", true },
		{ "https://", "not a URL", true },
		{ "https://a b/", "not a URL", true },
		{ "https://a\r\nb/", "not a URL", true },
	};
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct httpc_request r = { .url = rows[i].url, .method = "GET",
		    .http_to_loopback = rows[i].loopback };
		struct httpc_answer got;
		struct att_error e = { 0 };

		CHECK_ERR(httpc_send(a, &r, &got, &e), &e, ATT_E_OPERATION, rows[i].text);
		assert_null(strstr(e.text, "password@"));
	}
	arena_free(a);
}

static void test_no_proxy(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct httpc_answer got;
	struct att_error e = { 0 };
	struct server v;

	(void)state;
	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:9", 1), 0);
	assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:9", 1), 0);
	CHECK_OK(exchange(&v, a, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", get, &got, &e), &e);
	assert_int_equal(unsetenv("http_proxy"), 0);
	assert_int_equal(unsetenv("ALL_PROXY"), 0);
	arena_free(a);
}

static bool exchange_tls(struct arena *a, const char *host, const char *ca, struct httpc_answer *got,
    struct att_error *e)
{
	struct httpc_request r = { .method = "GET", .ca_file = ca };
	struct server v;
	char url[64];
	bool ok;

	start(&v, tls_ctx, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
	(void)snprintf(url, sizeof url, "https://%s:%u/", host, v.port);
	r.url = url;
	ok = httpc_send(a, &r, got, e);
	stop(&v);
	return ok;
}

static void test_tls(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct httpc_answer got;
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(exchange_tls(a, "127.0.0.1", ca_path, &got, &e), &e);
	assert_string_equal((const char *)got.body, "secret");
	CHECK_ERR(exchange_tls(a, "127.0.0.1", NULL, &got, &e), &e, ATT_E_OPERATION, "certificate");
	CHECK_ERR(exchange_tls(a, "localhost", ca_path, &got, &e), &e, ATT_E_OPERATION, "localhost");
	arena_free(a);
}

static void test_no_memory(void **state)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	struct failing f;
	bool done = false;

	(void)state;
	for (size_t n = 1; !done; n++) {
		struct arena *a = arena_failing(&f, n);
		struct httpc_answer got;
		struct att_error e = { 0 };
		struct server v;

		assert_non_null(a);
		done = exchange(&v, a, answer, get, &got, &e);
		if (!done) {
			assert_true(f.fired);
			assert_int_equal(e.code, ATT_E_NOMEM);
		}
		arena_free(a);
	}
}

/* A certificate for 127.0.0.1, valid around now, that is its own root. */
static X509 *certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");

	(void)X509_set_version(x, X509_VERSION_3);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"httpc test", -1,
	    -1, 0);
	(void)X509_set_issuer_name(x, name);
	(void)X509_set_pubkey(x, key);
	(void)X509_add_ext(x, san, -1);
	X509_EXTENSION_free(san);
	(void)X509_sign(x, key, EVP_sha256());
	return x;
}

static int prepare(void **state)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *x = certificate(key);
	int fd = mkstemp(ca_path);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool ok = f && PEM_write_X509(f, x) == 1 && fclose(f) == 0;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	tls_ctx = SSL_CTX_new(TLS_server_method());
	ok = ok && SSL_CTX_use_certificate(tls_ctx, x) == 1 && SSL_CTX_use_PrivateKey(tls_ctx, key) == 1;
	X509_free(x);
	EVP_PKEY_free(key);
	return ok ? 0 : -1;
}

static int finish(void **state)
{
	(void)state;
	SSL_CTX_free(tls_ctx);
	return unlink(ca_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_post),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_no_proxy),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, prepare, finish);
}
