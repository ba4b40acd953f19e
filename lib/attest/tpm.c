/* tpm.c - libattest/tpm.h: messages of the Tpm protocol that are not evidence, and answers to them. */
#include <stdlib.h>
#include <string.h>

#include "lib/attest/appraisal.h"
#include "lib/base/auto.h"
#include "lib/base/base64.h"
#include "lib/evidence/maatpm/message.h"
#include "libattest/tpm.h"

/* A message is decoded three times over, and its texts are kept. */
#define MESSAGE_MEMORY ((size_t)128 << 20)
#define ANSWER_MEMORY ((size_t)16 << 20)

ATT_AUTO_DEFINE_STRUCT(arena, arena_free);

struct att_tpm_message {
	struct arena *a;
	enum att_tpm_message_kind kind;
	struct rd context;
};

/* As the pipeline reads bodies: member names in any letter case, either alphabet of base64. */
static bool read_body(struct att_bytes body, struct arena *a, struct rd *out, struct att_error *e)
{
	static const struct json_limits limits = {
		.max_depth = REQUEST_DEPTH_MAX, .max_nodes = REQUEST_NODES_MAX, .u64_member = "nonce",
		.fold_names = true,
	};
	struct json *o;
	const struct json *v;
	uint8_t *p;
	size_t n;

	if (!json_parse(a, body.data, body.len, &limits, &o, e))
		return att_within(e, "request body");
	v = json_get_fold(o, tpm_format.member);
	if (!json_is(v, JSON_STRING))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "data: found %s, want a base64url string with the message",
		    v ? "another type" : "nothing");
	if (!b64_decode_arena(B64_LENIENT, a, v->s, v->len, &p, &n, e))
		return att_within(e, "data");
	*out = rd_make(p, n);
	return true;
}

static bool read_message(
    struct att_bytes body, struct arena *a, struct att_tpm_message *m, struct att_error *e)
{
	struct maatpm_message outer;
	struct maatpm_payload payload;
	struct rd text;

	if (!read_body(body, a, &text, e) || !maatpm_message_read(text, a, &outer, e))
		return false;
	m->kind = outer.kind;
	return outer.kind == ATT_TPM_INIT || (maatpm_payload_read(outer.jws, a, &payload, e) &&
	    maatpm_payload_context(&payload, a, &m->context, e));
}

bool att_tpm_message_read(struct att_bytes body, struct att_tpm_message **out, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(MESSAGE_MEMORY);
	struct att_tpm_message *m = a ? arena_alloc(a, sizeof *m) : NULL;

	if (!m)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (!read_message(body, a, m, e))
		return false;
	m->a = ATT_STEAL(a);
	*out = m;
	return true;
}

enum att_tpm_message_kind att_tpm_message_kind(const struct att_tpm_message *m)
{
	return m->kind;
}

struct att_bytes att_tpm_message_context(const struct att_tpm_message *m)
{
	return (struct att_bytes){ rd_ptr(&m->context), rd_left(&m->context) };
}

void att_tpm_message_free(struct att_tpm_message *m)
{
	if (m)
		arena_free(m->a);
}

/* {"data":base64url({"payload":inner})} */
static bool answer(struct arena *a, struct json *inner, char **body, struct att_error *e)
{
	struct json *payload = json_put(a, json_object(a), "payload", inner), *outer;
	char *text, *data;
	size_t n;

	if (!payload)
		return arena_fail(a, e);
	if (!json_write(a, payload, JSON_COMPACT, &text, &n, e))
		return false;
	data = b64_encode_arena(B64_URL, a, text, n);
	outer = data ? json_put(a, json_object(a), tpm_format.member, json_string(a, data)) : NULL;
	if (!outer)
		return arena_fail(a, e);
	if (!json_write(a, outer, JSON_COMPACT, &text, &n, e))
		return false;
	*body = strdup(text);
	return *body ? true : att_fail(e, ATT_E_NOMEM, "out of memory");
}

bool att_tpm_answer_challenge(const uint8_t challenge[ATT_TPM_CHALLENGE], struct att_bytes context,
    char **body, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(ANSWER_MEMORY);
	char *first, *second;
	struct json *o;

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	first = b64_encode_arena(B64_URL, a, challenge, ATT_TPM_CHALLENGE);
	second = b64_encode_arena(B64_URL, a, context.data, context.len);
	if (!first || !second)
		return arena_fail(a, e);
	o = json_put(a, json_object(a), "challenge", json_string(a, first));
	return answer(a, json_put(a, o, "service_context", json_string(a, second)), body, e);
}

bool att_tpm_answer_report(const char *token, char **body, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(ANSWER_MEMORY + 8 * strlen(token));

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	return answer(a, json_put(a, json_object(a), "report", json_string(a, token)), body, e);
}
