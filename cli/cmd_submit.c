#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/remote.h"
#include "cli/submit.h"
#include "lib/base/base64.h"

#define ARENA_MAX ((size_t)512 << 20)
#define API_VERSION "2022-08-01"

/* The body to post: a request body as it is, raw evidence inside the member of its type. */
static bool body_of(const struct args *args, struct arena *a, struct att_bytes *body, const char **type,
    struct att_error *e)
{
	const char *asked = arg(args, "type");
	bool raw;
	char *b64, *text;

	*type = att_recognise(*body, &raw);
	if (asked)
		*type = att_type_find(asked);
	if (!*type)
		return att_fail(e, ATT_E_BAD_FORMAT, asked ? "--type: unknown attestation type" :
		    "evidence of no known kind; name it with --type");
	if (!raw)
		return true;
	b64 = b64_encode_arena(B64_URL, a, body->data, body->len);
	text = b64 ? arena_printf(a, "{\"%s\":\"%s\"}", att_type_member(*type), b64) : NULL;
	if (!text)
		return arena_fail(a, e);
	*body = (struct att_bytes){ (const uint8_t *)text, strlen(text) };
	return true;
}

static const char *text_of(const struct json *object, const char *member)
{
	const struct json *v = json_get(object, member);

	return json_is(v, JSON_STRING) ? v->s : "";
}

static void refusal_text(int status, const struct json *error)
{
	const struct json *checks = json_get(error, "checks");

	out_mark(MARK_BAD);
	(void)printf(" refused (HTTP %d)\n  why:     %s: %s\n", status, text_of(error, "code"),
	    text_of(error, "message"));
	for (const struct json *c = checks ? checks->child : NULL; c; c = c->next)
		if (json_str_eq(json_get(c, "outcome"), "fail"))
			(void)printf("  check:   %s\n", text_of(c, "id"));
	if (*text_of(error, "hint"))
		(void)printf("  hint:    %s\n", text_of(error, "hint"));
}

/* 503: overload or a missing endorsement, so nothing was decided. */
enum exit_code submit_refused(struct arena *a, int status, struct att_bytes answer, bool json,
    struct att_error *e)
{
	enum exit_code code = status == 503 ? EXIT_UNUSABLE : EXIT_BAD;
	const struct json *error;
	struct json *v = NULL;

	error = json_parse(a, answer.data, answer.len, NULL, &v, NULL) ? json_get(v, "error") : NULL;
	if (!error) {
		(void)att_fail(e, ATT_E_INTERNAL, "HTTP %d without an error body", status);
		return complain(e);
	}
	if (json)
		return out_json(a, v, e) ? code : complain(e);
	refusal_text(status, error);
	return code;
}

enum exit_code submit_granted(const struct args *args, const char *token, struct att_error *e)
{
	const char *out = arg(args, "token-out");

	if (!out)
		return puts(token) > 0 ? EXIT_GOOD : EXIT_UNUSABLE;
	if (!file_write(out, token, strlen(token), false, e))
		return complain(e);
	out_mark(MARK_GOOD);
	(void)printf(" token written to %s\n  try: attest token verify --server %s%s%s %s\n", out,
	    arg(args, "server"),
	    arg(args, "ca") ? " --ca " : "", arg(args, "ca") ? arg(args, "ca") : "", out);
	return EXIT_GOOD;
}

static enum exit_code granted(const struct args *args, struct arena *a, struct att_bytes answer,
    struct att_error *e)
{
	const struct json *token;
	struct json *v;

	if (!json_parse(a, answer.data, answer.len, NULL, &v, e))
		return complain(e);
	token = json_get(v, "token");
	if (!json_is(token, JSON_STRING)) {
		(void)att_fail(e, ATT_E_BAD_JSON, "the service's answer has no token");
		return complain(e);
	}
	return submit_granted(args, token->s, e);
}

bool submit_call(const struct args *args, struct arena *a, const char *path, struct remote_call *out,
    struct att_error *e)
{
	const char *base = remote_base(a, arg(args, "server"));

	*out = (struct remote_call){ .ca = arg(args, "ca"), .bearer_file = arg(args, "bearer-file") };
	if (base)
		out->url = arena_printf(a, "%s%s?api-version=" API_VERSION, base, path);
	return out->url || arena_fail(a, e);
}

static enum exit_code submit(const struct args *args, struct arena *a, bool json, struct att_error *e)
{
	struct att_bytes body, answer;
	struct remote_call call;
	const char *type, *path;
	int status;

	if (!file_read(a, arg_pos(args, 0), &body, e) || !body_of(args, a, &body, &type, e))
		return complain(e);
	path = arena_printf(a, "/attest/%s", type);
	if (!path || !submit_call(args, a, path, &call, e) ||
	    !remote_post(a, &call, body, &status, &answer, e))
		return complain(e);
	return status == 200 ? granted(args, a, answer, e) : submit_refused(a, status, answer, json, e);
}

/* A file, or this machine's TPM. */
static enum exit_code submit_either(const struct args *args, struct arena *a, struct att_error *e)
{
	const char *type = arg(args, "type"), *known = type ? att_type_find(type) : NULL;
	bool json, machine = !args_positional(args);

	if (machine && (!known || strcmp(known, "Tpm") != 0)) {
		(void)att_fail(e, ATT_E_OPERATION,
		    "usage: attest submit --server URL (EVIDENCE | --type Tpm)");
		return complain(e);
	}
	if (!arg(args, "server")) {
		(void)att_fail(e, ATT_E_OPERATION, "submit wants --server URL");
		return complain(e);
	}
	if (!wants_json(args, &json, e))
		return complain(e);
	return machine ? submit_tpm(args, a, json, e) : submit(args, a, json, e);
}

enum exit_code cmd_submit(const struct args *args)
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(ARENA_MAX);
	enum exit_code code = a ? submit_either(args, a, &e) : complain(&e);

	arena_free(a);
	return code;
}
