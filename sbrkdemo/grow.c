// SPDX-License-Identifier: MIT
/*
 * Growing the heap by sbrk(): the break moves at once, memory arrives page by
 * page at the first touch, and what sbrk() returns is the *previous* break.
 *
 * Try: grow
 * Try: grow --size 1M
 * Try: grow --ask < /dev/null || test $? = 1
 */
#include <errno.h>
#include <malloc.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, bytes, page_size;
static char *start; /* the break before it grew: a multiple of the page size */
static struct obs_window *window;

static void set_up(struct rep *r)
{
	size_t odd;

	n = rep_pages(r);
	page_size = obs_page_size();
	bytes = n * page_size;
	/* From now on malloc() takes what it needs by mmap(), not by brk(). */
	mallopt(M_MMAP_THRESHOLD, 0);
	odd = (uintptr_t)sbrk(0) % page_size;
	if (odd && sbrk(page_size - odd) == (void *)-1)
		rep_failed(r, -errno, "sbrk to the end of a page");
	start = sbrk(0);
	window = rep_window(r, start, n);
}

static void move_break(struct rep *r)
{
	char *returned, *now;

	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	rep_expect(r, n, "pages", "between the old break and the new one");
	rep_expect(r, 0, "bytes",
		   "between what sbrk() returned and the old break");
	rep_expect(r, 0, "pages", "present");
	rep_because(
		r,
		"sbrk(increment) moves the end of the heap (the manual's 'data segment') and returns where it was; no page is needed for that");
	obs_begin(window);
	returned = sbrk(bytes);
	obs_end(window);
	if (returned == (void *)-1) {
		rep_failed(r, -errno, "sbrk(%zu)", bytes);
		return;
	}
	now = sbrk(0);
	rep_note(r, "sbrk(%zu) returned %p; sbrk(0) is %p now", bytes,
		 (void *)returned, (void *)now);
	rep_saw_faults(r, window);
	rep_saw(r, (now - start) / page_size);
	rep_saw(r, returned - start);
	rep_saw(r, obs_count_flags(window->after, n, OBS_PRESENT, OBS_PRESENT));
	rep_strip(r, "heap", window->after, n);
}

static void first_touch(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, n, "pages", "present");
	rep_because(r, "each first store faults and brings a page of zeros");
	rep_writes(r, NULL, window, 'x');
	rep_saw(r, obs_count_flags(window->after, n, OBS_PRESENT, OBS_PRESENT));
	rep_strip(r, "heap", window->after, n);
}

static void second_touch(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	rep_because(r, "the pages are there and writable");
	rep_writes(r, NULL, window, 'x');
}

static void give_back(struct rep *r)
{
	char *returned = sbrk(0);

	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	rep_expect(r, n, "pages", "between what sbrk() returned and the break");
	rep_expect(r, 0, "pages", "present");
	rep_because(
		r,
		"a negative increment moves the break back, and what it returns is again the break before: the higher one");
	obs_begin(window);
	returned = sbrk(-bytes);
	obs_end(window);
	if (returned == (void *)-1) {
		rep_failed(r, -errno, "sbrk(-%zu)", bytes);
		return;
	}
	rep_saw_faults(r, window);
	rep_saw(r, (returned - (char *)sbrk(0)) / page_size);
	rep_saw(r, obs_count_flags(window->after, n, OBS_PRESENT, OBS_PRESENT));
}

static const struct rep_step steps[] = {
	{ "sbrk() moves the break at once, but brings no memory.",
	  "S16 S25 S26 S28", move_break,
	  "sbrk() grows the heap; nothing is touched." },
	{ "Memory arrives at the first touch of each page.", "S28", first_touch,
	  "Each page is stored to." },
	{ "The second touch is just a store.", NULL, second_touch,
	  "Each page is stored to again." },
	{ "sbrk() with a negative increment gives the pages back.",
	  "S25 S26 S29", give_back, "sbrk() with a negative increment." },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/grow",
	.title = "the program break grows",
	.lesson =
		"sbrk() moves the end of the heap at once and returns the previous end; memory arrives page by page, at first touch.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 1,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
