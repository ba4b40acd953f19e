#include <stdio.h>
#include <string.h>

#include "sim/snp_plan.h"

#define AMD "1.3.6.1.4.1.3704.1."
#define EXTS_MAX 16
#define SMALL_BITS 2048                 /* too few for a CA of AMD */

void snp_certs_clear(struct snp_certs *c)
{
	x509_cert_free(c->ark);
	x509_cert_free(c->ica);
	x509_cert_free(c->leaf);
	*c = (struct snp_certs){ 0 };
}

/* Values of extensions: DER INTEGER 0..255, IA5String, or raw bytes. */
struct ext_list {
	struct x509_ext v[EXTS_MAX];
	uint8_t bytes[EXTS_MAX][72];
	size_t n;
};

static void add_raw(struct ext_list *l, const char *oid, const void *p, size_t n)
{
	bytes_copy(l->bytes[l->n], p, n);
	l->v[l->n] = (struct x509_ext){ .oid = oid, .value = l->bytes[l->n], .len = n };
	l->n++;
}

static void add_int(struct ext_list *l, const char *oid, uint8_t i)
{
	const uint8_t small[] = { 0x02, 0x01, i }, big[] = { 0x02, 0x02, 0x00, i };

	if (i < 0x80)
		add_raw(l, oid, small, sizeof small);
	else
		add_raw(l, oid, big, sizeof big);
}

static void add_ia5(struct ext_list *l, const char *oid, const char *s)
{
	uint8_t b[66] = { 0x16 };
	size_t n = strnlen(s, sizeof b - 2);

	b[1] = (uint8_t)n;
	bytes_copy(b + 2, s, n);
	add_raw(l, oid, b, n + 2);
}

static void leaf_extensions(const struct snp_ext_plan *x, struct ext_list *l)
{
	add_int(l, AMD "1", x->struct_version);
	add_ia5(l, AMD "2", x->product);
	add_int(l, AMD "3.1", x->tcb.bootloader);
	add_int(l, AMD "3.2", x->tcb.tee);
	if (x->has_snp)
		add_int(l, AMD "3.3", x->tcb.snp);
	if (x->has_spl4)
		add_int(l, AMD "3.4", 0);
	add_int(l, AMD "3.5", 0);
	add_int(l, AMD "3.6", 0);
	add_int(l, AMD "3.7", 0);
	add_int(l, AMD "3.8", x->tcb.microcode);
	if (x->has_fmc)
		add_int(l, AMD "3.9", x->tcb.fmc);
	if (x->hwid_len)
		add_raw(l, AMD "4", x->hwid, x->hwid_len);
	if (x->csp_id)
		add_ia5(l, AMD "5", x->csp_id);
}

/* Names in AMD's order of parts. */
#define NAME_PARTS 6
static void name_parts(const char *cn, struct x509_rdn out[NAME_PARTS])
{
	const struct x509_rdn parts[NAME_PARTS] = {
		{ "OU", "Engineering" }, { "C", "US" }, { "L", "Santa Clara" }, { "ST", "CA" },
		{ "O", "Advanced Micro Devices" }, { "CN", cn },
	};

	bytes_copy(out, parts, sizeof parts);
}

static bool make(struct crypto *c, const struct snp_cert_plan *p, const struct pubkey *key,
    const struct ext_list *l, struct x509_cert **out, struct att_error *e)
{
	struct x509_rdn subject[NAME_PARTS], issuer[NAME_PARTS];
	struct x509_template t = {
		.subject = subject, .nsubject = NAME_PARTS, .issuer = issuer, .nissuer = NAME_PARTS,
		.serial = p->serial, .not_before_s = p->not_before_s, .not_after_s = p->not_after_s,
		.ca = p->ca, .pathlen = p->pathlen, .key_usage = p->key_usage,
		.exts = l->v, .nexts = l->n, .alg = p->alg,
	};

	name_parts(p->cn, subject);
	name_parts(p->issuer_cn, issuer);
	return x509_make(c, &t, key, p->issuer_key, out, e) ||
	    att_within(e, "simulated certificate %s", p->cn);
}

static bool make_leaf(struct crypto *c, const struct snp_plan *p, struct x509_cert **out, struct att_error *e)
{
	struct ext_list l = { 0 };
	ATT_AUTO_STRUCT(privkey) p256 = NULL;
	ATT_AUTO_STRUCT(pubkey) pub = NULL;

	if (p->p256_leaf && !privkey_generate(KEY_P256, 0, &p256, e))
		return false;
	leaf_extensions(&p->ext, &l);
	return privkey_public(c, p256 ? p256 : p->leaf.key, &pub, e) && make(c, &p->leaf, pub, &l, out, e);
}

static bool make_ca(
    struct crypto *c, const struct snp_cert_plan *p, struct x509_cert **out, struct att_error *e)
{
	const struct ext_list none = { 0 };
	ATT_AUTO_STRUCT(pubkey) pub = NULL;

	return privkey_public(c, p->key, &pub, e) && make(c, p, pub, &none, out, e);
}

bool snp_certs_make(struct crypto *c, const struct snp_plan *p, struct snp_certs *out, struct att_error *e)
{
	struct snp_certs t = { 0 };
	struct snp_plan q = *p;
	ATT_AUTO_STRUCT(privkey) small = NULL;

	if (p->small_ica) {
		if (!privkey_generate(KEY_RSA, SMALL_BITS, &small, e))
			return false;
		q.ica.key = q.leaf.issuer_key = small;
	}
	if (make_ca(c, &q.ark, &t.ark, e) && make_ca(c, &q.ica, &t.ica, e) && make_leaf(c, &q, &t.leaf, e)) {
		*out = t;
		return true;
	}
	snp_certs_clear(&t);
	return false;
}

bool snp_crl_make(struct arena *a, const struct snp_plan *p, const struct snp_certs *certs,
    struct sim_bytes *out, struct att_error *e)
{
	const uint64_t serial = p->crl_of_ica ? p->leaf.serial : p->ica.serial;
	struct x509_crl_template t = {
		.issuer = p->crl_of_ica ? certs->ica : certs->ark,
		.this_update_s = p->crl_this_update_s,
		.next_update_s = p->crl_next_update_s,
		.number = 1,
		.revoked = &serial,
		.nrevoked = p->o.revoke_ica ? 1 : 0,
		.alg = SIG_RSA_PSS_SHA384,
	};
	uint8_t *der;
	size_t n;

	if (!x509_make_crl(a, &t, p->crl_key, &der, &n, e))
		return att_within(e, "simulated revocation list");
	*out = (struct sim_bytes){ der, n };
	return true;
}
