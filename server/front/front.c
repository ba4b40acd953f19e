#include "server/front/front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "lib/base/secret.h"
#include "server/datadir/datadir.h"
#include "server/http/listener.h"
#include "server/ipc/fdpass.h"
#include "server/log/log.h"
#include "server/log/metrics.h"

#define EVENTS 64
#define SCRATCH_MEMORY (8 * MIB)
#define BODIES_MAX (512 * MIB)
#define TLS_FILE_MAX (256 * KIB)
#define DRAIN_US ((int64_t)10000000)
#define MAINTAIN_US ((int64_t)5000000)  /* the store is tidied so long after the last write */
#define MAINTAIN_MORE_US ((int64_t)100000)      /* and again, when there was too much for one time */
#define CONTEXT_KEPT_S 3600             /* used contexts are remembered so long after they expired */

/* What an event is about: these, the fetch channel, or else a struct pool_worker. */
static char on_listener, on_control, on_manage;

bool front_watch(struct front *f, int fd, void *what)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = what };

	return epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static bool watch_worker(void *state, struct pool_worker *w)
{
	return front_watch(state, w->channel.fd, w);
}

static void unwatch_worker(void *state, struct pool_worker *w)
{
	struct front *f = state;

	(void)epoll_ctl(f->epoll, EPOLL_CTL_DEL, w->channel.fd, NULL);
}

static void tell_parent(struct front *f, enum ipc_op op, uint64_t id)
{
	struct att_error e = { 0 };

	if (!role_say(f->env, op, id, &e)) {
		(void)role_failed("front.control", &e);
		f->stop = true;
	}
}

static void worker_stuck(void *state, uint64_t id)
{
	metric_add(M_workers_stuck, 0, 1);
	tell_parent(state, OP_STUCK, id);
}

static void worker_spent(void *state, uint64_t id)
{
	tell_parent(state, OP_SPENT, id);
}

static void worker_timed(void *state, int64_t microseconds)
{
	(void)state;
	metric_observe_us(M_answer_seconds, 0, microseconds > 0 ? (uint64_t)microseconds : 0);
}

static void worker_lost(void *state)
{
	(void)state;
	metric_add(M_worker_restarts, 0, 1);
}

static bool submit(void *state, struct pool_job *job)
{
	struct front *f = state;

	return pool_submit(&f->pool, job, f->now_us);
}

static void policies_changed(void *state, uint32_t provider)
{
	struct front *f = state;

	pool_set_policies(&f->pool, provider, f->api.tenant[provider].policies);
	f->maintain_us = f->now_us + MAINTAIN_US;
}

/* Contexts are used all the time, so the moment is not put off again and again. */
static void store_grew(void *state)
{
	struct front *f = state;

	if (f->maintain_us == 0)
		f->maintain_us = f->now_us + MAINTAIN_US;
}

/* Management is rare: the loop waits for the signer, which answers within the time of a signature. */
static bool sign_result(
    void *state, uint32_t provider, struct rd claims, struct rd *token, struct att_error *e)
{
	struct front *f = state;
	struct block block = { rd_ptr(&claims), rd_left(&claims) };
	struct frame reply;
	uint8_t code;

	if (!channel_send(&f->manage, &(struct frame){ .op = OP_SIGN_RESULT, .provider = provider },
		&block, -1, true, e))
		return att_within(e, "signer");
	metric_add(M_signer_requests, 0, 1);
	if (channel_recv(&f->manage, true, &reply, NULL, e) != CHANNEL_MESSAGE ||
	    !rd_u8(&reply.block[0], &code))
		return att_fail(e, ATT_E_INTERNAL, "signer: no answer");
	if (code != ATT_E_OK)
		return att_fail(e, ATT_E_INTERNAL, "signer: %.*s", (int)rd_left(&reply.block[1]),
		    (const char *)rd_ptr(&reply.block[1]));
	*token = reply.block[1];
	return true;
}

static unsigned live_workers(void *state, uint32_t provider)
{
	struct front *f = state;

	return pool_live(&f->pool, provider);
}

static int64_t real_time_s(void)
{
	return time(NULL);
}

