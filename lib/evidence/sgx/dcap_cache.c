#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/evidence/sgx/dcap.h"

#define QE_AUTH_KEPT 1024               /* bytes of authentication data; real ones have 32 */

static bool sum(struct dcap *v, const struct buf *b, uint8_t key[CHAIN_CACHE_KEY])
{
	return buf_ok(b, &v->fault) && digest(v->t->crypto, DIGEST_SHA256, b->p, b->len, key, &v->fault);
}

static bool cacheable(const struct trust *t)
{
	return t->chains && t->given_sha256;
}

/* Certificates that only name the platform are chosen by the QE report they verify. */
bool dcap_chain_key(struct dcap *v)
{
	const struct quote *q = v->q;
	const struct rd *parts[] = { &q->certification_data, &q->qe_bytes, &q->qe_signature };
	struct buf b = buf_make(v->a);
	size_t n = q->certification == CERT_PCK_LEAF || q->certification == CERT_PCK_CHAIN ? 1 : 3;
	uint8_t part[32];

	v->keyed = cacheable(v->t);
	if (!v->keyed)
		return true;
	buf_str(&b, "dcap chain");
	buf_le32(&b, q->certification);
	for (size_t i = 0; i < n; i++) {
		if (!digest(v->t->crypto, DIGEST_SHA256, rd_ptr(parts[i]), rd_left(parts[i]), part,
			&v->fault))
			return false;
		buf_put(&b, part, sizeof part);
	}
	buf_put(&b, v->t->given_sha256, 32);
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
	const struct dcap_chain *known = v->keyed ? chain_cache_get(v->t->chains, v->key) : NULL;

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
	const struct dcap_chain *known = v->keyed ? chain_cache_get(v->t->chains, v->key) : NULL;
	struct dcap_chain *c;

	if (!v->keyed || (known && bytes_equal(known->crl_sha256, v->chain.crl_sha256,
	    sizeof known->crl_sha256)))
		return;
	c = malloc(sizeof *c);
	if (!c)
		return;
	*c = chain_ref(&v->chain);
	if (!chain_cache_put(v->t->chains, v->key, c, chain_free, NULL))
		chain_free(c);
}

/* Everything that the two checks of the QE report depend on: its signer, its bytes, and what it
 * binds. */
static bool qe_key(struct dcap *v)
{
	const struct rd *parts[] = { &v->q->qe_bytes, &v->q->qe_signature, &v->q->key,
		&v->q->qe_auth };
	struct buf b = buf_make(v->a);

	buf_str(&b, "dcap qe");
	buf_put(&b, x509_sha256(v->chain.pck.leaf), 32);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		buf_le32_block(&b, rd_ptr(parts[i]), rd_left(parts[i]));
	return sum(v, &b, v->qe_key);
}

struct known_key { struct pubkey *key; };

bool dcap_qe_cached(struct dcap *v)
{
	const struct known_key *known;

	if (!v->t->chains || rd_left(&v->q->qe_auth) > QE_AUTH_KEPT || !qe_key(v))
		return false;
	known = chain_cache_get(v->t->chains, v->qe_key);
	if (known)
		v->attestation = pubkey_ref(known->key);
	return known != NULL;
}

static void key_free(void *p)
{
	struct known_key *k = p;

	pubkey_free(k->key);
	free(k);
}

void dcap_qe_keep(struct dcap *v)
{
	struct known_key *k;

	if (!v->t->chains || rd_left(&v->q->qe_auth) > QE_AUTH_KEPT)
		return;
	k = malloc(sizeof *k);
	if (!k)
		return;
	k->key = pubkey_ref(v->attestation);
	if (!chain_cache_put(v->t->chains, v->qe_key, k, key_free, NULL))
		key_free(k);
}
