/* GET and DELETE /collateral: which endorsements the service holds, and an administrator's way
 * back. */
#include "lib/json/json.h"
#include "server/api/manage.h"
#include "server/log/log.h"

static bool respond_list(struct api_call *c, struct resp *out, struct att_error *e)
{
	struct buf b = buf_make(c->manage->memory);

	if (!collateral_list_json(c->api->collateral, c->manage->memory, &b, e))
		return false;
	*out = resp_copy(200, b.p, b.len);
	return true;
}

static bool gather_forget(struct api_call *c, struct att_error *e)
{
	const char *kind = c->r->query(c->r, "kind"), *key = c->r->query(c->r, "key");

	return (kind && key) ||
	    att_fail(e, ATT_E_BAD_FORMAT,
		"the query arguments kind and key are needed, such as "
		"kind=tcb-info&key=SGX-00906ed50000");
}

static bool apply_forget(struct api_call *c, const struct managed *m, const struct store_use *use,
    struct att_error *e)
{
	const char *kind = c->r->query(c->r, "kind"), *key = c->r->query(c->r, "key");

	(void)use;
	if (!collateral_forget(c->api->collateral, kind, key, &c->manage->made, e))
		return false;
	log_event(LOG_WARN, "collateral.forgotten", "kind", "%s", kind, "key", "%s", key, "rows",
	    "%lld", (long long)c->manage->made, "by", "%s", manage_text(c, m->caller), NULL);
	return true;
}

static bool respond_forget(struct api_call *c, struct resp *out, struct att_error *e)
{
	struct arena *a = c->manage->memory;
	struct json *o = json_object(a);
	char *text;
	size_t n;

	(void)json_put(a, o, "forgotten", json_int(a, c->manage->made));
	if (!json_write(a, o, JSON_COMPACT, &text, &n, e))
		return false;
	*out = resp_copy(200, text, n);
	return true;
}

void api_collateral_list(struct api_call *c)
{
	static const struct manage_kind kind = { .verb = MANAGE_ALLOW, .respond = respond_list };

	manage_call(c, &kind);
}

void api_collateral_forget(struct api_call *c)
{
	static const struct manage_kind kind = { .action = "collateral.forget",
		.verb = MANAGE_ALLOW,
		.is_plain = true,
		.gather = gather_forget,
		.apply = apply_forget,
		.respond = respond_forget };

	manage_call(c, &kind);
}
