/* A starting policy for evidence that was verified; only the policy goes to standard output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/out.h"
#include "libattest/policy.h"

#define ARENA_MAX ((size_t)512 << 20)

/* Nothing is pinned to evidence that proves nothing; a policy's refusal does not matter here. */
static bool is_verified(const struct att_result *r)
{
	return r->verdict == ATT_PERMITTED || r->verdict == ATT_DENIED;
}

static enum exit_code suggest_from(const struct att_result *r, struct att_error *e)
{
	const char *claims = r->claims_json;
	char *text = NULL;
	bool ok;

	if (!is_verified(r)) {
		(void)fprintf(stderr, "attest: the evidence is %s: %s\n", att_verdict_name(r->verdict),
		    r->error.text);
		if (r->hint)
			(void)fprintf(stderr, "attest: hint: %s\n", r->hint);
		return exit_for(r->verdict);
	}
	if (!att_policy_suggest(r->type, (struct att_bytes){ (const uint8_t *)claims, strlen(claims) },
	    &text, e))
		return complain(e);
	ok = fputs(text, stdout) >= 0 && fflush(stdout) == 0;
	free(text);
	if (r->simulated_anchor)
		(void)fprintf(stderr, "attest: note: %s\n", OUT_SIMULATED);
	return ok ? EXIT_GOOD : EXIT_UNUSABLE;
}

static enum exit_code suggest(const struct args *args, struct arena *a, struct att_ctx *ctx,
    struct att_error *e)
{
	struct inputs *in = arena_alloc(a, sizeof *in);
	struct att_result *r = NULL;
	enum exit_code code;

	if (!in)
		(void)arena_fail(a, e);
	if (!in)
		return complain(e);
	code = inputs_read(args, a, in, e) && att_appraise(ctx, &in->req, &r, e) ? suggest_from(r, e) :
										  complain(e);
	att_result_free(r);
	inputs_clear(in);
	return code;
}

enum exit_code cmd_policy_suggest(const struct args *args)
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(ARENA_MAX);
	struct att_ctx *ctx = att_ctx_new(&e);
	enum exit_code code = a && ctx ? suggest(args, a, ctx, &e) : complain(&e);

	att_ctx_free(ctx);
	arena_free(a);
	return code;
}
