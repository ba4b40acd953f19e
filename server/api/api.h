/*
 * api.h - the REST interface: routes, and handlers that see struct req and struct resp only.
 *
 * The front gives the handlers what they need as functions, so they run in tests without sockets or
 * processes.
 */
#ifndef SERVER_API_API_H
#define SERVER_API_API_H

#include "lib/base/arena.h"
#include "server/audit/audit.h"
#include "server/config/config.h"
#include "server/pool/pool.h"
#include "server/http/http.h"
#include "server/ipc/messages.h"

struct api;

/* A finished document of one provider, fetched from the signer at start. */
struct api_document { char *text; size_t len; };

struct api {
	const struct config *config;
	const struct role_facts *facts;
	const struct api_route *routes; /* ends with a row without a pattern */
	struct arena *scratch;          /* memory of one handler call */
	struct audit *audit;
	struct api_document jwks[PROVIDERS_MAX], openid[PROVIDERS_MAX];
	void *state;
	bool (*submit)(void *state, struct pool_job *job);      /* false: overloaded */
	unsigned (*live_workers)(void *state, uint32_t provider);
	void (*reply)(struct req *r, struct resp *resp);
	int64_t (*now_s)(void);
	int64_t (*now_us)(void);                /* monotonic, as req->started_us */
	void (*gauges)(void *state);            /* brings the gauges of metrics.h up to date */
};

/* What a request is about, found from its head; hangs at req->state until api_done(). */
struct api_call {
	struct api *api;
	const struct api_route *route;
	uint32_t provider;
	const char *type;               /* canonical attestation type, or NULL */
	struct pool_job job;
	struct req *r;
};

enum api_body { API_BODY_NONE, API_BODY_EVIDENCE };
enum api_version { API_VERSION_IGNORED, API_VERSION_REQUIRED };
enum api_auth { API_AUTH_NONE, API_AUTH_OPTIONAL };

struct api_route {
	unsigned metric;                /* label of the requests metric */
	const char *pattern;
	unsigned methods;               /* enum http_method bits */
	const char *allow;              /* the same as text */
	enum api_version version;
	enum api_body body;
	enum api_auth auth;
	void (*handler)(struct api_call *c);
};
/* The daemon's routes, made from route_tbl.h. */
extern const struct api_route api_routes[];

/* For the listener, in struct http_app's shapes; state is a struct api. */
bool api_begin(void *state, struct req *r, struct resp *refusal);
void api_body_refused(void *state, struct req *r, enum http_body_problem why, struct resp *refusal);
void api_finish(void *state, struct req *r);
void api_done(void *state, struct req *r, unsigned status);

/* Handlers */
void api_attest(struct api_call *c);
void api_certs(struct api_call *c);
void api_openid(struct api_call *c);
void api_livez(struct api_call *c);
void api_readyz(struct api_call *c);
void api_metrics(struct api_call *c);

/* Shared by the handlers. */
void api_answer(struct api_call *c, struct resp *resp);
void api_problem(struct api_call *c, enum att_err code, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
/* A response with a copy of the text; INTERNAL as a constant when out of memory. */
struct resp resp_copy(unsigned status, const void *text, size_t n);
struct resp resp_problem(struct api *api, const struct req *r, enum att_err code, const char *message);

/*
 * Which provider a request is for: from a /p/{name} prefix (then *path is what follows it) or the Host
 * header.
 */
enum att_err provider_find(const struct config *c, const struct role_facts *f, const struct req *r,
    const char **path, uint32_t *provider);
/* An x-ms-request-id: the trace id of a valid traceparent, else a new one; and a new span id. */
void request_id_make(const char *traceparent, char out[REQUEST_ID_TEXT]);
/* Is the api-version one of the known ones? */
bool api_version_known(const char *version);
/* limits.body of a canonical attestation type. */
uint32_t body_limit(const struct config *c, const char *type);

#endif
