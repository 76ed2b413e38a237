// SPDX-License-Identifier: MIT
/*
 * The classic engine's realloc: a block grows in place when the one behind it
 * is free or the heap ends there, shrinks in place always, and only else has to
 * be copied.
 */
#include "internal.h"

#include <string.h>

static struct block *free_behind(const struct region *region,
				 const struct block *block)
{
	struct block *behind = block_end(block);

	if (behind < region_limit(region) && !block_used(behind))
		return behind;
	return NULL;
}

static size_t room_in_place(const struct region *region,
			    const struct block *block)
{
	struct block *behind = free_behind(region, block);

	return block_size(block) + (behind ? block_size(behind) : 0);
}

/* Is the block the last of its heap, but for free memory? */
static bool is_at_top(struct heap *heap, const struct region *region,
		      const struct block *block)
{
	return region->backend->extends &&
	       region == classic_top(heap, region->backend) &&
	       (region->last == block ||
		region->last == free_behind(region, block));
}

static enum misuse resize_in_place(struct heap *heap, struct region *region,
				   struct block *block, size_t size)
{
	struct cut cut = {
		.region = region,
		.block = block,
		.size = block_size(block),
		.need = classic_block_bytes(heap, size),
		.requested = size,
		.before_is_free = block_head(block).before_is_free,
	};
	struct block *behind = free_behind(region, block);
	bool as_is = cut.size >= cut.need && cut.size - cut.need < heap->least;

	if (behind && !as_is) {
		if (classic_detach(heap, behind))
			return MISUSE_FREE_WRITTEN;
		cut.size += block_size(behind);
	}
	classic_account(heap, region, block, -1);
	classic_cut(heap, &cut);
	return 0;
}

enum misuse classic_resize(struct heap *heap, void *payload, size_t size,
			   void **to)
{
	size_t need = classic_block_bytes(heap, size);
	struct block *block = block_of(payload);
	struct region *region;
	enum misuse misuse = classic_lookup(heap, payload, &region);

	*to = NULL;
	if (misuse)
		return misuse;
	if (region->own) {
		*to = classic_own_resize(heap, region, size);
		return 0;
	}
	if (room_in_place(region, block) < need &&
	    is_at_top(heap, region, block) && !classic_wants_own(heap, size) &&
	    !classic_grow(heap, need - block_size(block)))
		region = region_find(heap, payload);
	if (room_in_place(region, block) < need)
		return 0;
	misuse = resize_in_place(heap, region, block, size);
	if (!misuse)
		*to = payload;
	return misuse;
}
