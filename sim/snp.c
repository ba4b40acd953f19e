#include <stdio.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "sim/request.h"
#include "sim/snp_plan.h"

#define YEAR ((int64_t)365 * 86400)
#define CA_YEARS 25
#define KEY_CERT_SIGN (1u << 5)         /* bits of keyUsage */
#define CRL_SIGN (1u << 6)

/* What machines of each line looked like in 2026. */
static const struct product {
	const char *name, *ext_name;
	uint32_t version;
	uint8_t cpuid[3];
	bool fmc;
	struct att_snp_tcb tcb;
	unsigned serial;                /* of the root; the others follow it */
} products[] = {
	{ "Milan", "Milan-B0", 3, { 0x19, 0x01, 0x01 }, false, { 0, 4, 0, 0x18, 0xDB }, 0x10000 },
	{ "Genoa", "Genoa", 3, { 0x19, 0x11, 0x01 }, false, { 0, 10, 0, 0x17, 0x54 }, 0x20000 },
	{ "Turin", "Turin", 5, { 0x1A, 0x02, 0x01 }, true, { 1, 1, 1, 4, 0x51 }, 0x30000 },
};

static const struct product *find_product(const char *name)
{
	for (size_t i = 0; i < sizeof products / sizeof products[0]; i++)
		if (name && strcmp(products[i].name, name) == 0)
			return &products[i];
	return NULL;
}

static void fill(uint8_t *p, size_t n, uint8_t first)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(first + i);
}

bool sim_snp_options_default(
    struct sim_snp_options *o, const char *product, int64_t now_s, struct att_error *e)
{
	const struct product *p = find_product(product);
	const struct sim_snp_version version = { 1, 55, 29 };

	if (!p)
		return att_fail(e, ATT_E_NOT_FOUND, "product \"%.40s\": want Milan, Genoa or Turin",
		    product);
	*o = (struct sim_snp_options){
		.product = p->name, .version = p->version, .guest_svn = 2, .policy = 0x3001F,
		.platform_info = 0x25, .cpuid = { p->cpuid[0], p->cpuid[1], p->cpuid[2] },
		.current = p->tcb, .committed = p->tcb, .launch = p->tcb, .reported = p->tcb,
		.current_version = version, .committed_version = version,
		.launch_mit_vector = 7, .current_mit_vector = 7, .csp_id = "CN=simulated.example",
		.now_s = now_s, .leaf_not_before_s = now_s - YEAR, .leaf_not_after_s =
		    now_s + 6 * YEAR,
	};
	o->family_id[0] = 1;
	o->image_id[0] = 2;
	fill(o->measurement, sizeof o->measurement, 0x10);
	fill(o->id_key_digest, sizeof o->id_key_digest, 0x50);
	fill(o->report_id, sizeof o->report_id, 0x90);
	for (size_t i = 0; i < sizeof o->report_id_ma; i++)
		o->report_id_ma[i] = 0xFF;
	fill(o->chip_id, p->fmc ? 8 : 64, 0xC0);
	return true;
}

/* Names and terms of the three certificates. spec: sev-snp §7.1 */
static void plan_certs(struct snp_plan *p, const struct product *product)
{
	const struct sim_snp_options *o = &p->o;
	const char *ica = o->vlek ? "SEV-VLEK-" : "SEV-";

	p->ark = (struct snp_cert_plan){
		.serial = product->serial,
		.not_before_s = o->now_s - 2 * YEAR,
		.not_after_s = o->now_s + (CA_YEARS - 2) * YEAR,
		.ca = true,
		.pathlen = -1,
		.key_usage = KEY_CERT_SIGN | CRL_SIGN,
		.key = p->keys->ark,
		.issuer_key = p->keys->ark,
		.alg = SIG_RSA_PSS_SHA384,
	};
	p->ica = p->ark;
	p->ica.serial += o->vlek ? 0x101 : 1;
	p->ica.pathlen = 0;
	p->ica.key_usage = KEY_CERT_SIGN;
	p->ica.key = o->vlek ? p->keys->asvk : p->keys->ask;
	p->leaf = (struct snp_cert_plan){
		.serial = 0, .not_before_s = o->leaf_not_before_s, .not_after_s =
		    o->leaf_not_after_s,
		.pathlen = -1, .key = p->keys->leaf, .issuer_key = p->ica.key, .alg =
		    SIG_RSA_PSS_SHA384,
	};
	(void)snprintf(p->ark.cn, SNP_SIM_NAME_MAX, "ARK-%s", o->product);
	(void)snprintf(p->ark.issuer_cn, SNP_SIM_NAME_MAX, "ARK-%s", o->product);
	(void)snprintf(p->ica.cn, SNP_SIM_NAME_MAX, "%s%s", ica, o->product);
	(void)snprintf(p->ica.issuer_cn, SNP_SIM_NAME_MAX, "ARK-%s", o->product);
	(void)snprintf(p->leaf.cn, SNP_SIM_NAME_MAX, "%s", o->vlek ? "SEV-VLEK" : "SEV-VCEK");
	(void)snprintf(p->leaf.issuer_cn, SNP_SIM_NAME_MAX, "%s%s", ica, o->product);
}

