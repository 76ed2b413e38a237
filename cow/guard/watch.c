// SPDX-License-Identifier: MIT
/*
 * watch.c - who cleans up when the keeper is killed?
 *
 *	supervisor --- watch --- keeper --- command --- its children
 *
 * The watch: parent of the keeper, and a subreaper too. It sleeps until the
 * keeper has ended, and sees off what the keeper has left. Supervisor, keeper
 * and watch have each a name, a command line, a session and a process group of
 * their own, so no kill by one of these meets all three, and one is enough.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

static const struct timespec pause_ms = { 0, 1000000 };

/* Overwrite the words of the command line: pkill -f and ps read them there. */
static int rename_self(const char *name)
{
	uint64_t start, end;
	int err = guard_stat_field(getpid(), 48, &start);

	if (!err)
		err = guard_stat_field(getpid(), 49, &end);
	if (!err && !start)
		err = -EACCES;
	if (err)
		return err;
	memset((void *)start, 0, end - start);
	strncpy((void *)start, name, end - start > 0 ? end - start - 1 : 0);
	return prctl(PR_SET_NAME, name) ? -errno : 0;
}

/* Be out of reach of what is meant for the supervisor. Return: 0 or -errno. */
int guard_step_aside(const char *name)
{
	return setsid() < 0 ? -errno : rename_self(name);
}

static void kill_one(pid_t pid, void *arg)
{
	(void)arg;
	kill(pid, SIGKILL);
}

/* Whoever the keeper has left becomes our child, now or when its parent ends. */
static void end_all(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
		if (pid)
			continue;
		guard_walk(getpid(), kill_one, NULL);
		nanosleep(&pause_ms, NULL);
	}
}

/* Returns when there is nothing left of the command. */
void guard_watch(pid_t keeper, const char *tmpdir)
{
	guard_step_aside("guard-watch");
	waitpid(keeper, NULL, 0);
	end_all();
	guard_remove_folder(tmpdir);
}

/* ---- in the supervisor */

struct left {
	long own; /* filters we are under ourselves */
	unsigned int met;
};

static void kill_filtered(pid_t pid, void *arg)
{
	struct left *left = arg;
	long filters = 0;

	if (guard_status_value(pid, "Seccomp_filters", &filters) ||
	    filters <= left->own)
		return;
	left->met++;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0); /* fails at once where it is not our child */
}

/* Children of the caller's own stay: what is the command's shows its filter. */
static void end_filtered(void)
{
	struct left left = { 0 };

	guard_status_value(getpid(), "Seccomp_filters", &left.own);
	do {
		left.met = 0;
		guard_walk(getpid(), kill_filtered, &left);
		nanosleep(&pause_ms, NULL);
	} while (left.met);
}

static int wait_for(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static void hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The keeper ends with the socket, the watch with it; unless they are killed. */
void guard_end_keepers(struct guard *g)
{
	int status = 0;

	hang_up(&g->listener);
	hang_up(&g->sock);
	if (g->watch < 0)
		return;
	wait_for(g->watch, &status);
	g->watch = -1;
	if (!WIFSIGNALED(status))
		return;
	/* Then the keeper is our child, if it has not ended before. */
	if (g->keeper > 0 && !wait_for(g->keeper, &status) &&
	    !WIFSIGNALED(status))
		return;
	end_filtered();
	guard_remove_folder(g->tmpdir);
}
