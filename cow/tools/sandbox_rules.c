// SPDX-License-Identifier: MIT
/*
 * sandbox_rules.c - which calls are harmless, and which files does a program
 * need? The tables of cow/tools/sandbox: what is not in them is refused.
 */
#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "observe/observe.h"
#include "sandbox.h"

/* The kernel looks at 32 bits of an int argument, so the filter does too. */
#define IS(arg, value)	       SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, 0xffffffff, value)
#define MASK(arg, mask, value) SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, mask, value)

/* Harmless with any arguments. */
static const int allowed[] = {
	/* descriptors it has */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(preadv),
	SCMP_SYS(pwritev),
	SCMP_SYS(preadv2),
	SCMP_SYS(pwritev2),
	SCMP_SYS(close),
	SCMP_SYS(close_range),
	SCMP_SYS(lseek),
	SCMP_SYS(dup),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(pipe),
	SCMP_SYS(pipe2),
	SCMP_SYS(flock),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(fadvise64),
	SCMP_SYS(sync_file_range),
	SCMP_SYS(sendfile),
	SCMP_SYS(copy_file_range),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(epoll_create),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(eventfd2),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(timerfd_gettime),
	SCMP_SYS(signalfd4),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	/* looking at files */
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents),
	SCMP_SYS(getdents64),
	SCMP_SYS(getcwd),
	SCMP_SYS(chdir),
	SCMP_SYS(fchdir),
	SCMP_SYS(umask),
	SCMP_SYS(getxattr),
	SCMP_SYS(lgetxattr),
	SCMP_SYS(fgetxattr),
	/* memory */
	SCMP_SYS(munmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(madvise),
	SCMP_SYS(mincore),
	SCMP_SYS(msync),
	SCMP_SYS(mlock),
	SCMP_SYS(mlock2),
	SCMP_SYS(munlock),
	SCMP_SYS(mlockall),
	SCMP_SYS(munlockall),
	SCMP_SYS(pkey_alloc),
	SCMP_SYS(pkey_free),
	SCMP_SYS(pkey_mprotect),
	SCMP_SYS(get_mempolicy),
	SCMP_SYS(mbind),
	SCMP_SYS(set_mempolicy),
	SCMP_SYS(membarrier),
	/* itself and its time */
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(wait4),
	SCMP_SYS(waitid),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getppid),
	SCMP_SYS(getpgrp),
	SCMP_SYS(getpgid),
	SCMP_SYS(setpgid),
	SCMP_SYS(getsid),
	SCMP_SYS(setsid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getresuid),
	SCMP_SYS(getresgid),
	SCMP_SYS(getgroups),
	SCMP_SYS(capget),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(get_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(futex),
	SCMP_SYS(futex_waitv),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler),
	SCMP_SYS(getcpu),
	SCMP_SYS(getpriority),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(times),
	SCMP_SYS(getrusage),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
	SCMP_SYS(getrlimit),
	SCMP_SYS(alarm),
	SCMP_SYS(setitimer),
	SCMP_SYS(getitimer),
	SCMP_SYS(timer_create),
	SCMP_SYS(timer_settime),
	SCMP_SYS(timer_gettime),
	SCMP_SYS(timer_delete),
	SCMP_SYS(pause),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigsuspend),
	SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(getrandom),
	SCMP_SYS(arch_prctl),
	SCMP_SYS(pidfd_open),
};

/*
 * Harmless only in a demo that watches itself. A file system that is mounted
 * on a descriptor alone is seen by nobody else; nothing in it may be written.
 */
static const int demo_allowed[] = {
	SCMP_SYS(perf_event_open),  SCMP_SYS(process_madvise),
	SCMP_SYS(remap_file_pages), SCMP_SYS(fsopen),
	SCMP_SYS(fsmount),
};

/* Harmless commands of fcntl: F_SETOWN, O_ASYNC and their kin signal others. */
static const int fcntl_allowed[] = {
	F_DUPFD,     F_GETFD,	  F_SETFD,	   F_GETFL,	 F_GETLK,
	F_SETLK,     F_SETLKW,	  F_DUPFD_CLOEXEC, F_SETPIPE_SZ, F_GETPIPE_SZ,
	F_ADD_SEALS, F_GET_SEALS, F_OFD_GETLK,	   F_OFD_SETLK,	 F_OFD_SETLKW,
};

