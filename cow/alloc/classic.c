// SPDX-License-Identifier: MIT
/*
 * The classic engine: boundary tags.  A request takes the front of the free
 * block that the policy chooses, and the rest stays free; a freed block joins
 * its free neighbours at once, so that no two free blocks ever touch.
 */
#include "internal.h"

#include <string.h>

/* The bytes of a block for a request: its head, the request, rounded up. */
size_t classic_block_bytes(const struct heap *heap, size_t size)
{
	size_t bytes = (HEAD_BYTES + size + HEAP_ALIGN - 1) &
		       ~(size_t)(HEAP_ALIGN - 1);

	return bytes < heap->least ? heap->least : bytes;
}

size_t classic_requested(const struct region *region, const struct block *block)
{
	if (region->own)
		return region->requested;
	return block_size(block) - HEAD_BYTES - block_head(block).slack;
}

/* Adds a live block to the statistics, or with @sign -1 takes it out. */
void classic_account(struct heap *heap, const struct region *region,
		     const struct block *block, int sign)
{
	struct heap_stats *stats = &heap->stats;
	size_t requested = classic_requested(region, block);

	stats->used_blocks += (size_t)sign;
	stats->usable += (size_t)sign * (block_size(block) - HEAD_BYTES);
	stats->requested += (size_t)sign * requested;
	if (stats->requested > stats->peak_requested)
		stats->peak_requested = stats->requested;
}

static void tell_behind(struct heap *heap, const struct region *region,
			const struct block *block, bool is_free)
{
	struct block *behind = block_end(block);
	struct head head;

	if (behind >= region_limit(region))
		return;
	head = block_head(behind);
	if (head.before_is_free == is_free)
		return;
	head.before_is_free = is_free;
	block_seal(heap, behind, head);
}

static void raise_fresh(struct region *region, char *to)
{
	if (to > region->fresh)
		region->fresh = to < region->end ? to : region->end;
}

/* Makes a free block of memory whose neighbours are not free. */
void classic_make_free(struct heap *heap, struct region *region,
		       struct block *block, size_t size)
{
	block_seal(heap, block, (struct head){ .size = size });
	if (block_end(block) < region_limit(region))
		*block_footer(block) = size;
	else
		region->last = block;
	tell_behind(heap, region, block, true);
	raise_fresh(region, (char *)block + sizeof(struct free_block));
	heap->stats.free_blocks++;
	heap->stats.free_bytes += size;
	index_insert(&heap->index, (struct free_block *)block);
}

/* Takes a free block out of the index; -ENOENT when it was written over. */
int classic_detach(struct heap *heap, struct block *block)
{
	int err = index_remove(&heap->index, (struct free_block *)block);

	if (err)
		return err;
	heap->stats.free_blocks--;
	heap->stats.free_bytes -= block_size(block);
	return 0;
}

static void make_used(struct heap *heap, const struct cut *cut, size_t size)
{
	struct region *region = cut->region;
	struct block *block = cut->block;
	struct head head = {
		.size = size,
		.used = true,
		.before_is_free = cut->before_is_free,
	};

	if (region->own)
		region->requested = cut->requested;
	else
		head.slack = size - HEAD_BYTES - cut->requested;
	block_seal(heap, block, head);
	if (block_end(block) >= region_limit(region))
		region->last = block;
	tell_behind(heap, region, block, false);
	raise_fresh(region, (char *)block_end(block));
	classic_account(heap, region, block, 1);
}

/* Makes a live block of memory at hand; what it does not need becomes free. */
void classic_cut(struct heap *heap, const struct cut *cut)
{
	size_t rest = cut->size - cut->need;

	if (cut->region->own || rest < heap->least) {
		make_used(heap, cut, cut->size);
		return;
	}
	classic_make_free(heap, cut->region,
			  (struct block *)((char *)cut->block + cut->need),
			  rest);
	make_used(heap, cut, cut->need);
}

static struct free_block *search(struct heap *heap, size_t need)
{
	struct search *cost = &heap->cost;
	struct free_block *found;

	*cost = (struct search){ 0 };
	found = heap->fit->find(heap, need, cost);
	heap->stats.searches++;
	heap->stats.examined += cost->examined;
	heap->stats.steps += cost->steps;
	return found;
}

/* A free block, out of the index, and memory from the back end if need be. */
static struct block *obtain(struct heap *heap, size_t need)
{
	struct free_block *found = search(heap, need);

	while (!found) {
		if (classic_grow(heap, need))
			return NULL;
		found = search(heap, need);
	}
	heap->cursor.order = heap->index.lifo ? found->order : 0;
	if (!block_intact(heap, &found->block) ||
	    classic_detach(heap, &found->block)) {
		heap->broken = block_payload(&found->block);
		return NULL;
	}
	return &found->block;
}

/* Leaves the front of a block free, so that what remains is aligned. */
static void align_cut(struct heap *heap, struct cut *cut, size_t align)
{
	uintptr_t payload = (uintptr_t)block_payload(cut->block);
	size_t front = -payload & (align - 1);

	while (front && front < heap->least)
		front += align;
	if (!front)
		return;
	cut->size -= front;
	/* The rest needs a head before its neighbour can tell it anything. */
	cut->block = (struct block *)((char *)cut->block + front);
	block_seal(heap, cut->block, (struct head){ .size = cut->size });
	classic_make_free(heap, cut->region,
			  (struct block *)((char *)cut->block - front), front);
	cut->before_is_free = true;
}

