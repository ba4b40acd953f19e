#include "lib/evidence/format.h"

#include <string.h>

#include "tests/harness/check.h"

static void names_are_found_in_any_case(void **state)
{
	(void)state;
	assert_ptr_equal(format_find("SevSnpVm"), &snp_format);
	assert_ptr_equal(format_find("sevsnpvm"), &snp_format);
	assert_null(format_find("SevSnpVm2"));
	assert_null(format_find(""));
}

static void every_format_is_complete(void **state)
{
	size_t n = 0;
	const struct evidence_format *f;

	(void)state;
	for (; (f = format_at(n)); n++) {
		assert_true(f->name && f->attestation_type && f->default_policy && f->member);
		assert_true(f->recognise && f->parse && f->verify && f->claims && f->strict_policy);
		assert_true(f->nchecks > 0 && f->form_check < f->nchecks);
		assert_ptr_equal(format_find(f->name), f);
	}
	assert_true(n > 0);
	assert_null(format_at(n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_in_any_case),
		cmocka_unit_test(every_format_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
