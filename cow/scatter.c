// SPDX-License-Identifier: MIT
/*
 * Does copy-on-write scatter memory? It moves what is written, and only for
 * the writer. Pages that were never side by side have nothing to lose; a huge
 * page has: one run of frames falls into as many as it has small pages. Only
 * root may see which frame a page is in; for others most of this is skipped.
 *
 * Try: scatter
 * Try: scatter --pages 7
 * Try: scatter --json
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, each; /* small pages: those to work on, those of a huge one */
static struct obs_window *parent, *child, *huge, *huge_child;
static struct obs_peer *peer;

static struct obs_window *map(struct rep *r, size_t pages)
{
	char *area = rep_area(r, pages);

	if (area &&
	    mmap(area, pages * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", pages);
	return rep_window(r, area, pages);
}

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	/* One page table of small pages makes one huge page. */
	each = obs_page_size() / sizeof(uint64_t);
	parent = map(r, n);
	huge = map(r, each);
	if (!rep_going(r))
		return;
	child = rep_window(r, parent->addr, n);
	huge_child = rep_window(r, huge->addr, each);
}

/* Into how many runs of neighbouring frames does a range of pages fall? */
static size_t runs(const struct obs_window *window)
{
	size_t count = 1;

	for (size_t i = 1; i < window->pages; i++)
		count += window->after[i].pfn != window->after[i - 1].pfn + 1;
	return count;
}

/* How many pages are in the frame that they were in before? */
static size_t stayed(const struct obs_window *window)
{
	return obs_count_same(window->before, window->after, window->pages);
}

/* An order for the child, and what the parent does after it. */
static void write_alternate(void *arg)
{
	struct obs_window *window = arg;

	obs_begin(window);
	for (size_t i = 0; i < window->pages; i += 2)
		touch_write(window->addr + i * obs_page_size(), 'w');
	obs_end(window);
}

static void fork_writer(struct rep *r, struct obs_window *window)
{
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
	rep_order(r, peer, write_alternate, window);
	rep_saw_faults(r, window);
}

static void note_runs(struct rep *r, size_t count)
{
	rep_note(r, "%zu page%s in %zu run%s of frames side by side", n,
		 rep_s(n), count, rep_s(count));
}

static void store_small(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "each store is given whatever page is free next");
	rep_writes(r, NULL, parent, 'p');
	if (rep_sees_frames(r))
		note_runs(r, runs(parent));
}

static void write_small(struct rep *r)
{
	if (!rep_sees_frames(r)) {
		rep_skip_rest(r, "frame numbers are for root (CAP_SYS_ADMIN)");
		return;
	}
	rep_expect_faults(r, (n + 1) / 2, OBS_KIND_COPY);
	rep_expect(r, n / 2, "pages", "of the child that have not moved");
	rep_expect(r, n, "pages", "of the parent that have not moved");
	rep_because(r, "the child, which writes, gets the new pages");
	fork_writer(r, child);
	rep_saw(r, stayed(child));
	rep_look(r, 0, parent);
	rep_saw(r, obs_count_same(child->before, parent->after, n));
	rep_note(r, "runs of the child's pages: %zu, of the parent's: %zu",
		 runs(child), runs(parent));
}

static void parent_writes(struct rep *r)
{
	rep_expect_faults(r, (n + 1) / 2, OBS_KIND_REUSE);
	rep_expect_faults(r, n / 2, OBS_KIND_COPY);
	rep_expect(r, (n + 1) / 2, "pages", "of the parent, not moved");
	rep_because(r, "the parent moves from what the child still shares");
	rep_writes(r, NULL, parent, 'q');
	rep_saw(r, stayed(parent));
	rep_note(r, "runs of the parent's pages: now %zu", runs(parent));
	rep_end_peer(r, peer);
}

static void store_huge(struct rep *r)
{
	rep_expect_faults(r, 1, OBS_KIND_HUGE);
	rep_expect(r, 1, "runs", "of frames side by side");
	rep_because(r, "a huge page is one piece of memory");
	/* The report forbids huge pages; this step is about one. */
	if (prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0) ||
	    madvise(huge->addr, each * obs_page_size(), MADV_HUGEPAGE))
		rep_failed(r, -errno, "ask for a huge page");
	obs_writes(huge);
	if (rep_failed(r, huge->error, "%s", huge->what))
		return;
	if (!(huge->after->flags & OBS_HUGE)) {
		rep_skip_rest(r, "there are no huge pages here, or none free");
		return;
	}
	rep_saw_faults(r, huge);
	rep_saw(r, runs(huge));
}

static void write_huge(struct rep *r)
{
	rep_expect_faults(r, each / 2, OBS_KIND_COPY);
	rep_expect(r, each, "runs", "of the child: each page for itself");
	rep_expect(r, 1, "runs", "of the parent");
	rep_because(r, "every second page was copied to somewhere else");
	fork_writer(r, huge_child);
	rep_saw(r, runs(huge_child));
	rep_look(r, 0, huge);
	rep_saw(r, runs(huge));
}

static const struct rep_step steps[] = {
	{ "Small pages.", "S57", store_small },
	{ "A child writes every second one.", "S57", write_small },
	{ "The parent writes all, while the child is there.", "S57",
	  parent_writes },
	{ "A huge page.", "S57", store_huge },
	{ "A child writes every second small page of it.", "S57", write_huge },
};

static const struct rep_demo demo = {
	.name = "cow/scatter",
	.title = "does copy-on-write scatter memory?",
	.lesson =
		"Only what is written moves, and only the writer's. Small pages are scattered anyhow; what is lost is the huge page: one run becomes hundreds.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 2,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
