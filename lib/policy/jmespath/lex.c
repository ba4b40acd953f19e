#include "lib/policy/jmespath/lex.h"

#include "lib/policy/jmespath/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Longest first where one is the beginning of another. */
static const struct op_row { char text[3]; enum jmes_tok_kind kind; } op_rows[] = {
	{ "[?", TOK_FILTER }, { "[]", TOK_FLATTEN }, { "||", TOK_OR }, { "&&", TOK_AND },
	{ "==", TOK_EQ }, { "!=", TOK_NE }, { "<=", TOK_LE }, { ">=", TOK_GE },
	{ "<", TOK_LT }, { ">", TOK_GT }, { "!", TOK_NOT }, { "|", TOK_PIPE }, { "&", TOK_EXPREF },
	{ ".", TOK_DOT }, { "*", TOK_STAR }, { "[", TOK_LBRACKET }, { "]", TOK_RBRACKET },
	{ "{", TOK_LBRACE }, { "}", TOK_RBRACE }, { "(", TOK_LPAREN }, { ")", TOK_RPAREN },
	{ ",", TOK_COMMA }, { ":", TOK_COLON }, { "@", TOK_CURRENT },
};

/* The character k places ahead, or -1 past the end. */
static int look(const struct jmes_lexer *l, size_t k)
{
	return k < l->len - l->pos ? (unsigned char)l->text[l->pos + k] : -1;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_start(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip_space(struct jmes_lexer *l)
{
	int c;

	while ((c = look(l, 0)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		l->pos++;
}

static bool lex_name(struct jmes_lexer *l, struct jmes_tok *t)
{
	size_t n = 1;

	while (is_name_start(look(l, n)) || is_digit(look(l, n)))
		n++;
	t->kind = TOK_NAME;
	t->len = t->name_len = n;
	t->name = arena_strndup(l->r->a, l->text + l->pos, n);
	return t->name ? true : jmes_report_memory(l->r, l->pos);
}

static bool lex_number(struct jmes_lexer *l, struct jmes_tok *t)
{
	bool negative = look(l, 0) == '-';
	size_t n = negative;
	int64_t v = 0;

	if (!is_digit(look(l, n)))
		return jmes_report(l->r, JMES_SYNTAX, l->pos, "no digit after '-'");
	for (; is_digit(look(l, n)); n++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (int64_t)(look(l, n) - '0'), &v))
			v = INT64_MAX;
	t->kind = TOK_NUMBER;
	t->len = n;
	t->number = negative ? -v : v;
	return true;
}

/* Sets t->len to the length of the delimited text, both delimiters included. */
static bool measure(const struct jmes_lexer *l, struct jmes_tok *t)
{
	int quote = look(l, 0);
	size_t n = 1;

	while (look(l, n) != quote) {
		if (look(l, n) == '\\')
			n++;
		if (look(l, n) < 0)
			return jmes_report(l->r, JMES_SYNTAX, l->pos, "no closing %c", quote);
		n++;
	}
	t->len = n + 1;
	return true;
}

/* The text between the delimiters; a backslash before the delimiter is dropped, others stay. */
static char *inner(const struct jmes_lexer *l, const struct jmes_tok *t, size_t *out_len)
{
	const char *s = l->text + l->pos + 1;
	char quote = l->text[l->pos];
	size_t n = t->len - 2, w = 0;
	char *p = arena_alloc(l->r->a, n + 1);

	for (size_t i = 0; p && i < n; i++) {
		if (s[i] == '\\' && i + 1 < n && s[++i] != quote)
			p[w++] = '\\';
		p[w++] = s[i];
	}
	*out_len = w;
	if (!p)
		(void)jmes_report_memory(l->r, l->pos);
	return p;
}

static bool parse_json(struct jmes_lexer *l, const char *s, size_t n, struct json **out)
{
	struct att_error e = { 0 };

	if (json_parse(l->r->a, s, n, NULL, out, &e))
		return true;
	if (e.code == ATT_E_NOMEM || arena_hit_limit(l->r->a))
		return jmes_report_memory(l->r, l->pos);
	return jmes_report(l->r, e.code == ATT_E_LIMIT ? JMES_LIMIT : JMES_SYNTAX, l->pos,
	    "not acceptable JSON: %s", e.text);
}

static bool lex_quoted(struct jmes_lexer *l, struct jmes_tok *t)
{
	struct json *v;

	if (!measure(l, t) || !parse_json(l, l->text + l->pos, t->len, &v))
		return false;
	t->kind = TOK_QUOTED;
	t->name = v->s;
	t->name_len = v->len;
	return true;
}

static bool lex_literal(struct jmes_lexer *l, struct jmes_tok *t)
{
	struct json *v = NULL;
	size_t n;
	char *s;

	t->kind = TOK_LITERAL;
	if (!measure(l, t) || !(s = inner(l, t, &n)) || !parse_json(l, s, n, &v))
		return false;
	t->literal = v;
	return true;
}

static bool lex_raw(struct jmes_lexer *l, struct jmes_tok *t)
{
	struct json *v;
	size_t n, bad;
	char *s;

	t->kind = TOK_LITERAL;
	if (!measure(l, t) || !(s = inner(l, t, &n)))
		return false;
	if (!jmes_text_valid(s, n, &bad))
		return jmes_report(l->r, JMES_SYNTAX, l->pos,
		    "raw string is not UTF-8 at its byte %zu", bad);
	v = arena_alloc(l->r->a, sizeof *v);
	if (!v)
		return jmes_report_memory(l->r, l->pos);
	*v = (struct json){ .kind = JSON_STRING, .s = s, .len = n };
	t->literal = v;
	return true;
}

static bool lex_op(struct jmes_lexer *l, struct jmes_tok *t)
{
	int c = look(l, 0);

	for (size_t i = 0; i < COUNT(op_rows); i++) {
		const struct op_row *o = &op_rows[i];
		if (c != o->text[0] || (o->text[1] && look(l, 1) != o->text[1]))
			continue;
		t->kind = o->kind;
		t->len = o->text[1] ? 2 : 1;
		return true;
	}
	if (c == '=')
		return jmes_report(l->r, JMES_SYNTAX, l->pos, "'=' is not an operator; equality is ==");
	return jmes_report(l->r, JMES_SYNTAX, l->pos, "character 0x%02x starts no token", (unsigned)c);
}

typedef bool lex_fn(struct jmes_lexer *l, struct jmes_tok *t);

bool jmes_lex_next(struct jmes_lexer *l, struct jmes_tok *t)
{
	static const struct { char first; lex_fn *lex; } starts[] = {
		{ '"', lex_quoted }, { '`', lex_literal }, { '\'', lex_raw }, { '-', lex_number },
	};
	lex_fn *lex = lex_op;
	int c;

	skip_space(l);
	*t = (struct jmes_tok){ .kind = TOK_END, .offset = l->pos };
	c = look(l, 0);
	if (c < 0)
		return true;
	for (size_t i = 0; i < COUNT(starts); i++)
		if (c == starts[i].first)
			lex = starts[i].lex;
	if (is_digit(c))
		lex = lex_number;
	else if (is_name_start(c))
		lex = lex_name;
	if (!lex(l, t))
		return false;
	l->pos += t->len;
	return true;
}
