#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/hex.h"
#include "libattest/attest.h"
#include "libattest/denylist.h"
#include "libattest/manage.h"
#include "server/api/api.h"
#include "server/api/manage.h"
#include "server/api/problem.h"
#include "server/api/route_tbl.h"
#include "server/http/router.h"
#include "server/log/metrics.h"

#define SMALL_BODY ((size_t)64 * 1024)  /* what a route without a body drops */
#define ENROL_BODY ((size_t)128 * 1024) /* certificates and a public area */

#define NUMBER_MAX ((int64_t)1 << 52)   /* entries of a history: what JSON numbers hold exactly */

static const char out_of_memory[] =
    "{\"error\":{\"code\":\"InternalError\",\"message\":\"out of memory\","
    "\"innererror\":{\"code\":\"InternalError\",\"message\":\"out of memory\"}}}";

/* spec: rest-api section 1 */
static const char *const versions[] = { "2018-09-01-preview", "2020-10-01", "2022-08-01",
    "2022-09-01-preview",
    "2023-04-01-preview", "2025-06-01", "2026-03-11-preview" };

#define LIMIT_ROW(type) { #type, offsetof(struct config, limits.body.type) }
static const struct { const char *type; size_t off; } body_limits[] = {
	LIMIT_ROW(SgxEnclave), LIMIT_ROW(OpenEnclave), LIMIT_ROW(SevSnpVm), LIMIT_ROW(TdxVm),
	    LIMIT_ROW(AzureGuest),
	LIMIT_ROW(Tpm),
};

bool api_version_known(const char *version)
{
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		if (strcmp(versions[i], version) == 0)
			return true;
	return false;
}

uint32_t body_limit(const struct config *c, const char *type)
{
	uint32_t limit = 0;

	for (size_t i = 0; i < sizeof body_limits / sizeof *body_limits; i++)
		if (strcmp(body_limits[i].type, type) == 0)
			bytes_copy(&limit, (const uint8_t *)c + body_limits[i].off, sizeof limit);
	return limit;
}

struct resp resp_copy(unsigned status, const void *text, size_t n)
{
	struct resp resp = { .status = status, .body_len = n };
	char *copy = malloc(n ? n : 1);

	if (!copy)
		return (struct resp){ .status = 500, .body = out_of_memory,
		    .body_len = sizeof out_of_memory - 1 };
	bytes_copy(copy, text, n);
	resp.body = copy;
	resp.is_owned = true;
	return resp;
}

static void count_refusal(enum att_err code)
{
	static const struct { enum att_err code; enum metric metric; } rows[] = {
		{ ATT_E_LIMIT, M_body_too_large },
		{ ATT_E_OVERLOADED, M_queue_full },
		{ ATT_E_UNAUTHORIZED, M_unauthorized },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].code == code)
			metric_add(rows[i].metric, 0, 1);
}

static struct resp problem_resp(struct api *api, const struct req *r, enum att_err code,
    const char *message,
    const char *hint)
{
	struct problem p = { .code = att_err_name(code), .message = message, .request_id = r->id,
	    .hint = hint };
	struct att_error e = { 0 };
	struct rd body;
	struct resp resp;

	if (!problem_json(api->scratch, &p, &body, &e))
		body = rd_make(out_of_memory, sizeof out_of_memory - 1);
	count_refusal(code);
	resp = resp_copy((unsigned)att_err_http(code), rd_ptr(&body), rd_left(&body));
	if (code == ATT_E_OVERLOADED)
		resp.retry_after_s = 1;
	arena_reset(api->scratch);
	return resp;
}

struct resp resp_problem(struct api *api, const struct req *r, enum att_err code, const char *message)
{
	return problem_resp(api, r, code, message, NULL);
}

struct resp resp_problem_hint(struct api *api, const struct req *r, const struct att_error *why,
    const char *hint)
{
	return problem_resp(api, r, why->code, why->text, hint);
}

void api_answer(struct api_call *c, struct resp *resp)
{
	c->api->reply(c->r, resp);
}

