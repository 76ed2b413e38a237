// SPDX-License-Identifier: MIT
/*
 * What is kept although it is empty, and given back: before memory is used that
 * nobody has written to yet, when a program asks for that, and before it is told
 * that memory has ended.
 */
#include "spans.h"

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
		if (!is_empty(span))
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

/* Called with the lock. */
static void trim_cache(struct cache *cache)
{
	seal_check(cache);
	remote_collect(cache);
	trim_empty(cache);
}

void cache_trim(struct cache *cache)
{
	if (lock_take(&cache->lock))
		return;
	trim_cache(cache);
	lock_drop(&cache->lock);
}

/*
 * The calling thread's cache, and those that no thread has.  Not waiting: who
 * forks takes their locks before that of the heap, which the caller may have.
 */
static void trim_own(struct spans *spans)
{
	struct cache *cache;

	for (cache = __atomic_load_n(&spans->caches, __ATOMIC_ACQUIRE); cache;
	     cache = cache->next) {
		if (!(cache->parked || cache == self.cache) ||
		    lock_try(&cache->lock))
			continue;
		if (cache->parked || cache == self.cache)
			trim_cache(cache);
		lock_drop(&cache->lock);
	}
}

/* Called with the lock of the heap; bytes given back. A seal may be over. */
size_t spans_trim(struct heap *heap, size_t pad)
{
	seal_try_end(heap->spans);
	cache_trim(heap->spans->common);
	trim_own(heap->spans);
	return pages_trim(heap->spans, pad);
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
	trim_own(spans);
	if (locked) {
		cache_trim(spans->common);
	} else if (!lock_try(lock)) {
		cache_trim(spans->common);
		lock_drop(lock);
	}
	pages_trim(spans, 0);
}
