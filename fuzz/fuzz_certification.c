/*
 * Certification data of a quote whose other parts are fixed: the first byte is the type, the rest the
 * data.  Property: the quote parses exactly when type and length go together, and gives the data
 * back; whatever certificates it holds, nothing is verified, since none of ours ends in a pinned
 * root, and no key in it counts as authentic.
 */
#include <assert.h>

#include "lib/base/buf.h"
#include "lib/evidence/sgx/sgx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct { size_t min, max; } lengths[] = { { 1, 0 }, { 36, 36 }, { 276, 276 }, { 404, 404 },
	{ 1, PCK_CHAIN_TEXT_MAX }, { 1, PCK_CHAIN_TEXT_MAX } };

static void zeros(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_char(b, 0);
}

static struct rd quote_of(struct arena *a, uint8_t type, const uint8_t *data, size_t n)
{
	static const uint8_t vendor[] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d,
		0xb3, 0x95, 0x7f, 0x06, 0x07 };
	struct buf b = buf_make(a);

	buf_put(&b, "\3\0\2\0\0\0\0\0\0\0\0", 12);      /* version 3, key type 2, SGX */
	buf_put(&b, vendor, sizeof vendor);
	zeros(&b, 20 + SGX_REPORT_LEN);
	buf_le32(&b, (uint32_t)(2 * QUOTE_SIGNATURE_LEN + QUOTE_KEY_LEN + SGX_REPORT_LEN + 2 + 6 + n));
	zeros(&b, 2 * QUOTE_SIGNATURE_LEN + QUOTE_KEY_LEN + SGX_REPORT_LEN + 2);
	buf_put(&b, (uint8_t[]){ type, 0 }, 2);
	buf_le32_block(&b, data, n);
	assert(buf_ok(&b, NULL));
	return rd_make(b.p, b.len);
}

static void check_verify(struct arena *a, struct crypto *c, const struct sgx_evidence *ev)
{
	static const struct att_settings settings = { .tcb_accept = ~0u };
	struct trust t = { .crypto = c, .now_s = INT64_C(1780272000), .settings = &settings };
	struct checklist checks;
	struct evidence_outcome o = { .checks = &checks };

	assert(checklist_init(&checks, a, sgx_checks, SGX_NCHECKS, NULL));
	assert(sgx_verify(ev, &t, a, &o, NULL));
	assert((checklist_failed(&checks) || o.missing) && !o.facts && !o.simulated_anchor);
	for (size_t i = 0; i < o.nneeds; i++)
		assert(o.needs[i].kind && o.needs[i].key && !o.needs[i].is_authentic && !o.needs[i].is_there);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *c;
	struct arena *a = arena_new((size_t)64 << 20);
	uint8_t type = size ? data[0] : 0;
	size_t n = size ? size - 1 : 0;
	bool fits = type < sizeof lengths / sizeof lengths[0] && lengths[type].min <= n && n <= lengths[type].max;
	struct sgx_evidence *ev = NULL;
	struct rd quote;

	c = c ? c : crypto_new(NULL);
	assert(a && c);
	quote = quote_of(a, type, data + (size > 0), n);
	assert(sgx_quote_evidence(quote, a, &ev, NULL) == fits);
	if (fits) {
		const struct rd *got = &ev->quote.certification_data;
		assert((uint8_t)ev->quote.certification == type && rd_left(got) == n &&
		    bytes_order(rd_ptr(got), n, data + 1, n) == 0);
		check_verify(a, c, ev);
	}
	arena_free(a);
	return 0;
}
