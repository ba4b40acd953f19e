#include "tests/harness/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/json/json.h"

static struct arena *mem;

static int set_up(void **state)
{
	(void)state;
	mem = arena_new((size_t)1 << 26);
	return mem ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(mem);
	return 0;
}

static struct json *parse(const char *s)
{
	struct att_error e = { 0 };
	struct json *v = NULL;

	CHECK_OK(json_parse(mem, s, strlen(s), NULL, &v, &e), &e);
	return v;
}

static void test_every_kind(void **state)
{
	const struct json *v =
	    parse(" {\"n\":null,\"t\":true,\"f\":false,\"i\":-5,\"r\":1.50,"
	    "\"s\":\"x\",\"a\":[1,2],\"o\":{}}\r\n");

	(void)state;
	assert_int_equal(v->kind, JSON_OBJECT);
	assert_int_equal(v->len, 8);
	assert_true(json_is(json_get(v, "n"), JSON_NULL));
	assert_true(json_get(v, "t")->b);
	assert_false(json_get(v, "f")->b);
	assert_true(json_is(json_get(v, "f"), JSON_BOOL));
	assert_true(json_get(v, "i")->i == -5);
	assert_true(json_is(json_get(v, "r"), JSON_REAL));
	assert_string_equal(json_get(v, "r")->s, "1.50");
	assert_int_equal(json_get(v, "r")->len, 4);
	assert_true(json_str_eq(json_get(v, "s"), "x"));
	assert_int_equal(json_get(v, "a")->len, 2);
	assert_true(json_get(v, "a")->child->next == json_get(v, "a")->last);
	assert_null(json_get(v, "a")->last->next);
	assert_null(json_get(v, "o")->child);
	assert_null(json_get(v, "o")->last);
	assert_string_equal(v->last->name, "o");
}

static void test_strings(void **state)
{
	const struct json *v =
	    parse("[\"\",\"a\\u0000b\","
	    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u00e9\\u20ac\\ud83d\\ude00\",\"\xc3\xa9\x7f\"]");
	static const char *const want[] = { "", "a\0b", "\"\\/\b\f\n\r\t",
	    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\x7f" };
	static const size_t len[] = { 0, 3, 8, 9, 3 };
	size_t i = 0;

	(void)state;
	for (const struct json *m = v->child; m; m = m->next, i++) {
		assert_int_equal(m->len, len[i]);
		assert_memory_equal(m->s, want[i], len[i]);
		assert_int_equal(m->s[m->len], 0);
	}
	assert_int_equal(i, 5);
}

/* Names are terminated too, also when the name holds a NUL; look-up by a C string does not see past it. */
static void test_names_with_nul(void **state)
{
	const struct json *v = parse("{\"a\\u0000b\":1,\"a\":2}");

	(void)state;
	assert_int_equal(v->child->name_len, 3);
	assert_int_equal(v->child->name[3], 0);
	assert_true(json_get(v, "a")->i == 2);
	assert_true(json_get_fold(v, "A")->i == 2);
}

static const struct { const char *in; enum json_kind kind; int64_t i; uint64_t u; } numbers[] = {
	{ "0", JSON_INT, 0, 0 }, { "-0", JSON_INT, 0, 0 }, { "-1", JSON_INT, -1, 0 },
	{ "9223372036854775807", JSON_INT, INT64_MAX, 0 },
	{ "-9223372036854775808", JSON_INT, INT64_MIN, 0 },
	{ "1.0", JSON_REAL, 0, 0 }, { "-0.0", JSON_REAL, 0, 0 }, { "1e3", JSON_REAL, 0, 0 },
	{ "1E-3", JSON_REAL, 0, 0 }, { "123456789012345678901234567890.5e+999", JSON_REAL, 0, 0 },
};

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		const struct json *v = parse(numbers[i].in);
		assert_int_equal(v->kind, numbers[i].kind);
		assert_true(v->i == numbers[i].i && v->u == numbers[i].u);
		if (v->kind == JSON_REAL)
			assert_string_equal(v->s, numbers[i].in);
	}
}

