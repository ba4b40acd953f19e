/* include/libattest/policy.h over lib/policy: each call has its own memory, results are copied out. */
#include <stdlib.h>
#include <string.h>

#include "lib/attest/api_call.h"
#include "lib/attest/appraisal.h"
#include "lib/base/base64.h"
#include "lib/policy/jmespath/jmespath.h"
#include "lib/token/jws.h"
#include "libattest/policy.h"

#define POLICY_API_MEMORY ((size_t)512 << 20)

/* The report lives in its own arena; the head keeps the pointer that frees both. */
struct owned_report {
	struct att_policy_report public;
	struct arena *a;
};

static void copy_problem(const struct policy_problem *p, bool warning, struct att_policy_problem *out)
{
	*out = (struct att_policy_problem){
		.warning = warning,
		.line = p->line,
		.column = p->column,
		.token = p->token,
		.expected = p->expected,
		.message = p->message,
		.rule = p->rule,
		.id = p->id,
		.source_line = p->source_line,
		.caret = p->caret,
		.hint = p->hint,
	};
}

static bool fill_report(struct owned_report *o, struct crypto *c, struct att_bytes text, struct att_error *e)
{
	struct policy_report r;
	struct att_policy_problem *v;

	if (!policy_hash(c, o->a, api_text(text), text.len, o->public.hash, e) ||
	    !policy_check(o->a, api_text(text), text.len, 0, &r, e))
		return false;
	v = arena_array(o->a, r.nproblems + r.nwarnings + 1, sizeof *v);
	if (!v)
		return arena_fail(o->a, e);
	for (size_t i = 0; i < r.nproblems; i++)
		copy_problem(&r.problems[i], false, &v[i]);
	for (size_t i = 0; i < r.nwarnings; i++)
		copy_problem(&r.warnings[i], true, &v[r.nproblems + i]);
	o->public.ok = r.nproblems == 0;
	o->public.problems = v;
	o->public.nproblems = r.nproblems + r.nwarnings;
	return true;
}

bool att_policy_check(struct att_bytes text, struct att_policy_report **out, struct att_error *e)
{
	struct crypto *c = crypto_new(e);
	struct arena *a = c ? arena_new(POLICY_API_MEMORY) : NULL;
	struct owned_report *o = a ? arena_alloc(a, sizeof *o) : NULL;
	bool ok = false;

	if (o) {
		o->a = a;
		ok = fill_report(o, c, text, e);
	} else {
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
	}
	crypto_free(c);
	if (ok)
		*out = &o->public;
	else
		arena_free(a);
	return ok;
}

void att_policy_report_free(struct att_policy_report *r)
{
	if (r)
		arena_free(((struct owned_report *)r)->a);
}

bool att_policy_hash(struct att_bytes text, char out[44], struct att_error *e)
{
	struct api_call k = { 0 };
	bool ok = api_call_begin(&k, e) && policy_hash(k.c, k.a, api_text(text), text.len, out, e);

	arena_free(k.a);
	crypto_free(k.c);
	return ok;
}

static const char *wrap_payload(struct arena *a, struct att_bytes text)
{
	char *b64 = b64_encode_arena(B64_URL, a, text.data, text.len);

	return b64 ? arena_printf(a, "{\"AttestationPolicy\":\"%s\"}", b64) : NULL;
}

bool att_policy_wrap(struct att_bytes text, char **jws, struct att_error *e)
{
	struct api_call k = { 0 };
	const char *payload = api_call_begin(&k, e) ? wrap_payload(k.a, text) : NULL;
	const char *s = payload ? jws_make_unsigned(k.a, payload, strlen(payload)) : NULL;

	if (!s && k.a)
		(void)arena_fail(k.a, e);
	return api_call_end(&k, s, s ? strlen(s) : 0, jws, e);
}

/* The chain must begin with the key's own certificate: a service verifies with x5c[0]. */
static bool chain_fits(
    struct api_call *k, const struct privkey *key, const struct x509_bundle *chain, struct att_error *e)
{
	struct pubkey *pub = NULL;
	bool ok;

	if (chain->n == 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "certificate: the file holds none");
	if (!privkey_public(k->c, key, &pub, e))
		return false;
	ok = bytes_equal(pubkey_spki_sha256(pub), pubkey_spki_sha256(x509_pubkey(chain->certs[0])), 32);
	pubkey_free(pub);
	return ok || att_fail(e, ATT_E_BAD_FORMAT, "certificate: the first one is not of the signing key");
}

bool att_policy_wrap_signed(struct att_bytes text, struct att_bytes pem_key, struct att_bytes pem_certs,
    char **jws, struct att_error *e)
{
	struct api_call k = { 0 };
	struct privkey *key = NULL;
	struct x509_bundle chain = { 0 };
	struct rd in = rd_make(text.data, text.len);
	char *s = NULL;

	if (!api_call_begin(&k, e) ||
	    !privkey_from_pem((const char *)pem_key.data, pem_key.len, &key, e) ||
	    !x509_bundle_parse(k.c, pem_certs.data, pem_certs.len, &chain, e) ||
	    !chain_fits(&k, key, &chain, e) || !jws_sign_policy(k.a, k.c, key, &chain, &in, &s, e))
		s = NULL;
	privkey_free(key);
	x509_bundle_clear(&chain);
	return api_call_end(&k, s, s ? strlen(s) : 0, jws, e);
}

