#include "tests/harness/check.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/json/tree.h"

/* An object text with n members; the names run through a permutation, member `same_as` repeats the
 * last one's name. */
static struct buf object_text(struct arena *a, size_t n, size_t same_as)
{
	struct buf b = buf_make(a);

	for (size_t i = 0; i < n; i++)
		buf_fmt(&b, "%c\"n%zu\":%zu", i ? ',' : '{', (i == same_as ? n - 1 : i) * 7919 % 1000003, i);
	buf_char(&b, '}');
	return b;
}

/* Around the size where pairwise comparison gives way to sorting, and far beyond it. */
static void test_duplicates_of_every_size(void **state)
{
	static const size_t sizes[] = { 2, 3, 15, 16, 17, 18, 31, 32, 33, 1000, 99000 };
	struct arena *a = arena_new((size_t)1 << 26);
	struct att_error e = { 0 };
	struct json *v;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		for (size_t at = 0; at < sizes[i] && at < (sizes[i] > 1000 ? 2 : 40); at++) {
			struct buf t;
			arena_reset(a);
			t = object_text(a, sizes[i], at);
			if (at == sizes[i] - 1)         /* the last one is the same as itself: none */
				CHECK_OK(json_parse(a, t.p, t.len, NULL, &v, &e), &e);
			else
				CHECK_ERR(json_parse(a, t.p, t.len, NULL, &v, &e), &e,
				    ATT_E_BAD_JSON, "duplicate member");
		}
	arena_free(a);
}

/* The message names the later of the two, also after sorting. */
static void test_later_one_is_named(void **state)
{
	struct arena *a = arena_new((size_t)1 << 20);
	struct att_error e = { 0 };
	struct json *v;

	(void)state;
	for (int extra = 0; extra < 40; extra++) {
		struct buf t = buf_make(a);
		char *want;

		buf_str(&t, "{\"k\":0");
		for (int i = 0; i < extra; i++)
			buf_fmt(&t, ",\"x%d\":0", i);
		want = arena_printf(a, "duplicate member \"k\" at offset %zu", t.len + 1);
		buf_str(&t, ",\"k\":0,\"z\":0}");
		CHECK_ERR(json_parse(a, t.p, t.len, NULL, &v, &e), &e, ATT_E_BAD_JSON, want);
	}
	arena_free(a);
}

static void test_fold_duplicates_when_sorted(void **state)
{
	struct json_limits limits = { .fold_names = true };
	struct arena *a = arena_new((size_t)1 << 20);
	struct att_error e = { 0 };
	struct json *v;

	(void)state;
	for (int extra = 0; extra < 40; extra++) {
		struct buf t = buf_make(a);

		buf_str(&t, "{\"KEY\":0");
		for (int i = 0; i < extra; i++)
			buf_fmt(&t, ",\"%c%d\":0", i % 2 ? 'j' : 'Z', i);
		buf_str(&t, ",\"kEy\":0}");
		CHECK_ERR(json_parse(a, t.p, t.len, &limits, &v, &e), &e, ATT_E_BAD_JSON,
		    "duplicate member \"kEy\"");
		CHECK_OK(json_parse(a, t.p, t.len, NULL, &v, &e), &e);
	}
	arena_free(a);
}

static void test_sort_every_size(void **state)
{
	struct arena *a = arena_new((size_t)1 << 24);

	(void)state;
	for (size_t n = 0; n < 140; n++) {
		struct json *o = json_object(a);
		struct json_sorted s;

		for (size_t i = 0; i < n; i++)
			assert_non_null(json_put(a, o,
			    arena_printf(a, "%03zu", i * 73 % 139 + (i == 139)), json_int(a, 1)));
		assert_true(json_sort(&s, a, o, false));
		for (size_t i = 1; i < o->len; i++)
			assert_true(strcmp(s.v[i - 1]->name, s.v[i]->name) < 0);
		json_sorted_clear(&s);
	}
	arena_free(a);
}

static void test_look_up(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct att_error e = { 0 };
	static const char text[] = "{\"aB\":1,\"\":2,\"ab\":3,\"[\":4,\"@\":5}";
	struct json *v;

	(void)state;
	CHECK_OK(json_parse(a, text, sizeof text - 1, NULL, &v, &e), &e);
	assert_true(json_get(v, "aB")->i == 1);
	assert_true(json_get(v, "ab")->i == 3);
	assert_true(json_get(v, "")->i == 2);
	assert_null(json_get(v, "AB"));
	assert_null(json_get(v, "a"));
	assert_null(json_get(v, "abc"));
	assert_true(json_get_fold(v, "AB")->i == 1);    /* the first */
	assert_null(json_get_fold(v, "{"));             /* neighbours of the letters do not fold */
	assert_null(json_get_fold(v, "`"));
	assert_null(json_get(NULL, "a"));
	assert_null(json_get(v->child, "a"));
	assert_null(json_get_fold(NULL, "a"));
	arena_free(a);
}

static void test_is_and_eq(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct json *s = json_stringn(a, "a\0b", 3);

	(void)state;
	assert_false(json_is(NULL, JSON_NULL));
	assert_true(json_is(s, JSON_STRING));
	assert_false(json_is(s, JSON_REAL));
	assert_false(json_str_eq(s, "a"));
	assert_false(json_str_eq(NULL, ""));
	assert_false(json_str_eq(json_int(a, 1), "1"));
	assert_true(json_str_eq(json_string(a, ""), ""));
	assert_true(json_str_eq(json_string(a, "x"), "x"));
	assert_false(json_str_eq(json_string(a, "x"), "xy"));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_duplicates_of_every_size),
		cmocka_unit_test(test_later_one_is_named),
		cmocka_unit_test(test_fold_duplicates_when_sorted),
		cmocka_unit_test(test_sort_every_size),
		cmocka_unit_test(test_look_up),
		cmocka_unit_test(test_is_and_eq),
	};

	return cmocka_run_group_tests_name("json names", tests, NULL, NULL);
}
