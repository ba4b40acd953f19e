#include "tests/unit/evidence/sgx/synth.h"

#include <string.h>

#include "lib/crypto/der.h"

#define DAY INT64_C(86400)
#define ARC "1.2.840.113741.1.13.1"
#define AK ROGUE_ROOT                   /* any key of the kit will do for the attestation key */

static const uint8_t intel[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d,
	0xb3, 0x95, 0x7f, 0x06, 0x07 };
static const uint8_t qe_mrsigner[32] = { 0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e, 0x96, 0x13,
	0x7f, 0x77, 0xc6, 0x8a, 0x82, 0x9a, 0x00, 0x56, 0xac, 0x8d, 0xed, 0x70, 0x14, 0x0b, 0x08,
	0x1b, 0x09, 0x44, 0x90, 0xc5, 0x7b, 0xff };

void synth_init(struct synth *s)
{
	*s = (struct synth){ 0 };
	kit_init(&s->k);
	dfix_init(&s->f);
	CHECK_OK(x509_bundle_add(&s->f.anchors, s->k.p[ROOT].cert, &s->k.e), &s->k.e);
}

void synth_clear(struct synth *s)
{
	dfix_clear(&s->f);
	kit_clear(&s->k);
}

static void pair(struct synth *s, struct buf *b, const char *oid, uint8_t tag, const void *p, size_t n)
{
	struct buf inside = buf_make(s->k.a);

	der_put_oid(&inside, oid);
	der_put(&inside, tag, p, n);
	der_put_buf(b, DER_SEQUENCE, &inside);
}

/* Components 70, 2, 2, 2, 0...; PCESVN 13: the best level of the kit's TCB Info. */
static struct buf extension(struct synth *s)
{
	struct buf tcb = buf_make(s->k.a), list = buf_make(s->k.a), whole = buf_make(s->k.a);
	static const uint8_t zero[16];

	for (unsigned i = 1; i <= EXT_SGX_COMPONENTS; i++) {
		uint8_t svn = i == 1 ? 70 : i < 5 ? 2 : 0;
		pair(s, &tcb, arena_printf(s->k.a, ARC ".2.%u", i), DER_INTEGER, &svn, 1);
	}
	pair(s, &tcb, ARC ".2.17", DER_INTEGER, "\x0d", 1);
	pair(s, &tcb, ARC ".2.18", DER_OCTETS, zero, sizeof zero);
	pair(s, &list, ARC ".1", DER_OCTETS, zero, sizeof zero);
	pair(s, &list, ARC ".2", DER_SEQUENCE, tcb.p, tcb.len);
	pair(s, &list, ARC ".3", DER_OCTETS, "\x01\x00", 2);
	pair(s, &list, ARC ".4", DER_OCTETS, "\x00\xaa\x11\x00\x00\x00", 6);
	pair(s, &list, ARC ".5", DER_ENUM, "\x01", 1);
	der_put_buf(&whole, DER_SEQUENCE, &list);
	CHECK_OK(buf_ok(&whole, &s->k.e), &s->k.e);
	return whole;
}

const char *synth_leaf(struct synth *s, const char *cn, bool with_extension, int64_t not_after_s)
{
	const struct x509_rdn name[] = { { "CN", cn }, { "O", "Test Only" } };
	struct buf ext = extension(s);
	const struct x509_ext exts[] = { { ARC, false, (const uint8_t *)ext.p, ext.len } };
	struct x509_template t = { .subject = name, .nsubject = 2, .issuer_cert = s->k.p[PLATFORM_CA].cert,
		.serial = 1 + PCK_LEAF, .not_before_s = KIT_NOW - 100 * DAY, .not_after_s = not_after_s,
		.pathlen = -1, .key_usage = 1, .exts = exts, .nexts = with_extension ? 1 : 0,
		.alg = SIG_ECDSA_P256_SHA256 };
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	const uint8_t *der;
	size_t n;

	CHECK_OK(
	    x509_make(s->k.c, &t, s->k.p[PCK_LEAF].pub, s->k.p[PLATFORM_CA].priv, &cert, &s->k.e),
	    &s->k.e);
	der = x509_der(cert, &n);
	return x509_to_pem(s->k.a, der, n);
}

static const char *enclave(const struct synth *s)
{
	return s->tee == PCS_SGX ? "QE" : "TD_QE";
}

static const char *changed(struct synth *s, const char *text, const char *from, const char *to)
{
	return from ? kit_replace(s->k.a, text, from, to) : text;
}

void synth_tcb_info(struct synth *s, const char *from, const char *to)
{
	kit_group(&s->k, s->doc, "tcb_info", changed(s, kit_tcbinfo(s->k.a, s->tee), from, to), TCB_SIGNING,
	    kit_pem(&s->k, TCB_SIGNING, ROOT));
}

void synth_qe_identity(struct synth *s, const char *from, const char *to)
{
	kit_group(&s->k, s->doc, "qe_identity", changed(s, kit_qeid(s->k.a, enclave(s)), from, to),
	    TCB_SIGNING, kit_pem(&s->k, TCB_SIGNING, ROOT));
}

