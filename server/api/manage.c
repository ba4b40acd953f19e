#include "server/api/manage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "libattest/manage.h"
#include "server/auth/principal.h"
#include "server/log/log.h"
#include "server/log/metrics.h"

#define CALL_MEMORY (64 * MIB)
#define COMPAT_FOREVER_S INT64_C(253402300799)          /* the year 9999 */
#define CLOCK_MARGIN_S 3600     /* a used jti is kept so much longer than its iat is accepted */

static const uint8_t roles[] = {
	[API_AUTH_NONE] = PRINCIPAL_ANONYMOUS,
	/* Without a bearer no worker is asked, so here is one, and it must be somebody's. */
	[API_AUTH_OPTIONAL] = PRINCIPAL_READER,
	[API_AUTH_READER] = PRINCIPAL_READER, [API_AUTH_CONTRIBUTOR] = PRINCIPAL_CONTRIBUTOR,
};

static const struct config_provider *provider_of(const struct api_call *c)
{
	return &c->api->config->providers[c->provider];
}

struct store_key manage_key(const struct api_call *c)
{
	return (struct store_key){ provider_of(c)->name, c->type };
}

const char *manage_text(struct api_call *c, struct rd r)
{
	return arena_strndup(c->manage->memory, (const char *)rd_ptr(&r), rd_left(&r));
}

void manage_free(struct manage_state *m)
{
	if (m)
		arena_free(m->memory);
}

bool manage_entry(struct api_call *c, const struct managed *m, struct store_policy *out, struct att_error *e)
{
	*out = (struct store_policy){ .jws = { rd_ptr(&m->jws), rd_left(&m->jws) },
	    .text_hash = manage_text(c, m->text_hash), .token_hash = manage_text(c, m->token_hash),
	    .signer = manage_text(c, m->signer), .set_by = manage_text(c, m->caller),
	    .set_at_s = c->api->now_s() };
	return (out->text_hash && out->token_hash && out->signer && out->set_by) ||
	    arena_fail(c->manage->memory, e);
}

static void record_enrolment(const struct api_call *c, const struct managed *m, struct audit_record *r)
{
	struct enrolled row = { 0 };

	if (!rd_empty(&m->enrolment) && !enrolled_decode(m->enrolment, &row, NULL))
		row = (struct enrolled){ 0 };
	r->failed_check = rd_empty(&row.failed_check) ? r->failed_check : row.failed_check;
	r->ek_id = c->manage->ek_id ? rd_text(c->manage->ek_id) : row.ek_id;
	r->ak_name = c->manage->ak_name ? rd_text(c->manage->ak_name) : row.ak_name;
}

/* Refusals of writes and of bearers are recorded, readings that were allowed are not. */
static bool record(struct api_call *c, const struct managed *m, struct att_error *e)
{
	struct api *api = c->api;
	const char *action = c->manage->kind->action;
	struct audit_record r = { .time_s = api->now_s(),
		.action = action ? action : "read",
		.request_id = c->r->id,
		.provider = provider_of(c)->name,
		.status = m->status,
		.type = rd_text(c->type),
		.policy_hash = m->text_hash,
		.failed_check = rd_text(NULL),
		.caller = m->caller,
		.error_code = m->error_code,
		.relaxed = rd_text(NULL),
		.shadow = rd_text(NULL),
		.shadow_hash = rd_text(NULL),
		.statement_hash = m->statement_hash,
		.thumbprint = m->thumbprint,
		.entry = c->manage->made };
	bool ok;

	if ((!action || c->manage->made_nothing) && m->status == 200)
		return true;
	record_enrolment(c, m, &r);
	ok = audit_append(api->audit, api->scratch, &r, e);
	arena_reset(api->scratch);
	if (!ok)
		metric_add(M_audit_failures, 0, 1);
	return ok;
}

static void refuse(struct api_call *c, struct managed *m, const struct att_error *why)
{
	struct att_error ignored = { 0 };
	struct resp resp;

	if (why->code == ATT_E_STORE)
		metric_add(M_store_failures, 0, 1);
	if (why->code == ATT_E_STORE || why->code == ATT_E_INTERNAL)
		log_event(LOG_ERROR, "manage.failed", "request", "%s", c->r->id, "error", "%s",
		    why->text, NULL);
	m->status = (uint16_t)att_err_http(why->code);
	m->error_code = rd_text(att_err_name(why->code));
	/* Nothing was changed, so there is nothing that must not be told without a record. */
	(void)record(c, m, &ignored);
	resp = resp_problem_hint(c->api, c->r, why, c->manage->hint);
	api_answer(c, &resp);
}

