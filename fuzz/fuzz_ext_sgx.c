/*
 * Property: what is read of the PCK extension does not depend on the bytes behind it, values are in
 * their ranges, and a failure has its error set and leaves the output alone.
 */
#include <assert.h>

#include "lib/x509/ext_sgx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ext_sgx x = { .type = 99 }, again = { .type = 99 };
	struct att_error e = { 0 };

	if (!ext_sgx_parse_value(rd_make(data, size), &x, &e)) {
		assert(e.code != ATT_E_OK && e.text[0] && x.type == 99);
		return 0;
	}
	assert(e.code == ATT_E_OK && x.type <= EXT_SGX_SCALABLE_INTEGRITY);
	assert(x.has_configuration || (!x.dynamic_platform && !x.cached_keys && !x.smt));
	assert(x.has_platform || bytes_zero(x.platform_instance, sizeof x.platform_instance));
	assert(!ext_sgx_parse_value(rd_make(data, size - 1), &again, &e) && again.type == 99);
	return 0;
}
