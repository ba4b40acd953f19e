/* Every limit at the limit and one past it, budgets, exhausted memory, hostile expressions. */
#include <stdio.h>
#include <string.h>

#include "lib/policy/jmespath/ast.h"
#include "tests/harness/check.h"

#define MEMORY ((size_t)64 << 20)

/* before, n times middle, after; malloc'ed. */
static char *repeat(const char *before, const char *middle, size_t n, const char *after)
{
	size_t m = strlen(middle), head = strlen(before);
	char *s = test_malloc(head + n * m + strlen(after) + 1);

	(void)strcpy(s, before);
	for (size_t i = 0; i < n; i++)
		(void)strcpy(s + head + i * m, middle);
	(void)strcpy(s + head + n * m, after);
	return s;
}

struct outcome {
	enum jmes_class class;
	uint64_t used;                  /* steps */
	enum att_err code;
	size_t memory;
};

static struct outcome run_in(struct arena *a, const char *text, const char *doc_text, uint64_t steps)
{
	struct jmes_budget b = { steps };
	struct outcome o = { 0 };
	struct jmes_problem p = { 0 };
	struct att_error e = { 0 };
	const struct json *v = NULL;
	struct jmes *q = NULL;
	struct json *doc = NULL;
	bool ok;

	if (!a || !json_parse(a, doc_text, strlen(doc_text), NULL, &doc, &e)) {
		o.code = a ? e.code : ATT_E_NOMEM;
		return o;
	}
	ok = jmes_compile(a, text, strlen(text), &q, &p, &e) && jmes_search(q, doc, &b, &p, a, &v, &e);
	assert_int_equal(ok, e.code == ATT_E_OK);
	assert_int_equal(ok, v != NULL);
	assert_true(e.code == ATT_E_NOMEM ? p.class == JMES_NONE : ok == (p.class == JMES_NONE));
	assert_int_equal(p.class == JMES_LIMIT, e.code == ATT_E_LIMIT);
	assert_int_equal(p.class != JMES_NONE, p.message != NULL);
	assert_true(b.steps <= steps);
	o = (struct outcome){ p.class, steps - b.steps, e.code, arena_used(a) };
	return o;
}

static struct outcome run(const char *text, const char *doc, uint64_t steps)
{
	struct arena *a = arena_new(MEMORY);
	struct outcome o = run_in(a, text, doc, steps);

	assert_true(o.code == ATT_E_OK || o.class != JMES_NONE);       /* the document was read */
	arena_free(a);
	return o;
}

static enum jmes_class repeated(const char *before, const char *middle, size_t n, const char *after)
{
	char *s = repeat(before, middle, n, after);
	struct outcome o = run(s, "{}", JMES_STEPS_DEFAULT);

	test_free(s);
	return o.class;
}

