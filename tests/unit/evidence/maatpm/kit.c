#include "tests/unit/evidence/maatpm/kit.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/hex.h"

#define CONTEXT "a sealed context"
#define AK_ATTRIBUTES 0x00050072U
#define OTHER_ATTRIBUTES 0x00040072U
#define KU_SIGN 1U
#define KU_CA (1U << 5 | 1U << 6)

static const uint8_t eku_ak[] = { 0x30, 0x07, 0x06, 0x05, 0x67, 0x81, 0x05, 0x08, 0x03 };

static void be(struct buf *b, uint64_t v, size_t n)
{
	for (size_t i = n; i > 0; i--)
		buf_char(b, (char)(v >> 8 * (i - 1)));
}

static void put_2b(struct buf *b, const void *p, size_t n)
{
	be(b, n, 2);
	buf_put(b, p, n);
}

static struct rd rd_of(const struct buf *b)
{
	assert_true(buf_ok(b, NULL));
	return rd_make(b->p, b->len);
}

char *mk_b64(struct mk *m, struct rd r)
{
	char *s = b64_encode_arena(B64_URL, m->k.a, rd_ptr(&r), rd_left(&r));

	assert_non_null(s);
	return s;
}

static struct pubkey *public_of(struct mk *m, const struct privkey *key)
{
	struct pubkey *p = NULL;

	CHECK_OK(privkey_public(m->k.c, key, &p, &m->k.e), &m->k.e);
	return p;
}

char *mk_jwk(struct mk *m, struct privkey *key)
{
	struct pubkey *p = public_of(m, key);
	char *text;
	size_t n;

	CHECK_OK(
	    json_write(m->k.a, jwk_from_pubkey(m->k.a, p), JSON_COMPACT, &text, &n, &m->k.e), &m->k.e);
	pubkey_free(p);
	return text;
}

/* Keys and certificates */

static struct x509_cert *make_cert(struct mk *m, const char *cn, struct privkey *key, bool ca)
{
	const struct x509_rdn subject = { "CN", cn };
	const struct x509_ext eku = { "2.5.29.37", false, eku_ak, sizeof eku_ak };
	const struct x509_template x = { .subject = &subject,
		.nsubject = 1,
		.issuer_cert = ca ? NULL : m->root_cert,
		.serial = 5,
		.not_before_s = MK_NOW - 1000,
		.not_after_s = MK_NOW + 1000,
		.ca = ca,
		.pathlen = -1,
		.key_usage = ca ? KU_CA : KU_SIGN,
		.exts = &eku,
		.nexts = ca ? 0 : 1,
		.alg = SIG_ECDSA_P256_SHA256 };
	struct pubkey *pub = public_of(m, key);
	struct x509_cert *cert = NULL;

	CHECK_OK(x509_make(m->k.c, &x, pub, m->root, &cert, &m->k.e), &m->k.e);
	pubkey_free(pub);
	return cert;
}

void mk_init(struct mk *m)
{
	struct privkey **ec[] = { &m->ak, &m->stranger, &m->root };
	struct privkey **rsa[] = { &m->request, &m->idks };

	*m = (struct mk){ 0 };
	kit_init(&m->k);
	for (size_t i = 0; i < 3; i++)
		CHECK_OK(privkey_generate(KEY_P256, 0, ec[i], &m->k.e), &m->k.e);
	for (size_t i = 0; i < 2; i++)
		CHECK_OK(privkey_generate(KEY_RSA, 2048, rsa[i], &m->k.e), &m->k.e);
	m->root_cert = make_cert(m, "root", m->root, true);
	m->ak_cert = make_cert(m, "ak", m->ak, false);
	m->stranger_cert = make_cert(m, "stranger", m->stranger, false);
	CHECK_OK(x509_bundle_add(&m->anchors, m->root_cert, &m->k.e), &m->k.e);
	att_settings_default(&m->settings);
	mk_fresh(m);
}

void mk_clear(struct mk *m)
{
	struct privkey *keys[] = { m->ak, m->stranger, m->request, m->idks, m->root };

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		privkey_free(keys[i]);
	x509_bundle_clear(&m->anchors);
	x509_cert_free(m->root_cert);
	x509_cert_free(m->ak_cert);
	x509_cert_free(m->stranger_cert);
	kit_clear(&m->k);
}

