/* Conditions: which claims of the incoming set they match. */
#include "lib/base/rd.h"
#include "lib/policy/eval.h"

#include <string.h>

static bool order_holds(enum pol_cmp cmp, int64_t a, int64_t b)
{
	switch (cmp) {
	case CMP_LT: return a < b;
	case CMP_LE: return a <= b;
	case CMP_GT: return a > b;
	case CMP_GE: return a >= b;
	case CMP_EQ:
	case CMP_NE: break;
	}
	return false;
}

/* Against a set: == and the order tests hold if they hold for one element, != if none is equal. */
static bool compare(struct eval *ev, enum pol_cmp cmp, const struct value *l, const struct values *r,
    bool *out)
{
	bool found = false;

	for (size_t i = 0; i < r->n && !found; i++) {
		if (i > 0 && !ev_step(ev, 1))
			return false;
		if (cmp == CMP_EQ || cmp == CMP_NE) {
			if (!ev_same(ev, l, &r->v[i], &found))
				return false;
		} else {
			found = l->kind == CLAIM_INT && r->v[i].kind == CLAIM_INT &&
			    order_holds(cmp, l->i, r->v[i].i);
		}
	}
	*out = cmp == CMP_NE ? !found : found;
	return true;
}

static bool left_side(struct eval *ev, enum pol_prop prop, struct claim *c, struct value *out)
{
	const char *text;

	if (prop == PROP_VALUE)
		return claim_value(ev, c, out);
	text = prop == PROP_TYPE ? c->name : prop == PROP_ISSUER ? claim_issuer_name(c->issuer) :
	    claim_kind_name(c->kind);
	*out = (struct value){ .kind = CLAIM_STRING, .s = text, .len = strlen(text) };
	return true;
}

/* A right side is computed when the first claim needs it, and once per condition: it does not
 * depend on the claim. */
static bool right_side(struct eval *ev, const struct test *t, size_t i, struct values *out)
{
	if (t->rhs->kind == EX_LITERAL) {
		*out = (struct values){ &t->rhs->lit, 1 };
		return true;
	}
	if (!(ev->operands_ready >> i & 1)) {
		if (!eval_expr(ev, t->rhs, &ev->operands[i]))
			return false;
		ev->operands_ready |= UINT64_C(1) << i;
	}
	*out = ev->operands[i];
	return true;
}

/* The tests against constants first: a computed right side is asked for only where they hold. */
static bool claim_matches(struct eval *ev, const struct condition *c, struct claim *claim, bool *out)
{
	*out = true;
	for (int computed = 0; computed < 2; computed++) {
		size_t i = 0;

		for (const struct test *t = c->tests; t && *out; t = t->next, i++) {
			struct value l;
			struct values r;

			if (t == c->type_test || (t->rhs->kind != EX_LITERAL) != computed)
				continue;
			if (!left_side(ev, t->prop, claim, &l) || !right_side(ev, t, i, &r) ||
			    !compare(ev, t->cmp, &l, &r, out))
				return false;
		}
	}
	return true;
}

static bool remember(struct eval *ev, size_t n, uint32_t at)
{
	size_t cap = ev->matches_cap ? ev->matches_cap * 2 : 16;
	uint32_t *bigger;

	if (n == ev->matches_cap) {
		bigger = ev_alloc(ev, cap, sizeof *bigger);
		if (!bigger)
			return false;
		bytes_copy(bigger, ev->matches, n * sizeof *bigger);
		ev->matches = bigger;
		ev->matches_cap = cap;
	}
	ev->matches[n] = at;
	return true;
}

static bool repeats(struct eval *ev, size_t n, struct claim *c, bool *out)
{
	struct value v, w;

	*out = false;
	if (!claim_value(ev, c, &v))
		return false;
	for (size_t i = 0; i < n && !*out; i++) {
		struct claim *earlier = &ev->in.c.v[ev->matches[i]];

		if (!ev_step(ev, 1))
			return false;
		if (earlier->issuer == c->issuer || strcmp(earlier->name, c->name) != 0)
			continue;
		if (!claim_value(ev, earlier, &w) || !ev_same(ev, &v, &w, out))
			return false;
	}
	return true;
}

/*
 * An identifier stands for a set: the same name and value from two issuers is one element, else a
 * claim that was issued again could no longer be used as a scalar.  Doubles of one issuer stay
 * (the documented result of JsonToClaimValue on an array).
 */
static bool collapse(struct eval *ev, size_t *n)
{
	size_t kept = 0;
	bool mixed = false;

	for (size_t i = 1; i < *n && !mixed; i++)
		mixed = ev->in.c.v[ev->matches[i]].issuer != ev->in.c.v[ev->matches[0]].issuer;
	for (size_t i = 0; mixed && i < *n; i++) {
		bool again;

		if (!repeats(ev, kept, &ev->in.c.v[ev->matches[i]], &again))
			return false;
		if (!again)
			ev->matches[kept++] = ev->matches[i];
	}
	*n = mixed ? kept : *n;
	return true;
}

/* Position after `at` among the candidates: the chain of the name, or the whole set. */
static uint32_t following(const struct eval *ev, const struct condition *c, uint32_t at)
{
	if (c->type_id >= 0)
		return at ? ev->in.next[at - 1] : ev->in.head[c->type_id];
	return at < ev->in.c.n ? at + 1 : 0;
}

bool eval_condition(struct eval *ev, const struct condition *c, struct bound *out, bool *holds)
{
	bool all = c->slot >= 0;                /* a name is bound to every match */
	size_t n = 0;
	uint32_t *at;

	ev->operands_ready = 0;
	for (uint32_t pos = following(ev, c, 0); pos && (all || n == 0); pos = following(ev, c, pos)) {
		bool match;

		if (!ev_step(ev, 1) || !claim_matches(ev, c, &ev->in.c.v[pos - 1], &match))
			return false;
		if (match && !remember(ev, n++, pos - 1))
			return false;
	}
	*holds = c->negated ? n == 0 : n > 0;
	*out = (struct bound){ 0 };
	if (n == 0 || c->negated)
		return true;
	if (!collapse(ev, &n))
		return false;
	at = ev_alloc(ev, n, sizeof *at);
	if (!at)
		return false;
	bytes_copy(at, ev->matches, n * sizeof *at);
	*out = (struct bound){ at, n };
	return true;
}
