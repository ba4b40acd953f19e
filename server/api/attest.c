/* POST /attest/{type}: the body goes to a verify worker as it is, its answer to the client as it
 * is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "libattest/attest.h"
#include "server/api/api.h"
#include "server/log/log.h"
#include "server/log/metrics.h"

#define BEARER_MAX ((size_t)8192)

static struct rd rd_of(const struct block *b)
{
	return rd_make(b->p, b->n);
}

static bool audit(const struct api_call *c, const struct answer *a, struct att_error *e)
{
	struct api *api = c->api;
	struct audit_record r = { .time_s = api->now_s(), .action = "attest", .request_id = c->r->id,
	    .provider = api->config->providers[c->provider].name, .status = a->status,
	    .verdict = a->verdict == VERDICT_NONE ? NULL : att_verdict_name((enum att_verdict)a->verdict),
	    .type = a->type, .policy_hash = a->policy_hash, .failed_check = a->failed_check,
	    .caller = a->caller, .shadow = a->shadow, .shadow_hash = a->shadow_hash,
	    .error_code = a->error_code, .relaxed = a->relaxed, .evidence_sha256 = a->evidence_sha256,
	    .token_sha256 = a->token_sha256 };
	bool ok = audit_append(api->audit, api->scratch, &r, e);

	arena_reset(api->scratch);
	return ok;
}

/* What is recorded when the worker did not live to say anything. */
static struct answer lost_answer(const struct api_call *c)
{
	return (struct answer){ .status = 500, .verdict = VERDICT_NONE, .type = rd_of(&c->job.blocks[0]),
	    .policy_hash = rd_text(NULL), .failed_check = rd_text(NULL), .caller = rd_text(NULL),
	    .error_code = rd_text(att_err_name(ATT_E_INTERNAL)), .relaxed = rd_text(NULL),
	    .shadow = rd_text(NULL), .shadow_hash = rd_text(NULL) };
}

/* How the shadow policy would have decided, against what the active one did. */
static void count_shadow(const struct api_call *c, const struct answer *a)
{
	static const char *const names[] = {
#define X(name) #name,
		METRIC_SHADOWS(X)
#undef X
	};
	bool permitted = a->verdict == ATT_PERMITTED, would = rd_is_text(&a->shadow, "permit");
	unsigned label = would ? METRIC_SHADOW_would_permit : METRIC_SHADOW_would_deny;

	if (rd_empty(&a->shadow))
		return;
	if (rd_is_text(&a->shadow, "error"))
		label = METRIC_SHADOW_error;
	else if (permitted == would)
		label = METRIC_SHADOW_same;
	metric_add(M_shadow, label, 1);
	if (label != METRIC_SHADOW_same)
		log_event(LOG_INFO, "shadow.differs", "request", "%s", c->r->id, "provider", "%s",
		    c->api->config->providers[c->provider].name, "type", "%s", c->type, "shadow",
		    "%s", names[label], NULL);
}

static void answered(struct pool_job *job, const struct frame *f);

static void submit(struct api_call *c)
{
	if (!c->api->submit(c->api->state, &c->job))
		api_problem(c, ATT_E_OVERLOADED, "all verifiers are busy and the queue is full");
}

static void without_more(struct api_call *c, const char *why)
{
	(void)snprintf(c->refused, sizeof c->refused, "%s", why);
	c->job.blocks[6] = block_text(c->refused);
	submit(c);
}

/* All endorsements that can be had are here: the worker is asked again. */
static void supplied(struct collateral_wait *w)
{
	struct api_call *c = w->call;
	struct att_error e = { 0 };

	if (!collateral_wait_pieces(w, &c->job.blocks[5], &e)) {
		api_problem(c, e.code, "%s", e.text);
		return;
	}
	c->job.blocks[6] = w->why.failed ? block_text("out of memory") :
					   (struct block){ w->why.p ? w->why.p : "", w->why.len };
	submit(c);
}

/*
 * The worker needs endorsements before it can judge.  Warm, this never happens: it has kept them.
 * Each round brings all that the last one asked for, so a second round is for another worker or for
 * what the first brought to light.
 */
static void need(struct api_call *c, const struct frame *f)
{
	struct att_error e = { 0 };

	/* It was told that there is no more. */
	if (c->job.blocks[6].n > 0) {
		answered(&c->job, NULL);
		return;
	}
	if (!c->api->collateral || c->rounds++ == ATTEST_ROUNDS_MAX) {
		without_more(c, "asked for too often");
		return;
	}
	if (!c->wait)
		c->wait = calloc(1, sizeof *c->wait);
	if (!c->wait) {
		api_problem(c, ATT_E_NOMEM, "out of memory");
		return;
	}
	collateral_wait_clear(c->wait);
	c->wait->done = supplied;
	c->wait->call = c;
	if (collateral_ask(c->api->collateral, c->wait, f->block[0], &e))
		return;
	if (e.code == ATT_E_BAD_FORMAT)
		answered(&c->job, NULL);
	else
		api_problem(c, e.code, "%s", e.text);
}

