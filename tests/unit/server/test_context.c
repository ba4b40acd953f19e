/* server/api/context.c: what a worker may ask about a context, and what the front answers. */
#include "tests/harness/check.h"

#include <string.h>

#include "lib/base/buf.h"
#include "server/api/api.h"

#define ID "00112233445566778899aabbccddeeff"

static struct api api;
static struct arena *memory;
static unsigned grew;

static void store_grew(void *state)
{
	(void)state;
	grew++;
}

static int start(void **state)
{
	static const char yaml[] =
	    "providers:\n  - name: first\n  - name: second\nlimits:\n  used_contexts: 2\n";
	struct att_error e = { 0 };
	struct config *c = NULL;

	(void)state;
	grew = 0;
	memory = arena_new(MIB);
	api = (struct api){ .store_grew = store_grew };
	if (!memory || !config_parse(yaml, sizeof yaml - 1, &c, &e) ||
	    !store_open_sqlite(":memory:", &api.store, &e))
		return -1;
	api.config = c;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	store_close(api.store);
	config_free((struct config *)(uintptr_t)api.config);
	arena_free(memory);
	return 0;
}

static struct rd question(const char *kind, const char *id, uint64_t expires_s, const char *more)
{
	struct buf b = buf_make(memory);

	buf_le32_block(&b, kind, strlen(kind));
	buf_le32_block(&b, id, strlen(id));
	buf_le64(&b, expires_s);
	buf_str(&b, more);
	return rd_make(b.p, b.len);
}

/* The flags that a request has afterwards; ~0: it was no question about a context. */
static unsigned ask(uint32_t provider, const char *id)
{
	struct api_call c = { .api = &api, .provider = provider };
	struct att_error e = { 0 };

	return api_context_need(&c, question(NEED_CONTEXT, id, 1700000000, ""), &e) ? c.flags : ~0u;
}

static void one_use_of_a_context_is_fresh(void **state)
{
	(void)state;
	assert_int_equal(ask(0, ID), ATTEST_CHALLENGED | ATTEST_FRESH);
	assert_int_equal(ask(0, ID), ATTEST_CHALLENGED);
	assert_int_equal(ask(1, ID), ATTEST_CHALLENGED | ATTEST_FRESH);
	assert_int_equal(grew, 2);
}

/* Whoever asks twice about one request hears no second answer. */
static void a_request_asks_once(void **state)
{
	struct api_call c = { .api = &api, .flags = ATTEST_CHALLENGED };
	struct att_error e = { 0 };

	(void)state;
	assert_false(api_context_need(&c, question(NEED_CONTEXT, ID, 1, ""), &e));
	assert_int_equal(e.code, ATT_E_OK);
	assert_int_equal(ask(0, ID), ATTEST_CHALLENGED | ATTEST_FRESH);
}

static void other_questions_are_not_its_business(void **state)
{
	static const struct { const char *kind, *id, *more; uint64_t expires_s; } rows[] = {
		{ "tcb-info", ID, "", 1 },
		{ NEED_CHALLENGE, ID, "", 1 },
		{ NEED_CONTEXT, "", "", 1 },
		{ NEED_CONTEXT, "0", "", 1 },
		{ NEED_CONTEXT, "zz", "", 1 },
		{ NEED_CONTEXT, ID ID "00", "", 1 },
		{ NEED_CONTEXT, ID, "x", 1 },
		{ NEED_CONTEXT, ID, "", (uint64_t)INT64_MAX + 1 },
	};
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct api_call c = { .api = &api };

		assert_false(api_context_need(&c, question(rows[i].kind, rows[i].id, rows[i].expires_s,
		    rows[i].more), &e));
		assert_int_equal(e.code, ATT_E_OK);
		assert_int_equal(c.flags, 0);
	}
	for (size_t n = 0; n < 4 + strlen(NEED_CONTEXT) + 4 + strlen(ID) + 8; n++) {
		struct api_call c = { .api = &api };
		struct rd q = question(NEED_CONTEXT, ID, 1, "");

		assert_false(api_context_need(&c, rd_make(rd_ptr(&q), n), &e));
	}
	assert_int_equal(ask(0, ID), ATTEST_CHALLENGED | ATTEST_FRESH);
}

static void a_use_that_cannot_be_recorded_is_an_error(void **state)
{
	struct api_call c = { .api = &api };
	struct att_error e = { 0 };

	(void)state;
	assert_int_equal(ask(0, "01"), ATTEST_CHALLENGED | ATTEST_FRESH);
	assert_int_equal(ask(0, "02"), ATTEST_CHALLENGED | ATTEST_FRESH);
	CHECK_ERR(api_context_need(&c, question(NEED_CONTEXT, "03", 1, ""), &e), &e, ATT_E_OVERLOADED,
	    "2 used contexts");
	assert_int_equal(c.flags, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_use_of_a_context_is_fresh),
		T(a_request_asks_once),
		T(other_questions_are_not_its_business),
		T(a_use_that_cannot_be_recorded_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
