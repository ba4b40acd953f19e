#include "lib/policy/jmespath/parse.h"

/*
 * Binding powers: an operator takes what stands left of it while its power is above that of the
 * operator before.  Only '.', '[' and '[?' directly behind a projection belong to its right side;
 * flatten, comparisons and all weaker ones work on the projected list as a whole.
 */
enum {
	POWER_NONE, POWER_PIPE, POWER_OR, POWER_AND, POWER_COMPARE, POWER_FLATTEN, POWER_STAR,
	POWER_FILTER, POWER_DOT, POWER_NOT, POWER_BRACKET
};

typedef struct jmes_node *prefix_fn(struct jmes_parser *p, const struct jmes_tok *t);
typedef struct jmes_node *infix_fn(struct jmes_parser *p, struct jmes_node *left,
    const struct jmes_tok *t);

static prefix_fn prefix_name, prefix_quoted, prefix_literal, prefix_current, prefix_star, prefix_flatten,
    prefix_filter, prefix_not, prefix_hash, prefix_bracket, prefix_paren;
static infix_fn infix_binary, infix_compare, infix_dot, infix_flatten, infix_filter, infix_bracket;

struct rule {
	const char *text;               /* for messages */
	prefix_fn *prefix;
	infix_fn *infix;
	int power;                      /* of the infix; tokens without one end an expression */
	enum jmes_node_kind kind;       /* infix_binary */
	enum jmes_comparator comparator;
};

static const struct rule rules[TOK_KINDS] = {
	[TOK_END]      = { .text = "the end" },
	[TOK_NAME]     = { .text = "a name", .prefix = prefix_name },
	[TOK_QUOTED]   = { .text = "a quoted name", .prefix = prefix_quoted },
	[TOK_LITERAL]  = { .text = "a literal", .prefix = prefix_literal },
	[TOK_NUMBER]   = { .text = "a number without back-ticks" },
	[TOK_CURRENT]  = { .text = "'@'", .prefix = prefix_current },
	[TOK_EXPREF]   = { .text = "'&'" },
	[TOK_COLON]    = { .text = "':'" },
	[TOK_COMMA]    = { .text = "','" },
	[TOK_RBRACKET] = { .text = "']'" },
	[TOK_RBRACE]   = { .text = "'}'" },
	[TOK_RPAREN]   = { .text = "')'" },
	[TOK_PIPE]     = { "'|'", NULL, infix_binary, POWER_PIPE, NODE_CHAIN, 0 },
	[TOK_OR]       = { "'||'", NULL, infix_binary, POWER_OR, NODE_OR, 0 },
	[TOK_AND]      = { "'&&'", NULL, infix_binary, POWER_AND, NODE_AND, 0 },
	[TOK_EQ]       = { "'=='", NULL, infix_compare, POWER_COMPARE, NODE_COMPARE, CMP_EQ },
	[TOK_NE]       = { "'!='", NULL, infix_compare, POWER_COMPARE, NODE_COMPARE, CMP_NE },
	[TOK_LT]       = { "'<'", NULL, infix_compare, POWER_COMPARE, NODE_COMPARE, CMP_LT },
	[TOK_LE]       = { "'<='", NULL, infix_compare, POWER_COMPARE, NODE_COMPARE, CMP_LE },
	[TOK_GT]       = { "'>'", NULL, infix_compare, POWER_COMPARE, NODE_COMPARE, CMP_GT },
	[TOK_GE]       = { "'>='", NULL, infix_compare, POWER_COMPARE, NODE_COMPARE, CMP_GE },
	[TOK_FLATTEN]  = { "'[]'", prefix_flatten, infix_flatten, POWER_FLATTEN, NODE_FLATTEN, 0 },
	[TOK_STAR]     = { .text = "'*'", .prefix = prefix_star },
	[TOK_FILTER]   = { "'[?'", prefix_filter, infix_filter, POWER_FILTER, NODE_FILTER, 0 },
	[TOK_DOT]      = { "'.'", NULL, infix_dot, POWER_DOT, NODE_CHAIN, 0 },
	[TOK_NOT]      = { .text = "'!'", .prefix = prefix_not },
	[TOK_LBRACE]   = { .text = "'{'", .prefix = prefix_hash },
	[TOK_LBRACKET] = { "'['", prefix_bracket, infix_bracket, POWER_BRACKET, NODE_INDEX, 0 },
	[TOK_LPAREN]   = { .text = "'('", .prefix = prefix_paren },
};

