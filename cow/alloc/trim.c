// SPDX-License-Identifier: MIT
/*
 * What is kept although it is empty, and given back: before memory is used that
 * nobody has written to yet, when a program asks for that, and before it is told
 * that memory has ended.
 */
#include "spans.h"

#include <sys/mman.h>

/* So many spans are made at most before the next look for empty ones. */
#define PAUSE_MOST 15

static bool is_empty(const struct span *span)
{
	return span && span_free_blocks(span) == span->capacity;
}

static void release_empty(struct stock *stock)
{
	struct span *span, *next;

	stock->kept = false;
	for (span = stock->listed; span; span = next) {
		next = span->next;
		/* As emptied() left it: any other one still counts down. */
		if (span->until != NOT_FOR_LONG)
			continue;
		list_remove(stock, span);
		span_release(span);
	}
}

/* Those of a class; how many. */
static uint32_t trim_class(struct cache *cache, unsigned int sc)
{
	struct stock *stock = &cache->stock[sc];
	struct bin *bin = &cache->bins->bin[sc];
	uint32_t before = stock->spans;

	if (is_empty(bin->span) || is_empty(bin->rest))
		bin_put_down(cache, bin);
	if (stock->kept)
		release_empty(stock);
	return before - stock->spans;
}

/*
 * Spans without a live block go back to where every class finds them.  Where
 * there are none it is tried less and less often.  Called with the lock.
 */
void trim_empty(struct cache *cache)
{
	uint32_t found = 0;
	unsigned int sc;

	for (sc = 0; sc < CLASSES; sc++)
		found += trim_class(cache, sc);
	cache->pause = found ? 0 : cache->pause * 2 + 1;
	if (cache->pause > PAUSE_MOST)
		cache->pause = PAUSE_MOST;
	cache->wait = cache->pause;
}

/* A span is about to be made: is it time to look for empty ones? */
bool trim_due(struct cache *cache)
{
	if (!cache->wait)
		return true;
	cache->wait--;
	return false;
}

/* Pages that lie within a piece go back; bytes. */
static size_t give_within(char *from, char *to)
{
	uintptr_t page = heap_page_size();
	char *start = (char *)(((uintptr_t)from + page - 1) & ~(page - 1));
	char *end = (char *)((uintptr_t)to & ~(page - 1));

	if (start >= end ||
	    madvise(start, (size_t)(end - start), MADV_DONTNEED))
		return 0;
	return (size_t)(end - start);
}

/* What a program asks for: pages of a cache's spans on which nothing is live. */
struct request {
	const struct cache *cache;
	size_t given; /* bytes */
};

static int give_free(struct span *span, size_t chunk, void *arg)
{
	struct request *request = arg;
	size_t i, first, end;

	(void)chunk;
	/* In this order, as another thread may be making it. */
	if (__atomic_load_n(&span->state, __ATOMIC_ACQUIRE) < SPAN_FULL ||
	    span->owner != request->cache)
		return 0;
	/* What nobody ever had is there only where the pages are older. */
	end = span->dirty ? span->capacity : span->begun;
	for (i = 0; i < end; i++) {
		for (first = i; i < end && span_is_free(span, i);)
			i++;
		request->given +=
			give_within(span->base + first * span_block_size(span),
				    span->base + i * span_block_size(span));
	}
	return 0;
}

/*
 * What is empty, and also pages if that was asked for; bytes of those.  Called
 * with the lock; the cache's thread, if it has one, is the caller.
 */
static size_t trim_cache(struct cache *cache, bool pages)
{
	struct request request = { .cache = cache };
	struct spans *spans = cache->spans;

	seal_check(cache);
	remote_collect(cache);
	trim_empty(cache);
	if (!pages || lock_take_quiet(&spans->pages.lock))
		return 0;
	spans_each(spans, give_free, &request);
	lock_drop_quiet(&spans->pages.lock);
	return request.given;
}

/* The same for a cache that is ours, or nobody's. */
static size_t trim_locked(struct cache *cache, bool pages)
{
	size_t given;

	if (lock_take(&cache->lock))
		return 0;
	given = trim_cache(cache, pages);
	lock_drop(&cache->lock);
	return given;
}

void cache_trim(struct cache *cache)
{
	trim_locked(cache, false);
}

/*
 * The calling thread's cache, and those that no thread has.  Not waiting: who
 * forks takes their locks before that of the heap, which the caller may have.
 */
static size_t trim_own(struct spans *spans, bool pages)
{
	struct cache *cache;
	size_t given = 0;

	for (cache = __atomic_load_n(&spans->caches, __ATOMIC_ACQUIRE); cache;
	     cache = cache->next) {
		if (!(cache->parked || cache == self.cache) ||
		    lock_try(&cache->lock))
			continue;
		if (cache->parked || cache == self.cache)
			given += trim_cache(cache, pages);
		lock_drop(&cache->lock);
	}
	return given;
}

/* Called with the lock of the heap; bytes given back. A seal may be over. */
size_t spans_trim(struct heap *heap, size_t pad)
{
	size_t given;

	seal_try_end(heap->spans);
	given = trim_locked(heap->spans->common, true);
	given += trim_own(heap->spans, true);
	return given + pages_trim(heap->spans, pad);
}

/*
 * Memory has ended: what is empty shall serve, whatever it was kept for.  A seal
 * ends, too, as a page that is copied is better than none.  @locked: the caller
 * has the lock of the heap.
 */
void spans_gather(struct spans *spans, bool locked)
{
	struct lock *lock = &spans->heap->lock;

	if (spans->sealed)
		spans->ended_spent++;
	seal_end(spans);
	trim_own(spans, false);
	if (locked) {
		cache_trim(spans->common);
	} else if (!lock_try(lock)) {
		cache_trim(spans->common);
		lock_drop(lock);
	}
	pages_trim(spans, 0);
}
