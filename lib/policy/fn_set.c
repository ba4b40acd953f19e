/* Functions on sets, strings and Booleans. */
#include "lib/base/rd.h"
#include "lib/policy/eval.h"

static bool holds(struct eval *ev, const struct values *set, const struct value *v, bool *out)
{
	*out = false;
	for (size_t i = 0; i < set->n && !*out; i++)
		if (!ev_step(ev, 1) || !ev_same(ev, &set->v[i], v, out))
			return false;
	return true;
}

static bool a_bool(struct eval *ev, bool b, struct values *out)
{
	return one_value(ev, &(struct value){ .kind = CLAIM_BOOL, .b = b }, out);
}

bool fn_is_subset_of(struct eval *ev, const struct expr *call, const struct values *args, struct values *out)
{
	bool subset = true;

	(void)call;
	for (size_t i = 0; i < args[0].n && subset; i++)
		if (!holds(ev, &args[1], &args[0].v[i], &subset))
			return false;
	return a_bool(ev, subset, out);
}

bool fn_contains_only_value(struct eval *ev, const struct expr *call, const struct values *args,
    struct values *out)
{
	bool only = args[0].n > 0;

	(void)call;
	for (size_t i = 0; i < args[0].n && only; i++)
		if (!ev_step(ev, 1) || !ev_same(ev, &args[0].v[i], &args[1].v[0], &only))
			return false;
	return a_bool(ev, only, out);
}

bool fn_append_string(struct eval *ev, const struct expr *call, const struct values *args, struct values *out)
{
	const struct value *a = &args[0].v[0], *b = &args[1].v[0];
	struct value v = { .kind = CLAIM_STRING };
	size_t room;
	char *s;

	(void)call;
	if (__builtin_add_overflow(a->len, b->len, &v.len) || __builtin_add_overflow(v.len, (size_t)1, &room))
		return ev_memory_limit(ev);
	s = ev_step(ev, v.len / 64) ? ev_alloc(ev, room, 1) : NULL;
	if (!s)
		return false;
	bytes_copy(s, a->s, a->len);
	bytes_copy(s + a->len, b->s, b->len);
	v.s = s;
	return one_value(ev, &v, out);
}

bool fn_negate_bool(struct eval *ev, const struct expr *call, const struct values *args, struct values *out)
{
	(void)call;
	return a_bool(ev, !args[0].v[0].b, out);
}
