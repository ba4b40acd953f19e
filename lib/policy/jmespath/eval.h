/*
 * eval.h - one evaluation: budget, memory, failure; and what values are made of.
 *
 * A value is a const struct json.  Elements of a new list are shallow copies that share their
 * children with the original, so a value may be a graph in which one node has many parents; it
 * never has a cycle.  Whoever walks down a value pays a step per node met and stops at
 * JSON_DEPTH_MAX, because the graph may stand for a tree of exponential size.
 */
#ifndef JMESPATH_EVAL_H
#define JMESPATH_EVAL_H

#include "lib/policy/jmespath/ast.h"

struct jmes_ev {
	struct arena *a;
	struct jmes_budget *b;
	struct jmes_report *r;
	size_t offset;                  /* of the node being evaluated, for messages */
};

/* Every function below that returns a value returns NULL after reporting a failure. */

/* The value of n with current node v: eval.c. */
const struct json *jmes_eval(struct jmes_ev *x, const struct jmes_node *n, const struct json *v);

/* Takes n steps from the budget. */
ATT_CHECK bool jmes_spend(struct jmes_ev *x, uint64_t n);
ATT_CHECK bool jmes_spend_scan(struct jmes_ev *x, size_t n);    /* n siblings looked through */
ATT_CHECK bool jmes_spend_text(struct jmes_ev *x, size_t n);    /* n bytes read or made */
const struct json *jmes_ev_fail(struct jmes_ev *x, enum jmes_class c, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

extern const struct json jmes_null;
const struct json *jmes_bool(bool b);
/* Arena nodes to be filled in; NULL = reported. */
struct json *jmes_new(struct jmes_ev *x, enum json_kind k);
const struct json *jmes_new_int(struct jmes_ev *x, int64_t i);
const struct json *jmes_new_text(struct jmes_ev *x, const char *s, size_t n);   /* borrows s */
/* A whole number becomes JSON_INT, others the shortest text that reads back equal. */
const struct json *jmes_new_number(struct jmes_ev *x, double d);

/* Appends a shallow copy of v; list is new and still private.  One step. */
ATT_CHECK bool jmes_list_add(struct jmes_ev *x, struct json *list, const struct json *v);
ATT_CHECK bool jmes_list_add_first(struct jmes_ev *x, struct json *list, const struct json *v);
ATT_CHECK bool jmes_member_add(struct jmes_ev *x, struct json *object, const char *name, size_t n,
    const struct json *v);

bool jmes_truth(const struct json *v);          /* false for null, false, "", [] and {} */
/* Deep equality; numbers by value.  Charged. */
ATT_CHECK bool jmes_equal(struct jmes_ev *x, const struct json *v, const struct json *w, bool *out);
/* Pays for every node and text below v; refuses more than JSON_DEPTH_MAX levels, as json_parse does. */
ATT_CHECK bool jmes_settle(struct jmes_ev *x, const struct json *v);
/* Member of an object by name; *out is NULL when absent. */
ATT_CHECK bool jmes_member(struct jmes_ev *x, const struct json *object, const char *name, size_t n,
    const struct json **out);

/* A number for comparing: holds every int64, uint64 and double exactly. */
ATT_CHECK bool jmes_number(struct jmes_ev *x, const struct json *v, long double *out);
bool jmes_is_number(const struct json *v);
/* Reads the text of a JSON number without regard to the locale; may give an infinity. */
double jmes_text_double(const char *s);

#endif