/* The same statement again: compat takes it, as Azure does, and says so. */
static bool apply_compat(struct api_call *c, const struct managed *m, struct att_error *e)
{
	const char *hash = manage_text(c, m->statement_hash);
	struct store_use use = { .jti = hash ? arena_printf(c->manage->memory, "jws:%s", hash) : NULL,
	    .now_s = c->api->now_s(), .expires_s = COMPAT_FOREVER_S };
	struct att_error why = { 0 };

	if (!use.jti)
		return arena_fail(c->manage->memory, e);
	if (c->manage->kind->apply(c, m, &use, &why))
		return true;
	if (why.code != ATT_E_OPERATION || !c->manage->kind->apply(c, m, NULL, e))
		return att_fail(e, why.code, "%s", why.text);
	log_event(LOG_WARN, "statement.repeated", "request", "%s", c->r->id, "provider", "%s",
	    provider_of(c)->name, "action", "%s", c->manage->kind->action, "hash", "%s", hash,
	    NULL);
	return true;
}

static bool apply_fresh(struct api_call *c, const struct managed *m, struct att_error *e)
{
	const char *jti = manage_text(c, m->jti);
	struct store_use use = { .jti = jti ? arena_printf(c->manage->memory, "jti:%s", jti) : NULL,
	    .now_s = c->api->now_s(), .expires_s = m->iat_s + ATT_FRESH_PAST_S + CLOCK_MARGIN_S };

	if (!use.jti)
		return arena_fail(c->manage->memory, e);
	return c->manage->kind->apply(c, m, &use, e);
}

static bool apply(struct api_call *c, const struct managed *m, struct att_error *e)
{
	bool isolated = strcmp(provider_of(c)->trust_model, "Isolated") == 0;

	if (!c->manage->kind->apply)
		return true;
	if (!isolated || c->manage->kind->is_plain)
		return c->manage->kind->apply(c, m, NULL, e);
	if (!rd_empty(&m->jti) && strcmp(c->api->config->isolated.freshness, "required") == 0)
		return apply_fresh(c, m, e);
	/* A worker of the configuration before a reload may not have asked for a jti. */
	return strcmp(c->api->config->isolated.freshness, "required") == 0 ?
	    att_fail(e, ATT_E_OVERLOADED, "the configuration is being reloaded") : apply_compat(c, m, e);
}

static bool token_response(struct api_call *c, const struct managed *m, struct resp *out, struct att_error *e)
{
	struct buf b = buf_make(c->manage->memory);
	struct rd token;

	if (c->manage->kind->is_document) {
		*out = resp_copy(200, rd_ptr(&m->claims), rd_left(&m->claims));
		return true;
	}
	if (!c->api->sign_result(c->api->state, c->provider, m->claims, &token, e))
		return false;
	buf_str(&b, "{\"token\":\"");           /* base64url and dots: nothing to escape */
	buf_put(&b, rd_ptr(&token), rd_left(&token));
	buf_str(&b, "\"}");
	*out = resp_copy(200, b.p, b.len);
	return buf_ok(&b, e);
}

/* The write is done by now.  If the answer cannot be given, the client learns the state by asking. */
static void respond(struct api_call *c, struct managed *m)
{
	struct att_error e = { 0 };
	struct resp resp = { 0 };
	bool ok = record(c, m, &e) && (c->manage->kind->respond ? c->manage->kind->respond(c, &resp, &e) :
	    token_response(c, m, &resp, &e));

	if (ok)
		api_answer(c, &resp);
	else
		refuse(c, m, &e);
}

static void submit(struct api_call *c);

