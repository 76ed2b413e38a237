// SPDX-License-Identifier: MIT
/*
 * keeper.c - who cleans up when the supervisor is killed?
 *
 * The keeper: parent of the command and subreaper of all it starts. It waits
 * for two things, a child's end and the end of the socket to the supervisor,
 * and the second means: kill everything. Should the keeper itself be killed,
 * the command dies by its parent-death signal, and the rest falls to the next
 * subreaper up (watch.c).
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

#define GRACE_MS 200 /* for children that are on their way out anyway */
#define SUM_MS	 20 /* how often what held tasks use is added up, at least */

struct keeper {
	int sock;
	int sigfd;
	pid_t target;
	bool gone; /* the target has been reaped */
	bool wait_all;
	bool held;
	const char *tmpdir;
	struct child_word *word;
};

static void tell(int sock, enum note_what what, int value, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct note note = { what, value };
	struct iovec iov = { &note, sizeof(note) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	/* A supervisor that is gone shows as the end of the socket, later. */
	sendmsg(sock, &msg, MSG_NOSIGNAL);
}

static void tell_end(struct keeper *k, int status)
{
	k->gone = true;
	if (k->word->exec_error)
		tell(k->sock, NOTE_NO_EXEC, k->word->exec_error, -1);
	tell(k->sock, NOTE_EXIT, status, -1);
}

/* Reap what has ended. Return: false when there is no child left. */
static bool reap(struct keeper *k)
{
	const int what = WEXITED | WNOWAIT | WNOHANG | __WALL |
			 (k->held ? WSTOPPED : 0);
	siginfo_t si;
	int status;

	for (si.si_pid = 0; !waitid(P_ALL, 0, &si, what); si.si_pid = 0) {
		if (!si.si_pid)
			return true;
		if (si.si_code == CLD_TRAPPED || si.si_code == CLD_STOPPED) {
			guard_go_on(si.si_pid);
			continue;
		}
		guard_held_ended(si.si_pid);
		waitpid(si.si_pid, &status, __WALL);
		if (si.si_pid == k->target)
			tell_end(k, status);
	}
	return false;
}

static bool wait_child(struct keeper *k, int ms)
{
	struct pollfd p = { .fd = k->sigfd, .events = POLLIN };
	struct signalfd_siginfo si;

	if (poll(&p, 1, ms) > 0 &&
	    read(k->sigfd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return false;
	return reap(k);
}

static void kill_one(pid_t pid, void *arg)
{
	long size, threads = 0;
	unsigned int *n = arg;
	bool ended;

	/*
	 * A zombie has no memory any more. Neither has a first thread that has
	 * ended before the others, and they are to be killed by its number.
	 */
	ended = guard_status_value(pid, "VmSize", &size) &&
		(guard_status_value(pid, "Threads", &threads) || threads < 2);
	if (!kill(pid, SIGKILL) && !ended)
		(*n)++;
}

/* Return: how many processes the first round met. */
static unsigned int kill_all(struct keeper *k)
{
	unsigned int first = 0, later = 0;

	if (!reap(k))
		return 0;
	guard_walk(getpid(), kill_one, &first);
	while (wait_child(k, 5))
		guard_walk(getpid(), kill_one, &later);
	return first;
}

static void keep(struct keeper *k)
{
	struct pollfd p[2] = { { .fd = k->sock, .events = POLLIN },
			       { .fd = k->sigfd, .events = POLLIN } };
	bool some = true;
	int ms, killed;

	while (some && !(k->gone && !k->wait_all)) {
		if (poll(p, 2, k->held ? SUM_MS : -1) < 0)
			break;
		if (p[0].revents) /* nobody ever writes: this is the end */
			break;
		some = wait_child(k, 0);
		guard_held_use(k->word);
	}
	for (ms = 0; some && k->gone && ms < GRACE_MS && !p[0].revents;
	     ms += 10)
		some = wait_child(k, 10);
	killed = some ? kill_all(k) : 0;
	guard_held_use(k->word);
	tell(k->sock, NOTE_FILES, guard_remove_folder(k->tmpdir), -1);
	tell(k->sock, NOTE_DONE, killed, -1);
}

/* The listener by the word the child leaves, or the reason there is none. */
static int await_listener(const struct child *c, pid_t pid)
{
	const struct timespec pause = { 0, 20000 };
	siginfo_t si = { 0 };

	while (!c->word->listener) {
		nanosleep(&pause, NULL);
		if (waitid(P_PID, pid, &si, WEXITED | WNOHANG | WNOWAIT))
			return -errno;
		if (si.si_pid == pid && !c->word->listener)
			return -ECHILD;
	}
	return c->word->listener > 0 ? c->word->listener - 1 :
				       c->word->listener;
}

/*
 * One table of descriptors for both until execve: so the listener the child
 * opens is the keeper's too, without a call under the filter.
 */
static pid_t start_child(struct child *c)
{
	pid_t pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		guard_run_child(c);
	return pid < 0 ? -errno : pid;
}

/*
 * The command stays in the supervisor's session and group: to the terminal both
 * are one job. So the keeper leaves them after it has begun the command.
 */
static int part(struct keeper *k, const struct child *c)
{
	int err = guard_step_aside("guard-keeper");

	if (!err && c->spec->flags & GUARD_HOLD)
		k->held = !guard_hold(k->target);
	c->word->held = k->held;
	c->word->aside = !err;
	return err;
}

/* Return: the listener, with the command about to start; or -errno. */
static int start_target(struct keeper *k, struct child *c)
{
	int fd = guard_files(c->spec, &c->landlock_fd);

	if (fd)
		return fd;
	k->target = start_child(c);
	fd = k->target < 0 ? k->target : part(k, c);
	if (!fd)
		fd = await_listener(c, k->target);
	if (c->landlock_fd >= 0)
		close(c->landlock_fd);
	if (fd < 0 && k->target > 0) {
		kill(k->target, SIGKILL);
		waitpid(k->target, NULL, 0);
	}
	return fd;
}

/* Return: the keeper's exit status. */
static int run_keeper(int sock, struct child *c, const char *tmpdir)
{
	struct keeper k = { .sock = sock,
			    .wait_all = c->spec->flags & GUARD_WAIT_ALL,
			    .tmpdir = tmpdir,
			    .word = c->word };
	sigset_t chld;
	int fd;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	c->keeper = getpid();
	tell(sock, NOTE_KEEPER, c->keeper, -1);
	k.sigfd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	fd = k.sigfd < 0 ? -errno : guard_make_folder(tmpdir);
	if (fd < 0) {
		tell(sock, NOTE_FAILED, fd, -1);
		return 1;
	}
	fd = start_target(&k, c);
	if (fd < 0) {
		guard_remove_folder(k.tmpdir);
		tell(sock, NOTE_FAILED, fd, -1);
		return 1;
	}
	tell(sock, NOTE_LISTENER, k.word->killable ? k.target : -k.target, fd);
	close(fd);
	keep(&k);
	return 0;
}

/* In a process of its own, for the case that the keeper is killed. */
static void start_keeper(int sock, struct child *c)
{
	/* Its path may lie among the words of our command line. */
	char *tmpdir = c->spec->tmpdir ? strdup(c->spec->tmpdir) : NULL;
	pid_t keeper = -1;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (tmpdir || !c->spec->tmpdir)
		keeper = fork();
	if (!keeper)
		_exit(run_keeper(sock, c, tmpdir));
	if (keeper < 0)
		tell(sock, NOTE_FAILED, -errno, -1);
	close(sock);
	if (keeper > 0)
		guard_watch(keeper, tmpdir);
	free(tmpdir);
}

static pid_t fork_watch(struct child *c, const int *sv)
{
	sigset_t all;
	pid_t pid;

	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &c->mask))
		return -errno;
	pid = fork();
	if (!pid) {
		signal(SIGCHLD, SIG_DFL); /* an ignored one leaves no status */
		close(sv[0]);
		start_keeper(sv[1], c);
		_exit(0);
	}
	if (pid < 0)
		pid = -errno;
	sigprocmask(SIG_SETMASK, &c->mask, NULL);
	return pid;
}

int guard_start_keeper(struct guard *g, const struct guard_spec *spec,
		       const char *path, const struct sock_fprog *prog)
{
	struct child c = { .spec = spec, .path = path, .prog = prog };
	int sv[2], err = 0;

	c.word = mmap(NULL, sizeof(*c.word), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c.word == MAP_FAILED)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv)) {
		err = -errno;
		goto unmap_word;
	}
	g->watch = fork_watch(&c, sv);
	close(sv[1]);
	if (g->watch < 0) {
		err = g->watch;
		close(sv[0]);
	} else {
		g->sock = sv[0];
		g->word = c.word;
		return 0;
	}
unmap_word:
	munmap(c.word, sizeof(*c.word));
	return err;
}
