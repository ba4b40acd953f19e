/* The function table, every truncation of good expressions, sharing and independence of results. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/jmespath/fn.h"
#include "lib/policy/jmespath/text.h"
#include "tests/harness/check.h"

#define MEMORY ((size_t)1 << 22)

static void function_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < jmes_nfns; i++) {
		const struct jmes_fn *f = &jmes_fns[i];
		if (i > 0)
			assert_true(strcmp(jmes_fns[i - 1].name, f->name) < 0);
		assert_ptr_equal(jmes_fn_find(f->name, strlen(f->name)), f);
		assert_true(f->nargs >= 1 && f->nargs <= JMES_PARAMETERS_MAX);
		for (size_t k = 0; k < f->nargs; k++)
			assert_true(f->types[k] != 0);
		for (size_t k = f->nargs; k < JMES_PARAMETERS_MAX; k++)
			assert_true(f->types[k] == 0);
	}
	assert_int_equal(jmes_nfns, 27);
	assert_null(jmes_fn_find("", 0));
	assert_null(jmes_fn_find("aaa", 3));
	assert_null(jmes_fn_find("zzz", 3));
}

static void class_names(void **state)
{
	(void)state;
	assert_string_equal(jmes_class_name(JMES_SYNTAX), "syntax");
	assert_string_equal(jmes_class_name(JMES_TYPE), "invalid-type");
	assert_string_equal(jmes_class_name(JMES_VALUE), "invalid-value");
	assert_string_equal(jmes_class_name(JMES_ARITY), "invalid-arity");
	assert_string_equal(jmes_class_name(JMES_UNKNOWN_FUNCTION), "unknown-function");
	assert_string_equal(jmes_class_name(JMES_LIMIT), "limit");
	assert_string_equal(jmes_class_name(JMES_NONE), "none");
	assert_string_equal(jmes_class_name((enum jmes_class)99), "none");
}

static const char *const good[] = {
	"Events[?EventTypeString == 'EV_EFI_VARIABLE_DRIVER_CONFIG' && "
	    "ProcessedData.UnicodeName == 'SecureBoot']"
	    " | length(@) == `1` && @[0].ProcessedData.VariableData == 'AQ'",
	"a[*].b[].c[?d > `1.5`][0:2:-1].{k: v, \"q\\n\": w} | [0] || sort_by(x, &y)[-1].z",
	"!(a && b || 'it\\'s') | [@, not_null(a, `{\"a\":[null,true]}`), map(&to_string(@), *.*)]",
};

/* Every truncation and every damaged byte: an answer or one clean problem, the same twice. */
static void same_twice(const char *text, size_t len)
{
	struct arena *a = arena_new(MEMORY);
	enum jmes_class class[2];
	struct att_error e;

	for (size_t i = 0; i < 2; i++) {
		struct jmes_budget b = { 10000 };
		struct jmes_problem p = { 0 };
		const struct json *v = NULL;
		struct jmes *q = NULL;
		bool ok;
		att_error_clear(&e);
		ok = jmes_compile(a, text, len, &q, &p, &e) &&
		    jmes_search(q, &jmes_null, &b, &p, a, &v, &e);
		assert_int_equal(ok, p.class == JMES_NONE);
		assert_int_equal(ok, e.code == ATT_E_OK);
		class[i] = p.class;
	}
	assert_int_equal(class[0], class[1]);
	arena_free(a);
}

static void truncations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		for (size_t n = 0; n <= strlen(good[i]); n++) {
			/* Exactly n bytes, so that a read past the end is seen. */
			char *s = test_malloc(n ? n : 1);
			for (size_t k = 0; k < n; k++)
				s[k] = good[i][k];
			same_twice(s, n);
			test_free(s);
		}
}

static void damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		for (size_t n = 0; n < strlen(good[i]); n++) {
			char s[256] = { 0 };
			(void)strcpy(s, good[i]);
			for (unsigned bit = 0; bit < 8; bit++) {
				s[n] = (char)((unsigned char)good[i][n] ^ 1u << bit);
				same_twice(s, strlen(good[i]));
			}
		}
}

static const char *search(struct arena *a, const char *text, const struct json *doc,
    const struct json **out)
{
	struct jmes_budget b = { JMES_STEPS_DEFAULT };
	struct att_error e = { 0 };
	struct jmes *q;
	char *s;
	size_t n;

	CHECK_OK(jmes_compile(a, text, strlen(text), &q, NULL, &e), &e);
	CHECK_OK(jmes_search(q, doc, &b, NULL, a, out, &e), &e);
	CHECK_OK(json_write(a, *out, JSON_COMPACT, &s, &n, &e), &e);
	return s;
}

