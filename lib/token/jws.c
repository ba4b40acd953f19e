#include "lib/token/jws.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"

/* spec: RFC 7518 §3.1, rest-api §7 (RSA256: what two SDKs write for RS256 in policies) */
static const struct jws_alg algs[] = {
	{ "RS256",  KEY_RSA,  SIG_RSA_PKCS1_SHA256,  false },
	{ "ES256",  KEY_P256, SIG_ECDSA_P256_SHA256, false },
	{ "ES384",  KEY_P384, SIG_ECDSA_P384_SHA384, false },
	{ "ES512",  KEY_P521, SIG_ECDSA_P521_SHA512, false },
	{ "RSA256", KEY_RSA,  SIG_RSA_PKCS1_SHA256,  true },
};
#define NALGS (sizeof algs / sizeof algs[0])

const struct jws_alg *jws_alg_find(const char *name)
{
	for (size_t i = 0; i < NALGS; i++)
		if (strcmp(algs[i].name, name) == 0)
			return &algs[i];
	return NULL;
}

const struct jws_alg *jws_alg_of_kind(enum key_kind kind)
{
	for (size_t i = 0; i < NALGS; i++)
		if (algs[i].kind == kind && !algs[i].policy_only)
			return &algs[i];
	return NULL;
}

/* Splitting */

#define SEGMENTS 3
struct segments {
	const char *p[SEGMENTS];
	size_t len[SEGMENTS];
};
static const char *const segment_names[SEGMENTS] = { "header", "payload", "signature" };

static bool cut(const char *text, size_t n, struct segments *out, struct att_error *e)
{
	size_t k = 0, start = 0, dots = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && text[i] != '.')
			continue;
		dots += i < n;
		if (k < SEGMENTS) {
			out->p[k] = text + start;
			out->len[k++] = i - start;
		}
		start = i + 1;
	}
	if (dots != SEGMENTS - 1)
		return att_fail(e, ATT_E_BAD_FORMAT, "jws: %zu segments, want 3", dots + 1);
	if (out->len[0] == 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "jws: the header is empty");
	return true;
}

bool jws_split_long(struct arena *a, const void *text, size_t n, struct jws *out, struct att_error *e)
{
	struct segments s;
	uint8_t *bytes[SEGMENTS];
	size_t len[SEGMENTS];

	if (!cut(text, n, &s, e))
		return false;
	if (s.len[0] > b64_encoded_len(B64_URL, JWS_HEADER_MAX))
		return att_fail(e, ATT_E_LIMIT, "jws: header of %zu characters, at most %zu",
		    s.len[0], b64_encoded_len(B64_URL, JWS_HEADER_MAX));
	for (size_t i = 0; i < SEGMENTS; i++)
		if (!b64_decode_arena(B64_URL, a, s.p[i], s.len[i], &bytes[i], &len[i], e))
			return att_within(e, "jws: %s", segment_names[i]);
	*out = (struct jws){
		.input = text, .input_len = s.len[0] + 1 + s.len[1],
		.header_text = (const char *)bytes[0], .header_len = len[0],
		.payload = bytes[1], .payload_len = len[1],
		.sig = bytes[2], .sig_len = len[2],
	};
	return true;
}

bool jws_split(struct arena *a, const void *text, size_t n, struct jws *out, struct att_error *e)
{
	if (n > JWS_TEXT_MAX)
		return att_fail(e, ATT_E_LIMIT, "jws: %zu characters, at most %zu", n, JWS_TEXT_MAX);
	return jws_split_long(a, text, n, out, e);
}

/* Header */

static bool string_without_nul(const struct json *v)
{
	return json_is(v, JSON_STRING) && strlen(v->s) == v->len;
}

bool jws_read_header(struct arena *a, struct jws *j, struct att_error *e)
{
	static const struct json_limits limits = { .max_depth = 8, .max_nodes = 1000 };
	static const char *const strings[] = { "alg", "kid", "typ" };
	struct json *h;

	if (!json_parse(a, j->header_text, j->header_len, &limits, &h, e))
		return att_within(e, "jws: header");
	if (!json_is(h, JSON_OBJECT))
		return att_fail(e, ATT_E_BAD_FORMAT, "jws: the header is not a JSON object");
	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
		const struct json *v = json_get(h, strings[i]);
		if (v && !string_without_nul(v))
			return att_fail(
			    e, ATT_E_BAD_FORMAT, "jws: header member %s is not a string", strings[i]);
	}
	if (!json_get(h, "alg"))
		return att_fail(e, ATT_E_BAD_FORMAT, "jws: the header has no alg");
	j->header = h;
	j->alg = json_get(h, "alg")->s;
	return true;
}

bool jws_parse(struct arena *a, const void *text, size_t n, struct jws *out, struct att_error *e)
{
	struct jws j;

	if (!jws_split(a, text, n, &j, e) ||
	    !jws_read_header(a, &j, e))
		return false;
	*out = j;
	return true;
}

