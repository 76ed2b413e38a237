// SPDX-License-Identifier: MIT
/*
 * The calls of the spans engine, for a heap whose lock is held and for a thread
 * that has a cache: the same, but for the cache.
 */
#include "spans.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

/* A record that is in use and really has this address. */
static bool holds(const struct spans *spans, const struct span *span,
		  const void *ptr)
{
	const char *start;

	if (!span || span->state < SPAN_LARGE || !span->owner ||
	    span->owner->spans != spans)
		return false;
	start = span_start(span);
	return (const char *)ptr >= start &&
	       (const char *)ptr < start + span_bytes(span);
}

/* Only the first unit of a large block is on the map: go back to it. */
static struct span *inside_large(struct spans *spans, const char *ptr,
				 bool *ours)
{
	const struct chunk *chunk;
	const char *at;

	*ours = false;
	for (chunk = spans->pages.chunks; chunk; chunk = chunk->next) {
		const struct mapping *mapping = &chunk->mapping;

		if (ptr < mapping->start ||
		    ptr >= mapping->start + mapping->bytes)
			continue;
		*ours = true;
		for (at = ptr; at >= mapping->start; at -= UNIT)
			if (holds(spans, pagemap_get(at), ptr))
				return pagemap_get(at);
	}
	return NULL;
}

/* What is wrong with a pointer that is in no span that the map knows. */
static enum misuse diagnose(struct spans *spans, const void *ptr)
{
	struct span *span;
	bool ours;

	if (lock_take_quiet(&spans->pages.lock))
		return MISUSE_REENTERED;
	span = inside_large(spans, ptr, &ours);
	lock_drop_quiet(&spans->pages.lock);
	if (span)
		return MISUSE_INTERIOR;
	return ours ? MISUSE_DOUBLE_FREE : MISUSE_FOREIGN;
}

/* Not the start of a block that was ever handed out. */
static enum misuse misplaced(const struct span *span, const void *ptr)
{
	size_t offset = (size_t)((const char *)ptr - span->base);
	size_t size = span_block_size(span);

	return offset % size == 0 && offset / size < span->capacity ?
		       MISUSE_DOUBLE_FREE :
		       MISUSE_INTERIOR;
}

/* Which live block it is; or what is wrong with the pointer. */
enum misuse spans_locate(struct spans *spans, const void *ptr,
			 struct span **span, size_t *index)
{
	*span = pagemap_get(ptr);
	if (!holds(spans, *span, ptr))
		return diagnose(spans, ptr);
	*index = 0;
	if ((*span)->state == SPAN_LARGE)
		return ptr == (*span)->base ? 0 : MISUSE_INTERIOR;
	if (!span_index(*span, ptr, index))
		return misplaced(*span, ptr);
	return span_is_free(*span, *index) ? MISUSE_DOUBLE_FREE : 0;
}

/* @sc is CLASSES for a large block. */
static void *alloc(struct spans *spans, struct cache *cache, unsigned int sc,
		   size_t size, size_t align, bool zero)
{
	void *block;

	if (sc == CLASSES)
		return large_alloc(cache, size, align, zero);
	block = bin_take(&cache->bins->bin[sc]);
	return block ? block : cache_next(cache, sc, align);
}

void *spans_alloc(struct spans *spans, struct cache *cache, size_t size,
		  size_t align, bool zero)
{
	unsigned int sc = CLASSES;
	void *block;

	if (size <= SMALL_MOST && align <= UNIT)
		sc = class_aligned(cache->bins->classes, size, align);
	block = alloc(spans, cache, sc, size, align, zero);
	if (unlikely(!block)) {
		spans_gather(spans, cache == spans->common);
		block = alloc(spans, cache, sc, size, align, zero);
	}
	if (unlikely(!block))
		block = cache_scrape(cache, sc, align);
	if (block && zero && sc < CLASSES)
		memset(block, 0, size);
	return block;
}

