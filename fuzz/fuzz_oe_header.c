/*
 * Open Enclave's headers.  Property: what is wrapped is the end of the input, behind a header of a
 * known length that says exactly how much follows; the same quote in a header written anew parses
 * to the same quote; a failure has its error set and leaves the output alone.  Evidence is its
 * quote and its claims, and nothing between or behind them.
 */
#include <assert.h>

#include "lib/base/buf.h"
#include "lib/evidence/sgx/sgx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(struct arena *a, const struct oe_evidence *oe)
{
	size_t n = rd_left(&oe->quote);
	struct buf b = buf_make(a);
	struct oe_evidence again;

	buf_put(&b, "\1\0\0\0\2\0\0\0", 8);        /* a report, remote */
	buf_le64(&b, n);
	buf_put(&b, rd_ptr(&oe->quote), n);
	assert(buf_ok(&b, NULL) && oe_header_parse(rd_make(b.p, b.len), &again, NULL));
	assert(!again.has_claims && rd_left(&again.quote) == n);
	assert(bytes_order(rd_ptr(&again.quote), n, rd_ptr(&oe->quote), n) == 0);
}

static void check_evidence(struct arena *a, const uint8_t *data, size_t size)
{
	struct sgx_evidence *ev = NULL;
	struct att_error e = { 0 };
	bool ok = sgx_oe_evidence(rd_make(data, size), a, &ev, &e);

	assert(ok == (e.code == ATT_E_OK) && ok == (ev != NULL));
	assert(!ok || rd_ptr(&ev->claims) + rd_left(&ev->claims) == data + size);
	assert(!ok || rd_ptr(&ev->quote.signed_bytes) + ev->quote.quote_len == rd_ptr(&ev->claims));
	assert(!ok || ev->has_claims || bytes_zero(rd_ptr(&ev->claims), rd_left(&ev->claims)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oe_evidence oe = { .has_claims = true };
	struct arena *a = arena_new((size_t)16 << 20);
	struct att_error e = { 0 };

	assert(a);
	if (oe_header_parse(rd_make(data, size), &oe, &e)) {
		size_t head = size - rd_left(&oe.quote);
		assert(e.code == ATT_E_OK && rd_ptr(&oe.quote) == data + head);
		assert(head == OE_REPORT_HEADER_LEN || head == OE_EVIDENCE_HEADER_LEN ||
		    head == OE_REPORT_HEADER_LEN + OE_EVIDENCE_HEADER_LEN);
		check_again(a, &oe);
	} else {
		assert(e.code != ATT_E_OK && e.text[0] && oe.has_claims && !rd_left(&oe.quote));
	}
	check_evidence(a, data, size);
	arena_free(a);
	return 0;
}