static void plan_extensions(struct snp_plan *p, const struct product *product)
{
	struct snp_ext_plan *x = &p->ext;

	x->struct_version = p->fmc ? 1 : 0;
	(void)snprintf(x->product, sizeof x->product, "%s", p->o.vlek ?
	    product->name : product->ext_name);
	x->tcb = p->o.reported;
	x->has_fmc = p->fmc;
	x->has_spl4 = !p->fmc;
	x->has_snp = true;
	if (p->o.vlek) {
		x->csp_id = p->o.csp_id;
		return;
	}
	bytes_copy(x->hwid, p->o.chip_id, sizeof x->hwid);
	x->hwid_len = p->fmc ? 8 : 64;
}

static bool plan(const struct sim_snp_keys *keys, const struct sim_snp_options *o,
    struct snp_plan *p, struct att_error *e)
{
	const struct product *product = find_product(o->product);

	if (!product)
		return att_fail(e, ATT_E_NOT_FOUND, "product \"%.40s\": want Milan, Genoa or Turin",
		    o->product ? o->product : "");
	*p = (struct snp_plan){
		.o = *o,
		.keys = keys,
		.fmc = product->fmc,
		.signature_algo = 1,
		.signing_key = o->vlek ? 1 : 0,
		.report_key = keys->leaf,
		.crl_key = keys->ark,
		.crl_this_update_s = o->now_s - YEAR / 12,
		.crl_next_update_s = o->now_s + YEAR,
	};
	plan_certs(p, product);
	plan_extensions(p, product);
	return snp_fault_apply(o->fault, p, e);
}

/* What the guest and the host bind to the report. */
static bool bind(struct crypto *c, struct snp_plan *p, struct att_error *e)
{
	const struct sim_snp_options *o = &p->o;
	uint8_t sum[32];

	if (o->runtime_data.len && !p->unbound_report_data) {
		if (!digest(c, DIGEST_SHA256, o->runtime_data.data, o->runtime_data.len, sum, e))
			return false;
		bytes_copy(p->o.report_data, sum, sizeof sum);
		for (size_t i = sizeof sum; i < sizeof p->o.report_data; i++)
			p->o.report_data[i] = 0;
	}
	if (o->inittime_data.len && !p->unbound_host_data)
		return digest(c, DIGEST_SHA256, o->inittime_data.data, o->inittime_data.len,
		    p->o.host_data, e);
	return true;
}

static bool as_text(struct buf *b, struct sim_bytes *out, struct att_error *e)
{
	if (!buf_ok(b, e))
		return false;
	*out = (struct sim_bytes){ (const uint8_t *)b->p, b->len };
	return true;
}

static void put_pem(struct arena *a, struct buf *b, const struct x509_cert *cert)
{
	size_t n;
	const uint8_t *der = x509_der(cert, &n);
	const char *pem = x509_to_pem(a, der, n);

	if (pem)
		buf_str(b, pem);
	else
		b->failed = true;
}

static bool write_chain(struct arena *a, const struct snp_plan *p, const struct snp_certs *certs,
    struct sim_bytes *out, struct att_error *e)
{
	struct buf b = buf_make(a);

	put_pem(a, &b, certs->leaf);
	if (p->second_leaf)
		put_pem(a, &b, certs->leaf);
	put_pem(a, &b, certs->ica);
	put_pem(a, &b, certs->ark);
	if (p->broken_pem && !b.failed)
		b.p[100] = '*';
	return as_text(&b, out, e);
}

static bool write_anchor(struct crypto *c, struct arena *a, const struct snp_plan *p,
    const struct snp_certs *certs, struct sim_bytes *out, struct att_error *e)
{
	struct buf b = buf_make(a);
	struct snp_plan other = *p;
	struct snp_certs made = { 0 };

	if (p->other_anchor) {
		other.ark.key = other.ark.issuer_key = p->keys->asvk;
		(void)snprintf(other.ark.cn, sizeof other.ark.cn, "ARK-Other");
		(void)snprintf(other.ark.issuer_cn, sizeof other.ark.issuer_cn, "ARK-Other");
		if (!snp_certs_make(c, &other, &made, e))
			return false;
	}
	put_pem(a, &b, p->other_anchor ? made.ark : certs->ark);
	snp_certs_clear(&made);
	return as_text(&b, out, e);
}

