#include <stdlib.h>

#include "lib/base/time.h"
#include "lib/json/json.h"
#include "server/api/api.h"
#include "server/log/metrics.h"

void api_livez(struct api_call *c)
{
	static const char text[] = "{\"status\":\"alive\"}";
	struct resp resp = { .status = 200, .body = text, .body_len = sizeof text - 1 };

	api_answer(c, &resp);
}

static void put_reason(struct arena *a, struct json *list, const char *provider, const char *why)
{
	(void)json_append(list, json_string(a, arena_printf(a, "provider %s: %s", provider, why)));
}

static struct json *reasons(const struct api *api)
{
	struct json *list = json_array(api->scratch);

	for (uint32_t i = 0; i < api->config->providers_count; i++) {
		const char *name = api->config->providers[i].name;
		if (!api->jwks[i].text || !api->openid[i].text)
			put_reason(api->scratch, list, name, "the signer has not given its key set");
		if (api->live_workers(api->state, i) == 0)
			put_reason(api->scratch, list, name, "no verify worker is alive");
	}
	return list;
}

/* Whoever relies on this service must be able to see that it is set up for tests. */
static void put_test_mode(struct arena *a, struct json *o, const struct role_facts *f)
{
	char when[TIME_TEXT_MAX];

	if (!f->insecure_test)
		return;
	(void)json_put(a, o, "insecureTest", json_bool(a, true));
	(void)json_put(a, o, "testAnchors", json_int(a, f->nanchors));
	if (f->clock_s != CLOCK_REAL) {
		time_format(f->clock_s, when);
		(void)json_put(a, o, "clock", json_string(a, when));
	}
}

void api_readyz(struct api_call *c)
{
	struct api *api = c->api;
	struct arena *a = api->scratch;
	struct json *o = json_object(a), *why = reasons(api);
	struct att_error e = { 0 };
	bool ready = why && why->len == 0;
	struct resp resp;
	char *text;
	size_t n;

	(void)json_put(a, o, "status", json_string(a, ready ? "ready" : "not ready"));
	put_test_mode(a, o, api->facts);
	if (!ready)
		(void)json_put(a, o, "reasons", why);
	if (!json_write(a, o, JSON_COMPACT, &text, &n, &e)) {
		api_problem(c, e.code, "%s", e.text);
		return;
	}
	resp = resp_copy(ready ? 200 : 503, text, n);
	arena_reset(a);
	api_answer(c, &resp);
}

void api_metrics(struct api_call *c)
{
	struct resp resp = { .status = 200, .is_owned = true,
	    .content_type = "text/plain; version=0.0.4; charset=utf-8" };

	c->api->gauges(c->api->state);
	resp.body = metrics_text(&resp.body_len);
	if (resp.body)
		api_answer(c, &resp);
	else
		api_problem(c, ATT_E_NOMEM, "out of memory");
}
