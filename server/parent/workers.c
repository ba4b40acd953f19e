#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "server/log/log.h"
#include "server/parent/parent.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 30000

/* A worker that dies before it was ever ready is tried again more and more slowly, but always again. */
int64_t child_backoff_ms(unsigned early_deaths)
{
	unsigned shift = early_deaths > 1 ? early_deaths - 2 : 0;

	if (early_deaths <= 1)
		return 0;
	return shift > 8 ? BACKOFF_MAX_MS : (int64_t)BACKOFF_FIRST_MS << shift;
}

void child_start_failed(struct child *c, const char *event, const struct att_error *e)
{
	(void)role_failed(event, e);
	if (c->pid > 0) {
		(void)kill(c->pid, SIGKILL);
		return;
	}
	child_clear(c);
	c->early_deaths++;
	c->respawn_ms = parent_now_ms() + child_backoff_ms(c->early_deaths);
}

static void start_worker(struct parent *p, struct child *c)
{
	struct att_error e = { 0 };

	if (worker_start(p, c, &e) && parent_watch(p, c->control.fd, c)) {
		log_event(LOG_DEBUG, "worker.start", "worker", "%llu", (unsigned long long)c->id, "pid", "%d",
		    (int)c->pid, NULL);
		return;
	}
	child_start_failed(c, "worker.start", &e);
}

struct child *worker_add(struct parent *p, uint32_t provider, uint64_t replaces)
{
	struct child *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->control.fd = -1;
	c->provider = provider;
	c->replaces = replaces;
	c->next = p->workers;
	p->workers = c;
	start_worker(p, c);
	return c;
}

struct child *worker_find(struct parent *p, uint64_t id)
{
	struct child *c = p->workers;

	while (c && c->id != id)
		c = c->next;
	return c;
}

void worker_replace(struct parent *p, struct child *old)
{
	if (!old || old->is_replaced || old->pid == 0)
		return;
	if (worker_add(p, old->provider, old->id))
		old->is_replaced = true;
}

void worker_died(struct parent *p, struct child *c, int status)
{
	struct child **at = &p->workers;
	bool expected = c->is_replaced || p->is_draining;

	if (!expected)
		log_event(LOG_WARN, "worker.died", "worker", "%llu", (unsigned long long)c->id, "pid", "%d",
		    (int)c->pid, WIFSIGNALED(status) ? "signal" : "status", "%d",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), NULL);
	c->early_deaths = c->is_ready ? 0 : c->early_deaths + 1;
	if (c->is_ready)
		c->replaces = 0;
	child_clear(c);
	if (expected) {
		while (*at != c)
			at = &(*at)->next;
		*at = c->next;
		free(c);
		return;
	}
	c->respawn_ms = parent_now_ms() + child_backoff_ms(c->early_deaths);
}

/* Starts the workers whose time has come; milliseconds until the next, -1 none. */
int workers_respawn(struct parent *p)
{
	int64_t now = parent_now_ms(), wait = -1;

	for (struct child *c = p->workers; c && !p->is_draining && !p->failed; c = c->next) {
		if (c->pid == 0 && c->respawn_ms <= now)
			start_worker(p, c);
		if (c->pid == 0 && (wait < 0 || c->respawn_ms - now < wait))
			wait = c->respawn_ms > now ? c->respawn_ms - now : 0;
	}
	if (p->is_draining)
		wait = p->drain_until_ms > now ? p->drain_until_ms - now : 0;
	return (int)wait;
}