void mk_fresh(struct mk *m)
{
	kit_reset(&m->k);
	m->context = (struct att_tpm_context){ .state = ATT_TPM_CONTEXT_GOOD };
	bytes_copy(m->context.challenge, MK_CHALLENGE, ATT_TPM_CHALLENGE);
	m->t = (struct trust){ .crypto = m->k.c,
		.now_s = MK_NOW,
		.settings = &m->settings,
		.anchors = &m->anchors,
		.baseline = "",
		.tpm = { .ak_required = true,
		    .required_pcrs = MK_ALL_PCRS,
		    .context = &m->context,
		    .ak_cas = &m->ak_cas } };
}

static struct rd der_of(const struct x509_cert *c)
{
	size_t n;
	const uint8_t *p = x509_der(c, &n);

	return rd_make(p, n);
}

void mk_sound(struct mk *m, struct mk_order *o)
{
	*o = (struct mk_order){ .version = MAATPM_V2,
		.binding = MAATPM_TPM_QUOTE,
		.certified = m->stranger,
		.attributes = OTHER_ATTRIBUTES,
		.header = "{\"alg\":\"PS256\",\"typ\":\"attReqV2\"}" };
	o->now = (struct mk_quote){ .key = m->ak,
		.shown = m->ak,
		.cert = der_of(m->ak_cert),
		.clock = 5000,
		.reset = 7,
		.restart = 3 };
	o->now.log = kit_lab(&m->k, "sbon");
	o->now.ima = kit_take(&m->k, repo_file("tests/vectors/lab/sbon/ima_binary"));
	o->now.values = m->k.pcrs[DIGEST_SHA256];
}

/* TPM structures */

static void put_quoted(struct mk *m, const struct mk_quote *q, struct buf *b)
{
	static const uint16_t ids[] = { TPM_ALG_SHA1, TPM_ALG_SHA256, TPM_ALG_SHA384, TPM_ALG_SHA512 };
	struct buf all = buf_make(m->k.a);
	uint8_t out[DIGEST_MAX];

	be(b, 1, 4);
	be(b, ids[q->values.alg], 2);
	be(b, 3, 1);
	for (size_t i = 0; i < 3; i++)
		be(b, q->values.mask >> 8 * i & 0xff, 1);
	buf_str(&all, "");
	for (size_t i = 0; i < PCR_COUNT; i++)
		if (pcr_given(&q->values, (uint32_t)i))
			buf_put(&all, q->values.value[i], digest_len(q->values.alg));
	CHECK_OK(digest(m->k.c, DIGEST_SHA256, all.p, all.len, out, &m->k.e), &m->k.e);
	put_2b(b, out, 32);
}

static void put_head(struct buf *b, uint16_t type, struct rd extra, const struct mk_quote *q)
{
	static const uint8_t signer[34] = { 0x00, 0x0b, 1, 2, 3 };

	be(b, TPM_MAGIC, 4);
	be(b, type, 2);
	put_2b(b, signer, sizeof signer);
	put_2b(b, rd_ptr(&extra), rd_left(&extra));
	be(b, q->clock, 8);
	be(b, q->reset, 4);
	be(b, q->restart, 4);
	be(b, 1, 1);
	be(b, 0x2019102300163636, 8);
}

struct rd mk_attest(struct mk *m, const struct mk_quote *q)
{
	struct buf b = buf_make(m->k.a);

	put_head(&b, TPM_ST_QUOTE, q->extra, q);
	put_quoted(m, q, &b);
	return rd_of(&b);
}

struct rd mk_signature(struct mk *m, struct privkey *key, struct rd attest)
{
	struct buf b = buf_make(m->k.a);
	uint8_t sig[SIG_MAX];
	size_t n = 0;

