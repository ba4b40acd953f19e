#include "lib/attest/rule_text.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/policy/action.h"

struct writer {
	struct arena *a;
	const struct rule *rule;
	enum rule_text_form form;
	struct att_error *e;
	bool failed;
};

static const char *const comparators[] = {
	[CMP_EQ] = "==", [CMP_NE] = "!=", [CMP_LT] = "<", [CMP_LE] = "<=", [CMP_GT] = ">", [CMP_GE] = ">=",
};

bool rule_makes_claims(const struct rule *r)
{
	return r->action->args == ARGS_CLAIM;
}

/* The escapes of the policy language are those of JSON. */
static void put_literal(struct writer *w, struct buf *b, const struct value *v)
{
	char *text;
	size_t n;

	if (v->kind == CLAIM_INT)
		buf_fmt(b, "%lld", (long long)v->i);
	else if (v->kind == CLAIM_BOOL)
		buf_str(b, v->b ? "true" : "false");
	else if (json_write(w->a, json_stringn(w->a, v->s, v->len), JSON_COMPACT, &text, &n, w->e))
		buf_put(b, text, n);
	else
		w->failed = true;
}

/* The condition that a slot belongs to, counted from 1. */
static size_t condition_of(const struct rule *r, int slot)
{
	size_t i = 1;

	for (const struct condition *c = r->conditions; c; c = c->next, i++)
		if (!c->negated && c->ident && c->slot == slot)
			return i;
	return 0;
}

static void put_ident(struct writer *w, struct buf *b, const char *name, int slot)
{
	if (w->form == RULE_KEY)
		buf_fmt(b, "$%zu", condition_of(w->rule, slot));
	else
		buf_str(b, name);
}

/* Nesting is bounded by POLICY_CALL_DEPTH_MAX. */
static void put_expr(struct writer *w, struct buf *b, const struct expr *x)
{
	if (x->kind == EX_LITERAL) {
		put_literal(w, b, &x->lit);
	} else if (x->kind == EX_REF) {
		put_ident(w, b, x->name, x->slot);
		buf_fmt(b, ".%s", prop_name(x->prop));
	} else {
		buf_fmt(b, "%s(", x->name);
		for (size_t i = 0; i < x->nargs && i < FN_ARGS_MAX; i++) {
			buf_str(b, i ? ", " : "");
			put_expr(w, b, x->args[i]);
		}
		buf_char(b, ')');
	}
}

static const char *test_text(struct writer *w, const struct test *t)
{
	struct buf b = buf_make(w->a);

	buf_fmt(&b, "%s%s", prop_name(t->prop), comparators[t->cmp]);
	put_expr(w, &b, t->rhs);
	if (!buf_ok(&b, w->e))
		w->failed = true;
	return w->failed ? "" : b.p;
}

static void sort(const char **v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const char *x = v[i];
		size_t k = i;
		for (; k > 0 && strcmp(v[k - 1], x) > 0; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

static void put_condition(struct writer *w, struct buf *b, const struct condition *c)
{
	const char *texts[POLICY_TESTS_MAX];
	size_t n = 0;
	bool calls = false;

	for (const struct test *t = c->tests; t && n < POLICY_TESTS_MAX; t = t->next) {
		calls = calls || t->rhs->kind == EX_CALL;
		texts[n++] = test_text(w, t);
	}
	/* A call can fail the evaluation, so whether an earlier test spares it does matter. */
	if (w->form == RULE_KEY && !calls)
		sort(texts, n);
	buf_str(b, c->negated ? "!" : "");
	if (w->form == RULE_SHOWN && c->ident)
		buf_fmt(b, "%s:", c->ident);
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "%s%s", i ? ", " : "[", texts[i]);
	buf_char(b, ']');
}

static void put_action(struct writer *w, struct buf *b, const struct rule *r)
{
	const char *comma = "";

	buf_fmt(b, "%s=> %s(", r->conditions ? " " : "", r->action_name);
	if (r->claim) {
		buf_str(b, "claim=");
		put_ident(w, b, r->claim, r->claim_slot);
	}
	for (unsigned p = 0; p < PROP_COUNT; p++) {
		if (!r->set[p])
			continue;
		buf_fmt(b, "%s%s=", comma, prop_name((enum pol_prop)p));
		put_expr(w, b, r->set[p]);
		comma = ", ";
	}
	buf_str(b, ");");
}

bool rule_text(struct arena *a, const struct rule *r, enum rule_text_form form, const char **out,
    struct att_error *e)
{
	struct writer w = { .a = a, .rule = r, .form = form, .e = e };
	struct buf b = buf_make(a);

	for (const struct condition *c = r->conditions; c; c = c->next) {
		buf_str(&b, c == r->conditions ? "" : " && ");
		put_condition(&w, &b, c);
	}
	put_action(&w, &b, r);
	if (w.failed || !buf_ok(&b, e))
		return false;
	*out = b.p;
	return true;
}
