/* Claim sets: adding, finding, equality, JSON both ways. */
#include "tests/harness/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/claims/claims.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ARENA ((size_t)1 << 26)

static const char *text_of(struct arena *a, const struct json *j)
{
	struct att_error e = { 0 };
	char *s;
	size_t n;

	CHECK_OK(json_write(a, j, JSON_COMPACT, &s, &n, &e), &e);
	return s;
}

static struct json *parsed(struct arena *a, const char *text)
{
	struct att_error e = { 0 };
	struct json *j;

	CHECK_OK(json_parse(a, text, strlen(text), NULL, &j, &e), &e);
	return j;
}

static void adds(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct claims c = claims_make(a);
	struct att_error e = { 0 };
	char name[] = "name", value[] = "val\0ue";
	uint8_t bytes[100] = { 0xAB, 0x01 };

	(void)state;
	CHECK_OK(claims_strn(&c, name, value, 6, &e), &e);
	name[0] = value[0] = 'X';               /* texts were copied */
	CHECK_OK(claims_str(&c, "s", "", &e), &e);
	CHECK_OK(claims_int(&c, "i", INT64_MIN, &e), &e);
	CHECK_OK(claims_bool(&c, "b", true, &e), &e);
	CHECK_OK(claims_hex(&c, "h", bytes, 3, &e), &e);
	CHECK_OK(claims_hex(&c, "long", bytes, sizeof bytes, &e), &e);
	CHECK_OK(claims_hex(&c, "h64", bytes, 64, &e), &e);
	CHECK_OK(claims_json(&c, "j", parsed(a, "{\"z\":[1,{\"y\":null}]}"), &e), &e);
	CHECK_OK(claims_str(&c, "pcrs", "{}", &e), &e);
	assert_int_equal(c.n, 9);
	assert_memory_equal(claims_find(&c, "name")->s, "val\0ue", 7);
	assert_int_equal(claims_find(&c, "name")->len, 6);
	assert_string_equal(claims_find(&c, "h")->s, "ab0100");
	assert_int_equal(claims_find(&c, "long")->len, 200);
	assert_int_equal(claims_find(&c, "h64")->len, 128);
	assert_null(claims_find(&c, "nam"));
	assert_true(claims_find(&c, "pcrs")->read_only);
	assert_false(claims_find(&c, "s")->read_only);
	arena_free(a);
}

static void grows(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct claims c = claims_make(a);
	struct att_error e = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		CHECK_OK(claims_int(&c, i % 2 ? "odd" : "even", i, &e), &e);
	assert_int_equal(c.n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(c.v[i].i, i);
	arena_free(a);
}

static void to_json(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct claims c = claims_make(a);
	struct att_error e = { 0 };

	(void)state;
	assert_string_equal(text_of(a, claims_to_json(&c, a)), "{}");
	CHECK_OK(claims_int(&c, "b", 1, &e), &e);
	CHECK_OK(claims_json(&c, "a", parsed(a, "[1,2]"), &e), &e);
	CHECK_OK(claims_bool(&c, "b", false, &e), &e);
	CHECK_OK(claims_str(&c, "c", "x\"y", &e), &e);
	CHECK_OK(claims_str(&c, "b", "z", &e), &e);
	/* one JSON claim that is an array, and one more of the name: an array of both */
	CHECK_OK(claims_int(&c, "a", 3, &e), &e);
	assert_string_equal(text_of(a, claims_to_json(&c, a)),
	    "{\"b\":[1,false,\"z\"],\"a\":[[1,2],3],\"c\":\"x\\\"y\"}");
	/* twice: the set is not changed by writing it */
	assert_string_equal(text_of(a, claims_to_json(&c, a)),
	    "{\"b\":[1,false,\"z\"],\"a\":[[1,2],3],\"c\":\"x\\\"y\"}");
	arena_free(a);
}

/* Many names that differ late: the index keeps them apart. */
static void many_names(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct claims c = claims_make(a);
	struct att_error e = { 0 };
	const struct json *j;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		char name[32];

		(void)snprintf(name, sizeof name, "name-%d", i % 1500);
		CHECK_OK(claims_int(&c, name, i, &e), &e);
	}
	j = claims_to_json(&c, a);
	assert_int_equal(j->len, 1500);
	assert_string_equal(text_of(a, json_get(j, "name-1499")), "[1499,2999]");
	arena_free(a);
}

