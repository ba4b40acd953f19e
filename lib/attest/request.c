#include <string.h>

#include "lib/attest/appraisal.h"
#include "lib/base/base64.h"
#include "lib/base/buf.h"

static bool text_is(const struct json *v, const char *want)
{
	return json_is(v, JSON_STRING) && v->len == strlen(want) && strcasecmp(v->s, want) == 0;
}

/* null members and {"data":"","dataType":""} count as absent (rest-api section 3). */
static bool bound_absent(const struct json *v)
{
	const struct json *data = json_get_fold(v, "data");

	return !v || v->kind == JSON_NULL ||
	    (v->kind == JSON_OBJECT && (!data || data->kind == JSON_NULL ||
	    (data->kind == JSON_STRING && data->len == 0)));
}

static bool bound_decode(const struct json *v, const char *name, struct arena *a,
    struct bound_data *out, struct att_error *e)
{
	const struct json *data = json_get_fold(v, "data"), *type = json_get_fold(v, "dataType");
	uint8_t *p;
	size_t n;

	if (bound_absent(v))
		return true;
	if (!json_is(v, JSON_OBJECT) || !json_is(data, JSON_STRING))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "%s: want an object {\"data\":base64url,\"dataType\":\"Binary\"|\"JSON\"}", name);
	if (!text_is(type, "Binary") && !text_is(type, "JSON"))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "%s.dataType: found %s%.40s%s, want \"Binary\" or \"JSON\"", name,
		    json_is(type, JSON_STRING) ? "\"" : "",
		    json_is(type, JSON_STRING) ? type->s : "nothing",
		    json_is(type, JSON_STRING) ? "\"" : "");
	if (!b64_decode_arena(B64_LENIENT, a, data->s, data->len, &p, &n, e))
		return att_within(e, "%s.data", name);
	*out = (struct bound_data){ .present = true, .json = text_is(type, "JSON"), .bytes = rd_make(p, n) };
	return true;
}

/* Leading and trailing white space and ONE trailing NUL byte are accepted (rest-api section 5.2). */
static bool bound_json(const struct bound_data *b, const char *name, struct arena *a,
    const struct json **out, struct att_error *e)
{
	struct json *v;
	size_t n = rd_left(&b->bytes);
	const uint8_t *p = rd_ptr(&b->bytes);

	if (!b->present || !b->json)
		return true;
	if (n > 0 && p[n - 1] == 0)
		n--;
	if (!json_parse(a, p, n, NULL, &v, e))
		return att_within(e, "%s.data", name);
	*out = v;
	return true;
}

/* Raw evidence brings no body: the caller's arguments are the bound data, and they win over the body's. */
static void bound_override(struct bound_data *b, struct att_bytes given, bool is_json)
{
	if (given.data)
		*b = (struct bound_data){
			.present = true, .json = is_json, .bytes = rd_make(given.data, given.len)
		};
}

static bool bound_digest(struct crypto *c, struct bound_data *b, struct att_error *e)
{
	return !b->present ||
	    digest(c, DIGEST_SHA256, rd_ptr(&b->bytes), rd_left(&b->bytes), b->sha256, e);
}

static bool nonce_decode(const struct json *v, struct decoded *out, struct att_error *e)
{
	if (!v || v->kind == JSON_NULL)
		return true;
	if (v->kind == JSON_STRING && v->len > NONCE_MAX)
		return att_fail(e, ATT_E_LIMIT, "nonce: %zu characters, at most %d are accepted",
		    v->len, NONCE_MAX);
	if (v->kind != JSON_STRING && v->kind != JSON_UINT && !(v->kind == JSON_INT && v->i >= 0))
		return att_fail(e, ATT_E_BAD_FORMAT, "nonce: want a string or an integer from 0 to 2^64-1");
	out->nonce = v;
	return true;
}

static bool draft_decode(const struct json *v, struct decoded *out, struct att_error *e)
{
	if (!v || v->kind == JSON_NULL)
		return true;
	if (v->kind != JSON_STRING)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "draftPolicyForAttestation: want a string, the policy's text");
	if (v->len > 0)
		out->draft = v;
	return true;
}

