/* submit.c - the whole challenge protocol of type Tpm, and enrolment before it. */
#include <stdio.h>

#include "cli/submit.h"
#include "cli/tpm/collect.h"
#include "cli/tpm/enrol.h"

/* Runs one step; false with EXIT_GOOD in *code never happens. */
static bool ask(const struct args *args, struct arena *a, struct sim_bytes body, struct att_bytes *answer,
    int *status, struct att_error *e)
{
	struct remote_call call;

	return submit_call(args, a, "/attest/Tpm", &call, e) &&
	    remote_post(a, &call, (struct att_bytes){ body.p, body.n }, status, answer, e);
}

/* One run: what the steps share. */
struct session {
	struct collect *c;
	bool json;
	struct sim_tpm_key key;
	struct sim_tpm_challenge challenge;
};

/* Quotes with the nonce of key and challenge, and makes message 2 of it. */
static bool make_request(struct session *s, struct sim_bytes *body, struct att_error *e)
{
	struct collect *c = s->c;
	uint8_t nonce[SIM_TPM_NONCE];
	struct sim_tpm_message m = { .key = &s->key, .challenge = &s->challenge, .rp_id = arg(c->args,
	    "rp-id"),
		.rp_data = arg(c->args, "rp-data") };

	return sim_tpm_nonce(c->crypto, c->a, &s->key, &s->challenge, nonce, e) &&
	    collect_quote(c, (struct att_bytes){ nonce, sizeof nonce }, e) && collect_write(c, &m.evidence,
	    e) &&
	    sim_tpm_request(c->crypto, c->a, &m, body, e);
}

static enum exit_code rounds(struct session *s, struct att_error *e)
{
	const struct args *args = s->c->args;
	struct arena *a = s->c->a;
	struct att_bytes answer;
	struct sim_bytes body;
	const char *token;
	int status;

	if (!sim_tpm_init(a, &body, e) || !ask(args, a, body, &answer, &status, e))
		return complain(e);
	if (status != 200)
		return submit_refused(a, status, answer, s->json, e);
	if (!sim_tpm_read_challenge(a, answer, &s->challenge, e) || !sim_tpm_key_make(s->c->crypto, a,
	    &s->key, e) ||
	    !make_request(s, &body, e) || !ask(args, a, body, &answer, &status, e))
		return complain(e);
	/* Without --token-out standard output is the token and nothing else. */
	if (!s->json && (status != 200 || arg(args, "token-out")))
		collect_notes_print(s->c);
	if (status != 200)
		return submit_refused(a, status, answer, s->json, e);
	return sim_tpm_read_report(a, answer, &token, e) ? submit_granted(args, token, e) : complain(e);
}

static enum exit_code run(struct collect *c, bool json, struct att_error *e)
{
	struct session s = { .c = c, .json = json };
	enum exit_code code = EXIT_GOOD;

	if (!collect_open(c, e))
		return complain(e);
	if (arg(c->args, "enrol"))
		code = enrol(c, json, e);
	if (code == EXIT_GOOD)
		code = rounds(&s, e);
	sim_tpm_key_clear(&s.key);
	return code;
}

enum exit_code submit_tpm(const struct args *args, struct arena *a, bool json, struct att_error *e)
{
	ATT_AUTO_STRUCT(crypto) crypto = crypto_new(e);
	struct collect c = { .args = args, .a = a, .crypto = crypto };
	enum exit_code code;

	if (!crypto)
		return complain(e);
	code = run(&c, json, e);
	collect_close(&c);
	return code;
}
