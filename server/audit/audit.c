#include "server/audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/hex.h"
#include "lib/base/time.h"
#include "lib/json/json.h"
#include "server/datadir/datadir.h"

bool audit_open(const char *data_dir, struct audit *out, struct att_error *e)
{
	char path[DATADIR_PATH_MAX];

	if (!datadir_path(data_dir, DATADIR_AUDIT, "audit.log", path, e))
		return false;
	out->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return out->fd >= 0 || att_fail(e, ATT_E_OPERATION, "%s: %s", path, strerror(errno));
}

void audit_close(struct audit *a)
{
	if (a->fd >= 0)
		(void)close(a->fd);
	a->fd = -1;
}

static void put(struct arena *a, struct json *o, const char *name, const char *s)
{
	if (s)
		(void)json_put(a, o, name, json_string(a, s));
}

static void put_rd(struct arena *a, struct json *o, const char *name, struct rd r)
{
	if (!rd_empty(&r))
		(void)json_put(a, o, name, json_stringn(a, (const char *)rd_ptr(&r), rd_left(&r)));
}

static void put_digest(struct arena *a, struct json *o, const char *name, const uint8_t *sha256)
{
	if (sha256)
		put(a, o, name, hex_arena(a, sha256, 32));
}

static struct json *record_json(struct arena *a, const struct audit_record *r)
{
	struct json *o = json_object(a);
	char when[TIME_TEXT_MAX];

	time_format(r->time_s, when);
	put(a, o, "time", when);
	put(a, o, "action", r->action);
	put(a, o, "request", r->request_id);
	put(a, o, "provider", r->provider);
	put_rd(a, o, "caller", r->caller);
	put_rd(a, o, "type", r->type);
	(void)json_put(a, o, "status", json_int(a, r->status));
	put(a, o, "verdict", r->verdict);
	put_rd(a, o, "error", r->error_code);
	put_rd(a, o, "failedCheck", r->failed_check);
	put_rd(a, o, "relaxed", r->relaxed);
	put_rd(a, o, "policyHash", r->policy_hash);
	put_rd(a, o, "shadowDecision", r->shadow);
	put_rd(a, o, "shadowPolicyHash", r->shadow_hash);
	put_rd(a, o, "statementHash", r->statement_hash);
	put_rd(a, o, "certificate", r->thumbprint);
	put_rd(a, o, "ekId", r->ek_id);
	put_rd(a, o, "akName", r->ak_name);
	if (r->entry)
		(void)json_put(a, o, "entry", json_int(a, r->entry));
	put_digest(a, o, "evidenceSha256", r->evidence_sha256);
	put_digest(a, o, "tokenSha256", r->token_sha256);
	return o;
}

bool audit_append(struct audit *audit, struct arena *a, const struct audit_record *r, struct att_error *e)
{
	char *line;
	size_t n;
	ssize_t put;

	if (!json_write(a, record_json(a, r), JSON_COMPACT, &line, &n, e))
		return false;
	line[n] = '\n';         /* the place of the NUL: one write for the whole line */
	do
		put = write(audit->fd, line, n + 1);
	while (put < 0 && errno == EINTR);
	return put == (ssize_t)(n + 1) ||
	    att_fail(e, ATT_E_INTERNAL, "audit: %s", put < 0 ? strerror(errno) : "the line was cut");
}
