/* Against a state that another implementation sealed, and with every byte damaged. */
#include <string.h>

#include "lib/base/hex.h"
#include "lib/base/rd.h"
#include "lib/crypto/seal.h"
#include "tests/harness/check.h"

static const uint8_t key[SEAL_KEY] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
	20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };
static struct att_error e;

static struct rd text(const char *s)
{
	return rd_make(s, strlen(s));
}

/* Made with Python: AES-GCM of `cryptography`, salt 100..115, nonce 200..211. */
static void opens_what_another_sealed(void **state)
{
	static const char sealed[] = "016465666768696a6b6c6d6e6f70717273c8c9cacbcccdcecfd0d1d2d3"
				     "d3643396f61f240e98f1efd2833ffaa4dd6c28daab0f06942068f822b6";
	uint8_t bytes[sizeof sealed / 2], out[64];
	size_t n = 0;

	(void)state;
	assert_true(hex_decode(sealed, strlen(sealed), bytes, sizeof bytes, &e));
	CHECK_OK(seal_open(key, text("binding"), rd_make(bytes, sizeof bytes), out, &n, &e), &e);
	assert_int_equal(n, strlen("a small state"));
	assert_memory_equal(out, "a small state", n);
}

static void opens_what_it_sealed(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 4096 };
	static uint8_t plain[4096], sealed[4096 + SEAL_OVERHEAD], out[4096];
	size_t n;

	(void)state;
	memset(plain, 'x', sizeof plain);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct rd in = rd_make(plain, sizes[i]);

		CHECK_OK(seal_close(key, text("for"), in, sealed, &e), &e);
		CHECK_OK(seal_open(key, text("for"), rd_make(sealed, sizes[i] + SEAL_OVERHEAD), out, &n, &e),
		    &e);
		assert_int_equal(n, sizes[i]);
		assert_memory_equal(out, plain, n);
	}
	CHECK_OK(seal_close(key, text(""), rd_make(plain, 1), sealed, &e), &e);
	CHECK_OK(seal_open(key, text(""), rd_make(sealed, 1 + SEAL_OVERHEAD), out, &n, &e), &e);
}

static void is_bound_to_key_and_binding(void **state)
{
	uint8_t other[SEAL_KEY], sealed[5 + SEAL_OVERHEAD] = { 0 }, out[8];
	struct rd s = rd_make(sealed, sizeof sealed);
	size_t n;

	(void)state;
	memcpy(other, key, sizeof other);
	other[31] ^= 1;
	CHECK_OK(seal_close(key, text("\1default"), text("state"), sealed, &e), &e);
	CHECK_ERR(seal_open(other, text("\1default"), s, out, &n, &e), &e, ATT_E_NOT_AUTHENTIC, "purpose");
	CHECK_ERR(seal_open(key, text("\2default"), s, out, &n, &e), &e, ATT_E_NOT_AUTHENTIC, "purpose");
	CHECK_ERR(seal_open(key, text("\1other"), s, out, &n, &e), &e, ATT_E_NOT_AUTHENTIC, "purpose");
	CHECK_ERR(seal_open(key, text(""), s, out, &n, &e), &e, ATT_E_NOT_AUTHENTIC, "purpose");
}

static void every_byte_counts(void **state)
{
	uint8_t sealed[5 + SEAL_OVERHEAD], out[5];
	size_t n;

	(void)state;
	CHECK_OK(seal_close(key, text("b"), text("state"), sealed, &e), &e);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 0x80;
		memset(out, 0, sizeof out);
		CHECK_ERR(seal_open(key, text("b"), rd_make(sealed, sizeof sealed), out, &n, &e), &e,
		    i == 0 ? ATT_E_BAD_FORMAT : ATT_E_NOT_AUTHENTIC, "sealed state");
		assert_memory_equal(out, "\0\0\0\0\0", 5);
		sealed[i] ^= 0x80;
	}
	for (size_t i = 0; i < sizeof sealed; i++)
		CHECK_ERR(seal_open(key, text("b"), rd_make(sealed, i), out, &n, &e), &e,
		    i < SEAL_OVERHEAD ? ATT_E_BAD_FORMAT : ATT_E_NOT_AUTHENTIC, "sealed state");
}

static void never_the_same_twice(void **state)
{
	uint8_t a[SEAL_OVERHEAD + 1], b[SEAL_OVERHEAD + 1];

	(void)state;
	CHECK_OK(seal_close(key, text("b"), text("s"), a, &e), &e);
	CHECK_OK(seal_close(key, text("b"), text("s"), b, &e), &e);
	assert_memory_not_equal(a + 1, b + 1, 16);
	assert_memory_not_equal(a + 17, b + 17, 12);
	assert_memory_not_equal(a + 30, b + 30, 16);
}

static void sizes_are_limited(void **state)
{
	static uint8_t much[SEAL_MAX + 1 + SEAL_OVERHEAD];
	uint8_t out[1];
	size_t n;

	(void)state;
	CHECK_ERR(seal_close(key, text("b"), rd_make(much, SEAL_MAX + 1), much, &e), &e, ATT_E_LIMIT,
	    "at most");
	CHECK_ERR(seal_open(key, text("b"), rd_make(much, sizeof much), out, &n, &e), &e, ATT_E_BAD_FORMAT,
	    "bytes, want");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_what_another_sealed),
		cmocka_unit_test(opens_what_it_sealed),
		cmocka_unit_test(is_bound_to_key_and_binding),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(never_the_same_twice),
		cmocka_unit_test(sizes_are_limited),
	};

	return cmocka_run_group_tests_name("crypto/seal", tests, NULL, NULL);
}
