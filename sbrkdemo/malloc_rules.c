// SPDX-License-Identifier: MIT
/*
 * The rules of malloc(), calloc() and realloc(), each tried on the C library:
 * what is in the memory, what moves, and what a failure leaves. What is said
 * of recycled bytes and of realloc(p, 0) holds for the GNU C library.
 *
 * Try: malloc_rules
 * Try: malloc_rules --pages 7
 * Try: malloc_rules --json
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

/* A small block, and what free() writes into it: two pointers. */
#define SMALL_BYTES 120
#define LINK_BYTES  (2 * sizeof(void *))

static size_t n, bytes;
static char *filler, *block; /* with malloc()'s own bytes, it fills n pages */
static struct obs_window *window;

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	bytes = n * obs_page_size() - 2 * LINK_BYTES;
	/* What has a page or more is to be a mapping of its own. */
	mallopt(M_MMAP_THRESHOLD, obs_page_size() / 2);
	/* It is one only if it has no room below the break. */
	filler = malloc(mallinfo2().keepcost - SMALL_BYTES);
	block = malloc(bytes);
	rep_failed(r, block ? 0 : -ENOMEM, "malloc(%zu)", bytes);
	window = rep_window(r, block - LINK_BYTES, n);
}

static size_t count(const char *p, size_t size, char value)
{
	size_t found = 0;

	for (size_t i = 0; i < size; i++)
		found += touch_read(p + i) == value;
	return found;
}

static void fresh(struct rep *r)
{
	size_t zeros;

	rep_expect_faults(r, n - 1, obs_fresh_read());
	rep_expect(r, bytes, "bytes", "in a row, all of them zero");
	rep_because(r,
		    "the kernel gives zeros; malloc()'s notes are in page 1");
	obs_begin(window);
	zeros = count(block, bytes, 0);
	obs_end(window);
	rep_saw_faults(r, window);
	rep_saw(r, zeros);
}

static void recycled(struct rep *r)
{
	char *small = malloc(SMALL_BYTES), *again;

	rep_expect(r, SMALL_BYTES - LINK_BYTES, "bytes", "of old data");
	rep_because(r, "free() puts two pointers in front, malloc() nothing");
	for (size_t i = 0; i < SMALL_BYTES; i++)
		touch_write(small + i, 'x');
	free(small);
	again = malloc(SMALL_BYTES);
	rep_saw(r, count(again + LINK_BYTES, SMALL_BYTES - LINK_BYTES, 'x'));
	free(again);
}

static void cleared(struct rep *r)
{
	char *small = calloc(SMALL_BYTES / 8, 8), *huge;

	rep_expect(r, SMALL_BYTES, "bytes", "that calloc() returns as zero");
	rep_expect(r, 1, "calls", "whose product overflows: NULL, ENOMEM");
	rep_because(r, "calloc() clears, and checks the product");
	rep_saw(r, count(small, SMALL_BYTES, 0));
	errno = 0;
	huge = calloc(SIZE_MAX / 2 - n, 3);
	rep_saw(r, !huge && errno == ENOMEM);
	free(huge);
	free(small);
}

/* Resize the block; how many of its first bytes are as they were? */
static size_t resize(struct rep *r, size_t size, size_t kept)
{
	char *moved = realloc(block, size);

	if (moved)
		block = moved;
	else
		rep_failed(r, -ENOMEM, "realloc(%zu)", size);
	return count(block, kept, 'y');
}

static void grow(struct rep *r)
{
	size_t same;

	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, bytes, "bytes", "that are as they were");
	rep_because(r,
		    "a large block is moved by mremap(): entries, not bytes");
	memset(block, 'y', bytes);
	obs_begin(window);
	same = resize(r, 2 * n * obs_page_size(), bytes);
	obs_end(window);
	rep_saw_faults(r, window);
	rep_saw(r, same);
}

static void shrink(struct rep *r)
{
	rep_expect(r, bytes, "bytes", "of the front that are as they were");
	rep_because(r, "the end goes, the front stays");
	rep_saw(r, resize(r, bytes, bytes));
}

static void refuse(struct rep *r)
{
	char *moved;

	rep_expect(r, 1, "calls", "that fails: NULL, ENOMEM");
	rep_expect(r, bytes, "bytes", "of the old block as they were");
	rep_because(r, "a realloc() that fails leaves the block as it is");
	errno = 0;
	moved = realloc(block, SIZE_MAX / 2 - n);
	rep_saw(r, !moved && errno == ENOMEM);
	block = moved ? moved : block;
	rep_saw(r, count(block, bytes, 'y'));
}

static void edges(struct rep *r)
{
	char *first = realloc(NULL, SMALL_BYTES), *none;
	bool given = malloc_usable_size(first) >= SMALL_BYTES;

	rep_expect(r, 2, "calls", "of which one gives a block, one NULL");
	rep_because(r, "malloc(size); and free(p), but undefined in C23");
	none = realloc(first, 0);
	rep_saw(r, given + !none);
	free(none);
}

static void tear_down(struct rep *r)
{
	free(block);
	free(filler);
}

static const struct rep_step steps[] = {
	{ "malloc(), fresh from the kernel.", "S1 S2", fresh },
	{ "malloc(), recycled.", "S2 S18", recycled },
	{ "calloc().", "S3", cleared },
	{ "realloc() to twice the size.", "S4 S8", grow },
	{ "realloc() to the old size.", "S5", shrink },
	{ "realloc() to more than there can be.", "S8", refuse },
	{ "realloc(NULL, size) and realloc(p, 0).", "S6 S7", edges },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/malloc_rules",
	.title = "the rules of malloc(), calloc() and realloc()",
	.lesson =
		"Fresh memory is zero, recycled memory is not. realloc() keeps the data, a failed one the block; realloc(p, 0) is best avoided.",
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
