#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "server/ipc/fdpass.h"
#include "server/log/log.h"
#include "server/parent/parent.h"

#define ABOVE 64                /* where descriptors wait while 3, 4, ... are filled */

/* In the child: only async-signal-safe calls, and it ends here. */
__attribute__((noreturn)) static void become(const char *role, const int *fds, unsigned nfds, pid_t parent)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	char self[] = "attestd", option[] = "--role", name[32];
	char *argv[] = { self, option, name, NULL };
	int parked[8];
	sigset_t none;

	bytes_copy(name, role, strlen(role) + 1);
	/* A role ends when its channels do; a signal to the whole group must not cut a request short. */
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (unsigned i = 0; i < nfds; i++)
		parked[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, ABOVE);
	for (unsigned i = 0; i < nfds; i++)
		if (dup2(parked[i], CHANNEL_FD_CONTROL + (int)i) < 0)
			_exit(1);
	(void)close_range(CHANNEL_FD_CONTROL + nfds, ~0u, 0);
	(void)execv("/proc/self/exe", argv);
	_exit(1);
}

bool child_exec(const char *role, const int *fds, unsigned nfds, pid_t *pid, struct att_error *e)
{
	pid_t parent = getpid(), child = fork();

	if (child < 0)
		return att_fail(e, ATT_E_INTERNAL, "fork: %s", strerror(errno));
	if (child == 0)
		become(role, fds, nfds, parent);
	*pid = child;
	return true;
}

void child_clear(struct child *c)
{
	channel_close(&c->control);
	c->pid = 0;
	c->is_ready = false;
}

static bool send_config(struct parent *p, struct child *c, struct att_error *e)
{
	struct arena *a = arena_new(MIB);
	struct role_facts facts = p->now.facts;
	struct block blocks[2] = { { p->now.yaml, p->now.yaml_len } };
	bool ok;

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	facts.provider = c->provider;
	facts.worker_id = (uint32_t)c->id;
	blocks[1] = facts_encode(a, &facts);
	ok = blocks[1].p ? channel_send(&c->control, &(struct frame){ .op = OP_CONFIG }, blocks, -1,
	    true, e) :
	    att_fail(e, ATT_E_NOMEM, "out of memory");
	arena_free(a);
	return ok;
}

bool child_start(struct parent *p, struct child *c, const int *extra, unsigned nextra, struct att_error *e)
{
	int pair[2], fds[4];
	bool ok;

	if (!channel_pair(pair, e))
		return false;
	fds[0] = pair[1];
	for (unsigned i = 0; i < nextra; i++)
		fds[1 + i] = extra[i];
	c->is_ready = false;
	ok = child_exec(c->role, fds, 1 + nextra, &c->pid, e);
	fd_close(&pair[1]);
	return channel_open(&c->control, pair[0], LINK_CONTROL, SIDE_ASKS, e) && ok && send_config(p, c, e);
}

static bool hand_over(struct child *to, const struct child *worker, int fd, struct att_error *e)
{
	uint8_t replaces[8];
	struct block block = { replaces, sizeof replaces };

	for (unsigned i = 0; i < 8; i++)
		replaces[i] = (uint8_t)(worker->replaces >> (8 * i));
	return channel_send(&to->control, &(struct frame){ .op = OP_CHANNEL, .provider = worker->provider,
	    .id = worker->id }, &block, fd, true, e);
}

bool worker_start(struct parent *p, struct child *c, struct att_error *e)
{
	struct child *signer;
	int work[2] = { -1, -1 }, sign[2] = { -1, -1 }, extra[2];
	struct block bundle[2] = { p->now.endorsements, p->now.anchors };
	bool ok;

	c->role = "verify";
	c->id = ++p->last_worker_id;
	signer = &p->signers[c->id % p->nsigners];
	ok = channel_pair(work, e) && channel_pair(sign, e);
	extra[0] = work[1];
	extra[1] = sign[1];
	ok = ok && child_start(p, c, extra, 2, e) &&
	    channel_send(&c->control, &(struct frame){ .op = OP_REFERENCE }, p->now.reference, -1, true, e) &&
	    channel_send(&c->control, &(struct frame){ .op = OP_EK_ROOTS }, &p->now.ek_roots, -1, true, e) &&
	    channel_send(&c->control, &(struct frame){ .op = OP_BUNDLE }, bundle, -1, true, e) &&
	    hand_over(signer, c, sign[0], e) && hand_over(&p->front, c, work[0], e);
	for (int i = 0; i < 2; i++) {
		fd_close(&work[i]);
		fd_close(&sign[i]);
	}
	return ok;
}

bool child_wait_ready(struct child *c, int timeout_ms, struct att_error *e)
{
	struct pollfd poll_for = { .fd = c->control.fd, .events = POLLIN };
	struct frame f;

	if (poll(&poll_for, 1, timeout_ms) != 1)
		return att_fail(e, ATT_E_INTERNAL, "%s: not ready in %d ms", c->role, timeout_ms);
	if (channel_recv(&c->control, false, &f, NULL, e) != CHANNEL_MESSAGE || f.op != OP_READY)
		return att_fail(e, ATT_E_INTERNAL, "%s: did not start", c->role);
	c->is_ready = true;
	return true;
}
