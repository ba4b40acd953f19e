/*
 * eval.h - the evaluator's inside (spec policy-language.md section 5).
 *
 * A function that returns false has stopped the evaluation: ev->message says why (the policy's
 * own failure, or a limit), or ev->nomem is set.
 */
#ifndef POLICY_EVAL_H
#define POLICY_EVAL_H

#include "lib/policy/ast.h"

/* A claim set with a chain of claims per interned name.  Positions count from 1 so that zeroed
 * memory is an empty chain. */
struct cset {
	struct claims c;
	uint32_t *head, *tail;          /* per name id; NULL until the first claim */
	uint32_t *next;                 /* per claim; room for c.cap */
};

struct bound {                          /* the claims a condition matched */
	const uint32_t *at;             /* indices into the incoming set */
	size_t n;
};

struct doc { const char *s; size_t len; const struct json *j; };
#define DOCS_KEPT 8

struct eval {
	const struct policy *p;
	struct arena *a;                /* result */
	struct arena *scratch;          /* JSON trees and queries; made at the first use */
	struct policy_limits limits;
	size_t a_start;                 /* arena_used(a) before */
	uint64_t steps;
	struct cset in, outgoing, properties;
	enum pol_section section;
	const struct rule *rule;        /* being evaluated */
	struct bound slots[POLICY_CONDITIONS_MAX];
	struct values operands[POLICY_TESTS_MAX];       /* right sides of the condition being tried */
	uint64_t operands_ready;        /* bits: computed already */
	uint32_t *matches;              /* while a condition is tried */
	size_t matches_cap;
	struct doc docs[DOCS_KEPT];     /* parsed JSON texts, by address: policies query one text often */
	size_t ndocs;
	bool permit, deny;
	const char *message;
	bool nomem;
};

ATT_CHECK bool ev_step(struct eval *ev, uint64_t n);
/* n zeroed bytes of the result, or NULL with the evaluation stopped. */
void *ev_alloc(struct eval *ev, size_t count, size_t size);
ATT_CHECK bool ev_text(struct eval *ev, const char *s, size_t n, const char **out);    /* a copy */
/* The policy's own failure.  Always false. */
bool ev_fail(struct eval *ev, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool ev_memory_limit(struct eval *ev);          /* always false */
/* An error of json or jmespath with the scratch arena.  Always false. */
bool ev_scratch_failed(struct eval *ev);
/* The scratch arena, limited to what the evaluation may still use; NULL with the evaluation stopped. */
struct arena *ev_scratch(struct eval *ev);
/* Bytes the evaluation may still use. */
size_t ev_memory_left(const struct eval *ev);

/* eval_set.c */
ATT_CHECK bool cset_load(struct eval *ev, struct cset *set, const struct claims *from);
ATT_CHECK bool cset_push(struct eval *ev, struct cset *set, const struct claim *c, int id);
/* Does the set hold the claim among its first `before`?  *hint remembers where to look first. */
ATT_CHECK bool cset_holds(struct eval *ev, const struct cset *set, const struct claim *c, int id,
    size_t before, uint32_t *hint, bool *out);
/* The claim's value; makes the text of a JSON claim at the first use. */
ATT_CHECK bool claim_value(struct eval *ev, struct claim *c, struct value *out);
/* value_same, charged by length. */
ATT_CHECK bool ev_same(struct eval *ev, const struct value *a, const struct value *b, bool *out);

/* eval_expr.c */
ATT_CHECK bool eval_expr(struct eval *ev, const struct expr *e, struct values *out);
/* The one string of a set, without NUL inside; what is named in the message. */
ATT_CHECK bool eval_scalar_text(struct eval *ev, const struct values *v, const char *what,
    const struct value **out);
ATT_CHECK bool one_value(struct eval *ev, const struct value *v, struct values *out);  /* a set of a copy */

/* eval_cond.c */
ATT_CHECK bool eval_condition(struct eval *ev, const struct condition *c, struct bound *out, bool *holds);

/* eval_action.c */
ATT_CHECK bool eval_action(struct eval *ev, const struct rule *r);

/* property.c: known, used in this section? */
bool property_ignored(const char *name, enum pol_section s);
ATT_CHECK bool properties_check(struct eval *ev);

#endif
