#include "lib/evidence/tdx/tdx.h"

#define EXTENDED_LEN (TD_REPORT_15X_LEN - TD_REPORT_15_LEN)

/* spec: sgx-tdx §2.4 */
static bool read_10(struct rd *in, struct td_report *t)
{
	if (!rd_copy(in, t->tee_tcb_svn, sizeof t->tee_tcb_svn) ||
	    !rd_copy(in, t->mrseam, sizeof t->mrseam) ||
	    !rd_copy(in, t->mrsignerseam, sizeof t->mrsignerseam) ||
	    !rd_copy(in, t->seam_attributes, sizeof t->seam_attributes) ||
	    !rd_copy(in, t->td_attributes, sizeof t->td_attributes) ||
	    !rd_copy(in, t->xfam, sizeof t->xfam) ||
	    !rd_copy(in, t->mrtd, sizeof t->mrtd) ||
	    !rd_copy(in, t->mrconfigid, sizeof t->mrconfigid) ||
	    !rd_copy(in, t->mrowner, sizeof t->mrowner) ||
	    !rd_copy(in, t->mrownerconfig, sizeof t->mrownerconfig))
		return false;
	for (size_t i = 0; i < sizeof t->rtmr / sizeof t->rtmr[0]; i++)
		if (!rd_copy(in, t->rtmr[i], sizeof t->rtmr[i]))
			return false;
	return rd_copy(in, t->report_data, sizeof t->report_data);
}

static bool read_15(struct rd *in, struct td_report *t)
{
	return rd_copy(in, t->tee_tcb_svn_2, sizeof t->tee_tcb_svn_2) &&
	    rd_copy(in, t->mrservicetd, sizeof t->mrservicetd);
}

bool td_report_parse(struct rd in, enum quote_body type, struct td_report *out, struct att_error *e)
{
	struct td_report t = {
		.has_15 = type == QUOTE_BODY_TD_15 || type == QUOTE_BODY_TD_15X,
		.extended = type == QUOTE_BODY_TD_15X,
	};

	if (!read_10(&in, &t) || (t.has_15 && !read_15(&in, &t)) ||
	    (t.extended && !rd_skip(&in, EXTENDED_LEN)))
		return att_fail(e, ATT_E_TRUNCATED, "TD report: ends at offset %zu",
		    rd_off(&in) + rd_left(&in));
	if (!rd_empty(&in))
		return att_fail(e, ATT_E_BAD_FORMAT, "TD report: %zu bytes too many", rd_left(&in));
	*out = t;
	return true;
}

/* A quote of another kind is read as far as it goes: the check tdx.quote.tee names it. */
bool tdx_evidence_parse(struct rd in, struct arena *a, struct tdx_evidence **out, struct att_error *e)
{
	struct tdx_evidence *t = arena_alloc(a, sizeof *t);

	if (!t)
		return arena_fail(a, e);
	if (!quote_parse(in, QUOTE_TAIL_ZERO, &t->quote, e))
		return false;
	if (t->quote.body_type != QUOTE_BODY_SGX &&
	    !td_report_parse(t->quote.body, t->quote.body_type, &t->report, e))
		return false;
	*out = t;
	return true;
}
