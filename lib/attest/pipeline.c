/*
 * The appraisal, one step after the other: request -> evidence -> claims and checks -> policy ->
 * token payload. A result starts as rejected; judge() is the only place that can say "permitted".
 */
#include <stdlib.h>
#include <string.h>

#include "lib/attest/appraisal.h"
#include "lib/base/buf.h"

#define BOUND_SHOWN 4           /* claims of one condition that a denial names */
#define VALUE_SHOWN 80          /* characters of a value that it shows */

enum { CHECK_NONCE, NREQUEST_CHECKS };
static const struct check_row request_checks[NREQUEST_CHECKS] = {
	[CHECK_NONCE] = { "request.nonce", "The request carries the nonce that was asked for",
	    "rest-api section 5.1", true },
};

struct appraisal {
	struct att_ctx *ctx;
	const struct att_request *req;
	struct arena *a;
	struct decoded in;
	struct checklist request, evidence;
	struct evidence_outcome outcome;
	struct claims claims;
	struct policy_result policy;
	struct att_result *r;
};

/* The result lives in its own arena; the head keeps the pointer that frees both. */
struct owned_result {
	struct att_result public;
	struct arena *a;
};

void att_result_free(struct att_result *r)
{
	if (r)
		arena_free(((struct owned_result *)r)->a);
}

static const char *nonce_text(const struct appraisal *s)
{
	const struct json *v = s->in.nonce;
	char *text = NULL;
	size_t n;

	if (v && v->kind == JSON_STRING)
		return v->s;
	return v && json_write(s->a, v, JSON_COMPACT, &text, &n, NULL) ? text : "none";
}

static void check_nonce(struct appraisal *s)
{
	const char *found = nonce_text(s);

	if (!s->req->nonce)
		return;
	if (s->in.nonce && strcmp(found, s->req->nonce) == 0)
		check_pass(&s->request, CHECK_NONCE);
	else
		check_fail(&s->request, CHECK_NONCE, check_text(&s->request, "%s", s->req->nonce), found);
}

static bool run_verify(struct appraisal *s, const void *ev, struct att_error *e)
{
	const struct trust_set *certs, *anchors;
	struct trust t;

	if (!ctx_trust_set(s->ctx, TRUST_ENDORSEMENTS, s->req->endorsements, s->req->nendorsements,
		&certs, e) ||
	    !ctx_trust_set(s->ctx, TRUST_ANCHORS, s->req->anchors, s->req->nanchors, &anchors, e))
		return false;
	t = (struct trust){
		.crypto = s->ctx->crypto,
		.now_s = s->req->now_s,
		.settings = s->req->settings,
		.certs = &certs->certs,
		.certs_picked = s->req->endorsements_picked,
		.crls = certs->crls,
		.ncrls = certs->ncrls,
		.anchors = &anchors->certs,
		.pieces = s->req->endorsements,
		.npieces = s->req->nendorsements,
		.pieces_sha256 = s->req->nendorsements > 0 ? certs->key : NULL,
		.chains = s->ctx->chains,
		.runtime = &s->in.runtime,
		.inittime = &s->in.inittime,
	};
	if (!s->in.format->verify(ev, &t, s->a, &s->outcome, e))
		return false;
	if (checklist_failed(&s->evidence) || s->outcome.missing)
		return true;
	return s->in.format->claims(ev, &t, &s->outcome, &s->claims, e);
}

/* Evidence of the wrong form is a failed check, so that it is shown like every other reason. */
static bool parse_and_verify(struct appraisal *s, struct att_error *e)
{
	const struct evidence_format *f = s->in.format;
	struct att_error why = { 0 };
	void *ev;

	check_nonce(s);
	if (f->parse(s->in.evidence, s->a, s->ctx->crypto, &ev, &why))
		return run_verify(s, ev, e);
	if (why.code == ATT_E_NOMEM || why.code == ATT_E_LIMIT || why.code == ATT_E_INTERNAL)
		return att_fail(e, why.code, "%s", why.text);
	(void)check_fail(&s->evidence, f->form_check, "evidence of the documented form",
	    check_text(&s->evidence, "%s", why.text));
	s->r->error = why;
	return true;
}

