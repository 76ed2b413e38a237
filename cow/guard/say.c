// SPDX-License-Identifier: MIT
/*
 * say.c - which call was it, in words a student understands?
 *
 * Names come from libseccomp; a table says what each argument of the calls
 * that a guard refuses most often is. Strings are read from the target's
 * memory, which another thread may change at any time: they are for messages.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "internal.h"

/*
 * One letter an argument: p path, s string, f folder's descriptor, d number,
 * u size, x bits or address, o flags of open, m mode, F family, A address of a
 * socket, L clone_args.
 */
static const struct {
	int nr;
	const char *args;
} shapes[] = {
	{ SCMP_SYS(open), "pom" },
	{ SCMP_SYS(openat), "fpom" },
	{ SCMP_SYS(openat2), "fpxu" },
	{ SCMP_SYS(creat), "pm" },
	{ SCMP_SYS(unlink), "p" },
	{ SCMP_SYS(unlinkat), "fpx" },
	{ SCMP_SYS(rmdir), "p" },
	{ SCMP_SYS(mkdir), "pm" },
	{ SCMP_SYS(mkdirat), "fpm" },
	{ SCMP_SYS(rename), "pp" },
	{ SCMP_SYS(renameat), "fpfp" },
	{ SCMP_SYS(renameat2), "fpfpx" },
	{ SCMP_SYS(link), "pp" },
	{ SCMP_SYS(linkat), "fpfpx" },
	{ SCMP_SYS(symlink), "sp" },
	{ SCMP_SYS(symlinkat), "sfp" },
	{ SCMP_SYS(truncate), "pu" },
	{ SCMP_SYS(chmod), "pm" },
	{ SCMP_SYS(fchmodat), "fpm" },
	{ 452 /* fchmodat2 */, "fpmx" },
	{ SCMP_SYS(fchmod), "dm" },
	{ SCMP_SYS(chown), "pdd" },
	{ SCMP_SYS(lchown), "pdd" },
	{ SCMP_SYS(fchown), "ddd" },
	{ SCMP_SYS(fchownat), "fpddx" },
	{ SCMP_SYS(utime), "px" },
	{ SCMP_SYS(utimes), "px" },
	{ SCMP_SYS(futimesat), "fpx" },
	{ SCMP_SYS(utimensat), "fpxx" },
	{ SCMP_SYS(setxattr), "psxux" },
	{ SCMP_SYS(lsetxattr), "psxux" },
	{ SCMP_SYS(fsetxattr), "dsxux" },
	{ SCMP_SYS(removexattr), "ps" },
	{ SCMP_SYS(mknod), "pmx" },
	{ SCMP_SYS(mknodat), "fpmx" },
	{ SCMP_SYS(name_to_handle_at), "fpxxx" },
	{ SCMP_SYS(open_by_handle_at), "dxo" },
	{ SCMP_SYS(inotify_add_watch), "dpx" },
	{ SCMP_SYS(umount2), "px" },
	{ SCMP_SYS(pivot_root), "pp" },
	{ SCMP_SYS(swapon), "px" },
	{ SCMP_SYS(acct), "p" },
	{ SCMP_SYS(chroot), "p" },
	{ SCMP_SYS(mount), "sps" },
	{ SCMP_SYS(execve), "p" },
	{ SCMP_SYS(execveat), "fp" },
	{ SCMP_SYS(socket), "Fdd" },
	{ SCMP_SYS(socketpair), "Fddx" },
	{ SCMP_SYS(connect), "dAu" },
	{ SCMP_SYS(bind), "dAu" },
	{ SCMP_SYS(sendto), "dxuxAu" },
	{ SCMP_SYS(ptrace), "ddxx" },
	{ SCMP_SYS(kill), "dd" },
	{ SCMP_SYS(tkill), "dd" },
	{ SCMP_SYS(tgkill), "ddd" },
	{ SCMP_SYS(rt_sigqueueinfo), "ddx" },
	{ SCMP_SYS(rt_tgsigqueueinfo), "dddx" },
	{ SCMP_SYS(pidfd_open), "dx" },
	{ SCMP_SYS(pidfd_send_signal), "ddxx" },
	{ SCMP_SYS(pidfd_getfd), "ddx" },
	{ SCMP_SYS(sched_setaffinity), "dux" },
	{ SCMP_SYS(sched_setscheduler), "ddx" },
	{ SCMP_SYS(setpriority), "ddd" },
	{ SCMP_SYS(keyctl), "dxxxx" },
	{ SCMP_SYS(add_key), "ssxud" },
	{ SCMP_SYS(bpf), "dxu" },
	{ SCMP_SYS(perf_event_open), "xdddx" },
	{ SCMP_SYS(userfaultfd), "x" },
	{ SCMP_SYS(setrlimit), "dx" },
	{ SCMP_SYS(ioctl), "dxx" },
	{ SCMP_SYS(fcntl), "ddx" },
	{ SCMP_SYS(seccomp), "dxx" },
	{ SCMP_SYS(clone), "x" },
	{ SCMP_SYS(clone3), "Lu" },
	{ SCMP_SYS(fork), "" },
	{ SCMP_SYS(vfork), "" },
	{ SCMP_SYS(unshare), "x" },
	{ SCMP_SYS(setns), "dx" },
	{ SCMP_SYS(prctl), "dxxxx" },
	{ SCMP_SYS(prlimit64), "ddxx" },
	{ SCMP_SYS(io_uring_setup), "ux" },
	{ SCMP_SYS(brk), "x" },
	{ SCMP_SYS(mmap), "xuxxdx" },
	{ SCMP_SYS(munmap), "xu" },
	{ SCMP_SYS(mremap), "xuuxx" },
	{ SCMP_SYS(mprotect), "xux" },
	{ SCMP_SYS(madvise), "xud" },
	{ SCMP_SYS(process_vm_readv), "dxuxux" },
	{ SCMP_SYS(process_vm_writev), "dxuxux" },
	{ SCMP_SYS(memfd_create), "sx" },
	{ SCMP_SYS(getpid), "" },
};

