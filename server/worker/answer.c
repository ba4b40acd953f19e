#include <string.h>
#include <time.h>

#include "lib/base/buf.h"
#include "server/api/problem.h"
#include "server/worker/worker.h"

#define RETRY_COLLATERAL_S 60u
#define TYPE_MAX 64
#define REQUEST_ID_MAX 128
#define TPM "Tpm"

/* What an appraisal that permits nothing is called when it gives no code of its own. */
static const enum att_err verdict_errors[] = {
	[ATT_REJECTED] = ATT_E_NOT_AUTHENTIC,
	[ATT_DENIED] = ATT_E_POLICY_EVAL,
	[ATT_UNDECIDED] = ATT_E_COLLATERAL,
	[ATT_PERMITTED] = ATT_E_INTERNAL,
};

struct asked {
	char type[TYPE_MAX], request_id[REQUEST_ID_MAX];
	struct rd bearer, body;         /* in the message */
	bool is_reader, explain, is_challenged, is_fresh;
	bool is_tpm;
	struct worker_tpm tpm;
	struct worker_lookup lookup;
};

static bool fail_answer(struct worker *w, const struct asked *q, const struct att_error *why,
    struct answer *out, struct att_error *e)
{
	struct problem p = { .code = att_err_name(why->code), .message = why->text,
	    .request_id = q->request_id };

	out->status = (uint16_t)att_err_http(why->code);
	out->error_code = rd_text(p.code);
	return problem_json(w->request, &p, &out->body, e);
}

static bool hash_into(struct worker *w, const void *p, size_t n, const uint8_t **out, struct att_error *e)
{
	uint8_t *sha = arena_alloc(w->request, 32);

	if (!sha)
		return arena_fail(w->request, e);
	*out = sha;
	return digest(w->crypto, DIGEST_SHA256, p, n, sha, e);
}

static bool identify(struct worker *w, struct asked *q, struct answer *out, struct att_error *e)
{
	const struct principal *who;

	if (!worker_caller(w, q->bearer, &who, e))
		return false;
	out->caller = rd_text(who ? who->name : NULL);
	q->is_reader = who && who->role >= PRINCIPAL_READER;
	if (q->is_tpm && w->tpm_wants_reader && !q->is_reader)
		return att_fail(e, ATT_E_UNAUTHORIZED,
		    "this provider wants a bearer with the reader role for type Tpm "
		    "(tpm_attestation_authentication)");
	return q->is_reader || !q->explain ||
	    att_fail(e, ATT_E_UNAUTHORIZED, "explain=true needs a bearer with the reader role");
}

static bool sign(struct worker *w, const struct frame *f, const struct att_result *r, struct rd *token,
    struct att_error *e)
{
	uint8_t flags[SIGN_FLAGS] = { (uint8_t)(r->draft ? SIGN_DRAFT : 0) };
	struct block ask[2] = { { flags, sizeof flags }, block_text(r->token_json) };
	int64_t lifetime = r->token_tpm ? r->token_lifetime_s : 0;

	if (r->token_tpm)
		flags[0] |= (uint8_t)(SIGN_TPM | (r->token_omit_x5c ? SIGN_OMIT_X5C : 0));
	if (lifetime < 0 || lifetime > SIGN_LIFETIME_MAX_S)
		lifetime = SIGN_LIFETIME_MAX_S;
	for (unsigned i = 0; i < 4; i++)
		flags[1 + i] = (uint8_t)((uint64_t)lifetime >> (8 * i));
	return worker_ask_signer(w, f, OP_SIGN, ask, token, e);
}

/* The body of the answer but for its closing brace. */
static bool put_token(struct worker *w, const struct asked *q, const struct rd *token, struct buf *b,
    struct att_error *e)
{
	struct rd body;

	if (q->is_tpm) {
		if (!worker_tpm_report(w, *token, &body, e))
			return false;
		buf_put(b, rd_ptr(&body), rd_left(&body) - 1);
		return true;
	}
	/* A token is base64url and dots: nothing to escape. */
	buf_str(b, "{\"token\":\"");
	buf_put(b, rd_ptr(token), rd_left(token));
	buf_char(b, '"');
	return true;
}

