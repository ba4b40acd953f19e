/*
 * The life of the fetch role: started when a source is configured, and again when it dies, like a
 * worker.  The front gets a new channel each time and asks again what was not answered.
 */
#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/base/buf.h"
#include "server/datadir/datadir.h"
#include "server/ipc/fdpass.h"
#include "server/log/log.h"
#include "server/parent/parent.h"

#define KEY_MAX 256             /* bytes of an API key */
#define KEYS_MAX (64 * KIB)

/* Printable, without blanks: it goes into a header as it is. */
static bool is_key(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isgraph((unsigned char)p[i]))
			return false;
	return n > 0 && n <= KEY_MAX;
}

static bool put_key(struct buf *b, const char *path, struct att_error *e)
{
	struct secret text = { 0 };
	size_t n;
	bool ok;

	if (!file_read(path, KEY_MAX + 16, &text, e))
		return false;
	for (n = text.len; n > 0 && isspace(text.p[n - 1]); )
		n--;
	ok = is_key((const char *)text.p, n);
	if (ok)
		buf_le32_block(b, text.p, n);
	secret_clear(&text);
	return ok || att_fail(e, ATT_E_BAD_FORMAT,
	    "%s: want an API key: one line of at most %d printable characters", path, KEY_MAX);
}

/* Encoded as in SOURCE_KEYS. */
static bool read_keys(const struct config *c, struct buf *b, struct att_error *e)
{
	for (unsigned i = 0; i < c->collateral.sources_count; i++) {
		const char *path = c->collateral.sources[i].key_file;

		if (!path)
			buf_le32_block(b, "", 0);
		else if (!put_key(b, path, e))
			return att_within(e, "collateral.sources[%u].key_file", i);
	}
	return buf_ok(b, e);
}

/* The keys are in this memory only while they are sent. */
static bool send_keys(const struct config *c, struct channel *to, struct att_error *e)
{
	struct arena *a = arena_new(KEYS_MAX);
	struct buf b = buf_make(a);
	struct block block;
	bool ok = a || att_fail(e, ATT_E_NOMEM, "out of memory");

	ok = ok && read_keys(c, &b, e);
	block = (struct block){ b.p ? b.p : "", b.len };
	if (ok && to)
		ok = channel_send(to, &(struct frame){ .op = OP_SOURCE_KEYS }, &block, -1, true, e);
	if (b.p)
		secret_wipe(b.p, b.len);
	arena_free(a);
	return ok;
}

bool fetcher_check(const struct config *c, struct att_error *e)
{
	return send_keys(c, NULL, e);
}

static bool start(struct parent *p, struct child *c, struct att_error *e)
{
	int pair[2] = { -1, -1 };
	bool ok = channel_pair(pair, e);

	c->role = "fetch";
	c->id++;
	ok = ok && child_start(p, c, &pair[1], 1, e) && send_keys(p->now.config, &c->control, e) &&
	    channel_send(&p->front.control, &(struct frame){ .op = OP_FETCHER, .id = c->id }, NULL,
		pair[0], true, e);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
	return ok;
}

static void try_start(struct parent *p)
{
	struct child *c = &p->fetcher;
	struct att_error e = { 0 };

	if (start(p, c, &e) && parent_watch(p, c->control.fd, c)) {
		log_event(LOG_DEBUG, "fetch.start", "pid", "%d", (int)c->pid, NULL);
		return;
	}
	child_start_failed(c, "fetch.start", &e);
}

void fetcher_reload(struct parent *p)
{
	struct child *c = &p->fetcher;

	/* Its end makes room for one with the new configuration. */
	c->is_replaced = c->pid > 0;
	if (c->pid > 0)
		(void)kill(c->pid, SIGKILL);
	c->early_deaths = 0;
	c->respawn_ms = 0;
}

void fetcher_died(struct parent *p, int status)
{
	struct child *c = &p->fetcher;
	bool expected = c->is_replaced || p->is_draining;

	if (!expected)
		log_event(LOG_WARN, "fetch.died", "pid", "%d", (int)c->pid,
		    WIFSIGNALED(status) ? "signal" : "status", "%d",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), NULL);
	c->early_deaths = c->is_ready || c->is_replaced ? 0 : c->early_deaths + 1;
	c->is_replaced = false;
	child_clear(c);
	c->respawn_ms = parent_now_ms() + child_backoff_ms(c->early_deaths);
}

int fetcher_respawn(struct parent *p)
{
	struct child *c = &p->fetcher;
	int64_t now = parent_now_ms();

	if (p->is_draining || p->failed || c->pid != 0 ||
	    p->now.config->collateral.sources_count == 0)
		return -1;
	if (c->respawn_ms <= now)
		try_start(p);
	if (c->pid != 0)
		return -1;
	return c->respawn_ms > now ? (int)(c->respawn_ms - now) : 0;
}