/* Return: bytes read, up to the end of a page that can't be read, or -1. */
static ssize_t peek(pid_t tid, uint64_t addr, void *buf, size_t size)
{
	char path[40];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = pread(fd, buf, size, (off_t)addr);
	close(fd);
	return n;
}

static int peek_string(pid_t tid, uint64_t addr, char *buf, size_t size)
{
	ssize_t n = addr ? peek(tid, addr, buf, size - 1) : -1;

	if (n < 0)
		return -EFAULT;
	buf[n] = '\0';
	return 0;
}

/* Append to a text of GUARD_TEXT_LEN. */
static void add(char *text, const char *format, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, format);
	vsnprintf(text + len, GUARD_TEXT_LEN - len, format, ap);
	va_end(ap);
}

/* Quoted, and without what would upset a terminal. */
static void add_string(char *text, pid_t tid, uint64_t addr)
{
	char buf[160];
	int i;

	if (peek_string(tid, addr, buf, sizeof(buf))) {
		add(text, "0x%" PRIx64, addr);
		return;
	}
	for (i = 0; buf[i]; i++)
		if (buf[i] < ' ' || buf[i] > '~')
			buf[i] = '?';
	add(text, "\"%s\"%s", buf, i == sizeof(buf) - 1 ? "..." : "");
}

static void add_open_flags(char *text, uint64_t flags)
{
	static const char *const modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR",
					     "3" };

	add(text, "%s%s%s%s%s", modes[flags & 3],
	    flags & O_CREAT ? "|O_CREAT" : "", flags & O_EXCL ? "|O_EXCL" : "",
	    flags & O_TRUNC ? "|O_TRUNC" : "",
	    flags & O_APPEND ? "|O_APPEND" : "");
}

static void add_family(char *text, uint64_t family)
{
	static const struct {
		unsigned int family;
		const char *name;
	} names[] = { { AF_UNIX, "AF_UNIX" },	  { AF_INET, "AF_INET" },
		      { AF_INET6, "AF_INET6" },	  { AF_NETLINK, "AF_NETLINK" },
		      { AF_PACKET, "AF_PACKET" }, { AF_ALG, "AF_ALG" },
		      { AF_VSOCK, "AF_VSOCK" } };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (names[i].family == family) {
			add(text, "%s", names[i].name);
			return;
		}
	}
	add(text, "%" PRIu64, family);
}