static void nesting(void **state)
{
	static const struct { const char *before, *middle, *inner, *after; } rows[] = {
		{ "", "(", "a", ")" }, { "", "[", "a", "]" }, { "", "{a:", "a", "}" },
		{ "", "!", "a", "" },
		{ "", "to_array(", "a", ")" }, { "", "a[?", "a", "]" }, { "", "not_null(a,", "a", ")" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t n = JMES_DEPTH_MAX - 1; n <= JMES_DEPTH_MAX; n++) {
			char *close = repeat(rows[i].inner, rows[i].after, n, "");
			enum jmes_class c = repeated(rows[i].before, rows[i].middle, n, close);
			enum jmes_class want = n < JMES_DEPTH_MAX ? JMES_NONE : JMES_LIMIT;
			if (c != want)
				fail_msg("%zu times %s: %s", n, rows[i].middle, jmes_class_name(c));
			test_free(close);
		}
	/* Far past the limit, closed or not. */
	assert_int_equal(repeated("", "(", 60000, ""), JMES_LIMIT);
	assert_int_equal(repeated("", "[", 60000, ""), JMES_LIMIT);
	assert_int_equal(repeated("", "!", 60000, "a"), JMES_LIMIT);
	assert_int_equal(repeated("", "[*].", 16000, "a"), JMES_LIMIT);
	assert_int_equal(repeated("a", "[?a]", 16000, ""), JMES_LIMIT);
	assert_int_equal(repeated("a", "[::]", 16000, ""), JMES_LIMIT);
	assert_int_equal(repeated("", "*.", 32000, "a"), JMES_LIMIT);
	assert_int_equal(repeated("`", "[", 60000, ""), JMES_SYNTAX);
	assert_int_not_equal(repeated("`", "[", 60000, "`"), JMES_NONE);
}

static void chains(void **state)
{
	static const struct { const char *before, *middle; } rows[] = {
		{ "a", ".a" }, { "a", "||a" }, { "a", "&&a" }, { "a", "|a" }, { "a", "==a" },
		{ "a", "<a" }, { "a", "[0]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(repeated(rows[i].before, rows[i].middle, JMES_HEIGHT_MAX - 1, ""),
		    JMES_NONE);
		assert_int_equal(repeated(rows[i].before, rows[i].middle, JMES_HEIGHT_MAX, ""),
		    JMES_LIMIT);
		assert_int_equal(repeated(rows[i].before, rows[i].middle, 16000, ""), JMES_LIMIT);
	}
	/* A flatten is two nodes. */
	assert_int_equal(repeated("a", "[]", JMES_HEIGHT_MAX / 2 - 1, ""), JMES_NONE);
	assert_int_equal(repeated("a", "[]", JMES_HEIGHT_MAX / 2 + 1, ""), JMES_LIMIT);
	assert_int_equal(repeated("[a", ".a", JMES_HEIGHT_MAX - 2, "]"), JMES_NONE);
	assert_int_equal(repeated("[a", ".a", JMES_HEIGHT_MAX - 1, "]"), JMES_LIMIT);
	assert_int_equal(repeated("b[?a", ".a", JMES_HEIGHT_MAX - 2, "]"), JMES_NONE);
	assert_int_equal(repeated("b[?a", ".a", JMES_HEIGHT_MAX - 1, "]"), JMES_LIMIT);
	assert_int_equal(repeated("b[?a", ".a", JMES_HEIGHT_MAX - 3, "].c.d"), JMES_NONE);
	assert_int_equal(repeated("b[?a", ".a", JMES_HEIGHT_MAX - 3, "] | c | d"), JMES_LIMIT);
}

static void items(void **state)
{
	(void)state;
	assert_int_equal(repeated("[a", ",a", JMES_ITEMS_MAX - 1, "]"), JMES_NONE);
	assert_int_equal(repeated("[a", ",a", JMES_ITEMS_MAX, "]"), JMES_LIMIT);
	assert_int_equal(repeated("{a:a", ",a:a", JMES_ITEMS_MAX - 1, "}"), JMES_NONE);
	assert_int_equal(repeated("{a:a", ",a:a", JMES_ITEMS_MAX, "}"), JMES_LIMIT);
	assert_int_equal(repeated("not_null(a", ",a", JMES_ITEMS_MAX - 1, ")"), JMES_NONE);
	assert_int_equal(repeated("not_null(a", ",a", JMES_ITEMS_MAX, ")"), JMES_LIMIT);
}

static void length(void **state)
{
	(void)state;
	assert_int_equal(repeated("'", "x", JMES_TEXT_MAX - 2, "'"), JMES_NONE);
	assert_int_equal(repeated("'", "x", JMES_TEXT_MAX - 1, "'"), JMES_LIMIT);
	assert_int_equal(repeated("", " ", JMES_TEXT_MAX - 1, "a"), JMES_NONE);
	assert_int_equal(repeated("", " ", JMES_TEXT_MAX, "a"), JMES_LIMIT);
}

/* The deepest document: a result of its depth is fine, one deeper is not. */
static void result_depth(void **state)
{
	char *doc = repeat("", "[", JSON_DEPTH_MAX - 1, "1"),
	    *all = repeat(doc, "]", JSON_DEPTH_MAX - 1, "");

	(void)state;
	assert_int_equal(run("@", all, JMES_STEPS_DEFAULT).class, JMES_NONE);
	assert_int_equal(run("@ == @", all, JMES_STEPS_DEFAULT).class, JMES_NONE);
	assert_int_equal(run("to_string(@)", all, JMES_STEPS_DEFAULT).class, JMES_NONE);
	assert_int_equal(run("[@]", all, JMES_STEPS_DEFAULT).class, JMES_LIMIT);
	assert_int_equal(run("{a:@}", all, JMES_STEPS_DEFAULT).class, JMES_LIMIT);
	assert_int_equal(run("to_string([@])", all, JMES_STEPS_DEFAULT).class, JMES_LIMIT);
	assert_int_equal(run("[@] == [@]", all, JMES_STEPS_DEFAULT).class, JMES_LIMIT);
	assert_int_equal(run("[@] | [0]", all, JMES_STEPS_DEFAULT).class, JMES_NONE);
	assert_int_equal(repeated("@", "|[@]", JSON_DEPTH_MAX - 2, ""), JMES_NONE);
	assert_int_equal(repeated("@", "|[@]", JSON_DEPTH_MAX - 1, ""), JMES_LIMIT);
	assert_int_equal(repeated("`1`", "|[@]", JSON_DEPTH_MAX - 1, ""), JMES_NONE);
	assert_int_equal(repeated("`1`", "|[@]", JSON_DEPTH_MAX, ""), JMES_LIMIT);
	assert_int_equal(repeated("@", "|[@]", 1000, "|length(@)"), JMES_NONE);
	test_free(doc);
	test_free(all);
}

/* With the steps a run used it passes, with one fewer it does not; and always the same count. */
static void budget(void **state)
{
	static const char doc[] = "{\"a\":[3,1,2,5,4],\"o\":{\"x\":1,\"y\":[1,2]},"
	    "\"s\":[\"b\",\"a\"],\"t\":\"text\"}";
	static const char *const texts[] = {
		"@", "a", "a[*]", "a[]", "a[?@>`1`]", "a[::-1]", "o.*", "[a,o]", "{x:a,y:o}",
		"a||o", "!a", "a==a", "o==o",
		"sort(a)", "sort_by(a,&@)", "max(a)", "min_by(a,&@)", "map(&@,a)", "sum(a)",
		"avg(a)", "join('',s)",
		"reverse(a)", "reverse(t)", "keys(o)", "values(o)", "merge(o,o)", "contains(a,`4`)",
		"to_string(@)",
		"to_array(t)", "not_null(x,a)", "length(a)", "type(a)", "to_number(t)", "abs(a[0])",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		uint64_t used = run(texts[i], doc, JMES_STEPS_DEFAULT).used;
		struct outcome o = run(texts[i], doc, used);
		assert_true(used > 0);
		assert_int_equal(o.class, JMES_NONE);
		assert_int_equal(o.used, used);
		for (uint64_t k = 0; k < used; k++) {
			o = run(texts[i], doc, k);
			if (o.class != JMES_LIMIT || o.used != k)
				fail_msg("%s with %d of %d steps", texts[i], (int)k, (int)used);
		}
	}
}

/* Passing over members, elements and text is paid for too. */
static void scanning(void **state)
{
	static const struct { const char *text; uint64_t least; } rows[] = {
		{ "none", 0 }, { "a[15999]", 1000 }, { "a[-1]", 1000 }, { "a[:1]", 1000 },
		{ "t == t", 250 }, { "length(t)", 250 },
		{ "contains(t, 'y')", 250 }, { "reverse(t)", 250 }, { "starts_with(t, t)", 250 },
		{ "ends_with(t, t)", 250 },
		{ "equals_ignore_case(t, t)", 250 }, { "join(t, ['a', 'b', 'c'])", 500 },
		{ "to_string([t])", 250 },
		{ "to_number(t)", 250 }, { "t", 250 }, { "max([t, t])", 250 }, { "o.none", 99 },
	};
	char *list = repeat("{\"a\":[0", ",0", 15999, "],\"t\":\""),
	    *text = repeat(list, "x", 16000, "\",\"o\":{");
	char member[32], *doc = test_malloc(strlen(text) + (size_t)1600 * sizeof member);
	size_t n = strlen(text);

	(void)state;
	(void)strcpy(doc, text);
	for (int i = 0; i < 1600; i++)
		n += (size_t)snprintf(doc + n, sizeof member, "%s\"k%d\":0", i ? "," : "", i);
	(void)strcpy(doc + n, "}}");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct outcome o = run(rows[i].text, doc, JMES_STEPS_DEFAULT);
		if (o.class != JMES_NONE || o.used < rows[i].least)
			fail_msg("%s: %s, %d steps", rows[i].text, jmes_class_name(o.class), (int)o.used);
	}
	test_free(list);
	test_free(text);
	test_free(doc);
}

