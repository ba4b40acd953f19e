/*
 * check.h - static checks of a parsed policy (spec policy-language.md section 3): versions, actions,
 * functions, identifiers; resolves them to table rows, slots and name ids on the way.
 */
#ifndef POLICY_CHECK_H
#define POLICY_CHECK_H

#include "lib/policy/ast.h"
#include "lib/policy/problem.h"

/* version_known false: what depends on the version is not complained about.
 * False when memory runs out or the report is full. */
ATT_CHECK bool check_policy(struct problems *ps, struct policy *p, bool version_known);
/* One expression: functions, arity, identifiers among the names of the rule.  *stop as above. */
struct scope {
	struct problems *ps;
	const char *idents[POLICY_CONDITIONS_MAX];      /* of positive conditions; index = slot */
	size_t n;
	bool functions;         /* the version has them */
	bool stop;
};
void check_expr(struct scope *sc, struct expr *e);
bool check_complain(struct scope *sc, const struct complaint *c);       /* always false */
/* The slot of an identifier, or -1 with a problem. */
int check_ident(struct scope *sc, const char *name, const struct place *at);
/* Collects the constant claim names and writes their ids into the rules. */
ATT_CHECK bool names_intern(struct arena *a, struct policy *p, struct att_error *e);

#endif
