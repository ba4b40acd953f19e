/* AlgorithmIdentifiers: exactly the ones of enum sig_alg, written and read. */
#include <string.h>

#include "lib/base/hex.h"
#include "lib/x509/parts.h"
#include "tests/harness/check.h"

#define RSA "06092a864886f70d0101"
#define PSS RSA "0a"
#define HASH(x) "300d0609608648016503040" "2" x "0500"
#define HASH_BARE(x) "300b0609608648016503040" "2" x
#define MGF1 "06092a864886f70d010108"
#define H384 "a00f" HASH("02")
#define M384 "a11c301a" MGF1 HASH("02")
#define S48 "a203020130"

static const struct { const char *hex; bool ok; enum sig_alg alg; } rows[] = {
	{ RSA "0b0500", true, SIG_RSA_PKCS1_SHA256 },
	{ RSA "0b", true, SIG_RSA_PKCS1_SHA256 },
	{ RSA "0c0500", true, SIG_RSA_PKCS1_SHA384 },
	{ RSA "0d0500", true, SIG_RSA_PKCS1_SHA512 },
	{ RSA "0b050100", false, 0 },
	{ RSA "0b05000500", false, 0 },
	{ RSA "0b3000", false, 0 },
	{ RSA "050500", false, 0 }, /* SHA-1 */
	{ RSA "040500", false, 0 }, /* MD5 */
	{ RSA "010500", false, 0 },
	{ "06082a8648ce3d040302", true, SIG_ECDSA_P256_SHA256 },
	{ "06082a8648ce3d040303", true, SIG_ECDSA_P384_SHA384 },
	{ "06082a8648ce3d040304", true, SIG_ECDSA_P521_SHA512 },
	{ "06082a8648ce3d0403020500", false, 0 },
	{ "06072a8648ce3d0401", false, 0 }, /* ECDSA with SHA-1 */
	{ "06032b6570", false, 0 }, /* Ed25519 */
	{ "", false, 0 },
	{ "0500", false, 0 },
	/* RSASSA-PSS: AMD's two forms, then one thing wrong at a time */
	{ PSS "3034" H384 M384 S48 "a303020101", false, 0 }, /* wrong length of the whole */
	{ PSS "3037" H384 M384 S48 "a303020101", false, 0 },
	{ PSS "3034" H384 M384 S48, true, SIG_RSA_PSS_SHA384 },
	{ PSS "3039" H384 M384 S48 "a303020101", true, SIG_RSA_PSS_SHA384 },
	{ PSS "3030" "a00d" HASH_BARE("02") "a11a3018" MGF1 HASH_BARE("02") S48, true, SIG_RSA_PSS_SHA384 },
	{ PSS "3034" "a00f" HASH("01") "a11c301a" MGF1 HASH("01") "a203020120", true, SIG_RSA_PSS_SHA256 },
	{ PSS "3034" "a00f" HASH("03") "a11c301a" MGF1 HASH("03") "a203020140", true, SIG_RSA_PSS_SHA512 },
	{ PSS "3039" H384 M384 S48 "a303020102", false, 0 },
	{ PSS "3039" H384 M384 S48 "a303020100", false, 0 },
	{ PSS "303b" H384 M384 S48 "a3050201010500", false, 0 },
	{ PSS "3036" H384 M384 S48 "0500", false, 0 },
	{ PSS "303b" H384 M384 S48 "a3030201010500", false, 0 },
	{ PSS "3034" H384 M384 S48 "0500", false, 0 },
	{ PSS "3034" H384 M384 "a203020120", false, 0 },
	{ PSS "302f" H384 M384, false, 0 },
	{ PSS "3036" H384 M384 "a2050201300500", false, 0 },
	{ PSS "3035" H384 M384 "a20402020030", false, 0 },
	{ PSS "3034" H384 "a11c301a" MGF1 HASH("01") S48, false, 0 },
	{ PSS "3034" "a00f" HASH("01") M384 S48, false, 0 },
	{ PSS "3034" "a00f" HASH("04") "a11c301a" MGF1 HASH("04") S48, false, 0 }, /* SHA-224 */
	{ PSS "3034" M384 H384 S48, false, 0 },
	{ PSS "3023" M384 S48, false, 0 },
	{ PSS "3016" H384 S48, false, 0 },
	{ PSS "3000", false, 0 },
	{ PSS "0500", false, 0 },
	{ PSS, false, 0 },
	{ PSS "3036" "a011" HASH("02") "0500" M384 S48, false, 0 },
	{ PSS "3036" H384 "a11e301a" MGF1 HASH("02") "0500" S48, false, 0 },
};

static void identifiers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t der[256];
		size_t n = strlen(rows[i].hex) / 2;
		enum sig_alg alg = SIG_ECDSA_P521_SHA512;
		assert_true(hex_decode(rows[i].hex, 2 * n, der, n, NULL));
		if (alg_parse(rd_make(der, n), &alg) != rows[i].ok)
			fail_msg("row %zu: %s", i, rows[i].hex);
		if (rows[i].ok)
			assert_int_equal(alg, rows[i].alg);
	}
}

static void written_and_read(void **state)
{
	(void)state;
	for (enum sig_alg alg = 0; alg <= SIG_ECDSA_P521_SHA512; alg++) {
		struct arena *a = arena_new((size_t)1 << 20);
		struct buf b = buf_make(a);
		enum sig_alg found;
		struct rd r, in;

		alg_put(&b, alg);
		assert_true(buf_ok(&b, NULL));
		r = rd_make(b.p, b.len);
		assert_true(der_take(&r, DER_SEQUENCE, &in) && rd_empty(&r) && alg_parse(in, &found));
		assert_int_equal(found, alg);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identifiers),
		cmocka_unit_test(written_and_read),
	};
	return cmocka_run_group_tests_name("x509/signed", tests, NULL, NULL);
}
