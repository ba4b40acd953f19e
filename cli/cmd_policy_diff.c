/* Two policies side by side: rules that went, came and stayed, and the decisions over given claims. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/out.h"
#include "libattest/policy.h"

#define ARENA_MAX ((size_t)512 << 20)

static bool policy_read(struct arena *a, const char *path, struct att_bytes *out, struct att_error *e)
{
	return file_read(a, path, out, e) && (policy_unwrapped(a, out, e) || att_within(e, "%s", path));
}

static bool claims_read(const struct args *args, struct arena *a, struct att_bytes *v, size_t *n,
    struct att_error *e)
{
	for (*n = 0; arg_nth(args, "claims", *n); ++*n)
		if (!file_read(a, arg_nth(args, "claims", *n), &v[*n], e))
			return false;
	return true;
}

static void show_rules(const struct json *section, const char *member, const char *sign, const char *path)
{
	for (const struct json *r = json_get(section, member)->child; r; r = r->next)
		(void)printf("  %s %s:%lld: %s\n", sign, path, (long long)json_get(r, "line")->i,
		    json_get(r, "rule")->s);
}

static void show_section(const struct args *args, const struct json *s)
{
	const struct json *same = json_get(s, "unchanged");
	bool moved = json_get(s, "reordered")->b;

	if (!json_get(s, "removed")->len && !json_get(s, "added")->len && !same->len)
		return;
	(void)printf("%s: %zu rule%s unchanged%s\n", json_get(s, "section")->s, same->len, same->len == 1 ?
	    "" : "s", moved ? ", in another order, which matters here" : "");
	show_rules(s, "removed", "-", arg_pos(args, 0));
	show_rules(s, "added", "+", arg_pos(args, 1));
}

static void show_decision(const char *path, const struct json *d)
{
	const char *from = json_get(d, "from")->s, *to = json_get(d, "to")->s;
	bool same = strcmp(from, to) == 0;

	(void)fputs("  ", stdout);
	out_mark(same ? MARK_NONE : MARK_BAD);
	(void)printf(" %s: %s%s%s\n", path, from, same ? "" : " becomes ", same ? "" : to);
}

static void show_head(const char *path, const struct json *head)
{
	(void)printf("  version %s, %lld rules, hash %s  %s\n", json_get(head, "version")->s,
	    (long long)json_get(head, "rules")->i, json_get(head, "hash")->s, path);
}

static void diff_text(const struct args *args, const struct json *v)
{
	bool equal = json_get(v, "equal")->b;
	const struct json *decisions = json_get(v, "decisions");
	size_t i = 0;

	out_mark(equal ? MARK_GOOD : MARK_BAD);
	(void)puts(equal ? " the rules mean the same" : " the rules differ");
	show_head(arg_pos(args, 0), json_get(v, "from"));
	show_head(arg_pos(args, 1), json_get(v, "to"));
	for (const struct json *s = json_get(v, "sections")->child; s; s = s->next)
		show_section(args, s);
	if (decisions->len)
		(void)puts("decisions");
	for (const struct json *d = decisions->child; d; d = d->next)
		show_decision(arg_nth(args, "claims", i++), d);
}

static bool diffed(const struct args *args, struct arena *a, struct json **out, struct att_error *e)
{
	struct att_policy_pair texts;
	struct att_bytes claims[ARGS_VALUES_MAX];
	struct att_settings settings;
	size_t n;
	char *text;
	bool ok;

	att_settings_default(&settings);
	if (!policy_read(a, arg_pos(args, 0), &texts.from, e) ||
	    !policy_read(a, arg_pos(args, 1), &texts.to, e) ||
	    !claims_read(args, a, claims, &n, e) || !att_policy_diff(&texts, claims, n, &settings, &text, e))
		return false;
	ok = json_parse(a, text, strlen(text), NULL, out, e);
	free(text);
	return ok;
}

static enum exit_code diff(const struct args *args, struct arena *a, struct att_error *e)
{
	struct json *v;
	bool json;

	if (!wants_json(args, &json, e) || !diffed(args, a, &v, e) || (json && !out_json(a, v, e)))
		return complain(e);
	if (!json)
		diff_text(args, v);
	return json_get(v, "equal")->b ? EXIT_GOOD : EXIT_BAD;
}

enum exit_code cmd_policy_diff(const struct args *args)
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(ARENA_MAX);
	enum exit_code code = a ? diff(args, a, &e) : complain(&e);

	arena_free(a);
	return code;
}
