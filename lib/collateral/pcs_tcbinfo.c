#include "lib/collateral/pcs_tcbinfo.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/hex.h"
#include "lib/collateral/pcs_fields.h"

#define TCB_TYPE 0                      /* the only tcbType there is: how CPUSVN is composed */

const char *pcs_tee_name(enum pcs_tee tee)
{
	return tee == PCS_TDX ? "TDX" : "SGX";
}

/* Version 3: an array of exactly 16 {svn, category?, type?}. */
static bool components(const struct json *tcb, const char *name, struct tcb_component out[TCB_COMPONENTS],
    struct att_error *e)
{
	const struct json *list, *v;
	size_t i = 0;

	if (!field_array(tcb, name, TCB_COMPONENTS, TCB_COMPONENTS, &list, e))
		return false;
	for (v = list->child; v; v = v->next, i++) {
		uint32_t svn = 0;

		if (!field_uint(v, "svn", UINT8_MAX, &svn, e) ||
		    !field_text_optional(v, "category", &out[i].category, e) ||
		    !field_text_optional(v, "type", &out[i].type, e))
			return att_within(e, "%s[%zu]", name, i);
		out[i].svn = (uint8_t)svn;
	}
	return true;
}

#define V2_PREFIX "sgxtcbcomp"

/* Version 2: sgxtcbcomp01svn to sgxtcbcomp16svn; a seventeenth would be a component that nobody compares. */
static bool components_v2(const struct json *tcb, struct tcb_component out[TCB_COMPONENTS],
    struct att_error *e)
{
	char name[sizeof V2_PREFIX "00svn"];
	size_t named = 0;

	for (unsigned i = 0; i < TCB_COMPONENTS; i++) {
		uint32_t svn = 0;

		(void)snprintf(name, sizeof name, V2_PREFIX "%02usvn", (i + 1) % 100);
		if (!field_uint(tcb, name, UINT8_MAX, &svn, e))
			return false;
		out[i].svn = (uint8_t)svn;
	}
	for (const struct json *v = tcb->child; v; v = v->next)
		named += strncmp(v->name, V2_PREFIX, sizeof V2_PREFIX - 1) == 0;
	return named == TCB_COMPONENTS || att_fail(e, ATT_E_BAD_FORMAT,
	    V2_PREFIX "NNsvn: %zu members, want %d", named, TCB_COMPONENTS);
}

static bool level(const struct json *v, const struct pcs_tcbinfo *t, struct arena *a, struct tcb_level *out,
    struct att_error *e)
{
	const struct json *tcb = json_get(v, "tcb");

	if (!json_is(tcb, JSON_OBJECT))
		return att_fail(e, ATT_E_BAD_FORMAT, "tcb: want an object");
	if (t->version == 2 ? !components_v2(tcb, out->sgx, e) :
	    !components(tcb, "sgxtcbcomponents", out->sgx, e))
		return false;
	if (t->tee == PCS_TDX && !components(tcb, "tdxtcbcomponents", out->tdx, e))
		return false;
	if (t->tee == PCS_SGX && json_get(tcb, "tdxtcbcomponents"))
		return att_fail(e, ATT_E_BAD_FORMAT, "tdxtcbcomponents: not in a TCB Info of SGX");
	return field_u16(tcb, "pcesvn", &out->pcesvn, e) && field_grade(v, a, &out->grade, e);
}

static int order_components(const struct tcb_component *x, const struct tcb_component *y)
{
	for (size_t i = 0; i < TCB_COMPONENTS; i++)
		if (x[i].svn != y[i].svn)
			return x[i].svn < y[i].svn ? -1 : 1;
	return 0;
}

/* spec: sgx-tdx §4.2: SGX components, then PCESVN, then TDX components. */
static int order(const struct tcb_level *x, const struct tcb_level *y)
{
	int d = order_components(x->sgx, y->sgx);

	if (d == 0 && x->pcesvn != y->pcesvn)
		d = x->pcesvn < y->pcesvn ? -1 : 1;
	return d ? d : order_components(x->tdx, y->tdx);
}

/* Descending, so that the first level that matches is the best one: an order chosen by who delivers
 * does not count. */
static bool sort_levels(struct tcb_level **v, size_t n, struct att_error *e)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0; j--) {
			int d = order(v[j - 1], v[j]);
			struct tcb_level *t = v[j];

			if (d == 0)
				return att_fail(e, ATT_E_BAD_FORMAT, "tcbLevels: two levels are equal");
			if (d > 0)
				break;
			v[j] = v[j - 1];
			v[j - 1] = t;
		}
	return true;
}

static bool levels(const struct json *o, struct arena *a, struct pcs_tcbinfo *t, struct att_error *e)
{
	const struct json *list, *v;
	struct tcb_level *received, *sorted, **by_rank;
	size_t i = 0;

	if (!field_array(o, "tcbLevels", 1, TCB_LEVELS_MAX, &list, e))
		return false;
	received = arena_array(a, list->len, sizeof *received);
	sorted = arena_array(a, list->len, sizeof *sorted);
	by_rank = arena_array(a, list->len, sizeof *by_rank);
	if (!received || !sorted || !by_rank)
		return arena_fail(a, e);
	for (v = list->child; v; v = v->next, i++) {
		if (!level(v, t, a, &received[i], e))
			return att_within(e, "tcbLevels[%zu]", i);
		by_rank[i] = &received[i];
	}
	if (!sort_levels(by_rank, i, e))
		return false;
	for (size_t j = 0; j < i; j++)
		sorted[j] = *by_rank[j];
	t->levels = sorted;
	t->nlevels = i;
	return true;
}

