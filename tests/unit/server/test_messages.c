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
	struct block blocks[ANSWER_BLOCKS];

	answer_blocks(a, numbers, blocks);
	*f = (struct frame){ .op = OP_ANSWER };
	for (unsigned i = 0; i < ANSWER_BLOCKS; i++)
		f->block[i] = rd_make(blocks[i].p, blocks[i].n);
}

static void test_answer(void **state)
{
	static const uint8_t sha[32] = { 9 };
	uint8_t numbers[ANSWER_NUMBERS];
	struct answer in = { .status = 503, .verdict = 2, .retry_after_s = 70000, .evidence_sha256 = sha,
	    .type = rd_text("T"), .policy_hash = rd_text("P"), .failed_check = rd_text("F"),
	    .caller = rd_text("C"),
	    .error_code = rd_text("E"), .relaxed = rd_text("R"), .body = rd_text("{}"),
	    .shadow = rd_text("S"), .shadow_hash = rd_text("H") }, out;
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
	assert_int_equal(rd_ptr(&out.shadow)[0], 'S');
	assert_int_equal(rd_ptr(&out.shadow_hash)[0], 'H');
	f.block[1] = rd_make(sha, 31);
	CHECK_ERR(answer_decode(&f, &out, &e), &e, ATT_E_BAD_FORMAT, "malformed");
	in.status = 99;
	answer_frame(&in, numbers, &f);
	CHECK_ERR(answer_decode(&f, &out, &e), &e, ATT_E_BAD_FORMAT, "status 99");
	f.op = OP_PONG;
	CHECK_ERR(answer_decode(&f, &out, &e), &e, ATT_E_BAD_FORMAT, "malformed");
}

static void test_manage(void **state)
{
	uint8_t numbers[MANAGE_NUMBERS];
	struct manage in = { .verb = MANAGE_ROLLBACK, .role = 2, .n = INT64_C(1) << 40, .type = rd_text("T"),
	    .request_id = rd_text("I"), .bearer = rd_text("B"), .body = rd_text("Y"), .stored = rd_text("S"),
	    .certs = rd_text("C"), .target = rd_text("G") }, out;
	struct block blocks[MANAGE_BLOCKS];
	struct frame f = { .op = OP_MANAGE };
	struct att_error e = { 0 };

	(void)state;
	manage_blocks(&in, numbers, blocks);
	for (unsigned i = 0; i < MANAGE_BLOCKS; i++)
		f.block[i] = rd_make(blocks[i].p, blocks[i].n);
	CHECK_OK(manage_decode(&f, &out, &e), &e);
	assert_int_equal(out.verb, MANAGE_ROLLBACK);
	assert_int_equal(out.role, 2);
	assert_int_equal(out.n, INT64_C(1) << 40);
	assert_int_equal(rd_ptr(&out.bearer)[0], 'B');
	assert_int_equal(rd_ptr(&out.stored)[0], 'S');
	assert_int_equal(rd_ptr(&out.target)[0], 'G');
	numbers[0] = MANAGE_VERBS;
	CHECK_ERR(manage_decode(&f, &out, &e), &e, ATT_E_BAD_FORMAT, "malformed");
	numbers[0] = MANAGE_ALLOW;
	f.block[0] = rd_make(numbers, MANAGE_NUMBERS - 1);
	CHECK_ERR(manage_decode(&f, &out, &e), &e, ATT_E_BAD_FORMAT, "malformed");
}

static void test_managed(void **state)
{
	static const unsigned bad[] = { 0, 199, 201, 302, 399, 600 };
	uint8_t numbers[MANAGED_NUMBERS];
	struct managed in = { .status = 200, .iat_s = -5, .caller = rd_text("C"), .jti = rd_text("J"),
	    .statement_hash = rd_text("H"), .certificate = rd_text("D") }, out;
	struct block blocks[MANAGED_BLOCKS];
	struct frame f = { .op = OP_MANAGED };
	struct att_error e = { 0 };

	(void)state;
	managed_blocks(&in, numbers, blocks);
	for (unsigned i = 0; i < MANAGED_BLOCKS; i++)
		f.block[i] = rd_make(blocks[i].p, blocks[i].n);
	CHECK_OK(managed_decode(&f, &out, &e), &e);
	assert_int_equal(out.status, 200);
	assert_int_equal(out.iat_s, -5);
	assert_int_equal(rd_ptr(&out.caller)[0], 'C');
	assert_int_equal(rd_ptr(&out.jti)[0], 'J');
	assert_int_equal(rd_ptr(&out.statement_hash)[0], 'H');
	assert_int_equal(rd_ptr(&out.certificate)[0], 'D');
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		in.status = (uint16_t)bad[i];
		managed_blocks(&in, numbers, blocks);
		CHECK_ERR(managed_decode(&f, &out, &e), &e, ATT_E_BAD_FORMAT, "malformed");
	}
}

static void test_enrolled(void **state)
{
	struct arena *a = arena_new(MIB);
	struct enrolled in = { .ek_id = rd_text("ek"), .ak_name = rd_text("ak"), .model = rd_text("m"),
		.expires_s = 77 }, out;
	struct att_error e = { 0 };
	struct rd bytes, cut;

	(void)state;
	CHECK_OK(enrolled_encode(a, &in, &bytes, &e), &e);
	CHECK_OK(enrolled_decode(bytes, &out, &e), &e);
	assert_true(rd_is_text(&out.ek_id, "ek") && rd_is_text(&out.ak_name, "ak"));
	assert_true(rd_is_text(&out.model, "m"));
	assert_true(rd_empty(&out.failed_check) && rd_empty(&out.version));
	assert_int_equal(out.expires_s, 77);
	for (size_t n = 0; n < rd_left(&bytes); n++) {
		cut = rd_make(rd_ptr(&bytes), n);
		CHECK_ERR(enrolled_decode(cut, &out, &e), &e, ATT_E_BAD_FORMAT, "enrolment");
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enrolled),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_facts_limits),
		cmocka_unit_test(test_facts_without_memory),
		cmocka_unit_test(test_blobs),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_manage),
		cmocka_unit_test(test_managed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