/* Searching leaves the document as it was, and a result can be searched again. */
static void document_unchanged(void **state)
{
	static const char text[] = "{\"a\":[{\"k\":2},{\"k\":1},[null]],\"o\":{\"y\":1,\"x\":2}}";
	static const char *const queries[] = { "a[*]", "a[]", "sort_by(a[:2],&k)", "reverse(a)",
	    "merge(o,o,{z:a})", "values(o)",
	    "[a,a,o,@]", "{a:@,b:a[0]}", "a[?k]", "map(&[@],a)", "to_array(o)", "a[::-1]" };
	struct arena *a = arena_new(MEMORY);
	struct att_error e = { 0 };
	const struct json *v, *w;
	struct json *doc;

	(void)state;
	CHECK_OK(json_parse(a, text, sizeof text - 1, NULL, &doc, &e), &e);
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		const char *once = search(a, queries[i], doc, &v);
		assert_string_equal(search(a, "@", v, &w), once);
		assert_string_equal(search(a, queries[i], doc, &v), once);
		assert_string_equal(search(a, "@", doc, &v), text);
	}
	arena_free(a);
}

/* The compiled query may serve many documents, and the text may be gone. */
static void query_reused(void **state)
{
	struct arena *qa = arena_new(MEMORY), *a;
	char text[] = "foo[?n > `1`].n | [0] || 'none'";
	static const char *const docs[] = { "{}", "{\"foo\":[{\"n\":2}]}", "{\"foo\":[{\"n\":1}]}" };
	static const char *const want[] = { "none", "2", "none" };
	struct att_error e = { 0 };
	struct jmes *q;

	(void)state;
	CHECK_OK(jmes_compile(qa, text, strlen(text), &q, NULL, &e), &e);
	for (char *p = text; *p; p++)
		*p = '#';
	for (size_t i = 0; i < 3; i++) {
		struct jmes_budget b = { 1000 };
		const struct json *v;
		struct json *doc;
		a = arena_new(MEMORY);
		CHECK_OK(json_parse(a, docs[i], strlen(docs[i]), NULL, &doc, &e), &e);
		CHECK_OK(jmes_search(q, doc, &b, NULL, a, &v, &e), &e);
		if (v->kind == JSON_STRING)
			assert_string_equal(v->s, want[i]);
		else
			assert_int_equal(v->i, 2);
		arena_free(a);
	}
	arena_free(qa);
}

/* Sets a locale with a decimal comma, if the machine has one. */
static bool comma(void)
{
	static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "pt_BR.UTF-8" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (setlocale(LC_NUMERIC, names[i]))
			return true;
	return false;
}

/* The program we are linked into may use such a locale. */
static void locale_comma(void **state)
{
	const struct json *v;
	struct arena *a;

	(void)state;
	assert_true(comma());
	a = arena_new(MEMORY);
	assert_string_equal(search(a, "avg(`[1,2]`)", &jmes_null, &v), "1.5");
	assert_string_equal(search(a, "`1.75` > `1.5`", &jmes_null, &v), "true");
	assert_string_equal(search(a, "sum(`[0.25,0.5]`)", &jmes_null, &v), "0.75");
	arena_free(a);
	(void)setlocale(LC_NUMERIC, "C");
}

static void utf8(void **state)
{
	static const struct { const char *s; bool valid; } rows[] = {
		{ "", true }, { "a", true }, { "\x7f", true }, { "\x80", false },
		{ "\xc2\x80", true }, { "\xc1\xbf", false },
		{ "\xdf\xbf", true }, { "\xe0\xa0\x80", true }, { "\xe0\x9f\xbf", false },
		{ "\xed\x9f\xbf", true },
		{ "\xed\xa0\x80", false }, { "\xee\x80\x80", true }, { "\xef\xbf\xbf", true },
		{ "\xf0\x90\x80\x80", true },
		{ "\xf0\x8f\xbf\xbf", false }, { "\xf4\x8f\xbf\xbf", true },
		{ "\xf4\x90\x80\x80", false }, { "\xf8\x88\x80\x80\x80", false },
		{ "\xc2", false }, { "\xe0\xa0", false }, { "\xf0\x90\x80", false },
		{ "\xc2\x41", false }, { "a\xff", false },
	};
	size_t bad;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (jmes_text_valid(rows[i].s, strlen(rows[i].s), &bad) != rows[i].valid)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(function_table), cmocka_unit_test(class_names),
		cmocka_unit_test(truncations), cmocka_unit_test(damage), cmocka_unit_test(document_unchanged),
		cmocka_unit_test(query_reused), cmocka_unit_test(utf8), cmocka_unit_test(locale_comma),
	};
	const size_t n = sizeof tests / sizeof tests[0];
	bool has_comma = comma();

	(void)setlocale(LC_NUMERIC, "C");
	if (!has_comma)
		(void)printf("# locale_comma left out: no locale with a decimal comma is installed\n");
	return _cmocka_run_group_tests("tests", tests, has_comma ? n : n - 1, NULL, NULL);
}
