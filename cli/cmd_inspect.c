#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/out.h"
#include "libattest/inspect.h"

#define ARENA_MAX ((size_t)256 << 20)
#define VALUE_WIDTH 100         /* longer values are cut in the text form */

static void show(const struct json *v, const char *name, unsigned depth);

/* Long lists of like things (events of a log, entries of lists) take one line each: values without names. */
static bool is_table(const struct json *v, const char *name)
{
	static const char *const tables[] = { "events", "entries", "firstEntries", "lastEntries" };

	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		if (v->kind == JSON_ARRAY && strcmp(name, tables[i]) == 0)
			return true;
	return false;
}

static void show_rows(const struct json *v, unsigned depth)
{
	size_t i = 0;

	for (const struct json *row = v->child; row; row = row->next, i++) {
		(void)printf("%*s[%zu]", (int)(2 * depth), "", i);
		for (const struct json *c = row->child; c; c = c->next) {
			if (c->kind == JSON_STRING)
				(void)printf("  %.*s%s", VALUE_WIDTH, c->s, c->len > VALUE_WIDTH ? "…" : "");
			else if (c->kind == JSON_INT)
				(void)printf("  %lld", (long long)c->i);
		}
		(void)fputs("\n", stdout);
	}
}

static void show_children(const struct json *v, unsigned depth)
{
	char index[24];
	size_t i = 0;

	for (const struct json *c = v->child; c; c = c->next, i++) {
		(void)snprintf(index, sizeof index, "[%zu]", i);
		show(c, v->kind == JSON_OBJECT ? c->name : index, depth);
	}
}

static void show_scalar(const struct json *v)
{
	if (v->kind == JSON_STRING && strchr(v->s, '\n'))
		(void)printf("\n%s", v->s);
	else if (v->kind == JSON_STRING || v->kind == JSON_REAL)
		(void)printf("%.*s%s", VALUE_WIDTH, v->s, v->len > VALUE_WIDTH ? "…" : "");
	else if (v->kind == JSON_INT)
		(void)printf("%lld", (long long)v->i);
	else if (v->kind == JSON_UINT)
		(void)printf("%llu", (unsigned long long)v->u);
	else
		(void)fputs(v->kind == JSON_NULL ? "null" : v->b ? "true" : "false", stdout);
	(void)fputs("\n", stdout);
}

#define LINE_WIDTH 100u         /* lists of short values take one line, if they fit into it */

static bool is_short_list(const struct json *v)
{
	size_t width = 0;

	for (const struct json *c = v->child; c; c = c->next) {
		if (c->kind != JSON_INT && (c->kind != JSON_STRING || strchr(c->s, ' ')))
			return false;
		width += c->kind == JSON_STRING ? c->len + 1 : 4;
	}
	return v->kind == JSON_ARRAY && v->len > 0 && width <= LINE_WIDTH;
}

static void show_short_list(const struct json *v)
{
	for (const struct json *c = v->child; c; c = c->next) {
		if (c->kind == JSON_STRING)
			(void)printf("%s%s", c->s, c->next ? " " : "\n");
		else
			(void)printf("%lld%s", (long long)c->i, c->next ? " " : "\n");
	}
}

static void show(const struct json *v, const char *name, unsigned depth)
{
	(void)printf("%*s%-*s ", (int)(2 * depth), "", 30 - (int)(2 * depth < 28 ? 2 * depth : 28), name);
	if (is_short_list(v)) {
		show_short_list(v);
	} else if (v->kind == JSON_OBJECT || v->kind == JSON_ARRAY) {
		(void)fputs("\n", stdout);
		if (is_table(v, name))
			show_rows(v, depth + 1);
		else
			show_children(v, depth + 1);
	} else {
		show_scalar(v);
	}
}

static enum exit_code inspect(const struct args *args, struct arena *a, struct att_error *e)
{
	struct att_bytes file;
	struct json *v;
	char *text;
	bool json, ok;

	if (!wants_json(args, &json, e) || !file_read(a, arg_pos(args, 0), &file, e) ||
	    !att_inspect(file, &text, e))
		return complain(e);
	ok = json ? fputs(text, stdout) >= 0 : json_parse(a, text, strlen(text), NULL, &v, e);
	if (ok && !json)
		show_children(v, 0);
	free(text);
	return ok ? EXIT_GOOD : complain(e);
}

enum exit_code cmd_inspect(const struct args *args)
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(ARENA_MAX);
	enum exit_code code = a ? inspect(args, a, &e) : complain(&e);

	arena_free(a);
	return code;
}
