/* /denylist - whom a provider refuses, beside those whom the configuration names.  A worker reads
 * what is sent. */
#include "lib/base/buf.h"
#include "lib/base/time.h"
#include "lib/json/json.h"
#include "server/api/manage.h"

static const char no_entries[] = "{\"entries\":[]}";

static struct json *configured_json(
    struct arena *a, struct json *list, const struct config_deny *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct json *o = json_object(a);

		o = json_put(a, o, "kind", json_string(a, v[i].kind));
		o = json_put(a, o, "value", json_string(a, v[i].value));
		if (v[i].reason)
			o = json_put(a, o, "reason", json_string(a, v[i].reason));
		list = json_append(list, o);
	}
	return list;
}

/* The stored list is JSON that a worker wrote: an object with one member, passed on as it is. */
static bool respond_list(struct api_call *c, struct resp *out, struct att_error *e)
{
	const struct config *config = c->api->config;
	const struct config_provider *p = &config->providers[c->provider];
	struct arena *a = c->manage->memory;
	struct json *list = json_array(a);
	struct buf b = buf_make(a);
	struct store_denylist l;
	char when[TIME_TEXT_MAX], *text;
	size_t n;

	if (!store_denylist_get(c->api->store, manage_key(c).provider, a, &l, e))
		return false;
	if (l.entries.n < sizeof no_entries - 1)
		l.entries =
		    (struct store_bytes){ (const uint8_t *)no_entries, sizeof no_entries - 1 };
	list = configured_json(a, list, config->deny, config->deny_count);
	list = configured_json(a, list, p->deny, p->deny_count);
	if (!json_write(a, list, JSON_COMPACT, &text, &n, e))
		return false;
	buf_put(&b, l.entries.p, l.entries.n - 1);
	buf_fmt(&b, ",\"configured\":%s", text);
	if (l.set_at_s) {
		if (!json_write(a, json_string(a, l.set_by), JSON_COMPACT, &text, &n, e))
			return false;
		time_format(l.set_at_s, when);
		buf_fmt(&b, ",\"setBy\":%s,\"setAt\":\"%s\"", text, when);
	}
	buf_char(&b, '}');
	if (!buf_ok(&b, e))
		return false;
	*out = resp_copy(200, b.p, b.len);
	return true;
}

static bool apply_list(
    struct api_call *c, const struct managed *m, const struct store_use *use, struct att_error *e)
{
	struct store_denylist l = { .entries = { rd_ptr(&m->jws), rd_left(&m->jws) },
		.set_by = manage_text(c, m->caller),
		.set_at_s = c->api->now_s() };

	(void)use;
	if (!l.set_by)
		return arena_fail(c->manage->memory, e);
	return store_denylist_set(c->api->store, manage_key(c).provider, &l, e);
}

void api_denylist_get(struct api_call *c)
{
	static const struct manage_kind kind = { .verb = MANAGE_ALLOW, .respond = respond_list };

	manage_call(c, &kind);
}

void api_denylist_set(struct api_call *c)
{
	static const struct manage_kind kind = { .action = "denylist.set",
		.verb = MANAGE_DENYLIST_SET,
		.is_plain = true,
		.apply = apply_list,
		.respond = respond_list };

	manage_call(c, &kind);
}
