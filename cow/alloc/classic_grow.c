// SPDX-License-Identifier: MIT
/*
 * The classic engine and the kernel: when nothing fits, memory is taken; what
 * is free at the end, or a whole mapping that is free, is given back; and a
 * large block has a mapping to itself.
 */
#include "internal.h"

#include <sys/mman.h>

#include <errno.h>

/* The region that the next piece of the break will continue, if any. */
struct region *classic_top(struct heap *heap, const struct backend *backend)
{
	size_t i = heap->region_count;

	while (i--)
		if (heap->regions[i].backend == backend)
			return &heap->regions[i];
	return NULL;
}

/* How much to take, so that a block of @need bytes fits with what is there. */
static size_t bytes_to_take(struct heap *heap, const struct backend *backend,
			    size_t need)
{
	size_t bytes = need + 2 * HEAD_BYTES;
	size_t least = backend->extends ? heap->config.grow :
					  heap->config.chunk;
	struct region *top;

	if (backend == &backend_fixed)
		return bytes;
	top = backend->extends ? classic_top(heap, backend) : NULL;
	if (top && !block_used(top->last) && block_size(top->last) < need)
		bytes = need - block_size(top->last);
	return bytes < least ? least : bytes;
}

static void extend_region(struct heap *heap, struct region *region,
			  size_t bytes)
{
	struct block *block = region_limit(region);
	size_t size = bytes;

	if (!block_used(region->last) && !classic_detach(heap, region->last)) {
		block = region->last;
		size += block_size(block);
	}
	region->end += bytes;
	classic_make_free(heap, region, block, size);
}

static void new_region(struct heap *heap, const struct backend *backend,
		       char *start, size_t bytes)
{
	struct region region = {
		.start = start,
		.end = start + bytes,
		.first = (struct block *)(start + HEAD_BYTES),
		.fresh = start + bytes,
		.backend = backend,
	};

	/* The page in which the break stood may hold what others left there. */
	if (backend->zeroed)
		region.fresh = (char *)heap_page_up((uintptr_t)start);
	classic_make_free(heap, region_add(heap, &region), region.first,
			  bytes - 2 * HEAD_BYTES);
}

static int grow_from(struct heap *heap, const struct backend *backend,
		     size_t need)
{
	size_t bytes = bytes_to_take(heap, backend, need);
	struct region *below;
	char *start;

	if (region_reserve(heap))
		return -ENOMEM;
	start = backend_take(heap, backend, &bytes);
	if (!start)
		return -ENOMEM;
	below = region_find(heap, start - 1);
	if (backend->extends && below && below->backend == backend)
		extend_region(heap, below, bytes);
	else
		new_region(heap, backend, start, bytes);
	return 0;
}

/*
 * Takes memory towards a block of @need bytes.  When the break has moved in
 * between, one call may not be enough; the next one continues the new piece.
 */
int classic_grow(struct heap *heap, size_t need)
{
	const struct supply *supply = heap->supply;

	if (!grow_from(heap, supply->first, need))
		return 0;
	return supply->second ? grow_from(heap, supply->second, need) : -ENOMEM;
}

/* Gives a region back whose only block is in neither index nor statistics. */
void classic_give_region(struct heap *heap, struct region *region)
{
	size_t bytes = (size_t)(region->end - region->start);

	if (!backend_give(heap, region->backend, region->start, bytes)) {
		region_drop(heap, region);
		return;
	}
	/* Refused: nothing is lost, it serves as an ordinary free block. */
	region->own = false;
	bytes = (size_t)((char *)region_limit(region) - (char *)region->first);
	classic_make_free(heap, region, region->first, bytes);
}

