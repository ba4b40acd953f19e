/* A deny-list as JSON: what PUT /denylist takes, what the store keeps, what a worker is told. */
#include <stdlib.h>
#include <string.h>

#include "lib/attest/appraisal.h"
#include "libattest/denylist.h"

#define LIST_MEMORY ((size_t)64 << 20)
/* object, array, and of each entry four; one entry too many is still counted as such */
#define LIST_NODES (2 + 4 * ((size_t)ATT_DENYLIST_MAX + 1))

static const char *const members[] = { "kind", "value", "reason" };
enum { MEMBER_KIND, MEMBER_VALUE, MEMBER_REASON, NMEMBERS };

/* The list lives in its own arena; the head keeps the pointer that frees both. */
struct owned_list {
	struct att_denylist public;
	struct arena *a;
};

static const char *text_of(const struct json *v)
{
	return v && v->kind == JSON_STRING && strlen(v->s) == v->len ? v->s : NULL;
}

static bool read_entry(const struct json *v, struct att_deny *out, struct att_error *e)
{
	const char *text[NMEMBERS] = { NULL };

	if (!json_is(v, JSON_OBJECT))
		return att_fail(
		    e, ATT_E_BAD_FORMAT, "want {\"kind\":...,\"value\":...,\"reason\":...}");
	for (const struct json *m = v->child; m; m = m->next) {
		size_t i = 0;
		while (i < NMEMBERS && strcmp(members[i], m->name) != 0)
			i++;
		if (i == NMEMBERS)
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "member \"%.40s\", want kind, value and reason only", m->name);
		text[i] = text_of(m);
		if (!text[i])
			return att_fail(e, ATT_E_BAD_FORMAT, "%s: want a text", members[i]);
	}
	if (!text[MEMBER_KIND] || !text[MEMBER_VALUE])
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: missing",
		    members[text[MEMBER_KIND] ? MEMBER_VALUE : MEMBER_KIND]);
	return att_deny_read(text[MEMBER_KIND], text[MEMBER_VALUE], text[MEMBER_REASON], out, e);
}

/* Digits of a value are kept in lower case; names stay as they are. */
static char *plain_value(struct arena *a, const struct att_deny *d)
{
	char *v = arena_strdup(a, d->value);

	for (char *c = v; c && *c && deny_is_hex(d->kind); c++)
		if (*c >= 'A' && *c <= 'F')
			*c = (char)(*c - 'A' + 'a');
	return v;
}

static bool write_list(struct arena *a, struct att_denylist *l, struct att_error *e)
{
	struct json *o = json_object(a), *list = json_array(a);
	char *text;

	for (size_t i = 0; i < l->n; i++) {
		const struct att_deny *d = &l->entries[i];
		struct json *entry = json_object(a);
		entry = json_put(a, entry, "kind", json_string(a, att_deny_kind_name(d->kind)));
		entry = json_put(a, entry, "value", json_string(a, d->value));
		if (*d->reason)
			entry = json_put(a, entry, "reason", json_string(a, d->reason));
		list = json_append(list, entry);
	}
	if (!json_write(a, json_put(a, o, "entries", list), JSON_COMPACT, &text, &l->json_len, e))
		return false;
	l->json = text;
	return true;
}

static bool read_list(
    struct arena *a, struct att_bytes in, struct att_denylist *l, struct att_error *e)
{
	static const struct json_limits limits = { .max_depth = 4, .max_nodes = LIST_NODES };
	const struct json *list;
	struct json *body;
	struct att_deny *v;

	if (!json_parse(a, in.data, in.len, &limits, &body, e))
		return att_within(e, "deny-list");
	list = json_get(body, "entries");
	if (!json_is(list, JSON_ARRAY) || body->len != 1)
		return att_fail(
		    e, ATT_E_BAD_FORMAT, "deny-list: want {\"entries\":[...]} and nothing else");
	if (list->len > ATT_DENYLIST_MAX)
		return att_fail(e, ATT_E_LIMIT, "deny-list: %zu entries, at most %d are accepted",
		    list->len, ATT_DENYLIST_MAX);
	v = arena_array(a, list->len + 1, sizeof *v);
	if (!v)
		return arena_fail(a, e);
	for (const struct json *m = list->child; m; m = m->next, l->n++) {
		if (!read_entry(m, &v[l->n], e))
			return att_within(e, "entries[%zu]", l->n);
		v[l->n].value = plain_value(a, &v[l->n]);
		if (!v[l->n].value)
			return arena_fail(a, e);
	}
	l->entries = v;
	return write_list(a, l, e);
}

bool att_denylist_read(struct att_bytes json, struct att_denylist **out, struct att_error *e)
{
	struct arena *a;
	struct owned_list *o;

	if (json.len > ATT_DENYLIST_BYTES)
		return att_fail(e, ATT_E_LIMIT, "deny-list: %zu bytes, at most %zu are accepted",
		    json.len, ATT_DENYLIST_BYTES);
	a = arena_new(LIST_MEMORY);
	o = a ? arena_alloc(a, sizeof *o) : NULL;
	if (!o || !read_list(a, json, &o->public, e)) {
		arena_free(a);
		return o ? false : att_fail(e, ATT_E_NOMEM, "out of memory");
	}
	o->a = a;
	*out = &o->public;
	return true;
}

void att_denylist_free(struct att_denylist *list)
{
	if (list)
		arena_free(((struct owned_list *)(void *)list)->a);
}
