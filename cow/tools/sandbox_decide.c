// SPDX-License-Identifier: MIT
/*
 * sandbox_decide.c - may this call run? What cow/tools/sandbox answers, and the
 * line it says when the answer is no.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox.h"

#define MAX_LINES 16 /* for each call, then only counted */
#define MAX_NR	  1024

#define MAKES_FILE (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))

unsigned long refused;
unsigned long untold;
static bool started; /* the command's own execve has been seen */
static unsigned long files_made;

/* What has been said of each call, by hash: a line is worth saying once. */
static struct said {
	unsigned int lines;
	uint64_t hash[MAX_LINES];
} said[MAX_NR];

static bool is_new(struct said *s, const char *text)
{
	uint64_t h = 0xcbf29ce484222325;
	unsigned int i;

	while (*text)
		h = (h ^ (unsigned char)*text++) * 0x100000001b3;
	for (i = 0; i < s->lines; i++)
		if (s->hash[i] == h)
			return false;
	if (i == MAX_LINES)
		return false;
	s->hash[s->lines++] = h;
	return true;
}

static int refuse(struct guard *g, const struct guard_event *ev, int error,
		  const char *reason)
{
	unsigned int slot = (unsigned int)ev->nr % MAX_NR;
	char text[GUARD_TEXT_LEN];

	refused++;
	guard_say(g, ev, text);
	if (is_new(&said[slot], text))
		warnx("refused %s: %s", text, reason);
	else
		untold++;
	return guard_fail(g, ev, error);
}

static bool below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return n == 1 ||
	       (!strncmp(path, dir, n) && (path[n] == '/' || path[n] == '\0'));
}

/* Would landlock let it be, as far as the path tells? For messages only. */
static bool seems_inside(const char *path, unsigned int access)
{
	const struct guard_path *p;
	char *slash, real[PATH_MAX], parent[PATH_MAX];

	strcpy(parent, path);
	if (!realpath(path, real)) {
		slash = strrchr(parent, '/');
		*slash = '\0';
		if (!realpath(*parent ? parent : "/", real))
			return true; /* then the kernel says ENOENT */
	}
	for (p = policy; p->path; p++)
		if ((p->access & access) == access && below(real, p->path))
			return true;
	return false;
}

static bool names_another(struct guard *g, const char *path)
{
	char *end, folder[32];
	pid_t pid;

	if (strncmp(path, "/proc/", 6) != 0)
		return false;
	pid = strtol(path + 6, &end, 10);
	snprintf(folder, sizeof(folder), "/proc/%d", pid);
	return end != path + 6 && !access(folder, F_OK) && !guard_owns(g, pid);
}

/*
 * Does a path lead to another process's folder in /proc, or through it? The
 * kernel decides (ptrace(2), landlock(7)) and says EACCES; this is for the line
 * that names it.
 */
static bool of_another(struct guard *g, const char *path)
{
	char real[PATH_MAX];

	return names_another(g, path) ||
	       (realpath(path, real) && names_another(g, real));
}

static bool wants_write(const struct guard_event *ev, const struct path_call *c)
{
	uint64_t flags = c->flags < 0 ? O_WRONLY : ev->args[c->flags];

	return flags & (O_ACCMODE | O_CREAT | O_TRUNC) ||
	       (flags & O_TMPFILE) == O_TMPFILE;
}

static int decide_file(struct guard *g, const struct guard_event *ev)
{
	if (++files_made > is.files)
		return refuse(g, ev, EDQUOT, "too many files made");
	return guard_allow(g, ev);
}

/* Nobody sees how full they are: each counts for as large as it may become. */
static int decide_memfd(struct guard *g, const struct guard_event *ev)
{
	static unsigned long made;

	if (++made > is.memory / is.file_size)
		return refuse(g, ev, ENOMEM, "over the memory limit");
	return decide_file(g, ev);
}

/*
 * The demos clear their own accessed bits (obs_unmark()), and do without where
 * that is refused. Landlock refuses it; but it is no attempt to get out.
 */
static bool own_marks(const struct guard_event *ev, const char *path)
{
	char own[64];

	snprintf(own, sizeof(own), "/proc/%d/clear_refs", ev->tid);
	return !strcmp(path, own);
}

