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
	struct checklist request, evidence, deny;
	struct evidence_outcome outcome;
	struct chosen_policy chosen;
	struct claims claims;
	struct policy_result policy;
	struct x509_bundle ak_cas;
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

/* Roots stay what they were: a chain was judged under them before anything was asked for. */
static bool look_up(
    void *state, const struct att_need *needs, size_t n, struct trust *t, struct att_error *e)
{
	struct appraisal *s = state;
	const struct att_prepared *found = s->req->lookup(s->req->lookup_state, needs, n);
	const struct collateral_pack *p = found ? prepared_pack(found) : NULL;

	if (!p)
		return true;
	if (!bytes_equal(p->keys.anchors, t->collateral->keys.anchors, sizeof p->keys.anchors))
		return att_fail(
		    e, ATT_E_INTERNAL, "look-up: a set that was prepared under other anchors");
	trust_give(t, p);
	return true;
}

static struct trust trust_of(struct appraisal *s)
{
	const struct att_request *req = s->req;
	/* Pieces beside a request: a lone one is the one meant. */
	bool lone = !req->prepared && !req->lookup && req->nendorsements == 1;

	return (struct trust){
		.crypto = s->ctx->crypto,
		.now_s = req->now_s,
		.settings = req->settings,
		.baseline = s->chosen.demands.baseline,
		.certs_picked = req->endorsements_picked,
		.collateral_picked = req->endorsements_picked || lone,
		.look_up = req->lookup ? look_up : NULL,
		.look_up_state = s,
		.chains = s->ctx->chains,
		.code_signatures = s->ctx->code_signatures,
		.runtime = &s->in.runtime,
		.inittime = &s->in.inittime,
		.tpm = { .ak_required = s->chosen.demands.ak_required,
		    .required_pcrs = s->chosen.demands.required_pcrs,
		    .nonce_known = req->quote_nonce.data != NULL,
		    .nonce = rd_make(req->quote_nonce.data, req->quote_nonce.len),
		    .context = req->tpm_context,
		    .reference = req->settings->reference,
		    .ak_cas = &s->ak_cas },
	};
}

static bool parse_ak_cas(struct appraisal *s, struct att_error *e)
{
	const struct att_settings *set = s->req->settings;

	for (size_t i = 0; i < set->nak_cas; i++) {
		ATT_AUTO_STRUCT(x509_cert) cert = NULL;
		if (!x509_cert_from_der(s->ctx->crypto, set->ak_cas[i].data, set->ak_cas[i].len, &cert, e) ||
		    !x509_bundle_add(&s->ak_cas, cert, e))
			return att_within(e, "CA certificate of enrolment");
	}
	return true;
}

static bool run_verify(struct appraisal *s, const void *ev, struct att_error *e)
{
	const struct collateral_pack *given;
	struct trust t = trust_of(s);

	if (!ctx_pack(s->ctx, s->req, &given, e) || !parse_ak_cas(s, e))
		return false;
	trust_give(&t, given);
	if (!s->in.format->verify(ev, &t, s->a, &s->outcome, e))
		return false;
	if (checklist_failed(&s->evidence) || s->outcome.missing)
		return true;
	return s->in.format->claims(ev, &t, &s->outcome, &s->claims, e) &&
	    compliance_claim(s->req->settings, s->in.format, &s->claims, e);
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
	    freshness_claim(s->req, &s->in, c, e) &&
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

/* What a policy of type Tpm says of the token itself. spec: policy-language section 6 */
static void token_properties(struct appraisal *s)
{
	const struct claim *minutes = policy_property_value(&s->policy, "report_validity_in_minutes");

	s->r->token_lifetime_s = minutes->i * 60;
	s->r->token_omit_x5c = policy_property_value(&s->policy, "omit_x5c")->b;
	s->r->token_tpm = true;
}

/* The one place where evidence becomes permitted: every mandatory check passed and the policy said permit. */
static bool judge(struct appraisal *s, struct att_error *e)
{
	struct token_input in = {
		.service = &s->claims, .issued = &s->policy.outgoing, .nonce = s->in.nonce,
		.is_tpm = s->in.format->tpm_token, .extra = s->outcome.token_extra
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
	if (in.is_tpm)
		token_properties(s);
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
static bool deny_unreadable(struct appraisal *s, struct att_error *e)
{
	s->r->policy_decision = "error";
	refuse(s, ATT_DENIED, s->chosen.why.code, s->chosen.why.text);
	if (s->chosen.is_none)
		s->r->hint = "set a policy first; policies/measured-boot.txt is one to start with";
	return as_json(s, &s->claims, &s->r->claims_json, e);
}

static bool apply_policy(struct appraisal *s, struct att_error *e)
{
	s->r->draft = s->in.draft != NULL;
	return s->chosen.policy ? evaluate(s, s->chosen.policy, s->chosen.hash, e) :
				  deny_unreadable(s, e);
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
	const struct checklist *lists[] = { &s->request, &s->evidence, &s->deny };
	struct att_check *v =
	    arena_array(s->a, s->request.n + s->evidence.n + s->deny.n, sizeof *v);
	char *tcb;
	size_t n;

	if (!v)
		return arena_fail(s->a, e);
	s->r->checks = v;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		copy_checks(lists[i], v + s->r->nchecks);
		s->r->nchecks += lists[i]->n;
	}
	for (unsigned i = 0; i < ATT_NRELAXATIONS; i++)
		if (s->outcome.relaxed & 1u << i)
			s->r->relaxed[s->r->nrelaxed++] = att_relaxation_name(i);
	s->r->simulated_anchor = s->outcome.simulated_anchor;
	s->r->needs = arena_memdup(s->a, s->outcome.needs, s->outcome.nneeds * sizeof *s->r->needs);
	if (!s->r->needs)
		return arena_fail(s->a, e);
	s->r->nneeds = s->outcome.nneeds;
	if (!s->outcome.tcb)
		return true;
	if (!json_write(s->a, s->outcome.tcb, JSON_COMPACT, &tcb, &n, e))
		return false;
	s->r->tcb_json = tcb;
	return true;
}

/* The first failed check is the reason; its text names what was expected and found. */
static void explain_rejection(struct appraisal *s, const struct checklist *c)
{
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
	const struct checklist *const lists[] = { &s->request, &s->evidence, &s->deny };

	s->claims = claims_make(s->a);
	s->outcome.checks = &s->evidence;
	s->r->policy_decision = "not-evaluated";
	s->r->claims_json = s->r->issued_json = "{}";
	s->r->type = s->in.format->name;
	s->r->challenge = freshness_nonce(&s->in);
	if (!checklist_init(&s->request, s->a, request_checks, NREQUEST_CHECKS, e) ||
	    !checklist_init(&s->evidence, s->a, s->in.format->checks, s->in.format->nchecks, e) ||
	    !checklist_init(&s->deny, s->a, deny_checks, ATT_NDENY_KINDS, e) ||
	    !policy_choose(s->ctx, s->req, &s->in, s->a, &s->chosen, e) ||
	    !parse_and_verify(s, e) ||
	    !deny_judge(s->req->settings, s->outcome.identities, &s->deny, e) || !list_checks(s, e))
		return false;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		if (checklist_failed(lists[i])) {
			explain_rejection(s, lists[i]);
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
		x509_bundle_clear(&s.ak_cas);
		arena_free(a);
		return false;
	}
	x509_bundle_clear(&s.ak_cas);
	o->public.memory_used = arena_used(a);
	*out = &o->public;
	return true;
}
