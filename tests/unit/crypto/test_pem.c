/* The PEM scanner: line ends, order, limits, and blocks that are not closed. */
#include <string.h>

#include "lib/crypto/pem.h"
#include "tests/harness/check.h"

#define B "-----BEGIN THING-----"
#define E "-----END THING-----"

static bool next(struct rd *r, struct secret *out, bool *found, struct att_error *e)
{
	return pem_next(r, "THING", 16, out, found, e);
}

static void blocks_one_after_another(void **state)
{
	static const char text[] = "hello\n" B "\nYWJj\n" E "\ntext\r\n" B "\r\nZGVm\r\nZ2hp\r\n" E "\r\n\n" B
	    "\nYQ==\n" E;
	struct rd r = rd_make(text, strlen(text));
	struct secret out = { 0 };
	struct att_error e = { 0 };
	bool found;

	(void)state;
	CHECK_OK(next(&r, &out, &found, &e), &e);
	assert_true(found && secret_equal(&out, "abc", 3));
	CHECK_OK(next(&r, &out, &found, &e), &e);
	assert_true(found && secret_equal(&out, "defghi", 6));
	CHECK_OK(next(&r, &out, &found, &e), &e);
	assert_true(found && secret_equal(&out, "a", 1));
	CHECK_OK(next(&r, &out, &found, &e), &e);
	assert_false(found);
	secret_clear(&out);
}

static void malformed_blocks(void **state)
{
	static const struct { const char *text; enum att_err code; const char *want; } rows[] = {
		{ B "\nYWJj\n", ATT_E_BAD_FORMAT, "offset 22: the THING block has no end" },
		{ B, ATT_E_BAD_FORMAT, "has no end" },
		{ B "\nYWJj\n-----END OTHER-----\n", ATT_E_BAD_FORMAT,
		  "offset 27: the THING block is not closed" },
		{ B "\nYWJj\n" B "\nYWJj\n" E "\n", ATT_E_BAD_FORMAT,
		  "offset 27: the THING block is not closed" },
		{ "x\n-----BEGIN OTHER-----\nYWJj\n-----END OTHER-----\n", ATT_E_BAD_FORMAT,
		  "offset 2: a BEGIN or END" },
		{ E "\n", ATT_E_BAD_FORMAT, "offset 0: a BEGIN or END" },
		{ " " B "\nYWJj\n" E "\n", ATT_E_BAD_FORMAT, "offset 0: a BEGIN or END" },
		{ B " \nYWJj\n" E "\n", ATT_E_BAD_FORMAT, "offset 0: a BEGIN or END" },
		{ B "YWJj" E, ATT_E_BAD_FORMAT, "offset 0: a BEGIN or END" },
		{ B "\n" E "\n", ATT_E_BAD_FORMAT, "offset 22: THING: 0 bytes" },
		{ B "\nYWJ\n" E "\n", ATT_E_BAD_ENCODING, "offset 22: THING" },
		{ B "\nYW Jj\n" E "\n", ATT_E_BAD_ENCODING, "offset 22: THING" },
		{ B "\nYWJj \n" E "\n", ATT_E_BAD_ENCODING, "offset 22: THING" },
		{ B "\nYQ==\nYQ==\n" E "\n", ATT_E_BAD_ENCODING, "offset 22: THING" },
		{ B "\nProc-Type: 4,ENCRYPTED\n\nYWJj\n" E "\n", ATT_E_BAD_ENCODING, "offset 22: THING" },
		{ B "\nYWJj\n" E "-\n", ATT_E_BAD_FORMAT, "is not closed" },
		{ B "\nYWJj\n" E B "\n", ATT_E_BAD_FORMAT, "is not closed" },
	};
	struct secret out = { 0 };
	struct att_error e = { 0 };
	bool found;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd r = rd_make(rows[i].text, strlen(rows[i].text));
		CHECK_ERR(next(&r, &out, &found, &e), &e, rows[i].code, rows[i].want);
		assert_null(out.p);
	}
}

static void size_limit(void **state)
{
	static const char at[] = B "\nMDEyMzQ1Njc4OWFiY2RlZg==\n" E "\n";        /* 16 bytes */
	static const char over[] = B "\nMDEyMzQ1Njc4OWFiY2RlZmc=\n" E "\n";      /* 17 */
	static const char more[] = B "\nMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n" E "\n";
	struct secret out = { 0 };
	struct att_error e = { 0 };
	struct rd r = rd_make(at, strlen(at));
	bool found;

	(void)state;
	CHECK_OK(next(&r, &out, &found, &e), &e);
	assert_int_equal(out.len, 16);
	r = rd_make(over, strlen(over));
	CHECK_ERR(next(&r, &out, &found, &e), &e, ATT_E_LIMIT, "THING");
	r = rd_make(more, strlen(more));
	CHECK_ERR(next(&r, &out, &found, &e), &e, ATT_E_LIMIT, "at most 16");
	secret_clear(&out);
}

static void nothing_at_all(void **state)
{
	struct secret out = { 0 };
	struct att_error e = { 0 };
	struct rd r = rd_make("", 0);
	bool found = true;

	(void)state;
	CHECK_OK(next(&r, &out, &found, &e), &e);
	assert_false(found);
	r = rd_make("\0\n\r\n-----\n--", 11);
	CHECK_OK(next(&r, &out, &found, &e), &e);
	assert_false(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_one_after_another),
		cmocka_unit_test(malformed_blocks),
		cmocka_unit_test(size_limit),
		cmocka_unit_test(nothing_at_all),
	};
	return cmocka_run_group_tests_name("crypto/pem", tests, NULL, NULL);
}
