#include "server/sandbox/filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/auto.h"
#include "server/sandbox/kernel.h"

static const struct filter_rule *const role_rules[SANDBOX_ROLES] = {
	[SANDBOX_FRONT] = filter_front, [SANDBOX_VERIFY] = filter_verify,
	[SANDBOX_SIGNER] = filter_signer, [SANDBOX_FETCH] = filter_fetch,
};

static const uint32_t actions[] = {
	[FILTER_ALLOW] = SCMP_ACT_ALLOW,
	[FILTER_EPERM] = SCMP_ACT_ERRNO(EPERM),
	[FILTER_ENOSYS] = SCMP_ACT_ERRNO(ENOSYS),
};

static void release(void *filter)
{
	seccomp_release(filter);
}
ATT_AUTO_DEFINE(void, release);

bool seccomp_is_there(void)
{
	uint32_t kill = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &kill) == 0;
}

static bool has_call(const struct filter_rule *rules, int call)
{
	for (const struct filter_rule *r = rules; r->action != FILTER_END; r++)
		if (r->call == call)
			return true;
	return false;
}

static bool add_rule(scmp_filter_ctx filter, const struct filter_rule *r, struct att_error *e)
{
	struct scmp_arg_cmp own = { 0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0 };
	int status = seccomp_rule_add_array(filter, actions[r->action], r->call, r->own_pid ? 1 : r->nargs,
	    r->own_pid ? &own : r->arg);

	if (status == 0)
		return true;
	return att_fail(e, ATT_E_INTERNAL, "sandbox: seccomp rule for call %d: %s", r->call,
	    strerror(-status));
}

/* Calls that the architecture does not have are skipped by libseccomp. */
static bool add_rules(scmp_filter_ctx filter, enum sandbox_role role, struct att_error *e)
{
	for (const struct filter_rule *r = role_rules[role]; r->action != FILTER_END; r++)
		if (!add_rule(filter, r, e))
			return false;
	for (const struct filter_rule *r = filter_shared; r->action != FILTER_END; r++)
		if (!has_call(role_rules[role], r->call) && !add_rule(filter, r, e))
			return false;
	return true;
}

bool seccomp_confine(enum sandbox_role role, struct att_error *e)
{
	static const struct { enum scmp_filter_attr name; uint32_t value; } attributes[] = {
		{ SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS },
		{ SCMP_FLTATR_CTL_TSYNC, 1 },
		{ SCMP_FLTATR_CTL_OPTIMIZE, 2 },        /* a search tree: the cost of a call grows slowly */
	};
	ATT_AUTO(void) filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int status = 0;

	if (!filter)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	for (size_t i = 0; status == 0 && i < sizeof attributes / sizeof *attributes; i++)
		status = seccomp_attr_set(filter, attributes[i].name, attributes[i].value);
	if (status != 0)
		return att_fail(e, ATT_E_INTERNAL, "sandbox: seccomp attribute: %s", strerror(-status));
	if (!add_rules(filter, role, e))
		return false;
	status = seccomp_load(filter);
	return status == 0 ? true : att_fail(e, ATT_E_INTERNAL, "sandbox: seccomp: %s", strerror(-status));
}
