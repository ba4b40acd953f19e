/* kernel.h - the two kernel mechanisms behind sandbox.h, and what this kernel has of them. */
#ifndef SERVER_SANDBOX_KERNEL_H
#define SERVER_SANDBOX_KERNEL_H

#include "server/sandbox/sandbox.h"

struct sandbox_kernel {
	int landlock_abi;       /* version of the kernel's Landlock interface; 0: none */
	bool has_seccomp;       /* filters that can kill the whole process */
};

struct sandbox_kernel sandbox_kernel_probe(void);
/* sandbox_enter() with the kernel's abilities given; a number too high fails, it does not grant anything. */
ATT_CHECK bool sandbox_enter_on(const struct sandbox_plan *plan, const struct sandbox_kernel *k,
    const char **missing, struct att_error *e);

int landlock_abi(void);
/* Closes every file but those of the plan to this thread and its future threads and children. */
ATT_CHECK bool landlock_confine(const struct sandbox_plan *plan, int abi, struct att_error *e);

bool seccomp_is_there(void);
/* Limits every thread of the process to the system calls of the role. */
ATT_CHECK bool seccomp_confine(enum sandbox_role role, struct att_error *e);

#endif
