/* lex.h - JMESPath text to tokens (specification, section Grammar). */
#ifndef JMESPATH_LEX_H
#define JMESPATH_LEX_H

#include "lib/policy/jmespath/report.h"

enum jmes_tok_kind {
	TOK_END,
	TOK_NAME,               /* unquoted-string */
	TOK_QUOTED,             /* quoted-string, unescaped */
	TOK_LITERAL,            /* `json` or 'raw string' */
	TOK_NUMBER,
	TOK_CURRENT, TOK_EXPREF, TOK_COLON, TOK_COMMA, TOK_RBRACKET, TOK_RBRACE, TOK_RPAREN,
	TOK_PIPE, TOK_OR, TOK_AND, TOK_EQ, TOK_NE, TOK_LT, TOK_LE, TOK_GT, TOK_GE,
	TOK_FLATTEN, TOK_STAR, TOK_FILTER, TOK_DOT, TOK_NOT, TOK_LBRACE, TOK_LBRACKET, TOK_LPAREN,
	TOK_KINDS
};

struct jmes_tok {
	enum jmes_tok_kind kind;
	size_t offset, len;             /* in the text */
	const char *name;               /* NAME, QUOTED: in the arena, NUL-terminated */
	size_t name_len;
	const struct json *literal;     /* LITERAL */
	int64_t number;                 /* NUMBER; saturates at +-INT64_MAX, which no index can reach */
};

struct jmes_lexer {
	const char *text;
	size_t len, pos;
	struct jmes_report *r;
};

/* Reads the next token; at the end of the text END, again and again. */
ATT_CHECK bool jmes_lex_next(struct jmes_lexer *l, struct jmes_tok *t);

#endif
