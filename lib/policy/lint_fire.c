/* Lints about conditions: unknown names, and tests that can never hold. */
#include <string.h>

#include "lib/policy/hint.h"
#include "lib/policy/lint.h"

static const char *policy_name_at(size_t i)
{
	size_t seen = 0;

	for (size_t k = 0; k < claim_name_count(); k++)
		if (claim_name_at(k)->in_policy && seen++ == i)
			return claim_name_at(k)->name;
	return NULL;
}

/* Custom claims of clients are named by a URL prefix and a name (spec section 4). */
static bool may_be_custom(const struct condition *c, const char *name)
{
	return tests_text(c, PROP_ISSUER, "CustomClaim") || strstr(name, "://") != NULL;
}

static bool service_makes(const char *name)
{
	const struct claim_name *known = claim_name_find(name);

	return known && known->in_policy;
}

void lint_unknown_claim(struct lint *l, const struct lint_row *row)
{
	for (const struct condition *c = l->rule->conditions; c && !l->stop; c = c->next) {
		const char *name = condition_name(c);

		if (!name || service_makes(name) || made_before(l, c) || may_be_custom(c, name))
			continue;
		lint_warn(l, row, &c->type_test->rhs->at, problem_text(l->ps,
		    "no attestation type and no earlier rule makes the claim '%.80s'", name),
		    hint_did_you_mean(l->ps, name, policy_name_at));
	}
}

/* Integers that pass the tests seen so far, and the constant a text property must equal. */
struct possible {
	int64_t lo, hi;
	const struct value *equal[PROP_COUNT];
};

static bool narrow(struct possible *p, enum pol_cmp cmp, int64_t v)
{
	bool empty = false;

	switch (cmp) {
	case CMP_EQ: p->lo = v > p->lo ? v : p->lo; p->hi = v < p->hi ? v : p->hi; break;
	case CMP_LT: empty = v == INT64_MIN; p->hi = !empty && v - 1 < p->hi ? v - 1 : p->hi; break;
	case CMP_LE: p->hi = v < p->hi ? v : p->hi; break;
	case CMP_GT: empty = v == INT64_MAX; p->lo = !empty && v + 1 > p->lo ? v + 1 : p->lo; break;
	case CMP_GE: p->lo = v > p->lo ? v : p->lo; break;
	case CMP_NE: break;
	}
	return !empty && p->lo <= p->hi;
}

static const char *against_kind(const struct lint *l, const struct condition *c, const struct value *v)
{
	const char *name = condition_name(c);
	const struct claim_name *known = name ? claim_name_find(name) : NULL;
	enum claim_kind kind;

	if (!known || made_before(l, c) || may_be_custom(c, name))
		return NULL;
	kind = known->kind == CLAIM_JSON ? CLAIM_STRING : known->kind;
	return kind == v->kind ? NULL : problem_text(l->ps, "%.80s is %s and is compared with %s", name,
	    value_kind_name(kind), value_kind_name(v->kind));
}

static bool is_value_type(const char *s)
{
	return strcmp(s, "String") == 0 || strcmp(s, "Integer") == 0 || strcmp(s, "Boolean") == 0;
}

static const char *bad_issuer(const struct lint *l, const struct condition *c, const struct value *v)
{
	const char *name = condition_name(c);
	enum claim_issuer issuer;

	if (!claim_issuer_find(v->s, &issuer))
		return "the issuers are AttestationService, AttestationPolicy and CustomClaim";
	if (issuer == CLAIM_BY_POLICY && name && !made_before(l, c))
		return problem_text(l->ps, "no earlier rule makes the claim '%.80s'", name);
	if (issuer == CLAIM_BY_SERVICE && name && !service_makes(name) && made_before(l, c))
		return problem_text(l->ps, "the service makes no claim '%.80s'; rules do", name);
	return NULL;
}

/* Why the test can never hold, or NULL. */
static const char *impossible(const struct lint *l, const struct condition *c, const struct test *t,
    struct possible *p)
{
	const struct value *v = &t->rhs->lit, **equal = &p->equal[t->prop];

	if (t->rhs->kind != EX_LITERAL || t->cmp == CMP_NE)
		return NULL;
	if (t->cmp != CMP_EQ && v->kind != CLAIM_INT)
		return "< <= > >= hold for integers only";
	if (t->prop != PROP_VALUE && v->kind != CLAIM_STRING)
		return problem_text(l->ps, "%s is a string and is compared with %s", prop_name(t->prop),
		    value_kind_name(v->kind));
	if (t->prop == PROP_VALUE_TYPE && !is_value_type(v->s))
		return "the value types are String, Integer and Boolean";
	if (t->prop == PROP_ISSUER && bad_issuer(l, c, v))
		return bad_issuer(l, c, v);
	if (t->prop == PROP_VALUE && against_kind(l, c, v))
		return against_kind(l, c, v);
	if (t->cmp == CMP_EQ && *equal && !value_same(*equal, v))
		return problem_text(l->ps, "%s cannot equal two constants", prop_name(t->prop));
	*equal = t->cmp == CMP_EQ ? v : *equal;
	if (v->kind == CLAIM_INT && !narrow(p, t->cmp, v->i))
		return "no integer passes all tests of the condition";
	return NULL;
}

void lint_never_fires(struct lint *l, const struct lint_row *row)
{
	for (const struct condition *c = l->rule->conditions; c && !l->stop; c = c->next) {
		struct possible p = { .lo = INT64_MIN, .hi = INT64_MAX };

		for (const struct test *t = c->tests; t && !c->negated; t = t->next) {
			const char *why = impossible(l, c, t, &p);

			if (why) {
				lint_warn(l, row, &t->at,
				    problem_text(l->ps, "the rule never fires: %s", why), NULL);
				break;
			}
		}
	}
}
