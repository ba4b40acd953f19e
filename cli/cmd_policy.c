#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/out.h"
#include "libattest/policy.h"

#define ARENA_MAX ((size_t)512 << 20)
#define VALUE_WIDTH 100         /* longer values are cut in the text form */

/* Every policy command reads one file; what it prints goes to standard output. */
typedef enum exit_code policy_fn(const struct args *args, struct arena *a, struct att_bytes text,
    struct att_error *e);

static enum exit_code with_policy(const struct args *args, policy_fn *fn)
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(ARENA_MAX);
	struct att_bytes text;
	enum exit_code code;

	if (!a)
		return complain(&e);
	code = file_read(a, arg_pos(args, 0), &text, &e) ? fn(args, a, text, &e) : complain(&e);
	arena_free(a);
	return code;
}

static enum exit_code hash(const struct args *args, struct arena *a, struct att_bytes text,
    struct att_error *e)
{
	char out[44];

	(void)args, (void)a;
	if (!att_policy_hash(text, out, e))
		return complain(e);
	return puts(out) > 0 ? EXIT_GOOD : EXIT_UNUSABLE;
}

/* The source line with a caret under the column; tabs are kept so that the caret lines up. */
static void show_place(const struct att_policy_problem *p)
{
	const char *s = p->source_line;

	(void)printf("      %s\n      ", s);
	for (size_t i = 0; i < p->caret && *s; s++)
		if (((unsigned char)*s & 0xc0) != 0x80 && ++i)
			(void)putchar(*s == '\t' ? '\t' : ' ');
	(void)puts("^");
}

static void show_problem(const char *path, const struct att_policy_problem *p)
{
	(void)fputs("  ", stdout);
	out_mark(p->warning ? MARK_NONE : MARK_BAD);
	(void)printf(" %s:%zu:%zu: %s: %s\n", path, p->line, p->column, p->warning ? "warning" : "error",
	    p->message);
	show_place(p);
	if (p->expected && *p->expected)
		(void)printf("      expected  %s\n", p->expected);
	if (p->token && *p->token)
		(void)printf("      found     %s\n", p->token);
	if (p->hint)
		(void)printf("      hint      %s\n", p->hint);
}

static struct json *problem_json(struct arena *a, const struct att_policy_problem *p)
{
	struct json *o = json_object(a);
	bool ok = json_put(a, o, "severity", json_string(a, p->warning ? "warning" : "error")) &&
	    json_put(a, o, "id", json_string(a, p->id)) &&
	    json_put(a, o, "line", json_int(a, (int64_t)p->line)) &&
	    json_put(a, o, "column", json_int(a, (int64_t)p->column)) &&
	    json_put(a, o, "message", json_string(a, p->message)) &&
	    json_put(a, o, "expected", json_string(a, p->expected ? p->expected : "")) &&
	    json_put(a, o, "found", json_string(a, p->token ? p->token : "")) &&
	    json_put(a, o, "rule", json_string(a, p->rule ? p->rule : "")) &&
	    (!p->hint || json_put(a, o, "hint", json_string(a, p->hint))) &&
	    json_put(a, o, "sourceLine", json_string(a, p->source_line));

	return ok ? o : NULL;
}

static bool report_json(struct arena *a, const struct att_policy_report *r, struct att_error *e)
{
	struct json *o = json_object(a), *list = json_array(a);
	bool ok = json_put(a, o, "ok", json_bool(a, r->ok)) &&
	    json_put(a, o, "hash", json_string(a, r->hash)) && json_put(a, o, "problems", list);

	for (size_t i = 0; ok && i < r->nproblems; i++)
		ok = json_append(list, problem_json(a, &r->problems[i])) != NULL;
	return ok ? out_json(a, o, e) : arena_fail(a, e);
}

static void report_text(const char *path, const struct att_policy_report *r)
{
	size_t errors = 0;

	for (size_t i = 0; i < r->nproblems; i++)
		errors += !r->problems[i].warning;
	out_mark(r->ok ? MARK_GOOD : MARK_BAD);
	(void)printf(" %s: %zu error%s, %zu warning%s\n", path, errors, errors == 1 ? "" : "s",
	    r->nproblems - errors, r->nproblems - errors == 1 ? "" : "s");
	for (size_t i = 0; i < r->nproblems; i++)
		show_problem(path, &r->problems[i]);
	if (r->ok)
		(void)printf("  hash %s\n", r->hash);
}

static enum exit_code check(const struct args *args, struct arena *a, struct att_bytes text,
    struct att_error *e)
{
	struct att_policy_report *r;
	enum exit_code code;
	bool json;

