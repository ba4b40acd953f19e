/* server/ipc/frame.c and message_table.c: every message row, its limits, and damage. */
#include "tests/harness/check.h"

#include <stdlib.h>
#include <string.h>

#include "server/ipc/frame.h"

#define MESSAGE_MAX 512

/* A message of the op with blocks of three bytes each. */
static size_t make(enum ipc_op op, uint8_t *out)
{
	const struct ipc_row *row = ipc_row(op);
	struct frame f = { .op = op, .provider = 7, .id = UINT64_C(0x1122334455667788),
	    .payload_len = 7 * row->nblocks };
	size_t n = FRAME_HEADER;

	frame_write_header(&f, out);
	for (unsigned i = 0; i < row->nblocks; i++) {
		const uint8_t block[7] = { 3, 0, 0, 0, 'a', 'b', (uint8_t)i };
		bytes_copy(out + n, block, sizeof block);
		n += sizeof block;
	}
	return n;
}

static void test_every_row_round_trips(void **state)
{
	struct att_error e = { 0 };
	uint8_t m[MESSAGE_MAX];

	(void)state;
	for (unsigned op = OP_NONE + 1; op < OP_COUNT; op++) {
		size_t n = make((enum ipc_op)op, m);
		struct frame f;
		CHECK_OK(frame_parse(rd_make(m, n), &f, &e), &e);
		assert_int_equal(f.op, op);
		assert_int_equal(f.provider, 7);
		assert_int_equal(f.id, UINT64_C(0x1122334455667788));
		for (unsigned i = 0; i < ipc_row(op)->nblocks; i++) {
			assert_int_equal(rd_left(&f.block[i]), 3);
			assert_int_equal(rd_ptr(&f.block[i])[2], i);
		}
	}
}

static void test_rows_are_sensible(void **state)
{
	(void)state;
	assert_null(ipc_row(OP_NONE));
	assert_null(ipc_row(OP_COUNT));
	assert_null(ipc_row(UINT32_MAX));
	for (unsigned op = OP_NONE + 1; op < OP_COUNT; op++) {
		const struct ipc_row *row = ipc_row(op);
		assert_true(row->nblocks <= BLOCKS_MAX);
		assert_true(row->payload_max >= 4 * (size_t)row->nblocks);
		assert_true(row->payload_max <= UINT32_MAX);
		/* Signatures are asked for by workers only. */
		if (op == OP_SIGN)
			assert_int_equal(row->link, LINK_SIGN);
	}
}

static void test_every_truncation_and_one_byte_more(void **state)
{
	struct att_error e = { 0 };
	uint8_t m[MESSAGE_MAX] = { 0 };

	(void)state;
	for (unsigned op = OP_NONE + 1; op < OP_COUNT; op++) {
		size_t n = make((enum ipc_op)op, m);
		struct frame f;
		for (size_t cut = 0; cut < n; cut++) {
			uint8_t *exact = malloc(cut ? cut : 1);
			assert_non_null(exact);
			bytes_copy(exact, m, cut);
			att_error_clear(&e);
			assert_false(frame_parse(rd_make(exact, cut), &f, &e));
			assert_int_not_equal(e.code, ATT_E_OK);
			free(exact);
		}
		att_error_clear(&e);
		assert_false(frame_parse(rd_make(m, n + 1), &f, &e));
	}
}

static const struct {
	size_t off;
	uint8_t value;
	enum att_err code;
	const char *text;
} breaks[] = {
	{ 0, 2, ATT_E_BAD_FORMAT, "no header of version 1" },
	{ 1, 1, ATT_E_BAD_FORMAT, "no header of version 1" },
	{ 2, 0, ATT_E_BAD_FORMAT, "op 0 is unknown" },
	{ 2, OP_COUNT, ATT_E_BAD_FORMAT, "is unknown" },
	{ 3, 1, ATT_E_BAD_FORMAT, "is unknown" },
	{ 19, 0xff, ATT_E_LIMIT, "payload bytes, at most" },
	{ 16, 27, ATT_E_BAD_FORMAT, "49 bytes follow the header, want 27" },
	{ 20, 2, ATT_E_BAD_FORMAT, "flags 2" },
	{ 20, 1, ATT_E_BAD_FORMAT, "49 bytes follow the header, want 49" },
	{ FRAME_HEADER, 200, ATT_E_TRUNCATED, "block 0 does not end inside" },
	{ FRAME_HEADER + 3, 0xff, ATT_E_TRUNCATED, "block 0 does not end inside" },
	{ FRAME_HEADER + 42, 2, ATT_E_BAD_FORMAT, "1 bytes after the last block" },
};

static void test_break_list(void **state)
{
	struct att_error e = { 0 };
	uint8_t m[MESSAGE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
		size_t n = make(OP_ATTEST, m);
		struct frame f;
		m[breaks[i].off] = breaks[i].value;
		CHECK_ERR(frame_parse(rd_make(m, n), &f, &e), &e, breaks[i].code, breaks[i].text);
	}
}

static void test_memfd_must_come_with_a_descriptor(void **state)
{
	struct att_error e = { 0 };
	uint8_t m[FRAME_HEADER];
	struct frame f = { .op = OP_ATTEST, .payload_len = 100000, .flags = FRAME_IN_MEMFD };

	(void)state;
	frame_write_header(&f, m);
	CHECK_ERR(frame_parse(rd_make(m, sizeof m), &f, &e), &e, ATT_E_BAD_FORMAT, "none came");
}

static void test_text(void **state)
{
	char out[4];

	(void)state;
	assert_true(frame_text(rd_make("abc", 3), out, sizeof out));
	assert_string_equal(out, "abc");
	assert_true(frame_text(rd_make("", 0), out, sizeof out));
	assert_string_equal(out, "");
	assert_false(frame_text(rd_make("abcd", 4), out, sizeof out));
	assert_false(frame_text(rd_make("a\0c", 3), out, sizeof out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_round_trips),
		cmocka_unit_test(test_rows_are_sensible),
		cmocka_unit_test(test_every_truncation_and_one_byte_more),
		cmocka_unit_test(test_break_list),
		cmocka_unit_test(test_memfd_must_come_with_a_descriptor),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