/* What is refused, and where. */
static const struct { const char *in, *why; } refused[] = {
	{ "", "empty input at offset 0" }, { " ", "empty" }, { "\n\t", "empty" },
	{ "nul", "offset" }, { "truE", "offset" }, { "NaN", "offset 0" }, { "Infinity", "offset 0" },
	{ "-Infinity", "offset" }, { "01", "offset" }, { "-01", "offset" }, { "+1", "offset 0" },
	    { ".5", "offset 0" },
	{ "1.", "offset" }, { "1.e5", "offset" }, { "1e", "offset" }, { "1e+", "offset" },
	    { "-", "offset" }, { "0x10", "offset" },
	{ "1 2", "at offset 2" }, { "{} {}", "at offset 3" }, { "[1] ]", "at offset 4" },
	{ "[1,]", "offset" }, { "[,1]", "offset 1" }, { "{,}", "offset 1" },
	    { "{\"a\":1,}", "offset" }, { "[1 2]", "at offset 3" },
	{ "{\"a\" 1}", "at offset 5" }, { "{\"a\":}", "at offset 5" }, { "{a:1}", "at offset 1" },
	    { "{1:1}", "at offset 1" },
	{ "{'a':1}", "at offset 1" }, { "[", "at offset 1" }, { "{", "at offset 1" },
	    { "[1", "offset 2" }, { "{\"a\":1", "offset 6" },
	{ "]", "at offset 0" }, { "[1}", "at offset 2" }, { "{\"a\":1]", "at offset 6" },
	{ "\"", "offset" }, { "\"a", "offset" }, { "\"\\", "offset" }, { "\"\\x\"", "offset" },
	    { "\"\\u12\"", "offset" },
	{ "\"\\u12g4\"", "offset" }, { "\"a\nb\"", "at offset 2" }, { "\"\t\"", "at offset 1" },
	    { "\"\x01\"", "at offset 1" },
	{ "\"\\ud800\"", "surrogate" }, { "\"\\ud800\\u0041\"", "surrogate" }, { "\"\\udc00\"", "surrogate" },
	{ "\"\xff\"", "UTF-8" }, { "\"\xc0\x80\"", "UTF-8" }, { "\"\xed\xa0\x80\"", "UTF-8" },
	    { "\"\xf4\x90\x80\x80\"", "UTF-8" },
	{ "\"\xe2\x82\"", "UTF-8" }, { "\xef\xbb\xbf{}", "BOM" }, { "// c\n1", "offset 0" },
	    { "/**/1", "offset 0" },
	{ "1 // c", "at offset 2" }, { "[1] /**/", "at offset 4" },
	{ "9223372036854775808", "integer out of range \"9223372036854775808\" at offset 0" },
	{ "[-9223372036854775809]", "integer out of range \"-9223372036854775809\" at offset 1" },
	{ " 18446744073709551616", "integer out of range \"18446744073709551616\" at offset 1" },
	{ "{\"a\":1,\"b\":2,\"a\":3}", "duplicate member \"a\" at offset 13" },
	{ "{\"a\":1,\"\\u0061\":2}", "duplicate member \"a\" at offset 7" },
	{ "[{\"x\":{\"k\":1,\"k\":1}}]", "duplicate member \"k\" at offset 13" },
	{ "{\"\":1,\"\":2}", "duplicate member \"\" at offset 6" },
	{ "{\"a\\u0000\":1,\"a\\u0000\":2}", "duplicate member \"a?\" at offset 13" },
};

static void test_refused(void **state)
{
	struct att_error e = { 0 };
	struct json *v = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		CHECK_ERR(json_parse(mem, refused[i].in, strlen(refused[i].in), NULL, &v, &e), &e,
		    ATT_E_BAD_JSON, refused[i].why);
	CHECK_ERR(json_parse(mem, NULL, 0, NULL, &v, &e), &e, ATT_E_BAD_JSON, "empty");
	CHECK_ERR(json_parse(mem, "{}\0", 3, NULL, &v, &e), &e, ATT_E_BAD_JSON, "offset 2");
	CHECK_ERR(json_parse(mem, "1\0", 2, NULL, &v, &e), &e, ATT_E_BAD_JSON, "offset 1");
	assert_null(v);                                 /* outputs change only on success */
}

static const char sample[] =
    " { \"a\" : [ 1 , -2.5e1, true,false , null, \"x\\u20ac\\\\y\" ] ,"
    " \"b\":{\"c\":{\"d\":[[],{}]}} , \"e\":\"\xc3\xa9\" } ";