bool jmes_parse_advance(struct jmes_parser *p)
{
	p->cur = p->ahead;
	return jmes_lex_next(&p->lex, &p->ahead);
}

struct jmes_node *jmes_parse_unexpected(struct jmes_parser *p, const struct jmes_tok *t,
    const char *wanted)
{
	(void)jmes_report(p->r, JMES_SYNTAX, t->offset, "%s stands where %s is expected",
	    rules[t->kind].text, wanted);
	return NULL;
}

bool jmes_parse_expect(struct jmes_parser *p, enum jmes_tok_kind k)
{
	if (p->cur.kind == k)
		return jmes_parse_advance(p);
	(void)jmes_parse_unexpected(p, &p->cur, rules[k].text);
	return false;
}

void jmes_parse_later(struct jmes_parser *p, enum jmes_class c, size_t offset, const char *message)
{
	if (p->later != JMES_NONE)
		return;
	p->later = c;
	p->later_offset = offset;
	p->later_message = message ? message : jmes_class_name(c);
}

struct jmes_node *jmes_parse_node(struct jmes_parser *p, enum jmes_node_kind k, size_t offset,
    struct jmes_node *left, struct jmes_node *right)
{
	struct jmes_node *n;

	n = arena_alloc(p->r->a, sizeof *n);
	if (!n) {
		(void)jmes_report_memory(p->r, offset);
		return NULL;
	}
	*n = (struct jmes_node){ .kind = k, .height = 1, .offset = offset, .left = left, .right = right };
	if ((left && !jmes_parse_raise(p, n, left)) || (right && !jmes_parse_raise(p, n, right)))
		return NULL;
	return n;
}

bool jmes_parse_raise(struct jmes_parser *p, struct jmes_node *n, const struct jmes_node *child)
{
	if (n->height <= child->height)
		n->height = child->height + 1;
	return n->height <= JMES_HEIGHT_MAX ||
	    jmes_report(p->r, JMES_LIMIT, n->offset, "more than %d operators in a chain", JMES_HEIGHT_MAX);
}

static struct jmes_node *current(struct jmes_parser *p)
{
	return jmes_parse_node(p, NODE_CURRENT, p->cur.offset, NULL, NULL);
}

/* What may follow a dot: name, call, *, multi-select.  The dot was consumed. */
static struct jmes_node *dot_right(struct jmes_parser *p, int power)
{
	enum jmes_tok_kind k = p->cur.kind;
	size_t offset = p->cur.offset;

	if (k == TOK_NAME || k == TOK_QUOTED || k == TOK_STAR)
		return jmes_parse_expression(p, power);
	/* "foo.[" and "foo.{" are multi-selects only: "foo.[0]" and "foo.[*]" as an index are errors. */
	if (k == TOK_LBRACKET)
		return jmes_parse_advance(p) ? jmes_parse_list(p, offset) : NULL;
	if (k == TOK_LBRACE)
		return jmes_parse_advance(p) ? jmes_parse_hash(p, offset) : NULL;
	return jmes_parse_unexpected(p, &p->cur, "a name, '*', '[' or '{'");
}

/* The part of the expression that a projection applies to each of its elements. */
static struct jmes_node *projected(struct jmes_parser *p, int power)
{
	enum jmes_tok_kind k = p->cur.kind;

	if (k == TOK_LBRACKET || k == TOK_FILTER)
		return jmes_parse_expression(p, power);
	if (k == TOK_DOT)
		return jmes_parse_advance(p) ? dot_right(p, power) : NULL;
	return current(p);
}

static struct jmes_node *project(struct jmes_parser *p, enum jmes_node_kind k, struct jmes_node *left,
    size_t offset, int power)
{
	struct jmes_node *right = left ? projected(p, power) : NULL;

	return right ? jmes_parse_node(p, k, offset, left, right) : NULL;
}

static struct jmes_node *prefix_name(struct jmes_parser *p, const struct jmes_tok *t)
{
	return p->cur.kind == TOK_LPAREN ? jmes_parse_call(p, t) : prefix_quoted(p, t);
}

static struct jmes_node *prefix_quoted(struct jmes_parser *p, const struct jmes_tok *t)
{
	struct jmes_node *n = jmes_parse_node(p, NODE_FIELD, t->offset, NULL, NULL);

