// SPDX-License-Identifier: MIT
/*
 * hold.c - how can nothing outlive the keeper, and nothing end uncounted?
 *
 * The keeper traces the command and all that it starts (ptrace(2)). The kernel
 * kills what a tracer holds by PTRACE_O_EXITKILL the moment that the tracer
 * ends, however it ends. And each thread stops for its tracer before its first
 * instruction, and stays after its last until the tracer has seen it, also where
 * its parent ignores SIGCHLD and the kernel would forget what it had used.
 *
 * Only new tasks, signals and ends stop a traced task, never its calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "internal.h"

/* A thread, and its own files in /proc: of one that ended only root opens io. */
struct held {
	pid_t tid;
	int time; /* schedstat: begins with the time it ran, in ns */
	int io;
};

static struct held *helds; /* of this keeper */
static size_t nhelds;
static uint64_t ended_ns, ended_written;

static int open_own(pid_t tid, const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)tid, (int)tid,
		 what);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static struct held *find_held(pid_t tid)
{
	size_t i;

	for (i = 0; i < nhelds; i++)
		if (helds[i].tid == tid)
			return &helds[i];
	return NULL;
}

static int begin(pid_t tid)
{
	struct held *more = realloc(helds, (nhelds + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	helds = more;
	helds[nhelds].tid = tid;
	helds[nhelds].time = open_own(tid, "schedstat");
	helds[nhelds].io = open_own(tid, "io");
	nhelds++;
	return 0;
}

static uint64_t read_number(int fd, const char *key)
{
	char buf[512];
	ssize_t n = fd < 0 ? -1 : pread(fd, buf, sizeof(buf) - 1, 0);
	const char *at;

	if (n <= 0)
		return 0;
	buf[n] = '\0';
	at = strstr(buf, key);
	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static void add(const struct held *h, uint64_t *ns, uint64_t *written)
{
	*ns += read_number(h->time, "");
	*written += read_number(h->io, "wchar: ");
}

/* One that ended comes a second time when its parent leaves it to the keeper. */
void guard_held_ended(pid_t tid)
{
	struct held *h = find_held(tid);

	if (!h)
		return;
	add(h, &ended_ns, &ended_written);
	close(h->time);
	close(h->io);
	*h = helds[--nhelds];
}

void guard_held_use(struct child_word *word)
{
	uint64_t ns = ended_ns, written = ended_written;
	size_t i;

	for (i = 0; i < nhelds; i++)
		add(&helds[i], &ns, &written);
	word->used_ns = ns;
	word->written = written;
}

/* CLONE_UNTRACED makes a child that is not held: who holds refuses it. */
int guard_hold(pid_t pid)
{
	const unsigned long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK |
				      PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	struct rlimit l;

	if (ptrace(PTRACE_SEIZE, pid, 0, options))
		return -errno;
	/* Two descriptors a thread. */
	if (!getrlimit(RLIMIT_NOFILE, &l)) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
	return begin(pid);
}

static bool stops_a_group(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN ||
	       sig == SIGTTOU;
}

/* Let one that stopped go on as it would have without us. */
void guard_go_on(pid_t tid)
{
	int status, sig, event;

	/* Killed meanwhile: its end is told next. */
	if (waitpid(tid, &status, __WALL | WNOHANG) != tid)
		return;
	sig = WSTOPSIG(status);
	event = status >> 16;
	/* Uncounted it must not run. */
	if (!find_held(tid) && begin(tid))
		kill(tid, SIGKILL);
	if (event == PTRACE_EVENT_STOP && stops_a_group(sig))
		ptrace(PTRACE_LISTEN, tid, 0, 0);
	else
		ptrace(PTRACE_CONT, tid, 0, event ? 0 : sig);
}

/* ---- in the supervisor */

bool guard_held(const struct guard *g)
{
	return g->word->held;
}

bool guard_is_first(const struct guard_event *ev)
{
	long tgid = 0;

	return !guard_status_value(ev->tid, "Tgid", &tgid) && tgid == ev->tid;
}