static void add_arg(char *text, char kind, pid_t tid, uint64_t v)
{
	uint16_t family;
	uint64_t flags;

	if (kind == 'p' || kind == 's')
		add_string(text, tid, v);
	else if (kind == 'f' && (int)v == AT_FDCWD)
		add(text, "AT_FDCWD");
	else if (kind == 'f' || kind == 'd')
		add(text, "%d", (int)v);
	else if (kind == 'u')
		add(text, "%" PRIu64, v);
	else if (kind == 'o')
		add_open_flags(text, v);
	else if (kind == 'm')
		add(text, "0%o", (unsigned int)v & 07777);
	else if (kind == 'F')
		add_family(text, v);
	else if (kind == 'A' && peek(tid, v, &family, 2) == 2)
		add_family(text, family);
	else if (kind == 'L' && peek(tid, v, &flags, 8) == 8)
		add(text, "{flags=0x%" PRIx64 "}", flags);
	else
		add(text, "0x%" PRIx64, v);
}

/* Newer than libseccomp 2.5.4; every machine has them by the same number. */
static const char *newer_call(int nr)
{
	static const char *const names[] = {
		"cachestat",	     "fchmodat2",	 "map_shadow_stack",
		"futex_wake",	     "futex_wait",	 "futex_requeue",
		"statmount",	     "listmount",	 "lsm_get_self_attr",
		"lsm_set_self_attr", "lsm_list_modules", "mseal",
		"setxattrat",	     "getxattrat",	 "listxattrat",
		"removexattrat",     "open_tree_attr",	 "file_getattr",
		"file_setattr",
	};
	size_t i = (size_t)nr - 451;

	return i < sizeof(names) / sizeof(*names) ? names[i] : NULL;
}

void guard_call_name(const struct guard_event *ev, char *name)
{
	char *found =
		seccomp_syscall_resolve_num_arch(seccomp_arch_native(), ev->nr);
	const char *newer = newer_call(ev->nr);

	name[0] = '\0';
	if (ev->arch == SCMP_ARCH_X86)
		add(name, "32-bit ");
	else if (ev->arch == SCMP_ARCH_X32)
		add(name, "x32 ");
	else if (ev->arch != seccomp_arch_native())
		add(name, "foreign ");
	if (found || newer)
		add(name, "%s", found ? found : newer);
	else
		add(name, "call %d", ev->nr);
	free(found);
}

void guard_say(struct guard *g, const struct guard_event *ev, char *text)
{
	const char *args = "xxxxxx";
	size_t i;

	guard_call_name(ev, text);
	if (ev->arch == seccomp_arch_native())
		for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
			if (shapes[i].nr == ev->nr)
				args = shapes[i].args;
	add(text, "(");
	for (i = 0; args[i]; i++) {
		if (i)
			add(text, ", ");
		add_arg(text, args[i], ev->tid, ev->args[i]);
	}
	add(text, ")");
	if (!guard_valid(g, ev->id)) {
		guard_call_name(ev, text);
		add(text, "(of a task that has ended)");
	}
}

/* To us /proc/self is the supervisor: put the caller's number there. */
static void own_proc(pid_t tid, char *path)
{
	const char *rest = path + strlen("/proc/self");
	char real[PATH_MAX];
	long pid;

	if (strncmp(path, "/proc/self", strlen("/proc/self")) != 0 ||
	    (*rest && *rest != '/') || guard_status_value(tid, "Tgid", &pid) ||
	    snprintf(real, sizeof(real), "/proc/%ld%s", pid, rest) >= PATH_MAX)
		return;
	strcpy(path, real);
}

int guard_path(struct guard *g, const struct guard_event *ev, int arg,
	       int dirfd_arg, char *path)
{
	int dirfd = dirfd_arg < 0 ? AT_FDCWD : (int)ev->args[dirfd_arg];
	char name[PATH_MAX], link[64];
	ssize_t n = 0;

	if (peek_string(ev->tid, ev->args[arg], name, sizeof(name)))
		return -EFAULT;
	if (name[0] != '/') {
		if (dirfd == AT_FDCWD)
			snprintf(link, sizeof(link), "/proc/%d/cwd",
				 (int)ev->tid);
		else
			snprintf(link, sizeof(link), "/proc/%d/fd/%d",
				 (int)ev->tid, dirfd);
		n = readlink(link, path, PATH_MAX - 1);
		if (n < 0)
			return -errno;
		path[n++] = '/';
	}
	if (n + strlen(name) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(path + n, name);
	own_proc(ev->tid, path);
	return guard_valid(g, ev->id) ? 0 : -ESRCH;
}
