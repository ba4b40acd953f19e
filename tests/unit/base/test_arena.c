#include "tests/harness/check.h"

#include <stdlib.h>
#include <string.h>

static void test_zeroed_and_aligned(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t n = 0; n < 200; n++) {
		uint8_t *p = arena_alloc(a, n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xaa, n);                     /* the next one must not notice */
	}
	arena_free(a);
	arena_free(NULL);
}

static void test_zeroed_after_reset(void **state)
{
	struct arena *a = arena_new(1 << 20);
	uint8_t *p = arena_alloc(a, 4096);

	(void)state;
	memset(p, 0xaa, 4096);
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	p = arena_alloc(a, 4096);
	for (size_t i = 0; i < 4096; i++)
		assert_int_equal(p[i], 0);
	arena_free(a);
}

static void test_limit(void **state)
{
	struct arena *a = arena_new(64);
	struct att_error e = { 0 };

	(void)state;
	assert_non_null(arena_alloc(a, 48));
	assert_false(arena_hit_limit(a));
	assert_null(arena_alloc(a, 17));
	assert_true(arena_hit_limit(a));
	CHECK_ERR(arena_fail(a, &e), &e, ATT_E_LIMIT, "64 bytes");
	assert_non_null(arena_alloc(a, 16));            /* exactly at the limit */
	assert_null(arena_alloc(a, 0));                 /* and one past it */
	assert_int_equal(arena_used(a), 64);
	arena_reset(a);
	assert_false(arena_hit_limit(a));
	assert_non_null(arena_alloc(a, 64));
	arena_free(a);
}

static void test_overflow(void **state)
{
	struct arena *a = arena_new(SIZE_MAX);
	struct att_error e = { 0 };

	(void)state;
	assert_null(arena_alloc(a, SIZE_MAX));
	assert_null(arena_alloc(a, SIZE_MAX - 15));
	assert_null(arena_array(a, SIZE_MAX / 2, 3));
	assert_null(arena_strndup(a, "x", SIZE_MAX));
	assert_null(arena_memdup(a, "x", SIZE_MAX));
	assert_int_equal(arena_used(a), 0);
	CHECK_ERR(arena_fail(a, &e), &e, ATT_E_NOMEM, "out of memory");
	arena_free(a);
}

static void test_copies(void **state)
{
	struct arena *a = arena_new(1 << 20);
	static const char with_nul[] = "a\0b";

	(void)state;
	assert_string_equal(arena_strdup(a, "hello"), "hello");
	assert_string_equal(arena_strndup(a, "hello", 2), "he");
	assert_string_equal(arena_strndup(a, NULL, 0), "");
	assert_memory_equal(arena_memdup(a, with_nul, 3), with_nul, 3);
	assert_non_null(arena_memdup(a, NULL, 0));
	assert_string_equal(arena_printf(a, "%d-%s", 5, "x"), "5-x");
	assert_string_equal(arena_printf(a, "%5000s", "x") + 4999, "x");
	assert_non_null(arena_array(a, 3, 5));
	arena_free(a);
}

/* Many sizes across block borders: no two pieces overlap. */
static void test_pieces_do_not_overlap(void **state)
{
	struct arena *a = arena_new((size_t)1 << 24);
	static const size_t sizes[] = { 1, 16, 100, 16000, 16384, 16385, 40000, 3, 8000, 9000 };
	uint8_t *p[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		p[i] = arena_alloc(a, sizes[i % 10]);
		assert_non_null(p[i]);
		memset(p[i], (int)i, sizes[i % 10]);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t j = 0; j < sizes[i % 10]; j++)
			assert_int_equal(p[i][j], i);
	arena_free(a);
}

struct counting { size_t blocks, bytes; };

static void *counting_get(void *state, size_t n)
{
	struct counting *c = state;

	c->blocks++;
	c->bytes += n;
	return malloc(n);
}

static void counting_put(void *state, void *p)
{
	struct counting *c = state;

	c->blocks--;
	free(p);
}

/* A large piece must not throw away the room left in the current block. */
static void test_large_piece_keeps_the_block(void **state)
{
	struct counting c = { 0 };
	struct arena_source src = { counting_get, counting_put, &c };
	struct arena *a = arena_new_from((size_t)1 << 24, &src);

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		assert_non_null(arena_alloc(a, 16));
		assert_non_null(arena_alloc(a, 20000));
	}
	assert_int_equal(c.blocks, 1 + 1 + 20);         /* the arena, one ordinary block, the large ones */
	arena_reset(a);
	assert_int_equal(c.blocks, 1 + 1);
	assert_non_null(arena_alloc(a, 20000));         /* a large piece first */
	arena_reset(a);
	assert_int_equal(c.blocks, 1 + 1);              /* the ordinary one is kept, not the large one */
	arena_free(a);
	a = arena_new_from((size_t)1 << 24, &src);
	assert_non_null(arena_alloc(a, 20000));
	arena_reset(a);
	assert_int_equal(c.blocks, 1);
	arena_free(a);
	assert_int_equal(c.blocks, 0);
}

static void test_borrow(void **state)
{
	struct counting c = { 0 };
	struct arena_source src = { counting_get, counting_put, &c };
	struct arena *a = arena_new_from(16, &src);
	void *p = arena_borrow(a, 5000), *q = arena_borrow(a, 0);

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	assert_int_equal(arena_used(a), 0);
	arena_return(a, p);
	arena_return(a, q);
	arena_return(a, NULL);
	arena_free(a);
	assert_int_equal(c.blocks, 0);
}

static void test_source_fails(void **state)
{
	struct failing f;
	struct att_error e = { 0 };
	struct arena *a;

	(void)state;
	assert_null(arena_failing(&f, 0));
	assert_true(f.fired);
	a = arena_failing(&f, 1);
	assert_null(arena_alloc(a, 1));
	assert_null(arena_strdup(a, "x"));
	assert_null(arena_printf(a, "x"));
	assert_null(arena_borrow(a, 1));
	CHECK_ERR(arena_fail(a, &e), &e, ATT_E_NOMEM, "out of memory");
	arena_reset(a);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed_and_aligned),
		cmocka_unit_test(test_zeroed_after_reset),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_pieces_do_not_overlap),
		cmocka_unit_test(test_large_piece_keeps_the_block),
		cmocka_unit_test(test_borrow),
		cmocka_unit_test(test_source_fails),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
