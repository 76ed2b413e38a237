// SPDX-License-Identifier: MIT
/*
 * How malloc rides on the break: it moves the break up when nothing free fits,
 * back down when the top is free, and can't while one block pins the top.
 *
 * Try: heap
 * Try: heap --pages 7
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc/alloc.h"
#include "report/report.h"

static size_t n, page_size;
static char *start; /* the break before: a multiple of the page size */
static void **blocks;
static struct heap *heap;
static struct obs_window *window;

static void set_up(struct rep *r)
{
	struct heap_config config = { .backend = HEAP_BRK, .trim = 1 };
	size_t odd;

	n = rep_pages(r);
	page_size = obs_page_size();
	/* The C library keeps away from the break: this heap is alone on it. */
	mallopt(M_MMAP_THRESHOLD, 0);
	odd = (uintptr_t)sbrk(0) % page_size;
	if (odd && sbrk(page_size - odd) == (void *)-1)
		rep_failed(r, -errno, "sbrk to the end of a page");
	start = sbrk(0);
	config.grow = page_size;
	blocks = calloc(n + 1, sizeof(*blocks));
	if (!blocks)
		rep_failed(r, -ENOMEM, "note %zu blocks", n + 1);
	if (!rep_going(r) ||
	    rep_failed(r, heap_open(&config, &heap), "open a heap"))
		return;
	window = rep_window(r, start, n + 2);
}

static void tear_down(struct rep *r)
{
	heap_close(heap);
	free(blocks);
}

static size_t pages_on_break(void)
{
	return ((char *)sbrk(0) - start) / page_size;
}

static struct heap_stats stats(void)
{
	struct heap_stats stats;

	heap_stats(heap, &stats);
	return stats;
}

static void take_blocks(struct rep *r, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		blocks[i] = heap_malloc(heap, page_size - sizeof(size_t));
		if (rep_failed(r, blocks[i] ? 0 : -ENOMEM, "take block %zu", i))
			return;
	}
}

static void grow(struct rep *r)
{
	struct heap_stats before = stats();

	rep_expect_faults(r, n + 1, OBS_KIND_ZERO);
	rep_expect(r, n + 1, "pages", "between the old break and the new one");
	rep_expect(r, n, "calls", "of sbrk() that moved it");
	rep_because(
		r,
		"%zu block%s of a page each, and the rest of the last page; nothing is free, so each moves the break; only their heads are written",
		n, rep_s(n));
	obs_begin(window);
	take_blocks(r, n);
	obs_end(window);
	if (!rep_going(r))
		return;
	rep_saw_faults(r, window);
	rep_saw(r, pages_on_break());
	rep_saw(r, stats().takes - before.takes);
	rep_strip(r, "heap", window->after, n + 2);
}

static void trim(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	rep_expect(r, 2, "pages", "that the heap keeps");
	rep_because(
		r,
		"what is freed at the top goes back, but for the page that the next request would want again and the one the free block's head is in");
	obs_begin(window);
	for (size_t i = n; i-- > 0;)
		heap_free(heap, blocks[i]);
	obs_end(window);
	rep_saw_faults(r, window);
	rep_saw(r, pages_on_break());
	rep_strip(r, "heap", window->after, n + 2);
}

static void pin(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, n + 2, "pages", "that the heap holds");
	rep_expect(r, n * page_size, "bytes",
		   "in one free block below the last");
	rep_because(
		r,
		"the break can only move where the heap ends, and there one block is live; two pages were there already");
	obs_begin(window);
	take_blocks(r, n + 1);
	for (size_t i = 0; rep_going(r) && i < n; i++)
		heap_free(heap, blocks[i]);
	obs_end(window);
	rep_saw_faults(r, window);
	rep_saw(r, pages_on_break());
	rep_saw(r, stats().largest_free);
	rep_strip(r, "heap", window->after, n + 2);
}

static void unpin(struct rep *r)
{
	size_t kept;

	rep_expect(r, 2, "pages", "that the heap keeps by itself");
	rep_expect(r, 0, "pages", "that it keeps after malloc_trim()");
	rep_expect(r, 0, "pages", "that are there");
	rep_because(r, "with the last block all is free, and the top with it");
	heap_free(heap, blocks[n]);
	kept = pages_on_break();
	heap_trim(heap, 0);
	rep_look(r, 0, window);
	rep_saw(r, kept);
	rep_saw(r, pages_on_break());
	rep_saw(r, obs_count_flags(window->after, n, OBS_PRESENT, OBS_PRESENT));
}

static const struct rep_step steps[] = {
	{ "malloc() moves the break when nothing that is free fits.",
	  "S10 S15 S16", grow,
	  "One block for each page is taken, a page with its head." },
	{ "free() at the top moves it back.", "S18 S29", trim,
	  "All blocks are freed, the last one first." },
	{ "One block at the top pins all that is free below it.", "S18", pin,
	  "As many blocks and one are taken; all but the last are freed." },
	{ "When it is freed, everything goes back.", "S15 S18", unpin,
	  "The last one is freed, and then malloc_trim() is called." },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/heap",
	.title = "how malloc rides on the break",
	.lesson =
		"free() only marks a block; the kernel gets memory back where the heap ends, and one live block there keeps it all.",
	REP_STEPS(steps),
	.pages = 16,
	.copies = 1,
	.set_up = set_up,
	.tear_down = tear_down,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