/* spec: RFC 7515 §4.1.11: a critical extension that is not understood makes the JWS invalid. */
bool jws_no_crit(const struct jws *j, struct att_error *e)
{
	if (json_get(j->header, "crit"))
		return att_fail(
		    e, ATT_E_UNSUPPORTED, "jws: the header has crit, and no extension is understood");
	return true;
}

bool jws_is_unsigned(const struct jws *j)
{
	return strcmp(j->alg, "none") == 0 && j->sig_len == 0;
}

/* Verifying */

bool jws_verify_with(struct crypto *c, const struct jws *j, const struct pubkey *key, struct att_error *e)
{
	const struct jws_alg *alg = jws_alg_find(j->alg);

	if (!jws_no_crit(j, e))
		return false;
	if (!alg || alg->policy_only)
		return att_fail(e, ATT_E_UNSUPPORTED, "jws: algorithm \"%.32s\" is not in the list", j->alg);
	if (alg->kind != pubkey_kind(key))
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "jws: algorithm %s does not fit the key, which is for %s", alg->name,
		    jws_alg_of_kind(pubkey_kind(key))->name);
	if (!sig_verify(c, key, alg->sig, rd_make(j->input, j->input_len), rd_make(j->sig, j->sig_len), e))
		return att_within(e, "jws: %s", alg->name);
	return true;
}

bool jws_is_ps256(const struct jws *j, struct att_error *e)
{
	if (strcmp(j->alg, "PS256") != 0)
		return att_fail(e, ATT_E_UNSUPPORTED, "jws: algorithm \"%.32s\", want PS256", j->alg);
	return jws_no_crit(j, e);
}

bool jws_verify_ps256(struct crypto *c, const struct jws *j, const struct pubkey *key, struct att_error *e)
{
	if (!jws_is_ps256(j, e))
		return false;
	if (!sig_verify(c, key, SIG_RSA_PSS_SHA256, rd_make(j->input, j->input_len),
		rd_make(j->sig, j->sig_len), e))
		return att_within(e, "jws: PS256");
	return true;
}

/* Making */

static void put_b64url(struct buf *b, const void *p, size_t n)
{
	char *s = b64_encode_arena(B64_URL, b->a, p, n);

	if (s)
		buf_str(b, s);
	else
		b->failed = true;
}

char *jws_make_unsigned(struct arena *a, const void *payload, size_t n)
{
	static const char header[] = "{\"alg\":\"none\"}";
	struct buf b = buf_make(a);

	put_b64url(&b, header, sizeof header - 1);
	buf_char(&b, '.');
	put_b64url(&b, payload, n);
	buf_char(&b, '.');
	return buf_ok(&b, NULL) ? b.p : NULL;
}

/* Header, dot, payload: what is signed. */
static bool make_input(struct buf *b, const struct json *header, struct rd payload, struct att_error *e)
{
	char *text;
	size_t len;

	if (!json_write(b->a, header, JSON_COMPACT, &text, &len, e))
		return att_within(e, "jws: header");
	put_b64url(b, text, len);
	buf_char(b, '.');
	put_b64url(b, rd_ptr(&payload), rd_left(&payload));
	return buf_ok(b, e);
}

static bool within_limit(const struct buf *b, struct att_error *e)
{
	if (b->len > JWS_TEXT_MAX)
		return att_fail(e, ATT_E_LIMIT, "jws: %zu characters, at most %zu", b->len, JWS_TEXT_MAX);
	return true;
}

bool jws_make_draft(struct arena *a, const struct json *header, struct rd payload, char **out,
    struct att_error *e)
{
	struct buf b = buf_make(a);

	if (!json_str_eq(json_get(header, "alg"), "none"))
		return att_fail(e, ATT_E_INTERNAL, "jws: the header of a draft has another alg than none");
	if (!make_input(&b, header, payload, e))
		return false;
	buf_char(&b, '.');
	if (!buf_ok(&b, e) || !within_limit(&b, e))
		return false;
	*out = b.p;
	return true;
}

bool jws_sign(struct arena *a, struct crypto *c, struct privkey *key, const struct json *header,
    struct rd payload, char **out, struct att_error *e)
{
	const struct jws_alg *alg = jws_alg_of_kind(privkey_kind(key));
	struct buf b = buf_make(a);
	uint8_t sig[SIG_MAX];
	size_t sig_len = sizeof sig;

	if (!json_str_eq(json_get(header, "alg"), alg->name))
		return att_fail(e, ATT_E_INTERNAL, "jws: the header's alg is not %s, the key's", alg->name);
	if (!make_input(&b, header, payload, e))
		return false;
	if (!sig_sign(c, key, alg->sig, rd_make(b.p, b.len), sig, &sig_len, e))
		return att_within(e, "jws: signing");
	buf_char(&b, '.');
	put_b64url(&b, sig, sig_len);
	if (!buf_ok(&b, e) || !within_limit(&b, e))
		return false;
	*out = b.p;
	return true;
}
