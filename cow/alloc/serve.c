// SPDX-License-Identifier: MIT
/*
 * The calls of a process's threads, off the common path: with the thread's
 * cache, or, where it can't have one and for the classic engine, through the
 * heap and its lock.
 */
#include "spans.h"

#include <errno.h>
#include <string.h>

/* Larger blocks are not worth a copy each time they shrink. */
#define SQUEEZE_MOST 1024

/* The thread's cache; NULL where it has to go through the heap. */
static struct cache *cache_of(struct heap *heap)
{
	if (heap->engine != &engine_spans)
		return NULL;
	return cache_attach(heap->spans);
}

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

static void *allocate(struct heap *heap, struct cache *cache, size_t size,
		      size_t align, bool zero)
{
	int saved = errno;
	void *block;

	if (size > HEAP_MOST || align > HEAP_MOST)
		return no_memory();
	block = spans_alloc(heap->spans, cache, size, align, zero);
	if (!block)
		return no_memory();
	errno = saved;
	return block;
}

void *serve_slow_malloc(struct heap *heap, size_t size)
{
	struct cache *cache = cache_of(heap);

	if (!cache)
		return heap_malloc(heap, size);
	return allocate(heap, cache, size, HEAP_ALIGN, false);
}

void *serve_slow_calloc(struct heap *heap, size_t count, size_t size)
{
	struct cache *cache = cache_of(heap);
	size_t bytes;

	if (!cache)
		return heap_calloc(heap, count, size);
	if (__builtin_mul_overflow(count, size, &bytes))
		return no_memory();
	return allocate(heap, cache, bytes, HEAP_ALIGN, true);
}

void *serve_slow_memalign(struct heap *heap, size_t align, size_t size)
{
	struct cache *cache = cache_of(heap);

	if (!cache || !align || align & (align - 1))
		return heap_memalign(heap, align, size);
	return allocate(heap, cache, size,
			align < HEAP_ALIGN ? HEAP_ALIGN : align, false);
}

void serve_slow_free(struct heap *heap, void *ptr)
{
	enum misuse misuse;
	int saved = errno;

	if (heap->engine != &engine_spans) {
		heap_free(heap, ptr);
		return;
	}
	if (!ptr)
		return;
	/* A thread that only ever frees needs no cache for it. */
	misuse = spans_free(heap->spans, self.cache, ptr);
	if (misuse)
		misuse_report(heap, misuse, "free", ptr);
	errno = saved;
}

/* To another block, if there is one; a smaller one may stay where it is. */
static void *move(struct heap *heap, void *ptr, size_t room, size_t size)
{
	void *to = serve_slow_malloc(heap, size);

	if (!to)
		return size <= room ? ptr : NULL;
	memcpy(to, ptr, room < size ? room : size);
	serve_slow_free(heap, ptr);
	return to;
}

/* A block of a smaller class may do, and copying costs less than a fault. */
static bool may_squeeze(const struct cache *cache, const void *ptr, size_t size,
			size_t most)
{
	return cache->spans->sealed && size <= SQUEEZE_MOST &&
	       class_size(class_of(cache->bins->classes, size)) <= most &&
	       !span_inherited(cache->spans, pagemap_get(ptr));
}

/*
 * While the heap is sealed the next page costs a fault, or soon will: a block made
 * since, of @room bytes, moves to one that is smaller by an eighth, and another
 * request has its place.  Where malloc() borrows one that is not smaller, it stays.
 */
static void *squeeze(struct heap *heap, struct cache *cache, void *ptr,
		     size_t room, size_t size)
{
	size_t most = room - room / 8;
	void *to;

	if (!may_squeeze(cache, ptr, size, most))
		return ptr;
	to = serve_slow_malloc(heap, size);
	if (!to)
		return ptr;
	if (span_block_size(pagemap_get(to)) > most) {
		serve_slow_free(heap, to);
		return ptr;
	}
	memcpy(to, ptr, size);
	serve_slow_free(heap, ptr);
	return to;
}

void *serve_slow_realloc(struct heap *heap, void *ptr, size_t size)
{
	struct cache *cache = cache_of(heap);
	enum misuse misuse;
	int saved = errno;
	size_t room;
	void *to;

	if (!cache)
		return heap_realloc(heap, ptr, size);
	if (!ptr)
		return serve_slow_malloc(heap, size);
	if (!size) {
		serve_slow_free(heap, ptr);
		return NULL;
	}
	if (size > HEAP_MOST)
		return no_memory();
	misuse = spans_resize(heap->spans, ptr, size, &to, &room);
	if (misuse) {
		misuse_report(heap, misuse, "realloc", ptr);
		errno = EINVAL;
		return NULL;
	}
	if (!to)
		to = move(heap, ptr, room, size);
	else if (to == ptr)
		to = squeeze(heap, cache, ptr, room, size);
	if (to)
		errno = saved;
	return to;
}

void heap_serve_threads(struct heap *heap)
{
	if (heap->engine == &engine_spans)
		cache_serve_threads();
}
