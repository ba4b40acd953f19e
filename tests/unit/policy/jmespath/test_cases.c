/*
 * Expression, document, expected result: the files cases/<topic>.txt.
 *
 *   given DOCUMENT               holds until the next one
 *   EXPRESSION => JSON           the result, compact, members in order
 *   EXPRESSION => !CLASS         the error class
 *
 * A line without " => " that starts with # is a comment; the last " => " of a line separates.
 */
#include <stdio.h>
#include <string.h>

#include "lib/policy/jmespath/jmespath.h"
#include "tests/harness/check.h"

#define MEMORY ((size_t)1 << 22)

/* The result as text: JSON, or "!class".  In the arena. */
static const char *run(struct arena *a, const char *text, size_t len, const struct json *doc)
{
	struct jmes_budget b = { JMES_STEPS_DEFAULT };
	struct jmes_problem p = { 0 };
	struct att_error e = { 0 };
	const struct json *v = NULL;
	struct jmes *q = NULL;
	char *out;
	size_t n;

	if (jmes_compile(a, text, len, &q, &p, &e) && jmes_search(q, doc, &b, &p, a, &v, &e)) {
		assert_int_equal(p.class, JMES_NONE);
		assert_null(p.message);
		assert_true(json_write(a, v, JSON_COMPACT, &out, &n, &e));
		return out;
	}
	assert_true(e.code == ATT_E_POLICY_PARSE || e.code == ATT_E_POLICY_EVAL || e.code == ATT_E_LIMIT);
	assert_non_null(p.message);
	assert_true(p.offset <= len);
	assert_non_null(strstr(e.text, p.message));
	return arena_printf(a, "!%s", jmes_class_name(p.class));
}

static const char *last_arrow(const char *line)
{
	const char *found = NULL;

	for (const char *p = line; (p = strstr(p, " => ")); p += 4)
		found = p;
	return found;
}

struct state { char *given; size_t rows, wrong; };

static void row(struct state *s, const char *line, const char *arrow)
{
	struct arena *a = arena_new(MEMORY);
	struct att_error e = { 0 };
	struct json *doc;
	const char *got;

	CHECK_OK(json_parse(a, s->given, strlen(s->given), NULL, &doc, &e), &e);
	got = run(a, line, (size_t)(arrow - line), doc);
	s->rows++;
	if (strcmp(got, arrow + 4)) {
		s->wrong++;
		print_error("%s\n    got %s\n", line, got);
	}
	arena_free(a);
}

static void file(void **state)
{
	struct blob f;
	struct state s = { 0 };
	char path[128], *save = NULL;

	(void)snprintf(path, sizeof path, "tests/unit/policy/jmespath/cases/%s.txt",
	    (const char *)*state);
	f = repo_file(path);
	for (char *line = strtok_r((char *)f.p, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *arrow = last_arrow(line);
		if (strncmp(line, "given ", 6) == 0)
			s.given = line + 6;
		else if (arrow)
			row(&s, line, arrow);
		else
			assert_int_equal(*line, '#');
	}
	blob_free(&f);
	assert_true(s.rows > 100);
	if (s.wrong)
		fail_msg("%zu of %zu rows of %s are wrong", s.wrong, s.rows, path);
}

/* What a line of a file cannot hold. */
static void odd_bytes(void **state)
{
	static const struct { const char *text; size_t len; const char *want; } rows[] = {
		{ "", 0, "!syntax" },
		{ " \t\r\n", 4, "!syntax" },
		{ "\n a\t.\r\n b ", 9, "1" },
		{ "'new\nline'", 10, "\"new\\nline\"" },
		{ "'a\tb'", 5, "\"a\\tb\"" },
		{ "'\0'", 3, "\"\\u0000\"" },
		{ "'\xff'", 3, "!syntax" },
		{ "'\xc0\x80'", 4, "!syntax" },
		{ "'\xed\xa0\x80'", 5, "!syntax" },
		{ "'\xf4\x90\x80\x80'", 6, "!syntax" },
		{ "'\xe2\x9c'", 4, "!syntax" },
		{ "'\xe2\x9c\x93'", 5, "\"\xe2\x9c\x93\"" },
		{ "\"\xff\"", 3, "!syntax" },
		{ "\"a\nb\"", 5, "!syntax" },
		{ "`\"a\nb\"`", 7, "!syntax" },
		{ "`\"\xff\"`", 5, "!syntax" },
		{ "`\n1\t`", 5, "1" },
		{ "a\0", 2, "!syntax" },
		{ "\0", 1, "!syntax" },
		{ "a\x0b.b", 4, "!syntax" },
		{ "\xc2\xa0" "a", 3, "!syntax" },
		{ "\xef\xbb\xbf" "a", 4, "!syntax" },
		{ "\"k\\u0000\"", 9, "2" },
		{ "length('\0\0')", 12, "2" },
		{ "'a\0b' == 'a\0c'", 14, "false" },
		{ "contains('a\0b', '\0b')", 21, "true" },
		{ "abs\0(a)", 7, "!syntax" },
		{ "starts_with('a', 'a\0')", 22, "false" },
		{ "ends_with('a', '\0a')", 20, "false" },
	};
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *a = arena_new(MEMORY);
		static const char text[] = "{\"a\":{\"b\":1},\"k\\u0000\":2,\"k\":3}";
		struct json *doc;
		const char *got;

		CHECK_OK(json_parse(a, text, sizeof text - 1, NULL, &doc, &e), &e);
		got = run(a, rows[i].text, rows[i].len, doc);
		if (strcmp(got, rows[i].want))
			fail_msg("row %zu (%s): got %s, want %s", i, rows[i].text, got, rows[i].want);
		arena_free(a);
	}
}

