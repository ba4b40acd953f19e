#include "lib/policy/jmespath/sort.h"

#include "lib/policy/jmespath/text.h"

bool jmes_key_compare(struct jmes_ev *x, const struct jmes_key *k, const struct jmes_key *l, int *out)
{
	const struct json *s = k->key, *t = l->key;

	if (s->kind != JSON_STRING) {
		*out = (k->number > l->number) - (k->number < l->number);
		return true;
	}
	*out = jmes_text_compare(s->s, s->len, t->s, t->len);
	return jmes_spend_text(x, s->len < t->len ? s->len : t->len);
}

/* Merges the sorted runs from[low..mid) and from[mid..high) into to[low..high). */
static bool merge(struct jmes_ev *x, const struct jmes_key *from, struct jmes_key *to, const size_t at[3])
{
	size_t i = at[0], j = at[1];
	int order;

	for (size_t w = at[0]; w < at[2]; w++) {
		order = i < at[1] ? -1 : 1;
		if (i < at[1] && j < at[2] && !jmes_key_compare(x, &from[i], &from[j], &order))
			return false;
		to[w] = order <= 0 ? from[i++] : from[j++];
	}
	return true;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool jmes_sort(struct jmes_ev *x, struct jmes_key *keys, size_t n)
{
	struct jmes_key *from = keys, *to = arena_array(x->a, n, sizeof *to), *swap;

	if (!to)
		return jmes_report_memory(x->r, x->offset);
	for (size_t run = 1; run < n; run *= 2) {
		if (!jmes_spend(x, n))
			return false;
		for (size_t low = 0; low < n; low += 2 * run) {
			const size_t at[3] = { low, least(low + run, n), least(low + 2 * run, n) };
			if (!merge(x, from, to, at))
				return false;
		}
		swap = from;
		from = to;
		to = swap;
	}
	for (size_t i = 0; from != keys && i < n; i++)
		keys[i] = from[i];
	return true;
}
