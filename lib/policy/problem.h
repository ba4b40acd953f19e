/*
 * problem.h - collecting what is wrong with a policy text: position, expected set, hint.
 *
 * Used by lexer, parser, checks and lints.  Nothing here decides whether something is wrong.
 */
#ifndef POLICY_PROBLEM_H
#define POLICY_PROBLEM_H

#include "lib/policy/policy.h"

struct seen { size_t off, line, column, line_start; };

struct problems {
	struct arena *a;                /* texts of problems */
	struct att_error *e;            /* gets the failed allocation */
	const char *text;               /* the policy */
	size_t len;
	const char *const *path;        /* grammar rules entered, outermost first; may be NULL */
	size_t npath;
	struct seen seen;               /* the last place asked for */
	struct policy_problem *v;       /* POLICY_PROBLEMS_MAX of them, allocated at the first */
	size_t n;
	bool muted;                     /* skipping what a problem has spoiled: nothing is added */
	bool lints;                     /* several kinds may stand at one place */
	bool nomem;                     /* e says why */
	bool full;                      /* no room for more: stop */
};

struct place {                          /* where in the text */
	size_t off, len, line;
};

/* What is wrong at a place of the text (its line is not looked at). */
struct complaint {
	const char *id;                 /* constant */
	struct place at;
	const char *message;            /* arena or constant; NULL: made from token and expected */
	uint64_t expected;              /* set of token kinds, or 0 */
	const char *hint;               /* arena or constant, or NULL */
};

/* Adds a problem unless one stands at the same place (of lints: one of the same kind).  False when
 * work must stop: memory is exhausted or the report is full. */
ATT_CHECK bool problem_add(struct problems *ps, const struct complaint *c);
/* printf into the arena for messages; never NULL: a constant text when memory runs out. */
const char *problem_text(struct problems *ps, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void problems_sort(struct problems *ps);        /* by position */
/* Writes MAA's message of the problem to e: POLICY_PARSE.  Always false. */
bool problem_report(const struct policy_problem *p, struct att_error *e);

#endif