static void test_truncations(void **state)
{
	struct att_error e = { 0 };
	struct json *v = NULL;

	(void)state;
	for (size_t n = 0; n + 2 < sizeof sample; n++) {
		char *exact = malloc(n ? n : 1);        /* so that a sanitizer sees a read past the end */
		assert_non_null(exact);
		memcpy(exact, sample, n);
		CHECK_ERR(json_parse(mem, exact, n, NULL, &v, &e), &e, ATT_E_BAD_JSON, "offset");
		free(exact);
	}
	CHECK_OK(json_parse(mem, sample, sizeof sample - 1, NULL, &v, &e), &e);
}

/* Whatever one byte is changed to: it fails with an error, or it is JSON. */
static void test_damage(void **state)
{
	char copy[sizeof sample];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof sample; i++)
		for (unsigned x = 1; x < 256; x++) {
			struct att_error e = { 0 };
			struct json *v = NULL;
			memcpy(copy, sample, sizeof sample);
			copy[i] = (char)(copy[i] ^ (char)x);
			arena_reset(mem);
			if (json_parse(mem, copy, sizeof sample - 1, NULL, &v, &e) != (e.code == ATT_E_OK))
				fail_msg("byte %zu ^ %u: %s", i, x, e.text);
		}
}

static void test_depth(void **state)
{
	struct json_limits limits = { .max_depth = 3 };
	struct att_error e = { 0 };
	struct json *v;
	char text[2 * JSON_DEPTH_MAX + 2];

	(void)state;
	CHECK_OK(json_parse(mem, "[[1],[2]]", 9, &limits, &v, &e), &e);
	CHECK_ERR(json_parse(mem, "[[1],\"[\",[[]]]", 14, &limits, &v, &e), &e, ATT_E_BAD_JSON,
	    "deeper than 3 at offset 10");
	CHECK_ERR(json_parse(mem, "{\"[\":{\"\\\"{\":{}}}", 16, &limits, &v, &e), &e,
	    ATT_E_BAD_JSON, "deeper than 3 at offset 12");
	limits.max_depth = 1;                           /* scalars only */
	CHECK_OK(json_parse(mem, "5", 1, &limits, &v, &e), &e);
	CHECK_ERR(json_parse(mem, " []", 3, &limits, &v, &e), &e, ATT_E_BAD_JSON,
	    "deeper than 1 at offset 1");
	for (size_t given = 0; given < 3; given++) {    /* the default, the cap, and above the cap */
		limits.max_depth = given == 0 ? 0 : JSON_DEPTH_MAX + given - 1;
		memset(text, '[', JSON_DEPTH_MAX - 1);
		memset(text + JSON_DEPTH_MAX - 1, ']', JSON_DEPTH_MAX - 1);
		CHECK_OK(json_parse(mem, text, 2 * (JSON_DEPTH_MAX - 1), &limits, &v, &e), &e);
		memset(text, '[', JSON_DEPTH_MAX);
		memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
		CHECK_ERR(json_parse(mem, text, 2 * JSON_DEPTH_MAX, &limits, &v, &e), &e,
		    ATT_E_BAD_JSON, "deeper than 64 at offset 63");
	}
}

static void test_very_deep_input(void **state)
{
	struct json_limits limits = { .max_nodes = SIZE_MAX };
	size_t n = (size_t)1 << 20;
	char *text = malloc(n);
	struct att_error e = { 0 };
	struct json *v;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		text[i] = i < n / 2 ? '[' : ']';
	CHECK_ERR(json_parse(mem, text, n, &limits, &v, &e), &e, ATT_E_BAD_JSON,
	    "deeper than 64 at offset 63");
	CHECK_ERR(json_parse(mem, text, n / 2, &limits, &v, &e), &e, ATT_E_BAD_JSON, "offset 524288");
	free(text);
}

static void test_nodes(void **state)
{
	struct json_limits limits = { .max_nodes = 5 };
	struct att_error e = { 0 };
	struct json *v;

	(void)state;
	CHECK_OK(json_parse(mem, "[1,[2],3]", 9, &limits, &v, &e), &e);
	CHECK_OK(json_parse(mem, "{\"a\":1,\"b\":[2],\"c\":3}", 21, &limits, &v, &e), &e);
	CHECK_ERR(json_parse(mem, "[1,[2],3,44]", 12, &limits, &v, &e), &e, ATT_E_LIMIT,
	    "more than 5 values, the next is at offset 9");
	CHECK_ERR(json_parse(mem, "[1,[2,3,\"]\"],4]", 15, &limits, &v, &e), &e, ATT_E_LIMIT,
	    "the next is at offset 8");
	CHECK_ERR(json_parse(mem, "{\"a\":1,\"b\":2,\"c\" : 3,\"d\":4,\"e\" : 5}", 35, &limits, &v,
	    &e), &e, ATT_E_LIMIT,
	    "the next is at offset 33");
	limits.max_nodes = 1;
	CHECK_OK(json_parse(mem, "[]", 2, &limits, &v, &e), &e);
	CHECK_ERR(json_parse(mem, "[1]", 3, &limits, &v, &e), &e, ATT_E_LIMIT, "offset 1");
}