	if (n) {
		n->name = t->name;
		n->name_len = t->name_len;
	}
	return n;
}

static struct jmes_node *prefix_literal(struct jmes_parser *p, const struct jmes_tok *t)
{
	struct jmes_node *n = jmes_parse_node(p, NODE_LITERAL, t->offset, NULL, NULL);

	if (n)
		n->literal = t->literal;
	return n;
}

static struct jmes_node *prefix_current(struct jmes_parser *p, const struct jmes_tok *t)
{
	return jmes_parse_node(p, NODE_CURRENT, t->offset, NULL, NULL);
}

static struct jmes_node *prefix_star(struct jmes_parser *p, const struct jmes_tok *t)
{
	return project(p, NODE_PROJECT_VALUES, current(p), t->offset, POWER_STAR);
}

static struct jmes_node *prefix_flatten(struct jmes_parser *p, const struct jmes_tok *t)
{
	struct jmes_node *left = current(p);

	return left ? infix_flatten(p, left, t) : NULL;
}

static struct jmes_node *prefix_filter(struct jmes_parser *p, const struct jmes_tok *t)
{
	struct jmes_node *left = current(p);

	return left ? infix_filter(p, left, t) : NULL;
}

static struct jmes_node *prefix_not(struct jmes_parser *p, const struct jmes_tok *t)
{
	struct jmes_node *left = jmes_parse_expression(p, POWER_NOT);

	return left ? jmes_parse_node(p, NODE_NOT, t->offset, left, NULL) : NULL;
}

static struct jmes_node *prefix_hash(struct jmes_parser *p, const struct jmes_tok *t)
{
	return jmes_parse_hash(p, t->offset);
}

static struct jmes_node *prefix_paren(struct jmes_parser *p, const struct jmes_tok *t)
{
	struct jmes_node *n = jmes_parse_expression(p, POWER_NONE);

	(void)t;
	return n && jmes_parse_expect(p, TOK_RPAREN) ? n : NULL;
}

/* "[" was consumed: is this an index, a slice or [*] rather than a multi-select? */
static bool at_specifier(const struct jmes_parser *p)
{
	return p->cur.kind == TOK_NUMBER || p->cur.kind == TOK_COLON ||
	    (p->cur.kind == TOK_STAR && p->ahead.kind == TOK_RBRACKET);
}

static struct jmes_node *prefix_bracket(struct jmes_parser *p, const struct jmes_tok *t)
{
	struct jmes_node *left;

	if (!at_specifier(p))
		return jmes_parse_list(p, t->offset);
	left = current(p);
	return left ? infix_bracket(p, left, t) : NULL;
}

static struct jmes_node *infix_binary(struct jmes_parser *p, struct jmes_node *left,
    const struct jmes_tok *t)
{
	const struct rule *rule = &rules[t->kind];
	struct jmes_node *right = jmes_parse_expression(p, rule->power);

	return right ? jmes_parse_node(p, rule->kind, t->offset, left, right) : NULL;
}

static struct jmes_node *infix_compare(struct jmes_parser *p, struct jmes_node *left,
    const struct jmes_tok *t)
{
	struct jmes_node *n = infix_binary(p, left, t);

	if (n)
		n->comparator = rules[t->kind].comparator;
	return n;
}

static struct jmes_node *infix_dot(struct jmes_parser *p, struct jmes_node *left,
    const struct jmes_tok *t)
{
	struct jmes_node *right;
	bool star = p->cur.kind == TOK_STAR;

	/*
	 * With POWER_DOT here, as in some implementations, the projection of "a.*.b.c" would end before
	 * ".c", while that of "*.b.c" reaches to the end.  The specification knows no such difference.
	 */
	if (star && !jmes_parse_advance(p))
		return NULL;
	if (star)
		return project(p, NODE_PROJECT_VALUES, left, t->offset, POWER_STAR);
	right = dot_right(p, POWER_DOT);
	return right ? jmes_parse_node(p, NODE_CHAIN, t->offset, left, right) : NULL;
}

static struct jmes_node *infix_flatten(struct jmes_parser *p, struct jmes_node *left,
    const struct jmes_tok *t)
{
	struct jmes_node *flat = jmes_parse_node(p, NODE_FLATTEN, t->offset, left, NULL);

	return project(p, NODE_PROJECT, flat, t->offset, POWER_FLATTEN);
}