static void gauges(void *state)
{
	struct front *f = state;

	metric_set(M_sandbox_incomplete, 0, f->env->sandbox_missing != NULL);
	metric_set(M_queue_length, 0, f->pool.queued);
	metric_set(M_in_flight, 0, f->pool.in_flight);
	metric_set(M_workers_alive, 0, pool_live(&f->pool, POOL_ALL_PROVIDERS));
	metric_set(M_connections, 0, http_listener_connections(f->listener));
	metric_set(M_collateral_waiting, 0, f->collateral.nwaiting);
}

static void connection_cut(void *state)
{
	(void)state;
	metric_add(M_connections_cut, METRIC_CUT_deadline, 1);
}

/* Takes over what a configuration decides about a running front. */
static void configure(struct front *f)
{
	const struct config *c = f->env->config;

	f->api.config = c;
	f->api.facts = &f->env->facts;
	f->pool.queue_max = c->limits.queue;
	f->pool.requests_max = c->workers.requests;
	f->pool.answer_us = (int64_t)c->limits.answer_seconds * 1000000;
	front_collateral_configure(f);
	if (f->listener)
		http_listener_set_request_ms(f->listener, c->limits.request_seconds * 1000);
}

static bool document(struct front *f, enum ipc_op op, uint32_t provider, struct api_document *out,
    struct att_error *e)
{
	struct frame reply;
	uint8_t code;

	if (!channel_send(&f->manage, &(struct frame){ .op = op, .provider = provider }, NULL, -1, true, e))
		return att_within(e, "signer");
	if (channel_recv(&f->manage, true, &reply, NULL, e) != CHANNEL_MESSAGE ||
	    !rd_u8(&reply.block[0], &code) || code != ATT_E_OK)
		return att_fail(e, ATT_E_INTERNAL, "signer: no %s for provider %u", ipc_row(op)->name,
		    provider);
	out->len = rd_left(&reply.block[1]);
	out->text = malloc(out->len + 1);
	if (!out->text)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	bytes_copy(out->text, rd_ptr(&reply.block[1]), out->len);
	return true;
}

static bool documents(struct front *f, struct att_error *e)
{
	for (uint32_t i = 0; i < f->env->facts.nissuers; i++)
		if (!document(f, OP_JWKS, i, &f->api.jwks[i], e) ||
		    !document(f, OP_OPENID, i, &f->api.openid[i], e))
			return false;
	return true;
}

static bool listen_tls(struct front *f, struct secret *key, struct secret *cert, struct att_error *e)
{
	const struct config *c = f->env->config;
	struct http_app app = { .state = &f->api, .begin = api_begin, .body_refused = api_body_refused,
	    .finish = api_finish, .done = api_done, .cut = connection_cut };
	struct http_options o = { .listen_fd = FRONT_FD_LISTEN, .connections = c->limits.connections,
	    .connections_per_ip = c->limits.connections_per_ip,
	    .request_ms = c->limits.request_seconds * 1000, .bodies_max = BODIES_MAX,
	    .service_version = FRONT_SERVICE_VERSION };
	char path[DATADIR_PATH_MAX];

	if (!datadir_path(c->data_dir, DATADIR_TLS, "server.key", path, e) ||
	    !file_read(path, TLS_FILE_MAX, key, e) ||
	    !datadir_path(c->data_dir, DATADIR_TLS, "server.pem", path, e) ||
	    !file_read(path, TLS_FILE_MAX, cert, e))
		return false;
	o.key_pem = (const char *)key->p;
	o.cert_pem = (const char *)cert->p;
	return http_listener_new(&o, &app, &f->listener, e);
}

static bool confine(struct front *f, struct att_error *e)
{
	const char *dir = f->env->config->data_dir;
	char tls[DATADIR_PATH_MAX], store[DATADIR_PATH_MAX], audit[DATADIR_PATH_MAX];
	struct sandbox_path paths[] = { { tls, false }, { store, true }, { audit, true } };

	return datadir_path(dir, DATADIR_TLS, NULL, tls, e) &&
	    datadir_path(dir, DATADIR_STORE, NULL, store, e) &&
	    datadir_path(dir, DATADIR_AUDIT, NULL, audit, e) &&
	    role_confine(f->env, SANDBOX_FRONT, paths, sizeof paths / sizeof *paths, e);
}

