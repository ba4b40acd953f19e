/*
 * api.h - the REST interface: routes, and handlers that see struct req and struct resp only.
 *
 * The front gives the handlers what they need as functions, so they run in tests without sockets or
 * processes.
 */
#ifndef SERVER_API_API_H
#define SERVER_API_API_H

#include "lib/base/arena.h"
#include "server/api/challenge.h"
#include "server/audit/audit.h"
#include "server/collateral/collateral.h"
#include "server/config/config.h"
#include "server/pool/pool.h"
#include "server/http/http.h"
#include "server/ipc/messages.h"
#include "server/store/context.h"

struct api;
struct manage_state;

/* A finished document of one provider, fetched from the signer at start. */
struct api_document { char *text; size_t len; };

/*
 * What the store holds of one provider, in the form in which workers get it.  Read at start and
 * after each write; the front is the only writer.
 */
struct tenant {
	struct arena *memory;
	struct block policies;          /* of a POLICIES message */
	struct block certs;             /* registered certificates: blocks of DER */
	uint64_t certs_generation;      /* counts their changes */
	bool is_known; /* false: reading failed, and nothing may be decided until it succeeds */
};

struct api {
	const struct config *config;
	const struct role_facts *facts;
	const struct api_route *routes; /* ends with a row without a pattern */
	struct arena *scratch;          /* memory of one handler call */
	struct audit *audit;
	struct api_document jwks[PROVIDERS_MAX], openid[PROVIDERS_MAX];
	struct store *store;
	struct collateral *collateral;          /* NULL: workers get what the offline folder holds, no more */
	const struct time_floor *floor;         /* NULL: the clock is frozen */
	struct tenant tenant[PROVIDERS_MAX];
	struct challenge_table challenges[PROVIDERS_MAX];
	void *state;
	bool (*submit)(void *state, struct pool_job *job);      /* false: overloaded */
	/* Workers judge by tenant[provider].policies from now on. */
	void (*policies_changed)(void *state, uint32_t provider);
	/* A result token from the signer; *token is borrowed until the next call. */
	bool (*sign_result)(void *state, uint32_t provider, struct rd claims, struct rd *token,
	    struct att_error *e);
	unsigned (*live_workers)(void *state, uint32_t provider);
	void (*store_grew)(void *state);        /* a quiet moment for the store is wanted; NULL: no */
	void (*reply)(struct req *r, struct resp *resp);
	int64_t (*now_s)(void);
	int64_t (*now_us)(void);                /* monotonic, as req->started_us */
	void (*gauges)(void *state);            /* brings the gauges of metrics.h up to date */
};

#define ATTEST_ROUNDS_MAX 4u            /* NEED messages about one request */
#define ATTEST_REFUSED_MAX 256u

/* What a request is about, found from its head; hangs at req->state until api_done(). */
struct api_call {
	struct api *api;
	const struct api_route *route;
	uint32_t provider;
	const char *type;               /* canonical attestation type, or NULL */
	char ek_id[65];                 /* the {ekId} of the path, in lower case */
	int64_t n;                      /* the {n} of the path, or the query argument to; 0: none */
	struct pool_job job;
	uint8_t flags;                  /* of the ATTEST message */
	struct collateral_wait *wait;   /* for endorsements; freed by api_done() */
	unsigned rounds;                /* how often they were asked for */
	char refused[ATTEST_REFUSED_MAX];       /* why there are no more rounds; "" */
	struct manage_state *manage;    /* of a management call, freed by api_done() */
	struct req *r;
};

/* STATEMENT: a JWS as text or JSON.  MAY_STATEMENT: the same, or nothing.  DENYLIST, ENROL: JSON. */
enum api_body {
	API_BODY_NONE, API_BODY_EVIDENCE, API_BODY_STATEMENT, API_BODY_MAY_STATEMENT, API_BODY_DENYLIST,
	API_BODY_ENROL
};
enum api_version { API_VERSION_IGNORED, API_VERSION_REQUIRED };
/* Who may: NONE does not look at a bearer; OPTIONAL refuses a bad one; the others name the least role. */
enum api_auth { API_AUTH_NONE, API_AUTH_OPTIONAL, API_AUTH_READER, API_AUTH_CONTRIBUTOR };
/* What {type} must be: with evidence support, or only one that can have a policy; EK: {ekId}, 64 digits. */
enum api_type { API_TYPE_NONE, API_TYPE_EVIDENCE, API_TYPE_POLICY, API_TYPE_EK };

