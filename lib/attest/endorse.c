/*
 * Endorsements outside of an appraisal.  All pieces become one pack; each item of it is judged
 * where it stands and written anew as a piece of its own, with the certificates that proved it, so
 * that what is stored can be proved again from its bytes alone.
 */
#include "libattest/endorse.h"

#include <stdlib.h>
#include <string.h>

#include "lib/attest/endorse_piece.h"
#include "lib/base/hex.h"
#include "lib/collateral/pack.h"
#include "lib/evidence/sgx/pck.h"
#include "lib/evidence/snp/endorsement.h"

#define READ_ARENA_MAX ((size_t)256 << 20)

static const char *const faults[] = {
	[COLLATERAL_GOOD] = "good",
	[COLLATERAL_FORM] = "form",
	[COLLATERAL_ROOT] = "root",
	[COLLATERAL_SIGNER] = "signer",
	[COLLATERAL_SIGNATURE] = "signature",
	[COLLATERAL_SIGNER_DATES] = "signer-dates",
	[COLLATERAL_SIGNER_REVOKED] = "signer-revoked",
	[COLLATERAL_EARLY] = "early",
	[COLLATERAL_EXPIRED] = "expired",
};

/* The list lives in its own arena; the head keeps the pointer that frees both. */
struct owned_list {
	struct att_endorsement_list public;
	struct arena *a;
};

struct reading {
	struct crypto *c;
	struct arena *a;
	struct collateral_set set;
	struct x509_bundle anchors;
	struct x509_crl **crls; size_t ncrls;
	int64_t now_s;
	struct owned_list *list;
	size_t cap;
};

bool att_kind_has_evaluation(const char *kind)
{
	static const enum collateral_kind kinds[] = { COLLATERAL_TCB_INFO, COLLATERAL_QE_IDENTITY };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kind, collateral_kind_name(kinds[i])) == 0)
			return true;
	return false;
}

void att_endorsements_read_free(struct att_endorsement_list *l)
{
	if (l)
		arena_free(((struct owned_list *)l)->a);
}

/* Everything about an item but its bytes. */
struct finding {
	const char *kind, *key;
	enum collateral_fault fault;
	const struct att_error *why;
	bool simulated;
	uint32_t evaluation;
	int64_t issued_s, expires_s;
	struct x509_crl *crl;
};

static const char *number_text(struct arena *a, const struct x509_crl *l)
{
	size_t n;
	const uint8_t *p = x509_crl_number(l, &n);
	const char *hex = p ? hex_arena(a, p, n) : "";

	return hex && hex[0] == '0' && hex[1] ? hex + 1 : hex;
}

static bool add(
    struct reading *r, const struct finding *f, const struct piece_text *piece, struct att_error *e)
{
	struct att_endorsement *i = &r->list->public.item[r->list->public.n];
	const char *number = f->crl ? number_text(r->a, f->crl) : NULL;

	if (r->list->public.n == r->cap)
		return att_fail(e, ATT_E_INTERNAL, "endorsements: more than were counted");
	*i = (struct att_endorsement){
		.kind = f->kind, .key = arena_strdup(r->a, f->key), .evaluation = f->evaluation,
		.issued_s = f->issued_s, .expires_s = f->expires_s,
		.crl_number = number && number[0] ? number : NULL, .fault = faults[f->fault],
		.why = f->fault == COLLATERAL_GOOD ? NULL : arena_strdup(r->a, f->why->text),
		.simulated = f->simulated, .bytes = { (const uint8_t *)piece->p, piece->n },
	};
	if (!i->key || (f->crl && !number) || (f->fault != COLLATERAL_GOOD && !i->why))
		return arena_fail(r->a, e);
	if (!digest(r->c, DIGEST_SHA256, piece->p, piece->n, i->sha256, e))
		return false;
	r->list->public.n++;
	return true;
}

static bool add_amd(struct reading *r, const struct snp_endorsement *o, struct x509_crl *l,
    struct rd body, struct att_error *e)
{
	struct finding f = { .kind = o->kind, .key = o->key, .fault = o->fault, .why = &o->why,
		.simulated = o->simulated, .crl = l };
	struct piece_text piece;

	f.issued_s = l ? x509_crl_this_update(l) : x509_not_before(o->chain[0]);
	f.expires_s = l ? x509_crl_next_update(l) : x509_not_after(o->chain[0]);
	return piece_amd(r->a, o->chain, o->nchain, body, &piece, e) && add(r, &f, &piece, e);
}

static bool add_crl(struct reading *r, const struct snp_sources *s, const struct collateral_item *i,
    struct att_error *e)
{
	struct snp_endorsement o;

