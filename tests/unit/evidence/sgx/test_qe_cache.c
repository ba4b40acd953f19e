/*
 * An attestation key that a QE report vouched for is remembered by everything that made it so: no
 * other byte, key or certificate is believed because of it.
 */
#include <string.h>

#include "tests/unit/evidence/sgx/fix.h"

#define MADE "sgx/made-here/"
/* A quote of version 3. spec: sgx-tdx section 2.5 */
#define SIGNATURE 436
#define KEY 500
#define QE 564
#define QE_SIGNATURE 948
#define AUTH 1014
#define CERTIFICATION 1046 /* type and length, then data: behind 32 bytes of authentication data   \
			    */

static struct dfix f;
static struct blob good;

static const char *run(const void *p, size_t n)
{
	return dfix_run(&f, &sgx_format, p, n);
}

static void begin(const char *quote, const char *collateral)
{
	dfix_forget(&f);
	dfix_cache(&f);
	dfix_anchor(&f, MADE "test-root-ca.der");
	dfix_piece(&f, collateral);
	dfix_time(&f, "2026-06-01T00:00:00Z");
	blob_free(&good);
	good = vector_file(quote);
	assert_string_equal(run(good.p, good.n), "ok");
	assert_string_equal(run(good.p, good.n), "ok");
}

static void other_bytes_are_not_known(void **state)
{
	static const struct { size_t off; const char *check; } rows[] = {
		{ QE, "dcap.qe.signature" }, { QE + 383, "dcap.qe.signature" },
		{ QE_SIGNATURE, "dcap.qe.signature" }, { QE_SIGNATURE + 63, "dcap.qe.signature" },
		{ AUTH, "dcap.qe.binding" }, { AUTH + 31, "dcap.qe.binding" },
		{ KEY, "dcap.qe.binding" }, { KEY + 63, "dcap.qe.binding" },
		{ SIGNATURE, "dcap.quote.signature" }, { 48, "dcap.quote.signature" },
	};

	(void)state;
	need_vectors();
	begin(MADE "quotes/sgx-plat70-qe8.bin", MADE "collateral/sgx.json");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		good.p[rows[i].off] ^= 1;
		assert_string_equal(run(good.p, good.n), rows[i].check);
		assert_string_equal(run(good.p, good.n), rows[i].check);
		good.p[rows[i].off] ^= 1;
		assert_string_equal(run(good.p, good.n), "ok");
	}
}

/* The same QE report beside the certificate of another platform, whose key did not sign it. */
static void another_certificate_is_another_signer(void **state)
{
	struct blob other;
	static uint8_t quote[16384];
	size_t n;

	(void)state;
	need_vectors();
	begin(MADE "quotes/sgx-plat70-qe8.bin", MADE "collateral/sgx.json");
	other = vector_file(MADE "quotes/sgx-processor-ca.bin");
	n = other.n;
	assert_true(n <= sizeof quote);
	bytes_copy(quote, other.p, n);
	bytes_copy(quote, good.p, CERTIFICATION);
	bytes_copy(quote + 432, other.p + 432, 4);      /* length of the signature data */
	assert_string_equal(run(quote, n), "dcap.qe.signature");
	blob_free(&other);
}

static void a_cached_key_outlives_nothing(void **state)
{
	(void)state;
	need_vectors();
	begin(MADE "quotes/sgx-plat70-qe8.bin", MADE "collateral/sgx.json");
	dfix_time(&f, "2036-06-01T00:00:00Z");
	assert_string_equal(run(good.p, good.n), "dcap.pck.validity");
	dfix_time(&f, "2026-06-01T00:00:00Z");
	x509_bundle_clear(&f.anchors);
	assert_string_equal(run(good.p, good.n), "dcap.pck.root");
}

static int set_up(void **state)
{
	(void)state;
	dfix_init(&f);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	blob_free(&good);
	dfix_clear(&f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_bytes_are_not_known),
		cmocka_unit_test(another_certificate_is_another_signer),
		cmocka_unit_test(a_cached_key_outlives_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
