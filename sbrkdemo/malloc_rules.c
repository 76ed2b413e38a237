// SPDX-License-Identifier: MIT
/*
 * The rules of malloc() and calloc(), each tried on the C library and on our two
 * engines: fresh memory is zero, recycled memory holds old bytes, calloc() clears
 * and checks. How much of a recycled block is old holds for the GNU C library.
 *
 * Try: malloc_rules
 * Try: malloc_rules --pages 7
 * Try: malloc_rules --json
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "alloc/alloc.h"
#include "report/report.h"

#define SMALL_BYTES 120
/* What free() leaves of a small block. */
#define OLD_BYTES(lib) (SMALL_BYTES - (lib)->front - (lib)->end)

/* Who hands out memory: the C library, or, with a heap, an engine of ours. */
struct library {
	size_t head; /* bytes in front of a block that is a mapping of its own */
	size_t front; /* bytes that free() writes into a small block, at most */
	size_t end; /* ... at its other end */
	struct heap *heap;
	char *block;
	struct obs_window *window;
};

static struct library libc = { 16, 2 * sizeof(void *), sizeof(size_t) };
static struct library classic = { 16, 4 * sizeof(void *), sizeof(size_t) };
static struct library spans;
static size_t n, bytes;
static char *filler;

/* With what stands in front of it, the block fills n pages of its own. */
static void prepare(struct rep *r, struct library *lib)
{
	lib->block = heap_or_libc_malloc(lib->heap, bytes);
	if (!rep_failed(r, lib->block ? 0 : -ENOMEM, "get %zu bytes", bytes))
		lib->window = rep_window(r, lib->block - lib->head, n);
}

static void set_up(struct rep *r)
{
	/* What has half a page or more is to be a mapping of its own. */
	struct heap_config config = { .backend = HEAP_MMAP,
				      .threshold = obs_page_size() / 2 };
	struct heap_config other = { .engine = HEAP_SPANS };

	n = rep_pages(r);
	bytes = n * obs_page_size() - 2 * libc.head;
	mallopt(M_MMAP_THRESHOLD, config.threshold);
	/* It is one only if it has no room below the break. */
	filler = malloc(mallinfo2().keepcost - SMALL_BYTES);
	prepare(r, &libc);
	if (rep_failed(r, heap_open(&config, &classic.heap), "open a heap") ||
	    rep_failed(r, heap_open(&other, &spans.heap), "open a heap"))
		return;
	prepare(r, &classic);
	prepare(r, &spans);
}

static void tear_down(struct rep *r)
{
	free(filler);
}

static size_t count(const char *p, size_t size, char value)
{
	size_t found = 0;

	for (size_t i = 0; i < size; i++)
		found += touch_read(p + i) == value;
	return found;
}

static void fresh(struct rep *r, struct library *lib)
{
	size_t zeros;

	rep_expect_faults(r, n - !!lib->head, obs_fresh_read());
	rep_expect(r, bytes, "bytes", "in a row, all of them zero");
	rep_because(r, "the kernel gives zeros; a head, if any, is in page 1");
	obs_begin(lib->window);
	zeros = count(lib->block, bytes, 0);
	obs_end(lib->window);
	rep_saw_faults(r, lib->window);
	rep_saw(r, zeros);
}

static void fresh_libc(struct rep *r)
{
	fresh(r, &libc);
}

static void fresh_classic(struct rep *r)
{
	fresh(r, &classic);
}

static void fresh_spans(struct rep *r)
{
	fresh(r, &spans);
}

/* Free a small block and get it again: how much in its middle is old? */
static size_t recycle(const struct library *lib)
{
	char *small = heap_or_libc_malloc(lib->heap, SMALL_BYTES);
	char *next = heap_or_libc_malloc(lib->heap, 1);
	size_t found;

	for (size_t i = 0; small && i < SMALL_BYTES; i++)
		touch_write(small + i, 'x');
	heap_or_libc_free(lib->heap, small);
	small = heap_or_libc_malloc(lib->heap, SMALL_BYTES);
	found = small ? count(small + lib->front, OLD_BYTES(lib), 'x') : 0;
	heap_or_libc_free(lib->heap, small);
	heap_or_libc_free(lib->heap, next);
	return found;
}

static void recycled(struct rep *r)
{
	rep_expect(r, OLD_BYTES(&libc), "bytes", "of old data");
	rep_expect(r, OLD_BYTES(&classic), "bytes", "of old data, classic");
	rep_expect(r, OLD_BYTES(&spans), "bytes", "of old data, spans");
	rep_because(r,
		    "free() writes at the ends, if at all; malloc() nothing");
	rep_saw(r, recycle(&libc));
	rep_saw(r, recycle(&classic));
	rep_saw(r, recycle(&spans));
}

/* How much of a small, recycled block does calloc() return as zero? */
static size_t clear(const struct library *lib)
{
	char *small = heap_or_libc_calloc(lib->heap, SMALL_BYTES / 8, 8);
	size_t zeros = small ? count(small, SMALL_BYTES, 0) : 0;

	heap_or_libc_free(lib->heap, small);
	return zeros;
}

static void cleared(struct rep *r)
{
	rep_expect(r, SMALL_BYTES, "bytes", "of zero, by the C library");
	rep_expect(r, 2 * SMALL_BYTES, "bytes", "of zero, by ours together");
	rep_expect(r, 3, "libraries", "that refuse 3 times half of all memory");
	rep_because(r,
		    "calloc() clears what is recycled, and checks the product");
	rep_saw(r, clear(&libc));
	rep_saw(r, clear(&classic) + clear(&spans));
	rep_saw(r, !heap_or_libc_calloc(NULL, SIZE_MAX / 2 - n, 3) +
			   !heap_calloc(classic.heap, SIZE_MAX / 2 - n, 3) +
			   !heap_calloc(spans.heap, SIZE_MAX / 2 - n, 3));
}

static const struct rep_step steps[] = {
	{ "malloc(), fresh from the kernel: the C library.", "S1 S2",
	  fresh_libc },
	{ "malloc(), fresh: our classic engine.", "S1 S2", fresh_classic },
	{ "malloc(), fresh: our spans engine.", "S1 S2", fresh_spans },
	{ "malloc(), recycled.", "S2 S18", recycled },
	{ "calloc().", "S1 S3", cleared },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/malloc_rules",
	.title = "the rules of malloc() and calloc()",
	.lesson =
		"Fresh memory is zero because the kernel gives zeros; recycled memory holds what was there. calloc() clears, and refuses what overflows.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 2,
	.set_up = set_up,
	.tear_down = tear_down,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