static char *many_elements(size_t n, size_t *len)
{
	char *t = malloc(2 * n + 2);

	assert_non_null(t);
	t[0] = '[';
	for (size_t i = 0; i < n; i++) {
		t[1 + 2 * i] = '1';
		t[2 + 2 * i] = i + 1 < n ? ',' : ']';
	}
	*len = 2 * n + 1;
	return t;
}

static void test_nodes_default(void **state)
{
	struct att_error e = { 0 };
	struct json *v;
	size_t n;
	char *t = many_elements(99999, &n);

	(void)state;
	CHECK_OK(json_parse(mem, t, n, NULL, &v, &e), &e);
	assert_int_equal(v->len, 99999);
	free(t);
	t = many_elements(100000, &n);
	CHECK_ERR(json_parse(mem, t, n, NULL, &v, &e), &e, ATT_E_LIMIT,
	    "more than 100000 values, the next is at offset 199999");
	free(t);
	/* so many that the reader below us is stopped first */
	t = many_elements(3000000, &n);
	CHECK_ERR(json_parse(mem, t, n, NULL, &v, &e), &e, ATT_E_LIMIT,
	    "more than 100000 values, the next is at offset 199999");
	free(t);
}

static void *largest_get(void *state, size_t n)
{
	size_t *largest = state;

	*largest = n > *largest ? n : *largest;
	return malloc(n);
}

static void largest_put(void *state, void *p)
{
	(void)state;
	free(p);
}

/* What is borrowed beside the arena is bounded by the limits, however many values the input has. */
static void test_borrowed_memory_is_bounded(void **state)
{
	size_t largest = 0, n;
	struct arena_source src = { largest_get, largest_put, &largest };
	struct arena *a = arena_new_from((size_t)1 << 26, &src);
	struct json_limits limits = { .max_nodes = 1000 };
	struct att_error e = { 0 };
	char *t = many_elements(1000000, &n);
	struct json *v;

	(void)state;
	CHECK_ERR(json_parse(a, t, n, &limits, &v, &e), &e, ATT_E_LIMIT,
	    "more than 1000 values, the next is at offset 1999");
	assert_true(largest <= 48 * 1000 + 3 * n + 4096);
	free(t);
	arena_free(a);
}

static void test_u64_member(void **state)
{
	struct json_limits limits = { .u64_member = "nonce" };
	static const char *const bad[] = {
		"{\"x\":18446744073709551615}", "{\"nonce\":18446744073709551616}",
		    "{\"x\":{\"nonce\":18446744073709551615}}",
		"{\"nonce\":[18446744073709551615]}", "[18446744073709551615]",
		    "18446744073709551615", "{\"nonce2\":18446744073709551615}",
		"{\"nonce\":-9223372036854775809}", "{\"nonc\":18446744073709551615}",
	};
	struct att_error e = { 0 };
	struct json *v;

	(void)state;
	CHECK_OK(json_parse(mem, "{\"NoNCE\":18446744073709551615}", 30, &limits, &v, &e), &e);
	assert_int_equal(v->child->kind, JSON_UINT);
	assert_true(v->child->u == UINT64_MAX);
	CHECK_OK(json_parse(mem, "{\"nonce\":9223372036854775808}", 29, &limits, &v, &e), &e);
	assert_int_equal(v->child->kind, JSON_UINT);
	CHECK_OK(json_parse(mem, "{\"nonce\":9223372036854775807}", 29, &limits, &v, &e), &e);
	assert_int_equal(v->child->kind, JSON_INT);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CHECK_ERR(json_parse(mem, bad[i], strlen(bad[i]), &limits, &v, &e), &e,
		    ATT_E_BAD_JSON, "integer out of range");
}

