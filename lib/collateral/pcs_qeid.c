#include "lib/collateral/pcs_qeid.h"

#include "lib/base/hex.h"
#include "lib/collateral/pcs_fields.h"

#define QEID_VERSION 2

static const char *const enclaves[] = { "QE", "TD_QE", "QVE" };

const char *pcs_enclave_name(enum pcs_enclave id)
{
	return enclaves[id];
}

static bool enclave_id(const struct json *o, enum pcs_enclave *out, struct att_error *e)
{
	const struct json *v = json_get(o, "id");

	for (size_t i = 0; i < sizeof enclaves / sizeof enclaves[0]; i++)
		if (json_str_eq(v, enclaves[i])) {
			*out = (enum pcs_enclave)i;
			return true;
		}
	return att_fail(e, ATT_E_BAD_FORMAT, "id: %s, want QE, TD_QE or QVE",
	    json_is(v, JSON_STRING) ? v->s : "no string");
}

static bool fields(const struct json *o, struct pcs_qeid *q, struct att_error *e)
{
	const struct { const char *name; uint8_t *out; size_t n; } hex[] = {
		{ "miscselect", q->miscselect, sizeof q->miscselect },
		{ "miscselectMask", q->miscselect_mask, sizeof q->miscselect_mask },
		{ "attributes", q->attributes, sizeof q->attributes },
		{ "attributesMask", q->attributes_mask, sizeof q->attributes_mask },
		{ "mrsigner", q->mrsigner, sizeof q->mrsigner },
	};

	for (size_t i = 0; i < sizeof hex / sizeof hex[0]; i++)
		if (!field_hex(o, hex[i].name, hex[i].out, hex[i].n, e))
			return false;
	return field_u16(o, "isvprodid", &q->isvprodid, e);
}

bool pcs_qeid_parse(struct rd body, struct arena *a, struct pcs_qeid **out, struct att_error *e)
{
	struct pcs_qeid *q = arena_alloc(a, sizeof *q);
	uint32_t version;
	struct json *o;

	if (!q)
		return arena_fail(a, e);
	if (!pcs_body_parse(body, a, &o, e) || !enclave_id(o, &q->id, e) ||
	    !field_uint(o, "version", UINT32_MAX, &version, e))
		return att_within(e, "enclaveIdentity");
	if (version != QEID_VERSION)
		return att_fail(e, ATT_E_BAD_FORMAT, "enclaveIdentity: version: %u, want %d", version,
		    QEID_VERSION);
	q->version = version;
	if (!field_period(o, &q->issue_date_s, &q->next_update_s, e) ||
	    !field_uint(o, "tcbEvaluationDataNumber", UINT32_MAX, &q->evaluation, e) || !fields(o, q, e) ||
	    !field_isv_levels(o, a, &q->levels, &q->nlevels, e))
		return att_within(e, "enclaveIdentity");
	*out = q;
	return true;
}

#define FIELD_MAX 32                    /* bytes of the longest field compared */

/* (found & mask) == want; mask NULL: all bits. */
static bool field_fits(const char *name, const uint8_t *found, const uint8_t *mask, const uint8_t *want,
    size_t n, struct att_error *e)
{
	char found_hex[2 * FIELD_MAX + 1], want_hex[2 * FIELD_MAX + 1], mask_hex[2 * FIELD_MAX + 1] = "";
	uint8_t masked[FIELD_MAX];

	for (size_t i = 0; i < n; i++)
		masked[i] = found[i] & (mask ? mask[i] : 0xff);
	if (bytes_equal(masked, want, n))
		return true;
	hex_encode(found, n, found_hex);
	hex_encode(want, n, want_hex);
	if (mask)
		hex_encode(mask, n, mask_hex);
	return att_fail(e, ATT_E_NOT_AUTHENTIC, "%s is %s, want %s%s%s", name, found_hex, want_hex,
	    mask ? " under mask " : "", mask_hex);
}

bool pcs_qeid_matches(const struct pcs_qeid *q, const struct pcs_enclave_fields *f, struct att_error *e)
{
	if (!field_fits("MISCSELECT", f->miscselect, q->miscselect_mask, q->miscselect,
		sizeof q->miscselect, e) ||
	    !field_fits("ATTRIBUTES", f->attributes, q->attributes_mask, q->attributes,
		sizeof q->attributes, e) ||
	    !field_fits("MRSIGNER", f->mrsigner, NULL, q->mrsigner, sizeof q->mrsigner, e))
		return false;
	return f->isvprodid == q->isvprodid || att_fail(e, ATT_E_NOT_AUTHENTIC,
	    "ISVPRODID is %u, want %u", f->isvprodid, q->isvprodid);
}