	CHECK_OK(sig_sign(m->k.c, key, SIG_ECDSA_P256_SHA256, attest, sig, &n, &m->k.e), &m->k.e);
	be(&b, TPM_ALG_ECDSA, 2);
	be(&b, TPM_ALG_SHA256, 2);
	for (size_t half = 0; half < 2; half++) {
		size_t zeros = 0;                       /* TPMs leave leading zeros out */

		while (sig[32 * half + zeros] == 0)
			zeros++;
		put_2b(&b, sig + 32 * half + zeros, 32 - zeros);
	}
	return rd_of(&b);
}

static struct rd rsa_public(struct mk *m, struct privkey *key, uint32_t attributes)
{
	struct json *jwk;
	char *text = mk_jwk(m, key);
	struct buf b = buf_make(m->k.a);
	const struct json *n;
	uint8_t *p;
	size_t len;

	CHECK_OK(json_parse(m->k.a, text, strlen(text), NULL, &jwk, &m->k.e), &m->k.e);
	n = json_get(jwk, "n");
	CHECK_OK(b64_decode_arena(B64_URL, m->k.a, n->s, n->len, &p, &len, &m->k.e), &m->k.e);
	be(&b, TPM_ALG_RSA, 2);
	be(&b, TPM_ALG_SHA256, 2);
	be(&b, attributes, 4);
	put_2b(&b, NULL, 0);
	be(&b, TPM_ALG_NULL, 2);
	be(&b, TPM_ALG_NULL, 2);
	be(&b, 2048, 2);
	be(&b, 0, 4);
	put_2b(&b, p, len);
	return rd_of(&b);
}

static struct rd ec_public(struct mk *m, struct privkey *key, uint32_t attributes)
{
	struct buf b = buf_make(m->k.a);
	struct pubkey *p = public_of(m, key);
	size_t n;
	const uint8_t *spki = pubkey_spki(p, &n);

	be(&b, TPM_ALG_ECC, 2);
	be(&b, TPM_ALG_SHA256, 2);
	be(&b, attributes, 4);
	put_2b(&b, NULL, 0);
	be(&b, TPM_ALG_NULL, 2);
	be(&b, TPM_ALG_NULL, 2);
	be(&b, 3, 2);
	be(&b, TPM_ALG_NULL, 2);
	put_2b(&b, spki + n - 64, 32);
	put_2b(&b, spki + n - 32, 32);
	pubkey_free(p);
	return rd_of(&b);
}

struct rd mk_statement(struct mk *m, const struct mk_quote *q)
{
	struct rd attest = mk_attest(m, q), sig = mk_signature(m, q->key, attest);
	struct buf b = buf_make(m->k.a);
	size_t len = digest_len(q->values.alg);

	buf_put(&b, "ALPT", 4);
	buf_le32(&b, 0);
	buf_le32(&b, q->values.alg == DIGEST_SHA1 ? TPM_ALG_SHA1 : TPM_ALG_SHA256);
	buf_le32(&b, (uint32_t)rd_left(&sig));
	buf_le32(&b, (uint32_t)rd_left(&attest));
	buf_le32(&b, (uint32_t)(PCR_COUNT * len));
	buf_put(&b, rd_ptr(&sig), rd_left(&sig));
	buf_put(&b, rd_ptr(&attest), rd_left(&attest));
	for (size_t i = 0; i < PCR_COUNT; i++)
		buf_put(&b, q->values.value[i], len);
	return rd_of(&b);
}

/* JSON */

static void put_certify(struct mk *m, struct buf *b, struct rd public, struct privkey *signer)
{
	const struct mk_quote q = { .clock = 5000, .reset = 7, .restart = 3 };
	struct buf attest = buf_make(m->k.a);
	struct tpm_public p;
	struct tpm_name n = { 0 };

	CHECK_OK(tpm_public_parse(public, &p, &m->k.e), &m->k.e);
	CHECK_OK(tpm_public_name(m->k.c, &p, &n, &m->k.e), &m->k.e);
	put_head(&attest, TPM_ST_CERTIFY, rd_make(MK_CHALLENGE, 16), &q);
	put_2b(&attest, n.bytes, n.len);
	put_2b(&attest, n.bytes, n.len);
	buf_fmt(b,
	    "{\"tpm_certify\":{\"public\":\"%s\",\"certification\":\"%s\",\"signature\":\"%s\"}}",
	    mk_b64(m, public), mk_b64(m, rd_of(&attest)),
	    mk_b64(m, mk_signature(m, signer, rd_of(&attest))));
}

