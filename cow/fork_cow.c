// SPDX-License-Identifier: MIT
/*
 * Copy-on-write after fork(), stage by stage: shared, marked read-only, a write
 * faults, the page is copied, write permission returns. Each stage is seen in
 * the page tables of parent and child. Then the other order, parent first.
 *
 * Try: fork_cow
 * Try: fork_cow --pages 7
 * Try: fork_cow --pages 1000 --json
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n;
static char *area;
static struct obs_window *parent, *child, *first;
static struct obs_peer *peer;

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	area = rep_area(r, n);
	parent = rep_window(r, area, n);
	child = rep_window(r, area, n);
	first = rep_window(r, area + rep_vary(r, 0, 0, n - 1) * obs_page_size(),
			   1);
}

static void fork_child(struct rep *r)
{
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
}

static void before_fork(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "each first store faults and brings a page of zeros");
	if (mmap(area, n * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
	rep_writes(r, NULL, parent, 'p');
	rep_strip(r, "parent", parent->after, n);
}

static void share(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "read by the child as the parent wrote");
	rep_expect(r, n, "pages", rep_same(r));
	rep_because(r, "fork() copied page table entries, not pages");
	fork_child(r);
	rep_reads(r, peer, child, 'p');
	rep_saw(r, child->matched);
	rep_saw(r, rep_compare(r, parent, child, peer));
}

static void write_once(struct rep *r)
{
	struct obs_vma mine = { 0 }, its = { 0 };

	rep_expect_faults(r, 1, OBS_KIND_COPY);
	rep_expect(r, 2, "mappings",
		   "rw-p in /proc/PID/maps, the parent's and the child's");
	rep_expect(r, 1, "pages", "present before the store");
	rep_because(
		r,
		"the page was there, and both mappings allow writing: what faults is an entry marked read-only");
	first->value = 'c';
	rep_order(r, peer, obs_writes, first);
	rep_failed(r, obs_vma_of(0, area, &mine), NULL);
	if (rep_going(r))
		rep_failed(r, obs_vma_of(peer->pid, area, &its), NULL);
	rep_saw_faults(r, first);
	rep_saw(r, (mine.write && !mine.shared) + (its.write && !its.shared));
	rep_saw(r, obs_count_flags(first->before, 1, OBS_PRESENT, OBS_PRESENT));
}

static void compare_copy(struct rep *r)
{
	rep_expect(r, n - 1, "pages", rep_same(r));
	rep_expect(r, n, "pages", "where the parent reads its old value");
	rep_because(r, "the writer got a copy, the parent kept the original");
	rep_saw(r, rep_compare(r, parent, child, peer));
	rep_saw(r, obs_matches(parent, 'p'));
}

static void write_again(struct rep *r)
{
	rep_expect_faults(r, n - 1, OBS_KIND_COPY);
	rep_expect(r, 0, "pages", rep_same(r));
	rep_because(r, "the page that was copied is its own, and writable");
	rep_writes(r, peer, child, 'c');
	rep_saw(r, rep_compare(r, parent, child, peer));
}

static void parent_first(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "where the child still reads the old value");
	rep_because(r, "whoever stores first gets the copies");
	rep_end_peer(r, peer);
	fork_child(r);
	rep_writes(r, NULL, parent, 'P');
	child->value = 'p';
	rep_order(r, peer, obs_reads, child);
	rep_saw(r, child->matched);
	rep_compare(r, parent, child, peer);
}

static const struct rep_step steps[] = {
	{ "The parent writes its pages, before any fork.", "S42", before_fork },
	{ "Shared: after fork() both have the same pages.", "S45", share,
	  "fork(); the child reads all pages." },
	{ "Marked read-only: the child writes one page, and faults.", "S46 S47",
	  write_once, "The child writes one page." },
	{ "Copied: the page that was written is two now.", "S48", compare_copy,
	  "Both look at the pages." },
	{ "Write permission is back: the child writes all pages.", "S49 S56",
	  write_again, "The child writes all pages." },
	{ "The other order: the parent writes first.", "S48", parent_first },
};

static const struct rep_demo demo = {
	.name = "cow/fork_cow",
	.title = "the stages of copy-on-write",
	.lesson =
		"fork() copies page tables, not pages of data. Both processes share them until one writes: the write faults, and the writer gets a copy.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 3,
	.accesses = true,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
