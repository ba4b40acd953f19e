#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/out.h"
#include "cli/remote.h"
#include "libattest/token.h"

#define ARENA_MAX ((size_t)256 << 20)

static bool leeway_from(const struct args *args, int64_t *out, struct att_error *e)
{
	const char *text = arg(args, "leeway");
	char *end;
	long v;

	*out = 0;
	if (!text)
		return true;
	v = strtol(text, &end, 10);
	if (*end || end == text || v < 0 || v > 300)
		return att_fail(e, ATT_E_OPERATION, "--leeway: found \"%s\", want 0 to 300 seconds", text);
	*out = v;
	return true;
}

/* A word that is no file but looks like a token is the token itself. */
static bool token_read(struct arena *a, const char *word, struct att_bytes *out, struct att_error *e)
{
	size_t n = strlen(word);

	if (strncmp(word, "eyJ", 3) == 0 && strchr(word, '.')) {
		*out = (struct att_bytes){ (const uint8_t *)word, n };
		return true;
	}
	if (!file_read(a, word, out, e))
		return false;
	while (out->len > 0 && strchr(" \t\r\n", out->data[out->len - 1]))
		out->len--;
	return true;
}

static bool keys_from(const struct args *args, struct arena *a, struct att_token_wanted *w,
    struct att_bytes *jwks, struct att_error *e)
{
	const char *server = arg(args, "server"), *file = arg(args, "jwks");

	if (!server == !file)
		return att_fail(e, ATT_E_OPERATION,
		    "give either --jwks FILE with --issuer URL, or --server URL");
	if (file && !w->issuer)
		return att_fail(e, ATT_E_OPERATION,
		    "--jwks wants --issuer URL: a token without a known issuer proves nothing");
	if (file)
		return file_read(a, file, jwks, e);
	if (!w->issuer)
		w->issuer = remote_base(a, server);
	return w->issuer ? remote_get(a, server, "/certs", arg(args, "ca"), jwks, e) : arena_fail(a, e);
}

/* null: the token is not even of the form that has this part. */
static struct json *parsed(struct arena *a, const char *text, struct att_error *e)
{
	struct json *v;

	if (!text)
		return json_null(a);
	return json_parse(a, text, strlen(text), NULL, &v, e) ? v : NULL;
}

static bool report_json(struct arena *a, const struct att_token_report *r, struct att_error *e)
{
	struct json *o = json_object(a);
	bool ok = json_put(a, o, "valid", json_bool(a, r->valid)) &&
	    json_put(a, o, "header", parsed(a, r->header_json, e)) &&
	    json_put(a, o, "payload", parsed(a, r->payload_json, e)) &&
	    json_put(a, o, "checks", checks_json(a, r->checks, r->nchecks)) &&
	    (r->valid || json_put(a, o, "error", error_json(a, &r->error)));

	return ok ? out_json(a, o, e) : arena_fail(a, e);
}

static void report_text(const struct att_token_report *r)
{
	enum mark m = r->valid ? MARK_GOOD : MARK_BAD;

	(void)puts("token");
	out_checks(r->checks, r->nchecks);
	(void)fputs("\n", stdout);
	out_mark(m);
	(void)fputs(" ", stdout);
	out_bold(r->valid ? "valid" : "not valid", m);
	(void)fputs("\n", stdout);
	if (!r->valid)
		(void)printf("  why:     %s\n", r->error.text);
}

/* "SevSnpVm", as in request paths, or the claim's own "sevsnpvm". */
static const char *wanted_type(const char *type)
{
	const char *claim = type ? att_type_claim(type) : NULL;

	return claim ? claim : type;
}

static enum exit_code verify(const struct args *args, struct arena *a, struct att_error *e)
{
	struct att_token_wanted w = {
		.issuer = arg(args, "issuer"), .audience = arg(args, "audience"),
		.policy_hash = arg(args, "policy-hash"),
		.nonce = arg(args, "nonce"), .attestation_type = wanted_type(arg(args, "type")),
	};
	struct att_token_report *r;
	struct att_bytes token, jwks;
	enum exit_code code;
	bool json;

	if (!wants_json(args, &json, e) || !time_of(args, &w.now_s, e) ||
	    !leeway_from(args, &w.leeway_s, e) ||
	    !keys_from(args, a, &w, &jwks, e) || !token_read(a, arg_pos(args, 0), &token, e) ||
	    !att_token_verify(token, jwks, &w, &r, e))
		return complain(e);
	code = r->valid ? EXIT_GOOD : EXIT_BAD;
	if (!json)
		report_text(r);
	else if (!report_json(a, r, e))
		code = complain(e);
	att_token_report_free(r);
	return code;
}

enum exit_code cmd_token_verify(const struct args *args)
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(ARENA_MAX);
	enum exit_code code = a ? verify(args, a, &e) : complain(&e);

	arena_free(a);
	return code;
}
