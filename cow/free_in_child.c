// SPDX-License-Identifier: MIT
/*
 * A child's free() is not harmless: where an allocator keeps its notes in or
 * beside the blocks, freeing what was inherited copies their pages. Tried on
 * the C library and on each engine of ours; a child that only ends, with all
 * it has inherited, copies nothing.
 *
 * Try: free_in_child
 * Try: free_in_child --pages 7
 * Try: free_in_child --json
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc/alloc.h"
#include "report/report.h"

#define BLOCK_BYTES 1000

/* Who hands out the blocks: the C library, or a heap of ours. */
struct owner {
	bool ours;
	struct heap_config config;
	struct heap *heap;
	char **blocks;
	struct obs_window *window;
};

static size_t n, count;
static struct owner c_library;
static struct owner classic = {
	.ours = true,
	.config = { .engine = HEAP_CLASSIC, .backend = HEAP_MMAP },
};

static struct owner spans = {
	.ours = true,
	.config = { .engine = HEAP_SPANS },
};

/* Enough blocks, one behind the other: what lay about before is passed over. */
static void obtain_all(struct rep *r, struct owner *owner)
{
	size_t i = 0;

	while (i < count && rep_going(r)) {
		char *block = heap_or_libc_malloc(owner->heap, BLOCK_BYTES);

		if (rep_failed(r, block ? 0 : -ENOMEM, "get block %zu", i))
			return;
		if (i &&
		    (size_t)(block - owner->blocks[i - 1]) > 2 * BLOCK_BYTES)
			i = 0;
		touch_write(block, 'b');
		owner->blocks[i++] = block;
	}
}

static void prepare(struct rep *r, struct owner *owner)
{
	size_t page_size = obs_page_size();
	uintptr_t first;

	owner->blocks = calloc(count, sizeof(*owner->blocks));
	if (rep_failed(r, owner->blocks ? 0 : -ENOMEM, "note %zu blocks",
		       count))
		return;
	if (owner->ours &&
	    rep_failed(r, heap_open(&owner->config, &owner->heap),
		       "open a heap"))
		return;
	obtain_all(r, owner);
	/* Pages that hold nothing else; the ends hold who knows what. */
	first = ((uintptr_t)owner->blocks[0] + page_size) & -page_size;
	owner->window = rep_window(r, (char *)first, n);
}

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	count = (n + 2) * obs_page_size() / BLOCK_BYTES;
	prepare(r, &c_library);
	/* One chunk of memory is to hold them all. */
	classic.config.chunk = 2 * count * BLOCK_BYTES;
	prepare(r, &classic);
	prepare(r, &spans);
}

/* Orders for a child. */
static void read_all(void *arg)
{
	struct owner *owner = arg;

	obs_begin(owner->window);
	for (size_t i = 0; i < count - 1; i++)
		touch_read(owner->blocks[i]);
	obs_end(owner->window);
}

/* The last block stays: it keeps the others from going back. */
static void free_all(void *arg)
{
	struct owner *owner = arg;

	obs_begin(owner->window);
	for (size_t i = 0; i < count - 1; i++)
		heap_or_libc_free(owner->heap, owner->blocks[i]);
	obs_end(owner->window);
}

static void in_child(struct rep *r, struct owner *owner, void (*order)(void *))
{
	struct obs_peer *peer = rep_peer(r);

	if (!peer)
		return;
	rep_forked(r, peer, fork());
	rep_order(r, peer, order, owner);
	rep_saw_faults(r, owner->window);
	rep_strip(r, "child", owner->window->after, n);
	rep_end_peer(r, peer);
}

static void only_end(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_because(r, "it reads %zu blocks of %d bytes, and leaves them alone",
		    count - 1, BLOCK_BYTES);
	in_child(r, &c_library, read_all);
}

static void free_c_library(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_because(r, "sizes and links stand between the blocks and in them");
	in_child(r, &c_library, free_all);
}

static void free_classic(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_because(r, "boundary tags: a head before each block, links in it");
	in_child(r, &classic, free_all);
}

static void free_spans(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_because(
		r, "its notes are in pages of their own, private since before");
	in_child(r, &spans, free_all);
}

static const struct rep_step steps[] = {
	{ "A child that frees nothing.", "S45", only_end },
	{ "A child frees blocks of the C library.", "S18 S56", free_c_library },
	{ "A child frees blocks of the classic engine.", "S14 S56",
	  free_classic },
	{ "A child frees blocks of the spans engine.", "S14 S53", free_spans },
};

static const struct rep_demo demo = {
	.name = "cow/free_in_child",
	.title = "what a child's free() un-shares",
	.lesson =
		"free() is a store, where the notes are. With notes among the blocks, a child that frees what it inherited copies it first; with notes apart it does not.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 4,
	.accesses = true,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
