#include <string.h>

#include "lib/base/hex.h"
#include "lib/collateral/add.h"
#include "lib/collateral/pcs_fields.h"
#include "lib/crypto/der.h"
#include "lib/crypto/pem.h"

static bool read_tcb_info(struct collateral_set *s, struct collateral_item *i, struct att_error *e)
{
	struct pcs_tcbinfo *t;

	if (!pcs_tcbinfo_parse(i->body, s->a, &t, e))
		return false;
	i->key = collateral_fmspc_key(s->a, t->tee, t->fmspc);
	i->issue_date_s = t->issue_date_s;
	i->next_update_s = t->next_update_s;
	i->evaluation = t->evaluation;
	i->tcb_info = t;
	return i->key || arena_fail(s->a, e);
}

static bool read_qe_identity(struct collateral_set *s, struct collateral_item *i, struct att_error *e)
{
	struct pcs_qeid *q;

	if (!pcs_qeid_parse(i->body, s->a, &q, e))
		return false;
	i->key = pcs_enclave_name(q->id);
	i->issue_date_s = q->issue_date_s;
	i->next_update_s = q->next_update_s;
	i->evaluation = q->evaluation;
	i->qe_identity = q;
	return true;
}

static bool read_numbers(struct collateral_set *s, struct collateral_item *i, struct att_error *e)
{
	struct pcs_numbers *n;

	if (!pcs_numbers_parse(i->body, s->a, &n, e))
		return false;
	i->key = pcs_tee_name(n->tee);
	i->issue_date_s = n->issue_date_s;
	i->next_update_s = n->next_update_s;
	i->numbers = n;
	return true;
}

const struct signed_kind signed_kinds[] = {
	{ COLLATERAL_TCB_INFO, "tcbInfo", "tcb_info", "tcb_info_signature", "tcb_info_issuer_chain",
	    read_tcb_info },
	{ COLLATERAL_QE_IDENTITY, "enclaveIdentity", "qe_identity", "qe_identity_signature",
	    "qe_identity_issuer_chain", read_qe_identity },
	{ COLLATERAL_NUMBERS, "tcbEvaluationDataNumbers", "tcb_evaluation_data_numbers",
	    "tcb_evaluation_data_numbers_signature", "tcb_evaluation_data_numbers_issuer_chain",
	    read_numbers },
};
const size_t nsigned_kinds = sizeof signed_kinds / sizeof signed_kinds[0];

static bool is_fault(const struct att_error *why)
{
	return why->code == ATT_E_NOMEM || why->code == ATT_E_INTERNAL;
}

/* Best effort for a malformed object: what it claims to be, so that a verdict can name it. */
static void claimed_key(struct collateral_set *s, struct collateral_item *i)
{
	uint8_t fmspc[PCS_FMSPC_LEN];
	const struct json *id;
	enum pcs_tee tee = PCS_SGX;
	struct json *o;

	i->key = "";
	i->issue_date_s = i->next_update_s = INT64_MIN;
	if (!pcs_body_parse(i->body, s->a, &o, NULL))
		return;
	id = json_get(o, "id");
	if (i->kind == COLLATERAL_TCB_INFO) {
		if ((id && !field_tee(o, &tee, NULL)) || !field_hex(o, "fmspc", fmspc, sizeof fmspc, NULL))
			return;
		i->key = collateral_fmspc_key(s->a, tee, fmspc);
	} else if (json_is(id, JSON_STRING)) {
		i->key = arena_strndup(s->a, id->s, id->len < TCB_TEXT_MAX ? id->len : TCB_TEXT_MAX);
	}
}

/* The same thing in the same words: loading a folder brings the root CRL many times. */
static bool is_there(const struct collateral_set *s, const struct collateral_item *i)
{
	for (size_t j = 0; j < s->nitems; j++) {
		const struct collateral_item *o = s->items[j];

		if (o->kind == i->kind && bytes_equal(o->sha256, i->sha256, sizeof o->sha256) &&
		    bytes_equal(o->signature, i->signature, PCS_SIG_LEN) &&
		    der_same(&o->chain_text, &i->chain_text))
			return true;
	}
	return false;
}

/* Room, and the digest by which an item is known. */
static bool item_begin(struct collateral_set *s, struct collateral_item *i, struct att_error *e)
{
	if (s->nitems == COLLATERAL_ITEMS_MAX)
		return att_fail(e, ATT_E_LIMIT, "collateral: more than %d items", COLLATERAL_ITEMS_MAX);
	return digest(s->c, DIGEST_SHA256, rd_ptr(&i->body), rd_left(&i->body), i->sha256, e);
}

bool item_add_signed(struct collateral_set *s, const struct signed_kind *k,
    const struct collateral_item *item, struct att_error *e)
{
	struct collateral_item *i = arena_memdup(s->a, item, sizeof *item);
	struct att_error why = { 0 };

	if (!i)
		return arena_fail(s->a, e);
	i->kind = k->kind;
	if (!item_begin(s, i, e))
		return false;
	if (is_there(s, i))
		return true;
	if (!k->read(s, i, &why)) {
		if (is_fault(&why) || arena_hit_limit(s->a))
			return att_fail(e, why.code, "%s", why.text);
		claimed_key(s, i);
		if (!i->key)
			return arena_fail(s->a, e);
		i->proof.fault = COLLATERAL_FORM;
		i->proof.why = why;
	}
	if (!rd_empty(&i->chain_text) &&
	    !x509_bundle_parse(s->c, rd_ptr(&i->chain_text), rd_left(&i->chain_text), &i->chain, e))
		return att_within(e, "%s", k->chain);
	s->items[s->nitems++] = i;
	return true;
}