/* Inside the sandbox, so that what SQLite needs later is known to be allowed. */
static bool open_store(struct front *f, struct att_error *e)
{
	char path[DATADIR_PATH_MAX];
	struct frame m;

	if (channel_recv(&f->env->control, true, &m, NULL, e) != CHANNEL_MESSAGE || m.op != OP_SIGNERS)
		return att_fail(e, ATT_E_INTERNAL, "control channel: no signers came");
	return datadir_path(f->env->config->data_dir, DATADIR_STORE, "attestd.db", path, e) &&
	    store_open_sqlite(path, &f->api.store, e) && front_collateral_open(f, e) &&
	    tenants_open(&f->api, m.block[0], e);
}

/*
 * Not with a frozen clock, which may be ahead of the contexts that the real one will see; and well after
 * their time, so that a clock that is set back does not bring a used context to life.
 */
static void forget_contexts(struct front *f)
{
	struct att_error e = { 0 };
	bool more = false;

	if (f->env->facts.clock_s != CLOCK_REAL)
		return;
	if (!store_contexts_forget(f->api.store, time(NULL) - CONTEXT_KEPT_S, &more, &e))
		(void)role_failed("front.contexts", &e);
	if (more)
		f->maintain_us = f->now_us + MAINTAIN_MORE_US;
}

/* A quiet moment some time after the last write. */
static int maintain(struct front *f)
{
	int64_t left = f->maintain_us - f->now_us;

	if (f->maintain_us == 0)
		return -1;
	if (left > 0)
		return (int)(left / 1000 + 1);
	f->maintain_us = 0;
	forget_contexts(f);
	store_maintain(f->api.store);
	return f->maintain_us ? (int)(MAINTAIN_MORE_US / 1000) : -1;
}

static bool prepare(struct front *f, const struct api_route *routes, struct secret *key, struct secret *cert,
    struct att_error *e)
{
	pool_init(&f->pool);
	f->pool.state = f;
	f->pool.stuck = worker_stuck;
	f->pool.spent = worker_spent;
	f->pool.timed = worker_timed;
	f->pool.lost = worker_lost;
	f->pool.watch = watch_worker;
	f->pool.unwatch = unwatch_worker;
	f->api.routes = routes;
	f->api.state = f;
	f->api.submit = submit;
	f->api.live_workers = live_workers;
	f->api.policies_changed = policies_changed;
	f->api.sign_result = sign_result;
	f->api.store_grew = store_grew;
	f->maintain_us = f->now_us + MAINTAIN_US;
	f->api.reply = http_reply;
	f->api.now_s = real_time_s;
	f->api.now_us = clock_monotonic_us;
	f->api.gauges = gauges;
	f->api.audit = &f->audit;
	f->api.scratch = arena_new(SCRATCH_MEMORY);
	configure(f);
	metric_set(M_start_time_seconds, 0, time(NULL));
	metric_set(M_build_info, 0, 1);
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!f->api.scratch || f->epoll < 0)
		return att_fail(e, ATT_E_NOMEM, "out of memory or descriptors");
	return channel_open(&f->manage, FRONT_FD_MANAGE, LINK_MANAGE, SIDE_ASKS, e) &&
	    audit_open(f->env->config->data_dir, &f->audit, e) && listen_tls(f, key, cert, e) &&
	    confine(f, e) && open_store(f, e) &&
	    documents(f, e);
}

static void drain(struct front *f)
{
	f->is_draining = true;
	f->drain_until_us = f->now_us + DRAIN_US;
	http_listener_quiesce(f->listener);
}

static void control_event(struct front *f)
{
	struct att_error e = { 0 };
	struct frame m;
	struct rd replaces;
	uint64_t old = 0;
	int fd = -1;
	bool ok = true;

	switch (channel_recv(&f->env->control, false, &m, &fd, &e)) {
	case CHANNEL_EMPTY:
		return;
	case CHANNEL_MESSAGE:
		break;
	case CHANNEL_CLOSED:
	case CHANNEL_REFUSED:
	case CHANNEL_BAD:
	default:
		f->stop = true;
		return;
	}
	if (m.op == OP_CHANNEL) {
		replaces = m.block[0];
		ok = rd_le64(&replaces, &old) && m.provider < f->env->facts.nissuers &&
		    pool_add(&f->pool, m.id, m.provider, old, fd, &e);
	}
	if (m.op == OP_CONFIG) {
		ok = role_take_config(f->env, &m, &e);
		configure(f);
		metric_add(M_config_reloads, ok ? METRIC_RESULT_ok : METRIC_RESULT_failed, 1);
	}
	if (m.op == OP_BUNDLE)
		front_take_folder(f, &m);
	if (m.op == OP_FETCHER)
		front_take_fetcher(f, fd);
	if (m.op == OP_DRAIN)
		drain(f);
	if (!ok)
		(void)role_failed("front.control", &e);
}

