#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hex.h"
#include "lib/json/json.h"
#include "sim/dcap_plan.h"

static const char *edited(const struct dcap_plan *p, const char *text, const struct dcap_edit *edit,
    struct att_error *e)
{
	struct buf b = buf_make(p->a);
	const char *at;

	if (!edit->from)
		return text;
	while ((at = strstr(text, edit->from))) {
		buf_put(&b, text, (size_t)(at - text));
		buf_str(&b, edit->to);
		text = at + strlen(edit->from);
		if (!edit->all)
			break;
	}
	buf_str(&b, text);
	return buf_ok(&b, e) ? b.p : NULL;
}

/* One signed document of the normalised form: body, signature, issuer chain. */
struct document {
	const char *name, *signature_name, *chain_name;
	const char *body, *chain;
	struct privkey *key;
};

static bool put_hex(const struct dcap_plan *p, struct json *o, const char *name, const void *v,
    size_t n,
    struct att_error *e)
{
	const char *text = hex_arena(p->a, v, n);

	return text && json_put(p->a, o, name, json_string(p->a, text)) ? true : arena_fail(p->a,
	    e);
}

static bool put_document(const struct dcap_plan *p, struct json *o, const struct document *d,
    struct att_error *e)
{
	uint8_t sig[SIG_MAX];
	size_t n;

	if (!d->body || !d->chain)
		return e->code ? false : arena_fail(p->a, e);
	if (!sig_sign(p->c, d->key, SIG_ECDSA_P256_SHA256, rd_make(d->body, strlen(d->body)), sig,
	    &n, e))
		return false;
	if (!json_put(p->a, o, d->chain_name, json_string(p->a, d->chain)) ||
	    !json_put(p->a, o, d->name, json_string(p->a, d->body)))
		return arena_fail(p->a, e);
	return put_hex(p, o, d->signature_name, sig, n, e);
}

static bool put_crl(const struct dcap_plan *p, const struct dcap_certs *certs, struct json *o,
    const char *name,
    const struct dcap_crl_plan *x, struct att_error *e)
{
	struct x509_crl_template t = {
		.issuer = certs->v[x->issuer], .this_update_s = x->this_update_s,
		.next_update_s = x->next_update_s, .number = x->number, .revoked = &x->revoked,
		.nrevoked = x->revoked ? 1 : 0, .alg = SIG_ECDSA_P256_SHA256,
	};
	uint8_t *der;
	size_t n;

	if (!x509_make_crl(p->a, &t, x->key, &der, &n, e))
		return att_within(e, "simulated revocation list");
	return put_hex(p, o, name, der, n, e);
}

static bool text_of(const struct dcap_plan *p, const struct json *o, struct sim_bytes *out,
    struct att_error *e)
{
	char *text;
	size_t n;

	if (!json_write(p->a, o, JSON_PRETTY, &text, &n, e))
		return false;
	*out = (struct sim_bytes){ (const uint8_t *)text, n };
	return true;
}

static bool put_lists(const struct dcap_plan *p, const struct dcap_certs *certs, struct json *o,
    struct att_error *e)
{
	const char *chain = dcap_chain_pem(p, certs, p->pck_crl.issuer, 2);

	if (!chain || !json_put(p->a, o, "pck_crl_issuer_chain", json_string(p->a, chain)))
		return arena_fail(p->a, e);
	return put_crl(p, certs, o, "root_ca_crl", &p->root_crl, e) &&
	    put_crl(p, certs, o, "pck_crl", &p->pck_crl, e);
}

/* Statement by statement, so that what fails first says why. */
static bool put_documents(const struct dcap_plan *p, const struct dcap_certs *certs, struct json *o,
    struct att_error *e)
{
	const enum dcap_party signer = p->own_qe_signer ? DCAP_QE_SIGNER : DCAP_TCB_SIGNER;
	struct document tcb = { "tcb_info", "tcb_info_signature", "tcb_info_issuer_chain",
		dcap_tcb_info(p, e), dcap_chain_pem(p, certs, DCAP_TCB_SIGNER, 2),
		    p->tcb_info.key };
	struct document qe = { "qe_identity", "qe_identity_signature", "qe_identity_issuer_chain",
		NULL, dcap_chain_pem(p, certs, signer, 2), p->qe_identity.key };

	tcb.body = tcb.body ? edited(p, tcb.body, &p->tcb_info.edit, e) : NULL;
	if (!put_document(p, o, &tcb, e))
		return false;
	qe.body = dcap_qe_identity(p, e);
	qe.body = qe.body ? edited(p, qe.body, &p->qe_identity.edit, e) : NULL;
	return put_document(p, o, &qe, e);
}

bool dcap_collateral(const struct dcap_plan *p, const struct dcap_certs *certs,
    struct sim_dcap_output *out,
    struct att_error *e)
{
	const struct document numbers = { "tcb_evaluation_data_numbers",
		"tcb_evaluation_data_numbers_signature", "tcb_evaluation_data_numbers_issuer_chain",
		dcap_evaluation_numbers(p, e), dcap_chain_pem(p, certs, DCAP_TCB_SIGNER, 2),
		p->keys->tcb_signer };
	struct json *o = json_object(p->a), *o2 = json_object(p->a);

	if (!o || !o2)
		return arena_fail(p->a, e);
	return put_documents(p, certs, o, e) && put_lists(p, certs, o, e) && put_document(p, o2,
	    &numbers, e) &&
	    text_of(p, o, &out->collateral_json, e) && text_of(p, o2, &out->evaluation_json, e);
}