/* What a worker asks before it answers. */
static void asked(struct api_call *c, const struct frame *f)
{
	struct att_error e = { 0 };

	if (api_challenge_need(c, f->block[0]) || api_context_need(c, f->block[0], &e)) {
		submit(c);
	} else if (e.code != ATT_E_OK) {
		log_event(LOG_ERROR, "context.failed", "request", "%s", c->r->id, "error", "%s", e.text,
		    NULL);
		api_problem(c, e.code, "%s", e.text);
	} else {
		need(c, f);
	}
}

static void answered(struct pool_job *job, const struct frame *f)
{
	struct api_call *c = (struct api_call *)(void *)((char *)job - offsetof(struct api_call, job));
	struct att_error e = { 0 };
	struct answer a = lost_answer(c);
	struct resp resp;
	bool recorded;

	if (f && f->op == OP_NEED) {
		asked(c, f);
		return;
	}
	if (!f || !answer_decode(f, &a, &e))
		(void)att_fail(&e, ATT_E_INTERNAL, "the process that verified this request failed");
	if (a.status == 401)
		metric_add(M_unauthorized, 0, 1);
	if (a.verdict <= ATT_PERMITTED)
		metric_add(M_verdicts, a.verdict, 1);
	count_shadow(c, &a);
	api_context_count(&a);
	/* Challenges are no decisions: like those of POST /challenges they are counted, not recorded. */
	recorded = a.verdict == VERDICT_CHALLENGE || audit(c, &a, &e);
	if (!recorded)
		metric_add(M_audit_failures, 0, 1);
	if (e.code != ATT_E_OK) {
		log_event(LOG_ERROR, "attest.failed", "request", "%s", c->r->id, "error", "%s", e.text, NULL);
		api_problem(c, ATT_E_INTERNAL, "%s",
		    recorded ? e.text : "the decision could not be recorded");
		return;
	}
	resp = resp_copy(a.status, rd_ptr(&a.body), rd_left(&a.body));
	resp.retry_after_s = a.retry_after_s;
	api_answer(c, &resp);
}

struct block api_bearer(const struct req *r)
{
	static const char scheme[] = "Bearer ";
	const char *text = r->header(r, "Authorization");

	if (!text)
		return block_text("");
	if (strncasecmp(text, scheme, sizeof scheme - 1) != 0 || strlen(text) > BEARER_MAX ||
	    text[sizeof scheme - 1] == 0)
		return (struct block){ NULL, 0 };
	return block_text(text + sizeof scheme - 1);
}

/* "true" and "false"; anything else is no answer to the question. */
static bool wants_explanation(const struct req *r, uint8_t *flags)
{
	const char *v = r->query(r, "explain");

	*flags = v && strcasecmp(v, "true") == 0 ? ATTEST_EXPLAIN : 0;
	return !v || *flags || strcasecmp(v, "false") == 0;
}

void api_attest(struct api_call *c)
{
	struct block auth = api_bearer(c->r);
	struct att_error e = { 0 };

	if (!auth.p) {
		api_problem(c, ATT_E_UNAUTHORIZED, "Authorization: want a Bearer token");
		return;
	}
	if (!wants_explanation(c->r, &c->flags)) {
		api_problem(c, ATT_E_BAD_FORMAT, "explain: want true or false");
		return;
	}
	if (!tenant_ready(c->api, c->provider, &e)) {
		api_problem(c, e.code, "%s", e.text);
		return;
	}
	if (c->api->floor && c->api->floor->is_behind) {
		api_problem(c, ATT_E_COLLATERAL,
		    "the clock is behind a time that was seen before; expired "
		    "endorsements would be believed (an administrator starts with "
		    "--reset-time-floor)");
		return;
	}
	if (c->api->collateral && c->api->collateral->has_snp_crl)
		c->flags |= ATTEST_SNP_CRL;
	c->job.provider = c->provider;
	c->job.done = answered;
	c->job.op = OP_ATTEST;
	c->job.blocks[0] = block_text(c->type);
	c->job.blocks[1] = block_text(c->r->id);
	c->job.blocks[2] = auth;
	c->job.blocks[3] = (struct block){ c->r->body ? c->r->body : (const uint8_t *)"", c->r->body_len };
	c->job.blocks[4] = (struct block){ &c->flags, 1 };
	c->job.blocks[5] = c->job.blocks[6] = block_text("");
	submit(c);
}
