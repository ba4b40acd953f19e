#include "lib/evidence/chain_cache.h"

#include <stdlib.h>
#include <string.h>

#include "tests/harness/check.h"

static int freed;

static void count_free(void *p)
{
	freed++;
	free(p);
}

static void key_of(unsigned i, uint8_t key[CHAIN_CACHE_KEY])
{
	for (size_t j = 0; j < CHAIN_CACHE_KEY; j++)
		key[j] = (uint8_t)(i + 1);
}

static void put(struct chain_cache *c, unsigned i, int value)
{
	uint8_t key[CHAIN_CACHE_KEY];
	int *p = malloc(sizeof *p);
	struct att_error e = { 0 };

	assert_non_null(p);
	*p = value;
	key_of(i, key);
	CHECK_OK(chain_cache_put(c, key, p, count_free, &e), &e);
}

static int get(struct chain_cache *c, unsigned i)
{
	uint8_t key[CHAIN_CACHE_KEY];
	const int *p;

	key_of(i, key);
	p = chain_cache_get(c, key);
	return p ? *p : -1;
}

static void the_oldest_leaves(void **state)
{
	struct att_error e = { 0 };
	struct chain_cache *c = chain_cache_new(3, &e);

	(void)state;
	freed = 0;
	assert_int_equal(get(c, 0), -1);
	for (unsigned i = 0; i < 3; i++)
		put(c, i, (int)i);
	assert_int_equal(freed, 0);
	put(c, 3, 3);
	assert_int_equal(freed, 1);
	assert_int_equal(get(c, 0), -1);
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(get(c, i), (int)i);
	put(c, 4, 4);
	assert_int_equal(get(c, 1), -1);
	chain_cache_free(c);
	assert_int_equal(freed, 5);
}

static void an_existing_key_is_replaced(void **state)
{
	struct att_error e = { 0 };
	struct chain_cache *c = chain_cache_new(2, &e);

	(void)state;
	freed = 0;
	put(c, 0, 10);
	put(c, 1, 11);
	put(c, 0, 20);
	assert_int_equal(freed, 1);
	assert_int_equal(get(c, 0), 20);
	assert_int_equal(get(c, 1), 11);
	chain_cache_free(c);
	assert_int_equal(freed, 3);
}

/* Keys equal in their first bytes only are different keys. */
static void the_whole_key_counts(void **state)
{
	struct att_error e = { 0 };
	struct chain_cache *c = chain_cache_new(4, &e);
	uint8_t key[CHAIN_CACHE_KEY];

	(void)state;
	put(c, 0, 1);
	key_of(0, key);
	key[CHAIN_CACHE_KEY - 1] ^= 1;
	assert_null(chain_cache_get(c, key));
	chain_cache_free(c);
}

static void odd_arguments(void **state)
{
	struct att_error e = { 0 };
	struct chain_cache *c = chain_cache_new(0, &e);
	uint8_t key[CHAIN_CACHE_KEY] = { 0 };
	int value = 7;

	(void)state;
	assert_null(chain_cache_get(c, key));
	CHECK_ERR(chain_cache_put(c, key, NULL, NULL, &e), &e, ATT_E_INTERNAL, "NULL");
	att_error_clear(&e);
	CHECK_OK(chain_cache_put(c, key, &value, NULL, &e), &e);
	assert_ptr_equal(chain_cache_get(c, key), &value);
	chain_cache_free(c);
	chain_cache_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_oldest_leaves),
		cmocka_unit_test(an_existing_key_is_replaced),
		cmocka_unit_test(the_whole_key_counts),
		cmocka_unit_test(odd_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