static void put_values(struct mk *m, struct buf *b, const struct pcr_bank *v)
{
	const char *joint = "";

	buf_fmt(b, "\"pcrs\":[{\"algorithm\":%d,\"values\":[",
	    v->alg == DIGEST_SHA1 ? TPM_ALG_SHA1 : TPM_ALG_SHA256);
	for (uint32_t i = 0; i < PCR_COUNT; i++) {
		if (!pcr_given(v, i))
			continue;
		buf_fmt(b, "%s{\"index\":%u,\"digest\":\"%s\"}", joint, i,
		    mk_b64(m, rd_make(v->value[i], digest_len(v->alg))));
		joint = ",";
	}
	buf_str(b, "]}]");
}

static void put_log(struct mk *m, struct buf *b, const char *type, struct rd log, bool first)
{
	if (!rd_empty(&log))
		buf_fmt(
		    b, "%s{\"type\":\"%s\",\"log\":\"%s\"}", first ? "" : ",", type, mk_b64(m, log));
}

static void put_attestation(struct mk *m, struct buf *b, const struct mk_quote *q)
{
	struct rd attest = mk_attest(m, q);

	buf_str(b, "{\"logs\":[");
	put_log(m, b, "TCG", q->log, true);
	put_log(m, b, "IMA", q->ima, rd_empty(&q->log));
	buf_fmt(b, "],\"aik_cert\":\"%s\",\"aik_pub\":%s,", mk_b64(m, q->cert), mk_jwk(m, q->shown));
	put_values(m, b, &q->values);
	buf_fmt(b, ",\"quote\":\"%s\",\"signature\":\"%s\"}", mk_b64(m, attest),
	    mk_b64(m, mk_signature(m, q->key, attest)));
}

/* What the quote must carry. */
static struct rd bound_nonce(struct mk *m, const struct mk_order *o, const char *jwk)
{
	struct buf b = buf_make(m->k.a);
	uint8_t out[DIGEST_MAX];

	if (o->version == MAATPM_V1 || o->binding != MAATPM_TPM_QUOTE)
		return rd_make(MK_CHALLENGE, 16);
	buf_str(&b, jwk);
	buf_char(&b, 0);
	buf_str(&b, MK_CHALLENGE);
	CHECK_OK(digest(m->k.c, DIGEST_SHA256, b.p, b.len, out, &m->k.e), &m->k.e);
	return kit_bytes(&m->k, out, 32);
}

static void put_v2(struct mk *m, struct buf *b, const struct mk_order *o, const struct mk_quote *now,
    const char *jwk)
{
	buf_str(b, "\"tpm_att_data\":{\"current_attestation\":");
	put_attestation(m, b, now);
	if (o->has_boot) {
		buf_str(b, ",\"boot_attestation\":");
		put_attestation(m, b, &o->boot);
	}
	buf_fmt(b, "},\"request_key\":{\"jwk\":%s,\"info\":", jwk);
	if (o->binding == MAATPM_TPM_QUOTE)
		buf_str(b, "{\"tpm_quote\":{\"hash_alg\":\"sha-256\"}}");
	else if (o->binding == MAATPM_TPM_CERTIFY)
		put_certify(m, b, rsa_public(m, m->request, o->attributes), m->ak);
	else
		buf_str(b, "{}");
	buf_str(b, "}");
	if (o->has_other) {
		buf_fmt(b, ",\"other_keys\":[{\"jwk\":%s,\"info\":", mk_jwk(m, m->stranger));
		put_certify(m, b, ec_public(m, o->certified, o->attributes), m->ak);
		buf_fmt(b, "},{\"jwk\":%s}]", mk_jwk(m, m->ak));
	}
}

