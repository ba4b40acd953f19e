#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/evidence/snp/verify.h"

/* Fields that choose among certificates: kind of key, product line, chip and TCB. */
static void put_report(struct buf *b, const struct snp_report *r)
{
	buf_le32(b, r->version);
	buf_le32(b, r->key_info);
	buf_le32(b, (uint32_t)r->cpuid_family << 8 | r->cpuid_model);
	buf_put(b, r->chip_id, sizeof r->chip_id);
	buf_put(b, r->reported_tcb, sizeof r->reported_tcb);
}

bool snp_chain_key(struct snp_verifier *v)
{
	const struct snp_certtable *sent = &v->ev->certs;
	struct buf b = buf_make(v->a);
	uint8_t sum[32];

	v->keyed = v->t->chains && v->t->given_sha256;
	if (!v->keyed)
		return true;
	buf_str(&b, "snp chain");
	buf_le32(&b, (uint32_t)sent->ncerts);
	for (size_t i = 0; i < sent->ncerts; i++) {
		if (!digest(v->t->crypto, DIGEST_SHA256, rd_ptr(&sent->certs[i]),
			rd_left(&sent->certs[i]), sum, &v->fault))
			return false;
		buf_put(&b, sum, sizeof sum);
	}
	buf_put(&b, v->t->given_sha256, 32);
	put_report(&b, v->r);
	return buf_ok(&b, &v->fault) && digest(v->t->crypto, DIGEST_SHA256, b.p, b.len, v->key, &v->fault);
}

/* Certificates are shared by counting references: the cache may drop its own at any time. */
static struct snp_chain chain_ref(const struct snp_chain *c)
{
	struct snp_chain t = *c;

	t.leaf = x509_cert_ref(c->leaf);
	t.ica = x509_cert_ref(c->ica);
	t.ark = x509_cert_ref(c->ark);
	return t;
}

bool snp_chain_cached(struct snp_verifier *v)
{
	const struct snp_chain *known = v->keyed ? chain_cache_get(v->t->chains, v->key) : NULL;

	if (!known)
		return false;
	v->chain = chain_ref(known);
	if (v->ev->certs.ncerts > 0)
		check_pass(v->c, SNP_CHECK_CERTS);
	for (size_t i = SNP_CACHED_FIRST; i <= SNP_CACHED_LAST; i++)
		check_pass(v->c, i);
	return true;
}

static void chain_free(void *p)
{
	snp_chain_clear(p);
	free(p);
}

void snp_chain_keep(struct snp_verifier *v)
{
	struct snp_chain *c = v->keyed ? malloc(sizeof *c) : NULL;

	if (!c)
		return;
	*c = chain_ref(&v->chain);
	if (!chain_cache_put(v->t->chains, v->key, c, chain_free, NULL))
		chain_free(c);
}
