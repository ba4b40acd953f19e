#include "server/parent/parent.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "server/datadir/datadir.h"
#include "server/front/front.h"
#include "server/http/listener.h"
#include "server/ipc/fdpass.h"
#include "server/log/log.h"
#include "server/signer/signer.h"

#define READY_MS 60000
#define DRAIN_MS 20000          /* longer than the front's own */
#define EVENTS 32
#define WORKERS_MAX 1024u

int64_t parent_now_ms(void)
{
	return clock_monotonic_us() / 1000;
}

bool parent_watch(struct parent *p, int fd, void *what)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = what };

	return epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static void stop_all(struct parent *p, int sig)
{
	for (struct child *c = p->workers; c; c = c->next)
		if (c->pid > 0)
			(void)kill(c->pid, sig);
	for (unsigned i = 0; i < p->nsigners; i++)
		if (p->signers[i].pid > 0)
			(void)kill(p->signers[i].pid, sig);
	if (p->fetcher.pid > 0)
		(void)kill(p->fetcher.pid, sig);
	if (p->front.pid > 0)
		(void)kill(p->front.pid, sig);
}

static void other_died(struct parent *p, struct child *c, int status)
{
	bool clean = p->is_draining && WIFEXITED(status) && WEXITSTATUS(status) == 0;

	if (!clean) {
		log_event(LOG_ERROR, "role.died", "role", "%s", c->role, "pid", "%d", (int)c->pid,
		    WIFSIGNALED(status) ? "signal" : "status", "%d",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), NULL);
		p->failed = true;
	}
	child_clear(c);
}

static void died(struct parent *p, pid_t pid, int status)
{
	for (struct child *c = p->workers; c; c = c->next)
		if (c->pid == pid) {
			worker_died(p, c, status);
			return;
		}
	for (unsigned i = 0; i < p->nsigners; i++)
		if (p->signers[i].pid == pid)
			other_died(p, &p->signers[i], status);
	if (p->fetcher.pid == pid)
		fetcher_died(p, status);
	if (p->front.pid == pid)
		other_died(p, &p->front, status);
}

static void reap(struct parent *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		died(p, pid, status);
}

static void tell(struct child *c, enum ipc_op op)
{
	struct att_error e = { 0 };

	if (c->pid > 0 && !channel_send(&c->control, &(struct frame){ .op = op }, NULL, -1, true, &e))
		(void)role_failed("parent.control", &e);
}

static void drain(struct parent *p)
{
	if (p->is_draining)
		return;
	log_event(LOG_INFO, "stopping", NULL);
	notify_systemd("STOPPING=1");
	p->is_draining = true;
	p->drain_until_ms = parent_now_ms() + DRAIN_MS;
	tell(&p->front, OP_DRAIN);
}

/* The front keeps what the offline folder holds, with the newest of everything; it needs no
 * anchors. */
static bool send_folder(struct parent *p, struct att_error *e)
{
	struct block bundle[2] = { p->now.endorsements, block_text("") };

	return channel_send(
	    &p->front.control, &(struct frame){ .op = OP_BUNDLE }, bundle, -1, true, e);
}

/* The new configuration goes to front and signers; workers are immutable, so each gets a successor.
 */
static void adopt(struct parent *p, struct generation *g)
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(MIB);
	struct block blocks[2] = { { g->yaml, g->yaml_len }, { NULL, 0 } };
	uint64_t last = p->last_worker_id;
	bool ok = a != NULL;

	generation_clear(&p->now);
	p->now = *g;
	if (ok)
		blocks[1] = facts_encode(a, &p->now.facts);
	ok = ok && blocks[1].p &&
	    channel_send(
		&p->front.control, &(struct frame){ .op = OP_CONFIG }, blocks, -1, true, &e);
	ok = ok && send_folder(p, &e);
	for (unsigned i = 0; ok && i < p->nsigners; i++)
		ok = channel_send(&p->signers[i].control, &(struct frame){ .op = OP_CONFIG }, blocks, -1,
		    true, &e);
	arena_free(a);
	if (!ok)
		(void)role_failed("reload", &e);
	for (struct child *c = p->workers, *next; c; c = next) {
		next = c->next;
		if (c->id <= last)
			worker_replace(p, c);
	}
	fetcher_reload(p);
}

static bool absolute_data_dir(struct config *c, struct att_error *e)
{
	char path[PATH_MAX];

	return (realpath(c->data_dir, path) && config_override(c, "data_dir", path, e)) ||
	    att_fail(e, ATT_E_OPERATION, "%s: %s", c->data_dir, strerror(errno));
}

