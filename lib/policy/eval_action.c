/* Actions: what a rule does when all its conditions hold. */
#include "lib/policy/eval.h"

#include <string.h>

#include "lib/policy/action.h"

/* Where the claims of one action go.  `before` are the sizes at its start: duplicates are looked for among
 * those only, so doubles inside one array stay (spec section 5 rule 7). */
struct target {
	struct cset *set;
	size_t before;
	uint32_t hint;          /* where the next duplicate of the same name is likely */
	int hint_id;
};

struct store {
	struct target to[3];
	size_t n;
	bool leaves;            /* the claims leave the policy: read-only ones must not */
};

static void store_to(struct store *s, struct cset *set)
{
	s->to[s->n++] = (struct target){ .set = set, .before = set->c.n };
}

static void store_open(struct eval *ev, const struct rule *r, struct store *s)
{
	*s = (struct store){ 0 };
	store_to(s, &ev->in);
	/* No claim reaches the token from authorizationrules: issue() is add() there. */
	if (r->action->to_outgoing && ev->section == SEC_ISSUANCE)
		store_to(s, &ev->outgoing);
	if (r->action->to_properties)
		store_to(s, &ev->properties);
	s->leaves = s->n > 1;
}

static bool store_one(struct eval *ev, struct store *s, const struct claim *c, int id)
{
	if (s->leaves && c->read_only)
		return ev_fail(ev, "claim %.80s comes from a read-only claim and must not be issued",
		    c->name);
	for (size_t i = 0; i < s->n; i++) {
		struct target *t = &s->to[i];
		bool have;

		if (t->set == &ev->properties && property_ignored(c->name, ev->section))
			continue;
		if (t->hint_id != id)
			t->hint = 0;
		t->hint_id = id;
		if (!cset_holds(ev, t->set, c, id, t->before, &t->hint, &have))
			return false;
		if (!have && !cset_push(ev, t->set, c, id))
			return false;
	}
	return true;
}

static bool store_claims(struct eval *ev, const struct rule *r, struct store *s)
{
	const struct bound *b = &ev->slots[r->claim_slot];

	for (size_t i = 0; i < b->n; i++) {
		struct claim c = ev->in.c.v[b->at[i]];

		c.issuer = CLAIM_BY_POLICY;
		if (!ev_step(ev, 1) || !store_one(ev, s, &c, names_find(&ev->p->names, c.name)))
			return false;
	}
	return true;
}

static bool check_value_type(struct eval *ev, const struct rule *r, const struct values *v)
{
	const struct value *want;
	struct values types;

	if (!r->set[PROP_VALUE_TYPE])
		return true;
	if (!eval_expr(ev, r->set[PROP_VALUE_TYPE], &types) ||
	    !eval_scalar_text(ev, &types, "valueType", &want))
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(want->s, claim_kind_name(v->v[i].kind)) != 0)
			return ev_fail(ev, "valueType is %.40s, the value is %s", want->s,
			    value_kind_name(v->v[i].kind));
	return true;
}

static bool store_values(struct eval *ev, const struct rule *r, struct store *s)
{
	const struct value *name;
	struct values type, v;
	int id;

	if (!eval_expr(ev, r->set[PROP_TYPE], &type) || !eval_scalar_text(ev, &type, "type", &name) ||
	    !eval_expr(ev, r->set[PROP_VALUE], &v) || !check_value_type(ev, r, &v))
		return false;
	id = r->type_id >= 0 ? r->type_id : names_find(&ev->p->names, name->s);
	for (size_t i = 0; i < v.n; i++) {
		const struct value *x = &v.v[i];
		struct claim c = { .name = name->s, .kind = x->kind, .issuer = CLAIM_BY_POLICY,
		    .read_only = x->read_only, .s = x->s, .len = x->len, .i = x->i, .b = x->b };

		if (!ev_step(ev, 1) || !store_one(ev, s, &c, id))
			return false;
	}
	return true;
}

bool eval_action(struct eval *ev, const struct rule *r)
{
	struct store s;

	if (!ev_step(ev, 1))
		return false;
	if (r->action->args == ARGS_NONE) {
		ev->permit = ev->permit || r->action->verdict == POLICY_PERMIT;
		ev->deny = ev->deny || r->action->verdict == POLICY_DENY;
		return true;
	}
	store_open(ev, r, &s);
	return r->claim_form ? store_claims(ev, r, &s) : store_values(ev, r, &s);
}
