// SPDX-License-Identifier: MIT
/*
 * The rules of malloc() and calloc(), each tried on the C library and on ours:
 * fresh memory is zero, recycled memory holds old bytes, calloc() clears and
 * checks. How much of a recycled block is old holds for the GNU C library.
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

/* What stands in front of a block, at most. */
#define HEAD_BYTES  16
#define SMALL_BYTES 120
/* What lies behind the links in front, and before the size at the end. */
#define OLD_BYTES(lib) (SMALL_BYTES - (lib)->front - sizeof(size_t))

/* Who hands out memory: a heap of ours, or, without one, the C library. */
struct library {
	struct heap *heap;
	size_t front; /* bytes that free() writes into a small block, at most */
	char *block;
	struct obs_window *window;
};

static size_t n, bytes;
static char *filler;
static struct library c_library = { .front = 2 * sizeof(void *) };
static struct library ours = { .front = 4 * sizeof(void *) };

static char *obtain(struct library *lib, size_t size)
{
	return lib->heap ? heap_malloc(lib->heap, size) : malloc(size);
}

static char *clear(struct library *lib, size_t number, size_t size)
{
	return lib->heap ? heap_calloc(lib->heap, number, size) :
			   calloc(number, size);
}

static void release(struct library *lib, char *block)
{
	if (lib->heap)
		heap_free(lib->heap, block);
	else
		free(block);
}

/* With what stands in front of it, the block fills n pages of its own. */
static void prepare(struct rep *r, struct library *lib)
{
	lib->block = obtain(lib, bytes);
	if (!rep_failed(r, lib->block ? 0 : -ENOMEM, "get %zu bytes", bytes))
		lib->window = rep_window(r, lib->block - HEAD_BYTES, n);
}

static void set_up(struct rep *r)
{
	struct heap_config config = { .backend = HEAP_MMAP };

	n = rep_pages(r);
	bytes = n * obs_page_size() - 2 * HEAD_BYTES;
	/* What has a page or more is to be a mapping of its own. */
	config.threshold = obs_page_size() / 2;
	mallopt(M_MMAP_THRESHOLD, config.threshold);
	/* It is one only if it has no room below the break. */
	filler = malloc(mallinfo2().keepcost - SMALL_BYTES);
	rep_failed(r, heap_open(&config, &ours.heap), "open a heap");
	prepare(r, &c_library);
	prepare(r, &ours);
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

	rep_expect_faults(r, n - 1, obs_fresh_read());
	rep_expect(r, bytes, "bytes", "in a row, all of them zero");
	rep_because(r,
		    "the kernel gives zeros; the block's notes are in page 1");
	obs_begin(lib->window);
	zeros = count(lib->block, bytes, 0);
	obs_end(lib->window);
	rep_saw_faults(r, lib->window);
	rep_saw(r, zeros);
}

static void fresh_c_library(struct rep *r)
{
	fresh(r, &c_library);
}

static void fresh_ours(struct rep *r)
{
	fresh(r, &ours);
}

/* Free a small block and get it again: how much in its middle is old? */
static size_t recycle(struct library *lib)
{
	char *small = obtain(lib, SMALL_BYTES), *next = obtain(lib, 1);
	size_t found;

	for (size_t i = 0; small && i < SMALL_BYTES; i++)
		touch_write(small + i, 'x');
	release(lib, small);
	small = obtain(lib, SMALL_BYTES);
	found = small ? count(small + lib->front, OLD_BYTES(lib), 'x') : 0;
	release(lib, small);
	release(lib, next);
	return found;
}

static void recycled(struct rep *r)
{
	rep_expect(r, OLD_BYTES(&c_library), "bytes", "of old data");
	rep_expect(r, OLD_BYTES(&ours), "bytes", "of old data, ours");
	rep_because(r, "free() writes at the ends, and malloc() nothing");
	rep_saw(r, recycle(&c_library));
	rep_saw(r, recycle(&ours));
}

/* How much of a small, recycled block does calloc() return as zero? */
static size_t clear_small(struct library *lib)
{
	char *small = clear(lib, SMALL_BYTES / 8, 8);
	size_t zeros = small ? count(small, SMALL_BYTES, 0) : 0;

	release(lib, small);
	return zeros;
}

static void cleared(struct rep *r)
{
	rep_expect(r, SMALL_BYTES, "bytes", "of zero, by the C library");
	rep_expect(r, SMALL_BYTES, "bytes", "of zero, by ours");
	rep_expect(r, 2, "libraries", "that refuse 3 times half of all memory");
	rep_because(r,
		    "calloc() clears what is recycled, and checks the product");
	rep_saw(r, clear_small(&c_library));
	rep_saw(r, clear_small(&ours));
	rep_saw(r, !clear(&c_library, SIZE_MAX / 2 - n, 3) +
			   !clear(&ours, SIZE_MAX / 2 - n, 3));
}

static const struct rep_step steps[] = {
	{ "malloc(), fresh from the kernel: the C library.", "S1 S2",
	  fresh_c_library },
	{ "malloc(), fresh from the kernel: ours.", "S1 S2", fresh_ours },
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
