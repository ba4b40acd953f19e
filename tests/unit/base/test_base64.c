#include "tests/harness/check.h"

#include <string.h>

#include "lib/base/base64.h"

/* One input, what each kind makes of it (NULL = refused), and what the refusal says. */
static const struct row {
	const char *in;
	const char *as_url, *as_std, *as_lenient;
	const char *why;
} rows[] = {
	{ "", "", "", "", NULL },
	{ "Zg", "f", NULL, "f", "padding missing at offset 2" },
	{ "Zm8", "fo", NULL, "fo", "padding missing at offset 3" },
	{ "Zm9v", "foo", "foo", "foo", NULL },
	{ "Zm9vYg", "foob", NULL, "foob", "padding missing" },
	{ "Zg==", NULL, "f", "f", "padding not allowed at offset 2" },
	{ "Zm8=", NULL, "fo", "fo", "padding not allowed at offset 3" },
	{ "Zm9vYg==", NULL, "foob", "foob", "padding not allowed at offset 6" },
	/* alphabets */
	{ "-_-_", "\xfb\xff\xbf", NULL, "\xfb\xff\xbf", "0x2d at offset 0" },
	{ "+/+/", NULL, "\xfb\xff\xbf", "\xfb\xff\xbf", "0x2b at offset 0" },
	{ "-/+_", NULL, NULL, "\xfb\xff\xbf", "is not in the alphabet" },
	{ "Zm9v-_-_", "foo\xfb\xff\xbf", NULL, "foo\xfb\xff\xbf", "0x2d at offset 4" },
	{ "AA_", NULL, NULL, NULL, "" },                /* trailing bits */
	/* wrong padding */
	{ "=", NULL, NULL, NULL, "padding not allowed" },
	{ "====", NULL, NULL, NULL, "padding not allowed" },
	{ "Zg=", NULL, NULL, NULL, "padding not allowed" },
	{ "Zg===", NULL, NULL, NULL, "padding not allowed" },
	{ "Z===", NULL, NULL, NULL, "padding not allowed" },
	{ "Zm9v=", NULL, NULL, NULL, "padding not allowed" },
	{ "Zm9v==", NULL, NULL, NULL, "padding not allowed" },
	{ "Zm9v====", NULL, NULL, NULL, "padding not allowed" },
	{ "Zg==Zg==", NULL, NULL, NULL, "" },
	{ "Z=g=", NULL, NULL, NULL, "" },
	{ "=Zg=", NULL, NULL, NULL, "" },
	/* wrong lengths */
	{ "Z", NULL, NULL, NULL, "" },
	{ "A", NULL, NULL, NULL, "1 characters is no possible length" },
	{ "Zm9vY", NULL, NULL, NULL, "" },
	{ "Zm9vA", NULL, NULL, NULL, "5 characters is no possible length" },
	/* bits behind the last byte */
	{ "Zh", NULL, NULL, NULL, "" },
	{ "Zh==", NULL, NULL, NULL, "" },
	{ "Zm9=", NULL, NULL, NULL, "" },
	{ "Zm9", NULL, NULL, NULL, "" },
	/* white space and others */
	{ "Zm9v\n", NULL, NULL, NULL, "" },
	{ "Zm 9v", NULL, NULL, NULL, "" },
	{ " Zm9v", NULL, NULL, NULL, "" },
	{ "Zm9v Zm9", NULL, NULL, NULL, "0x20 at offset 4" },
	{ "Zm9\xc3", NULL, NULL, NULL, "0xc3 at offset 3" },
};

static void check_row(const struct row *r, enum b64_kind k, const char *want)
{
	struct att_error e = { 0 };
	size_t len = strlen(r->in), n = 99;
	uint8_t out[64];

	assert_true(b64_decoded_max(len) <= sizeof out);
	if (!want) {
		CHECK_ERR(b64_decode(k, r->in, len, out, &n, &e), &e, ATT_E_BAD_ENCODING, "base64: ");
		assert_int_equal(n, 99);
		return;
	}
	CHECK_OK(b64_decode(k, r->in, len, out, &n, &e), &e);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(out, want, n);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		check_row(&rows[i], B64_URL, rows[i].as_url);
		check_row(&rows[i], B64_STD, rows[i].as_std);
		check_row(&rows[i], B64_LENIENT, rows[i].as_lenient);
	}
}