/* Harmless with these arguments. */
static const struct guard_rule shaped[] = {
	{ SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, { IS(1, TCGETS) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, { IS(1, TIOCGWINSZ) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, { IS(1, TIOCGPGRP) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, { IS(1, FIONREAD) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, { IS(1, FIONBIO) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, { IS(1, FIOCLEX) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, { IS(1, 0xc0606610) } }, /* scan */
	{ SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, { IS(1, 0xc0686611) } }, /* maps */
	{ SCMP_ACT_ALLOW,
	  SCMP_SYS(fcntl),
	  2,
	  { IS(1, F_SETFL), MASK(2, O_ASYNC, 0) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, { IS(0, PR_SET_NAME) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, { IS(0, PR_GET_NAME) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, { IS(0, PR_SET_PDEATHSIG) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, { IS(0, PR_GET_DUMPABLE) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, { IS(0, PR_CAPBSET_READ) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, { IS(0, PR_SET_THP_DISABLE) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, { IS(0, PR_GET_THP_DISABLE) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, { IS(0, 67) } }, /* KSM, set */
	{ SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, { IS(0, 68) } }, /* KSM, get */
	{ SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, { IS(0, 0x53564d41) } }, /* VMA */
	/*
	 * A thread of its own that decides about stores: only of its own, for
	 * where the kernel itself stores nobody has to wait.
	 */
	{ SCMP_ACT_ALLOW,
	  SCMP_SYS(userfaultfd),
	  1,
	  { MASK(0, UFFD_USER_MODE_ONLY, UFFD_USER_MODE_ONLY) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, { MASK(1, 0xff00, 0xaa00) } },
	/*
	 * Not of datagrams: those can be sent to any socket by sendmsg, whose
	 * address is in memory.
	 */
	{ SCMP_ACT_ALLOW,
	  SCMP_SYS(socketpair),
	  2,
	  { IS(0, AF_UNIX), MASK(1, 0xf, SOCK_STREAM) } },
	{ SCMP_ACT_ALLOW,
	  SCMP_SYS(socketpair),
	  2,
	  { IS(0, AF_UNIX), MASK(1, 0xf, SOCK_SEQPACKET) } },
	{ SCMP_ACT_ALLOW,
	  SCMP_SYS(sendto),
	  1,
	  { SCMP_CMP64(4, SCMP_CMP_EQ, 0) } },
	{ SCMP_ACT_ALLOW,
	  SCMP_SYS(prlimit64),
	  1,
	  { SCMP_CMP64(2, SCMP_CMP_EQ, 0) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(sched_setaffinity), 1, { IS(0, 0) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(move_pages), 1, { IS(0, 0) } },
};

/* Bits of open's flags that make it more than reading. */
#define NOT_READING (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

/* Reading, where all may be read: decided in the kernel, at no cost. */
static const struct guard_rule reading[] = {
	{ SCMP_ACT_ALLOW, SCMP_SYS(open), 1, { MASK(1, NOT_READING, 0) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, { MASK(2, NOT_READING, 0) } },
};

/* perf_event_open's and fsopen's, which gets no arguments */
static const struct guard_rule demo_shaped[] = {
	{ SCMP_ACT_ALLOW,
	  SCMP_SYS(fsconfig),
	  1,
	  { IS(1, FSCONFIG_CMD_CREATE) } },
	{ SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, { MASK(1, 0xff00, 0x2400) } },
};

static const int memory_calls[] = {
	SCMP_SYS(brk),
	SCMP_SYS(mmap),
	SCMP_SYS(mremap),
	SCMP_SYS(memfd_create),
};

const struct path_call path_calls[] = {
	{ SCMP_SYS(open), { 0, -1 }, { -1, -1 }, 1, true },
	{ SCMP_SYS(openat), { 1, -1 }, { 0, -1 }, 2, true },
	{ SCMP_SYS(creat), { 0, -1 }, { -1, -1 }, -1, true },
	{ SCMP_SYS(truncate), { 0, -1 }, { -1, -1 }, -1, false },
	{ SCMP_SYS(unlink), { 0, -1 }, { -1, -1 }, -1, false },
	{ SCMP_SYS(unlinkat), { 1, -1 }, { 0, -1 }, -1, false },
	{ SCMP_SYS(rmdir), { 0, -1 }, { -1, -1 }, -1, false },
	{ SCMP_SYS(mkdir), { 0, -1 }, { -1, -1 }, -1, true },
	{ SCMP_SYS(mkdirat), { 1, -1 }, { 0, -1 }, -1, true },
	{ SCMP_SYS(rename), { 0, 1 }, { -1, -1 }, -1, false },
	{ SCMP_SYS(renameat), { 1, 3 }, { 0, 2 }, -1, false },
	{ SCMP_SYS(renameat2), { 1, 3 }, { 0, 2 }, -1, false },
	{ SCMP_SYS(symlink), { 1, -1 }, { -1, -1 }, -1, true },
	{ SCMP_SYS(symlinkat), { 2, -1 }, { 1, -1 }, -1, true },
	{ __NR_SCMP_ERROR, { -1, -1 }, { -1, -1 }, -1, false },
};

static struct guard_rule rules[256];
struct guard_path policy[40];

static size_t add_rules(size_t n, const int *nr, size_t count)
{
	for (size_t i = 0; i < count; i++, n++) {
		rules[n].action = SCMP_ACT_ALLOW;
		rules[n].nr = nr[i];
	}
	return n;
}

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

size_t make_rules(const struct guard_rule **out, bool demo, bool watch_memory)
{
	size_t i, n = add_rules(0, allowed, COUNT(allowed));

	for (i = 0; i < COUNT(shaped); i++)
		rules[n++] = shaped[i];
	for (i = 0; i < COUNT(fcntl_allowed); i++)
		rules[n++] = (struct guard_rule){ SCMP_ACT_ALLOW,
						  SCMP_SYS(fcntl),
						  1,
						  { IS(1, fcntl_allowed[i]) } };
	for (i = 0; demo && i < COUNT(reading); i++)
		rules[n++] = reading[i];
	for (i = 0; demo && i < COUNT(demo_shaped); i++)
		rules[n++] = demo_shaped[i];
	if (demo)
		n = add_rules(n, demo_allowed, COUNT(demo_allowed));
	if (!watch_memory)
		n = add_rules(n, memory_calls, COUNT(memory_calls));
	*out = rules;
	return n;
}

size_t make_policy(const struct folders *f, bool read_all, const char *command)
{
	static const char *const readable[] = {
		"/usr",
		"/lib",
		"/lib32",
		"/lib64",
		"/bin",
		"/sbin",
		"/proc",
		"/sys/devices/system",
		"/sys/kernel/mm",
		"/etc/ld.so.cache",
		"/etc/ld.so.preload",
		"/etc/localtime",
		"/etc/passwd",
		"/etc/group",
		"/etc/nsswitch.conf",
		"/etc/locale.alias",
		"/etc/ssl/openssl.cnf",
		"/etc/python3.11",
	};
	static const char *const devices[] = {
		"/dev/null",   "/dev/zero",    "/dev/full",
		"/dev/random", "/dev/urandom", "/dev/tty",
	};
	const unsigned int all = GUARD_READ | GUARD_WRITE | GUARD_EXEC;
	static char tracefs[32];
	size_t i, n = 0;

	if (read_all) {
		policy[n++] =
			(struct guard_path){ "/", GUARD_READ | GUARD_EXEC };
		/* Not below that where nobody has mounted it. */
		snprintf(tracefs, sizeof(tracefs), "/proc/self/fd/%d",
			 obs_tracefs());
		policy[n++] = (struct guard_path){ tracefs, GUARD_READ };
	}
	for (i = 0; i < COUNT(readable); i++)
		policy[n++] = (struct guard_path){ readable[i],
						   GUARD_READ | GUARD_EXEC };
	for (i = 0; i < COUNT(devices); i++)
		policy[n++] = (struct guard_path){ devices[i],
						   GUARD_READ | GUARD_WRITE };
	policy[n++] = (struct guard_path){ command, GUARD_READ | GUARD_EXEC };
	policy[n++] = (struct guard_path){ f->tmpdir, all };
	if (f->read)
		policy[n++] =
			(struct guard_path){ f->read, GUARD_READ | GUARD_EXEC };
	if (f->write)
		policy[n++] = (struct guard_path){ f->write, all };
	if (f->here)
		policy[n++] = (struct guard_path){ f->here, all };
	return n;
}
