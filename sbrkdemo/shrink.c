// SPDX-License-Identifier: MIT
/*
 * Shrinking the heap by sbrk(): whole pages go back and return zeroed, but the
 * bytes of the last page survive, even those beyond the break.
 *
 * Try: shrink
 * Try: shrink --pages 1
 * Try: shrink --json
 */
#include <errno.h>
#include <malloc.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, page_size, odd;
static char *start; /* of n + 1 pages, the first of which stays */
static struct obs_window *all, *upper;

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
	page_size = obs_page_size();
	odd = rep_vary(r, page_size / 2, 2, page_size - 1);
	/* From now on malloc() takes what it needs by mmap(), not by brk(). */
	mallopt(M_MMAP_THRESHOLD, 0);
	move_break(r, -(uintptr_t)sbrk(0) % page_size);
	start = sbrk(0);
	all = rep_window(r, start, n + 1);
	upper = rep_window(r, start + page_size, n);
}

/* How many bytes from @from to @to are @value? */
static size_t bytes_of(const char *from, const char *to, char value)
{
	size_t count = 0;

	for (; from < to; from++)
		count += touch_read(from) == value;
	return count;
}

static void grow_and_fill(struct rep *r)
{
	rep_expect_faults(r, n + 1, OBS_KIND_ZERO);
	rep_because(
		r,
		"one page more than asked for, so that one can stay; each is filled to its last byte");
	if (!move_break(r, (n + 1) * page_size))
		return;
	obs_begin(all);
	for (char *p = start; p < start + (n + 1) * page_size; p++)
		touch_write(p, 'x');
	obs_end(all);
	rep_saw_faults(r, all);
	rep_strip(r, "heap", all->after, n + 1);
}

static void within_a_page(struct rep *r)
{
	struct obs_signal near, far;
	char *end = start + (n + 1) * page_size, *brk = end - odd;

	rep_given(
		r,
		"by %zu bytes; one byte is stored at the new break, and one at the old",
		odd);
	rep_expect_faults(r, 1, OBS_KIND_SEGV);
	rep_expect(r, odd - 1, "bytes", "beyond that one as before");
	rep_because(
		r,
		"the kernel gives and takes whole pages: a store just past the break is no error, one a page on is");
	obs_begin(all);
	if (!move_break(r, brk - end))
		return;
	obs_try_write(brk, 'y', &near);
	obs_try_write(end, 'x', &far);
	obs_end(all);
	rep_note(r, "at the break: %s", obs_signal_text(&near));
	rep_note(r, "at the next page: %s", obs_signal_text(&far));
	rep_saw_faults(r, all);
	rep_saw(r, bytes_of(brk, end, 'x'));
}

static void whole_pages(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_SEGV);
	rep_expect(r, 1, "pages", "still present");
	rep_because(
		r,
		"the break goes back into the first page; the pages above it leave the mapping and are freed");
	obs_begin(all);
	if (!move_break(r, -(intptr_t)(n * page_size)))
		return;
	obs_end(all);
	rep_saw_faults(r, all);
	rep_saw(r,
		obs_count_flags(all->after, n + 1, OBS_PRESENT, OBS_PRESENT));
	rep_strip(r, "heap", all->after, n + 1);
}

static void grow_again(struct rep *r)
{
	rep_expect_faults(r, n, obs_fresh_read());
	rep_expect(r, n, "pages", "reading as zero");
	rep_expect(r, page_size, "bytes", "of the first page surviving");
	rep_because(
		r,
		"the pages that went are gone; a load finds zeros. The first page never went, not even what of it is beyond the break");
	if (!move_break(r, n * page_size + odd))
		return;
	rep_reads(r, NULL, upper, 0);
	rep_saw(r, upper->matched);
	rep_saw(r, bytes_of(start, start + page_size, 'x'));
	rep_look(r, 0, all);
	rep_strip(r, "heap", all->after, n + 1);
}

static const struct rep_step steps[] = {
	{ "sbrk() grows the heap, and each page is filled with 'x'.", "S25",
	  grow_and_fill },
	{ "Shrink by less than a page: nothing goes.", "S29", within_a_page,
	  "The heap shrinks by less than a page; bytes beyond it are touched." },
	{ "Shrink by whole pages: they go back to the system.", "S25 S29",
	  whole_pages, "It shrinks by whole pages." },
	{ "Grow again: the pages come back zeroed; the first kept its bytes.",
	  "S29", grow_again, "It grows again, and is read." },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/shrink",
	.title = "the program break shrinks",
	.lesson =
		"sbrk() gives back whole pages, and they return zeroed; bytes within the last page survive.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 1,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
