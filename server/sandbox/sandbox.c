#include "server/sandbox/sandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "server/sandbox/kernel.h"

/*
 * The sanitizers read /proc, start a symbolizer and map memory in their own ways; a filter that lets
 * them is none. Such builds say so through *missing and are not for service.
 */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANDBOX_SKIP "everything: sanitizer build"
#endif
#ifdef SANDBOX_SKIP
static const char *const skipped = SANDBOX_SKIP;
#else
static const char *const skipped = NULL;
#endif

static bool no_new_privileges(struct att_error *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return true;
	return att_fail(e, ATT_E_INTERNAL, "sandbox: no_new_privs: %s", strerror(errno));
}

bool sandbox_harden(struct att_error *e)
{
	struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
		return att_fail(e, ATT_E_INTERNAL, "sandbox: no core dumps: %s", strerror(errno));
	return no_new_privileges(e);
}

struct sandbox_kernel sandbox_kernel_probe(void)
{
	return (struct sandbox_kernel){ landlock_abi(), seccomp_is_there() };
}

static const char *missing_of(const struct sandbox_kernel *k)
{
	static const char *const names[2][2] = {        /* [has Landlock][has seccomp] */
		{ "Landlock and seccomp", "Landlock" }, { "seccomp", NULL },
	};

	return names[k->landlock_abi > 0][k->has_seccomp];
}

bool sandbox_enter_on(const struct sandbox_plan *plan, const struct sandbox_kernel *k, const char **missing,
    struct att_error *e)
{
	const char *absent = missing_of(k);

	if (absent && !plan->best_effort)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "sandbox: this kernel lacks %s, which sandbox: strict demands", absent);
	if (skipped) {
		*missing = skipped;
		return true;
	}
	if (!no_new_privileges(e) ||
	    (k->landlock_abi > 0 && !landlock_confine(plan, k->landlock_abi, e)) ||
	    (k->has_seccomp && !seccomp_confine(plan->role, e)))
		return false;
	*missing = absent;
	return true;
}

bool sandbox_enter(const struct sandbox_plan *plan, const char **missing, struct att_error *e)
{
	struct sandbox_kernel k = sandbox_kernel_probe();

	return sandbox_enter_on(plan, &k, missing, e);
}