/* Small text, huge work: each must stop by steps or memory. */
static void hostile(void **state)
{
	static const struct { const char *before,
	    *middle; size_t n; const char *after; enum jmes_class want; } rows[] = {
		/* Doubling: the graph stays small, the tree it stands for does not. */
		{ "@", "|[@,@]", 60, "", JMES_LIMIT },
		{ "@", "|[@,@]", 60, "|to_string(@)", JMES_LIMIT },
		{ "@", "|[@,@]", 60, "|@==@", JMES_LIMIT },
		{ "@", "|{a:@,b:@}", 60, "|[@]==[@]", JMES_LIMIT },
		{ "@", "|[@,@]", 60, "|length(@)", JMES_NONE },
		{ "@", "|[@,@]", 60, "|[0]|[1]|length(@)", JMES_NONE },
		{ "`[0,0]`", "|[@,@][]", 60, "|length(@)", JMES_LIMIT },
		{ "`[0,0]`", "|[@,@][]", 200, "|sort(@)", JMES_LIMIT },
		{ "'ab'", "|join(@,[@,@,@])", 60, "|length(@)", JMES_LIMIT },
		{ "'ab'", "|to_string([@,@])", 60, "|length(@)", JMES_LIMIT },
		{ "[*,*]", "|[*,*][]", 60, "", JMES_NONE },
		{ "", "[*,*]|", 60, "@", JMES_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum jmes_class c = repeated(rows[i].before, rows[i].middle, rows[i].n, rows[i].after);
		if (c != rows[i].want)
			fail_msg("row %zu: %s", i, jmes_class_name(c));
	}
}

/* Nested maps over one list: n ^ depth visits. */
static void hostile_maps(void **state)
{
	char *open = repeat("map(&[", "`[0,0,0,0,0,0,0,0,0,0]`[*].[map(&[", 14, "@");
	char *all = repeat(open, "],`[0,0,0,0,0,0,0,0,0,0]`)]", 14, "],[@])");

	(void)state;
	assert_int_equal(run(all, "{}", JMES_STEPS_DEFAULT).class, JMES_LIMIT);
	test_free(open);
	test_free(all);
}

static void memory_limit(void **state)
{
	static const char doc[] = "{\"a\":[1,2,3,4,5,6,7,8,9,10],\"s\":\"0123456789\"}";
	static const char text[] = "[a[*],a[],reverse(s),to_string(a),sort(a),{x:a,y:join('',[s,s])},"
	    "merge(@,{b:s})]";
	size_t full = 0;

	(void)state;
	for (size_t limit = 64; limit < MEMORY && full == 0; limit += 64) {
		struct arena *a = arena_new(limit);
		struct outcome o = run_in(a, text, doc, JMES_STEPS_DEFAULT);
		assert_true(o.code == ATT_E_OK || o.code == ATT_E_LIMIT);
		full = o.code == ATT_E_OK ? limit : 0;
		arena_free(a);
	}
	assert_true(full > 0);
}

/* The n-th block fails, for n = 0, 1, ... until all goes well; blocks are large, so the work is too. */
static void failing_memory(void **state)
{
	static const char *const texts[] = {
		"[*].[@,@,@,@,@,@,@,@]", "sort(@)", "sort_by(@,&@)",
		"map(&[@,@],@)|[].to_string(@)|join(',',@)|reverse(@)",
		"[].to_string(@)|join(',',@)", "to_string(@)", "[::-1]",
		"[*].{a:@,b:@}|[*].merge(@,@)", "reverse(@)",
		"[?@>`1`]", "[*].abs(@)", "[*].not_null(@,@,@,@,@,@)", "'x'",
		"[*].to_string(@).to_number(@)",
	};
	char *doc = repeat("[1", ",2,1.5", 500, "]");

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct outcome o = { .code = ATT_E_NOMEM };
		for (size_t n = 0; o.code != ATT_E_OK; n++) {
			struct failing f;
			struct arena *a = arena_failing(&f, n);
			o = run_in(a, texts[i], doc, JMES_STEPS_DEFAULT);
			if (o.code != ATT_E_OK && o.code != ATT_E_NOMEM)
				fail_msg("%s: block %zu: code %d", texts[i], n, (int)o.code);
			assert_true(n < 1000);
			arena_free(a);
		}
	}
	test_free(doc);
}

/* Compiling needs several blocks too. */
static void failing_compile(void **state)
{
	static const char *const middles[] = { "||a", "||'a'", "||\"a\"", "||`1`", "||a[1:2]",
	    "||{a:a}", "||[a]", "||abs(a)",
	    "||nosuch(a)", "||sort_by(a,&b)", "||a[?b]" };

	(void)state;
	for (size_t i = 0; i < sizeof middles / sizeof middles[0]; i++) {
		char *text = repeat("a", middles[i], 300, "");
		struct outcome o = { .code = ATT_E_NOMEM };
		for (size_t n = 0; o.code == ATT_E_NOMEM; n++) {
			struct failing f;
			struct arena *a = arena_failing(&f, n);
			o = run_in(a, text, "{}", JMES_STEPS_DEFAULT);
			arena_free(a);
		}
		test_free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nesting), cmocka_unit_test(chains), cmocka_unit_test(items),
		cmocka_unit_test(length),
		cmocka_unit_test(result_depth), cmocka_unit_test(budget),
		cmocka_unit_test(scanning), cmocka_unit_test(hostile),
		cmocka_unit_test(hostile_maps), cmocka_unit_test(memory_limit),
		cmocka_unit_test(failing_memory),
		cmocka_unit_test(failing_compile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
