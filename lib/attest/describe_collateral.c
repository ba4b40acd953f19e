/* Collateral for people: bundles, Intel's documents and lists, the extension of PCK certificates. */
#include <string.h>

#include "lib/attest/describe.h"
#include "lib/collateral/set.h"
#include "lib/x509/ext_sgx.h"
#include "libattest/endorse.h"

#define EXT_SGX_OID "1.2.840.113741.1.13.1"

static bool put_number(struct arena *a, struct json *o, const char *name, int64_t n)
{
	return put(a, o, name, json_int(a, n));
}

static struct json *texts(struct arena *a, const char *const *v, size_t n)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < n; i++)
		list = json_append(list, json_string(a, v[i]));
	return list;
}

static bool put_grade(struct arena *a, struct json *o, const struct tcb_grade *g)
{
	return put_text(a, o, "status", g->status_text) && put_time(a, o, "date", g->date_s) &&
	    (g->nadvisories == 0 || put(a, o, "advisories", texts(a, g->advisories, g->nadvisories)));
}

static bool put_components(struct arena *a, struct json *o, const char *name, const struct tcb_component *v)
{
	uint8_t svn[TCB_COMPONENTS];

	for (size_t i = 0; i < TCB_COMPONENTS; i++)
		svn[i] = v[i].svn;
	return put_hex(a, o, name, svn, sizeof svn);
}

static struct json *isv_levels(struct arena *a, const struct isv_level *v, size_t n)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < n; i++) {
		struct json *o = json_object(a);

		if (!put_number(a, o, "isvsvn", v[i].isvsvn) || !put_grade(a, o, &v[i].grade))
			return NULL;
		list = json_append(list, o);
	}
	return list;
}

static struct json *tcb_levels(struct arena *a, const struct pcs_tcbinfo *t)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < t->nlevels; i++) {
		const struct tcb_level *l = &t->levels[i];
		struct json *o = json_object(a);

		if (!put_components(a, o, "sgxComponents", l->sgx) ||
		    (t->tee == PCS_TDX && !put_components(a, o, "tdxComponents", l->tdx)) ||
		    !put_number(a, o, "pcesvn", l->pcesvn) || !put_grade(a, o, &l->grade))
			return NULL;
		list = json_append(list, o);
	}
	return list;
}

static struct json *modules(struct arena *a, const struct pcs_tcbinfo *t)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < t->nmodules; i++) {
		const struct tdx_module *m = &t->modules[i];
		struct json *o = json_object(a);

		if (!put_text(a, o, "id", m->id) || !put_hex(a, o, "mrsigner", m->mrsigner, PCS_MRSEAM_LEN) ||
		    !put(a, o, "levels", isv_levels(a, m->levels, m->nlevels)))
			return NULL;
		list = json_append(list, o);
	}
	return list;
}

static bool put_tcb_info(struct arena *a, struct json *o, const struct pcs_tcbinfo *t)
{
	return put_number(a, o, "version", t->version) && put_text(a, o, "tee", pcs_tee_name(t->tee)) &&
	    put_hex(a, o, "fmspc", t->fmspc, sizeof t->fmspc) &&
	    put_hex(a, o, "pceId", t->pce_id, sizeof t->pce_id) && put(a, o, "levels", tcb_levels(a, t)) &&
	    (t->tee == PCS_SGX || put(a, o, "modules", modules(a, t)));
}

static bool put_qe_identity(struct arena *a, struct json *o, const struct pcs_qeid *q)
{
	return put_hex(a, o, "mrsigner", q->mrsigner, sizeof q->mrsigner) &&
	    put_number(a, o, "isvprodid", q->isvprodid) &&
	    put_hex(a, o, "attributes", q->attributes, sizeof q->attributes) &&
	    put_hex(a, o, "attributesMask", q->attributes_mask, sizeof q->attributes_mask) &&
	    put(a, o, "levels", isv_levels(a, q->levels, q->nlevels));
}

static bool put_numbers(struct arena *a, struct json *o, const struct pcs_numbers *v)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < v->nnumbers; i++) {
		struct json *row = json_object(a);

		if (!put_number(a, row, "evaluation", v->numbers[i].evaluation) ||
		    !put_time(a, row, "recoveryEvent", v->numbers[i].recovery_s) ||
		    !put_time(a, row, "date", v->numbers[i].date_s))
			return false;
		list = json_append(list, row);
	}
	return put(a, o, "numbers", list);
}

static bool put_crl(struct arena *a, struct json *o, const struct x509_crl *l)
{
	size_t n;
	const uint8_t *number = x509_crl_number(l, &n);

	return put_text(a, o, "issuerCommonName", x509_crl_issuer_cn(l)) &&
	    (!number || put_hex(a, o, "crlNumber", number, n)) &&
	    put_number(a, o, "revoked", (int64_t)x509_crl_nrevoked(l));
}

