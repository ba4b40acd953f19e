/* Certificates with Intel's names and extension. spec: sgx-tdx §1.1, §3 */
#include <string.h>

#include "lib/crypto/der.h"
#include "sim/dcap_plan.h"

#define ARC "1.2.840.113741.1.13.1"
#define KU_CA (1u << 5 | 1u << 6)       /* keyCertSign, cRLSign */
#define KU_LEAF (1u << 0 | 1u << 1)     /* digitalSignature, nonRepudiation */
#define NAME_PARTS 5
#define EXTS_MAX 3

void dcap_certs_clear(struct dcap_certs *c)
{
	for (size_t i = 0; i < DCAP_NPARTIES; i++)
		x509_cert_free(c->v[i]);
	*c = (struct dcap_certs){ 0 };
}

/* SEQUENCE { OID, value } */
static void pair(const struct dcap_plan *p, struct buf *b, const char *oid, uint8_t tag,
    const void *v,
    size_t n)
{
	struct buf inside = buf_make(p->a);

	der_put_oid(&inside, oid);
	der_put(&inside, tag, v, n);
	der_put_buf(b, DER_SEQUENCE, &inside);
}

static void pair_u64(const struct dcap_plan *p, struct buf *b, const char *oid, uint64_t v)
{
	struct buf inside = buf_make(p->a);

	der_put_oid(&inside, oid);
	der_put_u64(&inside, v);
	der_put_buf(b, DER_SEQUENCE, &inside);
}

static void pair_bool(const struct dcap_plan *p, struct buf *b, const char *oid, bool v)
{
	const uint8_t byte = v ? 0xFF : 0;

	pair(p, b, oid, DER_BOOLEAN, &byte, 1);
}

static void put_tcb(const struct dcap_plan *p, struct buf *list)
{
	const struct sim_dcap_platform *x = &p->o.platform;
	struct buf tcb = buf_make(p->a);

	for (unsigned i = 1; i <= p->ext.ncomponents; i++) {
		const char *oid = arena_printf(p->a, ARC ".2.%u", i);
		if (oid)
			pair_u64(p, &tcb, oid, x->components[i - 1]);
		else
			tcb.failed = true;
	}
	pair_u64(p, &tcb, ARC ".2.17", x->pcesvn);
	pair(p, &tcb, ARC ".2.18", DER_OCTETS, x->cpusvn, sizeof x->cpusvn);
	pair(p, list, ARC ".2", DER_SEQUENCE, tcb.p, tcb.len);
	list->failed |= tcb.failed;
}

/* Of leaves of the Platform CA only. */
static void put_package(const struct dcap_plan *p, struct buf *list)
{
	const struct sim_dcap_platform *x = &p->o.platform;
	struct buf conf = buf_make(p->a);

	pair(p, list, ARC ".6", DER_OCTETS, x->instance, sizeof x->instance);
	pair_bool(p, &conf, ARC ".7.1", x->dynamic);
	pair_bool(p, &conf, ARC ".7.2", x->cached_keys);
	pair_bool(p, &conf, ARC ".7.3", x->smt);
	pair(p, list, ARC ".7", DER_SEQUENCE, conf.p, conf.len);
	list->failed |= conf.failed;
}

bool dcap_extension(const struct dcap_plan *p, struct buf *out, struct att_error *e)
{
	const struct sim_dcap_platform *x = &p->o.platform;
	struct buf list = buf_make(p->a);

	pair(p, &list, ARC ".1", DER_OCTETS, x->ppid, sizeof x->ppid);
	put_tcb(p, &list);
	pair(p, &list, ARC ".3", DER_OCTETS, x->pceid, sizeof x->pceid);
	for (unsigned i = 0; i <= p->ext.twice; i++)
		pair(p, &list, ARC ".4", DER_OCTETS, x->fmspc, sizeof x->fmspc);
	pair(p, &list, ARC ".5", DER_ENUM, &x->sgx_type, 1);
	if (!x->processor_ca)
		put_package(p, &list);
	*out = buf_make(p->a);
	der_put_buf(out, DER_SEQUENCE, &list);
	return buf_ok(out, e);
}

static void name_parts(const char *cn, struct x509_rdn out[NAME_PARTS])
{
	const struct x509_rdn parts[NAME_PARTS] = {
		{ "CN", cn }, { "O", "Intel Corporation" }, { "L", "Santa Clara" }, { "ST", "CA" },
		{ "C", "US" },
	};

	bytes_copy(out, parts, sizeof parts);
}

/* cRLDistributionPoints: one point whose full name is a URI. */
static bool put_crl_point(const struct dcap_plan *p, struct x509_ext *out, struct att_error *e)
{
	struct buf name = buf_make(p->a), full = buf_make(p->a), point = buf_make(p->a);
	struct buf inside = buf_make(p->a), list = buf_make(p->a);
	const char *url = arena_printf(p->a, "%s/crl.der", p->o.url);

	if (!url)
		return arena_fail(p->a, e);
	der_put(&name, DER_CTX(6), url, strlen(url));
	der_put_buf(&full, DER_CTX_CONS(0), &name);
	der_put_buf(&point, DER_CTX_CONS(0), &full);
	der_put_buf(&inside, DER_SEQUENCE, &point);
	der_put_buf(&list, DER_SEQUENCE, &inside);
	*out = (struct x509_ext){ "2.5.29.31", false, (const uint8_t *)list.p, list.len };
	return buf_ok(&list, e);
}

