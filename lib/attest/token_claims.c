#include <string.h>

#include "lib/attest/appraisal.h"
#include "lib/claims/names.h"

/* Is this exact claim one the service made from the evidence? */
static bool made_by_service(const struct claims *service, const struct claim *c)
{
	for (size_t i = 0; i < service->n; i++)
		if (claim_same(&service->v[i], c))
			return true;
	return false;
}

/*
 * May the issued claims of this name stand at the token's top level?  A reserved name only when
 * every value of it is a service claim issued unchanged: a policy must not speak with the service's
 * voice.
 */
static bool top_level(const struct token_input *in, const char *name)
{
	if (!claim_name_reserved(name))
		return true;
	for (size_t i = 0; i < in->issued->n; i++)
		if (strcmp(in->issued->v[i].name, name) == 0 &&
		    !made_by_service(in->service, &in->issued->v[i]))
			return false;
	return true;
}

static bool in_token(const char *name)
{
	const struct claim_name *row = claim_name_find(name);

	return row && row->in_token;
}

/* What a token of type Tpm holds without a rule. spec: maa-tpm section 3 */
static bool fixed_in_tpm(const char *name)
{
	static const char *const fixed[] = { "x-ms-ver", "x-ms-attestation-type", "x-ms-policy-hash",
		"x-ms-policy-signer" };

	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
		if (strcmp(fixed[i], name) == 0)
			return true;
	return false;
}

/* Service claims that the token shows whatever the policy says; NULL: out of memory. */
static struct json *service_claims(const struct token_input *in, struct arena *a)
{
	struct claims shown = { .a = a, .v = arena_array(a, in->service->n + 1, sizeof *shown.v) };

	for (size_t i = 0; shown.v && i < in->service->n; i++)
		if (in->is_tpm ? fixed_in_tpm(in->service->v[i].name) : in_token(in->service->v[i].name))
			shown.v[shown.n++] = in->service->v[i];
	return shown.v ? claims_to_json(&shown, a) : NULL;
}

/* The value once more, for another parent; what is inside is shared, since it is only written. */
static struct json *again(struct arena *a, const struct json *v)
{
	return arena_memdup(a, v, sizeof *v);
}
/* Issued claims stand twice: in x-ms-policy, and at top level where the name is free (policy-language
 * section 10). */
static bool put_issued(const struct token_input *in, struct arena *a, struct json *token, struct att_error *e)
{
	struct json *all;

	if (in->issued->n == 0)
		return true;
	all = claims_to_json(in->issued, a);
	for (const struct json *m = all ? all->child : NULL; m; m = m->next)
		if (!json_get(token, m->name) && top_level(in, m->name) &&
		    !json_putn(a, token, m->name, m->name_len, again(a, m)))
			return arena_fail(a, e);
	return in->is_tpm || json_put(a, token, "x-ms-policy", all) ? true : arena_fail(a, e);
}

/* rp_data, nonce and cnf of a message. */
static bool put_extra(
    const struct token_input *in, struct arena *a, struct json *token, struct att_error *e)
{
	for (const struct json *m = in->extra ? in->extra->child : NULL; m; m = m->next)
		if (!json_putn(a, token, m->name, m->name_len, again(a, m)))
			return arena_fail(a, e);
	return true;
}

bool token_claims(const struct token_input *in, struct arena *a, char **json, struct att_error *e)
{
	struct json *token = service_claims(in, a);
	size_t n;

	if (!token)
		return arena_fail(a, e);
	if (!put_extra(in, a, token, e) || !put_issued(in, a, token, e))
		return false;
	if (in->nonce && !json_put(a, token, "nonce", json_copy(a, in->nonce)))
		return arena_fail(a, e);
	return json_write(a, token, JSON_SORTED, json, &n, e);
}