/* GUIDs in RFC 4122 byte order: VCEK, VLEK, ASK, ARK. */
static const uint8_t guids[4][16] = {
	{ 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
	    0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd },
	{ 0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e,
	    0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1 },
	{ 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4,
	    0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82 },
	{ 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52,
	    0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae },
};

static bool write_extended(struct arena *a, const struct snp_plan *p, const struct snp_certs *certs,
    const uint8_t *report, struct sim_bytes *out, struct att_error *e)
{
	const struct { const uint8_t *guid; const struct x509_cert *cert; } v[3] = {
		{ guids[p->o.vlek ? 1 : 0], certs->leaf }, { guids[2], certs->ica }, { guids[3],
		    certs->ark },
	};
	const uint8_t end[24] = { 0 };
	struct buf b = buf_make(a);
	size_t n, off = sizeof end * 4;

	buf_put(&b, report, SNP_SIM_REPORT_LEN);
	for (size_t i = 0; i < 3; i++) {
		(void)x509_der(v[i].cert, &n);
		buf_put(&b, v[i].guid, 16);
		buf_le32(&b, (uint32_t)off);
		buf_le32(&b, (uint32_t)n);
		off += n;
	}
	buf_put(&b, end, sizeof end);
	for (size_t i = 0; i < 3; i++) {
		const uint8_t *der = x509_der(v[i].cert, &n);
		buf_put(&b, der, n);
	}
	return as_text(&b, out, e);
}

static struct json *b64_json(struct arena *a, const void *p, size_t n)
{
	char *s = b64_encode_arena(B64_URL, a, p, n);

	return s ? json_string(a, s) : NULL;
}

/* spec: rest-api §5.4 */
static bool write_request(
    struct arena *a, const struct snp_plan *p, struct sim_snp_output *o, struct att_error *e)
{
	struct json *inner = json_object(a);
	struct sim_request r = { .member = "report", .runtime_data = p->o.runtime_data,
		.inittime_data = p->o.inittime_data, .data_type = "JSON", .nonce = p->o.nonce };
	char *text;
	size_t n;

	if (!json_put(a, inner, "SnpReport", b64_json(a, o->report.p, o->report.n)) ||
	    !json_put(a, inner, "VcekCertChain", b64_json(a, o->chain_pem.p, o->chain_pem.n)))
		return arena_fail(a, e);
	if (!json_write(a, inner, JSON_COMPACT, &text, &n, e))
		return false;
	r.evidence = (struct att_bytes){ (const uint8_t *)text, n };
	return sim_request_write(a, &r, &o->request_json, e);
}

static bool copy_out(struct arena *a, const void *p, size_t n, struct sim_bytes *out,
    struct att_error *e)
{
	*out = (struct sim_bytes){ arena_memdup(a, p, n), n };
	return out->p || arena_fail(a, e);
}

static bool write_all(struct crypto *c, struct arena *a, const struct snp_plan *p,
    const struct snp_certs *certs, struct sim_snp_output *out, struct att_error *e)
{
	uint8_t report[SNP_SIM_REPORT_LEN];
	size_t n;
	const uint8_t *der = x509_der(certs->leaf, &n);

	return snp_report_make(c, p, report, e) &&
	    copy_out(a, report, sizeof report, &out->report, e) &&
	    copy_out(a, der, n, &out->leaf_der, e) &&
	    write_chain(a, p, certs, &out->chain_pem, e) &&
	    write_anchor(c, a, p, certs, &out->ark_pem, e) &&
	    write_extended(a, p, certs, report, &out->extended, e) &&
	    (!p->o.crl || p->no_crl || snp_crl_make(a, p, certs, &out->crl_der, e)) &&
	    write_request(a, p, out, e);
}

bool sim_snp_make(struct crypto *c, struct arena *a, const struct sim_snp_keys *keys,
    const struct sim_snp_options *o, struct sim_snp_output *out, struct att_error *e)
{
	struct snp_certs certs = { 0 };
	struct sim_snp_output t = { 0 };
	struct snp_plan p;
	bool ok;

	if (!plan(keys, o, &p, e) || !bind(c, &p, e) || !snp_certs_make(c, &p, &certs, e))
		return false;
	ok = write_all(c, a, &p, &certs, &t, e);
	snp_certs_clear(&certs);
	if (ok)
		*out = t;
	return ok;
}
