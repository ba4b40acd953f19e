/* Many transfers at once, against a loopback server in a thread that answers each connection by its
 * path. */
#include "tests/harness/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/httpc_multi.h"

/* GET /hang is kept without an answer until stop(); GET /step is answered when a byte comes by the pipe
 * go, and says so by the pipe gone. */
static struct {
	int came[2], go[2], gone[2];
	int fd;
	unsigned port;
	int hanging[64];
	size_t nhanging;
	const char *answer;
	pthread_t thread;
} server;

static void wait_to_go(void)
{
	char c;

	(void)!write(server.came[1], "x", 1);
	(void)!read(server.go[0], &c, 1);
}

static void serve_one(int fd)
{
	char request[2048];
	size_t n = 0;
	long got;

	while (n < sizeof request - 1) {
		got = read(fd, request + n, sizeof request - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
		request[n] = '\0';
		if (!strstr(request, "\r\n\r\n"))
			continue;
		if (strncmp(request, "GET /hang", 9) == 0 && server.nhanging < 64) {
			server.hanging[server.nhanging++] = fd;
			return;
		}
		if (strncmp(request, "GET /step", 9) == 0)
			wait_to_go();
		(void)!write(fd, server.answer, strlen(server.answer));
		(void)!write(server.gone[1], "x", 1);
		break;
	}
	(void)close(fd);
}

static void *serve(void *state)
{
	int fd;

	(void)state;
	while ((fd = accept(server.fd, NULL, NULL)) >= 0)
		serve_one(fd);
	for (size_t i = 0; i < server.nhanging; i++)
		(void)close(server.hanging[i]);
	return NULL;
}

static void start(const char *answer)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof at;

	assert_int_equal(pipe(server.came) | pipe(server.go) | pipe(server.gone), 0);
	server.fd = socket(AF_INET, SOCK_STREAM, 0);
	server.answer = answer;
	server.nhanging = 0;
	assert_int_equal(bind(server.fd, (struct sockaddr *)(void *)&at, n), 0);
	assert_int_equal(listen(server.fd, 128), 0);
	assert_int_equal(getsockname(server.fd, (struct sockaddr *)(void *)&at, &n), 0);
	server.port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void stop(void)
{
	(void)shutdown(server.fd, SHUT_RDWR);
	assert_int_equal(pthread_join(server.thread, NULL), 0);
	(void)close(server.fd);
	for (size_t i = 0; i < 2; i++) {
		(void)close(server.came[i]);
		(void)close(server.go[i]);
		(void)close(server.gone[i]);
	}
}

struct asked { char url[64]; struct httpc_request r; };

static void ask(struct httpc_multi *m, struct asked *q, const char *path, long deadline_ms)
{
	struct att_error e = { 0 };

	(void)snprintf(q->url, sizeof q->url, "http://127.0.0.1:%u%s", server.port, path);
	q->r = (struct httpc_request){ .url = q->url, .method = "GET", .deadline_ms = deadline_ms,
	    .answer_max = 1000, .http_to_loopback = true };
	CHECK_OK(httpc_multi_start(m, &q->r, q, &e), &e);
}

/* The next one that is done; fails the test when none is within ten seconds. */
static struct httpc_done next(struct httpc_multi *m)
{
	time_t until = time(NULL) + 10;
	struct att_error e = { 0 };
	struct httpc_done d;

	while (!httpc_multi_finish(m, &d)) {
		CHECK_OK(httpc_multi_poll(m, NULL, 0, 10000, &e), &e);
		assert_true(time(NULL) < until);
	}
	return d;
}

#define HELLO                                                                                      \
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\nX-Name: one\r\nx-name: "     \
	"two\r\n\r\nhello"

static struct httpc_multi *new_multi(unsigned max)
{
	struct att_error e = { 0 };
	struct httpc_multi *m = httpc_multi_new(max, &e);

	assert_non_null(m);
	return m;
}

static void test_answers(void **state)
{
	struct httpc_multi *m = new_multi(4);
	struct asked q[4];

	(void)state;
	start(HELLO);
	for (size_t i = 0; i < 4; i++)
		ask(m, &q[i], "/x", 5000);
	for (size_t i = 0; i < 4; i++) {
		struct httpc_done d = next(m);

		assert_true(d.ok);
		assert_int_equal(d.answer.status, 200);
		assert_string_equal((const char *)d.answer.body, "hello");
		assert_string_equal(httpc_header(&d.answer, "X-NAME"), "one");
		assert_null(httpc_header(&d.answer, "X-Nam"));
		arena_free(d.memory);
	}
	assert_int_equal(httpc_multi_running(m), 0);
	httpc_multi_free(m);
	stop();
}

/* The whole answer is there before the wait begins: the wait must not outlast it. */
static void test_no_lost_end(void **state)
{
	struct httpc_multi *m = new_multi(4);
	struct att_error e = { 0 };
	struct asked q;
	struct httpc_done d;
	time_t begun;
	char c;

	(void)state;
	start(HELLO);
	ask(m, &q, "/step", 20000);
	for (struct pollfd came = { .fd = server.came[0], .events = POLLIN }; poll(&came, 1, 1) != 1; )
		CHECK_OK(httpc_multi_poll(m, NULL, 0, 0, &e), &e);
	assert_int_equal(write(server.go[1], "x", 1), 1);
	assert_int_equal(read(server.gone[0], &c, 1), 1);
	begun = time(NULL);
	CHECK_OK(httpc_multi_poll(m, NULL, 0, 10000, &e), &e);
	assert_true(httpc_multi_finish(m, &d));
	assert_true(time(NULL) - begun < 8);
	assert_true(d.ok);
	arena_free(d.memory);
	httpc_multi_free(m);
	stop();
}

static void test_hang(void **state)
{
	struct httpc_multi *m = new_multi(4);
	struct asked slow, quick;
	struct httpc_done d;

	(void)state;
	start(HELLO);
	ask(m, &slow, "/hang", 600);
	ask(m, &quick, "/x", 5000);
	d = next(m);
	assert_ptr_equal(d.tag, &quick);
	arena_free(d.memory);
	d = next(m);
	assert_ptr_equal(d.tag, &slow);
	assert_false(d.ok);
	assert_non_null(strstr(d.error.text, "timed out"));
	assert_null(strstr(d.error.text, "http://"));
	arena_free(d.memory);
	/* What runs is cut off. */
	ask(m, &slow, "/hang", 60000);
	httpc_multi_free(m);
	stop();
}

static void test_limits(void **state)
{
	static char long_head[200000];
	struct httpc_multi *m = new_multi(1);
	struct att_error e = { 0 };
	struct asked q, second;
	struct httpc_done d;
	size_t n;

	(void)state;
	start("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n0123456789");
	ask(m, &q, "/x", 5000);
	second = q;
	CHECK_ERR(httpc_multi_start(m, &second.r, NULL, &e), &e, ATT_E_OVERLOADED,
	    "1 requests are running");
	/* libcurl knows the length from the header, so nothing of the body is read. */
	d = next(m);
	assert_false(d.ok);
	arena_free(d.memory);
	stop();
	n = (size_t)snprintf(long_head, sizeof long_head, "HTTP/1.1 200 OK\r\n");
	while (n < 140000)
		n += (size_t)snprintf(long_head + n, sizeof long_head - n, "X-Long: %0100d\r\n", 0);
	(void)snprintf(long_head + n, sizeof long_head - n, "\r\n");
	start(long_head);
	ask(m, &q, "/x", 5000);
	d = next(m);
	assert_false(d.ok);
	assert_int_equal(d.error.code, ATT_E_LIMIT);
	assert_non_null(strstr(d.error.text, "headers of the answer larger than 131072 bytes"));
	arena_free(d.memory);
	httpc_multi_free(m);
	stop();
}

static void test_bad_request(void **state)
{
	struct httpc_multi *m = new_multi(1);
	struct httpc_request r = {
		.url = "http://example.invalid/", .method = "GET", .http_to_loopback = true
	};
	struct att_error e = { 0 };
	struct httpc_done d;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		CHECK_ERR(httpc_multi_start(m, &r, NULL, &e), &e, ATT_E_OPERATION,
		    "want an https:// URL");
	assert_int_equal(httpc_multi_running(m), 0);
	assert_false(httpc_multi_finish(m, &d));
	httpc_multi_free(m);
}

/* Somebody else's descriptor ends the wait. */
static void test_descriptors(void **state)
{
	struct httpc_multi *m = new_multi(1);
	struct att_error e = { 0 };
	struct pollfd fds[2];
	int a[2], b[2];

	(void)state;
	assert_int_equal(pipe(a) | pipe(b), 0);
	assert_int_equal(write(b[1], "x", 1), 1);
	fds[0] = (struct pollfd){ .fd = a[0] };
	fds[1] = (struct pollfd){ .fd = b[0] };
	CHECK_OK(httpc_multi_poll(m, fds, 2, 60000, &e), &e);
	assert_int_equal(fds[0].revents, 0);
	assert_int_not_equal(fds[1].revents, 0);
	for (size_t i = 0; i < 2; i++) {
		(void)close(a[i]);
		(void)close(b[i]);
	}
	httpc_multi_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_no_lost_end),
		cmocka_unit_test(test_hang),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_bad_request),
		cmocka_unit_test(test_descriptors),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