static void put_v1(struct mk *m, struct buf *b, const struct mk_order *o, const struct mk_quote *now,
    const char *jwk)
{
	const struct mk_quote *cold = o->has_boot ? &o->boot : now;

	buf_fmt(b,
	    "\"tpm_att_data\":{\"srtm_boot_log\":\"%s\",\"srtm_resume_log\":\"%s\",\"aik_cert\":\"%s\","
	    "\"aik_pub\":%s,\"current_claim\":\"%s\"",
	    mk_b64(m, cold->log), o->has_boot ? mk_b64(m, now->log) : "", mk_b64(m, now->cert),
	    mk_jwk(m, now->shown), mk_b64(m, mk_statement(m, now)));
	if (o->has_boot)
		buf_fmt(b, ",\"boot_claim\":\"%s\"", mk_b64(m, mk_statement(m, &o->boot)));
	buf_fmt(b, "},\"attest_key\":%s", jwk);
}

struct rd mk_replaced(struct mk *m, struct rd text, const char *find, const char *put)
{
	char *s = arena_strndup(m->k.a, (const char *)rd_ptr(&text), rd_left(&text)), *at;
	struct buf b = buf_make(m->k.a);

	assert_non_null(s);
	at = strstr(s, find);
	if (!at)
		fail_msg("no %s in the payload", find);
	buf_put(&b, s, (size_t)(at - s));
	buf_str(&b, put);
	buf_str(&b, at + strlen(find));
	return rd_of(&b);
}

struct rd mk_payload(struct mk *m, const struct mk_order *o)
{
	struct buf b = buf_make(m->k.a);
	struct mk_quote now = o->now;
	char *jwk = mk_jwk(m, m->request);
	const char *report = mk_b64(m, o->vbs_report);

	if (!now.extra.base)
		now.extra = bound_nonce(m, o, jwk);
	buf_fmt(&b, "{\"att_type\":\"%s\",\"att_data\":", o->vbs ? "vbs" : "basic");
	buf_str(&b, o->vbs ? "{\"report_signed\":" : "");
	buf_fmt(&b, "{\"rp_id\":\"https://rp.example\",\"rp_data\":\"cnBkYXRh\",\"challenge\":\"%s\",",
	    mk_b64(m, rd_make(MK_CHALLENGE, 16)));
	(o->version == MAATPM_V1 ? put_v1 : put_v2)(m, &b, o, &now, jwk);
	buf_str(&b,
	    ",\"custom_claims\":[{\"name\":\"site\",\"value\":\"oslo\",\"value_type\":\"string\"}]");
	buf_fmt(&b, ",\"service_context\":\"%s\"}", mk_b64(m, rd_make(CONTEXT, strlen(CONTEXT))));
	if (o->vbs)
		buf_fmt(&b, o->version == MAATPM_V1 ? ",\"vsm_report\":\"%s\"}" :
		    ",\"vsm_report\":{\"enclave\":{\"report\":\"%s\"}}}", report);
	buf_str(&b, "}");
	return o->find ? mk_replaced(m, rd_of(&b), o->find, o->put) : rd_of(&b);
}

struct rd mk_sign(struct mk *m, const char *header, struct rd payload, struct privkey *key)
{
	struct buf b = buf_make(m->k.a);
	uint8_t sig[SIG_MAX];
	size_t n = 0;

	buf_fmt(&b, "%s.%s", mk_b64(m, rd_make(header, strlen(header))), mk_b64(m, payload));
	CHECK_OK(sig_sign(m->k.c, key, SIG_RSA_PSS_SHA256, rd_of(&b), sig, &n, &m->k.e), &m->k.e);
	buf_fmt(&b, ".%s", mk_b64(m, rd_make(sig, n)));
	return rd_of(&b);
}

struct rd mk_jws(struct mk *m, const struct mk_order *o)
{
	return mk_sign(m, o->header, mk_payload(m, o), m->request);
}

struct rd mk_envelope(struct mk *m, struct rd jws)
{
	struct buf b = buf_make(m->k.a);

	buf_str(&b, "{\"payload\":{\"request\":\"");
	buf_put(&b, rd_ptr(&jws), rd_left(&jws));
	buf_str(&b, "\"}}");
	return rd_of(&b);
}

struct rd mk_message(struct mk *m, const struct mk_order *o)
{
	struct rd jws = mk_jws(m, o), all = mk_envelope(m, jws);
	size_t head = strlen("{\"payload\":");

