/*
 * parse.h - recursive descent over the grammar of spec policy-language.md section 3.
 *
 * Goes on after a problem: repairs it where the intention is plain, else skips to the end of the rule or
 * section.  So the tree may be partial when problems were reported.
 */
#ifndef POLICY_PARSE_H
#define POLICY_PARSE_H

#include "lib/policy/ast.h"
#include "lib/policy/token.h"

#define PATH_MAX_RULES 8

struct parser {
	struct lexer lx;
	struct problems *ps;
	struct policy *p;
	struct pol_token tok;           /* the token looked at */
	size_t prev_end;                /* of the token before it: offset behind it */
	size_t prev_line;               /* of the token before it */
	const char *path[PATH_MAX_RULES];
	unsigned depth;                 /* nested calls */
	bool stop;                      /* memory exhausted or report full */
	bool version_known;
};

/* Fills *p.  False when memory runs out or the report is full; problems are in ps. */
ATT_CHECK bool parse_policy(struct problems *ps, struct policy *p, bool *version_known);

/* Shared by parse.c, parse_rule.c and parse_expr.c.  bool results: false = give up on this construct;
 * the problem has been reported. */
void parse_advance(struct parser *ps);
ATT_CHECK bool parse_expect(struct parser *ps, enum pol_token_kind kind);
/* As parse_expect, but a missing token is reported and taken as read. */
void parse_insist(struct parser *ps, enum pol_token_kind kind, const char *hint);
bool parse_unexpected(struct parser *ps, uint64_t expected, const char *hint);  /* always false */
bool parse_complain(struct parser *ps, const struct complaint *c);              /* always false */
void *parse_alloc(struct parser *ps, size_t n);         /* NULL: stop is set */
char *parse_copy(struct parser *ps, const struct pol_token *t);         /* the token's text */
bool parse_is(const struct parser *ps, const char *word);       /* the token is this identifier */
struct place parse_place(const struct parser *ps);      /* of the token looked at */
void parse_enter(struct parser *ps, const char *rule);
void parse_leave(struct parser *ps);
ATT_CHECK bool parse_property(struct parser *ps, enum pol_prop *out);   /* 'type' | 'value' | ... */

struct rule *parse_rule(struct parser *ps);             /* NULL: gave up */
struct expr *parse_expr(struct parser *ps);             /* NULL: gave up */

#endif
