// SPDX-License-Identifier: MIT
/*
 * Where memory comes from: one door to the sources, at which every call and
 * byte is counted, and at which a call can be refused for a test.
 */
#include "internal.h"

#include <errno.h>
#include <unistd.h>

const struct supply supplies[HEAP_BACKENDS] = {
	[HEAP_AUTO] = { &backend_brk, &backend_mmap, &backend_mmap },
	[HEAP_BRK] = { &backend_brk, NULL, NULL },
	[HEAP_MMAP] = { &backend_mmap, NULL, &backend_mmap },
	[HEAP_FIXED] = { &backend_fixed, NULL, NULL },
};

size_t heap_page_size(void)
{
	static _Atomic size_t bytes;

	if (!bytes)
		bytes = (size_t)sysconf(_SC_PAGESIZE);
	return bytes;
}

size_t heap_page_up(size_t bytes)
{
	return (bytes + heap_page_size() - 1) & ~(heap_page_size() - 1);
}

/* The call that heap_config.refuse names fails, whichever it is. */
bool backend_refuses(struct heap *heap)
{
	if (!heap->refuse_left)
		return false;
	heap->refuse_left--;
	return !heap->refuse_left;
}

void backend_count_taken(struct heap *heap, size_t bytes)
{
	struct heap_stats *stats = &heap->stats;

	stats->takes++;
	stats->taken += bytes;
	stats->heap_bytes += bytes;
	if (stats->heap_bytes > stats->peak_heap_bytes)
		stats->peak_heap_bytes = stats->heap_bytes;
}

void backend_count_given(struct heap *heap, size_t bytes)
{
	heap->stats.gives++;
	heap->stats.given += bytes;
	heap->stats.heap_bytes -= bytes;
}

void *backend_take(struct heap *heap, const struct backend *backend,
		   size_t *bytes)
{
	void *start = NULL;

	if (!backend_refuses(heap))
		start = backend->take(heap, bytes);
	if (start)
		backend_count_taken(heap, *bytes);
	else
		heap->stats.refused++;
	return start;
}

int backend_give(struct heap *heap, const struct backend *backend, void *start,
		 size_t bytes)
{
	int err = -ENOMEM;

	if (!backend_refuses(heap))
		err = backend->give(heap, start, bytes);
	if (err)
		heap->stats.refused++;
	else
		backend_count_given(heap, bytes);
	return err;
}

void *backend_resize(struct heap *heap, const struct backend *backend,
		     void *start, size_t from, size_t to)
{
	void *moved = NULL;

	if (!backend->resize)
		return NULL;
	if (!backend_refuses(heap))
		moved = backend->resize(heap, start, from, to);
	if (!moved)
		heap->stats.refused++;
	else if (to > from)
		backend_count_taken(heap, to - from);
	else
		backend_count_given(heap, from - to);
	return moved;
}
