#include "sim/tpm_message.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "lib/evidence/tpm/file.h"

#define REQUEST_KEY_BITS 2048

static struct json *b64_json(struct arena *a, const void *p, size_t n)
{
	char *s = b64_encode_arena(B64_URL, a, p, n);

	return s ? json_string(a, s) : NULL;
}

static struct json *rd_json(struct arena *a, const struct rd *r)
{
	return b64_json(a, rd_ptr(r), rd_left(r));
}

bool sim_tpm_key_make(struct crypto *c, struct arena *a, struct sim_tpm_key *out, struct att_error *e)
{
	ATT_AUTO_STRUCT(privkey) key = NULL;
	ATT_AUTO_STRUCT(pubkey) public = NULL;
	struct json *jwk;
	char *text;
	size_t n;

	if (!privkey_generate(KEY_RSA, REQUEST_KEY_BITS, &key, e) || !privkey_public(c, key, &public, e))
		return false;
	jwk = jwk_from_pubkey(a, public);
	if (!jwk)
		return arena_fail(a, e);
	if (!json_write(a, jwk, JSON_COMPACT, &text, &n, e))
		return false;
	*out = (struct sim_tpm_key){ ATT_STEAL(key), jwk, text };
	return true;
}

void sim_tpm_key_clear(struct sim_tpm_key *k)
{
	privkey_free(k->key);
	*k = (struct sim_tpm_key){ 0 };
}

/* {"data":base64url({"payload":inner})} */
static bool envelope(struct arena *a, struct json *inner, struct sim_bytes *body, struct att_error *e)
{
	struct json *outer = json_object(a), *payload = json_object(a);
	char *text;
	size_t n;

	if (!json_put(a, payload, "payload", inner))
		return arena_fail(a, e);
	if (!json_write(a, payload, JSON_COMPACT, &text, &n, e))
		return false;
	if (!json_put(a, outer, "data", b64_json(a, text, n)))
		return arena_fail(a, e);
	if (!json_write(a, outer, JSON_COMPACT, &text, &n, e))
		return false;
	*body = (struct sim_bytes){ (const uint8_t *)text, n };
	return true;
}

bool sim_tpm_init(struct arena *a, struct sim_bytes *body, struct att_error *e)
{
	return envelope(a, json_put(a, json_object(a), "type", json_string(a, "aikcert")), body, e);
}

/* A string member of the payload in the service's answer. */
static bool answer_member(struct arena *a, struct att_bytes body, const char *name, const struct json **out,
    const struct json **payload, struct att_error *e)
{
	const struct json *data;
	struct json *v;
	uint8_t *p;
	size_t n;

	if (!json_parse(a, body.data, body.len, NULL, &v, e))
		return att_within(e, "the service's answer");
	data = json_get(v, "data");
	if (!json_is(data, JSON_STRING))
		return att_fail(e, ATT_E_BAD_JSON, "the service's answer has no member data");
	if (!b64_decode_arena(B64_URL, a, data->s, data->len, &p, &n, e) || !json_parse(a, p, n, NULL, &v, e))
		return att_within(e, "the service's answer: data");
	*payload = json_get(v, "payload");
	*out = json_get(*payload, name);
	return json_is(*out, JSON_STRING) ||
	    att_fail(e, ATT_E_BAD_JSON, "the service's answer has no member payload.%s", name);
}

bool sim_tpm_read_challenge(struct arena *a, struct att_bytes body, struct sim_tpm_challenge *out,
    struct att_error *e)
{
	const struct json *v, *payload, *context;
	uint8_t *p;
	size_t n;

	if (!answer_member(a, body, "challenge", &v, &payload, e))
		return false;
	context = json_get(payload, "service_context");
	if (!json_is(context, JSON_STRING))
		return att_fail(e, ATT_E_BAD_JSON, "the service's answer has no member "
		    "payload.service_context");
	if (!b64_decode_arena(B64_URL, a, v->s, v->len, &p, &n, e))
		return att_within(e, "the service's answer: challenge");
	*out = (struct sim_tpm_challenge){ { p, n }, context->s };
	return true;
}

