// SPDX-License-Identifier: MIT
/* One name for a heap of ours and for the C library: who compares, asks both. */
#include <stdlib.h>

#include "alloc.h"

void *heap_or_libc_malloc(struct heap *heap, size_t size)
{
	return heap ? heap_malloc(heap, size) : malloc(size);
}

void *heap_or_libc_calloc(struct heap *heap, size_t count, size_t size)
{
	return heap ? heap_calloc(heap, count, size) : calloc(count, size);
}

void *heap_or_libc_realloc(struct heap *heap, void *ptr, size_t size)
{
	return heap ? heap_realloc(heap, ptr, size) : realloc(ptr, size);
}

void heap_or_libc_free(struct heap *heap, void *ptr)
{
	if (heap)
		heap_free(heap, ptr);
	else
		free(ptr);
}
