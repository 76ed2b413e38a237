// SPDX-License-Identifier: MIT
/*
 * fork() to exec(): what the parent pays afterwards for pages that the child
 * never wanted; and vfork() and posix_spawn(), which borrow the parent's
 * memory and leave its page table as it is.
 *
 * Try: vfork_exec
 * Try: vfork_exec --pages 7
 * Try: vfork_exec --json
 */
#include <errno.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/report.h"

static size_t n;
static char *area;
static struct obs_window *window;
static char *const argv_true[] = { "true", NULL };

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	area = rep_area(r, n);
	window = rep_window(r, area, n);
	if (rep_going(r) &&
	    mmap(area, n * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
}

/* Wait for a child that must end with status 0. */
static void reap(struct rep *r, pid_t pid, const char *how)
{
	int status = 0;

	if (rep_failed(r, pid < 0 ? -errno : 0, "%s", how))
		return;
	if (waitpid(pid, &status, 0) != pid)
		rep_failed(r, -errno, "wait for a child");
	else if (status)
		rep_failed(r, -ECHILD, "run /bin/true after %s", how);
}

static void store(struct rep *r, char value)
{
	window->value = value;
	obs_writes(window);
	rep_saw_faults(r, window);
}

static void first_stores(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "each first store is given a new page of zeros");
	store(r, 'a');
}

static void fork_exec(struct rep *r)
{
	pid_t pid;

	rep_expect_faults(r, n, OBS_KIND_REUSE);
	rep_because(
		r,
		"fork() marked all entries read-only, for a child that threw its own away at once: every page costs the parent a fault");
	pid = fork();
	if (pid == 0) {
		execv("/bin/true", argv_true);
		_exit(127);
	}
	reap(r, pid, "fork()");
	store(r, 'b');
}

static void vfork_exec(struct rep *r)
{
	pid_t pid;

	rep_expect_faults(r, 0, OBS_KIND_REUSE);
	rep_because(
		r,
		"vfork() copies no page table: the child runs in the parent's memory, and the parent waits until it is off");
	pid = vfork();
	if (pid == 0) {
		execv("/bin/true", argv_true);
		_exit(127);
	}
	reap(r, pid, "vfork()");
	store(r, 'c');
}

static void spawn(struct rep *r)
{
	pid_t pid = -1;
	int error;

	rep_expect_faults(r, 0, OBS_KIND_REUSE);
	rep_because(r,
		    "posix_spawn() does it by the same means, and more safely");
	error = posix_spawn(&pid, "/bin/true", NULL, NULL, argv_true, NULL);
	errno = error;
	reap(r, error ? -1 : pid, "posix_spawn()");
	store(r, 'd');
}

static void vfork_stores(struct rep *r)
{
	pid_t pid;

	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages",
		   "where the parent reads what the child wrote");
	rep_because(
		r,
		"until it is off, a vfork() child's stores are the parent's: it may do next to nothing");
	window->value = 'v';
	pid = vfork();
	if (pid == 0) {
		touch_write_pages(area, n, obs_page_size(), 'v');
		_exit(0);
	}
	reap(r, pid, "vfork()");
	obs_reads(window);
	rep_saw_faults(r, window);
	rep_saw(r, window->matched);
}

static void fork_stores(struct rep *r)
{
	pid_t pid;

	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "where the parent reads what was there");
	rep_because(r, "a fork() child's stores go to copies of its own");
	pid = fork();
	if (pid == 0) {
		touch_write_pages(area, n, obs_page_size(), 'f');
		_exit(0);
	}
	reap(r, pid, "fork()");
	obs_reads(window);
	rep_saw_faults(r, window);
	rep_saw(r, window->matched);
}

static const struct rep_step steps[] = {
	{ "The parent writes its pages.", "S42", first_stores },
	{ "fork() and exec(); then the parent writes.", "S46 S54", fork_exec },
	{ "vfork() and exec(); then the parent writes.", "S54", vfork_exec },
	{ "posix_spawn(); then the parent writes.", "S54", spawn },
	{ "A vfork() child stores, and ends.", "S24", vfork_stores },
	{ "A fork() child stores, and ends.", "S24 S48", fork_stores },
};

static const struct rep_demo demo = {
	.name = "cow/vfork_exec",
	.title = "fork() for exec(), and what is cheaper",
	.lesson =
		"fork() leaves every private page of the parent to fault once more, though the child only wanted exec(). vfork() and posix_spawn() don't.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 2,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
