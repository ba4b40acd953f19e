/* What every role does: talk on descriptors that it has, memory, time, randomness, exit. */
#include "server/sandbox/filter.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

const struct filter_rule filter_shared[] = {
	ALLOW(read), ALLOW(readv), ALLOW(pread64), ALLOW(write), ALLOW(writev),
	ALLOW(recvmsg), ALLOW(sendmsg), ALLOW(poll), ALLOW(ppoll), ALLOW(close), ALLOW(fstat), ALLOW(lseek),

	/* Large messages travel by sealed memfd. */
	ALLOW(memfd_create),
	WHEN(FILTER_ALLOW, fcntl, 1, F_GETFD), WHEN(FILTER_ALLOW, fcntl, 1, F_SETFD),
	WHEN(FILTER_ALLOW, fcntl, 1, F_GETFL), WHEN(FILTER_ALLOW, fcntl, 1, F_SETFL),
	WHEN(FILTER_ALLOW, fcntl, 1, F_ADD_SEALS), WHEN(FILTER_ALLOW, fcntl, 1, F_GET_SEALS),
	WHEN(FILTER_ALLOW, fcntl, 1, F_DUPFD_CLOEXEC),

	/* Memory, but nothing executable: no new code in a role. */
	WHEN_MASKED(FILTER_ALLOW, mmap, 2, PROT_EXEC, 0),
	WHEN_MASKED(FILTER_EPERM, mmap, 2, PROT_EXEC, PROT_EXEC),
	WHEN_MASKED(FILTER_ALLOW, mprotect, 2, PROT_EXEC, 0),
	WHEN_MASKED(FILTER_EPERM, mprotect, 2, PROT_EXEC, PROT_EXEC),
	ALLOW(munmap), ALLOW(mremap), ALLOW(brk), ALLOW(madvise), ALLOW(futex),
	ALLOW(sched_yield), ALLOW(sched_getaffinity),   /* malloc counts processors when threads compete */

	ALLOW(clock_gettime), ALLOW(clock_getres), ALLOW(gettimeofday), ALLOW(time), ALLOW(clock_nanosleep),
	ALLOW(nanosleep), ALLOW(restart_syscall), ALLOW(getrandom),

	ALLOW(exit), ALLOW(exit_group), ALLOW(rt_sigreturn), ALLOW(rt_sigprocmask), ALLOW(rt_sigaction),
	ALLOW(sigaltstack),
	WHEN_OWN_PID(FILTER_ALLOW, tgkill),             /* abort() */
	ALLOW(getpid), ALLOW(gettid), ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid),
	ALLOW(getrusage),                               /* GnuTLS stirs it into its randomness */
	{ FILTER_ALLOW, SCMP_SYS(prlimit64), 2, false,  /* asking for an own limit, not setting one */
	  { { 0, SCMP_CMP_EQ, 0, 0 }, { 2, SCMP_CMP_EQ, 0, 0 } } },
	WHEN(FILTER_ALLOW, prctl, 0, PR_SET_NAME), UNLESS(FILTER_EPERM, prctl, 0, PR_SET_NAME),

	/* Libraries ask such things by the way and go on without an answer. */
	EPERM_ON(ioctl), EPERM_ON(sysinfo), EPERM_ON(uname), EPERM_ON(getcwd), EPERM_ON(membarrier),
	EPERM_ON(stat), EPERM_ON(lstat), EPERM_ON(newfstatat), EPERM_ON(statx), EPERM_ON(readlink),
	EPERM_ON(readlinkat), EPERM_ON(access), EPERM_ON(faccessat), EPERM_ON(faccessat2),
	FILTER_LAST
};
