/*
 * lint.h - warnings about policies that compile but probably do not say what was meant.
 * One table of lints; each looks at the whole policy, a rule, or a condition.
 */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include "lib/claims/names.h"
#include "lib/policy/ast.h"
#include "lib/policy/problem.h"

struct lint {
	struct problems *ps;            /* gets the warnings */
	const struct policy *p;
	unsigned formats;               /* CLAIM_F_* the policy is for; 0 unknown */
	enum pol_section section;       /* being looked at */
	const struct rule *rule;        /* being looked at; NULL for the whole policy */
	size_t ordinal;                 /* of that rule, from 0 */
	size_t *made_by;                /* per interned name: first rule that makes it, or SIZE_MAX */
	size_t made_dynamic;            /* first rule that makes claims of a computed name, or SIZE_MAX */
	bool stop;
};

struct lint_row {
	const char *id;
	const char *title;              /* one line for people */
	void (*policy)(struct lint *l, const struct lint_row *row);     /* once; or NULL */
	void (*rule)(struct lint *l, const struct lint_row *row);       /* for each rule; or NULL */
};

/* False when memory runs out.  A full report is no failure. */
ATT_CHECK bool lint_policy(struct problems *ps, const struct policy *p, unsigned formats);

/* For the lints. */
void lint_warn(struct lint *l, const struct lint_row *row, const struct place *at, const char *message,
    const char *hint);
bool expr_is_text(const struct expr *e);                /* a string literal? */
/* The constant claim name a condition asks for, or NULL. */
const char *condition_name(const struct condition *c);
/* May a rule before this one have made the claims the condition asks for? */
bool made_before(const struct lint *l, const struct condition *c);
/* The first test of prop, or NULL. */
const struct test *find_test(const struct condition *c, enum pol_prop prop);
/* A test of prop against exactly this text with ==. */
bool tests_text(const struct condition *c, enum pol_prop prop, const char *text);
/* Calls fn for every expression of the rule, parts of calls included. */
typedef void (*each_expr)(struct lint *l, const struct lint_row *row, const struct expr *e);
void lint_exprs(struct lint *l, const struct lint_row *row, each_expr fn);

void lint_unknown_claim(struct lint *l, const struct lint_row *row);
void lint_never_fires(struct lint *l, const struct lint_row *row);
void lint_permit_all(struct lint *l, const struct lint_row *row);
void lint_debug(struct lint *l, const struct lint_row *row);
void lint_signer(struct lint *l, const struct lint_row *row);
void lint_filter_null(struct lint *l, const struct lint_row *row);
void lint_reserved(struct lint *l, const struct lint_row *row);
void lint_issue_early(struct lint *l, const struct lint_row *row);
void lint_property(struct lint *l, const struct lint_row *row);
void lint_argument(struct lint *l, const struct lint_row *row);
void lint_no_permit(struct lint *l, const struct lint_row *row);

#endif
