// SPDX-License-Identifier: MIT
/*
 * result.c - what did the call return? seccomp sees a call before it runs and
 * never after. A stop that is asked for while the call waits for us takes place
 * when it is done, on the way back to the program, with the answer at hand.
 */
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "internal.h"

static bool makes_task(int nr)
{
	return nr == SCMP_SYS(fork) || nr == SCMP_SYS(vfork) ||
	       nr == SCMP_SYS(clone) || nr == SCMP_SYS(clone3);
}

/* The register that holds a call's answer, of a thread that is stopped. */
static int read_answer(pid_t tid, int64_t *result)
{
#if defined(__x86_64__) || defined(__aarch64__)
	const int word = seccomp_arch_native() == SCMP_ARCH_X86_64 ? 10 : 0;
	uint64_t regs[40];
	struct iovec iov = { regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, tid, 1 /* NT_PRSTATUS */, &iov))
		return -errno;
	*result = regs[word];
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

int guard_allow_result(struct guard *g, const struct guard_event *ev,
		       int64_t *result)
{
	pid_t pid;
	int err, status;

	if (makes_task(ev->nr) || !g->killable ||
	    ptrace(PTRACE_SEIZE, ev->tid, 0, 0)) {
		err = guard_allow(g, ev);
		return err ? err : -EOPNOTSUPP;
	}
	ptrace(PTRACE_INTERRUPT, ev->tid, 0, 0);
	err = guard_allow(g, ev);
	do {
		pid = waitpid(ev->tid, &status, __WALL);
	} while (pid < 0 && errno == EINTR);
	if (pid != ev->tid || !WIFSTOPPED(status))
		return err ? err : -ESRCH;
	if (!err)
		err = read_answer(ev->tid, result);
	ptrace(PTRACE_DETACH, ev->tid, 0, 0);
	return err;
}
