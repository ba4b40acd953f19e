#include "tests/harness/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <sqlite3.h>

#include "server/sandbox/kernel.h"

/* Folders made for one run: the plan names tls (read) and store (write), never keys. */
static char root[] = "/tmp/attestd-sandbox-XXXXXX";
static char tls[64], store[64], keys[64], tls_file[96], store_file[96], keys_file[96], out[96];

static pid_t parent;            /* the test itself, seen from the roles */

/* Every action returns 0 or an errno; it runs inside the sandbox. */
static int as_errno(long result)
{
	return result < 0 ? errno : 0;
}

static int open_it(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600), status = as_errno(fd);

	if (fd >= 0)
		(void)close(fd);
	return status;
}

static int read_tls(void) { return open_it(tls_file, O_RDONLY); }
static int write_tls(void) { return open_it(tls_file, O_WRONLY); }
static int create_tls(void) { return open_it(out, O_WRONLY | O_CREAT); }
static int read_keys(void) { return open_it(keys_file, O_RDONLY); }
static int list_keys(void) { return open_it(keys, O_RDONLY | O_DIRECTORY); }
static int write_store(void) { return open_it(store_file, O_RDWR | O_CREAT | O_TRUNC); }
static int list_store(void) { return open_it(store, O_RDONLY | O_DIRECTORY); }
static int read_passwd(void) { return open_it("/etc/passwd", O_RDONLY); }
static int read_memory(void) { return open_it("/proc/self/mem", O_RDWR); }
static int rename_store(void)
{
	char to[112];

	(void)snprintf(to, sizeof to, "%s.new", store_file);
	return as_errno(rename(store_file, to)) || as_errno(rename(to, store_file));
}
static int link_out_of_store(void) { return as_errno(rename(store_file, out)); }
static int make_link(void) { return as_errno(symlink(keys, out)); }
static int change_root(void) { return as_errno(chroot(store)); }