static struct json *item_json(struct arena *a, const struct collateral_item *i)
{
	struct json *o = json_object(a);
	bool ok = put_text(a, o, "kind", collateral_kind_name(i->kind)) && put_text(a, o, "key", i->key) &&
	    (i->evaluation == 0 || put_number(a, o, "evaluation", i->evaluation)) &&
	    put_time(a, o, "issued", i->issue_date_s) && put_time(a, o, "expires", i->next_update_s) &&
	    put_hex(a, o, "sha256", i->sha256, sizeof i->sha256) &&
	    (!i->tcb_info || put_tcb_info(a, o, i->tcb_info)) &&
	    (!i->qe_identity || put_qe_identity(a, o, i->qe_identity)) &&
	    (!i->numbers || put_numbers(a, o, i->numbers)) && (!i->crl || put_crl(a, o, i->crl)) &&
	    (i->proof.fault != COLLATERAL_FORM || put_text(a, o, "problem", i->proof.why.text));

	return ok ? o : NULL;
}

static bool describe_set(const struct subject *s, const struct collateral_set *set, struct json **out)
{
	struct json *o = json_object(s->a), *items = json_array(s->a), *names = json_array(s->a);

	for (size_t i = 0; i < set->nitems; i++)
		items = json_append(items, item_json(s->a, set->items[i]));
	for (size_t i = 0; i < set->certs.n; i++)
		names = json_append(names, json_string(s->a, x509_subject_text(set->certs.certs[i])));
	if (!put_text(s->a, o, "kind", "collateral") || !put(s->a, o, "items", items) ||
	    (set->certs.n > 0 && !put(s->a, o, "certificates", names)))
		return false;
	*out = o;
	return true;
}

bool describe_collateral(const struct subject *s, struct json **out)
{
	struct rd in = rd_make(s->file.data, s->file.len);
	struct collateral_set set;
	bool ok = false;

	if (!collateral_recognise(in) || !collateral_set_init(&set, s->a, s->c, NULL))
		return false;
	if (collateral_set_add(&set, in, 0, NULL) && set.nitems > 0)
		ok = describe_set(s, &set, out);
	collateral_set_clear(&set);
	return ok;
}

static struct json *bundle_items(struct arena *a, const struct att_bundle *b)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < b->n; i++) {
		const struct att_bundle_item *it = &b->item[i];
		struct json *o = json_object(a);

		if (!put_text(a, o, "kind", it->kind) || !put_text(a, o, "key", it->key) ||
		    (it->evaluation && !put_number(a, o, "evaluation", it->evaluation)) ||
		    !put_time(a, o, "issued", it->issued_s) || !put_time(a, o, "expires", it->expires_s) ||
		    !put_hex(a, o, "sha256", it->sha256, sizeof it->sha256) ||
		    !put_number(a, o, "bytes", (int64_t)it->piece.len))
			return NULL;
		list = json_append(list, o);
	}
	return list;
}

/* A damaged bundle is still a bundle, with what is wrong. */
bool describe_bundle(const struct subject *s, struct json **out)
{
	struct json *o = json_object(s->a);
	struct att_bundle *b = NULL;
	struct att_error why = { 0 };
	bool ok;

	if (!att_bundle_recognise(s->file))
		return false;
	ok = put_text(s->a, o, "kind", "collateral bundle") &&
	    (att_bundle_read(s->file, &b, &why) ? put(s->a, o, "items", bundle_items(s->a, b)) :
	    put_text(s->a, o, "problem", why.text));
	att_bundle_free(b);
	if (ok)
		*out = o;
	return ok;
}

bool put_pck_extension(struct arena *a, struct json *o, const struct x509_cert *cert)
{
	static const char *const types[] = { "Standard", "Scalable", "Scalable with integrity" };
	struct att_error why = { 0 };
	struct json *x;
	struct ext_sgx v;
	struct rd value;

	if (!x509_extension(cert, EXT_SGX_OID, &value))
		return true;
	if (!ext_sgx_parse_value(value, &v, &why))
		return put_text(a, o, "sgxExtension", why.text);
	x = json_object(a);
	return put_hex(a, x, "fmspc", v.fmspc, sizeof v.fmspc) &&
	    put_hex(a, x, "pceId", v.pceid, sizeof v.pceid) && put_hex(a, x, "ppid", v.ppid, sizeof v.ppid) &&
	    put_hex(a, x, "components", v.components, sizeof v.components) &&
	    put_number(a, x, "pcesvn", v.pcesvn) && put_hex(a, x, "cpusvn", v.cpusvn, sizeof v.cpusvn) &&
	    put_text(a, x, "sgxType", types[v.type]) &&
	    (!v.has_platform ||
	    put_hex(a, x, "platformInstance", v.platform_instance, sizeof v.platform_instance)) &&
	    (!v.has_configuration || (put(a, x, "dynamicPlatform", json_bool(a, v.dynamic_platform)) &&
	    put(a, x, "cachedKeys", json_bool(a, v.cached_keys)) && put(a, x, "smt", json_bool(a, v.smt)))) &&
	    put(a, o, "sgxExtension", x);
}
