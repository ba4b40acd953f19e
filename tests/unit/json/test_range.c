#include "tests/harness/check.h"

#include <string.h>

#include "lib/json/tree.h"

static const struct { const char *text, *name, *want; } found[] = {
	{ "{\"a\":1}", "a", "1" },
	{ " \r\n{ \"a\" :\t1\n}", "a", "1" },
	{ "{\"a\":1,\"b\":-2.5e3,\"c\":3}", "b", "-2.5e3" },
	{ "{\"a\":{ \"x\" : [ ] } , \"b\":2}", "a", "{ \"x\" : [ ] }" },
	{ "{\"tcbInfo\":{\"a\":\"}\\\"]\"},\"signature\":\"00\"}", "tcbInfo", "{\"a\":\"}\\\"]\"}" },
	{ "{\"x\":{\"a\":1},\"a\":2}", "a", "2" },              /* only the top level counts */
	{ "{\"x\":\"\\\"a\\\":1\",\"a\":2}", "a", "2" },        /* nor what stands inside a string */
	{ "{\"\\u0061\":[1,[2,\"]\"]]}", "a", "[1,[2,\"]\"]]" },/* a name written with escapes */
	{ "{\"\\\"\\\\\":\"\\\\\"}", "\"\\", "\"\\\\\"" },
	{ "{\"a:\":1,\"a\" : \"x:y\" }", "a", "\"x:y\"" },
	{ "{\"\":null}", "", "null" },
	{ "{\"t\":true,\"f\":false }", "f", "false" },
	{ "{\"\xc3\xa9\":\"\xe2\x82\xac\"}", "\xc3\xa9", "\"\xe2\x82\xac\"" },
	{ "{\"a\":{}}", "a", "{}" },
};

static void test_found(void **state)
{
	struct att_error e = { 0 };
	size_t off, len;

	(void)state;
	for (size_t i = 0; i < sizeof found / sizeof found[0]; i++) {
		CHECK_OK(json_member_range(found[i].text, strlen(found[i].text), found[i].name,
		    &off, &len, &e), &e);
		assert_int_equal(len, strlen(found[i].want));
		assert_memory_equal(found[i].text + off, found[i].want, len);
	}
}

static const struct { const char *text, *name, *why; } refused[] = {
	{ "{\"a\":1}", "b", "no member \"b\"" },
	{ "{}", "a", "no member" },
	{ "[{\"a\":1}]", "a", "no member" },
	{ "\"a\"", "a", "no member" },
	{ "{\"x\":{\"a\":1}}", "a", "no member" },
	{ "{\"a\":1,\"a\":2}", "a", "duplicate member" },
	{ "{\"a\":1,\"\\u0061\":2}", "a", "duplicate member" },
	{ "{\"a\":1,\"b\":1,\"b\":2}", "a", "duplicate member" },       /* the whole text must be good */
	{ "{\"a\":1,\"b\":[{\"c\":1,\"c\":2}]}", "a", "duplicate member" },
	{ "{\"a\":1,}", "a", "offset" },
	{ "{\"a\":1} x", "a", "offset 8" },
	{ "{\"a\":1", "a", "offset" },
	{ "", "a", "empty" },
};

static void test_refused(void **state)
{
	struct att_error e = { 0 };
	size_t off = 7, len = 8;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		CHECK_ERR(json_member_range(refused[i].text, strlen(refused[i].text),
		    refused[i].name, &off, &len, &e), &e,
		    ATT_E_BAD_JSON, refused[i].why);
	assert_true(off == 7 && len == 8);
}

/* Every member of a larger text: the range reads back as the very value the parser saw. */
static void test_ranges_read_back(void **state)
{
	static const char text[] =
	    "{\"s\":\"a\\u005cb\\\\\",\"n\" : -0.10 ,"
	    "\"o\":{\"p\":{\"q\":[[],[{}]]}}\n,\"l\":[\"[\",\"]\\\"\"],\"z\":null}";
	struct arena *a = arena_new(1 << 20);
	struct att_error e = { 0 };
	struct json *v, *part;
	char *want, *got;
	size_t off, len, n;

	(void)state;
	CHECK_OK(json_parse(a, text, sizeof text - 1, NULL, &v, &e), &e);
	for (const struct json *m = v->child; m; m = m->next) {
		CHECK_OK(json_member_range(text, sizeof text - 1, m->name, &off, &len, &e), &e);
		CHECK_OK(json_parse(a, text + off, len, NULL, &part, &e), &e);
		CHECK_OK(json_write(a, part, JSON_COMPACT, &got, &n, &e), &e);
		CHECK_OK(json_write(a, m, JSON_COMPACT, &want, &n, &e), &e);
		assert_string_equal(got, want);
		assert_true(text[off] != ' ' && text[off + len - 1] != ' ');
	}
	arena_free(a);
}

/* On text that is not JSON the scanner says something, but stays inside. */
static void test_locating_in_bad_text(void **state)
{
	static const char *const bad[] = { "", "\"", "\"\\", "[", "]]]]", "}{", "abc", "{\"a\\",
	    ":::", "\x80\xff[" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		for (size_t k = 0; k < 5; k++) {
			assert_true(json_locate_depth(rd_make(bad[i], strlen(bad[i])), k) <= strlen(bad[i]));
			assert_true(json_locate_value(rd_make(bad[i], strlen(bad[i])), k) <= strlen(bad[i]));
		}
}

/* At any depth, of a text that is read once; what is written with escapes is found too. */
static void test_nested(void **state)
{
	static const char text[] = "{\"a\":[{\"b\" : {\"\\u0063\":[1, 2 ],\"d\":\"}\"}}]}";
	struct arena *a = arena_new(1 << 20);
	struct json_source src;
	struct att_error e = { 0 };
	const struct json *b;
	struct json *root;
	size_t off, len;

	(void)state;
	CHECK_OK(json_parse_source(a, text, sizeof text - 1, NULL, &root, &src, &e), &e);
	b = json_get(json_get(root, "a")->child, "b");
	CHECK_OK(json_source_range(&src, b, &off, &len, &e), &e);
	assert_int_equal(len, strlen("{\"\\u0063\":[1, 2 ],\"d\":\"}\"}"));
	assert_memory_equal(text + off, "{\"\\u0063\"", 9);
	CHECK_OK(json_source_range(&src, json_get(b, "c"), &off, &len, &e), &e);
	assert_int_equal(len, 7);
	assert_memory_equal(text + off, "[1, 2 ]", len);
	CHECK_OK(json_source_range(&src, json_get(b, "d"), &off, &len, &e), &e);
	assert_memory_equal(text + off, "\"}\"", len);
	assert_true(json_source_string(&src, json_get(b, "d"), &off));
	assert_memory_equal(text + off, "}\"", 2);
	CHECK_OK(json_parse_source(a, "[\"a\\u0062c\",\"\",\"\\n\"]", 20, NULL, &root, &src, &e), &e);
	assert_false(json_source_string(&src, root->child, &off));
	assert_true(json_source_string(&src, root->child->next, &off));
	assert_int_equal(off, 13);
	assert_false(json_source_string(&src, root->child->next->next, &off));
	CHECK_ERR(json_parse_source(a, "{", 1, NULL, &root, &src, &e), &e, ATT_E_BAD_JSON, "offset");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_ranges_read_back),
		cmocka_unit_test(test_locating_in_bad_text),
	};

	return cmocka_run_group_tests_name("json range", tests, NULL, NULL);
}
