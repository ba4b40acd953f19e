/*
 * filter.h - lists of system calls, one per role and one that all roles share.
 *
 * What no list names kills the process.  A role's list overrides the shared list call by call: when it
 * has a row for a call, the shared rows of that call do not apply.
 */
#ifndef SERVER_SANDBOX_FILTER_H
#define SERVER_SANDBOX_FILTER_H

#include <seccomp.h>
#include <stdbool.h>

enum filter_action {
	FILTER_END,             /* the last row */
	FILTER_ALLOW,
	FILTER_EPERM,           /* harmless: callers cope with the refusal */
	FILTER_ENOSYS           /* as on an old kernel: callers use the older call instead */
};

struct filter_rule {
	enum filter_action action;
	int call;
	unsigned nargs;
	bool own_pid;           /* argument 0 must be this process, beside args */
	struct scmp_arg_cmp arg[2];
};

#define ALLOW(name) { FILTER_ALLOW, SCMP_SYS(name), 0, false, { { 0 } } }
#define EPERM_ON(name) { FILTER_EPERM, SCMP_SYS(name), 0, false, { { 0 } } }
#define ENOSYS_ON(name) { FILTER_ENOSYS, SCMP_SYS(name), 0, false, { { 0 } } }
/* The action when argument n stands in that relation to the value; of mask, only those bits count. */
#define WHEN(action, name, n, value) { action, SCMP_SYS(name), 1, false, { { n, SCMP_CMP_EQ, value, 0 } } }
#define UNLESS(action, name, n, value) { action, SCMP_SYS(name), 1, false, { { n, SCMP_CMP_NE, value, 0 } } }
#define WHEN_MASKED(action, name, n, mask, value) \
	{ action, SCMP_SYS(name), 1, false, { { n, SCMP_CMP_MASKED_EQ, mask, value } } }
#define WHEN_OWN_PID(action, name) { action, SCMP_SYS(name), 0, true, { { 0 } } }
#define FILTER_LAST { FILTER_END, 0, 0, false, { { 0 } } }

/*
 * New threads, but neither processes nor namespaces.  clone3 hides its flags in memory, where a filter
 * cannot look, so it does not exist and the C library falls back to clone.
 */
#define NAMESPACES 0x7e020080u  /* CLONE_NEW* */
#define THREADS \
	ENOSYS_ON(clone3), \
	WHEN_MASKED(FILTER_ALLOW, clone, 0, CLONE_VM | CLONE_THREAD | NAMESPACES, CLONE_VM | CLONE_THREAD), \
	ALLOW(set_robust_list), \
	ALLOW(rseq)

extern const struct filter_rule filter_shared[], filter_front[], filter_verify[], filter_signer[],
    filter_fetch[];

#endif