	return o->bare ? rd_make(rd_ptr(&all) + head, rd_left(&all) - head - 1) : all;
}

struct rd mk_file(struct mk *m, const struct mk_order *o)
{
	struct rd public = ec_public(m, o->now.key, AK_ATTRIBUTES), attest;
	struct buf b = buf_make(m->k.a), area = buf_make(m->k.a);
	struct mk_quote now = o->now;
	const char *joint = "";
	char hex[2 * DIGEST_MAX + 1];

	now.extra = now.extra.base ? now.extra : rd_make(MK_CHALLENGE, 16);
	attest = mk_attest(m, &now);
	put_2b(&area, rd_ptr(&public), rd_left(&public));
	buf_fmt(&b,
	    "{\"type\":\"Tpm\",\"nonce\":\"%s\",\"akPub\":\"%s\",\"akCert\":\"%s\",\"quotes\":[{"
	    "\"quote\":\"%s\","
	    "\"signature\":\"%s\",\"bank\":\"sha256\"}],\"pcrs\":{\"sha256\":{",
	    mk_b64(m, rd_make(MK_CHALLENGE, 16)), mk_b64(m, rd_of(&area)), mk_b64(m, now.cert),
	    mk_b64(m, attest), mk_b64(m, mk_signature(m, now.key, attest)));
	for (uint32_t i = 0; i < PCR_COUNT; i++) {
		if (!pcr_given(&now.values, i))
			continue;
		hex_encode(now.values.value[i], 32, hex);
		buf_fmt(&b, "%s\"%u\":\"%s\"", joint, i, hex);
		joint = ",";
	}
	buf_str(&b, "}},\"logs\":[");
	if (!rd_empty(&now.log))
		buf_fmt(&b, "{\"type\":\"tcg\",\"data\":\"%s\"}",
		    b64_encode_arena(B64_STD, m->k.a, rd_ptr(&now.log), rd_left(&now.log)));
	if (!rd_empty(&now.ima))
		buf_fmt(&b, "%s{\"type\":\"ima\",\"data\":\"%s\"}", rd_empty(&now.log) ? "" : ",",
		    b64_encode_arena(B64_STD, m->k.a, rd_ptr(&now.ima), rd_left(&now.ima)));
	buf_str(&b, "]}");
	return o->find ? mk_replaced(m, rd_of(&b), o->find, o->put) : rd_of(&b);
}

/* Appraising */

const char *mk_verdict(struct mk *m, struct rd evidence)
{
	void *ev;

	att_error_clear(&m->k.e);
	CHECK_OK(checklist_init(&m->checks, m->k.a, tpm_format.checks, tpm_format.nchecks, &m->k.e),
	    &m->k.e);
	m->o = (struct evidence_outcome){ .checks = &m->checks };
	m->claims = claims_make(m->k.a);
	if (!tpm_format.parse(evidence, m->k.a, m->k.c, &ev, &m->k.e))
		return "form";
	m->ev = ev;
	CHECK_OK(tpm_format.verify(ev, &m->t, m->k.a, &m->o, &m->k.e), &m->k.e);
	if (checklist_failed(&m->checks))
		return m->checks.rows[m->checks.first_failed].id;
	CHECK_OK(tpm_format.claims(ev, &m->t, &m->o, &m->claims, &m->k.e), &m->k.e);
	return "ok";
}

const char *mk_order_verdict(struct mk *m, const struct mk_order *o)
{
	return mk_verdict(m, mk_message(m, o));
}

const char *mk_claim(struct mk *m, const char *name)
{
	const struct claim *c = claims_find(&m->claims, name);

	return c && c->kind == CLAIM_STRING ? c->s : "";
}

/* IMA */

void mk_ima_begin(struct mk_order *o)
{
	o->now.values.mask |= 1U << 10;
	memset(o->now.values.value[10], 0, DIGEST_MAX);
}

static void extend(struct mk *m, uint8_t *pcr, const uint8_t *digest_of_event)
{
	uint8_t both[64];

	bytes_copy(both, pcr, 32);
	bytes_copy(both + 32, digest_of_event, 32);
	CHECK_OK(digest(m->k.c, DIGEST_SHA256, both, 64, pcr, &m->k.e), &m->k.e);
}

