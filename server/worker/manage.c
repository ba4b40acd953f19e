/*
 * The management API's thinking part: who asks, may they, and is what they sent what it says.  The
 * front stores.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/base64.h"
#include "lib/json/json.h"
#include "libattest/denylist.h"
#include "libattest/manage.h"
#include "libattest/policy.h"
#include "server/api/problem.h"
#include "server/worker/worker.h"

#define TEXT_MAX 256

struct managing {
	struct worker *w;
	struct manage ask;
	char type[64], request_id[128], target[TEXT_MAX];
	struct att_bytes *certs;
	size_t ncerts;
	const struct principal *who;
	struct managed *out;
	const struct frame *f;
	struct worker_refusal why;      /* of an enrolment that was refused */
	bool lost;                      /* a copy for the answer could not be made */
};

static struct rd copy_rd(struct managing *g, const void *p, size_t n)
{
	const void *copy = n ? arena_memdup(g->w->request, p, n) : NULL;

	g->lost |= n && !copy;
	return rd_make(copy ? copy : "", copy ? n : 0);
}

static struct rd copy_text(struct managing *g, const char *s)
{
	return copy_rd(g, s ? s : "", s ? strlen(s) : 0);
}

static bool put_claims(struct managing *g, const struct json *o, struct att_error *e)
{
	char *text;
	size_t n;

	if (!json_write(g->w->request, o, JSON_SORTED, &text, &n, e))
		return false;
	g->out->claims = rd_make(text, n);
	return true;
}

static struct json *text_json(struct arena *a, struct rd r)
{
	return json_stringn(a, (const char *)rd_ptr(&r), rd_left(&r));
}

/* Reading */

static bool nothing(struct managing *g, const struct att_statement *s, struct att_error *e)
{
	(void)g;
	(void)s;
	(void)e;
	return true;
}

/* The unsigned JWS of the default text; a type without one has an empty payload (rest-api section 7). */
static bool default_jws(struct managing *g, const char **out, struct att_error *e)
{
	char *text = att_default_policy(g->type, &g->w->settings), *jws = NULL;
	bool ok = text != NULL || att_fail(e, ATT_E_NOMEM, "out of memory");

	if (ok && *text)
		ok = att_policy_wrap((struct att_bytes){ (const uint8_t *)text, strlen(text) }, &jws, e);
	if (ok)
		*out = arena_strdup(g->w->request, jws ? jws : "eyJhbGciOiJub25lIn0..");
	free(text);
	free(jws);
	return ok && (*out || arena_fail(g->w->request, e));
}

static bool read_policy(struct managing *g, const struct att_statement *s, struct att_error *e)
{
	struct arena *a = g->w->request;
	struct json *o = json_object(a);
	const char *standard;

	(void)s;
	if (!rd_empty(&g->ask.stored))
		(void)json_put(a, o, "x-ms-policy", text_json(a, g->ask.stored));
	else if (default_jws(g, &standard, e))
		(void)json_put(a, o, "x-ms-policy", json_string(a, standard));
	else
		return false;
	return put_claims(g, o, e);
}

static bool read_certs(struct managing *g, const struct att_statement *s, struct att_error *e)
{
	struct arena *a = g->w->request;
	struct json *o = json_object(a), *set;
	char *text;
	bool ok;

	(void)s;
	/* An AAD provider has none, whatever it had under another configuration. */
	if (!att_certificates_jwks(g->certs, g->w->is_isolated ? g->ncerts : 0, &text, e))
		return false;
	ok = json_parse(a, text, strlen(text), NULL, &set, e);
	free(text);
	(void)json_put(a, o, "x-ms-policy-certificates", ok ? set : NULL);
	return ok && put_claims(g, o, e);
}

/* Changing */

static bool updated(struct managing *g, const struct att_statement *s, struct att_error *e)
{
	struct arena *a = g->w->request;
	struct json *o = json_object(a), *jwk;

	g->out->jws = copy_rd(g, s->jws.data, s->jws.len);
	g->out->text_hash = copy_text(g, s->text_hash);
	g->out->token_hash = copy_text(g, s->token_hash);
	g->out->signer = copy_text(g, s->signer_json);
	(void)json_put(a, o, "x-ms-policy-result", json_string(a, "Updated"));
	(void)json_put(a, o, "x-ms-policy-token-hash", json_string(a, s->token_hash));
	if (s->signer_json) {
		if (!json_parse(a, s->signer_json, strlen(s->signer_json), NULL, &jwk, e))
			return false;
		(void)json_put(a, o, "x-ms-policy-signer", jwk);
	}
	return put_claims(g, o, e);
}

