#include "tests/harness/check.h"

#include <string.h>

#include "lib/json/json.h"

static char *text_of(struct arena *a, const struct json *v)
{
	struct att_error e = { 0 };
	char *out;
	size_t n;

	CHECK_OK(json_write(a, v, JSON_COMPACT, &out, &n, &e), &e);
	assert_int_equal(strlen(out), n);
	return out;
}

static void test_every_kind(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct json *o = json_object(a), *l = json_array(a);

	(void)state;
	assert_ptr_equal(json_append(l, json_null(a)), l);
	json_append(l, json_bool(a, true));
	json_append(l, json_bool(a, false));
	json_append(l, json_int(a, INT64_MIN));
	json_append(l, json_uint(a, INT64_MAX));
	json_append(l, json_uint(a, UINT64_MAX));
	json_append(l, json_string(a, "s"));
	json_append(l, json_stringn(a, "abc", 2));
	assert_ptr_equal(json_put(a, o, "l", l), o);
	json_putn(a, o, "ab", 1, json_object(a));
	assert_string_equal(text_of(a, o), "{\"l\":[null,true,false,-9223372036854775808,9223372036854775807,"
	    "18446744073709551615,\"s\",\"ab\"],\"a\":{}}");
	assert_int_equal(json_uint(a, INT64_MAX)->kind, JSON_INT);
	assert_int_equal(json_uint(a, (uint64_t)INT64_MAX + 1)->kind, JSON_UINT);
	arena_free(a);
}

static void test_strings_are_copied(void **state)
{
	struct arena *a = arena_new(1 << 16);
	char s[] = "before", name[] = "name";
	struct json *o = json_object(a);

	(void)state;
	json_put(a, o, name, json_string(a, s));
	s[0] = name[0] = 'X';
	assert_string_equal(text_of(a, o), "{\"name\":\"before\"}");
	arena_free(a);
}

static void test_put_replaces_in_place(void **state)
{
	static const char *const names[] = { "a", "b", "c" };
	static const char *const want[] = { "{\"a\":9,\"b\":1,\"c\":2}",
	    "{\"a\":0,\"b\":9,\"c\":2}", "{\"a\":0,\"b\":1,\"c\":9}" };
	struct arena *a = arena_new(1 << 16);

	(void)state;
	for (size_t which = 0; which < 3; which++) {
		struct json *o = json_object(a);
		for (size_t i = 0; i < 3; i++)
			json_put(a, o, names[i], json_int(a, (int64_t)i));
		json_put(a, o, names[which], json_int(a, 9));
		assert_int_equal(o->len, 3);
		assert_string_equal(text_of(a, o), want[which]);
		json_put(a, o, "d", json_int(a, 4));    /* the tail is where it should be */
		assert_string_equal(o->last->name, "d");
		assert_int_equal(o->len, 4);
		assert_non_null(strstr(text_of(a, o), ",\"d\":4}"));
	}
	arena_free(a);
}

static void test_put_into_a_parsed_tree(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct att_error e = { 0 };
	struct json *v;

	(void)state;
	CHECK_OK(json_parse(a, "{\"a\":1,\"b\":[]}", 14, NULL, &v, &e), &e);
	json_append(v->last, json_int(a, 5));
	json_put(a, v, "a", json_string(a, "new"));
	json_put(a, v, "c", json_bool(a, true));
	assert_string_equal(text_of(a, v), "{\"a\":\"new\",\"b\":[5],\"c\":true}");
	arena_free(a);
}

