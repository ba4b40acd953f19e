/* Quotes and Open Enclave's headers, laid out from sgx-tdx.md 2 and 9.1 independently of the
 * parsers. */
#include <string.h>

#include "lib/base/buf.h"
#include "sim/dcap_plan.h"

#define SIGNATURE 64
#define KEY 64
#define AUTH 32
#define QE_REPORT_TYPE 6
#define PAIR_HEAD 6                     /* type and length */
#define UUID 16
#define TDX_TEE 0x81

static void le(struct buf *b, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_char(b, (char)(v >> 8 * i));
}

static bool put_signature(const struct dcap_plan *p, struct buf *b, struct privkey *key,
    struct rd over,
    struct att_error *e)
{
	uint8_t sig[SIG_MAX];
	size_t n;

	if (!sig_sign(p->c, key, SIG_ECDSA_P256_SHA256, over, sig, &n, e))
		return att_within(e, "simulated quote");
	buf_put(b, sig, SIGNATURE);
	return true;
}

static bool attestation_key(const struct dcap_plan *p, uint8_t xy[KEY], struct att_error *e)
{
	ATT_AUTO_STRUCT(pubkey) pub = NULL;
	const uint8_t *spki;
	size_t n;

	if (!privkey_public(p->c, p->keys->attestation, &pub, e))
		return false;
	spki = pubkey_spki(pub, &n);
	bytes_copy(xy, spki + n - KEY, KEY);
	return true;
}

/* spec: sgx-tdx §2.1, §2.2 */
static void put_signed(const struct dcap_plan *p, struct buf *b)
{
	static const uint8_t user_data_rest[4];

	le(b, p->version, 2);
	le(b, p->key_type, 2);
	le(b, p->tdx ? TDX_TEE : 0, 4);
	le(b, p->version == 3 ? p->o.qe_isvsvn : 0, 2);
	le(b, p->version == 3 ? p->o.platform.pcesvn : 0, 2);
	buf_put(b, p->vendor, sizeof p->vendor);
	buf_put(b, p->o.qe_id, sizeof p->o.qe_id);
	buf_put(b, user_data_rest, sizeof user_data_rest);
	if (p->version == 5) {
		le(b, p->tdx ? p->o.td_report : 1, 2);
		le(b, dcap_body_len(p), 4);
	}
	buf_put(b, p->body, dcap_body_len(p));
}

/* Types 1 to 3 only name the platform: an encrypted PPID is as good as any bytes. spec: sgx-tdx
 * §2.5 */
static void put_names(const struct dcap_plan *p, struct buf *b)
{
	static const size_t encrypted[] = { [2] = 256, [3] = 384 };
	const struct sim_dcap_platform *x = &p->o.platform;

	if (p->o.certification == 1)
		buf_put(b, x->ppid, sizeof x->ppid);
	else
		for (size_t i = 0; i < encrypted[p->o.certification]; i++)
			buf_char(b, (char)(x->ppid[i % sizeof x->ppid] ^ i));
	buf_put(b, x->cpusvn, sizeof x->cpusvn);
	le(b, x->pcesvn, 2);
	buf_put(b, x->pceid, sizeof x->pceid);
}

static const char *chain_text(const struct dcap_plan *p, const struct dcap_certs *certs)
{
	const char *chain = dcap_chain_pem(p, certs, DCAP_PCK, 3), *leaf = dcap_chain_pem(p, certs,
	    DCAP_PCK, 1);
	const char *root = dcap_chain_pem(p, certs, DCAP_ROOT, 1);

	if (!chain || !leaf || !root)
		return NULL;
	if (p->five_certs)
		return arena_printf(p->a, "%s%s%s", chain, root, root);
	return p->two_leaves ? arena_printf(p->a, "%s%s", leaf, chain) : chain;
}

static bool put_certification(const struct dcap_plan *p, const struct dcap_certs *certs,
    struct buf *b,
    struct att_error *e)
{
	struct buf data = buf_make(p->a);
	const char *text = p->certs;

	if (p->o.certification < 4)
		put_names(p, &data);
	else {
		if (!text && p->o.certification == 4)
			text = dcap_chain_pem(p, certs, DCAP_PCK, 1);
		if (!text)
			text = chain_text(p, certs);
		if (!text)
			return arena_fail(p->a, e);
		/* with its NUL, as real ones have it */
		buf_put(&data, text, strlen(text) + (p->certs ? 0 : 1));
	}
	le(b, p->o.certification, 2);
	le(b, data.len, 4);
	buf_put(b, data.p, data.len);
	return buf_ok(&data, e);
}

