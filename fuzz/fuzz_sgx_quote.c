/*
 * Property: the parts of a quote lie in it, one behind the other, and their lengths add up to what
 * is said to be the quote; a failure has its error set and leaves the output alone.  The same bytes
 * as Open Enclave's evidence hold a quote that parses alone.
 */
#include <assert.h>

#include "lib/evidence/sgx/sgx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t length(const struct quote *q)
{
	size_t outer = q->header.version > 3 ? 6 : 0;

	return rd_left(&q->signed_bytes) + 4 + QUOTE_SIGNATURE_LEN + QUOTE_KEY_LEN + outer + SGX_REPORT_LEN +
	    QUOTE_SIGNATURE_LEN + 2 + rd_left(&q->qe_auth) + 6 + rd_left(&q->certification_data);
}

static void check_quote(const struct quote *q, const uint8_t *data, size_t size)
{
	const struct rd *parts[] = { &q->signature, &q->key, &q->qe_bytes, &q->qe_signature, &q->qe_auth,
		&q->certification_data };
	const uint8_t *at = data + rd_left(&q->signed_bytes);

	assert(rd_ptr(&q->signed_bytes) == data && q->quote_len <= size && q->quote_len == length(q));
	assert(rd_ptr(&q->body) + rd_left(&q->body) == at);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		assert(rd_ptr(parts[i]) >= at);
		at = rd_ptr(parts[i]) + rd_left(parts[i]);
	}
	assert(at == data + q->quote_len && bytes_zero(at, size - q->quote_len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct quote q = { .quote_len = 1 };
	struct oe_evidence oe = { .has_claims = true };
	struct att_error e = { 0 };

	if (quote_parse(rd_make(data, size), QUOTE_TAIL_ZERO, &q, &e)) {
		assert(e.code == ATT_E_OK);
		check_quote(&q, data, size);
	} else
		assert(e.code != ATT_E_OK && e.text[0] && q.quote_len == 1);
	att_error_clear(&e);
	if (oe_header_parse(rd_make(data, size), &oe, &e)) {
		assert(rd_left(&oe.quote) <= size - OE_REPORT_HEADER_LEN);
		assert(rd_ptr(&oe.quote) + rd_left(&oe.quote) == data + size);
	} else
		assert(e.code != ATT_E_OK && e.text[0] && oe.has_claims);
	return 0;
}