/* Gives the end of a region back, but for @pad bytes; returns bytes given. */
size_t classic_trim_region(struct heap *heap, struct region *region, size_t pad)
{
	struct block *last = region->last;
	char *end = (char *)heap_page_up((uintptr_t)last + heap->least +
					 HEAD_BYTES + pad);
	size_t bytes = (size_t)(region->end - region->start);

	if (block_used(last))
		return 0;
	if (last != region->first || pad) {
		if (end >= region->end)
			return 0;
		bytes = (size_t)(region->end - end);
	}
	if (classic_detach(heap, last))
		return 0;
	if (backend_give(heap, region->backend, region->end - bytes, bytes))
		bytes = 0;
	region->end -= bytes;
	if (region->end == region->start) {
		region_drop(heap, region);
		return bytes;
	}
	if (region->fresh > region->end)
		region->fresh = region->end;
	classic_make_free(
		heap, region, last,
		(size_t)((char *)region_limit(region) - (char *)last));
	return bytes;
}

size_t classic_trim(struct heap *heap, size_t pad)
{
	const struct backend *backend = heap->supply->first;
	struct region *top = NULL;

	if (pad > HEAP_MOST)
		return 0;
	if (backend->extends)
		top = classic_top(heap, backend);
	return top ? classic_trim_region(heap, top, pad) : 0;
}

bool classic_wants_own(const struct heap *heap, size_t size)
{
	return heap->supply->large && size >= heap->config.threshold;
}

/* A block in a mapping of its own; NULL if there is none to be had. */
void *classic_own_alloc(struct heap *heap, size_t size, size_t align)
{
	const struct backend *backend = heap->supply->large;
	size_t bytes = size + 2 * HEAD_BYTES + HEAD_BYTES;
	struct region region = { .backend = backend, .own = true };
	struct cut cut = { .requested = size };
	uintptr_t payload;

	if (align > HEAP_ALIGN)
		bytes += align;
	if (region_reserve(heap))
		return NULL;
	region.start = backend_take(heap, backend, &bytes);
	if (!region.start)
		return NULL;
	payload = (uintptr_t)region.start + 2 * HEAD_BYTES;
	payload = (payload + align - 1) & ~(align - 1);
	region.end = region.start + bytes;
	region.fresh = region.start;
	region.first = block_of((void *)payload);
	cut.block = region.first;
	cut.region = region_add(heap, &region);
	cut.size =
		(size_t)((char *)region_limit(&region) - (char *)region.first);
	cut.need = cut.size;
	classic_cut(heap, &cut);
	return (void *)payload;
}

/* The block of such a region in another size; NULL if it has to be copied. */
void *classic_own_resize(struct heap *heap, struct region *region, size_t size)
{
	size_t from = (size_t)(region->end - region->start);
	size_t lead = (size_t)((char *)region->first - region->start);
	size_t to = heap_page_up(lead + size + 2 * HEAD_BYTES);
	struct region moved = *region;
	struct cut cut = { .requested = size };
	char *start = region->start;

	if (!classic_wants_own(heap, size))
		return NULL;
	if (to != from)
		start = backend_resize(heap, region->backend, start, from, to);
	if (!start)
		return NULL;
	moved.start = start;
	moved.end = start + to;
	moved.first = (struct block *)(start + lead);
	classic_account(heap, region, moved.first, -1);
	region_drop(heap, region);
	cut.region = region_add(heap, &moved);
	cut.block = moved.first;
	cut.size = (size_t)((char *)region_limit(&moved) - (char *)moved.first);
	cut.need = cut.size;
	classic_cut(heap, &cut);
	return block_payload(moved.first);
}

/* The table of regions is made beforehand: taking memory can't fail for it. */
int classic_open(struct heap *heap)
{
	return region_reserve(heap);
}

void classic_close(struct heap *heap)
{
	size_t room;

	/* From the top, so that each piece of the break is the last in turn. */
	while (heap->region_count) {
		struct region *last = &heap->regions[--heap->region_count];

		backend_give(heap, last->backend, last->start,
			     (size_t)(last->end - last->start));
	}
	room = heap_page_up(heap->region_room * sizeof(struct region));
	if (room)
		munmap(heap->regions, room);
}
