/*
 * jmespath.h - JMESPath queries over JSON trees.
 *
 * Specification: the JMESPath specification (jmespath.org/specification.html), all of its grammar
 * and all 26 built-in functions; literals between back-ticks are JSON only, except that the
 * older form of an unquoted string (`foo`) is refused.  One extension:
 *
 *   equals_ignore_case(string, string) -> boolean    ASCII case ignored; a null argument gives false
 *
 * Everything is bounded: expression length and nesting, steps of evaluation (struct jmes_budget),
 * and memory (the arena's limit).  No input makes evaluation run longer than its budget, and the
 * same query over the same document always gives the same answer.  Nothing here knows a clock,
 * a file or a locale.
 */
#ifndef JMESPATH_JMESPATH_H
#define JMESPATH_JMESPATH_H

#include "lib/json/json.h"

#define JMES_TEXT_MAX ((size_t)1 << 16) /* bytes of an expression */
#define JMES_DEPTH_MAX 64               /* nesting of an expression */
#define JMES_STEPS_DEFAULT 10000000u

/* Error classes; the specification's names are given by jmes_class_name(). */
enum jmes_class {
	JMES_NONE = 0,          /* no error; also: out of memory of the machine (ATT_E_NOMEM) */
	JMES_SYNTAX,            /* "syntax" */
	JMES_TYPE,              /* "invalid-type": a function's argument has the wrong type */
	JMES_VALUE,             /* "invalid-value": for example a slice step of 0 */
	JMES_ARITY,             /* "invalid-arity" */
	JMES_UNKNOWN_FUNCTION,  /* "unknown-function" */
	JMES_LIMIT              /* "limit": steps, memory, length or nesting */
};

struct jmes_problem {
	enum jmes_class class;
	size_t offset;          /* byte offset in the expression the problem belongs to */
	const char *message;    /* one sentence, in the arena or constant; NULL when class is NONE */
};

/* Steps left.  One per node visited, per element or member touched by a projection or a function,
 * n log n for sorting, one per 64 bytes of text that a function reads or makes. */
struct jmes_budget { uint64_t steps; };

struct jmes;            /* a compiled expression: immutable, lives in the arena it was compiled in */

/*
 * Compiles len bytes at text; borrows nothing from text.  On failure returns false, *out is
 * unchanged, *p (may be NULL) is filled, and e gets POLICY_PARSE, LIMIT or NOMEM.  Arity and
 * names of functions are checked here, so JMES_ARITY and JMES_UNKNOWN_FUNCTION come from here,
 * as does JMES_VALUE for a slice step of 0.
 */
ATT_CHECK bool jmes_compile(struct arena *a, const char *text, size_t len, struct jmes **out,
    struct jmes_problem *p, struct att_error *e);

/*
 * Evaluates q over doc.  *out may share nodes with doc and with q and is never NULL on success; treat it as
 * read-only: do not append it to another tree (json_copy it first).  It lives as long as the
 * shortest-lived of a, doc and q.  The name of *out itself means nothing.
 * b->steps is reduced by what was used, also on failure.  On failure returns false, *out is
 * unchanged, *p (may be NULL) is filled, and e gets POLICY_EVAL, LIMIT or NOMEM.
 */
ATT_CHECK bool jmes_search(const struct jmes *q, const struct json *doc, struct jmes_budget *b,
    struct jmes_problem *p, struct arena *a, const struct json **out, struct att_error *e);

const char *jmes_class_name(enum jmes_class c);         /* "syntax", "invalid-type", ... */

#endif
