/* extension.c - lists of extensions (RFC 5280 section 4.2). */
#include "lib/x509/parts.h"

/* Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
static bool ext_parse(struct rd *r, struct ext *out)
{
	struct rd t = *r, in;
	struct ext x = { 0 };

	if (!der_take(&t, DER_SEQUENCE, &in) || !der_oid(&in, &x.oid))
		return false;
	x.critical = der_true(&in);
	if (!der_take(&in, DER_OCTETS, &x.value) || !rd_empty(&in))
		return false;
	*out = x;
	*r = t;
	return true;
}

static bool ext_add(struct ext_list *l, const struct ext *x, struct att_error *e)
{
	char oid[DER_OID_TEXT_MAX];

	if (l->n == X509_EXT_MAX)
		return att_fail(e, ATT_E_LIMIT, "more than %d extensions", X509_EXT_MAX);
	for (size_t i = 0; i < l->n; i++)
		if (der_same(&l->e[i].oid, &x->oid)) {
			der_oid_text(&x->oid, oid);
			return att_fail(e, ATT_E_BAD_FORMAT, "extension %s twice", oid);
		}
	l->e[l->n++] = *x;
	return true;
}

bool ext_list_parse(struct rd in, struct ext_list *out, struct att_error *e)
{
	struct ext x;

	out->n = 0;
	if (rd_empty(&in))
		return att_fail(e, ATT_E_BAD_FORMAT, "offset %zu: empty list of extensions", rd_off(&in));
	while (!rd_empty(&in)) {
		if (!ext_parse(&in, &x))
			return att_fail(e, ATT_E_BAD_FORMAT, "offset %zu: not an extension in DER",
			    rd_off(&in));
		if (!ext_add(out, &x, e))
			return false;
	}
	return true;
}

unsigned ext_ce(const struct ext *x)
{
	struct rd r = x->oid;
	uint16_t arc;
	uint8_t last;

	if (rd_left(&r) != 3 || !rd_be16(&r, &arc) || arc != 0x551d || !rd_u8(&r, &last))
		return 0;
	return last;
}

const struct ext *ext_find_ce(const struct ext_list *l, enum id_ce arc)
{
	for (size_t i = 0; i < l->n; i++)
		if (ext_ce(&l->e[i]) == (unsigned)arc)
			return &l->e[i];
	return NULL;
}

static bool is_known(unsigned arc, const uint8_t *arcs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (arcs[i] == arc)
			return true;
	return false;
}

bool ext_critical_known(const struct ext_list *l, const uint8_t *arcs, size_t n, struct att_error *e)
{
	char oid[DER_OID_TEXT_MAX];

	for (size_t i = 0; i < l->n; i++) {
		if (!l->e[i].critical || is_known(ext_ce(&l->e[i]), arcs, n))
			continue;
		der_oid_text(&l->e[i].oid, oid);
		return att_fail(e, ATT_E_UNSUPPORTED, "critical extension %s is not known here", oid);
	}
	return true;
}