/* Who issued the list says what it is; the slot says what it was meant to be. */
static void crl_name(struct collateral_item *i, enum collateral_kind slot)
{
	static const struct { const char *cn, *key; enum collateral_kind kind; } rows[] = {
		{ COLLATERAL_CN_PCK_PLATFORM, "platform", COLLATERAL_PCK_CRL },
		{ COLLATERAL_CN_PCK_PROCESSOR, "processor", COLLATERAL_PCK_CRL },
		{ COLLATERAL_CN_ROOT, "root", COLLATERAL_ROOT_CRL },
	};
	const char *cn = x509_crl_issuer_cn(i->crl);

	i->kind = slot;
	i->key = cn;
	for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
		if (strcmp(cn, rows[r].cn) == 0 && (slot == rows[r].kind || slot == COLLATERAL_OTHER_CRL)) {
			i->kind = rows[r].kind;
			i->key = rows[r].key;
		}
}

/* One element, and at most one NUL behind it. */
static bool crl_from_der(struct arena *a, struct rd in, struct rd *der, struct att_error *e)
{
	struct rd whole, body;

	if (!der_take_whole(&in, DER_SEQUENCE, &whole, &body))
		return att_fail(e, ATT_E_BAD_FORMAT, "CRL: shorter than its length says");
	if (!rd_empty(&in) && (rd_left(&in) != 1 || *rd_ptr(&in) != 0))
		return att_fail(e, ATT_E_BAD_FORMAT, "CRL: %zu bytes behind the end", rd_left(&in));
	*der = rd_make(arena_memdup(a, rd_ptr(&whole), rd_left(&whole)), rd_left(&whole));
	return der->cur || arena_fail(a, e);
}

static bool crl_from_pem(struct arena *a, struct rd in, struct rd *der, struct att_error *e)
{
	struct secret block = { 0 };
	bool found = false, more = false, ok;

	ok = pem_next(&in, "X509 CRL", X509_CRL_MAX, &block, &found, e);
	if (ok && !found)
		ok = att_fail(e, ATT_E_BAD_FORMAT, "CRL: no X509 CRL block");
	if (ok) {
		*der = rd_make(arena_memdup(a, block.p, block.len), block.len);
		ok = (der->cur || arena_fail(a, e)) &&
		    pem_next(&in, "X509 CRL", X509_CRL_MAX, &block, &more, e) &&
		    (!more || att_fail(e, ATT_E_BAD_FORMAT, "CRL: more than one X509 CRL block"));
	}
	secret_clear(&block);
	return ok;
}

/* As PCCS answers: hex of DER. */
static bool crl_from_hex(struct arena *a, struct rd in, struct rd *der, struct att_error *e)
{
	size_t n = rd_left(&in) / 2;
	uint8_t *p = arena_alloc(a, n + 1);

	if (!p)
		return arena_fail(a, e);
	*der = rd_make(p, n);
	return hex_decode((const char *)rd_ptr(&in), rd_left(&in), p, n, e) ||
	    att_within(e, "CRL: neither DER nor PEM nor hex");
}

static bool crl_der(struct arena *a, struct rd in, struct rd *der, struct att_error *e)
{
	if (looks_like_der(in))
		return crl_from_der(a, in, der, e);
	in = text_trim(in);
	return text_contains(in, "-----BEGIN") ? crl_from_pem(a, in, der, e) : crl_from_hex(a, in, der, e);
}

bool item_add_crl(struct collateral_set *s, struct rd text, enum collateral_kind slot, size_t source,
    struct att_error *e)
{
	struct collateral_item *i = arena_alloc(s->a, sizeof *i);
	size_t n;

	if (!i)
		return arena_fail(s->a, e);
	if (!crl_der(s->a, text, &i->body, e))
		return false;
	i->source = source;
	i->kind = slot;
	if (!item_begin(s, i, e) || !x509_crl_parse(s->c, rd_ptr(&i->body), rd_left(&i->body), &i->crl, e))
		return false;
	crl_name(i, slot);
	if (is_there(s, i)) {
		x509_crl_free(i->crl);
		return true;
	}
	i->issue_date_s = x509_crl_this_update(i->crl);
	i->next_update_s = x509_crl_next_update(i->crl);
	/* Without a number, an older list could not be told from a newer one. */
	if (i->kind != COLLATERAL_OTHER_CRL && !x509_crl_number(i->crl, &n)) {
		i->proof.fault = COLLATERAL_FORM;
		(void)att_fail(&i->proof.why, ATT_E_BAD_FORMAT, "CRL of \"%s\": no CRL number",
		    x509_crl_issuer_cn(i->crl));
	}
	s->items[s->nitems++] = i;
	return true;
}

static bool cert_is_there(const struct collateral_set *s, const struct x509_cert *cert)
{
	for (size_t i = 0; i < s->certs.n; i++)
		if (bytes_equal(x509_sha256(s->certs.certs[i]), x509_sha256(cert), 32))
			return true;
	return false;
}

bool item_add_certs(struct collateral_set *s, struct rd text, struct att_error *e)
{
	struct x509_bundle b = { 0 };
	bool ok = x509_bundle_parse(s->c, rd_ptr(&text), rd_left(&text), &b, e);

	for (size_t i = 0; ok && i < b.n; i++) {
		if (cert_is_there(s, b.certs[i]))
			continue;
		ok = s->certs.n < COLLATERAL_CERTS_MAX ? x509_bundle_add(&s->certs, b.certs[i], e) :
		    att_fail(e, ATT_E_LIMIT, "collateral: more than %d certificates", COLLATERAL_CERTS_MAX);
	}
	x509_bundle_clear(&b);
	return ok;
}
