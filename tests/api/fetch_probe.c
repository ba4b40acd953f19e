/*
 * fetch_probe.c - the fetch role alone, for tests: plays parent and front towards it; never
 * installed.
 *
 * fetch-probe CONFIG [API KEY of every source]
 * A line on standard input: ID KIND KEY BASELINE AUTHENTIC, with - for no baseline and 0 or 1 at
 * the end.  A line on standard output per answer: JSON with id, outcome, seconds, source, tried,
 * pieces (base64).  Ends with its input.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "server/fetch/fetch.h"
#include "server/ipc/fdpass.h"
#include "server/parent/parent.h"

#define PROBE_LINE_MAX 2048

const struct role role_table[] = { { "fetch", SANDBOX_FETCH, fetch_run }, { 0 } };

struct probe {
	struct child child;
	struct channel front;
	struct arena *a;
};

static int fail(const char *what, const struct att_error *e)
{
	(void)fprintf(stderr, "fetch-probe: %s: %s\n", what, e->text);
	return 1;
}

static bool send_start(struct probe *p, const char *path, const char *api_key, struct att_error *e)
{
	struct config *c = NULL;
	struct role_facts facts = { .clock_s = CLOCK_REAL, .authority = "127.0.0.1:1",
	    .issuers = (const char *const[]){ "https://127.0.0.1:1" }, .nissuers = 1 };
	struct block blocks[2];
	struct buf keys = buf_make(p->a);
	char *yaml = NULL;
	size_t n;
	bool ok = config_load(path, &c, e) && config_dump(c, &yaml, &n, e);

	if (!ok)
		return false;
	for (unsigned i = 0; i < c->collateral.sources_count; i++)
		buf_le32_block(&keys, api_key, strlen(api_key));
	blocks[0] = (struct block){ yaml, n };
	blocks[1] = facts_encode(p->a, &facts);
	ok = channel_send(
		 &p->child.control, &(struct frame){ .op = OP_CONFIG }, blocks, -1, true, e) &&
	    channel_send(&p->child.control, &(struct frame){ .op = OP_SOURCE_KEYS },
		&(struct block){ keys.p ? keys.p : "", keys.len }, -1, true, e);
	free(yaml);
	config_free(c);
	return ok;
}

static bool start(struct probe *p, const char *path, const char *api_key, struct att_error *e)
{
	int control[2], front[2], fds[2];
	bool ok = channel_pair(control, e) && channel_pair(front, e);

	if (!ok)
		return false;
	fds[0] = control[1];
	fds[1] = front[1];
	ok = child_exec("fetch", fds, 2, &p->child.pid, e) &&
	    channel_open(&p->child.control, control[0], LINK_CONTROL, SIDE_ASKS, e) &&
	    channel_open(&p->front, front[0], LINK_FETCH, SIDE_ASKS, e);
	fd_close(&control[1]);
	fd_close(&front[1]);
	p->child.role = "fetch";
	return ok && send_start(p, path, api_key, e) && child_wait_ready(&p->child, 10000, e);
}

static bool ask(struct probe *p, char *line, struct att_error *e)
{
	char *word[5] = { NULL }, *rest = line;
	uint8_t authentic;
	struct block blocks[5];

	for (size_t i = 0; i < 5; i++)
		word[i] = strsep(&rest, " \n");
	if (!word[4])
		return att_fail(e, ATT_E_OPERATION, "want five words");
	authentic = *word[4] == '1';
	for (size_t i = 0; i < 3; i++)
		blocks[i] = block_text(i == 2 && strcmp(word[3], "-") == 0 ? "" : word[1 + i]);
	blocks[3] = (struct block){ &authentic, 1 };
	blocks[4] = block_text("");
	return channel_send(&p->front, &(struct frame){ .op = OP_FETCH,
	    .id = strtoull(word[0], NULL, 10) }, blocks, -1, true, e);
}

static void print_text(const char *name, struct rd text)
{
	(void)printf(",\"%s\":\"", name);
	for (size_t i = 0; i < rd_left(&text); i++) {
		uint8_t c = rd_ptr(&text)[i];
		(void)printf(c == '"' || c == '\\' || c < ' ' ? "\\u%04x" : "%c", c);
	}
	(void)printf("\"");
}

static bool show(struct probe *p, struct att_error *e)
{
	static const char *const outcomes[] = { "found", "absent", "failed", "refused" };
	struct blob_list pieces;
	struct frame m;
	uint8_t outcome;
	uint32_t seconds;

	if (channel_recv(&p->front, true, &m, NULL, e) != CHANNEL_MESSAGE || m.op != OP_FETCHED)
		return att_fail(e, ATT_E_INTERNAL, "no answer");
	if (!rd_u8(&m.block[0], &outcome) || outcome >= FETCH_OUTCOMES ||
	    !rd_le32(&m.block[1], &seconds) || !blobs_decode(p->a, m.block[4], &pieces, e))
		return att_fail(e, ATT_E_BAD_FORMAT, "answer: malformed");
	(void)printf("{\"id\":%" PRIu64 ",\"outcome\":\"%s\",\"seconds\":%u", m.id,
	    outcomes[outcome], seconds);
	print_text("source", m.block[2]);
	print_text("tried", m.block[3]);
	(void)printf(",\"pieces\":[");
	for (size_t i = 0; i < pieces.n; i++) {
		char *text = b64_encode_arena(B64_STD, p->a, rd_ptr(&pieces.item[i]),
		    rd_left(&pieces.item[i]));
		(void)printf("%s\"%s\"", i ? "," : "", text ? text : "");
	}
	(void)printf("]}\n");
	arena_reset(p->a);
	return fflush(stdout) == 0;
}

static bool run(struct probe *p, struct att_error *e)
{
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = p->front.fd, .events = POLLIN } };
	char line[PROBE_LINE_MAX];

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			return att_fail(e, ATT_E_INTERNAL, "poll");
		if (fds[1].revents && !show(p, e))
			return false;
		if (!fds[0].revents)
			continue;
		if (!fgets(line, sizeof line, stdin))
			return true;
		if (!ask(p, line, e))
			return false;
	}
}

int main(int argc, char **argv)
{
	struct probe p = { .child.control.fd = -1, .front.fd = -1 };
	struct att_error e = { 0 };
	int status = 0;

	if (!sandbox_harden(&e))
		return fail("start", &e);
	if (argc == 3 && strcmp(argv[1], "--role") == 0)
		return role_main(argv[2]);
	p.a = arena_new(64 * MIB);
	(void)setvbuf(stdin, NULL, _IONBF, 0); /* what fgets() has read ahead would escape poll() */
	if (argc < 2 || !p.a || !start(&p, argv[1], argc > 2 ? argv[2] : "", &e) || !run(&p, &e))
		status = fail("run", &e);
	channel_close(&p.front);
	channel_close(&p.child.control);
	arena_free(p.a);
	if (p.child.pid > 0 && (waitpid(p.child.pid, &status, 0) < 0 || status != 0))
		return fail("the role did not end well", &e);
	return status;
}
