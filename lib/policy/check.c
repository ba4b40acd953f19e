#include "lib/policy/check.h"

#include <string.h>

#include "lib/policy/action.h"
#include "lib/policy/hint.h"

bool check_complain(struct scope *sc, const struct complaint *c)
{
	if (!sc->stop && !problem_add(sc->ps, c))
		sc->stop = true;
	return false;
}

int check_ident(struct scope *sc, const char *name, const struct place *at)
{
	for (size_t i = 0; i < sc->n; i++)
		if (strcmp(sc->idents[i], name) == 0)
			return (int)i;
	(void)check_complain(sc, &(struct complaint){ .id = "identifier", .at = *at,
	    .message = problem_text(sc->ps, "identifier '%.60s' is not bound by a condition of this rule",
	    name),
	    .hint = "name the condition: c:[type==\"...\"]; a condition with ! binds nothing" });
	return -1;
}

static const char *action_name_at(size_t i)
{
	return action_at(i) ? action_at(i)->name : NULL;
}

static bool check_action_name(struct scope *sc, struct rule *r, enum pol_section s)
{
	struct complaint c = { .id = "action", .at = r->action_at };

	r->action = action_find(r->action_name);
	if (!r->action) {
		c.message = problem_text(sc->ps, "unknown action '%.60s'", r->action_name);
		c.hint = hint_did_you_mean(sc->ps, r->action_name, action_name_at);
		if (!c.hint)
			c.hint = "the actions are permit, deny, add, issue and issueproperty";
		return check_complain(sc, &c);
	}
	if (r->action->sections >> s & 1)
		return true;
	c.message = problem_text(sc->ps, "%s() is not allowed in %s", r->action->name, section_name(s));
	c.hint = problem_text(sc->ps, "%s() belongs into %s", r->action->name, r->action->where);
	return check_complain(sc, &c);
}

static void check_missing(struct scope *sc, const struct rule *r, enum pol_prop prop)
{
	if (!r->set[prop])
		(void)check_complain(sc, &(struct complaint){ .id = "argument", .at = r->action_at,
		    .message = problem_text(sc->ps, "%s() needs %s= ", r->action->name, prop_name(prop)),
		    .hint = "type and value are both needed, or claim=identifier alone" });
}

static bool literal_is(const struct expr *e, enum claim_kind kind)
{
	return !e || e->kind != EX_LITERAL || e->lit.kind == kind;
}

static void check_type_literal(struct scope *sc, const struct rule *r)
{
	const struct expr *e = r->set[PROP_TYPE];

	if (!literal_is(e, CLAIM_STRING))
		(void)check_complain(sc, &(struct complaint){ .id = "argument", .at = e->at,
		    .message = "type= needs a string", .hint = "a claim name stands in double quotes" });
}

static void check_value_type(struct scope *sc, const struct rule *r)
{
	const struct expr *vt = r->set[PROP_VALUE_TYPE], *v = r->set[PROP_VALUE];
	bool known = false;

	if (!vt || vt->kind != EX_LITERAL)
		return;
	for (int k = CLAIM_STRING; vt->lit.kind == CLAIM_STRING && k <= CLAIM_BOOL; k++)
		known = known || (strcmp(vt->lit.s, claim_kind_name((enum claim_kind)k)) == 0 &&
		    literal_is(v, (enum claim_kind)k));
	if (!known)
		(void)check_complain(sc, &(struct complaint){ .id = "argument", .at = vt->at,
		    .message = "valueType is not that of the value",
		    .hint = "leave it out: it follows from the value; else String, Integer or Boolean" });
}

static void check_action_args(struct scope *sc, struct rule *r)
{
	if (r->action->args == ARGS_NONE) {
		if (r->has_args)
			(void)check_complain(sc, &(struct complaint){ .id = "argument", .at = r->action_at,
			    .message = problem_text(sc->ps, "%s() takes no argument", r->action->name) });
		return;
	}
	if (r->claim_form)
		return;
	check_missing(sc, r, PROP_TYPE);
	check_missing(sc, r, PROP_VALUE);
	check_type_literal(sc, r);
	check_value_type(sc, r);
}

/* An identifier is visible to the conditions behind its own. */
static void declare(struct scope *sc, struct condition *c)
{
	if (!c->ident || c->negated)
		return;
	for (size_t i = 0; i < sc->n; i++)
		if (strcmp(sc->idents[i], c->ident) == 0) {
			(void)check_complain(sc, &(struct complaint){ .id = "identifier", .at = c->at,
			    .message = problem_text(sc->ps, "identifier '%.60s' is bound twice", c->ident),
			    .hint = "give each condition of a rule its own identifier" });
			return;
		}
	c->slot = (int)sc->n;
	sc->idents[sc->n++] = c->ident;
}

static void check_condition(struct scope *sc, struct condition *c)
{
	if (c->negated && !sc->functions)
		(void)check_complain(sc, &(struct complaint){ .id = "version", .at = c->at,
		    .message = "'!' before a condition needs version 1.2", .hint = "write version=1.2;" });
	for (struct test *t = c->tests; t; t = t->next)
		check_expr(sc, t->rhs);
	declare(sc, c);
}

static void check_rule(struct scope *sc, struct rule *r, enum pol_section s)
{
	sc->n = 0;
	for (struct condition *c = r->conditions; c; c = c->next)
		check_condition(sc, c);
	if (check_action_name(sc, r, s))
		check_action_args(sc, r);
	for (unsigned i = 0; i < PROP_COUNT; i++)
		if (r->set[i])
			check_expr(sc, r->set[i]);
	if (r->claim)
		r->claim_slot = check_ident(sc, r->claim, &r->claim_at);
}

bool check_policy(struct problems *ps, struct policy *p, bool version_known)
{
	static const char *const paths[] = {
		[SEC_CONFIG] = "configurationRules", [SEC_AUTHZ] = "authorizationRules",
		[SEC_ISSUANCE] = "issuanceRules"
	};
	struct scope sc = { .ps = ps, .functions = !version_known || p->minor >= 2 };
	const char *path[] = { NULL, "rule" };

	ps->path = path;
	ps->npath = 2;
	for (unsigned s = 0; s < SEC_COUNT && !sc.stop; s++) {
		path[0] = paths[s];
		for (struct rule *r = p->sections[s].rules; r && !sc.stop; r = r->next) {
			check_rule(&sc, r, (enum pol_section)s);
			p->nslots = sc.n > p->nslots ? sc.n : p->nslots;
		}
	}
	ps->path = NULL;
	ps->npath = 0;
	return !sc.stop;
}