static int new_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), status = as_errno(fd);

	if (fd >= 0)
		(void)close(fd);
	return status;
}
static int inet_socket(void) { return new_socket(AF_INET); }
static int unix_socket(void) { return new_socket(AF_UNIX); }
static int packet_socket(void) { return new_socket(AF_PACKET); }
static int connect_it(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* Nothing listens on the discard port; being refused by the peer means that the call was allowed. */
	return connect(fd, (struct sockaddr *)(void *)&to, sizeof to) == 0 ||
	    errno == ECONNREFUSED ? 0 : errno;
}
static int listen_it(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return as_errno(listen(fd, 1));
}
static int run_program(void) { return as_errno(execl("/bin/true", "true", (char *)NULL)); }
static int run_by_descriptor(void) { return as_errno(syscall(SYS_execveat, 3, "", NULL, NULL, 0x1000)); }
static int new_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return as_errno(pid);
}
#define ATTACH 16               /* PTRACE_ATTACH */
static int trace(void) { return as_errno(syscall(SYS_ptrace, ATTACH, parent, NULL, NULL)); }
static int peek(void) { return as_errno(syscall(SYS_process_vm_readv, parent, NULL, 0, NULL, 0, 0)); }
static int kill_parent(void) { return as_errno(kill(parent, 0)); }
static int signal_parent(void) { return as_errno(syscall(SYS_tgkill, parent, parent, 0)); }
static int signal_self(void) { return as_errno(syscall(SYS_tgkill, getpid(), gettid(), 0)); }
static int abort_it(void) { abort(); }
static int new_namespace(void) { return as_errno(syscall(SYS_unshare, 0x10000000)); }
static int load_bpf(void) { return as_errno(syscall(SYS_bpf, 0, NULL, 0)); }
static int use_uring(void) { return as_errno(syscall(SYS_io_uring_setup, 1, NULL)); }
static int x32_call(void) { return as_errno(syscall(0x40000000 | SYS_getpid)); }
static int raise_limit(void)
{
	struct rlimit r = { 0, 0 };

	return as_errno(setrlimit(RLIMIT_NOFILE, &r));
}
static int ask_limit(void)
{
	struct rlimit r;

	return as_errno(getrlimit(RLIMIT_NOFILE, &r));
}
static int make_dumpable(void) { return as_errno(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }
static int terminal(void)
{
	int n;

	return as_errno(ioctl(0, TIOCOUTQ, &n));
}
static int fake_input(void) { return as_errno(ioctl(0, TIOCSTI, "x")); }
static int bytes_waiting(void)
{
	int pair[2], n = 0;

	return as_errno(socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) || as_errno(ioctl(pair[0], FIONREAD, &n));
}
static int file_facts(void)
{
	struct stat st;

	return as_errno(stat("/etc/passwd", &st));
}
static int code_pages(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}
static int pages_to_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return as_errno(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}
static int memory(void)
{
	char *p = malloc((size_t)64 << 20);

	if (!p)
		return ENOMEM;
	for (size_t i = 0; i < (size_t)64 << 20; i += 4096)
		p[i] = 1;
	p = realloc(p, (size_t)128 << 20);
	free(p);
	return p ? 0 : ENOMEM;
}
static int time_and_chance(void)
{
	struct timespec t;
	char r[16];

	return as_errno(clock_gettime(CLOCK_REALTIME, &t)) || as_errno(getentropy(r, sizeof r)) ||
	    time(NULL) < 0;
}

/* What server/ipc/fdpass.c does: sealed memfd, sent and received over a socketpair that existed before. */
static int pair[2];
static int pass_memfd(void)
{
	union { struct cmsghdr align; char space[CMSG_SPACE(sizeof(int))]; } control = { .space = { 0 } };
	char byte = 'x', got[4];
	struct iovec part = { &byte, 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space,
	    .msg_controllen = sizeof control.space };
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	if (fd < 0 || write(fd, "abcd", 4) != 4 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
		return errno;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	*(int *)(void *)CMSG_DATA(c) = fd;
	if (sendmsg(pair[0], &m, MSG_NOSIGNAL) != 1 || recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC) != 1)
		return errno;
	fd = *(int *)(void *)CMSG_DATA(CMSG_FIRSTHDR(&m));
	return pread(fd, got, 4, 0) == 4 ? as_errno(close(fd)) : errno;
}

#define EPOLL_FD 100            /* made by enter_and_run() */
static int wait_on_epoll(void)
{
	struct epoll_event ev = { .events = EPOLLOUT };

	return as_errno(epoll_ctl(EPOLL_FD, EPOLL_CTL_ADD, pair[0], &ev)) ||
	    as_errno(epoll_wait(EPOLL_FD, &ev, 1, 0));
}

static int sign_and_hash(void)
{
	uint8_t digest[64];
	unsigned len = 0;
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t sig[128];
	size_t n = sizeof sig;
	bool ok = key && c && EVP_Digest("x", 1, digest, &len, EVP_sha384(), NULL) == 1 &&
	    EVP_DigestSignInit(c, NULL, EVP_sha384(), NULL, key) == 1 && EVP_DigestSign(c, sig, &n,
	    digest, len) == 1;

	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
	return ok ? 0 : EIO;
}

static void *nothing(void *arg)
{
	char *p = malloc(1 << 20);

	free(p);
	return arg;
}
static int new_thread(void)
{
	pthread_t t;
	int status = pthread_create(&t, NULL, nothing, NULL);

	return status ? status : pthread_join(t, NULL);
}
static void *thread_opens_keys(void *arg)
{
	*(int *)arg = read_keys();
	return NULL;
}
/* Threads started later are bound as well. */
static int keys_in_thread(void)
{
	pthread_t t;
	int result = 0, status = pthread_create(&t, NULL, thread_opens_keys, &result);

	return status ? status : pthread_join(t, NULL) ? EIO : result;
}

/* What the store will do: write-ahead log, full sync, a lock, a check-point, a second connection. */
static int use_database(void)
{
	static const char sql[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(x);"
	    "BEGIN IMMEDIATE; INSERT INTO t VALUES(randomblob(100000)); COMMIT;"
	    "PRAGMA wal_checkpoint(TRUNCATE);"
	    "PRAGMA journal_mode=DELETE; INSERT INTO t VALUES(1); VACUUM; DROP TABLE t;";
	char path[112];
	sqlite3 *db = NULL, *other = NULL;
	bool ok;

	(void)snprintf(path, sizeof path, "%s.sqlite", store_file);
	ok = sqlite3_open(path, &db) == SQLITE_OK && sqlite3_open(path, &other) == SQLITE_OK &&
	    sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(other, "SELECT * FROM sqlite_master", NULL, NULL, NULL) == SQLITE_OK;
	ok = sqlite3_close(other) == SQLITE_OK && sqlite3_close(db) == SQLITE_OK && ok;
	return ok && unlink(path) == 0 ? 0 : EIO;
}

#define KILLED (-SIGSYS)
#define ABORTED (-SIGABRT)
#define F SANDBOX_FRONT
#define V SANDBOX_VERIFY
#define S SANDBOX_SIGNER
#define N SANDBOX_FETCH

/* What comes of an action in each role. */
static const struct row { const char *name; int (*act)(void); int want[SANDBOX_ROLES]; } rows[] = {
#define ROW(act, front, verify, signer, fetch) \
	{ #act, act, { [F] = front, [V] = verify, [S] = signer, [N] = fetch } },
	ROW(memory, 0, 0, 0, 0)
	ROW(time_and_chance, 0, 0, 0, 0)
	ROW(pass_memfd, 0, 0, 0, 0)
	ROW(sign_and_hash, 0, 0, 0, 0)
	ROW(signal_self, 0, 0, 0, 0)
	ROW(ask_limit, 0, 0, 0, 0)
	ROW(abort_it, ABORTED, ABORTED, ABORTED, ABORTED)
	ROW(wait_on_epoll, 0, KILLED, 0, 0)
	ROW(new_thread, 0, KILLED, KILLED, 0)
	ROW(new_process, KILLED, KILLED, KILLED, KILLED)
	ROW(run_program, KILLED, KILLED, KILLED, KILLED)
	ROW(run_by_descriptor, KILLED, KILLED, KILLED, KILLED)
	ROW(trace, KILLED, KILLED, KILLED, KILLED)
	ROW(peek, KILLED, KILLED, KILLED, KILLED)
	ROW(kill_parent, KILLED, KILLED, KILLED, KILLED)
	ROW(signal_parent, KILLED, KILLED, KILLED, KILLED)
	ROW(new_namespace, KILLED, KILLED, KILLED, KILLED)
	ROW(load_bpf, KILLED, KILLED, KILLED, KILLED)
	ROW(use_uring, KILLED, KILLED, KILLED, KILLED)
	ROW(change_root, KILLED, KILLED, KILLED, KILLED)
	ROW(make_link, KILLED, KILLED, KILLED, KILLED)
	ROW(raise_limit, KILLED, KILLED, KILLED, KILLED)
#ifdef __x86_64__
	ROW(x32_call, KILLED, KILLED, KILLED, KILLED)
#endif
	ROW(make_dumpable, EPERM, EPERM, EPERM, EPERM)
	ROW(code_pages, EPERM, EPERM, EPERM, EPERM)
	ROW(pages_to_code, EPERM, EPERM, EPERM, EPERM)
	ROW(terminal, EPERM, EPERM, EPERM, KILLED)
	ROW(fake_input, EPERM, EPERM, EPERM, KILLED)
	ROW(bytes_waiting, KILLED, KILLED, KILLED, 0)
	ROW(file_facts, 0, EPERM, EPERM, 0)
	ROW(inet_socket, KILLED, KILLED, KILLED, 0)
	ROW(unix_socket, KILLED, KILLED, KILLED, EPERM)
	ROW(packet_socket, KILLED, KILLED, KILLED, KILLED)
	ROW(connect_it, KILLED, KILLED, KILLED, 0)
	ROW(listen_it, KILLED, KILLED, KILLED, KILLED)
	ROW(read_tls, 0, KILLED, KILLED, 0)
	ROW(write_tls, EACCES, KILLED, KILLED, EACCES)
	ROW(create_tls, EACCES, KILLED, KILLED, EACCES)
	ROW(read_keys, EACCES, KILLED, KILLED, EACCES)
	ROW(list_keys, EACCES, KILLED, KILLED, EACCES)
	ROW(read_passwd, EACCES, KILLED, KILLED, EACCES)
	ROW(read_memory, EACCES, KILLED, KILLED, EACCES)
	ROW(write_store, 0, KILLED, KILLED, EACCES)
	ROW(list_store, 0, KILLED, KILLED, EACCES)
	ROW(rename_store, 0, KILLED, KILLED, KILLED)
	ROW(link_out_of_store, EACCES, KILLED, KILLED, KILLED)
	ROW(use_database, 0, EIO, EIO, EIO)
	ROW(keys_in_thread, EACCES, KILLED, KILLED, EACCES)
#undef ROW
};

/* Front and fetch get paths, as in the daemon; verify and signer none. */
static struct sandbox_plan plan_of(enum sandbox_role role, struct sandbox_path paths[2])
{
	struct sandbox_plan plan = { .role = role, .paths = paths };

	paths[0] = (struct sandbox_path){ tls, false };
	paths[1] = (struct sandbox_path){ store, true };
	plan.npaths = role == F ? 2 : role == N ? 1 : 0;
	return plan;
}

static const char *skipped(void)
{
	struct sandbox_kernel k = { 0, false };
	struct sandbox_plan plan = { .role = V, .best_effort = true };
	struct att_error e = { 0 };
	const char *missing = NULL;
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(sandbox_enter_on(&plan, &k, &missing, &e) && missing && strstr(missing,
		    "build") ? 1 : 0);
	return waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 1 ? "a build without sandbox" : NULL;
}

static void need_sandbox(void)
{
	struct sandbox_kernel k = sandbox_kernel_probe();

	if (skipped() || k.landlock_abi == 0 || !k.has_seccomp)
		skip();
}

/* In the child: 250 for a sandbox that could not be entered. */
static void enter_and_run(enum sandbox_role role, const struct sandbox_kernel *k, int (*act)(void))
{
	struct sandbox_path paths[2];
	struct sandbox_plan plan = plan_of(role, paths);
	const char *missing = NULL;
	struct att_error e = { 0 };
	int quiet = open("/dev/null", O_RDWR), loud = dup(STDERR_FILENO), epoll;

	plan.best_effort = true;
	/* abort() in libraries and assert() write there. */
	if (quiet < 0 || loud < 0 || dup2(quiet, STDERR_FILENO) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0 ||
	    (epoll = epoll_create1(0)) < 0 || dup2(epoll, EPOLL_FD) < 0 || sign_and_hash() != 0 ||
	    !sandbox_harden(&e) || !sandbox_enter_on(&plan, k, &missing, &e)) {
		(void)dprintf(loud, "%s\n", e.text);
		_exit(250);
	}
	_exit(act());
}

/* 0, an errno, or minus the signal that ended it. */
static int outcome(enum sandbox_role role, const struct sandbox_kernel *k, int (*act)(void))
{
	pid_t pid;
	int status = 0;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		enter_and_run(role, k, act);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(enum sandbox_role role, const struct row *r)
{
	struct sandbox_kernel k = sandbox_kernel_probe();

	return outcome(role, &k, r->act);
}

static void test_calls(void **state)
{
	static const char *const names[SANDBOX_ROLES] = { [F] = "front", [V] = "verify", [S] = "signer",
	    [N] = "fetch" };
	unsigned wrong = 0;

	(void)state;
	need_sandbox();
	for (unsigned role = 0; role < SANDBOX_ROLES; role++)
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			int got = run(role, &rows[i]);

			if (got == rows[i].want[role])
				continue;
			print_error("%s in %s: got %d (%s), want %d\n", rows[i].name, names[role], got,
			    got < 0 ? strsignal(-got) : strerror(got), rows[i].want[role]);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

/* Every older version of Landlock still keeps a role out of a foreign folder and lets it into its own. */
static void test_older_landlock(void **state)
{
	struct sandbox_kernel k = sandbox_kernel_probe();
	int newest = k.landlock_abi;

	(void)state;
	need_sandbox();
	for (k.landlock_abi = 1; k.landlock_abi <= newest; k.landlock_abi++) {
		assert_int_equal(outcome(F, &k, read_keys), EACCES);
		assert_int_equal(outcome(F, &k, read_tls), 0);
		assert_int_equal(outcome(F, &k, write_tls), EACCES);
		assert_int_equal(outcome(F, &k, write_store), 0);
		assert_int_equal(outcome(N, &k, connect_it), 0);
	}
}

/* Best effort takes what there is: one of the two mechanisms alone. */
static void test_one_alone(void **state)
{
	struct sandbox_kernel only_landlock = { landlock_abi(), false }, only_seccomp = { 0, true };

	(void)state;
	need_sandbox();
	assert_int_equal(outcome(F, &only_landlock, read_keys), EACCES);
	assert_int_equal(outcome(F, &only_landlock, inet_socket), 0);
	assert_int_equal(outcome(F, &only_seccomp, read_keys), 0);
	assert_int_equal(outcome(F, &only_seccomp, inet_socket), KILLED);
	assert_int_equal(outcome(V, &only_landlock, read_keys), EACCES);
	assert_int_equal(outcome(V, &only_landlock, read_passwd), EACCES);
}

/* Landlock's own network and scope rules, where the kernel has them. */
static void test_landlock_beyond_files(void **state)
{
	struct sandbox_kernel k = { landlock_abi(), false };

	(void)state;
	need_sandbox();
	if (k.landlock_abi >= 4) {
		assert_int_equal(outcome(V, &k, connect_it), EACCES);
		assert_int_equal(outcome(N, &k, connect_it), 0);
	}
	if (k.landlock_abi >= 6)
		assert_int_equal(outcome(V, &k, kill_parent), EPERM);
}

static void test_missing(void **state)
{
	static const struct { int abi; bool seccomp; const char *name; } cases[] = {
		{ 0, true, "Landlock" }, { 7, false, "seccomp" }, { 0, false, "Landlock and seccomp" },
	};
	struct sandbox_plan plan = { .role = V };
	const char *missing = "untouched";

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sandbox_kernel k = { cases[i].abi, cases[i].seccomp };
		struct att_error e;
		char want[96];

		(void)snprintf(want, sizeof want, "this kernel lacks %s, which sandbox: strict demands",
		    cases[i].name);
		CHECK_ERR(sandbox_enter_on(&plan, &k, &missing, &e), &e, ATT_E_UNSUPPORTED, want);
		assert_string_equal(missing, "untouched");
	}
}

/* Nothing at all is entered here, so the test process stays as it is. */
static void test_best_effort_reports(void **state)
{
	struct sandbox_plan plan = { .role = V, .best_effort = true };
	struct sandbox_kernel none = { 0, false };
	struct att_error e = { 0 };
	const char *missing = NULL;

	(void)state;
	if (skipped())
		skip();
	CHECK_OK(sandbox_enter_on(&plan, &none, &missing, &e), &e);
	assert_string_equal(missing, "Landlock and seccomp");
}

static int strict_reports_nothing(void)
{
	struct sandbox_plan plan = { .role = V };
	struct att_error e = { 0 };
	const char *missing = "untouched";

	return sandbox_enter(&plan, &missing, &e) && !missing ? 0 : 1;
}

static int missing_path(void)
{
	struct sandbox_path path = { "/nonexistent/attestd", true };
	struct sandbox_plan plan = { .role = F, .paths = &path, .npaths = 1 };
	struct att_error e = { 0 };
	const char *missing = NULL;

	return !sandbox_enter(&plan, &missing, &e) && e.code == ATT_E_OPERATION &&
	    strstr(e.text, "/nonexistent/attestd: No such file") ? 0 : 1;
}

static void *wait_for_end(void *arg)
{
	(void)pause();
	return arg;
}

static int too_late(void)
{
	struct sandbox_plan plan = { .role = F };
	struct att_error e = { 0 };
	const char *missing = NULL;
	pthread_t t;

	return pthread_create(&t, NULL, wait_for_end, NULL) == 0 && !sandbox_enter(&plan, &missing, &e) &&
	    strstr(e.text, "after threads were started") ? 0 : 1;
}

static int hardened(void)
{
	struct att_error e = { 0 };
	struct rlimit core;

	return sandbox_harden(&e) && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && getrlimit(RLIMIT_CORE, &core) == 0 &&
	    core.rlim_cur == 0 && core.rlim_max == 0 ? 0 : 1;
}

static int in_child(int (*act)(void))
{
	int status = 0;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(act());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_enter(void **state)
{
	(void)state;
	assert_int_equal(in_child(hardened), 0);
	need_sandbox();
	assert_int_equal(in_child(strict_reports_nothing), 0);
	assert_int_equal(in_child(missing_path), 0);
	assert_int_equal(in_child(too_late), 0);
}

static int make_folders(void **state)
{
	static const struct { char *folder, *file; const char *name; } made[] = {
		{ tls, tls_file, "tls" }, { store, store_file, "store" }, { keys, keys_file, "keys" },
	};

	(void)state;
	parent = getpid();
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < 3; i++) {
		int fd;

		(void)snprintf(made[i].folder, sizeof tls, "%s/%s", root, made[i].name);
		(void)snprintf(made[i].file, sizeof tls_file, "%s/file", made[i].folder);
		fd = mkdir(made[i].folder, 0700) == 0 ? open(made[i].file, O_CREAT | O_WRONLY, 0600) : -1;
		if (fd < 0 || close(fd) != 0)
			return -1;
	}
	(void)snprintf(out, sizeof out, "%s/out", tls);
	return 0;
}

static int remove_folders(void **state)
{
	const char *const files[] = { tls_file, store_file, keys_file, out };
	const char *const folders[] = { tls, store, keys, root };

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		(void)unlink(files[i]);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		(void)rmdir(folders[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enter),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_best_effort_reports),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_older_landlock),
		cmocka_unit_test(test_one_alone),
		cmocka_unit_test(test_landlock_beyond_files),
	};

	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
