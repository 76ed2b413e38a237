// SPDX-License-Identifier: MIT
/*
 * Fragmentation, measured: internal, bytes inside a block that nobody asked
 * for; external, free bytes in pieces too small for a request.
 *
 * Try: fragment
 * Try: fragment --pages 1
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "alloc/alloc.h"
#include "report/report.h"

/* A block, as small as they come, and what can be used of it. */
#define SMALLEST 48
#define USABLE	 40
/* Blocks for the second part: three of them have a free one between. */
#define BLOCK 64

static size_t count;
static char *memory;
static void **blocks;
static struct heap *heap;
static struct obs_window *window;

static void set_up(struct rep *r)
{
	size_t bytes = rep_pages(r) * obs_page_size();

	count = bytes / BLOCK - 2;
	blocks = calloc(count, sizeof(*blocks));
	if (rep_failed(r, blocks ? 0 : -ENOMEM, "note %zu blocks", count))
		return;
	memory = rep_area(r, rep_pages(r));
	window = rep_window(r, memory, rep_pages(r));
	if (rep_going(r) &&
	    mmap(memory, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu bytes", bytes);
}

static void tear_down(struct rep *r)
{
	(void)r;
	heap_close(heap);
	free(blocks);
}

/* A heap that has room for @count blocks of this size, and for nothing more. */
static bool start(struct rep *r, size_t block)
{
	struct heap_config config = { .backend = HEAP_FIXED,
				      .buffer = memory,
				      .buffer_size =
					      count * block + HEAP_ALIGN };

	heap_close(heap);
	heap = NULL;
	return !rep_failed(r, heap_open(&config, &heap), "open a heap");
}

static void fill(struct rep *r, size_t request)
{
	for (size_t i = 0; i < count; i++)
		blocks[i] = heap_malloc(heap, request);
	rep_failed(r, blocks[count - 1] ? 0 : -ENOMEM, "take %zu blocks",
		   count);
}

static struct heap_stats stats(void)
{
	struct heap_stats stats;

	heap_stats(heap, &stats);
	return stats;
}

static unsigned int per_mille(double share)
{
	return (unsigned int)(1000 * share + 0.5);
}

static void internal(struct rep *r, size_t request, size_t faults,
		     unsigned int expected)
{
	rep_expect_faults(r, faults, OBS_KIND_ZERO);
	rep_expect(r, count * request, "bytes", "that were asked for");
	rep_expect(r, count * USABLE, "bytes", "that the blocks have");
	rep_expect(r, expected, "per mille", "internal fragmentation");
	rep_because(
		r,
		"the smallest block has %d bytes: 8 for its head, and room for the links and the footer it needs when free",
		SMALLEST);
	if (!start(r, SMALLEST))
		return;
	obs_begin(window);
	fill(r, request);
	obs_end(window);
	rep_saw_faults(r, window);
	rep_saw(r, stats().requested);
	rep_saw(r, stats().usable);
	rep_saw(r, per_mille(stats().internal));
}

static void one_byte(struct rep *r)
{
	/* The links of what was free last reach to the end of the blocks. */
	internal(r, 1, (count * SMALLEST - 1) / obs_page_size() + 1, 975);
}

static void all_used(struct rep *r)
{
	internal(r, USABLE, 0, 0);
}

static void leave_gaps(struct rep *r)
{
	char text[49];

	rep_expect(r, count / 2 * BLOCK, "bytes", "that are free");
	rep_expect(r, BLOCK, "bytes", "in the largest free block");
	rep_expect(r, 0, "blocks", "of 100 bytes that can be had");
	rep_because(
		r,
		"every other block is free, and between any two of them lies one that is not");
	if (!start(r, BLOCK))
		return;
	fill(r, BLOCK - sizeof(size_t));
	for (size_t i = 0; rep_going(r) && i < count; i += 2)
		heap_free(heap, blocks[i]);
	heap_map(heap, BLOCK, text, sizeof(text));
	rep_note(r, "%s  (u used, _ free)", text);
	rep_saw(r, stats().free_bytes);
	rep_saw(r, stats().largest_free);
	rep_saw(r, heap_malloc(heap, 100) ? 1 : 0);
}

static void coalesce(struct rep *r)
{
	size_t most = count * BLOCK - BLOCK;

	rep_expect(r, most, "bytes", "that are free");
	rep_expect(r, most, "bytes", "in the largest free block");
	rep_expect(r, 0, "per mille", "external fragmentation");
	rep_because(
		r,
		"a block that is freed joins its free neighbours at once: all but the last are one");
	for (size_t i = 1; i < count - 1; i += 2)
		heap_free(heap, blocks[i]);
	rep_saw(r, stats().free_bytes);
	rep_saw(r, stats().largest_free);
	rep_saw(r, per_mille(stats().external));
}

static const struct rep_step steps[] = {
	{ "Internal fragmentation: one byte in the smallest block.", "S14 S19",
	  one_byte, "One byte is asked for, again and again." },
	{ "The same blocks, asked for to the last byte: none.", "S19", all_used,
	  "The same blocks, asked for to the last byte." },
	{ "External fragmentation: half is free, and nothing fits.", "S20",
	  leave_gaps,
	  "Every second block is freed; a larger one is asked for." },
	{ "Joining neighbours cures it, once they are free.", "S20", coalesce },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/fragment",
	.title = "internal and external fragmentation, measured",
	.lesson =
		"Internal is what a block has beyond the request; external is free memory in pieces too small to serve one.",
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
