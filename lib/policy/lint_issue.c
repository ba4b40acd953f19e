/* Lints about claims a policy makes, and about queries. */
#include <string.h>

#include "lib/policy/action.h"
#include "lib/policy/hint.h"
#include "lib/policy/lint.h"

static const char *made_name(const struct rule *r)
{
	return expr_is_text(r->set[PROP_TYPE]) ? r->set[PROP_TYPE]->lit.s : NULL;
}

void lint_reserved(struct lint *l, const struct lint_row *row)
{
	const char *name = made_name(l->rule);

	if (name && l->rule->action->to_outgoing && l->section == SEC_ISSUANCE && claim_name_reserved(name))
		lint_warn(l, row, &l->rule->set[PROP_TYPE]->at, problem_text(l->ps,
		    "'%.80s' is a reserved name: the value stays inside x-ms-policy", name),
		    "issue the incoming claim unchanged with issue(claim=c), or take another name");
}

void lint_issue_early(struct lint *l, const struct lint_row *row)
{
	if (l->rule->action->to_outgoing && l->section == SEC_AUTHZ)
		lint_warn(l, row, &l->rule->action_at,
		    "issue() in authorizationrules acts like add(): no claim reaches the token from there",
		    "move the rule into issuancerules, or write add()");
}

static const char *property_name_at(size_t i)
{
	return policy_property_at(i) ? policy_property_at(i)->name : NULL;
}

/* What is wrong with a constant value, or NULL. */
static const char *property_value(const struct lint *l, const struct policy_property *p, const struct expr *e)
{
	if (e->kind != EX_LITERAL)
		return NULL;
	if (e->lit.kind != p->kind)
		return problem_text(l->ps, "%s is %s, want %s", p->name, value_kind_name(e->lit.kind),
		    value_kind_name(p->kind));
	if (p->kind == CLAIM_INT && (e->lit.i < p->min || e->lit.i > p->max))
		return problem_text(l->ps, "%s is %lld, want %lld to %lld", p->name, (long long)e->lit.i,
		    (long long)p->min, (long long)p->max);
	return NULL;
}

void lint_property(struct lint *l, const struct lint_row *row)
{
	const char *name = made_name(l->rule), *bad;
	const struct policy_property *p = name ? policy_property_find(name) : NULL;

	if (!name || !l->rule->action->to_properties)
		return;
	if (!p) {
		lint_warn(l, row, &l->rule->set[PROP_TYPE]->at, problem_text(l->ps,
		    "unknown property '%.80s' is ignored", name),
		    hint_did_you_mean(l->ps, name, property_name_at));
		return;
	}
	if (strcmp(p->section, section_name(l->section)) != 0)
		lint_warn(l, row, &l->rule->set[PROP_TYPE]->at, problem_text(l->ps,
		    "property %s is ignored here", name),
		    problem_text(l->ps, "it belongs into %s", p->section));
	bad = property_value(l, p, l->rule->set[PROP_VALUE]);
	if (bad)
		lint_warn(l, row, &l->rule->set[PROP_VALUE]->at,
		    problem_text(l->ps, "evaluation will fail: property %s", bad), NULL);
}

static const char *refused(const struct fn *fn, size_t i, const struct value *v)
{
	static const struct { const char *wanted; int kind; } types[] = {
		[FN_STRING] = { "a string", CLAIM_STRING }, [FN_TEXT] = { "a string", CLAIM_STRING },
		[FN_BOOL] = { "true or false", CLAIM_BOOL }, [FN_SCALAR] = { NULL, -1 },
		[FN_SET] = { NULL, -1 }
	};
	int kind = types[fn->args[i]].kind;

	return kind >= 0 && kind != (int)v->kind ? types[fn->args[i]].wanted : NULL;
}

static void call_argument(struct lint *l, const struct lint_row *row, const struct expr *e)
{
	for (size_t i = 0; e->kind == EX_CALL && i < e->nargs; i++) {
		const struct expr *arg = e->args[i];
		const char *wanted = arg->kind == EX_LITERAL ? refused(e->fn, i, &arg->lit) : NULL;

		if (wanted)
			lint_warn(l, row, &arg->at, problem_text(l->ps,
			    "evaluation will fail: argument %zu of %s is %s, want %s", i + 1, e->fn->name,
			    value_kind_name(arg->lit.kind), wanted), e->fn->usage);
	}
}

void lint_argument(struct lint *l, const struct lint_row *row)
{
	lint_exprs(l, row, call_argument);
}

static const char *skip_space(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* A comparison != `null` behind a filter, outside of raw strings. */
static bool compares_filter(const char *query)
{
	bool filter = false;

	for (const char *s = query; *s; s++) {
		if (*s == '\'') {
			for (s++; *s && *s != '\''; s++)
				s += *s == '\\' && s[1];
			if (!*s)
				break;
		} else if (s[0] == '[' && s[1] == '?') {
			filter = true;
		} else if (filter && s[0] == '!' && s[1] == '=' &&
		    strncmp(skip_space(s + 2), "`null`", 6) == 0) {
			return true;
		}
	}
	return false;
}

static void query_filter(struct lint *l, const struct lint_row *row, const struct expr *e)
{
	if (e->kind == EX_CALL && e->query && compares_filter(e->args[1]->lit.s))
		lint_warn(l, row, &e->args[1]->at,
		    "a filter that matches nothing gives [], and [] != `null` is true",
		    "compare the number of matches: length(@) > `0`");
}

void lint_filter_null(struct lint *l, const struct lint_row *row)
{
	lint_exprs(l, row, query_filter);
}
