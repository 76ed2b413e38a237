// SPDX-License-Identifier: MIT
/*
 * sandbox.c - run a student's program: what may it ask, and what was refused?
 *
 * Purpose: an allow-list of calls, a file policy and limits. A call that is
 * not allowed fails, and one line tells which it was, by name and arguments,
 * instead of a bare SIGSYS. Decisions rest on registers and on landlock,
 * never on memory that another thread could change; texts are for the eye.
 *
 * Try: sandbox -- ./a.out                    with the lab profile
 *      sandbox --profile demo -- build/cow/fork_cow
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guard/guard.h"
#include "tools/sandbox.h"

#define LOOK_MS	  50 /* how often time and memory are looked at */
#define MAX_LINES 3 /* for each call, then only counted */
#define MAX_NR	  1024

struct profile {
	const char *name;
	bool exec; /* more than the one that starts the command */
	bool caps; /* root keeps its capabilities */
	bool read_all;
	bool write_here; /* the folder it stands in, besides its TMPDIR */
	bool watch_memory; /* each mmap and brk is held against the limit */
	unsigned long cpu_s, wall_s, tasks, files;
	unsigned long long memory, file_size;
};

static const struct profile profiles[] = {
	{ .name = "lab",
	  .write_here = true,
	  .watch_memory = true,
	  .cpu_s = 5,
	  .wall_s = 10,
	  .tasks = 32,
	  .files = 64,
	  .memory = 512ULL << 20,
	  .file_size = 16ULL << 20 },
	{ .name = "demo",
	  .exec = true,
	  .caps = true,
	  .read_all = true,
	  .cpu_s = 60,
	  .wall_s = 120,
	  .tasks = 256,
	  .files = 256,
	  .memory = 4ULL << 30,
	  .file_size = 1ULL << 30 },
};

static struct profile is; /* the profile in force, with options applied */
static char **command;
static char folder[PATH_MAX];
static const char *also; /* another folder to write in, or NULL */
static char tmpdir[32];
static bool started; /* the command's own execve has been seen */
static unsigned long files_made, refused;
static unsigned int lines[MAX_NR];
static atomic_int stop_sig;

static const struct argp_option options[] = {
	{ "profile", 'p', "NAME", 0, "lab (the default) or demo", 0 },
	{ "cpu", 'c', "SECONDS", 0, "CPU time of a process", 0 },
	{ "wall", 'w', "SECONDS", 0, "Time from start to end", 0 },
	{ "memory", 'm', "BYTES[K|M|G]", 0,
	  "Address space of a process, and resident memory of all", 0 },
	{ "tasks", 't', "N", 0, "Processes and threads at a time", 0 },
	{ "file-size", 'f', "BYTES[K|M|G]", 0, "Size of a file", 0 },
	{ "write", 'W', "FOLDER", 0, "Let it write there too", 0 },
	{ "exec", 'x', NULL, 0, "Let it run other programs", 0 },
	{ 0 }
};

static unsigned long long parse_number(struct argp_state *state,
				       const char *arg)
{
	static const char units[] = "KMG";
	char *end;
	unsigned long long n = strtoull(arg, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (unit) {
		n <<= 10 * (unit - units + 1);
		end++;
	}
	if (*end || !n || *arg == '-')
		argp_error(state, "not a number from 1 up: %s", arg);
	return n;
}

static void choose(struct argp_state *state, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
		if (!strcmp(profiles[i].name, name)) {
			is = profiles[i];
			return;
		}
	}
	argp_error(state, "no such profile: %s (lab, demo)", name);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'p':
		choose(state, arg);
		break;
	case 'c':
		is.cpu_s = parse_number(state, arg);
		break;
	case 'w':
		is.wall_s = parse_number(state, arg);
		break;
	case 'm':
		is.memory = parse_number(state, arg);
		break;
	case 't':
		is.tasks = parse_number(state, arg);
		break;
	case 'f':
		is.file_size = parse_number(state, arg);
		break;
	case 'W':
		also = arg;
		break;
	case 'x':
		is.exec = true;
		break;
	case ARGP_KEY_ARGS:
		command = state->argv + state->next;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no command given");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* ---- what is refused, and what is said of it */

static int refuse(struct guard *g, const struct guard_event *ev, int error,
		  const char *reason)
{
	unsigned int slot = (unsigned int)ev->nr % MAX_NR;
	char text[GUARD_TEXT_LEN];

	refused++;
	if (lines[slot]++ < MAX_LINES) {
		guard_say(g, ev, text);
		warnx("refused %s: %s", text, reason);
	}
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

static bool wants_write(const struct guard_event *ev, const struct path_call *c)
{
	uint64_t flags = c->flags < 0 ? O_WRONLY : ev->args[c->flags];

	return flags & (O_ACCMODE | O_CREAT | O_TRUNC) ||
	       (flags & O_TMPFILE) == O_TMPFILE;
}

static int decide_path(struct guard *g, const struct guard_event *ev,
		       const struct path_call *c)
{
	bool write = wants_write(ev, c);
	char path[PATH_MAX];
	struct stat st;
	int i;

	for (i = 0; i < 2 && c->path[i] >= 0; i++) {
		if (guard_path(g, ev, c->path[i], c->dirfd[i], path))
			continue; /* the kernel will say EFAULT or EBADF */
		if (write && !seems_inside(path, GUARD_WRITE))
			return refuse(g, ev, EACCES,
				      "no writing outside its folder");
		if (!write && !lstat(path, &st) &&
		    !seems_inside(path, GUARD_READ))
			return refuse(
				g, ev, EACCES,
				"no reading outside its folder and the system's");
	}
	if (c->makes && (c->flags < 0 || ev->args[c->flags] & O_CREAT) &&
	    ++files_made > is.files)
		return refuse(g, ev, EDQUOT, "too many files made");
	return guard_allow(g, ev);
}

static int decide_task(struct guard *g, const struct guard_event *ev)
{
	const uint64_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
				CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
				CLONE_NEWNET | CLONE_PTRACE;

	if (ev->nr == SCMP_SYS(clone) && ev->args[0] & spaces)
		return refuse(g, ev, EPERM, "no namespaces of its own");
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
	if (first || is.exec)
		return guard_allow(g, ev);
	return refuse(g, ev, EACCES, "no other programs");
}

static int decide(struct guard *g, const struct guard_event *ev)
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
	case SCMP_SYS(execve):
		return decide_exec(g, ev);
	default:
		return refuse(g, ev, EPERM, "not in the profile");
	}
}