static void test_fold_names(void **state)
{
	static const char ascii_only[] = "{\"\xc3\x89\":1,\"\xc3\xa9\":2,\"[\":3,\"{\":4}";
	struct json_limits limits = { .fold_names = true };
	struct att_error e = { 0 };
	struct json *v;

	(void)state;
	CHECK_OK(json_parse(mem, "{\"Quote\":1,\"quote\":2}", 21, NULL, &v, &e), &e);
	CHECK_ERR(json_parse(mem, "{\"Quote\":1,\"quote\":2}", 21, &limits, &v, &e), &e, ATT_E_BAD_JSON,
	    "duplicate member \"quote\" at offset 11");
	/* top level only */
	CHECK_OK(json_parse(mem, "{\"x\":{\"Quote\":1,\"quote\":2}}", 27, &limits, &v, &e), &e);
	CHECK_OK(json_parse(mem, "[{\"A\":1,\"a\":2}]", 15, &limits, &v, &e), &e);
	CHECK_OK(json_parse(mem, ascii_only, strlen(ascii_only), &limits, &v, &e), &e);
}

/* Long quoted names are cut in messages and made harmless. */
static void test_messages_are_harmless(void **state)
{
	char text[600] = "{\"", name[200];
	struct att_error e = { 0 };
	struct json *v;

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = 0;
	memcpy(name, "\\u001b[1m\xe2\x82\xac", 12);
	(void)snprintf(text, sizeof text, "{\"%s\":1,\"%s\":2}", name, name);
	CHECK_ERR(json_parse(mem, text, strlen(text), NULL, &v, &e), &e, ATT_E_BAD_JSON,
	    "\"?[1m\xe2\x82\xac" "nnn");
	assert_non_null(strstr(e.text, "n\"... at offset 205"));
	assert_true(strlen(e.text) < 150);
}

static void test_allocation_failures(void **state)
{
	struct buf big = buf_make(mem);

	(void)state;
	buf_char(&big, '{');
	/* enough for a sort, several blocks and a growing reader */
	for (int i = 0; i < 1500; i++)
		buf_fmt(&big, "%s\"member %d\":[%d]", i ? "," : "", i * 7 % 1500, i);
	buf_char(&big, '}');
	for (size_t n = 1; ; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct att_error e = { 0 };
		struct json *v = NULL;

		if (!f.fired && json_parse(a, big.p, big.len, NULL, &v, &e)) {
			assert_false(f.fired);
			assert_true(n > 5);
			arena_free(a);
			return;
		}
		check_error(&e, ATT_E_NOMEM, "out of memory", __FILE__, __LINE__);
		assert_null(v);
		arena_free(a);
	}
}

static void test_arena_limit(void **state)
{
	struct att_error e = { 0 };
	struct json *v;

	(void)state;
	for (size_t limit = 0; ; limit += 16) {
		struct arena *a = arena_new(limit);
		bool ok;
		att_error_clear(&e);
		ok = json_parse(a, sample, sizeof sample - 1, NULL, &v, &e);
		if (!ok)
			check_error(&e, ATT_E_LIMIT, "limit is", __FILE__, __LINE__);
		arena_free(a);
		if (ok)
			return;
	}
}

/* White space is skipped, and counts for the bytes that are looked at. */
static void a_beginning_is_recognised(void **state)
{
	char text[JSON_BEGINS_MAX + 8];

	(void)state;
	assert_true(json_begins("{ \"a\" :\n1", 9, "{\"a\":"));
	assert_false(json_begins("{\"b\":", 5, "{\"a\":"));
	assert_false(json_begins("{\"a\"", 4, "{\"a\":"));
	assert_false(json_begins("", 0, "{"));
	memset(text, ' ', sizeof text);
	text[JSON_BEGINS_MAX - 1] = '{';
	assert_true(json_begins(text, sizeof text, "{"));
	text[JSON_BEGINS_MAX - 1] = ' ';
	text[JSON_BEGINS_MAX] = '{';
	assert_false(json_begins(text, sizeof text, "{"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names_with_nul, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_truncations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_depth, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_very_deep_input, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nodes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nodes_default, set_up, tear_down),
		cmocka_unit_test(test_borrowed_memory_is_bounded),
		cmocka_unit_test_setup_teardown(test_u64_member, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fold_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_messages_are_harmless, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_allocation_failures, set_up, tear_down),
		cmocka_unit_test(test_arena_limit),
		cmocka_unit_test(a_beginning_is_recognised),
	};

	return cmocka_run_group_tests_name("json parse", tests, NULL, NULL);
}
