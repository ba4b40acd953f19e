/* message.c - the two messages, and the envelope of the second. spec: maa-tpm §1 */
#include "lib/base/auto.h"
#include "lib/evidence/maatpm/members.h"
#include "lib/evidence/maatpm/message.h"

ATT_AUTO_DEFINE_STRUCT(arena, arena_free);

#define MESSAGE_DEPTH 8
#define MESSAGE_NODES 64
#define PAYLOAD_DEPTH 12 /* payload, att_data, report_signed, ..., pcrs, values, digest: 10 */
#define PAYLOAD_NODES 8192              /* two attestations of 4 banks of 24 values take 1,200 */
#define CONTEXT_MAX 4096

/* "aikcert" is the only type there is. spec: maa-tpm §1.1 */
static bool read_init(const struct json *type, struct maatpm_message *out, struct att_error *e)
{
	if (!json_is(type, JSON_STRING))
		return maatpm_want(e, "type", "the string \"aikcert\"");
	if (!json_str_eq(type, "aikcert"))
		return att_fail(e, ATT_E_BAD_FORMAT, "type: \"%.40s\", want \"aikcert\"", type->s);
	out->kind = ATT_TPM_INIT;
	return true;
}

/* The JWS as it stands in the message; written with escapes, which nobody does, it is copied. */
static bool read_request(const struct json_source *src, const struct json *v, struct arena *a,
    struct maatpm_message *out, struct att_error *e)
{
	struct rd in = rd_make(src->p, src->n);
	size_t off;
	char *copy;

	if (!json_is(v, JSON_STRING))
		return maatpm_want(e, "request", "a JWS in compact form");
	out->kind = ATT_TPM_REQUEST;
	if (json_source_string(src, v, &off))
		return rd_at(&in, off, v->len, &out->jws);
	copy = arena_strndup(a, v->s, v->len);
	out->jws = rd_make(copy, v->len);
	return copy || arena_fail(a, e);
}

static bool read_inner(const struct json *root, const struct json_source *src, struct arena *a,
    struct maatpm_message *out, struct att_error *e)
{
	const struct json *inner = json_get(root, "payload"), *type, *request;

	inner = inner ? inner : root;
	type = json_get(inner, "type");
	request = json_get(inner, "request");
	if (!json_is(inner, JSON_OBJECT) || !type == !request)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "tpm message: want {\"payload\":{\"type\":\"aikcert\"}} or "
		    "{\"payload\":{\"request\":JWS}}");
	return type ? read_init(type, out, e) : read_request(src, request, a, out, e);
}

/* Messages are long, and reading takes a copy: that one need not stay. */
bool maatpm_message_read(struct rd in, struct arena *a, struct maatpm_message *out, struct att_error *e)
{
	static const struct json_limits limits = { .max_depth = MESSAGE_DEPTH, .max_nodes = MESSAGE_NODES };
	ATT_AUTO_STRUCT(arena) tmp = arena_new(SIZE_MAX);
	struct json_source src;
	struct json *root;

	*out = (struct maatpm_message){ 0 };
	if (rd_left(&in) > MAATPM_TEXT_MAX)
		return att_fail(e, ATT_E_LIMIT, "tpm message: %zu bytes, at most %zu", rd_left(&in),
		    MAATPM_TEXT_MAX);
	if (!tmp)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (!json_parse_source(tmp, rd_ptr(&in), rd_left(&in), &limits, &root, &src, e))
		return att_within(e, "tpm message");
	return read_inner(root, &src, a, out, e);
}

static bool read_version(struct maatpm_payload *p, struct att_error *e)
{
	const struct json *typ = json_get(p->jws.header, "typ");

	p->version = json_str_eq(typ, "attReqV2") ? MAATPM_V2 : MAATPM_V1;
	return p->version == MAATPM_V2 || json_str_eq(typ, "attReq") ||
	    att_fail(e, ATT_E_UNSUPPORTED, "request: typ is not attReq or attReqV2");
}

/* "vsm" is what the documentation's prose calls vbs. */
static bool read_type(const struct json *root, struct maatpm_payload *p, struct att_error *e)
{
	const struct json *v = json_get(root, "att_type");

	p->vbs = json_str_eq(v, "vbs") || json_str_eq(v, "vsm");
	if (!p->vbs && !json_str_eq(v, "basic"))
		return maatpm_want(e, "att_type", "\"basic\" or \"vbs\"");
	if (!maatpm_object_wanted(root, "att_data", &p->att_data, e))
		return false;
	p->body = p->att_data;
	return !p->vbs || maatpm_object_wanted(p->att_data, "report_signed", &p->body, e);
}

bool maatpm_payload_read(
    struct rd jws, struct arena *a, struct maatpm_payload *out, struct att_error *e)
{
	static const struct json_limits limits = { .max_depth = PAYLOAD_DEPTH,
		.max_nodes = PAYLOAD_NODES };
	struct maatpm_payload p = { 0 };
	struct json *root;

	if (!jws_split_long(a, rd_ptr(&jws), rd_left(&jws), &p.jws, e) ||
	    !jws_read_header(a, &p.jws, e) || !read_version(&p, e))
		return att_within(e, "request");
	if (!json_parse_source(a, p.jws.payload, p.jws.payload_len, &limits, &root, &p.source, e))
		return att_within(e, "request: payload");
	if (!read_type(root, &p, e))
		return att_within(e, "request: payload");
	*out = p;
	return true;
}

bool maatpm_payload_context(
    const struct maatpm_payload *p, struct arena *a, struct rd *out, struct att_error *e)
{
	return maatpm_octets_wanted(p->body, "service_context", CONTEXT_MAX, a, out, e);
}
