#include <stdlib.h>

#include "lib/base/time.h"
#include "lib/json/json.h"
#include "server/api/api.h"
#include "server/log/metrics.h"

#define WARNINGS_MAX 16u

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

/* What will fail the requests that need it, although the service itself is ready. */
static void put_warnings(struct api *api, struct json *o)
{
	const char *text[WARNINGS_MAX];
	struct json *list = json_array(api->scratch);
	size_t n = api->collateral ?
	    collateral_warnings(api->collateral, api->scratch, text, WARNINGS_MAX) :
	    0;

	if (api->floor && api->floor->is_behind)
		(void)json_append(
		    list, json_string(api->scratch, "the clock is behind a time seen before"));
	for (size_t i = 0; i < n; i++)
		(void)json_append(list, json_string(api->scratch, text[i]));
	if (list && list->len > 0)
		(void)json_put(api->scratch, o, "warnings", list);
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
	put_warnings(api, o);
	if (!json_write(a, o, JSON_COMPACT, &text, &n, &e)) {
		api_problem(c, e.code, "%s", e.text);
		return;
	}
	resp = resp_copy(ready ? 200 : 503, text, n);
	arena_reset(a);
	api_answer(c, &resp);
}

/* Those with labels that are not known beforehand; without them when there is no memory for them.
 */
static void add_collateral(struct api *api, struct resp *resp)
{
	struct buf b = buf_make(api->scratch);
	char *both;

	collateral_metrics(api->collateral, api->scratch, &b);
	both = b.failed ? NULL : malloc(resp->body_len + b.len);
	if (both) {
		bytes_copy(both, resp->body, resp->body_len);
		bytes_copy(both + resp->body_len, b.p, b.len);
		free((void *)(uintptr_t)resp->body);
		resp->body = both;
		resp->body_len += b.len;
	}
	arena_reset(api->scratch);
}

void api_metrics(struct api_call *c)
{
	struct resp resp = { .status = 200, .is_owned = true,
	    .content_type = "text/plain; version=0.0.4; charset=utf-8" };

	c->api->gauges(c->api->state);
	resp.body = metrics_text(&resp.body_len);
	if (resp.body && c->api->collateral)
		add_collateral(c->api, &resp);
	if (resp.body)
		api_answer(c, &resp);
	else
		api_problem(c, ATT_E_NOMEM, "out of memory");
}