/* A value that was lost on the way must not be missed silently. */
static void test_null_arguments(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct json *o = json_object(a), *l = json_array(a), *outer = json_array(a);
	struct att_error e = { 0 };
	char *out = NULL;
	size_t n;

	(void)state;
	assert_null(json_string(a, NULL));
	assert_null(json_stringn(a, NULL, 3));
	assert_null(json_put(a, NULL, "x", json_int(a, 1)));
	assert_null(json_append(NULL, json_int(a, 1)));
	assert_null(json_copy(a, NULL));
	CHECK_ERR(json_write(a, NULL, JSON_COMPACT, &out, &n, &e), &e, ATT_E_NOMEM, "");
	assert_null(json_put(a, o, "x", NULL));
	assert_null(json_append(l, NULL));
	CHECK_ERR(json_write(a, o, JSON_COMPACT, &out, &n, &e), &e, ATT_E_NOMEM, "");
	CHECK_ERR(json_write(a, l, JSON_SORTED, &out, &n, &e), &e, ATT_E_NOMEM, "");
	json_append(outer, l);
	CHECK_ERR(json_write(a, outer, JSON_PRETTY, &out, &n, &e), &e, ATT_E_NOMEM, "");
	assert_null(json_copy(a, outer));
	assert_null(out);
	arena_free(a);
}

static void test_copy(void **state)
{
	static const char text[] =
	    "{\"a\":[1,2.50,\"x\\u0000y\",{\"n\":null,\"t\":true}],\"u\":18446744073709551615}";
	struct json_limits limits = { .u64_member = "u" };
	struct arena *from = arena_new(1 << 16), *to = arena_new(1 << 16);
	struct att_error e = { 0 };
	struct json *v;

	(void)state;
	CHECK_OK(json_parse(from, text, sizeof text - 1, &limits, &v, &e), &e);
	v = json_copy(to, v);
	arena_free(from);                               /* nothing may point back */
	assert_string_equal(text_of(to, v), text);
	arena_free(to);
}

static struct json *nested(struct arena *a, size_t depth)
{
	struct json *v = json_array(a);

	for (size_t i = 1; i < depth; i++) {
		struct json *outer = json_array(a);
		json_append(outer, v);
		v = outer;
	}
	return v;
}

static void test_depth_of_built_trees(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct att_error e = { 0 };
	char *out;
	size_t n;

	(void)state;
	assert_int_equal(strlen(text_of(a, nested(a, 128))), 256);
	assert_non_null(json_copy(a, nested(a, 128)));
	assert_null(json_copy(a, nested(a, 129)));
	CHECK_ERR(json_write(a, nested(a, 129), JSON_COMPACT, &out, &n, &e), &e, ATT_E_LIMIT,
	    "deeper than 128");
	CHECK_ERR(json_write(a, nested(a, 5000), JSON_SORTED, &out, &n, &e), &e, ATT_E_LIMIT,
	    "deeper than 128");
	arena_free(a);
}

/* A message built with no look at any return value: with every allocation failing once, json_write
 * says so. */
static void test_allocation_failures(void **state)
{
	(void)state;
	for (size_t limit = 0; ; limit += 16) {
		struct arena *a = arena_new(limit);
		struct json *o = json_object(a), *l = json_array(a);
		struct att_error e = { 0 };
		char *out = NULL;
		size_t n;
		bool ok;

		json_append(l, json_int(a, 1));
		json_append(l, json_string(a, "two"));
		json_put(a, o, "list", l);
		json_put(a, o, "copy", json_copy(a, l));
		json_put(a, o, "flag", json_bool(a, true));
		ok = json_write(a, o, JSON_SORTED, &out, &n, &e);
		if (ok)
			assert_string_equal(out, "{\"copy\":[1,\"two\"],\"flag\":true,\"list\":[1,\"two\"]}");
		else
			check_error(&e, ATT_E_LIMIT, "limit is", __FILE__, __LINE__);
		arena_free(a);
		if (ok)
			return;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_strings_are_copied),
		cmocka_unit_test(test_put_replaces_in_place),
		cmocka_unit_test(test_put_into_a_parsed_tree),
		cmocka_unit_test(test_null_arguments),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_depth_of_built_trees),
		cmocka_unit_test(test_allocation_failures),
	};

	return cmocka_run_group_tests_name("json build", tests, NULL, NULL);
}
