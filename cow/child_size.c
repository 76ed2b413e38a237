// SPDX-License-Identifier: MIT
/*
 * How large is a forked child? Its RSS says: as large as its parent. What is
 * its own says: next to nothing, until somebody writes.
 *
 * Try: child_size
 * Try: child_size --size 64M
 * Try: child_size --json
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, part;
static struct obs_window *parent, *child, *written;
static struct obs_peer *peer;

static void set_up(struct rep *r)
{
	char *area = rep_area(r, rep_pages(r));

	n = rep_pages(r);
	part = rep_vary(r, (n + 3) / 4, 1, n);
	parent = rep_window(r, area, n);
	child = rep_window(r, area, n);
	written = rep_window(r, area, part);
}

static size_t pages(uint64_t bytes)
{
	return bytes / obs_page_size();
}

static struct obs_rollup sums(struct rep *r, pid_t pid)
{
	struct obs_rollup sums = { 0 };

	if (rep_going(r))
		rep_failed(r, obs_vma_sums_of(pid, parent->addr, &sums), NULL);
	return sums;
}

static void before(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, n, "pages", "of RSS");
	rep_expect(r, n, "pages", "of Private_Dirty");
	rep_because(r,
		    "each first store brings a page, which is nobody else's");
	if (rep_going(r) &&
	    mmap(parent->addr, n * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
	rep_writes(r, NULL, parent, 'p');
	rep_saw(r, pages(sums(r, 0).rss));
	rep_saw(r, pages(sums(r, 0).private_dirty));
}

static void right_after(struct rep *r)
{
	struct obs_rollup its;

	rep_expect(r, n, "pages", "of the child's RSS");
	rep_expect(r, 0, "pages", "of the child's Private_Dirty");
	rep_expect(r, n, "pages", "of the child's Shared_Dirty");
	rep_expect(r, n, "pages", "of PSS, both together");
	rep_because(
		r,
		"RSS counts what is mapped, whoever else maps it; PSS counts a page of two owners as a half for each");
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
	its = sums(r, rep_going(r) ? peer->pid : 0);
	rep_saw(r, pages(its.rss));
	rep_saw(r, pages(its.private_dirty));
	rep_saw(r, pages(its.shared_dirty));
	rep_saw(r, pages(its.pss + sums(r, 0).pss));
	rep_compare(r, parent, child, peer);
}

static void child_writes(struct rep *r)
{
	struct obs_rollup its;

	rep_given(r, "it writes %zu of the %zu pages", part, n);
	rep_expect_faults(r, part, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "of the child's RSS");
	rep_expect(r, part, "pages", "of the child's Private_Dirty");
	rep_expect(r, n + part, "pages", "of PSS, both together");
	rep_because(r, "what is written exists twice from then on");
	rep_writes(r, peer, written, 'c');
	its = sums(r, rep_going(r) ? peer->pid : 0);
	rep_saw(r, pages(its.rss));
	rep_saw(r, pages(its.private_dirty));
	rep_saw(r, pages(its.pss + sums(r, 0).pss));
	rep_compare(r, parent, child, peer);
}

static const struct rep_step steps[] = {
	{ "Before fork(): all pages are the parent's own.", "S42", before,
	  "The parent writes its pages." },
	{ "After fork(): as large, and nothing its own.", "S45 S53",
	  right_after, "fork(); how large is the child?" },
	{ "The child writes a part: that is its own now.", "S48 S53",
	  child_writes, "The child writes a part of the pages." },
};

static const struct rep_demo demo = {
	.name = "cow/child_size",
	.title = "how large a forked child is",
	.lesson =
		"A forked child has the RSS of its parent, and next to no memory of its own: that comes with each page that one of the two writes.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 2,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