static struct jmes_node *infix_filter(struct jmes_parser *p, struct jmes_node *left,
    const struct jmes_tok *t)
{
	struct jmes_node *condition = jmes_parse_expression(p, POWER_NONE), *n;

	if (!condition || !jmes_parse_expect(p, TOK_RBRACKET))
		return NULL;
	n = project(p, NODE_FILTER, left, t->offset, POWER_FILTER);
	if (!n || !jmes_parse_raise(p, n, condition))
		return NULL;
	n->third = condition;
	return n;
}

/* [start:stop:step], every part optional; "[" was consumed. */
static bool slice_parts(struct jmes_parser *p, struct jmes_slice *s, size_t offset)
{
	int64_t part[3] = { 0, 0, 1 };
	bool has[3] = { false };
	size_t i = 0;

	while (p->cur.kind != TOK_RBRACKET) {
		if (p->cur.kind == TOK_COLON && i < 2) {
			i++;
		} else if (p->cur.kind == TOK_NUMBER && !has[i]) {
			part[i] = p->cur.number;
			has[i] = true;
		} else {
			(void)jmes_parse_unexpected(p, &p->cur, "']'");
			return false;
		}
		if (!jmes_parse_advance(p))
			return false;
	}
	if (part[2] == 0)
		jmes_parse_later(p, JMES_VALUE, offset, "a slice step of 0");
	*s = (struct jmes_slice){ part[0], part[1], part[2], has[0], has[1] };
	return true;
}

static struct jmes_node *slice(struct jmes_parser *p, struct jmes_node *left, size_t offset)
{
	struct jmes_node *n = jmes_parse_node(p, NODE_SLICE, offset, left, NULL);

	if (!n || !slice_parts(p, &n->slice, offset) || !jmes_parse_expect(p, TOK_RBRACKET))
		return NULL;
	return project(p, NODE_PROJECT, n, offset, POWER_STAR);
}

static struct jmes_node *infix_bracket(struct jmes_parser *p, struct jmes_node *left,
    const struct jmes_tok *t)
{
	struct jmes_tok first = p->cur;
	struct jmes_node *n;

	if (!at_specifier(p))
		return jmes_parse_unexpected(p, &p->cur, "an index, a slice or '*]'");
	if (first.kind == TOK_COLON || p->ahead.kind == TOK_COLON)
		return slice(p, left, t->offset);
	if (!jmes_parse_advance(p) || !jmes_parse_expect(p, TOK_RBRACKET))
		return NULL;
	if (first.kind == TOK_STAR)
		return project(p, NODE_PROJECT, left, t->offset, POWER_STAR);
	n = jmes_parse_node(p, NODE_INDEX, t->offset, left, NULL);
	if (n)
		n->number = first.number;
	return n;
}

struct jmes_node *jmes_parse_expression(struct jmes_parser *p, int power)
{
	struct jmes_tok t = p->cur;
	struct jmes_node *left;

	if (p->depth == JMES_DEPTH_MAX) {
		(void)jmes_report(p->r, JMES_LIMIT, t.offset, "nested deeper than %d", JMES_DEPTH_MAX);
		return NULL;
	}
	if (!rules[t.kind].prefix)
		return jmes_parse_unexpected(p, &t, "an expression");
	if (!jmes_parse_advance(p))
		return NULL;
	p->depth++;
	left = rules[t.kind].prefix(p, &t);
	while (left && power < rules[p->cur.kind].power) {
		t = p->cur;
		left = jmes_parse_advance(p) ? rules[t.kind].infix(p, left, &t) : NULL;
	}
	p->depth--;
	return left;
}

struct jmes_node *jmes_parse(struct jmes_parser *p)
{
	struct jmes_node *n;

	if (!jmes_lex_next(&p->lex, &p->ahead) || !jmes_parse_advance(p))
		return NULL;
	n = jmes_parse_expression(p, POWER_NONE);
	if (!n)
		return NULL;
	if (p->cur.kind != TOK_END)
		return jmes_parse_unexpected(p, &p->cur, "the end or an operator");
	if (p->later != JMES_NONE) {
		(void)jmes_report(p->r, p->later, p->later_offset, "%s", p->later_message);
		return NULL;
	}
	return n;
}