void api_problem(struct api_call *c, enum att_err code, const char *fmt, ...)
{
	struct att_error e = { 0 };
	struct resp resp;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(e.text, sizeof e.text, fmt, ap);
	va_end(ap);
	resp = resp_problem(c->api, c->r, code, e.text);
	api_answer(c, &resp);
}

/* The rules that a request must meet before its body is read; each writes the reason and returns the code. */
struct head {
	struct api_call *call;
	const struct req *r;
	const char *path;
	struct route_match match;
	struct att_error e;
	const char *allow;
};

static bool check_headers(struct head *h)
{
	return !h->r->is_ambiguous || att_fail(&h->e, ATT_E_BAD_FORMAT,
	    "Content-Length, Transfer-Encoding, Host, Authorization and Content-Type must be unambiguous");
}

static bool check_provider(struct head *h)
{
	struct api *api = h->call->api;
	enum att_err code = provider_find(api->config, api->facts, h->r, &h->path, &h->call->provider);

	return code == ATT_E_OK || att_fail(&h->e, code, code == ATT_E_MISDIRECTED ?
	    "no provider answers at this authority" : "there is no such provider");
}

/* Rows of one pattern differ in their method; the row found first stands for a method that none of
 * them has. */
static bool check_route(struct head *h)
{
	const struct api_route *first = NULL;
	struct route_match m;

	for (const struct api_route *r = h->call->api->routes; r->pattern; r++) {
		if (!route_matches(r->pattern, h->path, &m) || (first && !(r->methods & h->r->method)))
			continue;
		first = r;
		h->match = m;
		if (r->methods & h->r->method)
			break;
	}
	h->call->route = first;
	return first || att_fail(&h->e, ATT_E_NOT_FOUND, "there is nothing at this path");
}

static bool check_method(struct head *h)
{
	const struct api_route *route = h->call->route;

	if (route->methods & h->r->method)
		return true;
	h->allow = route->allow;
	return att_fail(&h->e, ATT_E_METHOD, "this path takes %s", route->allow);
}

static bool check_version(struct head *h)
{
	const char *version = h->r->query(h->r, "api-version");

	if (h->call->route->version == API_VERSION_IGNORED)
		return true;
	if (!version)
		return att_fail(&h->e, ATT_E_BAD_FORMAT, "the query argument api-version is missing, such as "
		    "api-version=2022-08-01");
	return api_version_known(version) ||
	    att_fail(&h->e, ATT_E_BAD_FORMAT, "api-version: %.40s is not known", version);
}

/* Digits of either case; the store knows those of lower case. */
static bool check_ek(struct head *h, const char *name)
{
	uint8_t id[32];

	if (!hex_decode(name, strlen(name), id, sizeof id, NULL))
		return att_fail(&h->e, ATT_E_NOT_FOUND,
		    "%s is not the id of an endorsement key: want 64 digits",
		    name);
	hex_encode(id, sizeof id, h->call->ek_id);
	return true;
}

static bool check_type(struct head *h)
{
	const char *name = h->match.param[0];

	if (h->call->route->type == API_TYPE_NONE)
		return true;
	if (h->call->route->type == API_TYPE_EK)
		return check_ek(h, name);
	h->call->type = h->call->route->type == API_TYPE_EVIDENCE ? att_type_find(name) :
								    att_policy_type_find(name);
	return h->call->type || att_fail(&h->e, ATT_E_NOT_FOUND, "there is no attestation type %s", name);
}

/* The number of a history entry: in the path, or the query argument to. */
static bool check_number(struct head *h)
{
	const char *text = h->match.nparams > 1 ? h->match.param[1] : h->r->query(h->r, "to"), *digit = text;
	int64_t n = 0;

	if (!text)
		return true;
	for (; *digit >= '0' && *digit <= '9' && n < NUMBER_MAX; digit++)
		n = 10 * n + (*digit - '0');
	h->call->n = n;
	return (*digit == 0 && n > 0) ||
	    att_fail(&h->e, ATT_E_BAD_FORMAT, "%.40s is not the number of an entry of the history", text);
}

/* A media type with any parameters. */
static bool is_media(const char *content_type, const char *want)
{
	size_t n = strlen(want);

	/* strchr finds the closing NUL too: nothing at all may follow. */
	return content_type && strncasecmp(content_type, want, n) == 0 && strchr(" \t;", content_type[n]);
}

