#include "cli/compare.h"
#include "cli/inputs.h"
#include "cli/out.h"

#define ARENA_MAX ((size_t)512 << 20)

static enum exit_code verify(const struct args *args, struct arena *a, struct att_ctx *ctx,
    struct att_error *e)
{
	struct inputs *in = arena_alloc(a, sizeof *in);
	struct json *comparison = NULL;
	struct att_result *r = NULL;
	enum exit_code code;
	bool json;

	if (!in)
		(void)arena_fail(a, e);
	if (!in || !wants_json(args, &json, e))
		return complain(e);
	if (!inputs_read(args, a, in, e) || !att_appraise(ctx, &in->req, &r, e)) {
		inputs_clear(in);
		return complain(e);
	}
	code = exit_for(r->verdict);
	if ((in->compares && !compare(ctx, in, r, a, &comparison, e)) ||
	    !(json ? out_verdict_json(a, r, comparison, e) :
	    out_verdict_text(r, arg_pos(args, 0), comparison, e)))
		code = complain(e);
	att_result_free(r);
	inputs_clear(in);
	return code;
}

enum exit_code cmd_verify(const struct args *args)
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(ARENA_MAX);
	struct att_ctx *ctx = att_ctx_new(&e);
	enum exit_code code = EXIT_UNUSABLE;

	if (a && ctx)
		code = verify(args, a, ctx, &e);
	else
		(void)complain(&e);
	att_ctx_free(ctx);
	arena_free(a);
	return code;
}
