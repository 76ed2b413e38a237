// SPDX-License-Identifier: MIT
/*
 * Where a block moves to a mapping of its own: small ones share the break,
 * which can't be given back in the middle; from a threshold on a block is
 * mapped alone, grows by mremap() and goes back to the kernel when freed.
 *
 * Try: threshold
 * Try: threshold --size 128K
 */
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "alloc/alloc.h"
#include "report/report.h"

static size_t n, page_size, threshold;
static char *start; /* the break before: a multiple of the page size */
static char *below, *at;
static struct heap *heap;

static void set_up(struct rep *r)
{
	struct heap_config config = { .backend = HEAP_AUTO };
	size_t odd;

	n = rep_pages(r);
	page_size = obs_page_size();
	threshold = n * page_size;
	/* The C library keeps away from the break: this heap is alone on it. */
	mallopt(M_MMAP_THRESHOLD, 0);
	odd = (uintptr_t)sbrk(0) % page_size;
	if (odd && sbrk(page_size - odd) == (void *)-1)
		rep_failed(r, -errno, "sbrk to the end of a page");
	start = sbrk(0);
	config.threshold = threshold;
	config.grow = page_size;
	rep_failed(r, heap_open(&config, &heap), "open a heap");
}

static void tear_down(struct rep *r)
{
	heap_close(heap);
}

static struct heap_stats stats(void)
{
	struct heap_stats stats;

	heap_stats(heap, &stats);
	return stats;
}

static int count_own(const struct heap_block *block, void *arg)
{
	*(size_t *)arg += block->own_mapping;
	return 0;
}

static size_t own_mappings(void)
{
	size_t count = 0;

	heap_walk(heap, count_own, &count);
	return count;
}

static char *obtain(struct rep *r, size_t bytes)
{
	char *block = heap_malloc(heap, bytes);

	rep_failed(r, block ? 0 : -ENOMEM, "take %zu bytes", bytes);
	return block;
}

static size_t pages_on_break(void)
{
	return ((char *)sbrk(0) - start) / page_size;
}

static void one_byte_less(struct rep *r)
{
	rep_given(r, "the threshold is %zu bytes", threshold);
	rep_expect(r, 0, "mappings", "of a block's own");
	rep_expect(r, n + 1, "pages", "that the break moved");
	rep_because(
		r,
		"%zu bytes are less than the threshold of %zu; with its head the block reaches into one page more",
		threshold - 1, threshold);
	below = obtain(r, threshold - 1);
	if (!below)
		return;
	rep_saw(r, own_mappings());
	rep_saw(r, pages_on_break());
}

static void at_threshold(struct rep *r)
{
	size_t held = stats().heap_bytes;

	rep_expect(r, 1, "mappings", "of a block's own");
	rep_expect(r, n + 1, "pages", "that the mapping has");
	rep_expect(r, n + 1, "pages", "between the break and where it was");
	rep_because(r, "%zu bytes are not less than the threshold", threshold);
	at = obtain(r, threshold);
	if (!at)
		return;
	rep_saw(r, own_mappings());
	rep_saw(r, (stats().heap_bytes - held) / page_size);
	rep_saw(r, pages_on_break());
}

static void grow(struct rep *r)
{
	struct obs_window *window;
	size_t moves = stats().moves;

	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	rep_expect(r, 0, "blocks", "that were copied");
	rep_expect(r, threshold, "bytes", "that are as they were");
	rep_because(
		r,
		"mremap() moves page table entries, not bytes, and the pages that are new arrive at first touch");
	memset(at, 'x', threshold);
	window = rep_window(r, (char *)((uintptr_t)at & -page_size), n + 1);
	if (!window)
		return;
	obs_begin(window);
	at = heap_realloc(heap, at, 2 * threshold);
	obs_end(window);
	if (rep_failed(r, at ? 0 : -ENOMEM, "resize a block"))
		return;
	rep_saw_faults(r, window);
	rep_saw(r, stats().moves - moves);
	rep_saw(r, strspn(at, "x") < threshold ? strspn(at, "x") : threshold);
}

static void release(struct rep *r)
{
	size_t given = stats().given;

	rep_expect(r, 2 * n + 1, "pages", "that went back, mapped alone");
	rep_expect(r, 0, "mappings", "of a block's own");
	rep_expect(r, threshold - 1, "bytes", "that the other block still has");
	rep_because(
		r,
		"freeing such a block is munmap(); no neighbour is in the way");
	heap_free(heap, at);
	rep_saw(r, (stats().given - given) / page_size);
	rep_saw(r, own_mappings());
	rep_saw(r, stats().requested);
}

static const struct rep_step steps[] = {
	{ "One byte below the threshold a block comes from the break.",
	  "S15 S16", one_byte_less,
	  "malloc() of a byte less than the threshold: all the pages." },
	{ "At the threshold it gets a mapping of its own.", "S17 S30",
	  at_threshold, "malloc() of just as much as the threshold." },
	{ "It grows without being copied.", "S4", grow,
	  "realloc() of that block to twice its size." },
	{ "Freed, it goes back to the kernel at once.", "S15 S30", release,
	  "free() of that block." },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/threshold",
	.title = "where a block moves to a mapping of its own",
	.lesson =
		"Small blocks share the break; a large one is mapped alone, so it can move without a copy and go back by itself.",
	REP_STEPS(steps),
	.pages = 32,
	.copies = 4,
	.set_up = set_up,
	.tear_down = tear_down,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
