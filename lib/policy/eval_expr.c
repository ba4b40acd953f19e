/* Expressions: every one yields a set of values. */
#include "lib/policy/eval.h"

#include <string.h>

#include "lib/base/rd.h"

bool one_value(struct eval *ev, const struct value *v, struct values *out)
{
	struct value *kept = ev_alloc(ev, 1, sizeof *kept);

	if (!kept)
		return false;
	*kept = *v;
	*out = (struct values){ kept, 1 };
	return true;
}

static bool ref_value(struct eval *ev, const struct bound *b, struct values *out)
{
	struct value *v = ev_alloc(ev, b->n, sizeof *v);

	for (size_t i = 0; v && i < b->n; i++)
		if (!claim_value(ev, &ev->in.c.v[b->at[i]], &v[i]))
			return false;
	*out = (struct values){ v, v ? b->n : 0 };
	return v != NULL;
}

/* c.type, c.issuer, c.valueType: each text once. */
static bool ref_texts(struct eval *ev, const struct bound *b, enum pol_prop prop, struct values *out)
{
	struct value *v = ev_alloc(ev, b->n, sizeof *v);
	size_t n = 0;

	for (size_t i = 0; v && i < b->n; i++) {
		const struct claim *c = &ev->in.c.v[b->at[i]];
		const char *text = prop == PROP_TYPE ? c->name : prop == PROP_ISSUER ?
		    claim_issuer_name(c->issuer) : claim_kind_name(c->kind);
		bool known = false;

		for (size_t k = 0; k < n && !known; k++)
			known = strcmp(v[k].s, text) == 0;
		if (!ev_step(ev, n))
			return false;
		if (!known)
			v[n++] = (struct value){ .kind = CLAIM_STRING, .s = text, .len = strlen(text) };
	}
	*out = (struct values){ v, n };
	return v != NULL;
}

static const struct { const char *wanted; int kind; } fn_types[] = {
	[FN_STRING] = { "a string", CLAIM_STRING },
	[FN_TEXT] = { "a string that is not empty", CLAIM_STRING },
	[FN_BOOL] = { "a Boolean", CLAIM_BOOL }, [FN_SCALAR] = { "one value", -1 }, [FN_SET] = { "a set", -1 }
};

static bool check_arg(struct eval *ev, const struct fn *fn, size_t i, const struct values *v)
{
	enum fn_type t = fn->args[i];
	const char *wanted = fn_types[t].wanted;

	if (t == FN_SET)
		return true;
	if (v->n != 1)
		return ev_fail(ev, "%s: argument %zu has %zu values, want %s", fn->name, i + 1, v->n, wanted);
	if (fn_types[t].kind >= 0 && fn_types[t].kind != (int)v->v[0].kind)
		return ev_fail(ev, "%s: argument %zu is %s, want %s", fn->name, i + 1,
		    value_kind_name(v->v[0].kind), wanted);
	if (t == FN_TEXT && v->v[0].len == 0)
		return ev_fail(ev, "%s: argument %zu is empty, want %s", fn->name, i + 1, wanted);
	return true;
}

static bool any_read_only(const struct values *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].read_only)
			return true;
	return false;
}

static bool mark_read_only(struct eval *ev, struct values *v)
{
	struct value *copy = ev_alloc(ev, v->n, sizeof *copy);

	if (!copy)
		return false;
	bytes_copy(copy, v->v, v->n * sizeof *copy);
	for (size_t i = 0; i < v->n; i++)
		copy[i].read_only = true;
	v->v = copy;
	return true;
}

/* Depth is bounded by the parser: POLICY_CALL_DEPTH_MAX. */
static bool eval_call(struct eval *ev, const struct expr *e, struct values *out)
{
	struct values args[FN_ARGS_MAX] = { 0 };
	bool read_only = false;

	for (size_t i = 0; i < e->fn->nargs; i++) {
		if (!eval_expr(ev, e->args[i], &args[i]) || !check_arg(ev, e->fn, i, &args[i]))
			return false;
		read_only = read_only || any_read_only(&args[i]);
	}
	if (!ev_step(ev, 1) || !e->fn->call(ev, e, args, out))
		return false;
	return !read_only || !e->fn->keeps_read_only || mark_read_only(ev, out);
}

bool eval_expr(struct eval *ev, const struct expr *e, struct values *out)
{
	switch (e->kind) {
	case EX_LITERAL:
		*out = (struct values){ &e->lit, 1 };
		return true;
	case EX_REF:
		return e->prop == PROP_VALUE ? ref_value(ev, &ev->slots[e->slot], out) :
		    ref_texts(ev, &ev->slots[e->slot], e->prop, out);
	case EX_CALL:
		return eval_call(ev, e, out);
	}
	return false;
}

bool eval_scalar_text(struct eval *ev, const struct values *v, const char *what, const struct value **out)
{
	if (v->n != 1)
		return ev_fail(ev, "%s has %zu values, want one string", what, v->n);
	if (v->v[0].kind != CLAIM_STRING)
		return ev_fail(ev, "%s is %s, want a string", what, value_kind_name(v->v[0].kind));
	/* Claim names are C strings: a NUL would make two names look alike. */
	if (strlen(v->v[0].s) != v->v[0].len)
		return ev_fail(ev, "%s holds a NUL character", what);
	*out = &v->v[0];
	return true;
}
