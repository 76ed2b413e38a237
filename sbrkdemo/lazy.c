// SPDX-License-Identifier: MIT
/*
 * A large break costs nothing until it is touched: the heap's size, its
 * resident pages and the faults, while a written is written and all is read.
 *
 * Try: lazy
 * Try: lazy --size 64M
 * Try: lazy --json
 */
#include <errno.h>
#include <malloc.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, part, page_size;
static char *start;
static struct obs_window *all, *written;

static bool move_break(struct rep *r, intptr_t increment)
{
	if (sbrk(increment) != (void *)-1)
		return true;
	rep_failed(r, -errno, "sbrk(%zd)", increment);
	return false;
}

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	part = rep_vary(r, (n + 3) / 4, 1, n);
	page_size = obs_page_size();
	/* From now on malloc() takes what it needs by mmap(), not by brk(). */
	mallopt(M_MMAP_THRESHOLD, 0);
	/* One page of the heap is ours before, so that it can be asked for. */
	move_break(r, 2 * page_size - (uintptr_t)sbrk(0) % page_size);
	start = sbrk(0);
	touch_write(start - 1, 'x');
	all = rep_window(r, start, n);
	written = rep_window(r, start, part);
}

/* Pages of address space of the heap (VSZ), and those with memory (RSS). */
static void sizes(struct rep *r, size_t *mapped, size_t *resident)
{
	struct obs_vma vma = { 0 };
	struct obs_rollup sums = { 0 };

	rep_failed(r, obs_vma_of(0, start - 1, &vma), NULL);
	rep_failed(r, obs_vma_sums_of(0, start - 1, &sums), NULL);
	*mapped = (vma.end - vma.start) / page_size;
	*resident = sums.rss / page_size;
}

static size_t mapped_before, resident_before;

/* Hand in a window, then by how many pages the heap has grown in each sense. */
static void hand_in(struct rep *r, const struct obs_window *window)
{
	size_t mapped, resident;

	rep_saw_faults(r, window);
	sizes(r, &mapped, &resident);
	rep_saw(r, mapped - mapped_before);
	rep_saw(r, resident - resident_before);
	rep_look(r, 0, all);
	rep_strip(r, "heap", all->after, n);
}

static void expect(struct rep *r, size_t mapped, size_t resident)
{
	rep_expect(r, mapped, "pages", "that the heap's address range grew by");
	rep_expect(r, resident, "pages", "that its resident memory grew by");
}

static void grow(struct rep *r)
{
	/* What is resident of the heap already must not grow by itself. */
	rep_failed(r, obs_quiet(), NULL);
	sizes(r, &mapped_before, &resident_before);
	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	expect(r, n, 0);
	rep_because(r, "the range is there at once, the pages are not");
	obs_begin(all);
	if (!move_break(r, n * page_size))
		return;
	obs_end(all);
	hand_in(r, all);
}

static void write_part(struct rep *r)
{
	rep_given(r, "%zu of the %zu pages are written", part, n);
	rep_expect_faults(r, part, OBS_KIND_ZERO);
	expect(r, n, part);
	rep_because(r, "a page comes when it is stored to, and only it");
	written->value = 'x';
	obs_writes(written);
	hand_in(r, written);
}

static void read_all(struct rep *r)
{
	bool shared = obs_fresh_read() == OBS_KIND_ZEROPAGE;

	rep_expect_faults(r, n - part, obs_fresh_read());
	expect(r, n, shared ? part : n);
	rep_because(
		r, "a load faults where nothing was stored, and finds %s",
		shared ?
			"the page of zeros, which is nobody's memory" :
			"a page of its own: this kernel maps no page of zeros");
	obs_reads(all);
	hand_in(r, all);
}

static void shrink(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	expect(r, 0, 0);
	rep_because(r, "range and pages go together");
	obs_begin(all);
	if (!move_break(r, -(intptr_t)(n * page_size)))
		return;
	obs_end(all);
	hand_in(r, all);
}

static const struct rep_step steps[] = {
	{ "The break moves.", "S25 S28", grow },
	{ "A part is written.", "S28", write_part },
	{ "All is read.", "S28", read_all },
	{ "The break moves back.", "S29", shrink },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/lazy",
	.title = "a large break is free until touched",
	.lesson =
		"The kernel maps a new range at once when sbrk() grows the heap, but no memory: that comes page by page, at the first store.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 1,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