/* Where the problem is and how it is told. */
static void places(void **state)
{
	static const struct place {
		const char *text;
		enum jmes_class class;
		size_t offset;
		const char *message;
	} rows[] = {
		{ "foo..bar", JMES_SYNTAX, 4, "'.' stands where a name, '*', '[' or '{' is expected" },
		{ "foo bar", JMES_SYNTAX, 4, "a name stands where the end or an operator is expected" },
		{ "a == 12", JMES_SYNTAX, 5,
		    "a number without back-ticks stands where an expression is expected" },
		{ "a = b", JMES_SYNTAX, 2, "'=' is not an operator; equality is ==" },
		{ "a.b ^ c", JMES_SYNTAX, 4, "character 0x5e starts no token" },
		{ "a[?b == 'c]", JMES_SYNTAX, 8, "no closing '" },
		{ "a[-x]", JMES_SYNTAX, 2, "no digit after '-'" },
		{ "a || `foo`", JMES_SYNTAX, 5, "not acceptable JSON" },
		{ "a[b]", JMES_SYNTAX, 2, "a name stands where an index, a slice or '*]' is expected" },
		{ "{a: b", JMES_SYNTAX, 5, "the end stands where '}' is expected" },
		{ "a | frob(b)", JMES_UNKNOWN_FUNCTION, 4, "no function is called frob" },
		{ "a | length()", JMES_ARITY, 4, "length takes 1 argument, not 0" },
		{ "contains(a)", JMES_ARITY, 0, "contains takes 2 arguments, not 1" },
		{ "not_null()", JMES_ARITY, 0, "not_null takes at least 1 argument, not 0" },
		{ "a[1::0]", JMES_VALUE, 1, "a slice step of 0" },
		{ "z || length(a.b)", JMES_TYPE, 13,
		    "length: argument 1 is number, wanted string or array or object" },
		{ "join(',', l)", JMES_TYPE, 10,
		    "join: argument 2 is an array of other elements, wanted array of strings" },
		{ "sort_by(l, &x)", JMES_TYPE, 11,
		    "the key of element 0 is null, wanted number or string" },
		{ "map(l, l)", JMES_TYPE, 4, "map: argument 1 is array, wanted expression" },
		{ "type(&l)", JMES_TYPE, 5, "type: argument 1 is expression, wanted any value" },
		{ "sum(`[1e308,1e308]`)", JMES_VALUE, 0, "the number is too large" },
	};
	static const char text[] = "{\"a\":{\"b\":1},\"l\":[1,\"a\"]}";
	struct jmes_problem p = { 0 };
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct jmes_budget b = { JMES_STEPS_DEFAULT };
		struct arena *a = arena_new(MEMORY);
		const struct json *v = NULL;
		struct jmes *q = NULL;
		struct json *doc;

		att_error_clear(&e);
		CHECK_OK(json_parse(a, text, sizeof text - 1, NULL, &doc, &e), &e);
		assert_false(jmes_compile(a, rows[i].text, strlen(rows[i].text), &q, &p, &e) &&
		    jmes_search(q, doc, &b, &p, a, &v, &e));
		assert_null(v);
		if (p.class != rows[i].class || p.offset != rows[i].offset ||
		    !strstr(p.message, rows[i].message))
			fail_msg("%s: %s at %zu: %s", rows[i].text, jmes_class_name(p.class),
			    p.offset, p.message);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(file, (void *)(uintptr_t)"select"),
		cmocka_unit_test_prestate(file, (void *)(uintptr_t)"project"),
		cmocka_unit_test_prestate(file, (void *)(uintptr_t)"compare"),
		cmocka_unit_test_prestate(file, (void *)(uintptr_t)"literal"),
		cmocka_unit_test_prestate(file, (void *)(uintptr_t)"syntax"),
		cmocka_unit_test_prestate(file, (void *)(uintptr_t)"function"),
		cmocka_unit_test(odd_bytes),
		cmocka_unit_test(places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