static void round_trip(void **state)
{
	static const char text[] = "{\"b\":true,\"s\":\"x\",\"set\":[1,\"a\",false],\"o\":{\"k\":[1]},"
	    "\"deep\":[[1],2],\"i\":-5}";
	struct arena *a = arena_new(ARENA);
	struct claims c = claims_make(a);
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(claims_from_json(&c, parsed(a, text), &e), &e);
	assert_int_equal(c.n, 8);
	assert_int_equal(claims_find(&c, "deep")->kind, CLAIM_JSON);
	assert_int_equal(claims_find(&c, "o")->kind, CLAIM_JSON);
	assert_int_equal(claims_find(&c, "set")->kind, CLAIM_INT);
	assert_string_equal(text_of(a, claims_to_json(&c, a)), text);
	arena_free(a);
}

static void from_entries(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct claims c = claims_make(a);
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(claims_from_json(&c, parsed(a, "[{\"type\":\"a\",\"value\":1,\"valueType\":\"Integer\"},"
	    "{\"type\":\"b\",\"value\":\"x\",\"issuer\":\"CustomClaim\"},{\"type\":\"pcrs\","
	    "\"value\":\"{}\"},"
	    "{\"value\":{\"k\":1},\"type\":\"j\",\"valueType\":\"String\","
	    "\"issuer\":\"AttestationPolicy\"}]"), &e), &e);
	assert_int_equal(c.n, 4);
	assert_int_equal(c.v[0].issuer, CLAIM_BY_SERVICE);
	assert_int_equal(c.v[1].issuer, CLAIM_BY_CUSTOM);
	assert_true(c.v[2].read_only);
	assert_int_equal(c.v[3].issuer, CLAIM_BY_POLICY);
	arena_free(a);
}

static void refuses(void **state)
{
	static const struct { const char *text, *message; } rows[] = {
		{ "1", "want an array of claims or an object" },
		{ "[1]", "claims[0]: want an object" },
		{ "[{\"type\":\"a\"}]", "\"value\"" },
		{ "[{\"value\":1}]", "\"type\"" },
		{ "[{\"type\":1,\"value\":1}]", "\"type\" (string)" },
		{ "[{\"type\":\"a\",\"value\":1},{\"type\":\"a\",\"value\":1,\"extra\":1}]",
		    "claims[1]: unknown member \"extra\"" },
		{ "[{\"type\":\"a\",\"value\":1,\"issuer\":\"Me\"}]", "issuer of a" },
		{ "[{\"type\":\"a\",\"value\":1,\"issuer\":1}]", "issuer of a" },
		{ "[{\"type\":\"a\",\"value\":1,\"valueType\":\"String\"}]", "valueType of a" },
		{ "[{\"type\":\"a\",\"value\":\"1\",\"valueType\":\"Integer\"}]", "valueType of a" },
		{ "[{\"type\":\"a\",\"value\":null,\"valueType\":\"String\"}]", "valueType of a" },
		{ "{\"a\":null}", "claim a: value is null" },
		{ "{\"a\":[1,null]}", "claim a: value is null" },
		{ "{\"a\":1.5}", "not a 64-bit integer" },
		{ "{\"a\\u0000b\":1}", "NUL character" }
	};
	struct arena *a = arena_new(ARENA);
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct claims c = claims_make(a);

		CHECK_ERR(claims_from_json(&c, parsed(a, rows[i].text), &e), &e, ATT_E_BAD_JSON,
		    rows[i].message);
	}
	arena_free(a);
}

