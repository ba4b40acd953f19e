#include "cli/tpm/enrol.h"

#include "cli/submit.h"
#include "lib/base/base64.h"
#include "lib/base/buf.h"

#define ENROL_PATH "/tpm/enrol"
#define CHAIN_INDEX 0x01C00100U
#define CHAIN_INDICES 16U
#define CHAIN_MAX 8                     /* certificates that the service takes */
#define DER_SEQUENCE_82 0x3082

static struct json *octets(struct arena *a, struct att_bytes v)
{
	char *s = b64_encode_arena(B64_URL, a, v.data, v.len);

	return s ? json_string(a, s) : NULL;
}

/* A base64url member of the service's answer. */
static bool member(struct arena *a, const struct json *o, const char *name, struct att_bytes *out,
    struct att_error *e)
{
	const struct json *v = json_get(o, name);
	uint8_t *p;
	size_t n;

	if (!json_is(v, JSON_STRING))
		return att_fail(e, ATT_E_BAD_JSON, "the service's answer has no member %s", name);
	if (!b64_decode_arena(B64_LENIENT, a, v->s, v->len, &p, &n, e))
		return att_within(e, "the service's answer: %s", name);
	*out = (struct att_bytes){ p, n };
	return true;
}

/* One step: the body, and the answer's object when it is 200. */
static enum exit_code ask(struct collect *c, struct json *body, bool json, struct json **answer,
    struct att_error *e)
{
	struct remote_call call;
	struct att_bytes got;
	char *text;
	size_t n;
	int status;

	if (!body)
		(void)arena_fail(c->a, e);
	if (!body || !json_write(c->a, body, JSON_COMPACT, &text, &n, e) ||
	    !submit_call(c->args, c->a, ENROL_PATH, &call, e) ||
	    !remote_post(c->a, &call, (struct att_bytes){ (const uint8_t *)text, n }, &status, &got, e))
		return complain(e);
	if (status != 200)
		return submit_refused(c->a, status, got, json, e);
	return json_parse(c->a, got.data, got.len, NULL, answer, e) ? EXIT_GOOD : complain(e);
}

static bool usable(const struct collect *c, struct att_error *e)
{
	if (!c->ek_cert.len)
		return att_fail(e, ATT_E_OPERATION, "--enrol: the TPM holds no EK certificate, so nobody "
		    "says that it is a TPM; attest verify --ak-names takes the key's name %s", c->ak_name);
	return c->ek_known || att_fail(e, ATT_E_UNSUPPORTED, "--enrol: the TPM's EK certificate is "
	    "neither of an RSA 2048 nor of a P-256 key");
}

/* Certificates of the EK's issuers stand one behind the other, in as many indices as they take.
 * spec: tpm-eventlog §1.5 */
static bool read_chain(struct collect *c, struct buf *out, struct att_error *e)
{
	struct att_bytes part = { .len = 1 };

	for (uint32_t i = 0; i < CHAIN_INDICES && part.len; i++) {
		if (!tpmdev_nv(&c->dev, c->a, CHAIN_INDEX + i, &part, e))
			return false;
		buf_put(out, part.data, part.len);
	}
	return buf_ok(out, e);
}

/* DER sequences with a length of two bytes: what is no such thing ends the list. */
static struct json *chain_json(struct collect *c, struct att_error *e)
{
	struct json *list = json_array(c->a);
	struct buf chain = buf_make(c->a);
	struct rd in, cert;

	if (!read_chain(c, &chain, e))
		return NULL;
	in = rd_make(chain.p, chain.len);
	for (size_t n = 0; n < CHAIN_MAX; n++) {
		struct rd peek = in;
		uint16_t tag, len;

		if (!rd_be16(&peek, &tag) || tag != DER_SEQUENCE_82 || !rd_be16(&peek, &len) ||
		    !rd_take(&in, (size_t)len + 4, &cert))
			break;
		(void)json_append(list, octets(c->a, (struct att_bytes){ rd_ptr(&cert), rd_left(&cert) }));
	}
	return list;
}

/* Opens the credential with the TPM: the answer's, back into the body of the second step. */
static struct json *prove(struct collect *c, const struct json *answer, struct att_error *e)
{
	const struct json *context = json_get(answer, "context");
	struct tpmdev_credential credential;
	struct att_bytes secret;
	struct tpmdev_key ek;
	struct json *body;

	if (!json_is(context, JSON_STRING)) {
		(void)att_fail(e, ATT_E_BAD_JSON, "the service's answer has no member context");
		return NULL;
	}
	if (!member(c->a, answer, "credentialBlob", &credential.id_object, e) ||
	    !member(c->a, answer, "encryptedSecret", &credential.encrypted_secret, e) ||
	    !tpmdev_ek(&c->dev, c->ek_kind, &ek, e) ||
	    !tpmdev_activate(&c->dev, c->a, &ek, &c->ak, &credential, &secret, e))
		return NULL;
	body = json_put(c->a, json_object(c->a), "context", json_string(c->a, context->s));
	return json_put(c->a, body, "secret", octets(c->a, secret));
}

enum exit_code enrol(struct collect *c, bool json, struct att_error *e)
{
	struct json *body = json_object(c->a), *answer, *chain;
	enum exit_code code;

	chain = usable(c, e) ? chain_json(c, e) : NULL;
	if (!chain)
		return complain(e);
	if (chain->len)
		body = json_put(c->a, body, "ekChain", chain);
	body = json_put(c->a, body, "ekCert", octets(c->a, c->ek_cert));
	body = json_put(c->a, body, "akPub", octets(c->a, c->ak_pub));
	code = ask(c, body, json, &answer, e);
	if (code != EXIT_GOOD)
		return code;
	body = prove(c, answer, e);
	if (!body)
		return complain(e);
	code = ask(c, body, json, &answer, e);
	if (code != EXIT_GOOD)
		return code;
	if (!member(c->a, answer, "akCert", &c->ak_cert, e) || !collect_state_write(c, c->ak_cert, e))
		return complain(e);
	collect_note(c, "enrolled", MARK_GOOD, arena_printf(c->a, "certificate of %zu bytes",
	    c->ak_cert.len));
	return EXIT_GOOD;
}
