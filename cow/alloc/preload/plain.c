// SPDX-License-Identifier: MIT
/*
 * libcowalloc.so: malloc() and free() as nearly every call is, and behind them
 * the heap.  With the classic engine no thread has a cache, and no address is
 * on the map: every call takes the second way.
 */
#include "../spans.h"
#include "preload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static __attribute((noinline)) void *slow_malloc(size_t size)
{
	return serve_slow_malloc(preload_heap(), size);
}

static __attribute((noinline)) void slow_free(void *ptr)
{
	serve_slow_free(preload_heap(), ptr);
}

static __attribute((noinline)) void bad_free(enum misuse misuse, void *ptr)
{
	misuse_report(preload_heap(), misuse, "free", ptr);
}

/* Into a span that others free into, too, or are the owners of. */
static __attribute((noinline)) void next_free(struct span *span, void *ptr)
{
	enum misuse misuse;
	size_t index;

	if (!span || !span_index(span, ptr, &index)) {
		slow_free(ptr);
		return;
	}
	misuse = remote_free(self.cache, span, index);
	if (unlikely(misuse))
		bad_free(misuse, ptr);
}

/* Where the bin's word has no block; NULL: the heap may have one yet. */
static void *next_block(unsigned int sc, size_t align)
{
	if (unlikely(self.cache == &cache_none))
		return NULL;
	return cache_next(self.cache, sc, align);
}

static __attribute((noinline)) void *next_malloc(unsigned int sc, size_t size)
{
	void *block = next_block(sc, HEAP_ALIGN);

	return block ? block : serve_slow_malloc(preload_heap(), size);
}

void *serve_malloc(size_t size)
{
	const struct bins *bins;
	unsigned int sc;
	void *block;

	if (unlikely(size > SMALL_MOST))
		return slow_malloc(size);
	bins = self.bins;
	sc = class_of(self.classes, size);
	block = bin_take(&bins->bin[sc]);
	return likely(block) ? block : next_malloc(sc, size);
}

EXPORT void *malloc(size_t size) __attribute((alias("serve_malloc")));

void serve_free(void *ptr)
{
	struct span *span = pagemap_get(ptr);

	if (unlikely(!span || span->fast != self.cache || !span_put(span, ptr)))
		next_free(span, ptr);
	else if (unlikely(!--span->until))
		cache_event(self.cache, span);
}

EXPORT void free(void *ptr) __attribute((alias("serve_free")));

void *serve_calloc(size_t count, size_t size)
{
	size_t bytes;
	void *block;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SMALL_MOST ||
	    unlikely(self.cache == &cache_none))
		return serve_slow_calloc(preload_heap(), count, size);
	block = serve_malloc(bytes);
	return block ? memset(block, 0, bytes) : NULL;
}

static __attribute((noinline)) void *next_memalign(unsigned int sc,
						   size_t align, size_t size)
{
	void *block = sc < CLASSES ? next_block(sc, align) : NULL;

	return block ? block : serve_slow_memalign(preload_heap(), align, size);
}

void *serve_memalign(size_t align, size_t size)
{
	unsigned int sc = CLASSES;
	void *block = NULL;

	if (size <= SMALL_MOST && align <= UNIT && align &&
	    !(align & (align - 1)))
		sc = class_aligned(self.classes, size, align);
	if (likely(sc < CLASSES))
		block = bin_take(&self.bins->bin[sc]);
	return likely(block) ? block : next_memalign(sc, align, size);
}

/* A live block that is ours, to another one: as serve.c does it for all. */
static __attribute((noinline)) void *move(void *ptr, size_t room, size_t size)
{
	int saved = errno;
	void *to = serve_malloc(size);

	if (unlikely(!to)) {
		errno = saved;
		return serve_slow_realloc(preload_heap(), ptr, size);
	}
	memcpy(to, ptr, room < size ? room : size);
	serve_free(ptr);
	return to;
}

void *serve_realloc(void *ptr, size_t size)
{
	const struct span *span;

	if (!ptr)
		return serve_malloc(size);
	span = pagemap_get(ptr);
	/* Not while its page may be a relative's, too, whom writing would copy. */
	if (unlikely(!span || !size || span->fast != self.cache ||
		     self.cache->sealed || !span_has(span, ptr)))
		return serve_slow_realloc(preload_heap(), ptr, size);
	return span_fits(span, size) ? ptr :
				       move(ptr, span_block_size(span), size);
}
