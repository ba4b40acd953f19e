/* keys.c - the keys of a message and what binds them. spec: maa-tpm §1.2 */
#include <string.h>

#include "lib/evidence/maatpm/parts.h"

/* The value's exact bytes: another spelling of the same key has another hash. */
bool maatpm_jwk_read(const struct maatpm_payload *p, const struct json *jwk, struct maatpm_key *out,
    struct att_error *e)
{
	size_t off, len;

	if (!json_is(jwk, JSON_OBJECT))
		return maatpm_want(e, "jwk", "a JSON Web Key");
	if (!json_source_range(&p->source, jwk, &off, &len, e))
		return false;
	out->jwk = jwk;
	out->jwk_text = rd_make(p->jws.payload + off, len);
	return true;
}

static bool no_others(const struct json *o, const char *what, const char *const *names, size_t n,
    struct att_error *e)
{
	for (const struct json *v = o->child; v; v = v->next) {
		size_t i = 0;

		while (i < n && strcmp(names[i], v->name) != 0)
			i++;
		if (i == n)
			return att_fail(
			    e, ATT_E_UNSUPPORTED, "%s: unknown member \"%.40s\"", what, v->name);
	}
	return true;
}

static bool read_tpm_quote(
    const struct json *v, struct arena *a, struct maatpm_key *out, struct att_error *e)
{
	static const char *const names[] = { "hash_alg" };

	(void)a;
	if (!json_is(v, JSON_OBJECT) || !json_str_eq(json_get(v, "hash_alg"), "sha-256"))
		return maatpm_want(e, "tpm_quote", "{\"hash_alg\":\"sha-256\"}");
	out->binding = MAATPM_TPM_QUOTE;
	return no_others(v, "tpm_quote", names, 1, e);
}

static bool read_tpm_certify(
    const struct json *v, struct arena *a, struct maatpm_key *out, struct att_error *e)
{
	static const char *const names[] = { "public", "certification", "signature" };
	struct rd public, certification, signature;

	if (!json_is(v, JSON_OBJECT))
		return maatpm_want(e, "tpm_certify", "an object");
	if (!no_others(v, "tpm_certify", names, 3, e) ||
	    !maatpm_octets_wanted(v, "public", TPM_PUBLIC_MAX, a, &public, e) ||
	    !maatpm_octets_wanted(v, "certification", TPM_ATTEST_MAX, a, &certification, e) ||
	    !maatpm_octets_wanted(v, "signature", TPM_SIGNATURE_MAX, a, &signature, e) ||
	    !tpm_public_parse(public, &out->public, e) ||
	    !tpm_attest_parse(certification, &out->certification, e) ||
	    !tpm_signature_parse(signature, &out->signature, e))
		return att_within(e, "tpm_certify");
	out->binding = MAATPM_TPM_CERTIFY;
	return true;
}

/* How a key is bound must be understood, or it would pass for a key that is not bound. */
static bool read_info(
    const struct json *info, struct arena *a, struct maatpm_key *out, struct att_error *e)
{
	static const struct {
		const char *name;
		bool (*read)(
		    const struct json *, struct arena *, struct maatpm_key *, struct att_error *);
	} bindings[] = { { "tpm_quote", read_tpm_quote }, { "tpm_certify", read_tpm_certify } };

	if (!info || info->kind == JSON_NULL)
		return true;
	if (info->kind != JSON_OBJECT)
		return maatpm_want(e, "info", "an object");
	if (info->len == 0)
		return true;
	for (size_t i = 0; i < sizeof bindings / sizeof bindings[0]; i++)
		if (info->len == 1 && strcmp(info->child->name, bindings[i].name) == 0)
			return bindings[i].read(info->child, a, out, e);
	return att_fail(e, ATT_E_UNSUPPORTED,
	    "info: %zu members, the first \"%.40s\"; want tpm_quote or tpm_certify", info->len,
	    info->child->name);
}

bool maatpm_key_read(const struct maatpm_payload *p, const struct json *v, const char *name,
    struct arena *a, struct maatpm_key *out, struct att_error *e)
{
	static const char *const names[] = { "jwk", "info" };

	*out = (struct maatpm_key){ 0 };
	if (!json_is(v, JSON_OBJECT))
		return maatpm_want(e, name, "{\"jwk\",\"info\"}");
	if (!no_others(v, name, names, 2, e))
		return false;
	if (!maatpm_jwk_read(p, json_get(v, "jwk"), out, e) ||
	    !read_info(json_get(v, "info"), a, out, e))
		return att_within(e, "%s", name);
	return true;
}
