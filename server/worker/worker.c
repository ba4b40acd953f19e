#include "server/worker/worker.h"

#include <malloc.h>
#include <string.h>

#include "libattest/denylist.h"
#include "server/log/log.h"
#include "server/worker/reference.h"

/* the answer's own memory; an appraisal has limits.memory beside it */
#define ANSWER_MEMORY (96 * MIB)
#define POLICIES_MEMORY (64 * MIB)

static bool bytes_of(struct arena *a, struct rd block, struct att_bytes **out, size_t *n, struct att_error *e)
{
	struct blob_list list;

	if (!blobs_decode(a, block, &list, e))
		return false;
	*out = arena_array(a, list.n ? list.n : 1, sizeof **out);
	if (!*out)
		return arena_fail(a, e);
	for (size_t i = 0; i < list.n; i++)
		(*out)[i] = (struct att_bytes){ rd_ptr(&list.item[i]), rd_left(&list.item[i]) };
	*n = list.n;
	return true;
}

/* Before the bundle: what a message brings lasts until the next one, and reference values are parsed. */
static bool take_reference(struct worker *w, struct att_error *e)
{
	struct frame f;

	if (channel_recv(&w->env->control, true, &f, NULL, e) != CHANNEL_MESSAGE || f.op != OP_REFERENCE)
		return att_fail(e, ATT_E_INTERNAL, "control channel: no reference values came");
	if (!reference_make(f.block, &w->reference, e))
		return false;
	w->settings.reference = w->reference;
	return true;
}

static bool take_bundle(struct worker *w, struct att_error *e)
{
	struct role_env *env = w->env;
	struct frame f;

	if (channel_recv(&env->control, true, &f, NULL, e) != CHANNEL_MESSAGE || f.op != OP_BUNDLE)
		return att_fail(e, ATT_E_INTERNAL, "control channel: no bundle came");
	return bytes_of(env->memory, f.block[0], &w->endorsements, &w->nendorsements, e) &&
	    bytes_of(env->memory, f.block[1], &w->anchors, &w->nanchors, e);
}

static bool prepare(struct worker *w, struct att_error *e)
{
	const struct role_facts *f = &w->env->facts;
	const struct config *c = w->env->config;

	if (!worker_settings(c, f->provider, &w->settings, e) ||
	    !take_reference(w, e) || !worker_take_ek_roots(w, e) || !take_bundle(w, e) ||
	    !principals_make(w->env->memory, c, c->providers[f->provider].name, f->admin_sha256,
	    &w->principals, e) ||
	    !channel_open(&w->work, WORKER_FD_WORK, LINK_WORK, SIDE_ANSWERS, e) ||
	    !channel_open(&w->sign, WORKER_FD_SIGN, LINK_SIGN, SIDE_ASKS, e) || !worker_ask_ak_ca(w, e))
		return false;
	w->is_isolated = strcmp(c->providers[f->provider].trust_model, "Isolated") == 0;
	w->tpm_wants_reader =
	    strcmp(c->providers[f->provider].tpm_attestation_authentication, "Enabled") == 0;
	w->wants_fresh = w->is_isolated && strcmp(c->isolated.freshness, "required") == 0;
	w->request = arena_new(ANSWER_MEMORY);
	w->policies = arena_new(POLICIES_MEMORY);
	if (!w->request || !w->policies)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (!worker_deny_configured(w, e))
		return false;
	w->crypto = crypto_new(e);
	w->ctx = w->crypto ? att_ctx_new(e) : NULL;
	return w->ctx && worker_collateral_open(w, e);
}

static void clear(struct worker *w)
{
	channel_close(&w->work);
	channel_close(&w->sign);
	worker_collateral_close(w);
	att_ctx_free(w->ctx);
	crypto_free(w->crypto);
	arena_free(w->request);
	arena_free(w->policies);
	att_denylist_free(w->told);
	att_reference_free(w->reference);
}

static bool reply(struct worker *w, const struct frame *f, enum ipc_op op, const struct block *blocks,
    struct att_error *e)
{
	return channel_send(&w->work,
	    &(struct frame){ .op = op, .provider = f->provider, .id = f->id }, blocks, -1, true, e);
}

static bool serve_attest(struct worker *w, const struct frame *f, worker_handler handler, struct att_error *e)
{
	uint8_t numbers[ANSWER_NUMBERS];
	struct block blocks[ANSWER_BLOCKS];
	struct answer a = { 0 };

	if (!handler(w, f, &a, e))
		return false;
	if (!rd_empty(&a.need)) {
		blocks[0] = (struct block){ rd_ptr(&a.need), rd_left(&a.need) };
		return reply(w, f, OP_NEED, blocks, e);
	}
	answer_blocks(&a, numbers, blocks);
	return reply(w, f, OP_ANSWER, blocks, e);
}

static bool serve_manage(struct worker *w, const struct frame *f, struct att_error *e)
{
	uint8_t numbers[MANAGED_NUMBERS];
	struct block blocks[MANAGED_BLOCKS];
	struct managed m = { 0 };

	if (!worker_manage(w, f, &m, e))
		return false;
	managed_blocks(&m, numbers, blocks);
	return reply(w, f, OP_MANAGED, blocks, e);
}

static bool serve_judge(struct worker *w, const struct frame *f, struct att_error *e)
{
	struct block blocks[2];

	return worker_judge(w, f, blocks, e) && reply(w, f, OP_JUDGED, blocks, e);
}

static bool forget(struct worker *w)
{
	worker_collateral_forget(w);
	return true;
}

static bool serve(
    struct worker *w, const struct frame *f, worker_handler handler, struct att_error *e)
{
	if (f->op == OP_PING)
		return reply(w, f, OP_PONG, NULL, e);
	if (f->op == OP_POLICIES)
		return worker_take_policies(w, f, e);
	if (f->op == OP_FORGET)
		return forget(w);
	if (f->op == OP_JUDGE)
		return serve_judge(w, f, e);
	return f->op == OP_MANAGE ? serve_manage(w, f, e) : serve_attest(w, f, handler, e);
}

static int loop(struct worker *w, worker_handler handler)
{
	for (;;) {
		struct att_error e = { 0 };
		struct frame f;
		enum channel_got got = channel_recv(&w->work, true, &f, NULL, &e);

		if (got == CHANNEL_CLOSED)
			return 0;
		if (got != CHANNEL_MESSAGE) {
			(void)att_fail(&e, ATT_E_BAD_FORMAT, "a message that a worker may not receive");
			return role_failed("worker.message", &e);
		}
		if (!serve(w, &f, handler, &e))
			return role_failed("worker.answer", &e);
		arena_reset(w->request);
	}
}

int worker_run(struct role_env *env, worker_handler handler)
{
	struct att_error e = { 0 };
	struct worker w = { .env = env, .work.fd = -1, .sign.fd = -1 };
	int status;

	/* One big request must not leave the worker big: freed blocks of this size go back to the kernel. */
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 4 << 20);
	if (!prepare(&w, &e) || !role_confine(env, SANDBOX_VERIFY, NULL, 0, &e) ||
	    !role_say(env, OP_READY, 0, &e))
		status = role_failed("worker.start", &e);
	else
		status = loop(&w, handler);
	clear(&w);
	return status;
}
