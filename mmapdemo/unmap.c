// SPDX-License-Identifier: MIT
/*
 * munmap() in the middle, over holes, and whole: what a touch then does. And
 * the address that mmap() is given: a hint, rounded to a page and dropped where
 * something is mapped.
 *
 * Try: unmap
 * Try: unmap --pages 7
 * Try: unmap --json
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, side, hole, page_size;
static char *area;
static struct obs_window *window;

/* Map @pages of fresh memory at or near @hint. */
static char *map(struct rep *r, char *hint, size_t pages, int how)
{
	char *got = mmap(hint, pages * page_size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | how, -1, 0);

	rep_failed(r, got == MAP_FAILED ? -errno : 0, "mmap %zu pages", pages);
	return got;
}

static void unmap(struct rep *r, char *addr, size_t pages)
{
	if (rep_going(r) && munmap(addr, pages * page_size))
		rep_failed(r, -errno, "munmap %zu pages", pages);
}

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	side = rep_vary(r, n / 3, 0, (n - 1) / 2);
	hole = n - 2 * side;
	page_size = obs_page_size();
	area = rep_area(r, n);
	window = rep_window(r, area, n);
	if (rep_going(r))
		map(r, area, n, MAP_FIXED);
}

/* Store to each page; return how many stores find no mapping. */
static size_t try_pages(void)
{
	struct obs_signal signal;
	size_t missed = 0;

	if (obs_begin(window))
		return 0;
	for (size_t i = 0; i < n; i++) {
		obs_try_write(area + i * page_size, 'b', &signal);
		missed += signal.signo == SIGSEGV && signal.code == SEGV_MAPERR;
	}
	obs_end(window);
	return missed;
}

static size_t unmapped(void)
{
	return obs_count_flags(window->after, n, OBS_UNMAPPED, OBS_UNMAPPED);
}

static void first_stores(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "each first store is given a new page of zeros");
	rep_writes(r, NULL, window, 'a');
}

static void in_the_middle(struct rep *r)
{
	size_t missed;

	rep_given(r, "%zu of the %zu pages are unmapped", hole, n);
	rep_expect_faults(r, hole, OBS_KIND_SEGV);
	rep_expect(r, hole, "stores", "that end in SIGSEGV, SEGV_MAPERR");
	rep_expect(r, hole, "pages", "that no mapping holds");
	rep_because(
		r,
		"any pages of a mapping can be unmapped: what is left and right of the hole goes on as mappings of their own");
	unmap(r, area + side * page_size, hole);
	missed = try_pages();
	rep_saw_faults(r, window);
	rep_saw(r, missed);
	rep_saw(r, unmapped());
	rep_strip(r, "area", window->after, n);
}

static void fill_hole(struct rep *r)
{
	char *middle = area + side * page_size, *got;
	struct obs_vma vma = { 0 };

	rep_expect_faults(r, hole, OBS_KIND_ZERO);
	rep_expect(r, 0, "bytes", "from the hint to where the mapping is");
	rep_expect(r, n, "pages", "in the one mapping that is there now");
	rep_because(
		r,
		"the hint is page-aligned and free, so it is taken; mappings of one kind side by side merge");
	got = map(r, middle, hole, 0);
	rep_writes(r, NULL, window, 'c');
	rep_failed(r, obs_vma_of(0, area, &vma), NULL);
	rep_saw(r, got - middle);
	rep_saw(r, (vma.end - vma.start) / page_size);
	rep_strip(r, "area", window->after, n);
}

static void whole(struct rep *r)
{
	size_t missed;

	rep_expect_faults(r, n, OBS_KIND_SEGV);
	rep_expect(r, n, "stores", "that end in SIGSEGV, SEGV_MAPERR");
	rep_because(
		r,
		"munmap() empties a range; where nothing is mapped it has nothing to do, and succeeds");
	unmap(r, area, n);
	unmap(r, area, n);
	missed = try_pages();
	rep_saw_faults(r, window);
	rep_saw(r, missed);
}

static void hints(struct rep *r)
{
	char *near, *other, *exact;

	rep_expect(r, 0, "bytes", "from the hint's page to the mapping");
	rep_expect(r, 1, "mappings", "that is elsewhere, as its hint is taken");
	rep_expect(r, 1, "calls", "with MAP_FIXED there that fails: EINVAL");
	rep_because(
		r,
		"a hint one byte into a page is rounded down to it, a taken one is dropped; with MAP_FIXED the address is an order, and must be exact");
	near = map(r, area + 1, n, 0);
	other = map(r, near, n, 0);
	exact = mmap(area + 1, page_size, PROT_READ,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	rep_saw(r, near - area);
	rep_saw(r, other != near);
	rep_saw(r, exact == MAP_FAILED && errno == EINVAL);
	unmap(r, other, n);
	unmap(r, near, n);
}

static const struct rep_step steps[] = {
	{ "A mapping, written.", "S42", first_stores },
	{ "A hole in its middle.", "S44", in_the_middle },
	{ "The hole is filled at a hint.", "S31", fill_hole },
	{ "Unmapped as a whole, twice.", "S44", whole },
	{ "What becomes of a hint.", "S31 S33", hints },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/unmap",
	.title = "munmap(), and the address hint of mmap()",
	.lesson =
		"Any pages can be unmapped, and a touch is then SIGSEGV. The address given to mmap() is a hint: rounded down to a page, dropped if taken.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 1,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
