#include "lib/policy/token.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *pol_token_name(enum pol_token_kind kind)
{
	static const char *const names[] = {
#define X(kind, text) text,
		POL_TOKENS(X)
#undef X
	};

	return names[kind];
}

int lex_at(const struct lexer *lx, size_t pos)
{
	return pos < lx->ps->len ? (unsigned char)lx->ps->text[pos] : -1;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Block comments are not part of the language (spec section 2); reported, then read as white space. */
static bool skip_block_comment(struct lexer *lx)
{
	size_t start = lx->pos;
	int c;

	lx->pos += 2;
	while ((c = lex_at(lx, lx->pos)) >= 0 && !(c == '*' && lex_at(lx, lx->pos + 1) == '/')) {
		lx->line += c == '\n';
		lx->pos++;
	}
	if (c >= 0)
		lx->pos += 2;
	return problem_add(lx->ps, &(struct complaint){ .id = "block-comment",
	    .at = { .off = start, .len = 2 },
	    .message = "block comments are not part of the language",
	    .hint = "begin every comment line with //" });
}

static bool skip_blank(struct lexer *lx)
{
	for (;;) {
		int c = lex_at(lx, lx->pos), next = lex_at(lx, lx->pos + 1);

		if (c == '/' && next == '*') {
			if (!skip_block_comment(lx))
				return false;
		} else if (c == '/' && next == '/') {
			while (c >= 0 && c != '\n' && c != '\r')
				c = lex_at(lx, ++lx->pos);
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			lx->line += c == '\n';
			lx->pos++;
		} else {
			return true;
		}
	}
}

struct sign { const char *text; enum pol_token_kind kind; };

static const struct sign signs[] = {            /* longer ones first */
	{ "=>", T_ARROW }, { "==", T_EQ }, { "!=", T_NE }, { "<=", T_LE }, { ">=", T_GE }, { "&&", T_AND },
	{ "=", T_ASSIGN }, { "<", T_LT }, { ">", T_GT }, { "!", T_NOT }, { "[", T_LBRACKET },
	{ "]", T_RBRACKET },
	{ "(", T_LPAREN }, { ")", T_RPAREN }, { "{", T_LBRACE }, { "}", T_RBRACE }, { ",", T_COMMA },
	{ ";", T_SEMI }, { ":", T_COLON }, { ".", T_DOT }
};

/* Signs of related languages and of habit, and the one that was probably meant. */
static const struct { struct sign sign; const char *message, *hint; } foreign_signs[] = {
	{ { "=~", T_EQ }, "there is no regular-expression operator",
	    "compare with == or list every value in a rule of its own" },
	{ { "!~", T_NE }, "there is no regular-expression operator", "compare with !=" },
	{ { "||", T_AND }, "there is no || between conditions",
	    "write one rule for each alternative: any rule that fires is enough" },
	{ { "&", T_AND }, "'&' is not an operator", "join conditions with &&" },
	{ { "\xE2\x87\x92", T_ARROW }, "typographic arrow", "write =>" },
	{ { "\xE2\x89\xA0", T_NE }, "typographic sign", "write !=" },
	{ { "\xE2\x89\xA4", T_LE }, "typographic sign", "write <=" },
	{ { "\xE2\x89\xA5", T_GE }, "typographic sign", "write >=" }
};

static bool stands_here(const struct lexer *lx, const char *text)
{
	for (size_t i = 0; text[i]; i++)
		if (lex_at(lx, lx->pos + i) != (unsigned char)text[i])
			return false;
	return true;
}

static bool take_sign(struct lexer *lx, const struct sign *s, struct pol_token *t)
{
	if (!stands_here(lx, s->text))
		return false;
	t->kind = s->kind;
	lx->pos += strlen(s->text);
	return true;
}

static void lex_word(struct lexer *lx, struct pol_token *t)
{
	while (is_letter(lex_at(lx, lx->pos)) || is_digit(lex_at(lx, lx->pos)))
		lx->pos++;
	t->kind = T_IDENT;
	t->len = lx->pos - t->off;
	if (t->len == 4 && strncmp(lx->ps->text + t->off, "true", 4) == 0)
		t->kind = T_TRUE;
	else if (t->len == 5 && strncmp(lx->ps->text + t->off, "false", 5) == 0)
		t->kind = T_FALSE;
}

static bool lex_int(struct lexer *lx, struct pol_token *t)
{
	bool negative = lex_at(lx, lx->pos) == '-', overflow = false;
	int64_t v = 0;

	lx->pos += negative;
	for (; is_digit(lex_at(lx, lx->pos)); lx->pos++) {
		int64_t digit = lex_at(lx, lx->pos) - '0';

		overflow |= __builtin_mul_overflow(v, (int64_t)10, &v) ||
		    __builtin_add_overflow(v, negative ? -digit : digit, &v);
	}
	t->kind = T_INT;
	t->i = v;
	if (!overflow)
		return true;
	return problem_add(lx->ps, &(struct complaint){ .id = "integer",
	    .at = { .off = t->off, .len = lx->pos - t->off },
	    .message = "integer does not fit 64 bits" });
}

static bool lex_foreign(struct lexer *lx, struct pol_token *t)
{
	size_t n = lex_wrong_quote(lx, lx->pos), start = lx->pos;

	if (n)
		return lex_wrong_quotes(lx, n, t);
	for (size_t i = 0; i < COUNT(foreign_signs); i++)
		if (take_sign(lx, &foreign_signs[i].sign, t))
			return problem_add(lx->ps, &(struct complaint){ .id = "operator",
			    .at = { .off = start, .len = lx->pos - start },
			    .message = foreign_signs[i].message, .hint = foreign_signs[i].hint });
	/* Skip the whole character and what is like it, so that binary rubbish is one problem. */
	do
		lx->pos++;
	while (lex_at(lx, lx->pos) >= 0x80 && !lex_wrong_quote(lx, lx->pos));
	t->kind = T_BAD;
	return problem_add(lx->ps, &(struct complaint){ .id = "character",
	    .at = { .off = start, .len = lx->pos - start },
	    .message = "this character means nothing here" });
}

static bool lex_sign(struct lexer *lx, struct pol_token *t)
{
	/* =~ and !~ begin like signs of ours, so they are looked for first. */
	if (stands_here(lx, "=~") || stands_here(lx, "!~"))
		return lex_foreign(lx, t);
	for (size_t i = 0; i < COUNT(signs); i++)
		if (take_sign(lx, &signs[i], t))
			return true;
	return lex_foreign(lx, t);
}

bool lex_next(struct lexer *lx, struct pol_token *out)
{
	struct pol_token t = { 0 };
	bool ok = true;
	int c;

	if (!skip_blank(lx))
		return false;
	c = lex_at(lx, lx->pos);
	t.off = lx->pos;
	t.line = lx->line;
	if (c < 0)
		t.kind = T_EOF;
	else if (is_letter(c))
		lex_word(lx, &t);
	else if (is_digit(c) || (c == '-' && is_digit(lex_at(lx, lx->pos + 1))))
		ok = lex_int(lx, &t);
	else if (c == '"')
		ok = lex_string(lx, &t);
	else
		ok = lex_sign(lx, &t);
	t.len = lx->pos - t.off;
	*out = t;
	return ok;
}
