/* --deny and --deny-list: whom the operator refuses, from options and files to one array. */
#include <string.h>

#include "cli/inputs.h"
#include "lib/base/rd.h"
#include "libattest/denylist.h"

struct denials {
	struct arena *a;
	struct att_deny *v;
	size_t n, room;
};

static bool add(struct denials *d, const struct att_deny *v, size_t n, struct att_error *e)
{
	struct att_deny *bigger;

	if (d->n + n > d->room) {
		bigger = arena_array(d->a, d->n + n + FILES_MAX, sizeof *bigger);
		if (!bigger)
			return arena_fail(d->a, e);
		bytes_copy(bigger, d->v, d->n * sizeof *bigger);
		d->v = bigger;
		d->room = d->n + n + FILES_MAX;
	}
	bytes_copy(d->v + d->n, v, n * sizeof *v);
	d->n += n;
	return true;
}

/* kind=value or kind=value=reason; no value holds a '='. */
static bool add_option(struct denials *d, const char *text, struct att_error *e)
{
	char *kind = arena_strdup(d->a, text), *value, *reason;
	struct att_deny one;

	if (!kind)
		return arena_fail(d->a, e);
	value = strchr(kind, '=');
	if (!value)
		return att_fail(e, ATT_E_OPERATION,
		    "--deny: found \"%s\", want kind=value or kind=value=reason", text);
	*value++ = 0;
	reason = strchr(value, '=');
	if (reason)
		*reason++ = 0;
	return att_deny_read(kind, value, reason, &one, e) ? add(d, &one, 1, e) :
							     att_within(e, "--deny");
}

/* The list's texts are copied: it is freed before the appraisal. */
static bool add_copies(struct denials *d, const struct att_denylist *l, struct att_error *e)
{
	for (size_t i = 0; i < l->n; i++) {
		struct att_deny one = { .kind = l->entries[i].kind,
			.value = arena_strdup(d->a, l->entries[i].value),
			.reason = arena_strdup(d->a, l->entries[i].reason) };

		if (!one.value || !one.reason)
			return arena_fail(d->a, e);
		if (!add(d, &one, 1, e))
			return false;
	}
	return true;
}

static bool add_file(struct denials *d, const char *path, struct att_error *e)
{
	struct att_denylist *l = NULL;
	struct att_bytes text;
	bool ok;

	if (!file_read(d->a, path, &text, e))
		return false;
	if (!att_denylist_read(text, &l, e))
		return att_within(e, "%s", path);
	ok = add_copies(d, l, e);
	att_denylist_free(l);
	return ok;
}

bool denials_read(
    const struct args *args, struct arena *a, struct att_settings *s, struct att_error *e)
{
	struct denials d = { .a = a };

	for (size_t i = 0; arg_nth(args, "deny", i); i++)
		if (!add_option(&d, arg_nth(args, "deny", i), e))
			return false;
	for (size_t i = 0; arg_nth(args, "deny-list", i); i++)
		if (!add_file(&d, arg_nth(args, "deny-list", i), e))
			return false;
	s->deny = d.v;
	s->ndeny = d.n;
	return true;
}
