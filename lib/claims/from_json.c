/* JSON to claims: the form of evaluation cases, and a plain object of names. */
#include <string.h>

#include "lib/claims/claims.h"

struct proto {                          /* what all claims of one entry share */
	const char *name;
	size_t name_len;
	enum claim_issuer issuer;
};

static bool add_one(struct claims *c, const struct proto *p, const struct json *v, struct att_error *e)
{
	struct claim one = { .name = p->name, .issuer = p->issuer };

	switch (v->kind) {
	case JSON_STRING:
		one.kind = CLAIM_STRING;
		one.s = v->s;
		one.len = v->len;
		break;
	case JSON_INT:
		one.kind = CLAIM_INT;
		one.i = v->i;
		break;
	case JSON_BOOL:
		one.kind = CLAIM_BOOL;
		one.b = v->b;
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		one.kind = CLAIM_JSON;
		one.j = v;
		break;
	case JSON_NULL:
	case JSON_UINT:
	case JSON_REAL:
		return att_fail(e, ATT_E_BAD_JSON, "claim %s: value is %s, want a string, an integer, "
		    "true, false, an array or an object", p->name,
		    v->kind == JSON_NULL ? "null" : "not a 64-bit integer");
	}
	return claims_add(c, &one, e);
}

static bool is_scalars(const struct json *array)
{
	for (const struct json *v = array->child; v; v = v->next)
		if (v->kind == JSON_ARRAY || v->kind == JSON_OBJECT)
			return false;
	return true;
}

static bool add_value(struct claims *c, const struct proto *p, const struct json *v, struct att_error *e)
{
	/* Names go through C strings everywhere else: a NUL would make two names look alike. */
	if (memchr(p->name, 0, p->name_len))
		return att_fail(e, ATT_E_BAD_JSON, "claim %s: NUL character in the name", p->name);
	if (v->kind != JSON_ARRAY || !is_scalars(v))
		return add_one(c, p, v, e);
	for (const struct json *x = v->child; x; x = x->next)
		if (!add_one(c, p, x, e))
			return false;
	return true;
}

static bool value_type_fits(const struct json *type, const struct json *v)
{
	static const char *const names[] = {
		[JSON_BOOL] = "Boolean", [JSON_INT] = "Integer", [JSON_STRING] = "String",
		[JSON_ARRAY] = "String", [JSON_OBJECT] = "String"
	};
	size_t k = (size_t)v->kind;

	return !type || (k < sizeof names / sizeof names[0] && names[k] && json_str_eq(type, names[k]));
}

static bool known_members(const struct json *entry, struct att_error *e)
{
	static const char *const known[] = { "type", "value", "valueType", "issuer" };

	for (const struct json *m = entry->child; m; m = m->next) {
		bool found = false;

		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			found = found || strcmp(m->name, known[i]) == 0;
		if (!found)
			return att_fail(e, ATT_E_BAD_JSON, "unknown member \"%.40s\", want type, value, "
			    "valueType, issuer", m->name);
	}
	return true;
}

static bool add_entry(struct claims *c, const struct json *entry, struct att_error *e)
{
	const struct json *type = json_get(entry, "type"), *value = json_get(entry, "value");
	const struct json *issuer = json_get(entry, "issuer"), *value_type = json_get(entry, "valueType");
	struct proto p = { .issuer = CLAIM_BY_SERVICE };

	if (!json_is(entry, JSON_OBJECT) || !json_is(type, JSON_STRING) || !value)
		return att_fail(e, ATT_E_BAD_JSON, "want an object with \"type\" (string) and \"value\"");
	if (!known_members(entry, e))
		return false;
	p.name = type->s;
	p.name_len = type->len;
	if (issuer && (!json_is(issuer, JSON_STRING) || !claim_issuer_find(issuer->s, &p.issuer)))
		return att_fail(e, ATT_E_BAD_JSON, "issuer of %s: want AttestationService, "
		    "AttestationPolicy or CustomClaim", p.name);
	if (!value_type_fits(value_type, value))
		return att_fail(e, ATT_E_BAD_JSON, "valueType of %s does not fit its value", p.name);
	return add_value(c, &p, value, e);
}

static bool from_array(struct claims *c, const struct json *array, struct att_error *e)
{
	size_t i = 0;

	for (const struct json *entry = array->child; entry; entry = entry->next, i++)
		if (!add_entry(c, entry, e))
			return att_within(e, "claims[%zu]", i);
	return true;
}

bool claims_from_json(struct claims *c, const struct json *j, struct att_error *e)
{
	if (json_is(j, JSON_ARRAY))
		return from_array(c, j, e);
	if (!json_is(j, JSON_OBJECT))
		return att_fail(e, ATT_E_BAD_JSON, "claims: want an array of claims or an object of names");
	for (const struct json *m = j->child; m; m = m->next) {
		struct proto p = { .name = m->name, .name_len = m->name_len, .issuer = CLAIM_BY_SERVICE };

		if (!add_value(c, &p, m, e))
			return false;
	}
	return true;
}