static bool module(const struct json *v, struct tdx_module *m, struct att_error *e)
{
	return field_hex(v, "mrsigner", m->mrsigner, sizeof m->mrsigner, e) &&
	    field_hex(v, "attributes", m->attributes, sizeof m->attributes, e) &&
	    field_hex(v, "attributesMask", m->attributes_mask, sizeof m->attributes_mask, e);
}

static bool modules(const struct json *o, struct arena *a, struct pcs_tcbinfo *t, struct att_error *e)
{
	const struct json *list, *v;
	struct tdx_module *m;
	size_t n = 0;

	if (!json_get(o, "tdxModuleIdentities"))
		return true;
	if (!field_array(o, "tdxModuleIdentities", 0, TCB_MODULES_MAX, &list, e))
		return false;
	m = arena_array(a, list->len + 1, sizeof *m);
	if (!m)
		return arena_fail(a, e);
	for (v = list->child; v; v = v->next, n++) {
		if (!field_text(v, "id", &m[n].id, e) || !module(v, &m[n], e) ||
		    !field_isv_levels(v, a, &m[n].levels, &m[n].nlevels, e))
			return att_within(e, "tdxModuleIdentities[%zu]", n);
		for (size_t i = 0; i < n; i++)
			if (strcasecmp(m[i].id, m[n].id) == 0)
				return att_fail(e, ATT_E_BAD_FORMAT, "tdxModuleIdentities: %s twice",
				    m[n].id);
	}
	t->modules = m;
	t->nmodules = n;
	return true;
}

static bool tdx_part(const struct json *o, struct arena *a, struct pcs_tcbinfo *t, struct att_error *e)
{
	if (t->tee == PCS_SGX) {
		if (json_get(o, "tdxModule") || json_get(o, "tdxModuleIdentities"))
			return att_fail(e, ATT_E_BAD_FORMAT, "a TDX module in a TCB Info of SGX");
		return true;
	}
	return (module(json_get(o, "tdxModule"), &t->module, e) || att_within(e, "tdxModule")) &&
	    modules(o, a, t, e);
}

/* Version 2 knows SGX only and has no id. */
static bool version(const struct json *o, struct pcs_tcbinfo *t, struct att_error *e)
{
	uint32_t v;

	if (!field_uint(o, "version", UINT32_MAX, &v, e))
		return false;
	if (v != 2 && v != 3)
		return att_fail(e, ATT_E_BAD_FORMAT, "version: %u, want 2 or 3", v);
	t->version = v;
	t->tee = PCS_SGX;
	if (v == 3)
		return field_tee(o, &t->tee, e);
	return !json_get(o, "id") || att_fail(e, ATT_E_BAD_FORMAT, "id: not in version 2");
}

bool pcs_tcbinfo_parse(struct rd body, struct arena *a, struct pcs_tcbinfo **out, struct att_error *e)
{
	struct pcs_tcbinfo *t = arena_alloc(a, sizeof *t);
	uint32_t tcb_type;
	struct json *o;

	if (!t)
		return arena_fail(a, e);
	if (!pcs_body_parse(body, a, &o, e) || !version(o, t, e) ||
	    !field_period(o, &t->issue_date_s, &t->next_update_s, e) ||
	    !field_hex(o, "fmspc", t->fmspc, sizeof t->fmspc, e) ||
	    !field_hex(o, "pceId", t->pce_id, sizeof t->pce_id, e) ||
	    !field_uint(o, "tcbType", UINT32_MAX, &tcb_type, e) ||
	    !field_uint(o, "tcbEvaluationDataNumber", UINT32_MAX, &t->evaluation, e))
		return att_within(e, "tcbInfo");
	if (tcb_type != TCB_TYPE)
		return att_fail(e, ATT_E_BAD_FORMAT, "tcbInfo: tcbType: %u, want %d", tcb_type, TCB_TYPE);
	if (!tdx_part(o, a, t, e) || !levels(o, a, t, e))
		return att_within(e, "tcbInfo");
	*out = t;
	return true;
}

const struct tdx_module *pcs_tcbinfo_module(const struct pcs_tcbinfo *t, const uint8_t tee_tcb_svn[16])
{
	char id[sizeof "TDX_00"];

	if (tee_tcb_svn[1] == 0)
		return t->tee == PCS_TDX ? &t->module : NULL;
	(void)snprintf(id, sizeof id, "TDX_%02x", tee_tcb_svn[1]);
	for (size_t i = 0; i < t->nmodules; i++)
		if (strcasecmp(t->modules[i].id, id) == 0)
			return &t->modules[i];
	return NULL;
}

bool tdx_module_matches(const struct tdx_module *m, const uint8_t mrsignerseam[PCS_MRSEAM_LEN],
    const uint8_t seam_attributes[8], struct att_error *e)
{
	const char *who = m->id ? m->id : "tdxModule";
	char found[2 * PCS_MRSEAM_LEN + 1], want[2 * PCS_MRSEAM_LEN + 1];
	uint8_t masked[8];

	if (!bytes_equal(m->mrsigner, mrsignerseam, PCS_MRSEAM_LEN)) {
		hex_encode(mrsignerseam, PCS_MRSEAM_LEN, found);
		hex_encode(m->mrsigner, PCS_MRSEAM_LEN, want);
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "%s: MRSIGNERSEAM is %s, want %s", who, found, want);
	}
	for (size_t i = 0; i < sizeof masked; i++)
		masked[i] = seam_attributes[i] & m->attributes_mask[i];
	/* All bits are reserved today, so a set one is refused even where the mask leaves it free. */
	if (!bytes_equal(masked, m->attributes, sizeof masked) || !bytes_zero(seam_attributes, 8)) {
		hex_encode(seam_attributes, 8, found);
		hex_encode(m->attributes, 8, want);
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "%s: SEAMATTRIBUTES are %s, want %s and no bit set",
		    who, found, want);
	}
	return true;
}