static void event(struct front *f, void *what)
{
	if (what == &on_control)
		control_event(f);
	else if (what == &on_manage)
		f->stop = true;         /* the signer says nothing unasked: it is gone */
	else if (what == &f->fetcher)
		front_fetcher_event(f);
	else if (what != &on_listener)
		pool_worker_event(&f->pool, what, f->now_us);
}

/* Ready: documents are there, the offline folder was judged, and every provider has a worker that
 * answered. */
static void announce(struct front *f)
{
	if (!front_folder_is_in(f))
		return;
	for (uint32_t i = 0; !f->has_announced && i < f->env->facts.nissuers; i++)
		if (pool_live(&f->pool, i) == 0)
			return;
	if (f->has_announced)
		return;
	f->has_announced = true;
	tell_parent(f, OP_READY, 0);
}

/* True when draining is over. */
static bool is_drained(struct front *f)
{
	if (!f->is_draining)
		return false;
	if (http_listener_active(f->listener) == 0)
		return true;
	return f->now_us >= f->drain_until_us;
}

static int shorter(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int loop(struct front *f)
{
	struct epoll_event events[EVENTS];

	while (!f->stop && !is_drained(f)) {
		int wait = shorter(
		    shorter(http_listener_timeout_ms(f->listener), pool_check(&f->pool, f->now_us)),
		    shorter(maintain(f), front_collateral_check(f)));
		int n =
		    epoll_wait(f->epoll, events, EVENTS, f->is_draining ? shorter(wait, 50) : wait);
		if (n < 0 && errno != EINTR)
			return 1;
		f->now_us = clock_monotonic_us();
		for (int i = 0; i < n; i++)
			event(f, events[i].data.ptr);
		pool_bury(&f->pool);
		http_listener_run(f->listener);
		announce(f);
	}
	return f->stop ? 1 : 0;
}

static void clear(struct front *f)
{
	if (f->listener) {
		/* Whoever still waits gets an answer, so that no connection is left suspended. */
		collateral_clear(&f->collateral);
		pool_clear(&f->pool);
		http_listener_run(f->listener);
	}
	http_listener_free(f->listener);
	for (size_t i = 0; i < PROVIDERS_MAX; i++) {
		free(f->api.jwks[i].text);
		free(f->api.openid[i].text);
	}
	tenants_clear(&f->api);
	challenges_clear(&f->api);
	store_close(f->api.store);
	channel_close(&f->manage);
	channel_close(&f->fetcher);
	audit_close(&f->audit);
	arena_free(f->api.scratch);
	fd_close(&f->epoll);
}

int front_run(struct role_env *env, const struct api_route *routes)
{
	struct att_error e = { 0 };
	struct front *f = calloc(1, sizeof *f);
	struct secret key = { 0 }, cert = { 0 };
	int status;

	if (!f) {
		(void)att_fail(&e, ATT_E_NOMEM, "out of memory");
		return role_failed("front.start", &e);
	}
	f->env = env;
	f->manage.fd = f->fetcher.fd = f->audit.fd = f->epoll = -1;
	f->now_us = clock_monotonic_us();
	if (!prepare(f, routes, &key, &cert, &e) ||
	    !front_watch(f, http_listener_fd(f->listener), &on_listener) ||
	    !front_watch(f, env->control.fd, &on_control) ||
	    !front_watch(f, f->manage.fd, &on_manage))
		status = role_failed("front.start", &e);
	else
		status = loop(f);
	clear(f);
	free(f);
	secret_clear(&key);
	secret_clear(&cert);
	return status;
}