static void reload(struct parent *p)
{
	struct att_error e = { 0 };
	struct generation g = { 0 };
	struct config *c = NULL;

	if (!generation_config(p->options, &c, &e) || !absolute_data_dir(c, &e) ||
	    !generation_may_follow(p->now.config, c, &e) ||
	    !generation_make(p->options, c, &p->now.facts, &g, &e)) {
		config_free(c);
		log_event(LOG_ERROR, "reload.refused", "error", "%s", e.text, NULL);
		return;
	}
	/* The old generation's memory goes; what outlives it is copied into the new. */
	g.facts.authority = arena_strdup(g.memory, p->now.facts.authority);
	adopt(p, &g);
	log_event(LOG_INFO, "reloaded", NULL);
}

static void signal_event(struct parent *p)
{
	struct signalfd_siginfo si;

	while (read(p->signals, &si, sizeof si) == (ssize_t)sizeof si) {
		if (si.ssi_signo == SIGCHLD)
			reap(p);
		else if (si.ssi_signo == SIGHUP && !p->is_draining)
			reload(p);
		else if (si.ssi_signo != SIGHUP)
			drain(p);
	}
}

static void announce(struct parent *p)
{
	if (p->is_announced)
		return;
	p->is_announced = true;
	(void)fprintf(stderr, "attestd: ready https://%s\n", p->now.facts.authority);
	notify_systemd("READY=1");
}

static void child_event(struct parent *p, struct child *c)
{
	struct att_error e = { 0 };
	struct frame f;
	enum channel_got got = c->control.fd < 0 ? CHANNEL_EMPTY :
	    channel_recv(&c->control, false, &f, NULL, &e);
	struct child *worker;

	if (got == CHANNEL_EMPTY)
		return;
	if (got != CHANNEL_MESSAGE) {
		/* The end of a role is learnt from waitpid(); a closed channel must not wake us again. */
		(void)epoll_ctl(p->epoll, EPOLL_CTL_DEL, c->control.fd, NULL);
		if (got != CHANNEL_CLOSED && c->pid > 0)
			(void)kill(c->pid, SIGKILL);
		return;
	}
	if (f.op == OP_READY && c == &p->front)
		announce(p);
	if (f.op == OP_READY)
		c->is_ready = true;
	worker = c == &p->front && f.op != OP_READY ? worker_find(p, f.id) : NULL;
	if (worker && f.op == OP_SPENT)
		worker_replace(p, worker);
	if (worker && f.op == OP_STUCK && worker->pid > 0) {
		log_event(LOG_WARN, "worker.stuck", "worker", "%llu", (unsigned long long)f.id, NULL);
		(void)kill(worker->pid, SIGKILL);
	}
}

static bool is_over(const struct parent *p)
{
	return p->failed ||
	    (p->is_draining && (p->front.pid == 0 || parent_now_ms() >= p->drain_until_ms));
}

/* Milliseconds until the next child is due, -1 none. */
static int respawn(struct parent *p)
{
	int workers = workers_respawn(p), fetcher = fetcher_respawn(p);

	return fetcher >= 0 && (workers < 0 || fetcher < workers) ? fetcher : workers;
}

static void loop(struct parent *p)
{
	struct epoll_event events[EVENTS];

	while (!is_over(p)) {
		int n = epoll_wait(p->epoll, events, EVENTS, respawn(p));
		bool signalled = false;
		/* Signals last: they may free a child that another event of this batch names. */
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &p->signals)
				signalled = true;
			else
				child_event(p, events[i].data.ptr);
		}
		if (signalled)
			signal_event(p);
	}
}

/* Closing the channels ends the roles; what does not end is killed. */
static void finish(struct parent *p)
{
	int64_t until = parent_now_ms() + 2000;
	int status;

	if (p->failed)
		stop_all(p, SIGKILL);
	p->is_draining = true;
	for (unsigned i = 0; i < p->nsigners; i++)
		channel_close(&p->signers[i].control);
	channel_close(&p->fetcher.control);
	for (;;) {
		struct epoll_event ev;
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid < 0)
			break;
		if (pid > 0)
			continue;
		if (parent_now_ms() >= until)
			stop_all(p, SIGKILL);
		/* Woken by SIGCHLD. */
		(void)epoll_wait(p->epoll, &ev, 1, 100);
	}
}

static bool block_signals(struct parent *p, struct att_error *e)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return att_fail(e, ATT_E_INTERNAL, "signals: %s", strerror(errno));
	p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	return (p->signals >= 0 && p->epoll >= 0 && parent_watch(p, p->signals, &p->signals)) ||
	    att_fail(e, ATT_E_INTERNAL, "signals: %s", strerror(errno));
}

static bool start_signers(struct parent *p, int manage_fd, struct att_error *e)
{
	for (unsigned i = 0; i < p->nsigners; i++) {
		struct child *c = &p->signers[i];
		c->role = "signer";
		/* One after the other: the first makes the keys that the others load. */
		if (!child_start(p, c, &manage_fd, i == 0, e) || !child_wait_ready(c, READY_MS, e) ||
		    !parent_watch(p, c->control.fd, c))
			return att_fail(e, ATT_E_INTERNAL, "signer");
	}
	return true;
}