static bool token_answer(struct worker *w, const struct frame *f, const struct asked *q,
    const struct att_result *r, struct answer *out, struct att_error *e)
{
	struct buf b = buf_make(w->request);
	struct rd token;

	if (!sign(w, f, r, &token, e) ||
	    !hash_into(w, rd_ptr(&token), rd_left(&token), &out->token_sha256, e))
		return false;
	if (!put_token(w, q, &token, &b, e))
		return false;
	if (r->explain_json)
		buf_fmt(&b, ",\"explain\":%s", r->explain_json);
	buf_char(&b, '}');
	out->status = 200;
	out->body = rd_make(b.p, b.len);
	return buf_ok(&b, e);
}

/* What is missing, and what was tried to get it. */
static const char *message(
    struct worker *w, const struct asked *q, const struct att_result *r, enum att_err code)
{
	const char *text = r->error.text[0] ? r->error.text : att_err_text(code), *with = NULL;
	const struct rd *why = &q->lookup.why;

	if (r->verdict == ATT_UNDECIDED && !rd_empty(why))
		with = arena_printf(
		    w->request, "%s (%.*s)", text, (int)rd_left(why), (const char *)rd_ptr(why));
	return with ? with : text;
}

static bool refusal_answer(struct worker *w, const struct asked *q, const struct att_result *r,
    struct answer *out, struct att_error *e)
{
	enum att_err code = r->error.code != ATT_E_OK ? r->error.code : verdict_errors[r->verdict];
	struct problem p = { .code = att_err_name(code),
		.message = message(w, q, r, code),
		.request_id = q->request_id,
		.hint = r->hint,
		.checks = r->checks,
		.nchecks = r->nchecks,
		.to_reader = q->is_reader,
		.explain_json = r->explain_json };

	out->status = (uint16_t)att_err_http(code);
	out->error_code = rd_text(p.code);
	out->retry_after_s = r->verdict == ATT_UNDECIDED ? RETRY_COLLATERAL_S : 0;
	return problem_json(w->request, &p, &out->body, e);
}

static struct rd text_copy(struct worker *w, const char *s)
{
	return rd_text(s ? arena_strdup(w->request, s) : NULL);
}

/* What the audit record holds, copied because the result is freed before the answer is sent. */
static void audit_facts(struct worker *w, const struct att_result *r, struct answer *out)
{
	struct buf relaxed = buf_make(w->request);

	out->verdict = (uint8_t)r->verdict;
	out->type = text_copy(w, r->type);
	out->policy_hash = text_copy(w, r->policy_hash);
	for (size_t i = 0; i < r->nchecks; i++)
		if (r->checks[i].outcome == ATT_CHECK_FAIL) {
			out->failed_check = text_copy(w, r->checks[i].id);
			break;
		}
	for (size_t i = 0; i < r->nrelaxed; i++)
		buf_fmt(&relaxed, "%s%s", i ? "," : "", r->relaxed[i]);
	if (r->shadow_decision) {
		out->shadow = rd_text(r->shadow_decision);
		out->shadow_hash = text_copy(w, r->shadow_hash);
	}
	out->relaxed = rd_make(relaxed.p ? relaxed.p : "", relaxed.failed ? 0 : relaxed.len);
}

/*
 * A nonce in the runtime data of genuine evidence may be a challenge of ours; the context of a Tpm message is
 * one.  The front is asked only now, so that nobody but who has the evidence uses a challenge up; then the
 * appraisal is made again, with the answer.
 */
static bool challenge_need(struct worker *w, const struct asked *q, const struct att_result *r,
    struct rd *out, struct att_error *e)
{
	static const uint8_t authentic = 1;
	struct buf b = buf_make(w->request);

	if (q->is_challenged || (r->verdict != ATT_PERMITTED && r->verdict != ATT_DENIED))
		return true;
	if (q->is_tpm && q->tpm.context.state == ATT_TPM_CONTEXT_GOOD)
		return worker_tpm_need(w, &q->tpm, out, e);
	if (!r->challenge)
		return true;
	buf_le32_block(&b, NEED_CHALLENGE, strlen(NEED_CHALLENGE));
	buf_le32_block(&b, r->challenge, strlen(r->challenge));
	buf_le32_block(&b, "", 0);
	buf_le32_block(&b, &authentic, 1);
	*out = rd_make(b.p, b.len);
	return buf_ok(&b, e);
}

