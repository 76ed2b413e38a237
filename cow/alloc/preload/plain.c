// SPDX-License-Identifier: MIT
/*
 * libcowalloc.so: the malloc family goes straight to the heap.
 */
#include "preload.h"

void *serve_malloc(size_t size)
{
	return heap_malloc(preload_heap(), size);
}

void *serve_calloc(size_t count, size_t size)
{
	return heap_calloc(preload_heap(), count, size);
}

void *serve_memalign(size_t align, size_t size)
{
	return heap_memalign(preload_heap(), align, size);
}

void *serve_realloc(void *ptr, size_t size)
{
	return heap_realloc(preload_heap(), ptr, size);
}

void serve_free(void *ptr)
{
	heap_free(preload_heap(), ptr);
}
