/*
 * rule_text.h - a rule of a compiled policy as one line of text.
 *
 * Shown: as it was written, in one way of spacing.  Key: two rules with equal keys mean the same;
 * identifiers are numbers of conditions, and tests inside one bracket are sorted where their order
 * cannot matter.
 */
#ifndef ATTEST_RULE_TEXT_H
#define ATTEST_RULE_TEXT_H

#include "lib/policy/ast.h"

enum rule_text_form { RULE_SHOWN, RULE_KEY };
ATT_CHECK bool rule_text(struct arena *a, const struct rule *r, enum rule_text_form form, const char **out,
    struct att_error *e);
/* Does the rule add claims, so that its place among the others matters? */
bool rule_makes_claims(const struct rule *r);

#endif