static void answered(struct pool_job *job, const struct frame *f)
{
	struct api_call *c = (struct api_call *)(void *)((char *)job - offsetof(struct api_call, job));
	struct managed m = { .caller = rd_text(NULL),
		.text_hash = rd_text(NULL),
		.statement_hash = rd_text(NULL),
		.thumbprint = rd_text(NULL),
		.enrolment = rd_text(NULL),
		.error_code = rd_text(NULL) };
	struct att_error e = { 0 };
	struct resp resp;

	if (!f || !managed_decode(f, &m, &e)) {
		att_error_clear(&e);
		(void)att_fail(&e, ATT_E_INTERNAL, "the process that judged this request failed");
		refuse(c, &m, &e);
		return;
	}
	if (m.status != 200) {
		metric_add(M_unauthorized, 0, m.status == 401);
		(void)record(c, &m, &e);
		resp = resp_copy(m.status, rd_ptr(&m.body), rd_left(&m.body));
		api_answer(c, &resp);
		return;
	}
	if (c->manage->missing.code != ATT_E_OK) {
		refuse(c, &m, &c->manage->missing);
		return;
	}
	if (c->manage->kind->apply &&
	    c->manage->certs_generation != c->api->tenant[c->provider].certs_generation) {
		submit(c);
		return;
	}
	if (!apply(c, &m, &e)) {
		refuse(c, &m, &e);
		return;
	}
	/* A refresh that fails leaves the provider unknown: it decides nothing until reading succeeds. */
	if (c->manage->kind->apply && !c->manage->kind->keeps_tenant &&
	    !tenant_refresh(c->api, c->provider, &e)) {
		metric_add(M_store_failures, 0, 1);
		log_event(LOG_ERROR, "store.read", "error", "%s", e.text, NULL);
	}
	respond(c, &m);
}

static void ask_worker(struct api_call *c, struct block bearer)
{
	struct manage_state *s = c->manage;
	const struct block *certs = &c->api->tenant[c->provider].certs;
	struct manage m = { .verb = (uint8_t)s->verb, .role = roles[c->route->auth], .n = c->n,
	    .type = rd_text(c->type), .request_id = rd_text(c->r->id), .bearer = rd_make(bearer.p, bearer.n),
	    .body = rd_make(c->r->body ? c->r->body : (const uint8_t *)"", c->r->body_len),
	    .stored = s->stored, .target = rd_text(s->target) };
	void *copy = arena_memdup(s->memory, certs->p, certs->n);

	/* The list may be replaced while the worker thinks. */
	m.certs = rd_make(copy ? copy : "", copy ? certs->n : 0);
	s->certs_generation = c->api->tenant[c->provider].certs_generation;
	c->job.provider = c->provider;
	c->job.done = answered;
	c->job.op = OP_MANAGE;
	manage_blocks(&m, s->numbers, c->job.blocks);
	if (!copy && certs->n)
		api_problem(c, ATT_E_NOMEM, "out of memory");
	else if (!c->api->submit(c->api->state, &c->job))
		api_problem(c, ATT_E_OVERLOADED, "all verifiers are busy and the queue is full");
}

/* Once, and again when the certificates have changed meanwhile. */
static void submit(struct api_call *c)
{
	struct manage_state *s = c->manage;
	struct att_error e = { 0 };
	struct block bearer = api_bearer(c->r);

	s->verb = s->kind->verb;
	s->stored = rd_text(NULL);
	if (!bearer.p || (bearer.n == 0 && !s->kind->may_be_anonymous))
		api_problem(c, ATT_E_UNAUTHORIZED, "Authorization: want a Bearer token");
	else if (s->tries++ == MANAGE_TRIES)
		api_problem(c, ATT_E_OVERLOADED, "the policy certificates are being changed");
	else if (!tenant_ready(c->api, c->provider, &e) || (s->kind->gather && !s->kind->gather(c, &e)))
		api_problem(c, e.code, "%s", e.text);
	else
		ask_worker(c, bearer);
}

/* "policies/Tpm:reset", in the spelling of the route whatever the client's. */
static void make_target(const struct api_call *c, char *out, size_t n)
{
	const char *pattern = c->route->pattern + 1, *brace = strchr(pattern, '{');

	if (brace && c->type)
		(void)snprintf(out, n, "%.*s%s%s", (int)(brace - pattern), pattern, c->type,
		    strchr(brace, '}') + 1);
	else
		(void)snprintf(out, n, "%s", pattern);
}

void manage_call(struct api_call *c, const struct manage_kind *kind)
{
	struct arena *memory = arena_new(CALL_MEMORY);

	c->manage = memory ? arena_alloc(memory, sizeof *c->manage) : NULL;
	if (!c->manage) {
		arena_free(memory);
		api_problem(c, ATT_E_NOMEM, "out of memory");
		return;
	}
	c->manage->memory = memory;
	c->manage->kind = kind;
	make_target(c, c->manage->target, sizeof c->manage->target);
	submit(c);
}
