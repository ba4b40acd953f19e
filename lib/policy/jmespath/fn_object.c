/* Functions over objects, and type(). */
#include <string.h>

#include "lib/policy/jmespath/fn.h"
#include "lib/policy/jmespath/sort.h"
#include "lib/policy/jmespath/text.h"

/* In the order of the document. */
const struct json *jmes_fn_keys(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	struct json *list = jmes_new(x, JSON_ARRAY);

	(void)n;
	for (const struct json *c = args[0].v->child; list && c; c = c->next) {
		struct json name = { .kind = JSON_STRING, .s = c->name, .len = c->name_len };
		if (!jmes_list_add(x, list, &name))
			return NULL;
	}
	return list;
}

const struct json *jmes_fn_values(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	struct json *list = jmes_new(x, JSON_ARRAY);

	(void)n;
	for (const struct json *c = args[0].v->child; list && c; c = c->next)
		if (!jmes_list_add(x, list, c))
			return NULL;
	return list;
}

/* All members of all arguments: element is the value, key its name. */
static struct jmes_key *gather(struct jmes_ev *x, const struct jmes_arg *args, size_t n, size_t total)
{
	struct jmes_key *all = arena_array(x->a, total, sizeof *all);
	struct json *names = arena_array(x->a, total, sizeof *names);
	size_t k = 0;

	if (!all || !names) {
		(void)jmes_report_memory(x->r, x->offset);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		for (const struct json *c = args[i].v->child; c; c = c->next, k++) {
			names[k] = (struct json){ .kind = JSON_STRING, .s = c->name, .len = c->name_len };
			all[k] = (struct jmes_key){ .element = c, .key = &names[k] };
		}
	return all;
}

static bool same_name(const struct jmes_key *k, const struct jmes_key *l)
{
	return jmes_text_equal(k->key->s, k->key->len, l->key->s, l->key->len);
}

/*
 * The last of members of one name wins and takes the place of the first.  Sorting finds them in
 * n log n where looking each one up would take n * n; `number` keeps the original place.
 */
const struct json *jmes_fn_merge(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	struct jmes_key *all, *byname;
	const struct json **winner;
	struct json *object;
	size_t total = 0, end;

	for (size_t i = 0; i < n; i++)
		total += args[i].v->len;
	if (n == 1 || total == 0)
		return args[0].v;
	all = jmes_spend(x, total) ? gather(x, args, n, total) : NULL;
	if (!all)
		return NULL;
	byname = arena_memdup(x->a, all, total * sizeof *all);
	winner = arena_array(x->a, total, sizeof *winner);
	object = jmes_new(x, JSON_OBJECT);
	if (!byname || !winner || !object) {
		(void)jmes_report_memory(x->r, x->offset);
		return NULL;
	}
	for (size_t i = 0; i < total; i++)
		byname[i].number = (long double)i;
	if (!jmes_sort(x, byname, total))
		return NULL;
	for (size_t i = 0; i < total; i = end) {
		for (end = i + 1; end < total && same_name(&byname[i], &byname[end]); end++)
			;
		winner[(size_t)byname[i].number] = byname[end - 1].element;
	}
	for (size_t i = 0; i < total; i++)
		if (winner[i] && !jmes_member_add(x, object, all[i].key->s, all[i].key->len, winner[i]))
			return NULL;
	return object;
}

const struct json *jmes_fn_type(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	const char *name = jmes_type_name(args[0].v);

	(void)n;
	return jmes_new_text(x, name, strlen(name));
}