static int decide_path(struct guard *g, const struct guard_event *ev,
		       const struct path_call *c)
{
	bool write = wants_write(ev, c);
	char path[PATH_MAX];
	struct stat st;
	int i;

	/* What landlock does not decide, a path that changes would. */
	if (write && guard_landlock() < (c->nr == SCMP_SYS(truncate) ? 3 : 1))
		return refuse(g, ev, EACCES, "this kernel can't confine it");
	for (i = 0; i < 2 && c->path[i] >= 0; i++) {
		if (guard_path(g, ev, c->path[i], c->dirfd[i], path))
			continue; /* the kernel will say EFAULT or EBADF */
		if (write && own_marks(ev, path))
			continue;
		if (write && !seems_inside(path, GUARD_WRITE))
			return refuse(g, ev, EACCES,
				      "no writing outside its folder");
		if (!write && !lstat(path, &st) &&
		    !seems_inside(path, GUARD_READ))
			return refuse(
				g, ev, EACCES,
				"no reading outside its folder and the system's");
		if (!write && of_another(g, path))
			return refuse(g, ev, EACCES,
				      "no looking into other processes");
	}
	if (c->makes && (c->flags < 0 || ev->args[c->flags] & MAKES_FILE))
		return decide_file(g, ev);
	return guard_allow(g, ev);
}

static int decide_task(struct guard *g, const struct guard_event *ev)
{
	const uint64_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
				CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
				CLONE_NEWNET;
	const uint64_t traces = CLONE_PTRACE | CLONE_UNTRACED;

	if (ev->nr == SCMP_SYS(clone) && ev->args[0] & spaces)
		return refuse(g, ev, EPERM, "no namespaces of its own");
	if (ev->nr == SCMP_SYS(clone) && ev->args[0] & traces)
		return refuse(g, ev, EPERM, "no say in who traces it");
	if (guard_live(g) >= is.tasks)
		return refuse(g, ev, EAGAIN, "too many processes");
	return guard_allow(g, ev);
}

/*
 * The flags of clone3 are in memory: it is never allowed, and the C library
 * goes back to clone. Only what clone would not do either is worth a line.
 */
static int decide_clone3(struct guard *g, const struct guard_event *ev)
{
	char text[GUARD_TEXT_LEN];
	uint64_t flags = 0;
	const char *at;

	guard_say(g, ev, text);
	at = strstr(text, "flags=");
	if (at)
		flags = strtoull(at + 6, NULL, 16);
	if (!at ||
	    flags & (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS |
		     CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
		     CLONE_NEWTIME | CLONE_INTO_CGROUP))
		return refuse(g, ev, EPERM, "no namespaces of its own");
	return guard_fail(g, ev, ENOSYS);
}

static int decide_memory(struct guard *g, const struct guard_event *ev)
{
	uint64_t size = 0, more = ev->args[1], old;

	if (ev->nr == SCMP_SYS(brk)) {
		if (!ev->args[0] || guard_break(g, ev, NULL, &old) ||
		    ev->args[0] <= old)
			return guard_allow(g, ev);
		more = ev->args[0] - old;
	} else if (ev->nr == SCMP_SYS(mremap)) {
		more = ev->args[2] > ev->args[1] ? ev->args[2] - ev->args[1] :
						   0;
	}
	guard_process_size(ev->tid, &size);
	if (size + more > is.memory || size + more < size)
		return refuse(g, ev, ENOMEM, "over the memory limit");
	return guard_allow(g, ev);
}

static int decide_signal(struct guard *g, const struct guard_event *ev)
{
	pid_t pid = ev->args[0];

	if (pid > 0 && guard_owns(g, pid))
		return guard_allow(g, ev);
	return refuse(g, ev, EPERM, "no reaching out to other processes");
}

static int decide_exec(struct guard *g, const struct guard_event *ev)
{
	bool first = !started;

	started = true;
	if (!first && !is.exec)
		return refuse(g, ev, EACCES, "no other programs");
	if (is.hold && !guard_is_first(ev))
		return refuse(g, ev, EACCES,
			      "no other program in place of a thread");
	return guard_allow(g, ev);
}

int decide(struct guard *g, const struct guard_event *ev)
{
	const struct path_call *c;

	if (ev->arch != seccomp_arch_native())
		return refuse(g, ev, EPERM, "not this machine's own entry");
	for (c = path_calls; c->nr != __NR_SCMP_ERROR; c++)
		if (c->nr == ev->nr)
			return decide_path(g, ev, c);
	switch (ev->nr) {
	case SCMP_SYS(fork):
	case SCMP_SYS(vfork):
	case SCMP_SYS(clone):
		return decide_task(g, ev);
	case SCMP_SYS(clone3):
		return decide_clone3(g, ev);
	case SCMP_SYS(brk):
	case SCMP_SYS(mmap):
	case SCMP_SYS(mremap):
		return decide_memory(g, ev);
	case SCMP_SYS(kill):
	case SCMP_SYS(tkill):
	case SCMP_SYS(tgkill):
	case SCMP_SYS(rt_sigqueueinfo):
	case SCMP_SYS(rt_tgsigqueueinfo):
	case SCMP_SYS(sched_setaffinity):
		return decide_signal(g, ev);
	case SCMP_SYS(memfd_create):
		return decide_memfd(g, ev);
	case SCMP_SYS(execve):
		return decide_exec(g, ev);
	default:
		return refuse(g, ev, EPERM, "not in the profile");
	}
}
