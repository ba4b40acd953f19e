/*
 * probe.c - attestd with two traitors in it, for x_04_separation.py and s_03_context.py; never installed.
 *
 * The verify role obeys a body "PROBE <what>" and the front a path /probe/<what>: each tries what its
 * sandbox or its peers must not allow, and reports the errno (0: it succeeded).
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "server/api/route_tbl.h"
#include "server/datadir/datadir.h"
#include "server/front/front.h"
#include "server/log/log.h"
#include "server/log/metrics.h"
#include "server/signer/signer.h"
#include "server/worker/worker.h"

#define PTRACE_ATTACH_REQUEST 16        /* ptrace(2) */

static int told(long result)
{
	return result < 0 ? errno : 0;
}

static int try_open(void)
{
	return told(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int try_create(void)
{
	return told(open("/tmp/attestd-probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int try_socket(void)
{
	return told(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_connect(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/tmp/nobody" };

	return told(connect(WORKER_FD_WORK, (const struct sockaddr *)(const void *)&to, sizeof to));
}

static int try_execve(void)
{
	char name[] = "true";
	char *argv[] = { name, NULL };

	return told(execve("/bin/true", argv, NULL));
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return told(pid);
}

static int try_ptrace(void)
{
	return told(syscall(SYS_ptrace, PTRACE_ATTACH_REQUEST, getppid(), NULL, NULL));
}

static int try_kill(void)
{
	return told(kill(getppid(), SIGTERM));
}

static int try_exec_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int try_nothing(void)
{
	return 0;
}

static const struct { const char *name; int (*try)(void); } tries[] = {
	{ "nothing", try_nothing }, { "open", try_open }, { "create", try_create }, { "socket", try_socket },
	{ "connect", try_connect }, { "execve", try_execve }, { "fork", try_fork }, { "ptrace", try_ptrace },
	{ "kill", try_kill }, { "exec-memory", try_exec_memory },
};

static int obey(const char *name)
{
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
		if (strcmp(tries[i].name, name) == 0)
			return tries[i].try();
	return -1;
}

/* A state sealed in another provider's name. */
static int seal_as_another(struct worker *w, const struct frame *f)
{
	struct frame other = *f;
	struct att_error e = { 0 };
	struct rd sealed;

	other.provider ^= 1;
	return worker_seal(w, &other, SEAL_TPM_CHALLENGE, rd_text("state"), &sealed, &e) ? 0 : 1;
}

/* Once the front has marked a context as used, for s_03_context.py: dies, or hangs, as the trace id asks. */
static void stop_after_use(const struct frame *f)
{
	char id[64];
	uint8_t bits = 0;
	struct rd flags = f->block[4];

	if (!rd_u8(&flags, &bits) || !(bits & ATTEST_CHALLENGED) || !frame_text(f->block[1], id, sizeof id))
		return;
	/* 00-<trace id>-... */
	if (strncmp(id, "00-dead", 7) == 0)
		abort();
	if (strncmp(id, "00-feed", 7) != 0)
		return;
	log_event(LOG_INFO, "probe.hangs", NULL);
	for (volatile int forever = 1; forever;)
		;
}

static bool probe_answer(struct worker *w, const struct frame *f, struct answer *out, struct att_error *e)
{
	static const uint8_t zero[32];
	struct buf b = buf_make(w->request);
	char text[64];

	stop_after_use(f);
	if (!frame_text(f->block[3], text, sizeof text) || strncmp(text, "PROBE ", 6) != 0)
		return worker_answer(w, f, out, e);
	buf_fmt(&b, "{\"errno\":%d}", strcmp(text + 6, "seal-as-another") == 0 ? seal_as_another(w, f) :
	    obey(text + 6));
	*out = (struct answer){ .status = 200, .verdict = VERDICT_NONE, .evidence_sha256 = zero,
	    .body = rd_make(b.p, b.len) };
	return buf_ok(&b, e);
}

static void report(struct api_call *c, int status)
{
	char text[64];
	struct resp resp;

	(void)snprintf(text, sizeof text, "{\"errno\":%d}", status);
	resp = resp_copy(200, text, strlen(text));
	api_answer(c, &resp);
}

static void open_in(struct api_call *c, enum datadir_folder folder, const char *name, int flags)
{
	char path[DATADIR_PATH_MAX];
	struct att_error e = { 0 };

	report(c, datadir_path(c->api->config->data_dir, folder, name, path, &e) ?
	    told(open(path, flags | O_CLOEXEC, 0600)) : -1);
}

static void front_open_key(struct api_call *c)
{
	open_in(c, DATADIR_KEYS, "default.RS256.key.pem", O_RDONLY);
}

static void front_open_tls(struct api_call *c)
{
	open_in(c, DATADIR_TLS, "server.pem", O_RDONLY);
}

static void front_write_tls(struct api_call *c)
{
	open_in(c, DATADIR_TLS, "server.pem", O_WRONLY);
}

static void front_write_store(struct api_call *c)
{
	open_in(c, DATADIR_STORE, "probe", O_WRONLY | O_CREAT);
}

static void front_open_passwd(struct api_call *c)
{
	report(c, try_open());
}

static void front_execve(struct api_call *c)
{
	report(c, try_execve());
}

static void front_ptrace(struct api_call *c)
{
	report(c, try_ptrace());
}

/* What the signer says to a message on the front's channel: its error code, 0 when it signed. */
static void ask_signer(struct api_call *c, enum ipc_op op, const struct block *blocks)
{
	struct front *front = c->api->state;
	struct att_error e = { 0 };
	struct frame reply;
	uint8_t code = 255;

	if (!channel_send(&front->manage, &(struct frame){ .op = op }, blocks, -1, true, &e) ||
	    channel_recv(&front->manage, true, &reply, NULL, &e) != CHANNEL_MESSAGE ||
	    !rd_u8(&reply.block[0], &code))
		code = 255;
	report(c, code);
}

static void front_sign_attestation(struct api_call *c)
{
	uint8_t draft = 0;
	struct block blocks[2] = { { &draft, 1 }, block_text("{\"x-ms-attestation-type\":\"sevsnpvm\"}") };

	ask_signer(c, OP_SIGN, blocks);
}

static void front_seal(struct api_call *c)
{
	uint8_t purpose = SEAL_TPM_CHALLENGE;
	struct block blocks[2] = { { &purpose, 1 }, block_text("state") };

	ask_signer(c, OP_SEAL, blocks);
}

static void front_sign_disguised(struct api_call *c)
{
	struct block claims =
	    block_text("{\"x-ms-policy-result\":\"Updated\",\"x-ms-attestation-type\":\"sevsnpvm\"}");

	ask_signer(c, OP_SIGN_RESULT, &claims);
}

static void front_sign_issuer(struct api_call *c)
{
	struct block claims = block_text("{\"x-ms-policy-result\":\"Updated\",\"iss\":\"https://other\"}");

	ask_signer(c, OP_SIGN_RESULT, &claims);
}

static void front_sign_result(struct api_call *c)
{
	struct block claims = block_text("{\"x-ms-policy-result\":\"Updated\"}");

	ask_signer(c, OP_SIGN_RESULT, &claims);
}

#define PROBE(path, handler) { ROUTE_none, "/probe/" path, API_GET, handler }
static const struct api_route probe_routes[] = {
	PROBE("open-key", front_open_key), PROBE("open-tls", front_open_tls),
	    PROBE("write-tls", front_write_tls),
	PROBE("write-store", front_write_store), PROBE("open-passwd", front_open_passwd),
	PROBE("execve", front_execve), PROBE("ptrace", front_ptrace),
	PROBE("seal", front_seal),
	PROBE("sign-attestation", front_sign_attestation), PROBE("sign-disguised", front_sign_disguised),
	PROBE("sign-issuer", front_sign_issuer), PROBE("sign-result", front_sign_result),
#define X(label, ...) { ROUTE_##label, __VA_ARGS__ },
	API_ROUTES(X)
#undef X
	{ 0 }
};

static int run_front(struct role_env *env)
{
	return front_run(env, probe_routes);
}

static int run_worker(struct role_env *env)
{
	return worker_run(env, probe_answer);
}

const struct role role_table[] = {
	{ "front", SANDBOX_FRONT, run_front },
	{ "verify", SANDBOX_VERIFY, run_worker },
	{ "signer", SANDBOX_SIGNER, signer_run },
	{ 0 }
};