struct api_route {
	unsigned metric;                /* label of the requests metric */
	const char *pattern;
	unsigned methods;               /* enum http_method bits */
	const char *allow;              /* the same as text */
	enum api_version version;
	enum api_body body;
	enum api_auth auth;
	enum api_type type;
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
void api_baselines(struct api_call *c);
void api_collateral_list(struct api_call *c);
void api_collateral_forget(struct api_call *c);
void api_certs(struct api_call *c);
void api_openid(struct api_call *c);
void api_livez(struct api_call *c);
void api_readyz(struct api_call *c);
void api_metrics(struct api_call *c);
void api_policy_get(struct api_call *c);
void api_policy_set(struct api_call *c);
void api_policy_reset(struct api_call *c);
void api_policy_history(struct api_call *c);
void api_policy_entry(struct api_call *c);
void api_policy_rollback(struct api_call *c);
void api_shadow_get(struct api_call *c);
void api_shadow_set(struct api_call *c);
void api_shadow_remove(struct api_call *c);
void api_certificates_get(struct api_call *c);
void api_certificates_add(struct api_call *c);
void api_certificates_remove(struct api_call *c);
void api_denylist_get(struct api_call *c);
void api_denylist_set(struct api_call *c);
void api_challenge(struct api_call *c);
void api_enrol(struct api_call *c);
void api_enrolments(struct api_call *c);
void api_enrolment_remove(struct api_call *c);

/* Shared by the handlers. */
/*
 * A NEED that asks about a context of the Tpm protocol: marks it as used, which is on the disk when this
 * returns, and notes the answer in c->flags.  False without an error: it asks for something else.
 */
bool api_context_need(struct api_call *c, struct rd needs, struct att_error *e);
void api_context_count(const struct answer *a);         /* for the metrics */
/* A NEED that asks about a nonce: uses it up and notes the answer in c->flags.  False: it asks for
 * something else. */
bool api_challenge_need(struct api_call *c, struct rd needs);
void challenges_clear(struct api *api);
/* Query arguments top and skip of a list; *skip stays as it is where there is none. */
ATT_CHECK bool api_page(const struct req *r, int64_t *skip, size_t *top, struct att_error *e);
/* The text behind "Bearer "; empty without the header; NULL data when it is something else. */
struct block api_bearer(const struct req *r);
void api_answer(struct api_call *c, struct resp *resp);
void api_problem(struct api_call *c, enum att_err code, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
/* A response with a copy of the text; INTERNAL as a constant when out of memory. */
struct resp resp_copy(unsigned status, const void *text, size_t n);
struct resp resp_problem(struct api *api, const struct req *r, enum att_err code, const char *message);
/* The same with the member hint; NULL: none. */
struct resp resp_problem_hint(struct api *api, const struct req *r, const struct att_error *why,
    const char *hint);

/*
 * Which provider a request is for: from a /p/{name} prefix (then *path is what follows it) or the Host
 * header.
 */
enum att_err provider_find(const struct config *c, const struct role_facts *f, const struct req *r,
    const char **path, uint32_t *provider);
/* An x-ms-request-id: the trace id of a valid traceparent, else a new one; and a new span id. */
void request_id_make(const char *traceparent, char out[REQUEST_ID_TEXT]);
/*
 * tenant.c: reads the provider from the store and tells the pool.  False: it stays unknown.
 * tenant_ready() reads only when it is unknown.
 */
ATT_CHECK bool tenant_refresh(struct api *api, uint32_t provider, struct att_error *e);
ATT_CHECK bool tenant_ready(struct api *api, uint32_t provider, struct att_error *e);
void tenants_clear(struct api *api);
/* signers: the block of a SIGNERS message; certificates for the Isolated providers that have none yet. */
ATT_CHECK bool tenants_open(struct api *api, struct rd signers, struct att_error *e);
/* Is the api-version one of the known ones? */
bool api_version_known(const char *version);
/* limits.body of a canonical attestation type. */
uint32_t body_limit(const struct config *c, const char *type);

#endif
