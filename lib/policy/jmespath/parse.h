/* parse.h - from tokens to a tree: a Pratt parser over one table of binding powers. */
#ifndef JMESPATH_PARSE_H
#define JMESPATH_PARSE_H

#include "lib/policy/jmespath/ast.h"
#include "lib/policy/jmespath/lex.h"

struct jmes_parser {
	struct jmes_lexer lex;
	struct jmes_report *r;
	struct jmes_tok cur, ahead;
	unsigned depth;
	/* The first wrong function name, arity or slice step; reported when the syntax is right. */
	enum jmes_class later;
	size_t later_offset;
	const char *later_message;
};

/* The whole text as one expression, or NULL. */
struct jmes_node *jmes_parse(struct jmes_parser *p);

/* Expression whose operators bind tighter than power; NULL = failed.  For parse_list.c. */
struct jmes_node *jmes_parse_expression(struct jmes_parser *p, int power);
bool jmes_parse_advance(struct jmes_parser *p);
/* Consumes a token of this kind, or reports what was wanted. */
bool jmes_parse_expect(struct jmes_parser *p, enum jmes_tok_kind k);
/* Reports the token as out of place.  Always NULL. */
struct jmes_node *jmes_parse_unexpected(struct jmes_parser *p, const struct jmes_tok *t,
    const char *wanted);
struct jmes_node *jmes_parse_node(struct jmes_parser *p, enum jmes_node_kind k, size_t offset,
    struct jmes_node *left, struct jmes_node *right);
/* Makes n at least one higher than its child; reports when that passes JMES_HEIGHT_MAX. */
bool jmes_parse_raise(struct jmes_parser *p, struct jmes_node *n, const struct jmes_node *child);
/* Remembers a failure that is not one of syntax. */
void jmes_parse_later(struct jmes_parser *p, enum jmes_class c, size_t offset, const char *message);

/* Lists, after their opening token was consumed: parse_list.c. */
struct jmes_node *jmes_parse_list(struct jmes_parser *p, size_t offset);
struct jmes_node *jmes_parse_hash(struct jmes_parser *p, size_t offset);
struct jmes_node *jmes_parse_call(struct jmes_parser *p, const struct jmes_tok *name);

#endif
