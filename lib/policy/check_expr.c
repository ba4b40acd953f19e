/* Checks of expressions: functions, arguments, literal queries. */
#include <string.h>

#include "lib/policy/check.h"
#include "lib/policy/hint.h"
#include "lib/policy/jmespath/jmespath.h"

static const char *fn_name_at(size_t i)
{
	return fn_at(i) ? fn_at(i)->name : NULL;
}

static bool unknown_function(struct scope *sc, const struct expr *e)
{
	const char *hint = hint_did_you_mean(sc->ps, e->name, fn_name_at);

	return check_complain(sc, &(struct complaint){ .id = "function", .at = e->at,
	    .message = problem_text(sc->ps, "unknown function '%.60s'", e->name),
	    .hint = hint ? hint : "the functions are JmesPath, JsonToClaimValue, IsSubsetOf, AppendString, "
	    "NegateBool and ContainsOnlyValue" });
}

static bool check_function(struct scope *sc, struct expr *e)
{
	const struct fn *fn = fn_find(e->name);

	if (!fn)
		return unknown_function(sc, e);
	if (!sc->functions)
		return check_complain(sc, &(struct complaint){ .id = "version", .at = e->at,
		    .message = problem_text(sc->ps, "function %s needs version 1.2", fn->name),
		    .hint = "write version=1.2;" });
	if (e->nargs != fn->nargs)
		return check_complain(sc, &(struct complaint){ .id = "function", .at = e->at,
		    .message = problem_text(sc->ps, "%s takes %zu argument%s, %zu given", fn->name, fn->nargs,
		    fn->nargs == 1 ? "" : "s", e->nargs), .hint = fn->usage });
	e->fn = fn;
	return true;
}

/* A literal query is compiled now and refused if bad (spec section 8). */
static void compile_query(struct scope *sc, struct expr *call)
{
	const struct expr *q = call->args[1];
	struct jmes_problem jp = { 0 };
	struct att_error e = { 0 };
	struct jmes *compiled;

	if (call->fn->call != fn_jmes_path || q->kind != EX_LITERAL || q->lit.kind != CLAIM_STRING)
		return;
	if (jmes_compile(sc->ps->a, q->lit.s, q->lit.len, &compiled, &jp, &e)) {
		call->query = compiled;
		return;
	}
	if (jp.class == JMES_NONE || arena_hit_limit(sc->ps->a)) {
		sc->stop = sc->ps->nomem = true;
		(void)arena_fail(sc->ps->a, sc->ps->e);
		return;
	}
	(void)check_complain(sc, &(struct complaint){ .id = "query", .at = q->at,
	    .message = problem_text(sc->ps, "JMESPath query, at character %zu: %s", jp.offset, jp.message),
	    .hint = strcmp(jmes_class_name(jp.class), "syntax") == 0 ?
	    "numbers, true, false and null stand between back-ticks, texts between single quotes" : NULL });
}

/* Depth is bounded by the parser: POLICY_CALL_DEPTH_MAX. */
void check_expr(struct scope *sc, struct expr *e)
{
	bool known;

	if (sc->stop || e->kind == EX_LITERAL)
		return;
	if (e->kind == EX_REF) {
		e->slot = check_ident(sc, e->name, &e->at);
		return;
	}
	known = check_function(sc, e);
	for (size_t i = 0; i < e->nargs && i < FN_ARGS_MAX; i++)
		check_expr(sc, e->args[i]);
	if (known && !sc->stop)
		compile_query(sc, e);
}