static void zero(const struct cut *cut, const char *fresh)
{
	char *payload = block_payload(cut->block);
	size_t dirty = fresh > payload ? (size_t)(fresh - payload) : 0;

	memset(payload, 0, dirty < cut->requested ? dirty : cut->requested);
}

static void *classic_alloc(struct heap *heap, size_t size, size_t align,
			   bool zeroed)
{
	size_t need = classic_block_bytes(heap, size);
	size_t room = need;
	struct cut cut = { .need = need, .requested = size };
	char *fresh;
	void *own;

	if (classic_wants_own(heap, size)) {
		own = classic_own_alloc(heap, size, align);
		if (own)
			return own;
	}
	if (align > HEAP_ALIGN)
		room += align + heap->least;
	cut.block = obtain(heap, room);
	if (!cut.block)
		return NULL;
	cut.region = region_find(heap, cut.block);
	cut.size = block_size(cut.block);
	fresh = cut.region->fresh;
	if (align > HEAP_ALIGN)
		align_cut(heap, &cut, align);
	classic_cut(heap, &cut);
	heap->cursor.address = (uintptr_t)block_end(cut.block);
	if (zeroed)
		zero(&cut, fresh);
	return block_payload(cut.block);
}

/* The region of a payload, or what is wrong with the pointer. */
enum misuse classic_lookup(struct heap *heap, const void *payload,
			   struct region **region)
{
	struct region *found = region_find(heap, payload);
	struct block *block = block_of(payload);
	struct block *limit;

	*region = found;
	if (!found)
		return MISUSE_FOREIGN;
	limit = region_limit(found);
	if ((uintptr_t)payload % HEAP_ALIGN || block < found->first ||
	    block >= limit)
		return MISUSE_INTERIOR;
	if (!block_intact(heap, block) || block_end(block) > limit)
		return misuse_diagnose(heap, payload);
	if (!block_used(block))
		return MISUSE_DOUBLE_FREE;
	if (block_end(block) < limit && !block_intact(heap, block_end(block)))
		return MISUSE_OVERRUN;
	return 0;
}

/* The free block before one; NULL if its footer or head is not what it was. */
static struct block *block_before(struct heap *heap,
				  const struct region *region,
				  const struct block *block)
{
	size_t size = *((size_t *)block - 1);
	struct block *before;

	if (size % HEAP_ALIGN ||
	    size > (size_t)((char *)block - (char *)region->first))
		return NULL;
	before = (struct block *)((char *)block - size);
	if (!block_intact(heap, before) || block_used(before) ||
	    block_size(before) != size)
		return NULL;
	return before;
}

/* Takes the free neighbours out of the index; they and @block become one. */
static enum misuse coalesce(struct heap *heap, const struct region *region,
			    struct block **block, size_t *size)
{
	struct block *behind = block_end(*block);
	struct block *before = NULL;

	if (block_head(*block).before_is_free) {
		before = block_before(heap, region, *block);
		if (!before)
			return MISUSE_FREE_WRITTEN;
	}
	if (behind >= region_limit(region) || block_used(behind))
		behind = NULL;
	if (behind && classic_detach(heap, behind))
		return MISUSE_FREE_WRITTEN;
	if (before && classic_detach(heap, before)) {
		if (behind)
			classic_make_free(heap, (struct region *)region, behind,
					  block_size(behind));
		return MISUSE_FREE_WRITTEN;
	}
	*size = block_size(*block);
	if (behind)
		*size += block_size(behind);
	if (before) {
		*size += block_size(before);
		*block = before;
	}
	return 0;
}

/* Gives back what a free block made superfluous. */
static void give_surplus(struct heap *heap, struct region *region)
{
	struct block *last = region->last;

	if (block_used(last))
		return;
	if (!region->backend->extends) {
		if (last == region->first && !classic_detach(heap, last))
			classic_give_region(heap, region);
	} else if (block_size(last) > heap->config.trim + heap->config.grow) {
		classic_trim_region(heap, region, heap->config.grow);
	}
}

static enum misuse classic_free(struct heap *heap, void *payload)
{
	struct block *block = block_of(payload);
	struct region *region;
	enum misuse misuse = classic_lookup(heap, payload, &region);
	struct head head;
	size_t size;

	if (misuse)
		return misuse;
	if (region->own) {
		classic_account(heap, region, block, -1);
		classic_give_region(heap, region);
		return 0;
	}
	misuse = coalesce(heap, region, &block, &size);
	if (misuse)
		return misuse;
	classic_account(heap, region, block_of(payload), -1);
	/* The head stays legible inside the larger block: freed already. */
	head = block_head(block_of(payload));
	head.used = false;
	block_seal(heap, block_of(payload), head);
	classic_make_free(heap, region, block, size);
	give_surplus(heap, region);
	return 0;
}

static enum misuse classic_usable(struct heap *heap, void *payload,
				  size_t *bytes)
{
	struct region *region;
	enum misuse misuse = classic_lookup(heap, payload, &region);

	if (!misuse)
		*bytes = block_size(block_of(payload)) - HEAD_BYTES;
	return misuse;
}

const struct engine engine_classic = {
	.open = classic_open,
	.close = classic_close,
	.alloc = classic_alloc,
	.free = classic_free,
	.usable = classic_usable,
	.resize = classic_resize,
	.trim = classic_trim,
	.owns = classic_owns,
	.walk = classic_walk,
	.check = classic_check,
	.stats = classic_stats,
};
