#include "lib/evidence/sgx/sgx.h"

/* A quote of another kind is read as far as it goes: the check sgx.quote.tee names it. */
static bool parse_report(struct sgx_evidence *t, struct att_error *e)
{
	return t->quote.body_type != QUOTE_BODY_SGX || sgx_report_parse(t->quote.body, &t->report, e);
}

bool sgx_quote_evidence(struct rd in, struct arena *a, struct sgx_evidence **out, struct att_error *e)
{
	struct sgx_evidence *t = arena_alloc(a, sizeof *t);

	if (!t)
		return arena_fail(a, e);
	t->whole = in;
	if (!quote_parse(in, QUOTE_TAIL_ZERO, &t->quote, e) || !parse_report(t, e))
		return false;
	*out = t;
	return true;
}

bool sgx_oe_evidence(struct rd in, struct arena *a, struct sgx_evidence **out, struct att_error *e)
{
	struct sgx_evidence *t = arena_alloc(a, sizeof *t);
	struct oe_evidence oe;

	if (!t)
		return arena_fail(a, e);
	t->whole = in;
	if (!oe_header_parse(in, &oe, e) ||
	    !quote_parse(oe.quote, oe.has_claims ? QUOTE_TAIL_OTHER : QUOTE_TAIL_ZERO, &t->quote, e) ||
	    !parse_report(t, e))
		return false;
	t->has_claims = oe.has_claims;
	t->claims = oe.quote;
	if (!rd_skip(&t->claims, t->quote.quote_len))
		return att_fail(e, ATT_E_INTERNAL, "quote: length");
	if (rd_left(&t->claims) > OE_CLAIMS_MAX)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "Open Enclave evidence: %zu bytes of custom claims, at most %zu",
		    rd_left(&t->claims), OE_CLAIMS_MAX);
	*out = t;
	return true;
}