static bool unwrap(struct api_call *k, struct att_bytes jws, uint8_t **text, size_t *n, struct att_error *e)
{
	const struct json *policy;
	struct json *payload;
	struct jws j;

	while (jws.len > 0 && strchr(" \t\r\n", jws.data[jws.len - 1]))
		jws.len--;
	if (!jws_parse(k->a, jws.data, jws.len, &j, e))
		return false;
	if (!json_parse(k->a, j.payload, j.payload_len, NULL, &payload, e))
		return att_within(e, "policy JWS: payload");
	policy = json_get(payload, "AttestationPolicy");
	if (!json_is(policy, JSON_STRING))
		return att_fail(e, ATT_E_OPERATION, "policy JWS: payload has no string AttestationPolicy");
	return b64_decode_arena(B64_LENIENT, k->a, policy->s, policy->len, text, n, e) ||
	    att_within(e, "policy JWS: AttestationPolicy");
}

bool att_policy_unwrap(struct att_bytes jws, char **text, size_t *len, struct att_error *e)
{
	struct api_call k = { 0 };
	uint8_t *p = NULL;
	size_t n = 0;
	bool ok = api_call_begin(&k, e) && unwrap(&k, jws, &p, &n, e);

	if (!api_call_end(&k, ok ? (const char *)p : NULL, n, text, e))
		return false;
	*len = n;
	return true;
}

/* Claims that rules added: incoming claims made by the policy. */
static struct json *added_json(struct arena *a, const struct policy_result *r)
{
	struct claims added = claims_make(a);

	for (size_t i = 0; i < r->incoming.n; i++)
		if (r->incoming.v[i].issuer == CLAIM_BY_POLICY &&
		    !claims_add(&added, &r->incoming.v[i], NULL))
			return NULL;
	return claims_to_json(&added, a);
}

static struct json *eval_json(struct arena *a, const struct policy_result *r)
{
	struct json *o = json_object(a);
	bool ok = json_put(a, o, "decision", json_string(a, policy_decision_name(r->decision))) &&
	    (!r->message || json_put(a, o, "message", json_string(a, r->message))) &&
	    json_put(a, o, "outgoing", claims_to_json(&r->outgoing, a)) &&
	    json_put(a, o, "properties", claims_to_json(&r->properties, a)) &&
	    json_put(a, o, "added", added_json(a, r)) && json_put(a, o, "rules", explain_rules(a, r)) &&
	    json_put(a, o, "steps", json_int(a, (int64_t)r->steps));

	return ok ? o : NULL;
}

static bool eval(struct api_call *k, struct att_bytes text, struct att_bytes claims_text,
    const struct att_settings *s, char **out, size_t *n, struct att_error *e)
{
	struct policy_limits limits = { .steps = s->policy_steps, .memory = s->memory_limit };
	struct policy *policy;
	struct policy_result r;
	struct claims claims = claims_make(k->a);
	struct json *v;

	if (!policy_compile(k->a, api_text(text), text.len, &policy, NULL, e))
		return false;
	if (!json_parse(k->a, claims_text.data, claims_text.len, NULL, &v, e) ||
	    !claims_from_json(&claims, v, e))
		return att_within(e, "claims");
	return policy_eval(policy, &claims, &limits, k->a, &r, e) &&
	    json_write(k->a, eval_json(k->a, &r), JSON_COMPACT, out, n, e);
}

bool att_policy_eval(struct att_bytes text, struct att_bytes claims_json, const struct att_settings *s,
    char **json, struct att_error *e)
{
	struct api_call k = { 0 };
	char *out = NULL;
	size_t n = 0;

	if (!api_call_begin(&k, e) || !eval(&k, text, claims_json, s, &out, &n, e))
		out = NULL;
	return api_call_end(&k, out, n, json, e);
}

static bool query_failed(const struct jmes_problem *p, const struct att_error *why, struct att_error *e)
{
	if (p->class == JMES_NONE)
		return att_fail(e, why->code, "%s", why->text);
	return att_fail(e, ATT_E_POLICY_EVAL, "%s: %s (offset %zu)", jmes_class_name(p->class),
	    p->message, p->offset);
}

static bool query(struct api_call *k, struct att_bytes expression, struct att_bytes document,
    char **out, size_t *n, struct att_error *e)
{
	struct jmes_budget budget = { JMES_STEPS_DEFAULT };
	struct jmes_problem problem = { 0 };
	struct att_error why = { 0 };
	const struct json *result;
	struct json *doc;
	struct jmes *q;

	if (!jmes_compile(k->a, api_text(expression), expression.len, &q, &problem, &why))
		return query_failed(&problem, &why, e);
	if (!json_parse(k->a, document.data, document.len, NULL, &doc, e))
		return att_within(e, "document");
	if (!jmes_search(q, doc, &budget, &problem, k->a, &result, &why))
		return query_failed(&problem, &why, e);
	return json_write(k->a, result, JSON_COMPACT, out, n, e);
}

bool att_jmespath(struct att_bytes expression, struct att_bytes document, char **json, struct att_error *e)
{
	struct api_call k = { 0 };
	char *out = NULL;
	size_t n = 0;

	if (!api_call_begin(&k, e) || !query(&k, expression, document, &out, &n, e))
		out = NULL;
	return api_call_end(&k, out, n, json, e);
}