void synth_begin(struct synth *s, enum pcs_tee tee)
{
	static const uint8_t td_svn[] = { 7, 1, 3 };

	s->tee = tee;
	s->version = tee == PCS_SGX ? 3 : 5;
	s->body_type = tee == PCS_SGX ? QUOTE_BODY_SGX : QUOTE_BODY_TD_15;
	bytes_copy(s->body, (const uint8_t[sizeof s->body]){ 0 }, sizeof s->body);
	bytes_copy(s->qe, (const uint8_t[sizeof s->qe]){ 0 }, sizeof s->qe);
	if (tee == PCS_TDX) {
		bytes_copy(s->body, td_svn, sizeof td_svn);
		bytes_copy(s->body + TD_REPORT_10_LEN, td_svn, sizeof td_svn);
	} else
		s->body[48] = 0x05;             /* INIT, MODE64BIT */
	s->qe[48] = 0x15;                       /* and PROVISIONKEY */
	bytes_copy(s->qe + 128, qe_mrsigner, sizeof qe_mrsigner);
	s->qe[256] = 1;
	s->qe[258] = 8;
	s->vendor0 = intel[0];
	s->certification = CERT_PCK_CHAIN;
	s->certs = arena_printf(s->k.a, "%s%s", synth_leaf(s, PCK_LEAF_CN, true, KIT_NOW + 900 * DAY),
	    kit_pem(&s->k, PLATFORM_CA, ROOT));
	s->doc = kit_document(&s->k);
	synth_tcb_info(s, NULL, NULL);
	synth_qe_identity(s, NULL, NULL);
	s->signed_over = NULL;
	s->f.now_s = KIT_NOW;
	s->f.settings.tcb_min_evaluation = 0;
	s->f.runtime = s->f.inittime = (struct bound_data){ 0 };
}

static void put(struct synth *s, const void *p, size_t n)
{
	assert_true(s->len + n <= sizeof s->quote);
	bytes_copy(s->quote + s->len, p, n);
	s->len += n;
}

static void le(struct synth *s, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t b = (uint8_t)(v >> 8 * i);
		put(s, &b, 1);
	}
}

static void sign(struct synth *s, enum kit_party who, const void *p, size_t n, uint8_t *out)
{
	uint8_t sig[SIG_MAX];
	size_t len;

	CHECK_OK(sig_sign(s->k.c, s->k.p[who].priv, SIG_ECDSA_P256_SHA256, rd_make(p, n), sig, &len, &s->k.e),
	    &s->k.e);
	bytes_copy(out, sig, QUOTE_SIGNATURE_LEN);
}

static size_t body_len(const struct synth *s)
{
	static const size_t lens[] = { 0, SGX_REPORT_LEN, TD_REPORT_10_LEN, TD_REPORT_15_LEN,
		TD_REPORT_15X_LEN };

	return lens[s->body_type];
}

/* The key, its auth data, and the report that binds them. */
static void put_qe(struct synth *s)
{
	uint8_t bound[QUOTE_KEY_LEN + 32], sum[32], sig[QUOTE_SIGNATURE_LEN];

	bytes_copy(bound, s->quote + s->key, QUOTE_KEY_LEN);
	for (uint8_t i = 0; i < 32; i++)
		bound[QUOTE_KEY_LEN + i] = i;
	CHECK_OK(digest(s->k.c, DIGEST_SHA256, bound, sizeof bound, sum, &s->k.e), &s->k.e);
	if (bytes_zero(s->qe + 320, 32))
		bytes_copy(s->qe + 320, sum, sizeof sum);
	s->qe_report = s->len;
	put(s, s->qe, sizeof s->qe);
	s->qe_signature = s->len;
	sign(s, PCK_LEAF, s->qe, sizeof s->qe, sig);
	put(s, sig, sizeof sig);
	le(s, 32, 2);
	s->auth = s->len;
	put(s, bound + QUOTE_KEY_LEN, 32);
	le(s, s->certification, 2), le(s, strlen(s->certs), 4), put(s, s->certs, strlen(s->certs));
}

void synth_make(struct synth *s)
{
	size_t n, spki, certs = strlen(s->certs), inner = SGX_REPORT_LEN + 64 + 2 + 32 + 6 + certs;
	const uint8_t *p = pubkey_spki(s->k.p[AK].pub, &spki);

	s->len = 0;
	le(s, s->version, 2), le(s, 2, 2), le(s, s->tee == PCS_SGX ? 0 : 0x81, 4), le(s, 0, 4);
	put(s, &s->vendor0, 1), put(s, intel + 1, sizeof intel - 1), le(s, 0, 8), le(s, 0, 8), le(s, 0, 4);
	if (s->version == 5)
		le(s, s->body_type, 2), le(s, body_len(s), 4);
	put(s, s->body, body_len(s));
	n = s->len;
	le(s, QUOTE_SIGNATURE_LEN + QUOTE_KEY_LEN + (s->version > 3 ? 6u : 0u) + inner, 4);
	s->signature = s->len;
	sign(s, AK, s->quote, n, s->quote + s->len);
	s->len += QUOTE_SIGNATURE_LEN;
	s->key = s->len;
	put(s, p + spki - QUOTE_KEY_LEN, QUOTE_KEY_LEN);
	if (s->version > 3)
		le(s, CERT_QE_REPORT, 2), le(s, inner, 4);
	put_qe(s);
	if (s->signed_over)
		s->signed_over(s);
}

const char *synth_appraise(struct synth *s, const struct evidence_format *format, const void *p, size_t n)
{
	char *text;
	size_t len;

	CHECK_OK(json_write(s->k.a, s->doc, JSON_COMPACT, &text, &len, &s->k.e), &s->k.e);
	s->f.npieces = 0;
	dfix_piece_bytes(&s->f, text, len);
	return dfix_run(&s->f, format, p, n);
}

const char *synth_run(struct synth *s, const struct evidence_format *format)
{
	synth_make(s);
	return synth_appraise(s, format, s->quote, s->len);
}
