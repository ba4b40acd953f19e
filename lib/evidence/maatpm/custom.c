/* custom.c - claims that the client adds. spec: maa-tpm §1.2, policy-language §4 */
#include <string.h>
#include <strings.h>

#include "lib/evidence/maatpm/parts.h"

#define NAME_MAX_LEN 256
#define VALUE_MAX_LEN 65536

static bool read_string(const struct json *v, struct claim *out, struct att_error *e)
{
	if (v->kind != JSON_STRING || v->len > VALUE_MAX_LEN)
		return maatpm_want(e, "value", "a string of at most 65536 bytes");
	out->kind = CLAIM_STRING;
	out->s = v->s;
	out->len = v->len;
	return true;
}

/* Digits of a string, as clients send that have one type for values. */
static bool digits(const struct json *v, int64_t *out)
{
	bool minus = v->len > 0 && v->s[0] == '-';
	int64_t n = 0;

	for (size_t i = minus; i < v->len; i++)
		if (v->s[i] < '0' || v->s[i] > '9' || __builtin_mul_overflow(n, (int64_t)10, &n) ||
		    __builtin_sub_overflow(n, (int64_t)(v->s[i] - '0'), &n))
			return false;
	return v->len > minus && (minus || n != INT64_MIN) && ((*out = minus ? n : -n), true);
}

static bool read_int(const struct json *v, struct claim *out, struct att_error *e)
{
	out->kind = CLAIM_INT;
	out->i = v->i;
	return v->kind == JSON_INT || (v->kind == JSON_STRING && digits(v, &out->i)) ||
	    maatpm_want(e, "value", "an integer");
}

static bool read_bool(const struct json *v, struct claim *out, struct att_error *e)
{
	out->kind = CLAIM_BOOL;
	out->b = v->kind == JSON_BOOL ? v->b : json_str_eq(v, "true");
	return v->kind == JSON_BOOL || json_str_eq(v, "true") || json_str_eq(v, "false") ||
	    maatpm_want(e, "value", "true or false");
}

static const struct {
	const char *name;
	bool (*read)(const struct json *, struct claim *, struct att_error *);
} types[] = {
	{ "string", read_string },
	{ "integer", read_int },
	{ "int", read_int },
	{ "boolean", read_bool },
	{ "bool", read_bool },
};

static bool read_value(
    const struct json *v, const struct json *type, struct claim *out, struct att_error *e)
{
	if (!v)
		return maatpm_want(e, "value", "a value");
	if (!type)
		return read_string(v, out, e);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (json_is(type, JSON_STRING) && strcasecmp(types[i].name, type->s) == 0)
			return types[i].read(v, out, e);
	return maatpm_want(e, "value_type", "String, Integer or Boolean");
}

static bool read_one(const struct json *v, struct claims *out, struct att_error *e)
{
	const struct json *name = json_get(v, "name");
	struct claim c = { .issuer = CLAIM_BY_CUSTOM };

	if (!json_is(name, JSON_STRING) || name->len == 0 || name->len > NAME_MAX_LEN ||
	    strlen(name->s) != name->len)
		return maatpm_want(e, "name", "a string of 1 to 256 bytes");
	if (!read_value(json_get(v, "value"), json_get(v, "value_type"), &c, e))
		return false;
	c.name = arena_printf(out->a, MAATPM_CUSTOM_PREFIX "%s", name->s);
	if (!c.name)
		return arena_fail(out->a, e);
	return claims_add(out, &c, e);
}

bool maatpm_custom_read(const struct json *body, struct claims *out, struct att_error *e)
{
	const struct json *list;
	size_t i = 0;

	if (!maatpm_list(body, "custom_claims", MAATPM_CUSTOM_CLAIMS_MAX, &list, e))
		return false;
	for (const struct json *v = list ? list->child : NULL; v; v = v->next, i++)
		if (!read_one(v, out, e))
			return att_within(e, "custom_claims[%zu]", i);
	return true;
}
