// SPDX-License-Identifier: MIT
/*
 * A pool of blocks of one size: the course's own example, 32 blocks of 32
 * bytes, one too many, all freed. Then what a fork makes of it: a free list
 * kept in the blocks costs a page copy wherever one is freed, a list kept
 * beside them does not.
 *
 * Try: pool
 * Try: pool --pages 1000
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc/alloc.h"
#include "report/report.h"

#define EXAMPLE 32

/* A pool in use, for a child to free. */
struct forked {
	struct pool *pool;
	void **blocks;
	size_t count;
	struct obs_window *window;
};

static struct pool *example;
static void *taken[EXAMPLE];
/* Both stay: a window keeps its range until the demo ends. */
static struct forked forked[2];

static void tear_down(struct rep *r)
{
	pool_destroy(example);
	for (size_t i = 0; i < 2; i++) {
		pool_destroy(forked[i].pool);
		free(forked[i].blocks);
	}
}

static void take_all(struct rep *r)
{
	int rc = pool_create(EXAMPLE, EXAMPLE, POOL_LIST_OUTSIDE, &example);
	size_t count = 0;
	bool refused;

	rep_expect(r, EXAMPLE, "blocks", "of 32 bytes that are had");
	rep_expect(r, 1, "calls", "that fail with ENOMEM: one too many");
	rep_because(r, "the pool was made of %d blocks and gets no more",
		    EXAMPLE);
	if (rep_failed(r, rc, "create a pool"))
		return;
	while (count < EXAMPLE && (taken[count] = pool_alloc(example)))
		count++;
	errno = 0;
	refused = !pool_alloc(example) && errno == ENOMEM;
	rep_saw(r, count);
	rep_saw(r, refused);
}

static void free_wrong(struct rep *r)
{
	size_t refused = 0;
	int local;

	rep_expect(r, 2, "calls", "that fail with EINVAL");
	rep_expect(r, 0, "blocks", "that the pool has got back");
	rep_because(r, "an address outside, and one inside a block");
	refused += pool_free(example, &local) == -EINVAL;
	refused += pool_free(example, (char *)taken[3] + 1) == -EINVAL;
	rep_saw(r, refused);
	rep_saw(r, pool_left(example));
}

static void free_all(struct rep *r)
{
	size_t freed = 0;

	rep_expect(r, EXAMPLE, "blocks", "that are freed");
	rep_expect(r, 1, "calls", "that fail with EINVAL: freed twice");
	rep_expect(r, EXAMPLE, "blocks", "that can be had again");
	rep_because(r, "each was out once, and the pool knows which are");
	for (size_t i = 0; i < EXAMPLE; i++)
		freed += !pool_free(example, taken[i]);
	rep_saw(r, freed);
	rep_saw(r, pool_free(example, taken[0]) == -EINVAL);
	rep_saw(r, pool_left(example));
}

/* Blocks of 32 bytes in so many pages, all of them out and written. */
static bool fill(struct rep *r, struct forked *f, size_t bytes,
		 enum pool_list list)
{
	int rc = -ENOMEM;

	f->count = bytes / EXAMPLE;
	f->blocks = calloc(f->count, sizeof(*f->blocks));
	if (f->blocks)
		rc = pool_create(EXAMPLE, f->count, list, &f->pool);
	if (rep_failed(r, rc, "create a pool of %zu blocks", f->count))
		return false;
	for (size_t i = 0; i < f->count; i++) {
		f->blocks[i] = pool_alloc(f->pool);
		*(char *)f->blocks[i] = 'x';
	}
	return true;
}

static void child_frees(void *arg)
{
	struct forked *f = arg;

	if (obs_begin(f->window))
		return;
	for (size_t i = 0; i < f->count; i++)
		pool_free(f->pool, f->blocks[i]);
	obs_end(f->window);
}

static void free_in_child(struct rep *r, enum pool_list list, size_t copies,
			  const char *why)
{
	struct forked *f = &forked[list];
	size_t pages = rep_pages(r);
	struct obs_peer *peer;

	if (!fill(r, f, pages * obs_page_size(), list))
		return;
	f->window = rep_window(r, f->blocks[0], pages);
	peer = rep_peer(r);
	if (!f->window || !peer)
		return;
	rep_expect_faults(r, copies, OBS_KIND_COPY);
	rep_because(r, "%s", why);
	rep_forked(r, peer, fork());
	rep_order(r, peer, child_frees, f);
	rep_end_peer(r, peer);
	rep_saw_faults(r, f->window);
	rep_strip(r, "blocks", f->window->after, pages);
}

static void outside(struct rep *r)
{
	free_in_child(r, POOL_LIST_OUTSIDE, 0,
		      "the links are in a table, private since before");
}

static void inside(struct rep *r)
{
	free_in_child(r, POOL_LIST_INSIDE, rep_pages(r),
		      "the link of each free block is written into it");
}

static const struct rep_step steps[] = {
	{ "A pool of 32 blocks gives 32 blocks.", "S21 S59 S60", take_all,
	  "A pool is made of 32 blocks; 33 are asked for." },
	{ "A pointer that is not a block of it is refused.", "S59", free_wrong,
	  "Two are given back that never were a block of it." },
	{ "All are freed again, each once.", "S60", free_all,
	  "All 32 are given back, then the first of them again." },
	{ "With the list outside, a child frees all without a copy.", NULL,
	  outside, "A child frees all; the list of free blocks is outside." },
	{ "With the list inside the blocks, every page is copied.", NULL,
	  inside, "A child frees all; the list of free blocks is in them." },
};

static const struct rep_demo demo = {
	.name = "cow/pool",
	.title = "a pool of blocks, and its free list after a fork",
	.lesson =
		"Freeing is a store: where the allocator keeps its free list decides what a child's free() copies.",
	REP_STEPS(steps),
	.pages = 16,
	.copies = 4,
	.tear_down = tear_down,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
