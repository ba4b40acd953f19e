/* Rules: conditions, then an action. */
#include "lib/policy/parse.h"

#include <string.h>

static const char *const props[] = {
	[PROP_TYPE] = "type", [PROP_VALUE] = "value", [PROP_VALUE_TYPE] = "valueType",
	[PROP_ISSUER] = "issuer"
};

const char *prop_name(enum pol_prop p)
{
	return props[p];
}

bool parse_property(struct parser *ps, enum pol_prop *out)
{
	for (unsigned i = 0; i < PROP_COUNT; i++)
		if (parse_is(ps, props[i])) {
			*out = (enum pol_prop)i;
			parse_advance(ps);
			return true;
		}
	return parse_unexpected(ps, SET(PROPERTY), ps->tok.kind == T_IDENT ?
	    "the properties are type, value, valueType and issuer; letter case counts" : NULL);
}

static bool parse_cmp(struct parser *ps, enum pol_cmp *out)
{
	static const uint64_t all = SET(EQ) | SET(NE) | SET(LT) | SET(LE) | SET(GT) | SET(GE);

	static const struct { enum pol_token_kind kind; enum pol_cmp cmp; } rows[] = {
		{ T_EQ, CMP_EQ }, { T_NE, CMP_NE }, { T_LT, CMP_LT }, { T_LE, CMP_LE }, { T_GT, CMP_GT },
		{ T_GE, CMP_GE }, { T_ASSIGN, CMP_EQ }
	};
	bool found = false;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].kind == ps->tok.kind) {
			*out = rows[i].cmp;
			found = true;
		}
	if (!found)
		return parse_unexpected(ps, all, NULL);
	if (ps->tok.kind == T_ASSIGN)
		(void)parse_unexpected(ps, all, "compare with == ; a single = assigns in actions");
	parse_advance(ps);
	return true;
}

static struct test *parse_test(struct parser *ps)
{
	struct test t = { .at = parse_place(ps) }, *kept;

	if (!parse_property(ps, &t.prop) || !parse_cmp(ps, &t.cmp))
		return NULL;
	t.rhs = parse_expr(ps);
	kept = t.rhs ? parse_alloc(ps, sizeof *kept) : NULL;
	if (kept)
		*kept = t;
	return kept;
}

static bool over_limit(struct parser *ps, int limit, const char *what)
{
	return parse_complain(ps, &(struct complaint){ .id = "limit", .at = parse_place(ps),
	    .message = problem_text(ps->ps, "more than %d %s", limit, what) });
}

static bool parse_tests(struct parser *ps, struct condition *c)
{
	struct test **tail = &c->tests;

	for (;;) {
		if (c->ntests == POLICY_TESTS_MAX)
			return over_limit(ps, POLICY_TESTS_MAX, "tests in one condition");
		*tail = parse_test(ps);
		if (!*tail)
			return false;
		tail = &(*tail)->next;
		c->ntests++;
		if (ps->tok.kind == T_RBRACKET)
			break;
		if (ps->tok.kind != T_COMMA)
			return parse_unexpected(ps, SET(COMMA) | SET(RBRACKET), ps->tok.kind == T_DOT ?
			    "numbers have no fraction" : NULL);
		parse_advance(ps);
	}
	parse_advance(ps);
	return true;
}

static struct condition *parse_condition(struct parser *ps)
{
	struct condition c = { .slot = -1, .type_id = -1 }, *kept;

	if (ps->tok.kind == T_NOT) {
		c.negated = true;
		c.at = parse_place(ps);
		parse_advance(ps);
	}
	if (ps->tok.kind == T_IDENT) {
		c.ident = parse_copy(ps, &ps->tok);
		c.at = c.negated ? c.at : parse_place(ps);
		parse_advance(ps);
		if (!parse_expect(ps, T_COLON))
			return NULL;
	} else if (!c.negated) {
		c.at = parse_place(ps);
	}
	if (!parse_expect(ps, T_LBRACKET) || !parse_tests(ps, &c))
		return NULL;
	kept = parse_alloc(ps, sizeof *kept);
	if (kept)
		*kept = c;
	return kept;
}

