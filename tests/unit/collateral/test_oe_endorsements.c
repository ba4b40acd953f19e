/* test_oe_endorsements.c - Open Enclave's binary endorsements, as a set and broken. */
#include <stdlib.h>

#include "lib/base/time.h"
#include "lib/collateral/oe_endorsements.h"
#include "tests/unit/collateral/kit.h"

#define RECORDED "sgx/oe-endorsements-v1.bin"
#define SAME "sgx/sgx-v3-00906ed50000.2022-04.collateral.json"
#define HEAD 16u

static struct crypto *crypto;
static struct att_error e;

static bool add(struct collateral_set *s, struct arena *a, const void *p, size_t n)
{
	att_error_clear(&e);
	CHECK_OK(collateral_set_init(s, a, crypto, &e), &e);
	return collateral_set_add(s, rd_make(p, n), 0, &e);
}

/* Each item of the set is in the other, byte for byte, and good at its time. */
static void test_the_recorded_ones_are_the_collateral(void **state)
{
	static const struct x509_bundle none;
	struct arena *a = arena_new((size_t)64 << 20);
	struct collateral_set binary, json;
	struct blob b, j;
	int64_t now;

	(void)state;
	need_vectors();
	b = vector_file(RECORDED);
	j = vector_file(SAME);
	CHECK_OK(time_parse_rfc3339("2022-05-01T00:00:00Z", 20, &now, &e), &e);
	CHECK_OK(add(&binary, a, b.p, b.n), &e);
	CHECK_OK(add(&json, a, j.p, j.n), &e);
	CHECK_OK(collateral_set_prove(&binary, &none, &e), &e);
	assert_int_equal(binary.nitems, 4);
	assert_int_equal(json.nitems, 4);
	for (size_t i = 0; i < binary.nitems; i++) {
		size_t found = 0;

		CHECK_OK(collateral_judge(&binary, binary.items[i], now, &e) == COLLATERAL_GOOD, &e);
		for (size_t k = 0; k < json.nitems; k++)
			found += bytes_equal(binary.items[i]->sha256, json.items[k]->sha256, 32);
		assert_int_equal(found, 1);
	}
	collateral_set_clear(&binary);
	collateral_set_clear(&json);
	blob_free(&b);
	blob_free(&j);
	arena_free(a);
}

/* Nine items of which only the layout is right. */
static const uint8_t frame[] = {
	1, 0, 0, 0, 2, 0, 0, 0, 45, 0, 0, 0, 9, 0, 0, 0,
	0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0,
	8, 0, 0, 0,
	'v', 't', 'T', 'p', 'r', 'c', 'q', 'Q', 'z',
};

static bool parse(const uint8_t *p, size_t n, struct oe_endorsements *out)
{
	att_error_clear(&e);
	return oe_endorsements_parse(rd_make(p, n), out, &e);
}

static void test_items_are_cut(void **state)
{
	struct oe_endorsements o;

	(void)state;
	CHECK_OK(parse(frame, sizeof frame, &o), &e);
	assert_int_equal(*rd_ptr(&o.tcb_info), 't');
	assert_int_equal(*rd_ptr(&o.tcb_info_chain), 'T');
	assert_int_equal(*rd_ptr(&o.pck_crl), 'p');
	assert_int_equal(*rd_ptr(&o.root_crl), 'r');
	assert_int_equal(*rd_ptr(&o.crl_chain), 'c');
	assert_int_equal(*rd_ptr(&o.qe_identity), 'q');
	assert_int_equal(*rd_ptr(&o.qe_identity_chain), 'Q');
	assert_int_equal(rd_left(&o.qe_identity_chain), 1);
}

static const struct { size_t at; uint8_t value; enum att_err code; const char *why; } breaks[] = {
	{ 0, 2, ATT_E_BAD_FORMAT, "no Open Enclave endorsements" },
	{ 4, 1, ATT_E_BAD_FORMAT, "no Open Enclave endorsements" },
	{ 12, 8, ATT_E_BAD_FORMAT, "no Open Enclave endorsements" },
	{ 12, 10, ATT_E_BAD_FORMAT, "no Open Enclave endorsements" },
	{ 8, 44, ATT_E_BAD_FORMAT, "45 bytes follow the header, want 44" },
	{ 8, 46, ATT_E_TRUNCATED, "45 bytes follow the header, want 46" },
	{ 11, 0x80, ATT_E_TRUNCATED, "45 bytes follow the header" },
	{ HEAD + 4, 3, ATT_E_BAD_FORMAT, "offset 1 is 3 and the item ends at 2" },
	{ HEAD + 7, 0xff, ATT_E_BAD_FORMAT, "offset 1 is" },
	{ HEAD + 32, 10, ATT_E_BAD_FORMAT, "offset 7 is 7 and the item ends at 10, of 9 bytes" },
	{ HEAD + 35, 0xff, ATT_E_BAD_FORMAT, "offset 7 is 7" },
};

static void test_break_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
		uint8_t bad[sizeof frame];
		struct oe_endorsements o;

		bytes_copy(bad, frame, sizeof frame);
		bad[breaks[i].at] = breaks[i].value;
		CHECK_ERR(parse(bad, sizeof bad, &o), &e, breaks[i].code, breaks[i].why);
	}
}

static void test_every_truncation(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof frame; n++) {
		uint8_t *exact = malloc(n ? n : 1);
		struct oe_endorsements o;

		assert_non_null(exact);
		bytes_copy(exact, frame, n);
		assert_false(parse(exact, n, &o));
		free(exact);
	}
}

/* What the items hold is read as it is everywhere else: the error names the item. */
static void test_a_bad_item_is_named(void **state)
{
	struct arena *a = arena_new((size_t)1 << 20);
	struct collateral_set s;

	(void)state;
	CHECK_ERR(add(&s, a, frame, sizeof frame), &e, ATT_E_BAD_JSON, "tcb-info");
	assert_int_equal(s.nitems, 0);
	collateral_set_clear(&s);
	arena_free(a);
}

static int setup(void **state)
{
	(void)state;
	crypto = crypto_new(&e);
	return crypto ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	crypto_free(crypto);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_recorded_ones_are_the_collateral),
		cmocka_unit_test(test_items_are_cut),
		cmocka_unit_test(test_break_list),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_a_bad_item_is_named),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