bool sim_tpm_read_report(struct arena *a, struct att_bytes body, const char **token, struct att_error *e)
{
	const struct json *v, *payload;

	if (!answer_member(a, body, "report", &v, &payload, e))
		return false;
	*token = v->s;
	return true;
}

bool sim_tpm_nonce(struct crypto *c, struct arena *a, const struct sim_tpm_key *k,
    const struct sim_tpm_challenge *ch, uint8_t out[SIM_TPM_NONCE], struct att_error *e)
{
	struct buf b = buf_make(a);

	buf_str(&b, k->text);
	buf_char(&b, 0);
	buf_put(&b, ch->bytes.data, ch->bytes.len);
	return buf_ok(&b, e) && digest(c, DIGEST_SHA256, b.p, b.len, out, e);
}

/* Values of one bank, those that were quoted, in the quote's order. */
static struct json *bank_json(struct arena *a, const struct tpm_selection_bank *s, const struct pcr_bank *b)
{
	struct json *list = json_array(a), *o = json_object(a);

	for (uint32_t i = 0; i < PCR_COUNT; i++) {
		struct json *v;

		if (!(s->mask >> i & 1) || !pcr_given(b, i))
			continue;
		v = json_put(a, json_object(a), "index", json_int(a, i));
		v = json_put(a, v, "digest", b64_json(a, b->value[i], digest_len(b->alg)));
		if (!json_append(list, v))
			return NULL;
	}
	return json_put(a, json_put(a, o, "algorithm", json_int(a, s->hash)), "values", list);
}

static struct json *pcrs_json(struct arena *a, const struct tpm_file *f)
{
	const struct tpm_selection *s = &f->quotes[0].quote.selection;
	struct json *list = json_array(a);

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < f->nbanks; k++)
			if (s->bank[i].known && s->bank[i].mask && f->banks[k].alg == s->bank[i].alg &&
			    !json_append(list, bank_json(a, &s->bank[i], &f->banks[k])))
				return NULL;
	return list;
}

static struct json *logs_json(struct arena *a, const struct tpm_file *f)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < f->nlogs; i++) {
		const char *type = f->logs[i].kind == TPM_LOG_IMA ? "IMA" : "TCG";
		struct json *v = json_put(a, json_object(a), "type", json_string(a, type));

		if (!json_append(list, json_put(a, v, "log", rd_json(a, &f->logs[i].data))))
			return NULL;
	}
	return list;
}

static struct json *attestation_json(struct arena *a, const struct tpm_file *f, const struct pubkey *ak)
{
	struct json *o = json_put(a, json_object(a), "logs", logs_json(a, f));

	if (!rd_empty(&f->ak_cert))
		o = json_put(a, o, "aik_cert", rd_json(a, &f->ak_cert));
	o = json_put(a, o, "aik_pub", jwk_from_pubkey(a, ak));
	o = json_put(a, o, "pcrs", pcrs_json(a, f));
	o = json_put(a, o, "quote", rd_json(a, &f->quotes[0].quote_raw));
	return json_put(a, o, "signature", rd_json(a, &f->quotes[0].signature_raw));
}

static struct json *payload_json(struct arena *a, const struct sim_tpm_message *m, const struct tpm_file *f,
    const struct pubkey *ak)
{
	struct json *data = json_object(a), *hash, *info, *key;

	hash = json_put(a, json_object(a), "hash_alg", json_string(a, "sha-256"));
	info = json_put(a, json_object(a), "tpm_quote", hash);
	key = json_put(a, json_object(a), "jwk", json_copy(a, m->key->jwk));
	key = json_put(a, key, "info", info);
	if (m->rp_id)
		data = json_put(a, data, "rp_id", json_string(a, m->rp_id));
	if (m->rp_data)
		data = json_put(a, data, "rp_data", json_string(a, m->rp_data));
	data = json_put(a, data, "challenge", b64_json(a, m->challenge->bytes.data, m->challenge->bytes.len));
	data = json_put(a, data, "tpm_att_data",
	    json_put(a, json_object(a), "current_attestation", attestation_json(a, f, ak)));
	data = json_put(a, data, "request_key", key);
	data = json_put(a, data, "service_context", json_string(a, m->challenge->context));
	return json_put(a, json_put(a, json_object(a), "att_type", json_string(a, "basic")), "att_data",
	    data);
}

