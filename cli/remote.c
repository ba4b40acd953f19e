#include "cli/remote.h"

#include <string.h>

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

bool remote_get(struct arena *a, const char *server, const char *path, const char *ca, struct att_bytes *out,
    struct att_error *e)
{
	static const char *const headers[] = { "Accept: application/json", NULL };
	const char *base = remote_base(a, server);
	struct httpc_request r = { .url = base ? arena_printf(a, "%s%s", base, path) : NULL, .method = "GET",
		.headers = headers, .ca_file = ca };
	struct httpc_answer answer;

	if (!r.url)
		return arena_fail(a, e);
	if (!httpc_send(a, &r, &answer, e))
		return false;
	if (answer.status != 200)
		return att_fail(e, ATT_E_OPERATION, "%s: HTTP %d, %s", r.url, answer.status,
		    message_of(a, &answer));
	*out = (struct att_bytes){ answer.body, answer.body_len };
	return true;
}

bool remote_post(struct arena *a, const char *url, const char *ca, struct att_bytes body, int *status,
    struct att_bytes *out, struct att_error *e)
{
	static const char *const headers[] = { "Content-Type: application/json", "Accept: application/json",
	    "Expect:",
		NULL };
	struct httpc_request r = { .url = url, .method = "POST", .headers = headers, .body = body.data,
		.body_len = body.len, .ca_file = ca };
	struct httpc_answer answer;

	if (!httpc_send(a, &r, &answer, e))
		return false;
	*status = answer.status;
	*out = (struct att_bytes){ answer.body, answer.body_len };
	return true;
}
