/*
 * fuzz_request.c - a whole appraisal of an arbitrary request body.  Properties: an unreadable
 * request has an error; a verdict other than permitted has a reason; without a trusted root nothing
 * is ever permitted; the memory limit holds.
 */
#include <assert.h>
#include <string.h>

#include "libattest/attest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct att_ctx *ctx;
	struct att_settings settings;
	struct att_request req = { .type = size % 2 ? "SevSnpVm" : NULL, .body = { data, size },
		.body_is_json_only = size % 3 == 0, .now_s = 1764000000, .settings = &settings };
	struct att_result *r = NULL;
	struct att_error e = { 0 };

	att_settings_default(&settings);
	settings.memory_limit = (size_t)16 << 20;
	settings.allow = size % 5 == 0 ? ATT_ALLOW_VLEK | ATT_ALLOW_MASKED_CHIP_ID : 0;
	if (!ctx)
		ctx = att_ctx_new(&e);
	assert(ctx);
	if (!att_appraise(ctx, &req, &r, &e)) {
		assert(e.code != ATT_E_OK && e.text[0]);
		return 0;
	}
	assert(e.code == ATT_E_OK && r->verdict != ATT_PERMITTED && r->error.code != ATT_E_OK &&
	    r->error.text[0]);
	assert(!r->token_json && r->memory_used <= settings.memory_limit);
	att_result_free(r);
	return 0;
}