/* By enum api_body: what it may be sent as, and how much. */
static const struct { const char *media[2]; size_t max; } bodies[] = {
	[API_BODY_NONE] = { { NULL, NULL }, SMALL_BODY },
	[API_BODY_EVIDENCE] = { { "application/json", NULL }, 0 },      /* by type */
	[API_BODY_STATEMENT] = { { "text/plain", "application/json" }, ATT_STATEMENT_MAX },
	[API_BODY_MAY_STATEMENT] = { { NULL, NULL }, ATT_STATEMENT_MAX },
	[API_BODY_DENYLIST] = { { "application/json", NULL }, ATT_DENYLIST_BYTES },
	[API_BODY_ENROL] = { { "application/json", NULL }, ENROL_BODY },
};

static bool check_media_type(struct head *h)
{
	const char *type = h->r->header(h->r, "Content-Type");
	const char *const *want = bodies[h->call->route->body].media;

	if (!want[0] || is_media(type, want[0]) || (want[1] && is_media(type, want[1])))
		return true;
	return att_fail(&h->e, ATT_E_MEDIA_TYPE, "Content-Type: %.60s, want %s%s%s",
	    type ? type : "none", want[0], want[1] ? " or " : "", want[1] ? want[1] : "");
}

static bool check_length(struct head *h, struct req *r)
{
	const struct api_call *c = h->call;

	r->body_max = c->route->body == API_BODY_EVIDENCE ? body_limit(c->api->config, c->type) :
	    bodies[c->route->body].max;
	return !r->has_length || r->length <= r->body_max ||
	    att_fail(&h->e, ATT_E_LIMIT, "the body has %llu bytes, at most %zu are accepted",
	    (unsigned long long)r->length, r->body_max);
}

bool api_begin(void *state, struct req *r, struct resp *refusal)
{
	static bool (*const checks[])(struct head *) = { check_headers, check_provider, check_route,
	    check_method,
	    check_version, check_type, check_number, check_media_type };
	struct api *api = state;
	struct api_call *c = calloc(1, sizeof *c);
	struct head h = { .call = c, .r = r };
	bool ok = c != NULL;

	request_id_make(r->header(r, "traceparent"), r->id);
	if (!c) {
		*refusal = resp_problem(api, r, ATT_E_NOMEM, "out of memory");
		return false;
	}
	c->api = api;
	c->r = r;
	r->state = c;
	for (size_t i = 0; ok && i < sizeof checks / sizeof *checks; i++)
		ok = checks[i](&h);
	if (ok && check_length(&h, r))
		return true;
	*refusal = resp_problem(api, r, h.e.code, h.e.text);
	refusal->allow = h.allow;
	return false;
}

void api_body_refused(void *state, struct req *r, enum http_body_problem why, struct resp *refusal)
{
	struct att_error e = { 0 };

	if (why == HTTP_BODY_TOO_LARGE)
		(void)att_fail(&e, ATT_E_LIMIT, "the body has more than %zu bytes", r->body_max);
	else
		(void)att_fail(&e, ATT_E_OVERLOADED, "too many request bodies are being received");
	*refusal = resp_problem(state, r, e.code, e.text);
}

void api_finish(void *state, struct req *r)
{
	struct api_call *c = r->state;

	(void)state;
	c->route->handler(c);
}

void api_done(void *state, struct req *r, unsigned status)
{
	struct api_call *c = r->state;
	struct api *api = state;
	unsigned route = c && c->route ? c->route->metric : METRIC_ROUTE_none;
	int64_t took_us = api->now_us() - r->started_us;

	/* Status 0: the client was gone before the answer; that is no answer. */
	if (status) {
		metric_add(M_requests, METRIC_ROUTE_CODE(route, status), 1);
		metric_observe_us(M_request_seconds, route, took_us > 0 ? (uint64_t)took_us : 0);
	}
	if (c)
		manage_free(c->manage);
	if (c && c->wait) {
		collateral_wait_clear(c->wait);
		free(c->wait);
	}
	free(c);
	r->state = NULL;
}