/* Names of the types whose evidence is in this member, of all types when NULL: "OpenEnclave or SevSnpVm". */
static const char *types_of(struct arena *a, const char *member)
{
	struct buf b = buf_make(a);

	buf_str(&b, "");
	for (size_t i = 0; format_at(i); i++)
		if (!member || strcmp(format_at(i)->member, member) == 0)
			buf_fmt(&b, "%s%s", b.len ? " or " : "", format_at(i)->name);
	return buf_ok(&b, NULL) ? b.p : "";
}

/* The member with the evidence; NULL when the body has none that we know. */
static const char *member_of(const struct json *body)
{
	for (size_t i = 0; format_at(i); i++)
		if (json_get_fold(body, format_at(i)->member))
			return format_at(i)->member;
	return NULL;
}

/* Without a type the bytes say what they are: members are shared, so that a name alone says nothing. */
static bool recognise(struct arena *a, const char *member, struct decoded *out, struct att_error *e)
{
	if (!out->format)
		out->format = format_recognise(out->evidence);
	return out->format || att_fail(e, ATT_E_BAD_FORMAT, "%s: %zu bytes of no known kind, looked for "
	    "evidence of %s; name its type if it is one of them", member ? member : "evidence",
	    rd_left(&out->evidence), types_of(a, member));
}

static bool body_decode(const struct json *body, struct arena *a, struct decoded *out, struct att_error *e)
{
	const char *member = out->format ? out->format->member : member_of(body);
	const struct json *v = json_get_fold(body, member ? member : "");
	uint8_t *p;
	size_t n;

	if (!json_is(body, JSON_OBJECT))
		return att_fail(e, ATT_E_BAD_JSON, "request body: want a JSON object");
	if (!member)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "request body: no member with evidence, want that of %s", types_of(a, NULL));
	if (!json_is(v, JSON_STRING))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "%s: found %s, want a base64url string with the evidence", member,
		    v ? "another type" : "nothing");
	if (!b64_decode_arena(B64_LENIENT, a, v->s, v->len, &p, &n, e))
		return att_within(e, "%s", member);
	out->evidence = rd_make(p, n);
	return recognise(a, member, out, e) &&
	    bound_decode(json_get_fold(body, "runtimeData"), "runtimeData", a, &out->runtime, e) &&
	    bound_decode(json_get_fold(body, "initTimeData"), "initTimeData", a, &out->inittime, e) &&
	    draft_decode(json_get_fold(body, "draftPolicyForAttestation"), out, e) &&
	    nonce_decode(json_get_fold(body, "nonce"), out, e);
}

/* Does the text look like JSON, white space skipped? */
static bool looks_like_json(struct att_bytes b)
{
	size_t i = 0;

	while (i < b.len && (b.data[i] == ' ' || b.data[i] == '\t' || b.data[i] == '\r' || b.data[i] == '\n'))
		i++;
	return i < b.len && b.data[i] == '{';
}

static bool body_or_raw(
    const struct att_request *req, struct arena *a, struct decoded *out, struct att_error *e)
{
	static const struct json_limits limits = {
		.max_depth = REQUEST_DEPTH_MAX, .max_nodes = REQUEST_NODES_MAX,
		.u64_member = "nonce", .fold_names = true,
	};
	struct json *body;

	if (!req->body_is_json_only && (!looks_like_json(req->body) ||
	    format_recognise(rd_make(req->body.data, req->body.len)))) {
		out->evidence = rd_make(req->body.data, req->body.len);
		return recognise(a, NULL, out, e);
	}
	if (!json_parse(a, req->body.data, req->body.len, &limits, &body, e))
		return att_within(e, "request body");
	return body_decode(body, a, out, e);
}

bool request_decode(const struct att_request *req, struct crypto *c, struct arena *a,
    struct decoded *out, struct att_error *e)
{
	struct decoded d = { 0 };

	if (req->type) {
		d.format = format_find(req->type);
		if (!d.format)
			return att_fail(
			    e, ATT_E_NOT_FOUND, "attestation type \"%.40s\" is unknown", req->type);
	}
	if (!body_or_raw(req, a, &d, e))
		return false;
	bound_override(&d.runtime, req->runtime_data, req->runtime_is_json);
	bound_override(&d.inittime, req->inittime_data, req->inittime_is_json);
	if (!bound_digest(c, &d.runtime, e) || !bound_digest(c, &d.inittime, e) ||
	    !bound_json(&d.runtime, "runtimeData", a, &d.runtime_json, e) ||
	    !bound_json(&d.inittime, "initTimeData", a, &d.inittime_json, e))
		return false;
	*out = d;
	return true;
}
