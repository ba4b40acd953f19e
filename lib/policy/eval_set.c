/* Claim sets of an evaluation: adding, duplicates, values. */
#include <string.h>

#include "lib/base/rd.h"
#include "lib/policy/eval.h"

#define BYTES_PER_STEP 64       /* reading or making that much text is one step more */

bool ev_same(struct eval *ev, const struct value *a, const struct value *b, bool *out)
{
	bool texts = a->kind == CLAIM_STRING && b->kind == CLAIM_STRING && a->len == b->len;

	if (texts && a->len >= BYTES_PER_STEP && !ev_step(ev, a->len / BYTES_PER_STEP))
		return false;
	*out = value_same(a, b);
	return true;
}

/* spec: claims of kind JSON are their sorted text to a policy.  Kept in the claim: made once. */
static bool json_text(struct eval *ev, struct claim *c)
{
	struct arena *scratch = ev_scratch(ev);
	struct att_error e = { 0 };
	char *text;
	size_t n;

	if (!scratch)
		return false;
	if (!json_write(scratch, c->j, JSON_SORTED, &text, &n, &e))
		return ev_scratch_failed(ev);
	c->len = n;
	return ev_step(ev, n / BYTES_PER_STEP) && ev_text(ev, text, n, &c->s);
}

bool claim_value(struct eval *ev, struct claim *c, struct value *out)
{
	if (c->kind == CLAIM_JSON && !c->s && !json_text(ev, c))
		return false;
	*out = (struct value){ .kind = c->kind == CLAIM_JSON ? CLAIM_STRING : c->kind,
	    .read_only = c->read_only, .s = c->s, .len = c->len, .i = c->i, .b = c->b };
	return true;
}

static bool cset_room(struct eval *ev, struct cset *set, size_t more)
{
	size_t need = set->c.n + more, cap = set->c.cap ? set->c.cap * 2 : 8;
	struct claim *v;
	uint32_t *next;

	if (need <= set->c.cap)
		return true;
	cap = cap < need ? need : cap;
	v = ev_alloc(ev, cap, sizeof *v);
	next = v ? ev_alloc(ev, cap, sizeof *next) : NULL;
	if (!next)
		return false;
	bytes_copy(v, set->c.v, set->c.n * sizeof *v);
	bytes_copy(next, set->next, set->c.n * sizeof *next);
	set->c.v = v;
	set->next = next;
	set->c.cap = cap;
	return true;
}

static bool cset_chains(struct eval *ev, struct cset *set)
{
	if (set->head)
		return true;
	set->head = ev_alloc(ev, ev->p->names.n, sizeof *set->head);
	set->tail = set->head ? ev_alloc(ev, ev->p->names.n, sizeof *set->tail) : NULL;
	return set->tail != NULL;
}

bool cset_push(struct eval *ev, struct cset *set, const struct claim *c, int id)
{
	uint32_t at = (uint32_t)set->c.n + 1;

	if (!cset_room(ev, set, 1) || !cset_chains(ev, set))
		return false;
	set->c.v[set->c.n++] = *c;
	set->next[at - 1] = 0;
	if (id < 0)
		return true;
	if (set->tail[id])
		set->next[set->tail[id] - 1] = at;
	else
		set->head[id] = at;
	set->tail[id] = at;
	return true;
}

bool cset_load(struct eval *ev, struct cset *set, const struct claims *from)
{
	set->c.a = ev->a;
	if (!cset_room(ev, set, from->n + 8) || !cset_chains(ev, set))
		return false;
	for (size_t i = 0; i < from->n; i++) {
		struct claim c = from->v[i];

		/* Only text made by json_text() may stand in a JSON claim. */
		if (c.kind == CLAIM_JSON)
			c.s = NULL;
		if (!cset_push(ev, set, &c, names_find(&ev->p->names, c.name)))
			return false;
	}
	return true;
}

/*
 * A duplicate has the same name, value and issuer (spec section 5 rule 7).  The issuer counts because
 * published policies ask for issuer=="AttestationPolicy" of names that the service uses too.
 */
static bool is_duplicate(struct eval *ev, struct claim *have, const struct claim *c, const struct value *v,
    bool *out)
{
	struct value h;

	*out = false;
	if (!ev_step(ev, 1))
		return false;
	if (have->issuer != c->issuer || strcmp(have->name, c->name) != 0)
		return true;
	return claim_value(ev, have, &h) && ev_same(ev, &h, v, out);
}

/* Looks at the positions from <= at < until.  Chains are in order of adding, so positions only grow. */
static bool scan(struct eval *ev, const struct cset *set, const struct claim *c, int id, uint32_t from,
    uint32_t until, uint32_t *found)
{
	struct claim own = *c;
	struct value v;

	*found = 0;
	if (!claim_value(ev, &own, &v))
		return false;
	for (uint32_t at = from; at && at < until && !*found; at = id < 0 ? at + 1 : set->next[at - 1]) {
		bool same;

		if (!is_duplicate(ev, &set->c.v[at - 1], c, &v, &same))
			return false;
		if (same)
			*found = at;
	}
	return true;
}

/*
 * Repeated rules add the same values in the same order, so the search starts behind the last one
 * found: a repeated set of n values costs n steps instead of n * n.  Claims behind `before` belong
 * to the action under way and are not looked at.
 */
bool cset_holds(struct eval *ev, const struct cset *set, const struct claim *c, int id, size_t before,
    uint32_t *hint, bool *out)
{
	uint32_t end = (uint32_t)before + 1, found = 0;

	*out = false;
	if (!before || !set->head)
		return true;
	if (*hint && !scan(ev, set, c, id, *hint, end, &found))
		return false;
	if (!found && !scan(ev, set, c, id, id < 0 ? 1 : set->head[id], *hint ? *hint : end, &found))
		return false;
	*out = found != 0;
	if (found)
		*hint = id < 0 ? found + 1 : set->next[found - 1];
	return true;
}
