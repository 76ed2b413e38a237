// SPDX-License-Identifier: MIT
/*
 * Transparent huge pages: one fault brings 512 small pages; fork() shares them
 * in one entry; the first store after it splits the entry and copies one small
 * page. The number of pages is rounded up to whole huge pages.
 *
 * Try: huge
 * Try: huge --size 4M
 * Try: huge --json
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, each, huge; /* small pages, those of one huge, huge pages */
static char *area;
static struct obs_window *parent, *child, *first;
static struct obs_peer *peer;

/* Does the system refuse huge pages to all, or not know them? */
static bool are_off(struct rep *r)
{
	int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY);
	char text[64] = "[never]";

	if (fd >= 0 ? read(fd, text, sizeof(text) - 1) < 0 : errno != ENOENT)
		rep_failed(r, -errno, "read transparent_hugepage/enabled");
	close(fd);
	return strstr(text, "[never]");
}

/* How many of the child's pages are mapped by another process as well? */
static size_t shared(struct rep *r)
{
	rep_compare(r, parent, child, peer);
	return obs_count_flags(child->after, n, OBS_PRESENT | OBS_EXCLUSIVE,
			       OBS_PRESENT);
}

static void set_up(struct rep *r)
{
	/* One page table of small pages makes one huge page. */
	each = obs_page_size() / sizeof(uint64_t);
	huge = (rep_pages(r) + each - 1) / each;
	n = huge * each;
	area = rep_area(r, n);
	parent = rep_window(r, area, n);
	child = rep_window(r, area, n);
	first = rep_window(r, area, 1);
	/* The report forbids huge pages; this demo is about them. */
	if (prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0))
		rep_failed(r, -errno, "prctl PR_SET_THP_DISABLE");
}

/* How many small pages are mapped by entries for huge ones? */
static size_t in_huge(struct rep *r, pid_t pid)
{
	struct obs_rollup sums = { 0 };

	rep_failed(r, obs_vma_sums_of(pid, area, &sums), NULL);
	return sums.anon_huge / obs_page_size();
}

static void map(struct rep *r, int advice)
{
	size_t bytes = n * obs_page_size();

	if (mmap(area, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED ||
	    madvise(area, bytes, advice))
		rep_failed(r, -errno, "mmap and madvise %zu pages", n);
}

static void store_small(struct rep *r)
{
	if (are_off(r) && rep_going(r)) {
		rep_skip_rest(r, "transparent huge pages are off here");
		return;
	}
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "MADV_NOHUGEPAGE: each page faults for itself");
	map(r, MADV_NOHUGEPAGE);
	rep_writes(r, NULL, parent, 'p');
}

static void store_huge(struct rep *r)
{
	rep_expect_faults(r, huge, OBS_KIND_HUGE);
	rep_expect(r, n, "pages", "that are part of a huge page");
	rep_because(
		r,
		"MADV_HUGEPAGE: the first store brings %zu pages at once, and one entry maps them",
		each);
	map(r, MADV_HUGEPAGE);
	obs_writes(parent);
	rep_saw_faults(r, parent);
	rep_saw(r, in_huge(r, 0));
}

/* khugepaged may make a huge page of split ones again, at any time. */
static void keep_small(void *ignored)
{
	obs_small_pages();
}

static void share(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "that the child shares");
	rep_expect(r, n, "pages", "that are part of the child's huge pages");
	rep_because(r, "fork() copied one entry for each huge page");
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
	rep_order(r, peer, keep_small, NULL);
	rep_order(r, peer, obs_reads, child);
	rep_saw_faults(r, child);
	rep_saw(r, rep_going(r) ? shared(r) : 0);
	rep_saw(r, rep_going(r) ? in_huge(r, peer->pid) : 0);
}

static void write_one(struct rep *r)
{
	rep_expect_faults(r, 1, OBS_KIND_COPY);
	rep_expect(r, n - 1, "pages", "that the child shares");
	rep_expect(r, n - each, "pages", "of the child's huge pages left");
	rep_because(r, "the entry is split, and one small page copied");
	rep_writes(r, peer, first, 'c');
	rep_saw(r, rep_going(r) ? shared(r) : 0);
	rep_saw(r, rep_going(r) ? in_huge(r, peer->pid) : 0);
}

static void write_all(struct rep *r)
{
	rep_expect_faults(r, n - 1, OBS_KIND_COPY);
	rep_expect(r, 0, "pages", "of the child's huge pages left");
	rep_expect(r, n, "pages", "of the parent's huge pages left");
	rep_because(r, "page by page: the child has no huge page left");
	rep_writes(r, peer, child, 'c');
	rep_saw(r, rep_going(r) ? in_huge(r, peer->pid) : 0);
	rep_saw(r, in_huge(r, 0));
}

static void parent_writes(struct rep *r)
{
	rep_expect_faults(r, huge, OBS_KIND_REUSE);
	rep_expect(r, n, "pages", "of the parent's huge pages left");
	rep_because(r, "the last owner may write huge pages as a whole");
	obs_writes(parent);
	rep_saw_faults(r, parent);
	rep_saw(r, in_huge(r, 0));
}

static const struct rep_step steps[] = {
	{ "Small pages are written.", "S42", store_small },
	{ "Huge pages are written.", "S42", store_huge },
	{ "A child shares them.", "S45", share },
	{ "The child writes one page.", "S48", write_one },
	{ "The child writes all pages.", "S48 S56", write_all },
	{ "The parent writes all pages.", "S49", parent_writes },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/huge",
	.title = "transparent huge pages",
	.lesson =
		"One fault brings a whole huge page. After fork() a store splits the writer's and copies one small page, not all of it.",
	REP_STEPS(steps),
	.pages = 512,
	.copies = 2,
	.accesses = true,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