/* The signer of the active policy; a draft has none. */
static bool add_policy_signer(struct appraisal *s, struct att_error *e)
{
	const char *text = s->req->policy_signer_json;
	struct json *jwk;

	if (!text || s->in.draft)
		return true;
	return json_parse(s->a, text, strlen(text), NULL, &jwk, e) &&
	    claims_json(&s->claims, "x-ms-policy-signer", jwk, e);
}

/* Claims that do not depend on the format: what it is, which policy, and the bound data. */
static bool add_common_claims(struct appraisal *s, const char *policy_hash_text, struct att_error *e)
{
	struct claims *c = &s->claims;

	return claims_str(c, "x-ms-ver", "1.0", e) &&
	    claims_str(c, "x-ms-attestation-type", s->in.format->attestation_type, e) &&
	    claims_str(c, "x-ms-policy-hash", policy_hash_text, e) && add_policy_signer(s, e) &&
	    (!s->in.runtime_json || claims_json(c, "x-ms-runtime", s->in.runtime_json, e)) &&
	    (!s->in.inittime_json || claims_json(c, "x-ms-inittime", s->in.inittime_json, e));
}

static void refuse(struct appraisal *s, enum att_verdict v, enum att_err code, const char *text)
{
	s->r->verdict = v;
	att_error_clear(&s->r->error);
	(void)att_fail(&s->r->error, code, "%s", text);
}

/* "x-ms-sevsnpvm-vmpl is 2": the claims that a rule bound, for callers who may see the policy. */
static void name_bound(struct appraisal *s, const struct policy_trace *t, struct buf *b)
{
	const char *joint = ": ";

	for (size_t i = 0; i < t->nbound; i++)
		for (size_t k = 0; k < t->bound[i].nclaims && k < BOUND_SHOWN; k++) {
			const struct claim *c = &s->policy.incoming.v[t->bound[i].claims[k]];
			char *value;
			size_t n;
			if (!json_write(s->a, claim_value_json(c, s->a), JSON_COMPACT, &value, &n, NULL))
				return;
			buf_fmt(b, "%s%s is %.*s", joint, c->name, VALUE_SHOWN, value);
			joint = ", ";
		}
}

/* Which rule said no; the claims it saw only for callers with the reader role. */
static const char *denying_rule(struct appraisal *s)
{
	struct buf b = buf_make(s->a);

	for (size_t i = 0; i < s->policy.ntrace; i++) {
		const struct policy_trace *t = &s->policy.trace[i];
		if (!t->fired || strcmp(t->action, "deny") != 0)
			continue;
		buf_fmt(&b, "%sline %zu of the policy denies", b.len ? "; " : "", t->line);
		if (s->req->caller_is_reader)
			name_bound(s, t, &b);
	}
	return buf_ok(&b, NULL) && b.len ? b.p : NULL;
}

/* The one place where evidence becomes permitted: every mandatory check passed and the policy said permit. */
static bool judge(struct appraisal *s, struct att_error *e)
{
	struct token_input in = {
		.service = &s->claims, .issued = &s->policy.outgoing, .nonce = s->in.nonce
	};
	size_t skipped;
	char *token;

	s->r->policy_decision = policy_decision_name(s->policy.decision);
	if (!checklist_complete(&s->evidence, &skipped))
		return att_fail(e, ATT_E_INTERNAL, "check %s was not made", s->evidence.rows[skipped].id);
	if (s->policy.decision != POLICY_PERMIT) {
		refuse(s, ATT_DENIED, ATT_E_POLICY_EVAL,
		    check_text(&s->evidence, "Policy Evaluation Error has occurred: %s", s->policy.message));
		s->r->hint = denying_rule(s);
		return true;
	}
	if (!token_claims(&in, s->a, &token, e))
		return false;
	s->r->token_json = token;
	s->r->verdict = ATT_PERMITTED;
	return true;
}

