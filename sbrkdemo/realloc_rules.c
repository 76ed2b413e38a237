// SPDX-License-Identifier: MIT
/*
 * The rules of realloc(), each tried on the C library and on our two engines:
 * what moves, what stays, and what a failure leaves. What is said of realloc(p, 0) holds
 * for the GNU C library.
 *
 * Try: realloc_rules
 * Try: realloc_rules --pages 7
 * Try: realloc_rules --json
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/alloc.h"
#include "report/report.h"

/* Who hands out memory: the C library, or, with a heap, an engine of ours. */
static struct library {
	size_t head; /* bytes in front of a block that is a mapping of its own */
	struct heap *heap;
	char *block;
	struct obs_window *window;
} libc = { .head = 16 }, classic = { .head = 16 }, spans;

static size_t n, bytes;
static char *filler, as_they_were[64];

/* With what stands in front of it, the block fills n pages of its own. */
static void prepare(struct rep *r, struct library *lib)
{
	lib->block = heap_or_libc_malloc(lib->heap, bytes);
	if (rep_failed(r, lib->block ? 0 : -ENOMEM, "get %zu bytes", bytes))
		return;
	memset(lib->block, 'y', bytes);
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
	snprintf(as_they_were, sizeof(as_they_were),
		 "of %zu that are as they were", bytes);
	mallopt(M_MMAP_THRESHOLD, config.threshold);
	/* It is one only if it has no room below the break. */
	filler = malloc(mallinfo2().keepcost - 8 * libc.head);
	if (rep_failed(r, heap_open(&config, &classic.heap), "open a heap") ||
	    rep_failed(r, heap_open(&other, &spans.heap), "open a heap"))
		return;
	/* So that its own records have pages, and the block room to grow. */
	heap_free(spans.heap, heap_malloc(spans.heap, 4 * bytes));
	prepare(r, &libc);
	prepare(r, &classic);
	prepare(r, &spans);
	heap_trim(spans.heap, 0);
}

static void tear_down(struct rep *r)
{
	free(libc.block);
	free(filler);
	heap_close(classic.heap);
	heap_close(spans.heap);
}

/* Resize the block: how many of its first bytes are as they were? */
static size_t kept(struct library *lib, size_t size)
{
	char *moved = heap_or_libc_realloc(lib->heap, lib->block, size);
	size_t same = 0;

	if (moved)
		lib->block = moved;
	for (size_t i = 0; i < bytes; i++)
		same += touch_read(lib->block + i) == 'y';
	return same;
}

static void grow(struct rep *r, struct library *lib)
{
	size_t same;

	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, bytes, "bytes", as_they_were);
	rep_because(r,
		    "it grows in place, or mremap() moves entries, not bytes");
	obs_begin(lib->window);
	same = kept(lib, 2 * n * obs_page_size());
	obs_end(lib->window);
	rep_saw_faults(r, lib->window);
	rep_saw(r, same);
}

static void grow_libc(struct rep *r)
{
	grow(r, &libc);
}

static void grow_classic(struct rep *r)
{
	grow(r, &classic);
}

static void grow_spans(struct rep *r)
{
	grow(r, &spans);
}

static void shrink(struct rep *r)
{
	rep_expect(r, bytes, "bytes", "of the front kept by the C library");
	rep_expect(r, 2 * bytes, "bytes", "kept by our engines together");
	rep_because(r, "the end goes, the front of %zu bytes stays", bytes);
	rep_saw(r, kept(&libc, bytes));
	rep_saw(r, kept(&classic, bytes) + kept(&spans, bytes));
}

/* How much does a realloc() leave of the block that has to fail? */
static size_t left(struct library *lib)
{
	size_t same;

	errno = 0;
	same = kept(lib, SIZE_MAX / 2 - n);
	return errno == ENOMEM ? same : 0;
}

static void refuse(struct rep *r)
{
	rep_expect(r, bytes, "bytes", "left by the C library: NULL, ENOMEM");
	rep_expect(r, 2 * bytes, "bytes", "left by ours together, the same");
	rep_because(r, "a realloc() that fails leaves the block as it is");
	rep_saw(r, left(&libc));
	rep_saw(r, left(&classic) + left(&spans));
}

/* realloc() of nothing, and to nothing. */
static bool begins_and_ends(struct library *lib)
{
	char *block = heap_or_libc_realloc(lib->heap, NULL, bytes);

	return block && !heap_or_libc_realloc(lib->heap, block, 0);
}

static void edges(struct rep *r)
{
	rep_expect(r, 3, "libraries", "that give a block, then NULL");
	rep_because(r, "malloc(size); and free(p), but undefined in C23");
	rep_saw(r, begins_and_ends(&libc) + begins_and_ends(&classic) +
			   begins_and_ends(&spans));
}

static const struct rep_step steps[] = {
	{ "realloc() to twice the size: the C library.", "S4 S8", grow_libc },
	{ "realloc() to twice the size: classic.", "S4 S8", grow_classic },
	{ "realloc() to twice the size: spans.", "S4 S8", grow_spans },
	{ "realloc() to the old size.", "S5", shrink },
	{ "realloc() to more than there can be.", "S8", refuse },
	{ "realloc(NULL, size), then realloc(p, 0).", "S6 S7", edges },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/realloc_rules",
	.title = "the rules of realloc()",
	.lesson =
		"realloc() keeps the data, wherever it moves to; one that fails keeps the block; realloc(p, 0) is best avoided.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 4,
	.set_up = set_up,
	.tear_down = tear_down,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
