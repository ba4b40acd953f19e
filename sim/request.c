#include "sim/request.h"

#include "lib/base/base64.h"
#include "lib/json/json.h"

static struct json *b64_json(struct arena *a, struct att_bytes v)
{
	char *s = b64_encode_arena(B64_URL, a, v.data, v.len);

	return s ? json_string(a, s) : NULL;
}

static struct json *put_bound(struct arena *a, struct json *body, const char *name,
    struct att_bytes data,
    const char *type)
{
	struct json *v = json_object(a);

	if (!data.len)
		return body;
	(void)json_put(a, v, "data", b64_json(a, data));
	if (!json_put(a, v, "dataType", json_string(a, type)))
		return NULL;
	return json_put(a, body, name, v) ? body : NULL;
}

bool sim_request_write(struct arena *a, const struct sim_request *r, struct sim_bytes *out,
    struct att_error *e)
{
	struct json *body = json_object(a);
	char *text;
	size_t n;

	if (!json_put(a, body, r->member, b64_json(a, r->evidence)) ||
	    !put_bound(a, body, "runtimeData", r->runtime_data, r->data_type) ||
	    !put_bound(a, body, "initTimeData", r->inittime_data, r->data_type) ||
	    (r->nonce && !json_put(a, body, "nonce", json_string(a, r->nonce))))
		return arena_fail(a, e);
	if (!json_write(a, body, JSON_COMPACT, &text, &n, e))
		return false;
	*out = (struct sim_bytes){ (const uint8_t *)text, n };
	return true;
}
