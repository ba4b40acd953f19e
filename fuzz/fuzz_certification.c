/*
 * Certification data of a quote whose other parts are zero; the first byte is its type.  Property: the quote
 * parses exactly when type and length go together; whatever the data holds, nothing is verified, since none
 * of it ends in a pinned root, and no key in it counts as authentic.
 */
#include <assert.h>

#include "lib/base/buf.h"
#include "lib/evidence/sgx/sgx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD "\3\0\2\0\0\0\0\0\0\0\0\0\x93\x9a\x72\x33\xf7\x9c\x4c\xa9\x94\x0a\x0d\xb3\x95\x7f\x06\x07"
#define SIGNATURE_LEN (2 * QUOTE_SIGNATURE_LEN + QUOTE_KEY_LEN + SGX_REPORT_LEN + 2)

static const struct { size_t min, max; } lengths[] = { { 1, 0 }, { 34, 36 }, { 276, 276 }, { 404, 404 },
	{ 1, PCK_CHAIN_TEXT_MAX }, { 1, PCK_CHAIN_TEXT_MAX } };

static struct rd quote_of(struct arena *a, uint8_t type, const uint8_t *data, size_t n)
{
	static const uint8_t zero[20 + SGX_REPORT_LEN + SIGNATURE_LEN];
	struct buf b = buf_make(a);

	buf_put(&b, HEAD, sizeof HEAD - 1);
	buf_put(&b, zero, 20 + SGX_REPORT_LEN);
	buf_le32(&b, (uint32_t)(SIGNATURE_LEN + 6 + n));
	buf_put(&b, zero, SIGNATURE_LEN);
	buf_put(&b, (uint8_t[]){ type, 0 }, 2);
	buf_le32_block(&b, data, n);
	return buf_ok(&b, NULL) ? rd_make(b.p, b.len) : rd_make(NULL, 0);
}

static void check_verify(struct arena *a, struct crypto *c, const struct sgx_evidence *ev)
{
	static const struct att_settings settings = { .tcb_accept = ~0u };
	struct trust t = { .crypto = c, .now_s = INT64_C(1780272000), .settings = &settings };
	struct checklist checks;
	struct evidence_outcome o = { .checks = &checks };
	assert(checklist_init(&checks, a, sgx_checks, SGX_NCHECKS, NULL) && sgx_verify(ev, &t, a, &o, NULL));
	assert((checklist_failed(&checks) || o.missing) && !o.facts && !o.simulated_anchor);
	for (size_t i = 0; i < o.nneeds; i++)
		assert(o.needs[i].key && !o.needs[i].is_authentic && !o.needs[i].is_there);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct crypto *c = crypto_new(NULL);
	uint8_t type = size ? data[0] : 0;
	size_t n = size ? size - 1 : 0;
	bool fits = type < 6 && lengths[type].min <= n && n <= lengths[type].max;
	struct sgx_evidence *ev = NULL;

	assert(a && c && sgx_quote_evidence(quote_of(a, type, data + (size > 0), n), a, &ev, NULL) == fits);
	if (fits)
		check_verify(a, c, ev);
	crypto_free(c);
	arena_free(a);
	return 0;
}
