// SPDX-License-Identifier: MIT
/*
 * The classic engine, seen block by block: the walk, and the check that goes
 * through the whole heap and names the first invariant that does not hold.
 */
#include "internal.h"

#include <errno.h>

static int show(const struct heap *heap, const struct region *region,
		const struct block *block,
		int (*visit)(const struct heap_block *block, void *arg),
		void *arg)
{
	struct heap_block view = {
		.region = (size_t)(region - heap->regions),
		.start = block,
		.size = block_size(block),
		.payload = block_payload(block),
		.used = block_used(block),
		.own_mapping = region->own,
	};

	if (view.used)
		view.requested = classic_requested(region, block);
	return visit(&view, arg);
}

static bool fits(const struct heap *heap, const struct region *region,
		 const struct block *block)
{
	return block_intact(heap, block) &&
	       block_end(block) <= region_limit(region);
}

int classic_walk(struct heap *heap,
		 int (*visit)(const struct heap_block *block, void *arg),
		 void *arg)
{
	struct region *end = heap->regions + heap->region_count;
	struct region *region;
	struct block *block;
	int result;

	for (region = heap->regions; region < end; region++) {
		for (block = region->first; block < region_limit(region);
		     block = block_end(block)) {
			if (!fits(heap, region, block))
				return -EUCLEAN;
			result = show(heap, region, block, visit, arg);
			if (result)
				return result;
		}
	}
	return 0;
}

/* What the check counts on its way, to be compared with the statistics. */
struct tally {
	size_t held;
	size_t used;
	size_t usable;
	size_t requested;
	size_t free;
	size_t free_bytes;
};

static int broken(struct heap_fault *fault, const char *invariant,
		  const void *address)
{
	fault->invariant = invariant;
	fault->address = address;
	return -EUCLEAN;
}

static int check_free(const struct heap *heap, const struct region *region,
		      const struct block *block, struct heap_fault *fault)
{
	const struct free_block *node = (const struct free_block *)block;
	size_t rank = index_rank(&heap->index, node);

	if (block_end(block) < region_limit(region) &&
	    *block_footer(block) != block_size(block))
		return broken(fault, "a free block's footer repeats its size",
			      block);
	if (index_at(&heap->index, rank) != node)
		return broken(fault, "every free block is in the index", block);
	return 0;
}

static int check_block(const struct heap *heap, const struct region *region,
		       const struct block *block, const struct block *before,
		       struct heap_fault *fault)
{
	bool before_is_free = before && !block_used(before);

	if (!block_intact(heap, block))
		return broken(fault, "a head agrees with its checksum", block);
	if (block_end(block) > region_limit(region))
		return broken(fault, "a block ends within its region", block);
	if (block_head(block).before_is_free != before_is_free)
		return broken(fault,
			      "a head knows whether the block before is free",
			      block);
	if (block_used(block))
		return 0;
	if (before_is_free)
		return broken(fault, "no two free blocks touch", block);
	return check_free(heap, region, block, fault);
}

static void count(struct tally *tally, const struct region *region,
		  const struct block *block)
{
	if (block_used(block)) {
		tally->used++;
		tally->usable += block_size(block) - HEAD_BYTES;
		tally->requested += classic_requested(region, block);
	} else {
		tally->free++;
		tally->free_bytes += block_size(block);
	}
}

static int check_region(const struct heap *heap, const struct region *region,
			struct tally *tally, struct heap_fault *fault)
{
	const struct block *before = NULL;
	const struct block *block = region->first;

	if (region > heap->regions && region[-1].end > region->start)
		return broken(fault, "regions are in order and apart",
			      region->start);
	while (block < region_limit(region)) {
		if (check_block(heap, region, block, before, fault))
			return -EUCLEAN;
		count(tally, region, block);
		before = block;
		block = block_end(block);
	}
	if (before != region->last)
		return broken(fault, "a region knows its last block", before);
	tally->held += (size_t)(region->end - region->start);
	return 0;
}

static int check_tally(const struct heap *heap, const struct tally *tally,
		       struct heap_fault *fault)
{
	const struct heap_stats *stats = &heap->stats;

	if (index_count(heap->index.root) != tally->free)
		return broken(fault, "the index holds the free blocks alone",
			      heap->index.root);
	if (stats->free_blocks != tally->free ||
	    stats->free_bytes != tally->free_bytes)
		return broken(fault, "the free memory adds up", NULL);
	if (stats->used_blocks != tally->used ||
	    stats->usable != tally->usable ||
	    stats->requested != tally->requested)
		return broken(fault, "the live memory adds up", NULL);
	if (stats->heap_bytes != tally->held)
		return broken(fault, "the memory held adds up", NULL);
	return 0;
}

int classic_check(struct heap *heap, struct heap_fault *fault)
{
	struct region *end = heap->regions + heap->region_count;
	struct tally tally = { 0 };
	struct region *region;
	const void *where;

	for (region = heap->regions; region < end; region++)
		if (check_region(heap, region, &tally, fault))
			return -EUCLEAN;
	where = index_check(&heap->index);
	if (where)
		return broken(fault, "the index is in order and counts right",
			      where);
	return check_tally(heap, &tally, fault);
}

bool classic_owns(struct heap *heap, const void *ptr, size_t size)
{
	const struct region *region = region_find(heap, ptr);

	return region && size <= (size_t)(region->end - (const char *)ptr);
}

void classic_stats(struct heap *heap, struct heap_stats *stats)
{
	stats->largest_free = index_largest(heap->index.root);
	stats->regions = heap->region_count;
}
