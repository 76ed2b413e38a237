// SPDX-License-Identifier: MIT
/*
 * The rules of realloc(), each tried on the C library and on ours: what moves,
 * what stays, and what a failure leaves. What is said of realloc(p, 0) holds
 * for the GNU C library.
 *
 * Try: realloc_rules
 * Try: realloc_rules --pages 7
 * Try: realloc_rules --json
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/alloc.h"
#include "report/report.h"

/* What stands in front of a block, at most. */
#define HEAD_BYTES 16

/* Who hands out memory: a heap of ours, or, without one, the C library. */
struct library {
	struct heap *heap;
	char *block;
	struct obs_window *window;
};

static size_t n, bytes;
static char *filler;
static struct library c_library, ours;

static char *resize(struct library *lib, char *block, size_t size)
{
	return lib->heap ? heap_realloc(lib->heap, block, size) :
			   realloc(block, size);
}

/* With what stands in front of it, the block fills n pages of its own. */
static void prepare(struct rep *r, struct library *lib)
{
	lib->block = resize(lib, NULL, bytes);
	if (rep_failed(r, lib->block ? 0 : -ENOMEM, "get %zu bytes", bytes))
		return;
	memset(lib->block, 'y', bytes);
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
	filler = malloc(mallinfo2().keepcost - 8 * HEAD_BYTES);
	if (rep_failed(r, heap_open(&config, &ours.heap), "open a heap"))
		return;
	prepare(r, &c_library);
	prepare(r, &ours);
}

static void tear_down(struct rep *r)
{
	free(c_library.block);
	free(filler);
	heap_close(ours.heap);
}

/* Resize the block: how many of its first bytes are as they were? */
static size_t kept(struct library *lib, size_t size)
{
	char *moved = resize(lib, lib->block, size);
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
	rep_expect(r, bytes, "bytes", "that are as they were");
	rep_because(r,
		    "a large block is moved by mremap(): entries, not bytes");
	obs_begin(lib->window);
	same = kept(lib, 2 * n * obs_page_size());
	obs_end(lib->window);
	rep_saw_faults(r, lib->window);
	rep_saw(r, same);
}

static void grow_c_library(struct rep *r)
{
	grow(r, &c_library);
}

static void grow_ours(struct rep *r)
{
	grow(r, &ours);
}

static void shrink(struct rep *r)
{
	rep_expect(r, bytes, "bytes", "of the front kept by the C library");
	rep_expect(r, bytes, "bytes", "of the front kept by ours");
	rep_because(r, "the end goes, the front stays");
	rep_saw(r, kept(&c_library, bytes));
	rep_saw(r, kept(&ours, bytes));
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
	rep_expect(r, bytes, "bytes", "left by ours: NULL, ENOMEM");
	rep_because(r, "a realloc() that fails leaves the block as it is");
	rep_saw(r, left(&c_library));
	rep_saw(r, left(&ours));
}

/* realloc() of nothing, and to nothing. */
static bool begins_and_ends(struct library *lib)
{
	char *block = resize(lib, NULL, bytes);

	return block && !resize(lib, block, 0);
}

static void edges(struct rep *r)
{
	rep_expect(r, 2, "libraries", "that give a block, then NULL");
	rep_because(r, "malloc(size); and free(p), but undefined in C23");
	rep_saw(r, begins_and_ends(&c_library) + begins_and_ends(&ours));
}

static const struct rep_step steps[] = {
	{ "realloc() to twice the size: the C library.", "S4 S8",
	  grow_c_library },
	{ "realloc() to twice the size: ours.", "S4 S8", grow_ours },
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
