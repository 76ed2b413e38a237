// SPDX-License-Identifier: MIT
/*
 * child.c - what happens between fork and execve, in which order?
 *
 * Limits first, privileges next, the filter last: once it is in force a call
 * may wait for a supervisor that has no listener yet. So the child then makes
 * no call but execve, and tells its results through shared memory.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

static int set_limits(const struct guard_spec *spec)
{
	size_t i;

	for (i = 0; i < spec->nlimits; i++) {
		struct rlimit l = { spec->limits[i].value,
				    spec->limits[i].value };

		/* SIGXCPU and SIGKILL a second later tell more than SIGKILL. */
		if (spec->limits[i].resource == RLIMIT_CPU)
			l.rlim_max++;
		if (setrlimit(spec->limits[i].resource, &l))
			return -errno;
	}
	return 0;
}

static int drop_caps(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

	return syscall(SYS_capset, &head, none) ? -errno : 0;
}

static int move_fds(const int *fds)
{
	int i;

	for (i = 0; fds && i < 3; i++)
		if (dup2(fds[i], i) < 0)
			return -errno;
	return 0;
}

/* Return: the listener, or -errno. */
static int load_filter(const struct sock_fprog *prog, _Atomic int *killable)
{
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	int fd;

	/*
	 * Once a notification is received only a fatal signal ends the wait:
	 * or each signal would restart the call, and it would count twice.
	 */
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		     flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, prog);
	*killable = fd >= 0;
	if (fd < 0 && errno == EINVAL) /* before Linux 5.19 */
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, prog);
	return fd < 0 ? -errno : fd;
}

static int confine(const struct child *c)
{
	const struct timespec pause = { 0, 20000 };
	int err;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != c->keeper)
		return -ESRCH;
	if (c->spec->flags & GUARD_CLOSE_FDS &&
	    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC))
		return -errno;
	/* Until execve it would go by the keeper's name. */
	prctl(PR_SET_NAME, basename(c->spec->argv[0]));
	err = move_fds(c->spec->fds);
	if (!err)
		err = set_limits(c->spec);
	if (!err && c->spec->flags & GUARD_NO_CAPS)
		err = drop_caps();
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (!err && c->landlock_fd >= 0)
		err = guard_files_enforce(c->landlock_fd);
	if (!err && sigprocmask(SIG_SETMASK, &c->mask, NULL))
		err = -errno;
	/* No command runs that its keeper could not outlive. */
	while (!err && !c->word->aside)
		nanosleep(&pause, NULL);
	return err;
}

void guard_run_child(const struct child *c)
{
	char *const *envp = c->spec->envp ? c->spec->envp : environ;
	int fd = confine(c);

	if (!fd)
		fd = load_filter(c->prog, &c->word->killable);
	c->word->listener = fd < 0 ? fd : fd + 1;
	if (fd >= 0) {
		execve(c->path, c->spec->argv, envp);
		c->word->exec_error = -errno;
	}
	_exit(127);
}