	if (!snp_endorsement_crl(s, i->crl, &o, e))
		return false;
	if (!o.kind)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "endorsements[%zu]: a revocation list by \"%s\", who is neither Intel's nor "
		    "AMD's",
		    i->source, x509_crl_issuer_cn(i->crl));
	return add_amd(r, &o, i->crl, i->body, e);
}

static bool add_item(struct reading *r, const struct collateral_item *i, struct att_error *e)
{
	struct att_error why = { 0 };
	struct finding f = {
		.kind = collateral_kind_name(i->kind),
		.key = i->key,
		.evaluation = i->evaluation,
		.issued_s = i->issue_date_s,
		.expires_s = i->next_update_s,
		.crl = i->crl,
		.why = &why,
		.simulated = i->proof.simulated,
		.fault = collateral_judge(&r->set, i, r->now_s, &why),
	};
	struct piece_text piece;

	return piece_intel(r->a, i, &piece, e) && add(r, &f, &piece, e);
}

/* The platform's QE id is in no certificate: only who asked for it knows that part of the key. */
static const char *pck_key(struct arena *a, const struct ext_sgx *x)
{
	const char *pce = hex_arena(a, x->pceid, sizeof x->pceid);
	const char *svn = hex_arena(a, x->cpusvn, sizeof x->cpusvn);

	return pce && svn ? arena_printf(a, "any-%s-%s-%02x%02x", pce, svn, x->pcesvn & 0xFFu,
				x->pcesvn >> 8 & 0xFFu) :
			    NULL;
}

static enum collateral_fault pck_dates(
    struct reading *r, const struct pck_chain *p, struct att_error *why)
{
	if (!x509_valid_at(p->ca, r->now_s, why) || !x509_valid_at(p->root, r->now_s, why))
		return COLLATERAL_SIGNER_DATES;
	if (collateral_root_revokes(&r->set, p->root, p->ca)) {
		(void)att_fail(
		    why, ATT_E_NOT_AUTHENTIC, "%s: revoked by its root", x509_subject_cn(p->ca));
		return COLLATERAL_SIGNER_REVOKED;
	}
	if (x509_valid_at(p->leaf, r->now_s, why))
		return COLLATERAL_GOOD;
	return r->now_s < x509_not_before(p->leaf) ? COLLATERAL_EARLY : COLLATERAL_EXPIRED;
}

/* Who certified it, as far as they are at hand; borrowed. */
static enum collateral_fault judge_pck(
    struct reading *r, struct pck_chain *p, struct att_error *why)
{
	struct pck_sources s = { .given = &r->set.certs, .anchors = &r->anchors };
	struct x509_cert *stranger;

	if (!pck_leaf_form(p->leaf, why) || !ext_sgx_parse(p->leaf, &p->ext, why))
		return COLLATERAL_FORM;
	p->root = pck_find_root(&s, &p->simulated, &stranger);
	if (!p->root) {
		(void)att_fail(why, ATT_E_NOT_AUTHENTIC, "%s",
		    stranger ? "the root has another key than Intel's" :
			       "no certificate " COLLATERAL_CN_ROOT);
		return COLLATERAL_ROOT;
	}
	p->ca = pck_find_ca(r->c, &s, p->leaf, p->root, why);
	if (!p->ca)
		return why->code == ATT_E_NOT_FOUND ? COLLATERAL_SIGNER : COLLATERAL_SIGNATURE;
	return pck_dates(r, p, why);
}

static bool add_pck(struct reading *r, struct x509_cert *leaf, struct att_error *e)
{
	struct pck_chain p = { .leaf = leaf };
	struct att_error why = { 0 };
	struct finding f = { .kind = "pck-cert",
		.fault = judge_pck(r, &p, &why),
		.why = &why,
		.simulated = p.simulated,
		.issued_s = x509_not_before(leaf),
		.expires_s = x509_not_after(leaf) };
	const struct x509_cert *chain[] = { p.leaf, p.ca, p.root };
	struct piece_text piece;

	if (why.code == ATT_E_NOMEM || why.code == ATT_E_INTERNAL)
		return att_fail(e, why.code, "%s", why.text);
	f.key = f.fault == COLLATERAL_FORM ? "" : pck_key(r->a, &p.ext);
	if (!f.key)
		return arena_fail(r->a, e);
	return piece_amd(r->a, chain, p.ca ? 3 : 1, rd_make(NULL, 0), &piece, e) &&
	    add(r, &f, &piece, e);
}

