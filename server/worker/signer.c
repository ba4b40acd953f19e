/* What a worker asks the signer for: one question at a time. */
#include <string.h>

#include "server/worker/worker.h"

/* Numbers and lengths of the two blocks beside what is sealed. */
#define SEALED_MAX (64 * KIB - 16)

bool worker_ask_signer(struct worker *w, const struct frame *f, enum ipc_op op, const struct block ask[2],
    struct rd *out, struct att_error *e)
{
	struct frame question = { .op = op, .provider = f->provider, .id = f->id }, reply;
	uint8_t code;
	bool is_answer;

	if (!channel_send(&w->sign, &question, ask, -1, true, e))
		return att_within(e, "signer");
	if (channel_recv(&w->sign, true, &reply, NULL, e) != CHANNEL_MESSAGE || reply.id != f->id)
		return att_fail(e, ATT_E_INTERNAL, "signer: no answer");
	if (!rd_u8(&reply.block[0], &code) || !rd_empty(&reply.block[0]))
		return att_fail(e, ATT_E_INTERNAL, "signer: malformed answer");
	is_answer = (op == OP_OPEN || op == OP_ENROL_ISSUE) &&
	    (code == ATT_E_NOT_AUTHENTIC || code == ATT_E_BAD_FORMAT);
	if (code != ATT_E_OK)
		return att_fail(e, is_answer ? ATT_E_NOT_AUTHENTIC : ATT_E_INTERNAL, "signer: %.*s",
		    (int)rd_left(&reply.block[1]), (const char *)rd_ptr(&reply.block[1]));
	*out = reply.block[1];
	return true;
}

/* The copy outlives the next question. */
static bool ask_and_keep(struct worker *w, const struct frame *f, enum ipc_op op, enum seal_purpose purpose,
    const struct rd *in, struct rd *out, struct att_error *e)
{
	uint8_t number = (uint8_t)purpose, *kept;
	struct block ask[2] = { { &number, 1 }, { rd_ptr(in), rd_left(in) } };
	struct rd answer;

	if (!worker_ask_signer(w, f, op, ask, &answer, e))
		return false;
	kept = arena_memdup(w->request, rd_ptr(&answer), rd_left(&answer));
	*out = rd_make(kept, rd_left(&answer));
	return kept || arena_fail(w->request, e);
}

bool worker_seal(struct worker *w, const struct frame *f, enum seal_purpose purpose, struct rd state,
    struct rd *out, struct att_error *e)
{
	if (rd_left(&state) > SEALED_MAX)
		return att_fail(e, ATT_E_LIMIT, "state to be sealed: %zu bytes, at most %zu",
		    rd_left(&state), SEALED_MAX);
	return ask_and_keep(w, f, OP_SEAL, purpose, &state, out, e);
}

bool worker_open(struct worker *w, const struct frame *f, enum seal_purpose purpose, struct rd sealed,
    struct rd *out, struct att_error *e)
{
	if (rd_left(&sealed) > SEALED_MAX)
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "sealed state: %zu bytes, more than any of ours",
		    rd_left(&sealed));
	return ask_and_keep(w, f, OP_OPEN, purpose, &sealed, out, e);
}