static bool parse_conditions(struct parser *ps, struct rule *r)
{
	struct condition **tail = &r->conditions;

	for (;;) {
		if (r->nconditions == POLICY_CONDITIONS_MAX)
			return over_limit(ps, POLICY_CONDITIONS_MAX, "conditions in one rule");
		parse_enter(ps, "condition");
		*tail = parse_condition(ps);
		parse_leave(ps);
		if (!*tail)
			return false;
		tail = &(*tail)->next;
		r->nconditions++;
		if (ps->tok.kind == T_ARROW)
			return true;
		if (ps->tok.kind == T_LBRACKET || ps->tok.kind == T_NOT || ps->tok.kind == T_IDENT) {
			(void)parse_unexpected(ps, SET(AND) | SET(ARROW), "join conditions with &&");
			continue;
		}
		if (ps->tok.kind != T_AND)
			return parse_unexpected(ps, SET(AND) | SET(ARROW), ps->tok.kind == T_SEMI ?
			    "a rule needs an action: => permit();" : NULL);
		parse_advance(ps);
	}
}

static bool parse_assign(struct parser *ps)
{
	if (ps->tok.kind != T_EQ)
		return parse_expect(ps, T_ASSIGN);
	(void)parse_unexpected(ps, SET(ASSIGN), "an action assigns with a single =");
	parse_advance(ps);
	return true;
}

static bool parse_claim_arg(struct parser *ps, struct rule *r)
{
	r->claim_form = true;
	parse_advance(ps);
	if (!parse_assign(ps))
		return false;
	if (ps->tok.kind != T_IDENT)
		return parse_unexpected(ps, SET(IDENT),
		    "claim= takes the identifier of a condition, as in c:[...]");
	r->claim = parse_copy(ps, &ps->tok);
	r->claim_at = parse_place(ps);
	parse_advance(ps);
	return r->claim != NULL;
}

static bool parse_assignment(struct parser *ps, struct rule *r)
{
	struct place at = parse_place(ps);
	struct expr *e;
	enum pol_prop prop;

	if (ps->tok.kind != T_IDENT)
		return parse_unexpected(ps, SET(PROPERTY) | SET(CLAIM) | SET(RPAREN),
		    "arguments are named: type=\"...\", value=...");
	if (!parse_property(ps, &prop) || !parse_assign(ps))
		return false;
	e = parse_expr(ps);
	if (!e)
		return false;
	if (r->set[prop])
		(void)parse_complain(ps, &(struct complaint){ .id = "argument", .at = at,
		    .message = problem_text(ps->ps, "%s is given twice", props[prop]) });
	r->set[prop] = e;
	return true;
}

static bool parse_arguments(struct parser *ps, struct rule *r)
{
	r->has_args = ps->tok.kind != T_RPAREN;
	if (!r->has_args)
		return true;
	if (parse_is(ps, "claim"))
		return parse_claim_arg(ps, r);
	for (;;) {
		if (!parse_assignment(ps, r))
			return false;
		if (ps->tok.kind == T_RPAREN)
			return true;
		if (ps->tok.kind != T_COMMA)
			return parse_unexpected(ps, SET(COMMA) | SET(RPAREN), ps->tok.kind == T_DOT ?
			    "numbers have no fraction" : NULL);
		parse_advance(ps);
	}
}

static bool parse_action(struct parser *ps, struct rule *r)
{
	if (ps->tok.kind != T_IDENT)
		return parse_unexpected(ps, SET(ACTION),
		    "permit(), deny(), add(...), issue(...) or issueproperty(...)");
	r->action_name = parse_copy(ps, &ps->tok);
	r->action_at = parse_place(ps);
	parse_advance(ps);
	return r->action_name && parse_expect(ps, T_LPAREN) && parse_arguments(ps, r) &&
	    parse_expect(ps, T_RPAREN);
}

struct rule *parse_rule(struct parser *ps)
{
	struct rule r = { .at = parse_place(ps), .claim_slot = -1, .type_id = -1 }, *kept;
	uint64_t start = SET(ARROW) | SET(LBRACKET) | SET(IDENT) | SET(NOT);
	bool ok;

	if (ps->tok.kind != T_ARROW) {
		if (!(start >> ps->tok.kind & 1)) {
			(void)parse_unexpected(ps, start | SET(RBRACE), ps->tok.kind == T_SEMI ?
			    "one ';' too many" : NULL);
			return NULL;
		}
		if (!parse_conditions(ps, &r))
			return NULL;
	}
	parse_advance(ps);
	parse_enter(ps, "action");
	ok = parse_action(ps, &r);
	parse_leave(ps);
	kept = ok ? parse_alloc(ps, sizeof *kept) : NULL;
	if (kept)
		*kept = r;
	return kept;
}
