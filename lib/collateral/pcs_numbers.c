#include "lib/collateral/pcs_numbers.h"

#include "lib/collateral/pcs_fields.h"

#define NUMBERS_VERSION 1

static bool numbers(const struct json *o, struct arena *a, struct pcs_numbers *t, struct att_error *e)
{
	const struct json *list, *v;
	struct pcs_number *out;
	size_t n = 0;

	if (!field_array(o, "tcbEvalNumbers", 1, PCS_NUMBERS_MAX, &list, e))
		return false;
	out = arena_array(a, list->len, sizeof *out);
	if (!out)
		return arena_fail(a, e);
	for (v = list->child; v; v = v->next, n++)
		if (!field_uint(v, "tcbEvaluationDataNumber", UINT32_MAX, &out[n].evaluation, e) ||
		    !field_time(v, "tcbRecoveryEventDate", &out[n].recovery_s, e) ||
		    !field_time(v, "tcbDate", &out[n].date_s, e))
			return att_within(e, "tcbEvalNumbers[%zu]", n);
	t->numbers = out;
	t->nnumbers = n;
	return true;
}

bool pcs_numbers_parse(struct rd body, struct arena *a, struct pcs_numbers **out, struct att_error *e)
{
	struct pcs_numbers *t = arena_alloc(a, sizeof *t);
	uint32_t version;
	struct json *o;

	if (!t)
		return arena_fail(a, e);
	if (!pcs_body_parse(body, a, &o, e) || !field_tee(o, &t->tee, e) ||
	    !field_uint(o, "version", UINT32_MAX, &version, e))
		return att_within(e, "tcbEvaluationDataNumbers");
	if (version != NUMBERS_VERSION)
		return att_fail(e, ATT_E_BAD_FORMAT, "tcbEvaluationDataNumbers: version: %u, want %d",
		    version, NUMBERS_VERSION);
	if (!field_period(o, &t->issue_date_s, &t->next_update_s, e) || !numbers(o, a, t, e))
		return att_within(e, "tcbEvaluationDataNumbers");
	*out = t;
	return true;
}
