/*
 * sandbox.h - a role narrows itself before it reads its first byte: no new privileges, no core dumps,
 * Landlock, seccomp.  One accept list per role (filter_<role>.c); odd entries carry a reason; harmless
 * calls get EPERM, the rest kill the process.
 */
#ifndef SERVER_SANDBOX_SANDBOX_H
#define SERVER_SANDBOX_SANDBOX_H

#include "lib/base/err.h"

enum sandbox_role { SANDBOX_FRONT, SANDBOX_VERIFY, SANDBOX_SIGNER, SANDBOX_FETCH, SANDBOX_ROLES };

/* A folder a role may touch, and how. */
struct sandbox_path { const char *path; bool write; };

struct sandbox_plan {
	enum sandbox_role role;
	const struct sandbox_path *paths;       /* Landlock: these and nothing else; none: no file at all */
	size_t npaths;
	bool best_effort;                       /* a missing kernel feature is logged instead of fatal */
};

/* PR_SET_DUMPABLE 0, RLIMIT_CORE 0, no_new_privs: every role, the parent too, first thing in main. */
ATT_CHECK bool sandbox_harden(struct att_error *e);
/*
 * Landlock, then seccomp; before any thread is started.  *missing gets a static text that names absent
 * kernel features (best effort) or the kind of build that has no sandbox, else NULL.
 */
ATT_CHECK bool sandbox_enter(const struct sandbox_plan *plan, const char **missing, struct att_error *e);

#endif
