/*
 * server/ipc/channel.c and fdpass.c: messages over real socketpairs, small and large, with and without
 * descriptors.
 */
#include "tests/harness/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "server/ipc/channel.h"
#include "server/ipc/fdpass.h"

struct ends { struct channel asks, answers; };

static void open_ends(struct ends *p, enum link_kind link)
{
	struct att_error e = { 0 };
	int fds[2];

	CHECK_OK(channel_pair(fds, &e), &e);
	CHECK_OK(channel_open(&p->asks, fds[0], link, SIDE_ASKS, &e), &e);
	CHECK_OK(channel_open(&p->answers, fds[1], link, SIDE_ANSWERS, &e), &e);
}

static void close_ends(struct ends *p)
{
	channel_close(&p->asks);
	channel_close(&p->answers);
}

static void send_attest(struct ends *p, const uint8_t *body, size_t n)
{
	struct att_error e = { 0 };
	struct block b[7] = { block_text("SevSnpVm"), block_text("id"), block_text(NULL),
		{ body, n }, block_text(NULL) };

	CHECK_OK(channel_send(&p->asks, &(struct frame){ .op = OP_ATTEST, .provider = 3, .id = 42 }, b, -1,
	    false, &e), &e);
}

static void test_sizes_around_the_memfd_limit(void **state)
{
	const size_t overhead = 7 * 4 + 8 + 2;
	const size_t sizes[] = { 0, 1, CHANNEL_INLINE_MAX - overhead - 1, CHANNEL_INLINE_MAX - overhead,
	    CHANNEL_INLINE_MAX - overhead + 1, 3 * MIB };
	struct ends p;

	(void)state;
	open_ends(&p, LINK_WORK);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct att_error e = { 0 };
		uint8_t *body = malloc(sizes[i] + 1);
		struct frame f;
		assert_non_null(body);
		memset(body, 'x', sizes[i]);
		send_attest(&p, body, sizes[i]);
		assert_int_equal(channel_recv(&p.answers, true, &f, NULL, &e), CHANNEL_MESSAGE);
		assert_int_equal(f.id, 42);
		assert_int_equal(f.provider, 3);
		assert_int_equal(rd_left(&f.block[3]), sizes[i]);
		assert_true(bytes_equal(rd_ptr(&f.block[3]), body, sizes[i]));
		assert_int_equal(p.answers.large != NULL, i >= 4);
		free(body);
	}
	close_ends(&p);
}

static void test_what_a_side_may_not_receive_is_refused(void **state)
{
	struct att_error e = { 0 };
	struct block b[2] = { block_text("x"), block_text("{}") };
	struct frame f;
	struct ends p;

	(void)state;
	open_ends(&p, LINK_MANAGE);
	/* An attestation signature asked for on the front's channel: the row belongs to another link. */
	CHECK_OK(channel_send(&p.asks, &(struct frame){ .op = OP_SIGN, .id = 9 }, b, -1, false, &e), &e);
	assert_int_equal(channel_recv(&p.answers, true, &f, NULL, &e), CHANNEL_REFUSED);
	assert_int_equal(f.op, OP_SIGN);
	assert_int_equal(f.id, 9);
	/* An answer sent in the wrong direction. */
	CHECK_OK(channel_send(&p.asks, &(struct frame){ .op = OP_DOCUMENT }, b, -1, false, &e), &e);
	assert_int_equal(channel_recv(&p.answers, true, &f, NULL, &e), CHANNEL_REFUSED);
	/* The channel still works. */
	CHECK_OK(channel_send(&p.asks, &(struct frame){ .op = OP_JWKS }, NULL, -1, false, &e), &e);
	assert_int_equal(channel_recv(&p.answers, true, &f, NULL, &e), CHANNEL_MESSAGE);
	close_ends(&p);
}

static void test_empty_closed_bad(void **state)
{
	struct att_error e = { 0 };
	struct frame f;
	struct ends p;

	(void)state;
	open_ends(&p, LINK_WORK);
	assert_int_equal(channel_recv(&p.answers, false, &f, NULL, &e), CHANNEL_EMPTY);
	assert_int_equal(send(p.asks.fd, "rubbish", 7, 0), 7);
	assert_int_equal(channel_recv(&p.answers, true, &f, NULL, &e), CHANNEL_BAD);
	assert_non_null(strstr(e.text, "no header"));
	channel_close(&p.asks);
	assert_int_equal(channel_recv(&p.answers, true, &f, NULL, &e), CHANNEL_CLOSED);
	att_error_clear(&e);
	assert_false(channel_send(&p.answers, &(struct frame){ .op = OP_PONG }, NULL, -1, true, &e));
	assert_int_equal(e.code, ATT_E_INTERNAL);
	close_ends(&p);
}

