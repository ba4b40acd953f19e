/*
 * ast.h - a parsed policy.  Built by the parser, completed by the checks (slots, name ids),
 * immutable afterwards.  Everything lives in the arena of the policy.
 */
#ifndef POLICY_AST_H
#define POLICY_AST_H

#include "lib/policy/fn_table.h"
#include "lib/policy/problem.h"
#include "lib/policy/value.h"

struct jmes;

enum pol_prop { PROP_TYPE, PROP_VALUE, PROP_VALUE_TYPE, PROP_ISSUER, PROP_COUNT };
enum pol_cmp { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };

enum expr_kind { EX_LITERAL, EX_REF, EX_CALL };

struct expr {
	enum expr_kind kind;
	struct place at;
	struct value lit;               /* EX_LITERAL */
	const char *name;               /* EX_REF: identifier; EX_CALL: function */
	enum pol_prop prop;             /* EX_REF */
	int slot;                       /* EX_REF: set by the checks */
	const struct fn *fn;            /* EX_CALL: set by the checks */
	struct expr *args[FN_ARGS_MAX]; /* EX_CALL: the first ones */
	size_t nargs;                   /* EX_CALL: as written, may exceed FN_ARGS_MAX until checked */
	const struct jmes *query;       /* EX_CALL of JmesPath with a literal query */
};

struct test {                           /* one property condition */
	enum pol_prop prop;
	enum pol_cmp cmp;
	struct expr *rhs;
	struct place at;
	struct test *next;
};

struct condition {
	bool negated;
	const char *ident;              /* or NULL */
	struct place at;                /* of the identifier or the bracket */
	struct test *tests;
	size_t ntests;
	int slot;                       /* of the identifier; -1 without one */
	int type_id;                    /* interned name when the condition tests type == constant, else -1 */
	const struct test *type_test;   /* that test */
	struct condition *next;
};

struct action_row;                      /* action.h */

struct rule {
	struct place at;
	struct condition *conditions;
	size_t nconditions;
	const char *action_name;        /* as written */
	struct place action_at;
	const struct action_row *action;        /* set by the checks */
	struct expr *set[PROP_COUNT];   /* property = expression, or NULL */
	const char *claim;              /* claim = identifier, or NULL */
	struct place claim_at;
	int claim_slot;
	bool claim_form;                /* written with claim= */
	bool has_args;                  /* anything between the parentheses */
	int type_id;                    /* interned name of a constant type, else -1 */
	struct rule *next;
};

enum pol_section { SEC_CONFIG, SEC_AUTHZ, SEC_ISSUANCE, SEC_COUNT };

struct section {
	bool present;
	struct place at;                /* of the keyword */
	struct rule *rules;
	size_t nrules;
};

/* Constant claim names of a policy, shortest first, then by bytes: found by binary search, so
 * that no choice of names makes a look-up slow. */
struct names {
	const char **v;
	size_t *len;
	size_t n;
};

struct policy {
	unsigned minor;
	struct section sections[SEC_COUNT];
	size_t nrules;
	size_t nslots;                  /* most identifiers of one rule */
	struct names names;
};

const char *section_name(enum pol_section s);   /* "authorizationrules", ... */
const char *prop_name(enum pol_prop p);         /* "type", ... */
/* The id of an interned name, or -1. */
int names_find(const struct names *n, const char *name);

#endif