static bool as_json(struct appraisal *s, const struct claims *c, const char **out, struct att_error *e)
{
	char *text;
	size_t n;

	if (!json_write(s->a, claims_to_json(c, s->a), JSON_SORTED, &text, &n, e))
		return false;
	*out = text;
	return true;
}

static bool evaluate(struct appraisal *s, const struct policy *p, const char *hash, struct att_error *e)
{
	bool small = s->in.draft && !s->req->caller_is_reader;
	struct policy_limits limits = {
		.steps = small ? s->req->settings->draft_steps : s->req->settings->policy_steps,
		.memory = s->req->settings->memory_limit,
	};

	s->r->policy_hash = arena_strdup(s->a, hash);
	if (!s->r->policy_hash)
		return arena_fail(s->a, e);
	if (!add_common_claims(s, s->r->policy_hash, e) ||
	    !policy_eval(p, &s->claims, &limits, s->a, &s->policy, e) ||
	    !as_json(s, &s->claims, &s->r->claims_json, e) ||
	    !as_json(s, &s->policy.outgoing, &s->r->issued_json, e) || !judge(s, e) ||
	    (s->req->explain && !explain_result(s->a, &s->policy, &s->r->explain_json, e)))
		return false;
	if (!s->in.draft)
		shadow_evaluate(s->ctx, s->req, &s->claims, s->r);
	return true;
}

/* A policy that cannot be compiled permits nothing: verified evidence is denied. */
static bool deny_unreadable(struct appraisal *s, const struct att_error *why, struct att_error *e)
{
	if (why->code != ATT_E_POLICY_PARSE)
		return att_fail(e, why->code, "%s", why->text);
	s->r->policy_decision = "error";
	refuse(s, ATT_DENIED, why->code, why->text);
	return as_json(s, &s->claims, &s->r->claims_json, e);
}

/* A draft belongs to one request: it is compiled in the request's memory and never cached. */
static bool apply_draft(struct appraisal *s, struct att_error *e)
{
	const struct json *d = s->in.draft;
	struct att_error why = { 0 };
	struct policy *p;
	char hash[44];

	if (!s->req->caller_is_reader && d->len > s->req->settings->draft_bytes) {
		(void)att_fail(&why, ATT_E_POLICY_PARSE,
		    "draftPolicyForAttestation: %zu bytes, at most %zu without the reader role", d->len,
		    s->req->settings->draft_bytes);
		return deny_unreadable(s, &why, e);
	}
	if (!policy_hash(s->ctx->crypto, s->a, d->s, d->len, hash, e))
		return false;
	if (!policy_compile(s->a, d->s, d->len, &p, NULL, &why))
		return deny_unreadable(s, &why, e);
	return evaluate(s, p, hash, e);
}

static bool apply_policy(struct appraisal *s, struct att_error *e)
{
	struct att_bytes text = s->req->policy;
	const struct cached_policy *p;
	struct att_error why = { 0 };
	const char *standard;

	s->r->draft = s->in.draft != NULL;
	if (s->in.draft)
		return apply_draft(s, e);
	if (!text.data) {
		if (!default_policy(s->in.format->name, s->req->settings, s->a, &standard, e))
			return false;
		text = (struct att_bytes){ (const uint8_t *)standard, strlen(standard) };
	}
	if (!ctx_policy(s->ctx, text, &p, &why))
		return deny_unreadable(s, &why, e);
	return evaluate(s, p->policy, p->hash, e);
}

static void copy_checks(const struct checklist *c, struct att_check *out)
{
	for (size_t i = 0; i < c->n; i++)
		out[i] = (struct att_check){
			.id = c->rows[i].id, .title = c->rows[i].title, .spec = c->rows[i].spec,
			.outcome = (enum att_outcome)c->results[i].outcome,
			.expected = c->results[i].expected, .found = c->results[i].found,
			.expected_private = c->results[i].expected_private,
		};
}