/* ---- the run */

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000;
}

/* Return: true when the run is over for its time or its memory. */
static bool over_limit(struct guard *g, long begin)
{
	uint64_t rss;

	if (now_ms() - begin > (long)is.wall_s * 1000) {
		warnx("killed: %lu s are over", is.wall_s);
		return true;
	}
	guard_memory(g, NULL, &rss);
	if (rss > is.memory) {
		warnx("killed: %llu bytes of memory in use, %llu allowed",
		      (unsigned long long)rss, is.memory);
		return true;
	}
	return false;
}

static void tell_end(const struct guard_event *ev)
{
	if (ev->error)
		errx(1, "running %s: %s", command[0], strerror(-ev->error));
	if (!WIFSIGNALED(ev->status))
		return;
	if (WTERMSIG(ev->status) == SIGXCPU)
		warnx("killed: %lu s of CPU time are used", is.cpu_s);
	else if (WTERMSIG(ev->status) == SIGXFSZ)
		warnx("killed: a file would be larger than %llu bytes",
		      is.file_size);
	else
		warnx("%s ended by SIG%s", command[0],
		      sigabbrev_np(WTERMSIG(ev->status)));
}

/* Return: wait status of the command, or -1 when the sandbox killed it. */
static int supervise(struct guard *g)
{
	struct guard_event ev = { .what = GUARD_CALL };
	long begin = now_ms(), looked = begin;
	int error, status = -1;

	while (ev.what != GUARD_DONE) {
		error = guard_next(g, &ev, LOOK_MS);
		if (error == -EINTR)
			guard_kill(g, stop_sig);
		else if (error && error != -ETIME)
			errx(1, "supervising %s: %s", command[0],
			     strerror(-error));
		if (!error && ev.what == GUARD_CALL) {
			error = decide(g, &ev);
			if (error)
				errx(1, "answering a call: %s",
				     strerror(-error));
		} else if (!error && ev.what == GUARD_EXIT) {
			tell_end(&ev);
			status = ev.status;
		} else if (!error && ev.left) {
			warnx("killed: %u processes it left behind", ev.left);
		}
		if (now_ms() - looked >= LOOK_MS) {
			looked = now_ms();
			if (over_limit(g, begin))
				return -1;
		}
	}
	return status;
}

static int start(struct guard **g)
{
	const struct guard_limit limits[] = {
		{ RLIMIT_CPU, is.cpu_s },
		{ RLIMIT_FSIZE, is.file_size },
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_AS, is.watch_memory ? is.memory : RLIM_INFINITY },
	};
	struct guard_spec spec = { .argv = command,
				   .other = SCMP_ACT_NOTIFY,
				   .foreign = SCMP_ACT_NOTIFY,
				   .limits = limits,
				   .nlimits = sizeof(limits) / sizeof(*limits),
				   .paths = policy,
				   .flags = is.caps ? 0 : GUARD_NO_CAPS };

	spec.nrules = make_rules(&spec.rules, is.read_all, is.watch_memory);
	spec.npaths = make_policy(is.write_here ? folder : NULL, also, tmpdir,
				  is.read_all, command[0]);
	if (guard_landlock())
		spec.flags |= GUARD_FILES;
	else
		warnx("this kernel has no landlock: no file may be written");
	return guard_open(g, &spec);
}

static int remove_entry(const char *path, const struct stat *st, int kind,
			struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static void on_signal(int sig)
{
	stop_sig = sig;
}

static int run(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct guard *g;
	int error, status;

	error = start(&g);
	if (error == -EBUSY) {
		warnx("%s: this process is under a guard already, and the kernel allows one",
		      command[0]);
		return 4;
	}
	if (error) {
		warnx("starting %s: %s", command[0], strerror(-error));
		return 1;
	}
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	status = supervise(g);
	guard_close(g);
	if (refused)
		warnx("%lu calls refused", refused);
	if (status >= 0 && WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return status < 0 || (refused && !status) ? 1 : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"-- COMMAND [ARG...]",
		"Run a program that may do no harm, and tell what it tried.\vThe exit status is the command's; 1 when a call was refused or a limit reached.",
		NULL,
		NULL,
		NULL
	};
	int status;

	argp_err_exit_status = 2;
	is = profiles[0];
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, NULL);
	strcpy(tmpdir, "/tmp/cow-sandbox-XXXXXX");
	if (!getcwd(folder, sizeof(folder)) || !mkdtemp(tmpdir))
		err(1, "making a folder for %s", command[0]);
	setenv("TMPDIR", tmpdir, 1);
	status = run();
	nftw(tmpdir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return status;
}
