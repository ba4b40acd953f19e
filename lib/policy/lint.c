#include "lib/policy/lint.h"

#include <string.h>

#include "lib/policy/action.h"

static const struct lint_row lints[] = {
	{ "unknown-claim", "a condition asks for a claim that no attestation type and no earlier rule makes",
	    NULL, lint_unknown_claim },
	{ "never-fires", "a condition can never hold, so the rule never fires", NULL, lint_never_fires },
	{ "permit-all", "permit() stands without any condition", NULL, lint_permit_all },
	{ "no-permit", "no rule permits, so every request is refused", lint_no_permit, NULL },
	{ "debug-not-denied", "evidence of debuggable machines or enclaves is not refused",
	    lint_debug, NULL },
	{ "signer-alone", "an enclave signer is checked without product id and minimum SVN",
	    NULL, lint_signer },
	{ "filter-null", "a filter result is compared with null, but a filter gives an empty array",
	    NULL, lint_filter_null },
	{ "reserved-name", "a reserved name is issued: it never reaches the top level of the token",
	    NULL, lint_reserved },
	{ "issue-early", "issue() in authorizationrules reaches no token", NULL, lint_issue_early },
	{ "property", "a property claim is unknown, out of place or out of range", NULL, lint_property },
	{ "argument", "a constant argument has a type the function refuses", NULL, lint_argument }
};

const char *policy_lint_id(size_t i)
{
	return i < sizeof lints / sizeof lints[0] ? lints[i].id : NULL;
}

const char *policy_lint_title(size_t i)
{
	return i < sizeof lints / sizeof lints[0] ? lints[i].title : NULL;
}

void lint_warn(struct lint *l, const struct lint_row *row, const struct place *at, const char *message,
    const char *hint)
{
	struct complaint c = { .id = row->id, .at = *at, .message = message, .hint = hint };

	if (!l->stop && !problem_add(l->ps, &c))
		l->stop = true;
}

bool expr_is_text(const struct expr *e)
{
	return e && e->kind == EX_LITERAL && e->lit.kind == CLAIM_STRING;
}

const char *condition_name(const struct condition *c)
{
	return c->type_test ? c->type_test->rhs->lit.s : NULL;
}

bool made_before(const struct lint *l, const struct condition *c)
{
	if (l->made_dynamic < l->ordinal || c->type_id < 0)
		return true;
	return l->made_by[c->type_id] < l->ordinal;
}

const struct test *find_test(const struct condition *c, enum pol_prop prop)
{
	for (const struct test *t = c->tests; t; t = t->next)
		if (t->prop == prop)
			return t;
	return NULL;
}

bool tests_text(const struct condition *c, enum pol_prop prop, const char *text)
{
	for (const struct test *t = c->tests; t; t = t->next)
		if (t->prop == prop && t->cmp == CMP_EQ && expr_is_text(t->rhs) &&
		    strcmp(t->rhs->lit.s, text) == 0)
			return true;
	return false;
}

/* Depth is bounded by the parser: POLICY_CALL_DEPTH_MAX. */
static void expr_parts(struct lint *l, const struct lint_row *row, const struct expr *e, each_expr fn)
{
	fn(l, row, e);
	for (size_t i = 0; e->kind == EX_CALL && i < e->nargs; i++)
		expr_parts(l, row, e->args[i], fn);
}

void lint_exprs(struct lint *l, const struct lint_row *row, each_expr fn)
{
	for (const struct condition *c = l->rule->conditions; c; c = c->next)
		for (const struct test *t = c->tests; t; t = t->next)
			expr_parts(l, row, t->rhs, fn);
	for (unsigned i = 0; i < PROP_COUNT; i++)
		if (l->rule->set[i])
			expr_parts(l, row, l->rule->set[i], fn);
}

/* Calls for every rule of the policy in order of evaluation. */
typedef void (*each_rule)(struct lint *l, const struct lint_row *row);

static void rules(struct lint *l, const struct lint_row *row, each_rule fn)
{
	l->ordinal = 0;
	for (unsigned s = 0; s < SEC_COUNT; s++) {
		l->section = (enum pol_section)s;
		for (const struct rule *r = l->p->sections[s].rules; r && !l->stop; r = r->next) {
			l->rule = r;
			fn(l, row);
			l->ordinal++;
		}
	}
	l->rule = NULL;
}

static void note_made(struct lint *l, const struct lint_row *row)
{
	(void)row;
	if (l->rule->action->args == ARGS_NONE)
		return;
	if (l->rule->type_id < 0) {
		if (!l->rule->claim_form && l->ordinal < l->made_dynamic)
			l->made_dynamic = l->ordinal;
	} else if (l->ordinal < l->made_by[l->rule->type_id]) {
		l->made_by[l->rule->type_id] = l->ordinal;
	}
}

bool lint_policy(struct problems *ps, const struct policy *p, unsigned formats)
{
	struct lint l = { .ps = ps, .p = p, .made_dynamic = SIZE_MAX };

	l.formats = formats & ~(unsigned)CLAIM_F_ALL;
	l.made_by = arena_array(ps->a, p->names.n, sizeof *l.made_by);
	if (!l.made_by)
		return arena_fail(ps->a, ps->e);
	for (size_t i = 0; i < p->names.n; i++)
		l.made_by[i] = SIZE_MAX;
	rules(&l, NULL, note_made);
	for (size_t i = 0; i < sizeof lints / sizeof lints[0] && !l.stop; i++) {
		if (lints[i].policy)
			lints[i].policy(&l, &lints[i]);
		if (lints[i].rule)
			rules(&l, &lints[i], lints[i].rule);
	}
	return !ps->nomem;
}