/* Each refusal with a text says it for at least one kind. */
static void test_reasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool said = !rows[i].why;
		for (int k = B64_URL; k <= B64_LENIENT && !said; k++) {
			struct att_error e = { 0 };
			uint8_t out[64];
			size_t n;
			said = !b64_decode((enum b64_kind)k, rows[i].in, strlen(rows[i].in), out, &n, &e) &&
			    strstr(e.text, rows[i].why);
		}
		if (!said)
			fail_msg("row %zu \"%s\": nobody says \"%s\"", i, rows[i].in, rows[i].why);
	}
}

/* Every byte value in each place of a full group and of both tails. */
static void test_every_byte(void **state)
{
	static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	static const char *const extra[] = { [B64_URL] = "-_", [B64_STD] = "+/", [B64_LENIENT] = "-_+/" };
	struct att_error e = { 0 };
	uint8_t out[16];
	size_t n;

	(void)state;
	for (int k = B64_URL; k <= B64_LENIENT; k++)
		for (unsigned c = 0; c < 256; c++)
			for (size_t at = 0; at < 8; at++) {
				char text[] = "AAAAAAAA";
				bool legal = c && (strchr(alnum, (int)c) || strchr(extra[k], (int)c));
				bool pad = c == '=' && at == 7 && k != B64_URL;
				text[at] = (char)c;
				att_error_clear(&e);
				if (b64_decode((enum b64_kind)k, text, 8, out, &n, &e) != (legal || pad))
					fail_msg("kind %d byte 0x%02x at %zu", k, c, at);
			}
}

static void test_round_trip(void **state)
{
	struct arena *a = arena_new((size_t)1 << 22);
	struct att_error e = { 0 };
	uint8_t in[130], *back;

	(void)state;
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)(i * 89 + 7);
	for (int k = B64_URL; k <= B64_LENIENT; k++)
		for (size_t n = 0; n <= sizeof in; n++) {
			char *text = b64_encode_arena((enum b64_kind)k, a, in, n);
			size_t got;
			assert_non_null(text);
			assert_int_equal(strlen(text), b64_encoded_len((enum b64_kind)k, n));
			CHECK_OK(b64_decode_arena((enum b64_kind)k, a, text, strlen(text), &back,
			    &got, &e), &e);
			assert_non_null(back);
			assert_int_equal(got, n);
			assert_memory_equal(back, in, n);
		}
	arena_free(a);
}

/* RFC 4648 section 10, and the two characters that differ. */
static void test_known_texts(void **state)
{
	char out[16];

	(void)state;
	b64_encode(B64_STD, "foobar", 6, out);
	assert_string_equal(out, "Zm9vYmFy");
	b64_encode(B64_STD, "fooba", 5, out);
	assert_string_equal(out, "Zm9vYmE=");
	b64_encode(B64_STD, "f", 1, out);
	assert_string_equal(out, "Zg==");
	b64_encode(B64_URL, "f", 1, out);
	assert_string_equal(out, "Zg");
	b64_encode(B64_STD, "\xfb\xff\xbf", 3, out);
	assert_string_equal(out, "+/+/");
	b64_encode(B64_URL, "\xfb\xff\xbf", 3, out);
	assert_string_equal(out, "-_-_");
	b64_encode(B64_URL, NULL, 0, out);
	assert_string_equal(out, "");
}

static void test_source_fails(void **state)
{
	struct failing f;
	struct arena *a = arena_failing(&f, 1);
	struct att_error e = { 0 };
	uint8_t *out;
	size_t n;

	(void)state;
	CHECK_ERR(b64_decode_arena(B64_URL, a, "AAAA", 4, &out, &n, &e), &e, ATT_E_NOMEM, "");
	assert_null(b64_encode_arena(B64_URL, a, "x", 1));
	arena_free(a);
	a = arena_new(100);
	CHECK_ERR(b64_decode_arena(B64_URL, a, "AA-+", 4, &out, &n, &e), &e, ATT_E_BAD_ENCODING, "0x2b");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_known_texts),
		cmocka_unit_test(test_source_fails),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
