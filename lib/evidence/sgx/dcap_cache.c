#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/evidence/sgx/dcap.h"

#define SET_ARENA_MAX ((size_t)64 << 20)        /* bytes of one parsed set of collateral */

static void put_bundle(struct buf *b, const struct x509_bundle *set)
{
	buf_le32(b, set ? (uint32_t)set->n : 0);
	for (size_t i = 0; set && i < set->n; i++)
		buf_put(b, x509_sha256(set->certs[i]), 32);
}

static void put_pieces(struct buf *b, const struct trust *t)
{
	buf_le32(b, (uint32_t)t->npieces);
	if (t->pieces_sha256)
		buf_put(b, t->pieces_sha256, 32);
}

static bool sum(struct dcap *v, const struct buf *b, uint8_t key[CHAIN_CACHE_KEY])
{
	return buf_ok(b, &v->fault) && digest(v->t->crypto, DIGEST_SHA256, b->p, b->len, key, &v->fault);
}

static bool cacheable(const struct trust *t)
{
	return t->chains && (t->npieces == 0 || t->pieces_sha256);
}

static void set_free(void *p)
{
	struct dcap_set *s = p;
	struct arena *a;

	if (!s)
		return;
	a = s->a;
	collateral_set_clear(&s->set);
	arena_free(a);
}

/* Pieces that are no collateral of Intel's (AMD's, Azure's) are left out. */
static bool fill(struct dcap *v, struct dcap_set *s)
{
	for (size_t i = 0; i < v->t->npieces; i++) {
		struct rd piece = rd_make(v->t->pieces[i].data, v->t->pieces[i].len);
		struct att_error why = { 0 };

		if (!collateral_recognise(piece) || collateral_set_add(&s->set, piece, i, &why))
			continue;
		if (dcap_is_fault(v, &why))
			return false;
		if (s->unreadable.code == ATT_E_OK)
			s->unreadable = why;
	}
	return collateral_set_prove(&s->set, v->t->anchors, &v->fault);
}

/* The structure lives in its own arena, which goes with it. */
static struct dcap_set *set_make(struct dcap *v)
{
	struct arena *a = arena_new(SET_ARENA_MAX);
	struct dcap_set *s = a ? arena_alloc(a, sizeof *s) : NULL;

	if (!s) {
		arena_free(a);
		(void)att_fail(&v->fault, ATT_E_NOMEM, "out of memory");
		return NULL;
	}
	s->a = a;
	if (collateral_set_init(&s->set, a, v->t->crypto, &v->fault) && fill(v, s))
		return s;
	set_free(s);
	return NULL;
}

bool dcap_set_get(struct dcap *v)
{
	struct buf b = buf_make(v->a);
	uint8_t key[CHAIN_CACHE_KEY];
	struct dcap_set *s;

	if (cacheable(v->t)) {
		buf_str(&b, "dcap set");
		put_pieces(&b, v->t);
		put_bundle(&b, v->t->anchors);
		if (!sum(v, &b, key))
			return false;
		v->set = chain_cache_get(v->t->chains, key);
		if (v->set)
			return true;
	}
	s = set_make(v);
	if (!s)
		return false;
	v->set = s;
	if (!cacheable(v->t) || !chain_cache_put(v->t->chains, key, s, set_free, NULL))
		v->own_set = s;
	return true;
}

/* Certificates that only name the platform are chosen by the QE report they verify. */
bool dcap_chain_key(struct dcap *v)
{
	const struct quote *q = v->q;
	const struct rd *parts[] = { &q->certification_data, &q->qe_bytes, &q->qe_signature };
	struct buf b = buf_make(v->a);
	size_t n = q->certification == CERT_PCK_LEAF || q->certification == CERT_PCK_CHAIN ? 1 : 3;
	uint8_t part[32];

	if (!cacheable(v->t))
		return true;
	buf_str(&b, "dcap chain");
	buf_le32(&b, q->certification);
	for (size_t i = 0; i < n; i++) {
		if (!digest(v->t->crypto, DIGEST_SHA256, rd_ptr(parts[i]), rd_left(parts[i]), part,
			&v->fault))
			return false;
		buf_put(&b, part, sizeof part);
	}
	put_pieces(&b, v->t);
	put_bundle(&b, v->t->certs);
	put_bundle(&b, v->t->anchors);
	return sum(v, &b, v->key);
}

static struct dcap_chain chain_ref(const struct dcap_chain *c)
{
	struct dcap_chain t = *c;

	t.pck = pck_chain_ref(&c->pck);
	return t;
}

bool dcap_chain_cached(struct dcap *v)
{
	static const enum dcap_check rows[] = {
		DCAP_CHECK_PCK_LEAF, DCAP_CHECK_PCK_EXTENSION, DCAP_CHECK_PCK_ROOT, DCAP_CHECK_PCK_CHAIN,
	};
	const struct dcap_chain *known =
	    cacheable(v->t) ? chain_cache_get(v->t->chains, v->key) : NULL;

	if (!known)
		return false;
	v->chain = chain_ref(known);
	if (v->q->certification == CERT_PCK_LEAF || v->q->certification == CERT_PCK_CHAIN)
		check_pass(v->c, DCAP_CHECK_PCK_CERTS);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_pass(v->c, rows[i]);
	return true;
}

static void chain_free(void *p)
{
	struct dcap_chain *c = p;

	if (!c)
		return;
	pck_chain_clear(&c->pck);
	free(c);
}

void dcap_chain_keep(struct dcap *v)
{
	const struct dcap_chain *known = cacheable(v->t) ? chain_cache_get(v->t->chains, v->key) : NULL;
	struct dcap_chain *c;

	if (!cacheable(v->t) || (known && known->hashed &&
	    bytes_equal(known->hashed_at, v->chain.hashed_at, sizeof known->hashed_at) &&
	    bytes_equal(known->crl_sha256, v->chain.crl_sha256, sizeof known->crl_sha256)))
		return;
	c = malloc(sizeof *c);
	if (!c)
		return;
	*c = chain_ref(&v->chain);
	if (!chain_cache_put(v->t->chains, v->key, c, chain_free, NULL))
		chain_free(c);
}
