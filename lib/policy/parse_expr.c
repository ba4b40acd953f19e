/* Expressions: literals, c.value, function calls. */
#include "lib/policy/parse.h"

static struct expr *keep(struct parser *ps, const struct expr *e)
{
	struct expr *kept = parse_alloc(ps, sizeof *kept);

	if (kept)
		*kept = *e;
	return kept;
}

static struct expr *parse_literal(struct parser *ps)
{
	const struct pol_token *t = &ps->tok;
	struct expr e = { .kind = EX_LITERAL, .at = parse_place(ps), .slot = -1 };

	if (t->kind == T_STRING) {
		e.lit = (struct value){ .kind = CLAIM_STRING, .s = t->s, .len = t->s_len };
	} else if (t->kind == T_INT) {
		e.lit = (struct value){ .kind = CLAIM_INT, .i = t->i };
	} else if (t->kind == T_TRUE || t->kind == T_FALSE) {
		e.lit = (struct value){ .kind = CLAIM_BOOL, .b = t->kind == T_TRUE };
	} else {
		(void)parse_unexpected(ps, SET(VALUE), t->kind == T_LT ?
		    "replace the placeholder <...> by a value" : t->kind == T_LBRACKET ?
		    "there are no lists: write one rule for each value" : NULL);
		return NULL;
	}
	parse_advance(ps);
	return keep(ps, &e);
}

static bool parse_call_args(struct parser *ps, struct expr *e)
{
	while (ps->tok.kind != T_RPAREN) {
		struct expr *arg = parse_expr(ps);

		if (!arg)
			return false;
		if (e->nargs < FN_ARGS_MAX)
			e->args[e->nargs] = arg;
		e->nargs++;
		if (ps->tok.kind == T_RPAREN)
			break;
		if (ps->tok.kind != T_COMMA)
			return parse_unexpected(ps, SET(COMMA) | SET(RPAREN), NULL);
		parse_advance(ps);
		if (ps->tok.kind == T_RPAREN)
			return parse_unexpected(ps, SET(VALUE), NULL);
	}
	parse_advance(ps);
	return true;
}

static struct expr *parse_call(struct parser *ps, struct expr *e)
{
	bool ok;

	if (ps->depth == POLICY_CALL_DEPTH_MAX) {
		(void)parse_complain(ps, &(struct complaint){ .id = "limit", .at = e->at,
		    .message = problem_text(ps->ps, "more than %d nested calls", POLICY_CALL_DEPTH_MAX) });
		return NULL;
	}
	e->kind = EX_CALL;
	ps->depth++;
	parse_advance(ps);
	ok = parse_call_args(ps, e);
	ps->depth--;
	return ok ? keep(ps, e) : NULL;
}

struct expr *parse_expr(struct parser *ps)
{
	struct expr e = { .at = parse_place(ps), .slot = -1 };

	if (ps->tok.kind != T_IDENT)
		return parse_literal(ps);
	e.name = parse_copy(ps, &ps->tok);
	if (!e.name)
		return NULL;
	parse_advance(ps);
	if (ps->tok.kind == T_LPAREN)
		return parse_call(ps, &e);
	if (ps->tok.kind != T_DOT) {
		(void)parse_unexpected(ps, SET(DOT) | SET(LPAREN), "text stands in double quotes; "
		    "the value of a condition is c.value");
		return NULL;
	}
	e.kind = EX_REF;
	parse_advance(ps);
	return parse_property(ps, &e.prop) ? keep(ps, &e) : NULL;
}