/* A free that the common path left to us. @cache is whose we are, or NULL. */
enum misuse spans_free(struct spans *spans, struct cache *cache, void *ptr)
{
	struct span *span;
	size_t index;
	enum misuse misuse = spans_locate(spans, ptr, &span, &index);

	if (misuse)
		return misuse;
	if (span->state == SPAN_LARGE) {
		large_free(spans, span);
		return 0;
	}
	return remote_free(cache, span, index);
}

/* Bytes of one of its blocks. */
static size_t span_room(const struct span *span)
{
	return span->state == SPAN_LARGE ? span_bytes(span) :
					   span_block_size(span);
}

/*
 * Where it is, if the block has room for it (@room is told), and not twice as
 * much.  But an inherited block that does not clearly shrink moves: its owner is
 * about to write to it, and would un-share its page for all blocks on it.
 */
enum misuse spans_resize(struct spans *spans, void *ptr, size_t size, void **to,
			 size_t *room)
{
	struct span *span;
	size_t index;
	size_t most;
	enum misuse misuse = spans_locate(spans, ptr, &span, &index);

	*to = NULL;
	if (misuse)
		return misuse;
	*room = span_room(span);
	if (span->state == SPAN_LARGE) {
		*to = large_resize(spans, span, size);
		return 0;
	}
	most = *room;
	if (span_inherited(spans, span))
		most -= most / 8;
	if (size <= most && span_fits(span, size))
		*to = ptr;
	return 0;
}

static void *alloc_locked(struct heap *heap, size_t size, size_t align,
			  bool zero)
{
	return spans_alloc(heap->spans, heap->spans->common, size, align, zero);
}

static enum misuse free_locked(struct heap *heap, void *ptr)
{
	return spans_free(heap->spans, heap->spans->common, ptr);
}

static enum misuse usable(struct heap *heap, void *ptr, size_t *bytes)
{
	struct span *span;
	size_t index;
	enum misuse misuse = spans_locate(heap->spans, ptr, &span, &index);

	if (!misuse)
		*bytes = span_room(span);
	return misuse;
}

static enum misuse resize_locked(struct heap *heap, void *ptr, size_t size,
				 void **to)
{
	size_t room;

	return spans_resize(heap->spans, ptr, size, to, &room);
}

static bool owns(struct heap *heap, const void *ptr, size_t size)
{
	const struct span *span = pagemap_get(ptr);

	return holds(heap->spans, span, ptr) &&
	       size <= (size_t)(span_start(span) + span_bytes(span) -
				(const char *)ptr);
}

static void spans_close(struct heap *heap)
{
	struct spans *spans = heap->spans;
	struct cache *cache;

	for (cache = spans->caches; cache; cache = cache->next)
		fork_forget(&cache->lock);
	fork_forget(&spans->lock);
	fork_forget(&spans->meta.lock);
	fork_forget(&spans->pages.lock);
	pages_close(spans);
	seal_close(spans);
	meta_close(&spans->meta);
	munmap(spans, heap_page_up(sizeof(*spans)));
}

static int spans_open(struct heap *heap)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct spans *spans = mmap(NULL, heap_page_up(sizeof(*spans)),
				   PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (spans == MAP_FAILED)
		return -ENOMEM;
	pthread_once(&once, class_init);
	heap->spans = spans;
	spans->heap = heap;
	/* A fork takes the newest first: the order in which we nest them. */
	fork_register(&spans->meta.lock);
	fork_register(&spans->pages.lock);
	fork_register(&spans->lock);
	if (!seal_open(spans))
		spans->common = cache_make(spans);
	if (spans->common)
		return 0;
	spans_close(heap);
	return -ENOMEM;
}

const struct engine engine_spans = {
	.open = spans_open,
	.close = spans_close,
	.alloc = alloc_locked,
	.free = free_locked,
	.usable = usable,
	.resize = resize_locked,
	.trim = spans_trim,
	.owns = owns,
	.walk = spans_walk,
	.check = spans_check,
	.stats = spans_stats,
};