void mk_ima_entry(struct mk *m, struct mk_order *o, struct buf *list, const struct mk_ima *x)
{
	struct buf data = buf_make(m->k.a), d = buf_make(m->k.a);
	uint8_t out[DIGEST_MAX], sha1[DIGEST_MAX];

	buf_put(&d, "sha256:", 8);
	CHECK_OK(digest(m->k.c, DIGEST_SHA256, rd_ptr(&x->hashed), rd_left(&x->hashed), out, &m->k.e),
	    &m->k.e);
	buf_put(&d, out, 32);
	buf_le32_block(&data, d.p, d.len);
	buf_le32_block(&data, x->name, strlen(x->name) + 1);
	buf_le32_block(&data, rd_ptr(&x->last), rd_left(&x->last));
	CHECK_OK(digest(m->k.c, DIGEST_SHA1, data.p, data.len, sha1, &m->k.e), &m->k.e);
	buf_le32(list, 10);
	buf_put(list, sha1, 20);
	buf_le32_block(list, x->template, strlen(x->template));
	buf_le32_block(list, data.p, data.len);
	CHECK_OK(digest(m->k.c, DIGEST_SHA256, data.p, data.len, out, &m->k.e), &m->k.e);
	extend(m, o->now.values.value[10], out);
}

/* Windows */

static void put_tag(struct buf *b, uint32_t tag, const void *p, size_t n)
{
	buf_le32(b, tag);
	buf_le32_block(b, p, n);
}

static void put_flag(struct buf *b, uint32_t tag, bool on)
{
	put_tag(b, tag, on ? "\1" : "", 1);
}

/* The exponent and modulus of an RSA key, as Windows measures it. */
static void put_idks(struct mk *m, struct buf *b, const struct privkey *key)
{
	struct pubkey *p = public_of(m, key);
	struct json *jwk = jwk_from_pubkey(m->k.a, p);
	struct buf v = buf_make(m->k.a);
	uint8_t *e, *n;
	size_t e_len, n_len;

	pubkey_free(p);
	CHECK_OK(b64_decode_arena(B64_URL, m->k.a, json_get(jwk, "e")->s, json_get(jwk, "e")->len, &e,
		     &e_len, &m->k.e),
	    &m->k.e);
	CHECK_OK(b64_decode_arena(B64_URL, m->k.a, json_get(jwk, "n")->s, json_get(jwk, "n")->len, &n,
		     &n_len, &m->k.e),
	    &m->k.e);
	buf_le32(&v, 1);
	buf_le32(&v, 2048);
	buf_le32(&v, (uint32_t)e_len);
	buf_le32(&v, (uint32_t)n_len);
	buf_put(&v, e, e_len);
	buf_put(&v, n, n_len);
	put_tag(b, 0x00050023, v.p, v.len);
}

static void add_tree(struct mk *m, struct items *t, uint32_t pcr, const struct buf *inner)
{
	struct buf b = buf_make(m->k.a);
	struct item x;

	put_tag(&b, 0x40010001, inner->p, inner->len);
	x = item_of(&m->k, pcr, EV_EVENT_TAG, rd_of(&b), rd_of(&b));
	items_insert(t, t->n, &x);
}

/* A boot driver, validated. */
static void put_module(struct mk *m, struct buf *b, const char *path)
{
	struct buf in = buf_make(m->k.a), wide = buf_make(m->k.a);

	for (; *path; path++) {
		buf_char(&wide, *path);
		buf_char(&wide, 0);
	}
	put_tag(&in, 0x00070001, wide.p, wide.len);
	put_flag(&in, 0x0007000A, true);
	put_tag(&in, 0x0007000B, "\5\0\0\0", 4);
	put_tag(b, 0x40010003, in.p, in.len);
}