static bool removed(struct managing *g, const struct att_statement *s, struct att_error *e)
{
	struct json *o = json_object(g->w->request);

	g->out->token_hash = copy_text(g, s->token_hash);
	(void)json_put(g->w->request, o, "x-ms-policy-result", json_string(g->w->request, "Removed"));
	return put_claims(g, o, e);
}

/*
 * The statement asked for it; what becomes active is the stored policy, judged anew as text.  Its
 * signature was judged when it was set.
 */
static bool rolled_back(struct managing *g, const struct att_statement *s, struct att_error *e)
{
	static const struct att_statement_rules as_stored = { .kind = ATT_STATEMENT_POLICY };
	struct att_bytes stored = { rd_ptr(&g->ask.stored), rd_left(&g->ask.stored) };
	struct att_statement *old = NULL;
	bool ok;

	if (stored.len == 0)
		return removed(g, s, e);
	if (!att_statement_judge(stored, &as_stored, &old, e))
		return att_within(e, "entry %lld", (long long)g->ask.n);
	ok = updated(g, old, e);
	att_statement_free(old);
	return ok;
}

static bool certified(struct managing *g, const struct att_statement *s, struct att_error *e)
{
	struct arena *a = g->w->request;
	struct json *o = json_object(a);
	bool add = g->ask.verb == MANAGE_CERT_ADD;

	g->out->token_hash = copy_text(g, s->token_hash);
	g->out->thumbprint = copy_text(g, s->thumbprint);
	g->out->certificate = copy_rd(g, s->certificate.data, s->certificate.len);
	(void)json_put(a, o, "x-ms-certificate-thumbprint", json_string(a, s->thumbprint));
	(void)json_put(
	    a, o, "x-ms-policycertificates-result", json_string(a, add ? "IsPresent" : "IsAbsent"));
	return put_claims(g, o, e);
}

/* Its hash is recorded, so that the audit log tells which list it was. */
static bool deny_listed(struct managing *g, const struct att_statement *s, struct att_error *e)
{
	struct att_denylist *l = NULL;
	uint8_t sum[32];
	char hash[44];
	bool ok;

	(void)s;
	if (!att_denylist_read((struct att_bytes){ rd_ptr(&g->ask.body), rd_left(&g->ask.body) }, &l, e))
		return false;
	g->out->jws = copy_rd(g, l->json, l->json_len);
	ok = digest(g->w->crypto, DIGEST_SHA256, l->json, l->json_len, sum, e);
	att_denylist_free(l);
	if (!ok)
		return false;
	b64_encode(B64_URL, sum, sizeof sum, hash);
	g->out->statement_hash = copy_text(g, hash);
	return true;
}

static bool baselines(struct managing *g, const struct att_statement *s, struct att_error *e)
{
	(void)s;
	return worker_baselines(g->w, g->ask.stored, &g->out->claims, e);
}

static bool enrolled(struct managing *g, const struct att_statement *s, struct att_error *e)
{
	(void)s;
	return worker_enrol(g->w, g->f, g->ask.body, g->out, &g->why, e);
}

/* What each verb judges and makes. */
static const struct verb {
	bool has_statement, may_be_absent, isolated_only, must_be_ca;
	enum att_statement_kind kind;
	bool (*result)(struct managing *g, const struct att_statement *s, struct att_error *e);
	bool as_attestation;    /* a bearer is needed where POST /attest/Tpm needs one */
} verbs[MANAGE_VERBS] = {
	[MANAGE_ALLOW] =         { .result = nothing },
	[MANAGE_READ_POLICY] =   { .result = read_policy },
	[MANAGE_READ_CERTS] =    { .result = read_certs },
	[MANAGE_SET] =           { true, false, false, false, ATT_STATEMENT_POLICY, updated },
	[MANAGE_RESET] =         { true, false, false, false, ATT_STATEMENT_COMMAND, removed },
	[MANAGE_ROLLBACK] =      { true, true, false, false, ATT_STATEMENT_COMMAND, rolled_back },
	[MANAGE_SHADOW_SET] =    { true, false, false, false, ATT_STATEMENT_POLICY, updated },
	[MANAGE_SHADOW_REMOVE] = { true, true, false, false, ATT_STATEMENT_COMMAND, removed },
	[MANAGE_CERT_ADD] =      { true, false, true, true, ATT_STATEMENT_CERTIFICATE, certified },
	[MANAGE_CERT_REMOVE] =   { true, false, true, false, ATT_STATEMENT_CERTIFICATE, certified },
	[MANAGE_BASELINES] =     { .result = baselines },
	[MANAGE_ENROL] =         { .result = enrolled, .as_attestation = true },
	[MANAGE_DENYLIST_SET] =  { .result = deny_listed },
};