/* The quoting enclave's report over key and authentication data, and what certifies it. */
static bool put_qe(const struct dcap_plan *p, const struct dcap_certs *certs,
    const uint8_t key[KEY], struct buf *b,
    struct att_error *e)
{
	uint8_t bound[KEY + AUTH], report[DCAP_SIM_SGX_REPORT], *auth = bound + KEY;

	bytes_copy(bound, key, KEY);
	for (uint8_t i = 0; i < AUTH; i++)
		auth[i] = i;
	bytes_copy(report, p->qe, sizeof report);
	if (!digest(p->c, DIGEST_SHA256, bound, sizeof bound, report + 320, e))
		return false;
	buf_put(b, report, sizeof report);
	if (!put_signature(p, b, p->qe_key, rd_make(report, sizeof report), e))
		return false;
	auth[0] ^= p->other_auth;
	le(b, AUTH, 2);
	buf_put(b, auth, AUTH);
	return put_certification(p, certs, b, e);
}

static bool put_quote(const struct dcap_plan *p, const struct dcap_certs *certs, struct buf *b,
    struct att_error *e)
{
	struct buf signature = buf_make(p->a), inner = buf_make(p->a);
	uint8_t key[KEY];

	put_signed(p, b);
	if (!buf_ok(b, e) || !attestation_key(p, key, e) ||
	    !put_signature(p, &signature, p->quote_key, rd_make(b->p, b->len), e) ||
	    !put_qe(p, certs, key, &inner, e) || !buf_ok(&inner, e) || !buf_ok(&signature, e))
		return false;
	le(b, signature.len + KEY + (p->version > 3 ? PAIR_HEAD : 0) + inner.len, 4);
	buf_put(b, signature.p, signature.len);
	buf_put(b, key, KEY);
	if (p->version > 3) {
		le(b, QE_REPORT_TYPE, 2);
		le(b, inner.len, 4);
	}
	buf_put(b, inner.p, inner.len);
	for (size_t i = 0; i < p->padding; i++)
		buf_char(b, 0);
	if (!b->failed && p->other_version)
		b->p[0] = 9;
	return buf_ok(b, e);
}

/* spec: sgx-tdx §9.1 */
static void put_oe(const struct dcap_plan *p, const struct buf *quote, struct buf *b)
{
	static const uint8_t ecdsa[UUID] = { 0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14, 0xb7,
	    0x0a, 0xa1,
		0x25, 0xd2, 0xfb, 0xcd, 0x8c };
	static const uint8_t legacy[UUID] = { 0xc8, 0x30, 0x34, 0x54, 0xd9, 0x23, 0x4c, 0x2c, 0xa6,
	    0x91, 0xdf,
		0x7d, 0xef, 0x46, 0x0a, 0x76 };
	const enum sim_oe_form form = p->o.oe_form;

	if (form != SIM_OE_REPORT) {
		le(b, form, 4);
		buf_put(b, form == SIM_OE_EVIDENCE ? ecdsa : legacy, UUID);
		le(b, 0, 4);
		le(b, quote->len + (form == SIM_OE_EVIDENCE ? p->noe_claims : 16), 8);
	}
	if (form != SIM_OE_EVIDENCE) {
		le(b, 1, 4);
		le(b, 2, 4);            /* remote */
		le(b, quote->len, 8);
	}
	buf_put(b, quote->p, quote->len);
	if (form == SIM_OE_EVIDENCE)
		buf_put(b, p->oe_claims, p->noe_claims);
}

bool dcap_quote(const struct dcap_plan *p, const struct dcap_certs *certs,
    struct sim_dcap_output *out,
    struct att_error *e)
{
	struct buf quote = buf_make(p->a), whole = buf_make(p->a);

	if (!put_quote(p, certs, &quote, e))
		return false;
	out->quote = out->evidence = (struct sim_bytes){ (const uint8_t *)quote.p, quote.len };
	if (p->o.type != SIM_OE)
		return true;
	put_oe(p, &quote, &whole);
	out->evidence = (struct sim_bytes){ (const uint8_t *)whole.p, whole.len };
	return buf_ok(&whole, e);
}
