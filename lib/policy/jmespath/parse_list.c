/* Multi-selects and argument lists. */
#include "lib/policy/jmespath/fn.h"
#include "lib/policy/jmespath/parse.h"
#include "lib/policy/jmespath/text.h"

static struct jmes_item *item_add(struct jmes_parser *p, struct jmes_node *list)
{
	struct jmes_item *it;

	if (list->nitems == JMES_ITEMS_MAX) {
		(void)jmes_report(p->r, JMES_LIMIT, list->offset, "more than %d items in one list",
		    JMES_ITEMS_MAX);
		return NULL;
	}
	it = arena_alloc(p->r->a, sizeof *it);
	if (!it) {
		(void)jmes_report_memory(p->r, list->offset);
		return NULL;
	}
	if (list->last)
		list->last->next = it;
	else
		list->items = it;
	list->last = it;
	list->nitems++;
	return it;
}

/* Later one of equal keys wins. */
static void shadow(struct jmes_node *hash, const struct jmes_item *latest)
{
	for (struct jmes_item *it = hash->items; it != latest; it = it->next)
		if (jmes_text_equal(it->key, it->key_len, latest->key, latest->key_len))
			it->shadowed = true;
}

static bool hash_key(struct jmes_parser *p, struct jmes_node *hash, struct jmes_item *it)
{
	if (p->cur.kind != TOK_NAME && p->cur.kind != TOK_QUOTED) {
		(void)jmes_parse_unexpected(p, &p->cur, "a key");
		return false;
	}
	it->key = p->cur.name;
	it->key_len = p->cur.name_len;
	shadow(hash, it);
	return jmes_parse_advance(p) && jmes_parse_expect(p, TOK_COLON);
}

/* & binds weakest: the whole rest of the argument belongs to it. */
static struct jmes_node *argument(struct jmes_parser *p)
{
	size_t offset = p->cur.offset;
	struct jmes_node *n;

	if (p->cur.kind != TOK_EXPREF)
		return jmes_parse_expression(p, 0);
	n = jmes_parse_advance(p) ? jmes_parse_expression(p, 0) : NULL;
	return n ? jmes_parse_node(p, NODE_EXPREF, offset, n, NULL) : NULL;
}

static bool item(struct jmes_parser *p, struct jmes_node *list)
{
	struct jmes_item *it = item_add(p, list);

	if (!it || (list->kind == NODE_HASH && !hash_key(p, list, it)))
		return false;
	it->expr = list->kind == NODE_CALL ? argument(p) : jmes_parse_expression(p, 0);
	return it->expr && jmes_parse_raise(p, list, it->expr);
}

static struct jmes_node *items(struct jmes_parser *p, struct jmes_node *list, enum jmes_tok_kind close)
{
	if (!list || !item(p, list))
		return NULL;
	while (p->cur.kind == TOK_COMMA)
		if (!jmes_parse_advance(p) || !item(p, list))
			return NULL;
	return jmes_parse_expect(p, close) ? list : NULL;
}

struct jmes_node *jmes_parse_list(struct jmes_parser *p, size_t offset)
{
	return items(p, jmes_parse_node(p, NODE_LIST, offset, NULL, NULL), TOK_RBRACKET);
}

struct jmes_node *jmes_parse_hash(struct jmes_parser *p, size_t offset)
{
	return items(p, jmes_parse_node(p, NODE_HASH, offset, NULL, NULL), TOK_RBRACE);
}

static void check_call(struct jmes_parser *p, struct jmes_node *call, const struct jmes_tok *name)
{
	const struct jmes_fn *fn = call->fn = jmes_fn_find(name->name, name->name_len);

	if (!fn)
		jmes_parse_later(p, JMES_UNKNOWN_FUNCTION, name->offset,
		    arena_printf(p->r->a, "no function is called %.60s", name->name));
	else if (call->nitems < fn->nargs || (call->nitems > fn->nargs && !fn->variadic))
		jmes_parse_later(p, JMES_ARITY, name->offset,
		    arena_printf(p->r->a, "%s takes %s%zu argument%s, not %zu", fn->name,
		    fn->variadic ? "at least " : "", fn->nargs, fn->nargs == 1 ? "" : "s", call->nitems));
}

struct jmes_node *jmes_parse_call(struct jmes_parser *p, const struct jmes_tok *name)
{
	struct jmes_node *call = jmes_parse_node(p, NODE_CALL, name->offset, NULL, NULL);

	if (!call || !jmes_parse_advance(p))
		return NULL;
	if (p->cur.kind == TOK_RPAREN)
		call = jmes_parse_advance(p) ? call : NULL;
	else
		call = items(p, call, TOK_RPAREN);
	if (call)
		check_call(p, call, name);
	return call;
}
