#include "cli/remote.h"

#include <string.h>

#include "cli/file.h"
#include "lib/json/json.h"
#include "net/httpc.h"

char *remote_base(struct arena *a, const char *server)
{
	size_t n = strlen(server);

	while (n > 0 && server[n - 1] == '/')
		n--;
	return arena_strndup(a, server, n);
}

static const char *message_of(struct arena *a, const struct httpc_answer *answer)
{
	struct json *v = NULL;
	const struct json *m = json_parse(a, answer->body, answer->body_len, NULL, &v, NULL) ?
	    json_get(json_get(v, "error"), "message") : NULL;

	return json_is(m, JSON_STRING) ? m->s : "no message";
}

/* "Authorization: Bearer ..." from the first line of the file. */
static bool bearer(struct arena *a, const char *file, const char **out, struct att_error *e)
{
	struct att_bytes text;

	if (!file_read(a, file, &text, e))
		return att_within(e, "bearer token");
	*out = arena_printf(a, "Authorization: Bearer %.*s", (int)strcspn((const char *)text.data, "\r\n"),
	    (const char *)text.data);
	return *out || arena_fail(a, e);
}

bool remote_get(struct arena *a, const char *server, const char *path, const char *ca, struct att_bytes *out,
    struct att_error *e)
{
	return remote_get_as(a, server, path, ca, NULL, out, e);
}

bool remote_get_as(struct arena *a, const char *server, const char *path, const char *ca,
    const char *token_file, struct att_bytes *out, struct att_error *e)
{
	const char *headers[] = { "Accept: application/json", NULL, NULL };
	const char *base = remote_base(a, server);
	struct httpc_request r = { .url = base ? arena_printf(a, "%s%s", base, path) : NULL, .method = "GET",
		.headers = headers, .ca_file = ca };
	struct httpc_answer answer;

	if (!r.url)
		return arena_fail(a, e);
	if ((token_file && !bearer(a, token_file, &headers[1], e)) || !httpc_send(a, &r, &answer, e))
		return false;
	if (answer.status != 200)
		return att_fail(e, ATT_E_OPERATION, "%s: HTTP %d, %s", r.url, answer.status,
		    message_of(a, &answer));
	*out = (struct att_bytes){ answer.body, answer.body_len };
	return true;
}

bool remote_post(struct arena *a, const struct remote_call *call, struct att_bytes body, int *status,
    struct att_bytes *out, struct att_error *e)
{
	const char *headers[] = { "Content-Type: application/json", "Accept: application/json", "Expect:",
	    NULL, NULL };
	struct httpc_request r = { .url = call->url, .method = "POST", .headers = headers, .body = body.data,
		.body_len = body.len, .ca_file = call->ca };
	struct httpc_answer answer;

	if ((call->bearer_file && !bearer(a, call->bearer_file, &headers[3], e)) ||
	    !httpc_send(a, &r, &answer, e))
		return false;
	*status = answer.status;
	*out = (struct att_bytes){ answer.body, answer.body_len };
	return true;
}