	if (!wants_json(args, &json, e) || !policy_unwrapped(a, &text, e) || !att_policy_check(text, &r, e))
		return complain(e);
	code = r->ok ? EXIT_GOOD : EXIT_BAD;
	if (!json)
		report_text(arg_pos(args, 0), r);
	else if (!report_json(a, r, e))
		code = complain(e);
	att_policy_report_free(r);
	return code;
}

static enum exit_code decision_exit(const struct json *result)
{
	return json_str_eq(json_get(result, "decision"), "permit") ? EXIT_GOOD : EXIT_BAD;
}

/* "c: x-ms-sevsnpvm-vmpl = 2": the claims that the conditions of a rule bound. */
static bool bound_text(struct arena *a, const struct json *rule, struct att_error *e)
{
	const struct json *bound = json_get(rule, "bound");

	for (const struct json *b = bound ? bound->child : NULL; b; b = b->next) {
		const struct json *ident = json_get(b, "identifier"), *more = json_get(b, "more");
		for (const struct json *c = json_get(b, "claims")->child; c; c = c->next) {
			char *value;
			size_t n;
			if (!json_write(a, json_get(c, "value"), JSON_COMPACT, &value, &n, e))
				return false;
			(void)printf("        %s%s%s = %.*s%s\n", ident ? ident->s : "", ident ? ": " : "",
			    json_get(c, "type")->s, VALUE_WIDTH, value, n > VALUE_WIDTH ? "…" : "");
		}
		if (more)
			(void)printf("        and %lld more claims\n", (long long)more->i);
	}
	return true;
}

static bool eval_text(struct arena *a, const struct json *result, struct att_error *e)
{
	const struct json *message = json_get(result, "message");

	out_mark(decision_exit(result) == EXIT_GOOD ? MARK_GOOD : MARK_BAD);
	(void)printf(" %s%s%s\n", json_get(result, "decision")->s, message ? ": " : "",
	    message ? message->s : "");
	for (const struct json *r = json_get(result, "rules")->child; r; r = r->next) {
		const struct json *why = json_get(r, "why");
		(void)fputs("  ", stdout);
		out_mark(json_get(r, "fired")->b ? MARK_GOOD : MARK_NONE);
		(void)printf(" line %-4lld %-20s %s%s%s\n", (long long)json_get(r, "line")->i,
		    json_get(r, "section")->s, json_get(r, "action")->s, why ? "  " : "", why ? why->s : "");
		if (!bound_text(a, r, e))
			return false;
	}
	return true;
}

static enum exit_code eval(const struct args *args, struct arena *a, struct att_bytes text,
    struct att_error *e)
{
	struct att_settings settings;
	struct att_bytes claims;
	struct json *result;
	char *json_text;
	bool json, ok;

	if (!arg(args, "claims"))
		(void)att_fail(e, ATT_E_OPERATION, "policy eval wants --claims FILE");
	if (!arg(args, "claims") || !wants_json(args, &json, e) || !policy_unwrapped(a, &text, e) ||
	    !file_read(a, arg(args, "claims"), &claims, e))
		return complain(e);
	att_settings_default(&settings);
	if (!att_policy_eval(text, claims, &settings, &json_text, e))
		return complain(e);
	if (!json_parse(a, json_text, strlen(json_text), NULL, &result, e)) {
		free(json_text);
		return complain(e);
	}
	free(json_text);
	ok = json ? out_json(a, result, e) : eval_text(a, result, e);
	return ok ? decision_exit(result) : complain(e);
}

static enum exit_code wrap(const struct args *args, struct arena *a, struct att_bytes text,
    struct att_error *e)
{
	const char *key = arg(args, "key"), *cert = arg(args, "cert");
	struct att_bytes pem_key, pem_certs;
	enum exit_code code = EXIT_GOOD;
	char *jws = NULL;

	if (!key != !cert)
		(void)att_fail(e, ATT_E_OPERATION, "--key and --cert belong together");
	else if (!key)
		(void)att_policy_wrap(text, &jws, e);
	else if (file_read(a, key, &pem_key, e) && file_read(a, cert, &pem_certs, e))
		(void)att_policy_wrap_signed(text, pem_key, pem_certs, &jws, e);
	if (!jws || puts(jws) < 0)
		code = complain(e);
	free(jws);
	return code;
}

enum exit_code cmd_policy_hash(const struct args *args)
{
	return with_policy(args, hash);
}

enum exit_code cmd_policy_check(const struct args *args)
{
	return with_policy(args, check);
}

enum exit_code cmd_policy_eval(const struct args *args)
{
	return with_policy(args, eval);
}

enum exit_code cmd_policy_wrap(const struct args *args)
{
	return with_policy(args, wrap);
}
