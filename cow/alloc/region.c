// SPDX-License-Identifier: MIT
/*
 * The table of what a heap holds: the regions in the order of addresses, in a
 * mapping of its own, so that no wild store into the heap can reach it.  It is
 * what tells a foreign pointer from one of ours.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* Makes room for one region more, before any memory is taken for it. */
int region_reserve(struct heap *heap)
{
	size_t bytes = heap_page_up(heap->region_room * sizeof(struct region));
	void *table;

	if (heap->region_count < heap->region_room)
		return 0;
	if (bytes)
		table = mremap(heap->regions, bytes, 2 * bytes, MREMAP_MAYMOVE);
	else
		table = mmap(NULL, heap_page_size(), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		return -ENOMEM;
	heap->regions = table;
	bytes = bytes ? 2 * bytes : heap_page_size();
	heap->region_room = bytes / sizeof(struct region);
	return 0;
}

/* The number of regions that begin at or below an address. */
static size_t region_place(const struct heap *heap, const char *address)
{
	size_t low = 0;
	size_t high = heap->region_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (heap->regions[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool region_holds(const struct region *region, const char *address)
{
	return address >= region->start && address < region->end;
}

struct region *region_find(struct heap *heap, const void *address)
{
	size_t place;

	if (heap->region_hint < heap->region_count &&
	    region_holds(&heap->regions[heap->region_hint], address))
		return &heap->regions[heap->region_hint];
	place = region_place(heap, address);
	if (!place || !region_holds(&heap->regions[place - 1], address))
		return NULL;
	heap->region_hint = place - 1;
	return &heap->regions[place - 1];
}

struct region *region_add(struct heap *heap, const struct region *region)
{
	size_t place = region_place(heap, region->start);
	struct region *slot = &heap->regions[place];

	memmove(slot + 1, slot,
		(heap->region_count - place) * sizeof(struct region));
	*slot = *region;
	heap->region_count++;
	return slot;
}

void region_drop(struct heap *heap, struct region *region)
{
	struct region *end = heap->regions + heap->region_count;

	memmove(region, region + 1,
		(size_t)(end - region - 1) * sizeof(struct region));
	heap->region_count--;
}
