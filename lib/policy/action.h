/* action.h - the actions of rules: one table (spec policy-language.md section 3). */
#ifndef POLICY_ACTION_H
#define POLICY_ACTION_H

#include "lib/policy/ast.h"

enum action_args { ARGS_NONE, ARGS_CLAIM };

struct action_row {
	const char *name;
	enum action_args args;
	unsigned sections;              /* bits 1 << enum pol_section where it may stand */
	enum policy_decision verdict;   /* of permit and deny; else POLICY_NO_PERMIT */
	bool to_outgoing, to_properties;        /* besides the incoming set */
	const char *where;              /* for messages: the sections in words */
};

const struct action_row *action_find(const char *name);
const struct action_row *action_at(size_t i);   /* NULL past the end */

#endif
