#include "tests/harness/check.h"

#include <string.h>

#include "lib/json/json.h"

static const struct { const char *in, *compact, *sorted, *pretty; } rows[] = {
	{ "null", "null", "null", "null\n" },
	{ "[ ]", "[]", "[]", "[]\n" },
	{ "{ }", "{}", "{}", "{}\n" },
	{ "[1, 2.50 ,true]", "[1,2.50,true]", "[1,2.50,true]", "[\n  1,\n  2.50,\n  true\n]\n" },
	{ "{\"b\":{\"z\":1,\"y\":[{\"d\":1,\"c\":2}]},\"a\":[]}",
	  "{\"b\":{\"z\":1,\"y\":[{\"d\":1,\"c\":2}]},\"a\":[]}",
	  "{\"a\":[],\"b\":{\"y\":[{\"c\":2,\"d\":1}],\"z\":1}}",
	  "{\n  \"b\": {\n    \"z\": 1,\n    \"y\": [\n"
	  "      {\n        \"d\": 1,\n        \"c\": 2\n      }\n    ]\n  },\n"
	  "  \"a\": []\n}\n" },
	/* byte order: capitals first, a prefix before its extension, non-ASCII last */
	{ "{\"b\":1,\"aa\":2,\"a\":3,\"B\":4,\"\xc3\xa9\":5,\"\":6,\"a\\u0000\":7}", NULL,
	  "{\"\":6,\"B\":4,\"a\":3,\"a\\u0000\":7,\"aa\":2,\"b\":1,\"\xc3\xa9\":5}", NULL },
};

static void check_style(struct arena *a, const char *in, enum json_style style, const char *want)
{
	struct att_error e = { 0 };
	struct json *v;
	char *out;
	size_t n;

	if (!want)
		return;
	CHECK_OK(json_parse(a, in, strlen(in), NULL, &v, &e), &e);
	CHECK_OK(json_write(a, v, style, &out, &n, &e), &e);
	assert_string_equal(out, want);
	assert_int_equal(n, strlen(want));
}

static void test_styles(void **state)
{
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		check_style(a, rows[i].in, JSON_COMPACT, rows[i].compact);
		check_style(a, rows[i].in, JSON_SORTED, rows[i].sorted);
		check_style(a, rows[i].in, JSON_PRETTY, rows[i].pretty);
	}
	arena_free(a);
}

/* Every control character is escaped, nothing else of ASCII but quote and backslash, and all of it
 * reads back. */
static void test_escapes(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct att_error e = { 0 };
	char all[128], *out;
	struct json *v;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (char)i;
	CHECK_OK(json_write(a, json_stringn(a, all, sizeof all), JSON_COMPACT, &out, &n, &e), &e);
	assert_memory_equal(out, "\"\\u0000\\u0001\\u0002", 19);
	assert_non_null(strstr(out, "\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e"));
	assert_non_null(strstr(out, "\\u001f !\\\"#$%&'()*+,-./0"));
	assert_non_null(strstr(out, "[\\\\]^"));
	assert_non_null(strstr(out, "}~\x7f\""));
	CHECK_OK(json_parse(a, out, n, NULL, &v, &e), &e);
	assert_int_equal(v->len, sizeof all);
	assert_memory_equal(v->s, all, sizeof all);
	arena_free(a);
}

static void test_non_ascii_is_utf8(void **state)
{
	static const char s[] = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
	struct arena *a = arena_new(1 << 20);
	struct att_error e = { 0 };
	char *out;
	size_t n;

	(void)state;
	CHECK_OK(json_write(a, json_string(a, s), JSON_COMPACT, &out, &n, &e), &e);
	assert_memory_equal(out + 1, s, sizeof s - 1);
	CHECK_ERR(json_write(a, json_string(a, "ab\xff"), JSON_COMPACT, &out, &n, &e), &e,
	    ATT_E_BAD_ENCODING, "byte 2");
	CHECK_ERR(json_write(a, json_put(a, json_object(a), "\xc3", json_null(a)), JSON_SORTED,
	    &out, &n, &e), &e,
	    ATT_E_BAD_ENCODING, "byte 0");
	arena_free(a);
}

static void test_allocation_failures(void **state)
{
	struct arena *source = arena_new((size_t)1 << 22);
	struct json *o = json_object(source);

	(void)state;
	for (int i = 0; i < 1500; i++)
		json_put(source, o, arena_printf(source, "member %d", i * 7 % 1500), json_int(source, i));
	for (size_t n = 1; ; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct att_error e = { 0 };
		char *out = NULL;
		size_t len;

		if (json_write(a, o, JSON_SORTED, &out, &len, &e)) {
			assert_false(f.fired);
			assert_true(n > 2);
			arena_free(a);
			break;
		}
		check_error(&e, ATT_E_NOMEM, "out of memory", __FILE__, __LINE__);
		assert_null(out);
		arena_free(a);
	}
	arena_free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_styles),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_non_ascii_is_utf8),
		cmocka_unit_test(test_allocation_failures),
	};

	return cmocka_run_group_tests_name("json write", tests, NULL, NULL);
}
