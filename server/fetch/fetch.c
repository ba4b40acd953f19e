#include "server/fetch/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/secret.h"
#include "server/ipc/fdpass.h"
#include "server/log/log.h"

#define PATHS_MAX (CONFIG_SOURCES_MAX + 16)
#define MESSAGES_PER_TURN 64            /* so that the network is looked after in between */

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool add_source(
    struct fetcher *f, const struct config_source *c, struct rd key, struct att_error *e)
{
	struct source *s = &f->source[f->nsources];

	s->config = c;
	s->kind = source_kind_find(c->kind);
	if (!s->kind)
		return att_fail(e, ATT_E_INTERNAL, "no kind of source %s", c->kind);
	if (!rd_empty(&key) && s->kind->key_header) {
		s->key_line = arena_printf(f->env->memory, "%s: %.*s", s->kind->key_header,
		    (int)rd_left(&key), (const char *)rd_ptr(&key));
		if (!s->key_line)
			return arena_fail(f->env->memory, e);
	}
	f->nsources++;
	return true;
}

static bool take_keys(struct fetcher *f, struct att_error *e)
{
	const struct config *c = f->env->config;
	struct blob_list keys;
	struct frame m;

	if (channel_recv(&f->env->control, true, &m, NULL, e) != CHANNEL_MESSAGE ||
	    m.op != OP_SOURCE_KEYS)
		return att_fail(e, ATT_E_INTERNAL, "control channel: no API keys came");
	if (!blobs_decode(f->env->memory, m.block[0], &keys, e))
		return false;
	if (keys.n != c->collateral.sources_count || keys.n > CONFIG_SOURCES_MAX)
		return att_fail(e, ATT_E_INTERNAL, "%zu API keys for %u sources", keys.n,
		    c->collateral.sources_count);
	for (size_t i = 0; i < keys.n; i++)
		if (!add_source(f, &c->collateral.sources[i], keys.item[i], e))
			return false;
	return true;
}

/* A path that is not there is no reason not to start: the system may do without it. */
static void add_path(struct sandbox_path paths[PATHS_MAX], size_t *n, const char *path)
{
	if (path && *n < PATHS_MAX && access(path, F_OK) == 0)
		paths[(*n)++] = (struct sandbox_path){ path, false };
}

/*
 * Files that are replaced while we run are found again only through their folder; resolver services
 * write their file in a folder of their own.
 */
static void add_resolver(struct sandbox_path paths[PATHS_MAX], size_t *n, char folder[PATH_MAX])
{
	static const char *const files[] = { "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",
		"/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols" };
	char *end;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		add_path(paths, n, files[i]);
	if (!realpath("/etc/resolv.conf", folder) || strncmp(folder, "/run/", 5) != 0)
		return;
	end = strrchr(folder, '/');
	*end = '\0';
	/* Not all of /run. */
	if (strcmp(folder, "/run") != 0)
		add_path(paths, n, folder);
}

static bool confine(struct fetcher *f, struct att_error *e)
{
	struct sandbox_path paths[PATHS_MAX];
	char folder[PATH_MAX];
	size_t n = 0;

	add_resolver(paths, &n, folder);
	add_path(paths, &n, httpc_default_ca_file());
	add_path(paths, &n, httpc_default_ca_folder());
	for (unsigned i = 0; i < f->nsources; i++) {
		const char *ca = f->source[i].config->ca_file;
		if (ca && access(ca, R_OK) != 0)
			return att_fail(e, ATT_E_OPERATION,
			    "collateral.sources[%u].ca_file: %s: %s", i, ca, strerror(errno));
		add_path(paths, &n, ca);
	}
	return role_confine(f->env, SANDBOX_FETCH, paths, n, e);
}

static bool prepare(struct fetcher *f, struct att_error *e)
{
	const struct config *c = f->env->config;

	if (!take_keys(f, e) ||
	    !channel_open(&f->front, FETCH_FD_FRONT, LINK_FETCH, SIDE_ANSWERS, e))
		return false;
	f->rule = (struct breaker_rule){ .failures = c->collateral.fetch.breaker_failures,
	    .open_ms = (int64_t)c->collateral.fetch.breaker_seconds * 1000,
	    .open_max_ms = (int64_t)c->collateral.fetch.breaker_max_seconds * 1000 };
	f->http = httpc_multi_new(FETCH_TASKS_MAX, e);
	return f->http && budget_init(&f->budget, c->collateral.fetch.unauthentic_per_minute, e) &&
	    absent_init(&f->absent, c->collateral.fetch.absent_entries,
		(int64_t)c->collateral.fetch.absent_seconds * 1000, e) &&
	    confine(f, e) && role_say(f->env, OP_READY, 0, e);
}

/* After the start the parent says one thing: that it is over. */
static bool serve_control(struct fetcher *f, struct att_error *e)
{
	struct frame m;
	enum channel_got got = channel_recv(&f->env->control, false, &m, NULL, e);

	if (got == CHANNEL_CLOSED || (got == CHANNEL_MESSAGE && m.op == OP_DRAIN))
		f->stop = true;
	return got == CHANNEL_EMPTY || f->stop ||
	    att_fail(e, ATT_E_BAD_FORMAT, "a message that a running fetch role may not receive");
}

static bool serve_front(struct fetcher *f, struct att_error *e)
{
	for (unsigned i = 0; i < MESSAGES_PER_TURN; i++) {
		struct frame m;
		enum channel_got got = channel_recv(&f->front, false, &m, NULL, e);

		if (got == CHANNEL_EMPTY)
			break;
		if (got == CHANNEL_CLOSED) {
			f->stop = true;
			break;
		}
		if (got != CHANNEL_MESSAGE)
			return att_fail(
			    e, ATT_E_BAD_FORMAT, "a message that the fetch role may not receive");
		if (!task_begin(f, &m, e))
			return false;
	}
	return true;
}

/* Answers are sent with waiting; a front that is gone shows as a dead channel, which is the end,
 * not a fault. */
static bool turn(struct fetcher *f, struct att_error *e)
{
	struct pollfd fds[2] = { { .fd = f->env->control.fd }, { .fd = f->front.fd } };
	struct httpc_done done;
	int64_t next, wait;

	f->now_ms = now_ms();
	if (!tasks_wake(f, &next, e))
		return false;
	wait = next == INT64_MAX ? INT_MAX : next - f->now_ms;
	if (!httpc_multi_poll(f->http, fds, 2, (int)(wait < INT_MAX ? wait : INT_MAX), e))
		return false;
	f->now_ms = now_ms();
	while (httpc_multi_finish(f->http, &done))
		if (!task_answered(f, &done, e))
			return false;
	return (!fds[0].revents || serve_control(f, e)) &&
	    (!fds[1].revents || f->stop || serve_front(f, e));
}

static void clear(struct fetcher *f)
{
	httpc_multi_free(f->http);
	tasks_clear(f);
	remembered_clear(f);
	absent_clear(&f->absent);
	budget_clear(&f->budget);
	channel_close(&f->front);
	free(f);
}

int fetch_run(struct role_env *env)
{
	struct att_error e = { 0 };
	struct fetcher *f = calloc(1, sizeof *f);
	int status = 0;

	if (!f) {
		(void)att_fail(&e, ATT_E_NOMEM, "out of memory");
		return role_failed("fetch.start", &e);
	}
	f->env = env;
	f->front.fd = -1;
	if (!prepare(f, &e))
		status = role_failed("fetch.start", &e);
	while (status == 0 && !f->stop)
		if (!turn(f, &e))
			status = role_failed("fetch", &e);
	clear(f);
	return status;
}
