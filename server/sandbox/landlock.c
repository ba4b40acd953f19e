/*
 * Landlock through the raw system calls: Debian's and Ubuntu's C libraries have no wrappers, and their
 * kernel headers may be older than the running kernel, so the newer numbers are written down here.
 *
 * spec: Linux Documentation/userspace-api/landlock.rst
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/sandbox/kernel.h"

#define FS_ALL_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)       /* every right of the first version */
#define FS_REFER (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define NET_BIND_TCP (UINT64_C(1) << 0)
#define NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
    FS_REFER | FS_TRUNCATE)
#define OF_A_FILE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)

/* The kernel's struct as of version 6; older kernels accept it as long as what they do not know is zero. */
struct ruleset { uint64_t fs, net, scoped; };

/* What each version of the interface added. */
static const struct { int abi; struct ruleset adds; } versions[] = {
	{ 1, { FS_ALL_1, 0, 0 } },
	{ 2, { FS_REFER, 0, 0 } },
	{ 3, { FS_TRUNCATE, 0, 0 } },
	{ 4, { 0, NET_BIND_TCP | NET_CONNECT_TCP, 0 } },
	{ 5, { FS_IOCTL_DEV, 0, 0 } },
	{ 6, { 0, 0, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL } },
};

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static struct ruleset handled_rights(enum sandbox_role role, int abi)
{
	struct ruleset r = { 0 };

	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		if (abi >= versions[i].abi) {
			r.fs |= versions[i].adds.fs;
			r.net |= versions[i].adds.net;
			r.scoped |= versions[i].adds.scoped;
		}
	if (role == SANDBOX_FETCH)
		r.net &= ~NET_CONNECT_TCP;
	return r;
}

static bool allow_path(int ruleset, const struct sandbox_path *p, uint64_t handled, struct att_error *e)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = p->write ? WRITE : READ };
	struct stat st = { 0 };
	bool ok;

	rule.parent_fd = open(p->path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return att_fail(e, ATT_E_OPERATION, "sandbox: %s: %s", p->path, strerror(errno));
	ok = fstat(rule.parent_fd, &st) == 0;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_A_FILE;
	rule.allowed_access &= handled;
	ok = ok && syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	if (!ok)
		(void)att_fail(e, ATT_E_OPERATION, "sandbox: Landlock rule for %s: %s", p->path,
		    strerror(errno));
	(void)close(rule.parent_fd);
	return ok;
}

/* Landlock binds the calling thread only; one that runs already would stay free. */
static bool is_single_thread(void)
{
	struct stat st;

	return stat("/proc/self/task", &st) != 0 || st.st_nlink <= 3;
}

bool landlock_confine(const struct sandbox_plan *plan, int abi, struct att_error *e)
{
	struct ruleset handled = handled_rights(plan->role, abi);
	bool ok = true;
	int fd;

	if (!is_single_thread())
		return att_fail(e, ATT_E_INTERNAL, "sandbox: entered after threads were started");
	fd = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
	if (fd < 0)
		return att_fail(e, ATT_E_INTERNAL, "sandbox: Landlock ruleset: %s", strerror(errno));
	for (size_t i = 0; ok && i < plan->npaths; i++)
		ok = allow_path(fd, &plan->paths[i], handled.fs, e);
	if (ok && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		ok = att_fail(e, ATT_E_INTERNAL, "sandbox: Landlock: %s", strerror(errno));
	(void)close(fd);
	return ok;
}
