/*
 * The two rounds of the Tpm protocol: a challenge given out, and the challenge that a message brings back.
 *
 * Nothing is remembered about a challenge that was given out: the client carries it back as it was sealed.
 * What is remembered, by the front, are challenges that were used.  spec: maa-tpm section 1.1
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hex.h"
#include "server/worker/worker.h"

#define STATE_VERSION 1u

/* Sealed: u8 version, le64 time of expiry, the challenge, which is also what its use is remembered by. */
static bool challenge_state(struct worker *w, int64_t expires_s, const uint8_t challenge[ATT_TPM_CHALLENGE],
    struct rd *out, struct att_error *e)
{
	struct buf b = buf_make(w->request);
	uint8_t version = STATE_VERSION;

	buf_put(&b, &version, 1);
	buf_le64(&b, (uint64_t)expires_s);
	buf_put(&b, challenge, ATT_TPM_CHALLENGE);
	*out = rd_make(b.p, b.len);
	return buf_ok(&b, e);
}

/* Text that the library allocated, in the request's memory. */
static bool keep(struct worker *w, char *text, struct rd *out, struct att_error *e)
{
	char *copy = arena_strdup(w->request, text);

	free(text);
	if (!copy)
		return arena_fail(w->request, e);
	*out = rd_text(copy);
	return true;
}

bool worker_tpm_challenge(struct worker *w, const struct frame *f, struct rd *body, struct att_error *e)
{
	uint8_t challenge[ATT_TPM_CHALLENGE];
	struct rd state, sealed;
	char *text;

	if (!crypto_random(challenge, sizeof challenge, e) ||
	    !challenge_state(w, worker_now_s(w) + w->env->config->challenge.lifetime, challenge, &state, e) ||
	    !worker_seal(w, f, SEAL_TPM_CHALLENGE, state, &sealed, e) ||
	    !att_tpm_answer_challenge(challenge, (struct att_bytes){ rd_ptr(&sealed), rd_left(&sealed) },
	    &text, e))
		return false;
	return keep(w, text, body, e);
}

/* What is sealed for this purpose was written above, but perhaps by another version of this program. */
static void judge_context(struct worker_tpm *t, struct rd state, int64_t now_s)
{
	uint8_t version, challenge[ATT_TPM_CHALLENGE];
	uint64_t expires;

	t->context.state = ATT_TPM_CONTEXT_UNREADABLE;
	if (!rd_u8(&state, &version) || version != STATE_VERSION || !rd_le64(&state, &expires) ||
	    expires > INT64_MAX || !rd_copy(&state, challenge, sizeof challenge) || !rd_empty(&state))
		return;
	t->expires_s = (int64_t)expires;
	bytes_copy(t->context.challenge, challenge, sizeof challenge);
	t->context.state = t->expires_s > now_s ? ATT_TPM_CONTEXT_GOOD : ATT_TPM_CONTEXT_EXPIRED;
}

static bool open_context(struct worker *w, const struct frame *f, struct rd sealed, struct worker_tpm *t,
    struct att_error *e)
{
	struct att_error why = { 0 };
	struct rd state;

	if (worker_open(w, f, SEAL_TPM_CHALLENGE, sealed, &state, &why)) {
		judge_context(t, state, worker_now_s(w));
		return true;
	}
	t->context.state = ATT_TPM_CONTEXT_UNREADABLE;
	return why.code == ATT_E_NOT_AUTHENTIC || att_fail(e, why.code, "%s", why.text);
}

bool worker_tpm_read(struct worker *w, const struct frame *f, struct rd body, struct worker_tpm *out,
    struct att_error *e)
{
	struct worker_tpm t = { 0 };
	struct att_tpm_message *m;
	struct att_bytes sealed;
	bool ok;

	if (!att_tpm_message_read((struct att_bytes){ rd_ptr(&body), rd_left(&body) }, &m, e))
		return false;
	t.is_request = att_tpm_message_kind(m) == ATT_TPM_REQUEST;
	ok = true;
	if (t.is_request) {
		sealed = att_tpm_message_context(m);
		ok = open_context(w, f, rd_make(sealed.data, sealed.len), &t, e);
	}
	att_tpm_message_free(m);
	*out = t;
	return ok;
}

bool worker_tpm_need(struct worker *w, const struct worker_tpm *t, struct rd *out, struct att_error *e)
{
	struct buf b = buf_make(w->request);
	char id[2 * ATT_TPM_CHALLENGE + 1];

	hex_encode(t->context.challenge, ATT_TPM_CHALLENGE, id);
	buf_le32_block(&b, NEED_CONTEXT, strlen(NEED_CONTEXT));
	buf_le32_block(&b, id, strlen(id));
	buf_le64(&b, (uint64_t)t->expires_s);
	*out = rd_make(b.p, b.len);
	return buf_ok(&b, e);
}

bool worker_tpm_report(struct worker *w, struct rd token, struct rd *body, struct att_error *e)
{
	char *copy = arena_strndup(w->request, (const char *)rd_ptr(&token), rd_left(&token)), *text;

	if (!copy)
		return arena_fail(w->request, e);
	return att_tpm_answer_report(copy, &text, e) && keep(w, text, body, e);
}
