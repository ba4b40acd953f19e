/* server/http/router.c and deadline.c. */
#include "tests/harness/check.h"

#include "server/http/deadline.h"
#include "server/http/router.h"

static void test_routes(void **state)
{
	static const struct { const char *pattern, *path, *param; } rows[] = {
		{ "/certs", "/certs", "" },
		{ "/certs", "/CERTS", "" },
		{ "/certs", "/certs/", NULL },
		{ "/certs", "/cert", NULL },
		{ "/certs", "/certsx", NULL },
		{ "/certs", "", NULL },
		{ "/certs", "certs", NULL },
		{ "/certs", "//certs", NULL },
		{ "/attest/{type}", "/Attest/SevSnpVm", "SevSnpVm" },
		{ "/attest/{type}", "/attest/", NULL },
		{ "/attest/{type}", "/attest/a:b", NULL },
		{ "/policies/{type}:reset", "/policies/Tpm:RESET", "Tpm" },
		{ "/policies/{type}:reset", "/policies/:reset", NULL },
		{ "/policies/{type}:reset", "/policies/Tpm", NULL },
		{ "/policies/{type}:reset", "/policies/a:b:reset", NULL },
		{ "/policies/{type}:reset", "/policies/Tpm:reset/x", NULL },
		{ "/policies/{type}/history/{n}", "/policies/Tpm/history/7", "Tpm" },
		{ "/policies/{type}/history/{n}", "/policies/Tpm/history/", NULL },
		{ "/certificates:add", "/Certificates:Add", "" },
		{ "/attest/{type}", "/attest", NULL },
		{ "/attest/{type}", "/attest/a/b", NULL },
		{ "/attest/{type}",
		  "/attest/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
		{ "/attest/{type}",
		  "/attest/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct route_match m;
		bool matches = route_matches(rows[i].pattern, rows[i].path, &m);
		assert_int_equal(matches, rows[i].param != NULL);
		if (matches)
			assert_string_equal(m.param[0], rows[i].param);
	}
}

static void test_deadlines_in_order(void **state)
{
	struct deadlines list = { 0 };
	struct deadline d[4] = { 0 };

	(void)state;
	assert_int_equal(deadline_wait_ms(&list, 0), -1);
	assert_null(deadline_expired(&list, 1000));
	for (int i = 0; i < 4; i++)
		deadline_arm(&list, &d[i], 10 + i);
	assert_int_equal(deadline_wait_ms(&list, 3), 7);
	assert_int_equal(deadline_wait_ms(&list, 30), 0);
	deadline_arm(&list, &d[0], 20);                 /* again: moves to the end */
	deadline_disarm(&list, &d[2]);
	deadline_disarm(&list, &d[2]);
	assert_null(deadline_expired(&list, 10));
	assert_ptr_equal(deadline_expired(&list, 11), &d[1]);
	assert_ptr_equal(deadline_expired(&list, 100), &d[3]);
	assert_ptr_equal(deadline_expired(&list, 100), &d[0]);
	assert_null(deadline_expired(&list, 100));
	assert_null(list.first);
	assert_null(list.last);
}

static void test_a_shorter_allowance_overtakes(void **state)
{
	struct deadlines list = { 0 };
	struct deadline d[3] = { 0 };

	(void)state;
	deadline_arm(&list, &d[0], 100);
	deadline_arm(&list, &d[1], 200);
	deadline_arm(&list, &d[2], 50);
	assert_ptr_equal(deadline_expired(&list, 60), &d[2]);
	assert_ptr_equal(list.first, &d[0]);
	assert_ptr_equal(list.last, &d[1]);
	deadline_arm(&list, &d[2], 150);
	assert_ptr_equal(deadline_expired(&list, 500), &d[0]);
	assert_ptr_equal(deadline_expired(&list, 500), &d[2]);
	assert_ptr_equal(deadline_expired(&list, 500), &d[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_deadlines_in_order),
		cmocka_unit_test(test_a_shorter_allowance_overtakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