static bool list_checks(struct appraisal *s, struct att_error *e)
{
	struct att_check *v = arena_array(s->a, s->request.n + s->evidence.n, sizeof *v);
	char *tcb;
	size_t n;

	if (!v)
		return arena_fail(s->a, e);
	copy_checks(&s->request, v);
	copy_checks(&s->evidence, v + s->request.n);
	s->r->checks = v;
	s->r->nchecks = s->request.n + s->evidence.n;
	for (unsigned i = 0; i < ATT_NRELAXATIONS; i++)
		if (s->outcome.relaxed & 1u << i)
			s->r->relaxed[s->r->nrelaxed++] = att_relaxation_name(i);
	s->r->simulated_anchor = s->outcome.simulated_anchor;
	if (!s->outcome.tcb)
		return true;
	if (!json_write(s->a, s->outcome.tcb, JSON_COMPACT, &tcb, &n, e))
		return false;
	s->r->tcb_json = tcb;
	return true;
}

/* The first failed check is the reason; its text names what was expected and found. */
static void explain_rejection(struct appraisal *s)
{
	const struct checklist *c = checklist_failed(&s->request) ? &s->request : &s->evidence;
	const struct check_row *row = &c->rows[c->first_failed];
	const struct check_result *res = &c->results[c->first_failed];

	if (s->r->error.code == ATT_E_OK && res->expected_private)
		(void)att_fail(&s->r->error, ATT_E_NOT_AUTHENTIC, "%s (%s): found %s", row->id,
		    row->title, res->found);
	else if (s->r->error.code == ATT_E_OK)
		(void)att_fail(&s->r->error, ATT_E_NOT_AUTHENTIC, "%s (%s): expected %s, found %s",
		    row->id, row->title, res->expected, res->found);
	s->r->hint = hint_for(row->id, &s->r->error);
}

static bool appraise(struct appraisal *s, struct att_error *e)
{
	s->claims = claims_make(s->a);
	s->outcome.checks = &s->evidence;
	s->r->policy_decision = "not-evaluated";
	s->r->claims_json = s->r->issued_json = "{}";
	s->r->type = s->in.format->name;
	if (!checklist_init(&s->request, s->a, request_checks, NREQUEST_CHECKS, e) ||
	    !checklist_init(&s->evidence, s->a, s->in.format->checks, s->in.format->nchecks, e) ||
	    !parse_and_verify(s, e) || !list_checks(s, e))
		return false;
	if (checklist_failed(&s->request) || checklist_failed(&s->evidence)) {
		explain_rejection(s);
		return true;
	}
	if (s->outcome.missing) {
		s->r->missing = s->outcome.missing;
		refuse(s, ATT_UNDECIDED, ATT_E_COLLATERAL, s->outcome.missing);
		s->r->hint = hint_for(NULL, &s->r->error);
		return true;
	}
	if (!apply_policy(s, e))
		return false;
	if (s->r->verdict != ATT_PERMITTED && !s->r->hint)
		s->r->hint = hint_for(NULL, &s->r->error);
	return true;
}

bool att_appraise(struct att_ctx *ctx, const struct att_request *req, struct att_result **out,
    struct att_error *e)
{
	struct arena *a = arena_new(req->settings->memory_limit);
	struct owned_result *o = a ? arena_alloc(a, sizeof *o) : NULL;
	struct appraisal s = { .ctx = ctx, .req = req, .a = a };

	if (!o) {
		arena_free(a);
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	}
	o->a = a;
	s.r = &o->public;
	if (!request_decode(req, ctx->crypto, a, &s.in, e) || !appraise(&s, e)) {
		arena_free(a);
		return false;
	}
	o->public.memory_used = arena_used(a);
	*out = &o->public;
	return true;
}