static bool start_front(struct parent *p, int manage_fd, struct att_error *e)
{
	int extra[2] = { p->listen_fd, manage_fd };

	p->front.role = "front";
	return child_start(p, &p->front, extra, 2, e) &&
	    channel_send(&p->front.control, &(struct frame){ .op = OP_SIGNERS }, &p->now.signers,
		-1, true, e) &&
	    send_folder(p, e) &&
	    (parent_watch(p, p->front.control.fd, &p->front) ||
		att_fail(e, ATT_E_INTERNAL, "epoll"));
}

static bool start_roles(struct parent *p, struct att_error *e)
{
	const struct config *c = p->now.config;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int manage[2];
	bool ok;

	p->nsigners = c->workers.signers ? c->workers.signers : 1;
	p->nworkers_per_provider = c->workers.verify ? c->workers.verify : (unsigned)(cpus > 0 ? cpus : 1);
	if (p->nworkers_per_provider > WORKERS_MAX)
		p->nworkers_per_provider = WORKERS_MAX;
	p->signers = calloc(p->nsigners, sizeof *p->signers);
	if (!p->signers)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (!channel_pair(manage, e))
		return false;
	ok = start_signers(p, manage[0], e) && start_front(p, manage[1], e);
	fd_close(&manage[0]);
	fd_close(&manage[1]);
	for (uint32_t i = 0; ok && i < c->providers_count; i++)
		for (unsigned k = 0; ok && k < p->nworkers_per_provider; k++)
			ok = worker_add(p, i, 0) != NULL;
	return ok;
}

static void announce_test_mode(const struct parent *p)
{
	char when[TIME_TEXT_MAX];

	if (strcmp(p->now.config->policy.defaults, "maa") == 0)
		log_event(LOG_WARN, "policy.defaults", "value", "%s", "maa",
		    "note", "%s", "the default policies permit debuggable guests, as MAA's do", NULL);
	if (!p->options->insecure_test)
		return;
	log_event(LOG_WARN, "insecure-test", "note", "%s", "do not rely on this service's tokens", NULL);
	if (p->options->clock_s == CLOCK_REAL)
		return;
	time_format(p->options->clock_s, when);
	log_event(LOG_WARN, "clock.frozen", "verification time", "%s", when, NULL);
}

/* Takes c in any case. */
static bool prepare(struct parent *p, struct config *c, struct att_error *e)
{
	struct role_facts facts = { 0 };
	struct arena *a = arena_new(MIB);
	enum log_level least = LOG_INFO;
	const char *host, *port;
	bool ok;

	(void)log_level_parse(c->log.level, &least);
	log_init("parent", strcmp(c->log.format, "json") == 0, least);
	ok = (a || att_fail(e, ATT_E_NOMEM, "out of memory")) && block_signals(p, e) &&
	    datadir_open(c->data_dir, &p->lock_fd, e) && absolute_data_dir(c, e) &&
	    listen_host(c->listen, a, &host, &port, e) && tls_files_make(c->data_dir, host, e) &&
	    admin_token_open(c->data_dir, facts.admin_sha256, e) &&
	    listen_open(c->listen, a, &p->listen_fd, &facts.authority, e) &&
	    generation_make(p->options, c, &facts, &p->now, e);
	if (ok)
		p->now.facts.authority = arena_strdup(p->now.memory, facts.authority);
	else
		config_free(c);
	arena_free(a);
	return ok && (p->now.facts.authority || arena_fail(p->now.memory, e));
}

static void clear(struct parent *p)
{
	while (p->workers) {
		struct child *c = p->workers;
		p->workers = c->next;
		child_clear(c);
		free(c);
	}
	for (unsigned i = 0; p->signers && i < p->nsigners; i++)
		child_clear(&p->signers[i]);
	free(p->signers);
	child_clear(&p->front);
	child_clear(&p->fetcher);
	generation_clear(&p->now);
	fd_close(&p->listen_fd);
	fd_close(&p->epoll);
	fd_close(&p->signals);
	fd_close(&p->lock_fd);
}

int parent_main(const struct options *o)
{
	struct parent p = { .options = o,
		.listen_fd = -1,
		.epoll = -1,
		.signals = -1,
		.lock_fd = -1,
		.front.control.fd = -1,
		.fetcher.control.fd = -1 };
	struct att_error e = { 0 };
	struct config *c = NULL;

	if (!generation_config(o, &c, &e) || !prepare(&p, c, &e)) {
		(void)fprintf(stderr, "attestd: %s\n", e.text);
		clear(&p);
		return 2;
	}
	announce_test_mode(&p);
	if (start_roles(&p, &e))
		loop(&p);
	else {
		(void)fprintf(stderr, "attestd: %s\n", e.text);
		p.failed = true;
	}
	finish(&p);
	clear(&p);
	return p.failed ? 1 : 0;
}