/* authorityInfoAccess: where the issuer's certificate and OCSP would be. */
static bool put_access(const struct dcap_plan *p, struct x509_ext *out, struct att_error *e)
{
	static const char *const methods[] = { "1.3.6.1.5.5.7.48.2", "1.3.6.1.5.5.7.48.1" };
	struct buf inside = buf_make(p->a), list = buf_make(p->a);
	const char *url = arena_printf(p->a, "%s/issuer.der", p->o.url);

	if (!url)
		return arena_fail(p->a, e);
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		pair(p, &inside, methods[i], DER_CTX(6), url, strlen(url));
	der_put_buf(&list, DER_SEQUENCE, &inside);
	*out = (struct x509_ext){ "1.3.6.1.5.5.7.1.1", false, (const uint8_t *)list.p, list.len };
	return buf_ok(&list, e);
}

static bool extensions(const struct dcap_plan *p, enum dcap_party i, struct x509_ext v[EXTS_MAX],
    size_t *n,
    struct att_error *e)
{
	struct buf ext;

	*n = 0;
	if (i == DCAP_PCK && !p->ext.absent) {
		if (!dcap_extension(p, &ext, e))
			return false;
		v[(*n)++] = (struct x509_ext){ ARC, false, (const uint8_t *)ext.p, ext.len };
	}
	if (!p->o.url)
		return true;
	if (!put_crl_point(p, &v[*n], e) || !put_access(p, &v[*n + 1], e))
		return false;
	*n += 2;
	return true;
}

bool dcap_root_make(struct crypto *c, struct privkey *key, int64_t now_s, struct x509_cert **out,
    struct att_error *e)
{
	struct x509_rdn name[NAME_PARTS];
	struct x509_template t = {
		.subject = name, .nsubject = NAME_PARTS, .issuer = name, .nissuer = NAME_PARTS,
		.serial = DCAP_SIM_ROOT_SERIAL, .not_before_s = now_s - DCAP_SIM_ROOT_BEFORE,
		.not_after_s = now_s + DCAP_SIM_ROOT_AFTER, .ca = true, .pathlen = 1, .key_usage = KU_CA,
		.key_ids = true, .alg = SIG_ECDSA_P256_SHA256,
	};
	ATT_AUTO_STRUCT(pubkey) pub = NULL;

	name_parts(DCAP_SIM_CN_ROOT, name);
	return privkey_public(c, key, &pub, e) &&
	    (x509_make(c, &t, pub, key, out, e) || att_within(e, "simulated root"));
}

static bool make(const struct dcap_plan *p, enum dcap_party i, struct dcap_certs *certs,
    struct att_error *e)
{
	const struct dcap_cert_plan *x = &p->cert[i];
	struct x509_rdn subject[NAME_PARTS], issuer[NAME_PARTS];
	struct x509_ext exts[EXTS_MAX];
	struct x509_template t = {
		.subject = subject, .nsubject = NAME_PARTS, .issuer = issuer, .nissuer = NAME_PARTS,
		.issuer_cert = x->issuer == i ? NULL : certs->v[x->issuer], .serial = x->serial,
		.not_before_s = x->not_before_s, .not_after_s = x->not_after_s, .ca = x->ca,
		.pathlen = x->pathlen, .key_usage = x->ca ? KU_CA : KU_LEAF, .key_ids = true,
		    .exts = exts,
		.alg = SIG_ECDSA_P256_SHA256,
	};
	ATT_AUTO_STRUCT(pubkey) pub = NULL;

	if (i == DCAP_ROOT && !p->new_root) {
		certs->v[i] = x509_cert_ref(p->keys->root_cert);
		return true;
	}
	name_parts(x->cn, subject);
	name_parts(p->cert[x->issuer].cn, issuer);
	return extensions(p, i, exts, &t.nexts, e) && privkey_public(p->c, x->key, &pub, e) &&
	    (x509_make(p->c, &t, pub, x->issuer_key, &certs->v[i], e) ||
	        att_within(e, "simulated certificate %s", x->cn));
}

/* Roots first, then what they and their CAs issue. */
bool dcap_certs_make(const struct dcap_plan *p, struct dcap_certs *out, struct att_error *e)
{
	static const enum dcap_party order[DCAP_NPARTIES] = { DCAP_ROOT, DCAP_OTHER_ROOT, DCAP_CA,
		DCAP_OTHER_CA, DCAP_PCK, DCAP_TCB_SIGNER, DCAP_QE_SIGNER };
	struct dcap_certs t = { 0 };

	for (size_t i = 0; i < DCAP_NPARTIES; i++)
		if (!make(p, order[i], &t, e)) {
			dcap_certs_clear(&t);
			return false;
		}
	*out = t;
	return true;
}

const char *dcap_chain_pem(const struct dcap_plan *p, const struct dcap_certs *certs,
    enum dcap_party leaf,
    size_t n)
{
	struct buf b = buf_make(p->a);
	enum dcap_party i = leaf;

	for (size_t k = 0; k < n; k++, i = p->cert[i].issuer) {
		size_t len;
		const uint8_t *der = x509_der(certs->v[i], &len);
		const char *pem = x509_to_pem(p->a, der, len);
		buf_str(&b, pem ? pem : "");
		b.failed |= !pem;
	}
	return b.failed ? NULL : b.p;
}
