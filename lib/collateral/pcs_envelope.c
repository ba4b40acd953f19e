#include "lib/collateral/pcs_envelope.h"

#include "lib/base/hex.h"

bool pcs_signature_parse(const char *hex, size_t len, uint8_t sig[PCS_SIG_LEN], struct att_error *e)
{
	return hex_decode(hex, len, sig, PCS_SIG_LEN, e) || att_within(e, "signature");
}

/* The range of a top-level member as a reader. */
static bool member(struct rd text, const char *name, struct rd *out, struct att_error *e)
{
	size_t off, len;

	if (!json_member_range(rd_ptr(&text), rd_left(&text), name, &off, &len, e))
		return false;
	if (!rd_at(&text, off, len, out))
		return att_fail(e, ATT_E_INTERNAL, "%s: range outside the text", name);
	*out = rd_make(rd_ptr(out), len);
	return true;
}

bool pcs_envelope_split(struct arena *a, struct rd text, const char *name, struct rd *body,
    uint8_t sig[PCS_SIG_LEN], struct att_error *e)
{
	static const struct json_limits limits = { .max_depth = PCS_DEPTH_MAX + 1 };
	const struct json *hex;
	struct json *v;
	struct rd value;

	if (rd_left(&text) > PCS_TEXT_MAX)
		return att_fail(e, ATT_E_LIMIT, "answer: %zu bytes, at most %zu", rd_left(&text),
		    PCS_TEXT_MAX);
	if (!json_parse(a, rd_ptr(&text), rd_left(&text), &limits, &v, e))
		return att_within(e, "answer");
	hex = json_get(v, "signature");
	if (!json_is(json_get(v, name), JSON_OBJECT) || !json_is(hex, JSON_STRING) || v->len != 2)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "answer: want the object %s, the string signature and nothing else", name);
	if (!pcs_signature_parse(hex->s, hex->len, sig, e) || !member(text, name, &value, e))
		return att_within(e, "answer");
	*body = value;
	return true;
}

bool pcs_signature_verify(struct crypto *c, const struct pubkey *key, struct rd body,
    const uint8_t sig[PCS_SIG_LEN], struct att_error *e)
{
	return sig_verify(c, key, SIG_ECDSA_P256_SHA256, body, rd_make(sig, PCS_SIG_LEN), e);
}