/* Compact JWS with PS256, which is no algorithm of tokens. */
static bool sign(struct crypto *c, struct arena *a, struct privkey *key, struct rd payload, char **out,
    struct att_error *e)
{
	static const char header[] = "{\"alg\":\"PS256\",\"typ\":\"attReqV2\"}";
	char *first = b64_encode_arena(B64_URL, a, header, sizeof header - 1);
	char *second = b64_encode_arena(B64_URL, a, rd_ptr(&payload), rd_left(&payload)), *third;
	struct buf b = buf_make(a);
	uint8_t sig[SIG_MAX];
	size_t n;

	if (!first || !second)
		return arena_fail(a, e);
	buf_str(&b, first);
	buf_char(&b, '.');
	buf_str(&b, second);
	if (!buf_ok(&b, e) || !sig_sign(c, key, SIG_RSA_PSS_SHA256, rd_make(b.p, b.len), sig, &n, e))
		return false;
	third = b64_encode_arena(B64_URL, a, sig, n);
	if (!third)
		return arena_fail(a, e);
	buf_char(&b, '.');
	buf_str(&b, third);
	*out = b.p;
	return buf_ok(&b, e);
}

bool sim_tpm_request(struct crypto *c, struct arena *a, const struct sim_tpm_message *m,
    struct sim_bytes *body,
    struct att_error *e)
{
	ATT_AUTO_STRUCT(pubkey) ak = NULL;
	struct tpm_file *f;
	struct json *payload;
	char *text, *jws;
	size_t n;

	if (!tpm_file_parse(rd_make(m->evidence.data, m->evidence.len), a, &f, e) ||
	    !tpm_public_key(c, &f->ak_pub, &ak, e))
		return false;
	payload = payload_json(a, m, f, ak);
	if (!payload)
		return arena_fail(a, e);
	if (!json_write(a, payload, JSON_COMPACT, &text, &n, e) ||
	    !sign(c, a, m->key->key, rd_make(text, n), &jws, e))
		return false;
	return envelope(a, json_put(a, json_object(a), "request", json_string(a, jws)), body, e);
}

static const struct pcr_bank *bank_of(const struct sim_tpm_quoted *q, const struct tpm_selection_bank *s)
{
	for (size_t i = 0; s->known && i < q->nbanks; i++)
		if (q->banks[i].alg == s->alg)
			return &q->banks[i];
	return NULL;
}

/* Banks in the order of the selection. spec: tpm-eventlog §1.1 */
static void put_values(struct buf *b, const struct sim_tpm_quoted *q, const struct tpm_selection_bank *s)
{
	const struct pcr_bank *bank = bank_of(q, s);

	for (uint32_t i = 0; bank && i < PCR_COUNT; i++)
		if (s->mask >> i & 1)
			buf_put(b, bank->value[i], digest_len(bank->alg));
}

bool sim_tpm_agrees(struct crypto *c, struct arena *a, const struct sim_tpm_quoted *q, bool *agrees,
    struct att_error *e)
{
	struct buf b = buf_make(a);
	uint8_t sum[DIGEST_MAX];
	struct tpm_attest t;
	size_t n = digest_len(q->scheme_hash);

	if (!tpm_attest_parse(rd_make(q->quote.data, q->quote.len), &t, e))
		return false;
	for (size_t i = 0; i < t.selection.n; i++)
		put_values(&b, q, &t.selection.bank[i]);
	if (!buf_ok(&b, e) || !digest(c, q->scheme_hash, b.p, b.len, sum, e))
		return false;
	*agrees = rd_left(&t.digest) == n && bytes_equal(sum, rd_ptr(&t.digest), n);
	return true;
}
