#include "lib/evidence/tdx/tdx.h"

#define EAT_PROFILE "https://aka.ms/maa-eat-profile-tdxvm"

enum kind { K_HEX, K_BIT };
struct row {
	const char *name;
	enum kind kind;
	size_t off, len;                /* in struct td_report; K_BIT: of TD_ATTRIBUTES */
	enum tdx_attribute bit;
	bool only_15;
};
#define FIELD(m) offsetof(struct td_report, m), sizeof(((struct td_report *)0)->m)
#define HEX(name, m) { name, K_HEX, FIELD(m), TDX_ATTR_DEBUG, false }
#define HEX_15(name, m) { name, K_HEX, FIELD(m), TDX_ATTR_DEBUG, true }
#define BIT(name, bit) { name, K_BIT, FIELD(td_attributes), TDX_ATTR_##bit, false }

static const struct row rows[] = {
	/* MAA's names, to the letter. spec: claims §4 */
	HEX("tdx_tee_tcb_svn", tee_tcb_svn),
	HEX("tdx_mrseam", mrseam),
	HEX("tdx_mrsignerseam", mrsignerseam),
	HEX("tdx_seam_attributes", seam_attributes),
	HEX("tdx_td_attributes", td_attributes),
	HEX("tdx_xfam", xfam),
	HEX("tdx_mrtd", mrtd),
	HEX("tdx_mrconfigid", mrconfigid),
	HEX("tdx_mrowner", mrowner),
	HEX("tdx_mrownerconfig", mrownerconfig),
	HEX("tdx_rtmr0", rtmr[0]),
	HEX("tdx_rtmr1", rtmr[1]),
	HEX("tdx_rtmr2", rtmr[2]),
	HEX("tdx_rtmr3", rtmr[3]),
	HEX("tdx_report_data", report_data),
	BIT("tdx_td_attributes_debug", DEBUG),
	BIT("tdx_td_attributes_septve_disable", SEPT_VE_DISABLE),
	BIT("tdx_td_attributes_protection_keys", PKS),
	BIT("tdx_td_attributes_key_locker", KL),
	BIT("tdx_td_attributes_perfmon", PERFMON),
	/* Facts MAA has no name for. */
	BIT("x-attestd-tdx-migratable", MIGRATABLE),
	HEX_15("x-attestd-tdx-tee-tcb-svn-2", tee_tcb_svn_2),
	HEX_15("x-attestd-tdx-mrservicetd", mrservicetd),
};

static bool add_row(const struct row *row, const struct td_report *r, struct claims *c, struct att_error *e)
{
	if (row->only_15 && !r->has_15)
		return true;
	if (row->kind == K_BIT)
		return claims_bool(c, row->name, tdx_attribute(r, row->bit), e);
	return claims_hex(c, row->name, (const uint8_t *)r + row->off, row->len, e);
}

static const char *report_version(const struct td_report *r)
{
	if (r->extended)
		return "1.5-extended";
	return r->has_15 ? "1.5" : "1.0";
}

/* What is not one field as it stands.  seamsvn: Intel's name for the first two bytes of TEE_TCB_SVN. */
static bool add_derived(const struct td_report *r, struct claims *c, struct att_error *e)
{
	bool untrusted = r->td_attributes[0] != 0;

	return claims_int(c, "tdx_seamsvn", r->tee_tcb_svn[0] | r->tee_tcb_svn[1] << 8, e) &&
	    claims_str(c, "dbgstat", tdx_attribute(r, TDX_ATTR_DEBUG) ? "enabled" : "disabled", e) &&
	    claims_bool(c, "x-attestd-tdx-untrusted", untrusted, e) &&
	    claims_str(c, "x-attestd-tdx-report-version", report_version(r), e);
}

static bool add_report(const struct td_report *r, struct claims *c, struct att_error *e)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!add_row(&rows[i], r, c, e))
			return false;
	return add_derived(r, c, e);
}

bool tdx_claims(const void *ev, const struct trust *t, const struct evidence_outcome *o, struct claims *c,
    struct att_error *e)
{
	const struct dcap_facts *f = o->facts;

	(void)t;
	if (!f)
		return att_fail(e, ATT_E_INTERNAL, "tdx: claims asked of evidence that was not verified");
	return add_report(&((const struct tdx_evidence *)ev)->report, c, e) &&
	    claims_str(c, "attester_tcb_status", tcb_status_name(f->status), e) &&
	    claims_str(c, "eat_profile", EAT_PROFILE, e) &&
	    claims_str(c, "intuse", "generic", e) && dcap_claims(f, c, e);
}

/* The same names for people, from the report alone. */
bool tdx_describe(const void *ev, struct arena *a, struct json **out, struct att_error *e)
{
	const struct tdx_evidence *s = ev;
	struct claims c = claims_make(a);

	if (s->quote.body_type != QUOTE_BODY_SGX && !add_report(&s->report, &c, e))
		return false;
	*out = claims_to_json(&c, a);
	*out = json_put(a, *out, "quote version", json_int(a, s->quote.header.version));
	*out = json_put(a, *out, "certification data type", json_int(a, s->quote.certification));
	return *out ? true : arena_fail(a, e);
}
