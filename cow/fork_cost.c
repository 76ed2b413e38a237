// SPDX-License-Identifier: MIT
/*
 * What fork() costs, and what it grows with: not memory that is mapped, but
 * page table entries that have to be copied. So huge pages and files make it
 * cheap, and vfork() and posix_spawn() do without. Times are medians of the
 * caller's own CPU time in the call; only their ratios mean something. There
 * are at least 16384 pages: fewer are lost beside what any fork() costs.
 *
 * Try: fork_cost
 * Try: fork_cost --size 64M
 * Try: fork_cost --json
 */
#include <errno.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/report.h"

#define LEAST_PAGES 16384
#define FORKS	    9

static size_t n;
static char *area;
/* ns: fork() with none and all touched; of the last way tried, and the first */
static uint64_t mapped, touched, median, first;
static struct obs_window *window;

enum way { FORK, VFORK, SPAWN };

static pid_t make_process(enum way way)
{
	static char *const argv[] = { "true", NULL };
	pid_t pid = -1;

	if (way == SPAWN)
		errno = posix_spawn(&pid, "/bin/true", NULL, NULL, argv, NULL);
	else
		pid = way == FORK ? fork() : vfork();
	if (pid == 0)
		_exit(0);
	return pid;
}

/*
 * How long a way to make a process keeps its caller busy. What disturbs makes
 * it longer, never shorter: the least of several is best compared.
 */
static uint64_t cost(struct rep *r, enum way way)
{
	uint64_t sample[FORKS] = { 0 };
	int status = 0;

	for (size_t i = 0; i < FORKS && rep_going(r); i++) {
		uint64_t start = obs_cpu_clock();
		pid_t pid = make_process(way);

		sample[i] = obs_cpu_clock() - start;
		if (waitpid(pid, &status, 0) != pid || status)
			rep_failed(r, -ECHILD, "make a process");
	}
	median = obs_median(sample, FORKS);
	first = first ? first : median;
	return sample[0];
}

static void map(struct rep *r, int how)
{
	if (mmap(area, n * obs_page_size(), PROT_READ | PROT_WRITE,
		 how | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
}

static void store(struct rep *r)
{
	if (rep_going(r))
		touch_write_pages(area, n, obs_page_size(), 'p');
}

static void set_up(struct rep *r)
{
	n = rep_pages(r) < LEAST_PAGES ? LEAST_PAGES : rep_pages(r);
	area = rep_area(r, n);
	window = rep_window(r, area, n);
}

static void say(struct rep *r, const char *what)
{
	rep_note(r, "%5.2f times the first: %s", (double)median / first, what);
}

/* Have a child read all pages: what has fork() not copied? */
static void child_reads(struct rep *r)
{
	struct obs_peer *peer = rep_peer(r);

	if (peer)
		rep_forked(r, peer, fork());
	rep_reads(r, peer, window, 'p');
	rep_end_peer(r, peer);
}

static void grow(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, 1, "fork()s", "dearer than before the pages are touched");
	rep_because(r, "an entry is copied for each page that is there");
	map(r, MAP_PRIVATE);
	mapped = cost(r, FORK);
	store(r);
	touched = cost(r, FORK);
	child_reads(r);
	rep_saw(r, touched > mapped);
	say(r, "all touched");
}

static void avoid(struct rep *r)
{
	uint64_t vforked, spawned;

	rep_expect(r, 2, "ways", "cheaper than fork() with this memory");
	rep_because(r, "no entry is copied: the child borrows the memory");
	vforked = cost(r, VFORK);
	say(r, "all touched, vfork()");
	spawned = cost(r, SPAWN);
	say(r, "all touched, posix_spawn()");
	rep_saw(r, (vforked < touched) + (spawned < touched));
}

/* What a fork() costs that finds little to copy. */
static void compare(struct rep *r, const char *what)
{
	store(r);
	child_reads(r);
	rep_saw(r, cost(r, FORK) < touched);
	say(r, what);
}

static void share(struct rep *r)
{
	size_t around = obs_fault_around();

	rep_expect_faults(r, (n + around - 1) / around, OBS_KIND_REMAP);
	rep_expect(r, 1, "fork()s", "cheaper than with private memory");
	rep_because(r, "no entry is copied: the child finds the pages");
	map(r, MAP_SHARED);
	rep_lock(r, area, n);
	compare(r, "shared memory, all touched");
}

static void merge_entries(struct rep *r)
{
	struct obs_rollup sums = { 0 };

	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, 1, "fork()s", "cheaper than with small pages");
	rep_because(r, "one entry stands for a page table of small ones");
	map(r, MAP_PRIVATE);
	/* The report forbids huge pages; this step is about them. */
	if (prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0) ||
	    madvise(area, n * obs_page_size(), MADV_HUGEPAGE))
		rep_failed(r, -errno, "ask for huge pages");
	store(r);
	rep_failed(r, obs_vma_sums_of(0, area, &sums), NULL);
	if (sums.anon_huge > n / 2 * obs_page_size())
		compare(r, "huge pages, all touched");
	else
		rep_skip_rest(r, "there are no huge pages here, or none free");
}

static const struct rep_step steps[] = {
	{ "Private memory, before and after it is touched.", "S50", grow },
	{ "The same, without fork().", "S54", avoid },
	{ "Shared memory.", "S50", share },
	{ "Huge pages.", "S50", merge_entries },
};

static const struct rep_demo demo = {
	.name = "cow/fork_cost",
	.title = "what fork() costs",
	.lesson =
		"fork() copies no page, but an entry for each page touched. It copies none of shared memory, few of huge pages; vfork() copies none at all.",
	REP_STEPS(steps),
	.pages = LEAST_PAGES,
	.copies = 2,
	.accesses = true,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
