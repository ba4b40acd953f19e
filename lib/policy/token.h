/*
 * token.h - the tokens of a policy text (spec policy-language.md section 2) and the lexer.
 *
 * The lexer repairs what people type by mistake where the intention is plain (typographic quotes,
 * single quotes, block comments): it reports the problem and hands on the token that was meant, so
 * that one slip is one message.
 */
#ifndef POLICY_TOKEN_H
#define POLICY_TOKEN_H

#include "lib/policy/problem.h"

/* X(kind, how a message shows it).  Kinds after EOF stand for classes in sets of expected tokens. */
#define POL_TOKENS(X) \
	X(IDENT, "identifier") X(STRING, "string") X(INT, "integer") X(TRUE, "'true'") X(FALSE, "'false'") \
	X(ARROW, "'=>'") X(ASSIGN, "'='") X(EQ, "'=='") X(NE, "'!='") X(LT, "'<'") X(LE, "'<='") \
	X(GT, "'>'") X(GE, "'>='") X(AND, "'&&'") X(NOT, "'!'") X(LBRACKET, "'['") X(RBRACKET, "']'") \
	X(LPAREN, "'('") X(RPAREN, "')'") X(LBRACE, "'{'") X(RBRACE, "'}'") X(COMMA, "','") \
	X(SEMI, "';'") X(COLON, "':'") X(DOT, "'.'") X(BAD, "") X(EOF, "end of text") \
	X(VERSION, "'version'") X(NUMBER, "1.0, 1.1 or 1.2") \
	X(CONFIG, "'configurationrules'") X(AUTHZ, "'authorizationrules'") X(ISSUANCE, "'issuancerules'") \
	X(PROPERTY, "type, value, valueType or issuer") X(CLAIM, "'claim'") X(ACTION, "an action") \
	X(VALUE, "a value")
enum pol_token_kind {
#define X(kind, text) T_##kind,
	POL_TOKENS(X)
#undef X
	T_COUNT
};
#define SET(kind) (UINT64_C(1) << T_##kind)

struct pol_token {
	enum pol_token_kind kind;
	size_t off, len;        /* in the text */
	size_t line;            /* from 1 */
	const char *s;          /* T_STRING: decoded, NUL-terminated, without NUL inside; in the arena */
	size_t s_len;
	int64_t i;              /* T_INT */
};

struct lexer {
	struct problems *ps;    /* also holds text and arena */
	size_t pos;             /* next byte */
	size_t line;            /* of pos */
};

/* The next token.  T_BAD: a problem was reported.  False when memory runs out or the report is full. */
ATT_CHECK bool lex_next(struct lexer *lx, struct pol_token *out);
/* The string literal that starts at lx->pos with an ASCII quote. */
ATT_CHECK bool lex_string(struct lexer *lx, struct pol_token *out);
/* Text between quotes that look like quotes but are not; n bytes is the opening one. */
ATT_CHECK bool lex_wrong_quotes(struct lexer *lx, size_t n, struct pol_token *out);
/* Bytes of the quotation mark look-alike at pos, 0 when there is none. */
size_t lex_wrong_quote(const struct lexer *lx, size_t pos);
int lex_at(const struct lexer *lx, size_t pos);         /* the byte at pos, -1 past the end */

const char *pol_token_name(enum pol_token_kind kind);

#endif
