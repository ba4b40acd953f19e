/* server/ipc/messages.c: facts, lists and answers there and back, truncated, and with failing memory. */
#include "tests/harness/check.h"

#include <string.h>

#include "server/ipc/messages.h"

static const char *const issuers[] = { "https://a", "https://b/p/two" };

static struct role_facts sample(void)
{
	return (struct role_facts){ .provider = 1, .worker_id = 77, .clock_s = -5, .insecure_test = true,
	    .admin_sha256 = { 1, 2, 3 }, .authority = "127.0.0.1:1", .issuers = issuers, .nissuers = 2,
	    .nanchors = 4 };
}

static void test_facts(void **state)
{
	struct arena *a = arena_new(MIB);
	struct role_facts f = sample(), got;
	struct block b = facts_encode(a, &f);
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(facts_decode(a, rd_make(b.p, b.n), &got, &e), &e);
	assert_int_equal(got.provider, 1);
	assert_int_equal(got.worker_id, 77);
	assert_int_equal(got.clock_s, -5);
	assert_true(got.insecure_test);
	assert_true(bytes_equal(got.admin_sha256, f.admin_sha256, 32));
	assert_string_equal(got.authority, "127.0.0.1:1");
	assert_int_equal(got.nissuers, 2);
	assert_string_equal(got.issuers[1], issuers[1]);
	assert_int_equal(got.nanchors, 4);
	for (size_t cut = 0; cut < b.n; cut++) {
		att_error_clear(&e);
		assert_false(facts_decode(a, rd_make(b.p, cut), &got, &e));
		assert_int_equal(e.code, ATT_E_BAD_FORMAT);
	}
	arena_free(a);
}

static void test_facts_limits(void **state)
{
	struct arena *a = arena_new(MIB);
	struct role_facts f = sample(), got;
	struct att_error e = { 0 };
	struct block b;

	(void)state;
	f.provider = 2;         /* there are providers 0 and 1 */
	b = facts_encode(a, &f);
	CHECK_ERR(facts_decode(a, rd_make(b.p, b.n), &got, &e), &e, ATT_E_BAD_FORMAT, "role facts");
	arena_free(a);
}

static void test_facts_without_memory(void **state)
{
	struct arena *good = arena_new(MIB);
	struct role_facts f = sample(), got;
	struct block b = facts_encode(good, &f);
	struct failing failing = { .fired = true };
	bool ok = false;

	(void)state;
	for (size_t n = 0; !ok && n < 10; n++) {
		struct arena *a = arena_failing(&failing, n);
		struct att_error e = { 0 };
		ok = a && facts_decode(a, rd_make(b.p, b.n), &got, &e);
		assert_true(ok || !a || e.code != ATT_E_OK);
		arena_free(a);
	}
	assert_true(ok);
	arena_free(good);
}

static void test_blobs(void **state)
{
	static const uint8_t bytes[] = { 2, 0, 0, 0, 'a', 'b', 0, 0, 0, 0, 1, 0, 0, 0, 'c' };
	struct arena *a = arena_new(MIB);
	struct blob_list list;
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(blobs_decode(a, rd_make(bytes, sizeof bytes), &list, &e), &e);
	assert_int_equal(list.n, 3);
	assert_int_equal(rd_left(&list.item[0]), 2);
	assert_int_equal(rd_left(&list.item[1]), 0);
	assert_int_equal(rd_ptr(&list.item[2])[0], 'c');
	CHECK_OK(blobs_decode(a, rd_make(bytes, 0), &list, &e), &e);
	assert_int_equal(list.n, 0);
	CHECK_ERR(blobs_decode(a, rd_make(bytes, sizeof bytes - 1), &list, &e), &e, ATT_E_BAD_FORMAT,
	    "offset 10");
	arena_free(a);
}

/* An ANSWER message as its receiver sees it. */
static void answer_frame(const struct answer *a, uint8_t numbers[ANSWER_NUMBERS], struct frame *f)
{
	struct block blocks[10];

	answer_blocks(a, numbers, blocks);
	*f = (struct frame){ .op = OP_ANSWER };
	for (unsigned i = 0; i < 10; i++)
		f->block[i] = rd_make(blocks[i].p, blocks[i].n);
}

static void test_answer(void **state)
{
	static const uint8_t sha[32] = { 9 };
	uint8_t numbers[ANSWER_NUMBERS];
	struct answer in = { .status = 503, .verdict = 2, .retry_after_s = 70000, .evidence_sha256 = sha,
	    .type = rd_text("T"), .policy_hash = rd_text("P"), .failed_check = rd_text("F"),
	    .caller = rd_text("C"),
	    .error_code = rd_text("E"), .relaxed = rd_text("R"), .body = rd_text("{}") }, out;
	struct att_error e = { 0 };
	struct frame f;

	(void)state;
	answer_frame(&in, numbers, &f);
	CHECK_OK(answer_decode(&f, &out, &e), &e);
	assert_int_equal(out.status, 503);
	assert_int_equal(out.verdict, 2);
	assert_int_equal(out.retry_after_s, 70000);
	assert_null(out.token_sha256);
	assert_int_equal(out.evidence_sha256[0], 9);
	assert_int_equal(rd_ptr(&out.relaxed)[0], 'R');
	assert_int_equal(rd_left(&out.body), 2);
	f.block[1] = rd_make(sha, 31);
	CHECK_ERR(answer_decode(&f, &out, &e), &e, ATT_E_BAD_FORMAT, "malformed");
	in.status = 99;
	answer_frame(&in, numbers, &f);
	CHECK_ERR(answer_decode(&f, &out, &e), &e, ATT_E_BAD_FORMAT, "status 99");
	f.op = OP_PONG;
	CHECK_ERR(answer_decode(&f, &out, &e), &e, ATT_E_BAD_FORMAT, "malformed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_facts_limits),
		cmocka_unit_test(test_facts_without_memory),
		cmocka_unit_test(test_blobs),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