/* As the first line of POST /attest/Tpm. */
static bool authorise_attester(struct managing *g, struct att_error *e)
{
	g->out->caller = rd_text(g->who ? g->who->name : NULL);
	return !g->w->tpm_wants_reader || (g->who && g->who->role >= PRINCIPAL_READER) ||
	    att_fail(e, ATT_E_UNAUTHORIZED,
		"this provider wants a bearer with the reader role for type Tpm and its enrolments "
		"(tpm_attestation_authentication)");
}

/* Nobody may unless a role says so: a message without one asks for something that nobody may. */
static bool authorise(struct managing *g, struct att_error *e)
{
	if (!worker_caller(g->w, g->ask.bearer, &g->who, e))
		return false;
	if (verbs[g->ask.verb].as_attestation)
		return authorise_attester(g, e);
	if (!g->who)
		return att_fail(e, ATT_E_UNAUTHORIZED, "a bearer token is needed");
	g->out->caller = rd_text(g->who->name);
	return (g->ask.role >= PRINCIPAL_READER && g->who->role >= g->ask.role) ||
	    att_fail(e, ATT_E_UNAUTHORIZED, "the bearer's role does not allow this");
}

static bool judge(struct managing *g, const struct verb *v, struct att_statement **s, struct att_error *e)
{
	struct att_statement_rules rules = { .kind = v->kind, .signature_required = g->w->is_isolated,
	    .fresh = g->w->wants_fresh, .may_be_absent = v->may_be_absent, .must_be_ca = v->must_be_ca,
	    .registered = g->certs, .nregistered = g->ncerts, .target = g->target,
	    .issuer = g->w->env->facts.issuers[g->w->env->facts.provider],
	    .rollback_to = g->ask.verb == MANAGE_ROLLBACK ? g->ask.n : 0, .now_s = time(NULL) };

	if (v->isolated_only && !g->w->is_isolated)
		return att_fail(e, ATT_E_OPERATION,
		    "The operation is disallowed: this provider's trust model is AAD, it has no "
		    "policy certificates");
	return att_statement_judge(
	    (struct att_bytes){ rd_ptr(&g->ask.body), rd_left(&g->ask.body) }, &rules, s, e);
}

static bool manage(struct managing *g, struct att_error *e)
{
	const struct verb *v = &verbs[g->ask.verb];
	struct att_statement *s = NULL;
	bool ok;

	if (!authorise(g, e) || (v->has_statement && !judge(g, v, &s, e)))
		return false;
	ok = v->result(g, s, e);
	if (ok && s) {
		g->out->statement_hash = copy_text(g, s->token_hash);
		g->out->jti = copy_text(g, s->jti);
		g->out->iat_s = s->iat_s;
	}
	att_statement_free(s);
	return ok && (!g->lost || arena_fail(g->w->request, e));
}

static bool read_ask(struct managing *g, const struct frame *f, struct att_error *e)
{
	struct blob_list certs;

	if (!manage_decode(f, &g->ask, e) || !blobs_decode(g->w->request, g->ask.certs, &certs, e) ||
	    !frame_text(g->ask.type, g->type, sizeof g->type) ||
	    !frame_text(g->ask.request_id, g->request_id, sizeof g->request_id) ||
	    !frame_text(g->ask.target, g->target, sizeof g->target))
		return att_fail(e, ATT_E_BAD_FORMAT, "manage message: malformed");
	g->certs = arena_array(g->w->request, certs.n + 1, sizeof *g->certs);
	if (!g->certs)
		return arena_fail(g->w->request, e);
	for (size_t i = 0; i < certs.n; i++)
		g->certs[i] = (struct att_bytes){ rd_ptr(&certs.item[i]), rd_left(&certs.item[i]) };
	g->ncerts = certs.n;
	return true;
}

bool worker_manage(struct worker *w, const struct frame *f, struct managed *out, struct att_error *e)
{
	struct managing *g = arena_alloc(w->request, sizeof *g);
	struct att_error why = { 0 };
	struct problem p = { 0 };
	struct rd caller, enrolment;

	*out = (struct managed){ .status = 200 };
	if (!g)
		return arena_fail(w->request, e);
	g->w = w;
	g->out = out;
	g->f = f;
	if (!read_ask(g, f, e))
		return false;
	if (manage(g, &why))
		return true;
	caller = out->caller;
	enrolment = out->enrolment;
	*out = (struct managed){ .status = (uint16_t)att_err_http(why.code), .caller = caller,
	    .error_code = rd_text(att_err_name(why.code)), .enrolment = enrolment };
	p = (struct problem){ .code = att_err_name(why.code), .message = why.text,
		.request_id = g->request_id, .hint = g->why.hint, .checks = g->why.checks,
		.nchecks = g->why.nchecks };
	return problem_json(w->request, &p, &out->body, e);
}