void mk_windows_log(struct mk *m, struct mk_order *o, const struct mk_windows *w)
{
	static struct items t;
	static const char closing[] = "WBCL";
	struct buf config = buf_make(m->k.a), kernel = buf_make(m->k.a);
	struct item x;

	(void)kit_lab_items(&m->k, "sbon", &t);
	for (size_t i = t.n; i > 0; i--)        /* the firmware's events alone */
		if (t.v[i - 1].pcr > 7 && t.v[i - 1].type != EV_NO_ACTION)
			items_remove(&t, i - 1);
	put_flag(&config, 0x00040001, w->debugging);
	put_tag(&config, 0x00020005, "\4\0\0\0", 4);
	put_tag(&config, 0x0005000F, "si policy", 9);
	put_flag(&config, 0x00050001, false);
	put_flag(&config, 0x00050002, !w->no_integrity);
	put_flag(&config, 0x00050003, w->test_signing);
	put_tag(&config, 0x00050012, w->no_vsm ? "\0\0\0\0\0\0\0\0" : "\2\0\0\0\0\0\0\0", 8);
	put_tag(&config, 0x000A0007, "\1\0\0\0\0\0\0\0", 8);
	put_idks(m, &config, m->idks);
	if (w->other_idks)
		put_idks(m, &config, w->other_idks);
	put_module(m, &kernel, "\\Windows\\System32\\drivers\\WdBoot.sys");
	put_module(m, &kernel, "\\Windows\\System32\\ntoskrnl.exe");
	add_tree(m, &t, 12, &config);
	add_tree(m, &t, 13, &kernel);
	for (uint32_t pcr = 12; pcr < 15 && !w->unclosed; pcr++) {
		x = item_of(&m->k, pcr, EV_SEPARATOR, rd_make(closing, 4), rd_make(closing, 4));
		items_insert(&t, t.n, &x);
	}
	items_pcrs(&m->k, &t, DIGEST_SHA256);
	o->now.log = items_log(&m->k, &t);
	o->now.ima = rd_make(NULL, 0);
	o->now.values = m->k.pcrs[DIGEST_SHA256];
}

struct rd mk_vbs_package(struct mk *m, const uint8_t data[64], uint32_t flags)
{
	struct buf s = buf_make(m->k.a), b = buf_make(m->k.a);
	uint8_t sig[SIG_MAX], ids[128] = { 0 };
	const uint32_t tail[] = { 3, 2, 1, flags, 8, 0x10 };
	size_t n = 0;

	memset(ids + 112, 1, 2);                /* image: AQEAAA... in the documented policy */
	buf_le32(&s, 224);
	buf_le32(&s, 1);
	buf_put(&s, data, 64);
	buf_put(&s, ids, sizeof ids);
	for (size_t i = 0; i < sizeof tail / sizeof tail[0]; i++)
		buf_le32(&s, tail[i]);
	CHECK_OK(sig_sign(m->k.c, m->idks, SIG_RSA_PSS_SHA256, rd_of(&s), sig, &n, &m->k.e), &m->k.e);
	buf_le32(&b, (uint32_t)(24 + s.len + n));
	buf_le32(&b, 1);
	buf_le32(&b, 1);
	buf_le32(&b, (uint32_t)s.len);
	buf_le32(&b, (uint32_t)n);
	buf_le32(&b, 0);
	buf_put(&b, s.p, s.len);
	buf_put(&b, sig, n);
	return rd_of(&b);
}

/* Quotes are signed with a new random number each time, so the text is made once and kept. */
struct rd mk_vbs_payload(struct mk *m, struct mk_order *o, uint32_t flags)
{
	struct rd payload;
	const char *text, *from, *to;
	uint8_t data[DIGEST_MAX];

	o->vbs = true;
	o->vbs_report = rd_make("REPORT", 6);
	payload = mk_payload(m, o);
	text = (const char *)rd_ptr(&payload);
	from = strstr(text, "{\"rp_id\"");
	to = strstr(text, ",\"vsm_report\"");
	assert_true(from && to && from < to);
	CHECK_OK(digest(m->k.c, DIGEST_SHA512, from, (size_t)(to - from), data, &m->k.e), &m->k.e);
	return mk_replaced(
	    m, payload, mk_b64(m, o->vbs_report), mk_b64(m, mk_vbs_package(m, data, flags)));
}
