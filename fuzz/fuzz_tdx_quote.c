/*
 * Property: a TD report is its bytes at the offsets of the specification; a failure has its error
 * set.  What parses can be described.
 */
#include <assert.h>

#include "lib/evidence/tdx/tdx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool at(const struct quote *q, size_t off, const void *field, size_t n)
{
	return bytes_equal(rd_ptr(&q->body) + off, field, n);
}

static void check_report(const struct tdx_evidence *ev)
{
	const struct td_report *r = &ev->report;
	const struct quote *q = &ev->quote;

	assert(at(q, 0, r->tee_tcb_svn, 16) && at(q, 16, r->mrseam, 48) && at(q, 64, r->mrsignerseam, 48));
	assert(at(q, 112, r->seam_attributes, 8) && at(q, 120, r->td_attributes, 8) &&
	    at(q, 128, r->xfam, 8));
	assert(at(q, 136, r->mrtd, 48) && at(q, 184, r->mrconfigid, 48) && at(q, 232, r->mrowner, 48));
	assert(at(q, 280, r->mrownerconfig, 48) && at(q, 328, r->rtmr, 192) &&
	    at(q, 520, r->report_data, 64));
	assert(r->has_15 == (q->body_type >= QUOTE_BODY_TD_15));
	assert(!r->has_15 || (at(q, 584, r->tee_tcb_svn_2, 16) && at(q, 600, r->mrservicetd, 48)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)4 << 20);
	struct tdx_evidence *ev = NULL;
	struct att_error e = { 0 };
	struct json *out;

	if (!a)
		return 0;
	if (!tdx_evidence_parse(rd_make(data, size), a, &ev, &e))
		assert(e.code != ATT_E_OK && e.text[0] && !ev);
	else {
		assert(e.code == ATT_E_OK);
		if (ev->quote.header.tee == QUOTE_TEE_TDX)
			check_report(ev);
		assert(tdx_describe(ev, a, &out, &e));
	}
	arena_free(a);
	return 0;
}