static void test_a_descriptor_travels(void **state)
{
	struct att_error e = { 0 };
	uint8_t replaces[8] = { 5 };
	struct block b = { replaces, sizeof replaces };
	struct frame f;
	struct ends p;
	int pipe_fds[2], got = -1;
	char c = 0;

	(void)state;
	open_ends(&p, LINK_CONTROL);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	CHECK_OK(channel_send(&p.asks, &(struct frame){ .op = OP_CHANNEL }, &b, pipe_fds[1], false, &e), &e);
	assert_int_equal(channel_recv(&p.answers, true, &f, &got, &e), CHANNEL_MESSAGE);
	assert_true(got >= 0);
	assert_true(fcntl(got, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(got, "!", 1), 1);
	assert_int_equal(read(pipe_fds[0], &c, 1), 1);
	assert_int_equal(c, '!');
	fd_close(&got);

	/* Without one, or for a receiver that expects none, the message is bad. */
	CHECK_OK(channel_send(&p.asks, &(struct frame){ .op = OP_CHANNEL }, &b, -1, false, &e), &e);
	assert_int_equal(channel_recv(&p.answers, true, &f, &got, &e), CHANNEL_BAD);
	assert_int_equal(got, -1);
	att_error_clear(&e);
	CHECK_OK(channel_send(&p.asks, &(struct frame){ .op = OP_CHANNEL }, &b, pipe_fds[1], false, &e), &e);
	assert_int_equal(channel_recv(&p.answers, true, &f, NULL, &e), CHANNEL_BAD);
	fd_close(&pipe_fds[0]);
	fd_close(&pipe_fds[1]);
	close_ends(&p);
}

/* Sends a header that announces n bytes in a memfd that holds `real`. */
static enum channel_got announced(struct ends *p, uint32_t n, size_t real, int memfd)
{
	struct frame f = { .op = OP_ATTEST, .payload_len = n, .flags = FRAME_IN_MEMFD }, got;
	uint8_t header[FRAME_HEADER];
	struct iovec part = { header, sizeof header };
	struct att_error e = { 0 };

	(void)real;
	frame_write_header(&f, header);
	assert_true(fdpass_send(p->asks.fd, &part, 1, memfd, false));
	return channel_recv(&p->answers, true, &got, NULL, &e);
}

static void test_memfd_must_hold_what_is_announced(void **state)
{
	static const uint8_t payload[28] = { 0 };       /* seven empty blocks */
	struct iovec part = { (void *)(uintptr_t)payload, sizeof payload };
	struct ends p;
	int fd = memfd_sealed(&part, 1), nothing[2];

	(void)state;
	assert_true(fd >= 0);
	open_ends(&p, LINK_WORK);
	assert_int_equal(announced(&p, 28, 28, fd), CHANNEL_MESSAGE);
	assert_int_equal(announced(&p, 27, 28, fd), CHANNEL_BAD);
	assert_int_equal(announced(&p, 29, 28, fd), CHANNEL_BAD);
	assert_int_equal(announced(&p, 28, 0, -1), CHANNEL_BAD);
	assert_int_equal(pipe2(nothing, O_CLOEXEC), 0);
	assert_int_equal(announced(&p, 28, 0, nothing[0]), CHANNEL_BAD);
	fd_close(&nothing[0]);
	fd_close(&nothing[1]);
	assert_int_equal(write(fd, "x", 1), -1);        /* sealed */
	assert_int_equal(errno, EPERM);
	fd_close(&fd);
	close_ends(&p);
}

static void test_limits_when_sending(void **state)
{
	struct att_error e = { 0 };
	struct ends p;
	size_t most = ipc_row(OP_SIGN_RESULT)->payload_max - 4;
	uint8_t *big = calloc(1, most + 1);
	struct block b = { big, most + 1 };
	struct frame f;

	(void)state;
	assert_non_null(big);
	open_ends(&p, LINK_MANAGE);
	CHECK_ERR(channel_send(&p.asks, &(struct frame){ .op = OP_SIGN_RESULT }, &b, -1, false, &e), &e,
	    ATT_E_LIMIT,
	    "more than");
	b.n = most;
	att_error_clear(&e);
	CHECK_OK(channel_send(&p.asks, &(struct frame){ .op = OP_SIGN_RESULT }, &b, -1, false, &e), &e);
	assert_int_equal(channel_recv(&p.answers, true, &f, NULL, &e), CHANNEL_MESSAGE);
	free(big);
	close_ends(&p);
}

static void test_a_full_channel_says_so(void **state)
{
	static uint8_t body[60000];
	struct block b[7] = { block_text("t"), block_text("i"), block_text(NULL),
		{ body, sizeof body }, block_text(NULL) };
	struct att_error e = { 0 };
	struct ends p;
	unsigned sent = 0;

	(void)state;
	open_ends(&p, LINK_WORK);
	while (sent < 1000 && channel_send(&p.asks, &(struct frame){ .op = OP_ATTEST }, b, -1, false, &e))
		sent++;
	assert_int_equal(e.code, ATT_E_OVERLOADED);
	assert_true(sent >= 2);         /* two requests must fit: a worker is given two */
	close_ends(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_around_the_memfd_limit),
		cmocka_unit_test(test_what_a_side_may_not_receive_is_refused),
		cmocka_unit_test(test_empty_closed_bad),
		cmocka_unit_test(test_a_descriptor_travels),
		cmocka_unit_test(test_memfd_must_hold_what_is_announced),
		cmocka_unit_test(test_limits_when_sending),
		cmocka_unit_test(test_a_full_channel_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
