#include "lib/evidence/maatpm/members.h"

#include "lib/base/base64.h"

bool maatpm_want(struct att_error *e, const char *name, const char *want)
{
	return att_fail(e, ATT_E_BAD_FORMAT, "%s: want %s", name, want);
}

static bool absent(const struct json *v)
{
	return !v || v->kind == JSON_NULL;
}

bool maatpm_octets(const struct json *o, const char *name, size_t max, struct arena *a, struct rd *out,
    struct att_error *e)
{
	const struct json *v = json_get(o, name);
	uint8_t *p;
	size_t n;

	*out = rd_make(NULL, 0);
	if (absent(v))
		return true;
	if (v->kind != JSON_STRING)
		return maatpm_want(e, name, "a base64url string");
	if (v->len > b64_encoded_len(B64_STD, max))
		return att_fail(
		    e, ATT_E_LIMIT, "%s: %zu characters, at most %zu bytes decoded", name, v->len, max);
	if (!b64_decode_arena(B64_LENIENT, a, v->s, v->len, &p, &n, e))
		return att_within(e, "%s", name);
	*out = rd_make(p, n);
	return true;
}

bool maatpm_octets_wanted(const struct json *o, const char *name, size_t max, struct arena *a,
    struct rd *out, struct att_error *e)
{
	if (!maatpm_octets(o, name, max, a, out, e))
		return false;
	return !rd_empty(out) || maatpm_want(e, name, "base64url of at least one byte, found nothing");
}

bool maatpm_object_wanted(
    const struct json *o, const char *name, const struct json **out, struct att_error *e)
{
	*out = json_get(o, name);
	return json_is(*out, JSON_OBJECT) || maatpm_want(e, name, "an object");
}

bool maatpm_list(const struct json *o, const char *name, size_t max, const struct json **out,
    struct att_error *e)
{
	const struct json *v = json_get(o, name);

	*out = absent(v) ? NULL : v;
	if (!*out)
		return true;
	if (v->kind != JSON_ARRAY)
		return maatpm_want(e, name, "a list");
	return v->len <= max ||
	    att_fail(e, ATT_E_LIMIT, "%s: %zu entries, at most %zu", name, v->len, max);
}