static void equality(void **state)
{
	static const char *const values[] = {
		"\"1\"", "1", "2", "true", "false", "\"\"", "{}", "{\"a\":1,\"b\":[1,2.50]}",
		    "{\"a\":1,\"b\":[1,2.5]}", "{\"a\":1}",
		"{\"a\":2}", "{\"c\":1}", "[[]]", "[[],null]", "[{\"x\":\"y\"}]", "[{\"x\":\"z\"}]"
	};
	struct arena *a = arena_new(ARENA);
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		for (size_t k = 0; k < COUNT(values); k++) {
			struct claims c = claims_make(a), d = claims_make(a);

			CHECK_OK(claims_from_json(&c, parsed(a, arena_printf(a, "{\"n\":%s}", values[i])),
			    &e), &e);
			CHECK_OK(claims_from_json(&d, parsed(a, arena_printf(a, "{\"n\":%s,\"m\":%s}",
			    values[k], values[k])), &e), &e);
			assert_int_equal(claim_same(&c.v[0], &d.v[0]), i == k);
			assert_int_equal(claim_same_value(&c.v[0], &d.v[1]), i == k);
			assert_false(claim_same(&c.v[0], &d.v[1]));
		}
	/* order of members does not matter, order of elements does */
	{
		struct claim x = { .name = "n", .kind = CLAIM_JSON, .j = parsed(a, "{\"a\":1,\"b\":[2,3]}") };
		struct claim y = { .name = "n", .kind = CLAIM_JSON, .j = parsed(a, "{\"b\":[2,3],\"a\":1}") };
		struct claim z = { .name = "n", .kind = CLAIM_JSON, .j = parsed(a, "{\"b\":[3,2],\"a\":1}") };

		assert_true(claim_same(&x, &y));
		assert_false(claim_same(&x, &z));
	}
	arena_free(a);
}

/* The n-th block, and every byte limit: a clean failure. */
static void failing_memory(void **state)
{
	struct arena *kept = arena_new(ARENA);
	const struct json *j = parsed(kept, "{\"a\":[1,2,3],\"b\":\"text\",\"c\":{\"d\":[1]}}");

	(void)state;
	for (size_t n = 0; n < 16384; n += 16) {
		struct arena *a = arena_new(n);
		struct claims c = claims_make(a);
		struct att_error e = { 0 };

		if (!claims_from_json(&c, j, &e))
			assert_int_equal(e.code, ATT_E_LIMIT);
		else if (!claims_to_json(&c, a))
			assert_true(arena_hit_limit(a));
		else
			assert_true(n > 1000);
		arena_free(a);
	}
	for (size_t n = 0;; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct claims c = claims_make(a);
		struct att_error e = { 0 };
		bool ok = a && claims_from_json(&c, j, &e) && claims_to_json(&c, a);

		if (a && !ok)
			assert_int_equal(e.code, ATT_E_NOMEM);
		arena_free(a);
		if (ok)
			break;
	}
	arena_free(kept);
}

static void names_of_kinds(void **state)
{
	enum claim_issuer i;

	(void)state;
	assert_true(claim_issuer_find("CustomClaim", &i) && i == CLAIM_BY_CUSTOM);
	assert_false(claim_issuer_find("customclaim", &i));
	assert_string_equal(claim_issuer_name(CLAIM_BY_POLICY), "AttestationPolicy");
	assert_string_equal(claim_kind_name(CLAIM_JSON), "String");
	assert_string_equal(claim_kind_name(CLAIM_INT), "Integer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds), cmocka_unit_test(grows), cmocka_unit_test(to_json),
		    cmocka_unit_test(many_names),
		cmocka_unit_test(round_trip), cmocka_unit_test(from_entries), cmocka_unit_test(refuses),
		cmocka_unit_test(equality), cmocka_unit_test(failing_memory), cmocka_unit_test(names_of_kinds)
	};

	return cmocka_run_group_tests_name("claims/claims", tests, NULL, NULL);
}