/* A question for the front, or an answer for the client. */
static bool conclude(struct worker *w, const struct frame *f, struct asked *q,
    const struct att_result *r, struct answer *out, struct att_error *e)
{
	if (!worker_lookup_need(&q->lookup, r, &out->need, e))
		return false;
	if (rd_empty(&out->need) && !challenge_need(w, q, r, &out->need, e))
		return false;
	if (!rd_empty(&out->need))
		return true;
	audit_facts(w, r, out);
	return r->verdict == ATT_PERMITTED ? token_answer(w, f, q, r, out, e) :
					     refusal_answer(w, q, r, out, e);
}

static bool appraise(struct worker *w, const struct frame *f, struct asked *q, struct answer *out,
    struct att_error *e)
{
	static const struct worker_policy none;
	const struct worker_policy *told = worker_policy_find(w, q->type), *p = told ? told : &none;
	struct att_request req = { .type = q->type,
		.body = { rd_ptr(&q->body), rd_left(&q->body) },
		.body_is_json_only = true,
		.caller_is_reader = q->is_reader,
		.policy = p->text,
		.policy_signer_json = p->signer,
		.shadow_policy = p->shadow,
		.explain = q->explain,
		.challenge_is_fresh = q->is_fresh,
		.tpm_context = q->is_tpm ? &q->tpm.context : NULL,
		.now_s = worker_now_s(w),
		.settings = &w->settings };
	struct att_result *r = NULL;
	bool ok;

	if (w->deny_is_broken)
		return att_fail(e, ATT_E_STORE, "the stored deny-list cannot be read");
	if (p->is_broken)
		return att_fail(e, ATT_E_STORE, "the stored policy of %s cannot be read", q->type);
	if (!worker_lookup_begin(w, f, &q->lookup, &req, e))
		return false;
	ok = att_appraise(w->ctx, &req, &r, e) && conclude(w, f, q, r, out, e);
	worker_lookup_end(&q->lookup, r);
	att_result_free(r);
	return ok;
}

/* One of the two messages of type Tpm. */
static bool tpm_message(struct worker *w, const struct frame *f, struct asked *q, struct answer *out,
    struct att_error *e)
{
	if (!worker_tpm_read(w, f, q->body, &q->tpm, e))
		return false;
	if (!q->tpm.is_request) {
		out->verdict = VERDICT_CHALLENGE;
		out->status = 200;
		return worker_tpm_challenge(w, f, &out->body, e);
	}
	if (q->is_challenged && !q->is_fresh && q->tpm.context.state == ATT_TPM_CONTEXT_GOOD)
		q->tpm.context.state = ATT_TPM_CONTEXT_USED;
	return appraise(w, f, q, out, e);
}

bool worker_answer(struct worker *w, const struct frame *f, struct answer *out, struct att_error *e)
{
	struct asked *q = arena_alloc(w->request, sizeof *q);
	struct att_error why = { 0 };
	struct rd flags = f->block[4];
	uint8_t bits;

	*out = (struct answer){ .verdict = VERDICT_NONE };
	if (!q)
		return arena_fail(w->request, e);
	q->bearer = f->block[2];
	q->body = f->block[3];
	if (!rd_u8(&flags, &bits) || !rd_empty(&flags) || bits & ~ATTEST_FLAGS)
		return att_fail(e, ATT_E_BAD_FORMAT, "attest message: flags");
	q->explain = bits & ATTEST_EXPLAIN;
	q->is_challenged = bits & ATTEST_CHALLENGED;
	q->is_fresh = bits & ATTEST_FRESH;
	w->settings.crl_required |= (bits & ATTEST_SNP_CRL) != 0;
	if (!frame_text(f->block[0], q->type, sizeof q->type) ||
	    !frame_text(f->block[1], q->request_id, sizeof q->request_id))
		return att_fail(e, ATT_E_BAD_FORMAT, "attest message: type or request id");
	q->is_tpm = strcmp(q->type, TPM) == 0;
	out->type = rd_text(q->type);
	if (!hash_into(w, rd_ptr(&q->body), rd_left(&q->body), &out->evidence_sha256, e))
		return false;
	if (identify(w, q, out, &why) &&
	    (q->is_tpm ? tpm_message(w, f, q, out, &why) : appraise(w, f, q, out, &why)))
		return true;
	out->token_sha256 = NULL;
	if (out->verdict == VERDICT_CHALLENGE)
		out->verdict = VERDICT_NONE;
	return fail_answer(w, q, &why, out, e);
}
