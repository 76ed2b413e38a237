// SPDX-License-Identifier: MIT
/*
 * libcowalloc.so: malloc() and free() as nearly every call is, and behind them
 * the heap.  With the classic engine no thread has a cache, and no address is
 * on the map: every call takes the second way.
 */
#include "../spans.h"
#include "preload.h"

#include <stdlib.h>

static __attribute((noinline)) void *slow_malloc(size_t size)
{
	return serve_slow_malloc(preload_heap(), size);
}

static __attribute((noinline)) void slow_free(void *ptr)
{
	serve_slow_free(preload_heap(), ptr);
}

void *serve_malloc(size_t size)
{
	struct bins *bins;
	struct bin *bin;

	if (unlikely(size > SMALL_MOST))
		return slow_malloc(size);
	bins = self.bins;
	bin = &bins->bin[class_of(bins->classes, size)];
	if (unlikely(!bin->at_hand))
		return slow_malloc(size);
	return bin_take(bin, bin->at_hand);
}

EXPORT void *malloc(size_t size) __attribute((alias("serve_malloc")));

void serve_free(void *ptr)
{
	struct span *span = pagemap_get(ptr);

	if (unlikely(!span || span->fast != self.cache ||
		     !span_put(span, ptr, self.bins)))
		slow_free(ptr);
	else if (unlikely(!--span->until))
		cache_event(self.cache, span);
}

EXPORT void free(void *ptr) __attribute((alias("serve_free")));

void *serve_calloc(size_t count, size_t size)
{
	return serve_slow_calloc(preload_heap(), count, size);
}

void *serve_memalign(size_t align, size_t size)
{
	return serve_slow_memalign(preload_heap(), align, size);
}

void *serve_realloc(void *ptr, size_t size)
{
	return serve_slow_realloc(preload_heap(), ptr, size);
}