static bool add_certs(struct reading *r, const struct snp_sources *s, struct att_error *e)
{
	for (size_t i = 0; i < r->set.certs.n; i++) {
		struct x509_cert *cert = r->set.certs.certs[i];
		struct snp_endorsement o;

		if (strcmp(x509_subject_cn(cert), PCK_LEAF_CN) == 0) {
			if (!add_pck(r, cert, e))
				return false;
			continue;
		}
		if (!snp_endorsement_cert(s, cert, &o, e) ||
		    (o.kind && !add_amd(r, &o, NULL, rd_make(NULL, 0), e)))
			return false;
	}
	return true;
}

static bool add_all(struct reading *r, struct att_error *e)
{
	struct snp_sources s = { .crypto = r->c,
		.a = r->a,
		.given = &r->set.certs,
		.anchors = &r->anchors,
		.crls = r->crls,
		.ncrls = r->ncrls,
		.now_s = r->now_s };

	r->cap = r->set.nitems + r->set.certs.n;
	r->list->public.item = arena_array(r->a, r->cap + 1, sizeof *r->list->public.item);
	if (!r->list->public.item)
		return arena_fail(r->a, e);
	for (size_t i = 0; i < r->set.nitems; i++) {
		const struct collateral_item *item = r->set.items[i];
		if (!(item->kind == COLLATERAL_OTHER_CRL ? add_crl(r, &s, item, e) :
							   add_item(r, item, e)))
			return false;
	}
	return add_certs(r, &s, e);
}

/* The items' texts go into the list's arena, everything that only judging needs into the pack's. */
static bool read_pieces(struct reading *r, const struct collateral_pack *p, struct att_error *e)
{
	if (p->unreadable.code != ATT_E_OK)
		return att_fail(e, p->unreadable.code, "%s", p->unreadable.text);
	r->set = p->set;
	r->anchors = p->anchors;
	r->crls = p->crls;
	r->ncrls = p->ncrls;
	return add_all(r, e);
}

static bool read_given(struct reading *r, const struct collateral_given *g, struct att_error *e)
{
	struct collateral_pack *p;
	bool ok;

	if (!collateral_pack_new(r->c, g, &p, e))
		return false;
	ok = read_pieces(r, p, e);
	collateral_pack_free(p);
	return ok;
}

bool att_endorsements_read(const struct att_bytes *pieces, size_t n,
    const struct att_bytes *anchors, size_t nanchors, int64_t now_s,
    struct att_endorsement_list **out, struct att_error *e)
{
	struct reading r = { .now_s = now_s, .a = arena_new(READ_ARENA_MAX) };
	struct arena *scratch = arena_new(READ_ARENA_MAX);
	struct collateral_given g;
	bool ok;

	r.list = r.a ? arena_alloc(r.a, sizeof *r.list) : NULL;
	r.c = r.list && scratch ? crypto_new(e) : NULL;
	ok = r.c ? given_make(scratch, r.c, (struct piece_list){ pieces, n },
	    (struct piece_list){ anchors, nanchors }, &g, e) && read_given(&r, &g, e) :
	    att_fail(e, ATT_E_NOMEM, "out of memory");
	crypto_free(r.c);
	arena_free(scratch);
	if (!ok) {
		arena_free(r.a);
		return false;
	}
	r.list->a = r.a;
	*out = &r.list->public;
	return true;
}

/* Hex without leading zeros: the longer is the greater. */
static int number_order(const char *x, const char *y)
{
	size_t nx = x ? strlen(x) : 0, ny = y ? strlen(y) : 0;

	if (nx != ny)
		return nx < ny ? -1 : 1;
	return nx ? strcmp(x, y) : 0;
}

bool att_endorsement_may_follow(
    const struct att_endorsement *seen, const struct att_endorsement *next, struct att_error *e)
{
	char before[TIME_TEXT_MAX], after[TIME_TEXT_MAX];

	if (strcmp(seen->kind, next->kind) != 0 || strcmp(seen->key, next->key) != 0 ||
	    seen->evaluation != next->evaluation)
		return att_fail(e, ATT_E_INTERNAL, "%s %s (%u) is compared with %s %s (%u)",
		    next->kind, next->key, next->evaluation, seen->kind, seen->key,
		    seen->evaluation);
	if (number_order(next->crl_number, seen->crl_number) < 0)
		return att_fail(e, ATT_E_NOT_AUTHENTIC,
		    "%s %s: CRL number %s, but %s was seen before", next->kind, next->key,
		    next->crl_number ? next->crl_number : "(none)", seen->crl_number);
	if (next->issued_s >= seen->issued_s)
		return true;
	time_format(next->issued_s, after);
	time_format(seen->issued_s, before);
	return att_fail(e, ATT_E_NOT_AUTHENTIC,
	    "%s %s: issued at %s, but one of %s was seen before", next->kind, next->key, after,
	    before);
}
